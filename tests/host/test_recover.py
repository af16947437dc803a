"""Bringing a record forward from a copy: what was signed stays signed, nothing false is taken, nothing is dropped."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.host.stick import Body, key
from tests.host.test_fsck import change

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.delivery import keep
from majlis.host.exchange import take
from majlis.host.fsck import fsck
from majlis.host.node import Known, Node
from majlis.host.recover import Copy, Recovered, recover
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.institutions import open_act, parse_act, sign_text
from majlis.record import (
    Checkpoint,
    Note,
    format_checkpoint,
    format_note,
    parse_checkpoint,
    parse_note,
    sign_note,
)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


class Folder:
    """A data folder that keeps the record of ``body``; its signer signed it at each size that is named."""

    def __init__(self, path: Path, body: Body) -> None:
        self.path = path
        self.body = body
        node = Node.create(path, keeper="amal")
        with closing(SqliteStore.create_in(path)) as store, closing(SignerBook.create_in(path)) as book:
            record = store.create(body.origin)
            record.append(body.entries[:1])
            book.enrol(record, body.log_key.public_key)
            node.add(
                Known(slug=body.slug, identity=body.identity, origin=body.origin, names=body.names, is_hosted=True)
            )

    @contextmanager
    def open(self) -> Iterator[tuple]:
        with closing(SqliteStore(self.path)) as store, closing(SignerBook(self.path)) as book:
            yield store.record(self.body.origin), book

    def grow(self, size: int, *, signed: bool = True, entries: list[bytes] | None = None) -> Folder:
        with self.open() as (record, book):
            record.append((entries or self.body.entries)[record.size : size])
            if signed:
                book.signer(record, self.body.log_key).sign()
        return self

    def kept(self, size: int, *mirrors: int) -> None:
        note = self.body.note(self.body.record(size), *mirrors)
        Node(self.path).checkpoints.keep(self.body.identity, note, self.body.entries[0])

    def back_to(self, old: Path, *names: str) -> None:
        for name in names:
            shutil.copyfile(old / name, self.path / name)

    def copy_of(self, path: Path) -> Path:
        shutil.copytree(self.path, path)
        return path

    def recover(self, copy: Copy) -> Recovered:
        node = Node(self.path)
        return recover(node, node.body(self.body.slug), copy)

    @property
    def entries(self) -> list[bytes]:
        with self.open() as (record, _):
            return list(record.entries())

    @property
    def signed(self) -> int:
        with self.open() as (record, book):
            size: int = book.remembered(record)[1].size
            return size

    def ahead(self) -> int:
        note = Node(self.path).checkpoints.ahead(self.body.identity)
        return parse_checkpoint(parse_note(note).text).size if note else 0

    def sign(self) -> bytes:
        with self.open() as (record, book):
            signer = book.signer(record, self.body.log_key)
            note: bytes = signer.sign()
            return note


def copy_of(body: Body, size: int, *mirrors: int, safe: int = 0, entries: list[bytes] | None = None) -> Copy:
    """The first ``size`` entries, cosigned by these mirrors; beside them a safe checkpoint of ``safe`` entries."""
    record = body.record(size, entries)
    beside = body.note(body.record(safe, entries), 0) if safe else b""
    return Copy(note=body.note(record, *mirrors), entries=record.entries(), safe=beside)


@pytest.fixture
def folder(tmp_path: Path, body: Body) -> Folder:
    return Folder(tmp_path / "data", body)


def test_an_old_record_goes_on_from_a_mirror(folder: Folder, body: Body, tmp_path: Path) -> None:
    """R-RECOVER-1: the record came back from a backup, and its signer did not."""
    old = folder.grow(19).copy_of(tmp_path / "old")
    folder.grow(300)
    folder.back_to(old, "host.db")
    found = folder.recover(copy_of(body, 300, 0))
    assert (found.size, found.brought, found.signed, found.behind) == (300, 281, 300, "")
    assert folder.entries == body.entries[:300]
    again = folder.recover(copy_of(body, 300, 0))
    assert (again.brought, again.replaced, again.outbox) == (0, (), 0)
    assert parse_checkpoint(parse_note(folder.sign()).text).size == 300
    assert fsck(folder.path).exit_code == 0


def test_a_folder_that_is_old_as_a_whole_remembers_what_was_seen(folder: Folder, body: Body) -> None:
    """R-RECOVER-4: its signer signed 19 as far as it knows; the log signed 300."""
    folder.grow(19)
    Node(folder.path).checkpoints.keep_ahead(body.identity, body.note(body.record(290), 0))
    found = folder.recover(copy_of(body, 300, 0))
    assert (found.size, found.signed, found.behind) == (300, 300, "")
    assert (folder.signed, folder.ahead()) == (300, 0)


def test_a_record_that_is_gone_is_brought_whole(folder: Folder, body: Body) -> None:
    """R-RECOVER-1: host.db was moved aside."""
    folder.grow(300)
    (folder.path / "host.db").unlink()
    found = folder.recover(copy_of(body, 300, 0))
    assert (found.brought, found.behind) == (300, "")
    assert folder.entries == body.entries[:300]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET bytes = CAST(bytes || 'x' AS BLOB) WHERE key % 1024 = 30",
        "UPDATE entry SET leaf = zeroblob(32) WHERE key % 1024 = 30",
        "DELETE FROM entry WHERE key % 1024 = 30",
        "UPDATE head SET size = 250",
        "UPDATE head SET frontier = x''",
        "DELETE FROM node",
    ],
)
def test_what_is_damaged_is_replaced_and_all_else_stays(folder: Folder, body: Body, damage: str) -> None:
    """R-RECOVER-2: one flipped bit costs no succession; entries that no mirror has yet are kept."""
    folder.grow(320).grow(330, signed=False)
    change(folder.path / "host.db", damage)
    assert fsck(folder.path).exit_code == 1
    found = folder.recover(copy_of(body, 300, 0))
    assert found.replaced == ((30,) if "= 30" in damage else ())
    assert (found.size, found.safe, found.signed, found.behind) == (330, 300, 320, "")
    assert folder.entries == body.entries[:330]
    assert fsck(folder.path).exit_code == 0
    assert parse_checkpoint(parse_note(folder.sign()).text).size == 330


def test_a_damaged_entry_that_only_its_log_signed_is_taken_where_the_signer_knows_it(
    folder: Folder, body: Body
) -> None:
    """R-RECOVER-2: the quorum cosigned 200; entry 250 is under the root that this signer signed."""
    folder.grow(300)
    change(folder.path / "host.db", "UPDATE entry SET bytes = x'00' WHERE key % 1024 = 250")
    with pytest.raises(Missing, match="entry 250 is damaged here"):
        folder.recover(copy_of(body, 240, safe=200))
    assert folder.recover(copy_of(body, 280, safe=200)).behind == ""
    assert folder.entries == body.entries[:300]


def test_an_entry_exchanged_with_its_hash_is_told_by_what_was_signed(folder: Folder, body: Body) -> None:
    from majlis.record import leaf_hash

    folder.grow(300)
    with closing(sqlite3.connect(folder.path / "host.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER entry_keeps_its_bytes")
        other = body.act(30, "otherwise")
        connection.execute("UPDATE entry SET bytes = ?, leaf = ? WHERE key % 1024 = 30", (other, leaf_hash(other)))
    assert folder.recover(copy_of(body, 300, 0)).replaced == (30,)
    assert folder.entries == body.entries[:300]


def test_what_an_old_copy_took_in_goes_to_the_outbox(folder: Folder, body: Body) -> None:
    """R-RECOVER-3: acknowledged at places that were taken already, and signed under no checkpoint."""
    folder.grow(19).grow(22, signed=False, entries=body.parted(19, 22))
    found = folder.recover(copy_of(body, 300, 0))
    assert (found.size, found.outbox, found.behind) == (300, 3, "")
    assert folder.entries == body.entries[:300]
    kept = {path.read_bytes() for path in (folder.path / "outbox").glob("*") if path.suffix != ".receipt"}
    assert kept == set(body.parted(19, 22)[19:])


def test_acts_are_kept_where_the_signer_knows_that_they_were_at_taken_places(
    folder: Folder, body: Body, tmp_path: Path
) -> None:
    """R-RECOVER-3: an old record under its present signer had taken acts in, and goes on from what was signed."""
    old = folder.grow(19).grow(22, signed=False, entries=body.parted(19, 22)).copy_of(tmp_path / "old")
    fresh = Folder(tmp_path / "fresh", body).grow(300)
    fresh.back_to(old, "host.db")
    found = fresh.recover(copy_of(body, 299, 0))
    assert (found.size, found.outbox, found.replaced) == (299, 3, (19, 20, 21))
    assert found.behind
    assert (fresh.recover(copy_of(body, 300)).behind, fresh.entries) == ("", body.entries[:300])


def test_another_history_than_was_signed_is_never_joined(folder: Folder, body: Body) -> None:
    """R-RECOVER-2: a thief of the log's key, or two hosts: never decided by a command."""
    folder.grow(22, entries=body.parted(19, 22))
    with pytest.raises(Forged, match="majlis compare"):
        folder.recover(copy_of(body, 300, 0))
    assert folder.entries == body.parted(19, 22)
    shorter = copy_of(body, 20, 0)
    with pytest.raises(Forged, match="majlis compare"):
        folder.recover(shorter)
    assert (len(folder.entries), folder.signed) == (22, 22)


