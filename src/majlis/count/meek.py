"""Meek's method by the reference rule of the Proportional Representation Foundation, with nine decimals.

Amounts are whole thousand-millionths of a vote, in integers without bound, so that nothing overflows. What a paper
gives to each candidate depends only on the elected candidates it meets, in their order, and on the hopeful one or
none behind them; so papers are gathered by that *path*, and an iteration costs as much as there are paths, whatever the
number of papers. Rules R-MEEK-1 to R-MEEK-5.

Source: https://prfound.org/resources/reference/reference-meek-rule/, steps A to C and T.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from majlis.count.outcome import Action, Outcome, Stage
from majlis.count.parcel import SPENT, Bundles, Papers, Piles
from majlis.count.profile import Profile
from majlis.count.ties import Ties

UNIT = 10**9
OMEGA = UNIT // 10**6


def count_meek(profile: Profile, *, seats: int, seed: bytes | None = None) -> Outcome:
    """The count by the reference rule. Raises Missing where the lot has to decide and there is no seed."""
    return MeekCount(profile, seats=seats, seed=seed).outcome()


class MeekCount:
    """A count in its course.

    Letters as in the source: ``kf`` keep factors, ``v`` votes, ``q`` quota, ``s`` total surplus, ``w`` weight.
    """

    def __init__(self, profile: Profile, *, seats: int, seed: bytes | None) -> None:
        self._profile = profile
        self._seats = seats
        self._papers = Papers(profile)
        self._ties = Ties(profile.names, seed)
        self._hopeful = set(profile.standing)
        self._winners: list[int] = []
        self._kf = {chr(number): UNIT for number in self._hopeful}
        self._elected_marks: set[str] = set()
        self._v = [0] * len(profile.names)
        self._q = 0
        self._bundles: dict[tuple[str, str], Bundles] = defaultdict(list)
        self._paths: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._stages: list[Stage] = []
        self._history: list[Sequence[int]] = []

    def outcome(self) -> Outcome:
        """The count, from the first preferences to the last seat."""
        blank = self._gather("", self._papers.all)
        self._paths[""].pop(SPENT, None)
        valid = self._profile.papers - blank
        action: Action = "first preferences"
        defeated = None
        while True:
            winners = self._iterate()
            self._close(action, defeated, valid, winners)
            if winners:
                self._elect(winners)
                action, defeated = "surplus", None
            elif not self._is_filled():
                action, defeated = "exclusion", self._defeat()
            if self._is_filled():
                break
        if len(self._winners) < self._seats:
            rest = self._in_order(self._hopeful)
            self._winners += rest
            self._stages[-1] = replace(self._stages[-1], elected=(*self._stages[-1].elected, *rest))
        return Outcome(
            rule="meek/1",
            title=self._profile.title,
            names=self._profile.names,
            withdrawn=self._profile.withdrawn,
            seats=self._seats,
            papers=self._profile.papers,
            valid=valid,
            decimals=9,
            quota=self._q,
            stages=tuple(self._stages),
            winners=tuple(self._winners),
            ties=tuple(self._ties.settled),
        )

    def kept(self, number: int) -> Piles:
        """The papers of which an elected candidate keeps a share when the count is over, by that share."""
        mark = chr(number)
        piles: Piles = defaultdict(list)
        for row, ranking in enumerate(self._profile.rankings):
            if mark in ranking:
                w = UNIT
                for met in ranking:
                    share = self._share(w, met)
                    if met == mark:
                        if share:
                            piles[share] += (row, row + 1, 0)
                        break
                    w -= share
        return piles

    def _is_filled(self) -> bool:
        """R-MEEK-5: nothing is left to count when the hopeful are no more than the open seats."""
        return len(self._winners) >= self._seats or len(self._winners) + len(self._hopeful) <= self._seats

    def _iterate(self) -> list[int]:
        """R-MEEK-2, R-MEEK-3: shares until somebody is elected, or until the surplus stays; who is elected."""
        last = None
        while True:
            self._distribute()
            self._q = sum(self._v) // (self._seats + 1) + 1
            if winners := [number for number in self._hopeful if self._v[number - 1] >= self._q]:
                return self._in_order(winners)
            s = self._surplus()
            if s < OMEGA or (last is not None and s >= last):
                return []
            last = s
            for number in self._winners:
                kept = -(-self._kf[chr(number)] * self._q // UNIT)
                self._kf[chr(number)] = -(-kept * UNIT // self._v[number - 1])

    def _distribute(self) -> None:
        v = [0] * len(self._v)
        for path, ends in self._paths.items():
            w = UNIT
            papers = sum(ends.values())
            for mark in path:
                share = self._share(w, mark)
                v[ord(mark) - 1] += share * papers
                w -= share
            for mark, number in ends.items():
                if mark != SPENT:
                    v[ord(mark) - 1] += w * number
        self._v = v

    def _share(self, w: int, mark: str) -> int:
        """What a candidate keeps of a paper's weight: their part of it, rounded up; 0 if defeated or withdrawn."""
        return min(w, -(-w * self._kf.get(mark, 0) // UNIT))

    def _surplus(self) -> int:
        return max(0, sum(self._v[number - 1] - self._q for number in self._winners))

    def _elect(self, numbers: list[int]) -> None:
        self._winners += numbers
        self._hopeful.difference_update(numbers)
        marks = list(map(chr, numbers))
        self._elected_marks.update(marks)
        for mark in marks:
            self._cut(mark, mark)

    def _defeat(self) -> int:
        """R-MEEK-4: the lowest; all within the total surplus of the lowest are tied."""
        lowest = min(self._v[number - 1] for number in self._hopeful) + self._surplus()
        tied = [number for number in self._hopeful if self._v[number - 1] <= lowest]
        number = self._ties.take(tied, "exclusion", self._history)
        self._stages[-1] = replace(self._stages[-1], excluded=(number,))
        self._hopeful.remove(number)
        del self._kf[chr(number)]
        if not self._is_filled():
            self._cut(chr(number), "")
        return number

    def _cut(self, mark: str, added: str) -> None:
        """The papers that ended at this candidate go on to the next, with ``added`` to their path."""
        for path in [path for path, end in self._bundles if end == mark]:
            bundles = self._bundles.pop((path, mark))
            del self._paths[path][mark]
            self._gather(path + added, bundles)

    def _gather(self, path: str, bundles: Bundles) -> int:
        """These papers stand at the end of their path, at a hopeful candidate or spent; the number of spent ones."""
        spent = 0
        waiting = [(path, bundles)]
        while waiting:
            path, bundles = waiting.pop()
            for mark, parcel in self._papers.pass_on(bundles, self._kf).items():
                if mark in self._elected_marks:
                    waiting.append((path + mark, parcel))
                    continue
                number = self._papers.number(parcel)
                self._paths[path][mark] += number
                if mark == SPENT:
                    spent += number
                else:
                    self._bundles[path, mark] += parcel
        return spent

    def _close(self, action: Action, candidate: int | None, valid: int, elected: list[int]) -> None:
        before = self._history[-1] if self._history else self._v
        votes = tuple(self._v)
        self._history.append(votes)
        self._stages.append(
            Stage(
                action=action,
                candidate=candidate,
                votes=votes,
                transfers=tuple(now - then for now, then in zip(votes, before, strict=True)),
                exhausted=valid * UNIT - sum(votes),
                elected=tuple(elected),
                quota=self._q,
            )
        )

    def _in_order(self, numbers: Iterable[int]) -> list[int]:
        backwards = [tuple(self._v), *self._history[::-1]]
        return sorted(numbers, key=lambda number: ([-votes[number - 1] for votes in backwards], number))
