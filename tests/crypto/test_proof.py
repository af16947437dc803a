"""Proofs: the published ones come out byte for byte, honest ones hold, and nothing else does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto import (
    BELENIOS_2048,
    ED25519,
    ORDER,
    Branch,
    Ciphertext,
    NotInGroup,
    Point,
    PointBytes,
    Proof,
    SecretScalar,
    challenge,
    check_bit,
    check_disjunction,
    check_equality,
    check_knowledge,
    draw_scalar,
    prove_disjunction,
    prove_equality,
    prove_knowledge,
    sha256_hex,
)
from majlis.errors import Forged, Refused

Dealt = Callable[..., Callable[[int], bytes]]
KEY = ED25519.raise_generator(5)


def secret(value: int | str) -> SecretScalar:
    return SecretScalar(int(value).to_bytes(32, "little"))


def counted(seed: int) -> Callable[[int], bytes]:
    """A chance that tests can repeat: SHA-512 of a counter."""
    state = [seed]

    def draw(size: int) -> bytes:
        state[0] += 1
        return hashlib.sha512(str(state[0]).encode()).digest()[:size]

    return draw


def encrypt(message: int, randomness: SecretScalar) -> Ciphertext:
    beta = ED25519.power_secretly(KEY, randomness)
    return Ciphertext(
        ED25519.raise_generator_secretly(randomness), ED25519.multiply(beta, ED25519.raise_generator(message))
    )


def proof_of(case: dict[str, Any]) -> Proof:
    return Proof(int(case["challenge"]), int(case["response"]))


def test_published_proofs_of_knowledge(formulas: dict[str, Any], dealt: Dealt) -> None:
    key, message = formulas["trustee_key_proof"], formulas["signed_message"]
    credential, ballot = formulas["credential"], formulas["ballot_signature"]
    ranked = formulas["ranked_proof"]
    start = f"{ranked['election_hash']}|{ranked['credential']}"
    cases = [
        (key["secret"], f"pok|Ed25519|{key['public']}|", key, key["public"]),
        (message["secret"], f"sigmsg|{message['message']}|", message, message["public"]),
        (credential["secret"], f"sig|{ballot['hash']}|", ballot, ballot["public"]),
        (
            ranked["randomness"],
            f"raweg|{start}|{ranked['key']},{ranked['alpha']},{ranked['beta']}|",
            ranked,
            ranked["alpha"],
        ),
    ]
    for x, prefix, case, public in cases:
        assert prove_knowledge(secret(x), prefix, dealt(case["nonce"])) == proof_of(case)
        assert check_knowledge(ED25519, ED25519.parse(public), prefix, proof_of(case)) == ED25519.read(public)


def test_published_ranked_ciphertext(formulas: dict[str, Any]) -> None:
    case = formulas["ranked_proof"]
    beta = ED25519.multiply(ED25519.power(KEY, int(case["randomness"])), ED25519.point_of_ranks(case["ranks"]))
    assert ED25519.format(beta) == case["beta"]


def test_published_individual_proof(formulas: dict[str, Any], dealt: Dealt) -> None:
    case = formulas["individual_proof"]
    r = secret(case["randomness"])
    alpha, beta = encrypt(case["message"], r)
    assert (ED25519.format(alpha), ED25519.format(beta)) == (case["alpha"], case["beta"])
    prefix = f"prove|{case['election_hash']}|{case['credential']}|{case['alpha']},{case['beta']}|"
    (simulated,) = case["simulated"]
    chance = dealt(simulated["challenge"], simulated["response"], case["nonce"])
    proofs = prove_disjunction(KEY, prefix, [Branch(1, r), Branch(0, r)], 1, chance)
    assert proofs == tuple(map(proof_of, case["proofs"]))
    assert sum(proof.challenge for proof in proofs) % ORDER == int(case["hash"])
    assert check_bit(ED25519, KEY, prefix, (alpha, beta), proofs) == (alpha, beta)


def test_published_decryption_and_sidecar(formulas: dict[str, Any], dealt: Dealt) -> None:
    plain, side = formulas["decryption"], formulas["sidecar"]
    sidecar_prefix = (
        f"majlis-decrypt-1|{side['uuid']}|{side['election_hash']}|{side['tally']}|{side['question']},{side['item']}|"
        f"{side['public']}|{side['alpha']}|{side['factor']}|"
    )
    for case, prefix in ((plain, f"decrypt|{plain['election_hash']}|{plain['public']}|"), (side, sidecar_prefix)):
        x, alpha = secret(case["secret"]), ED25519.read(case["alpha"])
        factor = ED25519.power_secretly(alpha, x)
        assert ED25519.format(factor) == case["factor"]
        assert prove_equality(x, alpha, prefix, dealt(case["nonce"])) == proof_of(case)
        check_equality(ED25519, prefix, proof_of(case), public=KEY, base=alpha, raised=factor)


def test_published_channel_keys_and_points(formulas: dict[str, Any]) -> None:
    keys, message = formulas["channel_keys"], formulas["channel_message"]
    sk = int(sha256_hex(f"sk|{keys['seed']}".encode()), 16) % ORDER
    dk = int(sha256_hex(f"dk|{keys['seed']}".encode()), 16) % ORDER
    assert sk == int(keys["signing_secret"])
    assert ED25519.format(ED25519.raise_generator(sk)) == keys["verification"]
    assert ED25519.format(ED25519.raise_generator(dk)) == keys["encryption"]
    session = ED25519.raise_generator(int(message["session"]))
    r = int(message["randomness"])
    assert ED25519.format(ED25519.raise_generator(r)) == message["alpha"]
    assert ED25519.format(ED25519.multiply(ED25519.power(KEY, r), session)) == message["beta"]


@given(st.integers(1, ORDER - 1), st.integers(0, 2**60))
def test_knowledge_holds_for_its_own_point_and_prefix_only(x: int, seed: int) -> None:
    public = ED25519.raise_generator(x)
    proof = prove_knowledge(secret(x), "one|", counted(seed))
    check_knowledge(ED25519, public, "one|", proof)
    for wrong in (
        (public, "two|", proof),
        (ED25519.multiply(public, ED25519.generator), "one|", proof),
        (public, "one|", Proof(proof.challenge, (proof.response + 1) % ORDER)),
        (public, "one|", Proof((proof.challenge + 1) % ORDER, proof.response)),
    ):
        with pytest.raises(Forged):
            check_knowledge(ED25519, *wrong)


@given(st.integers(0, 5).flatmap(lambda most: st.tuples(st.just(most), st.integers(0, most))), st.integers(0, 2**60))
def test_a_number_in_range_is_proven_whatever_the_number(case: tuple[int, int], seed: int) -> None:
    most, message = case
    chance = counted(seed)
    r = draw_scalar(chance)
    alpha, beta = encrypt(message, r)
    proofs = prove_disjunction(KEY, "p|", [Branch(message - m, r) for m in range(most + 1)], message, chance)
    statements = [Ciphertext(alpha, ED25519.divide(beta, ED25519.raise_generator(m))) for m in range(most + 1)]
    check_disjunction(ED25519, KEY, "p|", statements, proofs)
    for wrong in (statements[1:] + statements[:1] if most else [Ciphertext(beta, alpha)],):
        with pytest.raises(Forged):
            check_disjunction(ED25519, KEY, "p|", wrong, proofs)


@pytest.mark.parametrize("message", [-1, 2, 3])
def test_a_ciphertext_of_anything_else_has_no_proof_of_being_a_bit(message: int) -> None:
    chance = counted(message)
    r = draw_scalar(chance)
    alpha, beta = encrypt(message, r)
    with pytest.raises(Refused):
        prove_disjunction(KEY, "p|", [Branch(message, r), Branch(message - 1, r)], 0, chance)
    proofs = prove_disjunction(KEY, "p|", [Branch(0, r), Branch(-1, r)], 0, chance)
    with pytest.raises(Forged):
        check_bit(ED25519, KEY, "p|", (alpha, beta), proofs)


def test_a_bit_outside_the_group_is_no_ciphertext() -> None:
    order_two = PointBytes((2**255 - 20).to_bytes(32, "little"))
    r = draw_scalar(counted(1))
    alpha, beta = encrypt(0, r)
    proofs = prove_disjunction(KEY, "p|", [Branch(0, r), Branch(-1, r)], 0, counted(2))
    for encoded in ((order_two, beta), (alpha, order_two), (ED25519.identity, beta)):
        with pytest.raises(NotInGroup):
            check_bit(ED25519, KEY, "p|", encoded, proofs)


@pytest.mark.parametrize("x", [3, 5])
def test_equality_holds_for_one_exponent(x: int) -> None:
    alpha = ED25519.raise_generator(7)
    proof = prove_equality(secret(x), alpha, "p|", counted(x))
    check_equality(ED25519, "p|", proof, public=ED25519.raise_generator(x), base=alpha, raised=ED25519.power(alpha, x))
    for public, raised in ((x + 1, x), (x, x + 1)):
        with pytest.raises(Forged):
            check_equality(
                ED25519,
                "p|",
                proof,
                public=ED25519.raise_generator(public),
                base=alpha,
                raised=ED25519.power(alpha, raised),
            )


def test_an_empty_tally_decrypts_to_the_identity_with_proof() -> None:
    nothing = ED25519.identity
    proof = prove_equality(secret(5), nothing, "p|", counted(9))
    check_equality(ED25519, "p|", proof, public=KEY, base=nothing, raised=nothing)
    with pytest.raises(Forged):
        check_equality(ED25519, "p|", proof, public=KEY, base=nothing, raised=ED25519.generator)


def test_a_commitment_is_never_the_identity() -> None:
    """With nonce 0 the equation would hold, and the response would be the secret times the challenge."""
    c = challenge("p|", [ED25519.format(ED25519.identity)], ORDER)
    with pytest.raises(Forged, match="identity"):
        check_knowledge(ED25519, KEY, "p|", Proof(c, -5 * c % ORDER))
    alpha = ED25519.raise_generator(7)
    both = challenge("p|", [ED25519.format(ED25519.identity)] * 2, ORDER)
    for base in (alpha, ED25519.identity):
        with pytest.raises(Forged, match="identity"):
            check_equality(
                ED25519,
                "p|",
                Proof(both, -5 * both % ORDER),
                public=KEY,
                base=base,
                raised=ED25519.power(base, 5),
            )


def test_proofs_of_a_finite_field_are_checked() -> None:
    """Made here with plain integers: only tests make proofs outside Ed25519."""
    group = BELENIOS_2048
    x, w = 5, 19
    public, alpha = group.raise_generator(x), group.raise_generator(7)
    c = challenge("p|", [group.format(group.raise_generator(w))], group.order)
    assert check_knowledge(group, public, "p|", Proof(c, (w - x * c) % group.order)) == public
    c = challenge("p|", [group.format(group.raise_generator(w)), group.format(group.power(alpha, w))], group.order)
    proof = Proof(c, (w - x * c) % group.order)
    check_equality(group, "p|", proof, public=public, base=alpha, raised=group.power(alpha, x))
    with pytest.raises(Forged):
        check_equality(group, "p|", proof, public=public, base=alpha, raised=Point(alpha))
