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

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from majlis.ballot.channel import SignedText, check_signed
from majlis.ballot.trustee_key import KeyText, key_prefix, parse_member
from majlis.ballot.wire import ProofText, decode, encode, parse_proof, ruled
from majlis.crypto import Group, Point, Proof, check_knowledge, sha256_hex, share_in_exponent
from majlis.errors import Fault, Forged, Malformed, Refused

__all__ = [
    "PEDERSEN_CHECKS",
    "Pedersen",
    "PedersenMember",
    "PedersenText",
    "certificate_message",
    "coefexps_message",
    "parse_certificate",
    "parse_coefexps",
    "parse_pedersen",
    "seen_message",
]

_Message = TypeVar("_Message", "_Certificate", "_Coefexps")


class PedersenText(msgspec.Struct, frozen=True):
    """A threshold entry as written."""

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
    """One threshold entry: any ``threshold`` of the members decrypt together. ``raw``: its text."""

    threshold: int
    members: tuple[PedersenMember, ...]
    raw: bytes

    def joint_key(self, group: Group) -> Point:
        """The key that ``threshold`` members share."""
        return self.sums(group)[0]

    def sums(self, group: Group) -> tuple[Point, ...]:
        """The sum of the members' polynomials in the exponent."""
        return tuple(group.product(member.coefexps[k] for member in self.members) for k in range(self.threshold))


def parse_pedersen(group: Group, raw: bytes) -> Pedersen:
    """The threshold entry that ``raw`` describes, all points members; its signatures are not looked at yet.

    Raises: Malformed, NonCanonical, Refused (R-BOX-20, R-BOX-23, R-BOX-24); NotInGroup (R-BOX-21).
    """
    text = decode(PedersenText, raw, "the threshold trustees")
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
        verification, _ = parse_certificate(group, cert, size=n, threshold=t, index=index, where=where)
        polynomial = parse_coefexps(group, coefexps, threshold=t, where=where)
        members.append(
            PedersenMember(
                index=index,
                certificate=cert.message,
                certificate_proof=parse_proof(group, cert.signature),
                verification=verification,
                coefexps_message=coefexps.message,
                coefexps_proof=parse_proof(group, coefexps.signature),
                coefexps=polynomial,
                seen=seen_message(group, text.certs, polynomial),
                seen_proof=parse_proof(group, seen),
                public_key=parse_member(group, key.public_key),
                proof=parse_proof(group, key.pok),
                key_signature=None if key.signature is msgspec.UNSET else parse_proof(group, key.signature),
                commitment=sha256_hex(cert.message.encode()),
                coefexps_commitment=sha256_hex(coefexps.message.encode()),
            )
        )
    return Pedersen(threshold=t, members=tuple(members), raw=raw)


def parse_certificate(
    group: Group, cert: SignedText, *, size: int, threshold: int, index: int, where: str
) -> tuple[Point, Point]:
    """The keys vk and ek of a certificate for this very place; its signature is not looked at.

    Raises: Malformed, NonCanonical, Refused (R-BOX-23); NotInGroup (R-BOX-21).
    """
    certificate = _parse_message(_Certificate, cert, "R-BOX-23", where)
    if certificate.context != _Context(group.name, size, threshold, index):
        raise Refused("the certificate is for another set-up, size or position", where=where, rule="R-BOX-23")
    try:
        return parse_member(group, certificate.verification), parse_member(group, certificate.encryption)
    except Fault as fault:
        raise fault.at(where) from None


def parse_coefexps(group: Group, coefexps: SignedText, *, threshold: int, where: str) -> tuple[Point, ...]:
    """A polynomial in the exponent; its signature is not looked at.

    Raises: Malformed, NonCanonical, Refused (R-BOX-24); NotInGroup (R-BOX-21).
    """
    points = _parse_message(_Coefexps, coefexps, "R-BOX-24", where).coefexps
    if len(points) != threshold:
        raise Refused(
            f"the polynomial has {len(points)} coefficients where {threshold} are needed", where=where, rule="R-BOX-24"
        )
    try:
        return tuple(parse_member(group, point) for point in points)
    except Fault as fault:
        raise fault.at(where) from None


def certificate_message(
    group: Group, *, size: int, threshold: int, index: int, verification: Point, encryption: Point
) -> str:
    """What a member's certificate says."""
    context = _Context(group.name, size, threshold, index)
    return encode(_Certificate(context, group.format(verification), group.format(encryption))).decode()


def coefexps_message(group: Group, points: Sequence[Point]) -> str:
    """What a member says of their polynomial."""
    return encode(_Coefexps([group.format(point) for point in points])).decode()


def seen_message(group: Group, certs: Sequence[SignedText], points: Sequence[Point]) -> str:
    """What a member signs about the certificates they saw, with their own polynomial in the exponent."""
    return "certs_sig|" + encode(_Seen(list(certs), [group.format(point) for point in points])).decode()


def _parse_message(kind: type[_Message], signed: SignedText, rule: str, where: str) -> _Message:
    try:
        return decode(kind, signed.message.encode(), "the signed message")
    except Fault as fault:
        raise ruled(fault, rule, where) from None


def _check_key(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    check_knowledge(group, member.public_key, key_prefix(group, member.public_key), member.proof)


def _check_certificate(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    check_signed(group, member.verification, member.certificate, member.certificate_proof)


def _check_polynomial(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    check_signed(group, member.verification, member.coefexps_message, member.coefexps_proof)


def _check_seen(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    check_signed(group, member.verification, member.seen, member.seen_proof)


def _check_share(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    """g^S_j = product over i and k of A_ik^(j^k). Cost: t multiplications."""
    expected = share_in_exponent(group, entry.sums(group), member.index)
    if expected != member.public_key:
        raise Forged("this key is not the share that the polynomials give the member")


def _check_key_signature(group: Group, entry: Pedersen, member: PedersenMember) -> None:
    if member.key_signature is not None:
        check_signed(group, member.verification, group.format(member.public_key), member.key_signature)


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
