"""Small places pooled into connected districts: as many as can be found, then as equal and compact as can be found.

Recombination with a cut that is optimal on its tree. A random spanning tree is walked from the leaves; as soon as a
subtree holds the quota it is closed as a district, and on that tree no cut yields more. Then, again and again, a few
adjacent districts are thrown together and cut anew on another tree. A move that loses a district is never taken. Among
equals the first two thirds of the moves gather the surplus in few places, where it can become one more district; the
rest spread it evenly and draw districts together. Worse moves are borne up to a bound that sinks to nothing.

Source: Recombination after DeFord, Duchin and Solomon 2021, Harvard Data Science Review 3.1, with a floor in people
where they have a band; threshold accepting after Dueck and Scheuer 1990, Journal of Computational Physics 90:161-175.
All integers, a number of moves and no clock: the same bytes for a seed on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from majlis.census.dice import Dice
from majlis.census.ground import Links

District = list[int]

_TREES = 20
_MOVES_PER_PLACE = 40
_MOST_MOVES = 20_000
_SIZES = (2, 2, 3, 3, 4, 5, 6)  # How many districts a move throws together.
_GATHER = 2, 3  # The share of moves that gather surplus.
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
        reach = [far * far for near in links for _, far in near]
        self._stretch = max(sum(reach) // max(len(reach), 1), 1)

    def held(self, nodes: District) -> int:
        """The people of ``nodes``."""
        return sum(map(self.people.__getitem__, nodes))

    def gathered(self, nodes: District) -> int:
        """What gathering wants large: the square of the surplus."""
        return (self.held(nodes) - self.quota) ** 2

    def strain(self, nodes: District) -> int:
        """What the end wants small: surplus squared, and the mean square distance of its people from their middle.

        The first in thousandths of the quota squared, the second in hundredths of the mean squared link.
        """
        total = sx = sy = square = 0
        for i in nodes:
            p, (x, y) = self.people[i], self.spots[i]
            total += p
            sx += p * x
            sy += p * y
            square += p * (x * x + y * y)
        spread = (square - (sx * sx + sy * sy) // total) // total
        return 1000 * (total - self.quota) ** 2 // self.quota**2 + 100 * spread // self._stretch

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
        waiting = sorted(rest)
        while waiting:
            least = min((held[of[j]], of[j], i) for i in waiting for j, _ in self.links[i] if j in of)
            _, n, i = least
            parts[n].append(i)
            held[n] += self.people[i]
            of[i] = n
            waiting.remove(i)

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


def pool(ground: Ground, dice: Dice, *, start: list[District] | None = None) -> list[District]:
    """The nodes of ``ground`` as connected districts of at least the quota; never fewer than ``start`` where given."""
    nodes = list(range(len(ground.people)))
    if start is None:
        tries = [ground.cut(nodes, dice) for _ in range(_TREES)]
        start = max(tries, key=lambda parts: (len(parts), sum(map(ground.gathered, parts))))
    return _Plan(ground, start).improved(dice)


class _Plan:
    """A pooling under improvement; ``parts`` by number, ``of`` the number of each node's district."""

    def __init__(self, ground: Ground, parts: list[District]) -> None:
        self.ground = ground
        self.parts: dict[int, District] = dict(enumerate(parts))
        self.of = {i: n for n, part in self.parts.items() for i in part}
        self.fresh = len(parts)

    def improved(self, dice: Dice) -> list[District]:
        moves = min(_MOVES_PER_PLACE * len(self.of), _MOST_MOVES)
        gather = moves * _GATHER[0] // _GATHER[1]
        room = sum(self.ground.people) // self.ground.quota
        for n in range(gather):
            if len(self.parts) == room:
                break
            self._move(dice, gather=True, bear=self.ground.quota**2 * (gather - n) // (gather * 60))
        best, least = self._copy(), self._strain()
        strain = least
        for n in range(gather, moves):
            if len(self.parts) == 1:
                break
            before = len(self.parts)
            strain += self._move(dice, gather=False, bear=60 * (moves - n) // (moves - gather))
            if len(self.parts) > before or strain < least:
                best, least = self._copy(), strain
        return best

    def _copy(self) -> list[District]:
        return [sorted(part) for part in self.parts.values()]

    def _strain(self) -> int:
        return sum(map(self.ground.strain, self.parts.values()))

    def _move(self, dice: Dice, *, gather: bool, bear: int) -> int:
        """Some adjacent districts cut anew, unless that loses one or is worse by more than ``bear``: what it cost."""
        ground = self.ground
        chosen = self._some(dice)
        old = [self.parts[n] for n in chosen]
        union = sorted(i for part in old for i in part)
        new = ground.cut(union, dice)
        if len(new) < len(old):
            return 0
        if gather:
            worse = sum(map(ground.gathered, old)) - sum(map(ground.gathered, new))
        else:
            worse = sum(map(ground.strain, new)) - sum(map(ground.strain, old))
        if len(new) == len(old) and worse > bear:
            return 0
        for n in chosen:
            del self.parts[n]
        for part in new:
            self.parts[self.fresh] = part
            for i in part:
                self.of[i] = self.fresh
            self.fresh += 1
        return worse

    def _some(self, dice: Dice) -> list[int]:
        """The numbers of two to six districts, each next to an earlier one, grown from a node by chance."""
        size = _SIZES[dice.below(len(_SIZES))]
        chosen = [self.of[dice.below(len(self.of))]]
        while len(chosen) < size:
            edge = {self.of[j] for n in chosen for i in self.parts[n] for j, _ in self.ground.links[i]} - set(chosen)
            if not edge:
                break
            chosen.append(sorted(edge)[dice.below(len(edge))])
        return chosen
