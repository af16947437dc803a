"""One record in a database that speaks SQL: what SQLite and PostgreSQL have in common.

    record (id, origin)                  entry (key, leaf, bytes)
    head (record, size, frontier)        node (record, level, position, hash)

An entry's key is ``record << 40 | position``, so that the entries of a record lie together and in order without a
second index. Entries are never changed or deleted (R-STORE-2); ``head`` says how many there are, with the frontier, and
moves by compare-and-swap (R-STORE-3). ``node`` keeps the perfect nodes at levels 8, 16, … so that any tile is one range
of rows. A record that left its branch (R-MIRROR-9) has one more row in ``record``, whose name is the origin, a line
feed (which no origin has) and a number: the newest row counts, and the others stay.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, Protocol, TypeVar

from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.store import Record, check_entries, check_origin
from majlis.record import FULL, HASH_SIZE, Frontier, ReadHash, TileHashes, leaf_hash, node_hash

__all__ = ["SqlConnection", "SqlDatabase", "SqlRecord", "SqlStore"]

_POSITION_BITS: Final = 40


class SqlCursor(Protocol):
    """What a statement gave back."""

    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[Any]: ...


class SqlConnection(Protocol):
    """Statements inside a transaction; ``?`` stands for a value."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> SqlCursor: ...
    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> object: ...


class SqlDatabase(Protocol):
    """A database that acknowledges nothing before it is on the disk (R-STORE-1), opened by one writer (R-STORE-3)."""

    @property
    def where(self) -> str:
        """What it is called in a fault: a file, or an address without its password."""
        ...

    def transaction(self) -> AbstractContextManager[SqlConnection]:
        """All that is done inside is on the disk afterwards, or nothing of it. Raises: Fault."""
        ...

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows. Raises: Fault."""
        ...

    def wrote(self, size: int) -> None:
        """So many bytes more were written."""
        ...

    def close(self) -> None: ...


R = TypeVar("R", bound="SqlRecord")


class SqlStore(ABC, Generic[R]):
    """The records of a database, by origin. Safe to use from several threads."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database
        self._records: dict[str, R] = {}
        self._mutex = threading.RLock()

    @abstractmethod
    def _open(self, number: int, origin: str) -> R:
        """The record of this number."""

    def origins(self) -> tuple[str, ...]:
        """All of them, sorted."""
        rows = self._database.read("SELECT origin FROM record")
        return tuple(sorted({origin.partition("\n")[0] for (origin,) in rows}))

    def create(self, origin: str) -> R:
        """The record is there; an existing one is left as it is. Raises: Malformed, for an impossible origin."""
        check_origin(origin)
        with self._mutex:
            if origin not in self.origins():
                with self._database.transaction() as connection:
                    connection.execute("INSERT INTO record (origin) VALUES (?)", (origin,))
                    made = connection.execute("SELECT id FROM record WHERE origin = ?", (origin,))
                    ((number,),) = made.fetchall()
                    connection.execute("INSERT INTO head VALUES (?, 0, ?)", (number, b""))
            return self.record(origin)

    def record(self, origin: str) -> R:
        """Raises: Missing, when there is no such record."""
        with self._mutex:
            if origin not in self._records:
                branches = self._branches(origin)
                if not branches:
                    raise Missing(
                        f"no record {origin!r} is kept here; create it, or load it from a bundle",
                        where=self._database.where,
                    )
                self._records[origin] = self._open(branches[-1], origin)
            return self._records[origin]

    def _branches(self, origin: str) -> list[int]:
        """The rows that this record had, the newest last."""
        rows = self._database.read("SELECT id, origin FROM record ORDER BY id")
        return [number for number, name in rows if name.partition("\n")[0] == origin]

    def branch(self, origin: str, at: int, entries: Sequence[bytes]) -> R:
        """All of it is on the disk, or nothing of it."""
        with self._mutex:
            kept = [*self.record(origin).entries(0, at), *entries]
            check_entries(kept)
            name = f"{origin}\n{len(self._branches(origin))}"
            with self._database.transaction() as connection:
                connection.execute("INSERT INTO record (origin) VALUES (?)", (name,))
                ((number,),) = connection.execute("SELECT id FROM record WHERE origin = ?", (name,)).fetchall()
                rows, nodes, frontier = _laid_out(number, kept)
                connection.execute(
                    "INSERT INTO head VALUES (?, ?, ?)", (number, frontier.size, b"".join(frontier.roots))
                )
                connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
                if nodes:
                    connection.executemany("INSERT INTO node VALUES (?, ?, ?, ?)", nodes)
            self._database.wrote(sum(map(len, kept)) + 100 * len(kept))
            del self._records[origin]
            return self.record(origin)

    def close(self) -> None:
        """The database is free for others."""
        self._database.close()


