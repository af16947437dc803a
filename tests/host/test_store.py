"""Stores: one conformance suite for SQLite, PostgreSQL, and their obvious twin in memory."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.host.postgres import fresh_database

from majlis.errors import Fault, Malformed, Missing
from majlis.host import sql_record
from majlis.host.postgres_store import PostgresStore
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import MemoryStore
from majlis.record import (
    EMPTY_ROOT,
    Tile,
    Tree,
    check_consistency,
    check_inclusion,
    leaf_hash,
    parse_bundle,
    prove_consistency,
    tiles_of,
)

ORIGIN = "camp.example/log"


@pytest.fixture(params=["memory", "disk", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def store(request, tmp_path):
    with ExitStack() as stack:
        if request.param == "memory":
            made = MemoryStore()
        elif request.param == "disk":
            made = SqliteStore.create_in(tmp_path)
        else:
            made = PostgresStore(stack.enter_context(fresh_database()))
        stack.callback(made.close)
        yield made


def entries(count: int, salt: str = "") -> list[bytes]:
    return [f"{salt}act {n}".encode() for n in range(count)]


def test_records_are_created_once_and_found_again(store):
    assert store.origins() == ()
    with pytest.raises(Missing, match="no record"):
        store.record(ORIGIN)
    store.create(ORIGIN).append(entries(3))
    store.create("a.example/log")
    assert store.create(ORIGIN).size == 3
    assert store.record(ORIGIN).entries() == entries(3)
    assert store.origins() == ("a.example/log", ORIGIN)


def test_a_record_that_leaves_its_branch_is_another_from_there_on(store):
    """R-MIRROR-9: whole, proven, and growing like any other; of what it was nothing is deleted."""
    with pytest.raises(Missing, match="no record"):
        store.branch(ORIGIN, 0, [])
    before = store.create(ORIGIN)
    before.append(entries(700))
    for salt in ("one ", "two "):
        kept = store.record(ORIGIN).entries(0, 600)
        record = store.branch(ORIGIN, 600, entries(300, salt))
        assert record.entries() == store.record(ORIGIN).entries() == [*kept, *entries(300, salt)]
        assert record.root() == Tree(map(leaf_hash, record.entries())).root()
        assert record.origin == store.create(ORIGIN).origin == ORIGIN
        assert record.find(entries(700)[650]) is None
        assert record.append([b"more"]) == 900
        tree = Tree(map(leaf_hash, record.entries()))
        assert record.prove_consistency(600) == tuple(prove_consistency(600, 901, tree.read))
    assert store.origins() == (ORIGIN,)
    assert before.entries() == entries(700)


@pytest.mark.parametrize("at", [0, 1, 255, 256, 300])
def test_a_branch_begins_anywhere_and_touches_no_other_record(store, at):
    """R-MIRROR-9: tiles, roots and proofs are those of the branch alone."""
    first, record, last = (store.create(name) for name in ("a.example/log", ORIGIN, "z.example/log"))
    first.append(entries(300, "first "))
    record.append(entries(300))
    last.append(entries(3, "last "))
    new = [*entries(at), *entries(400, "new ")]
    branch = store.branch(ORIGIN, at, new[at:])
    first.append([b"one more"])
    last.append([b"one more"])
    branch.append([b"one more"])
    new.append(b"one more")
    tree = Tree(map(leaf_hash, new))
    assert list(branch.iterate()) == list(branch.reread(0, branch.size)) == new
    assert [branch.root(size) for size in (1, 256, 257, len(new))] == [
        tree.root(size) for size in (1, 256, 257, len(new))
    ]
    for tile in tiles_of(len(new)):
        if tile.level == 0:
            start = tile.index * 256
            expected = b"".join(tree.read(0, index) for index in range(start, start + tile.width))
            assert branch.tile(tile) == expected
    assert branch.append_once([b"new act 399", b"act 299"])[0] == at + 399
    assert first.entries() == [*entries(300, "first "), b"one more"]
    assert last.entries() == [*entries(3, "last "), b"one more"]
    assert store.origins() == ("a.example/log", ORIGIN, "z.example/log")


def test_a_branch_that_cannot_be_stored_changes_nothing(store):
    record = store.create(ORIGIN)
    record.append(entries(3))
    with pytest.raises(Malformed, match="at most 65535 bytes"):
        store.branch(ORIGIN, 2, [b"fine", bytes(65_536)])
    assert store.record(ORIGIN).entries() == entries(3)
    store.record(ORIGIN).append([b"more"])
    assert store.record(ORIGIN).size == 4


@pytest.fixture(params=["disk", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def opened(request, tmp_path):
    """Opens the same store, as often as one likes."""
    if request.param == "disk":
        yield lambda **how: SqliteStore(tmp_path, **how) if how else SqliteStore.create_in(tmp_path)
        return
    with fresh_database() as url:
        yield partial(PostgresStore, url)


def test_a_branch_is_there_when_it_is_opened_again(opened, monkeypatch):
    """R-STORE-1, R-MIRROR-9: for whoever reads while another writes, too; and one cut short leaves no trace."""
    store = opened()
    store.create(ORIGIN).append(entries(600))
    reader = opened(read_only=True)
    assert reader.record(ORIGIN).entries() == entries(600)

    def stop(*_: object) -> None:
        raise Missing("the power went")

    with monkeypatch.context() as crash:
        crash.setattr(sql_record, "_insert_derived", stop)
        with pytest.raises(Missing, match="the power went"):
            store.branch(ORIGIN, 500, entries(300, "new "))
    assert store.record(ORIGIN).entries() == entries(600)
    store.branch(ORIGIN, 500, entries(300, "new "))
    new = [*entries(500), *entries(300, "new ")]
    late = opened(read_only=True)
    assert late.record(ORIGIN).entries() == new
    for each in (reader, late, store):
        each.close()
    again = opened()
    record = again.record(ORIGIN)
    assert (again.origins(), record.entries()) == ((ORIGIN,), new)
    record.check()
    record.append([b"more"])
    again.branch(ORIGIN, 700, [b"third"])
    again.close()
    last = opened()
    assert last.record(ORIGIN).entries() == [*new[:700], b"third"]
    last.record(ORIGIN).check()
    last.close()


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\tb", "x" * 256, "a\u00a0b", "a\0b"])
def test_impossible_origins_are_refused(store, origin):
    with pytest.raises(Malformed, match="origin"):
        store.create(origin)


def test_appending_gives_the_first_position_and_nothing_changes_before_it(store):
    record = store.create(ORIGIN)
    assert record.append(entries(3)) == 0
    assert record.append([]) == 3
    assert record.append(entries(2, "more ")) == 3
    assert record.size == 5
    assert record.entries() == entries(3) + entries(2, "more ")
    assert record.entries(1, 4) == (entries(3) + entries(2, "more "))[1:4]
    assert record.entries(4, 100) == entries(2, "more ")[1:]
    assert record.entries(5) == record.entries(7, 9) == []
    assert list(record.iterate(1)) == record.entries(1)


def test_the_same_bytes_twice_are_two_entries_unless_asked(store):
    record = store.create(ORIGIN)
    record.append([b"a", b"a"])
    assert record.size == 2
    assert record.append_once([b"b", b"a", b"c", b"b"]) == (2, 0, 3, 2)
    assert record.append_once([b"c"]) == (3,)
    record.append([b"d", b"b"])
    assert record.append_once([b"d", b"b"]) == (4, 2)
    assert record.entries() == [b"a", b"a", b"b", b"c", b"d", b"b"]
    assert (record.find(b"a"), record.find(b"d"), record.find(b"z")) == (0, 4, None)


def test_records_do_not_mix(store):
    one, two = store.create("one.example/log"), store.create("two.example/log")
    one.append(entries(300, "one "))
    two.append(entries(20, "two "))
    one.append(entries(2, "again "))
    assert two.entries() == entries(20, "two ")
    assert two.find(b"one act 1") is None
    assert one.root() == Tree(map(leaf_hash, entries(300, "one ") + entries(2, "again "))).root()
    assert two.root() == Tree(map(leaf_hash, entries(20, "two "))).root()


def test_after_the_end_nothing_is_appended(store):
    record = store.create(ORIGIN)
    store.close()
    with pytest.raises(Fault):
        record.append([b"late"])


def test_an_oversized_entry_stores_nothing_of_its_group(store):
    record = store.create(ORIGIN)
    for append in (record.append, record.append_once):
        with pytest.raises(Malformed, match="entry 1 of 3: an entry has at most 65535 bytes"):
            append([b"fine", bytes(65_536), b"fine too"])
    assert record.size == 0
    record.append([bytes(65_535), b""])
    assert record.entries() == [bytes(65_535), b""]


def test_roots_and_proofs_at_any_size(store):
    record = store.create(ORIGIN)
    assert record.root() == EMPTY_ROOT
    everything = entries(700)
    tree = Tree(map(leaf_hash, everything))
    record.append(everything[:255])
    assert record.root() == tree.root(255)
    record.append(everything[255:257])
    assert record.root() == tree.root(257)
    record.append(everything[257:])
    for size in (0, 1, 2, 255, 256, 257, 511, 512, 513, 700):
        assert record.root(size) == tree.root(size)
    for size in (257, 512, 700):
        for index in (0, 255, 256):
            check_inclusion(
                record.prove_inclusion(index, size),
                index=index,
                size=size,
                leaf=leaf_hash(everything[index]),
                root=tree.root(size),
            )
        check_consistency(
            record.prove_consistency(255, size), old=255, new=size, old_root=tree.root(255), new_root=tree.root(size)
        )
    assert record.prove_inclusion(5) == record.prove_inclusion(5, 700)
    assert record.prove_consistency(5) == record.prove_consistency(5, 700)


def test_nothing_is_proven_beyond_the_size(store):
    record = store.create(ORIGIN)
    record.append(entries(3))
    for impossible in (
        lambda: record.root(4),
        lambda: record.root(-1),
        lambda: record.prove_inclusion(0, 4),
        lambda: record.prove_inclusion(3, 3),
        lambda: record.prove_consistency(0, 3),
        lambda: record.prove_consistency(1, 4),
    ):
        with pytest.raises(ValueError, match=r"root at|nothing about|not in a tree|not a subtree"):
            impossible()


def test_tiles_are_those_of_the_tree(store):
    record = store.create(ORIGIN)
    everything = entries(66_000)
    record.append(everything)
    tree = Tree(map(leaf_hash, everything))
    checked = 0
    for tile in tiles_of(66_000):
        data = record.tile(tile)
        start = tile.index * 256
        if tile.level is None:
            assert parse_bundle(data, tile.width) == everything[start : start + tile.width]
        else:
            assert data == b"".join(tree.read(8 * tile.level, start + n) for n in range(tile.width))
        checked += 1
    assert checked == 258 + 2 + 1 + 258
    assert record.root() == tree.root()
    with pytest.raises(Missing, match="too few"):
        record.tile(Tile(level=0, index=257, width=209))
    with pytest.raises(Missing, match="too few"):
        record.tile(Tile(level=2, index=0, width=2))


def test_proofs_are_made_while_others_append(store):
    record = store.create(ORIGIN)
    record.append(entries(300))
    faults = []

    def prove():
        try:
            for n in range(100):
                size = record.size
                root = record.root(size)
                leaf = leaf_hash(record.entries(n, n + 1)[0])
                check_inclusion(record.prove_inclusion(n, size), index=n, size=size, leaf=leaf, root=root)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=prove) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(100):
        record.append([f"late {n}".encode()])
    for thread in threads:
        thread.join()
    assert faults == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=5), max_size=300), max_size=6))
def test_any_sequence_of_groups_gives_the_same_record_in_both(tmp_path_factory, groups):
    disk, memory = SqliteStore.create_in(tmp_path_factory.mktemp("store")), MemoryStore()
    try:
        twins = [disk.create(ORIGIN), memory.create(ORIGIN)]
        for number, group in enumerate(groups):
            results = [twin.append_once(group) if number % 2 else twin.append(group) for twin in twins]
            assert results[0] == results[1]
        assert twins[0].entries() == twins[1].entries()
        assert twins[0].root() == twins[1].root()
        twins[0].check()
    finally:
        disk.close()


@pytest.mark.xdist_group("postgresql")
@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=5), max_size=300), max_size=6))
def test_any_sequence_of_groups_gives_the_same_record_in_postgresql(groups):
    memory = MemoryStore()
    with fresh_database() as url:
        store = PostgresStore(url)
        try:
            twins = [store.create(ORIGIN), memory.create(ORIGIN)]
            for number, group in enumerate(groups):
                results = [twin.append_once(group) if number % 2 else twin.append(group) for twin in twins]
                assert results[0] == results[1]
            assert twins[0].entries() == twins[1].entries() == list(twins[0].reread(0, twins[0].size))
            assert twins[0].root() == twins[1].root()
            twins[0].check()
        finally:
            store.close()
