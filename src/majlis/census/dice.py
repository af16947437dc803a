"""Numbers by chance that anyone can repeat: SHA-256 in counter mode from a public seed.

    block i = SHA-256("majlis/census/dice/v1" || 0x00 || seed, UTF-8 || 0x00 || i, 8 bytes big-endian)

Each block gives eight words of 32 bits, big-endian, used in order. The plan names the seed, so whoever doubts a plan
throws the same dice again. Nothing secret hangs on them: a plan is judged by its figures, never by how it was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from struct import unpack

_DOMAIN = b"majlis/census/dice/v1\0"
_BLOCKS = 64


class Dice:
    """A stream of words fixed by ``seed``; its state belongs to one planning run and is never shared."""

    def __init__(self, seed: str) -> None:
        self._head = sha256(_DOMAIN + seed.encode() + b"\0")
        self._block = 0
        self._words: list[int] = []

    def word(self) -> int:
        """The next word, 0 to 2^32 - 1, each equally likely."""
        if not self._words:
            self._refill()
        return self._words.pop()

    def below(self, n: int) -> int:
        """The next number of 0 to n - 1, each equally likely: words past the last multiple of ``n`` are passed over."""
        limit = (1 << 32) - (1 << 32) % n
        while (word := self.word()) >= limit:
            pass
        return word % n

    def long_words(self, count: int) -> Iterator[int]:
        """The next ``count`` numbers of 64 bits, four to a block of their own; words left over are let go."""
        while count > 0:
            taken = min(count, _BLOCKS * 4)
            yield from unpack(f">{_BLOCKS * 4}Q", self._blocks())[:taken]
            count -= taken

    def _refill(self) -> None:
        self._words = list(reversed(unpack(f">{_BLOCKS * 8}I", self._blocks())))

    def _blocks(self) -> bytearray:
        bytes_ = bytearray()
        for block in range(self._block, self._block + _BLOCKS):
            hasher = self._head.copy()
            hasher.update(block.to_bytes(8, "big"))
            bytes_ += hasher.digest()
        self._block += _BLOCKS
        return bytes_
