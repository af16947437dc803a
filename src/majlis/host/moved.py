"""Which key signs a record that may have been moved (R-MOVE-8), for everybody who is handed a copy of it.

Most records never move, and act 0 says it all. In one that did, the entries themselves claim the later keys; who may
claim them only the fold can tell, since charter keys change too. So a claimed key is good enough to go on reading, and
the record's own state decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from majlis.errors import Fault, Forged, Refused
from majlis.host.federation import Federation
from majlis.host.folder import claimed_moves, judged_moves, keys_at, moves_of
from majlis.institutions import Act, State
from majlis.institutions.logs import check_unhindered
from majlis.institutions.state import Move
from majlis.institutions.table import KINDS
from majlis.record import (
    CosignerKey,
    NoteKey,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_note_key,
    read_cosignatures,
)

if TYPE_CHECKING:
    from majlis.host.node import Node

__all__ = ["MOVE", "check_kept", "check_log", "check_unfrozen", "dropped", "judged_logs", "open_by_log"]

MOVE: Final = "host.move"


def judged_logs(federation: Federation, identity: str, size: int) -> tuple[NoteKey, ...]:
    """The keys that may sign a checkpoint of this size, by the record's own state."""
    return keys_at(moves_of(federation.fold(identity)), size)


def open_by_log(federation: Federation, identity: str, note: bytes) -> None:
    """The checkpoint is signed by the key that signs the record at that size. Raises: Forged; Malformed."""
    size = parse_checkpoint(parse_note(note).text).size
    try:
        open_checkpoint(note, *judged_logs(federation, identity, size))
    except Forged as fault:
        raise Forged(
            f"it is not signed by the key that signs this record at {size} entries: {fault.text}", rule="R-MOVE-8"
        ) from None


def check_log(node: Node, identity: str, entries: Sequence[bytes], note: bytes) -> Mapping[NoteKey, int]:
    """The checkpoint over these entries, which a data folder is to hold, is signed by the key that signs there.

    Returns the keys of the record, each with where it was moved to it: -1 for that of act 0.

    Raises: Forged, also where the move cannot be judged with the records at hand; Malformed.
    """
    claimed = claimed_moves(entries)
    open_checkpoint(note, *claimed)
    if len(claimed) == 1:
        return claimed
    federation = node.federation()
    moves = judged_moves(entries, federation)
    open_by_log(federation, identity, note)
    return moves


def check_kept(state: State, log: NoteKey) -> None:
    """This record is still kept under the log key of this host. Raises: Refused, where it was moved."""
    if state.moves and state.moves[-1].log != log.vkey:
        raise Refused(
            f"this record was moved by act {state.moves[-1].index}, and this host's key signs it no longer; hand the "
            "act in where it is kept now",
            rule="R-MOVE-8",
        )


def check_unfrozen(state: State, act: Act) -> None:
    """The act would not be void for nothing but a move or a fork that the members have still to decide on (R-MOVE-10).

    Logged now, it would be so for ever: the same words count once. Its author keeps it till then.

    Raises: Refused, while it would.
    """
    kind = KINDS.get(act.kind)
    if kind is None or kind.early or state.founding is None:
        return
    try:
        check_unhindered(state, kind.name)
    except Refused as fault:
        raise Refused(
            f"{fault.text}. Logged now, this act would be void for ever: hand it in again, unchanged, when they have",
            rule="R-MOVE-10",
        ) from None


def dropped(state: State, note: bytes, mirrors: Sequence[CosignerKey], quorum: int) -> Move | None:
    """The move that dropped what this checkpoint shows to have been safe (R-MOVE-7); None where it shows no such thing.

    ``note``: any checkpoint of the same origin, from wherever.
    """
    try:
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
        safe = len(read_cosignatures(parsed, mirrors)) >= quorum
    except Fault:
        return None
    if not safe or state.roots.get(checkpoint.size) == checkpoint.root.hex():
        return None
    for move in state.moves:
        if checkpoint.size > move.index:
            with suppress(Fault):
                open_checkpoint(note, parse_note_key(move.before))
                return move
    return None
