"""The door of a served mirror before captured hosts, strangers who replay, and whoever floods it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.host.captured import NEXT, STRANGE, Served, Shelf, fetched, move, publish, serving, village
from tests.host.drip import dripping
from tests.institutions.simulator import BLOB, Body, Person, Simulator, act_of, grant, in_force
from tests.institutions.test_succession import flour, forked, show

from majlis.cli.words import act_in_words
from majlis.errors import Missing, Refused
from majlis.host import delivery, disk, pulling
from majlis.host.asking import RemoteWitness
from majlis.host.compare import compare
from majlis.host.fsck import fsck
from majlis.host.http import Answer, Caller
from majlis.host.node import Node
from majlis.host.pulling import Puller
from majlis.host.store import MemoryStore
from majlis.host.takeover import resubmit
from majlis.host.ticking import Ticker
from majlis.institutions import parse_act, sign_text
from majlis.record import (
    AddCheckpoint,
    MirrorInfo,
    Note,
    format_add_checkpoint,
    format_mirror_info,
    parse_add_checkpoint,
    parse_note,
)
from majlis.site import witness_door
from majlis.site.folder import FolderSource


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node.create(tmp_path / "mirror", keeper="zeina")


def test_a_mirror_cosigns_nothing_by_the_old_key_behind_the_move(node: Node, tmp_path: Path) -> None:
    """R-MOVE-8: not even where it learns of the move by these very entries; and nothing of them is kept."""
    body = village()
    old = body.log_key
    with serving(node, body, publish(body, tmp_path / "before", old)) as served:
        before = served.record.size
        at = move(body)
        true = body.sim.fork().bodies["north"]
        body.table()
        reply = served.show(body, old)
        assert (reply.status, served.record.size, served.mirror.last(body.origin)) == (403, before, 0)
        assert "R-MOVE-8" in served.mirror.evidence()[0][1]
        # The last checkpoint of a hand-over is good, and from there on the new key's alone.
        assert served.show(true, old, at + 1).status == 200
        assert served.mirror.last(body.origin) == at + 1
        true.table()
        assert served.show(true, old).status == 403
        assert served.show(true, NEXT).status == 200
        assert served.record.size == len(true.record.entries)


def test_replayed_checkpoints_fill_no_evidence(node: Node, tmp_path: Path) -> None:
    """R-WITNESS-9: a stranger who adds a false proof to what the log signed leaves one row."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        assert served.show(body, body.log_key).status == 200
        old = served.mirror.last(body.origin)
        body.table()
        note = parse_note(body.checkpoint().encode())
        for n in range(9):
            false = AddCheckpoint(old=old, proof=(bytes([n]) * 32,), note=note)
            assert served.door.add_checkpoint(format_add_checkpoint(false)).status == 422
        assert len(served.mirror.evidence()) == 1
        kept = parse_add_checkpoint(served.mirror.evidence()[0][2])
        assert [line.name for line in kept.note.signatures] == [body.origin], "strangers' lines are not kept"
        # The log did nothing wrong, and what it signs goes on being cosigned.
        assert served.show(body, body.log_key).status == 200
        assert "proof" in served.mirror.evidence()[0][1]


def test_one_act_is_delivered_once_whoever_adds_what_to_it(node: Node, tmp_path: Path) -> None:
    """R-DELIVER-2: a stranger's signature below a member's act makes no other act, and what is logged needs none."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        ours = served.keep(body.sim.confirmed("east"))
        entry = body.write("motion.table", {"text": BLOB, "grants": []}, body.clerk)
        assert served.door.deliver(entry).status == 200
        size = len(ours.entries)
        for number in range(3):
            more = body.write("motion.table", {"text": BLOB, "grants": []}, body.clerk, by=[Person(f"x{number}")])
            text = entry.rpartition(b"\n\n")[0] + b"\n"
            twice = sign_text(text, body.clerk.key, Person(f"x{number}").key)
            assert served.door.deliver(twice).status == 200
            assert served.door.deliver(more).status == 409, "its author has not signed it"
        assert len(ours.entries) == size
        logged = body.record.entries[-1]
        assert served.door.deliver(logged).status == 409, "the copy here has it"
        assert len(ours.entries) == size


def test_a_delivery_waits_until_nobody_else_folds(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door, the host and whoever fetches share what is folded: one at a time."""
    body = village()
    owned: list[bool] = []

    def noted(*_: object) -> None:
        owned.append(served.host._mutex._is_owned())  # type: ignore[attr-defined]  (what a lock knows of itself)
        raise Refused("not now")

    monkeypatch.setattr(delivery, "_log", noted)
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        assert served.door.deliver(body.record.entries[-1]).status == 409
    assert owned == [True]


