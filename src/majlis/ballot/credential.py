"""Standing credentials: one secret a member, issued once, and for every vote of a term a key of its own.

    member       makes s; shows P = g^s with knowledge of s, prefix "majlis-enrol-1|" ++ body ++ "|" ++ P ++ "|"
    registrar    keeps name and P
    list keeper  of another body keeps P and k, 32 random bytes for each member and term, without names
    vote id      the id of the act that announces the election or opens the petition, 64 hex digits
    tweak        H(k, id) = SHA-512("majlis-tweak-1|" ++ hex(k) ++ "|" ++ id), big-endian, mod q
    vote key     P_id = P * g^H(k, id), on the public list; its secret s + H(k, id), which signs ballots

    election     uuid = first 22 characters of base58(SHA-256("majlis-uuid-1|" ++ id))
    petition     knowledge of the vote key's secret,
                 prefix "majlis-petition-1|" ++ id ++ "|" ++ P_id ++ "|" ++ choice ++ "|"
    roll leaf    SHA-256("majlis-roll-1|" ++ hex(salt) ++ "|" ++ P ++ "|" ++ place ++ "|" ++ tag)

Points as printed, hex in lower case. Who can link or vote, and who cannot: ``spec/credential.md``. Rules R-CRED-1 to
R-CRED-5.
"""

from __future__ import annotations

import re
from hashlib import sha256, sha512
from typing import Final

from majlis.ballot.wire import ruled
from majlis.crypto import (
    ED25519,
    Chance,
    Point,
    PointBytes,
    Proof,
    SecretScalar,
    base58,
    check_knowledge,
    draw_scalar,
    parse_scalar,
    prove_knowledge,
    secret_of_hash,
)
from majlis.errors import Fault, Malformed

__all__ = [
    "check_enrolment",
    "check_petition_signature",
    "derive_point",
    "derive_secret",
    "election_uuid",
    "enrolment_point",
    "make_member_secret",
    "prove_enrolment",
    "roll_leaf",
    "sign_petition",
]

_ID: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def make_member_secret(chance: Chance) -> SecretScalar:
    """A new s. Made on the member's own device, or in halves by two card printers."""
    return draw_scalar(chance)


def enrolment_point(secret: SecretScalar) -> Point:
    """P = g^s: what the registrar and the list keeper are given."""
    return ED25519.raise_generator_secretly(secret)


def prove_enrolment(secret: SecretScalar, body: str, chance: Chance) -> Proof:
    """Whoever hands in P for this body knows s. ``body``: its identity, 64 hex digits."""
    return prove_knowledge(secret, _enrolment_prefix(body, enrolment_point(secret)), chance)


def check_enrolment(body: str, point: PointBytes, proof: Proof) -> Point:
    """P may be enrolled in this body; it comes back as a group element.

    Without the proof somebody could enrol another member's P as their own, or a P that cancels one.
    Raises: Malformed (R-CRED-1), NotInGroup or Forged (R-CRED-2).
    """
    prefix = _enrolment_prefix(body, point)
    try:
        return check_knowledge(ED25519, point, prefix, proof)
    except Fault as fault:
        raise ruled(fault, "R-CRED-2") from None


def derive_secret(secret: SecretScalar, tweak_key: bytes, vote: str) -> SecretScalar:
    """s + H(k, id): the member's secret for one vote. Raises: Malformed (R-CRED-1)."""
    return secret + _tweak(tweak_key, vote)


def derive_point(point: Point, tweak_key: bytes, vote: str) -> Point:
    """P_id = P * g^H(k, id): what the list keeper lists, without knowing any secret. Raises: Malformed (R-CRED-1)."""
    return ED25519.multiply(point, ED25519.raise_generator_secretly(_tweak(tweak_key, vote)))


def election_uuid(act: str) -> str:
    """The identifier of the election that this act announces: 22 base58 characters. Raises: Malformed (R-CRED-3)."""
    if not _ID.fullmatch(act):
        raise Malformed("an act's id is 64 lower-case hex digits", rule="R-CRED-3")
    return base58(sha256(f"majlis-uuid-1|{act}".encode()).digest())[:22]


def sign_petition(secret: SecretScalar, vote: str, choice: str, chance: Chance) -> Proof:
    """The member's signature. ``secret``: of ``derive_secret`` for this petition; ``choice``: what is signed for.

    Raises: Malformed (R-CRED-1).
    """
    return prove_knowledge(secret, _petition_prefix(vote, enrolment_point(secret), choice), chance)


def check_petition_signature(key: str, vote: str, choice: str, challenge: str, response: str) -> None:
    """The holder of vote key ``key`` signed this choice for this very petition. All as printed in the act.

    Whether the key is on the petition's list is for the caller to check.
    Raises: Malformed or NonCanonical (R-CRED-1); NotInGroup or Forged (R-CRED-4).
    """
    try:
        point = ED25519.parse(key)
        proof = Proof(parse_scalar(challenge, ED25519.order), parse_scalar(response, ED25519.order))
    except Fault as fault:
        raise ruled(fault, "R-CRED-1") from None
    prefix = _petition_prefix(vote, point, choice)
    try:
        check_knowledge(ED25519, point, prefix, proof)
    except Fault as fault:
        raise ruled(fault, "R-CRED-4") from None


def roll_leaf(*, salt: bytes, point: Point, place: str, tag: str) -> bytes:
    """The member's leaf of the roll, 32 bytes: with its salt it can be opened, without it says nothing.

    ``salt``: 32 random bytes; ``place`` and ``tag``: without "|", so that one leaf has one meaning.
    Raises: Malformed (R-CRED-5).
    """
    if len(salt) != 32 or "|" in place or "|" in tag:
        raise Malformed("a leaf has 32 bytes of salt, and no '|' in place or tag", rule="R-CRED-5")
    return sha256(f"majlis-roll-1|{salt.hex()}|{ED25519.format(point)}|{place}|{tag}".encode()).digest()


def _tweak(tweak_key: bytes, vote: str) -> SecretScalar:
    if len(tweak_key) != 32 or not _ID.fullmatch(vote):
        raise Malformed("a tweak key is 32 bytes, and a vote's id 64 lower-case hex digits", rule="R-CRED-1")
    return secret_of_hash(sha512(f"majlis-tweak-1|{tweak_key.hex()}|{vote}".encode()).digest())


def _enrolment_prefix(body: str, point: PointBytes) -> str:
    if not _ID.fullmatch(body):
        raise Malformed("a body's identity is 64 lower-case hex digits", rule="R-CRED-1")
    return f"majlis-enrol-1|{body}|{ED25519.format(point)}|"


def _petition_prefix(vote: str, point: PointBytes, choice: str) -> str:
    if not _ID.fullmatch(vote):
        raise Malformed("a petition's id is 64 lower-case hex digits", rule="R-CRED-1")
    return f"majlis-petition-1|{vote}|{ED25519.format(point)}|{choice}|"
