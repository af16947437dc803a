"""The dice anyone can throw again."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

import pytest

from majlis.census.dice import Dice


def test_the_words_are_those_of_the_stated_blocks() -> None:
    """R-PLAN-6: SHA-256 in counter mode, with nothing of ours but the domain."""
    blocks = [sha256(b"majlis/census/dice/v1\0" + b"x" + b"\0" + n.to_bytes(8, "big")).digest() for n in range(130)]
    stream = b"".join(blocks)
    dice = Dice("x")
    assert [dice.word() for _ in range(130 * 8)] == [
        int.from_bytes(stream[at : at + 4], "big") for at in range(0, len(stream), 4)
    ]


def test_seeds_differ_and_repeat() -> None:
    throw = [[Dice(seed).word() for _ in range(1)] for seed in ("a", "b", "a")]
    assert throw[0] == throw[2] != throw[1]


@pytest.mark.parametrize("n", [1, 2, 3, 7, 1000, 2**31 + 1])
def test_below_is_below_and_even(n: int) -> None:
    dice = Dice("even")
    thrown = [dice.below(n) for _ in range(7000)]
    assert min(thrown) >= 0 and max(thrown) < n
    if n == 7:
        assert all(850 < times < 1150 for times in Counter(thrown).values())
