"""Acts with what they bring, by network, stick and inbox, all the way to the record; and a host's word kept whole."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.village import ABROAD, HERE, Village
from tests.site.test_openapi import running

from majlis.errors import Refused
from majlis.host.actfile import read_act_file
from majlis.host.delivery import deliver
from majlis.host.keyring import Keyring, Passphrase
from majlis.host.layout import blob_path
from majlis.host.node import Node
from majlis.site.serve import open_folder
from majlis.site.server import make_app

pytestmark = pytest.mark.xdist_group("village")

OWN = "phone"
ELECTION = 20
WORDS = Passphrase("nine wells and one fig tree")
TEXT = b"The road to the spring is mended before winter.\n"
DIGEST = sha256(TEXT).hexdigest()


@pytest.fixture
def village(founded: Village) -> Village:
    """Amal has a folder of her own, with copies of the records, and a motion with its text in a file."""
    founded.run(OWN, "node", "new", "--keeper", "amal", "--practice-clock", "clock")
    shutil.copy(founded.root / HERE / "keyrings" / "amal.json", founded.root / OWN / "keyrings")
    founded.run(HERE, "node", "give", "stick/public")
    founded.run(OWN, "node", "take", "stick/public")
    draft(founded, "road", TEXT)
    return founded


def draft(village: Village, name: str, text: bytes) -> None:
    (village.stick / f"{name}.txt").write_bytes(text)
    words = ("act", "draft", "hilltop", "motion.table", "--as", "amal", "--blob", f"stick/{name}.txt")
    data = json.dumps({"text": sha256(text).hexdigest(), "grants": []})
    village.run(OWN, *words, "--data-json", data, "--out", f"stick/{name}.act")


def has_text(village: Village, where: str = HERE) -> bool:
    return DIGEST in Node(village.root / where).blobs.names()


def test_a_motion_goes_over_the_network_with_its_text(village: Village) -> None:
    """R-HANDED-1: and whoever keeps a copy of the record gets the text where they get the act."""
    port = free_port()
    with serving(village.root, HERE, port):
        told = village.run(OWN, "act", "submit", "stick/road.act", "--url", address(port), "--json").json["acts"][0]
        with urllib.request.urlopen(f"{address(port)}/{blob_path(DIGEST)}", timeout=20) as answer:
            assert answer.read() == TEXT
        curl = urllib.request.Request(f"{address(port)}/acts/hilltop", (village.stick / "road.act").read_bytes())
        with urllib.request.urlopen(curl, timeout=20) as answer:
            assert json.load(answer)["place"] == told["index"], "the file itself is what is handed in"
    last = village.acts()[-1]
    assert (last["kind"], last["status"]) == ("motion.table", "in-force")


def test_a_motion_that_nobody_took_in_keeps_its_text_and_goes_by_stick(village: Village) -> None:
    """From the outbox over a stick, a bundle and an inbox to the record: the text is with it everywhere."""
    assert village.try_(OWN, "act", "submit", "stick/road.act", "--url", "http://127.0.0.1:9").code == 3
    (village.stick / "road.act").unlink()
    told = village.try_(OWN, "outbox", "--stick", "stick/public").out
    assert "majlis act submit stick/public/inbox" in told
    bundle = village.run(OWN, "bundle", "stick/public", "-o", "stick/friday.majlis")
    assert " 1 blobs" in bundle.out
    told = village.run(HERE, "import", "stick/friday.majlis", "--into", "third").out
    assert "acts not logged yet: 1 in third/inbox (motion.table)" in told
    assert "majlis act submit third/inbox" in told
    assert not has_text(village)
    shown = village.run(HERE, "act", "show", *Path(village.root / "third" / "inbox").glob("*.act")).out
    assert "The road to the spring" in shown
    village.run(HERE, "act", "submit", "third/inbox")
    assert village.acts()[-1]["kind"] == "motion.table"
    assert has_text(village)


def test_the_outbox_hands_it_in_again_and_a_mirror_has_it_delivered(village: Village) -> None:
    village.try_(OWN, "act", "submit", "stick/road.act", "--url", "http://127.0.0.1:9")
    port = free_port()
    with serving(village.root, ABROAD, port):
        assert village.try_(OWN, "outbox", "--deliver", address(port)).code == 3
    assert has_text(village, ABROAD)
    with serving(village.root, HERE, port):
        assert village.try_(OWN, "outbox", "--resubmit", address(port)).code == 3
        assert has_text(village)
    village.tick()
    village.run(HERE, "node", "give", "stick/public")
    village.run(OWN, "node", "take", "stick/public")
    assert village.run(OWN, "outbox").code == 0
    assert list((village.root / OWN / "outbox").iterdir()) == []


def test_a_mirror_keeps_what_a_delivery_brings_within_bounds(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HANDED-3: beyond them it logs no delivery of an act without its text, and says why."""
    node = Node(village.root / ABROAD)
    keyring = Keyring(node.keyring_path("basim"), WORDS)
    key = next(entry.signing_key() for entry in keyring.entries() if entry.kind == "person")
    file = read_act_file(village.stick / "road.act")
    with node.hosting(keyring) as host:
        size = host.hosted(node.body("friends").identity).record.size
        monkeypatch.setattr("majlis.host.brought.MOST_BETWEEN_TICKS", 10)
        with pytest.raises(Refused, match="is the most") as fault:
            deliver(node, host, file.handed, key)
        assert fault.value.rule == "R-HANDED-3"
        assert host.hosted(node.body("friends").identity).record.size == size
        monkeypatch.undo()
        assert deliver(node, host, file.handed, key)[1].index == size
    assert has_text(village, ABROAD)


