"""The measures against hand-made figures and against their definitions written out the long way."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from majlis.census import Measures, lorenz_curve, lorenz_picture, measure

units = st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 30)), min_size=1, max_size=12)


def test_equal_districts_are_equal() -> None:
    """R-PLAN-10"""
    even = Measures(
        mal=Fraction(0), gini=Fraction(0), max_min=Fraction(1), within_10=Fraction(1), within_15=Fraction(1)
    )
    assert measure([(10_000, 1), (70_000, 7), (20_000, 2)]) == even


def test_two_districts_by_hand() -> None:
    quarter, nothing = Fraction(1, 4), Fraction(0)
    uneven = Measures(mal=quarter, gini=quarter, max_min=Fraction(3), within_10=nothing, within_15=nothing)
    assert measure([(15_000, 1), (5_000, 1)]) == uneven


def test_exactly_a_tenth_is_within_a_tenth() -> None:
    assert measure([(900, 1), (1100, 1)]).within_10 == 1
    assert measure([(899, 1), (1101, 1)]).within_10 == 0
    assert measure([(850, 1), (1150, 1)]).within_15 == 1
    assert measure([(849, 1), (1151, 1)]).within_15 == 0


def test_nothing_has_no_measure() -> None:
    assert measure([]) == Measures(mal=None, gini=None, max_min=None, within_10=None, within_15=None)


@given(units)
def test_the_measures_are_their_definitions(given_units: list[tuple[int, int]]) -> None:
    found = measure(given_units)
    p, s = sum(u[0] for u in given_units), sum(u[1] for u in given_units)
    each = [Fraction(people, seats) for people, seats in given_units for _ in range(seats)]
    assert found.mal == sum(abs(Fraction(b, s) - Fraction(a, p)) for a, b in given_units) / 2
    assert found.max_min == max(each) / min(each)
    assert found.within_10 == Fraction(sum(abs(x / Fraction(p, s) - 1) <= Fraction(1, 10) for x in each), s)
    assert found.within_15 == Fraction(sum(abs(x / Fraction(p, s) - 1) <= Fraction(3, 20) for x in each), s)
    # The Gini of the people behind each seat, as half the mean difference of all pairs over the mean.
    assert found.gini == sum(abs(x - y) for x in each for y in each) / (2 * s * s * Fraction(p, s))


@given(units)
def test_order_does_not_matter_and_all_are_shares(given_units: list[tuple[int, int]]) -> None:
    found = measure(given_units)
    assert found == measure(reversed(given_units))
    assert found.mal is not None and 0 <= found.mal < 1
    assert found.gini is not None and 0 <= found.gini < 1


@given(units)
def test_the_lorenz_curve_encloses_half_the_gini(given_units: list[tuple[int, int]]) -> None:
    """R-PLAN-10"""
    points = lorenz_curve(given_units)
    assert points[0] == (0, 0) and points[-1] == (1, 1)
    below = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(points))
    assert measure(given_units).gini == 1 - 2 * below


def test_the_picture_of_the_curve_stays_small() -> None:
    picture = lorenz_picture((n * 37 % 90 + 10, 1) for n in range(30_000))
    assert len(picture) < 12_000 and "1000 0" in picture
