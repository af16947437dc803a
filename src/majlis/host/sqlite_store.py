"""Records on disk: one SQLite file, ``host.db``, holds all records of a data folder.

An entry's key is ``record << 40 | position``, so that the entries of a record lie together and in order without a
second index. Triggers forbid changing or deleting entries (R-STORE-2); ``head`` says how many there are, with the
frontier, and moves by compare-and-swap. ``node`` keeps the perfect nodes at levels 8, 16, … so that any tile is one
range of rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.database import Database
from majlis.host.store import Record, check_entries, check_origin
from majlis.record import FULL, HASH_SIZE, Frontier, ReadHash, TileHashes, leaf_hash, node_hash

__all__ = ["SqliteRecord", "SqliteStore"]

APPLICATION: Final = 0x4D4A4C31  # "MJL1"
_POSITION_BITS: Final = 40
_WHAT: Final = "the records"

_SCHEMA: Final = """
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE entry (
    key INTEGER PRIMARY KEY,
    leaf BLOB NOT NULL CHECK (length(leaf) = 32),
    bytes BLOB NOT NULL CHECK (length(bytes) <= 65535)
) STRICT;
CREATE TABLE node (
    record INTEGER NOT NULL REFERENCES record (id),
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (record, level, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE head (
    record INTEGER PRIMARY KEY REFERENCES record (id),
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL
) STRICT;
CREATE TRIGGER record_stays BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'a record is never deleted'); END;
CREATE TRIGGER record_keeps_its_name BEFORE UPDATE ON record BEGIN
    SELECT RAISE(ABORT, 'a record is never renamed'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER entry_keeps_its_bytes BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'an entry never changes'); END;
CREATE TRIGGER head_stays BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'a record is never deleted'); END;
CREATE TRIGGER head_grows BEFORE UPDATE ON head WHEN NEW.size < OLD.size OR NEW.record <> OLD.record
    BEGIN SELECT RAISE(ABORT, 'a record only grows'); END
"""


class SqliteStore:
    """The records in ``host.db`` of a folder. One process writes; others may read."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Raises: Missing, before ``create``; Refused, while another process writes; Malformed, when damaged."""
        self._database = Database(folder / "host.db", application=APPLICATION, read_only=read_only, what=_WHAT)
        self._records: dict[str, SqliteRecord] = {}
        self._mutex = threading.RLock()

    @classmethod
    def create_in(cls, folder: Path) -> SqliteStore:
        """The folder has a ``host.db``, opened for writing; an existing one is left as it is."""
        Database.create(folder / "host.db", application=APPLICATION, schema=_SCHEMA, what=_WHAT)
        return cls(folder)

    @property
    def path(self) -> Path:
        return self._database.path

    def origins(self) -> tuple[str, ...]:
        return tuple(sorted(origin for (origin,) in self._database.read("SELECT origin FROM record")))

    def create(self, origin: str) -> SqliteRecord:
        check_origin(origin)
        with self._mutex:
            if origin not in self.origins():
                with self._database.transaction() as connection:
                    number = connection.execute("INSERT INTO record (origin) VALUES (?)", (origin,)).lastrowid
                    connection.execute("INSERT INTO head VALUES (?, 0, x'')", (number,))
            return self.record(origin)

    def record(self, origin: str) -> SqliteRecord:
        with self._mutex:
            if origin not in self._records:
                rows = self._database.read("SELECT id FROM record WHERE origin = ?", (origin,))
                if not rows:
                    raise Missing(
                        f"no record {origin!r} is kept here; create it, or load it from a bundle", where=str(self.path)
                    )
                self._records[origin] = SqliteRecord(self._database, rows[0][0], origin)
            return self._records[origin]

    def close(self) -> None:
        self._database.close()


class SqliteRecord(Record):
    """One record in ``host.db``. Safe to use from several threads."""

    def __init__(self, database: Database, number: int, origin: str) -> None:
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

    def reread(self, start: int, end: int) -> Iterator[bytes]:
        """The entries [start, end) as another program would read them: nothing this one keeps in memory is used."""
        database = Database(self._database.path, application=APPLICATION, read_only=True, what=_WHAT)
        try:
            yield from SqliteRecord(database, self._number, self.origin).iterate(start, end)
        finally:
            database.close()

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
            where=str(self._database.path),
            rule="R-STORE-5",
        )


def _completed(frontier: Frontier, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The perfect nodes at levels 8, 16, … that are complete once ``leaf`` is appended: (level, position, hash)."""
    roots, position, level, digest = list(frontier.roots), frontier.size, 0, leaf
    while position % FULL == FULL - 1:
        for _ in range(8):
            digest = node_hash(roots.pop(), digest)
        position //= FULL
        level += 8
        yield level, position, digest