def test_an_inbox_is_logged_at_once_each_with_what_became_of_it(village: Village) -> None:
    """Files in either form, for records kept here and elsewhere: one that cannot be logged stops no other."""
    enrol = ("key", "enrol", "hilltop", "stick/theo.card", "--as", "rima", "--out", "stick/enrol.act")
    village.run(HERE, *enrol)
    village.run(OWN, "bundle", "stick/public", "-o", "x.majlis", "--add", "stick/enrol.act", "--add", "stick/road.act")
    village.run(HERE, "import", "x.majlis", "--into", "third")
    (village.root / "third" / "inbox" / "noise.txt").write_text("not an act")
    noise = village.root / "third" / "inbox" / "noise.act"
    noise.write_text("not an act")
    assert "(key.enrol, motion.table)" in village.run(HERE, "import", "x.majlis", "--into", "third").out
    outcome = village.try_(HERE, "act", "submit", "third", "--json")
    assert outcome.code == 1, "noise is no act"
    assert [one["status"] for one in outcome.json["acts"] if one["file"].endswith("noise.act")] == ["not logged"]
    noise.unlink()
    outcome = village.try_(HERE, "act", "submit", "third", "--json")
    assert outcome.code == 3, "the enrolment waits for the new key's own signature"
    assert sorted((one["kind"], one["status"]) for one in outcome.json["acts"]) == [
        ("key.enrol", "waiting"),
        ("motion.table", "in-force"),
    ]
    outcome = village.try_(ABROAD, "act", "submit", "third")
    assert (outcome.code, outcome.out.count("not logged: ")) == (3, 2)
    assert village.try_(HERE, "act", "submit", "stick/receipts-of-nobody").code == 3


def test_nothing_that_lies_in_an_inbox_stops_an_act_or_steers_the_terminal(village: Village) -> None:
    """Whoever wrote the stick chose the names of its files, and of the fields in them."""
    village.run(OWN, "bundle", "stick/public", "-o", "x.majlis", "--add", "stick/road.act")
    village.run(HERE, "import", "x.majlis", "--into", "third")
    inbox = village.root / "third" / "inbox"
    (inbox / "00.act").mkdir()
    (inbox / "01.act").write_text('{"format":"majlis-act-file/1","\\u001b[2J\\nsafe: act 7":1}')
    (inbox / "02\x1b[2J\nsafe: act 8.act").write_text("x")
    outcome = village.try_(HERE, "act", "submit", "third")
    assert (outcome.code, outcome.out.count("not logged: ")) == (1, 3)
    assert r"unknown field `\x1b[2J\nsafe: act 7`" in outcome.out
    assert r"02\x1b[2J\nsafe: act 8.act: not logged" in outcome.out
    assert "\x1b" not in outcome.out + outcome.err
    assert village.acts()[-1]["kind"] == "motion.table", "the act beside them was logged"
    outcome = village.try_(OWN, "act", "submit", "third", "--url", "http://127.0.0.1:9")
    assert outcome.out.count("not taken in: ") == 4
    assert "\x1b" not in outcome.out + outcome.err
    for words in (("submit", inbox / "01.act"), ("show", inbox / "01.act")):
        outcome = village.try_(HERE, "act", *words)
        assert (outcome.code, "\x1b" in outcome.err) == (2, False)


