"""A trustee's share of the opening: each alpha raised to their secret, with proof that it was that secret.

    {"decryption_factors":[["<point>"…]…],"decryption_proofs":[[proof…]…]}          one for each ciphertext of the tally

    factor    f = alpha^x, where X = g^x is the trustee's key
    proof     of equal exponents, prefix "decrypt|" ++ phi ++ "|" ++ X ++ "|"
    sidecar   the same proof with fresh randomness and the whole statement in its prefix (ours, beside the box):
              "majlis-decrypt-1|" ++ uuid ++ "|" ++ phi ++ "|" ++ T ++ "|" ++ i ++ "," ++ j ++ "|" ++ X ++ "|" ++ alpha
              ++ "|" ++ f ++ "|", T the hash of the tally as archived, i and j the places of question and item from 0

Sidecar payload, part of the trustee's signed act:

    {"uuid":"…","owner":1,"payload":"<hash of the share>","proofs":[[proof…]…]}

Source: Belenios specification, crypto v1; ``spec/ballot.md`` sections 12 and 15. Rules R-BOX-56, R-BOX-59, R-BOX-60,
R-BOX-64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from majlis.ballot.election import Election
from majlis.ballot.tally import Ciphertexts, Tally
from majlis.ballot.wire import ProofText, decode, encode, format_proof, parse_proof, ruled
from majlis.crypto import (
    ED25519,
    Chance,
    Ciphertext,
    Point,
    Proof,
    SecretScalar,
    check_equality,
    prove_equality,
    sha256_hex,
)
from majlis.errors import Fault, Forged, Malformed, Refused

__all__ = ["Factors", "check_share", "check_sidecar", "decrypt_share", "prove_sidecar"]

Factors = tuple[tuple[Point, ...], ...]
_Item = TypeVar("_Item")


class ShareText(msgspec.Struct, frozen=True, kw_only=True):
    """A partial decryption as written."""

    decryption_factors: list[list[str]]
    decryption_proofs: list[list[ProofText]]


class SidecarText(msgspec.Struct, frozen=True, kw_only=True):
    """A sidecar as written."""

    uuid: str
    owner: int
    payload: str
    proofs: list[list[ProofText]]


def decrypt_share(election: Election, tally: Tally, secret: SecretScalar, chance: Chance) -> bytes:
    """The partial decryption payload: to be committed to by hash first, and shown when all have committed.

    Raises: Refused, outside Ed25519 (R-BOX-19).
    """
    if election.group is not ED25519:
        raise Refused("boxes are opened in group Ed25519 only; other groups are read", rule="R-BOX-19")
    public = ED25519.raise_generator_secretly(secret)
    prefix = _prefix(election, public)
    factors, proofs = [], []
    for column in tally.ciphertexts:
        factors.append([ED25519.format(ED25519.power_secretly(each.alpha, secret)) for each in column])
        proofs.append([format_proof(prove_equality(secret, each.alpha, prefix, chance)) for each in column])
    return encode(ShareText(decryption_factors=factors, decryption_proofs=proofs))


def check_share(election: Election, tally: Tally, public: Point, raw: bytes) -> Factors:
    """The factors of the trustee with key ``public``, each proven.

    Raises: Malformed, NonCanonical (R-BOX-56); NotInGroup (R-BOX-59); Forged (R-BOX-60), naming the place.
    """
    group = election.group
    try:
        text = decode(ShareText, raw, "the partial decryption")
        _check_shape(text.decryption_factors, tally.ciphertexts)
        encoded = [[group.parse(factor) for factor in column] for column in text.decryption_factors]
        proofs = _parse_proofs(election, tally.ciphertexts, text.decryption_proofs)
    except Fault as fault:
        raise ruled(fault, "R-BOX-56") from None
    factors = []
    for i, (column, ciphertexts) in enumerate(zip(encoded, tally.ciphertexts, strict=True)):
        checked = []
        for j, (factor, ciphertext) in enumerate(zip(column, ciphertexts, strict=True)):
            empty = ciphertext.alpha == group.identity
            try:
                checked.append(group.check_or_identity(factor) if empty else group.check(factor))
            except Forged as fault:
                raise ruled(fault, "R-BOX-59", f"question {i}, item {j}") from None
        factors.append(tuple(checked))
    prefix = _prefix(election, public)
    _check_proofs(election, tally, public, tuple(factors), proofs, lambda i, j: prefix, "R-BOX-60")
    return tuple(factors)


def prove_sidecar(
    election: Election, tally: Tally, *, owner: int, share: bytes, secret: SecretScalar, chance: Chance
) -> bytes:
    """The sidecar payload that goes with the trustee's own ``share``."""
    public = ED25519.raise_generator_secretly(secret)
    factors = check_share(election, tally, public, share)
    prefix = _sidecar_prefix(election, tally, public, factors)
    proofs = [
        [format_proof(prove_equality(secret, each.alpha, prefix(i, j), chance)) for j, each in enumerate(column)]
        for i, column in enumerate(tally.ciphertexts)
    ]
    return encode(SidecarText(uuid=election.uuid, owner=owner, payload=sha256_hex(share), proofs=proofs))


