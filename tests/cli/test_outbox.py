"""One's own acts until they are safe: receipts, handing in again, delivery at a mirror (R-DELIVER-1 to 3)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.village import ABROAD, HERE, Outcome, Village

from majlis.errors import Forged, Malformed, Missing
from majlis.host.delivery import check_receipt, read_receipt
from majlis.host.node import Node
from majlis.record import parse_note, parse_note_key

pytestmark = pytest.mark.xdist_group("village")

OWN = "phone"


@pytest.fixture
def member(founded: Village) -> Village:
    """Lina has a folder of her own, with copies of the records, and an act for Hilltop in a file."""
    founded.run(OWN, "node", "new", "--keeper", "lina", "--practice-clock", "clock")
    shutil.copy(founded.root / ABROAD / "keyrings" / "lina.json", founded.root / OWN / "keyrings")
    founded.run(HERE, "node", "give", "stick/public")
    founded.run(OWN, "node", "take", "stick/public")
    act = ("act", "draft", "hilltop", "candidacy.declare", "--as", "lina", "--anyway", "--out", "stick/mine.act")
    founded.run(OWN, *act, "--data-json", '{"name": "Lina"}')
    return founded


def submit(village: Village, where: str = HERE) -> dict[str, Any]:
    """Lina's act is handed in over HTTP at this host; what she is told."""
    port = free_port()
    with serving(village.root, where, port):
        words = ("act", "submit", "stick/mine.act", "--url", address(port), "--receipts", "stick/receipts", "--json")
        told: dict[str, Any] = village.run(OWN, *words).json["acts"][0]
        return told


def outbox(village: Village, *words: object) -> Outcome:
    return village.try_(OWN, "outbox", "--json", *words)


def levels(outcome: Outcome) -> list[str]:
    return [act["level"] for act in outcome.json["acts"]]


def test_an_act_is_kept_until_it_is_safe(member: Village) -> None:
    assert outbox(member).code == 0
    told = submit(member)
    outcome = outbox(member)
    assert (outcome.code, levels(outcome)) == (3, ["sequenced"])
    assert outcome.json["acts"][0]["index"] == told["index"]
    member.tick()
    member.run(HERE, "node", "give", "stick/public")
    member.run(OWN, "node", "take", "stick/public")
    outcome = outbox(member)
    assert (outcome.code, levels(outcome)) == (0, ["safe"])
    assert outbox(member).json["acts"] == []
    assert list((member.root / OWN / "outbox").iterdir()) == []
    (receipt,) = (member.stick / "receipts").iterdir()
    assert member.run(OWN, "compare", "stick/public", receipt).out.startswith("logged")


def test_what_nobody_took_in_is_handed_in_again(member: Village) -> None:
    port = free_port()
    words = ("act", "submit", "stick/mine.act", "--url", address(port))
    assert member.try_(OWN, *words).code == 3
    assert levels(outbox(member)) == ["handed in"]
    outcome = outbox(member, "--stick", "stick/public")
    (act,) = outcome.json["acts"]
    assert Path(member.root / act["file"]).read_bytes().startswith(b"majlis/1 ")
    with serving(member.root, HERE, port):
        outcome = outbox(member, "--resubmit", address(port))
        assert outcome.json["acts"][0]["place"] == len(member.acts()) - 1
        again = outbox(member, "--resubmit", address(port))
        assert again.json["acts"][0]["place"] == outcome.json["acts"][0]["place"], "the same act stands once"
    assert outbox(member, "--resubmit", address(port)).code == 1