class SqlRecord(Record):
    """One record in a database. Safe to use from several threads."""

    def __init__(self, database: SqlDatabase, number: int, origin: str) -> None:
        self.origin = origin
        self._database = database
        self._number = number
        self._base = number << _POSITION_BITS
        self._mutex = threading.RLock()
        self._tiles = TileHashes(0, self.tile)
        self._known: dict[bytes, int] | None = None

    @property
    def size(self) -> int:
        return self._head()[0]

    def _head(self) -> tuple[int, bytes]:
        rows = self._database.read("SELECT size, frontier FROM head WHERE record = ?", (self._number,))
        if not rows:
            raise self._damage("the record has no head")
        size, frontier = rows[0]
        return size, frontier

    def _frontier(self) -> Frontier:
        size, roots = self._head()
        try:
            return Frontier(size, (roots[at : at + HASH_SIZE] for at in range(0, len(roots), HASH_SIZE)))
        except ValueError:
            raise self._damage("the frontier of the tree does not fit the size") from None

    def append(self, entries: Sequence[bytes]) -> int:
        check_entries(entries)
        with self._mutex:
            frontier = self._frontier()
            first = frontier.size
            if not entries:
                return first
            rows, nodes = [], []
            for position, entry in enumerate(entries, start=first):
                leaf = leaf_hash(entry)
                if position % FULL == FULL - 1:
                    nodes += [(self._number, *node) for node in _completed(frontier, leaf)]
                rows.append((self._base | position, leaf, entry))
                frontier.append(leaf)
            with self._database.transaction() as connection:
                moved = connection.execute(
                    "UPDATE head SET size = ?, frontier = ? WHERE record = ? AND size = ?",
                    (frontier.size, b"".join(frontier.roots), self._number, first),
                )
                if moved.rowcount != 1:
                    raise Refused(
                        "another writer has grown this record; open it again", where=self.origin, rule="R-STORE-3"
                    )
                connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
                if nodes:
                    connection.executemany("INSERT INTO node VALUES (?, ?, ?, ?)", nodes)
            self._database.wrote(sum(map(len, entries)) + 100 * len(entries))
            if self._known is not None:
                for key, leaf, _ in rows:
                    self._known.setdefault(leaf, key ^ self._base)
            return first

    def append_once(self, entries: Sequence[bytes]) -> tuple[int, ...]:
        check_entries(entries)
        with self._mutex:
            known = self._index()
            leaves = [leaf_hash(entry) for entry in entries]
            new = {leaf: entry for leaf, entry in zip(leaves, entries, strict=True) if leaf not in known}
            self.append(list(new.values()))
            return tuple(known[leaf] for leaf in leaves)

    def find(self, entry: bytes) -> int | None:
        with self._mutex:
            return self._index().get(leaf_hash(entry))

    def _index(self) -> dict[bytes, int]:
        """Where each leaf stands first. In memory, read when first asked for: about 150 MB for a million entries."""
        if self._known is None or len(self._known) > self.size:
            self._known = {}
            rows = self._database.read(
                "SELECT leaf, key FROM entry WHERE key >= ? AND key < ? ORDER BY key DESC",
                (self._base, self._base + (1 << _POSITION_BITS)),
            )
            self._known.update((leaf, key ^ self._base) for leaf, key in rows)
        return self._known

    def entries(self, start: int = 0, end: int | None = None) -> list[bytes]:
        size = self.size
        return [entry for _, entry in self._rows(start, size if end is None else min(end, size))]

    def _rows(self, start: int, end: int) -> list[tuple[bytes, bytes]]:
        """The entries [start, end), each after its leaf hash, which was computed from it just now."""
        rows = self._database.read(
            "SELECT leaf, bytes FROM entry WHERE key >= ? AND key < ? ORDER BY key",
            (self._base | start, self._base | end),
        )
        if len(rows) != max(0, end - start):
            raise self._damage(f"entries are missing between {start} and {end}")
        for position, (leaf, entry) in enumerate(rows, start=start):
            if leaf_hash(entry) != leaf:
                raise self._damage(f"entry {position} is not what was stored")
        return rows

    def root(self, size: int | None = None) -> bytes:
        """The present root is the one computed when the last entry was appended; earlier ones are read from tiles."""
        frontier = self._frontier()
        return frontier.root() if size in (None, frontier.size) else super().root(size)

    def hashes(self) -> ReadHash:
        with self._mutex:
            self._tiles.size = self.size

        def read(level: int, index: int) -> bytes:
            with self._mutex:
                return self._tiles(level, index)

        return read

    def _tile(self, level: int, start: int, end: int) -> bytes:
        if level == 0:
            rows = self._database.read(
                "SELECT leaf FROM entry WHERE key >= ? AND key < ? ORDER BY key", (self._base | start, self._base | end)
            )
        else:
            rows = self._database.read(
                "SELECT hash FROM node WHERE record = ? AND level = ? AND position >= ? AND position < ?"
                " ORDER BY position",
                (self._number, 8 * level, start, end),
            )
        if len(rows) != end - start:
            raise self._damage(f"hashes are missing at level {8 * level} between {start} and {end}")
        return b"".join(digest for (digest,) in rows)

    def check(self) -> None:
        """Every entry is what was stored, and all that is derived follows from the entries. Reads the whole record.

        Raises: Malformed, naming the first that does not.
        """
        frontier, nodes = self._recompute()
        if frontier.roots != self._frontier().roots:
            raise self._damage("the frontier is not that of the entries; rebuild what is derived")
        if sorted(nodes) != self._nodes():
            raise self._damage("inner hashes are not those of the entries; rebuild what is derived")
        ((count,),) = self._database.read(
            "SELECT count(*) FROM entry WHERE key >= ? AND key < ?", (self._base, self._base + (1 << _POSITION_BITS))
        )
        if count > self.size:
            raise self._damage(f"{count - self.size} entries lie beyond its end")

    def rebuild(self) -> None:
        """What is derived follows from the entries again. Raises: Malformed, when an entry itself is damaged."""
        with self._mutex:
            frontier, nodes = self._recompute()
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM node WHERE record = ?", (self._number,))
                connection.executemany("INSERT INTO node VALUES (?, ?, ?, ?)", nodes)
                connection.execute(
                    "UPDATE head SET frontier = ? WHERE record = ?", (b"".join(frontier.roots), self._number)
                )
            self._tiles = TileHashes(0, self.tile)

    def _recompute(self) -> tuple[Frontier, list[tuple[int, int, int, bytes]]]:
        frontier = Frontier()
        nodes: list[tuple[int, int, int, bytes]] = []
        size = self.size
        for start in range(0, size, FULL):
            for leaf, _ in self._rows(start, min(start + FULL, size)):
                nodes += [(self._number, *node) for node in _completed(frontier, leaf)]
                frontier.append(leaf)
        return frontier, nodes

    def _nodes(self) -> list[tuple[int, int, int, bytes]]:
        return self._database.read(
            "SELECT record, level, position, hash FROM node WHERE record = ? ORDER BY level, position", (self._number,)
        )

    def _damage(self, text: str) -> Fault:
        return Malformed(
            f"record {self.origin!r} is damaged: {text}. Keep the file aside, and load the record from a mirror or a "
            "bundle; do not put an old backup in its place",
            where=self._database.where,
            rule="R-STORE-5",
        )


def _laid_out(
    number: int, entries: Sequence[bytes]
) -> tuple[list[tuple[int, bytes, bytes]], list[tuple[int, int, int, bytes]], Frontier]:
    """The rows of a whole record: its entries, its inner hashes, and its frontier."""
    frontier = Frontier()
    rows, nodes = [], []
    for position, entry in enumerate(entries):
        leaf = leaf_hash(entry)
        nodes += [(number, *node) for node in _completed(frontier, leaf)]
        rows.append((number << _POSITION_BITS | position, leaf, entry))
        frontier.append(leaf)
    return rows, nodes, frontier


def _completed(frontier: Frontier, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The perfect nodes at levels 8, 16, … that are complete once ``leaf`` is appended: (level, position, hash)."""
    roots, position, level, digest = list(frontier.roots), frontier.size, 0, leaf
    while position % FULL == FULL - 1:
        for _ in range(8):
            digest = node_hash(roots.pop(), digest)
        position //= FULL
        level += 8
        yield level, position, digest
