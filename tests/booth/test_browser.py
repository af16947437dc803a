"""The built booth in real browsers: every vector, through WebCrypto and, where a page is not secure, without it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.booth.browsers import NOT_SECURE, SECURE, Ask, running
from tests.booth.conftest import python_on_act, python_on_in_force, python_on_signature
from tests.booth.test_record import ENTRIES, LOG, TREE, VKEYS, fault_of, head, python_on_proof

from majlis.record import (
    TlogProof,
    check_note,
    format_tlog_proof,
    leaf_hash,
    parse_note,
    parse_note_key,
    prove_inclusion,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

Asked = list[tuple[dict[str, Any], dict[str, Any]]]


def _on_signature(key: str, message: str, signature: str) -> tuple[dict[str, Any], dict[str, Any]]:
    expected = python_on_signature(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))
    return {"ask": "signature", "key": key, "message": message, "signature": signature}, expected


@pytest.fixture(scope="module")
def questions(project_root: Path) -> Asked:
    """Our own vectors, and what Python answers: signatures, acts, in-force proofs, notes, trees and proof files."""
    vectors = project_root / "vectors"

    def read(name: str) -> Any:
        return json.loads((vectors / name).read_text("utf-8"))

    asked: Asked = []
    for case in read("record/signatures.json")["cases"]:
        asked.append(_on_signature(case["key"], case["message"], case["signature"]))
        assert asked[-1][1]["rule"] == case["rule"]
    acts = read("act/acts.json")
    for case in acts["valid"] + acts["invalid"]:
        entry = base64.b64decode(case["entry"])
        expected = python_on_act(entry)
        assert expected["rule"] == case.get("rule", "")
        asked.append(({"ask": "act", "entry": entry.hex()}, expected))
    for case in read("act/in-force.json")["cases"]:
        shown = base64.b64decode(case["shown"])
        expected = python_on_in_force(shown, case["trust"])
        assert expected["rule"] == case["rule"]
        asked.append(({"ask": "force", "shown": shown.hex(), **case["trust"]}, expected))
    for case in read("record/notes.json")["cases"]:
        data, key = base64.b64decode(case["note"]), parse_note_key(case["vkey"])
        expected = fault_of(
            lambda data=data, key=key: {"signed": [s.name for s in check_note(parse_note(data), [key])]}
        )
        asked.append(({"ask": "note", "note": data.hex(), "vkey": case["vkey"]}, expected))
    return asked + _on_trees(read("record/trees.json")["cases"]) + _on_proofs()


def _on_trees(trees: dict[str, Any]) -> Asked:
    asked: Asked = []
    for case in trees["inclusion"]:
        place = {"index": case["index"], "size": case["size"], "root": trees["roots"][case["size"]]}
        leaf = leaf_hash(bytes([case["index"]])).hex()
        asked.append(({"ask": "inclusion", "proof": case["proof"], "leaf": leaf, **place}, {"rule": ""}))
    for case in trees["consistency"]:
        roots = {"oldRoot": trees["roots"][case["old"]], "root": trees["roots"][case["new"]]}
        sizes = {"old": case["old"], "size": case["new"]}
        asked.append(({"ask": "consistency", "proof": case["proof"], **sizes, **roots}, {"rule": ""}))
    return asked


def _on_proofs() -> Asked:
    """A proof file for every entry of a small record, as it is and for another entry."""
    asked: Asked = []
    for index in range(20):
        hashes = prove_inclusion(index, 20, TREE.read)
        proof = format_tlog_proof(TlogProof(index=index, hashes=hashes, checkpoint=head(20, 0, 2)))
        for entry in (ENTRIES[index], ENTRIES[index - 1]):
            question = {"ask": "proof", "proof": proof.hex(), "entry": entry.hex()}
            asked.append(({**question, "logs": [LOG.vkey], "cosigners": VKEYS}, python_on_proof(proof, entry)))
    assert {bool(expected["rule"]) for _, expected in asked} == {True, False}
    return asked


@pytest.fixture(scope="module")
def edge_cases(data_root: Path) -> Asked:
    """The 914 and 151 signatures on which libraries disagree, and what Python answers."""
    folder, asked = data_root / "tlog" / "ed25519", []
    for case in json.loads((folder / "cctv-ed25519vectors.json").read_text("utf-8")):
        asked.append(_on_signature(case["key"], case["msg"].encode().hex(), case["sig"]))
    for group in json.loads((folder / "wycheproof-ed25519_test.json").read_text("utf-8"))["testGroups"]:
        asked += [_on_signature(group["publicKey"]["pk"], case["msg"], case["sig"]) for case in group["tests"]]
    assert (len(asked), sum(not expected["rule"] for _, expected in asked)) == (914 + 151, 43 + 88)
    return asked


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def browser(
    request: pytest.FixtureRequest, built: Path, project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ask]:
    with running(request.param, tmp_path_factory.mktemp(request.param), project_root) as ask:
        yield ask


def judged(ask: Ask, host: str, asked: Asked, *ways: str) -> None:
    """The page gave Python's answer to each question, by each of these ways."""
    answers = ask(host, [question for question, _ in asked])
    if "platform" in ways and "platform" not in answers[0]:
        pytest.skip("no Ed25519 in this browser's WebCrypto: Chromium has it since 137, Firefox since 129")
    for (question, expected), answer in zip(asked, answers, strict=True):
        assert answer == dict.fromkeys(ways, expected), question


def test_a_browser_judges_every_vector_through_webcrypto(browser: Ask, questions: Asked) -> None:
    judged(browser, SECURE, questions, "bigint", "best", "platform")


def test_a_browser_judges_the_edge_cases_of_others_through_webcrypto(browser: Ask, edge_cases: Asked) -> None:
    judged(browser, SECURE, edge_cases, "bigint", "best", "platform")


def test_a_page_without_webcrypto_judges_every_vector_alike(browser: Ask, questions: Asked) -> None:
    judged(browser, NOT_SECURE, questions, "bigint", "best")
