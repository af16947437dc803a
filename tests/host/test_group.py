"""Group commit: one sync for many, nothing acknowledged before it is durable, and nobody left waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.site.hilltop import PASSPHRASE, Hilltop

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host import group as module
from majlis.host.federation import Record
from majlis.host.group import Busy, Group
from majlis.host.host import Host, Outcome, Receipt
from majlis.host.keyring import Keyring
from majlis.host.node import Node
from majlis.host.sqlite_store import SqliteRecord, SqliteStore
from majlis.institutions import GENESIS, NoEvidence, fold, fold_signed, open_act, parse_act
from majlis.record import NoteKey, check_note, parse_note


class Desk:
    """Hands acts in, and keeps what became of each."""

    def __init__(self, host: Host) -> None:
        self.outcomes: dict[object, Outcome] = {}
        self.sizes: list[int] = []
        self._all = threading.Condition()
        self.group: Group[object] = Group(host, self._take)

    def _take(self, outcomes: Sequence[tuple[object, Outcome]]) -> None:
        with self._all:
            self.outcomes.update(outcomes)
            self.sizes.append(len(outcomes))
            self._all.notify()

    def wait_for(self, count: int) -> dict[object, Outcome]:
        with self._all:
            assert self._all.wait_for(lambda: len(self.outcomes) >= count, 30)
        return self.outcomes


@pytest.fixture
def hilltop(tmp_path: Path) -> Hilltop:
    return Hilltop(tmp_path / "hilltop")


@pytest.fixture
def host(hilltop: Hilltop) -> Iterator[Host]:
    node = Node(hilltop.folder)
    with node.hosting(Keyring(node.keyring_path("amal"), PASSPHRASE)) as host:
        yield host


@pytest.fixture
def desk(host: Host) -> Iterator[Desk]:
    desk = Desk(host)
    yield desk
    desk.group.close()


def test_acts_of_many_threads_share_their_syncs_and_each_is_receipted(hilltop: Hilltop, host: Host, desk: Desk) -> None:
    acts = [hilltop.motion() for _ in range(400)]

    def hand_in(start: int) -> None:
        for number in range(start, len(acts), 8):
            desk.group.hand_in(hilltop.identity, acts[number], number)

    threads = [threading.Thread(target=hand_in, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = desk.wait_for(len(acts))
    assert len(desk.sizes) < 100
    record = host.hosted(hilltop.identity).record
    assert record.size == 401
    log = NoteKey(name=record.origin, public_key=host.hosted(hilltop.identity).log_key.public_key)
    for number, act in enumerate(acts):
        receipt = outcomes[number]
        assert isinstance(receipt, Receipt)
        assert record.entries(receipt.index, receipt.index + 1) == [act]
        assert receipt.act == parse_act(act).id
        check_note(parse_note(receipt.note.encode()), [log])
    assert host.state(hilltop.identity).size == 401


def test_each_gets_its_own_fault_and_spoils_nothing_for_the_others(hilltop: Hilltop, host: Host, desk: Desk) -> None:
    good = [hilltop.motion() for _ in range(20)]
    stranger = SigningKey(bytes(31) + b"\x63")
    bad = {
        "cut": (hilltop.identity, good[0][:-20], Malformed),
        "forged": (hilltop.identity, good[0].replace(b'"grants"', b'"grantz"'), Forged),
        "elsewhere": (hilltop.identity, good[1].replace(hilltop.identity.encode(), b"ab" * 32), Fault),
        "nowhere": ("cd" * 32, good[1], Missing),
    }
    for number, act in enumerate(good):
        desk.group.hand_in(hilltop.identity, act, number)
    for name, (identity, entry, _) in bad.items():
        desk.group.hand_in(identity, entry, name)
    desk.group.hand_in(hilltop.identity, hilltop.motion(stranger), "stranger")
    desk.group.hand_in(hilltop.identity, good[3], "again")
    outcomes = desk.wait_for(len(good) + len(bad) + 2)
    for name, (_, _, kind) in bad.items():
        assert isinstance(outcomes[name], kind)
    receipts = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Receipt)}
    assert receipts["again"].index == receipts[3].index
    assert host.hosted(hilltop.identity).record.size == 1 + len({receipt.index for receipt in receipts.values()})


def test_nothing_is_receipted_before_it_is_on_the_disk(
    hilltop: Hilltop, host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = SqliteStore(hilltop.folder, read_only=True)
    seen: list[int] = []
    receipt = Host._receipt

    def watched(self: Host, hosted: object, act: str, index: int) -> Receipt:
        seen.append(reader.record("hilltop.example/log").size)
        return receipt(self, hosted, act, index)  # type: ignore[arg-type]

    monkeypatch.setattr(Host, "_receipt", watched)
    for number in range(50):
        desk.group.hand_in(hilltop.identity, hilltop.motion(), number)
    outcomes = desk.wait_for(50)
    reader.close()
    assert len(seen) == 50
    # Receipts of a group are made in the order of its acts, each from a disk that already holds it.
    for size, outcome in zip(seen, sorted(_indices(outcomes)), strict=True):
        assert size > outcome


def _indices(outcomes: dict[object, Outcome]) -> list[int]:
    return [outcome.index for outcome in outcomes.values() if isinstance(outcome, Receipt)]


def test_when_the_disk_fails_the_whole_group_is_told_and_nothing_is_kept(
    hilltop: Hilltop, host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: SqliteRecord, entries: Sequence[bytes]) -> int:
        raise Fault("the disk failed", rule="R-STORE-4")

    before = host.state(hilltop.identity).size
    monkeypatch.setattr(SqliteRecord, "append", failing)
    for number in range(10):
        desk.group.hand_in(hilltop.identity, hilltop.motion(), number)
    outcomes = desk.wait_for(10)
    assert {type(outcome) for outcome in outcomes.values()} == {Fault}
    monkeypatch.undo()
    assert host.state(hilltop.identity).size == host.hosted(hilltop.identity).record.size == before


def test_after_an_error_of_our_own_nobody_waits_and_nothing_more_is_taken(
    hilltop: Hilltop, host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Host, handed: object) -> list[Outcome]:
        raise ZeroDivisionError

    monkeypatch.setattr(Host, "submit_group", broken)
    desk.group.hand_in(hilltop.identity, hilltop.motion(), "one")
    assert "has failed" in str(desk.wait_for(1)["one"])
    with pytest.raises(Busy):
        desk.group.hand_in(hilltop.identity, hilltop.motion(), "two")


def test_no_more_waits_than_there_is_room_for(
    hilltop: Hilltop, host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    entered, release = threading.Event(), threading.Event()
    open_one = Host.open

    def held(self: Host, identity: str, entry: bytes) -> object:
        entered.set()
        release.wait(30)
        return open_one(self, identity, entry)

    monkeypatch.setattr(Host, "open", held)
    desk.group.hand_in(hilltop.identity, hilltop.motion(), 0)
    assert entered.wait(30)
    for number in (1, 2):
        desk.group.hand_in(hilltop.identity, hilltop.motion(), number)
    with pytest.raises(Busy, match="hand it in again"):
        desk.group.hand_in(hilltop.identity, hilltop.motion(), 3)
    release.set()
    assert len(_indices(desk.wait_for(3))) == 3


def test_closing_stores_what_waits_and_takes_nothing_more(hilltop: Hilltop, host: Host, desk: Desk) -> None:
    for number in range(30):
        desk.group.hand_in(hilltop.identity, hilltop.motion(), number)
    desk.group.close()
    assert len(_indices(desk.outcomes)) == 30
    with pytest.raises(Busy, match="stopping"):
        desk.group.hand_in(hilltop.identity, hilltop.motion(), 31)
    desk.group.close()


def test_an_act_opened_before_is_folded_alike(hilltop: Hilltop, host: Host) -> None:
    first = host.hosted(hilltop.identity).record.entries()[0]
    stranger = SigningKey(bytes(31) + b"\x63")
    other = hilltop.motion().replace(hilltop.identity.encode(), b"ab" * 32)
    one, two = GENESIS, GENESIS
    acts = [first, hilltop.motion(), hilltop.motion(stranger)]
    for entry in [*acts, acts[1]]:
        one, said = fold(one, entry, NoEvidence())
        two, repeated = fold_signed(two, open_act(entry), NoEvidence())
        assert (one, said) == (two, repeated)
    with pytest.raises(Forged):
        open_act(other)
    record = Record()
    for entry in acts:
        record.append(entry, open_act(entry))
        record.advance(NoEvidence())
    record.append(other)
    record.advance(NoEvidence())
    assert [state.size for state in record.states] == [0, 1, 2, 3, 4]
    assert record.findings[-1].kind == "void"


def test_an_act_for_another_body_is_refused_before_it_is_stored(hilltop: Hilltop, host: Host) -> None:
    with pytest.raises(Refused, match="another body"):
        host.submit(hilltop.identity, host.hosted(hilltop.identity).record.entries()[0])


def test_many_acts_are_opened_ahead_and_folded_as_one_by_one(hilltop: Hilltop, host: Host) -> None:
    first = host.hosted(hilltop.identity).record.entries()[0]
    acts = [first, *(hilltop.motion() for _ in range(80))]
    acts[7] = acts[7][:-9]
    acts[50] = acts[50].replace(b'"grants"', b'"grantz"')
    record = Record(acts)
    state = GENESIS
    findings = []
    for act in acts:
        record.advance(NoEvidence())
        state, said = fold(state, act, NoEvidence())
        findings += said
    assert record.state == state
    assert record.findings == findings
    assert {finding.index for finding in findings if finding.rule in ("R-ACT-1", "R-ACT-5")} == {7, 50}
