"""The proof that an act was handed in at a mirror, made from copies of both records (R-DELIVER-5)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from majlis.crypto import Chance, SigningKey
from majlis.errors import Fault, Missing, Refused
from majlis.host.author import write_act
from majlis.host.borne_out import ReadBlob, handed_in, knows
from majlis.host.federation import Federation, Record
from majlis.institutions import SignedAct, parse_act, sign_text
from majlis.institutions.delivery import ShowDelivery
from majlis.institutions.delivery.omitted import Omitted, omitted
from majlis.institutions.fold import LATE
from majlis.institutions.mirrors import read_quorum
from majlis.institutions.state import State, founded
from majlis.record import TlogProof, format_tlog_proof, parse_checkpoint, parse_note, prove_inclusion

__all__ = ["check_nothing_omitted", "omitted_here", "resubmission", "show_delivery"]

Seen = dict[tuple[str, int], bytes | None]
"""By record and the place of a tick there: its checkpoint, where enough of one body's mirrors cosigned it."""


def show_delivery(federation: Federation, body: str, act: str, seen: Seen | None = None) -> ShowDelivery:
    """The first delivery of the act in a record at hand that as many of the body's own mirrors cosigned as it asks for.

    Their cosignatures stand in the ticks of that record. ``seen``: what was found of them before, for this body.
    Raises: Missing, where no such proof can be made.
    """
    seen = {} if seen is None else seen
    state = federation.fold(body)
    for record in federation.records.values():
        known = record.state.deliveries.get(body)
        index = known.get(act) if known is not None else None
        if index is None:
            continue
        for tick in record.state.ticks:
            place = (record.state.identity, tick.index)
            if tick.size > index and place not in seen:
                seen[place] = _cosigned(record, tick.index, state)
            checkpoint = seen[place] if tick.size > index else None
            if checkpoint is not None:
                proof = _proof(record, index, checkpoint)
                return ShowDelivery(entry=record.entries[index].decode(), proof=proof)
    raise Missing(
        f"no record at hand shows, with enough of that body's mirrors, that act {act[:16]} was handed in there",
        rule="R-DELIVER-5",
    )


def _cosigned(record: Record, tick: int, state: State) -> bytes | None:
    """The checkpoint of a tick, if enough of the body's mirrors cosigned that."""
    checkpoint = str(parse_act(record.entries[tick]).data["checkpoint"]).encode()
    try:
        read_quorum(founded(state), parse_note(checkpoint), rule="R-DELIVER-5")
    except Fault:
        return None
    return checkpoint


def _proof(record: Record, index: int, checkpoint: bytes) -> str:
    """The inclusion of the entry at ``index`` under the checkpoint."""
    size = parse_checkpoint(parse_note(checkpoint).text).size
    hashes = tuple(prove_inclusion(index, size, record.tree.read))
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
    return _shown(state, entry, shown, chance)


def _shown(state: State, entry: bytes, shown: ShowDelivery, chance: Chance) -> tuple[bytes, bytes]:
    nobody = SigningKey(chance(32))
    proof = write_act("delivery.show", msgspec.structs.asdict(shown), nobody, chance=chance, body=state.identity)
    return proof, _with_one_more(entry, nobody) if parse_act(entry).id in state.acts else entry


def _with_one_more(entry: bytes, key: SigningKey) -> bytes:
    text, _, lines = entry.rpartition(b"\n\n")
    _, _, line = sign_text(text + b"\n", key).rpartition(b"\n\n")
    return text + b"\n\n" + lines + line


def omitted_here(federation: Federation, body: str, read: ReadBlob) -> Iterator[Omitted]:
    """What records at hand show to have been handed in for this body, and its own has not (R-DELIVER-8): by a key that
    it knows, or what would count there; and what it has too late although that came in time.
    """
    for one, after in _counted(federation, body, read):
        if after is not None or not (one.is_late or one.is_waiting):
            yield one


def _counted(federation: Federation, body: str, read: ReadBlob) -> Iterator[tuple[Omitted, State | None]]:
    """What was handed in and is missing or late, and the state in which it counts; None where it does not, and is by a
    key that the record knows.
    """
    state = federation.fold(body)
    seen: Seen = {}
    for record in list(federation.records.values()):
        for one, copies in handed_in(state, record.state, record.entries, read):
            found = [federation.records[body].entries[state.acts[one.act].index]] if one.is_late else []
            entries = [*found, *(signed.act.entry for signed in copies)]
            after = next(filter(None, (_with(federation, state, entry, seen) for entry in entries)), None)
            if after is not None or any(_is_known(state, signed) for signed in copies):
                yield one, after


def _is_known(state: State, signed: SignedAct) -> bool:
    return any(knows(state, key) for key in signed.keys)


def _with(federation: Federation, state: State, entry: bytes, seen: Seen) -> State | None:
    """The state in which the act counts, as it is or with the proof that it came in time; None where it does not."""
    act, body = parse_act(entry).id, state.identity
    after, _ = federation.judge(body, entry)
    standing = after.acts.get(act)
    if standing is not None and standing.status == "void" and standing.rule in LATE:
        try:
            shown = show_delivery(federation, body, act, seen)
        except Missing:
            return None
        after = federation.try_on(body, _shown(state, entry, shown, bytes))
        standing = after.acts.get(act)
    return after if standing is not None and standing.status == "in-force" else None


def check_nothing_omitted(federation: Federation, body: str, election: str, read: ReadBlob) -> None:
    """R-DELIVER-7: a record at hand has no objection against this box as delivered that would count and that the body's
    own record does not count. Nothing else that anybody hands in anywhere keeps a box shut.

    Raises: Refused.
    """
    raised = federation.fold(body).elections[election].objections
    missing = [
        one.act
        for one, after in _counted(federation, body, read)
        if after is not None and after.elections[election].objections != raised
    ]
    if missing:
        acts = ", ".join(sorted({act[:16] for act in missing}))
        raise Refused(
            f"{len(set(missing))} objections against this box were handed in at mirrors, and its record does not have "
            f"them or calls them late: {acts}. Hand them in first ('majlis outbox --resubmit', or whoever holds their "
            "blobs), or call a hearing; do not open the box meanwhile",
            rule="R-DELIVER-7",
        )
