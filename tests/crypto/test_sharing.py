"""Shared secrets: any t of n, exhaustively for the small; fewer than t say nothing; the published weights."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto import (
    BELENIOS_2048,
    ED25519,
    ORDER,
    Group,
    SecretScalar,
    combine_powers,
    lagrange,
    secret_sum,
    share_in_exponent,
    share_of,
)

numbers = st.integers(0, ORDER - 1)


def secret(value: int) -> SecretScalar:
    return SecretScalar((value % ORDER).to_bytes(32, "little"))


def polynomial(threshold: int) -> list[int]:
    return [1000 + 77 * k for k in range(threshold)]


def at(coefficients: list[int], x: int) -> int:
    return sum(a * x**k for k, a in enumerate(coefficients))


def test_published_weights(formulas: dict[str, Any]) -> None:
    case = formulas["lagrange"]
    for own, coefficient in case["coefficients"].items():
        assert lagrange(ED25519, case["members"], int(own)) == int(coefficient)


@given(st.sets(st.integers(1, 200), min_size=1, max_size=8))
def test_weights_add_up_to_one(members: set[int]) -> None:
    """The constant polynomial is found again from any members."""
    assert sum(lagrange(ED25519, members, own) for own in members) % ORDER == 1


@given(st.lists(numbers, min_size=1, max_size=5), st.integers(1, 1000))
def test_a_share_is_the_value_of_the_polynomial(coefficients: list[int], index: int) -> None:
    share = share_of([secret(each) for each in coefficients], index)
    assert share.reveal() == at(coefficients, index) % ORDER
    commitments = [ED25519.raise_generator(each) for each in coefficients]
    assert share_in_exponent(ED25519, commitments, index) == ED25519.raise_generator(share.reveal())


@pytest.mark.parametrize("group", [ED25519, BELENIOS_2048])
def test_any_t_of_n_find_the_same_power_and_fewer_another(group: Group) -> None:
    base = group.raise_generator(31337)
    for size in range(1, 5):
        for threshold in range(1, size + 1):
            coefficients = polynomial(threshold)
            powers = {j: group.power(base, at(coefficients, j)) for j in range(1, size + 1)}
            right = group.power(base, coefficients[0])
            for count in range(1, size + 1):
                for members in combinations(powers, count):
                    found = combine_powers(group, {j: powers[j] for j in members})
                    assert (found == right) == (count >= threshold)


def test_nothing_is_shared_by_nothing() -> None:
    assert secret_sum([]).reveal() == share_of([], 3).reveal() == 0
    assert share_in_exponent(ED25519, [], 3) == combine_powers(ED25519, {}) == ED25519.identity


@given(st.lists(numbers, max_size=5))
def test_secrets_are_summed(values: list[int]) -> None:
    assert secret_sum(secret(value) for value in values).reveal() == sum(values) % ORDER
