"""The quick reader of acts against the reference: never another act, never an act where there is none."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.institutions.simulator import NOTHING_SEEN, Person

from majlis.errors import Malformed
from majlis.institutions import Act, parse_act, sign_text
from majlis.institutions.act import _parse_any, format_text
from majlis.institutions.canonical import read_canonical

CLERKS = [Person("clerk"), Person("other")]
VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "act" / "acts.json").read_text())

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def entry(data: object, **changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "body": "ab" * 32,
        "kind": "motion.table",
        "author": CLERKS[0].id,
        "nonce": b"\x07" * 16,
        "seen": NOTHING_SEEN,
        "cites": (),
        "data": data,
    }
    return sign_text(format_text(**fields | changes), *(clerk.key for clerk in CLERKS))


def reference(raw: bytes) -> Act | str:
    try:
        return _parse_any(raw)
    except Malformed as fault:
        return fault.rule


def judged(raw: bytes) -> Act | str:
    try:
        return parse_act(raw)
    except Malformed as fault:
        return fault.rule


def typed(act: Act | str) -> str:
    """With the types of all that is in it: for Python ``True`` equals ``1``."""
    return repr(act)


@pytest.mark.parametrize("changes", [{}, {"expires": {"size": 9, "time": 7}}, {"expects": {"cd" * 32: "ef" * 32}}])
def test_what_our_programs_write_is_read_by_it(changes: dict[str, Any]) -> None:
    raw = entry({"text": "é\n\\", "list": [1, None, True, {"deep": []}]}, cites=("12" * 32,), **changes)
    assert read_canonical(raw) is not None
    assert typed(judged(raw)) == typed(reference(raw))
    assert isinstance(judged(raw), Act)


@given(st.dictionaries(st.text(max_size=4), values, max_size=3))
def test_any_data_are_read_as_the_reference_reads_them(data: dict[str, Any]) -> None:
    raw = entry(data)
    assert typed(judged(raw)) == typed(reference(raw))


@given(
    st.integers(0, 10_000),
    st.sampled_from([b"", b"0", b"e", b".", b'"', b"\\", b" ", b"\n", b"=", b"A", b"\xff", b"{"]),
)
def test_bytes_put_in_its_way_change_no_verdict(place: int, put: bytes) -> None:
    raw = entry({"count": 12, "text": "some words"}, expires={"size": 3})
    place %= len(raw)
    for other in (raw[:place] + put + raw[place:], raw[:place] + put + raw[place + 1 :]):
        assert typed(judged(other)) == typed(reference(other))


@pytest.mark.parametrize("number", ["1.0", "1e2", "-0", str(2**53), "9" * 30, "NaN", "1.5"])
def test_a_number_outside_the_profile_is_none_here_either(number: str) -> None:
    line = entry({"n": 12345}).rpartition(b"\n\n")[0] + b"\n"
    for old in (b"12345", b'"size":0', b'"v":1'):
        new = number.encode() if old == b"12345" else old[:-1] + number.encode()
        raw = sign_text(line.replace(old, new), CLERKS[0].key)
        assert judged(raw) == reference(raw)
        assert isinstance(judged(raw), str)


@pytest.mark.parametrize("depth", [5, 6, 7, 8])
def test_it_nests_no_deeper_than_the_profile(depth: int) -> None:
    data: Any = []
    for _ in range(depth - 1):
        data = [data]
    raw = entry({"deep": data})
    assert typed(judged(raw)) == typed(reference(raw))
    assert isinstance(judged(raw), str) == (depth > 6)


@pytest.mark.parametrize("vector", [*VECTORS["valid"], *VECTORS["invalid"]], ids=lambda vector: vector["name"])
def test_every_vector_has_one_verdict(vector: dict[str, Any]) -> None:
    raw = base64.b64decode(vector["entry"])
    assert typed(judged(raw)) == typed(reference(raw))
