"""Notes, checkpoints, cosignatures and proofs: the booth says what Python says."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.booth.conftest import Answer, Ask

from majlis.crypto import SigningKey
from majlis.errors import Fault
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    TlogProof,
    Tree,
    check_consistency,
    check_inclusion,
    check_note,
    check_tlog_proof,
    cosign,
    format_checkpoint,
    format_note,
    format_tlog_proof,
    leaf_hash,
    open_checkpoint,
    parse_cosigner_key,
    parse_note,
    parse_note_key,
    parse_tlog_proof,
    prove_consistency,
    prove_inclusion,
    read_cosignatures,
    sign_note,
)

pytestmark = pytest.mark.xdist_group("booth")

KEYS = [SigningKey(bytes([n]) * 32) for n in range(1, 5)]
LOG = NoteKey(name="camp.example/log", public_key=KEYS[0].public_key)
MIRRORS = [CosignerKey(name=f"mirror-{n}.example", public_key=KEYS[n].public_key) for n in (1, 2, 3)]
VKEYS = [mirror.vkey for mirror in MIRRORS]
ENTRIES = [f"act {n}".encode() for n in range(20)]
TREE = Tree(map(leaf_hash, ENTRIES))


def head(size: int, *cosigners: int, origin: str = LOG.name) -> bytes:
    """The checkpoint of the first entries, signed by the log and cosigned by these mirrors at times of their own."""
    text = format_checkpoint(Checkpoint(origin=origin, size=size, root=TREE.root(size)))
    lines = [sign_note(text, LOG.name, KEYS[0])]
    lines += [cosign(text, MIRRORS[n].name, KEYS[n + 1], 1_700_000_000 + n) for n in cosigners]
    return format_note(Note(text=text, signatures=tuple(lines)))


def fault_of(check: Any) -> Answer:
    try:
        return {"rule": "", **check()}
    except Fault as fault:
        return {"rule": fault.rule, "kind": type(fault).__name__}


def read(checkpoint: Checkpoint, note: Note) -> Answer:
    cosignatures = read_cosignatures(note, [parse_cosigner_key(vkey) for vkey in VKEYS])
    return {
        "origin": checkpoint.origin,
        "size": str(checkpoint.size),
        "root": checkpoint.root.hex(),
        "extensions": list(checkpoint.extensions),
        "cosignatures": [[each.cosigner.name, str(each.time)] for each in cosignatures],
    }


def python_on_proof(data: bytes, entry: bytes) -> Answer:
    def check() -> Answer:
        proof = parse_tlog_proof(data)
        extra = None if proof.extra is None else proof.extra.hex()
        return {**read(*check_tlog_proof(proof, entry, LOG)), "index": str(proof.index), "extra": extra}

    return fault_of(check)


def test_notes_and_why_they_are_refused(ask: Ask, project_root: Path) -> None:
    for case in json.loads((project_root / "vectors/record/notes.json").read_text("utf-8"))["cases"]:
        data, key = base64.b64decode(case["note"]), parse_note_key(case["vkey"])
        expected = fault_of(
            lambda data=data, key=key: {"signed": [s.name for s in check_note(parse_note(data), [key])]}
        )
        assert ask("note", note=data.hex(), vkey=case["vkey"]) == expected, case["why"]


def test_trees_and_their_proofs(ask: Ask, project_root: Path) -> None:
    trees = json.loads((project_root / "vectors/record/trees.json").read_text("utf-8"))["cases"]
    for case in trees["inclusion"]:
        place = {"index": case["index"], "size": case["size"], "root": trees["roots"][case["size"]]}
        leaf = leaf_hash(bytes([case["index"]])).hex()
        assert ask("inclusion", proof=case["proof"], leaf=leaf, **place) == {"rule": ""}
    for case in trees["consistency"]:
        roots = {"oldRoot": trees["roots"][case["old"]], "root": trees["roots"][case["new"]]}
        assert ask("consistency", proof=case["proof"], old=case["old"], size=case["new"], **roots) == {"rule": ""}


@given(st.data())
def test_altered_inclusion_proofs_are_judged_alike(ask: Ask, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 20))
    index = data.draw(st.integers(0, size - 1))
    proof = list(prove_inclusion(index, size, TREE.read))
    leaf, root = leaf_hash(ENTRIES[index]), TREE.root(size)
    index, size, proof = _altered(data, index, size, proof)

    def check() -> Answer:
        check_inclusion(proof, index=index, size=size, leaf=leaf, root=root)
        return {}

    shown = [each.hex() for each in proof]
    answer = ask("inclusion", proof=shown, index=index, size=size, leaf=leaf.hex(), root=root.hex())
    assert answer == fault_of(check)


@given(st.data())
def test_altered_consistency_proofs_are_judged_alike(ask: Ask, data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 20))
    old = data.draw(st.integers(1, new))
    proof = list(prove_consistency(old, new, TREE.read))
    old_root, root = TREE.root(old), TREE.root(new)
    old, new, proof = _altered(data, old, new, proof)

    def check() -> Answer:
        check_consistency(proof, old=old, new=new, old_root=old_root, new_root=root)
        return {}

    shown = [each.hex() for each in proof]
    answer = ask("consistency", proof=shown, old=old, size=new, oldRoot=old_root.hex(), root=root.hex())
    assert answer == fault_of(check)


def _altered(data: st.DataObject, one: int, other: int, proof: list[bytes]) -> tuple[int, int, list[bytes]]:
    at = data.draw(st.integers(0, len(proof)))
    match data.draw(st.sampled_from(["nothing", "one", "other", "drop", "more", "short", "bit", "long"])):
        case "one":
            one = data.draw(st.integers(0, 24) | st.integers(0, 2**63 - 1))
        case "other":
            other = data.draw(st.integers(0, 24) | st.integers(0, 2**63 - 1))
        case "drop":
            del proof[at : at + 1]
        case "more":
            proof.insert(at, data.draw(st.sampled_from([bytes(32), *proof])))
        case "short":
            proof.insert(at, bytes(31))
        case "bit" if at < len(proof):
            proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        case "long":
            proof += [bytes(32)] * 64
    return one, other, proof


@given(st.data())
def test_altered_proof_files_are_judged_alike(ask: Ask, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 20))
    index = data.draw(st.integers(0, size - 1))
    cosigners = data.draw(st.lists(st.sampled_from([0, 1, 2]), max_size=4))
    origin = data.draw(st.sampled_from([LOG.name, LOG.name, "town.example/log"]))
    extra = data.draw(st.none() | st.binary(max_size=5))
    hashes = prove_inclusion(index, size, TREE.read)
    checkpoint = head(size, *dict.fromkeys(cosigners), origin=origin)
    proof = bytearray(format_tlog_proof(TlogProof(index=index, hashes=hashes, checkpoint=checkpoint, extra=extra)))
    at = data.draw(st.integers(0, len(proof) - 1))
    match data.draw(st.sampled_from(["nothing", "bit", "cut", "insert", "tail", "line"])):
        case "bit":
            proof[at] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del proof[at : at + data.draw(st.integers(1, 50))]
        case "insert":
            pieces = [
                b"\n",
                b"\n\n",
                b"0",
                b" ",
                b"=",
                b"\xff",
                "é".encode(),
                b"extra \n",
                b"extra AAAA\n",
                b"index 1\n",
            ]
            proof[at:at] = data.draw(st.sampled_from(pieces))
        case "tail":
            del proof[at:]
        case "line":
            lines = bytes(proof).split(b"\n")
            number = data.draw(st.integers(0, len(lines) - 1))
            lines.insert(number, lines[data.draw(st.integers(0, len(lines) - 1))])
            proof = bytearray(b"\n".join(lines))
    entry = ENTRIES[index]
    answer = ask("proof", proof=proof.hex(), entry=entry.hex(), logs=[LOG.vkey], cosigners=VKEYS)
    assert answer == python_on_proof(bytes(proof), entry)


@given(st.data())
def test_altered_verifier_keys_are_judged_alike(ask: Ask, data: st.DataObject) -> None:
    note = head(7)
    vkey = data.draw(st.sampled_from([LOG.vkey, VKEYS[0], NoteKey(name="é log", public_key=KEYS[0].public_key).vkey]))
    at = data.draw(st.integers(0, len(vkey)))
    piece = data.draw(st.sampled_from(["", "+", " ", "\n", "A", "=", "é", "\u3000", "x" * 300, "\u2028"]))
    vkey = vkey[:at] + piece + vkey[at + data.draw(st.integers(0, 2)) :]

    def check() -> Answer:
        checkpoint, whole = open_checkpoint(note, parse_note_key(vkey))
        return read(checkpoint, whole)

    assert ask("checkpoint", note=note.hex(), logs=[vkey], cosigners=VKEYS) == fault_of(check)


@pytest.mark.parametrize("key", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ff" * 32, "00" * 31])
def test_a_log_key_that_may_not_be_enrolled_is_refused_alike(ask: Ask, key: str) -> None:
    vkey = NoteKey(name=LOG.name, public_key=bytes.fromhex(key)).vkey
    expected = fault_of(lambda: parse_note_key(vkey) and {})
    assert expected["rule"]
    assert ask("checkpoint", note=head(7).hex(), logs=[vkey], cosigners=[]) == expected


@pytest.mark.parametrize("time", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_cosignature_of_an_impossible_time_is_forged_alike(ask: Ask, time: int) -> None:
    """R-COSIGN-1."""
    text = format_checkpoint(Checkpoint(origin=LOG.name, size=7, root=TREE.root(7)))
    line = cosign(text, MIRRORS[0].name, KEYS[1], 1)
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    signature = time.to_bytes(8, "big") + KEYS[1].sign(message)
    note = Note(
        text=text,
        signatures=(
            sign_note(text, LOG.name, KEYS[0]),
            type(line)(name=line.name, key_id=line.key_id, signature=signature),
        ),
    )
    data = format_note(note)
    expected = fault_of(lambda: read(*open_checkpoint(data, LOG)))
    assert (expected["rule"] == "") == (0 < time < 2**63)
    assert ask("checkpoint", note=data.hex(), logs=[LOG.vkey], cosigners=VKEYS) == expected


def test_two_keys_of_one_name_and_id_are_refused_alike(ask: Ask) -> None:
    expected = fault_of(lambda: read(*open_checkpoint(head(7), LOG, LOG)))
    assert expected["rule"] == "R-NOTE-4"
    assert ask("checkpoint", note=head(7).hex(), logs=[LOG.vkey] * 2, cosigners=[]) == expected


def test_a_log_that_changed_its_key_is_known_by_either(ask: Ask) -> None:
    other = NoteKey(name=LOG.name, public_key=KEYS[3].public_key)
    answer = ask("checkpoint", note=head(7, 2, 0).hex(), logs=[other.vkey, LOG.vkey], cosigners=VKEYS)
    assert answer == {"rule": "", **read(*open_checkpoint(head(7, 2, 0), other, LOG))}
    assert [name for name, _ in answer["cosignatures"]] == ["mirror-3.example", "mirror-1.example"]


def test_an_entry_is_not_shown_in_a_smaller_record_than_it_is_in(ask: Ask) -> None:
    """R-TREE-2: with one hash more than the tree is high, entry 1 of two would be entry 0 of one."""
    leaf, root = leaf_hash(ENTRIES[1]).hex(), TREE.root(2).hex()
    proof = [leaf_hash(ENTRIES[0]).hex()]
    assert ask("inclusion", proof=proof, index=1, size=2, leaf=leaf, root=root) == {"rule": ""}
    answer = ask("inclusion", proof=proof, index=0, size=1, leaf=leaf, root=root)
    assert answer == {"rule": "R-TREE-2", "kind": "Forged"}


@pytest.mark.parametrize(("old", "new"), [(3, 7), (6, 13), (19, 20)])
def test_a_record_does_not_extend_another_one(ask: Ask, old: int, new: int) -> None:
    """R-TREE-3: neither from another earlier root nor to another later one."""
    proof = [each.hex() for each in prove_consistency(old, new, TREE.read)]
    roots = {"oldRoot": TREE.root(old).hex(), "root": TREE.root(new).hex()}
    assert ask("consistency", proof=proof, old=old, size=new, **roots) == {"rule": ""}
    for which in roots:
        answer = ask("consistency", proof=proof, old=old, size=new, **(roots | {which: TREE.root(1).hex()}))
        assert answer == {"rule": "R-TREE-3", "kind": "Forged"}


@pytest.mark.parametrize("count", [100, 101])
def test_a_note_has_at_most_a_hundred_lines(ask: Ask, count: int) -> None:
    data = head(7)
    lines = b"".join(b"\xe2\x80\x94 other.example/%d AAAAAAAA\n" % n for n in range(count - 1))
    expected = fault_of(lambda: {"signed": [each.name for each in check_note(parse_note(data + lines), [LOG])]})
    assert expected["rule"] == ("" if count == 100 else "R-NOTE-1")
    assert ask("note", note=(data + lines).hex(), vkey=LOG.vkey) == expected


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (b"index 7\xc2\xb9\n", "R-PROOF-1"),
        (b"index 7\n" + b"A" * 43 + b"=\n" + b"\xff\n", "R-PROOF-1"),
        (b"index 7\n" + (b"A" * 43 + b"=\n") * 63, "R-TREE-2"),
        (b"index 7\n" + (b"A" * 43 + b"=\n") * 64, "R-PROOF-1"),
        (b"extra \nindex 7\n", "R-TREE-2"),
        (b"extra AA==", "R-PROOF-1"),
    ],
)
def test_proof_files_of_another_form_are_refused_alike(ask: Ask, lines: bytes, rule: str) -> None:
    data = b"c2sp.org/tlog-proof@v1\n" + lines + b"\n" + head(20)
    expected = python_on_proof(data, ENTRIES[7])
    assert expected["rule"] == rule
    assert ask("proof", proof=data.hex(), entry=ENTRIES[7].hex(), logs=[LOG.vkey], cosigners=VKEYS) == expected
