"""Archives in the finite-field groups, made by the plain twin of our formulas, before every belenios-tool there is.

The version that Debian 12 ships knows no other groups. The program itself never makes such an archive: it refuses to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from tests.ballot.plain import Plain, dumped
from tests.foreign.box import TIMESTAMP, chance_from, chosen

from majlis.ballot import (
    BLANK,
    ArchiveWriter,
    ChoiceQuestion,
    Question,
    RankedQuestion,
    check_ballot,
    check_shuffle,
    compute_tally,
    format_credentials,
    format_election,
    format_result,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    verify_archive,
)
from majlis.crypto import BELENIOS_2048, RFC_3526_2048, Group

if TYPE_CHECKING:
    from tests.foreign.conftest import Peer

RANGE = ChoiceQuestion(question="Which wells first?", answers=("north", "east", "mill"), min=0, max=2)
WITH_BLANK = ChoiceQuestion(question="هل ننضم؟", answers=("yes", "no"), min=1, max=1, blank=True)
RANKED = RankedQuestion(question="In which order?", answers=("north", "east", "mill"))


@dataclass(frozen=True, kw_only=True)
class Case:
    """An election. ``joint``: threshold and size of the threshold entry after the single trustee."""

    questions: Sequence[Question]
    votes: Sequence[Sequence[Any]]
    result: Sequence[Sequence[Any]]
    group: Group = BELENIOS_2048
    joint: tuple[int, int] | None = None
    openers: Sequence[int] = (1,)
    weights: Sequence[int] | None = None


CASES = {
    "range and blank": Case(
        questions=[RANGE, WITH_BLANK],
        votes=[[chosen(of=3), BLANK], [chosen(0, 2, of=3), chosen(1, of=2)]],
        result=[[1, 0, 1], [1, 0, 1]],
    ),
    "weights": Case(
        questions=[WITH_BLANK], votes=[[chosen(0, of=2)], [BLANK]], weights=[3, 1000], result=[[1000, 3, 0]]
    ),
    "members 2 and 3 of 3": Case(
        questions=[WITH_BLANK],
        votes=[[chosen(0, of=2)], [chosen(0, of=2)]],
        joint=(2, 3),
        openers=(1, 3, 4),
        result=[[0, 2, 0]],
    ),
    "ranked, two shuffles": Case(
        group=RFC_3526_2048,
        questions=[RANKED],
        votes=[[(1, 2, 3)], [BLANK], [(9, 0, 255)]],
        result=[[(0, 0, 0), (1, 2, 3), (9, 0, 255)]],
    ),
}


@cache
def held(name: str) -> tuple[bytes, bytes, bytes]:
    """The archive up to the last share, the result, and the finished archive."""
    case = CASES[name]
    group, plain = case.group, Plain(case.group, chance_from(name))
    key, single = plain.trustee_key()
    keys, entries = [key], [["Single", single]]
    if case.joint is not None:
        threshold, size = case.joint
        shares, joint = plain.threshold_keys(size, threshold)
        keys += shares
        entries.append(["Pedersen", joint])
    payload = dumped(entries)
    trustees = parse_trustees(group, payload)
    election = parse_election(
        format_election(
            uuid="MajFiniteFieXX",
            name="interop",
            description="",
            public_key=trustees.key,
            questions=case.questions,
            group=group,
        )
    )
    voters = [plain.rand() for _ in case.votes]
    points = [plain.g(voter) for voter in voters]
    weights = None if case.weights is None else dict(zip(points, case.weights, strict=True))
    listed = format_credentials(points, weights=weights, group=group)
    credentials = parse_credentials(group, listed)
    writer = ArchiveWriter.begin(TIMESTAMP)
    archive = writer.setup(election.raw, payload, listed)
    ballots = [plain.ballot(election, voter, vote) for voter, vote in zip(voters, case.votes, strict=True)]
    archive += b"".join(map(writer.ballot, ballots)) + writer.end_ballots()
    tally = compute_tally(election, credentials, [check_ballot(election, credentials, raw) for raw in ballots])
    archive += writer.encrypted_tally(tally)
    if election.is_ranked:
        for _ in range(2):
            shuffle = plain.shuffle(election, tally)
            tally = check_shuffle(election, tally, shuffle)
            archive += writer.shuffle(1, shuffle)
        archive += writer.end_shuffles()
    opened = {owner: plain.share(election, tally, keys[owner - 1]) for owner in case.openers}
    for owner, share in opened.items():
        archive += writer.partial_decryption(owner, share)
    result = open_tally(election, trustees, tally, opened)
    assert [sorted(column) if election.is_ranked else list(column) for column in result] == case.result
    raw = format_result(result)
    return archive, raw, archive + writer.result(raw)


@pytest.mark.parametrize("name", CASES)
def test_an_archive_of_the_plain_twin_is_sound(name: str) -> None:
    _, _, archive = held(name)
    assert verify_archive(archive).verdict == "valid-v1"


@pytest.mark.parametrize("name", CASES)
def test_every_belenios_tool_finds_it_sound_and_the_same_result(any_peer: Peer, name: str) -> None:
    running, result, archive = held(name)
    assert any_peer.ask("election", "compute-result", archive=running) == [result]
    found = any_peer.verify(archive)
    assert found.passed, found.words
