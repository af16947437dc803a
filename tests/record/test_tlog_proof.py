"""Proof files: published texts, and what is checked in them."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto.signature import SigningKey
from majlis.errors import Fault, Forged, Malformed
from majlis.record import (
    Checkpoint,
    Note,
    NoteKey,
    TlogProof,
    Tree,
    check_tlog_proof,
    format_checkpoint,
    format_note,
    format_tlog_proof,
    leaf_hash,
    parse_tlog_proof,
    prove_inclusion,
    sign_note,
)

KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name="camp.example/log", public_key=KEY.public_key)
ENTRIES = [f"act {n}".encode() for n in range(13)]
TREE = Tree(map(leaf_hash, ENTRIES))
TEXT = format_checkpoint(Checkpoint(origin=LOG.name, size=13, root=TREE.root()))
CHECKPOINT = format_note(Note(text=TEXT, signatures=(sign_note(TEXT, LOG.name, KEY),)))
PROOF = TlogProof(index=5, hashes=prove_inclusion(5, 13, TREE.read), checkpoint=CHECKPOINT)
DATA = format_tlog_proof(PROOF)


def test_published_proofs(kats):
    known = kats["tlog_proof"]
    first, second = (parse_tlog_proof(text.encode()) for text in known["ok"])
    assert first.index == 5
    assert first.hashes == tuple(base64.b64decode(known[name]) for name in ("h1", "h2"))
    assert first.checkpoint == b"test checkpoint\n"
    assert (second.index, second.hashes, second.checkpoint) == (0, (), b"checkpoint\n")
    for text, proof in zip(known["ok"], (first, second), strict=True):
        assert format_tlog_proof(proof) == text.encode()
    for text in known["bad"]:
        with pytest.raises(Malformed):
            parse_tlog_proof(text.encode())


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.one_of(st.none(), st.binary(max_size=50)),
)
def test_proofs_come_back(index, hashes, extra):
    proof = TlogProof(index=index, hashes=tuple(hashes), checkpoint=CHECKPOINT, extra=extra)
    assert parse_tlog_proof(format_tlog_proof(proof)) == proof


def test_a_proof_holds_for_its_entry():
    checkpoint, note = check_tlog_proof(parse_tlog_proof(DATA), ENTRIES[5], LOG)
    assert (checkpoint.size, note.text) == (13, TEXT)


def test_a_proof_for_another_entry_index_or_log_is_forged():
    other = NoteKey(name=LOG.name, public_key=SigningKey(bytes(32)).public_key)
    for proof, entry, log in (
        (PROOF, ENTRIES[6], LOG),
        (msgspec.structs.replace(PROOF, index=6), ENTRIES[5], LOG),
        (msgspec.structs.replace(PROOF, hashes=PROOF.hashes[1:]), ENTRIES[5], LOG),
        (PROOF, ENTRIES[5], other),
    ):
        with pytest.raises(Forged):
            check_tlog_proof(proof, entry, log)


@given(st.data())
def test_one_flipped_bit_is_caught(data):
    whole = bytearray(DATA)
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Fault):
        check_tlog_proof(parse_tlog_proof(bytes(whole)), ENTRIES[5], LOG)


HASH = base64.b64encode(bytes(32)) + b"\n"
HEAD = b"c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "starts with"),
        (HEAD[:-1], "starts with"),
        (HEAD, "blank line"),
        (HEAD + b"index 0\n", "blank line"),
        (HEAD + b"index 00\n\nc\n", "plain digits"),
        (HEAD + b"index 0\nindex 0\n\nc\n", "base64"),
        (HEAD + b"index 0\nAAAA\n\nc\n", "32 bytes"),
        (HEAD + b"extra AAAA\n\nc\n", "index"),
        (HEAD + b"extra A\nindex 0\n\nc\n", "base64"),
        (HEAD + b"index 0\n\xd9\xa0\n\nc\n", "ASCII"),
        (HEAD + b"index 0\n" + HASH * 64 + b"\nc\n", "at most 63"),
        (HEAD + b"x" * 2_000_000, "at most 2000000"),
    ],
)
def test_malformed_proofs(data, reason):
    with pytest.raises(Malformed, match=reason):
        parse_tlog_proof(data)
