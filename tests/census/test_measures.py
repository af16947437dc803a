"""The measures against hand-made figures and against their definitions written out the long way."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from majlis.census import Measures, measure

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
