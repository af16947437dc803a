"""From places to a plan: who stands alone, who is pooled, who joins whom; on real countries and on made ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from majlis.census import (
    ROUNDINGS,
    Place,
    Places,
    Plan,
    Rounding,
    check_plan,
    draw_plan,
    format_plan,
    is_pooled,
    prove_bound,
)
from majlis.errors import Malformed, Refused

Made = Callable[..., Places]
FAR = 300  # Hundredths of a degree: some 300 km.


def pooled(plan: Plan, places: Places) -> int:
    known = {p.id: p for p in places.rows if p.population}
    return sum(is_pooled(d, plan, known) for d in plan.districts if d.ward in {None, 1})


def homes(plan: Plan) -> dict[str, str]:
    return {place: d.whole for d in plan.districts for place in d.places}


@pytest.mark.parametrize(("country", "optimum"), [("sy", 11), ("lb", 7)])
def test_the_proven_optimum_is_reached(gazetteer: Callable[[str], Places], country: str, optimum: int) -> None:
    places = gazetteer(country)
    plan = draw_plan(places)
    check_plan(plan, places)
    assert pooled(plan, places) == plan.bound == optimum


@pytest.mark.parametrize(("country", "least", "most"), [("jo", 23, 27), ("ps", 103, 108)])
def test_larger_countries_come_near_the_bound(
    gazetteer: Callable[[str], Places], country: str, least: int, most: int
) -> None:
    places = gazetteer(country)
    plan = draw_plan(places)
    check_plan(plan, places)
    assert least <= pooled(plan, places) <= plan.bound <= most
    assert prove_bound(plan, places) <= plan.bound
    with pytest.raises(Refused, match="what can be proven is"):
        prove_bound(replace(plan, bound=least), places)


def test_the_example_across_groups_reaches_the_optimum_for_any_seed(syria: Places) -> None:
    for seed in ("majlis", "a", "b", "c"):
        plan = draw_plan(syria, across_groups=True, seed=seed)
        check_plan(plan, syria)
        assert pooled(plan, syria) == plan.bound == 11 and not plan.grouped
        assert not any(d.crossing for d in plan.districts)


def test_the_example_gives_each_governorate_its_own_districts(syria: Places) -> None:
    plan = draw_plan(syria)
    check_plan(plan, syria)
    group = {p.id: p.group for p in syria.rows}
    assert all({group[p] for p in d.places} == {d.group} for d in plan.districts)
    assert len({d.group for d in plan.districts}) == 14 and not any(d.crossing for d in plan.districts)
    assert plan.inhabitants == 11_174_561 and len(plan.unknown) == 181
    idlib = [d for d in plan.districts if d.group == "Idlib"]
    assert (len(idlib), sum(d.seats for d in idlib)) == (11, 44)
    assert [(d.id, d.seats, d.inhabitants) for d in idlib if d.ward] == [("idlib-1", 7, 69_375), ("idlib-2", 6, 59_465)]
    saraqib = next(d for d in idlib if d.id == "saraqib")
    assert saraqib.attached == ("169358", "174191") and saraqib.seats == 4


@pytest.mark.parametrize(
    ("group", "towns"),
    [
        ("Al-Hasakah", {"Al Ḩasakah", "Al Qāmishlī"}),
        ("Latakia", {"Latakia", "Jablah"}),
        ("Quneitra", {"Al Qunayţirah"}),
        ("Raqqa", {"Ar Raqqah", "Al-Tabqa"}),
        ("As-Suwayda", {"As-Suwayda", "Shahbā"}),
        ("Daraa", {"Dar‘ā", "Nawá"}),
        ("Deir ez-Zor", {"Deir ez-Zor", "Al Mayādīn"}),
        ("Rif Dimashq", {"Dūmā", "Jaramānā"}),
        ("Aleppo", {"Aleppo", "Al Bāb"}),
        ("Hama", {"Ḩamāh", "As Salamīyah"}),
        ("Homs", {"Homs", "Ar Rastan"}),
        ("Idlib", {"Idlib", "Saraqib"}),
        ("Damascus", {"Damascus", "al-Yarmūk"}),
        ("Tartus", {"Ţarţūs", "Bāniyās"}),
    ],
)
def test_the_examples_governorates_hold_their_towns(syria: Places, group: str, towns: set[str]) -> None:
    assert towns <= {p.name for p in syria.rows if p.group == group}


def test_the_same_rows_in_any_order_give_the_same_bytes(syria: Places) -> None:
    backwards = Places(rows=tuple(reversed(syria.rows)), grouped=True)
    assert format_plan(draw_plan(syria)) == format_plan(draw_plan(backwards))


def test_positions_finer_than_a_hundredth_change_nothing(syria: Places) -> None:
    """R-PLAN-4"""
    coarse = tuple(
        Place(
            id=p.id,
            name=p.name,
            population=p.population,
            group=p.group,
            lat=(p.lat + 5000) // 10_000 * 10_000,
            lon=(p.lon + 5000) // 10_000 * 10_000,
        )
        for p in syria.rows
    )
    assert format_plan(draw_plan(syria)) == format_plan(draw_plan(Places(rows=coarse, grouped=True)))


def test_a_lone_small_place_joins_the_nearest_of_its_group_not_a_nearer_stranger(places_of: Made) -> None:
    """R-PLAN-7"""
    places = places_of(
        ("town", 20_000, 3500, 3600, "a"), ("hamlet", 900, 3500, 3650, "a"), ("city", 50_000, 3500, 3651, "b")
    )
    plan = draw_plan(places)
    check_plan(plan, places)
    assert homes(plan) == {"town": "town", "hamlet": "town", "city": "city"}
    town = next(d for d in plan.districts if d.id == "town")
    assert (town.attached, town.links, town.inhabitants, town.crossing) == (
        ("hamlet",),
        (("hamlet", "town"),),
        20_900,
        False,
    )


def test_hamlets_join_one_after_another_over_each_other(places_of: Made) -> None:
    places = places_of(
        ("town", 20_000, 3500, 3600), ("near", 900, 3500, 3610), ("next", 800, 3500, 3620), ("city", 30_000, 3500, 3635)
    )
    plan = draw_plan(places)
    assert homes(plan) == {"town": "town", "near": "town", "next": "town", "city": "city"}
    assert plan.districts[1].links == (("near", "next"), ("near", "town"))


def test_a_group_without_a_district_crosses_and_says_so(places_of: Made) -> None:
    """R-PLAN-7"""
    places = places_of(("town", 20_000, 3500, 3600, "a"), ("camp", 900, 3510, 3600, "b"))
    plan = draw_plan(places)
    check_plan(plan, places)
    (only,) = plan.districts
    assert (only.crossing, only.group, only.attached) == (True, "a", ("camp",))


def test_groups_without_a_district_are_pooled_with_each_other_first(places_of: Made) -> None:
    places = places_of(
        ("town", 20_000, 3500, 3600, "a"),
        ("camp1", 6000, 3510, 3600, "b"),
        ("camp2", 6000, 3511, 3600, "c"),
        ("camp3", 6000, 3512, 3600, "d"),
    )
    plan = draw_plan(places)
    check_plan(plan, places)
    assert homes(plan) == {"town": "town", "camp1": "camp1", "camp2": "camp1", "camp3": "camp1"}
    assert [(d.id, d.crossing, d.group) for d in plan.districts] == [("camp1", True, "b"), ("town", False, "a")]
    assert plan.bound == 1


def test_everybody_below_the_quota_shares_one_district(places_of: Made) -> None:
    places = places_of(("a", 3000, 3500, 3600, "x"), ("b", 2000, 3500 + FAR, 3600, "y"), ("c", 0, 3500, 3600, "x"))
    plan = draw_plan(places)
    check_plan(plan, places)
    (only,) = plan.districts
    assert (only.places, only.seats, only.inhabitants, only.attached, only.crossing) == (("a", "b"), 1, 5000, (), True)
    assert plan.unknown == ("c",) and plan.bound == 0


def test_parts_that_are_all_too_small_are_joined_by_their_closest_pairs(places_of: Made) -> None:
    rows = [(f"{side}{n}", 1500, 3500 + n, 3600 + far) for side, far in (("w", 0), ("e", FAR)) for n in range(7)]
    places = places_of(*((i, people if i < "f" else 1400, lat, lon) for i, people, lat, lon in rows))
    plan = draw_plan(places, quota=10_600)
    check_plan(plan, places)
    (only,) = plan.districts
    assert only.inhabitants == 20_300 and only.seats == 2
    assert pooled(plan, places) == plan.bound == 1


def test_nobody_known_makes_an_empty_plan(places_of: Made) -> None:
    places = places_of(("a", 0, 3500, 3600))
    plan = draw_plan(places)
    check_plan(plan, places)
    assert (plan.districts, plan.unknown, plan.bound, plan.measures.mal) == ((), ("a",), 0, None)


def test_a_large_place_is_divided_and_provisional(places_of: Made) -> None:
    """R-PLAN-8"""
    places = places_of(("city", 160_000, 3500, 3600), ("town", 70_000, 3520, 3600))
    plan = draw_plan(places)
    check_plan(plan, places)
    assert [(d.id, d.ward, d.of, d.seats, d.provisional) for d in plan.districts] == [
        ("city-1", 1, 3, 6, True),
        ("city-2", 2, 3, 5, True),
        ("city-3", 3, 3, 5, True),
        ("town", None, None, 7, False),
    ]
    assert plan.measures_without_provisional.within_10 == 1
    assert [d.ward for d in draw_plan(places, max_magnitude=20).districts] == [None, None]


@pytest.mark.parametrize(
    "settings_", [{"quota": 0}, {"quota": 2**31 + 1}, {"max_magnitude": 0}, {"seed": "x" * 65}, {"rounding": "up"}]
)
def test_settings_out_of_range_are_refused(places_of: Made, settings_: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="R-PLAN-5"):
        draw_plan(places_of(("a", 1, 0, 0)), **settings_)  # type: ignore[arg-type]


@st.composite
def countries(draw: st.DrawFn) -> Places:
    groups = draw(st.sampled_from([("",), ("a",), ("a", "b"), ("a", "b", "c", "d", "e", "f")]))
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 150) | st.integers(0, 60),
                st.integers(3500, 3560),
                st.integers(3600, 3660),
                st.sampled_from(groups),
            ),
            max_size=40,
        )
    )
    made = (
        Place(id=f"p{n}", name=f"P{people % 7}", population=people, lat=lat * 10_000, lon=lon * 10_000, group=group)
        for n, (people, lat, lon, group) in enumerate(rows)
    )
    return Places(rows=tuple(made), grouped=groups != ("",))


@given(countries(), st.sampled_from(ROUNDINGS), st.integers(1, 9), st.booleans(), st.sampled_from([1, 50, 100, 10_000]))
def test_every_plan_passes_its_check(places: Places, rounding: Rounding, most: int, across: bool, quota: int) -> None:
    """R-PLAN-5 to R-PLAN-12: whatever the country, nobody known is without a delegate and the checker agrees."""
    plan = draw_plan(places, quota=quota, rounding=rounding, max_magnitude=most, across_groups=across)
    check_plan(plan, places)
    assert set(homes(plan)) == {p.id for p in places.rows if p.population}
    assert max((d.seats for d in plan.districts), default=0) <= most
