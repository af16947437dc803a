"""Threshold trustees, rankings and shuffles under the eyes of verifiers that we did not write, and held with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.foreign.box import UUID, Box, assert_sound, chance_from, chosen, held_ceremony, term_secrets

from majlis.ballot import (
    BLANK,
    ChannelKey,
    ChoiceQuestion,
    Question,
    RankedQuestion,
    certificate_commitment,
    certify,
    check_certificates,
    check_finished,
    check_polynomials,
    collect,
    deal,
    decrypt_share,
    derive_credential,
    draw_channel_key,
    format_parameters,
    make_input,
    make_trustee_key,
    parse_pedersen,
    parse_trustee_key,
    polynomial_commitment,
    seal,
)
from majlis.crypto import ED25519, SecretScalar

if TYPE_CHECKING:
    from tests.foreign.conftest import Peer

ONE_OF_FIVE = ChoiceQuestion(question="Who speaks for us?", answers=tuple("abcde"), min=1, max=1)
WITH_BLANK = ChoiceQuestion(question='مَن؟ "x" \\ <b>', answers=("أمل", "b/c", "\n"), min=1, max=2, blank=True)
RANK_FOUR = RankedQuestion(question="Which wells first?", answers=("north", "شرق", "mill", "b/c"))
RANK_THIRTY = RankedQuestion(
    question="All places",
    answers=tuple(f"place {number}" for number in range(30)),
    extra=b'{"type":"ScoreVoting","method":"Schulze","blank":true}',
)

FROM_NOTHING = [0] * 30
TO_MOST = [255] * 30


@dataclass(frozen=True, kw_only=True)
class Case:
    """An election. ``joint``: threshold and size of each threshold entry, after the one single trustee, number 1.

    ``openers``: who decrypts; ``result``: counts in order, rankings in any.
    """

    questions: Sequence[Question]
    votes: Sequence[tuple[int, Sequence[Sequence[int] | None]]]
    result: Sequence[Sequence[int] | Sequence[Sequence[int]]]
    joint: Sequence[tuple[int, int]] = ()
    openers: Sequence[int] = (1,)
    shufflers: Sequence[int] = (1, 1)
    weights: Sequence[int] | None = None


CASES = {
    "members 2 and 3 of 3": Case(
        questions=[ONE_OF_FIVE],
        votes=[(voter, [chosen(voter % 3)]) for voter in range(5)],
        joint=[(2, 3)],
        openers=(1, 3, 4),
        result=[[2, 2, 1, 0, 0]],
    ),
    "more members than are needed": Case(
        questions=[WITH_BLANK], votes=[(0, [BLANK])], joint=[(2, 3)], openers=(1, 2, 3, 4), result=[[1, 0, 0, 0]]
    ),
    "one of two, all of two, and three of four": Case(
        questions=[ONE_OF_FIVE],
        votes=[(0, [chosen(4)])],
        joint=[(1, 2), (2, 2), (3, 4)],
        openers=(1, 3, 4, 5, 6, 8, 9),
        result=[[0, 0, 0, 0, 1]],
    ),
    "weights opened by members": Case(
        questions=[ONE_OF_FIVE],
        votes=[(0, [chosen(0)]), (1, [chosen(1)]), (2, [chosen(2)]), (1, [chosen(3)])],
        joint=[(2, 3)],
        openers=(1, 2, 4),
        weights=[0, 7, 2_000_000],
        result=[[0, 0, 2_000_000, 7, 0]],
    ),
    "an empty box opened by members": Case(
        questions=[WITH_BLANK], votes=[], joint=[(2, 3)], openers=(1, 2, 4), result=[[0] * 4]
    ),
    "ranked, two shuffles": Case(
        questions=[RANK_FOUR],
        votes=[(0, [(1, 2, 3, 4)]), (1, [(4, 3, 2, 1)]), (2, [BLANK]), (0, [(9, 9, 255, 0)]), (3, [(1, 2, 3, 4)])],
        result=[[(0, 0, 0, 0), (1, 2, 3, 4), (4, 3, 2, 1), (9, 9, 255, 0)]],
    ),
    "ranked, one shuffle of one ballot": Case(
        questions=[RANK_FOUR], votes=[(0, [(1, 2, 3, 4)])], shufflers=(1,), result=[[(1, 2, 3, 4)]]
    ),
    "ranked, an empty box": Case(questions=[RANK_FOUR], votes=[], result=[[]]),
    "as many answers as one ballot ranks": Case(
        questions=[RANK_THIRTY],
        votes=[(0, [FROM_NOTHING]), (1, [TO_MOST]), (2, [range(30)])],
        result=[[FROM_NOTHING, list(range(30)), TO_MOST]],
    ),
    "two rankings": Case(
        questions=[RANK_FOUR, RANK_FOUR],
        votes=[(0, [(1, 0, 0, 0), (2, 0, 0, 0)]), (1, [(3, 0, 0, 0), (4, 0, 0, 0)])],
        result=[[(1, 0, 0, 0), (3, 0, 0, 0)], [(2, 0, 0, 0), (4, 0, 0, 0)]],
    ),
    "a ranking between choices, shuffled and opened by members": Case(
        questions=[ONE_OF_FIVE, RANK_FOUR, WITH_BLANK],
        votes=[
            (voter, [chosen(voter), (voter, 1, 2, 3), BLANK if voter else chosen(0, 1, of=3)]) for voter in range(4)
        ],
        joint=[(2, 3)],
        openers=(1, 2, 4),
        shufflers=(2, 3, 1),
        result=[[1, 1, 1, 1, 0], [(0, 1, 2, 3), (1, 1, 2, 3), (2, 1, 2, 3), (3, 1, 2, 3)], [3, 1, 1, 0]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_our_box_passes_and_comes_out_the_same_to_the_byte(peer: Peer, name: str) -> None:
    case, chance = CASES[name], chance_from(name)
    single, public = make_trustee_key(chance)
    ceremonies = [held_ceremony(threshold, size, chance) for threshold, size in case.joint]
    keys: list[SecretScalar] = [single, *(share for each in ceremonies for share in each.shares.values())]
    secrets = term_secrets(max([3, *(voter + 1 for voter, _ in case.votes)]), chance)
    box = Box.announced(case.questions, [public, *(each.entry for each in ceremonies)], secrets, case.weights)
    for voter, votes in case.votes:
        box.cast(seal(box.election, secrets[voter], votes, chance))
    assert_sound(peer, box.archive, "incomplete")
    tally = box.close()
    if box.election.is_ranked:
        for owner in case.shufflers:
            tally = box.shuffle(tally, owner, chance)
            assert_sound(peer, box.archive, "incomplete")
        box.end_shuffles()
    shares = {owner: decrypt_share(box.election, tally, keys[owner - 1], chance) for owner in case.openers}
    box.decrypted(shares)
    result = box.finish(peer, tally, shares)
    for question, found, expected in zip(case.questions, result, case.result, strict=True):
        if isinstance(question, ChoiceQuestion):
            assert list(found) == list(expected)
        else:
            assert sorted(map(list, found)) == sorted(map(list, expected))  # type: ignore[arg-type]


def test_both_programs_rank_shuffle_and_open_one_box(peer: Peer) -> None:
    """One voter, one shuffler and one trustee use belenios-tool, the others ours; each reads what the other made."""
    chance = chance_from("together")
    their_public, their_private = peer.make_trustee_key()
    our_secret, our_key = make_trustee_key(chance)
    card = b"cu4ts-8UWdbE-naSr2-MZBC2m"
    secrets = [derive_credential(UUID, card.decode()), *term_secrets(2, chance)]
    box = Box.announced([RANK_FOUR, ONE_OF_FIVE], [parse_trustee_key(their_public), our_key], secrets)
    vote = json.dumps([[4, 3, 2, 1], chosen(3)]).encode()
    command = ("election", "generate-ballot", "--privcred", "card", "--choice", "vote")
    (ballot,) = peer.ask(*command, archive=box.archive, card=card, vote=vote)
    box.cast(ballot)
    box.cast(seal(box.election, secrets[1], [(1, 2, 3, 4), chosen(0)], chance))
    box.cast(seal(box.election, secrets[2], [BLANK, chosen(3)], chance))
    tally = box.close()
    tally = box.shuffle(tally, 2, chance)
    theirs, _ = peer.ask("election", "shuffle", "--trustee-id", "1", archive=box.archive)
    tally = box.shuffled(tally, 1, theirs)
    tally = box.shuffle(tally, 2, chance)
    box.end_shuffles()
    command = ("election", "decrypt", "--privkey", "key", "--trustee-id", "1")
    share, _ = peer.ask(*command, archive=box.archive, key=their_private)
    shares = {1: share, 2: decrypt_share(box.election, tally, our_secret, chance)}
    box.decrypted(shares)
    ranked, counts = box.finish(peer, tally, shares)
    assert sorted(ranked) == [(0, 0, 0, 0), (1, 2, 3, 4), (4, 3, 2, 1)]  # type: ignore[type-var]
    assert list(counts) == [1, 0, 0, 2, 0]


SET_UP = ("setup", "generate-trustee-key-threshold", "--group", "Ed25519")


def needs_letters(peer: Peer) -> None:
    if peer.version < (3, 1):
        pytest.skip("before 3.1 belenios-tool seals letters between trustees in another cipher")


def test_both_programs_hold_one_key_ceremony(peer: Peer) -> None:
    """Member 2 of 3 uses belenios-tool; every message goes both ways, and members 2 and 3 open the box."""
    needs_letters(peer)
    chance = chance_from("ceremony")
    keys: dict[int, ChannelKey] = {1: draw_channel_key(chance), 3: draw_channel_key(chance)}
    _, made = peer.make(*SET_UP, "--threshold-context", "2/2/3", "--step", "1")
    ((stem, their_key),) = ((Path(name).stem, data) for name, data in made.items() if name.endswith(".key"))
    raw = {i: certify(key, size=3, threshold=2, index=i, chance=chance) for i, key in keys.items()}
    raw[2] = made[f"{stem}.cert"].strip()
    assert certificate_commitment(raw[2]) == stem
    certificates = check_certificates(raw, size=3, threshold=2)
    certs = b"".join(raw[i] + b"\n" for i in (1, 2, 3))
    peer.make(*SET_UP, "--certs", "certs", "--step", "2", certs=certs)

    printed, _ = peer.make(*SET_UP, "--certs", "certs", "--key", "key", "--step", "3", certs=certs, key=their_key)
    polynomials = {i: deal(key, certificates, i, chance) for i, key in keys.items()} | {2: printed.strip()}
    commitments = {i: polynomial_commitment(polynomial) for i, polynomial in polynomials.items()}
    shown = check_polynomials(certificates, polynomials, commitments)
    lines = b"".join(polynomials[i] + b"\n" for i in (1, 2, 3))
    command = (*SET_UP, "--certs", "certs", "--polynomials", "polynomials")
    _, made = peer.make(*command, "--step", "4", certs=certs, polynomials=lines)
    given = {i: make_input(certificates, shown, i) for i in (1, 2, 3)}
    assert {certificate_commitment(raw[i]) for i in raw} == {
        Path(name).stem for name, data in made.items() if data.strip() in given.values()
    }

    collected = {i: collect(key, certificates, i, given[i], commitments, chance) for i, key in keys.items()}
    command_5 = (*SET_UP, "--certs", "certs", "--key", "key", "--step", "5")
    their_answer, _ = peer.make(*command_5, certs=certs, key=their_key, given=given[2])
    answers = {i: each.answer for i, each in collected.items()} | {2: their_answer.strip()}
    entry = format_parameters(certificates, shown, answers)
    answer_lines = b"".join(answers[i] + b"\n" for i in (1, 2, 3))
    published, _ = peer.make(*command, "--step", "6", certs=certs, polynomials=lines, given=answer_lines)
    assert published.strip() == entry.raw
    for i in keys:
        check_finished(certificates, i, given[i], answers[i], published.strip())

    dkey = json.loads(answers[2])["private_key"].encode()
    secrets = term_secrets(2, chance)
    box = Box.announced([ONE_OF_FIVE, RANK_FOUR], [parse_pedersen(ED25519, entry.raw)], secrets)
    for voter, secret in enumerate(secrets):
        box.cast(seal(box.election, secret, [chosen(voter), (voter, 1, 2, 3)], chance))
    tally = box.shuffle(box.close(), 1, chance)
    box.end_shuffles()
    command_d = ("election", "decrypt-threshold", "--key", "key", "--decryption-key", "dkey", "--trustee-id", "2")
    share, _ = peer.ask(*command_d, archive=box.archive, key=their_key, dkey=dkey)
    shares = {2: share, 3: decrypt_share(box.election, tally, collected[3].share, chance)}
    box.decrypted(shares)
    result = box.finish(peer, tally, shares)
    assert result[0] == (1, 1, 0, 0, 0)


def test_our_members_open_with_the_tool_what_our_program_set_up(peer: Peer) -> None:
    """The seed and the letter that holds a member's share are the files that belenios-tool reads."""
    needs_letters(peer)
    chance = chance_from("files")
    held = held_ceremony(2, 3, chance)
    secrets = term_secrets(2, chance)
    box = Box.announced([ONE_OF_FIVE], [held.entry], secrets)
    box.cast(seal(box.election, secrets[0], [chosen(2)], chance))
    tally = box.close()
    shares = {}
    for member in (1, 3):
        files = {
            "key": held.keys[member].export() + b"\n",
            "dkey": json.loads(held.answers[member])["private_key"].encode(),
        }
        command = ("election", "decrypt-threshold", "--key", "key", "--decryption-key", "dkey")
        shares[member], _ = peer.ask(*command, "--trustee-id", str(member), archive=box.archive, **files)
        box.decrypted({member: shares[member]})
    assert box.finish(peer, tally, shares) == ((0, 0, 1, 0, 0),)
