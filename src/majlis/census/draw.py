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
from collections.abc import Iterable, Sequence

from majlis.census.bound import Steps, most_districts
from majlis.census.dice import Dice
from majlis.census.ground import Links, coarsen, components, decimetres_squared, flatten, join_links, nearest_links
from majlis.census.measures import Measures, measure
from majlis.census.places import MOST_PEOPLE, Place, Places
from majlis.census.plan import District, Plan
from majlis.census.pool import Ground, pool
from majlis.census.seats import ROUNDINGS, Rounding, seats_for, share, wards_of
from majlis.census.slug import district_slugs, ward_ids
from majlis.errors import Malformed

NEIGHBOURS = 6
DEFAULT_SEED = "majlis"


class _Unit:
    """A district in the making; nodes are indices of known places in order of id."""

    def __init__(self, nodes: Iterable[int], links: Iterable[tuple[int, int]] = (), *, crossing: bool = False) -> None:
        self.nodes = set(nodes)
        self.links = {(min(link), max(link)) for link in links}
        self.attached: set[int] = set()
        self.crossing = crossing

    def attach(self, node: int, to: int, *, crossing: bool) -> None:
        self.nodes.add(node)
        self.attached.add(node)
        self.links.add((min(node, to), max(node, to)))
        self.crossing |= crossing


def draw_plan(
    places: Places,
    *,
    quota: int = 10_000,
    rounding: Rounding = "nearest",
    max_magnitude: int = 7,
    seed: str = DEFAULT_SEED,
    across_groups: bool = False,
) -> Plan:
    """A plan for ``places``, the same bytes for the same rows in any order.

    ``across_groups`` pools as if there were no groups. Cost: about a second for 500 small places, and in proportion to
    their number.

    Raises:
        Malformed: the quota is not 1 to 2^31, the magnitude not 1 to 1000, or the seed is longer than 64 characters.
    """
    if not 1 <= quota <= MOST_PEOPLE or not 1 <= max_magnitude <= 1000 or len(seed) > 64 or rounding not in ROUNDINGS:
        raise Malformed(
            f"expected a quota of 1 to {MOST_PEOPLE}, a largest magnitude of 1 to 1000, "
            f"a rounding of {', '.join(ROUNDINGS)}, and a seed of at most 64 characters",
            rule="R-PLAN-5",
        )
    known = sorted((p for p in places.rows if p.population), key=lambda p: p.id)
    grouped = places.grouped and not across_groups
    drawing = _Drawing(known, quota=quota, seed=seed, grouped=grouped)
    units = drawing.units()
    districts = _districts(known, units, quota=quota, rounding=rounding, max_magnitude=max_magnitude)
    return Plan(
        quota=quota,
        rounding=rounding,
        max_magnitude=max_magnitude,
        seed=seed,
        grouped=grouped,
        bound=drawing.bound,
        districts=districts,
        unknown=tuple(sorted(p.id for p in places.rows if not p.population)),
        measures=measures_of(districts),
        measures_without_provisional=measures_of(d for d in districts if not d.provisional),
    )


def measures_of(districts: Iterable[District]) -> Measures:
    """The measures of ``districts``, each ward on its own."""
    return measure((d.inhabitants, d.seats) for d in districts)