def test_another_history_than_mirrors_cosigned_is_never_joined(folder: Folder, body: Body) -> None:
    folder.grow(19)
    folder.kept(40, 0)
    with pytest.raises(Forged, match="majlis compare"):
        folder.recover(copy_of(body, 60, 0, entries=body.parted(30, 60)))
    assert len(folder.entries) == 19


def test_a_copy_that_no_quorum_cosigned_counts_only_as_far_as_this_signer_signed(
    folder: Folder, body: Body, tmp_path: Path
) -> None:
    """R-RECOVER-2: whoever stole the log's key makes such copies. What they show is remembered: nothing is forked."""
    old = folder.grow(19).copy_of(tmp_path / "old")
    folder.grow(100)
    folder.back_to(old, "host.db")
    found = folder.recover(copy_of(body, 300))
    assert (found.size, found.signed) == (100, 100)
    assert "others have seen 300 entries" in found.behind
    assert folder.ahead() == 300
    assert folder.recover(copy_of(body, 300, 1)).behind == ""
    assert folder.ahead() == 0


def test_a_copy_that_nobody_cosigned_brings_nothing(folder: Folder, body: Body) -> None:
    folder.grow(19, signed=False)
    with pytest.raises(Refused, match="too few mirrors"):
        folder.recover(copy_of(body, 300))
    assert len(folder.entries) == 19


