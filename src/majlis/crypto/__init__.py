"""Groups, hashes, signatures and proofs: the floor on which every check stands.

What was read is bytes until it is checked; a secret has a type of its own and goes through libsodium alone.
"""

from majlis.crypto.edwards import ED25519, Ed25519
from majlis.crypto.encoding import BASE58, NonCanonical, base58, challenge, fingerprint, parse_scalar, sha256_hex
from majlis.crypto.envelope import Envelope, open_envelope, seal_envelope
from majlis.crypto.finite_field import BELENIOS_2048, RFC_3526_2048
from majlis.crypto.group import Group, NotInGroup, Point, PointBytes
from majlis.crypto.groups import group_named
from majlis.crypto.proof import (
    Branch,
    Ciphertext,
    Proof,
    check_bit,
    check_disjunction,
    check_equality,
    check_knowledge,
    prove_disjunction,
    prove_equality,
    prove_knowledge,
)
from majlis.crypto.scalar import ORDER, Chance, SecretScalar, draw_scalar, secret_of_hash, secret_sum
from majlis.crypto.sharing import combine_powers, lagrange, share_in_exponent, share_of
from majlis.crypto.signature import SigningKey, are_signed, check_public_key, check_signature

__all__ = [
    "BASE58",
    "BELENIOS_2048",
    "ED25519",
    "ORDER",
    "RFC_3526_2048",
    "Branch",
    "Chance",
    "Ciphertext",
    "Ed25519",
    "Envelope",
    "Group",
    "NonCanonical",
    "NotInGroup",
    "Point",
    "PointBytes",
    "Proof",
    "SecretScalar",
    "SigningKey",
    "are_signed",
    "base58",
    "challenge",
    "check_bit",
    "check_disjunction",
    "check_equality",
    "check_knowledge",
    "check_public_key",
    "check_signature",
    "combine_powers",
    "draw_scalar",
    "fingerprint",
    "group_named",
    "lagrange",
    "open_envelope",
    "parse_scalar",
    "prove_disjunction",
    "prove_equality",
    "prove_knowledge",
    "seal_envelope",
    "secret_of_hash",
    "secret_sum",
    "sha256_hex",
    "share_in_exponent",
    "share_of",
]
