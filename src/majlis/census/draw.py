"""A plan drawn from places: who stands alone, who is pooled, who joins the nearest, and the wards of what is too large.

The order is R-PLAN-6 and R-PLAN-7, and each step is in the plan for anyone to see:

1. a place of at least the quota stands alone;
2. the smaller ones of a group are pooled into connected districts of at least the quota;
3. who is left in a group that has a district joins the nearest there;
4. groups that have none are pooled with each other; who is left even then joins the nearest of any group;
5. where nobody reaches the quota, parts are joined by their closest pairs and pooled, or are one district below it.

So everybody who is counted has a delegate. Groups come first because a district that lies in two governorates belongs
to neither; they give way only where the choice is between a delegate elsewhere and none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from majlis.census.districts import Unit, districts_of, measures_of
from majlis.census.ground import Links, coarsen, components, decimetres_squared, flatten, join_links, nearest_links
from majlis.census.places import MOST_PEOPLE, Place, Places
from majlis.census.plan import Plan
from majlis.census.pool import Ground, Pool, ignore
from majlis.census.seats import ROUNDINGS, Rounding
from majlis.errors import Malformed

NEIGHBOURS = 6
DEFAULT_SEED = "majlis"
DEFAULT_EFFORT = 2


def draw_plan(
    places: Places,
    *,
    quota: int = 10_000,
    rounding: Rounding = "nearest",
    max_magnitude: int = 7,
    seed: str = DEFAULT_SEED,
    across_groups: bool = False,
    effort: int = DEFAULT_EFFORT,
) -> Plan:
    """A plan for ``places``, the same bytes for the same rows in any order.

    ``across_groups`` pools as if there were no groups; ``effort`` is the number of rounds. Cost: about a second for 400
    small places, and less than in proportion to their number.

    Raises:
        Malformed: the quota is not 1 to 2^31, the magnitude not 1 to 1000, or the seed is longer than 64 characters.
    """
    drawing = Drawing(
        places,
        quota=quota,
        rounding=rounding,
        max_magnitude=max_magnitude,
        seed=seed,
        across_groups=across_groups,
    )
    for _ in range(effort):
        drawing.improve()
    return drawing.plan()


class Drawing:
    """A plan in the making: drawn at once, better by every round, and to be had after each."""

    def __init__(
        self,
        places: Places,
        *,
        quota: int = 10_000,
        rounding: Rounding = "nearest",
        max_magnitude: int = 7,
        seed: str = DEFAULT_SEED,
        across_groups: bool = False,
    ) -> None:
        """Raises: Malformed as ``draw_plan``."""
        if (
            not 1 <= quota <= MOST_PEOPLE
            or not 1 <= max_magnitude <= 1000
            or len(seed) > 64
            or rounding not in ROUNDINGS
        ):
            raise Malformed(
                f"expected a quota of 1 to {MOST_PEOPLE}, a largest magnitude of 1 to 1000, "
                f"a rounding of {', '.join(ROUNDINGS)}, and a seed of at most 64 characters",
                rule="R-PLAN-5",
            )
        self._places = places
        self._known = sorted((p for p in places.rows if p.population), key=lambda p: p.id)
        self._quota, self._rounding, self._max_magnitude, self._seed = quota, rounding, max_magnitude, seed
        self._grouped = places.grouped and not across_groups
        self._floor = _Floor(self._known, quota=quota, seed=seed, grouped=self._grouped)
        self._floor.units()
        self.effort = 0

    @property
    def pooled(self) -> int:
        """The pooled districts so far."""
        return sum(len(pool.parts) for pool in self._floor.pools.values())

    @property
    def bound(self) -> int:
        """No plan can have more pooled districts: proven."""
        return sum(pool.bound for pool in self._floor.pools.values())

    def improve(self, pause: Callable[[], None] = ignore) -> None:
        """One round more. ``pause`` is called some hundred times a second; what it raises ends the drawing, which then
        stands as before the round."""
        before = {pool: (pool.parts, pool.bound) for pool in self._floor.pools.values()}
        try:
            for pool in before:
                pool.improve(pause)
        except BaseException:
            for pool, (parts, bound) in before.items():
                pool.parts, pool.bound = parts, bound
            raise
        self.effort += 1

    def plan(self) -> Plan:
        """The plan as it stands."""
        districts = districts_of(
            self._known,
            self._floor.units(),
            quota=self._quota,
            rounding=self._rounding,
            max_magnitude=self._max_magnitude,
        )
        return Plan(
            quota=self._quota,
            rounding=self._rounding,
            max_magnitude=self._max_magnitude,
            seed=self._seed,
            effort=self.effort,
            grouped=self._grouped,
            bound=self.bound,
            districts=districts,
            unknown=tuple(sorted(p.id for p in self._places.rows if not p.population)),
            measures=measures_of(districts),
            measures_without_provisional=measures_of(d for d in districts if not d.provisional),
        )


class _Floor:
    """Who is pooled with whom; the pools, by their nodes, are made when first met and remembered."""

    def __init__(self, known: Sequence[Place], *, quota: int, seed: str, grouped: bool) -> None:
        self.people = [p.population for p in known]
        self.spots = [coarsen(lat=p.lat, lon=p.lon) for p in known]
        self.group = [p.group if grouped else "" for p in known]
        self.quota = quota
        self.pools: dict[tuple[int, ...], Pool] = {}
        self._seed = seed
        self._links_of: dict[tuple[int, ...], Links] = {}

    def units(self) -> list[Unit]:
        """Every known place in one unit (R-PLAN-6, R-PLAN-7)."""
        home: dict[str, list[Unit]] = defaultdict(list)
        small: dict[str, list[int]] = defaultdict(list)
        for node, people in enumerate(self.people):
            if people >= self.quota:
                home[self.group[node]].append(Unit([node]))
            else:
                small[self.group[node]].append(node)
        stranded: list[int] = []
        for group in sorted(small):
            pooled, left = self._pooled(small[group], self._links(small[group]), crossing=False)
            home[group] += pooled
            if home[group]:
                self._attach(left, home[group])
            else:
                stranded += left
        units = [unit for group in sorted(home) for unit in home[group]]
        stranded.sort()
        several = len({self.group[node] for node in stranded}) > 1
        if several:
            pooled, stranded = self._pooled(stranded, self._links(stranded), crossing=True)
            units += pooled
        if stranded and not units:
            return self._last_resort(stranded, crossing=several)
        self._attach(stranded, units)
        return units

    def _last_resort(self, nodes: list[int], *, crossing: bool) -> list[Unit]:
        """Where no part reaches the quota: parts joined by their closest pairs; one district below it if all are."""
        links = join_links([self.spots[node] for node in nodes], self._links(nodes))
        units, left = self._pooled(nodes, links, crossing=crossing)
        if left:
            pairs = ((nodes[i], nodes[j]) for i, near in enumerate(links) for j, _ in near)
            units = [Unit(nodes, pairs, crossing=crossing)]
        return units

    def _links(self, nodes: list[int]) -> Links:
        key = tuple(nodes)
        if key not in self._links_of:
            self._links_of[key] = nearest_links([self.spots[node] for node in nodes], NEIGHBOURS)
        return self._links_of[key]

    def _pooled(self, nodes: list[int], links: Links, *, crossing: bool) -> tuple[list[Unit], list[int]]:
        """The pooled districts of ``nodes``, and the nodes of the parts that cannot reach the quota."""
        units: list[Unit] = []
        left: list[int] = []
        for part in components(links):
            if sum(self.people[nodes[i]] for i in part) < self.quota:
                left += [nodes[i] for i in part]
                continue
            pool = self._pool([nodes[i] for i in part], part, links)
            near = pool.ground.near
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

    def _pool(self, nodes: list[int], part: list[int], links: Links) -> Pool:
        key = tuple(nodes)
        if key not in self.pools:
            ground = Ground(
                people=[self.people[node] for node in nodes],
                spots=flatten([self.spots[node] for node in nodes]),
                links=_within(part, links),
                quota=self.quota,
            )
            self.pools[key] = Pool(ground, f"{self._seed}\0{len(self.pools)}")
        return self.pools[key]

    def _attach(self, waiting: Sequence[int], units: list[Unit]) -> None:
        """Each waiting node joins the unit of the nearest node that has one, the closest pair first; ties by id."""
        if not waiting:
            return
        of = {node: unit for unit in units for node in unit.nodes}
        nearest = {w: min((self._far(w, node), node) for node in of) for w in waiting}
        while nearest:
            node = min(nearest, key=lambda w: (nearest[w], w))
            _, to = nearest.pop(node)
            of[to].attach(node, to, crossing=any(self.group[node] != self.group[other] for other in of[to].nodes))
            of[node] = of[to]
            nearest = {w: min(best, (self._far(w, node), node)) for w, best in nearest.items()}

    def _far(self, a: int, b: int) -> int:
        return decimetres_squared(self.spots[a], self.spots[b])


def _within(part: list[int], links: Links) -> Links:
    """``links`` between the nodes of ``part``, numbered anew in its order."""
    at = {i: n for n, i in enumerate(part)}
    return tuple(tuple((at[j], far) for j, far in links[i]) for i in part)
