"""A plan challenged by another, and a plan amended for a new census."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from majlis.census import (
    Drawing,
    Place,
    Places,
    amend_plan,
    check_plan,
    compare_plans,
    draw_plan,
    figures,
    format_plan,
    moved_places,
)
from majlis.errors import Refused

Made = Callable[..., Places]


@pytest.fixture(scope="module")
def villages() -> Places:
    """A hundred and twenty small places on a plain."""
    rows = tuple(
        Place(
            id=f"v{n:03}",
            name=f"V{n}",
            population=1500 + n * n * 37 % 4000,
            lat=35_000_000 + n // 12 * 30_000,
            lon=36_000_000 + n % 12 * 30_000,
        )
        for n in range(120)
    )
    return Places(rows=rows, grouped=False)


def test_more_districts_are_better_then_equal_ones_then_compact_ones(villages: Places) -> None:
    """R-PLAN-18"""
    first = Drawing(villages)
    poor = first.plan()
    first.improve()
    rich = first.plan()
    verdict = compare_plans(poor, rich, villages)
    assert (verdict.better, verdict.by) == (1, "pooled") and verdict.second.pooled > verdict.first.pooled
    assert compare_plans(rich, poor, villages).better == -1
    assert compare_plans(rich, rich, villages).better == 0


def test_equal_numbers_are_told_apart_by_equality_and_then_by_distance(places_of: Made) -> None:
    rows = [("a", 5000, 3500, 3600), ("b", 5600, 3500, 3610), ("c", 5000, 3520, 3600), ("d", 5600, 3520, 3610)]
    places = places_of(*rows)
    plan = draw_plan(places)
    assert [d.places for d in plan.districts] == [("a", "b"), ("c", "d")]
    crossed = replace(
        plan,
        districts=tuple(
            replace(d, places=places_, links=(places_,), name=places_[1], id=places_[1])
            for d, places_ in zip(plan.districts, (("a", "d"), ("b", "c")), strict=True)
        ),
    )
    crossed = replace(crossed, districts=(crossed.districts[0], replace(crossed.districts[1], name="b", id="b")))
    check_plan(crossed, places)
    verdict = compare_plans(plan, crossed, places)
    assert (verdict.better, verdict.by) == (-1, "metres") and verdict.first.metres < verdict.second.metres
    assert moved_places(plan, crossed, places) == ("b", "c") or len(moved_places(plan, crossed, places)) == 2


def test_plans_to_different_rules_are_not_compared(villages: Places) -> None:
    """R-PLAN-18"""
    with pytest.raises(Refused, match="R-PLAN-18"):
        compare_plans(draw_plan(villages), draw_plan(villages, rounding="ceil"), villages)


def test_the_mean_distance_is_that_of_the_people(places_of: Made) -> None:
    places = places_of(("a", 5000, 0, 0), ("b", 5000, 0, 10))
    assert figures(draw_plan(places), places).metres == 5566
    assert figures(draw_plan(places_of(("a", 50_000, 0, 0))), places_of(("a", 50_000, 0, 0))).metres == 0


def test_the_same_census_moves_nobody(villages: Places) -> None:
    """R-PLAN-19"""
    old = draw_plan(villages)
    new = amend_plan(old, villages)
    check_plan(new, villages)
    assert [d.places for d in new.districts] == [d.places for d in old.districts]
    assert moved_places(old, new, villages) == () and new.amends is not None and new.effort == 0
    assert format_plan(amend_plan(old, villages)) == format_plan(new)


def test_a_district_that_fell_short_is_mended_by_its_neighbours(villages: Places) -> None:
    """R-PLAN-19: two villages lose half their people; a plan from scratch moves many, an amendment a few."""
    old = draw_plan(villages)
    rows = tuple(replace(p, population=p.population // 2) if p.id in {"v040", "v077"} else p for p in villages.rows)
    census = Places(rows=rows, grouped=False)
    new = amend_plan(old, census)
    check_plan(new, census)
    population = {p.id: p.population for p in rows}

    def people(moved: tuple[str, ...]) -> int:
        return sum(population[p] for p in moved)

    few = people(moved_places(old, new, census))
    many = people(moved_places(old, draw_plan(census, seed="anew"), census))
    assert few <= 60_000 < many


def test_a_new_place_and_one_that_is_gone_find_their_way(villages: Places) -> None:
    old = draw_plan(villages)
    arrived = Place(id="x", name="X", population=2500, lat=35_140_000, lon=36_140_000)
    census = Places(rows=(*villages.rows[1:], arrived), grouped=False)
    new = amend_plan(old, census)
    check_plan(new, census)
    assert "x" not in moved_places(old, new, census)
    assert "x" in {p for d in new.districts for p in d.places}


@given(
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 150), st.integers(0, 25)), max_size=25),
    st.booleans(),
)
def test_every_amendment_passes_its_check(rows: list[tuple[int, int, int]], grouped: bool) -> None:
    """R-PLAN-19"""

    def census(which: int) -> Places:
        return Places(
            rows=tuple(
                Place(
                    id=f"p{n:02}",
                    name=f"P{n}",
                    population=row[which],
                    lat=35_000_000 + 10_000 * row[2],
                    lon=36_000_000,
                    group="ab"[n % 2],
                )
                for n, row in enumerate(rows)
            ),
            grouped=grouped,
        )

    old = draw_plan(census(0), quota=100)
    new = amend_plan(old, census(1))
    check_plan(new, census(1))
    assert set(moved_places(old, new, census(1))) <= {p for d in old.districts for p in d.places}
