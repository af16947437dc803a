"""Boxes under the eyes of a verifier that we did not write: belenios-tool with group Ed25519.

Three sources: the samples that belenios-tool made itself, boxes of our own writer, and the boxes of a finished demo.
What can be computed only one way (a tally, a result) is compared to the last byte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.foreign.box import UUID, Box, assert_sound, chance_from, chosen, term_secrets

from majlis.ballot import (
    BLANK,
    ArchiveWriter,
    ChoiceQuestion,
    compute_tally,
    decrypt_share,
    derive_credential,
    format_trustee_key,
    make_trustee_key,
    parse_trustee_key,
    seal,
)

if TYPE_CHECKING:
    from tests.foreign.conftest import Peer

SAMPLES = ("blank", "ff2048", "homomorphic", "mixed", "nonhomomorphic", "range", "threshold", "twoq", "weights")

ONE_OF_FIVE = ChoiceQuestion(question="Who speaks for us?", answers=tuple("abcde"), min=1, max=1)
UP_TO_THREE = ChoiceQuestion(question="Which wells first?", answers=tuple("abcde"), min=0, max=3)
WITH_BLANK = ChoiceQuestion(question='مَن؟ "x" \\ <b>', answers=("أمل", "b/c", "\n"), min=1, max=2, blank=True)

Votes = Sequence[tuple[int, Sequence[Sequence[int] | None]]]
"""In the order of casting: the voter's number, and a vote for each question."""


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
    box.decrypted(shares)
    assert_sound(peer, box.archive, "incomplete")
    result = box.finish(peer, tally, shares)
    assert [list(counts) for counts in result] == [list(counts) for counts in case.result]


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
    box.decrypted(shares)
    result = box.finish(peer, tally, shares)
    assert [list(counts) for counts in result] == [[1, 0, 0, 2, 0], [1, 1, 0, 2]]


def test_every_box_of_a_finished_demo_passes(peer: Peer) -> None:
    named = os.environ.get("MAJLIS_DEMO_DIR")
    if not named:
        pytest.skip("MAJLIS_DEMO_DIR names no folder of a finished demo")
    folder = Path(named)
    boxes = sorted({*folder.glob("boxes/*.bel"), *folder.glob("public/boxes/*.bel")})
    assert boxes, f"{named}: a finished demo has boxes/*.bel, here or in public/"
    refused = {box.name: verdict.words for box in boxes if not (verdict := peer.verify(box.read_bytes())).passed}
    assert not refused
