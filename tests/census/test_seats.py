"""Seats by inhabitants, wards of what has too many, and inhabitants shared between them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census import ROUNDINGS, Rounding, seats_for
from majlis.census.seats import share, wards_of


@pytest.mark.parametrize(
    ("people", "nearest", "commune", "floor", "ceil"),
    [
        (10_000, 1, 1, 1, 1),
        (14_999, 1, 1, 1, 2),
        (15_000, 2, 1, 1, 2),
        (15_001, 2, 2, 1, 2),
        (19_999, 2, 2, 1, 2),
        (20_000, 2, 2, 2, 2),
        (20_001, 2, 2, 2, 3),
        (128_840, 13, 13, 12, 13),
        (1, 1, 1, 1, 1),
        (4_999, 1, 1, 1, 1),
    ],
)
def test_each_rounding_at_its_edges(people: int, nearest: int, commune: int, floor: int, ceil: int) -> None:
    """R-PLAN-5"""
    assert [seats_for(people, quota=10_000, rounding=r) for r in ROUNDINGS] == [nearest, commune, floor, ceil]


def test_the_commune_of_paris_gave_its_twentieth_arrondissement_four() -> None:
    assert seats_for(87_444, quota=20_000, rounding="commune") == 4


@given(st.integers(1, 2**31), st.integers(1, 2**31), st.sampled_from(ROUNDINGS))
def test_no_rounding_is_a_whole_quota_off(people: int, quota: int, rounding: Rounding) -> None:
    seats = seats_for(people, quota=quota, rounding=rounding)
    exact = Fraction(people, quota)
    assert seats >= 1 and (abs(seats - exact) < 1 or seats == 1)
    if rounding in {"nearest", "commune"} and exact >= 1:
        assert abs(seats - exact) <= Fraction(1, 2)


@given(st.integers(1, 3000), st.integers(1, 50))
def test_wards_are_as_few_as_can_be_and_differ_by_one(seats: int, most: int) -> None:
    """R-PLAN-8"""
    wards = wards_of(seats, max_magnitude=most)
    assert sum(wards) == seats and max(wards) <= most
    assert (len(wards) - 1) * most < seats
    assert wards[0] - wards[-1] <= 1 and all(a >= b for a, b in pairwise(wards))


@pytest.mark.parametrize(("seats", "wards"), [(7, (7,)), (8, (4, 4)), (13, (7, 6)), (15, (5, 5, 5)), (16, (6, 5, 5))])
def test_wards_of_at_most_seven(seats: int, wards: tuple[int, ...]) -> None:
    assert wards_of(seats, max_magnitude=7) == wards


@given(st.integers(1, 2**31), st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_shares_sum_up_and_keep_their_quota(people: int, seats: list[int]) -> None:
    shares = share(people, tuple(seats))
    assert sum(shares) == people
    for mine, s in zip(shares, seats, strict=True):
        assert abs(mine - Fraction(people * s, sum(seats))) < 1


def test_equal_remainders_go_to_the_earlier_ward() -> None:
    assert share(11, (1, 1, 1)) == (4, 4, 3)
    assert share(128_840, (7, 6)) == (69_375, 59_465)
