"""How threshold trustees make their key: what everybody can check of it, and what is published at the end.

n trustees, any t of whom open the box. Each step takes what the others wrote, by their numbers from 1, and may come
days after the one before; nothing is kept between steps but the trustee's own key and the files.

    1  each   certificate   {"message":M,"signature":proof}            ``pedersen.py`` says what M is
    2  all    check_certificates
    3  each   polynomial    {"polynomial":"<letter to oneself>","secrets":["<letter to 1>",…],
                            "coefexps":{"message":M,"signature":proof},"signature":proof}
              commitment    SHA-256 of the coefexps message: logged by all before any polynomial is shown
    4  all    check_polynomials; make_input for each:
                            {"polynomial":"…","secrets":["<letter of 1>",…],"coefexps":[…],"signatures":[…]}
    5  each   answer        {"private_key":"<letter to oneself>","public_key":K}
    6  all    format_parameters: P, one entry of the trustees payload

What a trustee does with their secrets in steps 1, 3 and 5: ``dealing.py``. Whoever lies is named by number and check;
whoever is not there is ``Missing``, and the others begin again without them.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 5. Rules R-BOX-21 to R-BOX-27, R-BOX-30,
R-CEREMONY-1, R-CEREMONY-2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from majlis.ballot.channel import SignedText, check_signed, parse_letter
from majlis.ballot.pedersen import (
    PEDERSEN_CHECKS,
    Pedersen,
    PedersenText,
    parse_certificate,
    parse_coefexps,
    parse_pedersen,
    seen_message,
)
from majlis.ballot.trustee_key import KeyText, key_prefix, parse_member
from majlis.ballot.wire import ProofText, decode, encode, parse_proof, ruled
from majlis.crypto import ED25519, Point, check_knowledge, sha256_hex, share_in_exponent
from majlis.errors import Fault, Forged, Malformed, Missing, Refused

__all__ = [
    "AnswerText",
    "Certificate",
    "Certificates",
    "InputText",
    "Polynomial",
    "PolynomialText",
    "certificate_commitment",
    "check_answer",
    "check_certificate",
    "check_certificates",
    "check_parameters",
    "check_polynomial",
    "check_polynomials",
    "check_shown",
    "check_size",
    "format_parameters",
    "make_input",
    "polynomial_commitment",
    "require_commitments",
]

_T = TypeVar("_T")


class PolynomialText(msgspec.Struct, frozen=True):
    """What a trustee makes in step 3, as written."""

    polynomial: str
    secrets: list[str]
    coefexps: SignedText
    signature: ProofText


class InputText(msgspec.Struct, frozen=True):
    """What one trustee is given in step 5, as written."""

    polynomial: str
    secrets: list[str]
    coefexps: list[SignedText]
    signatures: list[ProofText]


class AnswerText(msgspec.Struct, frozen=True):
    """What a trustee makes in step 5, as written."""

    private_key: str
    public_key: KeyText


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's place and keys, signed. ``commitment``: what their act names, SHA-256 of the message."""

    text: SignedText
    verification: Point
    encryption: Point
    commitment: str


class Certificates(msgspec.Struct, frozen=True, kw_only=True):
    """All trustees of one set-up, in order of their numbers; any ``threshold`` of them will decrypt."""

    threshold: int
    members: tuple[Certificate, ...]

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.members)

    @property
    def texts(self) -> list[SignedText]:
        """The certificates as written."""
        return [member.text for member in self.members]


class Polynomial(msgspec.Struct, frozen=True, kw_only=True):
    """One trustee's polynomial as everybody sees it: in the exponent, with the letters that nobody else reads."""

    text: PolynomialText
    coefexps: tuple[Point, ...]


def check_certificates(certificates: Mapping[int, bytes], *, size: int, threshold: int) -> Certificates:
    """Step 2: all certificates are there, for this very set-up, and each is signed by its own key.

    Raises: Missing, naming who did not hand one in; Refused (R-CEREMONY-1), for an impossible set-up or one key handed
    in twice; Malformed, NonCanonical, Refused, Forged (R-BOX-21, R-BOX-23), naming the trustee.
    """
    check_size(size, threshold)
    members: list[Certificate] = []
    for index, raw in _all_of(certificates, size, "the certificate"):
        found = check_certificate(raw, size=size, threshold=threshold, index=index)
        for other, member in enumerate(members, start=1):
            if {found.verification, found.encryption} & {member.verification, member.encryption}:
                raise Refused(
                    f"this is a key of trustee {other} as well; each makes their own",
                    where=f"trustee {index}",
                    rule="R-CEREMONY-1",
                )
        members.append(found)
    return Certificates(threshold=threshold, members=tuple(members))


