"""Places with their inhabitants, read from a table; every bad row named at once, and nothing dropped silently.

    # any number of comment lines
    id,name,group,lat,lon,population
    174186,Saraqib,Idlib,35.86455,36.80557,34231

The rules are R-PLAN-1 to R-PLAN-3 in ``spec/plan.md``.
"""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from unicodedata import category, normalize

from msgspec import Struct

from majlis.errors import Malformed

MOST_BYTES = 64 * 2**20
MOST_LINES = 300_000
MOST_PEOPLE = 2**31
_MOST_FAULTS = 20
_LONGEST = {"id": 64, "name": 200, "kind": 64, "group": 100, "together": 64, "side": 64}
_REQUIRED = ("name", "population", "lat", "lon")
_OPTIONAL = ("kind", "group", "together", "side")
_KNOWN = (*_REQUIRED, "id", "geonameid", *_OPTIONAL)
_ARABIC = {
    "الاسم": "name",
    "السكان": "population",
    "عدد السكان": "population",
    "خط العرض": "lat",
    "خط الطول": "lon",
    "المعرف": "id",
    "النوع": "kind",
    "المجموعة": "group",
    "المحافظة": "group",
    "معا": "together",
    "الجهة": "side",
}
# The digits that Arabic, Persian, Kurdish and Urdu write with, and the decimal sign that goes with them.
_DIGITS = str.maketrans({"٫": "."} | {chr(zero + n): str(n) for zero in (0x660, 0x6F0) for n in range(10)})
_WHOLE = re.compile(r"0*([0-9]{1,10})", re.ASCII)
_NEGATIVE = re.compile(r"[-−][0-9.,]+", re.ASCII)
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,30})?", re.ASCII)
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Place(Struct, frozen=True, kw_only=True):
    """Where people are counted once.

    ``id`` unique in its table; the name where the table has no ids. ``population`` 0 = unknown. ``lat``, ``lon``
    micro-degrees, WGS 84; None where only the group is known. ``together``: what must not be divided; ``side``: of a
    front line or border. All empty where the table does not say.
    """

    id: str
    name: str
    population: int
    lat: int | None
    lon: int | None
    kind: str = ""
    group: str = ""
    together: str = ""
    side: str = ""


class Places(Struct, frozen=True, kw_only=True):
    """A table of places in its own order; ``grouped``: it has a group column; ``notices``: sentences to show."""

    rows: tuple[Place, ...]
    grouped: bool
    notices: tuple[str, ...] = ()


class _Bad(Exception):
    """A cell that cannot be read, or a whole row where ``column`` is empty; and why."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"column {column}: {why}" if column else why)


def parse_places(data: bytes) -> Places:
    """The places of a CSV table.

    Raises:
        Malformed: it is not one: the text names the byte, or line and column of up to 20 bad rows (R-PLAN-1 to
        R-PLAN-3).
    """
    lines = list(_lines(_text(data)))
    if not lines:
        raise Malformed(
            "the table is empty; expected a header line such as name,population,lat,lon and one line per place",
            rule="R-PLAN-1",
        )
    number, header_line = lines[0]
    try:
        columns = [_column(cell) for cell in _cells(header_line)]
    except _Bad as bad:
        raise Malformed(str(bad), where=f"line {number}", rule="R-PLAN-1") from None
    _check_header(columns, number)
    id_column = next((c for c in ("id", "geonameid") if c in columns), "")

    rows: list[Place] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for number, line in lines[1:]:
        try:
            place = _place(dict(zip(columns, _cells(line, len(columns)), strict=True)), id_column)
            if place.id in seen:
                raise _Bad(id_column or "name", _twice(place, seen[place.id], bool(id_column)))
            seen[place.id] = number
            rows.append(place)
        except _Bad as bad:
            faults.append(f"line {number}: {bad}")
    if faults:
        raise Malformed(_listed(faults), rule="R-PLAN-3")
    if not rows:
        raise Malformed("there is a header and no place below it; add one line per place", rule="R-PLAN-1")
    used = {*_REQUIRED, id_column, *_OPTIONAL}
    ignored = [c or "(unnamed)" for c in columns if c not in used]
    notices = (f"columns not used: {', '.join(ignored)}",) if ignored else ()
    return Places(rows=tuple(rows), grouped="group" in columns, notices=notices)


def _text(data: bytes) -> str:
    """The table as text. Raises Malformed where it is too large or not UTF-8."""
    if len(data) > MOST_BYTES:
        raise Malformed(f"the table is larger than {MOST_BYTES} bytes; split it by region", rule="R-PLAN-1")
    if data.count(b"\n") > MOST_LINES:
        raise Malformed(f"the table has more than {MOST_LINES} lines; split it by region", rule="R-PLAN-1")
    advice = "save the table as UTF-8 (in a spreadsheet: CSV UTF-8) and try again"
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Malformed(f"byte 0: this is UTF-16, expected UTF-8; {advice}", rule="R-PLAN-1")
    data = data.removeprefix(BOM_UTF8) if (marked := data.startswith(BOM_UTF8)) else data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        at = wrong.start + (len(BOM_UTF8) if marked else 0)
        line = data.count(b"\n", 0, wrong.start) + 1
        raise Malformed(f"byte {at} (line {line}) is not UTF-8, which is expected; {advice}", rule="R-PLAN-1") from None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, each with its number from 1; comments and blank lines are passed over."""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        if line.strip() and not line.startswith("#"):
            yield number, line