def test_a_draft_that_is_looked_at_is_not_kept(village: Village) -> None:
    """What lies among the blobs of a folder is served to everybody who asks."""
    assert "The road to the spring" in village.run(HERE, "act", "show", "stick/road.act").out
    assert not has_text(village)


def test_an_inbox_is_handed_in_at_a_served_host(village: Village) -> None:
    """From any machine with a copy: what one host does not take in stops no other act."""
    lina = ("act", "draft", "friends", "motion.table", "--as", "basim", "--anyway", "--out", "stick/theirs.act")
    village.run(ABROAD, *lina, "--data-json", json.dumps({"text": DIGEST, "grants": []}))
    add = ("--add", "stick/road.act", "--add", "stick/theirs.act")
    village.run(OWN, "bundle", "stick/public", "-o", "x.majlis", *add)
    village.run(HERE, "import", "x.majlis", "--into", "third")
    port = free_port()
    with serving(village.root, HERE, port):
        outcome = village.try_(OWN, "act", "submit", "third", "--url", address(port))
    assert outcome.code == 3, "that host keeps no record of the friends"
    assert "sequenced: act 2 of hilltop, motion.table" in outcome.out
    assert outcome.out.count("not taken in: ") == 1
    assert has_text(village)


def test_an_entry_alone_is_signed_on(village: Village) -> None:
    """What lies in an inbox is a file with an act like any other."""
    village.run(OWN, "bundle", "stick/public", "-o", "x.majlis", "--add", "stick/road.act")
    village.run(HERE, "import", "x.majlis", "--into", "third")
    (path,) = (village.root / "third" / "inbox").glob("*.act")
    outcome = village.try_(ABROAD, "act", "sign", path, "--as", "lina")
    assert outcome.code == 0
    assert len(village.run(HERE, "act", "show", path, "--json").json["signers"]) == 2


def test_the_proof_of_an_act_is_for_whoever_trusts_the_log_and_its_mirrors(village: Village) -> None:
    """R-PROOF-2: from a data folder, safe or not yet, and carried by a bundle to somebody who has nothing else."""
    node = Node(village.root / HERE)
    founding = node.federation().records[node.body("hilltop").identity].state.founding
    assert founding is not None
    keys = [word for vkey in (founding.log, *founding.mirrors) for word in ("--vkey", vkey)]
    village.run(HERE, "record", "prove", "hilltop", 0, "--with-act", "--out", "stick/zero.tlog-proof")
    told = village.run(OWN, "record", "check", "stick/zero.tlog-proof", *keys).out
    assert told.startswith("found ")
    assert "cosigned by practice/friends-mirror" in told
    newest = len(village.acts()) - 1
    assert village.try_(HERE, "record", "prove", "hilltop", newest, "--out", "stick/n.tlog-proof").code == 3
    assert "after the next tick" in village.try_(HERE, "record", "prove", "hilltop", newest, "--out", "stick/n").err
    village.run(HERE, "bundle", "stick/public", "-o", "x.majlis", "--add", "stick/zero.tlog-proof")
    village.run(OWN, "import", "x.majlis", "--into", "third")
    assert len(list((village.root / "third" / "proofs").iterdir())) == 1


def test_a_trustee_far_away_opens_a_box_over_the_network(counting: Village) -> None:
    """What was committed to, the share and its proof go with their acts; nothing comes by stick from there."""
    port = free_port()
    counting.run(HERE, "box", "tally", "hilltop", ELECTION)
    for step in ("commit", "decrypt"):
        counting.exchange()
        file = f"stick/{step}.act"
        counting.run(ABROAD, "trustee", step, "hilltop", ELECTION, "--as", "theo", "--out", file)
        with serving(counting.root, HERE, port):
            counting.run(ABROAD, "act", "submit", file, "--url", address(port))
        if step == "commit":
            counting.run(HERE, "trustee", step, "hilltop", ELECTION, "--as", "yusuf")
    counting.run(HERE, "trustee", "decrypt", "hilltop", ELECTION, "--as", "yusuf")
    counting.run(HERE, "box", "decrypt", "hilltop", ELECTION)
    counting.run(HERE, "box", "result", "hilltop", ELECTION, "--as", "amal")
    last = counting.acts()[-1]
    assert (last["kind"], last["status"]) == ("election.result", "in-force")


