"""Tables that are small enough to be read, and whose parts would take gigabytes, are refused before they do."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from majlis.census import parse_places, parse_plan, parse_ways
from majlis.cli.plan_tables import as_csv
from majlis.errors import Malformed

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINK = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def book(sheet: str, first: str = "") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        sheets = f'<sheets><sheet name="a" r:id="r1"/></sheets>{first}'
        made.writestr("xl/workbook.xml", f"<workbook {MAIN} {LINK}>{sheets}</workbook>")
        link = '<Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
        made.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{link}</Relationships>")
        made.writestr("xl/worksheets/sheet1.xml", f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>")
    return out.getvalue()


def test_more_lines_than_there_are_places_anywhere() -> None:
    """R-PLAN-1, R-PLAN-14"""
    with pytest.raises(Malformed, match="more than 300000 lines"):
        parse_places(b"name,population,lat,lon\n" + b"\n" * 300_000)
    with pytest.raises(Malformed, match="more than 1000000 lines"):
        parse_ways(b"from,to\n" + b"\n" * 1_000_000, "ab")


def test_a_plan_of_endless_parts() -> None:
    """R-PLAN-12"""
    with pytest.raises(Malformed, match="more than 4000000 parts"):
        parse_plan(b'{"unknown":[' + b'"a",' * 4_000_001 + b'"a"]}')


@pytest.mark.parametrize("unit", [b"{},", b"1,", b"[],"])
def test_a_map_of_endless_parts(unit: bytes) -> None:
    with pytest.raises(Malformed, match="more than 3000000 parts"):
        as_csv(b'{"features":[' + unit * 3_000_001 + b"{}]}")


def test_a_sheet_of_endless_cells() -> None:
    with pytest.raises(Malformed, match=r"xl/worksheets/sheet1.xml unfolds to more than .* 4000000 tags"):
        as_csv(book('<c r="A1"/>' * 4_000_001))
    with pytest.raises(Malformed, match=r"xl/workbook.xml unfolds to more than .* 10000 tags"):
        as_csv(book("", "<a/>" * 10_001))
    with pytest.raises(Malformed, match="row 300000"):
        as_csv(book('<row><c r="A300001"><v>1</v></c></row>'))
