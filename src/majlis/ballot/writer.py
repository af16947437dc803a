"""The box as it is written: each step gives exactly the bytes to append, and nothing before them ever changes.

The writer knows only where the box stands (``Written``), which the caller may keep beside the file; it checks the order
of events, not the ballots or proofs themselves: those are checked where they are taken in (``check_ballot``,
``check_shuffle``, ``check_share``).

Source: ``spec/ballot.md`` sections 13 and 16. Rules R-BOX-10 to R-BOX-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from majlis.ballot.election import parse_election
from majlis.ballot.event import Event, EventType, OwnerData, SetupData, Stage, TallyData, next_stage, read_entries
from majlis.ballot.tally import Tally
from majlis.ballot.tar import TarRecord, format_first_record, format_record, read_records
from majlis.ballot.wire import encode, format_number
from majlis.crypto import sha256_hex
from majlis.errors import Forged, Malformed

__all__ = ["ArchiveWriter", "Written", "whole_events"]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Where a box stands. ``size`` in bytes; ``height`` and ``head``: number and hash of the last event."""

    timestamp: int
    stage: Stage
    is_ranked: bool
    height: int
    head: str
    size: int


class ArchiveWriter:
    """Appends to one box. After a crash, ``resume`` from the bytes on disk, or from a ``Written`` kept beside them."""

    def __init__(self, written: Written) -> None:
        self.written = written

    @classmethod
    def begin(cls, timestamp: int) -> ArchiveWriter:
        """A writer for a new box. ``timestamp``: Unix seconds UTC, the one that every record will carry."""
        return cls(Written(timestamp=timestamp, stage="empty", is_ranked=False, height=-1, head="", size=0))

    @classmethod
    def resume(cls, archive: bytes | Iterable[bytes]) -> ArchiveWriter:
        """A writer at the end of an existing box. Its outer form is checked, not its proofs.

        Raises: the first fault of R-BOX-1 to R-BOX-12; after a torn write, cut the file to ``whole_events`` first.
        """
        last: TarRecord | None = None

        def noted() -> Iterator[TarRecord]:
            nonlocal last
            for record in read_records(archive):
                last = record
                yield record

        stage: Stage = "empty"
        is_ranked, height, head = False, -1, ""
        for entry in read_entries(noted()):
            if entry.type == "Setup":
                is_ranked = parse_election(entry.records[0].payload).is_ranked
            stage = next_stage(stage, entry.type, ranked=is_ranked)
            height, head = entry.height, entry.hash
        if last is None:
            raise Malformed("this box has no event yet; begin it anew", rule="R-BOX-10")
        return cls(
            Written(timestamp=last.timestamp, stage=stage, is_ranked=is_ranked, height=height, head=head, size=last.end)
        )

    @property
    def head(self) -> str:
        """The hash of the last event: what the body's record names when it speaks of the box."""
        return self.written.head

    @property
    def height(self) -> int:
        """The number of the last event, from 0; -1 before the first."""
        return self.written.height

    def setup(self, election: bytes, trustees: bytes, credentials: bytes) -> bytes:
        """The box begins: what is asked, who opens it, who may vote."""
        data = SetupData(
            election=sha256_hex(election), trustees=sha256_hex(trustees), credentials=sha256_hex(credentials)
        )
        is_ranked = parse_election(election).is_ranked
        return self._append("Setup", [election, trustees, credentials, encode(data)], is_ranked=is_ranked)

    def ballot(self, ballot: bytes) -> bytes:
        """One ballot, taken in."""
        return self._append("Ballot", [ballot])

    def end_ballots(self) -> bytes:
        """No ballot comes after this."""
        return self._append("EndBallots", [])

    def encrypted_tally(self, tally: Tally) -> bytes:
        """The sum of the ballots that count."""
        data = TallyData(
            num_tallied=tally.ballots, total_weight=format_number(tally.weight), encrypted_tally=tally.hash
        )
        return self._append("EncryptedTally", [tally.raw, encode(data)])

    def shuffle(self, owner: int, shuffle: bytes) -> bytes:
        """One shuffle, by trustee number ``owner``; never one that ``check_shuffle`` refuses."""
        return self._append("Shuffle", [shuffle, encode(OwnerData(owner=owner, payload=sha256_hex(shuffle)))])

    def end_shuffles(self) -> bytes:
        """No shuffle comes after this; what the last one left is opened."""
        return self._append("EndShuffles", [])

    def partial_decryption(self, owner: int, share: bytes) -> bytes:
        """The share of trustee number ``owner``; never one that ``check_share`` refuses."""
        return self._append("PartialDecryption", [share, encode(OwnerData(owner=owner, payload=sha256_hex(share)))])

    def result(self, result: bytes) -> bytes:
        """The result, after which the box is finished."""
        return self._append("Result", [result])

    def _append(self, kind: EventType, payloads: list[bytes], *, is_ranked: bool | None = None) -> bytes:
        """Raises: Refused (R-BOX-11), when this event cannot come here; the writer then stands where it stood."""
        now = self.written
        ranked = now.is_ranked if is_ranked is None else is_ranked
        stage = next_stage(now.stage, kind, ranked=ranked)
        event = encode(
            Event(
                parent=now.head or msgspec.UNSET,
                height=now.height + 1,
                type=kind,
                payload=sha256_hex(payloads[-1]) if payloads else msgspec.UNSET,
            )
        )
        parts = [format_record(f"{sha256_hex(data)}.data.json", data, now.timestamp) for data in payloads]
        parts.append(format_record(f"{sha256_hex(event)}.event.json", event, now.timestamp))
        if now.stage == "empty":
            parts.insert(0, format_first_record(now.timestamp))
        appended = b"".join(parts)
        self.written = Written(
            timestamp=now.timestamp,
            stage=stage,
            is_ranked=ranked,
            height=now.height + 1,
            head=sha256_hex(event),
            size=now.size + len(appended),
        )
        return appended


def whole_events(archive: bytes) -> int:
    """How many bytes of a box that a crash has torn are whole events: cut it to this length and ``resume``.

    0 when not even the first event is whole. What was cut was never acknowledged, or its sender still has it.
    """
    whole = 0
    with suppress(Malformed, Forged):
        for record in read_records(archive):
            if record.kind == "event":
                whole = record.end
    return whole
