"""The four kinds of fault, under one base.

``Malformed``: does not parse, or is not the canonical form.
``Forged``:    parses, but a hash, a signature or a proof fails.
``Refused``:   authentic, but a numbered rule forbids it.
``Missing``:   not at hand; normal when cut off, never a crash.

Each says where it happened, which rule it breaks, and what was expected. The text is one plain sentence in English; the
faces translate by ``rule`` where a person reads it.
"""

from __future__ import annotations

import unicodedata

_TURNS = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


class Fault(Exception):
    """Something is wrong with what was read or asked.

    ``text``  what is wrong, what was expected, and what to do next.
    ``where`` the place: a file, a line, ``event 7``, ``act 12``; empty when the caller knows it better.
    ``rule``  the id of the numbered rule, such as ``R-ACT-3``; empty where no numbered rule speaks of it.
    """

    def __init__(self, text: str, *, where: str = "", rule: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.where = where
        self.rule = rule

    def at(self, where: str) -> Fault:
        """The same fault, placed: ``where`` is put before any place it already names."""
        self.where = f"{where}: {self.where}" if self.where else where
        return self

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        tail = f" [{self.rule}]" if self.rule else ""
        return f"{head}{self.text}{tail}"


class Malformed(Fault):
    """The bytes do not parse, or are not the one canonical form."""


class Forged(Fault):
    """A hash, a signature or a proof does not hold."""


class Refused(Fault):
    """Authentic, and forbidden by a numbered rule."""


class Missing(Fault):
    """Something needed is not at hand; nothing is known to be wrong."""


def plain(text: str) -> str:
    """Strangers' words, safe to print: all is escaped that could move the cursor, begin a line, or turn the writing.

    A fault quotes names and fields that they chose. Letters of every script, and the joiners they need, stay.
    """
    return "".join(_escape(character) if _is_active(character) else character for character in text)


def _is_active(character: str) -> bool:
    return character in _TURNS or unicodedata.category(character) in ("Cc", "Cs")


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
