"""Ballots: whatever is sealed is taken in, and what is not a vote is neither sealed nor taken in."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.ballot import (
    BLANK,
    ChoiceQuestion,
    Election,
    RankedQuestion,
    check_ballot,
    format_credentials,
    format_election,
    parse_credentials,
    parse_election,
    seal,
    tracker_of,
)
from majlis.ballot.ballot import examine_ballot
from majlis.crypto import BELENIOS_2048, ED25519, NonCanonical, Point, SecretScalar, sha256_hex
from majlis.errors import Fault, Refused

SECRET = SecretScalar((77).to_bytes(32, "little"))
STRANGER = SecretScalar((78).to_bytes(32, "little"))
LISTED = parse_credentials(ED25519, format_credentials([ED25519.raise_generator_secretly(SECRET)]))


def election(*questions: ChoiceQuestion | RankedQuestion, **changes: Any) -> Election:
    fields: dict[str, Any] = {
        "uuid": "MajTestUUidxx1",
        "name": "",
        "description": "",
        "public_key": ED25519.raise_generator(5),
        "questions": questions,
    }
    return parse_election(format_election(**(fields | changes)))


def choice(answers: int, least: int, most: int, *, blank: bool = False) -> ChoiceQuestion:
    return ChoiceQuestion(question="", answers=tuple("ABCD"[:answers]), min=least, max=most, blank=blank)


def all_small_questions() -> list[ChoiceQuestion]:
    return [
        choice(answers, least, most, blank=blank)
        for answers in range(4)
        for least in range(answers + 1)
        for most in range(least, answers + 1)
        for blank in (False, True)
    ]


@pytest.mark.parametrize("question", all_small_questions(), ids=lambda q: f"{len(q.answers)} {q.min}-{q.max} {q.blank}")
def test_every_vote_on_every_small_question(question: ChoiceQuestion, material: Any) -> None:
    """Exhaustive: what the question allows is sealed and taken in, everything else is refused before it is sealed."""
    asked = election(question)
    chance = material.Counter("small")
    votes: list[tuple[int, ...] | None] = [*product((0, 1), repeat=len(question.answers)), BLANK]
    for vote in votes:
        allowed = question.blank if vote is None else question.min <= sum(vote) <= question.max
        if not allowed:
            with pytest.raises(Refused) as caught:
                seal(asked, SECRET, [vote], chance)
            assert caught.value.rule == "R-BOX-45"
            continue
        raw = seal(asked, SECRET, [vote], chance)
        ballot = check_ballot(asked, LISTED, raw)
        assert ballot.hash == sha256_hex(raw)
        assert ballot.tracker == tracker_of(raw)
        assert [opened(ciphertext) for ciphertext in ballot.answers[0]] == slots(question, vote)


def opened(ciphertext: Any) -> int:
    """What a ciphertext holds, by the election's key 5."""
    point = ED25519.divide(ciphertext.beta, ED25519.power(ciphertext.alpha, 5))
    return {ED25519.identity: 0, ED25519.generator: 1}[point]


def slots(question: ChoiceQuestion, vote: tuple[int, ...] | None) -> list[int]:
    if vote is None:
        return [1] + [0] * len(question.answers)
    return ([0] if question.blank else []) + list(vote)


def test_several_questions_in_one_ballot(material: Any) -> None:
    asked = election(choice(2, 1, 1), choice(3, 0, 3, blank=True))
    raw = seal(asked, SECRET, [(0, 1), (1, 0, 1)], material.Counter("several"))
    ballot = check_ballot(asked, LISTED, raw)
    assert [[opened(each) for each in answer] for answer in ballot.answers] == [[0, 1], [0, 1, 0, 1]]


def test_a_ballot_is_fresh_every_time(material: Any) -> None:
    asked, chance = election(choice(2, 1, 1)), material.Counter("fresh")
    first, second = (seal(asked, SECRET, [(1, 0)], chance) for _ in range(2))
    pairs = [set(map(str, json.loads(raw)["answers"][0]["choices"])) for raw in (first, second)]
    assert not pairs[0] & pairs[1]