def test_what_its_host_refuses_a_mirror_logs_as_delivered(member: Village) -> None:
    """R-DELIVER-2 and R-DELIVER-4, betrayal 13: Hilltop's host takes no motion from its clerk."""
    shutil.copy(member.root / HERE / "keyrings" / "amal.json", member.root / OWN / "keyrings")
    draft = ("act", "draft", "hilltop", "motion.table", "--as", "amal", "--out", "stick/motion.act")
    member.run(OWN, *draft, "--data-json", json.dumps({"text": "ab" * 32, "grants": []}))
    for file in ("motion", "mine"):
        member.try_(OWN, "act", "submit", f"stick/{file}.act", "--url", "http://127.0.0.1:9")
    port = free_port()
    with serving(member.root, ABROAD, port):
        told = {one["kind"]: one for one in outbox(member, "--deliver", address(port)).json["acts"]}
        act = told["motion.table"]["act"]
        assert told["motion.table"]["delivered"] == address(port)
        assert "knows no such key" in told["candidacy.declare"]["fault"], "a stranger's acts fill no record"
        again = {one["kind"]: one for one in outbox(member, "--deliver", address(port)).json["acts"]}
        place = [parse_note(one["motion.table"]["receipt"].encode()).text.split("\n")[2] for one in (told, again)]
        assert place[0] == place[1], "it is logged once"
    logged = member.run(ABROAD, "act", "list", "friends", "--json").json["acts"][-1]
    assert (logged["kind"], logged["status"]) == ("act.deliver", "in-force")
    shown = member.run(ABROAD, "act", "show", "friends", logged["index"], "--json").json["data"]
    assert shown["act"] == act
    node = Node(member.root / ABROAD)
    assert shown["body"] == node.body("hilltop").identity
    assert node.blobs.get(shown["entry"]).startswith(b"majlis/1 ")
    assert (member.root / OWN / "outbox" / f"{act}.delivered").read_text().startswith("majlis-receipt/1 ")
    # Time passes in both records, and every reader of both sees what Hilltop's host has not logged.
    member.run(HERE, "node", "give", "stick/public")
    member.run(ABROAD, "node", "give", "stick/public")
    member.run(HERE, "node", "take", "stick/public")
    member.run(HERE, "witness", "trust", "friends")
    member.run(ABROAD, "tick", "friends", "--witness", HERE)
    member.pass_days(8)
    for where in (ABROAD, HERE):
        member.run(where, "node", "give", "stick/public")
    verdict = member.run(OWN, "verify", "stick/public", "--accept-unknown", "--json").json
    late = [finding for finding in verdict["findings"] if finding["rule"] == "R-DELIVER-4"]
    assert [(finding["kind"], finding["index"]) for finding in late] == [("warning", logged["index"])]


def test_a_host_that_dropped_what_it_acknowledged_is_proven_so(member: Village) -> None:
    """R-DELIVER-3: its receipt against its own signed record."""
    other = member.copy(member.root.with_name("other"))
    told = submit(member)
    other.run(HERE, "propose", "hilltop", "--text", "instead", "--as", "amal")
    other.tick()
    other.run(HERE, "node", "give", "stick/public")
    member.run(OWN, "node", "take", other.stick / "public")
    outcome = outbox(member)
    assert (outcome.code, levels(outcome)) == (1, ["DROPPED"])
    (receipt,) = (member.stick / "receipts").iterdir()
    outcome = member.try_(OWN, "compare", other.stick / "public", receipt)
    assert outcome.code == 1
    assert "R-DELIVER-3" in outcome.err
    old = member.try_(OWN, "compare", "stick/public", receipt)
    assert old.code == 3
    assert f"ends before place {told['index']}" in old.err
    assert member.try_(OWN, "compare", receipt, receipt).code == 2


def test_a_receipt_is_believed_by_its_signature(member: Village) -> None:
    told = submit(member)
    acknowledged = read_receipt(told["receipt"].encode())
    node = Node(member.root / HERE)
    entries = node.federation().records[node.body("hilltop").identity].entries
    log = parse_note_key(json.loads(entries[0].split(b"\n")[1])["data"]["log"])
    check_receipt(acknowledged, entries, [log])
    with pytest.raises(Missing):
        check_receipt(acknowledged, entries[:1], [log])
    forged = read_receipt(told["receipt"].replace("index ", "index 1").encode())
    with pytest.raises(Forged):
        check_receipt(forged, entries, [log])
    for wrong in (b"", b"x", told["receipt"].replace("majlis-receipt/1", "majlis-receipt/2").encode(), bytes(200_000)):
        with pytest.raises((Malformed, Missing)):
            read_receipt(wrong)
