"""Leaving a branch that only this machine holds, once the record goes on without it (R-MIRROR-9).

A host was lost, and one mirror had cosigned more than the copy behind which the charter keys moved the record. What it
held beyond is not safe, as too few others saw it, and the record goes on otherwise. The mirror then

    keeps its branch under evidence/<h>-left-<size>-<size>, as a public folder anybody can compare,
    hands every act of it that the record lacks in again, unchanged: it lies in outbox/ until it is safe,
    holds the record as it goes on, and cosigns that from there.

It does so only where nothing safe can be lost by it. Two quorums of more than half of all mirrors have one in common:
so where a quorum of *others* cosigned the record behind the move, no quorum cosigned the branch, nor ever will. A copy
that no mirror of this machine ever cosigned is left in the same way. How the record that goes on comes here, by HTTP
or on a stick, is all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec

from majlis.errors import Fault, Missing, Refused
from majlis.host.actfile import named_blobs
from majlis.host.delivery import keep
from majlis.host.digests import check_digests
from majlis.host.exchange import Taken, parse_acts, take_record
from majlis.host.folder import founding_keys
from majlis.host.layout import IndexEntry, record_folder
from majlis.host.moved import check_log
from majlis.host.node import Known, Node
from majlis.host.publish import publish_record
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.host.store import Record, Store
from majlis.host.takeover import OF_THEIR_HISTORY, newest_safe
from majlis.host.witness import Mirror
from majlis.record import (
    Checkpoint,
    Note,
    Tree,
    find_parting,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    read_cosignatures,
)

__all__ = ["Shown", "ShownFiles", "is_astray", "leave_all", "leave_branch", "leave_for"]

_RULE: Final = "R-MIRROR-9"


class Shown(Protocol):
    """A record as somebody shows it: a checkpoint and the tree under it, of which nothing is believed yet."""

    note: bytes
    parsed: Note
    checkpoint: Checkpoint

    @property
    def size(self) -> int: ...

    def root(self, size: int) -> bytes:
        """The root of the first ``size`` entries."""
        ...

    def read(self, level: int, index: int) -> bytes:
        """A ``ReadHash``."""
        ...

    def unproven(self, start: int) -> list[bytes]:
        """All entries from ``start`` on. Raises: Fault, when they are not to be had."""
        ...


class ShownFiles:
    """A record in a public folder, as it was read from there."""

    def __init__(self, files: RecordFiles) -> None:
        self.note = files.note
        self.parsed = parse_note(files.note)
        self.checkpoint = files.checkpoint
        self._entries = files.entries
        self._tree = Tree(map(leaf_hash, files.entries))
        self.root, self.read = self._tree.root, self._tree.read

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def unproven(self, start: int) -> list[bytes]:
        """All entries from ``start`` on."""
        return self._entries[start:]


def leave_branch(
    node: Node,
    store: Store,
    mirror: Mirror | None,
    shown: Shown,
    known: Known,
    *,
    turn: AbstractContextManager[object] | None = None,
    left: Callable[[Record], object] = lambda record: None,
) -> list[bytes] | None:
    """The record is held here as it goes on there, and cosigned where it was before; what is to be handed in again.

    None, where there is no branch to leave. Begun again after a crash it goes on. ``mirror``: of this folder, if it has
    one. ``turn``: held while something is written. ``left``: is given the record as it is then.

    Raises: Refused, where something safe could be lost, or the record there is smaller than what was cosigned; what
    ``check_log`` raises; Missing, Malformed, when it is not to be had.
    """
    record = store.record(known.origin)
    last = None if mirror is None else mirror.remembered(known.origin)
    common = min(record.size, shown.size)
    if record.root(common) == shown.root(common):
        if mirror is None or not is_astray(mirror, record) or shown.size > record.size:
            return None
        old, at = record.entries(), shown.size
    else:
        old, at = record.entries(), find_parting(common, record.hashes(), shown.read) - 1
    entries = [*old[:at], *shown.unproven(at)]
    if Tree(map(leaf_hash, entries)).root() != shown.checkpoint.root:
        raise Missing("what is shown there does not give its own root; it may be growing just now", rule=_RULE)
    moves = check_log(node, known.identity, entries, shown.note)
    if at < common and not any(index >= at for index in moves.values()):
        raise Refused("no move stands where the histories part: this is a fork, and its log signed both", rule=_RULE)
    _check_safe_to_leave(node, mirror, known, old, at, shown.parsed)
    _check_digests(node, known.identity, entries, at)
    if last is not None and last.size > shown.size:
        raise Refused(
            f"{last.size} entries were cosigned here, and there are {shown.size}: it follows once the record is as "
            "large",
            rule=_RULE,
        )
    with turn or nullcontext():
        if record.size != len(old):
            raise Missing("others handed in entries meanwhile; it goes on next time", rule=_RULE)
        kept: list[bytes] = []
        if at < common:
            kept = _keep_branch(node, mirror, known, record, at, entries)
            node.checkpoints.forget_seen(known.identity)
            record = store.branch(known.origin, at, entries[at:])
            left(record)
        if mirror is not None and last is not None:
            mirror.leave(shown.parsed)
        node.checkpoints.keep(known.identity, shown.note, entries[0])
    return kept


def leave_for(
    node: Node, store: Store, mirror: Mirror | None, folder: PublicFolder, entry: IndexEntry
) -> tuple[Taken, RecordFiles | None]:
    """The same for a record in a public folder, as ``take_record`` takes one; what it says is what was left."""
    try:
        shown = ShownFiles(folder.record(entry.origin))
        acts = leave_branch(node, store, mirror, shown, node.body(entry.identity))
    except Fault as fault:
        return Taken(slug=entry.slug, identity=entry.identity, outcome="refused", text=str(fault)), None
    taken, files = take_record(node, store, folder, entry)
    if acts is not None and files is not None:
        text = (
            f"it goes on without what was held here alone; {len(acts)} acts of that lie in the outbox till they are "
            "safe: majlis outbox --stick DIR, or --resubmit URL"
        )
        taken = msgspec.structs.replace(taken, outcome="grown", text=text)
    return taken, files


def leave_all(
    node: Node, store: Store, mirror: Mirror | None, public: Path, taken: Iterable[Taken]
) -> dict[str, Taken]:
    """What became of those that were refused as ``Parted`` and of which a copy is here, by identity."""
    folder = PublicFolder(public)
    parted = {each.identity for each in taken if each.is_parted and not node.body(each.identity).is_hosted}
    return {
        entry.identity: leave_for(node, store, mirror, folder, entry)[0]
        for entry in folder.index()
        if entry.identity in parted
    }


def is_astray(mirror: Mirror, record: Record) -> bool:
    """Whether it last cosigned another branch than the one held: it was stopped in the middle of leaving it."""
    last = mirror.remembered(record.origin)
    return last is not None and last.size <= record.size and record.root(last.size) != last.root


def _check_safe_to_leave(
    node: Node, mirror: Mirror | None, known: Known, old: Sequence[bytes], at: int, note: Note
) -> None:
    """Nothing that a quorum cosigned is lost. Raises: Refused."""
    _, mirrors, quorum = founding_keys(old[0])
    if 2 * quorum <= len(mirrors):
        raise Refused(
            f"{quorum} of {len(mirrors)} mirrors make this record safe: so few that two branches can be so. Neither is "
            "left",
            rule=_RULE,
        )
    safe = 0
    with suppress(Missing):
        safe = parse_checkpoint(parse_note(newest_safe(node, known.identity, old)).text).size
    if safe > at:
        raise Refused(
            f"{safe} entries of the branch held here are safe, and the record there parts from it at {at}: the move "
            "dropped what was safe. Keep both, and tell the members",
            rule="R-MOVE-7",
        )
    own = None if mirror is None else mirror.cosigner
    others = [each for each in read_cosignatures(note, mirrors) if each.cosigner != own]
    if len(others) < quorum:
        raise Refused(
            f"{len(others)} of {quorum} other mirrors cosigned the record as it goes on there; when they have, this "
            "one follows",
            rule=_RULE,
        )


def _check_digests(node: Node, identity: str, entries: Sequence[bytes], at: int) -> None:
    """As before every cosignature (R-MIRROR-4): no digest behind the parting is false. Raises: Forged, Missing."""
    federation = node.federation()
    federation.add(entries)
    check_digests(federation, identity, at, len(entries))


def _keep_branch(
    node: Node, mirror: Mirror | None, known: Known, record: Record, at: int, entries: Sequence[bytes]
) -> list[bytes]:
    """The branch lies beside as evidence, and its acts in the outbox; those acts."""
    left = record.entries(at)
    note = _signed_beyond(node, mirror, known, record, at)
    if note:
        size = parse_checkpoint(parse_note(note).text).size
        name = f"{record_folder(record.origin)}-left-{at}-{size}"
        publish_record(node.folder / Path("evidence") / name, record, note)
    here = {act.id for act in parse_acts(entries)}
    acts = [act for act in parse_acts(left) if act.id not in here and act.kind not in OF_THEIR_HISTORY]
    for act in acts:
        keep(node, act.entry, brought=named_blobs(node.blobs, act.entry))
    return [act.entry for act in acts]


def _signed_beyond(node: Node, mirror: Mirror | None, known: Known, record: Record, at: int) -> bytes:
    """The largest checkpoint at hand of the branch behind ``at``: what the mirror cosigned, or what was seen."""
    notes = [node.checkpoints.seen(known.identity)]
    if mirror is not None and mirror.remembered(record.origin) is not None:
        notes.append(mirror.latest(record.origin))
    found = b""
    for note in filter(None, notes):
        checkpoint = parse_checkpoint(parse_note(note).text)
        if at < checkpoint.size <= record.size and record.root(checkpoint.size) == checkpoint.root:
            at, found = checkpoint.size, note
    return found
