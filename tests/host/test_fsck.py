"""The check of a data folder: each flaw is found, and only what is derived is ever repaired."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from tests.host.stick import PROSE, TIME, Body, files, key

from majlis.errors import Malformed, Missing, Refused
from majlis.host.blobs import Blobs
from majlis.host.clock import SimulatedClock
from majlis.host.fsck import fsck
from majlis.host.node import Known, Node
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.host.witness import Witness
from majlis.main import main


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


@pytest.fixture
def data(tmp_path, body):
    """A data folder with one record, signed at 600 of 700 entries, witnessed, with its newest checkpoint and a blob."""
    folder = tmp_path / "data"
    node = Node.create(folder, keeper="amal")
    store = SqliteStore.create_in(folder)
    record = store.create(body.origin)
    record.append(body.entries[:1])
    book = SignerBook.create_in(folder)
    book.enrol(record, body.log_key.public_key)
    record.append(body.entries[1:600])
    note = book.signer(record, body.log_key).sign()
    record.append(body.entries[600:])
    Witness.create_memory(folder / "witness", "w.example", key(60).public_key)
    witness = Witness(folder / "witness", key(60), SimulatedClock(TIME))
    witness.trust(body.log)
    assert witness.add_checkpoint(b"old 0\n\n" + note)[0] == 200
    witness.close()
    node.add(Known(slug=body.slug, identity=body.identity, origin=body.origin, names=body.names, is_hosted=True))
    for each in (body.note(body.record(500), 0), note):
        node.checkpoints.keep(body.identity, each, body.entries[0])
    Blobs(folder / "blobs" / "sha256").put(PROSE)
    book.close()
    store.close()
    return folder


def change(path, *statements: str, values=()) -> None:
    """The file is altered behind the program's back, against its own triggers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement, values if "?" in statement else ())


def flaws(checked) -> list[tuple[str, str]]:
    return [(flaw.kind, flaw.rule) for flaw in checked.flaws]


def test_a_sound_folder_is_counted_and_left_alone(data):
    before = files(data)
    checked = fsck(data)
    assert (checked.exit_code, checked.flaws) == (0, ())
    assert (checked.records, checked.entries, checked.signed, checked.witnessed) == (1, 700, 1, 1)
    assert (checked.checkpoints, checked.blobs) == (2, 1)
    assert {path: content for path, content in files(data).items() if not path.endswith(("-shm", "-wal"))} == before
    assert fsck(data, repair=True).exit_code == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE node SET hash = zeroblob(32) WHERE position = 1",
        "DELETE FROM node",
        "UPDATE head SET frontier = zeroblob(length(frontier))",
        "UPDATE head SET frontier = x''",
    ],
)
def test_what_is_derived_is_found_and_made_anew(data, damage):
    """R-FSCK-1, R-FSCK-4"""
    change(data / "host.db", damage)
    assert flaws(fsck(data)) == [("failure", "R-FSCK-1")]
    checked = fsck(data, repair=True)
    assert (flaws(checked), checked.exit_code) == ([("repaired", "R-FSCK-4")], 0)
    assert fsck(data).flaws == ()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET bytes = CAST(bytes || 'x' AS BLOB) WHERE rowid % 1024 = 300",
        "UPDATE entry SET leaf = zeroblob(32) WHERE rowid % 1024 = 300",
        "DELETE FROM entry WHERE rowid % 1024 = 300",
        "DELETE FROM entry WHERE rowid % 1024 = 699",
        "UPDATE head SET size = 650",
    ],
)
def test_a_damaged_entry_is_found_and_never_made_up(data, damage):
    """R-FSCK-1"""
    change(data / "host.db", damage)
    for repair in (False, True):
        checked = fsck(data, repair=repair)
        assert ("failure", "R-FSCK-1") in flaws(checked)
        assert checked.exit_code == 1


