"""A forger who knows a voter's secret and can do all arithmetic of the curve, points of small order included.

Every point is kept as a member of the group and a multiple k of a point T of order 8, so that the forger sees what a
verifier will compute: P^c has c*k of T. A proof over such a point holds literally when the forger grinds its
challenges: until c*k vanishes (then the commitments are clean), or is what was guessed (then they carry it too).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from nacl.bindings import crypto_core_ed25519_add
from tests.native.plain import ORDER_EIGHT

from majlis.ballot import Election
from majlis.crypto import ED25519, ORDER, Point, PointBytes, challenge, fingerprint

G, ONE = ED25519.generator, ED25519.identity


class Twisted(NamedTuple):
    """prime * T^k."""

    prime: Point
    k: int = 0

    def times(self, other: Twisted) -> Twisted:
        return Twisted(ED25519.multiply(self.prime, other.prime), (self.k + other.k) % 8)

    def power(self, n: int) -> Twisted:
        return Twisted(ED25519.power(self.prime, n), self.k * n % 8)

    @property
    def text(self) -> str:
        return ED25519.format(PointBytes(crypto_core_ed25519_add(self.prime, ORDER_EIGHT[self.k])))


def forge(
    election: Election, secret: int, vote: int, twists: Mapping[str, int], *, is_clean: bool, chance: Any
) -> bytes:
    """A ballot that chooses answer ``vote``; ``twists``: k of ``alpha 0``, ``beta 1``, ``credential`` and so on."""
    maker = _Maker(election, twists, is_clean, chance)
    credential = Twisted(ED25519.raise_generator(secret), twists.get("credential", 0))
    start = f"{election.fingerprint}|{credential.text}"
    (question,) = election.questions
    slots = [maker.encrypt(slot, int(slot == vote)) for slot in range(len(question.answers))]
    texts = [f"{alpha.text},{beta.text}" for alpha, beta, _, _ in slots]
    individual = [maker.prove(f"prove|{start}|{text}|", pair, (0, 1)) for pair, text in zip(slots, texts, strict=True)]
    total = maker.total(slots)
    whole = f"prove|{start}|{','.join(texts)}|{total[0].text},{total[1].text}|"
    answer = {
        "choices": [{"alpha": alpha.text, "beta": beta.text} for alpha, beta, _, _ in slots],
        "individual_proofs": individual,
        "overall_proof": maker.prove(whole, total, (1,)),
    }
    unsigned: dict[str, Any] = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": credential.text,
        "answers": [answer],
    }
    signed = fingerprint(written(unsigned))
    proof = maker.sign(f"sig|{signed}|", credential, secret)
    return written(unsigned | {"signature": {"hash": signed, "proof": proof}})


def written(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def as_text(c: int, r: int) -> dict[str, str]:
    return {"challenge": str(c), "response": str(r)}


Slot = tuple[Twisted, Twisted, int, int]
"""alpha, beta, the randomness, the plaintext."""


class _Maker:
    def __init__(self, election: Election, twists: Mapping[str, int], is_clean: bool, chance: Any) -> None:
        self.y, self.twists, self.is_clean, self.chance = election.public_key, twists, is_clean, chance

    def number(self) -> int:
        return int(self.chance.randrange(ORDER))

    def encrypt(self, slot: int, plaintext: int) -> Slot:
        r = self.number()
        beta = ED25519.multiply(ED25519.power(self.y, r), ED25519.raise_generator(plaintext))
        twists = [self.twists.get(f"{part} {slot}", 0) for part in ("alpha", "beta")]
        return Twisted(ED25519.raise_generator(r), twists[0]), Twisted(beta, twists[1]), r, plaintext

    def total(self, slots: list[Slot]) -> Slot:
        alpha, beta, r, plaintext = slots[0]
        for more in slots[1:]:
            alpha, beta = alpha.times(more[0]), beta.times(more[1])
            r, plaintext = (r + more[2]) % ORDER, plaintext + more[3]
        return alpha, beta, r, plaintext

    def prove(self, prefix: str, slot: Slot, cases: tuple[int, ...]) -> list[dict[str, str]]:
        alpha, beta, r, plaintext = slot
        true = cases.index(plaintext)
        while True:
            proofs = {j: (8 * self.chance.randrange(ORDER // 8), self.number()) for j in range(len(cases))}
            guess = 0 if self.is_clean else self.chance.randrange(8)
            w = self.number()
            commitments = []
            for j, message in enumerate(cases):
                c, response = proofs[j]
                if j == true:
                    first = Twisted(ED25519.raise_generator(w), guess * alpha.k % 8)
                    second = Twisted(ED25519.power(self.y, w), guess * beta.k % 8)
                else:
                    shifted = Twisted(ED25519.divide(beta.prime, ED25519.raise_generator(message)), beta.k)
                    first = Twisted(ED25519.raise_generator(response)).times(alpha.power(c))
                    second = Twisted(ED25519.power(self.y, response)).times(shifted.power(c))
                commitments += [first.text, second.text]
            others = sum(c for j, (c, _) in proofs.items() if j != true)
            own = (challenge(prefix, commitments, ORDER) - others) % ORDER
            if all((own - guess) * k % 8 == 0 for k in (alpha.k, beta.k)):
                proofs[true] = (own, (w - r * own) % ORDER)
                return [as_text(*proofs[j]) for j in range(len(cases))]

    def sign(self, prefix: str, credential: Twisted, secret: int) -> dict[str, str]:
        for guess in itertools.cycle([0] if self.is_clean else range(8)):
            w = self.number()
            commitment = Twisted(ED25519.raise_generator(w), guess * credential.k % 8)
            c = challenge(prefix, [commitment.text], ORDER)
            if (c - guess) * credential.k % 8 == 0:
                return as_text(c, (w - secret * c) % ORDER)
        raise AssertionError
