"""How far people are from the middle of their district, and how long they are on their way (R-PLAN-20).

The distance is straight, to the middle that people have; its mean over people is the Weber mean distance, its largest
the radius of a centre. Minutes are those that the table of ways states, along the district's own links, to the place
that it is named after. Whoever cannot be reached over ways that state a time is counted apart, and never guessed.

Source: S. L. Hakimi, Optimum Locations of Switching Centers and the Absolute Centers and Medians of a Graph, Operations
Research 12 (1964), for mean and largest; E. W. Dijkstra, A Note on Two Problems in Connexion with Graphs, Numerische
Mathematik 1 (1959), for the shortest way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from heapq import heappop, heappush
from math import isqrt

from msgspec import Struct

from majlis.census.block import blocks_of, chief
from majlis.census.ground import coarsen, flatten
from majlis.census.places import Place, Places
from majlis.census.plan import District, Plan
from majlis.census.ways import Ways


class Travel(Struct, frozen=True, kw_only=True):
    """``metres`` to the middle of the district, the mean over people, rounded down, and ``most_metres`` of the place
    ``farthest``, of equals the first; places without a position are left out.

    ``minutes`` the mean over the ``timed`` people who come over ways that state a time, None where nobody does;
    ``most_minutes`` of the place ``slowest``, of equals the first. Both places by id, and empty where there is none.
    """

    metres: int
    most_metres: int
    farthest: str
    minutes: Fraction | None
    most_minutes: int | None
    slowest: str
    timed: int


def travel(plan: Plan, places: Places, ways: Ways | None = None) -> Travel:
    """The travel of ``plan``, checked against ``places`` and ``ways``; a little above linear in its links."""
    known = {p.id: p for block in blocks_of(p for p in places.rows if p.population) for p in block.places}
    wholes = [d for d in plan.districts if d.ward in {None, 1}]
    far = [each for d in wholes for each in _distances(d, known)]
    long = [] if ways is None else [each for d in wholes for each in _times(d, known, ways)]
    farthest, most_metres = _most(far)
    slowest, most_minutes = _most(long)
    timed = sum(p.population for p, _ in long)
    return Travel(
        metres=sum(p.population * metres for p, metres in far) // max(sum(p.population for p, _ in far), 1),
        most_metres=most_metres,
        farthest=farthest,
        minutes=Fraction(sum(p.population * minutes for p, minutes in long), timed) if timed else None,
        most_minutes=most_minutes if timed else None,
        slowest=slowest,
        timed=timed,
    )


def _most(found: list[tuple[Place, int]]) -> tuple[str, int]:
    place, most = min(found, key=lambda each: (-each[1], each[0].id), default=(None, 0))
    return (place.id, most) if place is not None else ("", 0)


def _distances(d: District, known: dict[str, Place]) -> Iterator[tuple[Place, int]]:
    """Whole metres from each place with a position to the middle of their people."""
    placed = [known[p] for p in d.places if known[p].lat is not None]
    if not placed:
        return
    spots = flatten([coarsen(lat=p.lat or 0, lon=p.lon or 0) for p in placed])
    people = sum(p.population for p in placed)
    x = sum(p.population * east for p, (east, _) in zip(placed, spots, strict=True)) // people
    y = sum(p.population * north for p, (_, north) in zip(placed, spots, strict=True)) // people
    for p, (east, north) in zip(placed, spots, strict=True):
        yield p, isqrt((east - x) ** 2 + (north - y) ** 2)


def _times(d: District, known: dict[str, Place], ways: Ways) -> Iterator[tuple[Place, int]]:
    """Minutes from each place that has a timed way to the one that the district is named after; itself, 0."""
    near: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for a, b in d.links:
        if minutes := ways.minutes(a, b):
            near[a].append((b, minutes))
            near[b].append((a, minutes))
    start = chief(known[p] for p in d.places if p not in set(d.attached)).id
    if start not in near:
        return
    done: set[str] = set()
    ahead = [(0, start)]
    while ahead:
        minutes, p = heappop(ahead)
        if p in done:
            continue
        done.add(p)
        yield known[p], minutes
        for q, more in near[p]:
            if q not in done:
                heappush(ahead, (minutes + more, q))
