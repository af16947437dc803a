"""Numbers and hashes as Belenios prints them: one text for each value, and every hash is taken over that text.

    scalar       decimal digits of s, 0 <= s < q, no sign, no leading zero
    challenge    H(prefix, A1..An) = SHA-256(prefix ++ A1 ++ "," ++ ... ++ "," ++ An), read big-endian, mod q
    fingerprint  standard base64 of a SHA-256 without its "=" (43 characters)
    base58       123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz

Source: Belenios specification, crypto v1, restated in ``spec/ballot.md`` section 1. Tests: ``vectors/ballot``.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from majlis.errors import Malformed

__all__ = ["BASE58", "NonCanonical", "base58", "challenge", "fingerprint", "parse_scalar", "sha256_hex"]

BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)

# The largest order in use has 2047 bits, that is 617 digits; longer texts are refused before they are read.
_LONGEST_SCALAR: Final = 640


class NonCanonical(Malformed):
    """It can be read, but it is not the one text that we write for this value.

    Other programs are lenient here in different ways, and an odd encoding proves no ill intent: so it is neither
    counted silently nor called false.
    """


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return sha256(data).hexdigest()


def fingerprint(data: bytes) -> str:
    """SHA-256 as people see it: 43 characters of base64, without the "="."""
    return b64encode(sha256(data).digest()).decode().rstrip("=")


def challenge(prefix: str, points: Sequence[str], order: int) -> int:
    """H(prefix, A1..An) modulo ``order``; the points as printed.

    Source: Belenios specification, crypto v1. For Ed25519 the reduction is within about 2^-127 of uniform.
    """
    digest = sha256((prefix + ",".join(points)).encode()).digest()
    return int.from_bytes(digest, "big") % order


def parse_scalar(text: str, order: int) -> int:
    """The scalar that ``text`` prints.

    Raises: Malformed, when it is no number; NonCanonical, when it has leading zeros or is not below ``order``.
    """
    if len(text) > _LONGEST_SCALAR or not _DIGITS.fullmatch(text):
        raise Malformed("a scalar is written in decimal digits; ask its author for the file again")
    value = int(text)
    if value >= order or (text[0] == "0" and text != "0"):
        raise NonCanonical("this scalar has leading zeros or is not below the group's order; it was not written by us")
    return value


def base58(data: bytes) -> str:
    """The usual base58 text: the bytes as one big-endian number, a "1" for each leading zero byte."""
    value = int.from_bytes(data, "big")
    digits = ""
    while value:
        value, digit = divmod(value, 58)
        digits = BASE58[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits
