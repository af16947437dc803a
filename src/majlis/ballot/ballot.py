"""One ballot, read and checked: signed by a listed credential, and every vote in it proven to be a vote.

    {"election_uuid":"…","election_hash":phi,"credential":C,"answers":[…],"signature":{"hash":h,"proof":proof}}

    choice   {"choices":[ciphertext × n],"individual_proofs":[[proof,proof] × n],"overall_proof":[proof…]
              ,?"blank_proof":[proof,proof]}
    ranked   {"choices":ciphertext,"proof":proof}

S0 = phi ++ "|" ++ C. h = base64 SHA-256 of the ballot's text without ``signature``; what signs it is knowledge of the
exponent of C, prefix "sig|" ++ h ++ "|". The tracker that a voter keeps is the base64 SHA-256 of the whole text; the
box names the ballot by the same hash in hex. How the votes themselves are proven: ``answer.py``.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` sections 7 to 9. Rules R-BOX-36 to R-BOX-48.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec

from majlis.ballot.answer import Answer, AnswerText, check_answer, check_shape, parse_answer
from majlis.ballot.credentials import Credentials
from majlis.ballot.election import Election
from majlis.ballot.wire import ProofText, decode, encode, parse_proof, ruled
from majlis.crypto import Ciphertext, PointBytes, Proof, check_knowledge, fingerprint, sha256_hex
from majlis.errors import Fault, Forged, Refused

__all__ = ["Ballot", "BallotText", "Examined", "SignatureText", "check_ballot", "examine_ballot", "tracker_of"]

SHAPE_RULES: Final = frozenset({"R-BOX-36", "R-BOX-37", "R-BOX-41", "R-BOX-42"})
"""Whoever breaks one of these has no ballot of this election: nothing else is looked at."""


class SignatureText(msgspec.Struct, frozen=True):
    """A ballot's signature as written."""

    hash: str
    proof: ProofText


class BallotText(msgspec.Struct, frozen=True):
    """A ballot as written."""

    election_uuid: str
    election_hash: str
    credential: str
    answers: list[AnswerText]
    signature: SignatureText


class Ballot(msgspec.Struct, frozen=True, kw_only=True):
    """What counts of a ballot: whose it is, as printed, and its ciphertexts, all of them group elements.

    ``hash``: SHA-256 of its text in hex, the name of its record; ``tracker``: the same as voters see it.
    """

    hash: str
    tracker: str
    credential: str
    answers: tuple[tuple[Ciphertext, ...], ...]


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """All that is wrong with a ballot. ``ballot`` is None where its votes cannot be told from what was read."""

    hash: str
    credential: str
    ballot: Ballot | None
    faults: tuple[Fault, ...]


def tracker_of(raw: bytes) -> str:
    """What the voter keeps to find the ballot again: 43 characters."""
    return fingerprint(raw)


def check_ballot(
    election: Election, credentials: Credentials, raw: bytes, *, seen: Container[str] = frozenset()
) -> Ballot:
    """The ballot may be taken into the box. ``seen``: hashes (hex) of the ballots already there.

    Cheap refusals come first, so that a flood of false ballots costs little.
    Raises: NonCanonical, Malformed, Forged, Refused, each with its rule (R-BOX-36 to R-BOX-48); the first that is met.
    """
    digest = sha256_hex(raw)
    if digest in seen:
        raise Refused("this very ballot is already in the box; there is nothing to do", rule="R-BOX-48")
    parsed = _parse(election, raw)
    if parsed.credential not in credentials.weights:
        raise Refused("the credential of this ballot is not on the election's list", rule="R-BOX-38")
    examined = _examine(election, raw, parsed, digest)
    for fault in examined.faults:
        raise fault
    assert examined.ballot is not None
    return examined.ballot


def examine_ballot(election: Election, raw: bytes) -> Examined:
    """Everything that is wrong with a ballot by itself: neither the credential list nor other ballots are asked.

    Pure, and fit to be spread over workers.
    """
    digest = sha256_hex(raw)
    try:
        parsed = _parse(election, raw)
    except Fault as fault:
        return Examined(hash=digest, credential="", ballot=None, faults=(fault,))
    return _examine(election, raw, parsed, digest)


class _Parsed(msgspec.Struct, frozen=True):
    credential: str
    encoded: PointBytes
    answers: tuple[Answer, ...]
    hash: str
    proof: Proof
    signed: bytes


def _parse(election: Election, raw: bytes) -> _Parsed:
    """In form a ballot of this election. Raises: faults of the rules in ``SHAPE_RULES``."""
    group = election.group
    try:
        text = decode(BallotText, raw, "the ballot")
        encoded = group.parse(text.credential)
        proof = parse_proof(group, text.signature.proof)
        answers = tuple(parse_answer(group, answer) for answer in text.answers)
    except Fault as fault:
        raise ruled(fault, "R-BOX-36") from None
    if text.election_uuid != election.uuid or text.election_hash != election.fingerprint:
        raise Refused("this ballot was made for another election, or for another text of this one", rule="R-BOX-37")
    check_shape(election.questions, answers)
    signature_and_brace = len(encode(text.signature)) + len(',"signature":}')
    signed = raw[:-signature_and_brace] + b"}"
    return _Parsed(text.credential, encoded, answers, text.signature.hash, proof, signed)


def _examine(election: Election, raw: bytes, parsed: _Parsed, digest: str) -> Examined:
    faults: list[Fault] = []
    if parsed.hash != fingerprint(parsed.signed):
        faults.append(Forged("the ballot is not the text whose hash was signed", rule="R-BOX-39"))
    try:
        check_knowledge(election.group, parsed.encoded, f"sig|{parsed.hash}|", parsed.proof)
    except Forged as fault:
        faults.append(ruled(fault, "R-BOX-40"))
    start = f"{election.fingerprint}|{parsed.credential}"
    answers = []
    for number, (question, answer) in enumerate(zip(election.questions, parsed.answers, strict=True), start=1):
        ciphertexts, found = check_answer(election, question, answer, start)
        faults += [fault.at(f"question {number}") for fault in found]
        if ciphertexts is not None:
            answers.append(ciphertexts)
    faults.sort(key=lambda fault: int(fault.rule.removeprefix("R-BOX-")))
    complete = len(answers) == len(election.questions)
    ballot = Ballot(hash=digest, tracker=fingerprint(raw), credential=parsed.credential, answers=tuple(answers))
    return Examined(
        hash=digest,
        credential=parsed.credential,
        ballot=ballot if complete else None,
        faults=tuple(faults),
    )