def test_an_entry_exchanged_with_all_that_is_derived_is_found_by_the_signer(data, body):
    """R-FSCK-2"""
    from majlis.record import leaf_hash

    other = body.act(300, "otherwise")
    change(
        data / "host.db",
        "UPDATE entry SET bytes = ?1, leaf = ?2 WHERE rowid % 1024 = 300",
        values=(other, leaf_hash(other)),
    )
    checked = fsck(data, repair=True)
    assert flaws(checked) == [
        ("repaired", "R-FSCK-4"),
        ("failure", "R-FSCK-2"),
        *[("failure", "R-FSCK-3")] * 3,
    ]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE signed SET root = zeroblob(32)",
        "UPDATE signed SET size = 601",
        "UPDATE signed SET frontier = zeroblob(length(frontier))",
        "UPDATE signed SET key = zeroblob(32)",
    ],
)
def test_a_signers_memory_that_does_not_fit_is_found(data, damage):
    """R-FSCK-2"""
    change(data / "signer.db", damage)
    assert flaws(fsck(data)) == [("failure", "R-FSCK-2")]
    assert flaws(fsck(data, repair=True)) == [("failure", "R-FSCK-2")]


def test_an_old_copy_of_the_records_is_found(tmp_path, data, body):
    """R-FSCK-2: the records came back from a backup, and the signer remembers more."""
    (data / "host.db").unlink()
    store = SqliteStore.create_in(data)
    store.create(body.origin).append(body.entries[:500])
    store.close()
    checked = fsck(data)
    assert flaws(checked) == [("failure", "R-FSCK-2"), ("failure", "R-FSCK-3"), ("failure", "R-FSCK-3")]
    assert "old copy" in checked.flaws[0].text


def test_a_record_that_is_signed_or_listed_and_not_here_is_missing(data):
    (data / "host.db").unlink()
    SqliteStore.create_in(data).close()
    checked = fsck(data)
    assert flaws(checked) == [("missing", "R-FSCK-2"), ("missing", "R-FSCK-1")]
    assert checked.exit_code == 3


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE state SET size = 599",
        "UPDATE state SET root = zeroblob(32)",
        "UPDATE state SET note = CAST(replace(CAST(note AS TEXT), '600', '601') AS BLOB)",
        "UPDATE identity SET name = 'other.example'",
        "DELETE FROM log",
    ],
)
def test_a_witness_memory_that_does_not_fit_is_found(data, damage):
    """R-FSCK-3"""
    change(data / "witness" / "witness.db", damage)
    assert flaws(fsck(data)) == [("failure", "R-FSCK-3")]


@pytest.mark.parametrize(("suffix", "size"), [("", b"500"), (".seen", b"600")])
def test_a_checkpoint_that_does_not_fit_is_found(data, body, suffix, size):
    """R-FSCK-3, R-NODE-8"""
    path = data / "checkpoints" / f"{body.identity}{suffix}"
    good = path.read_bytes()
    larger = body.note(body.record(None, [*body.entries, b"one more"]))
    other = body.note(body.record(600, body.parted(300)))
    for bad in (good.replace(size, b"601"), larger, other, b"noise"):
        path.write_bytes(bad)
        assert flaws(fsck(data)) == [("failure", "R-FSCK-3")]


def test_a_blob_that_is_another_is_found(data):
    (path,) = (data / "blobs" / "sha256").glob("*/*")
    path.write_bytes(b"other")
    assert flaws(fsck(data)) == [("failure", "R-FSCK-1")]


def test_repairing_needs_the_folder_alone_and_looking_does_not(data):
    store = SqliteStore(data)
    try:
        assert fsck(data).exit_code == 0
        with pytest.raises(Refused):
            fsck(data, repair=True)
    finally:
        store.close()


def test_what_is_no_data_folder_is_said_so(tmp_path, data):
    with pytest.raises(Missing):
        fsck(tmp_path)
    (data / "signer.db").write_bytes(b"noise" * 1000)
    with pytest.raises(Malformed):
        fsck(data)


def test_the_command_says_what_it_found(capsys, data):
    assert main(["record", "fsck", str(data)]) == 0
    out = capsys.readouterr().out
    assert out == "sound: 1 records with 700 entries, 1 signed, 1 witnessed, 2 checkpoints, 1 blobs\n"
    change(data / "host.db", "DELETE FROM node")
    assert main(["record", "fsck", str(data)]) == 1
    assert "failure: host.db, hilltop.example/log" in capsys.readouterr().out
    assert main(["record", "fsck", str(data), "--repair", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [flaw["kind"] for flaw in answer["flaws"]] == ["repaired"]
