"""Twelve words for an identity: every word of the alphabet, both spellings, and what does not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.errors import Forged, Malformed
from majlis.institutions.words import ARABIC, arabic_word, check_words, format_words, parse_words

identities = st.binary(min_size=32, max_size=32).map(bytes.hex)


def test_known_words() -> None:
    """The addresses 127.0.0.1, 63.84.220.193 and 63.118.7.35 of the proquint article."""
    known = "7f000001" + "3f54dcc1" + "3f760723" + "00" * 12 + "ff" * 8
    assert format_words(known)[:7] == ("lusab", "babad", "gutih", "tugad", "gutuk", "bisog", "babab")
    assert format_words("ff" * 32) == ("zuzuz",) * 12


def test_192_bits_are_said_and_no_more() -> None:
    one = "ab" * 24 + "00" * 8
    other = "ab" * 24 + "ff" * 8
    assert format_words(one) == format_words(other)
    changed = {format_words("00" * at + "01" + "00" * (31 - at)) for at in range(24)}
    assert len(changed) == 24


def test_every_word_reads_back_in_both_spellings() -> None:
    spelled = set()
    for start in range(0, 65536, 12):
        numbers = [(start + step) % 65536 for step in range(12)]
        raw = b"".join(number.to_bytes(2, "big") for number in numbers)
        words = format_words(raw.hex() + "00" * 8)
        arabic = [arabic_word(word) for word in words]
        spelled |= set(arabic)
        assert parse_words(" ".join(words)) == raw
        assert parse_words("-".join(arabic)) == raw
    assert len(spelled) == 65536


def test_no_two_letters_share_an_arabic_spelling() -> None:
    assert len(set(ARABIC.values())) == len(ARABIC) == 20


@given(identities)
def test_the_words_of_an_identity_are_its_own(identity: str) -> None:
    words = format_words(identity)
    check_words(identity, " ".join(words))
    check_words(identity, "\n".join(word.upper() for word in words))
    assert parse_words(" ".join(words)).hex() == identity[:48]


@given(identities, st.integers(0, 11))
def test_one_wrong_word_is_another_body(identity: str, at: int) -> None:
    words = list(format_words(identity))
    words[at] = "babab" if words[at] != "babab" else "zuzuz"
    with pytest.raises(Forged, match=f"word {at + 1} "):
        check_words(identity, " ".join(words))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lusab",
        " ".join(["lusab"] * 11),
        " ".join(["lusab"] * 13),
        " ".join(["lusab"] * 11 + ["lusa"]),
        " ".join(["lusab"] * 11 + ["lusac"]),
        " ".join(["lusab"] * 11 + ["lusabb"]),
        " ".join(["lusab"] * 11 + ["ulsab"]),
        " ".join(["lusab"] * 11 + ["lusab؟"]),
        " ".join(["لوساب"] * 11 + ["لوسا"]),
        " ".join(["لوساب"] * 11 + ["لوساق"]),
    ],
)
def test_what_is_not_twelve_words_does_not_read(text: str) -> None:
    with pytest.raises(Malformed):
        parse_words(text)


@pytest.mark.parametrize("identity", ["", "ab", "AB" * 32, "ab" * 33, "zz" * 32, "ab" * 32 + "\n"])
def test_what_is_not_an_identity_has_no_words(identity: str) -> None:
    with pytest.raises(Malformed):
        format_words(identity)


def test_letters_outside_the_alphabet_have_no_arabic_spelling() -> None:
    with pytest.raises(Malformed):
        arabic_word("casas")
