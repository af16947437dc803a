"""Threshold trustees: n members of whom any t open the box, as the archive shows them.

    P = {"threshold":t,"certs":[…],"coefexps":[…],"signatures":[…],"verification_keys":[K_1..K_n]}

    certs[i]      {"message":M,"signature":proof} with M = {"context":{"group":…,"size":n,"threshold":t,"index":i},
                  "verification":vk_i,"encryption":ek_i}, signed under vk_i
    coefexps[i]   the same with M = {"coefexps":[A_i0,…,A_i(t-1)]}: member i's polynomial in the exponent
    signatures[i] of "certs_sig|" ++ {"certs":[…],"coefexps":[A_i0,…]}: member i saw exactly these certificates
    K_j           g^S_j = product over i and k of A_ik^(j^k), with its pok and a signature under vk_j of its text

A signed message M is proven with prefix "sigmsg|" ++ M ++ "|". The joint key is the product of all A_i0.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 5. Rules R-BOX-21 to R-BOX-27.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from majlis.ballot.trustee_key import KeyText, key_prefix, parse_member
from majlis.ballot.wire import ProofText, decode, encode, parse_proof, ruled
from majlis.crypto import Group, Point, Proof, check_knowledge, sha256_hex
from majlis.errors import Fault, Forged, Malformed, Refused

__all__ = ["PEDERSEN_CHECKS", "Pedersen", "PedersenMember", "parse_pedersen"]

_Message = TypeVar("_Message", "_Certificate", "_Coefexps")


class SignedText(msgspec.Struct, frozen=True):
    """A message and the proof that signs it, as written."""

    message: str
    signature: ProofText


class _Pedersen(msgspec.Struct, frozen=True):
    threshold: int
    certs: list[SignedText]
    coefexps: list[SignedText]
    signatures: list[ProofText]
    verification_keys: list[KeyText]


class _Context(msgspec.Struct, frozen=True):
    group: str
    size: int
    threshold: int
    index: int


class _Certificate(msgspec.Struct, frozen=True):
    context: _Context
    verification: str
    encryption: str


class _Coefexps(msgspec.Struct, frozen=True):
    coefexps: list[str]


class _Seen(msgspec.Struct, frozen=True):
    certs: list[SignedText]
    coefexps: list[str]


class PedersenMember(msgspec.Struct, frozen=True, kw_only=True):
    """One member: what was certified, committed to and signed. ``index`` counts from 1.

    ``commitment`` is the SHA-256 of the certificate's message, ``coefexps_commitment`` that of the polynomial's.
    """

    index: int
    certificate: str
    certificate_proof: Proof
    verification: Point
    coefexps_message: str
    coefexps_proof: Proof
    coefexps: tuple[Point, ...]
    seen: str
    seen_proof: Proof
    public_key: Point
    proof: Proof
    key_signature: Proof | None
    commitment: str
    coefexps_commitment: str


class Pedersen(msgspec.Struct, frozen=True, kw_only=True):
    """One threshold entry: any ``threshold`` of the members decrypt together."""

    threshold: int
    members: tuple[PedersenMember, ...]

    def joint_key(self, group: Group) -> Point:
        """The key that ``threshold`` members share."""
        return group.product(member.coefexps[0] for member in self.members)


def parse_pedersen(group: Group, raw: bytes) -> Pedersen:
    """The threshold entry that ``raw`` describes, all points members; its signatures are not looked at yet.

    Raises: Malformed, NonCanonical, Refused (R-BOX-20, R-BOX-23, R-BOX-24); NotInGroup (R-BOX-21).
    """
    text = decode(_Pedersen, raw, "the threshold trustees")
    n, t = len(text.certs), text.threshold
    if not (n == len(text.coefexps) == len(text.signatures) == len(text.verification_keys)):
        raise Malformed("threshold trustees have as many certificates, polynomials, signatures and keys as members")
    if not 1 <= t <= n:
        raise Refused(f"{t} of {n} trustees cannot be needed")
    members = []
    for index, (cert, coefexps, seen, key) in enumerate(
        zip(text.certs, text.coefexps, text.signatures, text.verification_keys, strict=True), start=1
    ):
        where = f"member {index}"
        certificate = _parse_message(_Certificate, cert, "R-BOX-23", where)
        if certificate.context != _Context(group.name, n, t, index):
            raise Refused("the certificate is for another set-up, size or position", where=where, rule="R-BOX-23")
        polynomial = _parse_message(_Coefexps, coefexps, "R-BOX-24", where).coefexps
        if len(polynomial) != t:
            raise Refused(
                f"the polynomial has {len(polynomial)} coefficients where {t} are needed", where=where, rule="R-BOX-24"
            )
        parse_member(group, certificate.encryption)
        members.append(
            PedersenMember(
                index=index,
                certificate=cert.message,
                certificate_proof=parse_proof(group, cert.signature),
                verification=parse_member(group, certificate.verification),
                coefexps_message=coefexps.message,
                coefexps_proof=parse_proof(group, coefexps.signature),
                coefexps=tuple(parse_member(group, point) for point in polynomial),
                seen="certs_sig|" + encode(_Seen(text.certs, polynomial)).decode(),
                seen_proof=parse_proof(group, seen),
                public_key=parse_member(group, key.public_key),
                proof=parse_proof(group, key.pok),
                key_signature=None if key.signature is msgspec.UNSET else parse_proof(group, key.signature),
                commitment=sha256_hex(cert.message.encode()),
                coefexps_commitment=sha256_hex(coefexps.message.encode()),
            )
        )
    return Pedersen(threshold=t, members=tuple(members))


def _parse_message(kind: type[_Message], signed: SignedText, rule: str, where: str) -> _Message:
    try:
        return decode(kind, signed.message.encode(), "the signed message")
    except Fault as fault:
        raise ruled(fault, rule, where) from None


def _check_signed(group: Group, member: PedersenMember, message: str, proof: Proof) -> None:
    check_knowledge(group, member.verification, f"sigmsg|{message}|", proof)


def _check_key(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    check_knowledge(group, member.public_key, key_prefix(group, member.public_key), member.proof)


def _check_certificate(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    _check_signed(group, member, member.certificate, member.certificate_proof)


def _check_polynomial(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    _check_signed(group, member, member.coefexps_message, member.coefexps_proof)


def _check_seen(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    _check_signed(group, member, member.seen, member.seen_proof)


def _check_share(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    """g^S_j = product over i and k of A_ik^(j^k). Cost: n*t multiplications."""
    expected = group.product(
        group.power(coefficient, member.index**k)
        for other in entry.members
        for k, coefficient in enumerate(other.coefexps)
    )
    if expected != member.public_key:
        raise Forged("this key is not the share that the polynomials give the member")


def _check_key_signature(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    if member.key_signature is not None:
        _check_signed(group, member, group.format(member.public_key), member.key_signature)


def _each(
    rule: str, check: Callable[[Group, Pedersen, PedersenMember], None]
) -> Callable[[Group, Pedersen, int], None]:
    def check_all(group: Group, entry: Pedersen, first_owner: int) -> None:
        for member in entry.members:
            try:
                check(group, entry, member)
            except Forged as fault:
                raise ruled(fault, rule, f"trustee {first_owner - 1 + member.index}") from None

    return check_all


PEDERSEN_CHECKS: Final = (
    _each("R-BOX-22", _check_key),
    _each("R-BOX-23", _check_certificate),
    _each("R-BOX-24", _check_polynomial),
    _each("R-BOX-25", _check_seen),
    _each("R-BOX-26", _check_share),
    _each("R-BOX-27", _check_key_signature),
)
"""In order of their rules; each takes the group, the entry and the number of its first trustee."""
