"""R-LOT-4, R-LOT-5, R-LOT-6: one generator for every lot, so plain that anybody repeats it by hand."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.count import Lot

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "lot" / "lots.json").read_text())
SEED = sha256(b"seed").digest()


def by_the_book(seed: bytes) -> list[int]:
    """The first thousand words, written as the specification says and not as the program does."""
    blocks = [sha256(b"majlis-draw-1|" + seed + b"|" + f"{number}".encode()).digest() for number in range(250)]
    return [int.from_bytes(block[at : at + 8], "big") for block in blocks for at in range(0, 32, 8)]


@pytest.mark.parametrize("vector", VECTORS["lots"], ids=lambda vector: vector["seed"][:8])
def test_published_lots_are_drawn_again(vector: dict) -> None:
    lot = Lot(bytes.fromhex(vector["seed"]))
    assert [lot.below(bound) for bound in vector["bounds"]] == vector["numbers"]
    assert Lot(bytes.fromhex(vector["seed"])).shuffled(range(vector["people"])) == vector["order"]


@given(st.binary(min_size=32, max_size=32), st.lists(st.integers(1, 2**63), min_size=1, max_size=30))
def test_words_are_taken_in_order_and_those_too_large_are_left(seed: bytes, bounds: list[int]) -> None:
    words = iter(by_the_book(seed))
    lot = Lot(seed)
    for bound in bounds:
        word = next(word for word in words if word < 2**64 - 2**64 % bound)
        assert lot.below(bound) == word % bound


@given(st.binary(min_size=32, max_size=32), st.integers(0, 60))
def test_a_shuffle_keeps_everybody_and_repeats(seed: bytes, size: int) -> None:
    order = Lot(seed).shuffled(range(size))
    assert sorted(order) == list(range(size))
    assert order == Lot(seed).shuffled(range(size))


def test_every_order_is_equally_likely() -> None:
    """Chi-squared over the 24 orders of four: far below the bound that chance passes once in ten thousand."""
    seen = Counter(tuple(Lot(sha256(f"{n}".encode()).digest()).shuffled(range(4))) for n in range(4800))
    assert set(seen) == set(permutations(range(4)))
    assert sum((count - 200) ** 2 for count in seen.values()) / 200 < 58


def test_every_number_below_a_bound_is_equally_likely() -> None:
    lot = Lot(SEED)
    seen = Counter(lot.below(6) for _ in range(6000))
    assert sum((seen[face] - 1000) ** 2 for face in range(6)) / 1000 < 26


def test_a_bound_above_half_of_all_words_still_gives_every_number_its_chance() -> None:
    lot = Lot(SEED)
    drawn = [lot.below(2**63 - 25) for _ in range(400)]
    assert max(drawn) < 2**63 - 25
    assert 120 < sum(number < 2**62 for number in drawn) < 280


@pytest.mark.parametrize("bound", [0, -1, 2**63 + 1])
def test_a_bound_is_from_1_to_2_to_the_63(bound: int) -> None:
    with pytest.raises(ValueError, match="2\\^63"):
        Lot(SEED).below(bound)


def test_the_only_number_below_1_is_0() -> None:
    assert [Lot(SEED).below(1) for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_is_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Lot(bytes(size))
