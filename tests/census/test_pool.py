"""Pooling: always connected, always the quota, and on small ground exactly as many as there can be."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from majlis.census.area import Ground
from majlis.census.bound import Steps, most_districts
from majlis.census.dice import Dice
from majlis.census.ground import Links, Spot, flatten, join_links, nearest_links
from majlis.census.judge import Strain
from majlis.census.pool import Pool, _even, ignore
from majlis.census.walk import Division

QUOTA = 100


def partitions(nodes: list[int]) -> Iterator[list[list[int]]]:
    """Every way to put ``nodes`` into groups."""
    if not nodes:
        yield []
        return
    first, *rest = nodes
    for parts in partitions(rest):
        yield [[first], *parts]
        for n, part in enumerate(parts):
            yield [*parts[:n], [first, *part], *parts[n + 1 :]]


def is_connected(nodes: list[int], links: Links) -> bool:
    seen, stack = {nodes[0]}, [nodes[0]]
    while stack:
        fresh = {j for j, _ in links[stack.pop()]} & set(nodes) - seen
        seen |= fresh
        stack += fresh
    return len(seen) == len(nodes)


def best_count(people: list[int], links: Links) -> int:
    """The most districts, by looking at every partition."""
    return max(
        (
            len(parts)
            for parts in partitions(list(range(len(people))))
            if all(sum(people[i] for i in part) >= QUOTA and is_connected(part, links) for part in parts)
        ),
        default=0,
    )


@st.composite
def grounds(draw: st.DrawFn, most: int) -> Ground:
    """A connected piece of land whose people reach the quota."""
    spots = draw(st.lists(st.builds(Spot, st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=most))
    people = draw(st.lists(st.integers(1, QUOTA - 1), min_size=len(spots), max_size=len(spots)))
    if sum(people) < QUOTA:
        people[0] += QUOTA - sum(people)
    links = join_links(spots, nearest_links(spots, draw(st.integers(1, 3))))
    return Ground(people=people, spots=flatten(spots), links=links, quota=QUOTA)


def pool(ground: Ground, seed: str, rounds: int = 1) -> Pool:
    found = Pool(ground, seed)
    for _ in range(rounds):
        found.improve()
    return found


def check_pooling(parts: list[list[int]], ground: Ground) -> None:
    assert sorted(i for part in parts for i in part) == list(range(len(ground.people)))
    for part in parts:
        assert ground.held(part) >= QUOTA and is_connected(part, ground.links)


@given(grounds(30), st.text(max_size=3))
def test_a_pooling_is_a_partition_into_connected_districts_of_the_quota(ground: Ground, seed: str) -> None:
    """R-PLAN-6"""
    start = Pool(ground, seed)
    check_pooling(start.parts, ground)
    found = pool(ground, seed)
    check_pooling(found.parts, ground)
    assert found.parts == pool(ground, seed).parts
    assert len(start.parts) <= len(found.parts) <= found.bound <= sum(ground.people) // QUOTA


@given(grounds(7))
def test_small_ground_is_solved_and_the_bound_is_reached(ground: Ground) -> None:
    """R-PLAN-9: where the search ends, the bound is the optimum and the plan attains it."""
    best = best_count(list(ground.people), ground.links)
    found = pool(ground, "small")
    assert found.bound == len(found.parts) == best
    check_pooling(found.parts, ground)


@given(grounds(7))
def test_the_search_alone_finds_as_many_as_there_are(ground: Ground) -> None:
    best = best_count(list(ground.people), ground.links)
    most, packing = most_districts(ground.people, ground.links, QUOTA, found=0, steps=Steps())
    assert packing is not None and len(packing) == most == best
    held = [sorted(part) for part in packing]
    assert all(ground.held(part) >= QUOTA and is_connected(part, ground.links) for part in held)
    whole = ground.completed(packing)
    check_pooling(whole, ground)
    assert len(whole) == best


@given(grounds(12), st.integers(0, 40))
def test_a_search_out_of_steps_still_tells_the_truth(ground: Ground, steps: int) -> None:
    full, _ = most_districts(ground.people, ground.links, QUOTA, found=0, steps=Steps(each=10**6))
    short, packing = most_districts(ground.people, ground.links, QUOTA, found=0, steps=Steps(each=steps))
    assert full <= short <= sum(ground.people) // QUOTA
    if packing is not None:
        assert short == full


def test_a_star_has_room_for_one_though_its_people_fill_more() -> None:
    """Whoever goes through the middle goes through one district: the people alone would promise four."""
    links: Links = (tuple((leaf, 1) for leaf in range(1, 8)), *(((0, 1),) for _ in range(7)))
    people = [10, *[60] * 7]
    assert sum(people) // QUOTA == 4
    assert most_districts(people, links, QUOTA, found=1, steps=Steps()) == (1, None)


def test_large_ground_keeps_the_bound_by_people() -> None:
    spots = [Spot(n, 0) for n in range(70)]
    assert most_districts([60] * 70, nearest_links(spots, 2), QUOTA, found=1, steps=Steps()) == (42, None)


def test_steps_end_and_are_more_in_later_rounds() -> None:
    people, links = [60] * 8, nearest_links([Spot(n, 0) for n in range(8)], 2)
    few, none = most_districts(people, links, QUOTA, found=1, steps=Steps(each=3))
    assert (few, none) == (4, None)
    many, packing = most_districts(people, links, QUOTA, found=1, steps=Steps(100, each=3))
    assert many == 4 and packing is not None and len(packing) == 4


def lattice(side: int) -> Ground:
    """A square of ``side`` by ``side`` places of 20 to 49 people."""
    spots = [Spot(n // side, n % side) for n in range(side * side)]
    people = [20 + n * n * 7 % 30 for n in range(side * side)]
    return Ground(people=people, spots=flatten(spots), links=nearest_links(spots, 4), quota=QUOTA)


def test_large_ground_is_improved_in_pieces_and_loses_nothing() -> None:
    ground = lattice(34)
    assert len(ground.people) > 1000
    start = Pool(ground, "large")
    found = pool(ground, "large")
    check_pooling(found.parts, ground)
    assert len(start.parts) < len(found.parts) <= found.bound == ground.room


def test_rounds_bring_more_and_never_less() -> None:
    """R-PLAN-6"""
    found = Pool(lattice(12), "rounds")
    counts = [len(found.parts)]
    for _ in range(3):
        found.improve()
        check_pooling(found.parts, found.ground)
        counts.append(len(found.parts))
    assert counts == sorted(counts) and counts[-1] > counts[0]


def test_the_even_half_makes_districts_rounder() -> None:
    ground = lattice(10)
    parts = Pool(ground, "even").parts
    rounder = _even(ground, parts, Dice("even"), moves=20_000, pause=ignore)
    check_pooling(rounder, ground)
    assert len(rounder) == len(parts)
    strains = [sum(Strain(Division(ground.people, ground.near, each), ground).strains) for each in (parts, rounder)]
    assert strains[1] < strains[0]
