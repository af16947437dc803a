"""Which of two threshold trustees lied, when one says that the other dealt them a false value: anybody can tell.

    {"accuser":j,"accused":i,"polynomial":"<SHA-256 of i's polynomial>","opened":"<point>","proof":proof}

The letter from i to j is (alpha, beta, data). The accuser shows D = alpha^dk and proves that dk is the exponent of
their own ek: equality, prefix "majlis-accusation-1|" ++ polynomial ++ "|" ++ i ++ "|" ++ j ++ "|" ++ ek ++ "|" ++ alpha
++ "|" ++ D ++ "|". With D everybody opens this one letter (``envelope.py``) and sees what was in it. The value is then
known, which costs nothing: such a set-up is begun again without whoever lied.

The polynomial is bound to the accused by their signed act, which names its hash. A letter that is not even in form is
seen by all in step 4 and needs no accusation.

Source: ours; ``spec/ballot.md`` section 5. Rule R-CEREMONY-5.
"""

from __future__ import annotations

import msgspec

from majlis.ballot.ceremony import Certificates, PolynomialText, check_shown, polynomial_commitment
from majlis.ballot.channel import ChannelKey, parse_letter, read_letter
from majlis.ballot.dealing import check_secret
from majlis.ballot.wire import ProofText, decode, encode, format_proof, parse_proof
from majlis.crypto import ED25519, Chance, check_equality, sha256_hex
from majlis.errors import Fault, Refused

__all__ = ["accuse", "check_accusation"]


class _Accusation(msgspec.Struct, frozen=True, kw_only=True):
    accuser: int
    accused: int
    polynomial: str
    opened: str
    proof: ProofText


def accuse(
    key: ChannelKey, certificates: Certificates, *, accuser: int, accused: int, polynomial: bytes, chance: Chance
) -> bytes:
    """The accusation. ``polynomial``: what the accused showed.

    Raises: Refused (R-CEREMONY-5), when what they dealt is right: then showing it would only show it.
    """
    letter = _letter(polynomial, accuser)
    prefix = _prefix(certificates, polynomial, accuser, accused)
    opened, proof = key.prove_reading(letter, prefix, chance)
    text = encode(
        _Accusation(
            accuser=accuser,
            accused=accused,
            polynomial=sha256_hex(polynomial),
            opened=ED25519.format(opened),
            proof=format_proof(proof),
        )
    )
    check_accusation(certificates, polynomial, text, accuser=accuser, accused=accused)
    return text


def check_accusation(
    certificates: Certificates, polynomial: bytes, accusation: bytes, *, accuser: int, accused: int
) -> Fault:
    """What the accused did: a fault that names them. ``polynomial``: what they showed, in full.

    ``accuser``, ``accused``: whose act this is, and whose the polynomial; the accusation must say the same.

    Raises: Malformed, NonCanonical, NotInGroup, Forged (R-CEREMONY-5), when it is no proven accusation of this; Refused
    (R-CEREMONY-5), naming the accuser, when what was dealt to them is right.
    """
    try:
        text = decode(_Accusation, accusation, "the accusation")
        said = (text.accuser, text.accused, text.polynomial)
        numbers = range(1, certificates.size + 1)
        if said != (accuser, accused, sha256_hex(polynomial)) or not {accuser, accused} <= set(numbers):
            raise Refused("this accusation is by or of somebody else, or of another polynomial")
        letter = parse_letter(_letter(polynomial, text.accuser))
        opened = ED25519.read(text.opened)
        reader = certificates.members[text.accuser - 1].encryption
        sender = certificates.members[text.accused - 1].verification
        prefix = f"{_prefix(certificates, polynomial, text.accuser, text.accused)}{text.opened}|"
        proof = parse_proof(ED25519, text.proof)
        check_equality(ED25519, prefix, proof, public=reader, base=letter.alpha, raised=opened)
    except Fault as fault:
        fault.rule = "R-CEREMONY-5"
        raise
    try:
        shown = decode(PolynomialText, polynomial, "the polynomial")
        commitment = polynomial_commitment(polynomial)
        points = check_shown(certificates, text.accused, shown.coefexps, shown.signature, commitment)
        check_secret(read_letter(reader, sender, letter, opened), points, text.accuser)
    except Fault as fault:
        return fault.at(f"trustee {text.accused}")
    raise Refused(
        "what was dealt to this trustee is right; the accusation is false",
        where=f"trustee {text.accuser}",
        rule="R-CEREMONY-5",
    )


def _letter(polynomial: bytes, reader: int) -> str:
    letters = decode(PolynomialText, polynomial, "the polynomial").secrets
    if not 1 <= reader <= len(letters):
        raise Refused(f"there are letters to trustees 1 to {len(letters)}, not {reader}", rule="R-CEREMONY-5")
    return letters[reader - 1]


def _prefix(certificates: Certificates, polynomial: bytes, accuser: int, accused: int) -> str:
    reader = ED25519.format(certificates.members[accuser - 1].encryption)
    alpha = ED25519.format(parse_letter(_letter(polynomial, accuser)).alpha)
    return f"majlis-accusation-1|{sha256_hex(polynomial)}|{accused}|{accuser}|{reader}|{alpha}|"
