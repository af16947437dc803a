"""From a verified box to numbers: totals as they are, rankings by the charter's rule (``spec/elections.md``).

A ranking gives each candidate a number, 1 for the first preference, 0 for none. It is read from 1 upwards, as long as
exactly one candidate has the number; what follows a gap or a doubled number is not a preference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from majlis.ballot import Report, Result, counted_rankings
from majlis.count import Profile, count_votes, make_profile, rank, reserves, tied
from majlis.errors import Missing, Refused
from majlis.institutions.elections.paper import answers
from majlis.institutions.state import Election


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """What a box says. ``votes``: by candidate or answer; ``order``: candidates from 0, elected ones first.

    ``quota``: where ballots rank, the rule's quota in whole votes: what a seat takes.
    """

    votes: tuple[int, ...]
    blank: int
    order: tuple[int, ...]
    quota: int | None = None


def count_box(election: Election, report: Report, seed: bytes | None) -> Numbers:
    """The numbers of a box that is valid. ``seed``: of the election's lot, where it was drawn.

    Raises: Refused with R-LOT-3, where a lot has to decide and was not drawn.
    """
    return count_result(election, report.result or (), report.spoilt, seed)


def count_result(
    election: Election, result: Result, spoilt: Collection[tuple[int, int]], seed: bytes | None
) -> Numbers:
    """As ``count_box``, of an opened box. ``spoilt``: (question, place) of votes that no honest device makes."""
    if election.is_ranked:
        rankings = counted_rankings(result, spoilt, 0) if result else ()
        return _count_ranked(election, profile_of(rankings, answers(election.candidates)), seed)
    counted = tuple(n for n in result[0] if isinstance(n, int)) if result else ()
    blank, votes = (counted[0], counted[1:]) if counted else (0, ())
    if election.purpose == "delegates" and seed is None and tied(votes):
        raise _undrawn(election)
    order = rank(votes, seed).order if election.purpose == "delegates" else tuple(range(len(votes)))
    return Numbers(votes=votes, blank=blank, order=order)


def count_papers(election: Election, profile: Profile, blank: int, seed: bytes | None) -> Numbers:
    """The numbers of papers that were counted in the open, ``blank`` ones apart. Raises: Refused with R-LOT-3."""
    if election.is_ranked:
        return msgspec.structs.replace(_count_ranked(election, profile, seed), blank=blank)
    votes = [0] * len(profile.names)
    for papers, groups in profile.ballots():
        for (number,) in groups:
            votes[number - 1] += papers
    if seed is None and tied(votes):
        raise _undrawn(election)
    return Numbers(votes=tuple(votes), blank=blank, order=rank(votes, seed).order)


def _count_ranked(election: Election, profile: Profile, seed: bytes | None) -> Numbers:
    if not profile.papers:
        return _count_nothing(election, seed)
    seats = min(election.seats, len(election.candidates))
    try:
        outcome = count_votes(profile, rule=election.rule, seats=seats, seed=seed)
        behind = reserves(profile, rule=election.rule, seats=seats, seed=seed)
    except Missing as fault:
        raise _undrawn(election) from fault
    first, blank = first_preferences(profile)
    assert outcome.quota is not None  # Every rule that a charter can pin for rankings has one.
    order = tuple(number - 1 for number in (*outcome.winners, *behind))
    return Numbers(votes=first, blank=blank, order=order, quota=-(-outcome.quota // 10**outcome.decimals))


def _count_nothing(election: Election, seed: bytes | None) -> Numbers:
    """Every ballot is spoilt: all candidates are tied, and the lot puts them in order."""
    if seed is None and len(election.candidates) > 1:
        raise _undrawn(election)
    votes = (0,) * len(election.candidates)
    return Numbers(votes=votes, blank=0, order=rank(votes, seed).order, quota=1)


def first_preferences(profile: Profile) -> tuple[tuple[int, ...], int]:
    """How many papers name each candidate first, and how many name nobody."""
    first, blank = [0] * len(profile.names), 0
    for papers, groups in profile.ballots():
        if groups:
            first[groups[0][0] - 1] += papers
        else:
            blank += papers
    return tuple(first), blank


def profile_of(rankings: Iterable[Sequence[int]], names: tuple[str, ...]) -> Profile:
    """Ranks by candidate, one sequence a ballot, as papers of preferences for the count floor."""
    return make_profile(names, ((1, preferences(ranks)) for ranks in rankings))


def preferences(ranks: Sequence[int]) -> tuple[int, ...]:
    """The candidates, from 1, in order of preference (R-COUNTING-2)."""
    found: list[int] = []
    while ranks.count(len(found) + 1) == 1:
        found.append(ranks.index(len(found) + 1) + 1)
    return tuple(found)


def _undrawn(election: Election) -> Refused:
    return Refused(
        f"candidates are tied; {election.needed} trustees give their share of the lot first, or dice stand in for them",
        rule="R-LOT-3",
    )
