"""The table of tiles: what is kept there follows from the entries, and where it is not there they are read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from majlis.errors import Malformed
from majlis.host.sqlite_store import SqliteRecord, SqliteStore
from majlis.record import Tree, leaf_hash, root_at

ORIGIN = "camp.example/log"
ENTRIES = [f"act {n}".encode() for n in range(1100)]
TREE = Tree(map(leaf_hash, ENTRIES))


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "host.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def tiles(folder: Path) -> list[tuple[int, bytes]]:
    with closing(sqlite3.connect(folder / "host.db")) as connection:
        return connection.execute("SELECT key & 1099511627775, hashes FROM tile ORDER BY key").fetchall()


def expected(size: int) -> list[tuple[int, bytes]]:
    places = [range(256 * number, 256 * number + 256) for number in range(size // 256)]
    return [(number, b"".join(TREE.read(0, place) for place in own)) for number, own in enumerate(places)]


def check_whole(record: SqliteRecord) -> None:
    record.check()
    assert record.root(record.size - 1) == TREE.root(record.size - 1)
    for index in (0, 255, 256, 600, record.size - 1):
        assert record.find(ENTRIES[index]) == index
        tree = Tree(map(leaf_hash, ENTRIES[: record.size]))
        assert record.hashes()(0, index) == tree.read(0, index)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_each_tile_is_kept_when_it_is_full_however_entries_come(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("tiles")
    store = SqliteStore.create_in(folder)
    record, at = store.create(ORIGIN), 0
    for size in sizes:
        record.append(ENTRIES[at : at + size])
        at = min(at + size, len(ENTRIES))
    record.check()
    store.close()
    assert tiles(folder) == expected(at)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = SqliteStore.create_in(tmp_path)
    store.create(ORIGIN).append(ENTRIES[:700])
    store.close()
    return tmp_path


@pytest.mark.parametrize("gone", ["DROP TABLE tile", "DELETE FROM tile", "DELETE FROM tile WHERE key & 255 = 0"])
def test_without_them_the_entries_are_read_and_new_ones_are_kept(folder, gone):
    change(folder, gone)
    reader = SqliteStore(folder, read_only=True)
    check_whole(reader.record(ORIGIN))
    writer = SqliteStore(folder)
    record = writer.record(ORIGIN)
    check_whole(record)
    record.append(ENTRIES[700:])
    check_whole(record)
    reader.close()
    assert [number for number, _ in tiles(folder)][-2:] == [2, 3]
    record.rebuild()
    check_whole(record)
    writer.close()
    assert tiles(folder) == expected(1100)


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE tile SET hashes = zeroblob(8192) WHERE key & 255 = 1",
        "INSERT INTO tile SELECT key + 9, hashes FROM tile WHERE key & 255 = 1",
    ],
)
def test_a_tile_that_is_not_of_the_entries_is_named_and_made_again(folder, wrong):
    """R-FSCK-1, R-FSCK-4."""
    change(folder, wrong)
    store = SqliteStore(folder)
    record = store.record(ORIGIN)
    with pytest.raises(Malformed, match="inner hashes are not those of the entries"):
        record.check()
    record.rebuild()
    check_whole(record)
    store.close()
    assert tiles(folder) == expected(700)


def test_records_keep_tiles_apart(tmp_path):
    with closing(SqliteStore.create_in(tmp_path)) as store:
        one, two = store.create("one.example/log"), store.create("two.example/log")
        for at in range(0, 1000, 100):
            one.append(ENTRIES[at : at + 100])
            two.append(ENTRIES[at + 100 : at + 200])
        for record, shift in ((one, 0), (two, 100)):
            record.check()
            assert [record.find(ENTRIES[at + shift]) for at in (0, 300, 999)] == [0, 300, 999]
        two.rebuild()
        one.check()
    assert len(tiles(tmp_path)) == 6


def test_with_more_than_256_tiles_there_are_inner_hashes_of_two_levels(tmp_path):
    leaves = [number.to_bytes(3, "big") for number in range(256 * 256 + 300)]
    with closing(SqliteStore.create_in(tmp_path)) as store:
        record = store.create(ORIGIN)
        record.append(leaves[:65_000])
        record.append(leaves[65_000:])
        record.check()
        root = record.root()
        assert root == root_at(record.size, record.hashes()) == Tree(map(leaf_hash, leaves)).root()
        record.rebuild()
        record.check()
        assert record.root() == root == root_at(record.size, record.hashes())
    with closing(sqlite3.connect(tmp_path / "host.db")) as connection:
        assert connection.execute("SELECT level, count(*) FROM node GROUP BY level").fetchall() == [(8, 257), (16, 1)]
