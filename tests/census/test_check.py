"""The checker of plans: for every check, a plan that breaks exactly there."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from majlis.census import Places, Plan, check_plan, draw_plan
from majlis.census.draw import measures_of
from majlis.errors import Refused

Made = Callable[..., Places]


@pytest.fixture
def places(places_of: Made) -> Places:
    """A city of three wards with a hamlet of another group, a town, four villages in two districts; one unknown."""
    return places_of(
        ("city", 155_000, 3500, 3600, "a"),
        ("hamlet", 5_000, 3501, 3600, "b"),
        ("town", 12_000, 3500, 3700, "c"),
        ("v1", 6_000, 3510, 3701, "c"),
        ("v2", 6_500, 3511, 3701, "c"),
        ("v3", 7_000, 3500, 3850, "c"),
        ("v4", 7_500, 3501, 3850, "c"),
        ("lost", 0, 3600, 3600, "a"),
    )


@pytest.fixture
def plan(places: Places) -> Plan:
    plan = draw_plan(places)
    check_plan(plan, places)
    assert [d.id for d in plan.districts] == ["city-1", "city-2", "city-3", "town", "v2", "v4"]
    return plan


def changed(plan: Plan, *indices: int, **fields: Any) -> Plan:
    """``plan`` with these fields of these districts replaced, and its figures made to fit."""
    districts = tuple(replace(d, **fields) if n in indices else d for n, d in enumerate(plan.districts))
    return refigured(replace(plan, districts=districts))


def refigured(plan: Plan) -> Plan:
    return replace(
        plan,
        measures=measures_of(plan.districts),
        measures_without_provisional=measures_of(d for d in plan.districts if not d.provisional),
    )


def refused(plan: Plan, places: Places, rule: str) -> str:
    with pytest.raises(Refused) as caught:
        check_plan(plan, places)
    assert caught.value.rule == rule, str(caught.value)
    return str(caught.value)


CITY, TOWN, POOLED, OTHER = (0, 1, 2), 3, 4, 5


def test_districts_out_of_order_or_twice(plan: Plan, places: Places) -> None:
    """R-PLAN-12"""
    backwards = replace(plan, districts=plan.districts[::-1])
    assert "order" in refused(refigured(backwards), places, "R-PLAN-12")
    twice = replace(plan, districts=(*plan.districts[:4], plan.districts[3], *plan.districts[4:]))
    assert "order" in refused(refigured(twice), places, "R-PLAN-12")


def test_one_id_for_two_districts(plan: Plan, places: Places) -> None:
    """R-PLAN-11"""
    assert "district town" in refused(changed(plan, OTHER, id="town"), places, "R-PLAN-11")


def test_a_district_of_nobody(plan: Plan, places: Places) -> None:
    """R-PLAN-6"""
    empty = replace(plan.districts[TOWN], id="nobody", places=(), name="", group="")
    assert "no place" in refused(replace(plan, districts=(empty, *plan.districts)), places, "R-PLAN-6")


def test_a_place_the_census_does_not_know(plan: Plan, places: Places) -> None:
    assert "no known population" in refused(changed(plan, TOWN, places=("town", "v0")), places, "R-PLAN-6")
    assert "no known population" in refused(changed(plan, TOWN, places=("lost", "town")), places, "R-PLAN-6")


def test_a_place_in_two_districts(plan: Plan, places: Places) -> None:
    assert "in district v2 already" in refused(changed(plan, OTHER, places=("v2", "v3", "v4")), places, "R-PLAN-6")


def test_a_place_left_out(plan: Plan, places: Places) -> None:
    assert "place town (town) is in no district" in refused(
        refigured(replace(plan, districts=(*plan.districts[:3], *plan.districts[4:]))), places, "R-PLAN-6"
    )


@pytest.mark.parametrize("unknown", [(), ("lost", "town"), ("lost", "lost")])
def test_the_unknown_are_listed_as_they_are(plan: Plan, places: Places, unknown: tuple[str, ...]) -> None:
    """R-PLAN-2"""
    refused(replace(plan, unknown=unknown), places, "R-PLAN-2")


@pytest.mark.parametrize(
    "fields",
    [{"links": (("v2", "v1"),)}, {"links": (("v1", "v2"), ("v1", "v2"))}, {"places": ("v2", "v1")}],
)
def test_lists_unsorted_or_with_one_twice(plan: Plan, places: Places, fields: dict[str, Any]) -> None:
    """R-PLAN-12"""
    assert "not sorted" in refused(changed(plan, POOLED, **fields), places, "R-PLAN-12")


def test_attached_twice(plan: Plan, places: Places) -> None:
    assert "not sorted" in refused(changed(plan, *CITY, attached=("hamlet", "hamlet")), places, "R-PLAN-12")


def test_a_link_out_of_the_district(plan: Plan, places: Places) -> None:
    links = (("town", "v1"), ("v1", "v2"))
    assert "leads out" in refused(changed(plan, POOLED, links=links), places, "R-PLAN-6")
    assert "leads out" in refused(changed(plan, POOLED, attached=("town",)), places, "R-PLAN-6")


@pytest.mark.parametrize("fields", [{"links": ()}, {"attached": ()}, {"crossing": False}])
def test_wards_that_disagree(plan: Plan, places: Places, fields: dict[str, Any]) -> None:
    """R-PLAN-8"""
    assert "differ in what they share" in refused(changed(plan, 1, **fields), places, "R-PLAN-8")


def test_everybody_attached_to_nobody(plan: Plan, places: Places) -> None:
    """R-PLAN-7"""
    refused(changed(plan, POOLED, attached=("v1", "v2")), places, "R-PLAN-7")


@pytest.mark.parametrize("fields", [{"name": "Capital"}, {"group": "a"}])
def test_a_district_under_a_false_name_or_group(plan: Plan, places: Places, fields: dict[str, Any]) -> None:
    """R-PLAN-11"""
    refused(changed(plan, POOLED, **fields), places, "R-PLAN-11")


def test_a_district_in_pieces(plan: Plan, places: Places) -> None:
    """R-PLAN-6"""
    assert "cannot be reached" in refused(changed(plan, POOLED, links=()), places, "R-PLAN-6")


def test_a_place_of_the_quota_is_not_pooled(plan: Plan, places: Places) -> None:
    """R-PLAN-6"""
    links = (("town", "v1"), ("v1", "v2"))
    swallowed = replace(plan.districts[TOWN], places=("town", "v1", "v2"), links=links, inhabitants=24_500, seats=2)
    merged = refigured(replace(plan, districts=(*plan.districts[:3], swallowed, plan.districts[OTHER])))
    assert "so it stands alone" in refused(merged, places, "R-PLAN-6")
    as_attached = replace(swallowed, attached=("v1", "v2"))
    check_plan(refigured(replace(merged, districts=(*plan.districts[:3], as_attached, plan.districts[OTHER]))), places)


def test_two_places_of_the_quota_never_share(places_of: Made) -> None:
    places = places_of(("a", 12_000, 0, 0), ("b", 13_000, 0, 1))
    plan = draw_plan(places)
    one = replace(plan.districts[1], places=("a", "b"), links=(("a", "b"),), inhabitants=25_000, seats=3)
    assert "so it stands alone" in refused(refigured(replace(plan, districts=(one,))), places, "R-PLAN-6")
    attached = replace(one, attached=("a",))
    assert "so it stands alone" in refused(refigured(replace(plan, districts=(attached,))), places, "R-PLAN-6")


def test_a_district_below_the_quota(plan: Plan, places: Places) -> None:
    """R-PLAN-6"""
    v1 = replace(plan.districts[POOLED], id="v1", name="v1", places=("v1",), links=(), inhabitants=6000, seats=1)
    v2 = replace(plan.districts[POOLED], places=("v2",), links=(), inhabitants=6500, seats=1)
    small = refigured(replace(plan, districts=(*plan.districts[:4], v1, v2, plan.districts[OTHER])))
    assert "6000 inhabitants, below the quota" in refused(small, places, "R-PLAN-6")


def test_attached_places_do_not_lift_a_district_over_the_quota(plan: Plan, places: Places) -> None:
    assert "below the quota" in refused(changed(plan, POOLED, attached=("v1",)), places, "R-PLAN-6")


@pytest.mark.parametrize("seats", [2, 3])
def test_too_many_seats(plan: Plan, places: Places, seats: int) -> None:
    """R-PLAN-5"""
    assert f"{seats} seats for 12000 inhabitants, expected 1" in refused(
        changed(plan, TOWN, seats=seats), places, "R-PLAN-5"
    )


def test_a_false_rounding(plan: Plan, places: Places) -> None:
    refused(replace(plan, rounding="ceil"), places, "R-PLAN-5")


def test_seats_moved_between_wards(plan: Plan, places: Places) -> None:
    """R-PLAN-8"""
    assert "expected wards of 6, 5, 5 seats" in refused(
        changed(changed(plan, 1, seats=4), 2, seats=6), places, "R-PLAN-8"
    )


def test_wards_where_none_are_needed(plan: Plan, places: Places) -> None:
    assert "expected wards of 16 seats" in refused(replace(plan, max_magnitude=16), places, "R-PLAN-8")


@pytest.mark.parametrize("fields", [{"ward": 7}, {"of": 4}, {"provisional": False}, {"id": "city-9"}, {"id": "town-2"}])
def test_wards_misnumbered_or_called_final(plan: Plan, places: Places, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        check_plan(changed(plan, 1, **fields), places)
    assert caught.value.rule == ("R-PLAN-12" if fields.get("ward") == 7 else "R-PLAN-8")


def test_the_last_ward_misnumbered(plan: Plan, places: Places) -> None:
    refused(changed(plan, 2, ward=7), places, "R-PLAN-8")


@pytest.mark.parametrize("fields", [{"ward": 1}, {"of": 1}, {"provisional": True}])
def test_what_is_no_ward_called_one(plan: Plan, places: Places, fields: dict[str, Any]) -> None:
    refused(changed(plan, TOWN, **fields), places, "R-PLAN-8")


def test_inhabitants_that_are_not_the_censuss(plan: Plan, places: Places) -> None:
    assert "expected 12000 inhabitants" in refused(changed(plan, TOWN, inhabitants=12_001), places, "R-PLAN-8")


def test_inhabitants_moved_between_wards(plan: Plan, places: Places) -> None:
    people = plan.districts[0].inhabitants
    moved = changed(changed(plan, 0, inhabitants=people - 1), 1, inhabitants=plan.districts[1].inhabitants + 1)
    refused(moved, places, "R-PLAN-8")


def test_a_crossing_that_is_not_said(plan: Plan, places: Places) -> None:
    """R-PLAN-7"""
    assert "does not say so" in refused(changed(plan, *CITY, crossing=False), places, "R-PLAN-7")


def test_a_place_kept_out_of_its_own_groups_districts(plan: Plan, places: Places, places_of: Made) -> None:
    """R-PLAN-7"""
    at_home = tuple(replace(p, group="c") if p.id == "hamlet" else p for p in places.rows)
    assert "has a district of its own" in refused(plan, Places(rows=at_home, grouped=True), "R-PLAN-7")
    check_plan(replace(plan, grouped=False), Places(rows=at_home, grouped=True))


def test_a_place_of_a_group_whose_every_district_crosses(places_of: Made) -> None:
    """A large place is a district of its own group even where others have joined it."""
    places = places_of(("a", 12_000, 0, 0, "x"), ("b", 500, 0, 1, "y"), ("c", 15_000, 0, 9, "z"), ("d", 500, 0, 8, "x"))
    plan = draw_plan(places)
    homes = {d.id: d.places for d in plan.districts}
    assert homes == {"a": ("a", "b", "d"), "c": ("c",)}
    a, c = plan.districts
    a = replace(a, places=("a", "b"), attached=("b",), links=(("a", "b"),), inhabitants=12_500)
    c = replace(c, places=("c", "d"), attached=("d",), links=(("c", "d"),), inhabitants=15_500, crossing=True)
    assert "has a district of its own" in refused(refigured(replace(plan, districts=(a, c))), places, "R-PLAN-7")


@pytest.mark.parametrize("bound", [0, 1, 4])
def test_a_bound_that_cannot_be(plan: Plan, places: Places, bound: int) -> None:
    """R-PLAN-9"""
    assert plan.bound == 2
    refused(replace(plan, bound=bound), places, "R-PLAN-9")


@pytest.mark.parametrize("figure", ["mal", "gini", "max_min", "within_10", "within_15"])
@pytest.mark.parametrize("which", ["measures", "measures_without_provisional"])
def test_flattering_figures(plan: Plan, places: Places, which: str, figure: str) -> None:
    """R-PLAN-10"""
    better = replace(getattr(plan, which), **{figure: Fraction(1, 7)})
    refused(replace(plan, **{which: better}), places, "R-PLAN-10")


def test_a_plan_for_another_census(plan: Plan, places: Places) -> None:
    grown = tuple(replace(p, population=p.population + 1) if p.population else p for p in places.rows)
    with pytest.raises(Refused):
        check_plan(plan, Places(rows=grown, grouped=True))
