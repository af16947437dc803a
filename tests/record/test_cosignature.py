"""Cosignatures: known answers byte for byte, and what does not count."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest

from majlis.crypto.signature import SigningKey
from majlis.errors import Forged, Malformed
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    SignatureLine,
    cosign,
    cosigned_message,
    format_checkpoint,
    format_signature_line,
    parse_checkpoint,
    parse_cosigner_key,
    parse_note,
    read_cosignatures,
    sign_note,
    with_signatures,
)

LOG_KEY = SigningKey(bytes(range(32)))
WITNESS_KEY = SigningKey(bytes(range(1, 33)))
OTHER_KEY = SigningKey(bytes(range(2, 34)))
WITNESS = CosignerKey(name="sea.example/witness", public_key=WITNESS_KEY.public_key)
OTHER = CosignerKey(name="hill.example/mirror", public_key=OTHER_KEY.public_key)
TEXT = format_checkpoint(Checkpoint(origin="camp.example/log", size=812, root=bytes(32)))
NOTE = Note(text=TEXT, signatures=(sign_note(TEXT, "camp.example/log", LOG_KEY),))
LINE = cosign(TEXT, WITNESS.name, WITNESS_KEY, 1_700_000_000)


def test_known_answers_are_signed_byte_for_byte(notes):
    count = 0
    for case in notes.values():
        if "kat_line" not in case:
            continue
        note = parse_note(case["note"].encode())
        (name, _), *_ = case["expect"]
        line = cosign(note.text, name, SigningKey(bytes.fromhex(case["seed_hex"])), case["timestamp"])
        assert format_signature_line(line) == case["kat_line"]
        cosigner = parse_cosigner_key(case["vkeys"][0])
        assert cosigner.vkey == case["vkeys"][0]
        (cosignature,) = read_cosignatures(note, [cosigner])
        assert (cosignature.cosigner, cosignature.time) == (cosigner, case["timestamp"])
        origin = parse_checkpoint(note.text).origin
        assert sha256(origin.encode()).hexdigest() == case["origin_hash"]
        count += 1
    assert count == 3


def test_the_published_time_is_read(kats):
    known = kats["cosignature_timestamp"]
    blob = base64.b64decode(known["b64"])
    assert int.from_bytes(blob[4:12], "big") == known["unix"]


def test_the_signed_message_is_the_published_one():
    assert cosigned_message(TEXT, 1679315147) == f"cosignature/v1\ntime 1679315147\n{TEXT}".encode()


def test_cosignatures_are_read_each_once_and_others_ignored():
    later = cosign(TEXT, WITNESS.name, WITNESS_KEY, 1_800_000_000)
    note = with_signatures(NOTE, [LINE, later, cosign(TEXT, OTHER.name, OTHER_KEY, 1_700_000_001)])
    assert [(c.cosigner, c.time) for c in read_cosignatures(note, [OTHER, WITNESS])] == [
        (WITNESS, 1_700_000_000),
        (OTHER, 1_700_000_001),
    ]
    assert [c.cosigner for c in read_cosignatures(note, [OTHER])] == [OTHER]
    assert read_cosignatures(NOTE, [WITNESS]) == ()
    assert read_cosignatures(note, []) == ()


def test_the_log_key_is_no_cosigner():
    as_log = NoteKey(name=WITNESS.name, public_key=WITNESS.public_key)
    assert as_log.key_id != WITNESS.key_id
    note = with_signatures(NOTE, [sign_note(TEXT, WITNESS.name, WITNESS_KEY)])
    assert read_cosignatures(note, [WITNESS]) == ()


def forged(signature: bytes) -> Note:
    return with_signatures(NOTE, [SignatureLine(name=WITNESS.name, key_id=WITNESS.key_id, signature=signature)])


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (LINE.signature[:-1], "72 bytes"),
        (LINE.signature + b"\0", "72 bytes"),
        ((1_700_000_001).to_bytes(8, "big") + LINE.signature[8:], "does not fit"),
        (bytes(8) + LINE.signature[8:], "impossible"),
        ((2**63).to_bytes(8, "big") + LINE.signature[8:], "impossible"),
        (LINE.signature[:8] + OTHER_KEY.sign(cosigned_message(TEXT, 1_700_000_000)), "does not fit"),
        (LINE.signature[:8] + WITNESS_KEY.sign(TEXT.encode()), "does not fit"),
    ],
)
def test_a_false_cosignature_of_a_known_witness_is_forged(signature, reason):
    with pytest.raises(Forged, match=reason):
        read_cosignatures(forged(signature), [WITNESS])


def test_a_cosignature_is_bound_to_its_checkpoint():
    other = format_checkpoint(Checkpoint(origin="camp.example/log", size=813, root=bytes(32)))
    with pytest.raises(Forged):
        read_cosignatures(Note(text=other, signatures=(LINE,)), [WITNESS])


def test_extension_lines_are_cosigned_too():
    text = TEXT + "extension\n"
    WITNESS.check(text, cosign(text, WITNESS.name, WITNESS_KEY, 5).signature)
    with pytest.raises(Forged):
        WITNESS.check(text, LINE.signature)


@pytest.mark.parametrize("time", [0, -1, 2**63])
def test_impossible_times_are_not_signed(time):
    with pytest.raises(Malformed):
        cosign(TEXT, WITNESS.name, WITNESS_KEY, time)


def test_only_checkpoints_are_cosigned():
    with pytest.raises(Malformed):
        cosign("majlis/1 act\n", WITNESS.name, WITNESS_KEY, 5)


def test_a_cosigner_key_is_of_its_kind():
    assert parse_cosigner_key(WITNESS.vkey) == WITNESS
    with pytest.raises(Malformed, match="kind 0x01"):
        parse_cosigner_key(NoteKey(name="a", public_key=WITNESS.public_key).vkey)
    with pytest.raises(Malformed, match="small order"):
        parse_cosigner_key(CosignerKey(name="a", public_key=bytes(32)).vkey)
