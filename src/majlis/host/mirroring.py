"""A tick by hand: a public folder gathers cosignatures from mirror to mirror, and comes home to be logged.

``cosign`` takes what is new, and lets the witness of this folder put its line under the checkpoints in the public
folder itself; ``log_tick`` logs the checkpoint that came home, ``log_cosigned`` one that was cosigned over HTTP.
Source: ``spec/node.md``, R-NODE-5; ``spec/time.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host.author import write_act
from majlis.host.exchange import Taken, take_record
from majlis.host.federation import Federation
from majlis.host.folder import claimed_logs, founding_keys
from majlis.host.host import Host, Receipt
from majlis.host.layout import CHECKPOINT, record_folder
from majlis.host.leaving import is_astray, leave_for
from majlis.host.node import Node
from majlis.host.publish import publish_file, write_sums
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.host.store import Record, Store
from majlis.host.witness import Mirror
from majlis.institutions import State
from majlis.institutions.logs import logs_for
from majlis.record import (
    AddCheckpoint,
    Note,
    format_add_checkpoint,
    format_note,
    open_checkpoint,
    parse_note,
    parse_signature_line,
    read_cosignatures,
    with_signatures,
)

__all__ = ["cosign", "follow", "follow_all", "follow_state", "log_cosigned", "log_tick"]

_MAX_NOTE: Final = 1_000_000


def cosign(node: Node, mirror: Mirror, store: Store, public: Path) -> list[Taken]:
    """Records that the mirror trusts are held here, and their checkpoints in the public folder bear its line.

    ``store``: that of ``node``, open for writing, which is also the mirror's own.
    """
    folder = PublicFolder(public)
    trusted = {log.name for log in mirror.logs()}
    done = []
    for entry in folder.index():
        if any(body.is_hosted and body.identity == entry.identity for body in node.bodies):
            continue
        taken, files = take_record(node, store, folder, entry)
        if taken.is_parted or (files is not None and is_astray(mirror, store.record(entry.origin))):
            taken, files = leave_for(node, store, mirror, folder, entry)
        if files is not None and entry.origin not in trusted:
            text = f"its log is not trusted by the witness here; look at it, then: majlis witness trust {taken.slug}"
            taken = msgspec.structs.replace(taken, outcome="refused", text=text)
        elif files is not None:
            follow(node, mirror, entry.identity, files.entries)
            taken = _cosign(node, mirror, store.record(entry.origin), files, taken, public)
        done.append(taken)
    write_sums(public)
    return done


def follow(node: Node, mirror: Mirror, identity: str, entries: Sequence[bytes]) -> None:
    """The mirror trusts the key that signs the record now, and no earlier one, where the record was moved (R-MOVE-8).

    ``entries``: all that are held here. Whether the move is in force, the record's own fold says.
    """
    if len(claimed_logs(entries)) > 1:
        federation = node.federation()
        federation.add(entries)
        follow_state(mirror, federation.fold(identity))


def follow_all(node: Node, federation: Federation, mirror: Mirror) -> None:
    """The same for every record of which a copy is here. ``federation``: the copies, folded."""
    for body in node.bodies:
        follow_state(mirror, federation.fold(body.identity))


def follow_state(mirror: Mirror, state: State) -> None:
    """The same for one record, whose state is at hand."""
    if state.moves:
        (*_, newest) = logs_for(state, state.size)
        trusted = {log for log in mirror.logs() if log.name == newest.name}
        if trusted and trusted != {newest}:
            mirror.succeed(newest)


def _cosign(node: Node, mirror: Mirror, record: Record, files: RecordFiles, taken: Taken, public: Path) -> Taken:
    old, new = mirror.last(record.origin), files.checkpoint.size
    if old > new:
        text = f"{old} entries were cosigned before, and this folder has {new}; ask for a newer one"
        return msgspec.structs.replace(taken, outcome="refused", text=text)
    proof = record.prove_consistency(old, new) if 0 < old < new else ()
    request = format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=parse_note(files.note)))
    status, answer = mirror.add_checkpoint(request)
    if status != 200:
        return msgspec.structs.replace(taken, outcome="refused", text=f"{status}: {answer.strip()}")
    note = parse_note(files.note)
    lines = [parse_signature_line(line) for line in answer.splitlines()]
    ours = {(line.name, line.key_id) for line in lines}
    kept = tuple(line for line in note.signatures if (line.name, line.key_id) not in ours)
    signed = format_note(with_signatures(Note(text=note.text, signatures=kept), lines))
    publish_file(public, f"{record_folder(record.origin)}/{CHECKPOINT}", signed)
    node.checkpoints.keep(taken.identity, signed, files.entries[0])
    return msgspec.structs.replace(taken, outcome="cosigned", size=new)


def log_tick(node: Node, host: Host, identity: str, public: Path, key: SigningKey) -> tuple[Receipt, int]:
    """The cosigned checkpoint that came home in the public folder is logged as a tick; with it the witnesses' time.

    Raises: as ``log_cosigned``.
    """
    hosted = host.hosted(identity)
    data = PublicFolder(public).read(f"{record_folder(hosted.record.origin)}/{CHECKPOINT}", _MAX_NOTE)
    return log_cosigned(node, host, identity, data, key)


def log_cosigned(node: Node, host: Host, identity: str, data: bytes, key: SigningKey) -> tuple[Receipt, int]:
    """The cosigned checkpoint note is logged as a tick; with it the witnesses' time.

    Raises: Missing, while fewer mirrors than the charter's quorum have cosigned it; Forged, when it is not of this
    record; Refused, when the tick would be void, as for one that was logged before; Malformed.
    """
    hosted = host.hosted(identity)
    (first,) = hosted.record.entries(0, 1)
    _, cosigners, quorum = founding_keys(first)
    log = hosted.signer.log
    checkpoint, note = open_checkpoint(data, log)
    if checkpoint.size > hosted.record.size or hosted.record.root(checkpoint.size) != checkpoint.root:
        raise Forged(
            "this checkpoint is of another history than the record kept here; keep it as evidence", rule="R-NODE-5"
        )
    cosigned = read_cosignatures(note, cosigners)
    if len(cosigned) < quorum:
        raise Missing(
            f"{len(cosigned)} of {quorum} mirrors needed have cosigned; carry the folder to the next one, where "
            "'majlis witness cosign' adds its line",
            rule="R-NODE-5",
        )
    known = {(log.name, log.key_id), *((each.cosigner.name, each.cosigner.key_id) for each in cosigned)}
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) in known)
    trimmed = format_note(Note(text=note.text, signatures=lines))
    if len(trimmed) > 12_000:
        raise Malformed("the checkpoint carries too many lines for a tick")
    if checkpoint.size >= hosted.safe_size:
        hosted.safe, hosted.safe_size = trimmed, checkpoint.size
        node.checkpoints.keep(identity, trimmed, first)
    entry = write_act(
        "tick", {"checkpoint": trimmed.decode()}, key, chance=host.chance, body=identity, seen=host.head(identity)
    )
    _, findings = host.federation.judge(identity, entry)
    if findings:
        raise Refused(f"this tick would be void: {findings[0].text}", rule=findings[0].rule)
    receipt = host.submit(identity, entry)
    return receipt, sorted(each.time for each in cosigned)[(len(cosigned) - 1) // 2]
