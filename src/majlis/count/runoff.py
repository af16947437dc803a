"""One seat: who has fewest votes is excluded, until somebody has more than half of the votes still in play.

That is instant-runoff voting (rules R-IRV-1 to R-IRV-3), and with papers of unequal value it fills a vacancy by
count-back (``majlis.count.vacancy``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from majlis.count.outcome import Action, Outcome, Stage, Transfer
from majlis.count.parcel import SPENT, Bundles, Papers, Piles
from majlis.count.profile import Profile
from majlis.count.ties import Ties


def count_irv(profile: Profile, *, seed: bytes | None = None) -> Outcome:
    """The count of one seat. Raises Missing where the lot has to decide and there is no seed."""
    papers = Papers(profile)
    return RunOff(profile, papers, standing=profile.standing, seed=seed).outcome({1: papers.all}, "irv/1", decimals=0)


class RunOff:
    """A count in its course, among the candidates ``standing``."""

    def __init__(self, profile: Profile, papers: Papers, *, standing: Iterable[int], seed: bytes | None) -> None:
        self._profile = profile
        self._papers = papers
        self._continuing = set(standing)
        self._marks = set(map(chr, self._continuing))
        self._piles: dict[int, Piles] = {number: {} for number in self._continuing}
        self._votes = [0] * len(profile.names)
        self._ties = Ties(profile.names, seed)
        self._stages: list[Stage] = []
        self._history: list[Sequence[int]] = []

    def outcome(self, piles: Piles, rule: str, *, decimals: int) -> Outcome:
        """The count of the papers in ``piles``, by their value in units of that many decimals."""
        for value, bundles in piles.items():
            self._move(bundles, value)
        total = sum(self._votes)
        valid = sum(self._papers.number(bundles) for pile in self._piles.values() for bundles in pile.values())
        self._close("first preferences", None, total)
        while not self._stages[-1].elected:
            fewest = min(self._votes[number - 1] for number in self._continuing)
            tied = [number for number in self._continuing if self._votes[number - 1] == fewest]
            self._exclude(self._ties.take(tied, "exclusion", self._history), total)
        return Outcome(
            rule=rule,
            title=self._profile.title,
            names=self._profile.names,
            withdrawn=self._profile.withdrawn,
            seats=1,
            papers=sum(map(self._papers.number, piles.values())),
            valid=valid,
            decimals=decimals,
            quota=self._stages[-1].quota,
            stages=tuple(self._stages),
            winners=self._stages[-1].elected,
            ties=tuple(self._ties.settled),
        )

    def kept(self, number: int) -> Piles:
        """The papers that a candidate holds when the count is over."""
        return self._piles[number]

    def _exclude(self, number: int, total: int) -> None:
        """R-IRV-2: their papers go to the next preference that is still standing, at their value."""
        self._stages[-1] = replace(self._stages[-1], excluded=(number,))
        self._continuing.remove(number)
        self._marks.remove(chr(number))
        self._votes[number - 1] = 0
        moved = []
        for value, bundles in sorted(self._piles.pop(number).items(), reverse=True):
            self._move(bundles, value)
            moved.append(Transfer(papers=self._papers.number(bundles), received=value, passed=value))
        self._close("exclusion", number, total, tuple(moved))

    def _move(self, bundles: Bundles, value: int) -> None:
        for mark, parcel in self._papers.pass_on(bundles, self._marks).items():
            if mark != SPENT:
                self._piles[ord(mark)].setdefault(value, []).extend(parcel)
                self._votes[ord(mark) - 1] += self._papers.number(parcel) * value

    def _close(self, action: Action, candidate: int | None, total: int, papers: tuple[Transfer, ...] = ()) -> None:
        """R-IRV-1: who has more than half of the votes in play is elected; R-IRV-3: so is who is left alone."""
        before = self._history[-1] if self._history else self._votes
        votes = tuple(self._votes)
        self._history.append(votes)
        majority = sum(votes) // 2 + 1
        elected = [number for number in self._continuing if votes[number - 1] >= majority]
        self._stages.append(
            Stage(
                action=action,
                candidate=candidate,
                votes=votes,
                transfers=tuple(now - then for now, then in zip(votes, before, strict=True)),
                exhausted=total - sum(votes),
                elected=tuple(self._continuing if len(self._continuing) == 1 else elected),
                quota=majority,
                papers=papers,
            )
        )
