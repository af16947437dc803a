"""Elections with threshold trustees and ranked votes, carried out in full; keys published, for tests only."""

from __future__ import annotations

from collections.abc import Sequence

from ceremony import HONEST
from material import TRUSTEES, UUID, Counter, Parts, secret, written

from majlis.ballot import (
    BLANK,
    ChoiceQuestion,
    Question,
    RankedQuestion,
    check_ballot,
    check_shuffle,
    compute_tally,
    decrypt_share,
    format_credentials,
    format_election,
    format_result,
    format_trustees,
    open_box,
    parse_credentials,
    parse_election,
    parse_trustees,
    prove_sidecar,
    seal,
    shuffle_tally,
)
from majlis.crypto import ED25519, Point, SecretScalar

JOIN = ChoiceQuestion(question="Do we join? / هل ننضم؟", answers=("yes", "no"), min=1, max=1, blank=True)
WELLS = RankedQuestion(question="Which well first?", answers=("north", "east", "mill"), extra=b'{"type":"ScoreVoting"}')
VOTERS = [secret(f"voter {number}") for number in range(1, 4)]
CHOICES = ((1, 0), BLANK, (0, 1))
RANKINGS = ((1, 2, 3), (3, 1, 2), BLANK)

SINGLE = {owner: key for owner, (key, _) in enumerate(TRUSTEES, start=1)}
SINGLE_PAYLOAD = format_trustees([key for _, key in TRUSTEES])
JOINT = {1: TRUSTEES[0][0], **{1 + index: share for index, share in HONEST.shares.items()}}
JOINT_PAYLOAD = format_trustees([TRUSTEES[0][1], HONEST.entry])


def election_of(trustees: bytes, questions: Sequence[Question]) -> bytes:
    """election.json under these trustees' key."""
    key = parse_trustees(ED25519, trustees).key
    return format_election(uuid=UUID, name="vectors", description="", public_key=key, questions=questions)


def hold(
    label: str,
    *,
    trustees: bytes,
    keys: dict[int, SecretScalar],
    questions: Sequence[Question],
    votes: Sequence[Sequence[Sequence[int] | None]],
    weights: Sequence[int] | None = None,
    ballots: tuple[bytes, ...] | None = None,
    shufflers: Sequence[int] = (1, 2),
    openers: Sequence[int] | None = None,
) -> Parts:
    """An election carried out in full; ``ballots``: such as voters make who do what they like."""
    chance = Counter(label)
    election = parse_election(election_of(trustees, questions))
    points = [ED25519.raise_generator_secretly(voter) for voter in VOTERS]
    weighed: dict[Point, int] | None = None if weights is None else dict(zip(points, weights, strict=True))
    credentials = format_credentials(points, weights=weighed)
    listed = parse_credentials(ED25519, credentials)
    sealed = ballots or tuple(seal(election, voter, vote, chance) for voter, vote in zip(VOTERS, votes, strict=True))
    archived = tally = compute_tally(election, listed, [check_ballot(election, listed, ballot) for ballot in sealed])
    shuffles = []
    for owner in shufflers if election.is_ranked else ():
        shuffle = shuffle_tally(election, tally, chance)
        tally = check_shuffle(election, tally, shuffle)
        shuffles.append((owner, shuffle))
    shares, sidecars = {}, {}
    for owner in openers or keys:
        key = keys[owner]
        shares[owner] = decrypt_share(election, tally, key, chance)
        sidecars[owner] = prove_sidecar(election, tally, owner=owner, share=shares[owner], secret=key, chance=chance)
    opening = open_box(election, parse_trustees(ED25519, trustees), tally, shares)
    data = {"num_tallied": tally.ballots, "total_weight": tally.weight, "encrypted_tally": tally.hash}
    return Parts(
        election=election.raw,
        trustees=trustees,
        credentials=credentials,
        ballots=sealed,
        tally=archived.raw,
        tally_data=written(data),
        shares=tuple(shares.items()),
        sidecars=sidecars,
        result=format_result(opening.result),
        shuffles=tuple(shuffles) if election.is_ranked else None,
    )


THRESHOLD = hold(
    "threshold",
    trustees=JOINT_PAYLOAD,
    keys=JOINT,
    questions=[JOIN],
    votes=[[choice] for choice in CHOICES],
    openers=(1, 2, 4),
)
RANKED = hold(
    "ranked",
    trustees=SINGLE_PAYLOAD,
    keys=SINGLE,
    questions=[WELLS],
    votes=[[ranking] for ranking in RANKINGS],
)
MIXED = hold(
    "mixed",
    trustees=JOINT_PAYLOAD,
    keys=JOINT,
    questions=[JOIN, WELLS],
    votes=list(zip(CHOICES, RANKINGS, strict=True)),
    shufflers=(1, 4),
    openers=(1, 3, 4),
)
