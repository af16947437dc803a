"""What mirrors show a host: only what its own log signed changes anything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.host.drip import dripping
from tests.host.stick import Body
from tests.host.test_recover import Folder, copy_of, unsigned

from majlis.errors import Fault, Missing
from majlis.host import asking
from majlis.host.chance import chance
from majlis.host.host import Host
from majlis.host.http import Caller
from majlis.host.node import Node
from majlis.host.signer import Behind
from majlis.host.ticking import hear_from


@pytest.fixture(scope="module")
def body() -> Body:
    return Body(acts=330)


@pytest.fixture
def folder(tmp_path: Path, body: Body) -> Folder:
    return Folder(tmp_path / "data", body)


class Shows:
    """A witness that shows this note."""

    def __init__(self, note: bytes) -> None:
        self.note = note

    def newest(self, origin: str) -> bytes:
        if not self.note:
            raise Missing("it is not there (404)", where=origin)
        return self.note


def hear(folder: Folder, note: bytes, answers: list[bool] | None = None) -> Behind | None:
    """The host of this folder, taken up with what it remembers, is shown this; whether it is behind then."""
    node = Node(folder.path)
    body = folder.body
    with folder.open() as (record, book):
        host = Host(store=None, blobs=node.blobs, boxes=node.boxes, clock=node.clock, chance=chance, signers=book)  # type: ignore[arg-type]
        signer = book.signer(record, body.log_key)
        signer.look(node._notes(node.body(body.slug)))
        host._bodies[body.identity] = SimpleNamespace(signer=signer, record=record)  # type: ignore[assignment]
        answered = hear_from(node, host, body.identity, Shows(note))  # type: ignore[arg-type]
        (answers if answers is not None else []).append(answered)
        found: Behind | None = signer.behind
        return found


def test_a_host_that_is_behind_keeps_only_what_its_log_signed(folder: Folder, body: Body, tmp_path: Path) -> None:
    """R-SIGNER-5: else whoever serves a mirror could keep the record from ever being recovered."""
    old = folder.grow(19).copy_of(tmp_path / "old")
    folder.grow(300)
    folder.back_to(old, "host.db")
    for note in (unsigned(body, 305), b"nonsense", b"", body.note(body.record(10))):
        assert hear(folder, note) is not None
        assert folder.ahead() == 0
    assert hear(folder, body.note(body.record(300))) is not None
    assert folder.ahead() == 300
    hear(folder, unsigned(body, 2**62))
    assert folder.ahead() == 300
    assert folder.recover(copy_of(body, 310, 0)).behind == ""


def test_a_host_that_is_well_hears_nothing_in_what_others_signed(folder: Folder, body: Body) -> None:
    """R-SIGNER-6"""
    assert hear(folder.grow(19), unsigned(body, 305)) is None
    assert folder.ahead() == 0


def test_only_a_checkpoint_of_this_log_is_an_answer(folder: Folder, body: Body) -> None:
    """R-SIGNER-6: a 404, nonsense, or what others signed silences no warning that nobody was heard."""
    answers: list[bool] = []
    for note in (b"", b"nonsense", unsigned(body, 305), body.note(body.record(10))):
        hear(folder.grow(19), note, answers)
    assert answers == [False, False, False, True]


def test_a_mirror_that_drips_its_checkpoint_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-SIGNER-6: one question takes seconds, whatever the mirror does."""
    monkeypatch.setattr(asking, "_NOTE_SECONDS", 0.3)
    with dripping() as url, pytest.raises(Fault):
        asking.RemoteWitness(Caller(url)).newest("hilltop.example/log")
