"""The outer form of a box."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.ballot import looks_like_archive, read_records
from majlis.ballot.tar import format_first_record, format_record
from majlis.crypto import NonCanonical
from majlis.errors import Fault, Forged, Malformed, Refused

STAMP = 1_700_000_000


def data(payload: bytes, kind: str = "data") -> bytes:
    return format_record(f"{hashlib.sha256(payload).hexdigest()}.{kind}.json", payload, STAMP)


def test_published_first_record(formulas: dict[str, Any]) -> None:
    case = formulas["first_record"]
    record = format_first_record(case["timestamp"])
    assert len(record) == case["size"]
    assert record[148:156] == case["checksum"].encode() + b"\0 "
    assert hashlib.sha256(record).hexdigest() == case["sha256"]


@given(st.lists(st.binary(max_size=1600), max_size=6), st.integers(1, 700))
def test_records_come_back_from_pieces_of_any_size(payloads: list[bytes], size: int) -> None:
    archive = format_first_record(STAMP) + b"".join(map(data, payloads))
    pieces = [archive[at : at + size] for at in range(0, len(archive), size)]
    for source in (archive, pieces, [b"", *pieces, b""]):
        found = list(read_records(source))
        assert [record.payload for record in found] == payloads
        assert all(archive[record.offset :].startswith(data(record.payload)) for record in found)
        assert [record.end for record in found][-1:] == [len(archive)][: len(found)]


def test_an_older_first_record_has_an_integer() -> None:
    payload = b'{"version":1,"timestamp":%d}' % STAMP
    assert list(read_records(format_record("BELENIOS", payload, STAMP))) == []


FIRST = format_first_record(STAMP)


@pytest.mark.parametrize(
    ("archive", "rule", "kind"),
    [
        (b"", "R-BOX-3", Malformed),
        (FIRST[:100], "R-BOX-3", Malformed),
        (FIRST[:-1], "R-BOX-3", Malformed),
        (FIRST[:600], "R-BOX-3", Malformed),
        (FIRST + bytes(512), "R-BOX-3", Malformed),
        (FIRST[:130] + b"x" + FIRST[131:], "R-BOX-1", Malformed),
        (b"\xff" + FIRST[1:], "R-BOX-1", Malformed),
        (FIRST[:300] + b"x" + FIRST[301:], "R-BOX-1", Malformed),
        (FIRST[:-1] + b"\1", "R-BOX-2", Malformed),
        (data(b"{}"), "R-BOX-4", Malformed),
        (format_record("BELENIOS", b'{"version":2,"timestamp":"1700000000"}', STAMP), "R-BOX-4", Refused),
        (format_record("BELENIOS", b'{"version":1,"timestamp":"1700000001"}', STAMP), "R-BOX-4", Forged),
        (format_record("BELENIOS", b'{"version":1, "timestamp":"1700000000"}', STAMP), "R-BOX-4", NonCanonical),
        (format_record("BELENIOS", b'{"version":1}', STAMP), "R-BOX-4", Malformed),
        (FIRST + format_record("0" * 64 + ".data.json", b"{}", STAMP), "R-BOX-5", Forged),
        (FIRST + format_record("readme.txt", b"{}", STAMP), "R-BOX-10", Malformed),
        (FIRST + data(b"{}", "datas"), "R-BOX-10", Malformed),
        (FIRST + format_record("A" * 64 + ".data.json", b"{}", STAMP), "R-BOX-10", Malformed),
        (FIRST + FIRST, "R-BOX-10", Malformed),
    ],
)
def test_every_departure_from_the_form_has_its_rule(archive: bytes, rule: str, kind: type[Fault]) -> None:
    with pytest.raises(kind) as caught:
        list(read_records(archive))
    assert caught.value.rule == rule
    assert caught.value.where


@pytest.mark.parametrize(
    ("name", "size", "stamp"), [("n" * 100, 0, 0), ("n", 0, -1), ("n", 0, 8**11), ("é" * 50, 0, 0)]
)
def test_what_does_not_fit_a_header_is_refused(name: str, size: int, stamp: int) -> None:
    with pytest.raises(Refused):
        format_record(name, bytes(size), stamp)


def test_a_box_is_recognised_even_with_one_damaged_byte() -> None:
    for place in range(512):
        damaged = bytearray(FIRST)
        damaged[place] ^= 0xFF
        assert looks_like_archive(bytes(damaged))
    assert not looks_like_archive(b"")
    assert not looks_like_archive(b"# a text\n" * 100)
