"""Cosignatures from a bundle put below the checkpoint that lies in a public folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from majlis.errors import Fault
from majlis.host.incoming import Incoming
from majlis.host.layout import CHECKPOINT
from majlis.host.publish import publish_file
from majlis.host.reader import PublicFolder
from majlis.host.unzip import Archive
from majlis.record import (
    CosignerKey,
    Note,
    SignatureLine,
    check_note,
    format_note,
    parse_note,
    parse_signature_line,
)

__all__ = ["merge_cosignatures"]

_MAX_NOTE: Final = 1_000_000
_MAX_COSIGNATURES: Final = 2**16
_MAX_LINES: Final = 100


def merge_cosignatures(
    archive: Archive, folder: PublicFolder, incoming: Incoming, cosigners: Sequence[CosignerKey]
) -> int:
    """The checkpoint in the folder bears every line known of it, each cosigner's newest; returns how many are new.

    Only lines of cosigners that act 0 or the receiver names, and that hold, are added: lines of others say nothing, and
    would use up the room that a note has.
    """
    place = f"{incoming.base}/{CHECKPOINT}"
    note = parse_note(folder.read(place, _MAX_NOTE))
    keys = {(key.name, key.key_id): key for key in (*incoming.cosigners, *cosigners)}
    lines = {(line.name, line.key_id): line for line in reversed(note.signatures)}
    order = dict.fromkeys((line.name, line.key_id) for line in note.signatures)
    added = 0
    for line in _lines(archive, incoming, note):
        key = keys.get((line.name, line.key_id))
        if key is None or not _holds(key, note.text, line):
            continue
        before = lines.get((line.name, line.key_id))
        if before is None or before.signature[:8] < line.signature[:8]:
            lines[line.name, line.key_id] = line
            order.setdefault((line.name, line.key_id))
            added += 1
    if added:
        ranked = sorted(order, key=lambda name: name[0] != incoming.origin and name not in keys)
        signatures = tuple(lines[name] for name in ranked[:_MAX_LINES])
        publish_file(folder.path, place, format_note(Note(text=note.text, signatures=signatures)))
    return added


def _lines(archive: Archive, incoming: Incoming, note: Note) -> Iterator[SignatureLine]:
    """All lines at hand below this very checkpoint."""
    for other in map(parse_note, incoming.notes):
        if other.text == note.text:
            yield from other.signatures
    size = note.text.split("\n")[1]
    with suppress(Fault, UnicodeDecodeError):
        text = archive.read(f"witness/{incoming.base}-{size}.cosig", _MAX_COSIGNATURES).decode()
        for line in text.splitlines():
            yield parse_signature_line(line)


def _holds(key: CosignerKey, text: str, line: SignatureLine) -> bool:
    try:
        check_note(Note(text=text, signatures=(line,)), [key])
    except Fault:
        return False
    return True