def test_less_than_was_signed_is_said_and_takes_nothing_in(folder: Folder, body: Body, tmp_path: Path) -> None:
    """R-RECOVER-4: the signer never goes back, whatever is brought."""
    old = folder.grow(19).copy_of(tmp_path / "old")
    folder.grow(300)
    folder.back_to(old, "host.db")
    found = folder.recover(copy_of(body, 299, 0))
    assert (found.size, found.signed) == (299, 300)
    assert "came back from an old copy" in found.behind
    with pytest.raises(Refused):
        folder.sign()
    assert folder.recover(copy_of(body, 300)).behind == ""


def false_copies(body: Body) -> dict[str, Copy]:
    good, other = copy_of(body, 300, 0), Body("other", 9)
    record = body.record(300)
    bent = [*good.entries[:50], good.entries[50] + b"x", *good.entries[51:]]
    return {
        "another key": Copy(note=body.note(record, 0, signer=key(99)), entries=good.entries),
        "another record": copy_of(other, 300, 0),
        "an altered entry": Copy(note=good.note, entries=bent),
        "an entry less": Copy(note=good.note, entries=good.entries[:-1]),
        "another root": Copy(note=good.note.replace(b"\n300\n", b"\n301\n"), entries=good.entries),
        "a false safe one": Copy(note=copy_of(body, 300).note, entries=good.entries, safe=copy_of(body, 200).note),
        "a safe one of others": Copy(
            note=copy_of(body, 300).note, entries=good.entries, safe=copy_of(other, 200, 0).note
        ),
        "no note": Copy(note=b"nothing", entries=good.entries),
    }


@pytest.mark.parametrize("name", list(false_copies(Body())))
def test_a_false_copy_brings_nothing(folder: Folder, body: Body, name: str) -> None:
    """R-RECOVER-2"""
    folder.grow(19)
    with pytest.raises((Forged, Malformed, Refused)):
        folder.recover(false_copies(body)[name])
    # What its log signed is remembered, though the copy is false (R-SIGNER-5).
    ahead = 300 if name in ("an altered entry", "an entry less", "a false safe one", "a safe one of others") else 0
    assert (folder.entries, folder.signed, folder.ahead()) == (body.entries[:19], 19, ahead)


