"""Ballot files of any known format, told by what they hold and not by their name (R-COUNT-1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from majlis.count.blt import format_blt, parse_blt
from majlis.count.csv_profile import format_csv, parse_csv
from majlis.count.preflib import KINDS, format_preflib, parse_preflib
from majlis.count.profile import Profile
from majlis.count.source import Source, shown
from majlis.errors import Malformed

FORMATS = ("csv", "blt", *KINDS)
_CSV = re.compile(rb"[0-9]+\s*,")
_BLT = re.compile(rb"[0-9]+\s+[0-9]+(\s*#.*)?")
_PREFLIB = re.compile(rb"#\s*[A-Z][A-Z ]*[A-Z](?: [0-9]+)?\s*:")


def parse_profile(pieces: Iterable[bytes]) -> Profile:
    """The profile in a ballot file, given piece by piece; pieces of a mebibyte are best.

    Cost: in proportion to the file in time, and to its different lines in memory.

    Raises:
        Malformed: it is none; the text names the line.
    """
    source = Source(pieces)
    first = source.line()
    if first is None:
        raise Malformed("the file is empty; expected ballots as CSV profile, BLT or PrefLib", rule="R-COUNT-1")
    source.begin()
    source.back(first)
    if _PREFLIB.match(first):
        return parse_preflib(source)
    if first.startswith(b"#") or _BLT.fullmatch(first):
        return parse_blt(source)
    if not _CSV.match(first):
        source.fail(
            f"a ballot file does not begin with {shown(first)}; expected candidates and seats, such as 12,4 (CSV "
            "profile) or 12 4 (BLT), or the # lines of PrefLib",
            line=source.number + 1,
        )
    return parse_csv(source)


def format_profile(profile: Profile, form: str) -> Iterator[str]:
    """The lines of a ballot file in one of ``FORMATS``, each with its newline.

    Raises:
        Malformed: the format is not known, or cannot say what the profile holds.
    """
    for kind in KINDS:
        if form == kind:
            return format_preflib(profile, kind)
    if form == "csv":
        return format_csv(profile)
    if form == "blt":
        return format_blt(profile)
    raise Malformed(f"no ballot format {form!r}; known are {', '.join(FORMATS)}", rule="R-COUNT-1")
