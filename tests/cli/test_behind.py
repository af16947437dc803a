"""A host whose folder came back from a backup acknowledges nothing: not by a command, nor over HTTP (R-SIGNER-5, 6)."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from contextlib import AbstractContextManager, nullcontext

import pytest
from tests.cli.served import address, free_port, serving, wait_for
from tests.cli.village import ABROAD, HERE, Village

from majlis.host.actfile import read_act_file
from majlis.host.node import Node

pytestmark = pytest.mark.xdist_group("village")


def grown(village: Village) -> Village:
    """An older copy of the village, which went on since, with its mirror."""
    old = village.copy(village.root.with_name("old"))
    village.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    village.tick()
    return old


def size(village: Village, where: str = HERE) -> int:
    return len(village.acts(where))


def draft(village: Village) -> bytes:
    """An act for Hilltop's record, signed and not handed in."""
    village.run(HERE, "propose", "hilltop", "--text", "A road?", "--as", "amal", "--out", "stick/road.act")
    return read_act_file(village.stick / "road.act").entry


def hand_in(port: int, entry: bytes) -> tuple[int, str]:
    """The status and words with which a served host answers an act."""
    request = urllib.request.Request(f"{address(port)}/acts/hilltop", data=entry, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def page(port: int) -> str:
    with urllib.request.urlopen(f"{address(port)}/pages/en/hilltop/index.html", timeout=20) as answer:
        return answer.read().decode()


def test_an_old_record_under_its_present_signer_takes_nothing_in(founded: Village) -> None:
    """R-SIGNER-5: what was signed is remembered, so nobody need be asked."""
    old = grown(founded)
    (founded.root / HERE / "host.db").write_bytes((old.root / HERE / "host.db").read_bytes())
    before = size(founded)
    entry = draft(founded)
    for words in (
        ("propose", "hilltop", "--text", "A road?", "--as", "amal"),
        ("act", "submit", "stick/road.act"),
        ("tick", "hilltop", "--witness", ABROAD),
        ("node", "give", "stick/again"),
    ):
        outcome = founded.try_(HERE, *words)
        assert outcome.code == 1, outcome
        assert "came back from an old copy" in outcome.err
        assert "majlis record recover" in outcome.err
        assert "[R-SIGNER-1]" in outcome.err
    port = free_port()
    with serving(founded.root, HERE, port) as process:
        status, said = hand_in(port, entry)
        assert status == 503
        assert "came back from an old copy" in said
        assert "what lies on this machine is not all of what was signed" in page(port)
    assert "STOPPED" in process.told
    assert "came back from an old copy" in process.told
    assert size(founded) == before
    founded.run(ABROAD, "propose", "friends", "--text", "Others go on", "--as", "nadia")


def test_a_checkpoint_that_was_kept_is_enough(founded: Village) -> None:
    """R-SIGNER-5: signer.db is as old as the record; the newest safe checkpoint of the folder is not."""
    old = grown(founded)
    for name in ("host.db", "signer.db"):
        (founded.root / HERE / name).write_bytes((old.root / HERE / name).read_bytes())
    outcome = founded.try_(HERE, "propose", "hilltop", "--text", "A road?", "--as", "amal")
    assert outcome.code == 1
    assert "others have seen" in outcome.err
    assert "[R-SIGNER-3]" in outcome.err


def test_a_folder_that_is_old_as_a_whole_takes_nothing_in_once_a_mirror_speaks(founded: Village) -> None:
    """R-SIGNER-6: before the first act, though nothing in the folder tells; and it is remembered after that."""
    old = grown(founded)
    entry, before = draft(old), size(old)
    abroad, here = free_port(), free_port()
    with (
        serving(founded.root, ABROAD, abroad),
        serving(old.root, HERE, here, "--witness", address(abroad), "--every", 3600) as process,
    ):
        answers = {hand_in(here, entry)}
        wait_for(lambda: "old copy" in "".join(said for _, said in answers | {hand_in(here, entry)}))
        answers.add(hand_in(here, entry))
        assert {status for status, _ in answers} == {503}
        assert "what lies on this machine is not all of what was signed" in page(here)
    assert "STOPPED" in process.told
    assert "others have seen" in process.told
    assert size(old) == before
    kept = Node(old.root / HERE).checkpoints
    assert kept.ahead(Node(old.root / HERE).body("hilltop").identity)
    outcome = old.try_(HERE, "propose", "hilltop", "--text", "A road?", "--as", "amal")
    assert outcome.code == 1
    assert "[R-SIGNER-3]" in outcome.err


def test_a_mirror_that_lies_stops_nobody(founded: Village) -> None:
    """R-SIGNER-6: that it says so is nothing; only the log's own signature is believed."""
    from majlis.host.asking import RemoteWitness
    from majlis.host.http import Answer
    from majlis.host.keyring import Keyring, Passphrase
    from majlis.host.ticking import hear_from

    class Liar:
        url = "http://liar.example"

        def __init__(self, note: bytes) -> None:
            self.note = note

        def get(self, path: str, limit: int) -> bytes:
            return self.note

        def within(self, seconds: float) -> AbstractContextManager[None]:
            return nullcontext()

        def post(self, path: str, body: bytes, *, limit: int) -> Answer:
            return Answer(status=409, kind="text/x.tlog.size", body=b"9999\n")

    node = Node(founded.root / HERE)
    body = node.body("hilltop")
    passphrase = Passphrase((founded.root / "passphrase").read_text().splitlines()[0])
    true = node.checkpoint(body.identity)
    more = true.replace(b"\n" + true.split(b"\n")[1] + b"\n", b"\n9999\n", 1)
    with node.hosting(Keyring(node.keyring_path(node.keeper), passphrase)) as host:
        for note in (b"", b"nonsense", more, true):
            hear_from(node, host, body.identity, RemoteWitness(Liar(note)))  # type: ignore[arg-type]
            assert host.check_taken(body.identity).signer.behind is None
    assert not node.checkpoints.ahead(body.identity)
    assert json.loads((founded.root / HERE / "node.json").read_text())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system limits a running program so")
def test_a_server_whose_store_is_gone_ends_and_says_so(founded: Village) -> None:
    """R-STORE-4: from here on nobody knows what is on the disk; the next start begins from what is certain."""
    import resource

    port = free_port()
    with serving(founded.root, HERE, port) as process:
        largest = max(path.stat().st_size for path in (founded.root / HERE).glob("host.db*"))
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, largest))
        entries = [draft(founded) for _ in range(3)]
        answers = []
        for entry in entries * 20:
            answers.append(hand_in(port, entry) if process.poll() is None else (0, ""))
            if answers[-1][0] != 200:
                break
        assert answers[-1][0] == 503
        assert process.wait(30) == 1
    assert process.told.count("STOPPED") == 1
    assert "R-STORE-4" in process.told
    assert "stop this program and start it again" in process.told
    assert "Traceback" not in process.told
    before = size(founded)
    founded.run(HERE, "propose", "hilltop", "--text", "And on it goes", "--as", "amal")
    assert size(founded) == before + 1


def test_no_ballot_is_taken_into_the_box_of_an_old_copy(voting: Village) -> None:
    """R-SIGNER-5: neither with a receipt nor without."""
    old = grown(voting)
    (voting.root / HERE / "host.db").write_bytes((old.root / HERE / "host.db").read_bytes())
    (box,) = (voting.root / HERE / "boxes").glob("*.bel")
    before = box.read_bytes()
    for more in ((), ("--receipts", "stick/receipts")):
        outcome = voting.try_(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m1", *more)
        assert outcome.code == 1
        assert "came back from an old copy" in outcome.err
    assert box.read_bytes() == before


def test_where_no_mirror_answers_it_goes_on_and_says_so(founded: Village) -> None:
    """R-SIGNER-6: a village that is cut off goes on working; its keeper is told what nobody could say."""
    entry, port = draft(founded), free_port()
    with serving(founded.root, HERE, port, "--witness", address(free_port())) as process:
        wait_for(lambda: hand_in(port, entry)[0] == 200)
    assert "no mirror answered whether more of practice/hilltop" in process.told
    assert "acts are taken in all the same" in process.told
