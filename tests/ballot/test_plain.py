"""The program and its obvious twin: the same chance gives the same bytes, and the formulas hold in other groups."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from tests.ballot.plain import Plain, dumped

from majlis.ballot import (
    BLANK,
    Ballot,
    ChoiceQuestion,
    Credentials,
    Election,
    Question,
    RankedQuestion,
    Tally,
    check_ballot,
    check_shuffle,
    compute_tally,
    decrypt_share,
    format_credentials,
    format_election,
    format_trustee_key,
    make_trustee_key,
    parse_credentials,
    parse_election,
    seal,
    shuffle_tally,
)
from majlis.crypto import ED25519, SecretScalar

CHOICE = ChoiceQuestion(question="", answers=("a", "b", "c"), min=0, max=2)
BLANK_ALLOWED = ChoiceQuestion(question="", answers=("a", "b", "c"), min=1, max=2, blank=True)
RANKED = RankedQuestion(question="", answers=("a", "b", "c", "d"))
VOTERS = [7 + i for i in range(5)]
KEY = 5


class Held:
    """A small election with key 5, and its ballots."""

    def __init__(self, material: Any, questions: Sequence[Question], votes: Sequence[Any]) -> None:
        self.election: Election = parse_election(
            format_election(
                uuid="MajTestUUidxx1",
                name="",
                description="",
                public_key=ED25519.raise_generator(KEY),
                questions=questions,
            )
        )
        points = [ED25519.raise_generator(voter) for voter in VOTERS]
        self.credentials: Credentials = parse_credentials(ED25519, format_credentials(points))
        chance = material.Counter("held")
        self.ballots: list[Ballot] = [
            check_ballot(self.election, self.credentials, seal(self.election, secret(voter), vote, chance))
            for voter, vote in zip(VOTERS, votes, strict=False)
        ]
        self.tally: Tally = compute_tally(self.election, self.credentials, self.ballots)


def secret(value: int) -> SecretScalar:
    return SecretScalar(value.to_bytes(32, "little"))


@pytest.mark.parametrize(
    ("question", "vote"),
    [
        (CHOICE, (0, 0, 0)),
        (CHOICE, (1, 0, 1)),
        (BLANK_ALLOWED, (0, 1, 0)),
        (BLANK_ALLOWED, BLANK),
        (RANKED, (3, 0, 255, 1)),
        (RANKED, BLANK),
    ],
)
def test_ballots(question: Question, vote: Any, material: Any) -> None:
    held = Held(material, [question, CHOICE], [])
    votes = [vote, (0, 1, 1)]
    ours = seal(held.election, secret(7), votes, material.Counter("twin"))
    assert ours == Plain(ED25519, material.Counter("twin")).ballot(held.election, 7, votes)
    check_ballot(held.election, held.credentials, ours)


@pytest.mark.parametrize("name", [None, "أمل"])
def test_trustee_keys(name: str | None, material: Any) -> None:
    made, key = make_trustee_key(material.Counter("twin"), name=name)
    x, theirs = Plain(ED25519, material.Counter("twin")).trustee_key(name)
    assert (made.reveal(), format_trustee_key(key)) == (x, dumped(theirs))


@pytest.mark.parametrize("count", range(6))
def test_shuffles_and_shares(count: int, material: Any) -> None:
    """One choice and two rankings; no ballot, one, and more."""
    votes = [[(1, 0, 0), (i, 1, 2, 3), (0, 0, i, i)] for i in range(count)]
    held = Held(material, [CHOICE, RANKED, RANKED], votes)
    tally = held.tally
    for position in range(2):
        label = f"twin {position}"
        shuffle = shuffle_tally(held.election, tally, material.Counter(label))
        assert shuffle == Plain(ED25519, material.Counter(label)).shuffle(held.election, tally)
        tally = check_shuffle(held.election, tally, shuffle)
    assert tally.ciphertexts[0] == held.tally.ciphertexts[0]
    share = decrypt_share(held.election, tally, secret(KEY), material.Counter("share"))
    assert share == Plain(ED25519, material.Counter("share")).share(held.election, tally, KEY)
    assert [len(column) for column in json.loads(share)["decryption_factors"]] == [3, count, count]
