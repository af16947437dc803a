"""One record in a database that speaks SQL: what SQLite and PostgreSQL have in common.

    record (id, origin)                  entry (key, leaf, bytes)
    head (record, size, frontier)        node (record, level, position, hash)
    tile (key, hashes)

An entry's key is ``record << 40 | position``, so that the entries of a record lie together and in order without a
second index. Entries are never changed or deleted (R-STORE-2); ``head`` says how many there are, with the frontier, and
moves by compare-and-swap (R-STORE-3). ``node`` keeps the perfect nodes at levels 8, 16, … so that any tile is one range
of rows. ``tile`` keeps the leaf hashes of each full tile together, at ``record << 40 | number``: one row is read for a
proof, not 256 with their entries. Where the row is not there (the table is younger than some files), the entries are
read. A record that left its branch (R-MIRROR-9) has one more row in ``record``, whose name is the origin, a line
feed (which no origin has) and a number: the newest row counts, and the others stay.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, Protocol, TypeVar

from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.store import Record, check_entries, check_origin
from majlis.record import FULL, HASH_SIZE, Frontier, ReadHash, TileHashes, leaf_hash, node_hash
from majlis.record.merkle import perfect_nodes

__all__ = ["Damaged", "SqlConnection", "SqlDatabase", "SqlRecord", "SqlStore"]

_POSITION_BITS: Final = 40

EntryRow = tuple[int, bytes, bytes]
NodeRow = tuple[int, int, int, bytes]
TileRow = tuple[int, bytes]


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

    def _find_tiles(self, ask: str, make: str | None) -> bool:
        """Whether there is a table of tiles: ``ask`` gives a row where it is, and ``make``, for a writer, makes it."""
        try:
            if self._database.read(ask):
                return True
            if make is not None:
                with self._database.transaction() as connection:
                    connection.execute(make)
        except BaseException:
            self._database.close()
            raise
        return make is not None

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
                rows, nodes, tiles, frontier = _laid_out(number, kept)
                connection.execute(
                    "INSERT INTO head VALUES (?, ?, ?)", (number, frontier.size, b"".join(frontier.roots))
                )
                connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
                _insert_derived(connection, nodes, tiles)
            self._database.wrote(sum(map(len, kept)) + 140 * len(kept))
            del self._records[origin]
            return self.record(origin)

    def close(self) -> None:
        """The database is free for others."""
        self._database.close()


class Damaged(Malformed):
    """A record is not what was stored. ``what``: that alone, without what to do."""

    def __init__(self, text: str, *, what: str, where: str) -> None:
        super().__init__(text, where=where, rule="R-STORE-5")
        self.what = what


class SqlRecord(Record):
    """One record in a database. Safe to use from several threads."""

    def __init__(self, database: SqlDatabase, number: int, origin: str, *, has_tiles: bool = False) -> None:
        """``has_tiles``: whether there is a table of tiles; whoever writes has one."""
        self.origin = origin
        self._has_tiles = has_tiles
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
            tiles = self._filled(first, [leaf for _, leaf, _ in rows])
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
                _insert_derived(connection, nodes, tiles)
            self._database.wrote(sum(map(len, entries)) + 140 * len(entries))
            if self._known is not None:
                for key, leaf, _ in rows:
                    self._known.setdefault(leaf, key ^ self._base)
            return first

    def _filled(self, first: int, leaves: Sequence[bytes]) -> list[TileRow]:
        """The tiles that are full once these leaves stand behind the first ``first``."""
        number, over = divmod(first, FULL)
        if over + len(leaves) < FULL:
            return []
        before = self._leaves(first - over, first)
        return _full_tiles(self._base | number, [*before, *leaves])

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
        size = self.size
        if self._known is None or len(self._known) > size:
            leaves = b"".join([self._tile(0, at, min(at + FULL, size)) for at in range(0, size, FULL)])
            # From the last to the first, so that of equal leaves the first stays.
            last = range(len(leaves) - HASH_SIZE, -1, -HASH_SIZE)
            self._known = dict(zip((leaves[at : at + HASH_SIZE] for at in last), reversed(range(size)), strict=True))
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
            kept = self._tile_kept(start) if end - start == FULL else None
            return b"".join(self._leaves(start, end)) if kept is None else kept
        rows = self._database.read(
            "SELECT hash FROM node WHERE record = ? AND level = ? AND position >= ? AND position < ? ORDER BY position",
            (self._number, 8 * level, start, end),
        )
        if len(rows) != end - start:
            raise self._damage(f"hashes are missing at level {8 * level} between {start} and {end}")
        return b"".join([digest for (digest,) in rows])

    def _tile_kept(self, start: int) -> bytes | None:
        """The leaf hashes from ``start`` on, where they are kept as a tile."""
        if not self._has_tiles:
            return None
        rows = self._database.read("SELECT hashes FROM tile WHERE key = ?", (self._base | start // FULL,))
        return rows[0][0] if rows else None

    def _leaves(self, start: int, end: int) -> list[bytes]:
        """The leaf hashes that stand beside the entries [start, end)."""
        rows = self._database.read(
            "SELECT leaf FROM entry WHERE key >= ? AND key < ? ORDER BY key", (self._base | start, self._base | end)
        )
        if len(rows) != end - start:
            raise self._damage(f"leaf hashes are missing between {start} and {end}")
        return [leaf for (leaf,) in rows]

    def found(self) -> list[bytes | None]:
        """What lies at each place, whatever else is damaged; None where it is not what was stored, or nothing lies."""
        rows = self._database.read(
            "SELECT key, leaf, bytes FROM entry WHERE key >= ? AND key < ? ORDER BY key", self._keys()
        )
        found: list[bytes | None] = [None] * (max(self.size, rows[-1][0] - self._base + 1) if rows else self.size)
        for key, leaf, entry in rows:
            if leaf_hash(entry) == leaf:
                found[key - self._base] = entry
        return found

    def check(self) -> None:
        """Every entry is what was stored, and all that is derived follows from the entries. Reads the whole record.

        Raises: Malformed, naming the first that does not.
        """
        frontier, nodes, tiles = self._recompute()
        if frontier.roots != self._frontier().roots:
            raise self._damage("the frontier is not that of the entries; rebuild what is derived")
        if sorted(nodes) != self._nodes() or not set(self._tiles_kept()) <= set(tiles):
            raise self._damage("inner hashes are not those of the entries; rebuild what is derived")
        ((count,),) = self._database.read("SELECT count(*) FROM entry WHERE key >= ? AND key < ?", self._keys())
        if count > self.size:
            raise self._damage(f"{count - self.size} entries lie beyond its end")

    def rebuild(self) -> None:
        """What is derived follows from the entries again. Raises: Malformed, when an entry itself is damaged."""
        with self._mutex:
            frontier, nodes, tiles = self._recompute()
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM node WHERE record = ?", (self._number,))
                connection.execute("DELETE FROM tile WHERE key >= ? AND key < ?", self._keys())
                _insert_derived(connection, nodes, tiles)
                connection.execute(
                    "UPDATE head SET frontier = ? WHERE record = ?", (b"".join(frontier.roots), self._number)
                )
            self._tiles = TileHashes(0, self.tile)

    def _keys(self) -> tuple[int, int]:
        """From the first key of this record to before the first of another."""
        return self._base, self._base + (1 << _POSITION_BITS)

    def _recompute(self) -> tuple[Frontier, list[NodeRow], list[TileRow]]:
        size = self.size
        bundles = (self._rows(start, min(start + FULL, size)) for start in range(0, size, FULL))
        return _derived(self._number, ([leaf for leaf, _ in rows] for rows in bundles))

    def _tiles_kept(self) -> list[TileRow]:
        if not self._has_tiles:
            return []
        return self._database.read("SELECT key, hashes FROM tile WHERE key >= ? AND key < ?", self._keys())

    def _nodes(self) -> list[NodeRow]:
        return self._database.read(
            "SELECT record, level, position, hash FROM node WHERE record = ? ORDER BY level, position", (self._number,)
        )

    def _damage(self, text: str) -> Fault:
        what = f"record {self.origin!r} is damaged: {text}"
        return Damaged(
            f"{what}. Bring it from a mirror or a bundle: 'majlis record recover BODY FROM'; do not put an old backup "
            "in its place",
            what=what,
            where=self._database.where,
        )


def _laid_out(number: int, entries: Sequence[bytes]) -> tuple[list[EntryRow], list[NodeRow], list[TileRow], Frontier]:
    """The rows of a whole record: its entries, its inner hashes, its tiles; and its frontier."""
    leaves = [leaf_hash(entry) for entry in entries]
    key = number << _POSITION_BITS
    rows = [(key | position, *row) for position, row in enumerate(zip(leaves, entries, strict=True))]
    frontier, nodes, tiles = _derived(number, (leaves[at : at + FULL] for at in range(0, len(leaves), FULL)))
    return rows, nodes, tiles, frontier


def _derived(number: int, bundles: Iterable[Sequence[bytes]]) -> tuple[Frontier, list[NodeRow], list[TileRow]]:
    """What follows from the leaf hashes of a whole record, which come 256 at a time and last what is left."""
    tiles: list[TileRow] = []
    nodes: list[NodeRow] = []
    last = Frontier()
    for bundle in bundles:
        if len(bundle) == FULL:
            tiles.append((number << _POSITION_BITS | len(tiles), b"".join(bundle)))
        else:
            last.extend(bundle)
    level, digests = 8, [_top(tile) for _, tile in tiles]
    whole = Frontier()
    whole.extend(digests)
    while digests:
        nodes += [(number, level, position, digest) for position, digest in enumerate(digests)]
        ends = range(FULL, len(digests) + 1, FULL)
        level, digests = level + 8, [_top(b"".join(digests[end - FULL : end])) for end in ends]
    return Frontier(FULL * whole.size + last.size, (*whole.roots, *last.roots)), nodes, tiles


def _top(tile: bytes) -> bytes:
    """The perfect node over a full tile."""
    return perfect_nodes(tile)[-HASH_SIZE:]


def _full_tiles(key: int, leaves: Sequence[bytes]) -> list[TileRow]:
    """A row for each whole tile of these leaves, the first under this key."""
    return [
        (key + number, b"".join(leaves[number * FULL : (number + 1) * FULL])) for number in range(len(leaves) // FULL)
    ]


def _insert_derived(connection: SqlConnection, nodes: Sequence[NodeRow], tiles: Sequence[TileRow]) -> None:
    if nodes:
        connection.executemany("INSERT INTO node VALUES (?, ?, ?, ?)", nodes)
    if tiles:
        connection.executemany("INSERT INTO tile VALUES (?, ?)", tiles)


def _completed(frontier: Frontier, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The perfect nodes at levels 8, 16, … that are complete once ``leaf`` is appended: (level, position, hash)."""
    roots, position, level, digest = list(frontier.roots), frontier.size, 0, leaf
    while position % FULL == FULL - 1:
        for _ in range(8):
            digest = node_hash(roots.pop(), digest)
        position //= FULL
        level += 8
        yield level, position, digest
