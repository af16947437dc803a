"""A host's signed word that it held an act back, and whether its record keeps that word (R-ACT-14, R-ACT-15).

    majlis-excess/1 <origin>\\nact <id>\\nplace <n>\\nsize <entries>\\ntime <Unix seconds UTC>\\n     a note by the log

At the next tick the host logs all that it held back as one ``act.excess``: the word is kept where the ids in its blob
have this act at this place, or where the record has the act itself. Source: ``spec/host.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from majlis.errors import Forged, Malformed, Missing
from majlis.host.delivery import record_in
from majlis.host.folder import moves_of
from majlis.host.reader import PublicFolder
from majlis.institutions import Act, State, parse_act
from majlis.record import NoteKey, check_note, open_checkpoint, parse_note

__all__ = ["EXCESS", "HeldWord", "check_excess", "check_excess_in", "read_excess"]

EXCESS: Final = b"majlis-excess/1 "
"""What such a word begins with."""

_WORD: Final = re.compile(
    r"majlis-excess/1 ([^\n]+)\nact ([0-9a-f]{64})\nplace ([0-9]{1,18})\nsize ([0-9]{1,18})\ntime ([0-9]{1,18})\n"
)
_MAX_WORD: Final = 100_000
_ID: Final = 32
_TICKS: Final = 3
"""A host that crashed between a tick and the ids logs them at the next one; with the third there is no excuse."""

_RULE: Final = "R-ACT-15"


class HeldWord(msgspec.Struct, frozen=True, kw_only=True):
    """What the word says: with so many entries in the record, this act was held back as number ``place``."""

    origin: str
    act: str
    place: int
    size: int
    time: int
    note: bytes


def read_excess(data: bytes) -> HeldWord:
    """The word in these bytes; its signature is not checked yet. Raises: Malformed."""
    if len(data) > _MAX_WORD:
        raise Malformed("this is too large for a host's word")
    match = _WORD.fullmatch(parse_note(data).text)
    if match is None:
        raise Malformed("this is no host's word that it held an act back", rule="R-ACT-14")
    origin, act, place, size, time = match.groups()
    return HeldWord(origin=origin, act=act, place=int(place), size=int(size), time=int(time), note=data)


def check_excess(
    word: HeldWord, state: State, logs: Sequence[NoteKey], entries: Sequence[bytes], read: Callable[[str], bytes]
) -> int:
    """The record keeps the word; returns where: the place of its ``act.excess``, or of the act itself.

    ``state``: of ``entries``. ``logs``: the keys that sign this record. ``read``: gives the blob with this hash.

    Raises: Forged with R-ACT-15, where the ids that were logged at the next tick do not have the act at its place, or
    three ticks passed without any: the word and the signed record together prove that the host dropped it. Missing,
    where this copy does not tell yet, or the ids are not at hand. Forged, where none of these keys signed the word.
    """
    check_note(parse_note(word.note), [log for log in logs if log.name == word.origin])
    ticks = 0
    for index in range(word.size, state.size):
        act = state.log.get(index, "")
        standing = state.acts.get(act)
        if act == word.act:
            return index
        if standing is None or standing.status != "in-force" or standing.index != index:
            continue
        if standing.kind == "act.excess":
            _check_place(word, parse_act(entries[index]), index, read)
            return index
        if standing.kind == "host.move":
            raise Missing(
                f"the record was moved at place {index}, before what was held back was logged; hand act "
                f"{word.act[:16]} in again, unchanged",
                rule=_RULE,
            )
        ticks += int(standing.kind == "tick")
        if ticks == _TICKS:
            raise Forged(
                f"its host held act {word.act[:16]} back; three ticks came since, and the record has no word of what "
                "was held back: this proves that it was dropped",
                rule=_RULE,
            )
    raise Missing(
        "this copy has no word yet of what was held back, which its host logs at the next tick; look at a newer one",
        rule=_RULE,
    )


def _check_place(word: HeldWord, act: Act, index: int, read: Callable[[str], bytes]) -> None:
    ids = read(str(act.data.get("ids", "")))
    if ids[word.place * _ID :][:_ID].hex() != word.act:
        raise Forged(
            f"its host held act {word.act[:16]} back as number {word.place}, and the ids logged at place {index} have "
            "another there: this proves that it was dropped",
            rule=_RULE,
        )


def check_excess_in(source: Path, word: HeldWord, known: Sequence[NoteKey]) -> int:
    """The same for the record of that log in a public folder; its checkpoint must bear the log's signature too.

    ``known``: keys that the reader names; without any, those that the record itself says. Raises: so; Malformed.
    """
    files, state = record_in(source, word.origin, fold=True)
    named = [log for log in known if log.name == word.origin]
    logs = named or (tuple(moves_of(state)) if state is not None else ())
    if state is None or not logs:
        raise Malformed("this record founds no body, so nothing tells who keeps it", where=str(source))
    open_checkpoint(files.note, *logs)
    return check_excess(word, state, logs, files.entries, PublicFolder(source).blob)
