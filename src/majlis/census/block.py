"""What is planned as one: a place, or places that must stay together (R-PLAN-13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from majlis.census.ground import Spot, coarsen
from majlis.census.places import Place
from majlis.census.ways import Ways
from majlis.errors import Malformed


class Block(Struct, frozen=True, kw_only=True):
    """``places`` by id. ``spot``: the middle of those whose position is known, coarse; None where none is.

    ``group`` of most of its people, and of all its places here; ``side``: of the front line or border it lies.
    """

    places: tuple[Place, ...]
    people: int
    spot: Spot | None
    group: str
    side: str


def blocks_of(known: Iterable[Place]) -> list[Block]:
    """The blocks of ``known``, in order of their first id.

    Raises:
        Malformed: places that must stay together lie on different sides.
    """
    together: dict[str, list[Place]] = defaultdict(list)
    alone = []
    for place in sorted(known, key=lambda place: place.id):
        if place.together:
            together[place.together].append(place)
        else:
            alone.append([place])
    return sorted(map(_block, [*together.values(), *alone]), key=lambda block: block.places[0].id)


def _block(places: Sequence[Place]) -> Block:
    if len({place.side for place in places}) > 1:
        raise Malformed(
            f"the places of {places[0].together!r} are to stay together and lie on different sides; correct either",
            rule="R-PLAN-13",
        )
    spots = [coarsen(lat=p.lat, lon=p.lon) for p in places if p.lat is not None and p.lon is not None]
    middle = Spot(sum(s.lat for s in spots) // len(spots), sum(s.lon for s in spots) // len(spots)) if spots else None
    group = main_group(places)
    return Block(
        places=tuple(place if place.group == group else replace(place, group=group) for place in places),
        people=sum(place.population for place in places),
        spot=middle,
        group=group,
        side=places[0].side,
    )


def is_barred(a: Place, b: Place, ways: Ways | None) -> bool:
    """Whether nobody goes straight from ``a`` to ``b``: over a line, or by the table of ways.

    What must stay together is, and where only the group of a place is known, so is all of the group. A way that is
    stated to be open leads through a line that is drawn.
    """
    if a.side != b.side:
        return True
    if ways is None or (a.together and a.together == b.together):
        return False
    if a.group == b.group and (a.lat is None or b.lat is None):
        return False
    return ways.bars(a.id, b.id) or (not ways.is_open(a.id, b.id) and ways.fence.parts(a, b))


def chief(places: Iterable[Place]) -> Place:
    """The place that a district is named after: the largest; of equals, the first by id."""
    return min(places, key=lambda place: (-place.population, place.id))


def main_group(places: Iterable[Place]) -> str:
    """The group that most inhabitants of ``places`` belong to; of equals, the first by name."""
    held: dict[str, int] = defaultdict(int)
    for place in places:
        held[place.group] += place.population
    return min(held, key=lambda group: (-held[group], group))
