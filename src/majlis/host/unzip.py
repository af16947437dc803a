"""A ZIP file read as the stream of its members, front to back, believing nothing.

    local header, name, data | local header, name, data | … | central directory

Members are found by their local headers, so that a file whose end is lost still gives what came before. Where the
central directory is there, it must list the very same members: other programs read that one, and two readers of one
file must not see two things.

Refused before anything is unpacked: links, devices, absolute paths and ``..``, two members of one name (also where only
capitals differ), encryption, sizes that are written after the data, and contents that unpack to far more than a file of
this size can honestly hold.

A table of contents of more than 65,535 members ends in the ZIP64 way, and is read; sizes and places never need it, as
a bundle has less than 2 GiB.

Source: the ZIP format (APPNOTE 6.3.10), sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16; only methods 0 (stored) and 8
(deflate).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from majlis.errors import Malformed, Missing, Refused
from majlis.host.layout import check_path

__all__ = ["Archive", "Member", "open_archive"]

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL_SIGN, _CENTRAL_SIGN, _END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END: Final = struct.Struct("<4s4H2LH")
_LONG_END: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_LONG_END_SIGN, _LOCATOR_SIGN = b"PK\x06\x06", b"PK\x06\x07"
_MANY: Final = 0xFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _SIZES_AFTER = 0x0001, 0x0008
_ZIP64: Final = 0xFFFFFFFF
_MAX_MEMBERS: Final = 1_000_000
_MAX_FILE: Final = 2**31
_MAX_WHOLE: Final = 2**33
_SMALL: Final = 2**20
_MAX_RATIO: Final = 200
_CHUNK: Final = 1 << 16


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file in the archive. ``at``: where its data start."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    at: int


class Archive:
    """An archive whose members were listed. ``is_whole``: its central directory was there, and agreed."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self.path = path
        self.members: dict[str, Member] = {}
        self.is_whole = False
        self.lost = ""
        """What is lost at the end, for people; empty where nothing is."""

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a member of at most ``limit`` bytes. Raises: Missing, Malformed."""
        member = self._member(name)
        if member.size > limit:
            raise Malformed(
                f"this member has {member.size} bytes, more than the {limit} of its kind",
                where=name,
                rule="R-BUNDLE-2",
            )
        return b"".join(self.pieces(name))

    def _member(self, name: str) -> Member:
        member = self.members.get(name)
        if member is None:
            raise Missing("this member is not in the bundle", where=name, rule="R-BUNDLE-1")
        return member

    def pieces(self, name: str) -> Iterator[bytes]:
        """The member's bytes, piece by piece; its checksum is known to be right only after the last one.

        Raises: Missing, where there is none; Malformed, when it was damaged on its way.
        """
        member = self._member(name)
        crc, count = 0, 0
        for piece in self._unpacked(member):
            crc, count = zlib.crc32(piece, crc), count + len(piece)
            if count > member.size:
                break
            yield piece
        if (crc, count) != (member.crc, member.size):
            raise self._damage(member)

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == _DEFLATED else None
        at, left = member.at, member.packed
        while left:
            self._file.seek(at)
            piece = self._file.read(min(left, _CHUNK))
            if not piece:
                raise self._damage(member)
            at, left = at + len(piece), left - len(piece)
            if inflate is None:
                yield piece
                continue
            try:
                # What comes after the end of the stream stays in its tail for ever; it is damage, found below.
                while piece and not inflate.eof:
                    yield inflate.decompress(piece, _CHUNK)
                    piece = inflate.unconsumed_tail
            except zlib.error:
                raise self._damage(member) from None
            if piece:
                raise self._damage(member)
        if inflate is not None:
            yield inflate.flush()
            if not inflate.eof or inflate.unused_data:
                raise self._damage(member)

    def _damage(self, member: Member) -> Malformed:
        return Malformed(
            "this member was damaged on its way; take the bundle from its source again",
            where=member.name,
            rule="R-BUNDLE-2",
        )


def open_archive(path: Path) -> Archive:
    """The archive with its members listed; nothing is unpacked yet.

    Raises: Missing, where there is no file; Malformed, when it is no such archive at all, or two programs would read
    two things from it; Refused, for what only an attack makes.
    """
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise Missing("there is no such file; look at the name", where=str(path)) from None
    archive = Archive(file, path)
    try:
        _list(archive, file)
    except (Malformed, Refused) as fault:
        file.close()
        raise fault.at(path.name) from None
    except BaseException:
        file.close()
        raise
    return archive


def _list(archive: Archive, file: BinaryIO) -> None:
    end = file.seek(0, 2)
    if end > _MAX_FILE:
        raise Refused(f"a bundle has at most {_MAX_FILE} bytes, this one {end}; ask for two", rule="R-BUNDLE-2")
    at, unpacked, seen = 0, 0, set[str]()
    while True:
        file.seek(at)
        head = file.read(_LOCAL.size)
        if head[:4] != _LOCAL_SIGN or len(head) < _LOCAL.size:
            break
        member = _local(file, head, at)
        if member is None or member.at + member.packed > end:
            name = member.name if member else "a member"
            archive.lost = f"the file ends inside {name}"
            return
        if member.name.casefold() in seen:
            raise Refused(f"two members are called {member.name[:100]!r}", rule="R-BUNDLE-2")
        seen.add(member.name.casefold())
        unpacked += member.size
        _check_growth(member, unpacked, len(seen))
        archive.members[member.name] = member
        at = member.at + member.packed
    if not archive.members:
        raise Malformed(
            "this is no bundle: it does not start as a ZIP file does, or nothing of it arrived", rule="R-BUNDLE-1"
        )
    _compare(archive, file, at, head)


def _local(file: BinaryIO, head: bytes, at: int) -> Member | None:
    """The member whose local header starts at ``at``; None where the file ends inside its name."""
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack(head)
    raw = file.read(name_size)
    if len(raw) != name_size:
        return None
    name = _name(raw)
    if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
        raise Refused(
            "a member is encrypted, or packed in a way that bundles do not use", where=name, rule="R-BUNDLE-2"
        )
    if flags & _SIZES_AFTER or _ZIP64 in (packed, size):
        raise Refused(
            "another program packed this file anew, and its members cannot be read one after another; take the bundle "
            "as it was made, or unpack this one and use the folder",
            where=name,
            rule="R-BUNDLE-2",
        )
    if method == _STORED and packed != size:
        raise Malformed("the sizes of a member that is not packed differ", where=name, rule="R-BUNDLE-2")
    start = at + _LOCAL.size + name_size + extra_size
    return Member(name=name, method=method, crc=crc, packed=packed, size=size, at=start)


def _name(raw: bytes) -> str:
    try:
        name = raw.decode("ascii")
        check_path(name)
    except (UnicodeDecodeError, Malformed):
        raise Refused(
            f"a member has a name that leads out of the folder, or that not every machine can hold: {raw[:100]!r}",
            rule="R-BUNDLE-2",
        ) from None
    return name


def _check_growth(member: Member, unpacked: int, count: int) -> None:
    if (
        unpacked > _MAX_WHOLE
        or count > _MAX_MEMBERS
        or (member.size > _SMALL and member.size > _MAX_RATIO * member.packed)
    ):
        raise Refused(
            f"this file unpacks to more than a bundle ever holds ({member.size} bytes from {member.packed}); it was "
            "made to fill a disk",
            where=member.name,
            rule="R-BUNDLE-2",
        )


def _compare(archive: Archive, file: BinaryIO, at: int, head: bytes) -> None:
    """The central directory, as far as it is there, lists the members that the local headers gave."""
    if head[:4] != _CENTRAL_SIGN:
        archive.lost = "what follows the last whole member is damaged" if head else "its table of contents is lost"
        return
    table = at
    for member in archive.members.values():
        file.seek(at)
        row = file.read(_CENTRAL.size)
        if len(row) < _CENTRAL.size:
            archive.lost = "its table of contents is cut off"
            return
        sign, _, _, _, method, _, _, crc, packed, size, names, extras, comments, _, _, outside, offset = (
            _CENTRAL.unpack(row)
        )
        name = file.read(names)
        if sign != _CENTRAL_SIGN or len(name) != names:
            archive.lost = "its table of contents is damaged"
            return
        if outside >> 28 not in (0, 8):  # The kind of file in its Unix mode: unsaid, or an ordinary one.
            raise Refused("a bundle holds no links or devices", where=member.name, rule="R-BUNDLE-2")
        ours = (member.name.encode(), member.method, member.crc, member.packed, member.size)
        start = offset + _LOCAL.size + len(member.name)
        if ours != (name, method, crc, packed, size) or not start <= member.at <= start + 65_535:
            raise Refused(
                "its table of contents lists other members than there are: programs would see different files in it",
                where=member.name,
                rule="R-BUNDLE-2",
            )
        at += _CENTRAL.size + names + extras + comments
    file.seek(at)
    last = file.read(_LONG_END.size + _LOCATOR.size + _END.size)
    if last[:4] == _CENTRAL_SIGN:
        raise _others()
    archive.is_whole = _is_end(last, start=table, end=at, count=len(archive.members))
    archive.lost = "" if archive.is_whole else "its table of contents is cut off"


def _is_end(last: bytes, *, start: int, end: int, count: int) -> bool:
    """Whether these bytes end a table of contents that lies from ``start`` to ``end`` and lists ``count`` members.

    Raises: Refused, where they speak of another table.
    """
    is_long = last[:4] == _LONG_END_SIGN
    if is_long:
        tail = last[_LONG_END.size : _LONG_END.size + _LOCATOR.size]
        if len(tail) < _LOCATOR.size:
            return False
        _, size, _, _, disk, first, here, counted, length, place = _LONG_END.unpack(last[: _LONG_END.size])
        sign, other, located, disks = _LOCATOR.unpack(tail)
        if (sign, other, located, disks) != (_LOCATOR_SIGN, 0, end, 1):
            raise _others()
        if (size, disk, first, here, counted, length, place) != (44, 0, 0, count, count, end - start, start):
            raise _others()
        last = last[_LONG_END.size + _LOCATOR.size :]
    if last[:4] != _END_SIGN or len(last) < _END.size:
        return False
    _, _, _, here, counted, length, place, _ = _END.unpack(last[: _END.size])
    said = ((here, _MANY), (counted, _MANY), (length, _ZIP64), (place, _ZIP64))
    true = (count, count, end - start, start)
    if any(says != truth and not (is_long and says == least) for (says, least), truth in zip(said, true, strict=True)):
        raise _others()
    return True


def _others() -> Refused:
    return Refused(
        "its table of contents lists other members than there are: programs would see different files in it",
        rule="R-BUNDLE-2",
    )
