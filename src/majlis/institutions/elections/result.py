"""What the box says, and what follows from it: decisions, recalls, delegates in order (``spec/elections.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Missing, Refused
from majlis.institutions.charter import Count, Hex64
from majlis.institutions.decisions import Tally, record_decision
from majlis.institutions.elections.announcing import find_election
from majlis.institutions.elections.numbers import count_box
from majlis.institutions.elections.paper import claim, lot_seed
from majlis.institutions.kinds import ANYONE, Context, Kind, current, holds
from majlis.institutions.state import Election, Outcome, Recall, State, replace


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The archive's last head, and what it says: votes for each answer in the paper's order, and blank votes.

    Where ballots rank: first preferences.
    """

    election: Hex64
    head: Hex64
    votes: Annotated[tuple[Count, ...], Meta(max_length=60)]
    blank: Count


def judge_result(context: Context) -> State:
    """The result, if the archive shows it. R-RESULT-1 enough decryptions are in; R-RESULT-2 the archive is valid and
    goes through the head of the close; R-RESULT-3 it says these numbers; R-RESULT-4 it is not at hand, or not finished;
    R-RESULT-5 who publishes it.
    """
    state, data = context.state, context.data
    election = find_election(state, data.election)
    own = {current(state, trustee.key) for trustee in election.trustees}
    if not holds(state, context.act.author, "clerk") and context.act.author not in own:
        raise Refused("the clerk or a trustee of the election publishes its result", rule="R-RESULT-5")
    if election.result is not None or sum(bool(trustee.payload) for trustee in election.trustees) < election.needed:
        raise Refused(
            f"a result is published once, after {election.needed} trustees have shown their part", rule="R-RESULT-1"
        )
    report = context.evidence.box(claim(state, election, data.head))
    if report.verdict == "incomplete":
        raise Missing("the archive at hand is not finished; import the finished one and look again", rule="R-RESULT-4")
    if report.verdict != "valid":
        failed = report.failures[0].text if report.failures else "something the acts must say is missing"
        raise Refused(f"the archive is {report.verdict}: {failed}", rule="R-RESULT-2")
    found = count_box(election, report, lot_seed(election))
    if (found.blank, *found.votes) != (data.blank, *data.votes):
        raise Refused(
            f"the archive says {[found.blank, *found.votes]} (blank first), not what this act says", rule="R-RESULT-3"
        )
    outcome = Outcome(
        index=context.index,
        act=context.act.id,
        votes=data.votes,
        blank=data.blank,
        ballots=report.counted or 0,
        order=found.order,
        head=data.head,
        quota=found.quota,
    )
    for act, role in ((data.election, "announcement"), (election.list_act, "list"), (election.close_act, "close")):
        context.rests_on(act, role)
    after = replace(state, elections=state.elections.set(data.election, replace(election, result=outcome)))
    if election.purpose == "motion":
        return _decide(after, context, election, outcome)
    if election.purpose == "recall":
        return _recall(after, context, election, outcome)
    return after


def _tally(election: Election, outcome: Outcome) -> Tally:
    yes, no = outcome.votes
    return Tally(roll=election.roll.leaves, present=outcome.ballots, yes=yes, no=no, abstain=outcome.blank)


def _decide(state: State, context: Context, election: Election, outcome: Outcome) -> State:
    context.rests_on(election.subject, "motion")
    return record_decision(state, context, election.subject, "box", _tally(election, outcome), election.charter)


def _recall(state: State, context: Context, election: Election, outcome: Outcome) -> State:
    """R-RECALL-5: more for than against, and either the charter's part of the roll or the votes that elected."""
    petition = state.petitions[election.subject]
    tally = _tally(election, outcome)
    floor = election.charter.recall_floor.of(tally.roll)
    elected = _elected_with(state, petition.target, petition.assembly)
    passed = tally.yes > tally.no and (tally.yes >= floor or (elected is not None and tally.yes >= elected))
    recall = Recall(
        delegate=petition.target,
        assembly=petition.assembly,
        passed=passed,
        act=context.act.id,
        index=context.index,
    )
    context.rests_on(election.subject, "petition")
    return replace(
        state,
        recalls=state.recalls.set(election.subject, recall),
        petitions=state.petitions.set(election.subject, replace(petition, closed=True)),
    )


def _elected_with(state: State, key: str, assembly: str) -> int | None:
    votes = None
    newest = -1
    for election in state.elections.values():
        result = election.result
        if election.purpose == "delegates" and election.subject == assembly and result and result.index > newest:
            for number, candidate in enumerate(election.candidates):
                if candidate.key == key:
                    votes, newest = result.votes[number] if result.quota is None else result.quota, result.index
    return votes


KINDS: Final = (
    Kind(
        name="election.result",
        data=Result,
        judge=judge_result,
        authors=(ANYONE,),
        warrant="the archive, which verifies",
        early=True,
    ),
)