def test_what_the_old_key_signed_behind_a_move_is_safe_on_no_page(tmp_path: Path) -> None:
    """R-MOVE-8: whoever cosigned it."""
    body = village()
    old = body.log_key
    move(body)
    body.table()
    source = FolderSource(publish(body, tmp_path / "moved", NEXT))
    for key, size in ((old, 0), (NEXT, len(body.record.entries))):
        body.log_key = key
        assert source.cosigned_size(body.identity, body.checkpoint().encode()) == size


def test_a_mirror_that_says_it_lacks_ever_more_is_given_up() -> None:
    """R-MIRROR-7: one false mirror keeps nobody from asking the others."""
    body = village()
    record = MemoryStore().create(body.origin)
    record.append(body.record.entries)
    note = parse_note(body.checkpoint(witnesses=()).encode())
    asked: list[int] = []

    lacking: Callable[[int], int]

    class Endless(Caller):
        def ask(self, method: str, path: str, *, body: bytes | None = None, limit: int) -> Answer:
            if path == "add-checkpoint":
                return Answer(status=200, kind="", body=b"")
            asked.append(1)
            info = MirrorInfo(size=2**40, next=lacking(len(asked)))
            return Answer(status=202 if len(asked) > 1 else 409, kind="", body=format_mirror_info(info).encode())

    for said in (lambda n: n, lambda n: 0, lambda n: 2**50 + n):
        lacking = said
        asked.clear()
        with pytest.raises(Missing):
            RemoteWitness(Endless("http://mirror.example")).cosign(record, note)
        assert len(asked) < 20


