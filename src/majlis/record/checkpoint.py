"""Checkpoints: the size and the root of a record, signed.

    camp-north.example/log\\n                          origin
    812\\n                                             size
    Xcnae…Qyg=\\n                                      root, base64 of 32 bytes
    \\n
    — camp-north.example/log <base64>\\n               the log's signature, then cosignatures

A log never signs two checkpoints that are inconsistent with each other. Ours carry no extension lines, ever.

Source: c2sp.org/tlog-checkpoint v1.0.0.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from majlis.errors import Forged, Malformed
from majlis.record.note import Note, NoteKey, check_note, decode_base64, encode_base64, parse_note

__all__ = [
    "MAX_SIZE",
    "Checkpoint",
    "format_checkpoint",
    "format_decimal",
    "open_checkpoint",
    "parse_checkpoint",
    "parse_decimal",
    "parse_hash",
]

MAX_SIZE: Final = 2**63 - 1
HASH_SIZE: Final = 32

_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}")


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a log says of itself. ``root``: 32 bytes. ``extensions``: opaque lines without their line feeds."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def parse_decimal(text: str) -> int:
    """An ASCII decimal from 0 to 2^63 - 1: no sign, no leading zero. Raises: Malformed."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise Malformed(
            f"a number is written in plain digits, no sign, no leading zero, below 2^63; got {text[:30]!r}",
            rule="R-CHECKPOINT-1",
        )
    return int(text)


def format_decimal(number: int) -> str:
    """The decimal that ``parse_decimal`` reads. Raises: Malformed, outside of 0 to 2^63 - 1."""
    if not 0 <= number <= MAX_SIZE:
        raise Malformed(f"a size, index or time is from 0 to 2^63 - 1, got {number}", rule="R-CHECKPOINT-1")
    return str(number)


def parse_hash(text: str) -> bytes:
    """The 32 bytes of a hash in base64. Raises: Malformed."""
    digest = decode_base64(text)
    if len(digest) != HASH_SIZE:
        raise Malformed(f"a hash is 32 bytes, got {len(digest)}", rule="R-CHECKPOINT-1")
    return digest


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in the text of a note (without signatures). Raises: Malformed."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or "" in lines:
        raise Malformed(
            "a checkpoint is three or more lines, none of them empty, each closed by a line feed", rule="R-CHECKPOINT-1"
        )
    origin, size, root, *extensions = lines
    return Checkpoint(origin=origin, size=parse_decimal(size), root=parse_hash(root), extensions=tuple(extensions))


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text of the note. Raises: Malformed, when it has a form that ``parse_checkpoint`` would not give back."""
    lines = (
        checkpoint.origin,
        format_decimal(checkpoint.size),
        encode_base64(checkpoint.root),
        *checkpoint.extensions,
    )
    text = "".join(f"{line}\n" for line in lines)
    if parse_checkpoint(text) != checkpoint:
        raise Malformed(
            "this checkpoint does not survive being written: a line is broken in two", rule="R-CHECKPOINT-1"
        )
    return text


def open_checkpoint(data: bytes, *logs: NoteKey) -> tuple[Checkpoint, Note]:
    """The checkpoint in a signed note, signed by the log's own key and naming the log as its origin.

    More than one key may be given where a log changed its key; all bear the origin as their name, and one must sign.

    Cosignatures are left as lines of the note, for ``read_cosignatures``.

    Raises: Malformed, in form; Forged, without the log's signature or with another origin.
    """
    note = parse_note(data)
    signed = check_note(note, logs)
    checkpoint = parse_checkpoint(note.text)
    for log in signed:
        if checkpoint.origin != log.name:
            raise Forged(
                f"this checkpoint is of {checkpoint.origin!r}, and {log.name!r} signed it", rule="R-CHECKPOINT-2"
            )
    return checkpoint, note
