"""Ways and lines from maps and tables, as the one CSV that the planner and the record read.

Three forms: the table of ways itself; GeoJSON with lines that nobody crosses (LineString, MultiLineString); and CSV
with the columns line, lat and lon, one row for each point, in their order. Several files become one table. What is
wrong is named by file, and by feature or row there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from majlis.census import MOST_BYTES, Ways, parse_ways
from majlis.cli.plan_tables import map_of
from majlis.errors import Fault, Malformed

_HEADER = ("from", "to", "minutes", "state", "line")
_POINTS = {"line", "lat", "lon"}
_MOST_FAULTS = 20


def ways_table(files: Sequence[tuple[str, bytes]], ids: Sequence[str]) -> bytes:
    """The table of ways that these files (name, content) make together; one table of ways stays as it is.

    Raises: Malformed, by file.
    """
    tables = []
    for name, data in files:
        try:
            table = _as_ways(data)
            parse_ways(table, ids)
        except Fault as fault:
            raise fault.at(name) from None
        tables.append(table)
    return tables[0] if len(tables) == 1 else _joined(tables)


def read_ways(files: Sequence[tuple[str, bytes]], ids: Sequence[str], *, only: bool) -> tuple[bytes, Ways]:
    """The table and what it says. Raises: Malformed."""
    table = ways_table(files, ids)
    where = files[0][0] if len(files) == 1 else "the tables of ways together"
    try:
        return table, parse_ways(table, ids, only=only)
    except Fault as fault:
        raise fault.at(where) from None


def _as_ways(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise Malformed(f"the table is larger than {MOST_BYTES} bytes", rule="R-PLAN-14")
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return _table({"line": line} for line in _map_lines(data))
    try:
        rows = list(_rows(data))
    except (UnicodeDecodeError, csv.Error):
        return data
    if rows and {cell.strip().lower() for cell in rows[0][1]} >= _POINTS:
        return _table({"line": line} for line in _point_lines(rows))
    return data


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows that say something, each with its number."""
    for number, line in enumerate(data.decode("utf-8-sig").split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, next(csv.reader([line.rstrip("\r")]))


def _table(rows: Iterator[dict[str, str]]) -> bytes:
    out = StringIO()
    writer = csv.DictWriter(out, _HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _joined(tables: Sequence[bytes]) -> bytes:
    """The rows of all tables, which can be read each."""

    def every() -> Iterator[dict[str, str]]:
        for table in tables:
            (_, header), *rows = _rows(table)
            names = [cell.strip().lower() for cell in header]
            for _, cells in rows:
                yield dict(zip(names, (cell.strip() for cell in cells), strict=True))

    return _table(every())


# --- maps


def _map_lines(data: bytes) -> Iterator[str]:
    """The lines of a GeoJSON collection, feature or geometry."""
    found = map_of(data, rule="R-PLAN-21")
    if not isinstance(found, dict):
        raise Malformed("expected a GeoJSON collection of lines", rule="R-PLAN-21")
    features = found.get("features", [found])
    if not isinstance(features, list) or not features:
        raise Malformed("expected a GeoJSON collection of lines, and it holds none", rule="R-PLAN-21")
    faults: list[str] = []
    lines: list[str] = []
    for number, feature in enumerate(features, start=1):
        try:
            lines += _lines_of(feature)
        except ValueError as wrong:
            faults.append(f"  feature {number}: {wrong}")
    _check(faults, "features that are no lines:")
    yield from lines


def _lines_of(feature: Any) -> list[str]:
    """The lines of one feature or geometry. Raises: ValueError."""
    geometry = feature.get("geometry", feature) if isinstance(feature, dict) else None
    match geometry:
        case {"type": "LineString", "coordinates": list(points)}:
            return [_line(points)]
        case {"type": "MultiLineString", "coordinates": list(lines)} if all(isinstance(each, list) for each in lines):
            return [_line(points) for points in lines]
        case _:
            raise ValueError("expected a LineString or a MultiLineString")


def _line(points: list[Any]) -> str:
    """The points of a line as the table writes them; heights are left out. Raises: ValueError."""
    said = []
    for number, point in enumerate(points, start=1):
        if not (isinstance(point, list) and len(point) in {2, 3} and all(isinstance(part, str) for part in point)):
            raise ValueError(f"point {number}: expected a list of longitude and latitude")
        said.append(f"{point[0]} {point[1]}")
    return _checked("; ".join(said))


def _checked(line: str) -> str:
    from majlis.census.fence import parse_line

    parse_line(line)
    return line


def _check(faults: Sequence[str], head: str) -> None:
    if faults:
        more = [f"  and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise Malformed("\n".join([head, *faults[:_MOST_FAULTS], *more]), rule="R-PLAN-21")


# --- tables of points


def _point_lines(rows: Sequence[tuple[int, list[str]]]) -> Iterator[str]:
    """The lines of a table of points, each as its rows follow each other."""
    names = [cell.strip().lower() for cell in rows[0][1]]
    points: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    faults = []
    for number, cells in rows[1:]:
        if len(cells) != len(names):
            faults.append(f"  line {number}: {len(cells)} fields where the header has {len(names)}")
            continue
        row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        point = f"{row['lon']} {row['lat']}"
        try:
            _checked(f"0 0; 1 1; {point}")
        except ValueError:
            faults.append(f"  line {number}: expected lat and lon in degrees, such as 35.20 and 36.10")
            continue
        points.setdefault(row["line"], []).append(point)
        first.setdefault(row["line"], number)
    lines = []
    for name, each in points.items():
        try:
            lines.append(_checked("; ".join(each)))
        except ValueError as wrong:
            faults.append(f"  line {first[name]}: {wrong}")
    _check(faults, "rows of lines that cannot be read:")
    yield from lines
