"""Prices that prove a bound (R-PLAN-22): checked set by set against all sets, and against all packings."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.census.test_pool import QUOTA, best_count, grounds, is_connected
from tests.census.test_waste import star

from majlis.census import format_prices, parse_prices
from majlis.census.area import Ground
from majlis.census.price import most_by_prices, too_cheap
from majlis.errors import Malformed, Refused


def near(links: object) -> list[list[int]]:
    return [[j for j, _ in each] for each in links]  # type: ignore[attr-defined]


def test_who_needs_the_middle_pays_for_it() -> None:
    """Three places of 90 around one of 30: all districts need the middle, so it alone has a price."""
    people, links = star(90, 90, 90, middle=30)
    assert most_by_prices(people, near(links), QUOTA, [100, 0, 0, 0]) == best_count(people, links) == 1
    with pytest.raises(Refused, match="cost less") as raised:
        most_by_prices(people, near(links), QUOTA, [99, 0, 0, 0])
    assert raised.value.rule == "R-PLAN-22"


@given(grounds(7), st.data())
def test_what_is_too_cheap_is_found_and_nothing_else(ground: Ground, data: st.DataObject) -> None:
    people, links = list(ground.people), ground.links
    prices = data.draw(st.lists(st.integers(0, 120), min_size=len(people), max_size=len(people)))
    cheap = {
        some
        for size in range(1, len(people) + 1)
        for some in combinations(range(len(people)), size)
        if sum(people[i] for i in some) >= QUOTA > sum(prices[i] for i in some) and is_connected(list(some), links)
    }
    found = too_cheap(people, near(links), QUOTA, prices, each=10**6)
    assert len({tuple(sorted(each)) for each in found}) == len(found)
    assert {tuple(sorted(each)) for each in found} <= cheap
    assert all(any(set(each) <= set(some) for each in found) for some in cheap)
    if not cheap:
        assert best_count(people, links) <= most_by_prices(people, near(links), QUOTA, prices)


@given(grounds(30))
def test_people_are_prices(ground: Ground) -> None:
    assert most_by_prices(ground.people, ground.near, QUOTA, ground.people) == ground.room


def test_a_check_that_would_take_too_long_says_so() -> None:
    people, links = star(*[9] * 20, middle=1)
    with pytest.raises(Refused, match="more sets would have to be looked at"):
        too_cheap(people, near(links), QUOTA, [1] * 21, steps=50)


def test_prices_are_written_and_read() -> None:
    assert parse_prices(format_prices({"b": 3, "a": 0})) == {"a": 0, "b": 3}
    assert format_prices({"b": 3, "a": 0}) == b'{"format":"majlis-prices/v1","prices":{"a":0,"b":3}}\n'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"format":"majlis-prices/v2","prices":{}}',
        b'{"format":"majlis-prices/v1","prices":{"a":-1}}',
        b'{"format":"majlis-prices/v1","prices":{"a":1.5}}',
        b'{"format":"majlis-prices/v1","prices":{"a":4294967296}}',
        b'{"format":"majlis-prices/v1","prices":{},"more":1}',
    ],
)
def test_what_is_no_file_of_prices(data: bytes) -> None:
    with pytest.raises(Malformed, match="R-PLAN-22"):
        parse_prices(data)
