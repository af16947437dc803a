"""What strangers wrote, made safe to print on a terminal."""

from __future__ import annotations

import unicodedata

_TURNS = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def plain(text: str) -> str:
    """The text with everything escaped that could move the cursor, begin a line, or turn the writing around.

    Letters of every script, and the joiners they need, stay.
    """
    return "".join(_escape(character) if _is_active(character) else character for character in text)


def _is_active(character: str) -> bool:
    return character in _TURNS or unicodedata.category(character) in ("Cc", "Cs")


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
