"""PostgreSQL behind the store port: one writer, what is acknowledged stays, and no two processes both sign."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.postgres import connection, fresh_database
from tests.site.hilltop import PASSPHRASE, Hilltop

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host import postgres
from majlis.host.fsck import fsck
from majlis.host.keyring import Keyring
from majlis.host.moving import keep_in_database
from majlis.host.node import Node
from majlis.host.postgres import PostgresDatabase, shown
from majlis.host.postgres_store import PostgresStore
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import MemoryRecord
from majlis.record import NoteKey, Tree, leaf_hash, open_checkpoint

ORIGIN = "camp.example/log"
KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name=ORIGIN, public_key=KEY.public_key)
ENTRIES = [f"act {n}".encode() for n in range(600)]

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_database() as url:
        yield url


def stored(url: str, count: int) -> None:
    """The database holds the record with so many entries, and is closed."""
    store = PostgresStore(url)
    store.create(ORIGIN).append(ENTRIES[:count])
    store.close()


def test_what_was_stored_is_there_when_it_is_opened_again(url: str) -> None:
    stored(url, 600)
    store = PostgresStore(url)
    record = store.record(ORIGIN)
    assert record.entries() == ENTRIES
    assert record.root() == Tree(map(leaf_hash, ENTRIES)).root()
    record.check()
    store.close()
    with pytest.raises(Fault):
        record.append([b"late"])


def test_a_second_writer_fails_at_once_and_readers_do_not(url: str) -> None:
    first = PostgresStore(url)
    first.create(ORIGIN).append(ENTRIES[:3])
    with pytest.raises(Refused, match="another program is writing") as refused:
        PostgresStore(url)
    assert refused.value.rule == "R-STORE-3"
    reader = PostgresStore(url, read_only=True)
    assert reader.record(ORIGIN).size == 3
    with pytest.raises(Fault):
        reader.record(ORIGIN).append([b"x"])
    reader.close()
    first.close()
    PostgresStore(url).close()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM entry",
        "UPDATE entry SET bytes = 'x'",
        "TRUNCATE entry",
        "DELETE FROM head",
        "UPDATE head SET size = 2",
        "UPDATE record SET origin = 'x'",
        "TRUNCATE record, node, head",
        "DELETE FROM signed",
        "UPDATE signed SET size = 0",
        "UPDATE signed SET key = decode(repeat('00', 32), 'hex')",
        "TRUNCATE signed",
    ],
)
def test_the_database_itself_refuses_to_forget(url: str, sql: str, tmp_path: Path) -> None:
    store = PostgresStore(url)
    record = store.create(ORIGIN)
    book = SignerBook.over(store.database, tmp_path)
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:3])
    book.signer(record, KEY).sign()
    with connection(url) as other, pytest.raises(Exception, match=r"never changed or deleted|only grows"):
        other.execute(sql)
    record.check()
    book.close()
    store.close()


def test_when_the_connection_breaks_nothing_more_is_written_until_it_is_opened_again(url: str) -> None:
    store = PostgresStore(url)
    record = store.create(ORIGIN)
    record.append(ENTRIES[:3])
    with connection(url) as other:
        ours = "application_name = current_setting('application_name') AND pid <> pg_backend_pid()"
        other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
    for _ in range(2):
        with pytest.raises(Fault) as fault:
            record.append([b"lost"])
        assert fault.value.rule == "R-STORE-4"
    store.close()
    again = PostgresStore(url)
    assert again.record(ORIGIN).entries() == ENTRIES[:3]
    again.close()


def two_writers(url: str) -> tuple[PostgresStore, PostgresStore]:
    """Two that both believe to be alone, as after a lock that was lost."""
    first = PostgresStore(url)
    first.create(ORIGIN).append(ENTRIES[:1])
    with first.database.transaction() as inside:
        inside.execute("SELECT pg_advisory_unlock_all()")
    return first, PostgresStore(url)


def test_of_two_writers_the_slower_is_told(url: str) -> None:
    first, second = two_writers(url)
    one, two = first.record(ORIGIN), second.record(ORIGIN)
    frontier = two._frontier()
    one.append([b"a", b"b"])
    two._frontier = lambda: frontier  # type: ignore[method-assign]
    with pytest.raises(Refused, match="another writer has grown"):
        two.append([b"c"])
    assert one.entries() == [ENTRIES[0], b"a", b"b"]
    one.check()
    first.close()
    second.close()


def test_two_processes_cannot_both_sign(url: str, tmp_path: Path) -> None:
    first, second = two_writers(url)
    books = [SignerBook.over(store.database, tmp_path / name) for store, name in ((first, "one"), (second, "two"))]
    books[0].enrol(first.record(ORIGIN), KEY.public_key)
    signers = [book.signer(store.record(ORIGIN), KEY) for book, store in zip(books, (first, second), strict=True)]
    first.record(ORIGIN).append([b"a"])
    before = signers[1]._frontier(second.database)
    note = signers[0].sign()
    assert open_checkpoint(note, LOG)[0].size == 2
    other = before.copy()
    other.append(leaf_hash(b"another history"))
    with pytest.raises(Refused, match="another signer was faster"):
        signers[1]._swap(before, other)
    assert signers[1].last().size == 2
    for each in (*books, first, second):
        each.close()


def test_an_old_backup_of_the_server_is_noticed_by_the_memory_of_the_machine(url: str, tmp_path: Path) -> None:
    store = PostgresStore(url)
    record = store.create(ORIGIN)
    book = SignerBook.over(store.database, tmp_path)
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:5])
    book.signer(record, KEY).sign()
    book.close()
    store.close()
    with connection(url) as restored:
        restored.execute("SET session_replication_role = replica")
        restored.execute("DELETE FROM entry WHERE key & 1099511627775 >= 3")
        restored.execute("UPDATE signed SET size = 0, root = sha256(''), frontier = ''")
        tree = Tree(map(leaf_hash, ENTRIES[:3]))
        roots = tree.read(1, 0) + tree.read(0, 2)
        restored.execute("UPDATE head SET size = 3, frontier = %s", (roots,))
    store = PostgresStore(url)
    book = SignerBook.over(store.database, tmp_path)
    signer = book.signer(store.record(ORIGIN), KEY)
    with pytest.raises(Refused, match="came back from an old copy"):
        signer.sign()
    store.record(ORIGIN).append([b"x", b"y"])
    with pytest.raises(Forged, match="not those that were signed"):
        signer.sign()
    book.close()
    store.close()


def test_what_is_no_database_of_ours_is_said_in_words(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Missing, match="no database answers"):
        PostgresStore("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Missing, match="nothing has been stored"):
        PostgresStore(url, read_only=True)
    monkeypatch.setattr(postgres, "OLDEST", 990_000)
    with pytest.raises(Refused, match="13 or newer"):
        PostgresStore(url)
    monkeypatch.undo()
    PostgresStore(url).close()
    with connection(url) as other:
        other.execute("UPDATE about SET format = 'another program'")
    with pytest.raises(Malformed, match="another program"):
        PostgresStore(url)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_may_lose_what_it_acknowledged_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    import psycopg

    execute = psycopg.Connection.execute

    def lax(self: object, sql: str, *values: object) -> object:
        return execute(self, "SELECT 'off'" if sql == f"SHOW {setting}" else sql, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Connection, "execute", lax)
    with pytest.raises(Refused, match=f"{setting}=off") as refused:
        PostgresStore(url)
    assert refused.value.rule == "R-STORE-1"


def test_a_damaged_entry_is_named_and_what_is_derived_is_mended(url: str) -> None:
    stored(url, 600)
    with connection(url) as damage:
        damage.execute("SET session_replication_role = replica")
        damage.execute("DELETE FROM node")
    store = PostgresStore(url)
    record = store.record(ORIGIN)
    with pytest.raises(Malformed, match="inner hashes"):
        record.check()
    record.rebuild()
    record.check()
    with connection(url) as damage:
        damage.execute("SET session_replication_role = replica")
        damage.execute("UPDATE entry SET bytes = 'x' WHERE key & 1099511627775 = 7")
    with pytest.raises(Malformed, match="entry 7 is not what was stored"):
        record.entries()
    store.close()


def test_the_address_is_shown_without_its_password() -> None:
    assert shown("postgresql://amal:secret@db.example:5433/camp?x=y") == "postgresql://db.example:5433/camp"
    assert shown("postgresql:///camp") == "postgresql://localhost/camp"


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Missing, match=r"majlis\[postgresql\]"):
        PostgresDatabase("postgresql://x/y", schema="", format_="")


class TestMoving:
    """R-NODE-6: a data folder whose records go into a database, and are kept there from then on."""

    @pytest.fixture
    def hilltop(self, tmp_path: Path) -> Hilltop:
        made = Hilltop(tmp_path / "hilltop")
        self.submit(made, 20)
        return made

    @staticmethod
    def submit(hilltop: Hilltop, count: int) -> int:
        """So many acts more; returns the size of the record."""
        node = Node(hilltop.folder)
        with node.hosting(Keyring(node.keyring_path("amal"), PASSPHRASE)) as host:
            for _ in range(count):
                host.submit(hilltop.identity, hilltop.motion())
            host.cosign(hilltop.identity, [])
            return host.hosted(hilltop.identity).record.size

    def test_records_and_what_was_signed_go_along(self, hilltop: Hilltop, url: str) -> None:
        keep_in_database(Node(hilltop.folder), url)
        assert not (hilltop.folder / "host.db").exists()
        assert self.submit(hilltop, 5) == 26
        assert Node(hilltop.folder).federation().records[hilltop.identity].state.size == 26
        checked = fsck(hilltop.folder)
        assert ({flaw.kind for flaw in checked.flaws}, checked.entries) == ({"missing"}, 26), "its motions have no text"
        keep_in_database(Node(hilltop.folder), url)
        assert self.submit(hilltop, 1) == 27

    def test_broken_off_it_goes_on_where_it_was(
        self, hilltop: Hilltop, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(self: Node, url: str) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Node, "set_database", broken)
        with pytest.raises(KeyboardInterrupt):
            keep_in_database(Node(hilltop.folder), url)
        monkeypatch.undo()
        assert self.submit(hilltop, 3) == 24
        keep_in_database(Node(hilltop.folder), url)
        assert self.submit(hilltop, 1) == 25
        assert {flaw.kind for flaw in fsck(hilltop.folder).flaws} == {"missing"}

    def test_another_record_or_another_database_is_not_mixed_with_it(self, hilltop: Hilltop, url: str) -> None:
        store = PostgresStore(url)
        store.create("hilltop.example/log").append([b"something else"])
        store.close()
        with pytest.raises(Refused, match="another record of that name"):
            keep_in_database(Node(hilltop.folder), url)
        assert self.submit(hilltop, 1) == 22
        with fresh_database() as other:
            keep_in_database(Node(hilltop.folder), other)
            with pytest.raises(Refused, match="name that database"):
                keep_in_database(Node(hilltop.folder), "postgresql://elsewhere.example/camp")
        with pytest.raises(Refused, match="begins with postgresql"):
            keep_in_database(Node(hilltop.folder), "mysql://x/y")

    def test_a_bit_that_flips_on_the_way_is_noticed(
        self, hilltop: Hilltop, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entries = SqliteStore(hilltop.folder, read_only=True).record("hilltop.example/log").entries()
        flipped = [bytes([entries[0][0] ^ 1]) + entries[0][1:], *entries[1:]]
        from majlis.host.sqlite_store import SqliteRecord

        monkeypatch.setattr(SqliteRecord, "entries", lambda self, start=0, end=None: flipped[start:end])
        with pytest.raises(Forged, match="memory"):
            keep_in_database(Node(hilltop.folder), url)
        monkeypatch.undo()
        assert Node(hilltop.folder).database == ""


def test_the_twin_in_memory_gives_the_same_tiles(url: str) -> None:
    store, twin = PostgresStore(url), MemoryRecord(ORIGIN)
    record = store.create(ORIGIN)
    for each in (record, twin):
        each.append(ENTRIES)
    assert record.root(300) == twin.root(300)
    assert record.prove_inclusion(5, 300) == twin.prove_inclusion(5, 300)
    store.close()
