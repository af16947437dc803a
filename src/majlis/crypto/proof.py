"""Proofs that something secret was done rightly, each a pair (challenge, response) whose challenge is a hash.

Knowledge (Schnorr): of x with X = g^x
    prove   w random, A = g^w, c = H(prefix, A), r = w - x*c
    check   A = g^r * X^c, c = H(prefix, A)

Equality (Chaum-Pedersen): the same x in X = g^x and f = a^x
    prove   w random, A = g^w, B = a^w, c = H(prefix, A, B), r = w - x*c
    check   A = g^r * X^c, B = a^r * f^c, c = H(prefix, A, B)

Disjunction: one of the ciphertexts (a_j, b_j) = (g^r, y^r) encrypts nothing, without saying which
    check   A_j = g^r_j * a_j^c_j, B_j = y^r_j * b_j^c_j, sum of c_j = H(prefix, A_0, B_0, ..., A_k, B_k)
    prove   with m_j the plaintext of (a_j, b_j), s_j its randomness, and i the true case, m_i = 0: for every other j
            pick c_j and r_j and put t_j = r_j + s_j*c_j; pick t_i. All commitments then have one form, A_j = g^t_j
            and B_j = y^t_j * g^(m_j*c_j). Last, c_i = H - the sum of the other c_j, and r_i = t_i - s_i*c_i.

The identity is never a commitment: it would show the secret. It occurs only where a itself is the identity, in the
decryption of a tally of no weight.

Source: Belenios specification, crypto v1. Tests: fixed nonces in ``vectors/ballot``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from majlis.crypto.edwards import ED25519
from majlis.crypto.encoding import challenge
from majlis.crypto.group import Group, Point, PointBytes
from majlis.crypto.scalar import ORDER, Chance, SecretScalar, draw_scalar
from majlis.errors import Forged, Refused

__all__ = [
    "Branch",
    "Ciphertext",
    "Proof",
    "check_bit",
    "check_disjunction",
    "check_equality",
    "check_knowledge",
    "prove_disjunction",
    "prove_equality",
    "prove_knowledge",
]


class Proof(NamedTuple):
    """Both modulo the group's order."""

    challenge: int
    response: int


class Ciphertext(NamedTuple):
    """(g^r, y^r * g^m): the encryption of m under y with randomness r."""

    alpha: Point
    beta: Point


class Branch(NamedTuple):
    """One case of a disjunction, as its prover knows it: the plaintext that remains, and the randomness."""

    plaintext: int
    randomness: SecretScalar


def check_knowledge(group: Group, public: PointBytes, prefix: str, proof: Proof) -> Point:
    """Whoever made the proof knows x with ``public`` = g^x; ``public`` comes back as a member.

    Raises: NotInGroup, when it is none; Forged, when the proof fails.
    """
    member, blinded = group.admit(public, proof.challenge)
    commitment = group.multiply(group.raise_generator(proof.response), blinded)
    _check_challenge(group, prefix, [commitment], proof.challenge)
    return member


def check_equality(group: Group, prefix: str, proof: Proof, *, public: Point, base: Point, raised: Point) -> None:
    """``raised`` is ``base`` to the same x with which ``public`` = g^x.

    Raises: Forged, when the proof fails.
    """
    c, r = proof
    first = group.multiply(group.raise_generator(r), group.power(public, c))
    second = group.multiply(group.power(base, r), group.power(raised, c))
    if base == group.identity and first != group.identity:
        _check_hash(group, prefix, [first, second], c)
        return
    _check_challenge(group, prefix, [first, second], c)


def check_disjunction(
    group: Group, key: Point, prefix: str, ciphertexts: Sequence[Ciphertext], proofs: Sequence[Proof]
) -> None:
    """At least one of the ciphertexts encrypts zero; as many proofs as ciphertexts.

    Raises: Forged, when it is not shown.
    """
    commitments = []
    for (alpha, beta), (c, r) in zip(ciphertexts, proofs, strict=True):
        commitments.append(group.multiply(group.raise_generator(r), group.power(alpha, c)))
        commitments.append(group.multiply(group.power(key, r), group.power(beta, c)))
    total = sum(proof.challenge for proof in proofs) % group.order
    _check_challenge(group, prefix, commitments, total)


