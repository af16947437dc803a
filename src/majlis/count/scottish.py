"""Scottish STV: the weighted inclusive Gregory count of the Scottish local elections, with five decimals.

Amounts are whole hundred-thousandths of a vote. Rules R-SCOTTISH-1 to R-SCOTTISH-7.

Source: the Scottish Local Government Elections Orders 2007 and 2011, Schedule 1, rules 45 to 52.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from majlis.count.outcome import Action, Outcome, Stage, Transfer
from majlis.count.parcel import SPENT, Bundles, Papers, Piles
from majlis.count.profile import Profile
from majlis.count.ties import Ties

UNIT = 10**5


def count_scottish(profile: Profile, *, seats: int, seed: bytes | None = None) -> Outcome:
    """The count by the statutory rule. Raises Missing where the lot has to decide and there is no seed."""
    return ScottishCount(profile, seats=seats, seed=seed).outcome()


class ScottishCount:
    """A count in its course."""

    def __init__(self, profile: Profile, *, seats: int, seed: bytes | None) -> None:
        self._profile = profile
        self._seats = seats
        self._papers = Papers(profile)
        self._ties = Ties(profile.names, seed)
        self._continuing = set(profile.standing)
        self._marks = {chr(number) for number in self._continuing}
        self._piles: dict[int, Piles] = {number: {} for number in self._continuing}
        self._votes = [0] * len(profile.names)
        self._waiting: set[int] = set()
        self._winners: list[int] = []
        self._stages: list[Stage] = []
        self._history: list[Sequence[int]] = []
        self._spent = 0
        self._kept: dict[int, Piles] = {}

    def outcome(self) -> Outcome:
        """The count, from the first preferences to the last seat: R-SCOTTISH-1, then R-SCOTTISH-2 and R-SCOTTISH-7."""
        parcels = self._papers.pass_on(self._papers.all, self._marks)
        blank = self._papers.number(parcels.pop(SPENT, []))
        valid = self._profile.papers - blank
        quota = (valid // (self._seats + 1) + 1) * UNIT
        for mark, bundles in parcels.items():
            self._receive(ord(mark), bundles, UNIT)
        self._close("first preferences", None, quota, valid)
        while not self._is_over():
            if self._waiting:
                most = max(self._votes[number - 1] for number in self._waiting)
                tied = [number for number in self._waiting if self._votes[number - 1] == most]
                self._pass_surplus(self._ties.take(tied, "surplus", self._history), quota, valid)
            else:
                fewest = min(self._votes[number - 1] for number in self._continuing)
                tied = [number for number in self._continuing if self._votes[number - 1] == fewest]
                self._exclude(self._ties.take(tied, "exclusion", self._history), quota, valid)
        return Outcome(
            rule="scottish/1",
            title=self._profile.title,
            names=self._profile.names,
            withdrawn=self._profile.withdrawn,
            seats=self._seats,
            papers=self._profile.papers,
            valid=valid,
            quota=quota,
            stages=tuple(self._stages),
            winners=tuple(self._winners),
            ties=tuple(self._ties.settled),
        )

    def kept(self, number: int) -> Piles:
        """The papers that an elected candidate holds when the count is over, by the part of them that did not go on."""
        return self._kept.get(number, self._piles[number])

    def _is_over(self) -> bool:
        return len(self._winners) >= self._seats or not self._continuing

    def _receive(self, number: int, bundles: Bundles, value: int) -> None:
        self._piles[number].setdefault(value, []).extend(bundles)
        self._votes[number - 1] += self._papers.number(bundles) * value

    def _pass_surplus(self, number: int, quota: int, valid: int) -> None:
        """R-SCOTTISH-4: every paper goes on at surplus times its value, divided by the total, cut to five decimals."""
        self._waiting.remove(number)
        total = self._votes[number - 1]
        surplus = total - quota
        piles = self._piles[number]
        self._votes[number - 1] = quota
        self._kept[number] = {}
        moved = []
        for value, bundles in sorted(piles.items(), reverse=True):
            passed = surplus * value // total
            self._move(bundles, passed)
            self._kept[number].setdefault(value - passed, []).extend(bundles)
            moved.append(Transfer(papers=self._papers.number(bundles), received=value, passed=passed))
        self._piles[number] = {}
        self._close("surplus", number, quota, valid, tuple(moved))

    def _exclude(self, number: int, quota: int, valid: int) -> None:
        """R-SCOTTISH-5: every paper goes on at the value at which it was received."""
        self._stages[-1] = replace(self._stages[-1], excluded=(number,))
        self._continuing.remove(number)
        self._marks.remove(chr(number))
        self._votes[number - 1] = 0
        moved = []
        for value, bundles in sorted(self._piles.pop(number).items(), reverse=True):
            self._move(bundles, value)
            moved.append(Transfer(papers=self._papers.number(bundles), received=value, passed=value))
        self._close("exclusion", number, quota, valid, tuple(moved))

    def _move(self, bundles: Bundles, value: int) -> None:
        for mark, parcel in self._papers.pass_on(bundles, self._marks).items():
            if mark == SPENT:
                self._spent += self._papers.number(parcel) * value
            else:
                self._receive(ord(mark), parcel, value)

    def _close(
        self, action: Action, candidate: int | None, quota: int, valid: int, papers: tuple[Transfer, ...] = ()
    ) -> None:
        """The stage ends: R-SCOTTISH-3 who has the quota is elected; R-SCOTTISH-6 so are all who are left."""
        before = self._history[-1] if self._history else self._votes
        votes = tuple(self._votes)
        self._history.append(votes)
        elected = self._in_order(number for number in self._continuing if votes[number - 1] >= quota)
        self._elect(elected)
        self._waiting |= {number for number in elected if votes[number - 1] > quota}
        if len(self._continuing) <= self._seats - len(self._winners):
            rest = self._in_order(self._continuing)
            self._elect(rest)
            elected += rest
        exhausted = valid * UNIT - sum(votes)
        self._stages.append(
            Stage(
                action=action,
                candidate=candidate,
                votes=votes,
                transfers=tuple(now - then for now, then in zip(votes, before, strict=True)),
                exhausted=exhausted,
                lost=exhausted - self._spent,
                elected=tuple(elected),
                quota=quota,
                papers=papers,
            )
        )

    def _elect(self, numbers: list[int]) -> None:
        """From now on they receive nothing more, even while their surplus waits."""
        self._winners += numbers
        self._continuing.difference_update(numbers)
        self._marks.difference_update(map(chr, numbers))

    def _in_order(self, numbers: Iterable[int]) -> list[int]:
        """Most votes first; equal ones by the latest stage at which they differ, else by number: all are elected."""
        backwards = self._history[::-1]
        return sorted(numbers, key=lambda number: ([-votes[number - 1] for votes in backwards], number))
