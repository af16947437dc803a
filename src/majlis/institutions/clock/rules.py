"""Ticks and state digests. Anyone may append either; both prove themselves."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Fault, Refused
from majlis.institutions.charter import Count, Hex64
from majlis.institutions.digest import digest
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import State, Tick, replace
from majlis.record.checkpoint import open_checkpoint
from majlis.record.cosignature import parse_cosigner_key, read_cosignatures
from majlis.record.note import parse_note_key


class TickData(msgspec.Struct, frozen=True, kw_only=True):
    """``checkpoint``: the text of this record's checkpoint note with its cosignatures."""

    checkpoint: Annotated[str, Meta(max_length=12_000)]


class DigestData(msgspec.Struct, frozen=True, kw_only=True):
    """``root``: the Merkle root, in hex, of the in-force state just before this act; ``size``: the entries it covers."""

    size: Count
    root: Hex64


def judge_tick(context: Context) -> State:
    """R-TICK-1 form and log signature; R-TICK-2 of this history; R-TICK-3 quorum; R-TICK-4 never backwards."""
    state, founding = context.state, context.state.founding
    if founding is None:
        raise Refused("there is no body yet", rule="R-TICK-1")
    try:
        checkpoint, note = open_checkpoint(context.data.checkpoint.encode(), parse_note_key(founding.log))
    except Fault as fault:
        raise Refused(f"the tick's checkpoint does not hold: {fault.text}", rule="R-TICK-1") from fault
    if state.roots.get(checkpoint.size) != checkpoint.root.hex():
        raise Refused("the tick's checkpoint is not a head that this record had", rule="R-TICK-2")
    try:
        cosigned = read_cosignatures(note, [parse_cosigner_key(vkey) for vkey in founding.mirrors])
    except Fault as fault:
        raise Refused(f"a cosignature of the tick fails: {fault.text}", rule="R-TICK-3") from fault
    if len(cosigned) < founding.mirror_quorum:
        raise Refused(
            f"a tick needs {founding.mirror_quorum} cosignatures, this one has {len(cosigned)}", rule="R-TICK-3"
        )
    time = median(sorted(cosignature.time for cosignature in cosigned))
    if state.ticks and (time < state.ticks[-1].time or checkpoint.size < state.ticks[-1].size):
        raise Refused("a tick never goes backwards in time or size", rule="R-TICK-4")
    tick = Tick(index=context.index, size=checkpoint.size, time=time)
    return replace(state, ticks=(*state.ticks, tick))


def median(times: list[int]) -> int:
    """The middle of sorted times; of two middles the earlier, so that no single late clock moves it forward."""
    return times[(len(times) - 1) // 2]


def judge_digest(context: Context) -> State:
    """R-DIGEST-1: the digest equals the one recomputed from the state before it."""
    state = context.state
    if context.data.size != state.size or context.data.root != digest(state):
        raise Refused("the digest differs from the state that this record's entries make", rule="R-DIGEST-1")
    return replace(state, digest=(context.index, context.data.root))


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
)
