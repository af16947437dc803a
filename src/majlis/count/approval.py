"""Approval: a ballot approves every candidate it names, in whatever order (R-APPROVAL-1, R-APPROVAL-2).

Here the seats go to those with most approvals. ``majlis.count.purchase`` shares them out in proportion.
"""

from __future__ import annotations

from collections import defaultdict

from majlis.count.outcome import Outcome, Stage, Tie
from majlis.count.plurality import Ranking, rank, tied
from majlis.count.profile import EQUAL, Profile
from majlis.errors import Missing


def count_approval(profile: Profile, *, seats: int, seed: bytes | None = None) -> Outcome:
    """Those with most approvals are elected; a tie for the last seat is settled by lot.

    With a seed the lot orders all who are tied, as ``rank`` does where elections are decided from verified totals: both
    give the same winners and the same reserves.

    Raises:
        Missing: the last seat is tied and there is no seed.
    """
    approvals = approvals_of(profile)
    votes = [0] * len(profile.names)
    for marks, papers in approvals.items():
        for mark in marks:
            votes[ord(mark) - 1] += papers
    standing = profile.standing
    ranking = _ranked(profile, [votes[number - 1] for number in standing], seats, seed)
    winners = tuple(standing[at] for at in ranking.order[:seats])
    return Outcome(
        rule="approval/1",
        title=profile.title,
        names=profile.names,
        withdrawn=profile.withdrawn,
        seats=seats,
        papers=profile.papers,
        valid=sum(approvals.values()),
        decimals=0,
        stages=(Stage(action="approvals", votes=tuple(votes), transfers=(0,) * len(votes), elected=winners),),
        winners=winners,
        ties=tuple(
            Tie(
                stage=1,
                purpose="election",
                between=tuple(standing[at] for at in group),
                drawn=tuple(standing[at] for at in group),
                chosen=tuple(standing[at] for at in ranking.order if at in group),
            )
            for group in ranking.by_lot
        ),
    )


def reserve_approval(profile: Profile, outcome: Outcome, seed: bytes | None) -> tuple[int, ...]:
    """Those behind the winners, most approvals first. Raises Missing where some are tied and there is no seed."""
    standing = profile.standing
    votes = [outcome.stages[0].votes[number - 1] for number in standing]
    behind = [at for at, number in enumerate(standing) if number not in outcome.winners]
    if seed is None and (ties := tied([votes[at] for at in behind])):
        raise Missing(_equal(profile, [standing[behind[at]] for at in ties[0]], "who is next"), rule="R-COUNT-9")
    order = rank(votes, seed).order if seed is not None else sorted(behind, key=lambda at: -votes[at])
    return tuple(standing[at] for at in order if at in behind)


def approvals_of(profile: Profile) -> dict[str, int]:
    """How many papers approve each set of candidates, given as rising marks; blank papers are left out."""
    gone = {ord(mark): None for mark in (EQUAL, *map(chr, profile.withdrawn))}
    found: dict[str, int] = defaultdict(int)
    for ranking, papers in zip(profile.rankings, profile.counts, strict=True):
        found["".join(sorted(ranking.translate(gone)))] += papers
    found.pop("", None)
    return dict(found)


def _ranked(profile: Profile, votes: list[int], seats: int, seed: bytes | None) -> Ranking:
    if seed is not None:
        return rank(votes, seed)
    order = sorted(range(len(votes)), key=lambda at: (-votes[at], at))
    if len(order) > seats and votes[order[seats - 1]] == (least := votes[order[seats]]):
        people = [profile.standing[at] for at in order if votes[at] == least]
        raise Missing(_equal(profile, people, "who takes the last seat"), where="stage 1", rule="R-COUNT-9")
    return Ranking(order=tuple(order), by_lot=())


def _equal(profile: Profile, numbers: list[int], what: str) -> str:
    people = ", ".join(f"{number} {profile.names[number - 1]}" for number in numbers)
    return f"{people} are equal, and the public lot decides {what}; give its seed"
