"""Records on disk: one SQLite file, ``host.db``, holds all records of a data folder.

Triggers forbid changing or deleting entries (R-STORE-2). The tables are those of ``sql_record``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from majlis.host.database import Database
from majlis.host.sql_record import SqlDatabase, SqlRecord, SqlStore

__all__ = ["SqliteRecord", "SqliteStore"]

APPLICATION: Final = 0x4D4A4C31  # "MJL1"
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
_TILES: Final = """
CREATE TABLE tile (
    key INTEGER PRIMARY KEY,
    hashes BLOB NOT NULL CHECK (length(hashes) = 8192)
) STRICT
"""


class SqliteStore(SqlStore["SqliteRecord"]):
    """The records in ``host.db`` of a folder. One process writes; others may read."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Raises: Missing, before ``create``; Refused, while another process writes; Malformed, when damaged."""
        self.path = folder / "host.db"
        database = Database(self.path, application=APPLICATION, read_only=read_only, what=_WHAT)
        super().__init__(database)
        self._has_tiles = self._find_tiles(
            "SELECT 1 FROM sqlite_master WHERE name = 'tile'", None if read_only else _TILES
        )

    @classmethod
    def create_in(cls, folder: Path) -> SqliteStore:
        """The folder has a ``host.db``, opened for writing; an existing one is left as it is."""
        Database.create(folder / "host.db", application=APPLICATION, schema=f"{_SCHEMA};{_TILES}", what=_WHAT)
        return cls(folder)

    def _open(self, number: int, origin: str) -> SqliteRecord:
        return SqliteRecord(self._database, number, origin, self.path, has_tiles=self._has_tiles)


class SqliteRecord(SqlRecord):
    """One record in ``host.db``."""

    def __init__(self, database: SqlDatabase, number: int, origin: str, path: Path, *, has_tiles: bool) -> None:
        super().__init__(database, number, origin, has_tiles=has_tiles)
        self._path = path

    def reread(self, start: int, end: int) -> Iterator[bytes]:
        """The entries [start, end) as another program would read them: nothing this one keeps in memory is used."""
        database = Database(self._path, application=APPLICATION, read_only=True, what=_WHAT)
        try:
            yield from SqlRecord(database, self._number, self.origin).iterate(start, end)
        finally:
            database.close()
