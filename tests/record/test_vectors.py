"""The language-neutral vectors of the record: what must pass, and what must fail with its rule."""

from __future__ import annotations

import base64
import importlib.util
import json

import pytest

from majlis.crypto import check_signature
from majlis.errors import Fault
from majlis.record import check_consistency, check_inclusion, check_note, leaf_hash, parse_note, parse_note_key


@pytest.fixture
def cases(project_root):
    return lambda name: json.loads((project_root / "vectors" / "record" / name).read_text("utf-8"))["cases"]


def test_signatures_on_which_libraries_disagree(cases):
    accepted = 0
    for case in cases("signatures.json"):
        arguments = [bytes.fromhex(case[part]) for part in ("key", "message", "signature")]
        if case["rule"]:
            with pytest.raises(Fault) as fault:
                check_signature(*arguments)
            assert fault.value.rule == case["rule"], case["why"]
        else:
            check_signature(*arguments)
            accepted += 1
    assert accepted == 4


def test_notes_and_why_they_are_refused(cases):
    for case in cases("notes.json"):
        data, key = base64.b64decode(case["note"]), parse_note_key(case["vkey"])
        if case["rule"]:
            with pytest.raises(Fault) as fault:
                check_note(parse_note(data), [key])
            # A false line is placed at its name and names the rule of the signature itself.
            assert fault.value.rule == {"R-NOTE-5": "R-SIG-3"}.get(case["rule"], case["rule"]), case["why"]
        else:
            assert check_note(parse_note(data), [key]) == (key,)


def test_trees_and_their_proofs(cases):
    trees = cases("trees.json")
    roots = [bytes.fromhex(root) for root in trees["roots"]]
    for case in trees["inclusion"]:
        proof = [bytes.fromhex(step) for step in case["proof"]]
        leaf = leaf_hash(bytes([case["index"]]))
        check_inclusion(proof, index=case["index"], size=case["size"], leaf=leaf, root=roots[case["size"]])
    for case in trees["consistency"]:
        proof = [bytes.fromhex(step) for step in case["proof"]]
        old, new = case["old"], case["new"]
        check_consistency(proof, old=old, new=new, old_root=roots[old], new_root=roots[new])


def test_the_files_are_what_their_script_makes(project_root, cases):
    spec = importlib.util.spec_from_file_location("make_record_vectors", project_root / "vectors/record/make.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name, made in (("signatures", script.signatures), ("notes", script.notes), ("trees", script.trees)):
        assert made() == cases(f"{name}.json"), name
