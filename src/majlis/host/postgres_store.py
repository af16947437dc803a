"""Records and signers in a PostgreSQL database: the tables of ``sql_record`` and ``signer``, kept by one server.

For hosts that keep the records of many bodies, or whose machine may be replaced while the database stays. Entries and
signed checkpoints lie in one place here, so that two processes on two machines cannot both sign: the row of a
checkpoint moves by compare-and-swap. What an old backup of the server would undo together, each machine's own
``signer.db`` remembers (``SignerBook``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from majlis.host.postgres import PostgresDatabase
from majlis.host.sql_record import SqlDatabase, SqlRecord, SqlStore

__all__ = ["PostgresRecord", "PostgresStore", "open_database"]

_FORMAT: Final = "majlis-store/1"

_SCHEMA: Final = """
CREATE TABLE record (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin text COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE entry (
    key bigint PRIMARY KEY,
    leaf bytea NOT NULL CHECK (length(leaf) = 32),
    bytes bytea NOT NULL CHECK (length(bytes) <= 65535)
);
CREATE TABLE node (
    record bigint NOT NULL REFERENCES record (id),
    level integer NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (record, level, position)
);
CREATE TABLE head (
    record bigint PRIMARY KEY REFERENCES record (id),
    size bigint NOT NULL,
    frontier bytea NOT NULL
);
CREATE TABLE signed (
    origin text COLLATE "C" PRIMARY KEY,
    key bytea NOT NULL CHECK (length(key) = 32),
    size bigint NOT NULL,
    root bytea NOT NULL CHECK (length(root) = 32),
    frontier bytea NOT NULL
);
CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME; END $$;
CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.size < OLD.size THEN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER record_stays BEFORE UPDATE OR DELETE ON record FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER head_stays BEFORE DELETE OR UPDATE OF record ON head FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER head_grows BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION only_grows();
CREATE TRIGGER signed_stays BEFORE DELETE OR UPDATE OF origin, key ON signed FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER signed_grows BEFORE UPDATE ON signed FOR EACH ROW EXECUTE FUNCTION only_grows();
CREATE TRIGGER record_keeps_all BEFORE TRUNCATE ON record FOR EACH STATEMENT EXECUTE FUNCTION stays();
CREATE TRIGGER entry_keeps_all BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION stays();
CREATE TRIGGER head_keeps_all BEFORE TRUNCATE ON head FOR EACH STATEMENT EXECUTE FUNCTION stays();
CREATE TRIGGER signed_keeps_all BEFORE TRUNCATE ON signed FOR EACH STATEMENT EXECUTE FUNCTION stays()
"""
_TILES: Final = """
CREATE TABLE tile (
    key bigint PRIMARY KEY,
    hashes bytea NOT NULL CHECK (length(hashes) = 8192)
)
"""


def open_database(url: str, *, read_only: bool = False) -> PostgresDatabase:
    """The database, with its tables. Raises: as ``PostgresDatabase``."""
    return PostgresDatabase(url, schema=f"{_SCHEMA};{_TILES}", format_=_FORMAT, read_only=read_only)


class PostgresStore(SqlStore["PostgresRecord"]):
    """The records in a PostgreSQL database. One process writes; others may read."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Raises: as ``PostgresDatabase``."""
        self.url = url
        self.database = open_database(url, read_only=read_only)
        super().__init__(self.database)
        self._has_tiles = self._find_tiles(
            "SELECT 1 WHERE to_regclass('tile') IS NOT NULL", None if read_only else _TILES
        )

    def _open(self, number: int, origin: str) -> PostgresRecord:
        return PostgresRecord(self._database, number, origin, self.url, has_tiles=self._has_tiles)


class PostgresRecord(SqlRecord):
    """One record in a PostgreSQL database."""

    def __init__(self, database: SqlDatabase, number: int, origin: str, url: str, *, has_tiles: bool) -> None:
        super().__init__(database, number, origin, has_tiles=has_tiles)
        self._url = url

    def reread(self, start: int, end: int) -> Iterator[bytes]:
        """The entries [start, end) over a connection of their own, as another program would read them."""
        database = open_database(self._url, read_only=True)
        try:
            yield from SqlRecord(database, self._number, self.origin).iterate(start, end)
        finally:
            database.close()
