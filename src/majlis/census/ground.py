"""Coarse positions, whole metres between them, and who is near whom; the same integers on every machine.

Positions are coarsened to hundredths of a degree (about 1.1 km) before anything is measured (R-PLAN-4): the planner
never knows where a camp lies more closely than that, and a public plan holds no position at all.

A degree of latitude counts 110.57 km, a degree of longitude 111.32 km times the cosine of the two places' middle
latitude. The cosine is a Taylor sum in integers. Off the truth by less than 1 % between places of one country, which
is less than the coarsening.
"""

from __future__ import annotations

from collections.abc import Sequence
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

    Equal distances go to the smaller index. Sweeps north and south from each spot and stops where latitude alone is
    farther than the worst kept: about n^1.5 for places spread evenly.
    """
    order = sorted(range(len(spots)), key=lambda i: (spots[i].lat, i))
    linked: list[dict[int, int]] = [{} for _ in spots]
    for at, i in enumerate(order):
        best: list[tuple[int, int]] = []  # A heap of (-squared distance, -index): the worst kept is on top.
        south, north = at - 1, at + 1
        while south >= 0 or north < len(order):
            down = spots[i].lat - spots[order[south]].lat if south >= 0 else _TURN
            up = spots[order[north]].lat - spots[i].lat if north < len(order) else _TURN
            if len(best) == count and (min(down, up) * _LAT_DM) ** 2 > -best[0][0]:
                break
            if down <= up:
                j, south = order[south], south - 1
            else:
                j, north = order[north], north + 1
            mark = (-decimetres_squared(spots[i], spots[j]), -j)
            if len(best) < count:
                heappush(best, mark)
            elif mark > best[0]:
                heapreplace(best, mark)
        for square, j in best:
            linked[i][-j] = linked[-j][i] = isqrt(-square) // 10
    return tuple(tuple(sorted(near.items())) for near in linked)


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
