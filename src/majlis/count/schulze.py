"""Schulze's method: who is preferred over whom, directly or by the strongest chain of such preferences.

Rules R-SCHULZE-1 to R-SCHULZE-4. Cost: the square of a ballot's length for each different ballot, and the cube of the
number of candidates.

Source: Schulze, A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner election
method, 2011, sections 2.1 and 2.3, with winning votes as strength.
"""

from __future__ import annotations

from majlis.count.outcome import Outcome, Stage
from majlis.count.profile import Profile
from majlis.count.ties import Ties
from majlis.errors import Malformed

MOST_COMPARED = 150


def count_schulze(profile: Profile, *, seats: int, seed: bytes | None = None) -> Outcome:
    """The first of Schulze's order. Several seats are filled from the top of it, which is no proportional rule.

    Raises:
        Malformed: more candidates than can be compared.
        Missing: the lot has to decide, and there is no seed.
    """
    return SchulzeCount(profile, seats=seats, seed=seed).outcome()


class SchulzeCount:
    """A count in its course.

    Letters as in the source: ``d`` how many prefer the one over the other, ``p`` the strength of the strongest path.
    """

    def __init__(self, profile: Profile, *, seats: int, seed: bytes | None) -> None:
        if len(profile.standing) > MOST_COMPARED:
            raise Malformed(
                f"{len(profile.standing)} candidates; at most {MOST_COMPARED} are compared with each other",
                rule="R-SCHULZE-1",
            )
        self._profile = profile
        self._seats = seats
        self._ties = Ties(profile.names, seed)
        self._left = set(profile.standing)
        self._d, self._valid = _compared(profile)
        self._p = _strongest(self._d, profile.standing)

    def outcome(self) -> Outcome:
        """The count: layer by layer from the top of the order, by lot where a layer has more than the open seats."""
        profile, p, standing = self._profile, self._p, self._profile.standing
        winners: list[int] = []
        while self._left and len(winners) < self._seats:
            top = self._top()
            if len(top) > self._seats - len(winners):
                top = [self._ties.take(top, "election", stage=1)]
            winners += top
            self._left.difference_update(top)
        votes = [0] * len(profile.names)
        for a in standing:
            votes[a - 1] = sum(p[a][b] > p[b][a] for b in standing)
        stage = Stage(action="comparison", votes=tuple(votes), transfers=(0,) * len(votes), elected=tuple(winners))
        return Outcome(
            rule="schulze/1",
            title=profile.title,
            names=profile.names,
            withdrawn=profile.withdrawn,
            seats=self._seats,
            papers=profile.papers,
            valid=self._valid,
            decimals=0,
            stages=(stage,),
            winners=tuple(winners),
            ties=tuple(self._ties.settled),
            matrices={
                "preferred": tuple(tuple(row[1:]) for row in self._d[1:]),
                "strongest": tuple(tuple(row[1:]) for row in p[1:]),
            },
        )

    def reserves(self) -> tuple[int, ...]:
        """The rest of the order, after ``outcome``."""
        found: list[int] = []
        while self._left:
            found.append(self._ties.take(self._top(), "election", stage=1))
            self._left.remove(found[-1])
        return tuple(found)

    def _top(self) -> list[int]:
        """R-SCHULZE-3: those of the rest whom none of the rest beats."""
        p = self._p
        return [a for a in sorted(self._left) if not any(p[b][a] > p[a][b] for b in self._left)]


def _compared(profile: Profile) -> tuple[list[list[int]], int]:
    """R-SCHULZE-1: d[a][b], the papers that rank a above b, or a and not b; and the number of valid papers.

    Counted the other way round: the papers that rank a, less those on which b stands above a or beside it.
    """
    size = len(profile.names) + 1
    gone = set(profile.withdrawn)
    ranked = [0] * size
    not_below = [[0] * size for _ in range(size)]
    valid = 0
    for papers, groups in profile.ballots():
        above: list[int] = []
        for group in groups:
            level = [number for number in group if number not in gone]
            for a in level:
                ranked[a] += papers
                row = not_below[a]
                for b in above:
                    row[b] += papers
                for b in level:
                    row[b] += papers
            above += level
        valid += papers if above else 0
    d = [[0] * size for _ in range(size)]
    for a in profile.standing:
        for b in profile.standing:
            if a != b:
                d[a][b] = ranked[a] - not_below[a][b]
    return d, valid


def _strongest(d: list[list[int]], standing: tuple[int, ...]) -> list[list[int]]:
    """R-SCHULZE-2: p[a][b], the weakest link of the strongest path of victories from a to b; 0 where there is none."""
    p = [[here if here > there[a] else 0 for here, there in zip(row, d, strict=True)] for a, row in enumerate(d)]
    for c in standing:
        through = p[c]
        for a in standing:
            if a != c and (first := p[a][c]):
                row = p[a]
                for b in standing:
                    if b not in {a, c} and row[b] < (link := min(first, through[b])):
                        row[b] = link
    return p
