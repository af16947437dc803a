"""Secret scalars: libsodium's arithmetic, and a secret that stays one."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto import (
    ED25519,
    ORDER,
    NotInGroup,
    Point,
    PointBytes,
    SecretScalar,
    draw_scalar,
    secret_of_hash,
)
from majlis.errors import Malformed

scalars = st.integers(0, ORDER - 1)


def secret(value: int) -> SecretScalar:
    return SecretScalar(value.to_bytes(32, "little"))


@given(scalars, scalars)
def test_arithmetic_is_modulo_the_order(x: int, y: int) -> None:
    assert (secret(x) + secret(y)).reveal() == (x + y) % ORDER
    assert (secret(x) - y).reveal() == (x - y) % ORDER
    assert (secret(x) * secret(y)).reveal() == x * y % ORDER
    assert (secret(x) * -y).reveal() == -x * y % ORDER


@given(scalars)
def test_secret_powers_equal_public_ones(x: int) -> None:
    point = ED25519.raise_generator(9)
    assert ED25519.raise_generator_secretly(secret(x)) == ED25519.raise_generator(x)
    assert ED25519.power_secretly(point, secret(x)) == ED25519.power(point, x)


def test_the_zero_secret_gives_the_identity() -> None:
    assert ED25519.raise_generator_secretly(secret(0)) == ED25519.identity
    assert ED25519.power_secretly(ED25519.generator, secret(0)) == ED25519.identity


def test_a_power_of_what_is_no_member_is_never_given() -> None:
    with pytest.raises(NotInGroup):
        ED25519.power_secretly(Point(PointBytes((2**255 - 20).to_bytes(32, "little"))), secret(3))
    assert ED25519.power_secretly(ED25519.identity, secret(3)) == ED25519.identity


def test_a_drawn_scalar_is_64_bytes_reduced() -> None:
    assert draw_scalar(lambda size: (ORDER + 5).to_bytes(size, "little")).reveal() == 5
    assert draw_scalar(lambda size: b"\xff" * size).reveal() == (2**512 - 1) % ORDER


def test_a_hash_is_read_big_endian() -> None:
    assert secret_of_hash(bytes(63) + b"\x07").reveal() == 7
    assert secret_of_hash(b"\x01" + bytes(63)).reveal() == 2**504 % ORDER
    assert secret_of_hash(b"\xff" * 32).reveal() == (2**256 - 1) % ORDER


@pytest.mark.parametrize("encoded", [b"", bytes(31), bytes(33), ORDER.to_bytes(32, "little"), b"\xff" * 32])
def test_only_reduced_scalars_are_taken(encoded: bytes) -> None:
    with pytest.raises(Malformed):
        SecretScalar(encoded)


def test_a_secret_shows_nothing_and_goes_nowhere() -> None:
    one = secret(123456789)
    assert "123456789" not in repr(one)
    assert one.export().hex() not in repr(one)
    with pytest.raises(TypeError):
        _ = one == secret(123456789)
    with pytest.raises(TypeError):
        hash(one)
    with pytest.raises(TypeError):
        pickle.dumps(one)
    with pytest.raises(TypeError):
        copy.copy(one)
