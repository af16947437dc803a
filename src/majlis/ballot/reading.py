"""Boxes and hints in files that somebody else has opened: read in pieces, never as a whole.

A file is anything with ``read`` and ``seek``; nothing here opens one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from majlis.ballot.engine import NativeEngine
from majlis.ballot.hints import ReadAt
from majlis.ballot.report import Report
from majlis.ballot.tar import looks_like_archive
from majlis.ballot.verify import verify_archive
from majlis.errors import Malformed

__all__ = ["ByteFile", "read_hints", "verify_file"]

PIECE: Final = 8 << 20
"""So large that a box of a thousand ballots is one: nothing of it is then copied."""
_FROM_THE_END: Final = 2


class ByteFile(Protocol):
    """What is needed of a file opened for reading bytes."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


def verify_file(file: ByteFile, engine: NativeEngine | None, *, where: str = "") -> Report:
    """The verdict on a box. ``where``: what the file is called. Raises: Malformed, when it is no ballot box."""
    start = file.read(PIECE)
    if not looks_like_archive(start):
        raise Malformed("this is no ballot box: a .bel file begins with a record BELENIOS", where=where)

    def pieces() -> Iterator[bytes]:
        yield start
        while piece := file.read(PIECE):
            yield piece

    return verify_archive(pieces(), native=engine)


def read_hints(file: ByteFile) -> ReadAt:
    """Reads a file of hints anywhere; beyond its end there is nothing."""
    end = file.seek(0, _FROM_THE_END)

    def read_at(offset: int, size: int) -> bytes:
        file.seek(min(offset, end))
        return file.read(size)

    return read_at
