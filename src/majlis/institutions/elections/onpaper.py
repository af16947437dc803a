"""Delegates elected on paper in a meeting, where a secret box would be too small (``spec/elections.md``).

Every way of filling in the paper stands in the act with its number, so that anybody counts again by the charter's rule.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.count import make_profile
from majlis.errors import Malformed, Refused
from majlis.institutions.charter import Count, Hex64
from majlis.institutions.elections.announcing import find_election, notice_of
from majlis.institutions.elections.numbers import count_papers
from majlis.institutions.elections.paper import answers, lot_seed
from majlis.institutions.kinds import Context, Kind, Waiting, current, holders
from majlis.institutions.state import Election, Outcome, State, replace
from majlis.institutions.ticks import has_passed

MOST_WAYS: Final = 300
MOST_SHEETS: Final = 20


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way of filling in the paper: candidates from 1, most wanted first, and how many papers say so."""

    choices: Annotated[tuple[Annotated[int, Meta(ge=1, le=60)], ...], Meta(min_length=1, max_length=60)]
    papers: Annotated[int, Meta(ge=1, le=1_000_000)]


class OnPaper(msgspec.Struct, frozen=True, kw_only=True):
    """``present``: in the meeting; ``sheets``: blobs, the tally sheets as photographed."""

    election: Hex64
    present: Count
    ways: Annotated[tuple[Way, ...], Meta(max_length=MOST_WAYS)]
    blank: Count
    sheets: Annotated[tuple[Hex64, ...], Meta(min_length=1, max_length=MOST_SHEETS)]


def judge_paper(context: Context) -> State:
    """R-PAPER-1 no box can decide it; R-PAPER-2 numbers that can be true, of a quorum; R-PAPER-3 who counted it;
    R-PAPER-4 the order is what the charter's rule makes of these papers.
    """
    state, data = context.state, context.data
    election = find_election(state, data.election)
    _check_small(state, election)
    _check_numbers(election, data)
    _check_counters(context, election)
    try:
        profile = make_profile(answers(election.candidates), ((way.papers, way.choices) for way in data.ways))
    except Malformed as fault:
        raise Refused(f"these are no papers of this election: {fault.text}", rule="R-PAPER-2") from fault
    found = count_papers(election, profile, data.blank, lot_seed(election))
    outcome = Outcome(
        index=context.index,
        act=context.act.id,
        votes=found.votes,
        blank=found.blank,
        ballots=profile.papers + data.blank,
        order=found.order,
        head="",
        quota=found.quota,
    )
    context.rests_on(data.election, "announcement")
    context.rests_on(election.roll.act, "roll")
    return replace(state, elections=state.elections.set(data.election, replace(election, result=outcome)))


def _check_small(state: State, election: Election) -> None:
    """R-PAPER-1: delegates alone, of a roll that cannot fill a box, or of a box closed with too few ballots."""
    least = election.charter.min_ballots
    if election.closed is not None:
        is_small = election.ballots < least
    else:
        is_small = election.opened is None and election.roll.leaves < least
    if election.purpose != "delegates" or election.result is not None or not is_small:
        raise Refused(
            f"on paper delegates are elected where fewer than {least} members are on the roll, or cast a ballot",
            rule="R-PAPER-1",
        )
    days = notice_of(election)
    if not has_passed(state, election.index, days):
        raise Refused(f"{days} days of notice have not provably passed since the announcement", rule="R-PAPER-1")


def _check_numbers(election: Election, data: OnPaper) -> None:
    papers, roll = sum(way.papers for way in data.ways) + data.blank, election.roll.leaves
    if not papers <= data.present <= roll:
        raise Refused(f"{papers} papers, {data.present} present and {roll} members cannot be", rule="R-PAPER-2")
    if data.present < election.charter.quorum.of(roll):
        raise Refused("fewer were present than the charter's quorum", rule="R-PAPER-2")
    if not election.is_ranked and any(len(way.choices) > election.seats for way in data.ways):
        raise Refused("a paper chooses as many as there are seats, or fewer", rule="R-PAPER-2")


def _check_counters(context: Context, election: Election) -> None:
    """R-PAPER-3: as many tellers in office as a count by hand needs, and the list keeper, who is of another body."""
    state = context.state
    tellers = {held.tag for held in holders(state, "teller") if held.key in context.signers}
    if len(tellers) < election.charter.tellers:
        raise Waiting(f"{len(tellers)} of {election.charter.tellers} tellers in office", rule="R-PAPER-3")
    if current(state, election.list_keeper) not in context.signers:
        raise Waiting("that of the list keeper, who watched the count for another body", rule="R-PAPER-3")


KINDS: Final = (
    Kind(
        name="election.paper",
        data=OnPaper,
        judge=judge_paper,
        authors=("teller",),
        warrant="the papers, counted by tellers before somebody of another body",
    ),
)
