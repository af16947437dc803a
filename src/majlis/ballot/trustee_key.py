"""One trustee's public key, with the proof that its secret is known.

    {"pok":proof,"public_key":"<point>",?"signature":proof,?"name":"…"}
    pok   knowledge of x with public_key = g^x, prefix "pok|<group>|" ++ public_key ++ "|"

Without the proof a trustee could choose a key that cancels the others'. ``signature`` stands only in threshold keys.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 4.
"""

from __future__ import annotations

import msgspec

from majlis.ballot.wire import ProofText, decode, encode, format_proof, parse_proof, ruled
from majlis.crypto import (
    ED25519,
    Chance,
    Group,
    Point,
    PointBytes,
    Proof,
    SecretScalar,
    check_knowledge,
    draw_scalar,
    prove_knowledge,
)
from majlis.errors import Forged, Malformed

__all__ = [
    "KeyText",
    "TrusteeKey",
    "format_trustee_key",
    "key_prefix",
    "make_trustee_key",
    "parse_member",
    "parse_trustee_key",
]


class TrusteeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A single trustee's public key with the proof that its secret is known."""

    public_key: Point
    proof: Proof
    name: str | None = None


class KeyText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A trustee's public key as written."""

    pok: ProofText
    public_key: str
    signature: ProofText | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET


def make_trustee_key(chance: Chance, *, name: str | None = None) -> tuple[SecretScalar, TrusteeKey]:
    """A new secret, and the public key with its proof to hand in. Made on the trustee's own device."""
    secret = draw_scalar(chance)
    public_key = ED25519.raise_generator_secretly(secret)
    proof = prove_knowledge(secret, key_prefix(ED25519, public_key), chance)
    return secret, TrusteeKey(public_key=public_key, proof=proof, name=name)


def key_prefix(group: Group, public_key: PointBytes) -> str:
    """What the proof of a trustee's key is bound to."""
    return f"pok|{group.name}|{group.format(public_key)}|"


def format_trustee_key(key: TrusteeKey, group: Group = ED25519) -> bytes:
    """K as written: what a trustee hands in and signs for, and one element of the trustees payload."""
    return encode(
        KeyText(
            pok=format_proof(key.proof),
            public_key=group.format(key.public_key),
            name=msgspec.UNSET if key.name is None else key.name,
        )
    )


def parse_trustee_key(raw: bytes, group: Group = ED25519) -> TrusteeKey:
    """The key that ``raw`` describes, its proof checked.

    Raises: Malformed, NonCanonical, NotInGroup; Forged, when the proof fails.
    """
    text = decode(KeyText, raw, "the trustee's key")
    if text.signature is not msgspec.UNSET:
        raise Malformed("a single trustee's key carries no signature; a threshold member's does")
    public_key = group.parse(text.public_key)
    proof = parse_proof(group, text.pok)
    member = check_knowledge(group, public_key, key_prefix(group, public_key), proof)
    return TrusteeKey(public_key=member, proof=proof, name=None if text.name is msgspec.UNSET else text.name)


def parse_member(group: Group, text: str) -> Point:
    """The group element that ``text`` prints. Raises: Malformed, NonCanonical; NotInGroup (R-BOX-21)."""
    encoded = group.parse(text)
    try:
        return group.check(encoded)
    except Forged as fault:
        raise ruled(fault, "R-BOX-21") from None
