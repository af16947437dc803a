"""The encrypted sum of the ballots that count: of each credential its last, times its weight.

    [[ciphertext × slots],…]      choice question: product of the ballots' choices, each to the voter's weight
                                  ranked question: all ciphertexts, sorted by the bytes of alpha, then of beta

Anybody can compute it from the box, so the archived one is compared to the last byte. With no ballots, or only of
weight 0, the sums are the identity.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 10. Rules R-BOX-49 to R-BOX-51.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from majlis.ballot.ballot import Ballot
from majlis.ballot.credentials import Credentials
from majlis.ballot.election import ChoiceQuestion, Election
from majlis.ballot.wire import encode, format_ciphertext
from majlis.crypto import Ciphertext, Group, Point, sha256_hex

__all__ = ["Ciphertexts", "Tally", "compute_tally", "form_tally"]

Ciphertexts = tuple[tuple[Ciphertext, ...], ...]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What the trustees open. ``raw`` and ``hash`` stay those of the tally when ``ciphertexts`` have been shuffled.

    ``ballots`` and ``weight``: how many count, and what they weigh together.
    """

    ciphertexts: Ciphertexts
    ballots: int
    weight: int
    raw: bytes
    hash: str


def compute_tally(election: Election, credentials: Credentials, ballots: Iterable[Ballot]) -> Tally:
    """The tally of the ballots, which come in the order of the box and are checked and listed.

    Cost: two additions for each option of a ballot that counts, two multiplications more where its weight is above 1.
    """
    last = {ballot.credential: ballot for ballot in ballots}
    group = election.group
    weighed = [(ballot.answers, credentials.weights[credential]) for credential, ballot in last.items()]
    sums: list[tuple[Ciphertext, ...]] = []
    for number, question in enumerate(election.questions):
        answers = [(each[number], weight) for each, weight in weighed]
        if isinstance(question, ChoiceQuestion):
            sums.append(tuple(_weighted_sum(group, answers, slot) for slot in range(question.slots)))
        else:
            sums.append(tuple(sorted(ciphertext for (ciphertext,), _ in answers)))
    return form_tally(group, tuple(sums), ballots=len(last), weight=sum(weight for _, weight in weighed))


def form_tally(group: Group, ciphertexts: Ciphertexts, *, ballots: int, weight: int) -> Tally:
    """The tally of these sums, as it is written."""
    raw = encode([[format_ciphertext(group, each) for each in column] for column in ciphertexts])
    return Tally(ciphertexts=ciphertexts, ballots=ballots, weight=weight, raw=raw, hash=sha256_hex(raw))


def _weighted_sum(group: Group, answers: list[tuple[tuple[Ciphertext, ...], int]], slot: int) -> Ciphertext:
    def power(point: Point, weight: int) -> Point:
        return point if weight == 1 else group.power(point, weight)

    return Ciphertext(
        group.product(power(choices[slot].alpha, weight) for choices, weight in answers),
        group.product(power(choices[slot].beta, weight) for choices, weight in answers),
    )
