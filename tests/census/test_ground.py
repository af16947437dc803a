"""Coarse positions, distances and neighbours, against the obvious way to find them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census.ground import (
    Spot,
    coarsen,
    components,
    cosine,
    decimetres_squared,
    flatten,
    join_links,
    metres,
    nearest_links,
)

spots = st.builds(Spot, st.integers(-9000, 9000), st.integers(-18000, 18000))
near_spots = st.builds(Spot, st.integers(3500, 3520), st.integers(3600, 3620))


@pytest.mark.parametrize(
    ("micro", "coarse"),
    [
        (0, 0),
        (4_999, 0),
        (5_000, 1),
        (-5_000, 0),
        (-5_001, -1),
        (35_934_999, 3593),
        (35_935_000, 3594),
        (90_000_000, 9000),
    ],
)
def test_positions_are_coarse_before_they_are_used(micro: int, coarse: int) -> None:
    """R-PLAN-4"""
    assert coarsen(lat=micro, lon=micro) == Spot(coarse, coarse)


def test_the_whole_cosine_is_the_cosine() -> None:
    for twice in range(-18000, 18001, 7):
        assert abs(cosine(twice) - math.cos(math.radians(twice / 200)) * 10**9) < 2


def test_known_distances() -> None:
    idlib, aleppo, damascus = Spot(3593, 3663), Spot(3620, 3716), Spot(3351, 3629)
    assert metres(idlib, aleppo) == pytest.approx(56_400, rel=0.02)
    assert metres(aleppo, damascus) == pytest.approx(310_000, rel=0.02)
    assert metres(idlib, idlib) == 0


def test_the_short_way_is_taken_across_the_date_line() -> None:
    assert metres(Spot(0, 17_990), Spot(0, -17_990)) == 20 * 11_132 // 10


@given(spots, spots)
def test_distance_is_the_same_both_ways(a: Spot, b: Spot) -> None:
    assert decimetres_squared(a, b) == decimetres_squared(b, a) >= 0


@given(st.lists(near_spots, min_size=2, max_size=8))
def test_the_plane_agrees_with_the_globe_nearby(places: list[Spot]) -> None:
    plane = flatten(places)
    assert plane[0] == (0, 0)
    for spot, (x, y) in zip(places, plane, strict=True):
        assert math.hypot(x, y) == pytest.approx(metres(places[0], spot), rel=0.01, abs=3)


@given(st.lists(near_spots | spots, min_size=1, max_size=25), st.integers(1, 6))
def test_the_sweep_finds_the_neighbours_that_looking_at_all_finds(places: list[Spot], count: int) -> None:
    pairs = set()
    for i, a in enumerate(places):
        others = sorted((decimetres_squared(a, b), j) for j, b in enumerate(places) if j != i)
        pairs |= {(min(i, j), max(i, j)) for _, j in others[:count]}
    links = nearest_links(places, count)
    assert {(i, j) for i, near in enumerate(links) for j, _ in near if i < j} == pairs
    for i, near in enumerate(links):
        assert list(near) == sorted(near)
        assert all((i, far) in links[j] and far == metres(places[i], places[j]) for j, far in near)


def test_components_are_sorted_and_whole() -> None:
    links = (((2, 1),), (), ((0, 1), (4, 1)), (), ((2, 1),))
    assert components(links) == [[0, 2, 4], [1], [3]]


@given(st.lists(near_spots, min_size=1, max_size=20))
def test_joined_links_reach_everybody_and_lose_none(places: list[Spot]) -> None:
    links = nearest_links(places, 1)
    joined = join_links(places, links)
    assert len(components(joined)) == 1
    assert all(set(old) <= set(new) for old, new in zip(links, joined, strict=True))
    added = sum(map(len, joined)) - sum(map(len, links))
    assert added == 2 * (len(components(links)) - 1)


@given(st.lists(st.builds(Spot, st.integers(-9000, 9000), st.integers(-18000, 18000)), max_size=40), st.integers(1, 7))
def test_the_nearest_are_those_that_a_plain_search_finds(spots: list[Spot], count: int) -> None:
    """R-PLAN-6: over the poles and the date line too; equal distances go to the smaller number."""
    linked: list[dict[int, int]] = [{} for _ in spots]
    for i, spot in enumerate(spots):
        order = sorted((decimetres_squared(spot, other), j) for j, other in enumerate(spots) if j != i)
        for _, j in order[:count]:
            linked[i][j] = linked[j][i] = metres(spot, spots[j])
    assert nearest_links(spots, count) == tuple(tuple(sorted(near.items())) for near in linked)
