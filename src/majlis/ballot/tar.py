"""The outer form of a ballot box: a V7 tar in which every byte is prescribed.

    record = 512-byte header ++ payload ++ zeros up to a multiple of 512; the file ends after the last one

    offset  header (all other bytes zero)
         0  name, below 100 bytes
       100  "0000644" NUL "0000000" NUL "0000000" NUL
       124  payload size, 11 octal digits NUL
       136  timestamp, 11 octal digits NUL: the same in every record, so that cast times do not leak
       148  checksum, 6 octal digits NUL SPACE: sum of the 512 bytes with these 8 taken as spaces
       156  "0"

The first record is ``BELENIOS``; the others are ``<SHA-256>.data.json`` and ``<SHA-256>.event.json``. There are no two
zero blocks at the end: the box only grows, and every earlier box is a prefix of it.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 13. Rules R-BOX-1 to R-BOX-5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from majlis.ballot.wire import decode, encode, ruled
from majlis.errors import Fault, Forged, Malformed, Refused

__all__ = ["Source", "TarRecord", "format_first_record", "format_record", "looks_like_archive", "read_records"]

BLOCK: Final = 512
FIRST_NAME: Final = "BELENIOS"
_OWNER_FIELDS: Final = b"0000644\x000000000\x000000000\x00"
_NAME: Final = re.compile(r"([0-9a-f]{64})\.(data|event)\.json", re.ASCII)
_OCTAL: Final = re.compile(rb"[0-7]{11}\x00")
_LARGEST: Final = 8**11


class TarRecord(NamedTuple):
    """One record after the first: what kind it is, the hash that names it, its payload, and where it stands."""

    kind: str
    hash: str
    payload: bytes
    offset: int
    end: int
    timestamp: int


class Format(msgspec.Struct, frozen=True):
    """The payload of the first record. Older tools wrote the timestamp as an integer."""

    version: int
    timestamp: str | int


def format_record(name: str, payload: bytes, timestamp: int) -> bytes:
    """The record as it stands in the box. ``timestamp``: Unix seconds UTC.

    Raises: Refused, when name, size or timestamp do not fit their fields.
    """
    return _format_header(name.encode(), len(payload), timestamp) + payload + bytes(-len(payload) % BLOCK)


def format_first_record(timestamp: int) -> bytes:
    """The record that begins every box: ``{"version":1,"timestamp":"<seconds>"}``."""
    return format_record(FIRST_NAME, encode(Format(1, str(timestamp))), timestamp)


def looks_like_archive(start: bytes) -> bool:
    """Whether the first bytes are those of a ballot box, even one with a damaged byte; cheap, and safe to ignore."""
    return len(start) >= BLOCK and (start[:9] == b"BELENIOS\0" or start[100:124] == _OWNER_FIELDS)


def read_records(archive: bytes | Iterable[bytes] | Source) -> Iterator[TarRecord]:
    """The records after the first, each checked in form and name.

    ``archive``: the whole box, or its bytes in pieces of any size; at most one record is held. Of a ``Source`` the
    caller may skip whole records between two steps.
    Raises: the first fault there is, with its rule and ``where`` it stands.
    """
    source = archive if isinstance(archive, Source) else Source(archive)
    timestamp: int | None = None
    while header := source.take(BLOCK):
        offset = source.taken - len(header)
        where = f"the record at byte {offset}"
        name, size, stamp = _parse_header(header, where)
        payload = source.take(size)
        padding = source.take(-size % BLOCK)
        if len(payload) < size or len(padding) < -size % BLOCK:
            raise Malformed(
                f"the file ends inside this record: {size} bytes and their padding were to come; copy it again whole",
                where=f"{where}, {name}",
                rule="R-BOX-3",
            )
        if any(padding):
            raise Malformed("the padding must be zero", where=f"{where}, {name}", rule="R-BOX-2")
        if timestamp is None:
            _check_first(name, payload, stamp, where)
            timestamp = stamp
            continue
        if stamp != timestamp:
            raise Forged(
                "every record carries the timestamp of the first, this one another: it would tell when it was cast",
                where=f"{where}, {name}",
                rule="R-BOX-4",
            )
        kind, digest = _check_name(name, payload, where)
        yield TarRecord(kind, digest, payload, offset, source.taken, stamp)
    if timestamp is None:
        raise Malformed("the file is empty; copy the box again", where="byte 0", rule="R-BOX-3")


def _format_header(name: bytes, size: int, timestamp: int) -> bytes:
    if len(name) >= 100 or not 0 <= size < _LARGEST or not 0 <= timestamp < _LARGEST:
        raise Refused("name, size or timestamp do not fit the header of a record", rule="R-BOX-1")
    start = name.ljust(100, b"\0") + _OWNER_FIELDS + b"%011o\0%011o\0" % (size, timestamp)
    checksum = sum(start) + 8 * ord(" ") + ord("0")
    return (start + b"%06o\0 0" % checksum).ljust(BLOCK, b"\0")


def _parse_header(header: bytes, where: str) -> tuple[str, int, int]:
    if len(header) < BLOCK:
        raise Malformed("the file ends inside a header; copy it again whole", where=where, rule="R-BOX-3")
    if not any(header):
        raise Malformed("zeros follow the last record; a box ends without them", where=where, rule="R-BOX-3")
    name = header[:100].rstrip(b"\0")
    if not (_OCTAL.fullmatch(header[124:136]) and _OCTAL.fullmatch(header[136:148]) and name.isascii()):
        raise Malformed("the header has no size or no timestamp in octal digits", where=where, rule="R-BOX-1")
    size, timestamp = int(header[124:135], 8), int(header[136:147], 8)
    if header != _format_header(name, size, timestamp):
        raise Malformed(
            "the header is not the one that its name, size and timestamp prescribe", where=where, rule="R-BOX-1"
        )
    return name.decode(), size, timestamp


def _check_first(name: str, payload: bytes, stamp: int, where: str) -> None:
    if name != FIRST_NAME:
        raise Malformed(f"a box begins with {FIRST_NAME}, not with {name!r}", where=where, rule="R-BOX-4")
    try:
        form = decode(Format, payload, "the first record")
    except Fault as fault:
        raise ruled(fault, "R-BOX-4", where) from None
    if form.version != 1:
        raise Refused(f"this program reads boxes of version 1, not {form.version}", where=where, rule="R-BOX-4")
    if str(form.timestamp) != str(stamp):
        raise Forged(f"the header says {stamp} where the payload says {form.timestamp!r}", where=where, rule="R-BOX-4")


def _check_name(name: str, payload: bytes, where: str) -> tuple[str, str]:
    """``data`` or ``event``, and the hash."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise Malformed(f"no record of a box has the name {name!r}", where=where, rule="R-BOX-10")
    if sha256(payload).hexdigest() != match[1]:
        raise Forged(
            "the payload is not the one that its name is the hash of", where=f"{where}, {name}", rule="R-BOX-5"
        )
    return match[2], match[1]


class Source:
    """Bytes in pieces of any size, taken in pieces of the size that is needed. ``taken``: how many so far."""

    def __init__(self, archive: bytes | Iterable[bytes]) -> None:
        self._pieces = iter([archive] if isinstance(archive, bytes) else archive)
        self._piece = b""
        self._at = 0
        self.taken = 0

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes, or as many as are left."""
        parts, lacking = [], size
        while lacking:
            if self._at == len(self._piece):
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._piece, self._at = piece, 0
                continue
            part = self._piece[self._at : self._at + lacking]
            parts.append(part)
            self._at += len(part)
            lacking -= len(part)
        self.taken += size - lacking
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def view(self, size: int) -> tuple[bytes, int]:
        """At least ``size`` of the next bytes, or all that are left, and where in them they begin; none is taken."""
        parts, held = [], len(self._piece) - self._at
        while held < size and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            held += len(piece)
        if parts:
            self._piece, self._at = b"".join([self._piece[self._at :], *parts]), 0
        return self._piece, self._at

    def skip(self, size: int) -> None:
        """So many bytes of the last view are taken."""
        self._at += size
        self.taken += size
