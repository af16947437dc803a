"""Ballot boxes taken apart and put together anew, as a host could that keeps them: every hash and header in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from majlis.ballot import read_entries, read_records
from majlis.ballot.tar import format_first_record, format_record


class Part(msgspec.Struct, kw_only=True):
    """One event and the payloads before it, the last of which the event names."""

    type: str
    payloads: list[bytes]


def take_apart(archive: bytes) -> list[Part]:
    """The events of a box."""
    return [
        Part(type=entry.type, payloads=[record.payload for record in entry.records])
        for entry in read_entries(read_records(archive))
    ]


def timestamp(archive: bytes) -> int:
    """The one time that all records of the box carry."""
    return int(archive[136:147], 8)


def put_together(parts: Sequence[Part], time: int, encode: Callable[[dict[str, Any]], bytes] | None = None) -> bytes:
    """The box of these events, chained anew. Nothing in them is checked."""
    return b"".join([format_first_record(time), *_records(parts, time, encode or msgspec.json.encode)])


def _records(parts: Sequence[Part], time: int, encode: Callable[[dict[str, Any]], bytes]) -> Iterator[bytes]:
    parent = ""
    for height, part in enumerate(parts):
        for payload in part.payloads:
            yield format_record(f"{_hex(payload)}.data.json", payload, time)
        event: dict[str, Any] = {"parent": parent} if parent else {}
        event |= {"height": height, "type": part.type}
        if part.payloads:
            event["payload"] = _hex(part.payloads[-1])
        data = encode(event)
        yield format_record(f"{_hex(data)}.event.json", data, time)
        parent = _hex(data)


def _hex(data: bytes) -> str:
    return sha256(data).hexdigest()


def rebuild(archive: bytes, change: Callable[[list[Part]], list[Part] | None]) -> bytes:
    """The box with its events changed, in place or anew."""
    parts = take_apart(archive)
    return put_together(change(parts) or parts, timestamp(archive))
