"""Ticks and state digests, which anyone may append: both prove themselves. And what a host held back between ticks."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Fault, Refused
from majlis.institutions.caretaking import end_unattended
from majlis.institutions.charter import Count, Hex64
from majlis.institutions.digest import digest
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.logs import logs_for
from majlis.institutions.mirrors import middle, read_quorum
from majlis.institutions.state import State, Tick, founded, replace
from majlis.institutions.ticks import ticked
from majlis.record.checkpoint import open_checkpoint, parse_checkpoint
from majlis.record.note import parse_note


class TickData(msgspec.Struct, frozen=True, kw_only=True):
    """``checkpoint``: the text of this record's checkpoint note with its cosignatures."""

    checkpoint: Annotated[str, Meta(max_length=12_000)]


class DigestData(msgspec.Struct, frozen=True, kw_only=True):
    """``root``: the Merkle root, in hex, of what is in force just before this act; ``size``: the entries before it."""

    size: Count
    root: Hex64


class ExcessData(msgspec.Struct, frozen=True, kw_only=True):
    """``count`` acts exceeded the quotas of their keys; ``ids`` names the blob of their ids, 32 bytes each."""

    count: Annotated[int, Meta(ge=1, le=1_000_000)]
    ids: Hex64


def judge_tick(context: Context) -> State:
    """R-TICK-1 form and log signature; R-TICK-2 of this history; R-TICK-3 quorum; R-TICK-4 forward, never backwards;
    R-TICK-5 of two middles the earlier is the time, and what it covers was there by the later.

    What officers did in too long a stretch without ticks ends with the tick that shows it (R-OFFICE-7).
    """
    state, founding = context.state, founded(context.state)
    try:
        size = parse_checkpoint(parse_note(context.data.checkpoint.encode()).text).size
        checkpoint, note = open_checkpoint(context.data.checkpoint.encode(), *logs_for(state, size))
    except Fault as fault:
        raise Refused(f"the tick's checkpoint does not hold: {fault.text}", rule="R-TICK-1") from fault
    if state.roots.get(checkpoint.size) != checkpoint.root.hex():
        raise Refused("the tick's checkpoint is not a head that this record had", rule="R-TICK-2")
    cosigned = read_quorum(founding, note, rule="R-TICK-3")
    times = sorted(cosignature.time for cosignature in cosigned)
    time = middle(times)
    last = state.ticks[-1] if state.ticks else Tick(index=0, size=0, time=0)
    if time < last.time or checkpoint.size < last.size or (time, checkpoint.size) == (last.time, last.size):
        raise Refused("a tick goes forward in time or size, and back in neither", rule="R-TICK-4")
    tick = Tick(index=context.index, size=checkpoint.size, time=time, until=times[len(times) // 2])
    return end_unattended(ticked(state, tick), last.size)


def judge_digest(context: Context) -> State:
    """R-DIGEST-1 equals the one recomputed from the state before it; R-DIGEST-2 one at most between two ticks.

    Without the second anybody could make every reader recompute it at every entry.
    """
    state = context.state
    if state.digest is not None and (not state.ticks or state.digest[0] > state.ticks[-1].index):
        raise Refused("no tick was logged since the last digest; one between two ticks is enough", rule="R-DIGEST-2")
    if context.data.size != state.size or context.data.root != digest(state):
        raise Refused("the digest differs from the state that this record's entries make", rule="R-DIGEST-1")
    return replace(state, digest=(context.index, context.data.root))


def judge_excess(context: Context) -> State:
    """R-ACT-15: only the key that signs the log says what its host held back. Nothing else changes."""
    logs = logs_for(context.state, context.state.size + 1)
    if context.act.author not in {log.public_key.hex() for log in logs}:
        raise Refused("only the log key of this record says what its host held back", rule="R-ACT-15")
    return context.state


KINDS: Final = (
    Kind(
        name="tick",
        data=TickData,
        judge=judge_tick,
        authors=(ANYONE,),
        warrant="the witnesses' cosignatures",
        early=True,
    ),
    Kind(
        name="state.digest",
        data=DigestData,
        judge=judge_digest,
        authors=(ANYONE,),
        warrant="the entries before it",
        early=True,
    ),
    Kind(
        name="act.excess",
        data=ExcessData,
        judge=judge_excess,
        authors=(ANYONE,),
        warrant="the log key",
        early=True,
    ),
)
