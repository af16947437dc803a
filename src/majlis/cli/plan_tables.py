"""Tables of places from spreadsheets and maps, as the CSV that the planner and the record read.

Line n of the CSV is row n of the sheet, so whatever is wrong is found there; feature n of a map is line n + 1. Only the
table leaves: the first sheet of an XLSX workbook, the points of a GeoJSON collection, the plain columns of a Parquet
file.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from xml.etree import ElementTree as ET

from majlis.census import MOST_BYTES, MOST_LINES
from majlis.cli.plan_parquet import MAGIC, parquet_rows
from majlis.errors import Malformed

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_SCIENTIFIC = re.compile(r"-?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MOST_COLUMNS = 200
_MOST_TOKENS = 3_000_000  # Of a map: about fifteen for a place.
_MOST_TAGS = 4_000_000  # Of a sheet: about four for a cell.
_MOST_SMALL = 10_000  # Of what says which sheets there are.


def as_csv(data: bytes) -> bytes:
    """The table as CSV: an XLSX workbook, a GeoJSON collection or a Parquet file converted, everything else as it is.

    Raises:
        Malformed: it is one of these and cannot be read.
        Missing: it is a Parquet file, and what reads them is not installed.
    """
    if data.startswith(MAGIC):
        return _written([_plain(cell) for cell in row] for row in parquet_rows(data))
    if data.startswith(b"PK\x03\x04"):
        return _written(_sheet(data))
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return _written(_features(data))
    return data


def _written(rows: Iterator[Sequence[str]]) -> bytes:
    """Rows as CSV, each on one line; an empty row is an empty line."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        if any(row):
            writer.writerow([" ".join(cell.split()) for cell in row])
        else:
            out.write("\n")
    return out.getvalue().encode()


