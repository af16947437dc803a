"""Boxes under the eyes of a verifier that we did not write: belenios-tool with group Ed25519.

Three sources: the samples that belenios-tool made itself, boxes of our own writer, and the boxes of a finished demo.
What can be computed only one way (a tally, a result) is compared to the last byte.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from majlis.ballot import (
    BLANK,
    ArchiveWriter,
    Ballot,
    ChoiceQuestion,
    Credentials,
    Election,
    Tally,
    Trustees,
    check_ballot,
    compute_tally,
    decrypt_share,
    derive_credential,
    derive_secret,
    election_uuid,
    format_credentials,
    format_election,
    format_result,
    format_trustee_key,
    format_trustees,
    make_member_secret,
    make_trustee_key,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustee_key,
    parse_trustees,
    seal,
    verify_archive,
)
from majlis.crypto import ED25519, Chance, SecretScalar

if TYPE_CHECKING:
    from majlis.ballot import TrusteeKey

    from .conftest import Peer

SAMPLES = ("blank", "ff2048", "homomorphic", "mixed", "nonhomomorphic", "range", "threshold", "twoq", "weights")
ACT = hashlib.sha256(b"the act that announces the election").hexdigest()
UUID = election_uuid(ACT)
TIMESTAMP = 1_700_000_000

ONE_OF_FIVE = ChoiceQuestion(question="Who speaks for us?", answers=tuple("abcde"), min=1, max=1)
UP_TO_THREE = ChoiceQuestion(question="Which wells first?", answers=tuple("abcde"), min=0, max=3)
WITH_BLANK = ChoiceQuestion(question='مَن؟ "x" \\ <b>', answers=("أمل", "b/c", "\n"), min=1, max=2, blank=True)

Votes = Sequence[tuple[int, Sequence[Sequence[int] | None]]]
"""In the order of casting: the voter's number, and a vote for each question."""


def chance_from(seed: str) -> Chance:
    """The same samples for everybody; never the same bytes twice."""
    draws = itertools.count()
    return lambda size: hashlib.shake_256(f"{seed}|{next(draws)}".encode()).digest(size)


def chosen(*places: int, of: int = 5) -> list[int]:
    return [int(place in places) for place in range(of)]


@dataclass
class Box:
    """One election of ours as it grows. ``archive``: all bytes so far."""

    election: Election
    credentials: Credentials
    trustees: Trustees
    writer: ArchiveWriter
    archive: bytes
    ballots: list[Ballot]

    @classmethod
    def announced(
        cls,
        questions: Sequence[ChoiceQuestion],
        keys: Sequence[TrusteeKey],
        secrets: Sequence[SecretScalar],
        weights: Sequence[int] | None = None,
    ) -> Box:
        trustees_payload = format_trustees(keys)
        trustees = parse_trustees(ED25519, trustees_payload)
        points = [ED25519.raise_generator_secretly(secret) for secret in secrets]
        listed = format_credentials(
            points, weights=None if weights is None else dict(zip(points, weights, strict=True))
        )
        text = format_election(
            uuid=UUID,
            name="انتخاب",
            description='of "the wells"',
            public_key=trustees.key,
            questions=questions,
            language=("ar", "rtl"),
        )
        writer = ArchiveWriter.begin(TIMESTAMP)
        return cls(
            election=parse_election(text),
            credentials=parse_credentials(ED25519, listed),
            trustees=trustees,
            writer=writer,
            archive=writer.setup(text, trustees_payload, listed),
            ballots=[],
        )

    def cast(self, ballot: bytes) -> None:
        self.ballots.append(check_ballot(self.election, self.credentials, ballot))
        self.archive += self.writer.ballot(ballot)

    def close(self) -> Tally:
        tally = compute_tally(self.election, self.credentials, self.ballots)
        self.archive += self.writer.end_ballots() + self.writer.encrypted_tally(tally)
        return tally


