"""A QR code as one SVG path: dark squares joined along each row."""

from __future__ import annotations

import segno
from msgspec import Struct

QUIET = 4
"""The light margin that scanners need, in squares."""


class Qr(Struct, frozen=True, kw_only=True):
    """``side``: squares on a side, margin included. ``path``: what an SVG path with a stroke of one square draws."""

    side: int
    path: str


def identity_text(identity: str) -> str:
    """What the code says: all 256 bits, in the capitals that QR packs well: ``MAJLIS:`` and 64 hex digits."""
    return f"MAJLIS:{identity.upper()}"


def draw(identity: str) -> Qr:
    """The code of an identity, correcting up to 15 % of damage."""
    code = segno.make(identity_text(identity), error="m", micro=False, boost_error=False)
    steps = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                steps.append(f"M{x + QUIET} {y + QUIET}.5h{run - x}")
            x = run + 1
    return Qr(side=len(code.matrix) + 2 * QUIET, path="".join(steps))
