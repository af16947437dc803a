"""The answer to one question: its ciphertexts, and the proofs that they hold a vote and nothing else.

Choice question, n answers, one leading slot more where blank is allowed; each choice encrypts 0 or 1. With
S = S0 ++ "|" ++ alpha_0 ++ "," ++ beta_0 ++ "," ++ alpha_1 ++ … over all choices, and (a,b) a product of choices:

    individual   prefix "prove|" ++ S0 ++ "|" ++ alpha ++ "," ++ beta ++ "|", cases: 0, 1
    overall      prefix "prove|" ++ S ++ "|" ++ a ++ "," ++ b ++ "|", (a,b) of all choices, cases: min..max
    with blank   c0 = choice 0, cS = product of the others
      blank      prefix "bproof0|" ++ S ++ "|", cases: c0 is 0, cS is 0
      overall    prefix "bproof1|" ++ S ++ "|", cases: c0 is 1, cS is min, …, cS is max

Ranked question: one ciphertext, and knowledge of r with alpha = g^r, prefix
"raweg|" ++ S0 ++ "|" ++ y ++ "," ++ alpha ++ "," ++ beta ++ "|". What is inside is seen only after decryption.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` sections 8 and 9. Rules R-BOX-41 to R-BOX-47.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from majlis.ballot.election import ChoiceQuestion, Election, Question, RankedQuestion
from majlis.ballot.wire import CiphertextText, ProofText, parse_pair, parse_proof, ruled
from majlis.crypto import (
    Ciphertext,
    Group,
    NotInGroup,
    Point,
    PointBytes,
    Proof,
    check_bit,
    check_disjunction,
    check_knowledge,
)
from majlis.errors import Fault, Forged, Malformed

__all__ = [
    "Answer",
    "AnswerText",
    "check_answer",
    "check_shape",
    "cipher_text",
    "parse_answer",
    "ranked_prefix",
    "shifted",
    "total",
]


class AnswerText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer as written, of either kind of question."""

    choices: list[CiphertextText] | CiphertextText
    individual_proofs: list[list[ProofText]] | msgspec.UnsetType = msgspec.UNSET
    overall_proof: list[ProofText] | msgspec.UnsetType = msgspec.UNSET
    blank_proof: list[ProofText] | msgspec.UnsetType = msgspec.UNSET
    proof: ProofText | msgspec.UnsetType = msgspec.UNSET


class Answer(NamedTuple):
    """An answer as read: numbers and encodings, the points not yet checked; None where a part is absent."""

    is_list: bool
    choices: tuple[tuple[PointBytes, PointBytes], ...]
    individual: tuple[tuple[Proof, ...], ...] | None
    overall: tuple[Proof, ...] | None
    blank: tuple[Proof, ...] | None
    ranked: Proof | None


def parse_answer(group: Group, text: AnswerText) -> Answer:
    """Raises: Malformed, NonCanonical, for a scalar or a point that is not written as we write it."""

    def proofs(texts: list[ProofText] | msgspec.UnsetType) -> tuple[Proof, ...] | None:
        return None if texts is msgspec.UNSET else tuple(parse_proof(group, each) for each in texts)

    is_list = isinstance(text.choices, list)
    choices = text.choices if isinstance(text.choices, list) else [text.choices]
    individual = None
    if text.individual_proofs is not msgspec.UNSET:
        individual = tuple(tuple(parse_proof(group, each) for each in pair) for pair in text.individual_proofs)
    return Answer(
        is_list=is_list,
        choices=tuple(parse_pair(group, choice) for choice in choices),
        individual=individual,
        overall=proofs(text.overall_proof),
        blank=proofs(text.blank_proof),
        ranked=None if text.proof is msgspec.UNSET else parse_proof(group, text.proof),
    )


def check_shape(questions: Sequence[Question], answers: Sequence[Answer]) -> None:
    """Every question has its answer, and every answer the parts that its question asks for.

    Raises: Malformed (R-BOX-41; R-BOX-42, where only the blank slot is wrong).
    """
    if len(answers) != len(questions):
        raise Malformed(f"{len(questions)} questions have {len(answers)} answers", rule="R-BOX-41")
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True), start=1):
        where = f"question {number}"
        if isinstance(question, RankedQuestion):
            if (
                answer.is_list
                or answer.ranked is None
                or (answer.individual, answer.overall, answer.blank) != (None,) * 3
            ):
                raise Malformed(
                    "a ranked question is answered by one ciphertext and its proof", where=where, rule="R-BOX-41"
                )
            continue
        if not answer.is_list or answer.individual is None or answer.overall is None or answer.ranked is not None:
            raise Malformed("a choice question is answered by choices and their proofs", where=where, rule="R-BOX-41")
        parts = (len(answer.choices), len(answer.individual), len(answer.overall))
        most = question.max - question.min + 1
        blanks = None if answer.blank is None else len(answer.blank)
        if any(len(pair) != 2 for pair in answer.individual):
            raise Malformed("every choice is proven by two proofs", where=where, rule="R-BOX-41")
        if (parts, blanks) == _parts(question, most, blank=question.blank):
            continue
        rule = "R-BOX-42" if (parts, blanks) == _parts(question, most, blank=not question.blank) else "R-BOX-41"
        raise Malformed(
            f"{len(question.answers)} answers, blank {'allowed' if question.blank else 'not allowed'}, do not go "
            f"with {parts[0]} choices, {parts[1]} proofs of them, {parts[2]} of their sum, {blanks or 'none'} of blank",
            where=where,
            rule=rule,
        )


