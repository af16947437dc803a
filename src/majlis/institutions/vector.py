"""A list that is a value: appending gives a new one, and the old one stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar, overload

from immutables import Map

__all__ = ["PIECE", "Vector"]

T = TypeVar("T")
D = TypeVar("D")

PIECE: Final = 32


class Vector(Generic[T]):
    """Items by position, from 0. Full pieces of 32 lie in a persistent map, so that appending copies 16 on average.

    Of one that was resumed the first items are read from elsewhere.
    """

    __slots__ = ("_full", "_read", "_resumed", "_tail", "size")

    def __init__(self, items: Sequence[T] = (), *, resumed: int = 0, read: Callable[[int], T] | None = None) -> None:
        """``read`` gives the first ``resumed`` items, a multiple of 32; ``items`` come after them."""
        self.size = resumed
        self._full: Map[int, tuple[T, ...]] = Map()
        self._tail: tuple[T, ...] = ()
        self._resumed = resumed
        self._read = read
        for item in items:
            grown = self.append(item)
            self.size, self._full, self._tail = grown.size, grown._full, grown._tail

    def append(self, item: T) -> Vector[T]:
        """With one item more."""
        after: Vector[T] = Vector.__new__(Vector)
        tail = (*self._tail, item)
        if len(tail) == PIECE:
            after._full, after._tail = self._full.set(self.size // PIECE, tail), ()
        else:
            after._full, after._tail = self._full, tail
        after.size = self.size + 1
        after._resumed, after._read = self._resumed, self._read
        return after

    @overload
    def get(self, at: int) -> T | None: ...
    @overload
    def get(self, at: int, default: D) -> T | D: ...
    def get(self, at: int, default: D | None = None) -> T | D | None:
        """The item at this position, or the default where there is none."""
        return self[at] if 0 <= at < self.size else default

    def __getitem__(self, at: int) -> T:
        if not 0 <= at < self.size:
            raise IndexError(f"there is no item {at} of {self.size}")
        if at < self._resumed:
            assert self._read is not None
            return self._read(at)
        piece, place = divmod(at, PIECE)
        return self._tail[place] if piece == self.size // PIECE else self._full[piece][place]

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[T]:
        return map(self.__getitem__, range(self.size))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vector):
            return NotImplemented
        return self.size == other.size and all(one == two for one, two in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((self.size, self._tail))

    def __repr__(self) -> str:
        return f"Vector({list(self)!r})"
