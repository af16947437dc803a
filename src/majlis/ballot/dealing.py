"""A threshold trustee's own steps: everything is checked before anything is answered, and no secret leaves unsealed.

    1  certify            who I am in this set-up, and my keys
    3  deal               my polynomial f_i, whose value f_i(j) goes to trustee j alone
       may_show           only once everybody has committed to theirs
    5  collect            the values f_i(me) of all; my share S = their sum, proven and sealed to myself
       open_share         S again, from that letter
    6  check_finished     what is published is what I saw, and my key stands in it

    {"polynomial":["<a_i0>",…]}   {"secret":"<f_i(j)>"}   {"decryption_key":"<S_j>"}     what the letters say

Between the steps a trustee keeps the seed (``ChannelKey``) in the keyring, and files in which nothing is in the clear.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 5. Rules R-CEREMONY-1 to R-CEREMONY-6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from majlis.ballot.ceremony import (
    AnswerText,
    Certificates,
    InputText,
    PolynomialText,
    check_parameters,
    check_shown,
    check_size,
    polynomial_commitment,
    require_commitments,
)
from majlis.ballot.channel import ChannelKey
from majlis.ballot.pedersen import Pedersen, PedersenText, certificate_message, coefexps_message, seen_message
from majlis.ballot.trustee_key import KeyText, key_prefix
from majlis.ballot.wire import decode, encode, format_proof, ruled
from majlis.crypto import (
    ED25519,
    ORDER,
    Chance,
    Point,
    SecretScalar,
    draw_scalar,
    parse_scalar,
    prove_knowledge,
    secret_sum,
    share_in_exponent,
    share_of,
)
from majlis.errors import Fault, Forged, Malformed, Refused

__all__ = ["Collected", "certify", "check_finished", "check_secret", "collect", "deal", "may_show", "open_share"]

_T = TypeVar("_T", bound="_Polynomial | _Secret | _DecryptionKey")


class _Polynomial(msgspec.Struct, frozen=True):
    polynomial: list[str]


class _Secret(msgspec.Struct, frozen=True):
    secret: str


class _DecryptionKey(msgspec.Struct, frozen=True):
    decryption_key: str


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's share of the election's key, for the keyring, and ``answer``, which is handed in."""

    share: SecretScalar
    answer: bytes


def certify(key: ChannelKey, *, size: int, threshold: int, index: int, chance: Chance) -> bytes:
    """Step 1: the certificate of trustee ``index``, from 1. Raises: Refused (R-CEREMONY-1)."""
    check_size(size, threshold)
    if not 1 <= index <= size:
        raise Refused(f"there are trustees 1 to {size}, not {index}", rule="R-CEREMONY-1")
    message = certificate_message(
        ED25519,
        size=size,
        threshold=threshold,
        index=index,
        verification=key.verification,
        encryption=key.encryption,
    )
    return encode(key.sign(message, chance))


def deal(key: ChannelKey, certificates: Certificates, index: int, chance: Chance) -> bytes:
    """Step 3: this trustee's polynomial, to be kept until all have committed (``polynomial_commitment``, ``may_show``).

    Raises: Refused (R-CEREMONY-1), when trustee ``index`` is somebody else.
    """
    _require_own(key, certificates, index)
    coefficients = [draw_scalar(chance) for _ in range(certificates.threshold)]
    points = [ED25519.raise_generator_secretly(each) for each in coefficients]
    own = encode(_Polynomial([_written(each) for each in coefficients])).decode()
    return encode(
        PolynomialText(
            polynomial=key.send(key.encryption, own, chance),
            secrets=[
                key.send(member.encryption, encode(_Secret(_written(share_of(coefficients, reader)))).decode(), chance)
                for reader, member in enumerate(certificates.members, start=1)
            ],
            coefexps=key.sign(coefexps_message(ED25519, points), chance),
            signature=key.sign(seen_message(ED25519, certificates.texts, points), chance).signature,
        )
    )


def may_show(certificates: Certificates, index: int, polynomial: bytes, commitments: Mapping[int, str]) -> None:
    """All have committed, and this trustee to this very polynomial: now it may be shown.

    Raises: Missing (R-CEREMONY-2), naming who has not; Refused (R-CEREMONY-2), for another polynomial.
    """
    require_commitments(certificates, commitments)
    if commitments[index] != polynomial_commitment(polynomial):
        raise Refused(
            "the polynomial in this file is not the one committed to; find the right file, or begin again",
            where=f"trustee {index}",
            rule="R-CEREMONY-2",
        )


