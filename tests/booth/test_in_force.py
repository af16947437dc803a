"""R-DIGEST-4, R-DIGEST-5: what somebody shows to a phone is judged there as in Python."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.booth.conftest import Ask, python_on_in_force

pytestmark = pytest.mark.xdist_group("booth")


@pytest.fixture(scope="module")
def cases(project_root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((project_root / "vectors/act/in-force.json").read_text("utf-8"))["cases"]
    return found


def test_each_case_is_judged_as_it_says(ask: Ask, cases: list[dict[str, Any]]) -> None:
    for case in cases:
        data = base64.b64decode(case["shown"])
        answer = ask("force", shown=data.hex(), **case["trust"])
        assert answer["rule"] == case["rule"], case["why"]
        assert answer == python_on_in_force(data, case["trust"]), case["why"]


@given(st.data())
def test_altered_proofs_are_judged_alike(ask: Ask, cases: list[dict[str, Any]], data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(cases))
    raw = bytearray(base64.b64decode(case["shown"]))
    # Most of the file is the act and the proof, which have tests of their own; half of the changes fall before them.
    end = data.draw(st.sampled_from([len(raw), min(len(raw), 300)]))
    at = data.draw(st.integers(0, end))
    match data.draw(st.sampled_from(["bit", "cut", "insert", "tail"])):
        case "bit" if at < len(raw):
            raw[at] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del raw[at : at + data.draw(st.integers(1, 50))]
        case "insert":
            raw[at:at] = data.draw(
                st.sampled_from([b"\n", b"\n\n", b"0", b" ", b"\xff", b"\t", "ق".encode(), b"9" * 25])
            )
        case "tail":
            del raw[at:]
    trust = case["trust"] | {"quorum": data.draw(st.integers(0, 4))}
    assert ask("force", shown=raw.hex(), **trust) == python_on_in_force(bytes(raw), trust)


def test_a_file_that_fits_no_phone_is_malformed_alike(ask: Ask, cases: list[dict[str, Any]]) -> None:
    data = base64.b64decode(cases[0]["shown"]) + b"x" * 65536
    expected = python_on_in_force(data, cases[0]["trust"])
    assert expected["rule"] == "R-DIGEST-4"
    assert ask("force", shown=data.hex(), **cases[0]["trust"]) == expected