def check_certificate(raw: bytes, *, size: int, threshold: int, index: int) -> Certificate:
    """One trustee's certificate: for this set-up and place, and signed by its own key.

    Raises: Malformed, NonCanonical, Refused, Forged (R-BOX-21, R-BOX-23), naming the trustee.
    """
    try:
        text = decode(SignedText, raw, "the certificate")
        verification, encryption = parse_certificate(
            ED25519, text, size=size, threshold=threshold, index=index, where=""
        )
        check_signed(ED25519, verification, text.message, parse_proof(ED25519, text.signature))
    except Fault as fault:
        raise ruled(fault, "R-BOX-23", f"trustee {index}") from None
    commitment = certificate_commitment(raw)
    return Certificate(text=text, verification=verification, encryption=encryption, commitment=commitment)


def check_size(size: int, threshold: int) -> None:
    """``threshold`` of ``size`` trustees can be needed. Raises: Refused (R-CEREMONY-1)."""
    if not 1 <= threshold <= size:
        raise Refused(f"{threshold} of {size} trustees cannot be needed", rule="R-CEREMONY-1")


def certificate_commitment(raw: bytes) -> str:
    """What a trustee's signed act names: SHA-256 of the certificate's message, in hex. Raises: Malformed."""
    return sha256_hex(decode(SignedText, raw, "the certificate").message.encode())


def polynomial_commitment(raw: bytes) -> str:
    """What a trustee logs before any polynomial is shown: SHA-256 of the coefexps message, in hex.

    Raises: Malformed.
    """
    return sha256_hex(decode(PolynomialText, raw, "the polynomial").coefexps.message.encode())


def require_commitments(certificates: Certificates, commitments: Mapping[int, str]) -> None:
    """Every trustee has committed, so polynomials may be shown. Raises: Missing (R-CEREMONY-2), naming who has not."""
    _all_of(commitments, certificates.size, "the commitment to the polynomial", "R-CEREMONY-2")


def check_polynomials(
    certificates: Certificates, polynomials: Mapping[int, bytes], commitments: Mapping[int, str]
) -> tuple[Polynomial, ...]:
    """Step 4: all polynomials are there and were committed to, and hold as far as others than their readers can tell.

    Raises: Missing (R-CEREMONY-2 for commitments), naming who lacks; Malformed, NonCanonical, Refused, Forged
    (R-BOX-21, R-BOX-24, R-BOX-25, R-BOX-30, R-CEREMONY-3), naming the trustee.
    """
    require_commitments(certificates, commitments)
    return tuple(
        check_polynomial(certificates, index, raw, commitments[index])
        for index, raw in _all_of(polynomials, certificates.size, "the polynomial")
    )


def check_polynomial(certificates: Certificates, index: int, raw: bytes, commitment: str) -> Polynomial:
    """One trustee's polynomial, as far as others than its readers can tell.

    Raises: Malformed, NonCanonical, Refused, Forged (R-BOX-21, R-BOX-24, R-BOX-25, R-BOX-30, R-CEREMONY-3), naming the
    trustee.
    """
    try:
        text = decode(PolynomialText, raw, "the polynomial")
        if len(text.secrets) != certificates.size:
            raise Malformed(f"there are {len(text.secrets)} letters for {certificates.size} trustees")
        for letter in (text.polynomial, *text.secrets):
            parse_letter(letter)
        coefexps = check_shown(certificates, index, text.coefexps, text.signature, commitment)
    except Fault as fault:
        raise ruled(fault, "R-BOX-24", f"trustee {index}") from None
    return Polynomial(text=text, coefexps=coefexps)


def check_shown(
    certificates: Certificates, index: int, coefexps: SignedText, seen: ProofText, commitment: str
) -> tuple[Point, ...]:
    """A trustee's polynomial in the exponent: signed, as long as it must be, committed to, and made after the same
    certificates that we saw.

    Raises: Malformed, NonCanonical, Refused, Forged (R-BOX-21, R-BOX-24, R-BOX-25, R-BOX-30).
    """
    verification = certificates.members[index - 1].verification
    if sha256_hex(coefexps.message.encode()) != commitment:
        raise Forged("this polynomial is not the one committed to before any was shown", rule="R-BOX-30")
    points = parse_coefexps(ED25519, coefexps, threshold=certificates.threshold, where="")
    for rule, message, signature in (
        ("R-BOX-24", coefexps.message, coefexps.signature),
        ("R-BOX-25", seen_message(ED25519, certificates.texts, points), seen),
    ):
        try:
            check_signed(ED25519, verification, message, parse_proof(ED25519, signature))
        except Fault as fault:
            raise ruled(fault, rule) from None
    return points


