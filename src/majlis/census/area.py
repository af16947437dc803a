"""One connected part of the small places: its people, its links, and cuts of it into districts."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from majlis.census.dice import Dice
from majlis.census.ground import Links
from majlis.census.walk import District

_FAR = 1 << 14  # Metres of noise on a link.


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


def connected(nodes: District, near: Sequence[Sequence[int]]) -> list[District]:
    """``nodes`` in connected pieces."""
    waiting, pieces = set(nodes), []
    while waiting:
        piece = [min(waiting)]
        waiting.discard(piece[0])
        for i in piece:
            fresh = [j for j in near[i] if j in waiting]
            waiting.difference_update(fresh)
            piece += fresh
        pieces.append(sorted(piece))
    return pieces
