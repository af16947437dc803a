"""Leaving a branch that only this mirror cosigned, once the record goes on without it (R-MIRROR-9).

A host was lost, and one mirror had cosigned more than the copy behind which the charter keys moved the record. What it
held beyond is not safe, as too few others saw it, and the record goes on otherwise. The mirror then

    keeps its branch under evidence/<h>-left-<size>-<size>, as a public folder anybody can compare,
    hands every act of it that the record lacks in again, unchanged: it lies in outbox/ until it is safe,
    holds the record as it goes on, and cosigns that from there.

It does so only where nothing safe can be lost by it. Two quorums of more than half of all mirrors have one in common:
so where a quorum of *others* cosigned the record behind the move, no quorum cosigned the branch, nor ever will.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from majlis.errors import Missing, Refused
from majlis.host.delivery import keep
from majlis.host.digests import check_digests
from majlis.host.exchange import parse_acts
from majlis.host.fetching import Remote
from majlis.host.folder import founding_keys
from majlis.host.host import Host
from majlis.host.http import Caller
from majlis.host.layout import record_folder
from majlis.host.moved import check_log
from majlis.host.node import Known, Node
from majlis.host.publish import publish_record
from majlis.host.store import Record
from majlis.host.takeover import OF_THEIR_HISTORY, newest_safe
from majlis.host.witness import Mirror
from majlis.record import (
    Note,
    Tree,
    find_parting,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    read_cosignatures,
)

__all__ = ["is_astray", "leave_branch"]

_RULE: Final = "R-MIRROR-9"


def leave_branch(node: Node, host: Host, mirror: Mirror, caller: Caller, known: Known) -> list[bytes] | None:
    """The mirror holds the record as it goes on at this address, and cosigned it; what is to be handed in again.

    None, where there is no branch to leave. Begun again after a crash it goes on.

    Raises: Refused, where something safe could be lost, or the record there is smaller still; what ``check_log``
    raises; Missing, Malformed, when it is not to be had.
    """
    remote = Remote(caller, known.origin)
    record = host.store.record(known.origin)
    common = min(record.size, remote.size)
    if record.root(common) == remote.root(common):
        if not is_astray(mirror, record) or remote.size > record.size:
            return None
        old, at = record.entries(), remote.size
    else:
        old, at = record.entries(), find_parting(common, record.hashes(), remote.read) - 1
    entries = [*old[:at], *remote.unproven(at)]
    if Tree(map(leaf_hash, entries)).root() != remote.checkpoint.root:
        raise Missing("what is shown there does not give its own root; it may be growing just now", rule=_RULE)
    moves = check_log(node, known.identity, entries, remote.note)
    if at < common and not any(index >= at for index in moves.values()):
        raise Refused("no move stands where the histories part: this is a fork, and its log signed both", rule=_RULE)
    _check_safe_to_leave(node, mirror, known, old, at, remote.parsed)
    _check_digests(node, known.identity, entries, at)
    remembered = mirror.remembered(known.origin)
    if remembered is not None and remembered.size > remote.size:
        raise Refused(
            f"{remembered.size} entries were cosigned here, and there are {remote.size}: it follows once the record is "
            "as large",
            rule=_RULE,
        )
    with host._mutex:
        if record.size != len(old):
            raise Missing("others handed in entries meanwhile; it goes on next time", rule=_RULE)
        kept: list[bytes] = []
        if at < common:
            kept = _keep_branch(node, mirror, record, at, entries)
            record = host.store.branch(known.origin, at, entries[at:])
            host.federation.take(record)
            host.federation.fold(known.identity)
        node.checkpoints.leave(known.identity, remote.note)
        mirror.leave(remote.parsed)
    return kept


def is_astray(mirror: Mirror, record: Record) -> bool:
    """Whether it last cosigned another branch than the one held: it was stopped in the middle of leaving it."""
    last = mirror.remembered(record.origin)
    return last is not None and last.size <= record.size and record.root(last.size) != last.root


def _check_safe_to_leave(node: Node, mirror: Mirror, known: Known, old: Sequence[bytes], at: int, note: Note) -> None:
    """Nothing that a quorum cosigned is lost. Raises: Refused."""
    _, mirrors, quorum = founding_keys(old[0])
    if 2 * quorum <= len(mirrors):
        raise Refused(
            f"{quorum} of {len(mirrors)} mirrors make this record safe: so few that two branches can be so. Neither is "
            "left",
            rule=_RULE,
        )
    others = [each for each in read_cosignatures(note, mirrors) if each.cosigner != mirror.cosigner]
    if len(others) < quorum:
        raise Refused(
            f"{len(others)} of {quorum} other mirrors cosigned the record as it goes on there; when they have, this "
            "one follows",
            rule=_RULE,
        )
    try:
        safe = parse_checkpoint(parse_note(newest_safe(node, known.identity, old)).text).size
    except Missing:
        return
    if safe > at:
        raise Refused(
            f"{safe} entries of the branch held here are safe, and the record there parts from it at {at}: the move "
            "dropped what was safe. Keep both, and tell the members",
            rule="R-MOVE-7",
        )


def _check_digests(node: Node, identity: str, entries: Sequence[bytes], at: int) -> None:
    """As before every cosignature (R-MIRROR-4): no digest behind the parting is false. Raises: Forged, Missing."""
    federation = node.federation()
    federation.add(entries)
    check_digests(federation, identity, at, len(entries))


def _keep_branch(node: Node, mirror: Mirror, record: Record, at: int, entries: Sequence[bytes]) -> list[bytes]:
    """The branch lies beside as evidence, and its acts in the outbox; those acts."""
    left = record.entries(at)
    last = mirror.remembered(record.origin)
    if last is not None and at < last.size <= record.size and record.root(last.size) == last.root:
        name = f"{record_folder(record.origin)}-left-{at}-{last.size}"
        publish_record(node.folder / Path("evidence") / name, record, mirror.latest(record.origin))
    here = {act.id for act in parse_acts(entries)}
    acts = [act for act in parse_acts(left) if act.id not in here and act.kind not in OF_THEIR_HISTORY]
    for act in acts:
        keep(node, act.entry)
    return [act.entry for act in acts]