def test_a_lost_memory_is_said_and_never_made_anew(folder: Folder, body: Body) -> None:
    """R-RECOVER-4, R-SIGNER-4"""
    folder.grow(19)
    (folder.path / "signer.db").unlink()
    with pytest.raises(Missing, match="never made anew"):
        folder.recover(copy_of(body, 300, 0))
    assert not (folder.path / "signer.db").exists()


def test_stopped_at_any_moment_it_goes_on(folder: Folder, body: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-RECOVER-1: whatever was done last, the next run finishes, and nothing is signed that forks meanwhile."""

    class Cut(Fault):
        pass

    def cut(*_: object, **__: object) -> None:
        raise Cut("the power fails")

    folder.grow(300).grow(305, signed=False)
    change(folder.path / "host.db", "UPDATE entry SET bytes = x'00' WHERE key % 1024 = 30")
    from majlis.host import recover as module

    for where, name in (
        (module._Recovering, "_store"),
        (module._Recovering, "_remember"),
        (SignerBook, "recover"),
        (SignerBook, "look"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(where, name, cut)
            with pytest.raises(Cut):
                folder.recover(copy_of(body, 302, 0))
    found = folder.recover(copy_of(body, 302, 0))
    assert (found.size, found.signed, found.behind) == (305, 302, "")
    assert folder.entries == body.entries[:305]


def unsigned(body: Body, size: int) -> bytes:
    """A checkpoint of this record that somebody else signed."""
    text = format_checkpoint(Checkpoint(origin=body.origin, size=size, root=b"\x07" * 32))
    return format_note(Note(text=text, signatures=(sign_note(text, body.origin, key(99)),)))


def bent(note: bytes) -> bytes:
    lines = note.split(b"\n")
    lines[2] = (b"B" if lines[2][:1] != b"B" else b"A") + lines[2][1:]
    return b"\n".join(lines)


@pytest.mark.parametrize("suffix", ["", ".seen", ".ahead"])
@pytest.mark.parametrize("how", ["bent", "unsigned", "nonsense"])
def test_a_kept_checkpoint_that_the_log_did_not_sign_says_nothing(
    folder: Folder, body: Body, suffix: str, how: str
) -> None:
    """R-RECOVER-2: one flipped bit in it, or what somebody else made, keeps no record from being recovered."""
    folder.grow(19).kept(15, 0)
    folder.kept(18)
    path = folder.path / "checkpoints" / f"{body.identity}{suffix}"
    before = path.read_bytes() if path.is_file() else body.note(body.record(40))
    path.write_bytes({"bent": bent(before), "unsigned": unsigned(body, 50), "nonsense": b"nothing"}[how])
    found = folder.recover(copy_of(body, 60, 0))
    assert (found.size, found.behind, found.unsigned) == (60, "", (path.name,))
    assert (folder.path / "evidence" / f"checkpoint-{path.name}").is_file()
    assert folder.recover(copy_of(body, 60, 0)).unsigned == ()
    assert fsck(folder.path).exit_code == 0


class Mirror(Folder):
    """A data folder that holds a copy of 300 entries."""

    def __init__(self, path: Path, body: Body) -> None:
        self.path = path
        self.body = body
        node = Node.create(path, keeper="amal")
        with closing(SqliteStore.create_in(path)) as store:
            store.create(body.origin).append(body.entries[:300])
            node.add(
                Known(slug=body.slug, identity=body.identity, origin=body.origin, names=body.names, is_hosted=False)
            )

    @property
    def entries(self) -> list[bytes]:
        with closing(SqliteStore(self.path)) as store:
            return list(store.record(self.body.origin).entries())


def test_a_shorter_copy_of_another_history_replaces_nothing_that_is_safe(tmp_path: Path, body: Body) -> None:
    """R-RECOVER-2: a thief of the log's key shows less than the quorum cosigned."""
    mirror = Mirror(tmp_path / "mirror", body)
    mirror.kept(300, 0)
    with pytest.raises(Forged, match="300 entries lie here"):
        mirror.recover(copy_of(body, 200, entries=body.parted(100, 300)))
    assert mirror.entries == body.entries[:300]
    mirror.recover(copy_of(body, 200))
    assert mirror.entries == body.entries[:300]


def test_a_host_whose_signer_remembers_less_keeps_what_is_safe(folder: Folder, body: Body) -> None:
    """R-RECOVER-2"""
    folder.grow(19).grow(300, signed=False).kept(300, 0)
    with pytest.raises(Forged, match="majlis compare"):
        folder.recover(copy_of(body, 200, 0, entries=body.parted(100, 300)))
    assert (folder.entries, folder.signed) == (body.entries[:300], 19)
    assert not (folder.path / "outbox").exists()


def test_what_was_acknowledged_stays_where_the_copy_does_not_count(folder: Folder, body: Body) -> None:
    """R-RECOVER-3: 19 were signed, 40 acknowledged; of the copy that parts at 25 the quorum cosigned ten."""
    folder.grow(19).grow(40, signed=False)
    found = folder.recover(copy_of(body, 200, entries=body.parted(25, 300), safe=10))
    assert (found.size, found.outbox, folder.ahead()) == (40, 0, 200)
    assert "others have seen" in found.behind
    assert folder.entries == body.entries[:40]


def outbox(folder: Folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder.path / "outbox").glob("*.act")}


