"""The file under a record: faults of every kind, on purpose."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest

from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host import database as module
from majlis.host.lock import FileLock
from majlis.host.sqlite_store import SqliteStore
from majlis.record import Tree, leaf_hash

ORIGIN = "camp.example/log"
ENTRIES = [f"act {n}".encode() * 20 for n in range(600)]


@pytest.fixture
def folder(tmp_path):
    store = SqliteStore.create_in(tmp_path)
    store.create(ORIGIN).append(ENTRIES)
    store.close()
    return tmp_path


def pragma(store: SqliteStore, name: str):
    return store._database.read(f"PRAGMA {name}")[0][0]


def test_the_settings_are_those_that_survive_a_power_cut(folder):
    store = SqliteStore(folder)
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2
    assert pragma(store, "fullfsync") == 1
    assert pragma(store, "checkpoint_fullfsync") == 1
    store.close()


class Stubborn(sqlite3.Connection):
    """A SQLite that keeps its own settings, as some builds do."""

    kept: tuple[str, ...] = ()

    def execute(self, sql, *values):
        if sql.startswith(self.kept):
            return super().execute("SELECT 'memory'")
        return super().execute(sql, *values)


def connect_with(monkeypatch, factory):
    real = sqlite3.connect
    monkeypatch.setattr(module.sqlite3, "connect", lambda *a, **k: real(*a, **k | {"factory": factory}))


def test_where_wal_cannot_be_had_the_journal_is_synced_even_more(folder, monkeypatch):
    class NoWal(sqlite3.Connection):
        def execute(self, sql, *values):
            return super().execute(sql.replace("journal_mode=WAL", "journal_mode"), *values)

    connection = sqlite3.connect(folder / "host.db")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    connect_with(monkeypatch, NoWal)
    store = SqliteStore(folder)
    assert pragma(store, "journal_mode") == "delete"
    assert pragma(store, "synchronous") == 3
    assert store.record(ORIGIN).append([b"more"]) == 600
    store.close()


def test_a_sqlite_that_will_not_sync_is_refused(folder, monkeypatch):
    class Careless(Stubborn):
        kept = ("PRAGMA synchronous=",)

        def execute(self, sql, *values):
            if sql == "PRAGMA synchronous":
                return super().execute("SELECT 1")
            return super().execute(sql, *values)

    connect_with(monkeypatch, Careless)
    with pytest.raises(Refused, match="power fails"):
        SqliteStore(folder)


def test_a_record_lives_on_in_the_next_process(folder):
    store = SqliteStore(folder)
    record = store.record(ORIGIN)
    assert record.entries() == ENTRIES
    assert record.append([b"more"]) == 600
    assert record.root() == Tree(map(leaf_hash, [*ENTRIES, b"more"])).root()
    record.check()
    store.close()
    store.close()
    with pytest.raises(Fault, match="start it again"):
        record.append([b"after the end"])


def test_there_is_one_writer(folder):
    first = SqliteStore(folder)
    with pytest.raises(Refused, match="another program is writing here"):
        SqliteStore(folder)
    reader = SqliteStore(folder, read_only=True)
    assert reader.record(ORIGIN).size == 600
    first.record(ORIGIN).append([b"more"])
    assert reader.record(ORIGIN).entries(600) == [b"more"]
    with pytest.raises(Fault):
        reader.record(ORIGIN).append([b"mine"])
    reader.close()
    first.close()
    SqliteStore(folder).close()


def test_a_second_process_fails_at_once(folder):
    store = SqliteStore(folder)
    code = "import sys, pathlib; from majlis.host.lock import FileLock; FileLock(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(folder / "host.db.lock")]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert other.returncode != 0
    assert "another program is writing here" in other.stderr
    store.close()
    assert subprocess.run(command, check=False).returncode == 0


def test_a_lock_is_released_at_the_end_of_its_block(tmp_path):
    with FileLock(tmp_path / "lock") as lock, pytest.raises(Refused):
        FileLock(tmp_path / "lock")
    lock.release()
    FileLock(tmp_path / "lock").release()


def test_a_folder_without_records_is_missing_and_creating_twice_resets_nothing(tmp_path, folder):
    with pytest.raises(Missing, match="create it first"):
        SqliteStore(tmp_path / "elsewhere")
    again = SqliteStore.create_in(folder)
    assert again.create(ORIGIN).size == 600
    again.close()


def test_a_creation_cut_short_starts_over(tmp_path):
    (tmp_path / "host.db.new").write_bytes(b"half of a file")
    store = SqliteStore.create_in(tmp_path)
    store.create(ORIGIN)
    store.close()
    assert not (tmp_path / "host.db.new").exists()


def test_a_creation_without_space_leaves_nothing(tmp_path, monkeypatch):
    class Full(sqlite3.Connection):
        def executescript(self, script):
            raise sqlite3.OperationalError("database or disk is full")

    connect_with(monkeypatch, Full)
    with pytest.raises(Fault, match="could not create"):
        SqliteStore.create_in(tmp_path)
    assert not (tmp_path / "host.db").exists()


def test_files_are_for_their_owner_only(folder):
    store = SqliteStore(folder)
    for name in ("host.db", "host.db.lock", "host.db-wal"):
        assert (folder / name).stat().st_mode & 0o077 == 0
    store.close()


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:50],
        lambda data: b"not a database at all" * 50,
        lambda data: data[:16] + bytes(84) + data[100:],
        lambda data: data[:68] + b"NOPE" + data[72:],
    ],
)
def test_a_file_that_is_no_database_is_malformed_and_says_what_to_do(folder, damage, read_only):
    path = folder / "host.db"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Malformed, match="mirror or a bundle") as fault:
        SqliteStore(folder, read_only=read_only)
    assert "host.db" in fault.value.where
    if not read_only:
        FileLock(folder / "host.db.lock").release()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_malformed(folder, share):
    path = folder / "host.db"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share) // 4096 * 4096])
    with pytest.raises(Malformed, match=r"damaged.*do not put an old backup"):
        SqliteStore(folder)
    with pytest.raises(Malformed, match="damaged"):
        SqliteStore(folder, read_only=True).record(ORIGIN).entries()


def test_a_row_that_breaks_the_schema_is_damage(folder):
    change(folder, "PRAGMA ignore_check_constraints=ON", "UPDATE entry SET leaf = x'00' WHERE key = (1 << 40 | 7)")
    with pytest.raises(Malformed, match=r"damaged \(CHECK constraint failed"):
        SqliteStore(folder)


def change(folder, *statements):
    """Change the file as no store would: triggers off."""
    connection = sqlite3.connect(folder / "host.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE entry SET bytes = x'00' WHERE key = (1 << 40 | 300)", "entry 300 is not what was stored"),
        ("UPDATE entry SET leaf = zeroblob(32) WHERE key = (1 << 40 | 7)", "entry 7 is not what was stored"),
        ("DELETE FROM entry WHERE key = (1 << 40 | 300)", "entries are missing between 256 and 512"),
        ("UPDATE node SET hash = zeroblob(32) WHERE position = 1", "inner hashes"),
        ("DELETE FROM node WHERE position = 1", "inner hashes"),
        ("UPDATE head SET size = 599", "frontier"),
        ("UPDATE head SET frontier = zeroblob(length(frontier))", "frontier"),
        ("UPDATE head SET frontier = x'00'", "frontier"),
        ("DELETE FROM head", "no head"),
    ],
)
def test_whatever_changed_on_disk_is_found_by_the_check(folder, statement, reason):
    change(folder, statement)
    store = SqliteStore(folder)
    with pytest.raises(Malformed, match=reason) as fault:
        store.record(ORIGIN).check()
    assert "host.db" in fault.value.where
    store.close()


def test_an_altered_entry_is_never_handed_out(folder):
    change(folder, "UPDATE entry SET bytes = x'00' WHERE key = (1 << 40 | 5)")
    store = SqliteStore(folder)
    assert store.record(ORIGIN).entries(6, 9) == ENTRIES[6:9]
    with pytest.raises(Malformed, match="entry 5"):
        store.record(ORIGIN).entries(3, 9)
    store.close()


@pytest.mark.parametrize(
    "statement", ["DELETE FROM node", "UPDATE head SET frontier = zeroblob(128)", "UPDATE node SET hash = zeroblob(32)"]
)
def test_what_is_derived_can_be_rebuilt_from_the_entries(folder, statement):
    change(folder, statement)
    store = SqliteStore(folder)
    record = store.record(ORIGIN)
    with pytest.raises(Malformed):
        record.check()
    record.rebuild()
    record.check()
    assert record.root() == Tree(map(leaf_hash, ENTRIES)).root()
    store.close()


def test_missing_hashes_are_named_when_a_tile_needs_them(folder):
    change(folder, "DELETE FROM node")
    store = SqliteStore(folder)
    with pytest.raises(Malformed, match="hashes are missing at level 8"):
        store.record(ORIGIN).root(300)
    store.close()


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE entry SET bytes = x'00'", "an entry never changes"),
        ("DELETE FROM entry WHERE key > 0", "an entry is never deleted"),
        ("DELETE FROM record", "a record is never deleted"),
        ("UPDATE record SET origin = 'b.example/log'", "a record is never renamed"),
        ("DELETE FROM head", "a record is never deleted"),
        ("UPDATE head SET size = 3", "a record only grows"),
    ],
)
def test_the_file_itself_refuses_to_change_history(folder, statement, reason):
    connection = sqlite3.connect(folder / "host.db")
    with pytest.raises(sqlite3.IntegrityError, match=reason):
        connection.execute(statement)
    connection.close()


def test_a_writer_that_was_overtaken_stores_nothing(folder, monkeypatch):
    store = SqliteStore(folder)
    record = store.record(ORIGIN)
    stale = record._frontier()
    record.append([b"one more"])
    monkeypatch.setattr(record, "_frontier", lambda: stale)
    with pytest.raises(Refused, match="another writer has grown this record"):
        record.append([b"in the same place"])
    monkeypatch.undo()
    assert record.entries(600) == [b"one more"]
    store.close()


# --- faults of the disk


class Failing(sqlite3.Connection):
    """Fails the statement that starts so, with the code, once it is armed."""

    armed: tuple[str, int] | None = None

    def fail(self, sql):
        if Failing.armed and sql.startswith(Failing.armed[0]):
            error = sqlite3.OperationalError("injected")
            error.sqlite_errorcode = Failing.armed[1]
            Failing.armed = None
            raise error

    def execute(self, sql, *values):
        self.fail(sql)
        return super().execute(sql, *values)

    def executemany(self, sql, values):
        self.fail(sql)
        return super().executemany(sql, values)


@pytest.fixture
def failing(folder, monkeypatch):
    connect_with(monkeypatch, Failing)
    store = SqliteStore(folder)
    yield store
    Failing.armed = None
    store.close()


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CORRUPT]
)
def test_after_a_failed_commit_nothing_more_is_written(failing, folder, code):
    record = failing.record(ORIGIN)
    Failing.armed = ("COMMIT", code)
    with pytest.raises(Fault, match="start it again"):
        record.append([b"lost"])
    for attempt in (lambda: record.append([b"more"]), lambda: record.size, lambda: failing.create("b.example/log")):
        with pytest.raises(Fault, match="did not reach the disk"):
            attempt()
    failing.close()
    again = SqliteStore(folder)
    assert again.record(ORIGIN).entries() == ENTRIES
    again.record(ORIGIN).check()
    again.close()


def test_a_failed_write_before_the_commit_also_stops_the_store(failing):
    Failing.armed = ("INSERT INTO entry", sqlite3.SQLITE_IOERR_WRITE)
    with pytest.raises(Fault, match="the disk failed"):
        failing.record(ORIGIN).append([b"lost"])
    with pytest.raises(Fault, match="did not reach the disk"):
        failing.origins()


@pytest.mark.parametrize("statement", ["INSERT INTO entry", "UPDATE head"])
def test_without_space_nothing_is_stored_and_with_space_again_it_goes_on(failing, statement):
    record = failing.record(ORIGIN)
    Failing.armed = (statement, sqlite3.SQLITE_FULL)
    with pytest.raises(Fault, match="no space is left, and nothing of this was stored"):
        record.append([b"too much"])
    assert record.size == 600
    assert record.append([b"fits"]) == 600
    record.check()


def test_real_fullness_is_such_a_fault(folder):
    store = SqliteStore(folder)
    record = store.record(ORIGIN)
    pages = pragma(store, "page_count")
    store._database.read(f"PRAGMA max_page_count={pages + 3}")
    with pytest.raises(Fault, match="no space is left"):
        record.append([bytes(60_000)] * 5)
    assert record.append([b"small"]) == 600
    record.check()
    store.close()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED])
def test_a_file_that_another_program_holds_is_refused(failing, code):
    Failing.armed = ("BEGIN", code)
    with pytest.raises(Refused, match="another program holds"):
        failing.record(ORIGIN).append([b"later"])
    assert failing.record(ORIGIN).append([b"later"]) == 600


def test_an_unknown_fault_of_the_commit_stops_the_store_too(failing):
    Failing.armed = ("COMMIT", sqlite3.SQLITE_MISUSE)
    with pytest.raises(sqlite3.OperationalError):
        failing.record(ORIGIN).append([b"lost"])
    with pytest.raises(Fault, match="did not reach the disk"):
        failing.origins()


def test_a_roll_back_that_fails_stops_the_store(failing):
    class Twice(Exception):
        pass

    def arm(*_):
        Failing.armed = ("ROLLBACK", sqlite3.SQLITE_IOERR)
        raise Twice

    with pytest.raises(Twice), failing._database.transaction():
        arm()
    with pytest.raises(Fault, match="did not reach the disk"):
        failing.origins()


def test_a_failed_carry_over_loses_nothing_acknowledged_and_ends_writing(failing, folder, monkeypatch):
    monkeypatch.setattr(module, "_CHECKPOINT_AFTER", 1)
    record = failing.record(ORIGIN)
    Failing.armed = ("PRAGMA wal_checkpoint", sqlite3.SQLITE_IOERR_FSYNC)
    assert record.append([b"acknowledged"]) == 600
    with pytest.raises(Fault, match="did not reach the disk"):
        record.append([b"not any more"])
    failing.close()
    again = SqliteStore(folder)
    assert again.record(ORIGIN).entries(600) == [b"acknowledged"]
    again.close()


def test_the_journal_is_carried_over_from_time_to_time(folder, monkeypatch):
    monkeypatch.setattr(module, "_CHECKPOINT_AFTER", 100_000)
    store = SqliteStore(folder)
    for _ in range(20):
        store.record(ORIGIN).append([bytes(50_000)])
    assert (folder / "host.db-wal").stat().st_size < 500_000
    store.close()
    assert not (folder / "host.db-wal").exists()


KILLED = """
    import pathlib, sys
    from majlis.host.sqlite_store import SqliteStore
    store = SqliteStore.create_in(pathlib.Path(sys.argv[1]))
    record = store.create("camp.example/log")
    while True:
        first = record.append([b"act %d" % (record.size + n) for n in range(int(sys.argv[2]))])
        print(first + int(sys.argv[2]), flush=True)
"""


@pytest.mark.parametrize("group", [1, 7, 300])
def test_a_process_killed_at_any_instant_loses_nothing_acknowledged(tmp_path, group):
    acknowledged = 0
    for rows in (1, 40, 3):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), str(group)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            for _ in range(rows):
                acknowledged = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
            for line in process.stdout:
                acknowledged = int(line)
        store = SqliteStore(tmp_path)
        record = store.record(ORIGIN)
        assert record.size >= acknowledged
        assert record.size % group == 0
        assert record.entries() == [b"act %d" % n for n in range(record.size)]
        record.check()
        store.close()
