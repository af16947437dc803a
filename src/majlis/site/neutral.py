"""Record text made harmless to read: no control characters, no bidirectional overrides, no towers of marks.

Whoever signs an act chooses its words. Escaping keeps them from becoming markup; this keeps them from reordering or
covering the words around them. Joiners that Persian, Kurdish and Urdu need are kept.
"""

from __future__ import annotations

import unicodedata
from typing import Final, Literal

from markupsafe import Markup

MARKS: Final = 4
"""At most so many combining marks on one letter; vowelled Arabic needs three."""

_REPLACED: Final = "\ufffd"
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def neutral(text: str) -> str:
    """The text with controls, overrides and unassigned signs replaced by �, and a letter's marks beyond four cut."""
    if text.isascii() and text.isprintable():
        return text
    kept = []
    marks = 0
    for sign in text:
        category = unicodedata.category(sign)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MARKS:
            continue
        if sign in _BIDI or (category in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") and sign not in "\n\t"):
            kept.append(_REPLACED)
        else:
            kept.append(sign)
    return "".join(kept)


def finalize(value: object) -> object:
    """For the templates: what they print is neutral, unless a template made it itself."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return neutral(value)
    return value


def shorten(text: str, most: int) -> str:
    """At most ``most`` signs on one line; what was cut shows as an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def lines(data: bytes, most: int) -> tuple[tuple[str, ...], bool]:
    """The prose of a blob as lines of plain text, and whether anything was left off after ``most`` signs."""
    text = data.decode("utf-8", "replace")
    parts = (" ".join(part.split()) for part in text[:most].splitlines())
    return tuple(part for part in parts if part), len(text) > most


def direction_of(text: str) -> Literal["ltr", "rtl"]:
    """The way most letters of a text run."""
    ways = [unicodedata.bidirectional(sign) for sign in text]
    return (
        "rtl" if 2 * sum(way in ("R", "AL") for way in ways) > sum(way in ("R", "AL", "L") for way in ways) else "ltr"
    )