class _Drawing:
    """One run of the planner; ``bound`` grows as parts of the ground are pooled."""

    def __init__(self, known: Sequence[Place], *, quota: int, seed: str, grouped: bool) -> None:
        self.people = [p.population for p in known]
        self.spots = [coarsen(lat=p.lat, lon=p.lon) for p in known]
        self.group = [p.group if grouped else "" for p in known]
        self.quota = quota
        self.bound = 0
        self._dice = Dice(seed)
        self._steps = Steps()

    def units(self) -> list[_Unit]:
        """Every known place in one unit (R-PLAN-6, R-PLAN-7)."""
        home: dict[str, list[_Unit]] = defaultdict(list)
        small: dict[str, list[int]] = defaultdict(list)
        for node, people in enumerate(self.people):
            if people >= self.quota:
                home[self.group[node]].append(_Unit([node]))
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

    def _last_resort(self, nodes: list[int], *, crossing: bool) -> list[_Unit]:
        """Where no part reaches the quota: parts joined by their closest pairs; one district below it if all are."""
        links = join_links([self.spots[node] for node in nodes], self._links(nodes))
        units, left = self._pooled(nodes, links, crossing=crossing)
        if left:
            pairs = ((nodes[i], nodes[j]) for i, near in enumerate(links) for j, _ in near)
            units = [_Unit(nodes, pairs, crossing=crossing)]
        return units

    def _links(self, nodes: list[int]) -> Links:
        return nearest_links([self.spots[node] for node in nodes], NEIGHBOURS)

    def _pooled(self, nodes: list[int], links: Links, *, crossing: bool) -> tuple[list[_Unit], list[int]]:
        """The pooled districts of ``nodes``, and the nodes of the parts that cannot reach the quota."""
        units: list[_Unit] = []
        left: list[int] = []
        for part in components(links):
            if sum(self.people[nodes[i]] for i in part) < self.quota:
                left += [nodes[i] for i in part]
                continue
            ground = self._ground([nodes[i] for i in part], _within(part, links))
            for district in self._best(ground):
                pairs = ((i, j) for i in district for j, _ in ground.links[i] if j in district)
                units.append(
                    _Unit(
                        (nodes[part[i]] for i in district),
                        ((nodes[part[i]], nodes[part[j]]) for i, j in pairs),
                        crossing=crossing,
                    )
                )
        return units, left

    def _ground(self, nodes: list[int], links: Links) -> Ground:
        return Ground(
            people=[self.people[node] for node in nodes],
            spots=flatten([self.spots[node] for node in nodes]),
            links=links,
            quota=self.quota,
        )

    def _best(self, ground: Ground) -> list[list[int]]:
        """The pooled districts of one connected part, improved by the search for the bound where that finds more."""
        parts = pool(ground, self._dice)
        most, packing = most_districts(ground.people, ground.links, self.quota, found=len(parts), steps=self._steps)
        self.bound += most
        if packing is not None:
            ground.hand_out(sorted(set(range(len(ground.people))) - {i for p in packing for i in p}), packing)
            parts = pool(ground, self._dice, start=packing)
        return parts

    def _attach(self, waiting: Sequence[int], units: list[_Unit]) -> None:
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


def _districts(
    known: Sequence[Place], units: list[_Unit], *, quota: int, rounding: Rounding, max_magnitude: int
) -> tuple[District, ...]:
    """The districts of ``units``, wards told apart, in the plan's order."""
    units = sorted(units, key=lambda u: min(u.nodes))
    people = [sum(known[node].population for node in u.nodes) for u in units]
    wards = [wards_of(seats_for(p, quota=quota, rounding=rounding), max_magnitude=max_magnitude) for p in people]
    cores = [[known[node] for node in sorted(u.nodes - u.attached)] for u in units]
    chiefs = [chief(core) for core in cores]
    stems = district_slugs([(first.name, first.id, len(w)) for first, w in zip(chiefs, wards, strict=True)])
    made = []
    for unit, core, total, seats, stem in zip(units, cores, people, wards, stems, strict=True):
        divided = len(seats) > 1
        ids = ward_ids(stem, len(seats))
        for n, (ward_id, ward_people, ward_seats) in enumerate(
            zip(ids, share(total, seats), seats, strict=True), start=1
        ):
            made.append(
                District(
                    id=ward_id,
                    name=chief(core).name,
                    group=main_group(core),
                    places=tuple(known[node].id for node in sorted(unit.nodes)),
                    links=tuple((known[a].id, known[b].id) for a, b in sorted(unit.links)),
                    attached=tuple(known[node].id for node in sorted(unit.attached)),
                    crossing=unit.crossing,
                    inhabitants=ward_people,
                    seats=ward_seats,
                    ward=n if divided else None,
                    of=len(seats) if divided else None,
                    provisional=divided,
                )
            )
    return tuple(sorted(made, key=lambda d: (d.places, d.ward or 0)))


def chief(places: Iterable[Place]) -> Place:
    """The place that a district is named after: the largest; of equals, the first by id."""
    return min(places, key=lambda place: (-place.population, place.id))


def main_group(places: Iterable[Place]) -> str:
    """The group that most inhabitants of ``places`` belong to; of equals, the first by name."""
    held: dict[str, int] = defaultdict(int)
    for place in places:
        held[place.group] += place.population
    return min(held, key=lambda group: (-held[group], group))