def make_input(certificates: Certificates, polynomials: Sequence[Polynomial], index: int) -> bytes:
    """Step 4: what trustee ``index`` is given for step 5. ``polynomials``: what ``check_polynomials`` gave."""
    return encode(
        InputText(
            polynomial=polynomials[index - 1].text.polynomial,
            secrets=[each.text.secrets[index - 1] for each in polynomials],
            coefexps=[each.text.coefexps for each in polynomials],
            signatures=[each.text.signature for each in polynomials],
        )
    )


def format_parameters(
    certificates: Certificates, polynomials: Sequence[Polynomial], answers: Mapping[int, bytes]
) -> Pedersen:
    """Step 6: the set-up is finished. The entry for ``format_trustees``, with its text.

    Raises: Missing, naming whose answer lacks; Malformed, NonCanonical, Refused, Forged (R-BOX-21, R-BOX-22, R-BOX-26,
    R-BOX-27), naming the trustee.
    """
    coefexps = [each.coefexps for each in polynomials]
    keys = [
        check_answer(certificates, coefexps, index, raw)
        for index, raw in _all_of(answers, certificates.size, "the answer")
    ]
    raw = encode(
        PedersenText(
            threshold=certificates.threshold,
            certs=certificates.texts,
            coefexps=[each.text.coefexps for each in polynomials],
            signatures=[each.text.signature for each in polynomials],
            verification_keys=keys,
        )
    )
    return check_parameters(raw)


def check_answer(certificates: Certificates, coefexps: Sequence[Sequence[Point]], index: int, raw: bytes) -> KeyText:
    """The key in one trustee's answer: their share of what the polynomials, in the exponent, make, proven and signed.

    Raises: Malformed, NonCanonical, Refused, Forged (R-BOX-21, R-BOX-22, R-BOX-26, R-BOX-27), naming the trustee.
    """
    try:
        text = decode(AnswerText, raw, "the answer")
        _check_answer_key(certificates, coefexps, index, text.public_key)
    except Fault as fault:
        raise ruled(fault, "R-BOX-26", f"trustee {index}") from None
    return text.public_key


def check_parameters(raw: bytes) -> Pedersen:
    """A finished set-up in which everything holds that stands in it.

    Raises: Malformed, NonCanonical, Refused, Forged (R-BOX-20 to R-BOX-27), naming the trustee.
    """
    try:
        entry = parse_pedersen(ED25519, raw)
    except Fault as fault:
        raise ruled(fault, "R-BOX-20") from None
    for check in PEDERSEN_CHECKS:
        check(ED25519, entry, 1)
    return entry


def _check_answer_key(
    certificates: Certificates, coefexps: Sequence[Sequence[Point]], index: int, key: KeyText
) -> Point:
    """The key of trustee ``index`` is the share that all polynomials give them, proven and signed.

    Raises: NotInGroup (R-BOX-21), Forged (R-BOX-22, R-BOX-26, R-BOX-27), Refused (R-BOX-27) where it is not signed.
    """
    public = parse_member(ED25519, key.public_key)
    sums = [ED25519.product(column) for column in zip(*coefexps, strict=True)]
    if share_in_exponent(ED25519, sums, index) != public:
        raise Forged("this key is not the share that the polynomials give", rule="R-BOX-26")
    if key.signature is msgspec.UNSET:
        raise Refused("the key carries no signature", rule="R-BOX-27")
    try:
        check_knowledge(ED25519, public, key_prefix(ED25519, public), parse_proof(ED25519, key.pok))
    except Fault as fault:
        raise ruled(fault, "R-BOX-22") from None
    try:
        verification = certificates.members[index - 1].verification
        check_signed(ED25519, verification, key.public_key, parse_proof(ED25519, key.signature))
    except Fault as fault:
        raise ruled(fault, "R-BOX-27") from None
    return public


def _all_of(found: Mapping[int, _T], size: int, what: str, rule: str = "R-CEREMONY-1") -> list[tuple[int, _T]]:
    """In order of the trustees' numbers. Raises: Missing, naming those who lack; Refused, for nobody's."""
    nobody = sorted(set(found) - set(range(1, size + 1)))
    if nobody:
        raise Refused(f"there are trustees 1 to {size}, not {', '.join(map(str, nobody))}", rule=rule)
    lacking = [index for index in range(1, size + 1) if index not in found]
    if lacking:
        raise Missing(
            f"{what} of trustee {', '.join(map(str, lacking))}: wait for it, or begin again without them", rule=rule
        )
    return [(index, found[index]) for index in range(1, size + 1)]
