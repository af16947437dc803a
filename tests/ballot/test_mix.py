"""Shuffles: the same votes in an order that nobody kept, chained, and opened to what was voted."""

from __future__ import annotations

from collections import Counter as Counted
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace
from tests.ballot.test_plain import CHOICE, KEY, RANKED, Held

from majlis.ballot import check_shuffle, shuffle_tally
from majlis.ballot.mix import _draw_order
from majlis.crypto import BELENIOS_2048, ED25519
from majlis.errors import Forged, Refused


def opened(tally: Any, column: int) -> list[tuple[int, ...]]:
    """The rankings inside, by the election's key."""
    points = [ED25519.divide(beta, ED25519.power(alpha, KEY)) for alpha, beta in tally.ciphertexts[column]]
    return [ED25519.ranks_of_point(point, 4) for point in points]


@pytest.fixture(scope="module")
def held(material: Any) -> Held:
    return Held(material, [RANKED, CHOICE], [[(i, 1, 2, 3), (0, 0, 1)] for i in range(5)])


def test_the_same_votes_come_out_of_a_chain_of_shuffles(held: Held, material: Any) -> None:
    tally, chance = held.tally, material.Counter("chain")
    for _ in range(3):
        before = tally
        tally = check_shuffle(held.election, tally, shuffle_tally(held.election, tally, chance))
        assert sorted(opened(tally, 0)) == sorted(opened(before, 0)) == sorted(opened(held.tally, 0))
        assert not set(tally.ciphertexts[0]) & set(before.ciphertexts[0])
        assert tally.ciphertexts[1] == before.ciphertexts[1]
        assert (tally.raw, tally.hash) == (before.raw, before.hash)


def test_a_shuffle_is_for_the_votes_that_went_in(held: Held, material: Any) -> None:
    """Not for those that came out of it, and not for another order of them."""
    shuffle = shuffle_tally(held.election, held.tally, material.Counter("once"))
    after = check_shuffle(held.election, held.tally, shuffle)
    with pytest.raises(Forged) as caught:
        check_shuffle(held.election, after, shuffle)
    assert (caught.value.rule, caught.value.where) == ("R-BOX-54", "question 1")


def test_every_order_comes_as_often() -> None:
    """Exhaustive: over all picks that chance can make, each permutation exactly once."""
    for size in range(5):
        orders: Counted[tuple[int, ...]] = Counted()
        picks: list[list[int]] = [[]]
        for i in range(size):
            picks = [[*pick, k] for pick in picks for k in range(size - i)]
        for pick in picks:
            left = iter(pick)
            orders[tuple(_draw_order(size, lambda count, left=left: next(left).to_bytes(count, "big")))] += 1
        assert orders == Counted(permutations(range(size)))


def test_nothing_is_shuffled_where_nothing_is_ranked(material: Any) -> None:
    plain = Held(material, [CHOICE], [[(0, 0, 1)]])
    with pytest.raises(Refused, match="ranked") as caught:
        shuffle_tally(plain.election, plain.tally, material.Counter("nothing"))
    assert caught.value.rule == "R-BOX-11"


def test_shuffles_are_made_in_ed25519_only(held: Held, material: Any) -> None:
    elsewhere = replace(held.election, group=BELENIOS_2048)
    with pytest.raises(Refused, match="Ed25519") as caught:
        shuffle_tally(elsewhere, held.tally, material.Counter("elsewhere"))
    assert caught.value.rule == "R-BOX-19"
