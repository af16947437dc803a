"""How many districts there can be at most: proven, not estimated.

Two bounds. People: a connected part of P people holds at most floor(P / quota) districts. Search: where the part is
small, every way to pack disjoint *smallest* districts is tried or ruled out (a smallest district is connected, holds
the quota, and no place of it can be left out). Whatever a packing leaves over can join a neighbour, so packings and
poolings have the same best number.

The search is cut short by a count of steps, never by time, so its outcome is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from majlis.census.ground import Links

_MOST_PLACES = 64


_STEPS = 20_000


class Steps:
    """What one search may spend: ``times`` 20,000, or so many. A step is one set looked at; 20,000 take about half a
    second of one core."""

    def __init__(self, times: int = 1, *, each: int = _STEPS) -> None:
        self._left = times * each

    def take(self) -> None:
        """One step fewer. Raises _Spent at none."""
        if self._left == 0:
            raise _Spent
        self._left -= 1


class _Spent(Exception):
    """The allowed steps are used up; nothing more is proven."""


def most_districts(
    people: Sequence[int], links: Links, quota: int, *, found: int, steps: Steps
) -> tuple[int, list[list[int]] | None]:
    """The proven bound for one connected part, and a packing of that many districts where the search meets one.

    Counts are ruled out from the bound by people downwards, as the larger is the easier to rule out; the search ends at
    ``found``, at a packing, or when ``steps`` are spent (R-PLAN-9).
    """
    most = sum(people) // quota
    if most <= found or len(people) > _MOST_PLACES:
        return most, None
    try:
        search = _Packing(people, links, quota, steps)
        while most > found:
            packing = search.find(most)
            if packing is not None:
                return most, packing
            most -= 1
    except _Spent:
        pass
    return most, None


class _Packing:
    """The search over smallest districts; sets of nodes are bit masks."""

    def __init__(self, people: Sequence[int], links: Links, quota: int, steps: Steps) -> None:
        self.people = people
        self.quota = quota
        self.near = [sum(1 << j for j, _ in near) for near in links]
        self.steps = steps
        self.dead: set[tuple[int, int]] = set()
        self.by_node: list[list[int]] = [[] for _ in people]
        for mask in self._smallest():
            for i in _nodes(mask):
                self.by_node[i].append(mask)
        for masks in self.by_node:
            masks.sort(key=lambda mask: (self._held(mask), mask))
        self.largest_first = sorted(range(len(people)), key=lambda i: (-people[i], i))

    def find(self, count: int) -> list[list[int]] | None:
        """``count`` disjoint districts, or None where there are none. Raises _Spent."""
        chosen = self._search((1 << len(self.people)) - 1, count)
        return None if chosen is None else [_nodes(mask) for mask in chosen]

    def _held(self, mask: int) -> int:
        return sum(self.people[i] for i in _nodes(mask))

    def _flood(self, start: int, mask: int) -> int:
        """The nodes of ``mask`` that can be reached from ``start`` within it."""
        seen = edge = start
        while edge:
            low = edge & -edge
            edge ^= low
            fresh = self.near[low.bit_length() - 1] & mask & ~seen
            seen |= fresh
            edge |= fresh
        return seen

    def _smallest(self) -> list[int]:
        """Every connected set that holds the quota and of which no node can be left out."""
        found: set[int] = set()
        seen: set[int] = set()
        stack = [1 << i for i in range(len(self.people))]
        while stack:
            mask = stack.pop()
            if mask in seen:
                continue
            seen.add(mask)
            self.steps.take()
            if self._held(mask) >= self.quota:
                if all(not self._stands(mask ^ (1 << i)) for i in _nodes(mask)):
                    found.add(mask)
                continue
            edge = 0
            for i in _nodes(mask):
                edge |= self.near[i]
            stack += [mask | 1 << j for j in _nodes(edge & ~mask)]
        return sorted(found)

    def _stands(self, mask: int) -> bool:
        return mask != 0 and self._held(mask) >= self.quota and self._flood(mask & -mask, mask) == mask

    def _room(self, mask: int) -> int:
        """The most districts that the connected parts of ``mask`` can hold by their people."""
        room = 0
        while mask:
            part = self._flood(mask & -mask, mask)
            mask ^= part
            room += self._held(part) // self.quota
        return room

    def _search(self, free: int, count: int) -> list[int] | None:
        if count == 0:
            return []
        if (free, count) in self.dead:
            return None
        self.steps.take()
        if self._room(free) >= count:
            pivot = next(i for i in self.largest_first if free >> i & 1)
            for mask in self.by_node[pivot]:
                if mask & ~free == 0:
                    rest = self._search(free ^ mask, count - 1)
                    if rest is not None:
                        return [mask, *rest]
            rest = self._search(free ^ 1 << pivot, count)
            if rest is not None:
                return rest
        self.dead.add((free, count))
        return None


def _nodes(mask: int) -> list[int]:
    nodes = []
    while mask:
        low = mask & -mask
        nodes.append(low.bit_length() - 1)
        mask ^= low
    return nodes
