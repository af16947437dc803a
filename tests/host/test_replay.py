"""Folding a record: ahead of the fold or one by one, from memory or from the disk, with old states let go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.site.hilltop import PASSPHRASE, Hilltop

from majlis.crypto import native
from majlis.host import replay
from majlis.host.federation import Federation, Record
from majlis.host.host import Host
from majlis.host.keyring import Keyring
from majlis.host.node import Node
from majlis.host.replay import open_side_by_side
from majlis.host.store import MemoryStore
from majlis.institutions import GENESIS, State, fold


@contextmanager
def hosted(hilltop: Hilltop) -> Iterator[Host]:
    node = Node(hilltop.folder)
    with node.hosting(Keyring(node.keyring_path("amal"), PASSPHRASE)) as host:
        yield host


@pytest.fixture(scope="module")
def hilltop(tmp_path_factory: pytest.TempPathFactory) -> Hilltop:
    return Hilltop(tmp_path_factory.mktemp("replay") / "hilltop")


@pytest.fixture(scope="module")
def entries(hilltop: Hilltop) -> list[bytes]:
    """A founding and 150 entries: good, unauthorised, cut, forged, and no acts at all."""
    with hosted(hilltop) as host:
        made = host.hosted(hilltop.identity).record.entries()
    for number in range(150):
        act = hilltop.motion(hilltop.charter_keys[0]) if number % 7 == 3 else hilltop.motion()
        match number % 11:
            case 5:
                act = act[:-9]
            case 6:
                act = act[:-9] + b"A" * 7 + b"=\n"
            case 8:
                act = b"no act"
        made.append(act)
    return made


@pytest.fixture(scope="module")
def states(entries: list[bytes]) -> list[State]:
    """What they come to, one after the other, with nothing done ahead."""
    made = [GENESIS]
    for entry in entries:
        made.append(fold(made[-1], entry, Federation())[0])
    return made


def is_same(one: State, other: State) -> bool:
    return one == other and [one.roots.get(n) for n in range(160)] == [other.roots.get(n) for n in range(160)]


@pytest.mark.parametrize("is_reference", [False, True], ids=["engine at hand", "reference"])
@pytest.mark.parametrize("ahead", [1, 7, 32, 512])
def test_what_is_opened_ahead_is_judged_as_one_by_one(
    entries: list[bytes], states: list[State], monkeypatch: pytest.MonkeyPatch, ahead: int, is_reference: bool
) -> None:
    monkeypatch.setattr(replay, "AHEAD", ahead)
    if is_reference:
        monkeypatch.setattr(native, "_module", None)
    opened = list(open_side_by_side(entries))
    assert len(opened) == len(entries)
    assert {act is None for act in opened} == {True, False}
    assert all(act is None or act.act.entry == entry for act, entry in zip(opened, entries, strict=True))
    federation = Federation()
    assert is_same(federation.fold(federation.add(entries)), states[-1])


@pytest.mark.parametrize("stored", [False, True])
def test_a_state_that_was_let_go_is_made_again(
    entries: list[bytes], states: list[State], monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    monkeypatch.setattr(replay, "RECENT", 8)
    monkeypatch.setattr(replay, "SPARSE", 2)
    federation = Federation()
    identity = _stored(federation, entries) if stored else federation.add(entries)
    federation.fold(identity)
    record = federation.records[identity]
    kept = [size for size in range(len(states)) if record.has(size)]
    assert 10 < len(kept) < 20
    assert set(range(len(states) - 8, len(states))) <= set(kept)
    sizes = list(range(len(states)))
    random.Random(4).shuffle(sizes)
    for size in sizes:
        root = record.tree.root(size).hex()
        assert size == 0 or is_same(_asked(federation, identity, size, root), states[size])
    assert is_same(record.state, states[-1])


def _asked(federation: Federation, identity: str, size: int, root: str) -> State:
    """As a certificate asks: for a state that is there once the federation has folded as far."""
    federation.fold(identity, size)
    return federation.state(identity, size, root)


def _stored(federation: Federation, entries: list[bytes]) -> str:
    record = MemoryStore().create("hilltop.example/log")
    record.append(entries)
    return federation.take(record)


def test_a_record_that_is_read_from_where_it_is_stored_is_the_same(entries: list[bytes], states: list[State]) -> None:
    stored, copied = Federation(), Federation()
    identity = _stored(stored, entries)
    copied.add(entries)
    one, other = stored.records[identity], copied.records[identity]
    assert stored.fold(identity) == copied.fold(identity) == states[-1]
    assert one.findings == other.findings
    assert list(one.entries) == other.entries == entries
    assert (one.entries[3], one.entries[-1], one.entries[5:9]) == (entries[3], entries[-1], entries[5:9])
    assert one.entries[8:2:-2] == entries[8:2:-2]
    assert [one.tree.root(size) for size in range(20)] == [other.tree.root(size) for size in range(20)]
    for wrong in (len(entries), -len(entries) - 1):
        with pytest.raises(IndexError):
            one.entries[wrong]


def test_a_stored_record_knows_of_what_is_appended_when_it_is_told(entries: list[bytes], states: list[State]) -> None:
    kept = MemoryStore().create("hilltop.example/log")
    kept.append(entries[:100])
    federation = Federation()
    identity = federation.take(kept)
    federation.fold(identity)
    kept.append(entries[100:])
    assert len(federation.records[identity].entries) == 100
    for entry in entries[100:]:
        federation.records[identity].append(entry)
    assert is_same(federation.fold(identity), states[-1])
    assert federation.records[identity].tree.root() == kept.root()


def test_nothing_runs_ahead_of_an_empty_record() -> None:
    assert list(open_side_by_side([])) == []
    assert Record().state == GENESIS
