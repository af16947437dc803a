"""JSON as Belenios writes it, and the pieces that occur everywhere: proofs, ciphertexts, numbers.

    {"challenge":"<decimal>","response":"<decimal>"}      {"alpha":"<point>","beta":"<point>"}

UTF-8, compact, fields in the order of the struct, absent optional fields left out, no line feed at the end. What is
read is written again and compared: one value, one text. Integers above 1073741823 are decimal strings.

Source: ``spec/ballot.md`` section 1.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, Final, TypeVar, cast

import msgspec

from majlis.crypto import Ciphertext, Group, NonCanonical, Point, PointBytes, Proof, parse_scalar
from majlis.errors import Fault, Malformed

__all__ = [
    "CiphertextText",
    "Number",
    "ProofText",
    "decode",
    "encode",
    "format_ciphertext",
    "format_number",
    "format_proof",
    "parse_number",
    "parse_pair",
    "parse_proof",
    "ruled",
]

T = TypeVar("T")

Number = int | str
"""A whole number as written: digits up to 2^30 - 1, a string of digits above."""

_LARGEST_PLAIN: Final = 2**30 - 1


class ProofText(msgspec.Struct, frozen=True):
    """A proof as written."""

    challenge: str
    response: str


class CiphertextText(msgspec.Struct, frozen=True):
    """A ciphertext as written."""

    alpha: str
    beta: str


def encode(value: object) -> bytes:
    """The one JSON text of a value. DEL is escaped like the other controls, as the tool does."""
    return msgspec.json.encode(value).replace(b"\x7f", b"\\u007f")


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode(kind: type[T], raw: bytes, what: str) -> T:
    """The value that ``raw`` is the one text of; ``what`` names it in the sentence of a fault.

    Raises: Malformed, when it does not parse as that kind; NonCanonical, when it is another text of the same value.
    """
    try:
        value: T = _decoder(cast(Hashable, kind)).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{what} does not read: {error}; ask for the file again") from None
    if encode(value) != raw:
        raise NonCanonical(f"{what} is not written in the one form that is hashed: blanks, order or fields differ")
    return value


def ruled(fault: Fault, rule: str, where: str = "") -> Fault:
    """The same fault under the rule that it breaks here, and placed."""
    if not fault.rule:
        fault.rule = rule
    if where:
        fault.at(where)
    return fault


def parse_proof(group: Group, text: ProofText) -> Proof:
    """Raises: Malformed, NonCanonical."""
    return Proof(parse_scalar(text.challenge, group.order), parse_scalar(text.response, group.order))


def format_proof(proof: Proof) -> ProofText:
    """The proof as written."""
    return ProofText(str(proof.challenge), str(proof.response))


def parse_pair(group: Group, text: CiphertextText) -> tuple[PointBytes, PointBytes]:
    """Both encodings, not yet checked. Raises: Malformed, NonCanonical."""
    return group.parse(text.alpha), group.parse(text.beta)


def format_ciphertext(group: Group, ciphertext: Ciphertext | tuple[Point, Point]) -> CiphertextText:
    """The ciphertext as written."""
    alpha, beta = ciphertext
    return CiphertextText(group.format(alpha), group.format(beta))


def parse_number(value: Number, what: str) -> int:
    """The number, 0 or more. Raises: Malformed; NonCanonical, when it should have been written the other way."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise Malformed(f"{what} is not a whole number: {value[:20]!r}")
        if format_number(int(value)) != value:
            raise NonCanonical(f"{what} is not written as numbers of its size are: {value!r}")
        return int(value)
    if value < 0:
        raise Malformed(f"{what} is negative: {value}")
    if format_number(value) != value:
        raise NonCanonical(f"{what} is above 1073741823 and must be written as a string: {value}")
    return value


def format_number(value: int) -> Number:
    """The number as written."""
    return value if value <= _LARGEST_PLAIN else str(value)
