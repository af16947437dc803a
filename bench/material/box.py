"""Ballot boxes to be measured: closed elections of any size, sealed, summed and opened by our own code.

The secrets are drawn from a published seed, so that everybody makes the same box: good for measurements alone. Ballots
go to the file as they are sealed; nothing grows but the list of voters.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import NamedTuple

import msgspec

from majlis.ballot import (
    ArchiveWriter,
    ChoiceQuestion,
    Question,
    RankedQuestion,
    check_ballot,
    check_shuffle,
    compute_tally,
    decrypt_share,
    derive_credential,
    format_credentials,
    format_election,
    format_result,
    format_trustees,
    make_trustee_key,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    seal,
    shuffle_tally,
)
from majlis.ballot.tally import form_tally
from majlis.crypto import ED25519, Chance, Ciphertext, PointBytes

TIMESTAMP = 1_700_000_000
TRUSTEES = 3


class Made(NamedTuple):
    """What making a box took, in seconds of processor time; ``sealing`` is of all ballots, ``tally`` of their sum.

    ``beginning``, ``closed``: the size of the box when it held no ballot yet, and after the last one.
    """

    ballots: int
    beginning: int
    closed: int
    size: int
    sealing: float
    tally: float
    shuffling: float


def drawn(seed: str) -> Chance:
    """The same numbers for everybody, and never the same twice."""
    numbers = itertools.count()
    return lambda size: hashlib.shake_256(f"{seed} {next(numbers)}".encode()).digest(size)


def card(voter: int) -> str:
    """The credential of a voter as belenios-tool writes it. Nothing about it is secret."""
    text = f"{voter:022}".translate(str.maketrans("0", "A"))
    return "-".join([text[:5], text[5:11], text[11:16], text[16:]])


def uuid_of(seed: str) -> str:
    """The identifier of the election of this seed."""
    return hashlib.sha256(seed.encode()).hexdigest()[:14].translate(str.maketrans("0", "G"))


def make_box(path: Path, ballots: int, *, options: int = 5, seed: str = "bench", shuffles: int = 0) -> Made:
    """A closed box of one question, one answer of ``options``; where ``shuffles`` are named, ranked and shuffled."""
    chance, uuid = drawn(seed), uuid_of(seed)
    keys = [make_trustee_key(chance) for _ in range(TRUSTEES)]
    trustees = format_trustees([public for _, public in keys])
    key = parse_trustees(ED25519, trustees).key
    answers = tuple(f"Candidate {number}" for number in range(1, options + 1))
    question: Question = ChoiceQuestion(question="Who?", answers=answers, min=1, max=1)
    if shuffles:
        question = RankedQuestion(question="In which order?", answers=answers)
    text = format_election(
        uuid=uuid,
        name=f"Made to be measured: {seed}",
        description="",
        public_key=key,
        questions=(question,),
    )
    election = parse_election(text)
    secrets = [derive_credential(uuid, card(voter)) for voter in range(ballots)]
    listed = format_credentials([ED25519.raise_generator_secretly(secret) for secret in secrets])
    credentials = parse_credentials(ED25519, listed)
    writer = ArchiveWriter.begin(TIMESTAMP)
    sealing = summing = shuffling = 0.0
    sums = [[ED25519.identity, ED25519.identity] for _ in range(options)]
    kept = []
    with path.open("wb") as file:
        file.write(writer.setup(text, trustees, listed))
        beginning = writer.written.size
        for voter, secret in enumerate(secrets):
            chosen = (voter * voter + voter // 7) % options
            vote = [(place + chosen) % options + 1 if shuffles else int(place == chosen) for place in range(options)]
            start = process_time()
            sealed = seal(election, secret, [vote], chance)
            sealing += process_time() - start
            file.write(writer.ballot(sealed))
            if shuffles:
                kept.append(check_ballot(election, credentials, sealed))
                continue
            start = process_time()
            for own, pair in zip(sums, points_of(sealed), strict=True):
                own[:] = [ED25519.multiply(*both) for both in zip(own, pair, strict=True)]
            summing += process_time() - start
        file.write(writer.end_ballots())
        closed = writer.written.size
        if shuffles:
            tally = compute_tally(election, credentials, kept)
        else:
            columns = (tuple(Ciphertext(*own) for own in sums),)
            tally = form_tally(ED25519, columns, ballots=ballots, weight=ballots)
        file.write(writer.encrypted_tally(tally))
        for owner in range(1, shuffles + 1):
            start = process_time()
            shuffle = shuffle_tally(election, tally, chance)
            shuffling += process_time() - start
            tally = check_shuffle(election, tally, shuffle)
            file.write(writer.shuffle(owner, shuffle))
        if shuffles:
            file.write(writer.end_shuffles())
        shares = {}
        for owner, (secret_key, _) in enumerate(keys, start=1):
            shares[owner] = decrypt_share(election, tally, secret_key, chance)
            file.write(writer.partial_decryption(owner, shares[owner]))
        result = open_tally(election, parse_trustees(ED25519, trustees), tally, shares)
        file.write(writer.result(format_result(result)))
    return Made(ballots, beginning, closed, writer.written.size, sealing, summing, shuffling)


def points_of(ballot: bytes) -> Iterator[tuple[PointBytes, PointBytes]]:
    """The ciphertexts of a ballot that we made ourselves."""
    (answer,) = msgspec.json.decode(ballot)["answers"]
    for pair in answer["choices"]:
        yield ED25519.parse(pair["alpha"]), ED25519.parse(pair["beta"])
