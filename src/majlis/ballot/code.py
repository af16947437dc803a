"""Voting codes on printed cards: one for each vote of a term, in two halves that two printers make.

    code     20 characters of A = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" drawn at random, and 3 that check them
             written in groups of five, and the last of three, with hyphens between
    label    "ballot 21" or "petition 4": the 21st secret ballot, the 4th petition in the body's record, from 1
    half     "a" or "b", by its printer
    secret   h = SHA-512("majlis-code-1|" ++ body ++ "|" ++ half ++ "|" ++ label ++ "|" ++ the 20 characters),
             big-endian, mod q
    vote     s_label = h_a + h_b; its key P_label = g^h_a * g^h_b stands on that vote's list
    member   P = g^s_a * g^s_b of two random halves, label "roll": kept by nobody, it names the card on the roll
    proof    of each half of each key, prefix
             "majlis-code-1|" ++ body ++ "|" ++ serial ++ "|" ++ half ++ "|" ++ label ++ "|" ++ point ++ "|"

The three at the end make a Reed-Solomon word over GF(32), which is x^5 + x^2 + 1, divisible by (x + 2)(x + 4)(x + 8):

    kind and half, number / 32 mod 32, number mod 32 | the 20 characters | the 3, highest power first

where kind and half is 0 and 1 for ballots, 2 and 3 for petitions. Three wrong symbols always show. A reader who does
not know which half is before them may be wrong in the first, so two wrong characters always show: one that was
misread, or two exchanged. The code of another vote, typed whole, shows as well.

Source: ours; ``spec/credential.md``. Rules R-CODE-1 to R-CODE-3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha512
from typing import Final, Literal, NamedTuple

from majlis.ballot.wire import ruled
from majlis.crypto import (
    ED25519,
    Chance,
    Point,
    PointBytes,
    Proof,
    SecretScalar,
    check_knowledge,
    prove_knowledge,
    secret_of_hash,
)
from majlis.errors import Fault, Malformed, Refused

__all__ = [
    "ALPHABET",
    "CODE_ROLL",
    "Code",
    "Half",
    "check_half",
    "code_label",
    "code_secret",
    "draw_code",
    "format_code",
    "join_codes",
    "parse_code",
    "prove_half",
]

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_ROLL: Final = "roll"
_LENGTH: Final = 20
_CHECKS: Final = 3
_LABEL: Final = re.compile(r"(ballot|petition) ([1-9][0-9]{0,5})", re.ASCII)
_BODY: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
# What people write instead: the letter for the digit that it looks like. U is no character of any code.
_READ: Final = {**{each: each for each in ALPHABET}, "O": "0", "I": "1", "L": "1"}

Half = Literal["a", "b"]


class Code(NamedTuple):
    """One printer's half of a code. ``text``: its 20 characters, without those that check them."""

    half: Half
    label: str
    text: str


def code_label(kind: Literal["ballot", "petition"], number: int) -> str:
    """The vote that a code is for. ``number``: from 1, in the order of the body's record. Raises: Malformed."""
    return _known(f"{kind} {number}")


def draw_code(half: Half, label: str, chance: Chance) -> Code:
    """A new code: 100 random bits. Raises: Malformed (R-CODE-1)."""
    return Code(half, _known(label), "".join(ALPHABET[byte % 32] for byte in chance(_LENGTH)))


def format_code(code: Code) -> str:
    """As it is printed: five groups, the last of three characters that check the others, the vote and the half."""
    whole = code.text + _check_characters(code)
    return "-".join(whole[at : at + 5] for at in range(0, len(whole), 5))


def parse_code(text: str, label: str) -> Code:
    """The half of the code for this vote, as somebody typed it or a reader of codes gave it.

    Small letters, blanks and dashes do not matter; the letter O is the digit 0, and I and L are 1.
    Raises: Malformed (R-CODE-1), for another form, or where one character is wrong or two are exchanged; Refused
    (R-CODE-1), for the code of another vote near this one.
    """
    _known(label)
    typed = [each for each in text.rpartition(":")[2].upper() if not each.isspace() and each != "-"]
    unknown = [each for each in typed if each not in _READ]
    if unknown:
        raise Malformed(f"{unknown[0]!r} stands in no code; look at it again", rule="R-CODE-1")
    if len(typed) != _LENGTH + _CHECKS:
        raise Malformed(f"a code has {_LENGTH + _CHECKS} characters, and this {len(typed)}", rule="R-CODE-1")
    read = "".join(_READ[each] for each in typed)
    for half in ("a", "b"):
        code = _fitting(read, half, label)
        if code is not None:
            return code
    for other in _near(label):
        if any(_fitting(read, half, other) for half in ("a", "b")):
            raise Refused(
                f"this seems to be the code for {other}, and this is {label}; take that line of the card",
                rule="R-CODE-1",
            )
    raise Malformed("a character of this code is wrong, or two are exchanged; look at it again", rule="R-CODE-1")