@pytest.mark.parametrize(
    ("votes", "rule"),
    [
        ([], "R-BOX-41"),
        ([(1, 0), (1, 0)], "R-BOX-41"),
        ([(1,)], "R-BOX-41"),
        ([(2, -1)], "R-BOX-41"),
        ([(1, 1)], "R-BOX-45"),
        ([BLANK], "R-BOX-45"),
    ],
)
def test_what_is_no_vote_is_not_sealed(votes: list[Any], rule: str, material: Any) -> None:
    with pytest.raises(Refused) as caught:
        seal(election(choice(2, 1, 1)), SECRET, votes, material.Counter("no vote"))
    assert caught.value.rule == rule


def ranking(answers: int) -> RankedQuestion:
    return RankedQuestion(question="", answers=tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZabcd"[:answers]))


@given(st.lists(st.integers(0, 255), max_size=30))
def test_every_ranking_is_sealed_and_found_again(ranks: list[int]) -> None:
    asked = election(ranking(len(ranks)))
    raw = seal(asked, SECRET, [ranks], lambda size: b"\x05" * size)
    ((ciphertext,),) = check_ballot(asked, LISTED, raw).answers
    assert ED25519.ranks_of_point(inside(ciphertext), len(ranks)) == tuple(ranks)


def test_a_blank_ranking_is_all_zeros_and_hidden_all_the_same(material: Any) -> None:
    asked = election(ranking(3))
    for vote in (BLANK, (0, 0, 0)):
        ((ciphertext,),) = check_ballot(asked, LISTED, seal(asked, SECRET, [vote], material.Counter("zeros"))).answers
        assert inside(ciphertext) == ED25519.identity
        assert ciphertext.beta != ED25519.identity


@pytest.mark.parametrize("vote", [(1, 2), (1, 2, 3, 4), (1, 2, 256), (1, 2, -1), ()])
def test_what_is_no_ranking_is_not_sealed(vote: Any, material: Any) -> None:
    with pytest.raises(Refused) as caught:
        seal(election(ranking(3)), SECRET, [vote], material.Counter("no ranking"))
    assert (caught.value.rule, caught.value.where) == ("R-BOX-41", "question 1")


def test_a_ranking_and_a_choice_in_one_ballot(material: Any) -> None:
    asked = election(choice(2, 1, 1), ranking(2))
    raw = seal(asked, SECRET, [(0, 1), (7, 9)], material.Counter("mixed"))
    first, (second,) = check_ballot(asked, LISTED, raw).answers
    assert [opened(each) for each in first] == [0, 1]
    assert ED25519.ranks_of_point(inside(second), 2) == (7, 9)
    for alter in (lambda proof: proof.update(response="7"), lambda proof: proof.update(challenge="7")):
        ballot = json.loads(raw)
        alter(ballot["answers"][1]["proof"])
        assert [fault.rule for fault in examine_ballot(asked, material.resign(ballot, SECRET)).faults] == ["R-BOX-47"]


def inside(ciphertext: Any) -> Point:
    return ED25519.divide(ciphertext.beta, ED25519.power(ciphertext.alpha, 5))


def test_ballots_are_sealed_in_ed25519_only(material: Any) -> None:
    finite = election(choice(2, 1, 1), group=BELENIOS_2048, public_key=BELENIOS_2048.raise_generator(5))
    with pytest.raises(Refused, match="Ed25519") as caught:
        seal(finite, SECRET, [(1, 0)], material.Counter("finite"))
    assert caught.value.rule == "R-BOX-19"


def test_the_door_turns_away_repeated_strange_and_foreign_ballots(material: Any) -> None:
    asked, chance = election(choice(2, 1, 1)), material.Counter("door")
    raw = seal(asked, SECRET, [(1, 0)], chance)
    cases: list[tuple[bytes, frozenset[str], type[Fault], str]] = [
        (raw, frozenset({sha256_hex(raw)}), Refused, "R-BOX-48"),
        (seal(asked, STRANGER, [(1, 0)], chance), frozenset(), Refused, "R-BOX-38"),
        (seal(election(choice(2, 1, 1), name="x"), SECRET, [(1, 0)], chance), frozenset(), Refused, "R-BOX-37"),
        (raw + b"\n", frozenset(), NonCanonical, "R-BOX-36"),
        (b"", frozenset(), Fault, "R-BOX-36"),
        (raw[:-1], frozenset(), Fault, "R-BOX-36"),
    ]
    for ballot, seen, kind, rule in cases:
        with pytest.raises(kind) as caught:
            check_ballot(asked, LISTED, ballot, seen=seen)
        assert caught.value.rule == rule


def test_every_altered_scalar_and_point_is_noticed(material: Any) -> None:
    """Each number and each point of a ballot with blank, replaced by another that reads as well."""
    asked = election(choice(2, 1, 2, blank=True))
    raw = seal(asked, SECRET, [(1, 1)], material.Counter("altered")).decode()
    texts = sorted({text for text in raw.split('"') if len(text) > 60 and text != asked.fingerprint})
    assert len(texts) == 2 * 3 + 2 * (2 * 3 + 2 + 3 + 1) + 1
    for text in texts:
        other = ED25519.format(ED25519.raise_generator(99)) if len(text) == 64 and not text.isdigit() else "99"
        examined = examine_ballot(asked, raw.replace(text, other).encode())
        assert examined.faults, text


def test_faults_come_in_the_order_of_their_rules(material: Any) -> None:
    asked = election(choice(2, 1, 1))
    ballot = json.loads(seal(asked, SECRET, [(1, 0)], material.Counter("order")))
    for proof in (ballot["answers"][0]["overall_proof"][0], ballot["answers"][0]["individual_proofs"][1][0]):
        proof["response"] = "7"
    ballot["signature"]["proof"]["response"] = "7"
    raw = json.dumps(ballot, separators=(",", ":")).encode()
    examined = examine_ballot(asked, raw)
    assert [fault.rule for fault in examined.faults] == ["R-BOX-39", "R-BOX-40", "R-BOX-44", "R-BOX-45"]
    assert examined.ballot is not None
    with pytest.raises(Fault) as caught:
        check_ballot(asked, LISTED, raw)
    assert caught.value.rule == "R-BOX-39"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda answer: answer.update(blank_proof=answer["overall_proof"] * 2), "R-BOX-41"),
        (lambda answer: answer.update(overall_proof=answer["overall_proof"] * 2), "R-BOX-41"),
        (
            lambda answer: answer.update(individual_proofs=[pair[:1] for pair in answer["individual_proofs"]]),
            "R-BOX-41",
        ),
        (lambda answer: answer.pop("overall_proof"), "R-BOX-41"),
        (lambda answer: answer.update(proof=answer["overall_proof"][0]), "R-BOX-41"),
        (lambda answer: answer.update(choices=answer["choices"][0]), "R-BOX-41"),
        (lambda answer: answer.update(choices=[]), "R-BOX-41"),
    ],
)
def test_answers_of_another_shape(change: Any, rule: str, material: Any) -> None:
    asked = election(choice(2, 1, 1))
    ballot = json.loads(seal(asked, SECRET, [(1, 0)], material.Counter("shape")))
    change(ballot["answers"][0])
    examined = examine_ballot(asked, material.resign(ballot, SECRET))
    assert [fault.rule for fault in examined.faults] == [rule]
    assert examined.ballot is None


def test_a_choice_does_not_answer_a_ranking(material: Any) -> None:
    sealed = seal(election(choice(2, 1, 1)), SECRET, [(1, 0)], material.Counter("kind"))
    ranked = msgspec.structs.replace(
        election(choice(2, 1, 1)), questions=(RankedQuestion(question="", answers=("A", "B")),)
    )
    assert [fault.rule for fault in examine_ballot(ranked, sealed).faults] == ["R-BOX-41"]


def test_a_blank_slot_where_none_is_allowed(material: Any) -> None:
    plain = election(choice(2, 1, 1))
    with_slot = msgspec.structs.replace(plain, questions=(choice(2, 1, 1, blank=True),))
    raw = seal(with_slot, SECRET, [BLANK], material.Counter("slot"))
    assert [fault.rule for fault in examine_ballot(plain, raw).faults] == ["R-BOX-42"]
