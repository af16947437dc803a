"""People who cannot but be wasted: why there are fewer districts than people by the quota.

A district of p people wastes p - quota; a place in no district wastes all its people. A place of 9,900 whose neighbours
have 2,000 each wastes 1,900, wherever it goes. Give each place v a weight w(v) of 0 to p(v), such that no connected set
S of the quota or more has more weight than waste:

    w(S) <= p(S) - quota

Then k disjoint connected districts leave people for k * quota and the weight of all places, so k is at most
(P - w) div quota. The weights are a dual of the linear relaxation of packing districts; they are raised place by place
as far as they go, the largest first. In the Palestinian places that comes to 7,028 people, where the best such weights
waste 7,038; it needs integers only. Whoever doubts it checks the inequality for all sets that first reach the quota,
which is what ``least`` walks through.

Source: linear programming duality for set packing; the ascent as in Erlenkotter, Operations Research 26 (1978).
"""

from __future__ import annotations

from collections.abc import Sequence

from majlis.census.ground import Links

_EACH = 4_000
"""Sets that are looked at for one place, before it is given no weight."""


def most_by_waste(people: Sequence[int], links: Links, quota: int, *, found: int) -> int:
    """How many disjoint connected districts of ``quota`` there can be at most, as far as waste shows; proven.

    Looks no further once there can be no more than ``found``. Cost: some thousand sets for each place at most.
    """
    every = sum(people)
    spare = every - (found + 1) * quota  # With more waste than that there is not one district more.
    total = 0
    weights = [0] * len(people)
    near = [[j for j, _ in each] for each in links]
    for place in sorted(range(len(people)), key=lambda i: (-people[i], i)):
        weights[place] = least(place, people, near, quota, weights)
        total += weights[place]
        if total > spare:
            break
    return (every - total) // quota


def least(start: int, people: Sequence[int], near: Sequence[Sequence[int]], quota: int, weights: Sequence[int]) -> int:
    """The most weight that ``start`` may have beside the others': at most its people, and 0 where too many sets would
    have to be looked at.

    Every connected set with ``start`` that reaches the quota with its last place is met once: each set grows by places
    beside it, and none that was passed over before joins later. Larger sets waste no less beyond their weight, as no
    place has more weight than people.
    """
    if people[start] >= quota:
        return people[start] - quota
    best, steps = people[start], 0
    stack = [(people[start], people[start], tuple(near[start]), frozenset([start, *near[start]]))]
    while stack:
        held, left, beside, met = stack.pop()
        steps += 1
        if steps > _EACH:
            return 0
        for at, joining in enumerate(beside):
            rest = left + people[joining] - weights[joining]
            if rest - quota >= best:
                continue
            if held + people[joining] >= quota:
                best = max(rest - quota, 0)
                if best == 0:
                    return 0
            else:
                fresh = tuple(j for j in near[joining] if j not in met)
                stack.append((held + people[joining], rest, beside[at + 1 :] + fresh, met.union(fresh)))
    return best
