"""Small places pooled into connected districts: as many as can be found, then as equal and compact as can be found.

A start is cut on random spanning trees: walked from the leaves, each subtree that holds the quota is closed as a
district, and on that tree no cut yields more. Then rounds, each in two parts, both by moves of single places
(``walk``). First more districts than there are, some of them short of the quota, and the search makes up the
shortfall; who is still short at the end is dissolved, and the outcome stands if it has more districts. Then the
districts that there are, none ever below the quota, are made equal and compact.

A district that is short costs what it lacks and a fixed charge. So shortfalls gather in few districts, and a dozen that
each lack some people do not look better than one that lacks all.

Source: the cut after DeFord, Duchin and Solomon 2021, Harvard Data Science Review 3.1, with a floor in people where
they have a band. All integers, numbers of moves and no clock: the same bytes for a seed on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush

from majlis.census.area import Ground, connected
from majlis.census.bound import Steps, most_districts
from majlis.census.dice import Dice
from majlis.census.judge import Mending, Shortfall, Strain
from majlis.census.walk import District, Division
from majlis.census.waste import most_by_waste

_TREES = 20
_TREE_NODES = 20_000  # All trees together need not hold more places than this.
_MOVES_PER_PLACE = 1300
_PIECE = 1000  # Larger ground is improved in pieces.
_FREE_MOVES, _LARGE_MOVES = 600_000, 60  # On large ground: so many, and so many more for each place.


def ignore() -> None:
    """Nobody waits."""


class Pool:
    """The pooling of one ground under improvement.

    ``parts``: connected districts of the quota, never fewer than before; ``bound``: how many there can be at most. The
    dice are its own, thrown from ``seed``, so what it finds in so many rounds hangs on nothing else.
    """

    def __init__(self, ground: Ground, seed: str, before: Sequence[str] | None = None) -> None:
        """``before``: each node's district until now, empty where it has none; then as few people as possible move."""
        self.ground = ground
        self._dice = Dice(seed)
        self.bound = self._aim = ground.room
        self._by_waste = ground.room
        self._misses = self._rounds = 0
        if before is not None:
            self.parts = self._amended(before)
            return
        nodes = list(range(len(ground.people)))
        tries = max(1, min(_TREES, _TREE_NODES // len(nodes)))
        self.parts = max((ground.cut(nodes, self._dice) for _ in range(tries)), key=len)

    def _amended(self, before: Sequence[str]) -> list[District]:
        """The districts that there were, mended: who is short takes places from others, or is dissolved."""
        ground = self.ground
        parts: list[District] = []
        home: dict[str, int] = {}
        for name in sorted({*before}):
            pieces = connected([i for i, own in enumerate(before) if own == name], ground.near)
            pieces.sort(key=lambda piece: (-ground.held(piece), piece))
            if name:
                home[name] = len(parts)
            parts += pieces
        division = Division(ground.people, ground.near, parts)
        judge = Mending(division, ground.quota, [home.get(name, -1) for name in before])
        if judge.short:
            moves = min(_MOVES_PER_PLACE * len(before), _FREE_MOVES + _LARGE_MOVES * len(before))
            division.walk(judge, self._dice, moves=moves, heat=(ground.quota // 25 + 1, 0), pause=ignore)
        full = [part for part, held in zip(division.members, division.held, strict=True) if held >= ground.quota]
        return ground.completed(full or [ground.cut(list(range(len(before))), self._dice)[0]])

    def improve(self, pause: Callable[[], None] = ignore) -> None:
        """One round, longer than the one before. ``pause`` is called often; what it raises ends the pooling."""
        self._rounds += 1
        if len(self.ground.people) <= _PIECE:
            aim = self._aim if len(self.parts) < self.bound else len(self.parts)
            self.parts = self._improved(self.ground, self.parts, aim, pause)
            self._search()
        else:
            pieces = [[self.parts[n] for n in piece] for piece in self._pieces()]
            self.parts = [part for piece in pieces for part in self._apart(piece, pause)]

    def _search(self) -> None:
        """The bound sought in rounds 1, 2, 4 and so on, with that many times the steps; by waste in the first.

        What the rounds aim at is not lowered by waste: who aims high ends higher.
        """
        ground = self.ground
        if self._rounds & (self._rounds - 1) == 0:
            self._aim, packing = most_districts(
                ground.people, ground.links, ground.quota, found=len(self.parts), steps=Steps(self._rounds)
            )
            if packing is not None:
                self.parts = ground.completed(packing)
        if self._rounds == 1 and self._aim > len(self.parts):
            self._by_waste = most_by_waste(ground.people, ground.links, ground.quota, found=len(self.parts))
        self.bound = min(self._aim, self._by_waste)

    def proven(self, rounds: int) -> int:
        """The bound, proven anew with what so many rounds may spend, and without any district that was found."""
        ground = self.ground
        if len(ground.people) > _PIECE:
            return ground.room
        most, _ = most_districts(ground.people, ground.links, ground.quota, found=0, steps=Steps(max(rounds, 1)))
        return min(most, most_by_waste(ground.people, ground.links, ground.quota, found=0))

    def _pieces(self) -> list[list[int]]:
        """The districts by number in pieces that hang together, each grown from one by chance until it is large enough.

        So a large ground is improved where its parts lie close together in memory as well, and each round cuts it
        differently.
        """
        near, parts = self.ground.near, self.parts
        of = {i: n for n, part in enumerate(parts) for i in part}
        pieces: list[list[int]] = []
        taken: set[int] = set()
        first = self._dice.below(len(parts))
        for start in [*range(first, len(parts)), *range(first)]:
            if start in taken:
                continue
            taken.add(start)
            piece, size, at = [start], len(parts[start]), 0
            while at < len(piece) and size < _PIECE:
                beside = sorted({of[j] for i in parts[piece[at]] for j in near[i]} - taken)
                taken.update(beside)
                piece += beside
                size += sum(len(parts[n]) for n in beside)
                at += 1
            pieces.append(piece)
        return pieces

    def _apart(self, parts: list[District], pause: Callable[[], None]) -> list[District]:
        """The districts ``parts`` improved by themselves."""
        nodes = sorted(i for part in parts for i in part)
        at = {i: n for n, i in enumerate(nodes)}
        ground = self.ground.only(nodes, at)
        improved = self._improved(ground, [[at[i] for i in part] for part in parts], ground.room, pause)
        return [[nodes[n] for n in part] for part in improved]

    def _improved(self, ground: Ground, parts: list[District], bound: int, pause: Callable[[], None]) -> list[District]:
        size, whole = len(ground.people), len(self.ground.people)
        round_ = min(_MOVES_PER_PLACE * size, (_FREE_MOVES + _LARGE_MOVES * whole) * size // whole)
        left = round_ * self._rounds
        while left > 0 and len(parts) < bound:
            count = len(parts) + max(1, (bound - len(parts)) >> (1 + self._misses))
            filled, moves = _fill(ground, parts, count, self._dice, moves=left, pause=pause)
            if len(filled) > len(parts):
                parts = filled
            elif whole == size:
                self._misses += 1
            left -= moves
        return _even(ground, parts, self._dice, moves=round_ // 2, pause=pause) if len(parts) > 1 else parts


def _fill(
    ground: Ground, parts: list[District], count: int, dice: Dice, *, moves: int, pause: Callable[[], None]
) -> tuple[list[District], int]:
    """What comes of trying for ``count`` districts, and the moves it took."""
    division = Division(ground.people, ground.near, _split(ground, parts, count))
    judge = Shortfall(division, ground.quota)
    taken = 1
    if judge.short:
        heat = (ground.quota // 25 + 1, ground.quota // 100 + 1)
        taken = division.walk(judge, dice, moves=moves, heat=heat, pause=pause)
    full = [part for part, held in zip(division.members, division.held, strict=True) if held >= ground.quota]
    return ground.completed(full) if len(full) > len(parts) else parts, taken


def _even(
    ground: Ground, parts: list[District], dice: Dice, *, moves: int, pause: Callable[[], None]
) -> list[District]:
    """``parts`` made equal and compact."""
    division = Division(ground.people, ground.near, parts)
    division.walk(Strain(division, ground), dice, moves=moves, heat=(300, 0), pause=pause)
    return division.members


def _split(ground: Ground, parts: list[District], count: int) -> list[District]:
    """``parts`` and, up to ``count``, single nodes taken out of the fullest, without which those stay connected."""
    division = Division(ground.people, ground.near, parts)
    full = [(-held, n) for n, held in enumerate(division.held) if len(division.members[n]) > 1]
    heapify(full)
    while full and len(division.members) < count:
        _, n = heappop(full)
        division.part_with(n)
        if len(division.members[n]) > 1:
            heappush(full, (-division.held[n], n))
    return division.members
