"""Lines that nobody crosses: a front line, a closed road, a wall; between which places they run (R-PLAN-21).

    36.10 35.20; 36.15 35.25; 36.15 35.40

A line is a row of points, longitude and latitude in degrees, parted by semicolons. Whether a line parts two places is
read off their positions as the table of places gives them, in micro-degrees and before they are coarsened, with
integers alone: so coarsening carries nobody over a front line, and a plan tells no more than who is not linked. What
only touches a line is parted by it. Lines do not run over the 180th meridian.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from majlis.census.ground import MICRO, coarsen
from majlis.census.places import Place

MOST_POINTS = 100_000
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,30})?", re.ASCII)
_CELL = 100_000  # Micro-degrees: a tenth of a degree.
_MOST_CELLS = 400

Point = tuple[int, int]
"""Micro-degrees east and north."""
Segment = tuple[Point, Point]


def parse_line(text: str) -> tuple[Segment, ...]:
    """The segments of one line. Raises: ValueError, which says what is wrong."""
    points: list[Point] = []
    for number, each in enumerate(text.split(";"), start=1):
        parts = each.split()
        if len(parts) != 2 or not all(map(_DEGREES.fullmatch, parts)):
            raise ValueError(f"point {number}: expected longitude and latitude in degrees, such as 36.10 35.20")
        lon, lat = (int((Decimal(part) * 1_000_000).to_integral_value(ROUND_HALF_EVEN)) for part in parts)
        if abs(lon) > 180_000_000 or abs(lat) > 90_000_000:
            raise ValueError(f"point {number}: out of range; longitude comes first, then latitude")
        points.append((lon, lat))
    segments = tuple((a, b) for a, b in pairwise(points) if a != b)
    if not segments:
        raise ValueError("a line has two points or more")
    return segments


class Fence:
    """All lines, by squares of a tenth of a degree, so that a question looks only at what lies near."""

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self.segments = tuple(segments)
        self._cells: dict[Point, list[Segment]] = defaultdict(list)
        self._long: list[Segment] = []
        for segment in self.segments:
            cells = _cells(*segment)
            if cells is None:
                self._long.append(segment)
            else:
                for cell in cells:
                    self._cells[cell].append(segment)

    def __bool__(self) -> bool:
        return bool(self.segments)

    def parts(self, a: Place, b: Place) -> bool:
        """Whether a line runs between two places; not where the position of one is not known."""
        if not self.segments or a.lat is None or a.lon is None or b.lat is None or b.lon is None:
            return False
        one, other = (a.lon, a.lat), (b.lon, b.lat)
        return any(_meet(one, other, *segment) for segment in self._near(one, other))

    def is_close(self, place: Place) -> bool:
        """Whether a line runs through the square of a hundredth of a degree that coarsens to the place's position."""
        if not self.segments or place.lat is None or place.lon is None:
            return False
        spot = coarsen(lat=place.lat, lon=place.lon)
        x, y, half = spot.lon * MICRO, spot.lat * MICRO, MICRO // 2
        west, east, south, north = x - half, x + half, y - half, y + half
        rising, falling = ((west, south), (east, north)), ((west, north), (east, south))
        return any(
            _meet(*rising, *segment)
            or _meet(*falling, *segment)
            or any(west <= px <= east and south <= py <= north for px, py in segment)
            for segment in self._near((west, south), (east, north))
        )

    def _near(self, a: Point, b: Point) -> Iterator[Segment]:
        cells = _cells(a, b)
        if cells is None:
            yield from self.segments
            return
        yield from self._long
        for cell in cells:
            yield from self._cells.get(cell, ())


def _cells(a: Point, b: Point) -> list[Point] | None:
    """The squares of the box around two points; None where they are too many to be named."""
    west, east = sorted((a[0] // _CELL, b[0] // _CELL))
    south, north = sorted((a[1] // _CELL, b[1] // _CELL))
    if (east - west + 1) * (north - south + 1) > _MOST_CELLS:
        return None
    return [(x, y) for x in range(west, east + 1) for y in range(south, north + 1)]


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the straight lines from a to b and from c to d have a point in common."""
    one, two = _turn(c, d, a), _turn(c, d, b)
    three, four = _turn(a, b, c), _turn(a, b, d)
    if one == two == three == four == 0:
        return all(max(min(a[k], b[k]), min(c[k], d[k])) <= min(max(a[k], b[k]), max(c[k], d[k])) for k in range(2))
    return one * two <= 0 and three * four <= 0


def _turn(a: Point, b: Point, c: Point) -> int:
    """1 where c lies to the left of the way from a to b, -1 to the right, 0 straight on."""
    turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (turn > 0) - (turn < 0)
