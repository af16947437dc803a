"""Snapshots (R-NODE-7): a cache that never tells more, less or otherwise than folding the record again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.site.hilltop import PASSPHRASE, Hilltop
from tests.stories.play import Play

from majlis.host import federation as federation_module
from majlis.host import snapshot
from majlis.host.federation import Federation, Record
from majlis.host.folder import open_folder
from majlis.host.host import Host
from majlis.host.keyring import Keyring
from majlis.host.node import Node
from majlis.host.quota import used_since_tick
from majlis.host.snapshot import format_snapshot, keep_snapshots, resume
from majlis.institutions import Finding


@pytest.fixture(params=[1, 10, 1000], ids=["all shelved", "large shelved", "none shelved"])
def hilltop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hilltop:
    """A committee with 41 entries, every record of which is worth a snapshot."""
    monkeypatch.setattr(snapshot, "LEAST", 10)
    monkeypatch.setattr(snapshot, "SHELVED", request.param)
    made = Hilltop(tmp_path / "hilltop")
    with hosted(made) as host:
        for number in range(40):
            host.submit(made.identity, made.motion() if number % 7 else made.motion(made.charter_keys[0]))
    return made


@contextmanager
def hosted(hilltop: Hilltop) -> Iterator[Host]:
    node = Node(hilltop.folder)
    with node.hosting(Keyring(node.keyring_path("amal"), PASSPHRASE)) as host:
        yield host


def kept(hilltop: Hilltop) -> Path:
    return hilltop.folder / "snapshots" / hilltop.identity


class Folds:
    """How many entries were folded since."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        advance = Record.advance

        def counted(record: Record, evidence: Federation) -> None:
            self.count += 1
            advance(record, evidence)

        monkeypatch.setattr(Record, "advance", counted)


@pytest.fixture
def folds(hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch) -> Folds:
    return Folds(monkeypatch)


def anew(hilltop: Hilltop) -> Record:
    """The record folded from its first entry."""
    with Node(hilltop.folder).reading() as store:
        federation = Federation()
        federation.fold(federation.add(store.record("hilltop.example/log").entries()))
    return federation.records[hilltop.identity]


def formatted(record: Record) -> bytes:
    """Its snapshot, as a host keeps it that asks about no boxes."""
    return b"".join(format_snapshot(record, [], used_since_tick(record.state)))


def test_a_host_starts_from_a_snapshot_with_what_a_fold_comes_to(hilltop: Hilltop, folds: Folds) -> None:
    with hosted(hilltop) as host:
        assert folds.count == 0
        record = host.federation.records[hilltop.identity]
        assert not record.has(40)
        host.submit(hilltop.identity, hilltop.motion())
    again = anew(hilltop)
    assert (record.state, record.findings) == (again.state, again.findings)
    folds.count = 0
    assert Node(hilltop.folder).federation().records[hilltop.identity].state == again.state
    assert folds.count == 1


def test_the_same_entries_give_the_same_bytes(hilltop: Hilltop) -> None:
    data = kept(hilltop).read_bytes()
    assert data == formatted(anew(hilltop))


@pytest.mark.parametrize("damage", [b"", b"x", "flip", "cut", "code"])
def test_a_damaged_snapshot_or_one_of_other_code_is_as_if_it_were_not_there(
    hilltop: Hilltop, folds: Folds, monkeypatch: pytest.MonkeyPatch, damage: bytes | str
) -> None:
    data = kept(hilltop).read_bytes()
    match damage:
        case "flip":
            kept(hilltop).write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
        case "cut":
            kept(hilltop).write_bytes(data[:-1])
        case "code":
            monkeypatch.setattr(snapshot, "code_version", lambda: "other")
        case bytes():
            kept(hilltop).write_bytes(damage)
    assert Node(hilltop.folder).federation().records[hilltop.identity].state == anew(hilltop).state
    assert folds.count == 2 * 41