def _parts(question: ChoiceQuestion, most: int, *, blank: bool) -> tuple[tuple[int, int, int], int | None]:
    slots = len(question.answers) + blank
    return (slots, slots, most + blank), 2 if blank else None


def check_answer(
    election: Election, question: Question, answer: Answer, start: str
) -> tuple[tuple[Ciphertext, ...] | None, list[Fault]]:
    """The ciphertexts, now members, and all that is wrong; None where one of them is outside the group.

    ``start`` is S0. The answer's shape has been checked.
    """
    if isinstance(question, RankedQuestion):
        return _check_ranked(election, answer, start)
    group, key = election.group, election.public_key
    faults: list[Fault] = []
    ciphertexts: list[Ciphertext] = []
    texts = [cipher_text(group, pair) for pair in answer.choices]
    for number, (pair, text, proofs) in enumerate(zip(answer.choices, texts, answer.individual or (), strict=True)):
        where = f"choice {number}"
        try:
            ciphertexts.append(check_bit(group, key, f"prove|{start}|{text}|", pair, proofs))
        except NotInGroup as fault:
            return None, [*faults, ruled(fault, "R-BOX-43", where)]
        except Forged as fault:
            faults.append(ruled(fault, "R-BOX-44", where))
            ciphertexts.append(Ciphertext(group.check(pair[0]), group.check(pair[1])))
    whole = f"{start}|{','.join(texts)}"
    overall, blank = answer.overall or (), answer.blank or ()
    if question.blank:
        first, others = ciphertexts[0], total(group, ciphertexts[1:])
        cases = [_less(group, first, 1), *shifted(group, others, question.min, question.max)]
        claims = [
            ("R-BOX-46", f"bproof0|{whole}|", [first, others], blank),
            ("R-BOX-45", f"bproof1|{whole}|", cases, overall),
        ]
    else:
        sums = total(group, ciphertexts)
        cases = shifted(group, sums, question.min, question.max)
        claims = [("R-BOX-45", f"prove|{whole}|{cipher_text(group, sums)}|", cases, overall)]
    for rule, prefix, statements, proofs in claims:
        try:
            check_disjunction(group, key, prefix, statements, proofs)
        except Forged as fault:
            faults.append(ruled(fault, rule))
    return tuple(ciphertexts), faults


def _check_ranked(election: Election, answer: Answer, start: str) -> tuple[tuple[Ciphertext, ...] | None, list[Fault]]:
    group = election.group
    ((alpha, beta),) = answer.choices
    assert answer.ranked is not None
    prefix = ranked_prefix(election, (alpha, beta), start)
    faults: list[Fault] = []
    try:
        member_beta = group.check(beta)
        member_alpha = check_knowledge(group, alpha, prefix, answer.ranked)
    except NotInGroup as fault:
        return None, [ruled(fault, "R-BOX-43")]
    except Forged as fault:
        faults.append(ruled(fault, "R-BOX-47"))
        member_alpha = group.check(alpha)
    return (Ciphertext(member_alpha, member_beta),), faults


def ranked_prefix(election: Election, pair: tuple[PointBytes, PointBytes], start: str) -> str:
    """What the proof of a ranked ciphertext's randomness is bound to."""
    group = election.group
    return f"raweg|{start}|{group.format(election.public_key)},{cipher_text(group, pair)}|"


def cipher_text(group: Group, pair: tuple[PointBytes, PointBytes]) -> str:
    """alpha ++ "," ++ beta, as prefixes have it."""
    return f"{group.format(pair[0])},{group.format(pair[1])}"


def total(group: Group, ciphertexts: Sequence[Ciphertext]) -> Ciphertext:
    """The encryption of the sum."""
    return Ciphertext(
        group.product(each.alpha for each in ciphertexts), group.product(each.beta for each in ciphertexts)
    )


def shifted(group: Group, ciphertext: Ciphertext, least: int, most: int) -> list[Ciphertext]:
    """The ciphertext less ``least``, less ``least`` + 1, … less ``most``: the cases of a range."""
    case = _less(group, ciphertext, least)
    cases = [case]
    for _ in range(most - least):
        case = _less(group, case, 1)
        cases.append(case)
    return cases


def _less(group: Group, ciphertext: Ciphertext, message: int) -> Ciphertext:
    if message == 0:
        return ciphertext
    step: Point = group.raise_generator(message) if message > 1 else group.generator
    return Ciphertext(ciphertext.alpha, group.divide(ciphertext.beta, step))
