"""Who stands alone, who is pooled with whom, who joins the nearest: everybody in one unit.

R-PLAN-6, R-PLAN-7 and R-PLAN-13 to R-PLAN-17 in ``spec/plan.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import isqrt
from typing import Protocol

from majlis.census.area import Ground
from majlis.census.block import Block, is_barred
from majlis.census.ground import Links, Spot, components, decimetres_squared, flatten, metres, nearest_links
from majlis.census.places import Place
from majlis.census.pool import Pool
from majlis.census.ways import Ways

NEIGHBOURS = 6
BEYOND_A_LINE = 24
"""Along a line many of the nearest lie across it: so many are asked for those on this side."""
_APART = 1 << 80  # Square decimetres: between those of whom one has no position, and who are of different groups.


class Pooling(Protocol):
    """Districts in the making of some blocks."""

    parts: list[list[int]]
    bound: int

    def improve(self, pause: Callable[[], None]) -> None:
        """One round."""

    def proven(self, rounds: int) -> int:
        """The bound, proven anew."""


class Cover:
    """Blocks of which only the group is known, and which are all within reach of each other: bins to be covered.

    The largest and the smallest that closes the bin, or the next largest where none does. What is left joins the
    smallest bins. The bound by people is reached nearly always.
    """

    def __init__(self, people: Sequence[int], quota: int) -> None:
        self.bound = sum(people) // quota
        self.parts: list[list[int]] = []
        falling = sorted(range(len(people)), key=lambda i: (-people[i], i))
        held = 0
        part: list[int] = []
        while falling:
            closing = next((i for i in reversed(falling) if held + people[i] >= quota), falling[0])
            falling.remove(closing)
            part.append(closing)
            held += people[closing]
            if held >= quota:
                self.parts.append(part)
                held, part = 0, []
        for i in part:
            min(self.parts, key=lambda p: (sum(people[i] for i in p), p)).append(i)

    @classmethod
    def of_one(cls, nodes: Sequence[int], bound: int) -> Cover:
        """All in one."""
        whole = cls([], 1)
        whole.parts, whole.bound = [list(range(len(nodes)))], bound
        return whole

    def improve(self, pause: Callable[[], None]) -> None:
        """Nothing is left to try."""

    def proven(self, rounds: int) -> int:
        """The bound is that by people."""
        return self.bound


class Unit:
    """A district in the making; nodes are indices of blocks."""

    def __init__(self, nodes: Iterable[int], links: Iterable[tuple[int, int]] = (), *, crossing: bool = False) -> None:
        self.nodes = set(nodes)
        self.links = {(min(link), max(link)) for link in links}
        self.attached: set[int] = set()
        self.crossing = crossing

    def attach(self, node: int, to: int, *, crossing: bool) -> None:
        """``node`` joins over its link with ``to``."""
        self.nodes.add(node)
        self.attached.add(node)
        self.links.add((min(node, to), max(node, to)))
        self.crossing |= crossing


class Floor:
    """The blocks on their ground; pools are made when first met, and remembered by their nodes."""

    def __init__(
        self,
        blocks: Sequence[Block],
        *,
        quota: int,
        seed: str,
        grouped: bool,
        ways: Ways | None,
        before: dict[str, str] | None,
    ) -> None:
        self.blocks = blocks
        self.people = [block.people for block in blocks]
        self.group = [block.group if grouped else "" for block in blocks]
        self.quota = quota
        self.pools: dict[tuple[int, ...], Pooling] = {}
        self._seed = seed
        self._ways = ways
        self._before = before
        self._links_of: dict[tuple[int, ...], Links] = {}
        self._open: dict[tuple[int, int], int] = {}
        if ways is not None:
            at = {place.id: n for n, block in enumerate(blocks) for place in block.places}
            for (a, b), far in ways.open.items():
                if a in at and b in at and at[a] != at[b]:
                    self._open[at[a], at[b]] = self._open[at[b], at[a]] = far

    def units(self) -> list[Unit]:
        """Every block in one unit."""
        home: dict[str, list[Unit]] = defaultdict(list)
        small: dict[str, list[int]] = defaultdict(list)
        for node, people in enumerate(self.people):
            if people >= self.quota:
                home[self.group[node]].append(Unit([node]))
            else:
                small[self.group[node]].append(node)
        stranded: list[int] = []
        for group in sorted(small):
            pooled, left = self._pooled(small[group], crossing=False)
            home[group] += pooled
            stranded += self._attach(left, home[group])
        units = [unit for group in sorted(home) for unit in home[group]]
        stranded.sort()
        several = len({self.group[node] for node in stranded}) > 1
        if several:
            pooled, stranded = self._pooled(stranded, crossing=True)
            units += pooled
        return units + self._last_resort(self._attach(stranded, units), crossing=several)

    def _last_resort(self, nodes: list[int], *, crossing: bool) -> list[Unit]:
        """Where nobody in reach has a district: all in reach of each other, pooled; below the quota if need be."""
        units: list[Unit] = []
        for part, pairs in self._in_reach(nodes):
            people = sum(self.people[node] for node in part)
            if people >= self.quota and all(self.blocks[node].spot is not None for node in part):
                at = {node: n for n, node in enumerate(part)}
                linked = [dict(near) for near in self._links(part)]
                for a, b in pairs:
                    far = self._far(a, b)[0]
                    linked[at[a]][at[b]] = linked[at[b]][at[a]] = isqrt(far) // 10
                links = tuple(tuple(sorted(near.items())) for near in linked)
                units += self._linked(part, links, crossing=crossing)[0]
            else:
                if people >= self.quota:
                    self.pools[tuple(part)] = Cover.of_one(part, people // self.quota)
                groups = {self.group[node] for node in part}
                units.append(Unit(part, pairs, crossing=len(groups) > 1))
        return units

    def _in_reach(self, nodes: list[int]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """``nodes`` in parts within reach of each other, each with the closest pairs that join it (Prim)."""
        found = []
        waiting = set(nodes)
        while waiting:
            start = min(waiting)
            waiting.discard(start)
            part, pairs = [start], []
            nearest = {w: (self._far(w, start), start) for w in waiting}
            while nearest:
                node = min(nearest, key=lambda w: (nearest[w], w))
                (far, _), to = nearest.pop(node)
                if far > _APART:
                    break
                part.append(node)
                pairs.append((node, to))
                waiting.discard(node)
                nearest = {w: min(best, (self._far(w, node), node)) for w, best in nearest.items()}
            found.append((sorted(part), pairs))
        return found

    def _within_reach(self, nodes: list[int]) -> list[list[int]]:
        """``nodes`` by side, as no link goes over a line."""
        sides: dict[str, list[int]] = defaultdict(list)
        for node in nodes:
            sides[self.blocks[node].side].append(node)
        return [sides[side] for side in sorted(sides)]

    def _unplaced(self, nodes: list[int]) -> list[list[int]]:
        """Those of ``nodes`` without a position, by who is within reach of whom: a table of ways parts groups."""
        kin: dict[tuple[str, str], list[int]] = defaultdict(list)
        for node in nodes:
            block = self.blocks[node]
            if block.spot is None:
                kin[block.side, "" if self._ways is None else block.group].append(node)
        return [kin[key] for key in sorted(kin)]

    def _bars(self, a: int, b: int) -> bool:
        """Whether nobody goes straight from one block to the other."""
        one, other = self.blocks[a], self.blocks[b]
        if self._ways is None:
            return one.side != other.side
        return all(is_barred(p, q, self._ways) for p in one.places for q in other.places)

    def bridge(self, a: int, b: int) -> tuple[str, str]:
        """The two places, the largest first to be asked, by which one block is linked with another."""

        def rank(p: Place) -> tuple[int, str]:
            return -p.population, p.id

        one, other = sorted(self.blocks[a].places, key=rank), sorted(self.blocks[b].places, key=rank)
        p, q = next((p.id, q.id) for p in one for q in other if not is_barred(p, q, self._ways))
        return min(p, q), max(p, q)

    def _spots(self, nodes: list[int]) -> list[Spot]:
        return [spot for node in nodes if (spot := self.blocks[node].spot) is not None]

    def _links(self, nodes: list[int]) -> Links:
        """The links between ``nodes``, which all have a position: the nearest of their side, less cuts, and ways."""
        key = tuple(nodes)
        if key not in self._links_of:
            self._links_of[key] = self._made_links(nodes)
        return self._links_of[key]

    def _made_links(self, nodes: list[int]) -> Links:
        parts = self._within_reach(nodes)
        only = self._ways is not None and self._ways.only
        if len(parts) == 1 and self._ways is None:
            return nearest_links(self._spots(nodes), NEIGHBOURS)
        at = {node: n for n, node in enumerate(nodes)}
        linked: list[dict[int, int]] = [{} for _ in nodes]
        for part in parts:
            for i, each in enumerate(() if only else self._nearest(part)):
                for j, far in each:
                    if not self._bars(part[i], part[j]):
                        linked[at[part[i]]][at[part[j]]] = far
        for (a, b), far in self._open.items():
            if a in at and b in at and not self._bars(a, b):
                one, other = self._spots([a, b])
                linked[at[a]][at[b]] = far or metres(one, other)
        return tuple(tuple(sorted(near.items())) for near in linked)

    def _nearest(self, part: list[int]) -> Links:
        """Who is near whom: with lines drawn, the nearest of the few dozen nearest that no line parts."""
        if self._ways is None or not self._ways.fence:
            return nearest_links(self._spots(part), NEIGHBOURS)
        linked: list[dict[int, int]] = [{} for _ in part]
        for i, each in enumerate(nearest_links(self._spots(part), BEYOND_A_LINE)):
            reached = 0
            for far, j in sorted((far, j) for j, far in each):
                if reached < NEIGHBOURS and not self._bars(part[i], part[j]):
                    linked[i][j] = linked[j][i] = far
                    reached += 1
        return tuple(tuple(sorted(near.items())) for near in linked)

    def _pooled(self, nodes: list[int], *, crossing: bool) -> tuple[list[Unit], list[int]]:
        """The pooled districts of ``nodes``, and those that cannot reach the quota."""
        placed = [node for node in nodes if self.blocks[node].spot is not None]
        units, left = self._linked(placed, self._links(placed), crossing=crossing)
        for part in self._unplaced(nodes):
            if sum(self.people[node] for node in part) < self.quota:
                left += part
                continue
            key = tuple(part)
            if key not in self.pools:
                self.pools[key] = Cover([self.people[node] for node in part], self.quota)
            for district in self.pools[key].parts:
                first, *others = sorted(part[i] for i in district)
                units.append(Unit([first, *others], ((first, node) for node in others), crossing=crossing))
        return units, sorted(left)

    def _linked(self, nodes: list[int], links: Links, *, crossing: bool) -> tuple[list[Unit], list[int]]:
        units: list[Unit] = []
        left: list[int] = []
        for part in components(links):
            if sum(self.people[nodes[i]] for i in part) < self.quota:
                left += [nodes[i] for i in part]
                continue
            pool, near = self._pool([nodes[i] for i in part], part, links)
            for district in pool.parts:
                inside = set(district)
                pairs = ((i, j) for i in district for j in near[i] if j in inside)
                units.append(
                    Unit(
                        (nodes[part[i]] for i in district),
                        ((nodes[part[i]], nodes[part[j]]) for i, j in pairs),
                        crossing=crossing,
                    )
                )
        return units, left

    def _pool(self, nodes: list[int], part: list[int], links: Links) -> tuple[Pooling, list[list[int]]]:
        key = tuple(nodes)
        at = {i: n for n, i in enumerate(part)}
        inner = tuple(tuple((at[j], far) for j, far in links[i]) for i in part)
        if key not in self.pools:
            ground = Ground(
                people=[self.people[node] for node in nodes],
                spots=flatten(self._spots(nodes)),
                links=inner,
                quota=self.quota,
            )
            before = None
            if self._before is not None:
                before = [self._before.get(self.blocks[node].places[0].id, "") for node in nodes]
            self.pools[key] = Pool(ground, f"{self._seed}\0{len(self.pools)}", before)
        return self.pools[key], [[j for j, _ in near] for near in inner]

    def _attach(self, waiting: Sequence[int], units: list[Unit]) -> list[int]:
        """Each waiting node joins the unit of the nearest node that has one, the closest pair first; ties by id.

        Who is barred from all of them is given back.
        """
        of = {node: unit for unit in units for node in unit.nodes}
        none = (_APART * 2, -1)
        nearest = {w: min((self._far(w, node) for node in of), default=none) for w in waiting}
        while nearest:
            node = min(nearest, key=lambda w: (nearest[w], w))
            if nearest[node] >= none:
                break
            _, to = nearest.pop(node)
            of[to].attach(node, to, crossing=any(self.group[node] != self.group[other] for other in of[to].nodes))
            of[node] = of[to]
            nearest = {w: min(best, self._far(w, node)) for w, best in nearest.items()}
        return sorted(nearest)

    def _far(self, a: int, b: int) -> tuple[int, int]:
        """The square of the distance from ``a`` to ``b``, and ``b``; beyond all where one cannot go."""
        if self._bars(a, b):
            return _APART * 2, b
        one, other = self.blocks[a].spot, self.blocks[b].spot
        if one is None or other is None:
            return (0 if self.blocks[a].group == self.blocks[b].group else _APART), b
        return decimetres_squared(one, other), b
