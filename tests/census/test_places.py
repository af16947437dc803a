"""A table of places: what is read, and every way in which it cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census import Place, parse_places
from majlis.census.places import MOST_BYTES
from majlis.errors import Malformed

HEADER = "id,name,population,lat,lon\n"


def refused(table: str | bytes) -> str:
    """The words with which this table is refused."""
    with pytest.raises(Malformed) as caught:
        parse_places(table.encode() if isinstance(table, str) else table)
    assert caught.value.rule in {"R-PLAN-1", "R-PLAN-2", "R-PLAN-3"}
    return str(caught.value)


def test_a_table_is_read_with_all_it_may_hold() -> None:
    table = (
        "\ufeff# counted by hand\r\n"
        " ID ,Name,kind,group,LAT,lon,population,remark,source\r\n"
        '7,"Camp 3, east",camp,Idlib,35.9300005,-36.5,120,x,y\r\n'
        "\r\n"
        "# a comment between\r\n"
        "8,مخيم أطمة,,,-36,+36.000001,,,\r\n"
    )
    places = parse_places(table.encode())
    assert places.rows == (
        Place(id="7", name="Camp 3, east", kind="camp", group="Idlib", lat=35_930_000, lon=-36_500_000, population=120),
        Place(id="8", name="مخيم أطمة", lat=-36_000_000, lon=36_000_001, population=0),
    )
    assert places.grouped
    assert places.notices == ("columns not used: remark, source",)


def test_nothing_more_is_noticed_when_every_column_is_used() -> None:
    places = parse_places(b"name,population,lat,lon\nA,1,2,3\n")
    assert places.notices == () and not places.grouped
    assert places.rows == (Place(id="A", name="A", population=1, lat=2_000_000, lon=3_000_000),)


def test_geonameid_is_the_id_unless_there_is_an_id() -> None:
    assert parse_places(b"geonameid,name,population,lat,lon\n9,A,1,2,3\n").rows[0].id == "9"
    both = parse_places(b"geonameid,id,name,population,lat,lon\n9,x,A,1,2,3\n")
    assert both.rows[0].id == "x" and both.notices == ("columns not used: geonameid",)


def test_one_name_twice_is_two_places_where_ids_differ() -> None:
    assert len(parse_places((HEADER + "1,A,5,1,1\n2,A,5,2,2\n").encode()).rows) == 2


def test_one_name_twice_without_ids_names_both_lines() -> None:
    said = refused("name,population,lat,lon\nA,1,2,3\nB,1,2,3\nA,1,2,3\n")
    assert "line 4: column name: 'A' stands on line 2 already; add an id column" in said


def test_an_id_twice_names_both_lines() -> None:
    assert "line 3: column id: id '1' stands on line 2 already" in refused(HEADER + "1,A,5,1,1\n1,B,5,2,2\n")


def test_unknown_population_is_zero_or_nothing() -> None:
    rows = parse_places((HEADER + "1,A,0,1,1\n2,B,,1,1\n3,C, ,1,1\n4,D,000,1,1\n").encode()).rows
    assert [p.population for p in rows] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,A,-5,1,1", "column population: '-5' is negative"),
        ("1,A,2147483649,1,1", "column population: '2147483649' is too large"),
        (f"1,A,{'9' * 5000},1,1", "is too large"),
        ("1,A,1e4,1,1", "column population: '1e4' is not a whole number"),
        ("1,A,12.5,1,1", "is not a whole number"),
        ("1,A,१२,1,1", "is not a whole number"),
        ("1,A,about 500,1,1", "is not a whole number"),
        ('1,A,"10,000",1,1', "is not a whole number"),
        ("1,A,5,,1", "column lat: missing"),
        ("1,A,5,1,", "column lon: missing"),
        ("1,A,5,90.0000011,1", "column lat: '90.0000011' is out of range"),
        ("1,A,5,1,-180.1", "column lon: '-180.1' is out of range"),
        ("1,A,5,nan,1", "column lat: 'nan' is not a number of degrees"),
        ("1,A,5,1,inf", "column lon: 'inf' is not a number of degrees"),
        ("1,A,5,1e1,1", "column lat: '1e1' is not"),
        ("1,A,5,35°N,1", "column lat: '35°N' is not"),
        ("1,,5,1,1", "column name: empty"),
        (",A,5,1,1", "column id: empty"),
        ("1,A,5,1", "4 fields where the header has 5"),
        ("1,A,5,1,1,9", "6 fields where the header has 5"),
        ("1,A, B,5,1,1", "put names that hold a comma in quotes"),
        ('1,"A,5,1,1', "the quotes or line ends of this line cannot be read"),
        (f"1,{'A' * 201},5,1,1", "201 characters; at most 200"),
        (f"{'1' * 65},A,5,1,1", "column id: 65 characters; at most 64"),
        ("1,A\u202eB,5,1,1", "column name: the invisible character U+202E"),
        ("1,A\tB,5,1,1", "the invisible character U+0009"),
        ("1,A\0B,5,1,1", "the invisible character U+0000"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(row: str, words: str) -> None:
    said = refused(f"# a\n{HEADER}0,Z,5,1,1\n{row}\n")
    assert "1 row cannot be read" in said and "line 4: " in said and words in said
    assert "R-PLAN-3" in said


def test_the_edges_of_what_is_allowed_are_allowed() -> None:
    rows = parse_places((HEADER + f"1,{'A' * 200},2147483648,90,180\n2,B,00012,-90.0,-180\n").encode()).rows
    assert (rows[0].population, rows[0].lat, rows[1].population, rows[1].lon) == (2**31, 90_000_000, 12, -180_000_000)


def test_all_bad_rows_are_told_at_once_up_to_twenty() -> None:
    rows = "".join(f"{n},A,{'x' if n % 2 else '5'},1,1\n" for n in range(60))
    said = refused(HEADER + rows)
    assert said.count("is not a whole number") == 20
    assert "30 rows cannot be read" in said and "line 3: " in said and "line 41: " in said and "and 10 more" in said


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "the table is empty"),
        (b"\xef\xbb\xbf\n \n# only words\n", "the table is empty"),
        (b"id,name,population,lat,lon\n", "there is a header and no place below it"),
        (b"1,Idlib,5,35,36\n", "the header lacks name, population, lat, lon; found: 1, idlib, 5, 35, 36"),
        (b"name;population;lat;lon\nA;1;2;3\n", "separate columns by commas"),
        (b"name,population,lat\nA,1,2\n", "the header lacks lon"),
        (b"name,name,population,lat,lon\nA,B,1,2,3\n", "column name occurs twice"),
        (b'"name,population,lat,lon\n', "the quotes"),
        (b"name,population,lat,lon\nA\xff,1,2,3\n", "byte 25 (line 2) is not UTF-8"),
        (b"\xef\xbb\xbfname,population,lat,lon\nA\xff,1,2,3\n", "byte 28 (line 2) is not UTF-8"),
        ("name,population,lat,lon\nA,1,2,3\n".encode("utf-16"), "this is UTF-16, expected UTF-8"),
        ("name,population,lat,lon\nإدلب,1,2,3\n".encode("cp1256"), "is not UTF-8, which is expected"),
        (b"name,population,lat,lon\rA,1,2,3\r", "quotes or line ends"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(table: bytes, words: str) -> None:
    assert words in refused(table)


def test_a_table_beyond_all_measure_is_not_read() -> None:
    assert "larger than" in refused(b"#" * (MOST_BYTES + 1))


def test_a_quoted_name_may_begin_like_a_comment() -> None:
    assert parse_places(b'name,population,lat,lon\n"# 5 camp",1,2,3\n').rows[0].name == "# 5 camp"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_is_read_or_refused_and_nothing_else(data: bytes) -> None:
    for table in (data, HEADER.encode() + data):
        try:
            parse_places(table)
        except Malformed as fault:
            assert fault.text and fault.rule


words = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=20).filter(str.strip)


@given(st.lists(st.tuples(words, st.integers(0, 2**31), st.integers(-90_000_000, 90_000_000)), min_size=1, max_size=9))
def test_what_a_table_says_comes_back(rows: list[tuple[str, int, int]]) -> None:
    quoted = [(n, '"' + name.replace('"', '""') + '"', people, lat) for n, (name, people, lat) in enumerate(rows)]
    lines = [
        f"{n},{name},{p},{'-' if lat < 0 else ''}{abs(lat) // 10**6}.{abs(lat) % 10**6:06},0"
        for n, name, p, lat in quoted
    ]
    found = parse_places((HEADER + "\n".join(lines)).encode()).rows
    assert [(p.population, p.lat) for p in found] == [(people, lat) for _, people, lat in rows]


def test_a_table_in_arabic_is_read_like_any_other() -> None:
    """R-PLAN-1, R-PLAN-2: headings and digits as they are written where the places lie."""
    table = (
        "المعرف,الاسم,المحافظة,خط العرض,خط الطول,عدد السكان\n١,سراقب,إدلب,٣٥٫٨٦,36.8,٣٤٢٣١\n2,تفتناز,إدلب,۳۵.۹,۳۶.۸,\n"
    )
    saraqib, taftanaz = parse_places(table.encode()).rows
    assert (saraqib.id, saraqib.name, saraqib.group) == ("١", "سراقب", "إدلب")
    assert (saraqib.population, saraqib.lat, saraqib.lon) == (34_231, 35_860_000, 36_800_000)
    assert (taftanaz.population, taftanaz.lat) == (0, 35_900_000)
    with pytest.raises(Malformed, match="column population occurs twice"):
        parse_places("name,السكان,عدد السكان,lat,lon\n".encode())
