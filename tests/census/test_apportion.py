"""Seats of a fixed-size assembly: published apportionments, and what each method promises."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census import METHODS, Method, apportion
from majlis.errors import Refused

# United States Census Bureau, 2020 Census Apportionment Results, table 1 (released 26 April 2021): apportionment
# population and representatives of the 50 states, by Huntington-Hill, 435 seats.
HOUSE_2020 = {
    "Alabama": (5_030_053, 7), "Alaska": (736_081, 1), "Arizona": (7_158_923, 9), "Arkansas": (3_013_756, 4),
    "California": (39_576_757, 52), "Colorado": (5_782_171, 8), "Connecticut": (3_608_298, 5),
    "Delaware": (990_837, 1), "Florida": (21_570_527, 28), "Georgia": (10_725_274, 14), "Hawaii": (1_460_137, 2),
    "Idaho": (1_841_377, 2), "Illinois": (12_822_739, 17), "Indiana": (6_790_280, 9), "Iowa": (3_192_406, 4),
    "Kansas": (2_940_865, 4), "Kentucky": (4_509_342, 6), "Louisiana": (4_661_468, 6), "Maine": (1_363_582, 2),
    "Maryland": (6_185_278, 8), "Massachusetts": (7_033_469, 9), "Michigan": (10_084_442, 13),
    "Minnesota": (5_709_752, 8), "Mississippi": (2_963_914, 4), "Missouri": (6_160_281, 8), "Montana": (1_085_407, 2),
    "Nebraska": (1_963_333, 3), "Nevada": (3_108_462, 4), "New Hampshire": (1_379_089, 2),
    "New Jersey": (9_294_493, 12), "New Mexico": (2_120_220, 3), "New York": (20_215_751, 26),
    "North Carolina": (10_453_948, 14), "North Dakota": (779_702, 1), "Ohio": (11_808_848, 15),
    "Oklahoma": (3_963_516, 5), "Oregon": (4_241_500, 6), "Pennsylvania": (13_011_844, 17),
    "Rhode Island": (1_098_163, 2), "South Carolina": (5_124_712, 7), "South Dakota": (887_770, 1),
    "Tennessee": (6_916_897, 9), "Texas": (29_183_290, 38), "Utah": (3_275_252, 4), "Vermont": (643_503, 1),
    "Virginia": (8_654_542, 11), "Washington": (7_715_946, 10), "West Virginia": (1_795_045, 2),
    "Wisconsin": (5_897_473, 8), "Wyoming": (577_719, 1),
}  # fmt: skip

# The census of 1790: representative population; the Act of 14 April 1792 (Jefferson, 105 seats); the bill that was
# returned by President Washington (Hamilton, 120 seats). Balinski and Young 2001, Fair Representation,
# chapter 3.
HOUSE_1790 = {
    "Connecticut": (236_841, 7, 8), "Delaware": (55_540, 1, 2), "Georgia": (70_835, 2, 2), "Kentucky": (68_705, 2, 2),
    "Maryland": (278_514, 8, 9), "Massachusetts": (475_327, 14, 16), "New Hampshire": (141_822, 4, 5),
    "New Jersey": (179_570, 5, 6), "New York": (331_589, 10, 11), "North Carolina": (353_523, 10, 12),
    "Pennsylvania": (432_879, 13, 14), "Rhode Island": (68_446, 2, 2), "South Carolina": (206_236, 6, 7),
    "Vermont": (85_533, 2, 3), "Virginia": (630_560, 19, 21),
}  # fmt: skip


def test_the_house_of_2020_by_huntington_hill() -> None:
    """R-PLAN-16"""
    people = [p for p, _ in HOUSE_2020.values()]
    assert sum(people) == 331_108_434
    assert apportion(people, 435, method="huntington-hill") == tuple(seats for _, seats in HOUSE_2020.values())


def test_new_york_would_have_had_the_next_seat_with_89_more() -> None:
    """The margin that the Census Bureau published: Minnesota's eighth seat was the last, New York's 27th the next."""
    people = {state: p for state, (p, _) in HOUSE_2020.items()}
    names = list(people)
    for more, seats in ((88, (8, 26)), (89, (7, 27))):
        found = dict(zip(names, apportion([*(people | {"New York": people["New York"] + more}).values()], 435,
                                          method="huntington-hill"), strict=True))  # fmt: skip
        assert (found["Minnesota"], found["New York"]) == seats


def test_the_house_of_1790_by_jefferson_and_by_hamilton() -> None:
    """R-PLAN-16"""
    people = [p for p, _, _ in HOUSE_1790.values()]
    assert sum(people) == 3_615_920
    assert apportion(people, 105, method="jefferson") == tuple(seats for _, seats, _ in HOUSE_1790.values())
    assert apportion(people, 120, method="hamilton") == tuple(seats for _, _, seats in HOUSE_1790.values())


@pytest.mark.parametrize(
    ("method", "seats"), [("jefferson", (4, 3, 1, 0)), ("webster", (3, 3, 1, 1)), ("hamilton", (3, 3, 1, 1))]
)
def test_the_textbook_example(method: Method, seats: tuple[int, ...]) -> None:
    assert apportion([100_000, 80_000, 30_000, 20_000], 8, method=method, least=0) == seats


def test_the_minimum_comes_first() -> None:
    people = [900, 90, 9, 1]
    for method in METHODS:
        found = apportion(people, 10, method=method)
        assert sum(found) == 10 and min(found) == 1 and found[0] == max(found)
    assert apportion(people, 4, method="jefferson") == (1, 1, 1, 1)
    with pytest.raises(Refused, match="R-PLAN-16"):
        apportion(people, 3, method="jefferson")
    assert apportion([], 3, method="webster") == ()


@pytest.mark.parametrize("method", METHODS)
def test_equal_claims_go_to_more_people_and_then_to_the_earlier(method: Method) -> None:
    """R-PLAN-16"""
    assert apportion([10, 10, 10], 4, method=method) == (2, 1, 1)
    assert apportion([10, 10, 10], 5, method=method) == (2, 2, 1)


def test_where_a_half_is_left_over_by_two_the_larger_has_it() -> None:
    assert apportion([50, 150], 2, method="hamilton", least=0) == (0, 2)
    assert apportion([1, 3], 2, method="webster", least=0) == (0, 2)


peoples = st.lists(st.integers(1, 500), min_size=1, max_size=8)


@given(peoples, st.integers(0, 60), st.sampled_from(METHODS))
def test_every_seat_goes_out_and_who_has_more_people_has_no_fewer(people: list[int], more: int, method: Method) -> None:
    size = len(people) + more
    found = apportion(people, size, method=method)
    assert sum(found) == size and min(found) >= 1
    for p, s in zip(people, found, strict=True):
        assert all(s >= t for q, t in zip(people, found, strict=True) if p > q)


@given(peoples, st.integers(0, 60), st.sampled_from(["webster", "jefferson", "adams", "huntington-hill"]))
def test_one_more_seat_takes_none_away(people: list[int], more: int, method: Method) -> None:
    """House monotonicity: what divisor methods have and largest remainders have not."""
    size = len(people) + more
    before, after = apportion(people, size, method=method), apportion(people, size + 1, method=method)
    assert all(a <= b for a, b in zip(before, after, strict=True))


@given(peoples, st.integers(1, 60))
def test_hamilton_stays_within_the_share(people: list[int], size: int) -> None:
    found = apportion(people, size, method="hamilton", least=0)
    assert all(abs(s - Fraction(p * size, sum(people))) < 1 for p, s in zip(people, found, strict=True))
