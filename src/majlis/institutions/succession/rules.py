"""How a record goes on under another log key, and what becomes of a fork (``spec/succession.md``)."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Fault, Refused
from majlis.institutions.charter import Count, Hex64
from majlis.institutions.kinds import ANYONE, LAPSED, Context, Kind, Waiting
from majlis.institutions.logs import logs_for
from majlis.institutions.mirrors import read_quorum
from majlis.institutions.state import Founding, Move, ShownFork, State, founded, replace
from majlis.institutions.warrant import use_warrant
from majlis.record.checkpoint import open_checkpoint
from majlis.record.cosignature import parse_cosigner_key
from majlis.record.fork import check_fork, parse_forks
from majlis.record.note import NoteKey, parse_note_key


class HostMove(msgspec.Struct, frozen=True, kw_only=True):
    """``log``: vkey of the key that signs from here on; ``next_log``: hash of the one after it, sealed like the first.

    ``size`` and ``root``: all entries before this act. ``checkpoint``: the newest safe checkpoint of the record that
    the signers know, with its lines: nothing under it is dropped.
    """

    log: Annotated[str, Meta(max_length=400)]
    next_log: Hex64
    size: Count
    root: Hex64
    checkpoint: Annotated[str, Meta(max_length=12_000)]


class HostConfirm(msgspec.Struct, frozen=True, kw_only=True):
    """``move``: the act by which the record was moved."""

    move: Hex64


class ForkShow(msgspec.Struct, frozen=True, kw_only=True):
    """``evidence``: a file of fork evidence (``spec/compare.md``), about the log of this record."""

    evidence: Annotated[str, Meta(max_length=12_000)]


class ForkSettle(msgspec.Struct, frozen=True, kw_only=True):
    """``fork``: the act that showed it."""

    fork: Hex64


def judge_move(context: Context) -> State:
    """R-MOVE-1 place; R-MOVE-2 safe checkpoint; R-MOVE-3 the new key; R-MOVE-4 how many charter keys."""
    state, data = context.state, context.data
    founding = founded(state)
    if context.act.expires or context.act.expects:
        raise Refused("a move neither expires nor expects anything: it is judged alike everywhere", rule="R-MOVE-1")
    if data.size != context.index or data.root != state.roots.get(data.size):
        raise Refused(
            f"a move stands behind exactly the entries that its signers saw, {data.size} of them; this is position "
            f"{context.index}",
            rule="R-MOVE-1",
        )
    _check_safe(state, founding, data.checkpoint)
    key = _check_key(state, founding, data.log)
    sealed = sha256(key.public_key).hexdigest() == founding.next_log
    needed = founding.threshold if sealed else max(founding.threshold, -(-2 * len(founding.charter_keys) // 3))
    signed = len(founding.charter_keys & context.signers)
    if signed < needed:
        raise Waiting(f"{signed} of {needed} charter keys", rule="R-MOVE-4")
    move = Move(act=context.act.id, index=context.index, before=founding.log, log=data.log, sealed=sealed)
    after = replace(founding, log=data.log, next_log=data.next_log)
    return replace(state, founding=after, moves=(*state.moves, move))


def _check_safe(state: State, founding: Founding, text: str) -> None:
    """R-MOVE-2: the checkpoint is one of this record, of its log, cosigned by the quorum, and no older than a tick."""
    try:
        size = int(text.split("\n")[1]) if text.count("\n") > 2 else 0
        checkpoint, note = open_checkpoint(text.encode(), *logs_for(state, size))
    except (Fault, ValueError, UnicodeEncodeError) as fault:
        raise Refused(f"the safe checkpoint of the move does not hold: {fault}", rule="R-MOVE-2") from fault
    if state.roots.get(checkpoint.size) != checkpoint.root.hex():
        raise Refused(
            "the safe checkpoint is not of this history: acts under it would be dropped, and no move may do that",
            rule="R-MOVE-2",
        )
    read_quorum(founding, note, rule="R-MOVE-2")
    if state.ticks and checkpoint.size < state.ticks[-1].size:
        raise Refused("a newer tick shows more entries as safe; take its checkpoint", rule="R-MOVE-2")


def _check_key(state: State, founding: Founding, vkey: str) -> NoteKey:
    """R-MOVE-3: the new log key bears the old one's name, and is no key that signs or cosigned here before. R-KEY-8:
    nor is it anybody's who holds an office.
    """
    try:
        key = parse_note_key(vkey)
        mirrors = {parse_cosigner_key(mirror).public_key for mirror in founding.mirrors}
    except Fault as fault:
        raise Refused(f"the new log key does not hold: {fault.text}", rule="R-MOVE-3") from fault
    before = [parse_note_key(old) for old in (founding.log, *(move.before for move in state.moves))]
    if key.name != before[0].name:
        raise Refused("a record keeps its origin: the new log key bears the same name", rule="R-MOVE-3")
    if key.public_key in mirrors | {old.public_key for old in before}:
        raise Refused("the new log key signed or cosigned here before; take the sealed one", rule="R-MOVE-3")
    if key.public_key.hex() in state.keys or key.public_key.hex() in founding.charter_keys:
        raise Refused("somebody holds this key as an officer of this body; take the sealed one", rule="R-KEY-8")
    return key


def judge_confirm(context: Context) -> State:
    """R-MOVE-5: the members decided that the newest move stands. It may have lapsed; then it binds again."""
    state, data = context.state, context.data
    newest = state.moves[-1] if state.moves else None
    if newest is None or newest.act != data.move or newest.confirmed is not None:
        raise Refused("this is not the newest move of this record, or it was confirmed before", rule="R-MOVE-5")
    after = use_warrant(context)
    context.rests_on(data.move, "move")
    return replace(after, moves=(*after.moves[:-1], replace(newest, confirmed=context.index)))


def judge_show(context: Context) -> State:
    """R-FORK-5: two histories that the key which signs here now has signed, not shown before."""
    state = context.state
    founding = founded(state)
    try:
        (fork,) = parse_forks(context.data.evidence.encode())
        check_fork(fork)
    except (Fault, ValueError, UnicodeEncodeError) as fault:
        raise Refused(f"this is no evidence of one fork: {fault}", rule="R-FORK-5") from fault
    if fork.log.vkey != founding.log:
        raise Refused("this is not the key that signs this record now", rule="R-FORK-5")
    if any(shown.log == founding.log for shown in state.forks):
        raise Refused("a fork by this key was shown before; one is enough", rule="R-FORK-5")
    shown = ShownFork(act=context.act.id, index=context.index, log=founding.log, size=fork.size)
    return replace(state, forks=(*state.forks, shown))


def judge_settle(context: Context) -> State:
    """R-FORK-6: the members decided that this history goes on, under a log key that did not sign the other."""
    state, data = context.state, context.data
    shown = next((fork for fork in state.forks if fork.act == data.fork and fork.settled is None), None)
    if shown is None:
        raise Refused("no open fork of this record was shown by that act", rule="R-FORK-6")
    if founded(state).log == shown.log:
        raise Refused(
            "the key that signed two histories still signs this one; the charter keys move the record first",
            rule="R-FORK-6",
        )
    after = use_warrant(context)
    context.rests_on(data.fork, "fork")
    forks = tuple(replace(fork, settled=context.index) if fork.act == data.fork else fork for fork in after.forks)
    return replace(after, forks=forks)


KINDS: Final = (
    Kind(
        name="host.move",
        data=HostMove,
        judge=judge_move,
        authors=(LAPSED,),
        warrant="the charter keys, and a safe checkpoint",
        early=True,
    ),
    Kind(
        name="host.confirm",
        data=HostConfirm,
        judge=judge_confirm,
        authors=(ANYONE,),
        warrant="a decision naming the move",
        early=True,
    ),
    Kind(
        name="fork.show",
        data=ForkShow,
        judge=judge_show,
        authors=(ANYONE,),
        warrant="two checkpoints that the log signed",
        early=True,
    ),
    Kind(
        name="fork.settle",
        data=ForkSettle,
        judge=judge_settle,
        authors=(ANYONE,),
        warrant="a decision naming the fork",
        early=True,
    ),
)
