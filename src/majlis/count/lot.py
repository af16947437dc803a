"""One generator for every lot: ties, juries, visits (``spec/lot.md``).

    block(i) = SHA-256("majlis-draw-1|" || seed || "|" || decimal i)            i = 0, 1, 2, …

Blocks are cut into 8-byte big-endian words (R-LOT-4); a word serves a draw below n when it is less than the largest
multiple of n that 2^64 holds, else the next word is taken (rejection sampling, so that no outcome is likelier than
another: R-LOT-5). A list is shuffled by Fisher and Yates from the end (R-LOT-6).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Lot:
    """Draws that anyone with the 32-byte seed repeats."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise ValueError("the seed of a lot is 32 bytes")
        self._seed = seed
        self._block = 0
        self._words: list[int] = []

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1, each equally likely. ``bound`` is 1 to 2^63."""
        if not 1 <= bound <= 2**63:
            raise ValueError("a lot is drawn below a number from 1 to 2^63")
        limit = 2**64 - 2**64 % bound
        while True:
            word = self._word()
            if word < limit:
                return word % bound

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in an order that the seed alone decides."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result

    def _word(self) -> int:
        if not self._words:
            block = sha256(b"majlis-draw-1|" + self._seed + b"|" + str(self._block).encode()).digest()
            self._words = [int.from_bytes(block[at : at + 8], "big") for at in (24, 16, 8, 0)]
            self._block += 1
        return self._words.pop()
