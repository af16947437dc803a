"""The signer: never two checkpoints that disagree, whatever comes back from a backup."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import MemoryStore
from majlis.record import (
    Checkpoint,
    Note,
    NoteKey,
    Tree,
    check_consistency,
    format_checkpoint,
    format_note,
    leaf_hash,
    open_checkpoint,
    sign_note,
)

ORIGIN = "camp.example/log"
KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name=ORIGIN, public_key=KEY.public_key)
ENTRIES = [f"act {n}".encode() for n in range(700)]


@pytest.fixture(params=["memory", "disk"])
def record(request, tmp_path):
    store = MemoryStore() if request.param == "memory" else SqliteStore.create_in(tmp_path / "store")
    yield store.create(ORIGIN)
    store.close()


@pytest.fixture
def book(tmp_path):
    made = SignerBook.create_in(tmp_path / "signer")
    yield made
    made.close()


def note_of(tree: Tree, key: SigningKey = KEY, origin: str = ORIGIN) -> bytes:
    text = format_checkpoint(Checkpoint(origin=origin, size=tree.size, root=tree.root()))
    return format_note(Note(text=text, signatures=(sign_note(text, origin, key),)))


def test_every_checkpoint_extends_the_last(record, book):
    record.append(ENTRIES[:1])
    book.enrol(record, KEY.public_key)
    signer = book.signer(record, KEY)
    assert signer.last().size == 0
    last, _ = open_checkpoint(signer.sign(), LOG)
    for upto in (1, 2, 255, 256, 257, 700):
        record.append(ENTRIES[record.size : upto])
        checkpoint, note = open_checkpoint(signer.sign(), LOG)
        assert checkpoint == signer.last()
        assert (checkpoint.size, checkpoint.extensions, len(note.signatures)) == (upto, (), 1)
        assert checkpoint.root == Tree(map(leaf_hash, ENTRIES[:upto])).root()
        proof = record.prove_consistency(last.size, upto)
        check_consistency(proof, old=last.size, new=upto, old_root=last.root, new_root=checkpoint.root)
        last = checkpoint


def test_the_same_size_is_signed_again(record, book):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:5])
    signer = book.signer(record, KEY)
    assert signer.sign() == signer.sign()


def test_enrolling_twice_resets_nothing(record, book):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:5])
    book.signer(record, KEY).sign()
    book.enrol(record, KEY.public_key)
    assert book.signer(record, KEY).last().size == 5
    with pytest.raises(Refused, match="another key"):
        book.enrol(record, SigningKey(bytes(32)).public_key)


def test_a_record_without_a_signer_is_not_signed(record, book, tmp_path):
    with pytest.raises(Missing, match="no signer here"):
        book.signer(record, KEY)
    with pytest.raises(Missing, match="what was signed"):
        SignerBook(tmp_path / "elsewhere")


def test_a_lost_signer_is_not_made_anew(record, book):
    record.append(ENTRIES[:2])
    with pytest.raises(Refused, match="A copy is never signed"):
        book.enrol(record, KEY.public_key)


def test_a_key_of_small_order_is_not_enrolled(record, book):
    with pytest.raises(Malformed, match="small order"):
        book.enrol(record, bytes(32))


def test_another_key_does_not_sign_here(record, book):
    book.enrol(record, KEY.public_key)
    with pytest.raises(Refused, match="not the log key"):
        book.signer(record, SigningKey(bytes(32)))


def test_an_old_backup_of_the_record_is_never_signed(tmp_path):
    """The laptop's disk is restored from last week's copy; signer.db is where it was."""
    store = SqliteStore.create_in(tmp_path / "host")
    record = store.create(ORIGIN)
    book = SignerBook.create_in(tmp_path / "signer")
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    store.close()
    shutil.copytree(tmp_path / "host", tmp_path / "backup")
    store = SqliteStore(tmp_path / "host")
    record = store.record(ORIGIN)
    record.append(ENTRIES[10:20])
    book.signer(record, KEY).sign()
    store.close()
    shutil.rmtree(tmp_path / "host")
    (tmp_path / "backup").rename(tmp_path / "host")
    store = SqliteStore(tmp_path / "host")
    restored = book.signer(store.record(ORIGIN), KEY)
    with pytest.raises(Refused, match="came back from an old copy"):
        restored.sign()
    # Nor once it has grown past the old size by another history.
    store.record(ORIGIN).append([f"other {n}".encode() for n in range(15)])
    with pytest.raises(Forged, match="not those that were signed"):
        restored.sign()
    store.close()
    book.close()


def test_a_record_recovered_forward_from_a_mirror_is_signed_again(book):
    first, second = MemoryStore().create(ORIGIN), MemoryStore().create(ORIGIN)
    book.enrol(first, KEY.public_key)
    first.append(ENTRIES[:20])
    signed = book.signer(first, KEY).sign()
    second.append(ENTRIES[:10])
    with pytest.raises(Refused):
        book.signer(second, KEY).sign()
    second.append(ENTRIES[10:20])
    assert book.signer(second, KEY).sign() == signed


def test_when_others_have_seen_more_nothing_is_signed(record, book):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    signer = book.signer(record, KEY)
    more = note_of(Tree(map(leaf_hash, ENTRIES[:11])))
    with pytest.raises(Refused, match=r"others have seen 11 entries .* here are 10"):
        signer.sign(seen=[more])
    assert signer.last().size == 0
    record.append(ENTRIES[10:11])
    signer.sign(seen=[more, note_of(Tree()), note_of(Tree(map(leaf_hash, ENTRIES[:4])))])


def test_when_others_have_seen_another_history_nothing_is_signed(record, book):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    fork = note_of(Tree(leaf_hash(f"other {n}".encode()) for n in range(7)))
    with pytest.raises(Forged, match="another history of this record at size 7"):
        book.signer(record, KEY).sign(seen=[fork])


def test_what_the_log_did_not_sign_stops_nobody(record, book):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    large = Tree(map(leaf_hash, ENTRIES))
    stranger = SigningKey(bytes(32))
    book.signer(record, KEY).sign(seen=[note_of(large, key=stranger), note_of(large, origin="b.example/log"), b"noise"])


def flip(entry: bytes) -> bytes:
    return bytes([entry[0] ^ 1]) + entry[1:]


def test_a_bit_that_flipped_in_memory_is_not_signed(book, monkeypatch):
    record = MemoryStore().create(ORIGIN)
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    signer = book.signer(record, KEY)
    signer.sign()
    record.append(ENTRIES[10:20])
    record._entries[15] = flip(record._entries[15])
    with pytest.raises(Forged, match="a bit has flipped"):
        signer.sign()
    assert signer.last().size == 10
    record._entries[15] = flip(record._entries[15])
    signer.sign()


def test_a_history_that_changed_on_disk_is_not_signed(tmp_path, book):
    store = SqliteStore.create_in(tmp_path)
    record = store.create(ORIGIN)
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    book.signer(record, KEY).sign()
    record.append(ENTRIES[10:20])
    store.close()
    connection = sqlite3.connect(tmp_path / "host.db")
    connection.execute("DROP TRIGGER entry_keeps_its_bytes")
    connection.execute(
        "UPDATE entry SET bytes = ?, leaf = ? WHERE key = (1 << 40 | 15)", (b"forged", leaf_hash(b"forged"))
    )
    connection.commit()
    connection.close()
    store = SqliteStore(tmp_path)
    with pytest.raises(Forged, match="a bit has flipped"):
        book.signer(store.record(ORIGIN), KEY).sign()
    store.close()


def test_what_is_signed_is_stored_before_it_leaves(record, book, monkeypatch):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    signer = book.signer(record, KEY)

    def fail(*_):
        raise OSError("no power")

    monkeypatch.setattr(signer, "_swap", fail)
    with pytest.raises(OSError, match="no power"):
        signer.sign()


def test_of_two_signers_one_is_too_late(record, book):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    slow, fast = book.signer(record, KEY), book.signer(record, KEY)
    before = slow._frontier(slow._database)
    fast.sign()
    after = before.copy()
    after.append(leaf_hash(b"another history"))
    with pytest.raises(Refused, match="another signer was faster"):
        slow._swap(before, after)
    assert fast.last().size == 10


def test_there_is_one_signer_process(book, tmp_path):
    with pytest.raises(Refused, match="another program is writing"):
        SignerBook(tmp_path / "signer")


@pytest.mark.parametrize("change", ["frontier = zeroblob(64)", "frontier = x'00'", "root = zeroblob(32)", "size = 11"])
def test_a_damaged_memory_does_not_sign(record, tmp_path, change):
    folder = tmp_path / "other"
    book = SignerBook.create_in(folder)
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    book.signer(record, KEY).sign()
    book.close()
    connection = sqlite3.connect(folder / "signer.db")
    connection.execute(f"UPDATE signed SET {change}")
    connection.commit()
    connection.close()
    book = SignerBook(folder)
    with pytest.raises(Malformed, match="must not sign again"):
        book.signer(record, KEY)
    book.close()


def test_the_file_itself_never_goes_back(record, book, tmp_path):
    book.enrol(record, KEY.public_key)
    record.append(ENTRIES[:10])
    book.signer(record, KEY).sign()
    book.close()
    connection = sqlite3.connect(tmp_path / "signer" / "signer.db")
    for statement in ("DELETE FROM signed", "UPDATE signed SET size = 9", "UPDATE signed SET key = zeroblob(32)"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()
