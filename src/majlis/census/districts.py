"""The districts of a plan from who is together: seats, wards, names and figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from majlis.census.measures import Measures, measure
from majlis.census.places import Place
from majlis.census.plan import District
from majlis.census.seats import Rounding, seats_for, share, wards_of
from majlis.census.slug import district_slugs, ward_ids


class Unit:
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


def districts_of(
    known: Sequence[Place], units: list[Unit], *, quota: int, rounding: Rounding, max_magnitude: int
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


def measures_of(districts: Iterable[District]) -> Measures:
    """The measures of ``districts``, each ward on its own."""
    return measure((d.inhabitants, d.seats) for d in districts)
