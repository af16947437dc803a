"""R-DIGEST-4, R-DIGEST-5, R-DIGEST-6: what is in force is shown to somebody who has no record."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.institutions.simulator import BLOB, START, Body

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.institutions.digest import digest, statements
from majlis.institutions.in_force import InForce, check_in_force, format_in_force, parse_in_force, prove_in_force
from majlis.record import TlogProof, parse_cosigner_key, parse_note_key, prove_inclusion

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "act"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "in-force.json").read_text("utf-8"))["cases"]


def check(data: bytes, trust: dict[str, Any]) -> InForce:
    return check_in_force(
        parse_in_force(data),
        body=trust["body"],
        logs=[parse_note_key(vkey) for vkey in trust["logs"]],
        mirrors=[parse_cosigner_key(vkey) for vkey in trust["mirrors"]],
        quorum=trust["quorum"],
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_each_case_is_judged_as_it_says(case: dict[str, Any]) -> None:
    data = base64.b64decode(case["shown"])
    if case["rule"]:
        with pytest.raises(Fault) as caught:
            check(data, case["trust"])
        assert caught.value.rule == case["rule"]
    else:
        found = check(data, case["trust"])
        assert (found.statement, found.size, found.later) == (case["statement"], case["size"], case["later"])
        assert format_in_force(parse_in_force(data)) == data


def test_the_time_is_the_middle_one_and_of_two_the_earlier() -> None:
    by_name = {case["why"]: case for case in CASES}
    times = {
        why: check(base64.b64decode(by_name[why]["shown"]), by_name[why]["trust"]).time
        for why in ("all mirrors asked for", "two of three mirrors", "one mirror is trusted")
    }
    assert list(times.values()) == [1_700_000_200, 1_700_000_100, 1_700_000_300]


def test_an_old_digest_is_not_made_younger_by_a_newer_checkpoint() -> None:
    """R-DIGEST-6: whoever was recalled since then could show it for ever, each time with today's cosignatures."""
    by_name = {case["why"]: case for case in CASES}
    dated, undated = (
        check(base64.b64decode(by_name[why]["shown"]), by_name[why]["trust"])
        for why in ("under a checkpoint that ends with it (R-DIGEST-6)", "all mirrors asked for")
    )
    assert (dated.age(dated.time + 60), undated.age(undated.time + 60)) == (60, None)


def test_the_file_is_what_its_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_in_force_vectors", FOLDER / "make_in_force.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.make()["cases"] == CASES


@given(st.data())
def test_no_altered_byte_shows_anything_else(data: st.DataObject) -> None:
    """A flipped bit is refused, or changes nothing that is shown (lines of keys that are not trusted are ignored)."""
    case = data.draw(st.sampled_from([case for case in CASES if not case["rule"]]))
    raw = bytearray(base64.b64decode(case["shown"]))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = check(bytes(raw), case["trust"])
    except (Malformed, Forged):
        return
    assert (found.statement, found.size) == (case["statement"], case["size"])


def test_a_file_that_fits_no_phone_is_malformed() -> None:
    with pytest.raises(Malformed, match="R-DIGEST-4"):
        parse_in_force(base64.b64decode(CASES[0]["shown"]) + b"x" * 65536)


def test_every_statement_of_a_body_is_shown_by_its_digest(north: Body) -> None:
    before = north.state
    north.submit("state.digest", {"size": before.size, "root": digest(before)}, north.clerk)
    north.tick()
    entry = north.record.entries[before.size]
    tick = json.loads(north.record.entries[before.size + 1].split(b"\n")[1])
    where = TlogProof(
        index=before.size,
        hashes=prove_inclusion(before.size, before.size + 1, north.record.tree.read),
        checkpoint=tick["data"]["checkpoint"].encode(),
    )
    assert before.founding is not None
    trust = {
        "body": before.identity,
        "logs": [before.founding.log],
        "mirrors": list(before.founding.mirrors),
        "quorum": before.founding.mirror_quorum,
    }
    for line in statements(before):
        shown = prove_in_force(before, line, entry, where)
        found = check(format_in_force(shown), trust)
        assert (found.statement, found.size) == (line, before.size)
        assert found.time >= START
        assert found.later == 0
        assert len(format_in_force(shown)) < 4096
    with pytest.raises(Missing, match="R-DIGEST-5"):
        prove_in_force(before, f"office clerk {BLOB}", entry, where)
    with pytest.raises(Forged, match="R-TREE-2"):
        check(format_in_force(replace(shown, statement=f"office clerk {BLOB}")), trust)
