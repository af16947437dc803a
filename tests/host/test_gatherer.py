"""A served folder fetches what its records name, from the addresses that its keeper named (R-MIRROR-11)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from tests.host.captured import Shelf, publish
from tests.host.drip import dripping
from tests.institutions.polling import federate
from tests.institutions.simulator import BLOB, START, Body, Person, Simulator

from majlis.errors import Missing, Refused
from majlis.host import gatherer as gathering
from majlis.host.clock import SimulatedClock
from majlis.host.fetched_blobs import AT_ONCE
from majlis.host.fetching import fetch
from majlis.host.gatherer import Gatherer, Patience
from majlis.host.host import Host
from majlis.host.http import Caller
from majlis.host.layout import INDEX, IndexEntry, blob_path
from majlis.host.node import Node
from majlis.host.practice import SIMULATED
from majlis.host.publish import write_index

TEXT = b"A well by the school."
NAMED = sha256(TEXT).hexdigest()


@pytest.fixture(scope="module")
def _federated() -> Simulator:
    sim = federate(Simulator())
    sim.confirmed("stranger")
    return sim


@pytest.fixture(scope="module")
def shelf(_federated: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything there is to fetch, as some machine shows it."""
    folder = tmp_path_factory.mktemp("shelf")
    bodies = list(_federated.bodies.values())
    for body in bodies:
        publish(body, folder, body.log_key)
    listed(folder, bodies)
    return folder


def listed(folder: Path, bodies: list[Body], *notices: str) -> None:
    write_index(
        folder,
        [
            IndexEntry(slug=body.name, names={"en": body.name}, identity=body.identity, origin=body.origin)
            for body in bodies
        ],
        notices,
    )


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node.create(tmp_path / "data", keeper="amal")


def until(what: Callable[[], bool]) -> None:
    """Returns once it is so."""
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@contextmanager
def gathered(
    node: Node, sim: Simulator, *shelves: Shelf, said: list[str] | None = None
) -> Iterator[tuple[Host, Gatherer]]:
    """The folder is open, and what it lacks is fetched from these shelves."""
    with node.writing() as store:
        host = Host(
            store=store,
            blobs=node.blobs,
            boxes=node.boxes,
            clock=SimulatedClock(START),
            chance=sim.chance,
            signers=None,  # type: ignore[arg-type]  (it keeps no record of its own)
        )
        for body in node.bodies:
            host.federation.take(store.record(body.origin))
        host.fold()
        tell = (said if said is not None else []).append
        gatherer = Gatherer(node, host, shelves, seconds=3600, tell=tell)
        try:
            yield host, gatherer
        finally:
            gatherer.close()


def slugs(node: Node) -> set[str]:
    return {body.slug for body in node.bodies}


def test_the_records_on_which_an_entry_rests_are_fetched_and_no_others(
    node: Node, shelf: Path, _federated: Simulator
) -> None:
    """R-MIRROR-11: the assembly admits three districts; a stranger's record lies beside theirs."""
    (taken,) = fetch(node, Shelf(shelf), only=["assembly"])
    assert taken.outcome == "new"
    assert "rests on" in taken.lacking
    assembly = _federated.bodies["assembly"].identity
    with gathered(node, _federated, Shelf(shelf)) as (host, gatherer):
        first = host.federation.records[assembly].state.missing
        until(lambda: slugs(node) == {"assembly", "north", "east", "south"})
        until(lambda: host.federation.records[assembly].state.missing != first)
        until(lambda: bool(gatherer.lacks(assembly)))
        assert gatherer.lacks(assembly).unjudged != first


def test_practice_is_not_fetched_into_an_earnest_folder(
    node: Node, shelf: Path, tmp_path: Path, _federated: Simulator
) -> None:
    """R-NODE-1: its notices say so, whatever the names of its logs."""
    fetch(node, Shelf(shelf), only=["assembly"])
    practice = tmp_path / "practice"
    for body in _federated.bodies.values():
        publish(body, practice, body.log_key)
    listed(practice, list(_federated.bodies.values()), SIMULATED)
    said: list[str] = []
    with gathered(node, _federated, Shelf(practice), said=said):
        until(lambda: any("R-NODE-1" in text for text in said))
        assert slugs(node) == {"assembly"}


@pytest.fixture
def motion(_federated: Simulator, tmp_path: Path, node: Node) -> Path:
    """A body with a motion whose text lies on a shelf, and a copy of its record here."""
    body = _federated.fork().bodies["stranger"]
    body.do("motion.table", {"text": NAMED, "grants": []}, body.charter_keys[0])
    folder = publish(body, tmp_path / "shelf", body.log_key)
    (taken,) = fetch(node, Shelf(folder))
    assert "texts" in taken.lacking
    return folder


