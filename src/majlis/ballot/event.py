"""The inner form of a ballot box: a chain of events, each after the records that belong to it.

    {"parent":"<hash of the event before>","height":7,"type":"Ballot","payload":"<hash>"}

    type               records before it, in order; the last is its payload
    Setup              election, trustees, credentials, {"election":h,"trustees":h,"credentials":h}
    Ballot             the ballot
    EndBallots
    EncryptedTally     tally, {"num_tallied":n,"total_weight":n,"encrypted_tally":h}
    Shuffle            shuffle, {"owner":n,"payload":h}
    EndShuffles
    PartialDecryption  factors with proofs, {"owner":n,"payload":h}
    Result             the result

Grammar: ``S B* E T (H* F)? P* R?``, the bracket exactly when a question is ranked; a running box is a prefix of such a
word. The head of a box is the hash of its last event.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` sections 13 and 16. Rules R-BOX-6 to R-BOX-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from majlis.ballot.tar import TarRecord
from majlis.ballot.wire import Number, decode, ruled
from majlis.errors import Fault, Forged, Malformed, Refused

__all__ = [
    "Chain",
    "Entry",
    "Event",
    "EventType",
    "OwnerData",
    "SetupData",
    "Stage",
    "TallyData",
    "next_stage",
    "read_entries",
]

EventType = Literal[
    "Setup", "Ballot", "EndBallots", "EncryptedTally", "Shuffle", "EndShuffles", "PartialDecryption", "Result"
]
Stage = Literal["empty", "open", "closed", "shuffling", "decrypting", "finished"]

RECORDS: Final[dict[EventType, int]] = {
    "Setup": 4,
    "Ballot": 1,
    "EndBallots": 0,
    "EncryptedTally": 2,
    "Shuffle": 2,
    "EndShuffles": 0,
    "PartialDecryption": 2,
    "Result": 1,
}

_STEPS: Final[dict[Stage, dict[EventType, Stage]]] = {
    "empty": {"Setup": "open"},
    "open": {"Ballot": "open", "EndBallots": "closed"},
    "closed": {"EncryptedTally": "decrypting"},
    "shuffling": {"Shuffle": "shuffling", "EndShuffles": "decrypting"},
    "decrypting": {"PartialDecryption": "decrypting", "Result": "finished"},
    "finished": {},
}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as written."""

    parent: str | msgspec.UnsetType = msgspec.UNSET
    height: int
    type: EventType
    payload: str | msgspec.UnsetType = msgspec.UNSET


class SetupData(msgspec.Struct, frozen=True, kw_only=True):
    """What an election begins with, by hash."""

    election: str
    trustees: str
    credentials: str


class TallyData(msgspec.Struct, frozen=True, kw_only=True):
    """How many ballots count and what they weigh, and the hash of their encrypted sum."""

    num_tallied: int
    total_weight: Number
    encrypted_tally: str


class OwnerData(msgspec.Struct, frozen=True, kw_only=True):
    """Whose shuffle or partial decryption this is: a trustee's number, from 1."""

    owner: int
    payload: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event with the payloads before it; ``hash`` is the event's own."""

    type: EventType
    height: int
    hash: str
    records: tuple[TarRecord, ...]
    data: SetupData | TallyData | OwnerData | None


class Chain:
    """Where a chain of events stands. ``parent``: hash of the last event; ``height``: the number of the next one."""

    def __init__(self) -> None:
        self.parent: str | msgspec.UnsetType = msgspec.UNSET
        self.height = 0


def next_stage(stage: Stage, event: EventType, *, ranked: bool) -> Stage:
    """Where the box stands after this event. Raises: Refused, when the grammar has no such event here."""
    after = _STEPS[stage].get(event)
    if after is None:
        allowed = " or ".join(_STEPS[stage]) or "nothing"
        raise Refused(f"{event} cannot come here: the box is {stage}, and {allowed} may follow", rule="R-BOX-11")
    if event == "EncryptedTally" and ranked:
        return "shuffling"
    return after


def read_entries(records: Iterable[TarRecord], chain: Chain | None = None) -> Iterator[Entry]:
    """The events in order, each with its records; the chain, heights and order of records are checked.

    ``chain``: is kept at the last event given; whoever skips whole events between two steps sets it to their last.
    Raises: the first fault there is, with its rule and ``where`` it stands.
    """
    before: list[TarRecord] = []
    chain = chain or Chain()
    for record in records:
        if record.kind == "data":
            before.append(record)
            continue
        where = f"event {chain.height}"
        try:
            event = decode(Event, record.payload, "the event")
        except Fault as fault:
            raise ruled(fault, "R-BOX-6", where) from None
        if event.height != chain.height:
            raise Forged(
                f"this event says height {event.height}, but it is number {chain.height}", where=where, rule="R-BOX-8"
            )
        if event.parent != chain.parent:
            raise Forged("this event does not name the one before it", where=where, rule="R-BOX-7")
        data = _check_records(event, before, where)
        entry = Entry(type=event.type, height=event.height, hash=record.hash, records=tuple(before), data=data)
        chain.parent, chain.height, before = record.hash, event.height + 1, []
        yield entry
    if before:
        raise Malformed(
            f"{len(before)} records at the end belong to no event; the box was cut, copy it again whole",
            where=f"after event {chain.height - 1}" if chain.height else "before any event",
            rule="R-BOX-10",
        )


def _check_records(event: Event, records: list[TarRecord], where: str) -> SetupData | TallyData | OwnerData | None:
    expected = RECORDS[event.type]
    if (event.payload is msgspec.UNSET) != (expected == 0):
        verb = "has no" if expected == 0 else "needs a"
        raise Malformed(f"{event.type} {verb} payload", where=where, rule="R-BOX-9")
    if len(records) != expected or (records and records[-1].hash != event.payload):
        raise Malformed(
            f"before {event.type} stand {expected} records, the last of them its payload; here are {len(records)}",
            where=where,
            rule="R-BOX-10",
        )
    try:
        return _references(event.type, records)
    except Fault as fault:
        raise ruled(fault, "R-BOX-12", where) from None


def _references(kind: EventType, records: list[TarRecord]) -> SetupData | TallyData | OwnerData | None:
    named: tuple[str, ...]
    data: SetupData | TallyData | OwnerData
    match kind:
        case "Setup":
            data = decode(SetupData, records[3].payload, "the setup data")
            named = (data.election, data.trustees, data.credentials)
        case "EncryptedTally":
            data = decode(TallyData, records[1].payload, "the tally data")
            named = (data.encrypted_tally,)
        case "Shuffle" | "PartialDecryption":
            data = decode(OwnerData, records[1].payload, "the owner data")
            named = (data.payload,)
        case _:
            return None
    if named != tuple(record.hash for record in records[:-1]):
        raise Forged("the payload names other records than those before it")
    return data
