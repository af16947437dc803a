"""Tables from spreadsheets and maps, and plans as pictures and tagged tables."""

from __future__ import annotations

import csv
import json
import zipfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census import parse_places
from majlis.cli.plan_tables import as_csv
from majlis.errors import Malformed
from majlis.main import main

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CELLS = """
<row r="2"><c r="A2" t="inlineStr"><is><t>Name</t></is></c><c r="B2" t="s"><v>0</v></c><c r="C2" t="str"><v>lat</v></c>
<c r="D2" t="inlineStr"><is><r><t>lo</t></r><r><t>n</t></r></is></c></row>
<row r="4"><c r="A4" t="s"><v>1</v></c><c r="B4"><v>155000.0</v></c><c r="C4"><v>35.5</v></c>
<c r="D4"><v>3.65E1</v></c></row>
"""


def workbook(cells: str = CELLS, *, shared: str = "<si><t>population</t></si><si><t>قرية, كبيرة</t></si>") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{shared}</sst>')
        book.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return out.getvalue()


def test_a_workbook_is_read_row_by_row() -> None:
    """R-PLAN-1"""
    (place,) = parse_places(as_csv(workbook())).rows
    assert (place.name, place.population, place.lat, place.lon) == ("قرية, كبيرة", 155_000, 35_500_000, 36_500_000)


def test_what_is_wrong_is_named_by_the_row_of_the_sheet() -> None:
    """R-PLAN-3"""
    bad = CELLS.replace("155000.0", "-3")
    with pytest.raises(Malformed, match="line 4: column population: '-3' is negative"):
        parse_places(as_csv(workbook(bad)))


@pytest.mark.parametrize(
    ("book", "said"),
    [
        (b"PK\x03\x04 and no more", "no XLSX workbook"),
        (workbook(shared=""), "a text is missing"),
        (workbook(CELLS.replace('r="B4"', 'r="4B"')), "does not say where it stands"),
        (workbook(CELLS.replace('r="D4"', 'r="ZZZ4"')), "beyond column 200"),
        (workbook(CELLS.replace('<c r="B4">', '<c r="B4" t="e">')), "the formula gives 155000.0"),
        (workbook("<row"), "is not XML"),
        (workbook('<!DOCTYPE x [<!ENTITY a "aaa">]>'), "a document type"),
        (workbook("<!-- -->" + " " * (65 * 2**20)), "unfolds to more than"),
    ],
)
def test_a_bad_workbook_is_refused_in_words(book: bytes, said: str) -> None:
    """R-PLAN-1"""
    with pytest.raises(Malformed, match="R-PLAN-1") as caught:
        as_csv(book)
    assert said in str(caught.value)


def test_a_workbook_without_its_parts_is_refused() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}"><sheets/></workbook>')
    with pytest.raises(Malformed, match="no sheet"):
        as_csv(out.getvalue())


def feature(name: object, people: object, at: object = (36.5, 35.5)) -> dict[str, object]:
    point = None if at is None else {"type": "Point", "coordinates": at}
    return {"type": "Feature", "geometry": point, "properties": {"Name": name, "population": people, "group": "g"}}


def test_a_map_is_read_feature_by_feature() -> None:
    """R-PLAN-1"""
    rows = [feature("Town", 12_000), feature("قرية", 900, [36.5, 35.5, 12]), feature("Camp", 700, None)]
    places = parse_places(as_csv(json.dumps({"type": "FeatureCollection", "features": rows}).encode()))
    assert [(p.name, p.population, p.lat, p.group) for p in places.rows] == [
        ("Town", 12_000, 35_500_000, "g"),
        ("قرية", 900, 35_500_000, "g"),
        ("Camp", 700, None, "g"),
    ]
    with pytest.raises(Malformed, match="line 3: column population"):
        parse_places(as_csv(json.dumps({"features": [feature("a", 1), feature("b", -1)]}).encode()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("{}", "expected a GeoJSON FeatureCollection"),
        ('{"features": [3]}', "feature 1: expected a feature"),
        ('{"features": [{"geometry": {"type": "Polygon"}}]}', "feature 1: expected a point"),
        ('{"features": [{"geometry": {"type": "Point", "coordinates": ["a", {}]}}]}', "feature 1: expected a point"),
        ("[" * 9 + "{", "the header lacks"),
    ],
)
def test_a_bad_map_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_places(as_csv(text.encode()))
    assert said in str(caught.value)


@given(
    st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: b"PK\x03\x04" + tail) | st.text().map(str.encode)
)
def test_anything_is_converted_or_refused(data: bytes) -> None:
    try:
        as_csv(data)
    except Malformed as wrong:
        assert wrong.rule == "R-PLAN-1"


def test_pictures_and_tables_of_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "places.xlsx"
    table.write_bytes(workbook(shared="<si><t>population</t></si><si><t>&lt;b&gt;City</t></si>"))
    names = ("map.svg", "lorenz.svg", "hxl.csv", "copy.csv")
    files = [str(tmp_path / name) for name in names]
    options = [x for pair in zip(("--map", "--lorenz", "--hxl", "--csv"), files, strict=True) for x in pair]
    assert main(["plan", str(table), *options]) == 0
    capsys.readouterr()
    drawn, curve = (ET.fromstring((tmp_path / name).read_text(encoding="utf-8")) for name in names[:2])
    assert [e.text for e in drawn.iter() if e.tag.endswith("title")] == ["<b>City: 155,000 (<b>City)"]
    assert sum(e.tag.endswith("path") for e in curve.iter()) == 4
    header, tags, row = csv.reader((tmp_path / "hxl.csv").read_text(encoding="utf-8").splitlines())
    assert tags[:4] == ["#loc+code", "#loc+name", "#adm1+name", "#population"] and len(header) == len(tags) == len(row)
    assert row == ["<b>City", "<b>City", "", "155000", "b-city", "<b>City", "155000", "16"]
    assert main(["plan", str(tmp_path / "copy.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seats"] == 16


def test_a_map_of_nowhere_and_of_the_unknown(tmp_path: Path) -> None:
    table, target = tmp_path / "places.csv", tmp_path / "map.svg"
    table.write_text("name,group,population,lat,lon\nA,g,9000,,\n", encoding="utf-8")
    assert main(["plan", str(table), "--map", str(target)]) == 0
    assert "circle" not in target.read_text(encoding="utf-8")
    table.write_text("name,population,lat,lon\nA,9000,1,2\nB,,1.1,2\nC,8000,1.2,2.1\n", encoding="utf-8")
    assert main(["plan", str(table), "--map", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    assert text.count("<circle") == 3 and text.count('fill="none" stroke="#777"') == 1 and "<path" in text
