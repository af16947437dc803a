"""Every fault of the host names the numbered rule it breaks (spec/host.md, and of witnesses spec/record.md)."""

from __future__ import annotations

import json
import sqlite3

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Fault
from majlis.host.chance import chance
from majlis.host.clock import SimulatedClock
from majlis.host.keyring import Keyring, Passphrase, Strength
from majlis.host.publish import publish_record
from majlis.host.reader import PublicFolder
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import MemoryStore
from majlis.host.witness import Mirror, Witness
from majlis.record import WitnessState

OTHER = SigningKey(bytes(32))
QUICK = Strength(ops=1, memory=8192)


def without_space(camp, folder):
    store = SqliteStore.create_in(folder)
    record = store.create(camp.origin)
    store._database.read("PRAGMA max_page_count=1")
    try:
        record.append([bytes(60_000)] * 9)
    finally:
        store.close()


def second_writer(camp, folder):
    store = SqliteStore.create_in(folder)
    try:
        SqliteStore(folder)
    finally:
        store.close()


def after_the_end(camp, folder):
    store = SqliteStore.create_in(folder)
    store.close()
    store.origins()


def damaged_store(camp, folder):
    SqliteStore.create_in(folder).close()
    (folder / "host.db").write_bytes(b"")
    SqliteStore(folder)


def book_of(camp, folder, entries):
    book = SignerBook.create_in(folder)
    record = MemoryStore().create(camp.origin)
    book.enrol(record, camp.key.public_key)
    record.append(entries)
    return book, record, book.signer(record, camp.key)


def old_copy(camp, folder):
    book, _, signer = book_of(camp, folder, camp.entries[:9])
    signer.sign()
    book.signer(camp.record(camp.entries[:8]), camp.key).sign()


def flipped_bit(camp, folder):
    _, record, signer = book_of(camp, folder, camp.entries[:9])
    record._entries[4] = b"flipped"
    signer.sign()


def others_have_seen_more(camp, folder):
    _, _, signer = book_of(camp, folder, camp.entries[:9])
    signer.sign(seen=[camp.signed(camp.record())])


def lost_signer(camp, folder):
    SignerBook.create_in(folder).enrol(camp.record(), camp.key.public_key)


def lost_witness(camp, folder):
    ring = Keyring.create(folder / "keyring", Passphrase("some words"), chance, QUICK)
    Witness.found(folder, "w", ring, chance)
    (folder / "witness.db").unlink()
    Witness.found(folder, "w", ring, chance)


def empty_mirror(camp, folder):
    Witness.create_memory(folder, "m", camp.witness.public_key)
    mirror = Mirror(folder, camp.witness_key, SimulatedClock(9), store=MemoryStore(), source=lambda *_: [])
    mirror._store.create(camp.origin).append([b"another history"])
    mirror._hold(camp.origin, WitnessState(size=1, root=camp.record().root(1)))


def link_in_public(camp, folder):
    (folder / "index.json").symlink_to("/etc/hostname")
    PublicFolder(folder).index()


def altered_tile(camp, folder):
    publish_record(folder, camp.record(), camp.signed(camp.record()))
    path = folder / camp.base / "tile" / "0" / "000"
    path.write_bytes(bytes(8192))
    PublicFolder(folder).record(camp.origin)


def going_back(camp, folder):
    publish_record(folder, camp.record(), camp.signed(camp.record()))
    publish_record(folder, camp.record(), camp.signed(camp.record(), 3))


def keyring_without_space(camp, folder):
    ring = Keyring.create(folder / "keyring", Passphrase("some words"), chance, QUICK)
    ring.path = folder / "keyring" / "impossible"
    ring._write({}, chance)


def damaged_keyring(camp, folder):
    Keyring.create(folder / "keyring", Passphrase("some words"), chance, QUICK)
    outer = json.loads((folder / "keyring").read_bytes())
    (folder / "keyring").write_text(json.dumps(outer | {"sha256": "0" * 64}))
    Keyring(folder / "keyring", Passphrase("some words"))


def wrong_passphrase(camp, folder):
    Keyring.create(folder / "keyring", Passphrase("some words"), chance, QUICK)
    Keyring(folder / "keyring", Passphrase("other words"))


@pytest.mark.parametrize(
    ("rule", "attempt"),
    [
        ("R-STORE-1", without_space),
        ("R-STORE-3", second_writer),
        ("R-STORE-4", after_the_end),
        ("R-STORE-5", damaged_store),
        ("R-STORE-6", lambda camp, folder: MemoryStore().create("two words")),
        ("R-SIGNER-1", old_copy),
        ("R-SIGNER-2", flipped_bit),
        ("R-SIGNER-3", others_have_seen_more),
        ("R-SIGNER-4", lost_signer),
        ("R-WITNESS-8", lost_witness),
        ("R-MIRROR-1", empty_mirror),
        ("R-PUBLIC-1", link_in_public),
        ("R-PUBLIC-3", altered_tile),
        ("R-PUBLIC-4", going_back),
        ("R-KEYRING-1", keyring_without_space),
        ("R-KEYRING-2", damaged_keyring),
        ("R-KEYRING-2", wrong_passphrase),
    ],
)
def test_a_fault_names_its_rule(camp, tmp_path, rule, attempt):
    with pytest.raises(Fault) as fault:
        attempt(camp, tmp_path)
    assert fault.value.rule == rule


def test_history_is_kept_by_the_file_itself(camp, tmp_path):
    """R-STORE-2"""
    store = SqliteStore.create_in(tmp_path)
    store.create(camp.origin).append(camp.entries[:3])
    store.close()
    connection = sqlite3.connect(tmp_path / "host.db")
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        connection.execute("DELETE FROM entry")
    connection.close()


def test_a_cosignature_is_stored_before_it_leaves_and_never_with_an_older_clock(camp, tmp_path):
    """R-WITNESS-6 and R-WITNESS-7"""
    Witness.create_memory(tmp_path, camp.witness.name, camp.witness.public_key)
    clock = SimulatedClock(1_700_000_000)
    witness = Witness(tmp_path, camp.witness_key, clock)
    witness.trust(camp.log)
    record = camp.record()
    note = camp.signed(record, 5)
    status, line = witness.add_checkpoint(b"old 0\n\n" + note)
    assert status == 200
    witness.close()
    witness = Witness(tmp_path, camp.witness_key, SimulatedClock(1_699_999_999))
    assert line.encode() in witness.latest(camp.origin)
    assert witness.add_checkpoint(b"old 5\n\n" + note)[0] == 503
    witness.close()


def test_the_list_of_checksums_is_read_strictly(public):
    """R-PUBLIC-2"""
    (public / "SHA256SUMS").write_bytes(b"noise\n")
    found = [finding for finding in PublicFolder(public).check_sums() if finding.file == "SHA256SUMS"]
    assert [finding.kind for finding in found] == ["malformed"]
    assert "[R-PUBLIC-2]" in found[0].text
