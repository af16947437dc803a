"""R-BOXHEAD-2 and R-BOXHEAD-3: who acknowledged a ballot and dropped it is proven so."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.cli.village import ABROAD, HERE, Village

from majlis.ballot import tracker_of
from majlis.crypto import SigningKey
from majlis.errors import Forged, Missing
from majlis.host.box import Box
from majlis.host.box_receipt import check_ballot_receipt, log_heads, read_ballot_receipt
from majlis.host.keyring import Keyring, Passphrase
from majlis.host.node import Node
from majlis.record import NoteKey, format_signature_line, sign_note
from majlis.site.live import DataHost

pytestmark = pytest.mark.xdist_group("village")

ELECTION = 20


def box_of(village: Village, where: str = HERE) -> Path:
    (box,) = (village.root / where / "boxes").glob("*.bel")
    return box


def cast(village: Village, vote: str, name: str) -> Path:
    """The receipt for the ballot that this member cast."""
    before = set(village.stick.glob("receipts/*"))
    words = ("--vote", vote, "--as", name, "--receipts", "stick/receipts")
    said = village.run(HERE, "box", "cast", "hilltop", ELECTION, *words).out
    assert "you prove that it had your ballot" in said
    (made,) = set(village.stick.glob("receipts/*")) - before
    return made


def test_a_receipt_holds_against_every_copy_of_the_box(voting: Village) -> None:
    first, second = cast(voting, "for", "m1"), cast(voting, "against", "m2")
    look = ("box", "show", "hilltop", ELECTION, "--receipt")
    assert "entered as event 1, as its host acknowledged" in voting.run(HERE, *look, first).out
    assert voting.try_(ABROAD, *look, second).code == 3
    voting.exchange()
    assert voting.run(ABROAD, *look, second, "--json").json["height"] == 2


def test_a_host_that_drops_a_ballot_is_proven_to_have(voting: Village) -> None:
    """It puts back the box as it was, and takes other ballots in."""
    box = box_of(voting)
    empty = box.read_bytes()
    receipt = cast(voting, "for", "m1")
    box.write_bytes(empty)
    look = ("box", "show", "hilltop", ELECTION, "--receipt")
    assert voting.try_(HERE, *look, receipt).code == 3
    cast(voting, "against", "m2")
    outcome = voting.try_(HERE, *look, receipt)
    assert outcome.code == 1
    assert "R-BOXHEAD-2" in outcome.err
    assert "proves that it was dropped" in outcome.err


def test_a_box_that_was_closed_without_an_acknowledged_ballot_convicts_its_host(voting: Village) -> None:
    box = box_of(voting)
    cast(voting, "for", "m2")
    one = box.read_bytes()
    receipt = cast(voting, "for", "m1")
    box.write_bytes(one)
    voting.tick(2)
    voting.run(HERE, "box", "close", "hilltop", ELECTION, "--as", "amal")
    outcome = voting.try_(HERE, "box", "show", "hilltop", ELECTION, "--receipt", receipt)
    assert outcome.code == 1
    assert "R-BOXHEAD-2" in outcome.err


def test_a_host_that_was_lost_dropped_no_ballot(voting: Village) -> None:
    """R-BOXHEAD-2: once the record was moved, for what came behind the newest head of that time."""
    true = read_ballot_receipt(cast(voting, "for", "m1").read_bytes())
    cast(voting, "for", "m2")
    old, new = SigningKey(bytes([1]) * 32), SigningKey(bytes([2]) * 32)
    logs = [NoteKey(name=true.origin, public_key=key.public_key) for key in (old, new)]
    for key, height, kind in ((old, 1, Forged), (old, 2, Missing), (new, 2, Forged)):
        text = f"majlis-ballot/1 {true.origin}\nbox {true.uuid}\ntracker {true.tracker}\nheight {height}\n"
        text += f"head {'ab' * 32}\ntime 1\n"
        note = f"{text}\n{format_signature_line(sign_note(text, true.origin, key))}\n"
        with pytest.raises(kind, match="R-BOXHEAD-2"):
            check_ballot_receipt(read_ballot_receipt(note.encode()), box_of(voting), logs, carried=1)


def test_a_receipt_that_was_altered_or_is_of_something_else_proves_nothing(voting: Village) -> None:
    receipt = cast(voting, "for", "m1")
    look = ("box", "show", "hilltop", ELECTION, "--receipt", receipt)
    good = receipt.read_text()
    for wrong, code in (
        (good.replace("height 1", "height 2"), 1),
        (good.replace("majlis-ballot/1", "majlis-receipt/1"), 2),
        ("x" * 20_000, 2),
    ):
        receipt.write_text(wrong)
        assert voting.try_(HERE, *look).code == code
    uuid = voting.run(HERE, "box", "show", "hilltop", ELECTION, "--json").json["uuid"]
    receipt.write_text(good.replace(uuid, uuid[::-1]))
    assert voting.try_(HERE, *look).code == 1


def test_a_served_host_signs_for_the_ballots_that_come_over_the_network(voting: Village) -> None:
    voting.run(HERE, "box", "seal", "hilltop", ELECTION, "--vote", "for", "--as", "m1", "--out", "stick/m1.ballot")
    ballot = (voting.stick / "m1.ballot").read_bytes()
    node = Node(voting.root / HERE)
    serving = DataHost(node, Keyring(node.keyring_path("amal"), Passphrase("nine wells and one fig tree")))
    try:
        posted = asyncio.run(serving.cast(box_of(voting).stem, ballot))
    finally:
        serving.close()
    (voting.stick / "m1.receipt").write_text(posted.note)
    assert read_ballot_receipt(posted.note.encode()).tracker == posted.id == tracker_of(ballot)
    voting.run(HERE, "box", "show", "hilltop", ELECTION, "--receipt", "stick/m1.receipt")


def test_a_box_is_opened_once_however_many_ask_for_it(voting: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever casts and whoever logs heads are two threads: two writers of one file would write over each other."""
    node = Node(voting.root / HERE)
    opened, honest = [], Box.open

    def slowly(*words: Any) -> Box:
        box = honest(*words)
        time.sleep(0.05)
        opened.append(box)
        return box

    monkeypatch.setattr(Box, "open", slowly)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(node.boxes.get, [box_of(voting).stem] * 4))
    assert len(opened) == 1
    assert all(box is opened[0] for box in found)


def test_the_host_logs_how_far_its_boxes_have_come(voting: Village) -> None:
    """R-BOXHEAD-3: by the log's own key, once for each growth, and only while the box is open."""
    node = Node(voting.root / HERE)
    keeper = Keyring(node.keyring_path("amal"), Passphrase("nine wells and one fig tree"))
    (identity,) = (body.identity for body in node.bodies if body.slug == "hilltop")

    def logged() -> int:
        with Node(voting.root / HERE).hosting(keeper) as host:
            return log_heads(host, identity)

    assert logged() == 0
    cast(voting, "for", "m1")
    assert logged() == 1
    assert logged() == 0
    (act,) = (act for act in voting.acts() if act["kind"] == "box.head")
    assert act["status"] == "in-force"
    voting.cast(ELECTION, {"m2": "for"})
    assert logged() == 1
    voting.tick(2)
    voting.run(HERE, "box", "close", "hilltop", ELECTION, "--as", "amal")
    assert logged() == 0
    box = box_of(voting)
    box.unlink()
    assert logged() == 0