def collect(
    key: ChannelKey,
    certificates: Certificates,
    index: int,
    given: bytes,
    commitments: Mapping[int, str],
    chance: Chance,
) -> Collected:
    """Step 5: this trustee's share of the key, of the values that all dealt to them. ``given``: of ``make_input``.

    Raises: Refused (R-CEREMONY-1), when trustee ``index`` is somebody else; Missing (R-CEREMONY-2); Malformed,
    NonCanonical, Refused, Forged (R-BOX-21, R-BOX-24, R-BOX-25, R-BOX-30, R-CEREMONY-3, R-CEREMONY-4), naming who lied.
    """
    _require_own(key, certificates, index)
    require_commitments(certificates, commitments)
    text = _parse_given(certificates, given)
    shown: list[tuple[Point, ...]] = []
    secrets: list[SecretScalar] = []
    for number, (member, letter, coefexps, seen) in enumerate(
        zip(certificates.members, text.secrets, text.coefexps, text.signatures, strict=True), start=1
    ):
        try:
            points = check_shown(certificates, number, coefexps, seen, commitments[number])
            secrets.append(check_secret(key.receive(member.verification, letter), points, index))
        except Fault as fault:
            raise fault.at(f"trustee {number}") from None
        shown.append(points)
    _check_own_polynomial(key, text.polynomial, shown[index - 1])
    share = secret_sum(secrets)
    public = ED25519.raise_generator_secretly(share)
    printed = ED25519.format(public)
    private = encode(_DecryptionKey(_written(share))).decode()
    public_key = KeyText(
        pok=format_proof(prove_knowledge(share, key_prefix(ED25519, public), chance)),
        public_key=printed,
        signature=key.sign(printed, chance).signature,
    )
    answer = AnswerText(private_key=key.send(key.encryption, private, chance), public_key=public_key)
    return Collected(share=share, answer=encode(answer))


def open_share(key: ChannelKey, answer: bytes) -> SecretScalar:
    """The share again, from this trustee's own answer of step 5.

    Raises: Malformed, NonCanonical, Forged, Refused (R-CEREMONY-3).
    """
    try:
        text = decode(AnswerText, answer, "the answer")
        message = key.receive(key.verification, text.private_key)
        return _read(_parse_secret(_DecryptionKey, message).decryption_key)
    except Fault as fault:
        raise ruled(fault, "R-CEREMONY-3") from None


def check_finished(certificates: Certificates, index: int, given: bytes, answer: bytes, parameters: bytes) -> Pedersen:
    """Step 6, at each trustee's: what is published holds, is what they were given, and has their key as they made it.

    Raises: what ``check_parameters`` raises; Forged (R-CEREMONY-6).
    """
    entry = check_parameters(parameters)
    published = decode(PedersenText, parameters, "the threshold trustees")
    text = _parse_given(certificates, given)
    own = decode(AnswerText, answer, "the answer").public_key
    seen = (certificates.threshold, certificates.texts, text.coefexps, text.signatures)
    if (
        seen != (published.threshold, published.certs, published.coefexps, published.signatures)
        or own != published.verification_keys[index - 1]
    ):
        raise Forged("what was published is not the set-up that this trustee took part in", rule="R-CEREMONY-6")
    return entry


def check_secret(message: str, coefexps: Sequence[Point], index: int) -> SecretScalar:
    """The value for trustee ``index`` that a letter holds; it is that of the polynomial shown.

    Raises: Malformed, NonCanonical (R-CEREMONY-3); Forged (R-CEREMONY-4).
    """
    secret = _read(_parse_secret(_Secret, message).secret)
    if ED25519.raise_generator_secretly(secret) != share_in_exponent(ED25519, coefexps, index):
        raise Forged("the value dealt to this trustee is not that of the polynomial shown", rule="R-CEREMONY-4")
    return secret


def _require_own(key: ChannelKey, certificates: Certificates, index: int) -> None:
    if not 1 <= index <= certificates.size or certificates.members[index - 1].verification != key.verification:
        raise Refused(
            "the certificate of this number is not that of this key; ask which number you have",
            where=f"trustee {index}",
            rule="R-CEREMONY-1",
        )


def _parse_given(certificates: Certificates, given: bytes) -> InputText:
    try:
        text = decode(InputText, given, "what this trustee was given")
        if {len(text.secrets), len(text.coefexps), len(text.signatures)} != {certificates.size}:
            raise Malformed("there is not one letter, polynomial and signature of each trustee")
    except Fault as fault:
        raise ruled(fault, "R-CEREMONY-6") from None
    return text


def _check_own_polynomial(key: ChannelKey, letter: str, shown: Sequence[Point]) -> None:
    """What goes round as this trustee's polynomial is the one that they made."""
    text = _parse_secret(_Polynomial, key.receive(key.verification, letter))
    if [ED25519.raise_generator_secretly(_read(each)) for each in text.polynomial] != list(shown):
        raise Forged("what goes round as this trustee's polynomial is not theirs", rule="R-CEREMONY-6")


def _parse_secret(kind: type[_T], message: str) -> _T:
    try:
        return decode(kind, message.encode(), "the private message")
    except Fault as fault:
        raise ruled(fault, "R-CEREMONY-3") from None


def _written(secret: SecretScalar) -> str:
    """In decimal digits, as the format has it; only ever to be sealed at once."""
    return str(secret.reveal())


def _read(text: str) -> SecretScalar:
    try:
        return SecretScalar(parse_scalar(text, ORDER).to_bytes(32, "little"))
    except Fault as fault:
        raise ruled(fault, "R-CEREMONY-3") from None