def _cells(line: str, expected: int | None = None) -> list[str]:
    """The cells of one line. Raises _Bad where quotes do not close on it or their number is not ``expected``."""
    if '"' not in line and "\r" not in line:
        cells = line.split(",")
    else:
        try:
            cells = next(csv.reader([line], strict=True))
        except csv.Error as wrong:
            raise _Bad("", f"the quotes or line ends of this line cannot be read ({wrong})") from None
    if expected is not None and len(cells) != expected:
        raise _Bad("", f"{len(cells)} fields where the header has {expected}; put names that hold a comma in quotes")
    return cells


def _column(cell: str) -> str:
    """The name of a column, by which it is known here."""
    name = normalize("NFC", cell.strip().lower())
    return _ARABIC.get(name, name)


def _check_header(columns: list[str], number: int) -> None:
    """Raises Malformed where a needed column is missing or a known one occurs twice."""
    where = f"line {number}"
    missing = [c for c in _REQUIRED if c not in columns]
    if missing:
        found = ", ".join(c for c in columns if c)[:200]
        hint = "; separate columns by commas" if len(columns) == 1 and re.search("[;\t|]", columns[0]) else ""
        raise Malformed(
            f"the header lacks {', '.join(missing)}; found: {found}{hint}. The first line after comments is the header",
            where=where,
            rule="R-PLAN-1",
        )
    for c in _KNOWN:
        if columns.count(c) > 1:
            raise Malformed(f"column {c} occurs twice in the header; keep one", where=where, rule="R-PLAN-1")


def _place(cells: dict[str, str], id_column: str) -> Place:
    name = _words(cells, "name")
    lat, lon = cells["lat"].strip().translate(_DIGITS), cells["lon"].strip().translate(_DIGITS)
    nowhere = not lat and not lon and cells.get("group", "").strip() != ""
    return Place(
        id=_words(cells, id_column) if id_column else name,
        name=name,
        population=_people(cells["population"].strip().translate(_DIGITS)),
        lat=None if nowhere else _degrees("lat", lat, 90),
        lon=None if nowhere else _degrees("lon", lon, 180),
        kind=_words(cells, "kind", needed=False),
        group=_words(cells, "group", needed=False),
        together=_words(cells, "together", needed=False),
        side=_words(cells, "side", needed=False),
    )


def _words(cells: dict[str, str], column: str, *, needed: bool = True) -> str:
    """A cell of text, trimmed, in normal form C. Raises _Bad: empty and ``needed``, too long, or hiding characters."""
    text = normalize("NFC", cells.get(column, "").strip())
    if needed and not text:
        raise _Bad(column, "empty, and needed")
    longest = _LONGEST["id" if column == "geonameid" else column]
    if len(text) > longest:
        raise _Bad(column, f"{len(text)} characters; at most {longest} are read")
    for c in text:
        if category(c) in {"Cc", "Zl", "Zp"} or c in _TURNERS:
            raise _Bad(column, f"the invisible character U+{ord(c):04X}; type the text anew")
    return text


def _people(text: str) -> int:
    """Inhabitants; 0 for unknown, which may also be written as nothing. Raises _Bad."""
    if not text:
        return 0
    if _NEGATIVE.fullmatch(text):
        raise _Bad("population", f"{_short(text)} is negative; expected a whole number, or 0 or nothing where unknown")
    if not (text.isascii() and text.isdigit()):
        raise _Bad("population", f"{_short(text)} is not a whole number in digits without separators")
    whole = _WHOLE.fullmatch(text)
    if whole is None or int(whole[1]) > MOST_PEOPLE:
        raise _Bad("population", f"{_short(text)} is too large; at most {MOST_PEOPLE} people are counted in one place")
    return int(whole[1])


def _degrees(column: str, text: str, most: int) -> int:
    """Micro-degrees, an exact half to even. Raises _Bad."""
    if not text:
        raise _Bad(column, f"missing; expected degrees from -{most} to {most}, such as 35.93")
    if not _DEGREES.fullmatch(text):
        raise _Bad(column, f"{_short(text)} is not a number of degrees such as 35.93")
    micro = int((Decimal(text) * 1_000_000).to_integral_value(ROUND_HALF_EVEN))
    if abs(micro) > most * 1_000_000:
        raise _Bad(column, f"{_short(text)} is out of range; expected -{most} to {most}")
    return micro


def _short(text: str) -> str:
    """``text`` as it may stand in a message: quoted, unprintables escaped, not endless."""
    shown = ascii(text) if any(category(c) in {"Cc", "Cf"} for c in text) else f"'{text}'"
    return shown if len(shown) <= 40 else f"{shown[:36]}…'"


def _twice(place: Place, first: int, by_id: bool) -> str:
    if by_id:
        return f"id {_short(place.id)} stands on line {first} already; each place needs its own"
    return f"{_short(place.name)} stands on line {first} already; add an id column where two places bear one name"


def _listed(faults: list[str]) -> str:
    count = len(faults)
    head = "1 row cannot be read" if count == 1 else f"{count} rows cannot be read"
    shown = [f"  {fault}" for fault in faults[:_MOST_FAULTS]]
    more = [f"  and {count - _MOST_FAULTS} more"] if count > _MOST_FAULTS else []
    return "\n".join([f"{head}; correct and try again:", *shown, *more])
