"""How far people are from the middle of their district, and how long on their way."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from majlis.census import Place, Places, Travel, draw_plan, figures, parse_places, parse_ways, travel

Made = Callable[..., Places]
ROW = (("a", 5000, 0, 0), ("b", 3000, 0, 10), ("c", 2000, 0, 20))


def test_the_distance_is_the_peoples(places_of: Made) -> None:
    """R-PLAN-20: the middle of 5, 3 and 2 at 0, 11,132 and 22,264 metres is at 7,792."""
    places = places_of(*ROW)
    found = travel(draw_plan(places), places)
    assert (found.metres, found.most_metres, found.farthest) == (7792, 14_472, "c")
    assert (found.minutes, found.most_minutes, found.slowest, found.timed) == (None, None, "", 0)
    assert figures(draw_plan(places), places).metres == found.metres


def test_the_time_is_that_of_the_shortest_way_that_states_one(places_of: Made) -> None:
    """R-PLAN-20: c goes over b, since the straight way is longer; 0 for a itself."""
    places = places_of(*ROW)
    ways = parse_ways(b"from,to,minutes\na,b,15\nb,c,20\na,c,50\n", "abc")
    found = travel(draw_plan(places, ways=ways), places, ways)
    assert found.minutes == Fraction(3000 * 15 + 2000 * 35, 10_000)
    assert (found.most_minutes, found.slowest, found.timed) == (35, "c", 10_000)


def test_whoever_has_no_timed_way_is_not_guessed(places_of: Made) -> None:
    """R-PLAN-20: c is linked, and nothing says how long it takes."""
    places = places_of(*ROW)
    ways = parse_ways(b"from,to,minutes\na,b,15\nb,c,\n", "abc")
    found = travel(draw_plan(places, ways=ways), places, ways)
    assert (found.minutes, found.most_minutes, found.timed) == (Fraction(45, 8), 15, 8000)
    none = parse_ways(b"from,to,minutes\nb,c,20\n", "abc")
    found = travel(draw_plan(places, ways=none), places, none)
    assert (found.minutes, found.timed) == (None, 0)


def test_a_district_in_wards_is_one_journey_and_a_place_alone_none(places_of: Made) -> None:
    places = places_of(("city", 155_000, 0, 0), ("edge", 2000, 0, 5))
    ways = parse_ways(b"from,to,minutes\ncity,edge,30\n", ("city", "edge"))
    plan = draw_plan(places, ways=ways)
    assert len(plan.districts) > 1
    found = travel(plan, places, ways)
    assert (found.minutes, found.timed) == (Fraction(2000 * 30, 157_000), 157_000)


def test_places_without_a_position_are_left_out() -> None:
    places = parse_places(b"name,group,population,lat,lon\nA,g,9000,,\nB,g,8000,,\n")
    assert travel(draw_plan(places), places) == Travel(
        metres=0, most_metres=0, farthest="", minutes=None, most_minutes=None, slowest="", timed=0
    )


@given(
    st.lists(st.tuples(st.integers(1, 150), st.integers(0, 30)), min_size=1, max_size=12),
    st.dictionaries(st.tuples(st.integers(0, 11), st.integers(0, 11)), st.integers(0, 60), max_size=20),
)
def test_minutes_are_those_of_the_obvious_twin(rows: list[tuple[int, int]], pairs: dict[tuple[int, int], int]) -> None:
    """R-PLAN-20: the shortest ways by Floyd and Warshall, over every district."""
    made = tuple(
        Place(id=f"p{n:02}", name=f"P{n}", population=people, lat=35_000_000 + 10_000 * far, lon=36_000_000)
        for n, (people, far) in enumerate(rows)
    )
    places = Places(rows=made, grouped=False)
    timed = {(f"p{a:02}", f"p{b:02}"): t for (a, b), t in pairs.items() if a < b < len(rows)}
    table = "from,to,minutes\n" + "".join(f"{a},{b},{t}\n" for (a, b), t in timed.items())
    ways = parse_ways(table.encode(), (p.id for p in made))
    plan = draw_plan(places, quota=300, ways=ways)
    population = {p.id: p.population for p in made}
    expected = {}
    for d in (d for d in plan.districts if d.ward in {None, 1}):
        time = {(p, p): 0 for p in d.places} | {pair: timed[pair] for pair in d.links if timed.get(pair)}
        time |= {(b, a): t for (a, b), t in time.items()}
        for k in d.places:
            for i in d.places:
                for j in d.places:
                    if (i, k) in time and (k, j) in time:
                        time[i, j] = min(time.get((i, j), 10**9), time[i, k] + time[k, j])
        head = next(
            p.id for p in sorted(made, key=lambda p: (-p.population, p.id)) if p.id in {*d.places} - {*d.attached}
        )
        mine = {p: time[p, head] for p in d.places if (p, head) in time}
        if len(mine) > 1:
            expected |= mine
    found = travel(plan, places, ways)
    assert found.timed == sum(population[p] for p in expected)
    assert found.most_minutes == max(expected.values(), default=None)
    if found.minutes is not None:
        assert found.minutes * found.timed == sum(population[p] * t for p, t in expected.items())