def check_sidecar(
    election: Election, tally: Tally, *, owner: int, public: Point, share: bytes, factors: Factors, sidecar: bytes
) -> None:
    """The sidecar proves every factor of this trustee's share. ``factors``: what ``check_share`` gave of ``share``.

    Raises: Malformed, NonCanonical, Refused, Forged (R-BOX-64).
    """
    try:
        text = decode(SidecarText, sidecar, "the sidecar proof")
        if (text.uuid, text.owner, text.payload) != (election.uuid, owner, sha256_hex(share)):
            raise Refused("the sidecar proof is for another election, trustee or share")
        proofs = _parse_proofs(election, tally.ciphertexts, text.proofs)
    except Fault as fault:
        raise ruled(fault, "R-BOX-64") from None
    prefix = _sidecar_prefix(election, tally, public, factors)
    _check_proofs(election, tally, public, factors, proofs, prefix, "R-BOX-64")


def _prefix(election: Election, public: Point) -> str:
    return f"decrypt|{election.fingerprint}|{election.group.format(public)}|"


def _sidecar_prefix(election: Election, tally: Tally, public: Point, factors: Factors) -> Callable[[int, int], str]:
    group = election.group

    def prefix(i: int, j: int) -> str:
        alpha, factor = group.format(tally.ciphertexts[i][j].alpha), group.format(factors[i][j])
        return (
            f"majlis-decrypt-1|{election.uuid}|{election.fingerprint}|{tally.hash}|{i},{j}|"
            f"{group.format(public)}|{alpha}|{factor}|"
        )

    return prefix


def _check_shape(columns: list[list[_Item]], ciphertexts: Ciphertexts) -> None:
    if [len(column) for column in columns] != [len(column) for column in ciphertexts]:
        raise Malformed("there is not one item for each ciphertext of the tally")


def _parse_proofs(election: Election, ciphertexts: Ciphertexts, texts: list[list[ProofText]]) -> list[list[Proof]]:
    _check_shape(texts, ciphertexts)
    return [[parse_proof(election.group, proof) for proof in column] for column in texts]


def _check_proofs(
    election: Election,
    tally: Tally,
    public: Point,
    factors: Factors,
    proofs: list[list[Proof]],
    prefix: Callable[[int, int], str],
    rule: str,
) -> None:
    for i, column in enumerate(tally.ciphertexts):
        for j, ciphertext in enumerate(column):
            try:
                _check_one(election, public, ciphertext, factors[i][j], prefix(i, j), proofs[i][j])
            except Forged as fault:
                raise ruled(fault, rule, f"question {i}, item {j}") from None


def _check_one(
    election: Election, public: Point, ciphertext: Ciphertext, factor: Point, prefix: str, proof: Proof
) -> None:
    check_equality(election.group, prefix, proof, public=public, base=ciphertext.alpha, raised=factor)