def term_secrets(voters: int, chance: Chance) -> list[SecretScalar]:
    """The voters' secrets for this election, from their standing credentials."""
    return [derive_secret(make_member_secret(chance), bytes([voter]) * 32, ACT) for voter in range(voters)]


def assert_sound(peer: Peer, archive: bytes, verdict: str) -> None:
    """Both verifiers find nothing wrong; ours says exactly ``verdict``."""
    found = peer.verify(archive)
    assert found.passed, found.words
    assert verify_archive(archive).verdict == verdict


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_election_passes(peer: Peer, sample: Callable[[str], bytes], name: str) -> None:
    if name == "threshold" and peer.version >= (3,):
        pytest.skip("from 3.0 on belenios-tool wants a signature in each Pedersen key, which 2.5.1 did not write")
    assert_sound(peer, sample(name), "valid-v1")


@dataclass(frozen=True, kw_only=True)
class Case:
    """An election, and the result that its votes have."""

    questions: Sequence[ChoiceQuestion]
    votes: Votes
    result: Sequence[Sequence[int]]
    trustees: int = 3
    weights: Sequence[int] | None = None


CASES = {
    "plain": Case(
        questions=[ONE_OF_FIVE], votes=[(voter, [chosen(voter % 3)]) for voter in range(5)], result=[[2, 2, 1, 0, 0]]
    ),
    "blank votes": Case(
        questions=[WITH_BLANK],
        votes=[(0, [BLANK]), (1, [chosen(0, 1, of=3)]), (2, [chosen(2, of=3)]), (3, [BLANK])],
        result=[[2, 1, 1, 1]],
    ),
    "the last vote of each counts": Case(
        questions=[ONE_OF_FIVE],
        votes=[(0, [chosen(0)]), (1, [chosen(0)]), (0, [chosen(4)]), (0, [chosen(3)])],
        result=[[1, 0, 0, 1, 0]],
    ),
    "the same vote again": Case(
        questions=[ONE_OF_FIVE], votes=[(0, [chosen(1)]), (0, [chosen(1)])], result=[[0, 1, 0, 0, 0]]
    ),
    "none, some and the most": Case(
        questions=[UP_TO_THREE],
        votes=[(0, [chosen()]), (1, [chosen(0, 1, 2)]), (2, [chosen(4)]), (3, [chosen(0, 4)])],
        result=[[2, 1, 1, 0, 2]],
    ),
    "two questions": Case(
        questions=[UP_TO_THREE, WITH_BLANK],
        votes=[(0, [chosen(), BLANK]), (1, [chosen(0, 3), chosen(1, 2, of=3)])],
        result=[[1, 0, 0, 1, 0], [1, 0, 1, 1]],
    ),
    "weights": Case(
        questions=[ONE_OF_FIVE],
        votes=[(0, [chosen(0)]), (1, [chosen(1)]), (2, [chosen(2)]), (1, [chosen(3)])],
        weights=[0, 7, 1000],
        result=[[0, 0, 1000, 7, 0]],
    ),
    "nothing but weight 0": Case(
        questions=[ONE_OF_FIVE], votes=[(0, [chosen(0)])], weights=[0, 1], result=[[0, 0, 0, 0, 0]]
    ),
    "one trustee": Case(questions=[ONE_OF_FIVE], votes=[(0, [chosen(2)])], trustees=1, result=[[0, 0, 1, 0, 0]]),
    "an empty box": Case(questions=[ONE_OF_FIVE], votes=[], result=[[0, 0, 0, 0, 0]]),
    "an empty box with a blank slot": Case(questions=[WITH_BLANK, UP_TO_THREE], votes=[], result=[[0] * 4, [0] * 5]),
}


