"""The booth on the vectors that Python is held to: rule S by BigInt, by WebCrypto alone, and by both."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from tests.booth.conftest import Ask, python_on_act, python_on_signature

from majlis.crypto import SigningKey

pytestmark = pytest.mark.xdist_group("booth")

SIGNATURES, ACTS = "vectors/record/signatures.json", "vectors/act/acts.json"


def read(root: Path, name: str):
    return json.loads((root / name).read_text("utf-8"))


def test_signatures_on_which_libraries_disagree(ask: Ask, project_root: Path) -> None:
    cases = read(project_root, SIGNATURES)["cases"]
    for case in cases:
        parts = [case[part] for part in ("key", "message", "signature")]
        answer = ask("signature", key=parts[0], message=parts[1], signature=parts[2])
        assert answer["rule"] == case["rule"], case["why"]
        assert answer == python_on_signature(*map(bytes.fromhex, parts)), case["why"]
    assert len(cases) == 37


def test_acts_and_the_rules_that_they_break(ask: Ask, project_root: Path) -> None:
    vectors = read(project_root, ACTS)
    for case in vectors["valid"] + vectors["invalid"]:
        entry = base64.b64decode(case["entry"])
        answer = ask("act", entry=entry.hex())
        assert answer["rule"] == case.get("rule", ""), case["name"]
        assert answer == python_on_act(entry), case["name"]


def test_the_914_edge_cases_of_others(ask: Ask, data_root: Path) -> None:
    accepted = 0
    for case in json.loads((data_root / "tlog" / "ed25519" / "cctv-ed25519vectors.json").read_text("utf-8")):
        key, message, signature = bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"])
        answer = ask("signature", key=key.hex(), message=message.hex(), signature=signature.hex())
        assert answer == python_on_signature(key, message, signature), case["number"]
        accepted += not answer["rule"]
    assert accepted == 43


def test_the_151_cases_of_wycheproof(ask: Ask, data_root: Path) -> None:
    accepted = 0
    found = json.loads((data_root / "tlog" / "ed25519" / "wycheproof-ed25519_test.json").read_text("utf-8"))
    for group in found["testGroups"]:
        key = group["publicKey"]["pk"]
        for case in group["tests"]:
            answer = ask("signature", key=key, message=case["msg"], signature=case["sig"])
            assert (answer["rule"] == "") == (case["result"] == "valid"), case["tcId"]
            accepted += not answer["rule"]
    assert accepted == 88


def test_a_platform_of_node_is_asked_and_held_to_the_vectors(every_way, project_root: Path) -> None:
    case = read(project_root, SIGNATURES)["cases"][0]
    answers = every_way("signature", key=case["key"], message=case["message"], signature=case["signature"])
    if "platform" not in answers:
        pytest.skip("this node has no Ed25519 in WebCrypto: version 20 has it")
    assert answers["platform"] == answers["bigint"] == {"rule": ""}


@pytest.mark.parametrize("seed", range(8))
def test_keys_are_enrolled_as_in_python(ask: Ask, seed: int) -> None:
    assert ask("key", key=SigningKey(bytes([seed]) * 32).public_key.hex()) == {"rule": ""}


@pytest.mark.parametrize("key", ["", "00" * 31, "00" * 33, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ff" * 32])
def test_keys_under_which_anyone_can_sign_are_not_enrolled(ask: Ask, key: str) -> None:
    assert ask("key", key=key) == {"rule": "R-SIG-1", "kind": "Malformed"}


@pytest.mark.parametrize("name", ["SHA-256", "SHA-512"])
def test_our_own_hash_is_the_hash_at_every_length_around_a_block(ask: Ask, name: str) -> None:
    for size in range(260):
        data = bytes(byte * size % 251 for byte in range(size))
        digest = hashlib.new(name.replace("-", ""), data).hexdigest()
        assert ask("hash", name=name, data=data.hex()) == {"rule": "", "ours": digest, "used": digest}
