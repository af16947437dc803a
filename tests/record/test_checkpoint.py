"""Checkpoints and their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto.signature import SigningKey
from majlis.errors import Fault, Forged, Malformed
from majlis.record import (
    Checkpoint,
    Note,
    NoteKey,
    format_checkpoint,
    format_decimal,
    format_note,
    open_checkpoint,
    parse_checkpoint,
    parse_decimal,
    parse_hash,
    sign_note,
)

KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name="camp.example/log", public_key=KEY.public_key)
CHECKPOINT = Checkpoint(origin=LOG.name, size=812, root=bytes(range(32)))
TEXT = format_checkpoint(CHECKPOINT)


def signed(text: str, name: str = LOG.name, key: SigningKey = KEY) -> bytes:
    return format_note(Note(text=text, signatures=(sign_note(text, name, key),)))


def test_the_wire_form_is_the_published_one():
    assert TEXT == "camp.example/log\n812\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert parse_checkpoint(TEXT) == CHECKPOINT


def test_published_checkpoints(notes, kats):
    read = 0
    for case in notes.values():
        text = case["note"].partition("\n\n")[0] + "\n"
        if text.count("\n") == 3:
            assert format_checkpoint(parse_checkpoint(text)) == text
            read += 1
    assert read == 6
    for text in kats["checkpoints_invalid"]:
        with pytest.raises(Malformed):
            parse_checkpoint(text)


def test_extension_lines_of_others_are_kept():
    text = TEXT + "an extension\nand another\n"
    assert parse_checkpoint(text).extensions == ("an extension", "and another")
    assert format_checkpoint(parse_checkpoint(text)) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "three or more"),
        ("o\n1\n", "three or more"),
        (TEXT[:-1], "three or more"),
        (TEXT + "\n", "none of them empty"),
        ("\n" + TEXT[TEXT.index("\n") + 1 :], "none of them empty"),
        (TEXT.replace("812", "0812"), "plain digits"),
        (TEXT.replace("812", "+812"), "plain digits"),
        (TEXT.replace("812", "8 12"), "plain digits"),
        (TEXT.replace("812", "٨١٢"), "plain digits"),
        (TEXT.replace("812", str(2**63)), "plain digits"),
        (TEXT.replace("AAEC", "AAE"), "base64"),
        (TEXT.replace("AAEC", ""), "32 bytes"),
    ],
)
def test_malformed_checkpoints(text, reason):
    with pytest.raises(Malformed, match=reason):
        parse_checkpoint(text)


@pytest.mark.parametrize("origin", ["", "two\nlines", "two\n\nlines", TEXT + "8"])
def test_a_checkpoint_that_would_not_come_back_is_not_written(origin):
    with pytest.raises(Malformed):
        format_checkpoint(Checkpoint(origin=origin, size=1, root=bytes(32)))


@given(st.integers(0, 2**63 - 1))
def test_decimals_come_back(number):
    assert parse_decimal(format_decimal(number)) == number


@pytest.mark.parametrize("number", [-1, 2**63])
def test_numbers_out_of_range_are_not_written(number):
    with pytest.raises(Malformed):
        format_decimal(number)


def test_hashes_are_32_bytes():
    with pytest.raises(Malformed, match="32 bytes"):
        parse_hash("AAAA")


def test_a_signed_checkpoint_opens():
    checkpoint, note = open_checkpoint(signed(TEXT), LOG)
    assert checkpoint == CHECKPOINT
    assert note.text == TEXT


def test_a_log_that_changed_its_key_has_two():
    new = SigningKey(bytes([7]) * 32)
    both = (LOG, NoteKey(name=LOG.name, public_key=new.public_key))
    assert open_checkpoint(signed(TEXT), *both)[0] == CHECKPOINT
    assert open_checkpoint(signed(TEXT, key=new), *both)[0] == CHECKPOINT


def test_a_checkpoint_signed_by_another_log_is_forged():
    stranger = SigningKey(bytes([9]) * 32)
    with pytest.raises(Forged, match="no signature of a key that we know"):
        open_checkpoint(signed(TEXT, key=stranger), LOG)


def test_a_log_signs_for_no_other_origin():
    text = TEXT.replace("camp", "town")
    with pytest.raises(Forged, match="is of 'town"):
        open_checkpoint(signed(text), LOG)


@given(st.data())
def test_one_flipped_bit_does_not_open(data):
    whole = bytearray(signed(TEXT))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Fault):
        open_checkpoint(bytes(whole), LOG)
