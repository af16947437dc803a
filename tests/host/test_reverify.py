"""Records are verified again from the disk (R-AGAIN-1): whatever is not as it was said to be is noticed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from tests.host.postgres import connection, fresh_database
from tests.site.hilltop import ORIGIN, PASSPHRASE, Hilltop

from majlis.errors import Missing, Refused
from majlis.host import reverify, snapshot
from majlis.host.host import Host
from majlis.host.keyring import Keyring
from majlis.host.lock import FileLock
from majlis.host.moving import keep_in_database
from majlis.host.node import Node
from majlis.host.replay import Record
from majlis.host.reverify import Claim, Verified, verify_again
from majlis.institutions import charter
from majlis.institutions.digest import digest
from majlis.record import leaf_hash

pytestmark = pytest.mark.xdist_group("again")

ENTRIES = 301


@contextmanager
def hosted(hilltop: Hilltop) -> Iterator[Host]:
    node = Node(hilltop.folder)
    with node.hosting(Keyring(node.keyring_path("amal"), PASSPHRASE)) as host:
        yield host


@pytest.fixture
def hilltop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hilltop:
    """A committee with 301 entries, and a snapshot of them all, most of which is shelved."""
    monkeypatch.setattr(snapshot, "LEAST", 10)
    monkeypatch.setattr(snapshot, "SHELVED", 10)
    return grown(Hilltop(tmp_path / "hilltop"))


def grown(hilltop: Hilltop) -> Hilltop:
    with hosted(hilltop) as host:
        acts = [host.open(hilltop.identity, hilltop.motion()) for _ in range(ENTRIES - 1)]
        host.submit_group([(hilltop.identity, act) for act in acts])
    assert snapshot_of(hilltop).is_file()
    return hilltop


def snapshot_of(hilltop: Hilltop) -> Path:
    return hilltop.folder / "snapshots" / hilltop.identity


def claim_of(hilltop: Hilltop) -> Claim:
    """What a host says that has just started, and signed a little before."""
    with hosted(hilltop) as host:
        record = host.hosted(hilltop.identity).record
        roots = ((record.size, record.root()), (record.size, record.root()), (200, record.root(200)))
        return Claim(identity=hilltop.identity, origin=ORIGIN, size=record.size, roots=roots)


def verified(hilltop: Hilltop, claim: Claim, **how: int) -> Verified:
    (found,) = verify_again(hilltop.folder, [claim], **how)
    return found


def alter(hilltop: Hilltop, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Somebody writes in the database, past everything that forbids it there."""
    with closing(sqlite3.connect(hilltop.folder / "host.db")) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        for sql, values in statements:
            assert database.execute(sql, values).rowcount == 1


def forge(hilltop: Hilltop, change: Callable[[bytes], bytes]) -> None:
    """The snapshot is another, with the digest that makes it whole."""
    before = snapshot_of(hilltop).read_bytes()[:-32]
    after = change(before)
    assert after != before
    snapshot_of(hilltop).write_bytes(after + sha256(after).digest())


def position(hilltop: Hilltop, index: int) -> int:
    """The key of an entry in the database."""
    with closing(sqlite3.connect(hilltop.folder / "host.db")) as database:
        keys = [key for (key,) in database.execute("SELECT key FROM entry ORDER BY key")]
        return int(keys[index])


class Folds:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        advance = Record.advance

        def counted(record: Record, evidence: object) -> None:
            self.count += 1
            advance(record, evidence)  # type: ignore[arg-type]

        monkeypatch.setattr(Record, "advance", counted)


