"""Acts handed in anywhere: kept by their authors until they are safe, and logged elsewhere where a host refuses them.

    outbox/<act id>.act          the act, byte for byte as it was handed in; with what it brought, a file with an act
    outbox/<act id>.receipt      the host's signed word that it logged it, where there is one
    outbox/<act id>.excess       its signed word that it held it back (``excess``)

An act is *sequenced* once a host's receipt or a copy of the record shows its place, and *safe* once enough mirrors
cosigned a checkpoint over it. Until then its author keeps it here, and may hand it in again anywhere, unchanged: the
same act has effect once. A receipt for a place where the record has another act proves that its host dropped it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.actfile import ActFile, file_of, parse_act_file, parse_handed
from majlis.host.borne_out import knows
from majlis.host.brought import ENDLESS, NO_BLOBS, Brought, Room
from majlis.host.disk import write_file
from majlis.host.federation import Federation, Record, identity_of
from majlis.host.folder import Folder, claimed_logs, founding_keys, keys_at, moves_of
from majlis.host.host import Host, Receipt
from majlis.host.node import Known, Node
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.institutions import Act, State, open_act, parse_act
from majlis.institutions.act import act_id, check_signatures
from majlis.institutions.delivery import Deliver
from majlis.institutions.fold import LATE
from majlis.institutions.logs import every_log
from majlis.institutions.ticks import latest
from majlis.record import NoteKey, check_note, open_checkpoint, parse_checkpoint, parse_note, read_cosignatures

__all__ = [
    "RECEIPT",
    "Acknowledged",
    "Kept",
    "check_receipt",
    "check_receipt_in",
    "deliver",
    "drop_safe",
    "keep",
    "kept",
    "read_receipt",
    "record_in",
]

RECEIPT: Final = b"majlis-receipt/1 "
"""What a receipt begins with."""

_RECEIPT: Final = re.compile(
    r"majlis-receipt/1 ([^\n]+)\nact ([0-9a-f]{64})\nindex ([0-9]{1,18})\ntime ([0-9]{1,18})\n"
)
_MAX_RECEIPT: Final = 100_000
_DELIVER: Final = b'"act.deliver"'
_GROWING: Final = frozenset({"size", "roots", "log", "acts", "objects"})
"""What of a state every act changes."""

Level = Literal["handed in", "sequenced", "safe", "DROPPED"]


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says, as parsed: the log ``origin`` has this act at this index, at this time by its own clock."""

    origin: str
    act: str
    index: int
    time: int
    note: bytes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An act in the outbox, and how far it came by the copies of records here. ``blobs``: what it brings."""

    act: str
    kind: str
    body: str
    level: Level
    index: int | None
    entry: bytes
    text: str = ""
    blobs: Brought = NO_BLOBS


# --- receipts


def read_receipt(data: bytes) -> Acknowledged:
    """The receipt in these bytes; its signature is not checked yet. Raises: Malformed."""
    if len(data) > _MAX_RECEIPT:
        raise Malformed("this is too large for a receipt")
    match = _RECEIPT.fullmatch(parse_note(data).text)
    if match is None:
        raise Malformed("this is no receipt of a host", rule="R-DELIVER-3")
    origin, act, index, time = match.groups()
    return Acknowledged(origin=origin, act=act, index=int(index), time=int(time), note=data)


def check_receipt(
    receipt: Acknowledged, entries: Sequence[bytes], logs: Sequence[NoteKey], state: State | None = None
) -> None:
    """The record has the act at the place that its host acknowledged.

    ``logs``: the keys that signed this record at any time. ``state``: of the entries, where it was moved since.

    Raises: Forged with R-DELIVER-3, where it has another act there: the receipt and the signed record together prove
    that the host dropped what it had acknowledged. Missing, where this copy is not so long, or where the record was
    moved to another key at that place or before: then it is nobody's fault, and the act is to be handed in again.
    Forged, where none of these keys signed the receipt.
    """
    check_note(parse_note(receipt.note), [log for log in logs if log.name == receipt.origin])
    if receipt.index >= len(entries):
        raise Missing(
            f"this copy ends before place {receipt.index}, which its host acknowledged; look at a newer one",
            rule="R-DELIVER-3",
        )
    if _id(entries[receipt.index]) != receipt.act:
        if state is not None and state.founding is not None:
            _check_answerable(receipt, state)
        raise Forged(
            f"its host acknowledged act {receipt.act[:16]} at place {receipt.index}, and this record has another "
            "there: the receipt proves that it was dropped",
            rule="R-DELIVER-3",
        )


def _check_answerable(receipt: Acknowledged, state: State) -> None:
    """The key that signed the receipt is the one that signs for this place. Raises: Missing, where another does."""
    (*_, keeper) = keys_at(moves_of(state), receipt.index + 1)
    signed = {(line.name, line.key_id) for line in parse_note(receipt.note).signatures}
    if (keeper.name, keeper.key_id) not in signed:
        raise Missing(
            f"the record was moved to another log key at place {receipt.index} or before, and act {receipt.act[:16]} "
            "did not come along: hand it in again, unchanged",
            rule="R-DELIVER-3",
        )


def check_receipt_in(source: Path, receipt: Acknowledged, known: Sequence[NoteKey]) -> None:
    """The same for the record of that log in a public folder; its checkpoint must bear the log's signature too.

    ``known``: keys that the reader names; without any, those that the record itself says. Raises: so; Malformed.
    """
    files, state = record_in(source, receipt.origin)
    named = [log for log in known if log.name == receipt.origin]
    logs = tuple(moves_of(state)) if state is not None else claimed_logs(files.entries)
    open_checkpoint(files.note, *(named or logs))
    check_receipt(receipt, files.entries, named or logs, state)


def record_in(source: Path, origin: str, *, fold: bool = False) -> tuple[RecordFiles, State | None]:
    """The record of this log in a public folder; with its state, where it claims that it was moved or that is wanted.

    Raises: Missing, where it is not there; Malformed, Forged.
    """
    folder = PublicFolder(source)
    if not any(entry.origin == origin for entry in folder.index()):
        raise Missing(f"the record of {origin!r} is not in this folder", where=str(source), rule="R-DELIVER-3")
    files = folder.record(origin)
    if not fold and len(claimed_logs(files.entries)) == 1:
        return files, None
    whole = Folder(source)
    whole.read_records()
    identity = identity_of(files.entries)
    if identity not in whole.federation.records:
        whole.federation.add(files.entries)
    return files, whole.federation.fold(identity)


def _id(entry: bytes) -> str:
    text, _, _ = entry.rpartition(b"\n\n")
    return act_id(text + b"\n")


# --- the outbox


def keep(node: Node, entry: bytes, receipt: str = "", brought: Brought = NO_BLOBS) -> None:
    """The act is in the outbox, durably, with what it brings, and with the receipt for it where there is one.

    What it was kept with before stays with it.
    """
    file = file_of(entry, brought)
    path = node.folder / "outbox" / f"{file.act.id}.act"
    if file.blobs or not path.is_file() or _outbox_file(path).entry != entry:
        write_file(path, file.handed)
    if receipt:
        write_file(path.with_suffix(".receipt"), receipt.encode())


def _outbox_file(path: Path) -> ActFile:
    """Raises: Malformed."""
    try:
        return parse_act_file(path.read_bytes())
    except Fault as fault:
        raise fault.at(str(path)) from None


def kept(node: Node, federation: Federation) -> Iterator[Kept]:
    """All acts in the outbox, each with how far it came. ``federation``: the copies here, folded."""
    for path in sorted((node.folder / "outbox").glob("*.act")):
        file = _outbox_file(path)
        act = file.act
        receipt = _receipt_for(act.id, path.with_suffix(".receipt"))
        level, index, text = _level(node, federation, act.identity, act.id, receipt)
        if level == "handed in" and path.with_suffix(".excess").is_file():
            text = "its host held it back for a quota; hand it in again after the next tick"
        yield Kept(
            act=act.id,
            kind=act.kind,
            body=act.identity,
            level=level,
            index=index,
            entry=file.entry,
            text=text,
            blobs=file.blobs,
        )


def _receipt_for(act: str, path: Path) -> Acknowledged | None:
    """The receipt that lies beside the act; None where what some host answered is none, or is one for another act."""
    try:
        receipt = read_receipt(path.read_bytes())
    except (FileNotFoundError, Malformed):
        return None
    return receipt if receipt.act == act else None


def _level(
    node: Node, federation: Federation, body: str, act: str, receipt: Acknowledged | None
) -> tuple[Level, int | None, str]:
    record = federation.records.get(body)
    if record is not None and record.state.founding is not None and receipt is not None:
        try:
            check_receipt(receipt, record.entries, every_log(record.state), record.state)
        except Missing as fault:
            if receipt.index < len(record.entries):
                return "handed in", None, fault.text
        except Fault as fault:
            if fault.rule == "R-DELIVER-3":
                return "DROPPED", receipt.index, fault.text
            receipt = None
    standing = record.state.acts.get(act) if record is not None else None
    if record is None or standing is None:
        return ("sequenced", receipt.index, "") if receipt is not None else ("handed in", None, "")
    if standing.index < _safe_size(node, body, record) or latest(record.state, standing.index) is not None:
        return "safe", standing.index, standing.status
    return "sequenced", standing.index, standing.status


def _safe_size(node: Node, body: str, record: Record) -> int:
    """How many entries the checkpoint kept here covers, where enough mirrors cosigned it and it is of this copy."""
    try:
        note = parse_note(node.checkpoint(body))
        checkpoint = parse_checkpoint(note.text)
        _, mirrors, quorum = founding_keys(record.entries[0])
        enough = len(read_cosignatures(note, mirrors)) >= quorum
    except Fault:
        return 0
    return checkpoint.size if enough and record.state.roots.get(checkpoint.size) == checkpoint.root.hex() else 0


def drop_safe(node: Node, all_kept: Sequence[Kept]) -> None:
    """What is safe is kept here no longer; others hold it."""
    for one in all_kept:
        if one.level == "safe":
            for suffix in (".act", ".receipt", ".delivered", ".excess"):
                (node.folder / "outbox" / f"{one.act}{suffix}").unlink(missing_ok=True)


# --- delivery elsewhere


def deliver(node: Node, host: Host, handed: bytes, key: SigningKey) -> tuple[Known, Receipt]:
    """The act is logged as delivered in a record kept here, with its bytes as a blob; which record, and its receipt.

    ``handed``: its entry, or a file with it and what it brings, which is kept here too (R-HANDED-2, R-HANDED-3). The
    same act is logged once; handed in again it has the same place. ``key``: of whoever keeps this host. So that no
    stranger fills this record or uses up that key's quota, the act is by somebody whom its own record knows, or would
    be in force there.

    Raises: Missing, where no copy of the act's record is known here, or no record is kept here; Refused, for an author
    whom that record does not know; Malformed or Forged, when it is no act with good signatures; what ``Host.submit``
    refuses.
    """
    # Whoever hands something in chose how long it takes to read: nobody else waits for that.
    file = parse_handed(handed)
    keys = check_signatures(file.act)
    with host.turn:
        return _log(node, host, file, keys, key)


def _log(node: Node, host: Host, file: ActFile, keys: frozenset[str], key: SigningKey) -> tuple[Known, Receipt]:
    entry, act = file.entry, file.act
    body = next((known for known in node.bodies if known.identity == act.identity), None)
    if body is None:
        raise Missing("no copy of that record is here; hand the act in at a mirror of it", rule="R-DELIVER-2")
    ours = next((known for known in node.bodies if known.is_hosted and known.identity != body.identity), None)
    if ours is None:
        raise Missing("no other body's record is kept here in which to log it", rule="R-DELIVER-2")
    state = host.federation.fold(body.identity)
    counts = _would_count(host.federation, body, entry)
    known = {key for key in keys if knows(state, key)}
    if not known and not counts:
        raise Refused("that record knows no such key, by the copy here", rule="R-DELIVER-2")
    standing = state.acts.get(act.id)
    if not counts and standing is not None and known <= standing.signers and standing.rule not in LATE:
        raise Refused(f"that record has this act, at place {standing.index}, by the copy here", rule="R-DELIVER-2")
    entry = _without_strangers(act, known | {act.author} | set(map(str, act.data.values())))
    digest = sha256(entry).hexdigest()
    room = host.rooms.setdefault(body.identity, Room())
    for fault in room.keep(node.blobs, host.federation, body.identity, {0: open_act(entry)}, [file.blobs]).values():
        raise fault
    before = _delivered(host.federation.records[ours.identity], digest)
    if before is not None:
        receipt = host.submit(ours.identity, before)
    else:
        node.blobs.put(entry)
        data = Deliver(body=body.identity, act=act.id, entry=digest)
        receipt = host.write(ours.identity, "act.deliver", data, key)
    return ours, receipt


def _without_strangers(act: Act, keys: set[str]) -> bytes:
    """The act with the lines of these keys alone, in their order, so that nobody makes ever new copies of one act."""
    lines = act.entry.removeprefix(act.text + b"\n").splitlines(keepends=True)
    kept = {signature.key: line for signature, line in zip(act.signatures, lines, strict=True) if signature.key in keys}
    return act.text + b"\n" + b"".join(kept[key] for key in sorted(kept))


def _would_count(federation: Federation, body: Known, entry: bytes) -> bool:
    """Whether the act would be in force there now and change something: members sign petitions and object without a key
    of their own. What anybody can have in force again and again is left out.
    """
    before, (after, _) = federation.fold(body.identity), federation.judge(body.identity, entry)
    standing = after.acts.get(parse_act(entry).id)
    if standing is None or standing.status != "in-force" or standing.kind in ENDLESS:
        return False
    fields = set(before.__struct_fields__) - _GROWING
    pairs = ((getattr(before, name), getattr(after, name)) for name in fields)
    return any(one is not other and one != other for one, other in pairs)


def _delivered(record: Record, digest: str) -> bytes | None:
    """The entry by which this very act was logged as delivered before."""
    mark = digest.encode()
    return next((entry for entry in record.entries if _DELIVER in entry and mark in entry), None)
