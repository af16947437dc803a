"""The proof that an act was handed in at a mirror, made from copies of both records (R-DELIVER-5)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from majlis.crypto import Chance, SigningKey
from majlis.errors import Fault, Missing, Refused
from majlis.host.author import write_act
from majlis.host.borne_out import ReadBlob, borne_out
from majlis.host.federation import Federation, Record
from majlis.institutions import parse_act, sign_text
from majlis.institutions.delivery import ShowDelivery
from majlis.institutions.delivery.omitted import Omitted, omitted
from majlis.institutions.mirrors import read_quorum
from majlis.institutions.state import State, founded
from majlis.record import TlogProof, format_tlog_proof, parse_checkpoint, parse_note, prove_inclusion

__all__ = ["check_nothing_omitted", "omitted_here", "resubmission", "show_delivery"]


def show_delivery(federation: Federation, body: str, act: str) -> ShowDelivery:
    """The first delivery of the act in a record at hand that as many of the body's own mirrors cosigned as it asks for.

    Their cosignatures stand in the ticks of that record. Raises: Missing, where no such proof can be made.
    """
    state = federation.fold(body)
    for record in federation.records.values():
        known = record.state.deliveries.get(body)
        index = known.get(act) if known is not None else None
        if index is None:
            continue
        for tick in record.state.ticks:
            proof = _proof(record, index, tick.index, state) if tick.size > index else None
            if proof is not None:
                return ShowDelivery(entry=record.entries[index].decode(), proof=proof)
    raise Missing(
        f"no record at hand shows, with enough of that body's mirrors, that act {act[:16]} was handed in there",
        rule="R-DELIVER-5",
    )


def _proof(record: Record, index: int, tick: int, state: State) -> str | None:
    """The inclusion of the entry at ``index`` under the checkpoint of a tick, if the body's mirrors cosigned that."""
    text = parse_act(record.entries[tick]).data["checkpoint"]
    checkpoint = str(text).encode()
    try:
        note = parse_note(checkpoint)
        read_quorum(founded(state), note, rule="R-DELIVER-5")
    except Fault:
        return None
    hashes = tuple(prove_inclusion(index, parse_checkpoint(note.text).size, record.tree.read))
    return format_tlog_proof(TlogProof(index=index, hashes=hashes, checkpoint=checkpoint)).decode()


def resubmission(federation: Federation, body: str, entry: bytes, chance: Chance) -> tuple[bytes, ...]:
    """What to hand in so that an act counts as handed in when a mirror logged it: the proof first, then the act.

    Without such a proof at hand it is the act alone. Where the record has it as one that came late, the act bears one
    more signature by nobody in particular: the same bytes would be the same entry.
    """
    act = parse_act(entry)
    state = federation.fold(body)
    if not any(one.act == act.id for one in omitted(state, (record.state for record in federation.records.values()))):
        return (entry,)
    try:
        shown = show_delivery(federation, body, act.id)
    except Missing:
        return (entry,)
    nobody = SigningKey(chance(32))
    proof = write_act("delivery.show", msgspec.structs.asdict(shown), nobody, chance=chance, body=body)
    return proof, _with_one_more(entry, nobody) if act.id in state.acts else entry


def _with_one_more(entry: bytes, key: SigningKey) -> bytes:
    text, _, lines = entry.rpartition(b"\n\n")
    _, _, line = sign_text(text + b"\n", key).rpartition(b"\n\n")
    return text + b"\n\n" + lines + line


def omitted_here(federation: Federation, body: str, read: ReadBlob) -> Iterator[Omitted]:
    """What records at hand show to have been handed in for this body, and its own has not (R-DELIVER-8)."""
    others = ((record.state, record.entries) for record in federation.records.values())
    return borne_out(federation.fold(body), others, read, lambda entry: federation.judge(body, entry))


def check_nothing_omitted(federation: Federation, body: str, read: ReadBlob) -> None:
    """R-DELIVER-7: no act for this body that a record at hand has as delivered is missing in its own.

    Raises: Refused.
    """
    missing = list(omitted_here(federation, body, read))
    if missing:
        acts = ", ".join(sorted({one.act[:16] for one in missing}))
        raise Refused(
            f"{len({one.act for one in missing})} acts for this body were handed in at mirrors, and its record does "
            f"not have them or calls them late: {acts}. Hand them in first ('majlis outbox --resubmit', or whoever "
            "holds their blobs), or call a hearing; do not open the box meanwhile",
            rule="R-DELIVER-7",
        )
