"""What is in force, in words, and the words by which people name it: for ``majlis in-force``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from majlis.cli.words import key_in_words

if TYPE_CHECKING:
    from majlis.host.folder import Folder
    from majlis.institutions import State

__all__ = ["in_words", "matching"]

_PREFIX: Final = 4
"""A word of fewer letters is said in full."""
_TOKEN: Final = re.compile(r"[\w.-]+")


def matching(folder: Folder, state: State, lines: Sequence[str], what: Sequence[str]) -> list[tuple[str, str]]:
    """The statements whose line has all these words, with their lines. A kind in front means that kind alone."""
    kind, rest = (what[0], what[1:]) if what and what[0] in _WORDS else ("", what)
    rows = [(line, in_words(line, state, folder.slug)) for line in lines if not kind or line.startswith(f"{kind} ")]
    return [row for row in rows if _fits(f"{row[0]} {row[1]}", rest)]


def _fits(line: str, what: Sequence[str]) -> bool:
    there = _TOKEN.findall(line.casefold())
    wanted = [word for each in what for word in _TOKEN.findall(each.casefold())]
    return all(any(_is(word, each) for each in there) for word in wanted)


def _is(word: str, found: str) -> bool:
    return word == found or (len(word) >= _PREFIX and found.startswith(word))


def in_words(statement: str, state: State | None = None, slug: Callable[[str], str] | None = None) -> str:
    """A statement as people say it. ``state`` and ``slug``, where a record is at hand: they know names and numbers."""
    kind, _, rest = statement.partition(" ")
    parts = rest.split(" ")
    say = _WORDS.get(kind)
    if say is None or len(parts) < say.count("{"):
        return statement
    told = [_said(part, state, slug) for part in parts]
    text = say.format(*told)
    if kind == "seat" and state is not None and parts[0] in state.bodies:
        names = [seat.name for seat in state.bodies[parts[0]].held if seat.key == parts[1] and seat.ended is None]
        text = f"{text}, elected as {names[-1]}" if names else text
    return f"{kind}: {text}"


_WORDS: Final = {
    "body": "{0} is of the kind {1}",
    "charter": "its charter is the one with the hash {0}",
    "log": "its record is signed by {0}",
    "confirmed": "its members confirmed its founding: {0}",
    "moved": "its record was moved by {0}, which is {1}",
    "forked": "its log signed two histories, as {0} shows, and nothing new binds until that is settled",
    "charter-key": "{0} is one of its charter keys",
    "office": "the office {0} is held by {1}",
    "roll": "its roll of members is {0}",
    "census": "its census is {0} inhabitants, {1}",
    "decision": "{0} binds, a decision on the motion {1}",
    "election": "the ballot announced by {0} is {1}",
    "result": "the ballot announced by {0} has its result",
    "recalled": "the delegate {0} is recalled from the assembly {1}",
    "joined": "it is a member of the assembly {0}",
    "member": "{0} is a member of it; its seats: {1}",
    "seat": "{1} sits in it for {0}",
    "fund": "its fund holds {1} {0}",
}
_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")


def _said(part: str, state: State | None, slug: Callable[[str], str] | None) -> str:
    """A word of a statement; an id as its first words, and with what is known of it."""
    if not _HEX64.match(part):
        return part.partition("+")[0].replace("_", " ")
    short = key_in_words(part)
    if state is not None and part in state.acts and part != state.identity:
        return f"act {state.acts[part].index} ({part[:8]})"
    named = slug(part) if slug is not None else ""
    return f"{named} {short}" if named and named != part[:12] else short
