"""Coarse positions, whole metres between them, and who is near whom; the same integers on every machine.

Positions are coarsened to hundredths of a degree (about 1.1 km) before anything is measured (R-PLAN-4): the planner
never knows where a camp lies more closely than that, and a public plan holds no position at all.

A degree of latitude counts 110.57 km, a degree of longitude 111.32 km times the cosine of the two places' middle
latitude. The cosine is a Taylor sum in integers. Off the truth by less than 1 % between places of one country, which
is less than the coarsening.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from heapq import heappush, heapreplace
from math import isqrt
from typing import NamedTuple

MICRO = 10_000
"""Micro-degrees in one hundredth of a degree."""

_LAT_DM, _LON_DM = 11_057, 11_132  # Decimetres in a hundredth of a degree, on a meridian and on the equator.
_TURN = 36_000  # Hundredths of a degree all round.
_PI = 3_141_592_653_589_793_238  # Scaled by _ONE.
_ONE = 10**18
_SCALE = 10**9  # What cosine() calls one.

Links = tuple[tuple[tuple[int, int], ...], ...]
"""Per node its ``(neighbour, metres)``, by neighbour; symmetric."""


class Spot(NamedTuple):
    """A coarse position: hundredths of a degree north and east."""

    lat: int
    lon: int


def coarsen(*, lat: int, lon: int) -> Spot:
    """The nearest hundredth of a degree to a position in micro-degrees; an exact half goes north and east."""
    return Spot((lat + MICRO // 2) // MICRO, (lon + MICRO // 2) // MICRO)


@cache
def cosine(twice: int) -> int:
    """The cosine of ``twice / 2`` hundredths of a degree, times 10^9, to within two of the last digit."""
    x = abs(twice) * _PI // _TURN
    square = x * x // _ONE
    term, total, n = _ONE, 0, 0
    while term:
        total += term if n % 4 == 0 else -term
        n += 2
        term = term * square // (_ONE * (n - 1) * n)
    return max(total, 0) // (_ONE // _SCALE)


def decimetres_squared(a: Spot, b: Spot) -> int:
    """The square of the distance between ``a`` and ``b``, in square decimetres; the short way round the globe."""
    across = abs(a.lon - b.lon)
    across = min(across, _TURN - across)
    y = (a.lat - b.lat) * _LAT_DM
    x = across * _LON_DM * cosine(a.lat + b.lat) // _SCALE
    return x * x + y * y


def metres(a: Spot, b: Spot) -> int:
    """Whole metres between ``a`` and ``b``, rounded down."""
    return isqrt(decimetres_squared(a, b)) // 10


def flatten(spots: Sequence[Spot]) -> list[tuple[int, int]]:
    """Whole metres east and north of the first spot, for each, on a plane at their mean latitude."""
    lat, lon = spots[0]
    middle = cosine(2 * sum(s.lat for s in spots) // len(spots))
    half = _TURN // 2
    return [
        (((s.lon - lon + half) % _TURN - half) * _LON_DM * middle // (10 * _SCALE), (s.lat - lat) * _LAT_DM // 10)
        for s in spots
    ]


def nearest_links(spots: Sequence[Spot], count: int) -> Links:
    """Each spot linked with its ``count`` nearest, and with whoever counts it among theirs.

    Equal distances go to the smaller index. Looks ring by ring over the cells of a grid, until the next ring is farther
    than the worst kept: about linear in the number of spots.
    """
    linked: list[dict[int, int]] = [{} for _ in spots]
    if len(spots) > 1 and count:
        grid = _Grid(spots)
        for i, spot in enumerate(spots):
            best: list[tuple[int, int]] = []  # A heap of (-squared distance, -index): the worst kept is on top.
            for ring in range(grid.extent + 1):
                for j in grid.ring(i, ring):
                    mark = (-decimetres_squared(spot, spots[j]), -j)
                    if len(best) < count:
                        heappush(best, mark)
                    elif mark > best[0]:
                        heapreplace(best, mark)
                if len(best) == count and -best[0][0] < (ring * grid.step) ** 2:
                    break
            for square, j in best:
                linked[i][-j] = linked[-j][i] = isqrt(-square) // 10
    return tuple(tuple(sorted(near.items())) for near in linked)


class _Grid:
    """Spots by square cells, a few in each. ``extent``: the farthest ring there can be; ``step``: whoever is in ring
    r + 1 or beyond is at least r steps away, in decimetres."""

    def __init__(self, spots: Sequence[Spot]) -> None:
        south = min(spot.lat for spot in spots)
        half = _TURN // 2
        east = [(spot.lon - spots[0].lon + half) % _TURN for spot in spots]
        round_the_globe = max(east) - min(east) > half
        if round_the_globe:  # East and west do not tell near from far: rows alone do.
            east = [0] * len(spots)
        west = min(east)
        north = [spot.lat - south for spot in spots]
        side = max(*north, *(e - west for e in east), 0) + 1
        while True:
            self._home = [(n // side, (e - west) // side) for n, e in zip(north, east, strict=True)]
            self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
            for i, cell in enumerate(self._home):
                self._cells[cell].append(i)
            if side == 1 or 3 * len(self._cells) >= len(spots):
                break
            side //= 2
        self.extent = max(max(cell) for cell in self._cells)
        narrowest = cosine(2 * max(abs(spot.lat) for spot in spots)) - 4
        across = _LAT_DM if round_the_globe else max(_LON_DM * narrowest // _SCALE, 0)
        self.step = side * min(_LAT_DM, across)

    def ring(self, i: int, ring: int) -> Iterator[int]:
        """The spots, save ``i``, of the cells that are ``ring`` away from the cell of ``i``."""
        row, column = self._home[i]
        for r in range(row - ring, row + ring + 1):
            edge = abs(r - row) == ring
            for c in range(column - ring, column + ring + 1, 1 if edge else 2 * ring):
                for j in self._cells.get((r, c), ()):
                    if j != i:
                        yield j


def join_links(spots: Sequence[Spot], links: Links) -> Links:
    """``links`` and, where they leave parts apart, the closest pair between each part and those joined before it.

    Quadratic in the number of spots; for the rare case that no part can stand for itself.
    """
    linked = [dict(near) for near in links]
    first, *apart = components(links)
    joined = set(first)
    while apart:
        pairs = ((decimetres_squared(spots[i], spots[j]), i, j) for part in apart for i in part for j in joined)
        square, i, j = min(pairs)
        linked[i][j] = linked[j][i] = isqrt(square) // 10
        part = next(part for part in apart if i in part)
        joined.update(part)
        apart.remove(part)
    return tuple(tuple(sorted(near.items())) for near in linked)


def components(links: Links) -> list[list[int]]:
    """The connected parts, each sorted, in order of their smallest node."""
    seen: set[int] = set()
    parts = []
    for start in range(len(links)):
        if start in seen:
            continue
        part, stack = [], [start]
        seen.add(start)
        while stack:
            i = stack.pop()
            part.append(i)
            fresh = [j for j, _ in links[i] if j not in seen]
            seen.update(fresh)
            stack += fresh
        parts.append(sorted(part))
    return parts
