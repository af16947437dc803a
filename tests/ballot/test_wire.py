"""JSON with one text for each value."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.ballot.wire import ProofText, decode, encode, format_number, parse_number, ruled
from majlis.crypto import NonCanonical
from majlis.errors import Malformed


class Pair(msgspec.Struct, omit_defaults=True):
    one: str
    two: str | msgspec.UnsetType = msgspec.UNSET


def test_escapes_are_those_that_are_hashed() -> None:
    text = 'a"\\\b\f\n\r\t\x01\x1f\x7f/é—✓'
    assert encode(text).decode() == '"a\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f/é—✓"'
    assert decode(str, encode(text), "it") == text


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    if any(0xD800 <= ord(character) < 0xE000 for character in text):
        return
    assert decode(str, encode(text), "it") == text


@pytest.mark.parametrize(
    "raw",
    [
        b'{"one": "a"}',
        b'{"one":"a"}\n',
        b'{"one":"a","three":"c"}',
        b'{"one":"b","one":"a"}',
        b'{"two":"b","one":"a"}',
        b'{"one":"\\u0061"}',
        b'{"one":"\\/"}',
        b'{"one":"\x7f"}',
    ],
)
def test_another_text_of_the_same_value_is_non_canonical(raw: bytes) -> None:
    with pytest.raises(NonCanonical):
        decode(Pair, raw, "the pair")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'{"one":1}',
        b'{"one":null}',
        b'{"one":"a","two":null}',
        b'{"two":"a"}',
        b'{"one":"\xff"}',
        b'{"one":"\\ud800"}',
        b'{"one":"a"}{}',
        b'{"x":' + b"[" * 100_000,
    ],
)
def test_what_does_not_read_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed, match="the pair") as caught:
        decode(Pair, raw, "the pair")
    assert not isinstance(caught.value, NonCanonical)


@pytest.mark.parametrize(
    ("value", "text"), [(0, 0), (2**30 - 1, 2**30 - 1), (2**30, "1073741824"), (10**11, "100000000000")]
)
def test_numbers_change_their_form_at_two_to_the_thirty(value: int, text: int | str) -> None:
    assert format_number(value) == text
    assert parse_number(text, "it") == value


@pytest.mark.parametrize("text", [2**30, "5", "01073741824", "0"])
def test_numbers_in_the_other_form_are_non_canonical(text: int | str) -> None:
    with pytest.raises(NonCanonical):
        parse_number(text, "it")


@pytest.mark.parametrize("text", [-1, "-1", "", "x", "9" * 21, "\u0661"])
def test_what_is_no_number_is_malformed(text: int | str) -> None:
    with pytest.raises(Malformed):
        parse_number(text, "it")


def test_a_fault_keeps_the_first_rule_it_was_given() -> None:
    fault = ruled(ruled(Malformed("x"), "R-BOX-6"), "R-BOX-7", "event 1")
    assert (fault.rule, fault.where) == ("R-BOX-6", "event 1")


def test_structs_keep_the_order_of_their_fields() -> None:
    assert encode(ProofText("1", "2")) == b'{"challenge":"1","response":"2"}'