def map_of(data: bytes, *, rule: str) -> object:
    """What GeoJSON says, numbers as they are written. Raises: Malformed, where it is none, or has endless parts."""
    if sum(data.count(token) for token in (b"{", b"[", b",")) > _MOST_TOKENS:
        raise Malformed(f"this begins like GeoJSON and has more than {_MOST_TOKENS} parts; split it", rule=rule)
    try:
        found: object = json.loads(data.decode("utf-8-sig"), parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as wrong:
        raise Malformed(f"this begins like GeoJSON and cannot be read: {wrong}", rule=rule) from None
    return found


def _features(data: bytes) -> Iterator[Sequence[str]]:
    """The header and the features of a GeoJSON collection."""
    found = map_of(data, rule="R-PLAN-1")
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        raise Malformed("expected a GeoJSON FeatureCollection of points", rule="R-PLAN-1")
    rows = [_feature(number, feature) for number, feature in enumerate(features, start=1)]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["name"]
    yield names
    for row in rows:
        yield [row.get(name, "") for name in names]


def _feature(number: int, feature: object) -> dict[str, str]:
    """The cells of one feature: its properties, its id and its point."""
    where = f"feature {number}"
    if not isinstance(feature, dict):
        raise Malformed("expected a feature with properties and a geometry", where=where, rule="R-PLAN-1")
    properties = feature.get("properties")
    row = {
        str(name).strip().lower(): value if isinstance(value, str) else ""
        for name, value in (properties.items() if isinstance(properties, dict) else ())
    }
    if isinstance(feature.get("id"), str):
        row.setdefault("id", feature["id"])
    geometry = feature.get("geometry")
    row |= {"lat": "", "lon": ""}
    if geometry is not None:
        at = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
        if not (isinstance(at, list) and len(at) in {2, 3} and all(isinstance(part, str) for part in at)):
            raise Malformed("expected a point with longitude and latitude, or null", where=where, rule="R-PLAN-1")
        row |= {"lon": _plain(at[0]), "lat": _plain(at[1])}
    return row


def _sheet(data: bytes) -> Iterator[Sequence[str]]:
    """The rows of the first sheet of a workbook; no member may be larger than a table may be."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as book:
            first = _first_sheet(book)
            strings = _strings(book)
            cells = _cells(_elements(book, first, f"{_MAIN}c"), strings)
    except ET.ParseError as wrong:
        raise Malformed(f"a part of the workbook is not XML that can be read: {wrong}", rule="R-PLAN-1") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, KeyError) as wrong:
        raise Malformed(f"this is no XLSX workbook that can be read: {wrong}", rule="R-PLAN-1") from None
    last = max((row for row, _ in cells), default=0)
    wide = max((column for _, column in cells), default=0)
    for row in range(1, last + 1):
        yield [cells.get((row, column), "") for column in range(1, wide + 1)]


def _first_sheet(book: zipfile.ZipFile) -> str:
    """The member that holds the workbook's first sheet."""
    sheet = _tree(book, "xl/workbook.xml").find(f"{_MAIN}sheets/{_MAIN}sheet")
    if sheet is None:
        raise Malformed("the workbook has no sheet", rule="R-PLAN-1")
    wanted = sheet.get(_LINK)
    for link in _tree(book, "xl/_rels/workbook.xml.rels"):
        if link.get("Id") == wanted:
            target = link.get("Target", "")
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    raise Malformed("the workbook does not say where its first sheet is", rule="R-PLAN-1")


def _tree(book: zipfile.ZipFile, name: str) -> ET.Element:
    """A small member as XML."""
    return ET.fromstring(_member(book, name, tags=_MOST_SMALL))  # noqa: S314 - without a document type there is nothing to expand


def _elements(book: zipfile.ZipFile, name: str, tag: str) -> Iterator[ET.Element]:
    """The elements of a large member that bear this tag, each forgotten when the next is asked for."""
    for _, element in ET.iterparse(BytesIO(_member(book, name))):  # noqa: S314 - as above
        if element.tag == tag:
            yield element
            element.clear()


def _member(book: zipfile.ZipFile, name: str, *, tags: int = _MOST_TAGS) -> bytes:
    """A member's text; a document type, by which a small file could unfold without end, is refused."""
    with book.open(name) as member:
        text = member.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES or text.count(b"<") > tags:
        raise Malformed(
            f"{name} unfolds to more than {MOST_BYTES} bytes or {tags} tags; split the table by region",
            rule="R-PLAN-1",
        )
    if b"<!" in text.replace(b"<!--", b""):
        raise Malformed(f"{name} holds a document type, which no table needs", rule="R-PLAN-1")
    return text


def _strings(book: zipfile.ZipFile) -> list[str]:
    """The texts that cells share."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_text(item) for item in _elements(book, "xl/sharedStrings.xml", f"{_MAIN}si")]


def _text(item: ET.Element) -> str:
    """The text of an item in its runs, without the readings that stand beside them in East Asian writing."""
    direct = [item.findtext(f"{_MAIN}t") or ""]
    return "".join(direct + [run.findtext(f"{_MAIN}t") or "" for run in item.findall(f"{_MAIN}r")])


def _cells(sheet: Iterator[ET.Element], strings: Sequence[str]) -> dict[tuple[int, int], str]:
    """The cells that hold something, by row and column from 1."""
    found: dict[tuple[int, int], str] = {}
    for cell in sheet:
        place = _CELL.fullmatch(cell.get("r", ""))
        if place is None:
            raise Malformed("a cell does not say where it stands", rule="R-PLAN-1")
        column = 0
        for letter in place[1]:
            column = 26 * column + ord(letter) - 64
        row, value = int(place[2]), cell.findtext(f"{_MAIN}v") or ""
        match cell.get("t", "n"):
            case "s":
                if not (value.isascii() and value.isdigit() and len(value) < 9 and int(value) < len(strings)):
                    raise Malformed("a text is missing", where=f"cell {place[0]}", rule="R-PLAN-1")
                value = strings[int(value)]
            case "inlineStr":
                value = "".join(map(_text, cell.findall(f"{_MAIN}is")))
            case "n":
                value = _plain(value)
            case "e":
                raise Malformed(f"the formula gives {value}", where=f"cell {place[0]}", rule="R-PLAN-1")
        if value:
            if column > _MOST_COLUMNS or row > MOST_LINES:
                raise Malformed(
                    f"beyond column {_MOST_COLUMNS} or row {MOST_LINES}", where=f"cell {place[0]}", rule="R-PLAN-1"
                )
            found[row, column] = value
    return found


def _plain(number: str) -> str:
    """A number without an exponent, and whole where it is: 1.2E-5 is 0.000012, and 4150.0 is 4150."""
    if _SCIENTIFIC.fullmatch(number):
        number = f"{Decimal(number):f}"
    return number.removesuffix(".0")
