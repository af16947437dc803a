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

from majlis.census.bound import Steps, most_districts
from majlis.census.dice import Dice
from majlis.census.ground import Links
from majlis.census.walk import District, Division

_TREES = 20
_TREE_NODES = 20_000  # All trees together need not hold more places than this.
_FAR = 1 << 14  # Metres of noise on a link.
_MOVES_PER_PLACE = 1300
_PIECE = 1000  # Larger ground is improved in pieces.
_FREE_MOVES, _LARGE_MOVES = 600_000, 60  # On large ground: so many, and so many more for each place.


def ignore() -> None:
    """Nobody waits."""


class Ground:
    """One connected part of the small places: what does not change while it is pooled.

    ``people`` and ``spots`` (metres on a plane) per node; ``links`` as in ``ground``; it holds ``quota`` or more.
    """

    def __init__(self, *, people: Sequence[int], spots: Sequence[tuple[int, int]], links: Links, quota: int) -> None:
        self.people = people
        self.spots = spots
        self.links = links
        self.quota = quota
        self.near = [tuple(j for j, _ in near) for near in links]
        reach = [far * far for near in links for _, far in near]
        self.stretch = max(sum(reach) // max(len(reach), 1), 1)

    @property
    def room(self) -> int:
        """More districts than this the people cannot fill."""
        return sum(self.people) // self.quota

    def held(self, nodes: District) -> int:
        """The people of ``nodes``."""
        return sum(map(self.people.__getitem__, nodes))

    def cut(self, nodes: District, dice: Dice) -> list[District]:
        """``nodes`` (connected, at least the quota) as districts that are so too, cut on one random tree."""
        order, parent = self._tree(nodes, dice)
        below = {i: self.people[i] for i in nodes}
        branch: dict[int, District] = {i: [i] for i in nodes}
        parts: list[District] = []
        for i in reversed(order):
            if below[i] >= self.quota:
                parts.append(branch[i])
            elif i != order[0]:
                up = parent[i]
                below[up] += below[i]
                branch[up] += branch[i]
            else:
                self.hand_out(branch[i], parts)
        return parts

    def hand_out(self, rest: District, parts: list[District]) -> None:
        """Every node of ``rest`` joins the district next to it that has the fewest people; changes ``parts``."""
        of = {i: n for n, part in enumerate(parts) for i in part}
        held = [self.held(part) for part in parts]
        waiting = set(rest)
        heap = [(held[of[j]], of[j], i) for i in rest for j in self.near[i] if j in of]
        heapify(heap)
        while waiting:
            people, n, i = heappop(heap)
            if i not in waiting:
                continue
            if people < held[n]:
                heappush(heap, (held[n], n, i))
                continue
            parts[n].append(i)
            held[n] += self.people[i]
            of[i] = n
            waiting.remove(i)
            for j in self.near[i]:
                if j in waiting:
                    heappush(heap, (held[n], n, j))

    def completed(self, packing: list[District]) -> list[District]:
        """The districts of ``packing``, at least one, and every other node handed out to them."""
        placed = {i for part in packing for i in part}
        parts = [list(part) for part in packing]
        self.hand_out([i for i in range(len(self.people)) if i not in placed], parts)
        return parts

    def only(self, nodes: District, at: dict[int, int]) -> Ground:
        """The ground of ``nodes`` alone, numbered anew by ``at``."""
        return Ground(
            people=[self.people[i] for i in nodes],
            spots=[self.spots[i] for i in nodes],
            links=tuple(tuple((at[j], far) for j, far in self.links[i] if j in at) for i in nodes),
            quota=self.quota,
        )

    def _tree(self, nodes: District, dice: Dice) -> tuple[District, dict[int, int]]:
        """A spanning tree of ``nodes`` (Prim, lengths with noise): nodes in order of joining, and each one's parent."""
        inside = set(nodes)
        root = nodes[dice.below(len(nodes))]
        noise = 1 + dice.word() % 8  # In eighths.
        order, parent = [root], {root: root}
        word, links = dice.word, self.links
        heap = [((8 - noise) * far + noise * (word() % _FAR), j, root) for j, far in links[root] if j in inside]
        heapify(heap)
        while len(order) < len(inside):
            _, i, up = heappop(heap)
            if i in parent:
                continue
            order.append(i)
            parent[i] = up
            for j, far in links[i]:
                if j in inside and j not in parent:
                    heappush(heap, ((8 - noise) * far + noise * (word() % _FAR), j, i))
        return order, parent


class Pool:
    """The pooling of one ground under improvement.

    ``parts``: connected districts of the quota, never fewer than before; ``bound``: how many there can be at most. The
    dice are its own, thrown from ``seed``, so what it finds in so many rounds hangs on nothing else.
    """

    def __init__(self, ground: Ground, seed: str) -> None:
        self.ground = ground
        self._dice = Dice(seed)
        nodes = list(range(len(ground.people)))
        tries = max(1, min(_TREES, _TREE_NODES // len(nodes)))
        self.parts = max((ground.cut(nodes, self._dice) for _ in range(tries)), key=len)
        self.bound = ground.room
        self._misses = self._rounds = 0

    def improve(self, pause: Callable[[], None] = ignore) -> None:
        """One round, longer than the one before. ``pause`` is called often; what it raises ends the pooling."""
        self._rounds += 1
        if len(self.ground.people) <= _PIECE:
            self.parts = self._improved(self.ground, self.parts, self.bound, pause)
            self._search()
        else:
            pieces = [[self.parts[n] for n in piece] for piece in self._pieces()]
            self.parts = [part for piece in pieces for part in self._apart(piece, pause)]

    def _search(self) -> None:
        """The bound sought in rounds 1, 2, 4 and so on, with that many times the steps."""
        ground = self.ground
        if self._rounds & (self._rounds - 1) == 0:
            self.bound, packing = most_districts(
                ground.people, ground.links, ground.quota, found=len(self.parts), steps=Steps(self._rounds)
            )
            if packing is not None:
                self.parts = ground.completed(packing)

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
    judge = _Shortfall(division, ground.quota)
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
    division.walk(_Strain(division, ground), dice, moves=moves, heat=(300, 0), pause=pause)
    return division.members


class _Shortfall:
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


class _Strain:
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
