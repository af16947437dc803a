"""Which log key signs for a body at each size (R-MOVE-8), and when a body's acts bind nobody for the time being.

A record is moved to another log key by an act of the charter keys (``spec/succession.md``). Checkpoints of up to that
act are the old key's, all larger ones the new key's; the checkpoint that just holds the act may be signed by either.

While a move waits for the members too long, or a fork that somebody showed is not settled, only what keeps a body alive
is in force: preparations, decisions, elections, members' rights. Nothing that binds anybody else, and no spending.
"""

from __future__ import annotations

from typing import Final

from majlis.errors import Refused
from majlis.institutions.state import Move, State, founded
from majlis.institutions.ticks import has_run_out
from majlis.record.cosignature import parse_cosigner_key
from majlis.record.note import NoteKey, parse_note_key

CONFIRM_DAYS: Final = 60
"""How long the members have to confirm a move before it lapses."""

ALIVE: Final = frozenset(
    {
        "session.attend",
        "session.open",
        "vote.cast",
        "motion.close",
        "recall.petition",
        "key.replace",
        "charterkey.replace",
        "seat.fill",
        "seat.vacate",
        "head.show",
        "federation.depart",
        "host.confirm",
        "fork.settle",
    }
)
"""What goes on beside the kinds marked early."""


def logs_for(state: State, size: int) -> tuple[NoteKey, ...]:
    """The keys that may sign a checkpoint of this size: one, or two where the record was just moved."""
    log = state.moves[0].before if state.moves else founded(state).log
    found = [log]
    for move in state.moves:
        if size > move.index:
            found = [move.before, move.log] if size == move.index + 1 else [move.log]
    return tuple(parse_note_key(vkey) for vkey in found)


def every_log(state: State) -> tuple[NoteKey, ...]:
    """All keys that ever signed this record, the first one first; the newest is the last."""
    return tuple(parse_note_key(vkey) for vkey in (*(move.before for move in state.moves), founded(state).log))


def check_no_log(state: State, key: str) -> None:
    """Raises: Refused with R-KEY-8, for a key that signs or cosigns this record, or signed it before it was moved."""
    mirrors = {parse_cosigner_key(vkey).public_key for vkey in founded(state).mirrors}
    if bytes.fromhex(key) in mirrors | {log.public_key for log in every_log(state)}:
        raise Refused("who keeps or mirrors a record with this key holds nothing in it by the same key", rule="R-KEY-8")


def is_confirmed(state: State, move: Move) -> bool:
    """Whether the members confirmed this move or a later one, and with it all before (R-MOVE-5)."""
    return any(later.confirmed is not None for later in state.moves if later.index >= move.index)


def is_lapsed(state: State, move: Move) -> bool:
    """Whether the move waits for the members and binds nobody meanwhile (R-MOVE-6, R-MOVE-5).

    It inherits what the members have not confirmed before it: moving on heals no move, and begins no time anew
    (R-MOVE-9).
    """
    return _lapsed(state, move) is not None


def _lapsed(state: State, move: Move) -> Move | None:
    """The first move up to this one for which the members' word is lacking, so that nothing binds; None for none."""
    waiting = (each for each in state.moves if each.index <= move.index and not is_confirmed(state, each))
    return next((each for each in waiting if not each.sealed or has_run_out(state, each.index, CONFIRM_DAYS)), None)


def check_unhindered(state: State, kind: str) -> None:
    """Raises: Refused, while a lapsed move or an open fork keeps acts of this kind from binding."""
    if kind in ALIVE:
        return
    lapsed = _lapsed(state, state.moves[-1]) if state.moves else None
    if lapsed is not None:
        raise Refused(
            "this record was moved to another log key, and the members have not confirmed that; until they do, only "
            "what they need to decide is in force",
            rule="R-MOVE-6" if lapsed.sealed else "R-MOVE-4",
        )
    if any(fork.settled is None for fork in state.forks):
        raise Refused(
            "its log signed two histories, and the members have not settled which goes on; until they do, only what "
            "they need to decide is in force",
            rule="R-FORK-5",
        )
