"""Pooling: always connected, always the quota, and on small ground exactly as many as there can be."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from majlis.census.bound import Steps, most_districts
from majlis.census.dice import Dice
from majlis.census.ground import Links, Spot, components, flatten, join_links, nearest_links
from majlis.census.pool import Ground, pool

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


def check_pooling(parts: list[list[int]], ground: Ground) -> None:
    assert sorted(i for part in parts for i in part) == list(range(len(ground.people)))
    for part in parts:
        assert ground.held(part) >= QUOTA and is_connected(part, ground.links)


@given(grounds(30), st.text(max_size=3))
def test_a_pooling_is_a_partition_into_connected_districts_of_the_quota(ground: Ground, seed: str) -> None:
    """R-PLAN-6"""
    parts = pool(ground, Dice(seed))
    check_pooling(parts, ground)
    assert parts == pool(ground, Dice(seed))
    assert len(parts) <= sum(ground.people) // QUOTA


@given(grounds(7))
def test_small_ground_is_solved_and_the_bound_is_reached(ground: Ground) -> None:
    """R-PLAN-9: where the search ends, the bound is the optimum and the plan attains it."""
    best = best_count(list(ground.people), ground.links)
    parts = pool(ground, Dice("small"))
    most, packing = most_districts(ground.people, ground.links, QUOTA, found=len(parts), steps=Steps())
    assert most == best
    if packing is None:
        assert len(parts) == best
    assert len(parts) <= best


@given(grounds(7))
def test_the_search_alone_finds_as_many_as_there_are(ground: Ground) -> None:
    best = best_count(list(ground.people), ground.links)
    most, packing = most_districts(ground.people, ground.links, QUOTA, found=0, steps=Steps())
    assert packing is not None and len(packing) == most == best
    held = [sorted(part) for part in packing]
    assert all(ground.held(part) >= QUOTA and is_connected(part, ground.links) for part in held)
    left = set(range(len(ground.people))) - {i for part in held for i in part}
    ground.hand_out(sorted(left), packing)
    check_pooling(packing, ground)
    assert len(pool(ground, Dice("x"), start=packing)) == best


@given(grounds(12), st.integers(0, 40))
def test_a_search_out_of_steps_still_tells_the_truth(ground: Ground, steps: int) -> None:
    full, _ = most_districts(ground.people, ground.links, QUOTA, found=0, steps=Steps(each=10**6, together=10**6))
    short, packing = most_districts(
        ground.people, ground.links, QUOTA, found=0, steps=Steps(each=steps, together=steps)
    )
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


def test_steps_are_shared_between_parts_and_never_owed() -> None:
    people, links = [60] * 8, nearest_links([Spot(n, 0) for n in range(8)], 2)
    steps = Steps(together=30, each=30)
    first, _ = most_districts(people, links, QUOTA, found=1, steps=steps)
    second, packing = most_districts(people, links, QUOTA, found=1, steps=steps)
    assert first == second == 4 and packing is None
    assert len(components(links)) == 1