def put(folder: Path, digest: str, data: bytes) -> None:
    path = folder / blob_path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_a_text_is_fetched_and_what_nobody_has_is_said(node: Node, motion: Path, _federated: Simulator) -> None:
    """R-MIRROR-11"""
    put(motion, NAMED, TEXT)
    said: list[str] = []
    with gathered(node, _federated, Shelf(motion), said=said) as (_, gatherer):
        until(lambda: node.blobs.path(NAMED).is_file())
        until(lambda: any("not here yet" in text for text in said))
    assert node.blobs.get(NAMED) == TEXT
    lacking = gatherer.lacks(node.body("stranger").identity)
    assert {text.digest for text in lacking.texts} == {BLOB}
    node.blobs.folder.joinpath(BLOB[:2]).mkdir(exist_ok=True)
    node.blobs.path(BLOB).write_bytes(b"whatever")
    assert not gatherer.lacks(node.body("stranger").identity), "what came since is not said to lack"


def test_a_false_text_is_not_taken_and_comes_from_another_address(
    node: Node, motion: Path, tmp_path: Path, _federated: Simulator
) -> None:
    """R-MIRROR-10, R-MIRROR-11"""
    put(motion, NAMED, b"another text")
    honest = tmp_path / "honest"
    honest.mkdir()
    for path in motion.iterdir():
        if path.name != "blobs":
            (honest / path.name).symlink_to(path)
    put(honest, NAMED, TEXT)
    other = Shelf(honest)
    other.url = "http://honest.example"
    said: list[str] = []
    with gathered(node, _federated, Shelf(motion), other, said=said):
        until(lambda: node.blobs.path(NAMED).is_file())
    assert node.blobs.get(NAMED) == TEXT
    assert any("not taken" in text for text in said)


