"""Acts handed in elsewhere: logged at a mirror with a time, shown to the record they are for (``spec/host.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Fault, Refused
from majlis.institutions.act import open_act
from majlis.institutions.charter import Hex64
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.mirrors import read_quorum
from majlis.institutions.state import Map, State, founded, replace
from majlis.record.checkpoint import parse_checkpoint
from majlis.record.merkle import check_inclusion, leaf_hash
from majlis.record.note import Note, parse_note
from majlis.record.tlog_proof import parse_tlog_proof

_KIND: Final = "act.deliver"


class Deliver(msgspec.Struct, frozen=True, kw_only=True):
    """``act`` is one for the record of ``body``; ``entry`` the SHA-256 of its entry as handed in, which is a blob."""

    body: Hex64
    act: Hex64
    entry: Hex64


class ShowDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """``entry``: of an ``act.deliver`` in another record, as it stands there; ``proof``: its tlog-proof there, under a
    checkpoint that the mirrors of this body cosigned.
    """

    entry: Annotated[str, Meta(max_length=4_000)]
    proof: Annotated[str, Meta(max_length=11_000)]


def judge_deliver(context: Context) -> State:
    """R-DELIVER-1: it is for another record. What it is worth there, only that record's own fold says."""
    if context.data.body == context.state.identity:
        raise Refused("an act for this very record is logged itself, and needs no delivery", rule="R-DELIVER-1")
    state, data = context.state, context.data
    known: Map[str, int] = state.deliveries.get(data.body, Map())
    known = known.set(data.act, known.get(data.act, context.index))
    return replace(state, deliveries=state.deliveries.set(data.body, known))


def judge_show(context: Context) -> State:
    """R-DELIVER-5: a delivery of an act for this record, which so many of its mirrors saw in another record by then.

    Nothing of that other record is asked for: whose it is does not matter, as this body's own mirrors signed a time
    over its tree. Of two middles the later, else one mirror of two could date a delivery back; of several such times
    the earliest counts.
    """
    state, data = context.state, context.data
    delivered, note = _open(state, data)
    cosigned = read_quorum(founded(state), note, rule="R-DELIVER-5")
    times = sorted(cosignature.time for cosignature in cosigned)
    time = times[len(times) // 2]
    time = min(time, state.delivered.get(delivered.act, time))
    return replace(state, delivered=state.delivered.set(delivered.act, time))


def _open(state: State, data: ShowDelivery) -> tuple[Deliver, Note]:
    """The delivery that is shown, and the checkpoint over it. Raises: Refused with R-DELIVER-5."""
    try:
        entry = data.entry.encode()
        act = open_act(entry).act
        delivered = msgspec.convert(act.data, Deliver, strict=True)
        proof = parse_tlog_proof(data.proof.encode())
        note = parse_note(proof.checkpoint)
        tree = parse_checkpoint(note.text)
        check_inclusion(proof.hashes, index=proof.index, size=tree.size, leaf=leaf_hash(entry), root=tree.root)
    except (Fault, msgspec.ValidationError, UnicodeEncodeError) as fault:
        raise Refused(f"this shows no delivery: {fault}", rule="R-DELIVER-5") from fault
    if act.kind != _KIND or delivered.body != state.identity:
        raise Refused("this shows no delivery of an act for this record", rule="R-DELIVER-5")
    return delivered, note


KINDS: Final = (
    Kind(
        name=_KIND,
        data=Deliver,
        judge=judge_deliver,
        authors=(ANYONE,),
        warrant="the act that was handed in",
        early=True,
    ),
    Kind(
        name="delivery.show",
        data=ShowDelivery,
        judge=judge_show,
        authors=(ANYONE,),
        warrant="the delivery in another record, seen by this body's mirrors",
        early=True,
    ),
)
