"""An election of ours as it grows, step by step under the eyes of both verifiers."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from majlis.ballot import (
    ArchiveWriter,
    Ballot,
    ChannelKey,
    Credentials,
    Election,
    Pedersen,
    Question,
    Result,
    Tally,
    TrusteeKey,
    Trustees,
    certify,
    check_ballot,
    check_certificates,
    check_polynomials,
    check_shuffle,
    collect,
    compute_tally,
    deal,
    derive_secret,
    draw_channel_key,
    election_uuid,
    format_credentials,
    format_election,
    format_parameters,
    format_result,
    format_trustees,
    make_input,
    make_member_secret,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    polynomial_commitment,
    shuffle_tally,
    verify_archive,
)
from majlis.crypto import ED25519, Chance, SecretScalar

if TYPE_CHECKING:
    from tests.foreign.conftest import Peer

ACT = hashlib.sha256(b"the act that announces the election").hexdigest()
UUID = election_uuid(ACT)
TIMESTAMP = 1_700_000_000


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
    ballots: list[Ballot] = field(default_factory=list)

    @classmethod
    def announced(
        cls,
        questions: Sequence[Question],
        keys: Sequence[TrusteeKey | Pedersen],
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
        )

    def cast(self, ballot: bytes) -> None:
        self.ballots.append(check_ballot(self.election, self.credentials, ballot))
        self.archive += self.writer.ballot(ballot)

    def close(self) -> Tally:
        tally = compute_tally(self.election, self.credentials, self.ballots)
        self.archive += self.writer.end_ballots() + self.writer.encrypted_tally(tally)
        return tally

    def shuffle(self, tally: Tally, owner: int, chance: Chance) -> Tally:
        """Trustee ``owner`` shuffles; what comes out."""
        return self.shuffled(tally, owner, shuffle_tally(self.election, tally, chance))

    def shuffled(self, tally: Tally, owner: int, shuffle: bytes) -> Tally:
        """A shuffle that somebody made, checked and written."""
        after = check_shuffle(self.election, tally, shuffle)
        self.archive += self.writer.shuffle(owner, shuffle)
        return after

    def end_shuffles(self) -> None:
        self.archive += self.writer.end_shuffles()

    def decrypted(self, shares: Mapping[int, bytes]) -> None:
        for owner, share in shares.items():
            self.archive += self.writer.partial_decryption(owner, share)

    def finish(self, peer: Peer, tally: Tally, shares: Mapping[int, bytes]) -> Result:
        """The result, the same as the tool's to the byte; and a sound box."""
        result = open_tally(self.election, self.trustees, tally, shares)
        assert peer.ask("election", "compute-result", archive=self.archive) == [format_result(result)]
        self.archive += self.writer.result(format_result(result))
        assert_sound(peer, self.archive, "valid-v1")
        return result


@dataclass
class Ceremony:
    """A threshold entry made by our program alone. ``shares``: by member, from 1."""

    keys: dict[int, ChannelKey]
    entry: Pedersen
    shares: dict[int, SecretScalar]
    answers: dict[int, bytes]


def held_ceremony(threshold: int, size: int, chance: Chance) -> Ceremony:
    keys = {i: draw_channel_key(chance) for i in range(1, size + 1)}
    certificates = {i: certify(key, size=size, threshold=threshold, index=i, chance=chance) for i, key in keys.items()}
    certified = check_certificates(certificates, size=size, threshold=threshold)
    polynomials = {i: deal(key, certified, i, chance) for i, key in keys.items()}
    commitments = {i: polynomial_commitment(polynomial) for i, polynomial in polynomials.items()}
    shown = check_polynomials(certified, polynomials, commitments)
    collected = {
        i: collect(key, certified, i, make_input(certified, shown, i), commitments, chance) for i, key in keys.items()
    }
    answers = {i: each.answer for i, each in collected.items()}
    entry = format_parameters(certified, shown, answers)
    return Ceremony(keys=keys, entry=entry, shares={i: each.share for i, each in collected.items()}, answers=answers)


def term_secrets(voters: int, chance: Chance) -> list[SecretScalar]:
    """The voters' secrets for this election, from their standing credentials."""
    return [derive_secret(make_member_secret(chance), bytes([voter]) * 32, ACT) for voter in range(voters)]


def assert_sound(peer: Peer, archive: bytes, verdict: str) -> None:
    """Both verifiers find nothing wrong; ours says exactly ``verdict``."""
    found = peer.verify(archive)
    assert found.passed, found.words
    assert verify_archive(archive).verdict == verdict