def test_what_is_not_to_be_had_is_asked_for_again_after_a_pause(
    node: Node, motion: Path, _federated: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-MIRROR-11: and whoever has nothing is left in peace meanwhile, however often the mirror is woken."""
    monkeypatch.setattr(gathering, "_FIRST_PAUSE", 0.5)
    address = Shelf(motion)
    with gathered(node, _federated, address) as (_, gatherer):
        until(lambda: blob_path(NAMED) in address.asked)
        for _ in range(20):
            gatherer.wake()
            time.sleep(0.01)
        assert address.asked.count(blob_path(NAMED)) <= 2
        put(motion, NAMED, TEXT)
        until(lambda: node.blobs.path(NAMED).is_file())


def test_nobody_is_asked_where_nothing_lacks(node: Node, motion: Path, _federated: Simulator) -> None:
    for digest, data in ((NAMED, TEXT), (BLOB, b"whatever")):
        path = node.blobs.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    address = Shelf(motion)
    with gathered(node, _federated, address) as (_, gatherer):
        gatherer.wake()
        time.sleep(0.5)
        assert not gatherer.lacks(node.body("stranger").identity)
    assert not address.asked


def test_a_record_that_grew_is_looked_at_again_when_somebody_asks(
    node: Node, motion: Path, _federated: Simulator
) -> None:
    """R-MIRROR-11: pages of a host that asks nobody say what its newest acts lack."""
    identity = node.body("stranger").identity
    with gathered(node, _federated) as (host, gatherer):
        until(lambda: bool(gatherer.lacks(identity)))
        body = _federated.fork().bodies["stranger"]
        entry = body.write("motion.table", {"text": "2f" * 32, "grants": []}, body.charter_keys[0])
        with host.turn:
            host.store.record(body.origin).append([entry])
            host.federation.records[identity].append(entry)
            host.federation.fold(identity)
        until(lambda: "2f" * 32 in {text.digest for text in gatherer.lacks(identity).texts})


def test_a_full_disk_and_nonsense_end_no_thread(
    node: Node, motion: Path, _federated: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-MIRROR-7"""
    is_full = [True]

    def room(folder: Path) -> None:
        if is_full[0]:
            raise Refused("make room", rule="R-MIRROR-7")

    monkeypatch.setattr("majlis.host.gathering.check_room", room)
    monkeypatch.setattr(gathering, "_FIRST_PAUSE", 0.2)
    put(motion, NAMED, TEXT)
    nonsense = Shelf(motion, lambda path, data: b"{]" if path == "index.json" else data)
    nonsense.url = "http://nonsense.example"
    said: list[str] = []
    with gathered(node, _federated, nonsense, Shelf(motion), said=said):
        until(lambda: any("R-MIRROR-7" in text for text in said))
        assert not node.blobs.path(NAMED).is_file()
        is_full[0] = False
        until(lambda: node.blobs.path(NAMED).is_file())
    assert any("does not parse" in text for text in said)


def test_once_it_is_closed_nothing_of_the_folder_is_touched(
    node: Node, motion: Path, _federated: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_END_SECONDS", 0.2)
    put(motion, NAMED, TEXT)
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Shelf):
        def get(self, path: str, limit: int) -> bytes:
            if path == blob_path(NAMED):
                begun.set()
                go_on.wait(20)
            return super().get(path, limit)

    with gathered(node, _federated, Slow(motion)):
        assert begun.wait(20)
    go_on.set()
    time.sleep(0.2)
    assert not node.blobs.path(NAMED).is_file()


def test_pauses_double_up_to_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(gathering, "time", type("Clock", (), {"monotonic": staticmethod(lambda: now[0])}))
    patience = Patience(5)
    assert patience.is_due("box")
    pauses = []
    for _ in range(12):
        patience.failed("box")
        pauses.append(patience.pause(10_000))
        now[0] += pauses[-1] - 0.1
        assert not patience.is_due("box")
        now[0] += 0.2
        assert patience.is_due("box")
    assert pauses[:3] == [5, pytest.approx(10), pytest.approx(20)]
    assert pauses[-1] == 3600
    assert patience.pause(60) <= 60
    patience.succeeded("box")
    assert patience.is_due("box")
    patience.failed("box")
    assert patience.pause(10_000) == 5, "what came once begins anew"


def test_what_nobody_wants_any_more_makes_no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(gathering, "time", type("Clock", (), {"monotonic": staticmethod(lambda: now[0])}))
    patience = Patience(5)
    patience.failed("came from elsewhere")
    now[0] += 4
    patience.failed("box")
    began = now[0]
    now[0] += 3
    assert patience.pause(60, began) == 0.2, "what became due in this round is asked for in the next"
    began = now[0]
    assert patience.pause(60, began) == 2
    now[0] += 10
    assert patience.pause(60) == 60


def test_the_oldest_is_forgotten_where_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_MOST_VAIN", 3)
    patience = Patience(5)
    for name in ("a", "b", "c", "a", "d"):
        patience.failed(name)
    assert [name for name in "abcd" if patience.is_due(name)] == ["b"]


def test_an_address_that_was_away_once_makes_no_haste(
    node: Node, motion: Path, _federated: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-MIRROR-11: while there is something that nobody has, the rounds become rare all the same."""
    monkeypatch.setattr(gathering, "_FIRST_PAUSE", 0.3)
    rounds: list[float] = []

    class Once(Shelf):
        def get(self, path: str, limit: int) -> bytes:
            if path == INDEX and not self.asked:
                self.asked.append(path)
                raise Missing("nobody is there")
            return super().get(path, limit)

    find = Gatherer._lacking
    monkeypatch.setattr(Gatherer, "_lacking", lambda self: (rounds.append(time.monotonic()), find(self))[1])
    address = Once(motion)
    with gathered(node, _federated, address):
        until(lambda: address.asked.count(blob_path(NAMED)) >= 3)
        before = len(rounds)
        time.sleep(1)
    assert len(rounds) - before <= 2, "the next is two seconds away"


def test_one_that_drips_keeps_nobody_from_asking_the_next(
    node: Node, motion: Path, _federated: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-MIRROR-7, R-MIRROR-11: neither with its index, nor with a text."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(gathering, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(gathering, "ROUND_SECONDS", 1)
    put(motion, NAMED, TEXT)
    with dripping(each=bytes(1024)) as url:

        class Half(Shelf):
            def get(self, path: str, limit: int) -> bytes:
                return super().get(path, limit) if path == INDEX else Caller.get(self, path, limit)

        half = Half(motion)
        half.url = f"{url}/x"
        with gathered(node, _federated, Caller(url), half, Shelf(motion)):
            until(lambda: node.blobs.path(NAMED).is_file())


def test_texts_of_void_acts_are_left_and_of_others_so_many_bytes_come_at_once(
    node: Node, motion: Path, _federated: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-MIRROR-11: so that nobody fills the disk of every mirror."""
    body = _federated.fork().bodies["stranger"]
    datas = [bytes([n]) * 1000 for n in range(40)]
    digests = [sha256(data).hexdigest() for data in datas]
    void = body.submit("election.paper", {"election": "00" * 32, "sheets": digests[:20]}, Person("unknown"))
    assert void is not None and void.status == "void"
    for digest in digests[20:]:
        body.do("motion.table", {"text": digest, "grants": []}, body.charter_keys[0])
    folder = publish(body, tmp_path / "evil", body.log_key)
    for digest, data in zip(digests, datas, strict=True):
        put(folder, digest, data)
    other = Node.create(tmp_path / "other", keeper="amal")
    fetch(other, Shelf(folder))
    assert [other.blobs.path(digest).is_file() for digest in digests] == [False] * 20 + [True] * 20
    monkeypatch.setattr(gathering, "_MOST_BYTES", 3000)
    monkeypatch.setattr(gathering, "_FIRST_PAUSE", 1000.0)
    blobs = sorted(other.blobs.names())
    for name in blobs:
        other.blobs.path(name).unlink()
    said: list[str] = []
    with gathered(other, _federated, Shelf(folder), said=said):
        until(lambda: bool(said))
    assert 3 <= len(list(other.blobs.names())) < 3 + AT_ONCE
