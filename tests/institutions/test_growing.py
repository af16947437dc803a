"""A map with one dictionary for all its versions is, at every version, the plain map it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from majlis.institutions.growing import Growing

KEYS = [f"{number:x}" for number in range(12)]


def check_same(one: Growing[int], other: Mapping[str, int]) -> None:
    assert dict(one) == dict(other)
    assert sorted(one) == sorted(other)
    assert sorted(one.items()) == sorted(other.items())
    assert sorted(one.values()) == sorted(other.values())
    assert len(one) == len(other)
    assert bool(one) == bool(other)
    for key in KEYS:
        assert one.get(key) == other.get(key)
        assert one.get(key, -1) == other.get(key, -1)
        assert (key in one) == (key in other)
    assert one == other == one


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from(KEYS), st.integers(0, 3)), max_size=60))
def test_every_version_stays_what_it_was_whichever_is_grown(steps):
    versions: list[tuple[Growing[int], Map[str, int]]] = [(Growing(), Map())]
    for at, key, value in steps:
        growing, plain = versions[at % len(versions)]
        versions.append((growing.set(key, value), plain.set(key, value)))
    for growing, plain in versions:
        check_same(growing, plain)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 3)), max_size=6))
def test_it_takes_several_items_at_once(steps):
    growing: Growing[int] = Growing()
    plain: Map[str, int] = Map()
    for items in steps:
        growing, plain = growing.update(items), plain.update(items)
        check_same(growing, plain)


def test_what_is_not_there_is_not_found():
    growing = Growing[int]().set("a", 1)
    before = growing
    growing = growing.set("b", 2)
    for absent in ("b", "c"):
        with pytest.raises(KeyError, match=absent):
            before[absent]
    assert (before.get("b"), before.get("b", 7), growing["b"]) == (None, 7, 2)
    assert 5 not in growing
    assert growing != {"a": 1}
    with pytest.raises(TypeError):
        hash(growing)


def test_values_may_be_none_and_a_walk_does_not_mind_growth():
    growing: Growing[int | None] = Growing()
    growing = growing.set("a", None).set("b", 1)
    seen = []
    for key in growing:
        seen.append(key)
        growing = growing.set(key + key, 2)
    assert seen == ["a", "b"]
    assert (growing["a"], "a" in growing, len(growing)) == (None, True, 4)


def test_two_empty_ones_and_two_heirs_are_apart():
    empty: Growing[int] = Growing()
    one, two = empty.set("a", 1), empty.set("b", 2)
    first, second = one.set("c", 3), one.set("c", 4)
    again = one.set("a", 5)
    assert (dict(one), dict(two)) == ({"a": 1}, {"b": 2})
    assert (dict(first), dict(second), dict(again)) == ({"a": 1, "c": 3}, {"a": 1, "c": 4}, {"a": 5})
    assert dict(again.set("c", 6).set("d", 7)) == {"a": 5, "c": 6, "d": 7}
    assert dict(first.set("d", 8)) == {"a": 1, "c": 3, "d": 8}


def test_many_threads_that_grow_one_version_do_not_see_each_other():
    start = Growing[int]().set("a", 0)

    def grow(number: int) -> bool:
        mine, plain = start, {"a": 0}
        for step in range(50):
            mine, plain[f"{number} {step}"] = mine.set(f"{number} {step}", step), step
        return dict(mine) == plain

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(grow, range(40)))
    assert dict(start) == {"a": 0}
