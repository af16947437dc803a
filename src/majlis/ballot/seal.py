"""Sealing a ballot: votes encrypted, proven, and signed with the voter's credential, in Ed25519.

The formulas are those of ``answer.py`` and ``ballot.py`` read from the prover's side. Every ciphertext and proof draws
fresh randomness from ``chance`` in a fixed order: for each choice its randomness, then its individual proof; then the
proofs of the whole question; for a ranking its randomness, then its proof; last the signature. Choices take equally
long to seal whatever they are; the search for the element that holds a ranking does not, so a ranking is sealed where
nobody times it.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` sections 7 to 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from majlis.ballot.answer import AnswerText, cipher_text, ranked_prefix, total
from majlis.ballot.ballot import BallotText, SignatureText
from majlis.ballot.election import ChoiceQuestion, Election, RankedQuestion
from majlis.ballot.wire import ProofText, encode, format_ciphertext, format_proof
from majlis.crypto import (
    ED25519,
    Branch,
    Chance,
    Ciphertext,
    Proof,
    SecretScalar,
    draw_scalar,
    fingerprint,
    prove_disjunction,
    prove_knowledge,
    secret_sum,
)
from majlis.errors import Refused

__all__ = ["BLANK", "seal"]

BLANK: Final = None
"""The vote that expressly chooses nothing, where a question allows it."""


def seal(election: Election, secret: SecretScalar, votes: Sequence[Sequence[int] | None], chance: Chance) -> bytes:
    """The ballot, as it goes into the box. ``secret``: the credential's private exponent for this election.

    ``votes``: for every choice question 0 or 1 for each of its answers in order, for every ranked one a number from 0
    to 255 for each, or ``BLANK``; a blank ranking is all zeros.
    Raises: Refused, for votes that the questions do not allow (R-BOX-41, R-BOX-45), or another group (R-BOX-19).
    """
    if election.group is not ED25519:
        raise Refused("ballots are sealed in group Ed25519 only; other groups are read", rule="R-BOX-19")
    if len(votes) != len(election.questions):
        raise Refused(f"{len(election.questions)} questions need as many answers, not {len(votes)}", rule="R-BOX-41")
    credential = ED25519.format(ED25519.raise_generator_secretly(secret))
    start = f"{election.fingerprint}|{credential}"
    answers = []
    for number, (question, vote) in enumerate(zip(election.questions, votes, strict=True), start=1):
        where = f"question {number}"
        if isinstance(question, RankedQuestion):
            answers.append(_seal_ranked(election, _ranks(question, vote, where), start, chance))
        else:
            answers.append(_seal_choice(election, question, _slots(question, vote, where), start, chance))
    unsigned = BallotText(
        election_uuid=election.uuid,
        election_hash=election.fingerprint,
        credential=credential,
        answers=answers,
        signature=SignatureText("", ProofText("", "")),
    )
    text = encode(unsigned)
    signed = text[: text.rindex(b',"signature":')] + b"}"
    digest = fingerprint(signed)
    proof = prove_knowledge(secret, f"sig|{digest}|", chance)
    return signed[:-1] + b',"signature":' + encode(SignatureText(digest, format_proof(proof))) + b"}"


def _slots(question: ChoiceQuestion, vote: Sequence[int] | None, where: str) -> list[int]:
    """What each ciphertext of the answer holds, the blank slot first."""
    count = len(question.answers)
    if vote is None:
        if not question.blank:
            raise Refused("this question allows no blank vote; choose among its answers", where=where, rule="R-BOX-45")
        return [1] + count * [0]
    if len(vote) != count or not set(vote) <= {0, 1}:
        raise Refused(f"a vote is 0 or 1 for each of the {count} answers", where=where, rule="R-BOX-41")
    if not question.min <= sum(vote) <= question.max:
        raise Refused(
            f"choose from {question.min} to {question.max} answers, not {sum(vote)}", where=where, rule="R-BOX-45"
        )
    return [0, *vote] if question.blank else list(vote)


def _ranks(question: RankedQuestion, vote: Sequence[int] | None, where: str) -> list[int]:
    """What the one ciphertext of the answer holds."""
    count = len(question.answers)
    ranks = count * [0] if vote is None else list(vote)
    if len(ranks) != count or not all(0 <= rank <= 255 for rank in ranks):
        raise Refused(
            f"a ranking is a whole number from 0 to 255 for each of the {count} answers", where=where, rule="R-BOX-41"
        )
    return ranks


def _seal_ranked(election: Election, ranks: Sequence[int], start: str, chance: Chance) -> AnswerText:
    r = draw_scalar(chance)
    beta = ED25519.multiply(ED25519.power_secretly(election.public_key, r), ED25519.point_of_ranks(ranks))
    pair = Ciphertext(ED25519.raise_generator_secretly(r), beta)
    proof = prove_knowledge(r, ranked_prefix(election, pair, start), chance)
    return AnswerText(choices=format_ciphertext(ED25519, pair), proof=format_proof(proof))


def _seal_choice(
    election: Election, question: ChoiceQuestion, slots: Sequence[int], start: str, chance: Chance
) -> AnswerText:
    key = election.public_key
    randomness: list[SecretScalar] = []
    ciphertexts: list[Ciphertext] = []
    individual: list[list[ProofText]] = []
    for message in slots:
        r = draw_scalar(chance)
        # Both choices cost one multiplication, so that the time taken tells neither.
        vote = ED25519.generator if message else ED25519.identity
        beta = ED25519.multiply(ED25519.power_secretly(key, r), vote)
        pair = Ciphertext(ED25519.raise_generator_secretly(r), beta)
        prefix = f"prove|{start}|{cipher_text(ED25519, pair)}|"
        branches = [Branch(message, r), Branch(message - 1, r)]
        individual.append(_written(prove_disjunction(key, prefix, branches, message, chance)))
        randomness.append(r)
        ciphertexts.append(pair)
    whole = f"{start}|{','.join(cipher_text(ED25519, pair) for pair in ciphertexts)}"
    sealed = AnswerText(
        choices=[format_ciphertext(ED25519, pair) for pair in ciphertexts], individual_proofs=individual
    )
    if not question.blank:
        sums = cipher_text(ED25519, total(ED25519, ciphertexts))
        chosen = sum(slots)
        branches = _range(chosen, secret_sum(randomness), question)
        overall = prove_disjunction(key, f"prove|{whole}|{sums}|", branches, chosen - question.min, chance)
        return replace(sealed, overall_proof=_written(overall))
    is_blank, chosen = slots[0], sum(slots[1:])
    first, others = randomness[0], secret_sum(randomness[1:])
    branches = [Branch(is_blank, first), Branch(chosen, others)]
    blank = prove_disjunction(key, f"bproof0|{whole}|", branches, is_blank, chance)
    branches = [Branch(is_blank - 1, first), *_range(chosen, others, question)]
    true_case = 0 if is_blank else 1 + chosen - question.min
    overall = prove_disjunction(key, f"bproof1|{whole}|", branches, true_case, chance)
    return replace(sealed, overall_proof=_written(overall), blank_proof=_written(blank))


def _range(chosen: int, randomness: SecretScalar, question: ChoiceQuestion) -> list[Branch]:
    """The cases min..max of a number of chosen answers."""
    return [Branch(chosen - case, randomness) for case in range(question.min, question.max + 1)]


def _written(proofs: Sequence[Proof]) -> list[ProofText]:
    return [format_proof(proof) for proof in proofs]