def test_what_is_taken_in_at_once_is_bounded(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many send at once: who comes when there is no room is told to come again, and then there is."""
    monkeypatch.setitem(witness_door.MOST_DOOR, "/add-entries", 100)
    monkeypatch.setattr(witness_door, "AT_ONCE", 2)
    body = village()

    async def _pages(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        app = witness_door.WithWitness(_pages, served.door)

        async def ask(gate: anyio.Event | None, statuses: list[int]) -> None:
            parts = [b"x" * 90, b""]

            async def receive() -> MutableMapping[str, Any]:
                if gate is not None and len(parts) == 1:
                    await gate.wait()
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

            async def send(message: MutableMapping[str, Any]) -> None:
                statuses.append(message.get("status", 0))

            await app({"type": "http", "method": "POST", "path": "/add-entries", "headers": []}, receive, send)

        async def all_of_it() -> tuple[list[int], list[int], list[int]]:
            slow, turned, after = list[int](), list[int](), list[int]()
            gate = anyio.Event()
            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(ask, gate, slow)
                await anyio.sleep(0.01)
                await ask(None, turned)
                gate.set()
            await ask(None, after)
            return slow, turned, after

        slow, turned, after = anyio.run(all_of_it)
        assert (slow, turned, after) == ([400, 0] * 2, [503, 0], [400, 0])


def test_a_full_disk_takes_no_more_of_others(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-MIRROR-7: neither what is sent nor what is fetched."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        size = served.record.size
        body.table()
        with monkeypatch.context() as full:
            full.setattr(disk, "LEAST_FREE", 2**62)
            assert served.show(body, body.log_key).status == 503
            assert served.record.size == size
        assert served.show(body, body.log_key).status == 200
    body.table()
    newer = publish(body, tmp_path / "newer", body.log_key)
    monkeypatch.setattr(disk, "LEAST_FREE", 2**62)
    assert "R-MIRROR-7" in fetched(node, newer).text


def test_what_must_wait_for_the_members_is_not_made_void_meanwhile(node: Node, tmp_path: Path) -> None:
    """R-MOVE-10: neither handed in by its author nor out of the history that does not go on."""
    body = village()
    decision = flour(body)
    entry = body.write("spend.order", {"amount": 5, "unit": "SYP", "purpose": "flour"}, body.clerk, cites=[decision])
    tabled = body.write("motion.table", {"text": BLOB, "grants": []}, body.clerk)
    shown = show(body, forked(body))
    other = body.sim.body("other")
    with serving(node, other, publish(other, tmp_path / "other", other.log_key)) as served:
        ours = served.keep(body)
        size = len(ours.entries)
        with pytest.raises(Refused, match="R-MOVE-10"):
            served.host.submit(body.identity, entry)
        receipts, waiting = resubmit(served.host, body.identity, [entry, tabled, body.record.entries[0]])
        assert ([receipt.index for receipt in receipts], waiting) == ([size], 1)
    fork = body.state.forks[-1].act
    settled = body.decide(grant("fork.settle", fork=fork))
    move(body)
    body.log_key = NEXT
    assert in_force(body.submit("fork.settle", {"fork": fork}, body.clerk, cites=[settled]))
    standing = body.log(entry)
    assert standing is not None
    assert in_force(standing)
    assert in_force(shown)


def test_a_served_mirror_takes_up_a_record_that_moved_by_itself(node: Node, tmp_path: Path) -> None:
    """R-MIRROR-8: from the addresses it is told, while its door stays open; nothing else is fetched so."""
    body = village()
    old = body.log_key
    with serving(node, body, publish(body, tmp_path / "before", old)) as served:
        size = served.record.size
        said: list[str] = []
        true, away = Shelf(tmp_path / "moved"), Shelf(tmp_path / "away")
        puller = Puller(node, served.host, served.door, [away, true], tell=said.append)
        stray = body.sim.fork().bodies["north"]
        body.table()
        publish(body, tmp_path / "moved", old)
        assert puller.pull() == [], "what it grows by is handed in by its host"
        assert served.record.size == size
        assert len(said) == 1
        assert "nothing can be looked at" in said[0]
        assert served.show(body, old).status == 200
        move(body)
        body.table()
        assert served.show(body, NEXT).status == 403, "it does not know that key"
        publish(body, tmp_path / "moved", NEXT)
        # Somebody else who serves a false move is told from it.
        move(stray, STRANGE, stray.clerk)
        puller_of_lies = Puller(
            node, served.host, served.door, [Shelf(publish(stray, tmp_path / "lies", STRANGE))], tell=said.append
        )
        assert [taken.outcome for taken in puller_of_lies.pull()] == ["refused"]
        assert [taken.outcome for taken in puller.pull()] == ["grown"]
        assert served.record.size == len(body.record.entries)
        assert puller.pull() == []
        body.table()
        assert served.show(body, NEXT).status == 200
        assert served.show(body, old).status == 403
        assert served.host.federation.fold(body.identity).size == len(body.record.entries)


def branched(served: Served, body: Body) -> Body:
    """The mirror alone cosigned two acts that no other copy has; the record is moved without them, and goes on."""
    true = body.sim.fork().bodies["north"]
    for _ in range(2):
        body.table(grant("dissolve"))
    assert served.show(body, body.log_key).status == 200
    move(true)
    true.log_key = NEXT
    return true


def test_a_mirror_that_was_alone_hands_in_what_it_had_and_follows(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-MIRROR-9: once a quorum of others goes on without it, and not before; what it left stays as evidence."""
    body = village()
    old = body.log_key
    with serving(node, body, publish(body, tmp_path / "before", old)) as served:
        true = branched(served, body)
        size = served.record.size
        said: list[str] = []

        def pull(name: str, *witnesses: int) -> list[str]:
            folder = publish(true, tmp_path / name, NEXT, witnesses=witnesses)
            puller = Puller(node, served.host, served.door, [Shelf(folder)], tell=said.append)
            return [taken.outcome for taken in puller.pull()]

        assert pull("small", 1, 2) == ["refused"]
        assert "once the record is as large" in " ".join(said)
        for _ in range(3):
            true.table()
        for witnesses in ((1,), (0, 1)):
            assert pull(f"few-{len(witnesses)}", *witnesses) == ["refused"]
            assert "1 of 2 other mirrors cosigned" in said[-2]
        assert served.mirror.last(body.origin) == size

        def stop(note: Note) -> None:
            raise Missing("the power went")

        with monkeypatch.context() as crash:
            crash.setattr(served.mirror, "leave", stop)
            assert pull("crash", 1, 2) == ["refused"]
        assert pull("whole", 1, 2) == ["grown"]
        now = served.host.store.record(body.origin)
        assert now.entries() == true.record.entries
        assert served.mirror.last(body.origin) == now.size
        assert served.host.federation.fold(body.identity).moves
        # Nothing is lost: its acts wait to be safe, and its branch can be compared by anybody.
        kept = {path.stem for path in (node.folder / "outbox").glob("*.act")}
        assert kept == {act_of(entry) for entry in body.record.entries[size - 2 :]}
        (branch,) = (node.folder / "evidence").glob("*-left-*")
        (found,) = compare(next(branch.iterdir()), tmp_path / "whole")
        assert found.relation == "parted"
        for entry in body.record.entries[size - 2 :]:
            true.log(entry)
        served.record = now
        for _ in range(5):
            body.table()
        assert served.show(body, old).status == 403
        assert served.show(true, NEXT).status == 200
        assert pull("again", 1, 2) == []
    checked = fsck(node.folder)
    assert checked.exit_code == 0, checked


def test_rounds_go_on_whatever_one_of_them_meets(node: Node, tmp_path: Path) -> None:
    """R-MIRROR-8: what nobody thought of is told, and the next round comes."""
    body = village()
    rounds, said = threading.Semaphore(0), list[str]()

    def pull() -> None:
        rounds.release()
        raise KeyError("nobody thought of this")

    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        ticker = Ticker(node, served.host, [], None, seconds=0.1, tell=said.append, pull=pull)
        try:
            assert all(rounds.acquire(timeout=20) for _ in range(3))
        finally:
            ticker.close()
    assert "nobody thought of this" in said[0]


def test_time_goes_by_while_an_address_drips(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-MIRROR-8: whoever is looked at stops neither the ticks nor, for long, the look at the next address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(pulling, "LOOK_SECONDS", 2)
    body = village()
    folder = publish(body, tmp_path / "before", body.log_key)
    ticked, honest = threading.Semaphore(0), Shelf(folder)
    monkeypatch.setattr(Ticker, "_tick", lambda *_: ticked.release())
    with serving(node, body, folder) as served, dripping(each=bytes(1024)) as url:
        monkeypatch.setattr(served.host, "bodies", lambda: ("ab" * 32,))
        puller = Puller(node, served.host, served.door, [Caller(url), honest], tell=print)
        ticker = Ticker(node, served.host, [], NEXT, seconds=0.1, tell=print, pull=puller.pull)
        try:
            assert all(ticked.acquire(timeout=20) for _ in range(4))
            assert not honest.asked, "the first address drips still"
            until = time.monotonic() + 20
            while not honest.asked and time.monotonic() < until:
                time.sleep(0.02)
            assert honest.asked
        finally:
            ticker.close()


def test_a_mirror_follows_into_no_false_digest(node: Node, tmp_path: Path) -> None:
    """R-MIRROR-4 also where it leaves a branch."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        true = branched(served, body)
        size = served.record.size
        digest = {"size": len(true.record.entries), "root": BLOB}
        true.submit("state.digest", digest, true.clerk)
        for _ in range(3):
            true.table()
        said: list[str] = []
        folder = publish(true, tmp_path / "moved", NEXT, witnesses=(1, 2))
        puller = Puller(node, served.host, served.door, [Shelf(folder)], tell=said.append)
        assert [taken.outcome for taken in puller.pull()] == ["refused"]
        assert "R-MIRROR-4" in " ".join(said)
        assert served.record.size == served.mirror.last(body.origin) == size


def test_a_branch_that_a_quorum_saw_is_never_left(node: Node, tmp_path: Path) -> None:
    """R-MIRROR-9 and R-MOVE-7: the mirror stays, and says so."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        true = body.sim.fork().bodies["north"]
        body.table()
        body.tick(witnesses=(0, 1))
        size = len(body.record.entries)
        assert served.show(body, body.log_key).status == 200
        move(true)
        for _ in range(5):
            true.table()
        said: list[str] = []
        folder = publish(true, tmp_path / "moved", NEXT, witnesses=(1, 2))
        puller = Puller(node, served.host, served.door, [Shelf(folder)], tell=said.append)
        assert [taken.outcome for taken in puller.pull()] == ["refused"]
        assert "R-MOVE-7" in " ".join(said)
        assert served.record.size == served.mirror.last(body.origin) == size


@pytest.mark.parametrize(("quorum", "bewares"), [(1, True), (2, False), (3, False)])
def test_who_founds_is_told_that_half_of_the_mirrors_are_too_few(node: Node, quorum: int, bewares: bool) -> None:
    """R-FOUND-3: a quorum of no more than half lets two honest halves make two histories safe."""
    founding = parse_act(Simulator().body("north", quorum=quorum).record.entries[0])
    assert ("BEWARE" in " ".join(act_in_words(founding, node, None))) == bewares