def join_codes(texts: Iterable[str], label: str, body: str) -> SecretScalar:
    """The member's secret for this vote, of both halves in any order. ``body``: its identity, 64 hex digits.

    Raises: as ``parse_code``; Malformed (R-CODE-2), unless there is one half of each printer.
    """
    codes = [parse_code(text, label) for text in texts]
    if sorted(code.half for code in codes) != ["a", "b"]:
        raise Malformed("a vote needs two codes, one from each half of the card", rule="R-CODE-2")
    one, other = codes
    return code_secret(body, one) + code_secret(body, other)


def code_secret(body: str, code: Code) -> SecretScalar:
    """This half of the secret. Raises: Malformed (R-CODE-1)."""
    if not _BODY.fullmatch(body):
        raise Malformed("a body's identity is 64 lower-case hex digits", rule="R-CODE-1")
    return secret_of_hash(sha512(f"majlis-code-1|{body}|{code.half}|{code.label}|{code.text}".encode()).digest())


def prove_half(secret: SecretScalar, body: str, serial: int, half: Half, label: str, chance: Chance) -> Proof:
    """Whoever printed this half of the key of a card knows its secret."""
    point = ED25519.raise_generator_secretly(secret)
    return prove_knowledge(secret, _prefix(body, serial, half, label, point), chance)


def check_half(body: str, serial: int, half: Half, label: str, point: PointBytes, proof: Proof) -> Point:
    """This half of a card's key was made by somebody who knows its secret; it comes back as a group element.

    Without the proof a printer who sees the other's half could choose theirs so that they alone know the whole.
    Raises: NotInGroup or Forged (R-CODE-3).
    """
    try:
        return check_knowledge(ED25519, point, _prefix(body, serial, half, label, point), proof)
    except Fault as fault:
        raise ruled(fault, "R-CODE-3").at(f"card {serial}, {label}, half {half}") from None


def _prefix(body: str, serial: int, half: Half, label: str, point: PointBytes) -> str:
    return f"majlis-code-1|{body}|{serial}|{half}|{label}|{ED25519.format(point)}|"


def _known(label: str) -> str:
    if not _LABEL.fullmatch(label):
        raise Malformed("a code is for a ballot or a petition, counted from 1", rule="R-CODE-1")
    return label


def _near(label: str) -> Iterable[str]:
    """The votes before and after this one, and the one of the other kind with its number."""
    kind, number = label.split(" ")
    other = "petition" if kind == "ballot" else "ballot"
    numbers = [int(number) + step for step in (-1, 1, -2, 2) if int(number) + step > 0]
    return [*(f"{kind} {each}" for each in numbers), f"{other} {number}"]


def _fitting(read: str, half: Half, label: str) -> Code | None:
    code = Code(half, label, read[:_LENGTH])
    return code if _check_characters(code) == read[_LENGTH:] else None


# --- the field of 32 elements

# (x + 2)(x + 4)(x + 8) = x^3 + 14 x^2 + 29 x + 10, since 2 * 4 = 8, 2 * 8 = 16 and 4 * 8 = 32 = 5.
_DIVISOR: Final = (14, 29, 10)


def _times(one: int, other: int) -> int:
    """Their product in the field."""
    product = 0
    for bit in range(5):
        if other >> bit & 1:
            product ^= one << bit
    for bit in (8, 7, 6, 5):
        if product >> bit & 1:
            product ^= 0b100101 << (bit - 5)
    return product


def _check_characters(code: Code) -> str:
    """The remainder of the symbols before them: what makes the word divisible. It has 26 symbols, of 31 it could."""
    kind, number = code.label.split(" ")
    front = [2 * (kind == "petition") + (code.half == "b"), int(number) // 32 % 32, int(number) % 32]
    rest = [0] * _CHECKS
    for symbol in [*front, *map(ALPHABET.index, code.text)]:
        over = symbol ^ rest[0]
        rest = [before ^ _times(over, part) for before, part in zip([*rest[1:], 0], _DIVISOR, strict=True)]
    return "".join(ALPHABET[symbol] for symbol in rest)