@pytest.mark.parametrize("place", range(0, 100, 7))
def test_a_bit_that_flips_anywhere_in_it_makes_it_useless(hilltop: Hilltop, folds: Folds, place: int) -> None:
    data = bytearray(kept(hilltop).read_bytes())
    data[len(data) * place // 100] ^= 1
    kept(hilltop).write_bytes(data)
    federation = Federation()
    with Node(hilltop.folder).reading() as store:
        federation.add(store.record("hilltop.example/log").entries())
    resume(federation, hilltop.folder)
    assert len(federation.records[hilltop.identity].states) == 1


def test_it_goes_on_where_it_stopped_and_is_kept_again_the_same(hilltop: Hilltop, tmp_path: Path) -> None:
    with hosted(hilltop) as host:
        for _ in range(70):
            host.submit(hilltop.identity, hilltop.motion())
        record = host.federation.records[hilltop.identity]
        assert not record.has(40)
        again = formatted(record)
    assert again == formatted(anew(hilltop))
    assert kept(hilltop).read_bytes() == again


def test_a_snapshot_of_other_entries_or_of_more_is_not_used(hilltop: Hilltop, folds: Folds) -> None:
    with Node(hilltop.folder).reading() as store:
        entries = store.record("hilltop.example/log").entries()
    for other in (entries[:30], [*entries[:40], entries[5]]):
        federation = Federation()
        federation.add(other)
        resume(federation, hilltop.folder)
        assert len(federation.records[hilltop.identity].states) == 1


def test_whoever_asks_for_an_earlier_state_gets_it(hilltop: Hilltop, folds: Folds) -> None:
    again = anew(hilltop)
    federation = Node(hilltop.folder).federation()
    record = federation.records[hilltop.identity]
    folds.count = 0
    assert federation.founding(hilltop.identity) == again.states[1].founding
    assert federation.state(hilltop.identity, 41, record.tree.root(41).hex()) == again.states[41]
    assert folds.count == 0
    with pytest.raises(federation_module._Needed) as needed:
        federation.state(hilltop.identity, 17, record.tree.root(17).hex())
    federation.fold(needed.value.body, needed.value.size)
    assert federation.state(hilltop.identity, 17, record.tree.root(17).hex()) == again.states[17]
    assert record.state == again.state
    assert all(record.state.roots.get(size) == again.state.roots.get(size) for size in range(43))
    fresh = Node(hilltop.folder).federation()
    assert fresh.fold(hilltop.identity, 9) == again.states[9]
    assert fresh.fold(hilltop.identity) == again.state


def test_a_snapshot_is_made_anew_when_the_record_has_grown_by_much(hilltop: Hilltop) -> None:
    first = kept(hilltop).read_bytes()
    for count, is_new in ((5, False), (20, True)):
        with hosted(hilltop) as host:
            for _ in range(count):
                host.submit(hilltop.identity, hilltop.motion())
        assert (kept(hilltop).read_bytes() != first) == is_new


def test_a_snapshot_is_written_once(hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    write = snapshot._write

    def noted(path: Path, parts: Iterable[bytes]) -> None:
        written.append(path)
        write(path, parts)

    monkeypatch.setattr(snapshot, "_write", noted)
    kept(hilltop).unlink()
    for _ in range(2):
        with hosted(hilltop):
            pass
    assert written == [kept(hilltop)]


def test_without_room_for_it_a_host_goes_on(hilltop: Hilltop) -> None:
    kept(hilltop).unlink()
    kept(hilltop).parent.rmdir()
    kept(hilltop).parent.write_bytes(b"a file where the folder should be")
    with hosted(hilltop) as host:
        assert host.submit(hilltop.identity, hilltop.motion()).index == 41


def test_nothing_is_kept_of_what_could_not_be_judged_or_of_a_short_record(
    hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = anew(hilltop)
    kept(hilltop).unlink()
    federation = Federation()
    federation.records[hilltop.identity] = again
    again.states[-1] = _missing(again)
    keep_snapshots(federation, hilltop.folder)
    assert not kept(hilltop).exists()
    monkeypatch.setattr(snapshot, "LEAST", 42)
    again.states[-1] = anew(hilltop).state
    keep_snapshots(federation, hilltop.folder)
    assert not kept(hilltop).exists()


def _missing(record: Record):  # type: ignore[no-untyped-def]
    from msgspec.structs import replace

    return replace(record.state, missing=3)


@pytest.mark.parametrize("shelved", [1, 1000])
def test_every_record_of_a_whole_federation_survives_it(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelved: int
) -> None:
    """Everything that a state can hold: a federation played from census to recall, with its boxes."""
    monkeypatch.setattr(snapshot, "LEAST", 1)
    monkeypatch.setattr(snapshot, "SHELVED", shelved)
    folder = open_folder(play.public)
    folder.federation.fold_all()
    keep_snapshots(folder.federation, tmp_path)
    folds = Folds(monkeypatch)
    second = open_folder(play.public).federation
    resume(second, tmp_path)
    second.fold_all()
    assert folds.count == 0
    for identity, record in folder.federation.records.items():
        twin = second.records[identity]
        assert (twin.state, twin.findings) == (record.state, record.findings)
        assert all(isinstance(finding, Finding) for finding in twin.findings)
    assert second.reports() == folder.federation.reports()
    assert second.reports()
