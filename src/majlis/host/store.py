"""Where records are kept: entries in order, the tree over them, and proofs. On disk, and in memory for tests.

Entries are the one source of truth. Leaf hashes, tiles and roots follow from them and are kept beside them only so that
they need not be computed again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

from majlis.errors import Malformed, Missing, Refused
from majlis.record import (
    FULL,
    MAX_ENTRY_SIZE,
    ReadHash,
    Tile,
    Tree,
    format_bundle,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_at,
)

__all__ = ["MemoryStore", "Record", "Store", "check_entries", "check_origin"]


class Record(ABC):
    """One record: an origin and its entries. Only ever longer."""

    origin: str

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of entries."""

    @abstractmethod
    def append(self, entries: Sequence[bytes]) -> int:
        """The entries stand at the end, durably, all or none. Returns the position of the first.

        Raises: Malformed, for an entry over 65,535 bytes; Fault, when they could not be stored.
        """

    @abstractmethod
    def append_once(self, entries: Sequence[bytes]) -> tuple[int, ...]:
        """Each entry stands in the record, appended only where the same bytes were not there yet.

        Returns the position of each, the earliest where there are several. Raises: as ``append``.
        """

    @abstractmethod
    def entries(self, start: int = 0, end: int | None = None) -> list[bytes]:
        """The entries [start, end), as far as there are any."""

    @abstractmethod
    def hashes(self) -> ReadHash:
        """The perfect nodes of the tree at its present size."""

    @abstractmethod
    def find(self, entry: bytes) -> int | None:
        """The first position at which these very bytes stand."""

    def iterate(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The entries [start, end), read a bundle at a time."""
        end = self.size if end is None else min(end, self.size)
        for at in range(start, end, FULL):
            yield from self.entries(at, min(at + FULL, end))

    def reread(self, start: int, end: int) -> Iterator[bytes]:
        """The entries [start, end) by a second way, as far as there is one: what the signer hashes again."""
        return self.iterate(start, end)

    def root(self, size: int | None = None) -> bytes:
        """The root now, or of the first ``size`` entries. Raises: ValueError, when there are fewer."""
        now = self.size
        if size is not None and not 0 <= size <= now:
            raise ValueError(f"a record of {now} has no root at {size}")
        return root_at(now if size is None else size, self.hashes())

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle, of any width that the record fills.

        Raises: Missing, when it does not fill it.
        """
        start, end = tile.index * FULL, tile.index * FULL + tile.width
        level = tile.level or 0
        if end << (8 * level) > self.size:
            raise Missing(f"the record has {self.size} entries, too few for this tile: {tile}", where=self.origin)
        if tile.level is None:
            return format_bundle(self.entries(start, end))
        return self._tile(level, start, end)

    def _tile(self, level: int, start: int, end: int) -> bytes:
        read = self.hashes()
        return b"".join(read(8 * level, index) for index in range(start, end))

    def prove_inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Raises: ValueError, unless index < size <= the record's size."""
        size = self._size_for_proof(size)
        return prove_inclusion(index, size, self.hashes())

    def prove_consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """Raises: ValueError, unless 0 < old <= new <= the record's size."""
        new = self._size_for_proof(new)
        return prove_consistency(old, new, self.hashes())

    def _size_for_proof(self, size: int | None) -> int:
        now = self.size
        if size is not None and size > now:
            raise ValueError(f"a record of {now} proves nothing about size {size}")
        return now if size is None else size


class Store(Protocol):
    """The records that a host keeps, by origin."""

    def origins(self) -> tuple[str, ...]:
        """All of them, sorted."""
        ...

    def create(self, origin: str) -> Record:
        """The record is there; an existing one is left as it is. Raises: Malformed, for an impossible origin."""
        ...

    def record(self, origin: str) -> Record:
        """Raises: Missing, when there is no such record."""
        ...

    def branch(self, origin: str, at: int, entries: Sequence[bytes]) -> Record:
        """The record is another from here on: its first ``at`` entries, and these behind them (R-MIRROR-9).

        All that it was stays where it is; nobody reads it any more. Raises: Missing, when there is no such record.
        """
        ...

    def close(self) -> None: ...


def check_origin(origin: str) -> None:
    """The origin can be the name of a key and the first line of a checkpoint. Raises: Malformed."""
    if not origin or len(origin.encode()) > 255 or "+" in origin or any(c.isspace() or c < " " for c in origin):
        raise Malformed(
            f"an origin is a name of at most 255 bytes without spaces or plus, got {origin[:60]!r}", rule="R-STORE-6"
        )


def check_entries(entries: Sequence[bytes]) -> None:
    """All can be logged. Raises: Malformed, naming the one that cannot."""
    for number, entry in enumerate(entries):
        if len(entry) > MAX_ENTRY_SIZE:
            raise Malformed(
                f"an entry has at most {MAX_ENTRY_SIZE} bytes, this one {len(entry)}; "
                "log its hash and keep it as a blob",
                where=f"entry {number} of {len(entries)}",
                rule="R-STORE-6",
            )


class MemoryRecord(Record):
    """The obvious twin of the record on disk."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._entries: list[bytes] = []
        self._tree = Tree()
        self.is_open = True

    @property
    def size(self) -> int:
        return len(self._entries)

    def append(self, entries: Sequence[bytes]) -> int:
        if not self.is_open:
            raise Refused("this store is closed")
        check_entries(entries)
        first = self.size
        for entry in entries:
            self._entries.append(bytes(entry))
            self._tree.append(leaf_hash(entry))
        return first

    def append_once(self, entries: Sequence[bytes]) -> tuple[int, ...]:
        check_entries(entries)
        positions = []
        for entry in entries:
            found = self.find(entry)
            positions.append(self.append([entry]) if found is None else found)
        return tuple(positions)

    def entries(self, start: int = 0, end: int | None = None) -> list[bytes]:
        return self._entries[start:end]

    def hashes(self) -> ReadHash:
        return self._tree.read

    def find(self, entry: bytes) -> int | None:
        return self._entries.index(entry) if entry in self._entries else None


class MemoryStore:
    """Records that last as long as the process. For tests; it promises nothing after that."""

    def __init__(self) -> None:
        self._records: dict[str, MemoryRecord] = {}

    def origins(self) -> tuple[str, ...]:
        return tuple(sorted(self._records))

    def create(self, origin: str) -> MemoryRecord:
        check_origin(origin)
        return self._records.setdefault(origin, MemoryRecord(origin))

    def record(self, origin: str) -> MemoryRecord:
        try:
            return self._records[origin]
        except KeyError:
            raise Missing(f"no record {origin!r} is kept here; create it, or load it from a bundle") from None

    def branch(self, origin: str, at: int, entries: Sequence[bytes]) -> MemoryRecord:
        old, new = self.record(origin), MemoryRecord(origin)
        new.append([*old.entries(0, at), *entries])
        self._records[origin] = new
        return new

    def close(self) -> None:
        for record in self._records.values():
            record.is_open = False
