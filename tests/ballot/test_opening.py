"""Tally, shares, sidecars and result: the trustees together open the sum, and nobody can bend it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from majlis.ballot import (
    ChoiceQuestion,
    check_ballot,
    check_share,
    check_sidecar,
    compute_tally,
    decrypt_share,
    format_credentials,
    format_election,
    format_result,
    format_trustees,
    make_trustee_key,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    prove_sidecar,
    seal,
)
from majlis.ballot.result import find_count, parse_result
from majlis.ballot.shuffle import shuffle_challenges
from majlis.ballot.tally import Tally
from majlis.crypto import BELENIOS_2048, ED25519, ORDER, NonCanonical, SecretScalar
from majlis.errors import Fault, Forged, Malformed, Missing, Refused


class Vote:
    """One small weighted election up to its tally."""

    def __init__(self, material: Any, weights: tuple[int, ...], votes: tuple[tuple[int, ...], ...]) -> None:
        self.chance = material.Counter(f"{weights}{votes}")
        self.secrets, keys = zip(*(make_trustee_key(self.chance) for _ in range(2)), strict=True)
        self.trustees = parse_trustees(ED25519, format_trustees(keys))
        self.election = parse_election(
            format_election(
                uuid="MajTestUUidxx1",
                name="",
                description="",
                public_key=self.trustees.key,
                questions=(ChoiceQuestion(question="", answers=("A", "B"), min=0, max=2),),
            )
        )
        members = [SecretScalar((50 + i).to_bytes(32, "little")) for i in range(len(weights))]
        points = [ED25519.raise_generator_secretly(member) for member in members]
        raw = format_credentials(points, weights=dict(zip(points, weights, strict=True)))
        self.credentials = parse_credentials(ED25519, raw)
        self.ballots = [
            check_ballot(
                self.election, self.credentials, seal(self.election, members[i % len(members)], [vote], self.chance)
            )
            for i, vote in enumerate(votes)
        ]
        self.tally = compute_tally(self.election, self.credentials, self.ballots)

    def share(self, owner: int) -> bytes:
        return decrypt_share(self.election, self.tally, self.secrets[owner - 1], self.chance)

    def sidecar(self, owner: int, share: bytes) -> bytes:
        return prove_sidecar(
            self.election, self.tally, owner=owner, share=share, secret=self.secrets[owner - 1], chance=self.chance
        )

    def check_sidecar(self, owner: int, share: bytes, sidecar: bytes) -> None:
        public = self.trustees.owners[owner - 1].public_key
        factors = check_share(self.election, self.tally, public, share)
        check_sidecar(
            self.election, self.tally, owner=owner, public=public, share=share, factors=factors, sidecar=sidecar
        )


@pytest.fixture(scope="module")
def vote(material: Any) -> Vote:
    """Three voters of weights 1, 0 and 5; the first votes again and takes the second answer as well."""
    return Vote(material, (1, 0, 5), ((1, 0), (1, 1), (0, 1), (1, 1)))


def test_the_last_vote_counts_with_its_weight(vote: Vote) -> None:
    assert (vote.tally.ballots, vote.tally.weight) == (3, 6)
    result = open_tally(vote.election, vote.trustees, vote.tally, {1: vote.share(1), 2: vote.share(2)})
    assert result == ((1, 6),)
    assert format_result(result) == b'{"result":[[1,6]]}'


@pytest.mark.parametrize(("weights", "votes"), [((1,), ()), ((0, 0), ((1, 1), (0, 1)))])
def test_a_tally_of_no_weight_is_the_identity_and_opens_to_zero(
    material: Any, weights: tuple[int, ...], votes: tuple[tuple[int, ...], ...]
) -> None:
    empty = Vote(material, weights, votes)
    assert set(empty.tally.ciphertexts[0]) == {(ED25519.identity, ED25519.identity)}
    shares = {owner: empty.share(owner) for owner in (1, 2)}
    assert open_tally(empty.election, empty.trustees, empty.tally, shares) == ((0, 0),)
    for owner, share in shares.items():
        empty.check_sidecar(owner, share, empty.sidecar(owner, share))


def test_too_few_trustees_open_nothing(vote: Vote) -> None:
    with pytest.raises(Missing) as caught:
        open_tally(vote.election, vote.trustees, vote.tally, {2: vote.share(2)})
    assert caught.value.rule == "R-BOX-61"


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_share_of_nobody_is_refused(vote: Vote, number: int) -> None:
    with pytest.raises(Refused) as caught:
        open_tally(
            vote.election, vote.trustees, vote.tally, {1: vote.share(1), 2: vote.share(2), number: vote.share(1)}
        )
    assert caught.value.rule == "R-BOX-57"


def test_a_false_share_is_named(vote: Vote) -> None:
    with pytest.raises(Forged) as caught:
        open_tally(vote.election, vote.trustees, vote.tally, {1: vote.share(1), 2: vote.share(1)})
    assert caught.value.rule == "R-BOX-60"
    assert caught.value.where.startswith("trustee 2")


def test_sidecars_prove_the_whole_statement(vote: Vote) -> None:
    share, other = vote.share(1), vote.share(1)
    sidecar = vote.sidecar(1, share)
    vote.check_sidecar(1, share, sidecar)
    text = json.loads(sidecar)
    exchanged = text | {"proofs": [text["proofs"][0][::-1]]}
    for forged, kind in (
        (json.dumps(text).encode(), NonCanonical),
        (dumped(text | {"owner": 2}), Refused),
        (dumped(text | {"uuid": "MajTestUUidxx2"}), Refused),
        (dumped(text | {"proofs": []}), Malformed),
        (dumped(exchanged), Forged),
        (b"{}", Malformed),
    ):
        with pytest.raises(kind) as caught:
            vote.check_sidecar(1, share, forged)
        assert caught.value.rule == "R-BOX-64"
    with pytest.raises(Refused):
        vote.check_sidecar(1, other, sidecar)
    with pytest.raises(Fault):
        vote.sidecar(1, vote.share(2))


def dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def test_a_sidecar_is_not_the_proof_of_the_share(vote: Vote) -> None:
    """Fresh randomness: two challenges on one commitment would show the key."""
    share = vote.share(1)
    proofs = json.loads(share)["decryption_proofs"]
    assert json.loads(vote.sidecar(1, share))["proofs"] != proofs


def test_shares_are_made_in_ed25519_only(vote: Vote) -> None:
    text = format_election(
        uuid="MajTestUUidxx1",
        name="",
        description="",
        group=BELENIOS_2048,
        public_key=BELENIOS_2048.raise_generator(5),
        questions=vote.election.questions,
    )
    with pytest.raises(Refused) as caught:
        decrypt_share(parse_election(text), vote.tally, vote.secrets[0], vote.chance)
    assert caught.value.rule == "R-BOX-19"


@given(st.integers(0, 400), st.integers(0, 400))
@example(5, 4)
def test_counts_are_found_up_to_the_bound(count: int, most: int) -> None:
    point = ED25519.raise_generator(count)
    if count <= most:
        assert find_count(ED25519, point, most) == count
    else:
        with pytest.raises(Forged) as caught:
            find_count(ED25519, point, most)
        assert caught.value.rule == "R-BOX-66"


def test_published_shuffle_challenges(formulas: dict[str, Any]) -> None:
    case = formulas["shuffle_challenges"]
    found = shuffle_challenges(ORDER, case["election_hash"], case["text"], len(case["values"]))
    assert found == [int(value) for value in case["values"]]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"result":[[1,"6"]]}',
        b'{"result":[[1]]}',
        b'{"result":[[1,6],[]]}',
        b'{"result":[[1,-6]]}',
        b'{"result":[[1,[6]]]}',
        b"{}",
    ],
)
def test_another_form_of_the_result(vote: Vote, raw: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_result(vote.election, vote.tally, raw)
    assert caught.value.rule == "R-BOX-65"


def test_large_counts_are_strings(vote: Vote) -> None:
    assert format_result(((2**30, 5),)) == b'{"result":[["1073741824",5]]}'
    assert parse_result(vote.election, vote.tally, b'{"result":[["1073741824",5]]}') == ((2**30, 5),)


def test_a_tally_keeps_its_archived_hash_when_shuffled(vote: Vote) -> None:
    assert isinstance(vote.tally, Tally)
    assert json.loads(vote.tally.raw)[0][0]["alpha"] == ED25519.format(vote.tally.ciphertexts[0][0].alpha)
