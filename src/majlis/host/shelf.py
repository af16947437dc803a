"""A large map of a state, read from a snapshot item by item when somebody asks for one.

    values      MessagePack, one after the other, in the order of their keys
    keys        32 bytes each, ascending
    ends        8 bytes each, little-endian: where each value ends, counted from the first

Like the map in whose place it stands it is a value: what is set lies in a map of its own above, and the old one stays.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from mmap import mmap
from typing import Any, Final, Generic, TypeVar

import msgspec
from immutables import Map

__all__ = ["Layout", "Shelf", "fits", "shelve"]

V = TypeVar("V")
Bytes = bytes | mmap

KEY: Final = 32
END: Final = 8
_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_MANY: Final = 4096


class Layout(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Where a shelf lies: the field of the state, how many items, the offset of its values and of its keys."""

    field: str
    count: int
    values: int
    keys: int


def fits(items: Mapping[str, Any]) -> bool:
    """Whether all keys are 64 hex digits, as a shelf needs them."""
    return all(map(_HEX64.fullmatch, items.added() if isinstance(items, Shelf) else items))


def shelve(items: Mapping[str, V], encode: Callable[[V], bytes]) -> Iterator[bytes]:
    """The values in the order of their keys, some thousand at a time; last the keys and ends."""
    keys, ends, end = bytearray(), bytearray(), 0
    values: list[bytes] = []
    for key, value in items.written(encode) if isinstance(items, Shelf) else _written(items, encode):
        end += len(value)
        keys += key
        ends += end.to_bytes(END, "little")
        values.append(value)
        if len(values) == _MANY:
            yield b"".join(values)
            values.clear()
    yield b"".join(values)
    yield bytes(keys)
    yield bytes(ends)


def _written(items: Mapping[str, V], encode: Callable[[V], bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each key and its value as they are written, in the order of the keys."""
    for key in sorted(items):
        yield bytes.fromhex(key), encode(items[key])


class _Keys(Sequence[bytes]):
    """The keys of a shelf, as ``bisect`` wants them."""

    def __init__(self, data: Bytes, layout: Layout) -> None:
        self._data = data
        self._start = layout.keys
        self._count = layout.count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        start = self._start + KEY * at
        return self._data[start : start + KEY]


class Shelf(Mapping[str, V], Generic[V]):
    """The items of a layout in ``data`` (a file mapped to memory, say), and what was set since."""

    def __init__(self, data: Bytes, layout: Layout, decode: Callable[[bytes], V]) -> None:
        self._data = data
        self._layout = layout
        self._decode = decode
        self._keys = _Keys(data, layout)
        self._set: Map[str, V] = Map()
        self._new = 0

    def _find(self, key: object) -> int:
        """The place of the key among those on the shelf; -1 where it is not there."""
        if not isinstance(key, str) or not _HEX64.fullmatch(key):
            return -1
        raw = bytes.fromhex(key)
        at = bisect_left(self._keys, raw)
        return at if at < len(self._keys) and self._keys[at] == raw else -1

    def _value(self, at: int) -> V:
        ends, values = self._layout.keys + KEY * self._layout.count, self._layout.values
        start = int.from_bytes(self._data[ends + END * (at - 1) : ends + END * at], "little") if at else 0
        end = int.from_bytes(self._data[ends + END * at : ends + END * (at + 1)], "little")
        return self._decode(self._data[values + start : values + end])

    def __getitem__(self, key: str) -> V:
        if key in self._set:
            return self._set[key]
        at = self._find(key)
        if at < 0:
            raise KeyError(key)
        return self._value(at)

    def __contains__(self, key: object) -> bool:
        return key in self._set or self._find(key) >= 0

    def __len__(self) -> int:
        return self._layout.count + self._new

    def __iter__(self) -> Iterator[str]:
        for at in range(len(self._keys)):
            yield self._keys[at].hex()
        for key in self._set:
            if self._find(key) < 0:
                yield key

    def added(self) -> Mapping[str, V]:
        """What was set since it was shelved."""
        return self._set

    def written(self, encode: Callable[[V], bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Each key and its value as they are written, in the order of the keys; what was not set since, as it lies."""
        since = _written(self._set, encode)
        added = next(since, None)
        data, start = self._data, 0
        keys, ends = self._layout.keys, self._layout.keys + KEY * self._layout.count
        for at in range(self._layout.count):
            key = data[keys + KEY * at : keys + KEY * (at + 1)]
            end = int.from_bytes(data[ends + END * at : ends + END * (at + 1)], "little")
            while added is not None and added[0] < key:
                yield added
                added = next(since, None)
            if added is not None and added[0] == key:
                yield added
                added = next(since, None)
            else:
                yield key, data[self._layout.values + start : self._layout.values + end]
            start = end
        while added is not None:
            yield added
            added = next(since, None)

    def set(self, key: str, value: V) -> Shelf[V]:
        """With this item."""
        return self.update({key: value})

    def update(self, items: Mapping[str, V]) -> Shelf[V]:
        """With these items."""
        after: Shelf[V] = Shelf(self._data, self._layout, self._decode)
        after._set = self._set.update(items)
        after._new = self._new + sum(key not in self for key in items)
        return after
