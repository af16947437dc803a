"""Every fault of the record names the numbered rule it breaks (spec/record.md)."""

from __future__ import annotations

import pytest

from majlis.crypto import SigningKey, check_public_key, check_signature
from majlis.errors import Fault
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    SignatureLine,
    TileHashes,
    check_consistency,
    check_inclusion,
    check_key_name,
    check_note,
    check_policy,
    cosign,
    decode_base64,
    format_checkpoint,
    format_note,
    judge_add_checkpoint,
    open_checkpoint,
    parse_bundle,
    parse_checkpoint,
    parse_note,
    parse_policy,
    parse_tile_path,
    parse_tlog_proof,
    parse_vkey,
    read_cosignatures,
    sign_note,
)

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(range(1, 33)))
LOG = NoteKey(name="camp.example/log", public_key=KEY.public_key)
WITNESS = CosignerKey(name="sea.example/witness", public_key=OTHER.public_key)
TEXT = format_checkpoint(Checkpoint(origin=LOG.name, size=3, root=bytes(32)))
LINE = sign_note(TEXT, LOG.name, KEY)
NOTE = Note(text=TEXT, signatures=(LINE,))
FALSE = SignatureLine(name=LOG.name, key_id=LOG.key_id, signature=KEY.sign(b"another text"))
TOWN = TEXT.replace("camp", "town")


@pytest.mark.parametrize(
    ("rule", "act"),
    [
        ("R-SIG-1", lambda: check_public_key(bytes(32))),
        ("R-SIG-2", lambda: check_signature(KEY.public_key, b"", bytes(63))),
        ("R-SIG-2", lambda: check_signature(KEY.public_key, b"", bytes([255]) * 64)),
        ("R-SIG-3", lambda: check_signature(KEY.public_key, b"text", KEY.sign(b"another"))),
        ("R-NOTE-1", lambda: parse_note(b"no signatures\n")),
        ("R-NOTE-2", lambda: check_key_name("two words")),
        ("R-NOTE-3", lambda: decode_base64("AB==")),
        ("R-NOTE-4", lambda: parse_vkey("name")),
        ("R-NOTE-4", lambda: check_note(NOTE, [LOG, LOG])),
        ("R-NOTE-6", lambda: check_note(NOTE, [])),
        ("R-CHECKPOINT-1", lambda: parse_checkpoint("camp\n")),
        (
            "R-CHECKPOINT-2",
            lambda: open_checkpoint(format_note(Note(text=TOWN, signatures=(sign_note(TOWN, LOG.name, KEY),))), LOG),
        ),
        ("R-TREE-1", lambda: check_inclusion([b""], index=0, size=2, leaf=bytes(32), root=bytes(32))),
        ("R-TREE-2", lambda: check_inclusion([], index=0, size=2, leaf=bytes(32), root=bytes(32))),
        ("R-TREE-3", lambda: check_consistency([], old=1, new=2, old_root=bytes(32), new_root=bytes(32))),
        ("R-TILE-1", lambda: parse_tile_path("tile/0/0")),
        ("R-TILE-2", lambda: parse_bundle(b"\0", 1)),
        ("R-TILE-3", lambda: TileHashes(1, lambda _: b"")(0, 0)),
        (
            "R-COSIGN-1",
            lambda: read_cosignatures(
                Note(
                    text=TEXT,
                    signatures=(SignatureLine(name=WITNESS.name, key_id=WITNESS.key_id, signature=bytes(72)),),
                ),
                [WITNESS],
            ),
        ),
        ("R-COSIGN-1", lambda: cosign(TEXT, WITNESS.name, OTHER, 0)),
        ("R-PROOF-1", lambda: parse_tlog_proof(b"noise")),
        ("R-POLICY-1", lambda: parse_policy(b"noise\n")),
        ("R-POLICY-2", lambda: check_policy(parse_policy(b"quorum none\n"), format_note(NOTE))),
    ],
)
def test_a_fault_names_its_rule(rule, act):
    with pytest.raises(Fault) as fault:
        act()
    assert fault.value.rule == rule
    assert f"[{rule}]" in str(fault.value)


def test_a_false_line_of_a_known_key_rejects_the_note():
    """R-NOTE-5; the fault is that of the line itself, placed at its name."""
    with pytest.raises(Fault, match="signature of camp") as fault:
        check_note(Note(text=TEXT, signatures=(FALSE,)), [LOG])
    assert fault.value.rule == "R-SIG-3"


@pytest.mark.parametrize(
    ("rule", "status", "body", "logs"),
    [
        ("R-WITNESS-1", 400, b"noise", {LOG.name: [LOG]}),
        ("R-WITNESS-2", 404, b"old 0\n\n" + format_note(NOTE), {}),
        (
            "R-WITNESS-3",
            403,
            b"old 0\n\n" + format_note(NOTE),
            {LOG.name: [NoteKey(name=LOG.name, public_key=OTHER.public_key)]},
        ),
        ("R-WITNESS-4", 409, b"old 2\n\n" + format_note(NOTE), {LOG.name: [LOG]}),
        ("R-WITNESS-5", 422, b"old 0\n" + b"A" * 43 + b"=\n\n" + format_note(NOTE), {LOG.name: [LOG]}),
    ],
)
def test_a_witness_answers_each_broken_rule_with_its_status(rule, status, body, logs):
    judgement = judge_add_checkpoint(body, logs, {})
    assert judgement.status == status, rule
    assert judgement.state is None
