"""Lines that nobody crosses (R-PLAN-21): read, tested against an obvious twin, kept by planner and checker."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from majlis.census import Place, check_plan, draw_plan, parse_places, parse_ways
from majlis.census.fence import Fence, Point, _meet, parse_line
from majlis.errors import Malformed, Refused

GRID = [(x, y) for x in range(3) for y in range(3)]


def at(lon: int, lat: int, **more: str) -> Place:
    return Place(id=f"{lon},{lat}", name="x", population=1, lat=lat, lon=lon, **more)


def twin(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Both ways as a + t (b - a), by exact fractions: solved where they are not parallel, else end by end."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = a, b, c, d
    det = (bx - ax) * (cy - dy) - (by - ay) * (cx - dx)
    if det:
        t = Fraction((cx - ax) * (cy - dy) - (cy - ay) * (cx - dx), det)
        s = Fraction((bx - ax) * (cy - ay) - (by - ay) * (cx - ax), det)
        return 0 <= t <= 1 and 0 <= s <= 1
    return any(_on(p, *line) for p, line in ((a, (c, d)), (b, (c, d)), (c, (a, b)), (d, (a, b))))


def _on(p: Point, a: Point, b: Point) -> bool:
    cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return cross == 0 and all(min(a[k], b[k]) <= p[k] <= max(a[k], b[k]) for k in range(2))


def test_every_pair_of_ways_on_a_small_grid_meets_as_the_twin_says() -> None:
    for a, b, c, d in product(GRID, repeat=4):
        assert _meet(a, b, c, d) == twin(a, b, c, d), (a, b, c, d)


degrees = st.tuples(st.integers(-180_000_000, 180_000_000), st.integers(-90_000_000, 90_000_000))
near = st.tuples(st.integers(-400_000, 400_000), st.integers(-400_000, 400_000))


@given(st.lists(st.tuples(near | degrees, near | degrees), min_size=1, max_size=6), near | degrees, near | degrees)
def test_no_square_hides_a_line(segments: list[tuple[Point, Point]], a: Point, b: Point) -> None:
    fence = Fence(segments)
    assert fence.parts(at(*a), at(*b)) == any(twin(a, b, *segment) for segment in segments)


@given(near, near, near)
def test_a_place_is_close_where_the_line_runs_through_its_square(a: Point, b: Point, p: Point) -> None:
    """Against the four sides of the square, and both ends inside."""
    x, y = (p[0] + 5000) // 10_000 * 10_000, (p[1] + 5000) // 10_000 * 10_000
    corners = [(x - 5000, y - 5000), (x + 5000, y - 5000), (x + 5000, y + 5000), (x - 5000, y + 5000)]
    crossed = any(twin(a, b, corners[n], corners[n - 1]) for n in range(4))
    inside = abs(a[0] - x) <= 5000 and abs(a[1] - y) <= 5000
    assert Fence([(a, b)]).is_close(at(*p)) == (crossed or inside)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "point 1: expected longitude and latitude"),
        ("36.1 35.2", "two points or more"),
        ("36.1 35.2; 36.1 35.2", "two points or more"),
        ("36.1,35.2; 36.2,35.3", "point 1: expected"),
        ("36.1 35.2; 36.2", "point 2: expected"),
        ("36.1 35.2; 36.2 95.1", "point 2: out of range"),
        ("36.1 35.2; 1e3 5", "point 2: expected"),
    ],
)
def test_a_line_says_what_is_wrong_with_it(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_line(text)


def test_a_row_with_a_line_holds_nothing_else() -> None:
    table = b'from,to,state,line\na,b,open,\na,,,0 0; 1 1\n,,,0 0\n,,closed,0 0; 1 1\n,,,"0 0; 2 2"\n'
    with pytest.raises(Malformed) as raised:
        parse_ways(table, "ab")
    said = str(raised.value)
    assert all(
        word in said for word in ("line 3: a row with a line", "line 4: column line: a line has", "line 5: a row")
    )
    assert "line 6" not in said


PLACES = b"""id,name,population,lat,lon
a,Aqra,6000,35.004,37.000
b,Biza,6000,35.006,37.010
c,Cara,6000,35.020,37.000
d,Dura,6000,34.990,37.010
"""


def test_nobody_is_pooled_over_a_line_however_near() -> None:
    """Aqra and Biza lie 1 km apart, both in the hundredth of 35.00 or 35.01; the line runs between them."""
    places = parse_places(PLACES)
    free = {place: d.id for d in draw_plan(places).districts for place in d.places}
    assert len(set(free.values())) == 2
    ways = parse_ways(b"from,to,line\n,,36.9 35.005; 37.1 35.005\n", "abcd")
    plan = draw_plan(places, ways=ways)
    check_plan(plan, places, ways)
    assert [d.places for d in plan.districts] == [("a", "d"), ("b", "c")]
    assert ways.fence.is_close(places.rows[0])
    assert not ways.fence.is_close(places.rows[2])


def test_a_stated_way_leads_through_a_line() -> None:
    places = parse_places(PLACES)
    ways = parse_ways(b"from,to,line\na,b,\n,,36.9 35.005; 37.1 35.005\n", "abcd")
    plan = draw_plan(places, ways=ways)
    check_plan(plan, places, ways)
    linked = {link for d in plan.districts for link in d.links}
    assert linked <= {("a", "b"), ("a", "d"), ("b", "c")}


def test_a_plan_with_a_link_over_a_line_is_refused() -> None:
    places = parse_places(PLACES)
    ways = parse_ways(b"from,to,line\n,,37.005 34.9; 37.005 35.1\n", "abcd")
    cut = parse_ways(b"from,to\na,b\nc,d\n", "abcd")
    plan = draw_plan(places, ways=cut)
    assert any(link[0] in "ac" and link[1] in "bd" for d in plan.districts for link in d.links)
    with pytest.raises(Refused, match="nobody can go from") as raised:
        check_plan(replace(plan, ways=ways.sha256), places, ways)
    assert raised.value.rule == "R-PLAN-14"


def test_along_a_line_the_nearest_on_this_side_are_found() -> None:
    """Thirty places in two rows, 1 km apart; a line between the rows leaves each row connected."""
    rows = [f"n{n:02},x{n},1000,35.010,{37 + n / 100:.3f}" for n in range(15)]
    rows += [f"s{n:02},y{n},1000,35.000,{37 + n / 100:.3f}" for n in range(15)]
    places = parse_places("\n".join(["id,name,population,lat,lon", *rows]).encode())
    ways = parse_ways(b"from,to,line\n,,36.9 35.005; 37.3 35.005\n", [place.id for place in places.rows])
    plan = draw_plan(places, ways=ways)
    check_plan(plan, places, ways)
    assert all(len({place[0] for place in d.places}) == 1 for d in plan.districts)
    assert [len(d.places) for d in plan.districts] == [15, 15]
