"""What a search for districts wants small: shortfall, people moved, or unequal and sprawling districts."""

from __future__ import annotations

from collections.abc import Sequence

from majlis.census.area import Ground
from majlis.census.walk import Division


class Shortfall:
    """The people that short districts lack, and a fifth of the quota more for each; ``short``: how many."""

    def __init__(self, division: Division, quota: int) -> None:
        self._division = division
        self._quota = quota
        self._charged = quota + quota // 5
        self.short = sum(held < quota for held in division.held)
        self._more_short = 0

    def change(self, a: int, b: int, i: int, x: int) -> int:
        people, held, quota, charged = self._division.people, self._division.held, self._quota, self._charged
        given = people[i] - people[x] if x >= 0 else people[i]
        from_a, from_b = held[a], held[b]
        to_a, to_b = from_a - given, from_b + given
        worse = more = 0
        if to_a < quota:
            worse, more = charged - to_a, 1
        if to_b < quota:
            worse += charged - to_b
            more += 1
        if from_a < quota:
            worse -= charged - from_a
            more -= 1
        if from_b < quota:
            worse -= charged - from_b
            more -= 1
        self._more_short = more
        return worse

    def settle(self) -> bool:
        self.short += self._more_short
        return self.short == 0


class Mending(Shortfall):
    """The shortfall, and whoever is not at home. ``home``: each node's district until now, -1 where it has none."""

    def __init__(self, division: Division, quota: int, home: Sequence[int]) -> None:
        super().__init__(division, quota)
        self._home = home

    def change(self, a: int, b: int, i: int, x: int) -> int:
        worse = super().change(a, b, i, x)
        for node, from_, to in ((i, a, b), (x, b, a)):
            if node >= 0 and self._home[node] >= 0:
                people = self._division.people[node]
                worse += people * ((self._home[node] != to) - (self._home[node] != from_))
        return worse

    def settle(self) -> bool:
        super().settle()
        return False


class Strain:
    """Surplus squared, and the mean square distance of a district's people from their middle, over all districts."""

    def __init__(self, division: Division, ground: Ground) -> None:
        self._division = division
        self._quota = ground.quota
        self._stretch = ground.stretch
        people = ground.people
        self._weights = [(p, p * x, p * y, p * (x * x + y * y)) for p, (x, y) in zip(people, ground.spots, strict=True)]
        sums = [[0, 0, 0, 0] for _ in division.members]
        for i, n in enumerate(division.of):
            for k, weight in enumerate(self._weights[i]):
                sums[n][k] += weight
        self._sums = [(p, x, y, square) for p, x, y, square in sums]
        self.strains = [self._strain(*each) for each in self._sums]
        self._next: tuple[int, tuple[int, int, int, int], int, int, tuple[int, int, int, int], int] | None = None

    def _strain(self, people: int, x: int, y: int, square: int) -> int:
        quota = self._quota
        spread = (square - (x * x + y * y) // people) // people
        return 1000 * (people - quota) ** 2 // quota**2 + 400 * spread // self._stretch

    def change(self, a: int, b: int, i: int, x: int) -> int | None:
        weights = self._weights
        p, px, py, square = weights[i]
        if x >= 0:
            q, qx, qy, other = weights[x]
            p, px, py, square = p - q, px - qx, py - qy, square - other
        pa, xa, ya, sa = self._sums[a]
        pb, xb, yb, sb = self._sums[b]
        to_a = (pa - p, xa - px, ya - py, sa - square)
        to_b = (pb + p, xb + px, yb + py, sb + square)
        if to_a[0] < self._quota or to_b[0] < self._quota:
            return None
        strain_a, strain_b = self._strain(*to_a), self._strain(*to_b)
        self._next = (a, to_a, strain_a, b, to_b, strain_b)
        return strain_a + strain_b - self.strains[a] - self.strains[b]

    def settle(self) -> bool:
        if self._next is not None:
            a, to_a, strain_a, b, to_b, strain_b = self._next
            self._sums[a], self.strains[a] = to_a, strain_a
            self._sums[b], self.strains[b] = to_b, strain_b
        return False
