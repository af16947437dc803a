"""Waste that cannot be avoided bounds the number of districts (R-PLAN-9), against all sets and all packings."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from tests.census.test_pool import QUOTA, best_count, grounds, is_connected

from majlis.census.area import Ground
from majlis.census.ground import Links
from majlis.census.waste import least, most_by_waste


def star(*outside: int, middle: int) -> tuple[list[int], Links]:
    """A place in the middle, and those that are linked with it alone."""
    rays = range(1, len(outside) + 1)
    return [middle, *outside], (tuple((i, 1) for i in rays), *(((0, 1),) for _ in rays))


def test_what_is_left_over_at_the_rays_is_wasted() -> None:
    """Three places of 90 around one of 30 are 300 people, and each wastes 20 with it."""
    people, links = star(90, 90, 90, middle=30)
    assert sum(people) // QUOTA == 3
    assert most_by_waste(people, links, QUOTA, found=0) == 2


def test_two_that_need_the_same_neighbour_waste_no_less_than_one() -> None:
    people, links = star(60, 60, middle=80)
    assert most_by_waste(people, links, QUOTA, found=0) == best_count(people, links) == 1


def test_it_looks_no_further_than_it_must() -> None:
    people, links = star(90, 90, 90, middle=30)
    assert most_by_waste(people, links, QUOTA, found=2) == 2


@given(grounds(7))
def test_no_packing_has_more_and_every_weight_is_borne_out(ground: Ground) -> None:
    people, links = list(ground.people), ground.links
    assert best_count(people, links) <= most_by_waste(people, links, QUOTA, found=0) <= sum(people) // QUOTA
    near = [[j for j, _ in each] for each in links]
    weights = [0] * len(people)
    for place in range(len(people)):
        weights[place] = least(place, people, near, QUOTA, weights)
    assert all(0 <= weight <= held for weight, held in zip(weights, people, strict=True))
    for size in range(1, len(people) + 1):
        for some in combinations(range(len(people)), size):
            held = sum(people[i] for i in some)
            if held >= QUOTA and is_connected(list(some), links):
                assert sum(weights[i] for i in some) <= held - QUOTA