def test_what_is_as_it_was_said_is_folded_once_from_the_first_entry(
    hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claim_of(hilltop)
    folds = Folds(monkeypatch)
    found = verified(hilltop, claim)
    assert folds.count == ENTRIES
    with hosted(hilltop) as host:
        now = digest(host.state(hilltop.identity))
    assert found == Verified(identity=hilltop.identity, size=ENTRIES, digest=now)


@pytest.mark.parametrize("unwritten", [7, 50, 299])
def test_what_is_put_down_on_the_way_changes_nothing_and_leaves_nothing_behind(
    hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch, unwritten: int
) -> None:
    claim, whole = claim_of(hilltop), verified(hilltop, claim_of(hilltop))
    monkeypatch.setattr(reverify, "_STEP", 7)
    put_down = []
    write = reverify._Replay._put_down

    def noted(self: reverify._Replay, identity: str) -> None:
        write(self, identity)
        put_down.append(self._position(identity))

    monkeypatch.setattr(reverify._Replay, "_put_down", noted)
    assert verified(hilltop, claim, unwritten=unwritten) == whole
    assert len(put_down) == {7: 43, 50: 5, 299: 1}[unwritten]
    left = {path.name for path in (hilltop.folder / "snapshots").rglob("*") if path.is_file()}
    assert left == {hilltop.identity, "lock"}


def test_a_record_without_a_snapshot_is_verified_too(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    before = verified(hilltop, claim)
    snapshot_of(hilltop).unlink()
    assert verified(hilltop, claim) == before


def test_a_record_that_grows_meanwhile_is_verified_as_far_as_was_said(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    with hosted(hilltop) as host:
        for _ in range(300):
            host.submit(hilltop.identity, hilltop.motion())
        assert verified(hilltop, claim).differs == ""
    # The snapshot is of more entries than the claim by now: it is looked at all the same.
    assert verified(hilltop, claim).differs == ""


def test_altered_quotas_are_noticed(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    clerk = hilltop.clerk.public_key.hex().encode()

    def change(data: bytes) -> bytes:
        at = data.rindex(clerk + b"\xcd\x01\x2c")
        return data[: at + 64] + b"\xcd\x00\x2c" + data[at + 67 :]

    forge(hilltop, change)
    assert "is not what its first 301 entries come to" in verified(hilltop, claim).differs


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"01" * 16, b"02" * 16), (b"motion.table", b"motion.tible"), ("التلة".encode(), "الثلة".encode())],
    ids=["in the head", "on a shelf", "a name"],
)
def test_one_altered_byte_of_a_state_under_its_right_key_is_noticed(hilltop: Hilltop, old: bytes, new: bytes) -> None:
    claim = claim_of(hilltop)
    forge(hilltop, lambda data: data.replace(old, new, 1))
    with hosted(hilltop) as host:
        assert host.federation.records[hilltop.identity].states[2].size == 0, "the host started from it"
    found = verified(hilltop, claim)
    assert found.differs.startswith(f"the snapshot of {ORIGIN} is not what its first {ENTRIES} entries come to")


@pytest.mark.parametrize("index", [0, 1, 150, 255, 256, ENTRIES - 1])
def test_an_altered_entry_is_noticed(hilltop: Hilltop, index: int) -> None:
    claim = claim_of(hilltop)
    alter(hilltop, ("UPDATE entry SET bytes = CAST(bytes || x'20' AS BLOB) WHERE key = ?", (position(hilltop, index),)))
    assert f"entry {index} is not what was stored" in verified(hilltop, claim).differs


def test_an_entry_that_is_altered_together_with_its_hash_is_noticed(hilltop: Hilltop) -> None:
    claim, other = claim_of(hilltop), hilltop.motion()
    values = (other, leaf_hash(other), position(hilltop, 150))
    alter(hilltop, ("UPDATE entry SET bytes = ?, leaf = ? WHERE key = ?", values))
    assert "the first 200 entries on the disk are not those" in verified(hilltop, claim).differs


def test_a_flipped_leaf_hash_is_noticed(hilltop: Hilltop) -> None:
    claim, (entry,) = claim_of(hilltop), entries(hilltop)[150:151]
    leaf = bytes([leaf_hash(entry)[0] ^ 1]) + leaf_hash(entry)[1:]
    alter(hilltop, ("UPDATE entry SET leaf = ? WHERE key = ?", (leaf, position(hilltop, 150))))
    assert "entry 150 is not what was stored" in verified(hilltop, claim).differs


def test_a_flipped_inner_hash_is_noticed(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    alter(hilltop, ("UPDATE node SET hash = ?", (bytes(32),)))
    assert "inner hashes at level 8 from 0 on are not those of the entries" in verified(hilltop, claim).differs


def test_entries_that_are_gone_are_noticed(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    alter(hilltop, ("DELETE FROM entry WHERE key = ?", (position(hilltop, 150),)))
    assert "entries are missing between 0 and 256" in verified(hilltop, claim).differs


def test_a_record_that_came_back_from_an_old_copy_is_noticed(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    alter(hilltop, ("UPDATE head SET size = 280", ()))
    assert "entries between 256 and 301 are gone" in verified(hilltop, claim).differs


def test_a_root_that_others_were_shown_and_the_entries_do_not_have_is_noticed(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    for at in range(len(claim.roots)):
        size, root = claim.roots[at]
        roots = (*claim.roots[:at], (size, root[::-1]), *claim.roots[at + 1 :])
        forged = Claim(identity=claim.identity, origin=claim.origin, size=claim.size, roots=roots)
        assert f"the first {size} entries on the disk are not those" in verified(hilltop, forged).differs


def test_what_cannot_be_judged_here_is_no_difference(hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AGAIN-3: a charter that pins rules which this program does not know."""
    claim = claim_of(hilltop)
    monkeypatch.setattr(charter, "RULES_VERSION", 0)
    for _ in range(2):
        found = verified(hilltop, claim)
        assert (found.differs, found.digest) == ("", "")
        assert found.missing == "its charter pins rules that this program does not know"
        snapshot_of(hilltop).unlink(missing_ok=True)


def test_two_programs_do_not_put_down_in_one_place(hilltop: Hilltop) -> None:
    claim = claim_of(hilltop)
    scratch = hilltop.folder / "snapshots" / ".again"
    scratch.mkdir()
    with FileLock(scratch / "lock"), pytest.raises(Refused):
        verified(hilltop, claim, unwritten=100)


def test_what_was_put_down_and_cannot_be_read_again_is_no_verdict(
    hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claim_of(hilltop)
    monkeypatch.setattr(reverify, "resume", lambda federation, folder: None)
    with pytest.raises(Missing, match="the disk may be failing"):
        verified(hilltop, claim, unwritten=100)


def test_the_beginning_of_a_record_takes_nothing_in(hilltop: Hilltop) -> None:
    with Node(hilltop.folder).reading() as store:
        record = store.record(ORIGIN)
        beginning = reverify._Beginning(record, 20)
        assert (beginning.size, beginning.entries(18)) == (20, record.entries(18, 20))
        assert beginning.root() == record.root(20)
        assert [beginning.find(entry) for entry in record.entries(19, 21)] == [19, None]
        for write in (beginning.append, beginning.append_once):
            with pytest.raises(Refused):
                write([b"more"])


def entries(hilltop: Hilltop) -> list[bytes]:
    with Node(hilltop.folder).reading() as store:
        return store.record(ORIGIN).entries()


def test_records_in_a_database_are_verified_again_too(hilltop: Hilltop) -> None:
    with fresh_database() as url:
        keep_in_database(Node(hilltop.folder), url)
        claim = claim_of(hilltop)
        found = verified(hilltop, claim, unwritten=100)
        assert (found.differs, found.missing) == ("", "")
        assert found.digest
        with connection(url) as database:
            database.execute("ALTER TABLE entry DISABLE TRIGGER ALL")
            database.execute("UPDATE entry SET bytes = bytes || '\\x20'::bytea WHERE key % 1024 = 150")
        assert "entry 150 is not what was stored" in verified(hilltop, claim).differs