def test_signatures_that_were_acknowledged_are_handed_in_again(folder: Folder, body: Body) -> None:
    """R-RECOVER-3: the record has the same act with one signature less."""
    one = body.act(5000)
    act = parse_act(one)
    both = one + sign_text(act.text, key(61)).rpartition(b"\n\n")[2]
    folder.grow(19).grow(20, signed=False, entries=[*body.entries[:19], both])
    found = folder.recover(copy_of(body, 60, 0, entries=[*body.entries[:25], one, *body.entries[25:59]]))
    assert (found.size, found.outbox) == (60, 1)
    assert outbox(folder) == {f"{act.id}.act": both}


def test_signatures_under_one_act_come_together_in_the_outbox(folder: Folder, body: Body) -> None:
    """R-RECOVER-3: two entries of one id, and what the outbox file holds."""
    first = body.act(6000)
    act = parse_act(first)
    second, third = (sign_text(act.text, key(number)) for number in (61, 62))
    keep(Node(folder.path), third)
    folder.grow(19).grow(21, signed=False, entries=[*body.entries[:19], first, second])
    assert folder.recover(copy_of(body, 60, 0)).outbox == 1
    (kept,) = outbox(folder).values()
    assert open_act(kept).keys == {each.public_key.hex() for each in (body.author, key(61), key(62))}


def is_taken_in(folder: Folder) -> bool:
    """Whether acts are, once this folder is taken up again."""
    node = Node(folder.path)
    with node.writing() as store:
        try:
            node.check_forward(store, node.body(folder.body.slug))
        except Refused:
            return False
    return True


def test_what_its_log_signed_and_a_refused_copy_shows_is_remembered(folder: Folder, body: Body, tmp_path: Path) -> None:
    """R-SIGNER-5: another history, larger or smaller, and more than any mirror cosigned."""
    folder.grow(19, signed=False)
    other, more, less = (folder.copy_of(tmp_path / name) for name in ("other", "more", "less"))
    for path, copy, fault in (
        (other, copy_of(body, 300, entries=body.parted(15, 300)), Refused),
        (more, copy_of(body, 300), Refused),
        (less, copy_of(body, 17, 0, entries=body.parted(15, 300)), Forged),
    ):
        old = Folder.__new__(Folder)
        old.path, old.body = path, body
        if fault is Forged:
            old.sign()
        assert is_taken_in(old)
        with pytest.raises(fault):
            old.recover(copy)
        assert not is_taken_in(old)


@pytest.mark.parametrize("size", [20, 30])
def test_what_its_log_signed_and_a_refused_folder_shows_is_remembered(
    folder: Folder, body: Body, tmp_path: Path, size: int
) -> None:
    """R-SIGNER-5: 'majlis node take'; what somebody else signed changes nothing."""
    folder.grow(22)
    public = body.publish(tmp_path / "public", size, entries=body.parted(15, 300))
    note = public / body.base / "checkpoint"
    good = note.read_bytes()
    note.chmod(0o644)
    note.write_bytes(unsigned(body, size))
    assert take(Node(folder.path), public)[0].outcome == "refused"
    assert is_taken_in(folder)
    note.write_bytes(good)
    assert take(Node(folder.path), public)[0].outcome == "refused"
    assert (folder.ahead(), is_taken_in(folder)) == (size, False)
