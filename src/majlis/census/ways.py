"""Ways between places: links that a map does not show, and cuts that it does not show either.

    from,to,minutes,state
    174191,164816,25,open
    163799,169577,,closed

    from,to,minutes,state,line
    ,,,,36.10 35.20; 36.15 35.25; 36.15 35.40

``open`` is a link (a road, a ferry, a crossing) with its time where known; ``closed`` is none, however near the two lie
(a closed crossing, a front line, a wall). A ``line`` closes whatever it runs between (``fence``). The rules are
R-PLAN-14 and R-PLAN-21 in ``spec/plan.md``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct

from majlis.census.fence import MOST_POINTS, Fence, Segment, parse_line
from majlis.errors import Malformed

MOST_BYTES = 64 * 2**20
_MOST_LINES = 1_000_000
_METRES_A_MINUTE = 1000
_NAMED = ("from", "to")
_STATES = {"": True, "open": True, "closed": False}
_MINUTES = re.compile(r"[0-9]{1,5}", re.ASCII)
_MOST_FAULTS = 20


class Ways(Struct, frozen=True, kw_only=True):
    """``open``: metres between two places (a minute counts 1,000; 0 where no time is given), by their ids, the smaller
    first; ``closed`` pairs; ``only``: there are no links but these. ``fence``: the lines. ``sha256`` of the table."""

    open: dict[tuple[str, str], int]
    closed: frozenset[tuple[str, str]]
    fence: Fence
    only: bool
    sha256: str

    def bars(self, a: str, b: str) -> bool:
        """Whether nobody goes straight from ``a`` to ``b``."""
        pair = (min(a, b), max(a, b))
        return pair in self.closed or (self.only and pair not in self.open)

    def is_open(self, a: str, b: str) -> bool:
        """Whether the table states that one can go from ``a`` to ``b``, be it through a line."""
        return (min(a, b), max(a, b)) in self.open

    def minutes(self, a: str, b: str) -> int:
        """The time that the way between ``a`` and ``b`` states; 0 where it states none, or there is none."""
        return self.open.get((min(a, b), max(a, b)), 0) // _METRES_A_MINUTE


def parse_ways(data: bytes, ids: Iterable[str], *, only: bool = False) -> Ways:
    """The ways of a CSV table between the places ``ids``.

    Raises:
        Malformed: it is not one; up to 20 bad rows are named by line (R-PLAN-14).
    """
    if len(data) > MOST_BYTES:
        raise Malformed(f"the table is larger than {MOST_BYTES} bytes", rule="R-PLAN-14")
    if data.count(b"\n") > _MOST_LINES:
        raise Malformed(f"the table has more than {_MOST_LINES} lines", rule="R-PLAN-14")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as wrong:
        raise Malformed(f"byte {wrong.start} is not UTF-8; save the table as CSV UTF-8", rule="R-PLAN-14") from None
    rows = [
        (number, line.rstrip("\r")) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")
    ]
    if not rows:
        raise Malformed("the table of ways is empty; expected the header from,to,minutes,state", rule="R-PLAN-14")
    columns = [cell.strip().lower() for cell in next(csv.reader([rows[0][1]]))]
    if not set(_NAMED) <= set(columns) or not set(columns) <= {*_NAMED, "minutes", "state", "line"}:
        raise Malformed(
            "expected the columns from, to and, where you have them, minutes, state and line",
            where=f"line {rows[0][0]}",
            rule="R-PLAN-14",
        )
    known = set(ids)
    opened: dict[tuple[str, str], int] = {}
    closed: set[tuple[str, str]] = set()
    segments: list[Segment] = []
    faults = []
    for number, line in rows[1:]:
        cells = next(csv.reader([line]), [])
        fault = _fault(columns, cells, known)
        if fault is None:
            row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
            if row.get("line"):
                segments += parse_line(row["line"])
                continue
            pair = (min(row["from"], row["to"]), max(row["from"], row["to"]))
            if pair in opened or pair in closed:
                fault = f"{pair[0]} and {pair[1]} stand on an earlier line"
            elif _STATES[row.get("state", "").lower()]:
                opened[pair] = _METRES_A_MINUTE * int(row.get("minutes") or 0)
            else:
                closed.add(pair)
        if fault is not None:
            faults.append(f"  line {number}: {fault}")
    if faults:
        more = [f"  and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise Malformed(
            "\n".join(["rows of ways that cannot be read:", *faults[:_MOST_FAULTS], *more]), rule="R-PLAN-14"
        )
    if len(segments) > MOST_POINTS:
        raise Malformed(f"the lines have more than {MOST_POINTS} points; draw them less finely", rule="R-PLAN-21")
    fence = Fence(segments)
    return Ways(open=opened, closed=frozenset(closed), fence=fence, only=only, sha256=sha256(data).hexdigest())


def _fault(columns: list[str], cells: list[str], known: set[str]) -> str | None:
    """Why a row cannot be read, if so."""
    if len(cells) != len(columns):
        return f"{len(cells)} fields where the header has {len(columns)}"
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    if row.get("line"):
        return _line_fault(row)
    for column in _NAMED:
        if row[column] not in known:
            return f"column {column}: no place of the census has the id {row[column]!r}"
    if row["from"] == row["to"]:
        return "a way from a place to itself"
    if row.get("state", "").lower() not in _STATES:
        return f"column state: {row['state']!r} is neither open nor closed"
    if row.get("minutes") and not _MINUTES.fullmatch(row["minutes"]):
        return f"column minutes: {row['minutes']!r} is not a whole number"
    return None


def _line_fault(row: dict[str, str]) -> str | None:
    if any(value for column, value in row.items() if column != "line"):
        return "a row with a line names no places, minutes or state"
    try:
        parse_line(row["line"])
    except ValueError as wrong:
        return f"column line: {wrong}"
    return None