def test_an_outbox_with_no_copy_of_its_record_says_so(village: Village) -> None:
    village.try_(OWN, "act", "submit", "stick/road.act", "--url", "http://127.0.0.1:9")
    village.run("tablet", "node", "new", "--keeper", "amal", "--practice-clock", "clock")
    shutil.copytree(village.root / OWN / "outbox", village.root / "tablet" / "outbox")
    outcome = village.try_("tablet", "outbox", "--resubmit", "http://127.0.0.1:9")
    assert outcome.code == 1
    assert "take one with 'majlis node take'" in outcome.out


def test_a_word_that_an_act_was_held_back_is_saved_whole(
    village: Village, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """R-ACT-14: our own tool keeps it, and 'majlis compare' says whether the record keeps it."""
    words = ("act", "submit", "stick/road.act", "--receipts", "stick/words", "--url")
    draft(village, "well", b"And the well.\n")
    # The host runs here, with the quota of every key used up, and answers at its door as it does elsewhere.
    monkeypatch.setattr("majlis.host.quota.Quota.admits", lambda *_: False)
    with served_here(village) as url:
        outcome = village.try_(OWN, *words, url, "--json")
        (row,) = outcome.json["acts"]
    assert (outcome.code, row["level"]) == (1, "held back")
    (word,) = (village.stick / "words").glob("*.excess")
    assert word.read_text() == row["excess"]
    assert (village.root / OWN / "outbox" / word.name).read_bytes() == word.read_bytes()
    assert row["excess"].startswith("majlis-excess/1 ")
    monkeypatch.undo()
    assert village.try_(OWN, "compare", "stick/public", word).code == 3, "the next tick has not come"
    village.tick()
    village.run(HERE, "node", "give", "stick/public")
    told = village.run(OWN, "compare", "stick/public", word)
    assert told.out.startswith("kept: ")
    dropped = word.read_text().replace("\nplace 0\n", "\nplace 1\n")
    (tmp_path / "dropped.excess").write_text(dropped)
    assert village.try_(OWN, "compare", "stick/public", tmp_path / "dropped.excess").code == 1, "nobody signed that"
    village.run(OWN, "bundle", "stick/public", "-o", "x.majlis", "--add", word)
    village.run(OWN, "import", "x.majlis", "--into", "fourth")
    assert len(list((village.root / "fourth" / "receipts").iterdir())) == 1


def test_a_word_is_saved_where_the_record_is_kept_too(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-ACT-14: one file, and a whole inbox."""
    village.run(OWN, "bundle", "stick/public", "-o", "x.majlis", "--add", "stick/road.act")
    village.run(HERE, "import", "x.majlis", "--into", "third")
    monkeypatch.setattr("majlis.host.quota.Quota.admits", lambda *_: False)
    for file in ("stick/road.act", "third/inbox"):
        outcome = village.try_(HERE, "act", "submit", file, "--receipts", "stick/words", "--json")
        assert outcome.code == 1
    assert outcome.json["acts"][0]["level"] == "held back"
    (word,) = (village.stick / "words").iterdir()
    assert word.read_text() == outcome.json["acts"][0]["excess"]
    village.try_(OWN, "act", "submit", "stick/road.act", "--url", "http://127.0.0.1:9")
    shutil.copy(word, village.root / OWN / "outbox")
    assert "held it back for a quota" in village.try_(OWN, "outbox").out


@contextmanager
def served_here(village: Village) -> Iterator[str]:
    """Hilltop's folder is served by this very process; its address."""
    source, host = open_folder(village.root / HERE, WORDS)
    assert host is not None
    with running(make_app(source, host)) as port:
        yield address(port)
    host.close()  # type: ignore[attr-defined]
