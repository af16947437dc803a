"""The groups: encodings, membership, the identity, and the library's edges that we cover."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_core_ed25519_add

from majlis.crypto import (
    BELENIOS_2048,
    ED25519,
    ORDER,
    RFC_3526_2048,
    Group,
    NonCanonical,
    NotInGroup,
    Point,
    PointBytes,
    group_named,
)
from majlis.errors import Malformed, Refused

P = 2**255 - 19
IDENTITY = ED25519.identity
GROUPS = [ED25519, BELENIOS_2048, RFC_3526_2048]
exponents = st.one_of(st.sampled_from([0, 1, 2, ORDER - 1]), st.integers(0, ORDER - 1))

# One point of each order that divides 8, little-endian.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


def test_published_powers(formulas: dict[str, Any]) -> None:
    assert ED25519.format(ED25519.generator) == formulas["points"]["generator"]
    for case in formulas["points"]["powers"]:
        assert ED25519.format(ED25519.raise_generator(int(case["exponent"]))) == case["point"]


def test_published_independent_generators(formulas: dict[str, Any]) -> None:
    for case in formulas["points"]["independent"]:
        assert ED25519.format(ED25519.independent_generator(case["index"])) == case["point"]


def test_published_rank_points(formulas: dict[str, Any]) -> None:
    for case in formulas["points"]["ranks"]:
        point = ED25519.point_of_ranks(case["ranks"])
        assert ED25519.format(point) == case["point"]
        assert ED25519.ranks_of_point(point, len(case["ranks"])) == tuple(case["ranks"])


@given(exponents, exponents)
def test_powers_multiply_and_divide_with_the_identity_among_them(x: int, y: int) -> None:
    a, b = ED25519.raise_generator(x), ED25519.raise_generator(y)
    assert ED25519.multiply(a, b) == ED25519.raise_generator(x + y)
    assert ED25519.divide(a, b) == ED25519.raise_generator(x - y)
    assert ED25519.power(a, y) == ED25519.raise_generator(x * y)


def test_the_library_refuses_what_we_answer_for_the_identity() -> None:
    assert ED25519.power(IDENTITY, 5) == IDENTITY
    assert ED25519.power(ED25519.generator, ORDER) == IDENTITY
    assert ED25519.raise_generator(0) == IDENTITY
    assert ED25519.product([]) == IDENTITY
    assert ED25519.product([ED25519.generator, IDENTITY, ED25519.generator]) == ED25519.raise_generator(2)
    assert ED25519.check_or_identity(IDENTITY) == IDENTITY


@pytest.mark.parametrize("torsion", SMALL_ORDER)
@pytest.mark.parametrize("of", ["alone", "added to a member"])
def test_points_outside_the_prime_order_subgroup_are_no_members(torsion: str, of: str) -> None:
    raw = bytes.fromhex(torsion)
    if of == "added to a member":
        if raw == IDENTITY:
            return
        raw = crypto_core_ed25519_add(raw, ED25519.raise_generator(77))
    with pytest.raises(NotInGroup):
        ED25519.check(PointBytes(raw))
    for exponent in (0, 1, 8):
        with pytest.raises(NotInGroup):
            ED25519.admit(PointBytes(raw), exponent)


@pytest.mark.parametrize("value", [P, P + 1, P + 3, P + 18, 2, (1 << 255) | 1, (1 << 255) | (P - 1)])
def test_encodings_that_are_not_canonical_or_not_on_the_curve_are_no_members(value: int) -> None:
    raw = PointBytes(value.to_bytes(32, "little"))
    with pytest.raises(NotInGroup):
        ED25519.check(raw)
    with pytest.raises(NotInGroup):
        ED25519.admit(raw, 3)


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33)])
def test_a_point_has_32_bytes(raw: bytes) -> None:
    with pytest.raises(NotInGroup):
        ED25519.check(PointBytes(raw))
    with pytest.raises(NotInGroup):
        ED25519.admit(PointBytes(raw), 3)


@given(exponents.filter(bool), exponents)
def test_admission_is_membership_and_the_power_together(x: int, exponent: int) -> None:
    raw = PointBytes(ED25519.raise_generator(x))
    assert ED25519.admit(raw, exponent) == (raw, ED25519.power(Point(raw), exponent))


@pytest.mark.parametrize("text", ["", "66", "6" * 65, "g" * 64, " " + "6" * 63, "6" * 62 + "\u0666\u0666"])
def test_what_is_no_hex_is_no_point(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        ED25519.parse(text)
    assert not isinstance(caught.value, NonCanonical)


@pytest.mark.parametrize("text", ["E" + "6" * 63, format(P + 3, "064x"), format((1 << 255) | (P + 3), "064x")])
def test_an_odd_text_of_a_point_is_told_from_a_false_one(text: str) -> None:
    with pytest.raises(NonCanonical):
        ED25519.parse(text)


def test_largest_canonical_coordinates_are_read() -> None:
    assert ED25519.parse(format(P - 1, "064x")) == (P - 1).to_bytes(32, "little")


@pytest.mark.parametrize("ranks", [[1] * 31, [256], [-1]])
@pytest.mark.parametrize("group", GROUPS[:1])
def test_ranks_that_do_not_fit_are_refused(group: Group, ranks: list[int]) -> None:
    with pytest.raises(Refused):
        group.point_of_ranks(ranks)


@given(st.lists(st.integers(0, 255), max_size=30))
def test_ranks_come_back_from_their_point(ranks: list[int]) -> None:
    point = ED25519.point_of_ranks(ranks)
    assert ED25519.ranks_of_point(point, len(ranks)) == tuple(ranks)
    assert ED25519.check_or_identity(point) == point


@pytest.mark.parametrize("group", [BELENIOS_2048, RFC_3526_2048])
def test_finite_fields_do_the_same_algebra(group: Group) -> None:
    a, b = group.raise_generator(5), group.raise_generator(7)
    assert group.check(a) == a
    assert group.multiply(a, b) == group.raise_generator(12)
    assert group.divide(a, b) == group.raise_generator(-2)
    assert group.admit(a, 7) == (a, group.raise_generator(35))
    assert group.read(group.format(a)) == a
    assert group.power(a, 0) == group.identity
    assert group.power(group.independent_generator(1), group.order) == group.identity


@pytest.mark.parametrize("value", [0, 1, 2, BELENIOS_2048.modulus - 1, 2**2048 - 1], ids=range(5))
def test_finite_field_membership(value: int) -> None:
    with pytest.raises(NotInGroup):
        BELENIOS_2048.check(PointBytes(value.to_bytes(256, "big")))


@pytest.mark.parametrize(
    ("text", "odd"), [("", False), ("-5", False), ("9" * 641, False), ("05", True), (str(BELENIOS_2048.modulus), True)]
)
def test_finite_field_texts(text: str, odd: bool) -> None:
    with pytest.raises(Malformed) as caught:
        BELENIOS_2048.parse(text)
    assert isinstance(caught.value, NonCanonical) == odd


def test_ranks_in_the_safe_prime_group() -> None:
    point = RFC_3526_2048.point_of_ranks([1, 2, 3])
    assert RFC_3526_2048.check(point) == point
    assert RFC_3526_2048.ranks_of_point(point, 3) == (1, 2, 3)
    assert RFC_3526_2048.point_of_ranks([0, 0]) == RFC_3526_2048.identity
    with pytest.raises(Refused):
        BELENIOS_2048.point_of_ranks([1])


@pytest.mark.parametrize("group", GROUPS)
def test_groups_are_found_by_name_and_travel_to_other_processes(group: Group) -> None:
    assert group_named(group.name) is group
    assert pickle.loads(pickle.dumps(group)) is group


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(Refused, match="Ed448"):
        group_named("Ed448")
