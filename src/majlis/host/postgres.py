"""A PostgreSQL database (13 or newer) that acknowledges nothing before it is on the server's disk (R-STORE-1).

``fsync`` and ``synchronous_commit`` are asked for and read back. One connection does everything, and it holds an
advisory lock for as long as it lives: a second writer fails at once (R-STORE-3), and when the connection breaks, lock
and writer end together. Behind that every head moves by compare-and-swap.

After a COMMIT without an answer nobody knows what the server stored, so nothing further is read or written until the
program is started again (R-STORE-4).

The tables lie in the first schema of the connection's ``search_path``, so that one server keeps many hosts:
``postgresql://majlis@localhost/camp?options=-csearch_path%3Dnorth``.

``psycopg`` is loaded here and nowhere else, when a database is opened; nobody else needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.sql_record import SqlConnection

__all__ = ["PostgresDatabase", "is_postgres", "shown"]

OLDEST: Final = 130_000
_CONNECT_SECONDS: Final = 10
_RESTART: Final = "stop this program and start it again; it will continue from what is certain"


def is_postgres(url: str) -> bool:
    """Whether this is the address of a PostgreSQL database."""
    return url.startswith(("postgresql://", "postgres://"))


def shown(url: str) -> str:
    """The address as it may be shown: without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"


class _Statements:
    """A connection that takes ``?`` for a value, as SQLite does."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return self._connection.execute(_asked(sql), values)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> object:
        with self._connection.cursor() as cursor:
            return cursor.executemany(_asked(sql), rows)


def _asked(sql: str) -> str:
    return sql.replace("?", "%s")


class PostgresDatabase:
    """One database, opened for writing (alone in its schema) or for reading. Safe to use from several threads."""

    def __init__(self, url: str, *, schema: str, format_: str, read_only: bool = False) -> None:
        """``schema``: the statements that make the tables, run where ``about`` is not there; ``format_`` names them.

        Raises: Missing, without psycopg, or where no server answers; Refused, while another program writes there, or
        where the server may lose what it acknowledged; Malformed, where another program's tables lie.
        """
        self.where = shown(url)
        self._mutex = threading.RLock()
        self._is_broken = False
        try:
            import psycopg
        except ImportError:
            raise Missing(
                "PostgreSQL needs the package psycopg, which is not installed; install majlis[postgresql], or keep "
                "the records in the folder"
            ) from None
        self._errors = psycopg
        try:
            self._connection = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS)
        except (psycopg.Error, UnicodeError) as error:
            raise Missing(f"no database answers there: {_first_line(error)}", where=self.where) from None
        try:
            self._set_up(read_only)
            self._check_tables(schema, format_, read_only)
        except BaseException:
            self.close()
            raise

    def _set_up(self, read_only: bool) -> None:
        with self._faults():
            if self._connection.info.server_version < OLDEST:
                raise Refused(
                    f"PostgreSQL 13 or newer is needed, this is {self._connection.info.server_version // 10_000}",
                    where=self.where,
                )
            self._connection.execute("SET TIME ZONE 'UTC'")
            if read_only:
                self._connection.execute("SET default_transaction_read_only = on")
                return
            self._connection.execute("SET synchronous_commit = on")
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                ((value,),) = self._connection.execute(f"SHOW {setting}").fetchall()
                if value != "on":
                    raise Refused(
                        f"this server runs with {setting}={value}, and may lose what was acknowledged when the power "
                        "fails; turn it on",
                        where=self.where,
                        rule="R-STORE-1",
                    )
            ((is_ours,),) = self._connection.execute(
                "SELECT pg_try_advisory_lock(hashtextextended('majlis ' || current_schema(), 0))"
            ).fetchall()
            if not is_ours:
                raise Refused(
                    "another program is writing here; close it (or wait for it) and try again",
                    where=self.where,
                    rule="R-STORE-3",
                )

    def _check_tables(self, schema: str, format_: str, read_only: bool) -> None:
        with self._faults():
            ((is_there,),) = self._connection.execute("SELECT to_regclass('about') IS NOT NULL").fetchall()
            if not is_there:
                if read_only:
                    raise Missing("nothing has been stored in this database yet", where=self.where)
                with self._connection.transaction():
                    self._connection.execute(schema)
                    self._connection.execute("CREATE TABLE about (format text NOT NULL)")
                    self._connection.execute("INSERT INTO about VALUES (%s)", (format_,))
            rows = self._connection.execute("SELECT * FROM about").fetchall()
            if rows != [(format_,)]:
                raise Malformed(
                    f"the tables in this database are of another program, expected {format_}; name another database",
                    where=self.where,
                    rule="R-STORE-5",
                )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """psycopg's errors become ours; those after which nobody knows what the server stored break the database."""
        try:
            yield
        except self._errors.OperationalError as error:
            if self._is_lost():
                self._is_broken = True
                raise Fault(
                    f"the database is gone ({_first_line(error)}); {_RESTART}", where=self.where, rule="R-STORE-4"
                ) from error
            raise Fault(
                f"the database could not do it, and nothing of this was stored: {_first_line(error)}",
                where=self.where,
                rule="R-STORE-1",
            ) from error
        except self._errors.Error as error:
            raise Fault(f"the database refused it: {_first_line(error)}", where=self.where, rule="R-STORE-2") from error

    def _is_lost(self) -> bool:
        return bool(self._connection.closed or self._connection.broken)

    def _check_whole(self) -> None:
        if self._is_broken:
            raise Fault(
                f"an earlier write was not answered, or this is closed; {_RESTART}", where=self.where, rule="R-STORE-4"
            )

    @contextmanager
    def transaction(self) -> Iterator[SqlConnection]:
        """All that is done inside is on the server's disk afterwards, or nothing of it.

        Raises: Fault, when it could not be stored; after a COMMIT without an answer also at every later call.
        """
        with self._mutex:
            self._check_whole()
            with self._faults():
                self._connection.execute("BEGIN")
            try:
                with self._faults():
                    yield _Statements(self._connection)
            except BaseException:
                self._roll_back()
                raise
            try:
                with self._faults():
                    self._connection.execute("COMMIT")
            except BaseException:
                self._is_broken = True
                raise

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except self._errors.Error:
            self._is_broken = True

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows. Raises: Fault."""
        with self._mutex:
            self._check_whole()
            with self._faults():
                return self._connection.execute(_asked(sql), values).fetchall()

    def wrote(self, size: int) -> None:
        """The server carries its own journal over."""

    def close(self) -> None:
        """The database is free for others. Harmless when it already is."""
        with self._mutex:
            self._is_broken = True
            self._connection.close()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
