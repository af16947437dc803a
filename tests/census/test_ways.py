"""Links and cuts that distance does not show: read, kept by the planner, and checked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from majlis.census import Place, Places, check_plan, draw_plan, format_plan, parse_places, parse_plan, parse_ways
from majlis.errors import Malformed, Missing, Refused

Made = Callable[..., Places]
TABLE = b"from,to,minutes,state\n# a crossing\nb,a,25,open\nc,d,,closed\n"


def homes(places: Places, **settings: object) -> dict[str, str]:
    plan = draw_plan(places, **settings)  # type: ignore[arg-type]
    check_plan(plan, places, settings.get("ways"))  # type: ignore[arg-type]
    return {place: d.whole for d in plan.districts for place in d.places}


def test_a_table_of_ways_is_read() -> None:
    """R-PLAN-14"""
    ways = parse_ways(TABLE, "abcd")
    assert ways.open == {("a", "b"): 25_000} and ways.closed == {("c", "d")}
    assert ways.bars("d", "c") and not ways.bars("a", "b") and not ways.bars("a", "c")
    only = parse_ways(TABLE, "abcd", only=True)
    assert only.bars("a", "c") and not only.bars("b", "a")
    assert parse_ways(b"from,to\r\na,b\r\n", "ab").open == {("a", "b"): 0}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "empty"),
        (b"from,minutes\na,1\n", "expected the columns"),
        (b"from,to,colour\na,b,red\n", "expected the columns"),
        (b"from,to\na\n", "line 2: 1 fields where the header has 2"),
        (b"from,to\na,x\n", "line 2: column to: no place of the census has the id 'x'"),
        (b"from,to\na,a\n", "line 2: a way from a place to itself"),
        (b"from,to\na,b\nb,a\n", "line 3: a and b stand on an earlier line"),
        (b"from,to,state\na,b,shut\n", "'shut' is neither open nor closed"),
        (b"from,to,minutes\na,b,-3\n", "'-3' is not a whole number"),
        (b"from,to\n\xff,b\n", "byte 8 is not UTF-8"),
    ],
)
def test_a_bad_table_is_refused_by_line(table: bytes, said: str) -> None:
    """R-PLAN-14"""
    with pytest.raises(Malformed, match="R-PLAN-14") as caught:
        parse_ways(table, "ab")
    assert said in str(caught.value)


def test_no_more_than_twenty_faults_are_listed() -> None:
    with pytest.raises(Malformed, match="and 5 more"):
        parse_ways(b"from,to\n" + b"a,a\n" * 25, "a")


@given(st.binary(max_size=60) | st.text("from,to\nabc;\"'", max_size=60).map(str.encode))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        parse_ways(data, "abc")
    except Malformed as wrong:
        assert wrong.rule == "R-PLAN-14"


def test_a_closed_crossing_parts_what_lies_close(places_of: Made) -> None:
    """R-PLAN-14: a and b are neighbours; closed, each goes the other way."""
    places = places_of(
        ("w", 7000, 3500, 3590), ("a", 4000, 3500, 3600), ("b", 4000, 3500, 3601), ("z", 7000, 3500, 3611)
    )
    cut = parse_ways(b"from,to,state\na,b,closed\nw,b,closed\na,z,closed\nw,z,closed\n", "wabz")
    assert homes(places, ways=cut) == {"w": "w", "a": "w", "b": "z", "z": "z"}


def test_a_link_joins_what_lies_apart(places_of: Made) -> None:
    """R-PLAN-14: twelve islands between them, a and z have the ferry and nobody else."""
    rows = [("a", 6000, 3500, 3600), ("z", 6000, 3500, 3900)]
    places = places_of(*rows, ("town", 20_000, 3700, 3700))
    ferry = parse_ways(b"from,to,minutes\na,z,90\n", "az")
    assert homes(places, ways=replace(ferry, only=True)) == {"a": "a", "z": "a", "town": "town"}


def test_nobody_is_linked_over_a_line_and_who_is_cut_off_says_so(places_of: Made) -> None:
    """R-PLAN-15: an enclave below the quota is a district of its own, as no way leads out."""
    places = places_of(("city", 30_000, 3500, 3600), ("near", 3000, 3501, 3600), ("inside", 2000, 3502, 3600))
    rows = tuple(replace(p, side="siege" if p.id == "inside" else "out") for p in places.rows)
    besieged = Places(rows=rows, grouped=False)
    plan = draw_plan(besieged)
    check_plan(plan, besieged)
    assert [(d.id, d.below, d.seats) for d in plan.districts] == [("city", False, 3), ("inside", True, 1)]
    open_now = Places(rows=places.rows, grouped=False)
    with pytest.raises(Refused, match="R-PLAN-15"):
        check_plan(plan, open_now)
    never = replace(plan, districts=(plan.districts[0], replace(plan.districts[1], below=False)))
    with pytest.raises(Refused, match="R-PLAN-6"):
        check_plan(never, besieged)
    over = replace(plan.districts[0], links=(("city", "inside"), ("city", "near")))
    over = replace(over, places=("city", "inside", "near"), attached=("inside", "near"))
    with pytest.raises(Refused, match="R-PLAN-14"):
        check_plan(replace(plan, districts=(over,)), besieged)


def test_a_plan_of_ways_is_checked_with_these_ways(places_of: Made) -> None:
    places = places_of(("a", 20_000, 3500, 3600), ("b", 4000, 3500, 3601))
    shut = parse_ways(b"from,to,state\na,b,closed\n", "ab")
    plan = draw_plan(places, ways=shut)
    check_plan(plan, places, shut)
    assert [d.below for d in plan.districts] == [False, True] and plan.ways == shut.sha256
    with pytest.raises(Missing, match=f"table of ways: give that of SHA-256 {shut.sha256}.*R-PLAN-14"):
        check_plan(plan, places)
    with pytest.raises(Refused, match="R-PLAN-9"):
        check_plan(replace(plan, bound=7), places)
    with pytest.raises(Refused, match="other ways"):
        check_plan(plan, places, replace(shut, only=True))
    with pytest.raises(Refused, match="other ways"):
        check_plan(plan, places, parse_ways(b"from,to\na,b\n", "ab"))


def test_a_plan_says_whether_its_table_holds_all_ways(places_of: Made) -> None:
    """R-PLAN-14: with all ways in the table, b has none; read as some of the ways, b might go to c."""
    places = places_of(("a", 20_000, 3500, 3600), ("b", 4000, 3500, 3601), ("c", 20_000, 3500, 3602))
    table = b"from,to\na,c\n"
    only, some = (parse_ways(table, "abc", only=flag) for flag in (True, False))
    plan = draw_plan(places, ways=only)
    check_plan(plan, places, only)
    assert parse_plan(format_plan(plan)) == plan and b'"only_ways":true' in format_plan(plan)
    assert b"only_ways" not in format_plan(draw_plan(places, ways=some))
    with pytest.raises(Refused, match="other ways"):
        check_plan(plan, places, some)
    with pytest.raises(Refused, match="R-PLAN-15"):
        check_plan(replace(plan, only_ways=UNSET), places, some)
    with pytest.raises(Malformed, match="R-PLAN-12"):
        parse_plan(format_plan(plan).replace(b'"only_ways":true', b'"only_ways":false'))


def test_what_must_stay_together_is_never_divided() -> None:
    """R-PLAN-13"""
    table = "id,name,together,population,lat,lon\n" + "".join(
        f"p{n:02},P{n},{'camp' if n % 5 == 0 else ''},{2000 + 700 * (n % 4)},35.{n:02},36.{n % 7}\n" for n in range(24)
    )
    places = parse_places(table.encode())
    found = homes(places)
    assert len({found[p.id] for p in places.rows if p.together}) == 1
    assert len(set(found.values())) > 2


def test_a_block_of_the_quota_stands_alone_and_is_checked() -> None:
    """R-PLAN-13"""
    rows = (
        b"id,name,together,population,lat,lon\na,A,x,6000,35,36\nb,B,x,7000,35.1,36\nc,C,,8000,35,36\nd,D,,9000,35,36\n"
    )
    places = parse_places(rows)
    plan = draw_plan(places)
    check_plan(plan, places)
    assert [(d.places, d.links, d.seats) for d in plan.districts] == [
        (("a", "b"), (("a", "b"),), 1),
        (("c", "d"), (("c", "d"),), 2),
    ]
    mixed = (
        replace(plan.districts[0], places=("a", "c"), links=(("a", "c"),), name="C", id="c", inhabitants=14_000),
        replace(plan.districts[1], places=("b", "d"), links=(("b", "d"),), inhabitants=16_000),
    )
    with pytest.raises(Refused, match="R-PLAN-13"):
        check_plan(replace(plan, districts=mixed), places)


def test_a_block_on_two_sides_cannot_be() -> None:
    rows = b"name,together,side,population,lat,lon\nA,x,n,6000,35,36\nB,x,s,7000,35.1,36\n"
    with pytest.raises(Malformed, match="R-PLAN-13"):
        draw_plan(parse_places(rows))


def test_places_of_which_only_the_group_is_known() -> None:
    """R-PLAN-17: within reach of their whole group, they fill as many districts as their people can."""
    rows = "".join(f"c{n:02},C{n},camp,{900 + 37 * n},,\n" for n in range(40))
    places = parse_places(f"id,name,group,population,lat,lon\n{rows}t,Town,town,12000,35,36\n".encode())
    plan = draw_plan(places)
    check_plan(plan, places)
    total = sum(p.population for p in places.rows if p.group == "camp")
    camps = [d for d in plan.districts if d.group == "camp"]
    assert len(camps) == plan.bound == total // 10_000
    assert max(d.inhabitants for d in camps) < 12_000


def test_camps_below_the_quota_join_their_own_group_and_else_others() -> None:
    """R-PLAN-7, R-PLAN-17"""
    head = "id,name,group,population,lat,lon\n"
    own = parse_places(f"{head}a,A,g,900,,\nb,B,g,12000,35,36\nc,C,h,12000,35,36.1\n".encode())
    assert homes(own) == {"a": "b", "b": "b", "c": "c"}
    alone = parse_places(f"{head}a,A,f,900,,\nb,B,g,12000,35,36\nc,C,h,12000,35,36.1\n".encode())
    assert homes(alone) == {"a": "b", "b": "b", "c": "c"}
    nobody = parse_places(f"{head}a,A,f,900,,\nb,B,f,1200,35,36\nc,C,h,1200,,\n".encode())
    assert len(set(homes(nobody).values())) == 1


def test_a_missing_position_without_a_group_is_still_a_fault() -> None:
    """R-PLAN-3"""
    with pytest.raises(Malformed, match="column lat: missing"):
        parse_places(b"name,group,population,lat,lon\nA,,5,,\n")
    with pytest.raises(Malformed, match="column lon: missing"):
        parse_places(b"name,group,population,lat,lon\nA,g,5,35,\n")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 150), st.integers(0, 30), st.sampled_from("ab"), st.sampled_from(["", "x", "y"]),
            st.booleans(), st.sampled_from("nns"),
        ),
        max_size=25,
    ),
    st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24), st.booleans()), max_size=12),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_every_plan_passes_its_check_whatever_is_cut_or_bound(
    rows: list[tuple[int, int, str, str, bool, str]],
    pairs: list[tuple[int, int, bool]],
    only: bool,
    with_ways: bool,
    grouped: bool,
) -> None:
    """R-PLAN-6, R-PLAN-13 to R-PLAN-17"""
    made = tuple(
        Place(
            id=f"p{n:02}",
            name=f"P{n}",
            population=people,
            lat=35_000_000 + 10_000 * far if placed else None,
            lon=36_000_000 if placed else None,
            group=group,
            together=mate + side if mate else "",
            side=side,
        )
        for n, (people, far, group, mate, placed, side) in enumerate(rows)
    )
    places = Places(rows=made, grouped=grouped)
    seen = {(min(a, b), max(a, b)): open_ for a, b, open_ in pairs if a != b and max(a, b) < len(rows)}
    table = "from,to,state\n" + "".join(f"p{a:02},p{b:02},{'open' if o else 'closed'}\n" for (a, b), o in seen.items())
    ways = parse_ways(table.encode(), (p.id for p in made), only=only) if with_ways else None
    plan = draw_plan(places, quota=100, ways=ways)
    check_plan(plan, places, ways)
    assert {p for d in plan.districts for p in d.places} == {p.id for p in made if p.population}


def test_groups_without_positions_are_not_within_reach_where_a_table_holds_all_ways() -> None:
    """R-PLAN-14, R-PLAN-17"""
    table = "id,name,group,population,lat,lon\na,A,f,6000,,\nb,B,g,6000,,\nc,C,h,12000,35,36\n"
    places = parse_places(table.encode())
    none = parse_ways(b"from,to\n", "abc", only=True)
    for across in (True, False):
        plan = draw_plan(places, ways=none, across_groups=across)
        check_plan(plan, places, none)
        assert [(d.id, d.below) for d in plan.districts] == [("a", True), ("b", True), ("c", False)]
    assert homes(places) == {"a": "a", "b": "a", "c": "c"}
