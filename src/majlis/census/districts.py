"""The districts of a plan from who is together: seats, wards, names and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from majlis.census.apportion import Method, apportion
from majlis.census.block import Block, chief, main_group
from majlis.census.floor import Unit
from majlis.census.measures import Measures, measure
from majlis.census.plan import District
from majlis.census.seats import Rounding, seats_for, share, wards_of
from majlis.census.slug import district_slugs, ward_ids
from majlis.errors import Refused

Bridge = Callable[[int, int], tuple[str, str]]


def districts_of(
    blocks: Sequence[Block],
    units: list[Unit],
    bridge: Bridge,
    *,
    quota: int,
    rounding: Rounding,
    size: int | None,
    method: Method | None,
    max_magnitude: int,
) -> tuple[District, ...]:
    """The districts of ``units``, wards told apart, in the plan's order; ``bridge``: which places link two blocks.

    Raises:
        Refused: a ``size`` too small for a seat in each.
    """
    units = sorted(units, key=lambda u: min(u.nodes))
    people = [sum(blocks[node].people for node in u.nodes) for u in units]
    totals = all_seats(people, quota=quota, rounding=rounding, size=size, method=method)
    wards = [wards_of(seats, max_magnitude=max_magnitude) for seats in totals]
    cores = [[place for node in sorted(u.nodes - u.attached) for place in blocks[node].places] for u in units]
    chiefs = [chief(core) for core in cores]
    stems = district_slugs([(first.name, first.id, len(w)) for first, w in zip(chiefs, wards, strict=True)])
    made = []
    for unit, core, total, seats, stem in zip(units, cores, people, wards, stems, strict=True):
        divided = len(seats) > 1
        below = len(units) > 1 and sum(place.population for place in core) < quota
        ids = ward_ids(stem, len(seats))
        for n, (ward_id, ward_people, ward_seats) in enumerate(
            zip(ids, share(total, seats), seats, strict=True), start=1
        ):
            made.append(
                District(
                    id=ward_id,
                    name=chief(core).name,
                    group=main_group(core),
                    places=_ids(blocks, unit.nodes),
                    links=tuple(sorted(_links(blocks, unit, bridge))),
                    attached=_ids(blocks, unit.attached),
                    crossing=unit.crossing,
                    below=below,
                    inhabitants=ward_people,
                    seats=ward_seats,
                    ward=n if divided else None,
                    of=len(seats) if divided else None,
                    provisional=divided,
                )
            )
    return tuple(sorted(made, key=lambda d: (d.places, d.ward or 0)))


def all_seats(
    people: Sequence[int], *, quota: int, rounding: Rounding, size: int | None, method: Method | None
) -> tuple[int, ...]:
    """The seats of districts of ``people``: by the quota, or of an assembly of ``size`` (R-PLAN-5, R-PLAN-16).

    Raises:
        Refused: too few seats; or a size without a method, or the other way round.
    """
    if size is None and method is None:
        return tuple(seats_for(each, quota=quota, rounding=rounding) for each in people)
    if size is not None and method is not None:
        return apportion(people, size, method=method)
    raise Refused("a number of seats goes with a method of sharing them out", rule="R-PLAN-16")


def _ids(blocks: Sequence[Block], nodes: Iterable[int]) -> tuple[str, ...]:
    return tuple(sorted(place.id for node in nodes for place in blocks[node].places))


def _links(blocks: Sequence[Block], unit: Unit, bridge: Bridge) -> Iterator[tuple[str, str]]:
    """The bridges between blocks; and each block is joined to its chief."""
    yield from (bridge(a, b) for a, b in unit.links)
    for node in unit.nodes:
        head = chief(blocks[node].places).id
        yield from ((min(head, place.id), max(head, place.id)) for place in blocks[node].places if place.id != head)


def measures_of(districts: Iterable[District]) -> Measures:
    """The measures of ``districts``, each ward on its own."""
    return measure((d.inhabitants, d.seats) for d in districts)
