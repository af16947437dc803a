"""Numbers and hashes as printed."""

from __future__ import annotations

import hashlib

import pytest

from majlis.crypto import ORDER, NonCanonical, base58, challenge, fingerprint, parse_scalar, sha256_hex
from majlis.errors import Malformed


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1 ", "1e3", "0x10", "\u0661", "1" * 641])
def test_what_is_no_number_is_malformed(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_scalar(text, ORDER)
    assert not isinstance(caught.value, NonCanonical)


@pytest.mark.parametrize("text", ["00", "01", str(ORDER), str(ORDER + 1), "0" * 640])
def test_an_odd_text_of_a_number_is_non_canonical(text: str) -> None:
    with pytest.raises(NonCanonical):
        parse_scalar(text, ORDER)


@pytest.mark.parametrize("value", [0, 1, ORDER - 1])
def test_the_one_text_of_a_number_is_read(value: int) -> None:
    assert parse_scalar(str(value), ORDER) == value


def test_challenge_joins_points_with_commas() -> None:
    digest = hashlib.sha256(b"pre|a,b").digest()
    assert challenge("pre|", ["a", "b"], ORDER) == int.from_bytes(digest, "big") % ORDER
    assert challenge("pre|", [], ORDER) == int.from_bytes(hashlib.sha256(b"pre|").digest(), "big") % ORDER


def test_fingerprint_and_hex_are_of_sha256() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert fingerprint(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"


@pytest.mark.parametrize(
    ("hexed", "text"),
    [("", ""), ("61", "2g"), ("626262", "a3gV"), ("00000000000000000000", "1111111111"), ("516b6fcd0f", "ABnLTmg")],
)
def test_base58_is_the_usual_one(hexed: str, text: str) -> None:
    assert base58(bytes.fromhex(hexed)) == text
