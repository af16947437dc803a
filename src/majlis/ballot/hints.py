"""Hints: a file beside a box with which the native engine verifies its ballots many at once. They are never trusted.

    "majlis-hints-1\\n\\0" ++ SHA-256(election.json) ++ SHA-256(credential list)
        ++ points (4) ++ zeros (4) ++ voters (8) ++ root (64) for each voter ++ hint for each ballot, then each shuffle
    hint = SHA-256(payload) ++ root (64) for each of its points
    root = x ++ y of Q with 8*Q = P; 32 bytes each, numbers little-endian

Hint j belongs to ballot j of the box; where it is zero, absent or of another ballot, that ballot is verified by itself.
The file only grows, as its box does. A wrong hint costs time and decides nothing (R-HINT-2).

Source: ``spec/hints.md``. Rules R-HINT-1, R-HINT-2.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

__all__ = ["HINTS_HEADER", "Hints", "ReadAt", "format_hints_header"]

ReadAt = Callable[[int, int], bytes]
"""``read(offset, size)``: so many bytes of a file from there, or as many as it has."""

_MAGIC: Final = b"majlis-hints-1\n\0"
_HEADER: Final = Struct("<16s32s32sIIQ")
_ROOT: Final = 64

HINTS_HEADER: Final = _HEADER.size
"""The size of what comes before the voters' roots."""


def format_hints_header(*, election: bytes, credentials: bytes, points: int, voters: int) -> bytes:
    """The beginning of a file of hints. ``election``, ``credentials``: SHA-256; ``points``: in a hint."""
    return _HEADER.pack(_MAGIC, election, credentials, points, 0, voters)


class Hints:
    """The hints of one box, read as they are needed.

    ``problem``: why they are not used, or "".
    """

    def __init__(self, read: ReadAt, *, election: bytes, credentials: bytes, points: int) -> None:
        self._read = read
        self._size = 32 + _ROOT * points
        self._voters = 0
        found = read(0, HINTS_HEADER)
        self.problem = "this is no file of hints of version 1"
        if len(found) == HINTS_HEADER and found.startswith(_MAGIC):
            self._voters = _HEADER.unpack(found)[5]
            expected = format_hints_header(
                election=election, credentials=credentials, points=points, voters=self._voters
            )
            self.problem = "" if found == expected else "these hints are for another election, or other voters"

    def of_voters(self, voters: int) -> bytes:
        """A root for each voter; empty where they are not all there."""
        if self.problem or voters != self._voters:
            return b""
        roots = self._read(HINTS_HEADER, _ROOT * voters)
        return roots if len(roots) == _ROOT * voters else b""

    def of_ballots(self, first: int, count: int) -> bytes:
        """A hint for each of these ballots, zeros where there is none; empty where there is none at all."""
        start = HINTS_HEADER + _ROOT * self._voters + self._size * first
        found = b"" if self.problem else self._read(start, self._size * count)
        return found.ljust(self._size * count, b"\0") if found else b""

    def of_shuffle(self, ballots: int, after: int, digest: bytes, size: int) -> bytes:
        """The roots of a shuffle's points, ``size`` bytes; empty where they are not there, or of another shuffle.

        ``ballots``: how many the box has; ``after``: how far behind their hints it stands.
        """
        start = HINTS_HEADER + _ROOT * self._voters + self._size * ballots + after
        found = b"" if self.problem else self._read(start, 32 + size)
        return found[32:] if len(found) == 32 + size and found.startswith(digest) else b""