@pytest.mark.parametrize("name", CASES)
def test_our_box_passes_and_comes_out_the_same_to_the_byte(peer: Peer, name: str) -> None:
    case, chance = CASES[name], chance_from(name)
    voters = max([2, *(voter + 1 for voter, _ in case.votes)])
    keys = [make_trustee_key(chance) for _ in range(case.trustees)]
    secrets = term_secrets(voters, chance)
    box = Box.announced(case.questions, [key for _, key in keys], secrets, case.weights)
    assert_sound(peer, box.archive, "incomplete")

    for voter, votes in case.votes:
        box.cast(seal(box.election, secrets[voter], votes, chance))
    assert_sound(peer, box.archive, "incomplete")

    tally = compute_tally(box.election, box.credentials, box.ballots)
    closed = box.archive + ArchiveWriter.resume(box.archive).end_ballots()
    theirs, stated = peer.ask("election", "compute-encrypted-tally", archive=closed)
    assert box.close() == tally
    assert theirs == tally.raw
    assert stated in box.archive

    shares = {
        owner: decrypt_share(box.election, tally, secret, chance) for owner, (secret, _) in enumerate(keys, start=1)
    }
    for owner, share in shares.items():
        box.archive += box.writer.partial_decryption(owner, share)
    assert_sound(peer, box.archive, "incomplete")

    result = open_tally(box.election, box.trustees, tally, shares)
    assert [list(counts) for counts in result] == [list(counts) for counts in case.result]
    assert peer.ask("election", "compute-result", archive=box.archive) == [format_result(result)]
    box.archive += box.writer.result(format_result(result))
    assert_sound(peer, box.archive, "valid-v1")


def test_both_programs_hold_one_election_together(peer: Peer) -> None:
    """One trustee and one voter use belenios-tool, the others use ours; each reads what the other made."""
    chance = chance_from("together")
    their_public, their_private = peer.make_trustee_key()
    their_key = parse_trustee_key(their_public)
    assert format_trustee_key(their_key) == their_public
    our_secret, our_key = make_trustee_key(chance)
    card = b"cu4ts-8UWdbE-naSr2-MZBC2m"
    secrets = [derive_credential(UUID, card.decode()), *term_secrets(2, chance)]
    box = Box.announced([ONE_OF_FIVE, WITH_BLANK], [their_key, our_key], secrets)

    vote = json.dumps([chosen(3), [0, *chosen(0, 2, of=3)]]).encode()
    command = ("election", "generate-ballot", "--privcred", "card", "--choice", "vote")
    (ballot,) = peer.ask(*command, archive=box.archive, card=card, vote=vote)
    box.cast(ballot)
    box.cast(seal(box.election, secrets[1], [chosen(3), BLANK], chance))
    box.cast(seal(box.election, secrets[2], [chosen(0), chosen(2, of=3)], chance))
    tally = box.close()

    command = ("election", "decrypt", "--privkey", "key", "--trustee-id", "1")
    their_share, _ = peer.ask(*command, archive=box.archive, key=their_private)
    shares = {1: their_share, 2: decrypt_share(box.election, tally, our_secret, chance)}
    for owner, share in shares.items():
        box.archive += box.writer.partial_decryption(owner, share)
    result = open_tally(box.election, box.trustees, tally, shares)
    assert [list(counts) for counts in result] == [[1, 0, 0, 2, 0], [1, 1, 0, 2]]
    assert peer.ask("election", "compute-result", archive=box.archive) == [format_result(result)]
    box.archive += box.writer.result(format_result(result))
    assert_sound(peer, box.archive, "valid-v1")


def test_every_box_of_a_finished_demo_passes(peer: Peer) -> None:
    named = os.environ.get("MAJLIS_DEMO_DIR")
    if not named:
        pytest.skip("MAJLIS_DEMO_DIR names no folder of a finished demo")
    folder = Path(named)
    boxes = sorted({*folder.glob("boxes/*.bel"), *folder.glob("public/boxes/*.bel")})
    assert boxes, f"{named}: a finished demo has boxes/*.bel, here or in public/"
    refused = {box.name: verdict.words for box in boxes if not (verdict := peer.verify(box.read_bytes())).passed}
    assert not refused
