"""A file on paper: one code where it is small, a numbered series of codes where it is not.

    MJ <tag: 2> <parts: 2> <number: 2> <text>         in QR's alphanumeric mode; header of 8 characters

``parts`` and ``number`` are base 36 with the digits 0-9 and A-Z, so a series has 1 to 1,295 codes, numbered from 00.
The tag is the same on all codes of one series, and tells two series in one pile apart. The texts in order are

    base32 without padding of   zlib( SHA-256(file)[:8] || file )

so that the codes can be read in any order, by any reader, and typed by hand where none works.
"""

from __future__ import annotations

import re
import zlib
from base64 import b32decode, b32encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from majlis.errors import Forged, Malformed, Missing

__all__ = ["MAX_STATIC", "format_series", "is_series", "parse_series"]

MAX_STATIC: Final = 1200
"""The most bytes of a file that is one code: version 29 at error correction M, which phones still read from paper."""

_PART: Final = 900
_MAX_PARTS: Final = 36 * 36 - 1
_MAX_FILE: Final = 4 * 2**20
_CHECK: Final = 8
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE: Final = re.compile("MJ([0-9A-Z]{2})([0-9A-Z]{2})([0-9A-Z]{2})([A-Z2-7]{1,2000})")


def _two(number: int) -> str:
    return _DIGITS[number // 36] + _DIGITS[number % 36]


def format_series(data: bytes, *, part: int = _PART) -> tuple[str, ...]:
    """The codes of the file, each with at most ``part`` characters behind its header.

    Raises: Malformed, when it is too large for a series.
    """
    digest = sha256(data).digest()
    text = b32encode(zlib.compress(digest[:_CHECK] + data, 9)).decode().rstrip("=")
    pieces = [text[at : at + part] for at in range(0, len(text), part)]
    if len(data) > _MAX_FILE or len(pieces) > _MAX_PARTS:
        raise Malformed(
            f"this file needs {len(pieces)} codes, and a series has at most {_MAX_PARTS}; carry it as a bundle",
            rule="R-SERIES-1",
        )
    tag = _two(int.from_bytes(digest[:2], "big") % (36 * 36))
    return tuple(f"MJ{tag}{_two(len(pieces))}{_two(number)}{piece}" for number, piece in enumerate(pieces))


def is_series(text: str) -> bool:
    """Whether the text of a code looks like one of a series."""
    return _CODE.fullmatch(text.strip()) is not None


def _parts(codes: Iterable[str]) -> Iterator[tuple[str, int, int, str]]:
    for code in codes:
        match = _CODE.fullmatch(code.strip())
        if match is None:
            raise Malformed(f"this is no code of a series: {code.strip()[:30]!r}; read it again", rule="R-SERIES-1")
        parts, number = int(match[2], 36), int(match[3], 36)
        if number >= parts or parts > _MAX_PARTS:
            raise Malformed(f"a code says that it is number {number} of {parts}", rule="R-SERIES-1")
        yield match[1], parts, number, match[4]


def parse_series(codes: Iterable[str]) -> bytes:
    """The file that the codes of one series give, in any order and however often each was read.

    Raises: Malformed, for what is no code, or codes of two series; Missing, naming the numbers that are lacking;
    Forged, when the whole is not the file that the codes were made from.
    """
    found: dict[int, str] = {}
    series: set[tuple[str, int]] = set()
    for tag, parts, number, text in _parts(codes):
        series.add((tag, parts))
        if len(series) > 1 or found.setdefault(number, text) != text:
            raise Malformed(
                "these codes are of two different series; sort them by the two characters after MJ", rule="R-SERIES-2"
            )
    if not series:
        raise Missing("there is no code here; read the first one", rule="R-SERIES-2")
    ((_, count),) = series
    lacking = [str(number + 1) for number in range(count) if number not in found]
    if lacking:
        shown = ", ".join(lacking[:20]) + (" and more" if len(lacking) > 20 else "")
        raise Missing(f"{len(lacking)} of {count} codes are lacking: {shown}", rule="R-SERIES-2")
    return _unpack("".join(found[number] for number in range(count)))


def _unpack(text: str) -> bytes:
    try:
        packed = b32decode(text + "=" * (-len(text) % 8))
        inflate = zlib.decompressobj()
        whole = inflate.decompress(packed, _MAX_FILE + _CHECK + 1)
    except (ValueError, zlib.error):
        raise Forged("the codes together give no file; one was misread", rule="R-SERIES-2") from None
    check, data = whole[:_CHECK], whole[_CHECK:]
    if not inflate.eof or inflate.unused_data or sha256(data).digest()[:_CHECK] != check:
        raise Forged(
            "the codes together give another file than they were made from; one was misread", rule="R-SERIES-2"
        )
    return data
