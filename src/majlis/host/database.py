"""A SQLite file that acknowledges nothing before it is on the disk (R-STORE-1).

``journal_mode=WAL`` and ``synchronous=FULL`` are set and read back, because defaults differ between builds, and WAL
with NORMAL may lose the last commits when the power fails. Where WAL cannot be had (some network and stick file
systems) the file is journalled with ``synchronous=EXTRA``. On macOS ``fullfsync`` makes the drive itself flush.

After a failed COMMIT or a failed write nobody knows what reached the disk (the kernel tells such an error once), so the
database refuses everything further until it is opened again, which recovers the last state that was acknowledged.

Writers hold the lock file ``<name>.lock``; there is one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.disk import sync_folder
from majlis.host.lock import FileLock

__all__ = ["Database"]

_CHECKPOINT_AFTER: Final = 4 * 1024 * 1024
_BUSY_SECONDS: Final = 5
_FULL: Final = {"wal": 2, "delete": 3}  # The least synchronous setting that survives a power cut, by journal mode.


class Database:
    """One SQLite file, opened for writing (alone) or for reading.

    ``application``: the four-byte number in the file that says whose it is. Not for network drives.
    """

    def __init__(self, path: Path, *, application: int, read_only: bool = False, what: str) -> None:
        """``what`` names the file for people, such as "the records".

        Raises: Missing, where there is none; Refused, where another program writes; Malformed, where it is damaged.
        """
        self.path = path
        self.what = what
        self._mutex = threading.RLock()
        self._is_broken = False
        self._since_checkpoint = 0
        if not path.is_file():
            raise Missing(
                f"there is no file of {what} here; create it first, or look in another folder", where=str(path)
            )
        self._lock = None if read_only else FileLock(path.with_name(path.name + ".lock"))
        try:
            self._connection = self._connect(read_only)
            self._check_file(application, is_thorough=not read_only)
        except BaseException:
            self.close()
            raise

    @property
    def _way_back(self) -> str:
        return _WAYS[self.what == _RECORDS]

    @property
    def where(self) -> str:
        """The file, for faults."""
        return str(self.path)

    @classmethod
    def create(cls, path: Path, *, application: int, schema: str, what: str) -> None:
        """The file is there, with the schema. One that is there already is left as it is.

        It appears whole or not at all: an empty file in its place is a damaged one, never a new one.
        """
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + ".new")
        with FileLock(path.with_name(path.name + ".lock")):
            if path.exists():
                return
            new.unlink(missing_ok=True)
            connection = sqlite3.connect(new, isolation_level=None)
            try:
                connection.executescript(f"PRAGMA application_id={application}; BEGIN; {schema}; COMMIT;")
            except sqlite3.Error as error:
                raise Fault(
                    f"could not create the file of {what}: {error}", where=str(path), rule="R-STORE-1"
                ) from error
            finally:
                connection.close()
            new.chmod(0o600)
            new.replace(path)
            sync_folder(path.parent)

    def _connect(self, read_only: bool) -> sqlite3.Connection:
        mode = "ro" if read_only else "rw"
        with self._faults():
            connection = sqlite3.connect(
                f"{self.path.resolve().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                timeout=_BUSY_SECONDS,
                check_same_thread=False,
            )
            if not read_only:
                journal = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
                if journal != "wal":
                    journal = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
                for setting in (
                    f"synchronous={_FULL.get(journal, 3)}",
                    "fullfsync=ON",
                    "checkpoint_fullfsync=ON",
                    "wal_autocheckpoint=0",
                    "foreign_keys=ON",
                ):
                    connection.execute(f"PRAGMA {setting}")
                synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
                if synchronous < _FULL.get(journal, 4):
                    connection.close()
                    raise Refused(
                        f"this SQLite keeps journal {journal} with synchronous {synchronous}, which may lose what was "
                        "acknowledged when the power fails; move the folder to a local disk",
                        where=str(self.path),
                        rule="R-STORE-1",
                    )
        return connection

    def _check_file(self, application: int, *, is_thorough: bool) -> None:
        with self._faults():
            found = self._connection.execute("PRAGMA application_id").fetchone()[0]
            if found != application:
                raise Malformed(
                    f"this file does not hold {self.what}; {self._way_back}", where=str(self.path), rule="R-STORE-5"
                )
            if is_thorough:
                verdict = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if verdict != "ok":
                    raise Malformed(
                        f"this file is damaged ({verdict}); {self._way_back}", where=str(self.path), rule="R-STORE-5"
                    )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """SQLite's errors become ours; those after which nobody knows what is on the disk break the database."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            where = str(self.path)
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                self._is_broken = True
                raise Malformed(
                    f"this file is damaged ({error}); {self._way_back}", where=where, rule="R-STORE-5"
                ) from error
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Refused(
                    "another program holds this file; close it and try again", where=where, rule="R-STORE-3"
                ) from error
            if code == sqlite3.SQLITE_FULL:
                raise Fault(
                    "no space is left, and nothing of this was stored; free some and try again",
                    where=where,
                    rule="R-STORE-1",
                ) from error
            if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                self._is_broken = True
                raise Fault(f"the disk failed ({error}); {_RESTART}", where=where, rule="R-STORE-4") from error
            raise

    def _check_whole(self) -> None:
        if self._is_broken:
            raise Fault(
                f"an earlier write did not reach the disk for certain; {_RESTART}",
                where=str(self.path),
                rule="R-STORE-4",
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is on the disk afterwards, or nothing of it.

        Raises: Fault, when it could not be stored; after a failed COMMIT also at every later call.
        """
        with self._mutex:
            self._check_whole()
            with self._faults():
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                with self._faults():
                    yield self._connection
            except BaseException:
                self._roll_back()
                raise
            try:
                with self._faults():
                    self._connection.execute("COMMIT")
            except Fault as fault:
                self._is_broken = True
                self._roll_back()
                raise Fault(
                    f"nobody knows whether this was stored ({fault.__cause__ or fault.text}); {_RESTART}",
                    where=fault.where,
                    rule="R-STORE-4",
                ) from fault
            except BaseException:
                self._is_broken = True
                raise

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._is_broken = True

    def wrote(self, size: int) -> None:
        """So many bytes more are in the journal; from time to time it is carried over into the file itself."""
        with self._mutex:
            self._since_checkpoint += size
            if self._since_checkpoint >= _CHECKPOINT_AFTER:
                self._since_checkpoint = 0
                self._carry_over("PASSIVE")

    def _carry_over(self, how: str) -> None:
        """What was acknowledged is in the journal already, so a failure here loses nothing, and ends all writing."""
        try:
            self._connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
        except sqlite3.Error:
            self._is_broken = True

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows. Raises: Malformed, when the file is damaged."""
        with self._mutex:
            self._check_whole()
            with self._faults():
                return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        """One statement, in a transaction of its own or in the one that this thread is in."""
        with self._mutex:
            if self._connection.in_transaction:
                self._connection.execute(sql, values)
            else:
                with self.transaction() as connection:
                    connection.execute(sql, values)

    def close(self) -> None:
        """The file is complete in itself, and free for others. Harmless when it already is."""
        with self._mutex:
            connection = getattr(self, "_connection", None)
            if connection is not None:
                if self._lock is not None and not self._is_broken:
                    self._carry_over("TRUNCATE")
                connection.close()
                del self._connection
                self._is_broken = True
            if self._lock is not None:
                self._lock.release()


_RESTART: Final = "stop this program and start it again; it will continue from what is certain"
_RECORDS: Final = "the records"
_WAYS: Final = {
    True: "put it aside, with the -wal and -shm beside it, and bring each record of the folder from a mirror or a "
    "bundle: 'majlis record recover BODY FROM'; do not put an old backup in its place",
    False: "keep it aside, and do not put an old backup in its place: what it remembered cannot be told from elsewhere",
}
