"""A file on paper: codes that can be read in any order, and give the very file or a word of what is wrong."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.record import format_series, is_series, parse_series

DATA = random.Random(7).randbytes(5000)
CODES = format_series(DATA)


@given(st.binary(max_size=3000), st.integers(1, 900), st.randoms())
def test_any_file_comes_back_from_its_codes_in_any_order(data, part, chance):
    codes = list(format_series(data, part=max(part, len(data) // 400)))
    assert all(is_series(code) and len(code) <= 8 + 900 for code in codes)
    shuffled = [*codes, *codes[:2]]
    chance.shuffle(shuffled)
    assert parse_series(f" {code}\n" for code in shuffled) == data


def test_a_code_has_eight_characters_before_its_text():
    assert len(CODES) == 9
    assert {code[:4] for code in CODES} == {CODES[0][:4]}
    assert [code[4:8] for code in CODES] == [f"090{number}" for number in range(9)]
    assert set("".join(CODES)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_numbers_that_are_lacking_are_said():
    """R-SERIES-2"""
    with pytest.raises(Missing, match="2 of 9 codes are lacking: 3, 9") as fault:
        parse_series([*CODES[:2], *CODES[3:8]])
    assert fault.value.rule == "R-SERIES-2"
    with pytest.raises(Missing):
        parse_series([])


def test_two_series_in_one_pile_are_told_apart():
    other = format_series(DATA[::-1])
    with pytest.raises(Malformed, match="two different series"):
        parse_series([*CODES, other[0]])
    with pytest.raises(Malformed, match="two different series"):
        parse_series([*CODES, CODES[0][:-1] + ("A" if CODES[0][-1] != "A" else "B")])


@pytest.mark.parametrize(
    "code", ["", "noise", "MJ00010", "MJ000100", "MJ000100a", "MJ0001010A", "MJ0000 0A", "MJ000000A", "XX000100A"]
)
def test_what_is_no_code_is_refused(code):
    """R-SERIES-1"""
    with pytest.raises(Malformed) as fault:
        parse_series([code])
    assert fault.value.rule == "R-SERIES-1"


@given(st.integers(0, 8), st.integers(8, 900), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_misread_character_is_found(number, at, character):
    code = CODES[number]
    at = min(at, len(code) - 1)
    misread = code[:at] + character + code[at + 1 :]
    try:
        assert parse_series([*CODES[:number], misread, *CODES[number + 1 :]]) == DATA
    except Forged:
        assert misread != code


def test_codes_that_are_no_packed_file_are_refused():
    for text in ("A", "AAAAAAAA", "77777777"):
        with pytest.raises(Fault):
            parse_series([f"MJ000100{text}"])


def test_a_file_too_large_for_paper_is_refused():
    with pytest.raises(Malformed, match="at most 1295"):
        format_series(DATA, part=1)
    with pytest.raises(Malformed):
        format_series(bytes(4 * 2**20 + 1))


def test_a_bomb_on_paper_is_refused():
    import zlib
    from base64 import b32encode

    text = b32encode(zlib.compress(bytes(20 * 2**20), 9)).decode().rstrip("=")
    pieces = [text[at : at + 2000] for at in range(0, len(text), 2000)]
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    count = digits[len(pieces) // 36] + digits[len(pieces) % 36]
    codes = [f"MJ00{count}{digits[n // 36]}{digits[n % 36]}{piece}" for n, piece in enumerate(pieces)]
    with pytest.raises(Forged):
        parse_series(codes)
