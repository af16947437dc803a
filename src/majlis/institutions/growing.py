"""A map that is a value and hardly ever changes what it has: one dictionary for all its versions.

A persistent hash map copies, for each item, the nodes on the way to it, and touches all their neighbours; of a map of a
million items these lie outside the processor's caches. The map of all acts gains an item with every entry, and nearly
none is set twice. So what is new is appended, and a version is how much of that it has:

    places      key -> place, for all versions            values      by place, for all versions
    size        this version has the places below it      changed     what it has otherwise, in a persistent map

Each version can be appended to once, which takes its ``heir``. Whatever else is set, a key again or something after
another branch was tried, lies in ``changed``. So a version is what it was, whoever grows it, in whatever thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, Generic, TypeVar, overload

from immutables import Map

__all__ = ["Growing"]

V = TypeVar("V")
D = TypeVar("D")

_NOTHING: Final[Any] = object()
_UNCHANGED: Final[Map[str, Any]] = Map()


class Growing(Mapping[str, V], Generic[V]):
    """Made empty; used as ``immutables.Map`` is. Lookups and new items take the same time at any size."""

    __slots__ = ("_added", "_changed", "_heir", "_places", "_size", "_values")

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._values: list[V] = []
        self._size = 0
        self._heir: list[None] = []
        self._changed: Map[str, V] = _UNCHANGED
        self._added = 0

    @overload
    def get(self, key: object, /) -> V | None: ...
    @overload
    def get(self, key: object, /, default: V | D) -> V | D: ...
    def get(self, key: Any, default: V | D | None = None) -> V | D | None:
        """The value, or the default where the key is not there."""
        if self._changed and (changed := self._changed.get(key, _NOTHING)) is not _NOTHING:
            return changed
        place = self._places.get(key)
        return default if place is None or place >= self._size else self._values[place]

    def __getitem__(self, key: str) -> V:
        found = self.get(key, _NOTHING)
        if found is _NOTHING:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return self.get(key, _NOTHING) is not _NOTHING

    def __len__(self) -> int:
        return self._size + self._added

    def __iter__(self) -> Iterator[str]:
        # A dictionary keeps the order in which its keys came; others may add to it while this is used.
        yield from list(islice(self._places, self._size))
        for key in self._changed:
            if self._places.get(key, self._size) >= self._size:
                yield key

    def set(self, key: str, value: V) -> Growing[V]:
        """With this item."""
        after: Growing[V] = Growing.__new__(Growing)
        if not self._size and not self._changed:
            after._places, after._values = {key: 0}, [value]
            after._size, after._heir, after._changed, after._added = 1, [None], _UNCHANGED, 0
            return after
        after._places, after._values = self._places, self._values
        if key not in self._places and self._inherits():
            self._values.append(value)
            self._places[key] = self._size
            after._size, after._heir = self._size + 1, [None]
            after._changed, after._added = self._changed, self._added
        else:
            after._size, after._heir = self._size, self._heir
            after._changed, after._added = self._changed.set(key, value), self._added + (key not in self)
        return after

    def _inherits(self) -> bool:
        """True once for this version, and for all that differ from it by what was changed alone."""
        try:
            self._heir.pop()
        except IndexError:
            return False
        return True

    def update(self, items: Mapping[str, V]) -> Growing[V]:
        """With these items."""
        after = self
        for key, value in items.items():
            after = after.set(key, value)
        return after
