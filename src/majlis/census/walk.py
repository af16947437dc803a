"""Places that change districts one at a time or two against each other: the one kind of move that every search makes.

A place goes over a link into the district next to it, or changes sides with a place there. Both districts stay
connected, and none is emptied. What a move is worth is for the search to say; worse moves are borne by chance, the less
the cooler it is (simulated annealing: Kirkpatrick, Gelatt and Vecchi 1983, Science 220:671-680). All integers, a number
of moves and no clock: the same for a seed on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from majlis.census.dice import Dice

District = list[int]

_STEPS = 64  # Heat sinks this often.
_LEVELS = 1024
# How much worse a move may be, in 1024ths of the heat: 1024 equally likely values of an exponential variable, as
# partial sums of the harmonic series, which are its quantiles.
_BORNE = [0]
for _n in range(_LEVELS, 1, -1):
    _BORNE.append(_BORNE[-1] + _LEVELS * _LEVELS // _n)
_BORNE = [borne // _LEVELS for borne in _BORNE]


class Judge(Protocol):
    """What a search wants small."""

    def change(self, a: int, b: int, i: int, x: int) -> int | None:
        """How much worse all becomes if node ``i`` goes from ``a`` to ``b`` and ``x``, unless -1, the other way; None
        where that is out of the question."""

    def settle(self) -> bool:
        """The change last asked for is made. True: the search has what it wants."""


class Division:
    """The nodes of a connected ground in districts, by number: ``of`` each node's, ``members`` and ``held`` people."""

    def __init__(self, people: Sequence[int], near: Sequence[Sequence[int]], parts: Sequence[District]) -> None:
        self.people = people
        self.near = near
        self.members = [list(part) for part in parts]
        self.held = [sum(map(people.__getitem__, part)) for part in parts]
        self.of = [0] * len(people)
        for n, part in enumerate(parts):
            for i in part:
                self.of[i] = n

    def walk(self, judge: Judge, dice: Dice, *, moves: int, heat: tuple[int, int], pause: Callable[[], None]) -> int:
        """At most so many moves tried, while the heat sinks from the first number to the second: how many were.

        ``pause`` is called between.
        """
        hot, cold = heat
        for step in range(_STEPS):
            left = (_STEPS - step) ** 2
            now = cold + (hot - cold) * left // _STEPS**2
            pause()
            here = moves * (step + 1) // _STEPS
            if self._walk(judge, dice, moves=here - moves * step // _STEPS, heat=now):
                return here
        return moves

    def _walk(self, judge: Judge, dice: Dice, *, moves: int, heat: int) -> bool:
        people, near, of, members, held = self.people, self.near, self.of, self.members, self.held
        count, change, settle, stays = len(of), judge.change, judge.settle, self._stays
        for word in dice.long_words(moves):
            i = (word & 0xFFFFFF) * count >> 24
            beside = near[i]
            a, b = of[i], of[beside[(word >> 24 & 0xFFF) * len(beside) >> 12]]
            if a == b:
                continue
            x = -1
            if word & 1 << 36:
                other = members[b]
                x = other[(word >> 37 & 0xFFF) * len(other) >> 12]
                for j in near[x]:
                    if of[j] == a and j != i:
                        break
                else:
                    continue
            worse = change(a, b, i, x)
            if worse is None or (worse > 0 and worse * _LEVELS > heat * _BORNE[word >> 49 & 0x3FF]):
                continue
            if not stays(i, a):
                continue
            of[i] = b
            if x >= 0:
                if not stays(x, b):
                    of[i] = a
                    continue
                of[x] = a
                members[b].remove(x)
                members[a].append(x)
                held[a] += people[x]
                held[b] -= people[x]
            members[a].remove(i)
            members[b].append(i)
            held[a] -= people[i]
            held[b] += people[i]
            if settle():
                return True
        return False

    def part_with(self, district: int) -> None:
        """The largest node that ``district``, of two or more, can spare becomes a district of its own."""
        members = self.members[district]
        i = max((i for i in members if self._stays(i, district)), key=lambda i: (self.people[i], -i))
        members.remove(i)
        self.held[district] -= self.people[i]
        self.of[i] = len(self.members)
        self.members.append([i])
        self.held.append(self.people[i])

    def _stays(self, i: int, district: int) -> bool:
        """Whether ``district`` stays connected, and is not emptied, without its node ``i``."""
        of, near = self.of, self.near
        ends = [j for j in near[i] if of[j] == district]
        if len(ends) < 2:
            return len(ends) == 1
        seen = {i, ends[0]}
        stack = [ends[0]]
        while stack:
            for j in near[stack.pop()]:
                if of[j] == district and j not in seen:
                    seen.add(j)
                    stack.append(j)
        return all(j in seen for j in ends)
