"""The proof that an act stands in a record, in one small file that is checked without any network.

A c2sp.org/tlog-proof: the act's place, the hashes up to the root, and a checkpoint that the log signed and mirrors
cosigned. Its ``extra`` may hold the act's entry itself, so that the file is all that somebody needs; nobody signed
``extra``, and nobody has to: the hashes lead from that entry to the root or they do not (R-PROOF-2). Source:
``spec/record.md``.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from majlis.errors import Fault, Malformed, Missing
from majlis.host.layout import INDEX, SAFE, record_folder
from majlis.host.reader import PublicFolder, check_record_folder
from majlis.host.store import MemoryStore, Record
from majlis.institutions.act import act_id
from majlis.record import (
    Checkpoint,
    Cosignature,
    CosignerKey,
    NoteKey,
    Policy,
    TlogProof,
    check_inclusion,
    check_policy,
    format_tlog_proof,
    leaf_hash,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_tlog_proof,
    read_cosignatures,
)

__all__ = ["Proven", "check_proof", "place_of", "prove_entry", "record_in_folder"]

_MAX_NOTE = 1_000_000


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that holds. ``is_signed``: by a key that the reader named; ``cosignatures``: those of named witnesses."""

    index: int
    entry: bytes
    checkpoint: Checkpoint
    is_signed: bool
    cosignatures: tuple[Cosignature, ...]


def record_in_folder(path: Path, name: str = "") -> tuple[Record, list[bytes]]:
    """The record in a public folder (``name``: its slug, where it holds several) or in the folder of one record.

    With its checkpoints, the safe one first. Raises: Missing, Malformed, Forged.
    """
    folder = PublicFolder(path)
    base = ""
    if (path / INDEX).is_file():
        found = [entry for entry in folder.index() if name in ("", entry.slug)]
        if len(found) != 1:
            slugs = ", ".join(sorted(entry.slug for entry in folder.index()))
            raise Missing(f"{len(found) or 'none'} of the records here ({slugs}) is meant; say which with --record")
        base = f"{record_folder(found[0].origin)}/"
    files = check_record_folder(folder, base.removesuffix("/"))
    record = MemoryStore().create(files.origin)
    record.append(files.entries)
    notes = [files.note]
    with suppress(Missing):  # Then the checkpoint itself is the newest safe one, or none is.
        notes.insert(0, folder.read(f"{base}{SAFE}", _MAX_NOTE))
    return record, notes


def place_of(record: Record, text: str) -> int:
    """Where the act stands that is named by its position, or by how its id begins. Raises: Missing, Malformed."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        if int(text) >= record.size:
            raise Missing(f"there is no entry {text} in this record; it has {record.size}, counted from 0")
        return int(text)
    if len(text) < 6 or not set(text) <= set("0123456789abcdef"):
        raise Malformed(f"an act is named by its position in the record or by its id, got {text[:70]!r}")
    found = [
        index
        for index, entry in enumerate(record.iterate())
        if act_id(entry.rpartition(b"\n\n")[0] + b"\n").startswith(text)
    ]
    if not found:
        raise Missing(f"no act of this record begins with {text[:16]}; take a newer copy, or name it by its position")
    return found[0]


def prove_entry(record: Record, notes: list[bytes], index: int, *, carry: bool) -> tuple[bytes, Checkpoint]:
    """The proof that entry ``index`` is in the record under the first of these checkpoints that covers it.

    ``carry``: the entry itself is in it. Raises: Missing, where none covers it; Malformed; Forged, where the record is
    another than the one signed.
    """
    for note in notes:
        checkpoint = parse_checkpoint(parse_note(note).text)
        if index < checkpoint.size <= record.size:
            (entry,) = record.entries(index, index + 1)
            hashes = record.prove_inclusion(index, checkpoint.size)
            leaf, size, root = leaf_hash(entry), checkpoint.size, checkpoint.root
            check_inclusion(hashes, index=index, size=size, leaf=leaf, root=root)
            proof = TlogProof(index=index, hashes=hashes, checkpoint=note, extra=entry if carry else None)
            return format_tlog_proof(proof), checkpoint
    raise Missing(f"no signed checkpoint here covers entry {index} yet; prove it after the next tick")


def check_proof(
    data: bytes,
    entry: bytes | None = None,
    *,
    logs: tuple[NoteKey, ...] = (),
    cosigners: tuple[CosignerKey, ...] = (),
    policy: Policy | None = None,
) -> Proven:
    """The proof leads from ``entry``, or from the one that it carries, to the root of its checkpoint.

    ``logs``, ``cosigners``: keys that the reader knows; without any log it is consistent, and nobody's word. ``policy``
    is to be met besides.

    Raises: Malformed; Missing, where it carries no entry and none is given; Forged, when it does not hold, no key named
    signed, a line of a named key fails, or the policy is not met.
    """
    proof = parse_tlog_proof(data)
    leaf = proof.extra if entry is None else entry
    if leaf is None:
        raise Missing("this proof does not carry its act; name the file with the act too", rule="R-PROOF-2")
    note = parse_note(proof.checkpoint)
    checkpoint = open_checkpoint(proof.checkpoint, *logs)[0] if logs else parse_checkpoint(note.text)
    cosigned = tuple(read_cosignatures(note, cosigners))
    if policy is not None:
        checkpoint, met = check_policy(policy, proof.checkpoint)
        cosigned = tuple({each.cosigner: each for each in (*met, *cosigned)}.values())
    try:
        check_inclusion(
            proof.hashes, index=proof.index, size=checkpoint.size, leaf=leaf_hash(leaf), root=checkpoint.root
        )
    except Fault as fault:
        fault.text = f"this act is not at place {proof.index} under that checkpoint ({fault.text})"
        fault.rule = "R-PROOF-2"
        raise
    return Proven(
        index=proof.index,
        entry=leaf,
        checkpoint=checkpoint,
        is_signed=bool(logs) or policy is not None,
        cosignatures=cosigned,
    )
