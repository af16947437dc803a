"""Lists that are values, and the roots that a state remembers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.institutions.roots import Roots
from majlis.institutions.vector import Vector
from majlis.record import Tree, leaf_hash


@given(st.lists(st.integers(), max_size=100), st.integers(), st.integers())
def test_it_is_a_list_that_nobody_changes(items: list[int], one: int, other: int) -> None:
    vector = Vector(items)
    grown = vector.append(one), vector.append(other)
    assert list(vector) == items
    assert [list(each) for each in grown] == [[*items, one], [*items, other]]
    assert len(vector) == vector.size == len(items)
    assert vector == Vector(items)
    assert hash(vector) == hash(Vector(items))
    assert (grown[0] == grown[1]) == (one == other)
    assert vector != items


def test_every_state_of_it_stays() -> None:
    states = [Vector[int]()]
    for number in range(200):
        states.append(states[-1].append(number))
    assert [list(state) for state in states] == [list(range(size)) for size in range(201)]
    assert (states[40].get(39), states[40].get(40), states[40].get(-1, 7)) == (39, None, 7)
    for wrong in (-1, 40, 41):
        with pytest.raises(IndexError):
            states[40][wrong]


@pytest.mark.parametrize("resumed", [0, 32, 64])
def test_the_first_items_may_lie_elsewhere(resumed: int) -> None:
    whole = list(range(100))
    vector = Vector(whole[resumed:], resumed=resumed, read=whole.__getitem__)
    assert list(vector) == whole
    assert vector == Vector(whole)
    assert list(vector.append(100)) == [*whole, 100]


@pytest.mark.parametrize("resumed", [0, 1, 7, 8])
def test_roots_are_those_of_the_tree(resumed: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(80)]
    tree = Tree(leaves)
    early, roots = Roots(), Roots()
    for leaf in leaves[:resumed]:
        early = early.grown(leaf)
    resumed_roots = Roots(resumed, early.frontier, tree=tree.read)
    for leaf in leaves:
        roots = roots.grown(leaf)
    for leaf in leaves[resumed:]:
        resumed_roots = resumed_roots.grown(leaf)
    for each in (roots, resumed_roots):
        assert [each.get(size) for size in range(1, 81)] == [tree.root(size).hex() for size in range(1, 81)]
        assert (each.get(0), each.get(81), each.get(-1)) == (None, None, None)
        with pytest.raises(KeyError):
            each[81]
    assert roots == resumed_roots
    assert hash(roots) == hash(resumed_roots)
    assert roots != early
    assert roots != "roots"
