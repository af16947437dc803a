"""Proof files: an entry, its place and the checkpoint it is under, in one text that is checked offline.

    c2sp.org/tlog-proof@v1\\n
    [extra <base64>\\n]                  not authenticated
    index <decimal>\\n
    <base64 hash>\\n                     none or more, from the leaf to the root
    \\n
    <checkpoint note>

What a receipt, a printed bulletin and a certificate carry.

Source: c2sp.org/tlog-proof.
"""

from __future__ import annotations

from typing import Final

import msgspec

from majlis.errors import Malformed
from majlis.record.checkpoint import Checkpoint, format_decimal, open_checkpoint, parse_decimal, parse_hash
from majlis.record.merkle import MAX_PROOF, check_inclusion, leaf_hash
from majlis.record.note import Note, NoteKey, decode_base64, encode_base64

__all__ = ["TlogProof", "check_tlog_proof", "format_tlog_proof", "parse_tlog_proof"]

_HEAD: Final = b"c2sp.org/tlog-proof@v1\n"
_MAX_SIZE: Final = 2_000_000


class TlogProof(msgspec.Struct, frozen=True, kw_only=True):
    """A proof as parsed: nothing in it is checked yet. ``checkpoint``: the bytes of a signed note.

    ``extra`` is signed by nobody, and may be anything.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_tlog_proof(proof: TlogProof) -> bytes:
    """The bytes of the file."""
    extra = "" if proof.extra is None else f"extra {encode_base64(proof.extra)}\n"
    hashes = "".join(f"{encode_base64(digest)}\n" for digest in proof.hashes)
    return _HEAD + f"{extra}index {format_decimal(proof.index)}\n{hashes}\n".encode() + proof.checkpoint


def parse_tlog_proof(data: bytes) -> TlogProof:
    """The proof in the bytes of a file; the checkpoint inside is not looked at. Raises: Malformed."""
    if len(data) > _MAX_SIZE:
        raise Malformed(f"a proof file has at most {_MAX_SIZE} bytes, this one {len(data)}", rule="R-PROOF-1")
    if not data.startswith(_HEAD):
        raise Malformed("a proof file starts with the line c2sp.org/tlog-proof@v1", rule="R-PROOF-1")
    head, blank, checkpoint = data[len(_HEAD) :].partition(b"\n\n")
    if not blank:
        raise Malformed(
            "a proof file has a blank line before its checkpoint, and there is none; the end was cut off",
            rule="R-PROOF-1",
        )
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the lines of a proof before its checkpoint are ASCII", rule="R-PROOF-1") from None
    extra = decode_base64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise Malformed("a proof file states the index of its entry after its first line", rule="R-PROOF-1")
    if len(lines) - 1 > MAX_PROOF:
        raise Malformed(f"a proof has at most {MAX_PROOF} hashes, this one {len(lines) - 1}", rule="R-PROOF-1")
    return TlogProof(
        index=parse_decimal(lines[0].removeprefix("index ")),
        hashes=tuple(parse_hash(line) for line in lines[1:]),
        checkpoint=checkpoint,
        extra=extra,
    )


def check_tlog_proof(proof: TlogProof, entry: bytes, *logs: NoteKey) -> tuple[Checkpoint, Note]:
    """``entry`` is in the log at the proof's index, under the checkpoint that the log signed.

    Whether enough witnesses and mirrors cosigned it is for ``read_cosignatures`` on the note that is returned.

    Raises: Malformed, when the checkpoint does not parse; Forged, when its signature or the proof does not hold.
    """
    checkpoint, note = open_checkpoint(proof.checkpoint, *logs)
    check_inclusion(proof.hashes, index=proof.index, size=checkpoint.size, leaf=leaf_hash(entry), root=checkpoint.root)
    return checkpoint, note
