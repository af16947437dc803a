"""election.json: what is asked, in which group, under which key.

    {"version":1,"description":"…","name":"…","group":"Ed25519","public_key":"<point>","questions":[…],"uuid":"…"
     ,?"administrator":"…",?"credential_authority":"…",?"language":["ar","rtl"]}

    choice    {"answers":["…"],?"blank":true,"min":0,"max":1,"question":"…"}
    ranked    {"type":"NonHomomorphic","value":{"answers":["…"],"question":"…"},?"extra":…}

Every ballot and proof binds the fingerprint of these very bytes (``election_hash``): they are hashed as they stand and
never written again.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 6. Rules R-BOX-13 to R-BOX-16.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from majlis.ballot.wire import decode, encode, ruled
from majlis.crypto import BASE58, ED25519, Group, Point, fingerprint, group_named, sha256_hex
from majlis.errors import Fault, Malformed, Missing, Refused

__all__ = ["ChoiceQuestion", "Election", "Question", "RankedQuestion", "format_election", "parse_election"]

_UUID: Final = re.compile(rf"[{BASE58}]{{14,}}", re.ASCII)


class ChoiceQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Choose from ``min`` to ``max`` of the answers, or, where ``blank`` is allowed, none of them expressly."""

    question: str
    answers: tuple[str, ...]
    min: int
    max: int
    blank: bool = False

    @property
    def slots(self) -> int:
        """How many ciphertexts an answer has: one for each answer, and the blank slot before them."""
        return len(self.answers) + self.blank


class RankedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Give every answer a rank or score from 0 to 255. ``extra``: a hint for counting, JSON, never read here."""

    question: str
    answers: tuple[str, ...]
    extra: bytes | None = None


Question: TypeAlias = ChoiceQuestion | RankedQuestion


class Election(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from election.json; ``raw`` is its text, ``fingerprint`` what ballots and proofs bind."""

    uuid: str
    name: str
    description: str
    group: Group
    public_key: Point
    questions: tuple[Question, ...]
    administrator: str | None
    credential_authority: str | None
    language: tuple[str, ...] | None
    raw: bytes
    fingerprint: str
    hash: str

    @property
    def is_ranked(self) -> bool:
        """Whether any question is ranked, so that ballots pass through a mixnet."""
        return any(isinstance(question, RankedQuestion) for question in self.questions)


class _Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    answers: list[str]
    blank: bool | msgspec.UnsetType = msgspec.UNSET
    min: int
    max: int
    question: str


class _RankedValue(msgspec.Struct, frozen=True):
    answers: list[str]
    question: str


class _Ranked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    type: str
    value: _RankedValue
    extra: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Kind(msgspec.Struct, frozen=True):
    type: str | msgspec.UnsetType = msgspec.UNSET


class _Election(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    version: int
    description: str
    name: str
    group: str
    public_key: str
    questions: list[msgspec.Raw]
    uuid: str
    administrator: str | msgspec.UnsetType = msgspec.UNSET
    credential_authority: str | msgspec.UnsetType = msgspec.UNSET
    language: list[str] | msgspec.UnsetType = msgspec.UNSET


def parse_election(raw: bytes) -> Election:
    """The election that ``raw`` describes.

    Raises: Malformed or NonCanonical (R-BOX-13), for another text; Missing (R-BOX-13), for a kind of question that only
    other programs read; Refused or Forged, for an unknown group or a key that is none of its elements (R-BOX-14), a bad
    identifier (R-BOX-15), questions that cannot be answered (R-BOX-16).
    """
    try:
        text = decode(_Election, raw, "election.json")
        if text.version != 1:
            raise Refused(f"this program reads elections of version 1, not {text.version}")
        questions = tuple(_parse_question(question) for question in text.questions)
    except Fault as fault:
        raise ruled(fault, "R-BOX-13") from None
    try:
        group = group_named(text.group)
        public_key = group.read(text.public_key)
    except Fault as fault:
        raise ruled(fault, "R-BOX-14") from None
    if not _UUID.fullmatch(text.uuid):
        raise Malformed(
            f"an election's identifier is 14 base58 characters or more, not {text.uuid[:80]!r}", rule="R-BOX-15"
        )
    for number, question in enumerate(questions, start=1):
        _check_question(group, question, f"question {number}")
    return Election(
        uuid=text.uuid,
        name=text.name,
        description=text.description,
        group=group,
        public_key=public_key,
        questions=questions,
        administrator=_optional(text.administrator),
        credential_authority=_optional(text.credential_authority),
        language=None if text.language is msgspec.UNSET else tuple(text.language),
        raw=raw,
        fingerprint=fingerprint(raw),
        hash=sha256_hex(raw),
    )


def format_election(
    *,
    uuid: str,
    name: str,
    description: str,
    public_key: Point,
    questions: Sequence[Question],
    group: Group = ED25519,
    administrator: str | None = None,
    credential_authority: str | None = None,
    language: tuple[str, str] | None = None,
) -> bytes:
    """election.json, readable by ``parse_election``. ``language``: a code and ``ltr`` or ``rtl``.

    Raises: what ``parse_election`` raises, for what it would not read.
    """
    raw = encode(
        _Election(
            version=1,
            description=description,
            name=name,
            group=group.name,
            public_key=group.format(public_key),
            questions=[msgspec.Raw(encode(_question_text(question))) for question in questions],
            uuid=uuid,
            administrator=msgspec.UNSET if administrator is None else administrator,
            credential_authority=msgspec.UNSET if credential_authority is None else credential_authority,
            language=msgspec.UNSET if language is None else list(language),
        )
    )
    parse_election(raw)
    return raw


def _optional(value: str | msgspec.UnsetType) -> str | None:
    return None if value is msgspec.UNSET else value


def _parse_question(raw: msgspec.Raw) -> Question:
    data = bytes(raw)
    kind = msgspec.json.decode(data, type=_Kind).type
    if kind is msgspec.UNSET:
        choice = decode(_Choice, data, "a question")
        return ChoiceQuestion(
            question=choice.question,
            answers=tuple(choice.answers),
            min=choice.min,
            max=choice.max,
            blank=choice.blank is True,
        )
    if kind != "NonHomomorphic":
        raise Missing(f"a program that reads questions of type {kind!r}; this one reads choice and ranked questions")
    ranked = decode(_Ranked, data, "a question")
    return RankedQuestion(
        question=ranked.value.question,
        answers=tuple(ranked.value.answers),
        extra=None if ranked.extra is msgspec.UNSET else bytes(ranked.extra),
    )


def _question_text(question: Question) -> _Choice | _Ranked:
    if isinstance(question, ChoiceQuestion):
        return _Choice(
            answers=list(question.answers),
            blank=True if question.blank else msgspec.UNSET,
            min=question.min,
            max=question.max,
            question=question.question,
        )
    return _Ranked(
        type="NonHomomorphic",
        value=_RankedValue(list(question.answers), question.question),
        extra=msgspec.UNSET if question.extra is None else msgspec.Raw(question.extra),
    )


def _check_question(group: Group, question: Question, where: str) -> None:
    answers = len(question.answers)
    if isinstance(question, ChoiceQuestion):
        if not 0 <= question.min <= question.max <= answers:
            raise Refused(
                f"of {answers} answers, from {question.min} to {question.max} cannot be chosen",
                where=where,
                rule="R-BOX-16",
            )
    elif answers > group.ranks:
        raise Refused(
            f"one ballot of {group.name} ranks at most {group.ranks} answers, not {answers}",
            where=where,
            rule="R-BOX-16",
        )