def check_bit(
    group: Group, key: Point, prefix: str, encoded: tuple[PointBytes, PointBytes], proofs: Sequence[Proof]
) -> Ciphertext:
    """The ciphertext as it was read encrypts 0 or 1; it comes back as members. Two proofs.

    Cost: four multiplications of key and ciphertext, two of g; membership costs nothing more.
    Raises: NotInGroup; Forged, when the proof fails.
    """
    alpha, beta = encoded
    (c0, r0), (c1, r1) = proofs
    member_alpha, blinded_alpha = group.admit(alpha, c0)
    member_beta, blinded_beta = group.admit(beta, c0)
    less_one = group.divide(member_beta, group.generator)
    commitments = [
        group.multiply(group.raise_generator(r0), blinded_alpha),
        group.multiply(group.power(key, r0), blinded_beta),
        group.multiply(group.raise_generator(r1), group.power(member_alpha, c1)),
        group.multiply(group.power(key, r1), group.power(less_one, c1)),
    ]
    _check_challenge(group, prefix, commitments, (c0 + c1) % group.order)
    return Ciphertext(member_alpha, member_beta)


def prove_knowledge(secret: SecretScalar, prefix: str, chance: Chance) -> Proof:
    """Knowledge of ``secret`` with X = g^secret, in Ed25519; the prefix must contain X."""
    w = draw_scalar(chance)
    commitment = ED25519.raise_generator_secretly(w)
    c = challenge(prefix, [ED25519.format(commitment)], ORDER)
    return Proof(c, (w - secret * c).reveal())


def prove_equality(secret: SecretScalar, base: Point, prefix: str, chance: Chance) -> Proof:
    """The same ``secret`` in g^secret and base^secret, in Ed25519."""
    w = draw_scalar(chance)
    commitments = [ED25519.raise_generator_secretly(w), ED25519.power_secretly(base, w)]
    c = challenge(prefix, [ED25519.format(point) for point in commitments], ORDER)
    return Proof(c, (w - secret * c).reveal())


def prove_disjunction(
    key: Point, prefix: str, branches: Sequence[Branch], true_case: int, chance: Chance
) -> tuple[Proof, ...]:
    """One of the branches has plaintext 0, namely ``true_case``; in Ed25519, proofs in order of the branches.

    ``chance`` gives challenge and response of each other branch in order, then the nonce of the true one.
    Raises: Refused, when that branch is not true.
    """
    if branches[true_case].plaintext != 0:
        raise Refused("only what is true can be proven; the vote and its encryption do not agree")
    simulated = {j: (draw_scalar(chance), draw_scalar(chance)) for j in range(len(branches)) if j != true_case}
    nonce = draw_scalar(chance)
    commitments = []
    for j, branch in enumerate(branches):
        if j == true_case:
            t = nonce
        else:
            c, r = simulated[j]
            t = r + branch.randomness * c
        commitments.append(ED25519.raise_generator_secretly(t))
        beta = ED25519.power_secretly(key, t)
        if branch.plaintext != 0:
            beta = ED25519.multiply(beta, ED25519.raise_generator_secretly(simulated[j][0] * branch.plaintext))
        commitments.append(beta)
    remaining = challenge(prefix, [ED25519.format(point) for point in commitments], ORDER)
    for c, _ in simulated.values():
        remaining -= c.reveal()
    remaining %= ORDER
    answer = Proof(remaining, (nonce - branches[true_case].randomness * remaining).reveal())
    return tuple(
        answer if j == true_case else Proof(simulated[j][0].reveal(), simulated[j][1].reveal())
        for j in range(len(branches))
    )


def _check_challenge(group: Group, prefix: str, commitments: Sequence[Point], claimed: int) -> None:
    if group.identity in commitments:
        raise Forged("a commitment of this proof is the identity, which an honest prover never sends")
    _check_hash(group, prefix, commitments, claimed)


def _check_hash(group: Group, prefix: str, commitments: Sequence[Point], claimed: int) -> None:
    if challenge(prefix, [group.format(point) for point in commitments], group.order) != claimed:
        raise Forged("this proof does not hold; what it speaks of was altered, or never true")
