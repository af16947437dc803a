"""What a record names lies on its mirrors too, over HTTP alone: texts, boxes, records it rests on (R-MIRROR-11)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.cli.served import address, free_port, serving, shown, wait_for
from tests.cli.village import ABROAD, HERE, Village

from majlis.ballot import read_entries, read_records
from majlis.errors import Fault
from majlis.host.box import Box
from majlis.host.node import Node

ELECTION = 20

pytestmark = pytest.mark.xdist_group("village")


@pytest.fixture
def finished(counting: Village) -> Village:
    """Hilltop has published the result of its box; abroad there is nothing but entries, as add-entries brings them."""
    counting.share(ELECTION)
    counting.run(HERE, "box", "result", "hilltop", ELECTION, "--as", "amal")
    for name in ("blobs", "boxes"):
        shutil.rmtree(counting.root / ABROAD / name)
    return counting


def files(village: Village, where: str) -> dict[str, bytes]:
    """The blobs and boxes of a data folder, without what trustees keep for the box alone."""
    folder = village.root / where
    paths = [path for name in ("blobs/sha256", "boxes") for path in (folder / name).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if not path.name.startswith(".")}


def size_of(village: Village) -> int:
    return len(village.acts(HERE))


def test_a_served_mirror_fetches_texts_and_boxes_and_the_clock_goes_on(finished: Village) -> None:
    """R-MIRROR-11, R-MIRROR-4: the digest after the first secret ballot is made again by the mirror, and cosigned."""
    origin = Node(finished.root / HERE).body("hilltop").origin
    here, abroad = free_port(), free_port()
    before = size_of(finished)
    with (
        serving(finished.root, HERE, here, "--witness", address(abroad), "--every", 1),
        serving(finished.root, ABROAD, abroad, "--follow", address(here), "--every", 3600),
    ):
        wait_for(lambda: shown(abroad, origin)[0].size > before + 1)
        wait_for(lambda: files(finished, ABROAD).keys() >= {f"boxes/{path.name}" for path in boxes(finished)})
        wait_for(lambda: len(texts(finished, ABROAD)) == len(texts(finished, HERE)))
    assert "state.digest" in [act["kind"] for act in finished.acts()[before:]]
    assert boxes(finished, ABROAD)[0].read_bytes() == boxes(finished)[0].read_bytes()
    shutil.rmtree(finished.root / HERE)
    finished.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    with serving(finished.root, ABROAD, abroad):
        finished.run("third", "mirror", address(abroad), "--record", "hilltop")
    finished.run("third", "publish", "left")
    finished.run("third", "node", "pin", "hilltop", "--out", "trust.txt")
    outcome = finished.run("third", "verify", "left", "--trust", "trust.txt", "--json")
    assert (outcome.json["verdict"], outcome.json["checked"]["boxes"]) == ("sound", 1), outcome
    assert "is not here" not in outcome.out


def test_a_mirror_takes_nothing_of_a_box_that_no_head_vouches_for(counting: Village) -> None:
    """R-MIRROR-11: what stands behind the newest head, anybody on the line could have written."""
    counting.run(HERE, "box", "tally", "hilltop", ELECTION)
    shutil.rmtree(counting.root / ABROAD / "boxes", ignore_errors=True)
    true = boxes(counting)[0].read_bytes()
    assert stage_of(true) == "EncryptedTally"
    here, abroad = free_port(), free_port()
    with (
        serving(counting.root, HERE, here),
        serving(counting.root, ABROAD, abroad, "--follow", address(here), "--every", 3600),
    ):
        wait_for(lambda: bool(boxes(counting, ABROAD)))
    taken = boxes(counting, ABROAD)[0].read_bytes()
    assert stage_of(taken) == "EndBallots"
    assert true.startswith(taken)


def otherwise_ended(archive: bytes, path: Path) -> bytes:
    """The same box up to its tally, with the two shares exchanged for each other, and the same result behind them."""
    path.write_bytes(archive)
    entries = list(read_entries(read_records(archive)))
    shares = [entry.records[0].payload for entry in entries if entry.type == "PartialDecryption"]
    (result,) = (entry.records[0].payload for entry in entries if entry.type == "Result")
    whole = [size for size in range(0, len(archive) + 1, 512) if archive[:size] and is_whole(archive[:size])]
    tally = next(size for size in whole if stage_of(archive[:size]) == "EncryptedTally")
    path.write_bytes(archive[:tally])
    box = Box.open(path)
    for owner, share in enumerate(reversed(shares), start=1):
        box.add_share(owner, share)
    box.add_result(result)
    return path.read_bytes()


def is_whole(archive: bytes) -> bool:
    try:
        return bool(list(read_entries(read_records(archive))))
    except Fault:
        return False


def stage_of(archive: bytes) -> str:
    return list(read_entries(read_records(archive)))[-1].type


def test_a_box_that_ends_falsely_makes_no_result_void(finished: Village) -> None:
    """R-NODE-3: no head says how a box ends but that of its result; whoever is on the line would choose otherwise."""
    finished.tick()
    (box,) = boxes(finished)
    true = box.read_bytes()
    false = otherwise_ended(true, finished.root / "false.bel")
    assert len(false) == len(true)
    here = free_port()
    finished.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    with serving(finished.root, HERE, here):
        box.write_bytes(false)
        outcome = finished.try_("third", "mirror", address(here), "--record", "hilltop")
        assert outcome.code == 1
        assert "does not hold, and ends otherwise than the result in its record says" in outcome.out
        assert not boxes(finished, "third")
        box.write_bytes(true)
        assert finished.run("third", "mirror", address(here), "--record", "hilltop").code == 0
    assert boxes(finished, "third")[0].read_bytes() == true
    assert {act["status"] for act in finished.acts("third") if act["kind"] == "election.result"} == {"in-force"}


def test_a_cosignature_waits_for_no_text_and_no_box(finished: Village) -> None:
    """R-MIRROR-11: what is safe is the entry; what of it is not there, the mirror says."""
    abroad = free_port()
    with serving(finished.root, ABROAD, abroad):
        outcome = finished.run(HERE, "tick", "hilltop", "--witness", address(abroad), "--json")
    assert outcome.json["status"] == "in-force"
    told = finished.run(ABROAD, "node", "show").out
    assert "texts or files of entry" in told
    assert f"1 ballot box, or its end: {boxes(finished)[0].stem}" in told


def test_a_mirror_that_was_told_no_address_says_so_when_it_starts(founded: Village) -> None:
    """R-MIRROR-11"""
    with serving(founded.root, ABROAD, free_port()) as process:
        assert process.stderr is not None
        os.set_blocking(process.stderr.fileno(), False)
        assert "name with --follow URL where the records are served" in process.stderr.read()


def test_an_open_box_grows_at_the_mirror_as_its_record_says(voting: Village) -> None:
    """R-MIRROR-11: members vote over the network; whoever burns the host then burns no ballot that was stated."""
    shutil.rmtree(voting.root / ABROAD / "boxes", ignore_errors=True)
    here, abroad = free_port(), free_port()
    with (
        serving(voting.root, ABROAD, abroad, "--follow", address(here), "--every", 3600),
        serving(voting.root, HERE, here, "--witness", address(abroad), "--every", 0.5),
    ):
        wait_for(lambda: bool(boxes(voting, ABROAD)))
        for who in ("m1", "m2"):
            before = boxes(voting, ABROAD)[0].stat().st_size
            vote = ("box", "cast", "hilltop", ELECTION, "--vote", "for", "--as", who, "--url", address(here))
            # The host asks its mirrors first what they have seen (R-SIGNER-6).
            wait_for(lambda vote=vote: voting.try_(HERE, *vote).code == 0)
            wait_for(lambda before=before: boxes(voting, ABROAD)[0].stat().st_size > before)
    assert boxes(voting, ABROAD)[0].read_bytes() == boxes(voting)[0].read_bytes()
    assert [act["kind"] for act in voting.acts(ABROAD)].count("box.head") >= 1


def test_what_cannot_be_had_is_said_and_not_left_out_silently(finished: Village) -> None:
    """R-MIRROR-11: the host itself has lost the box and a text; whoever mirrors it is told."""
    finished.tick()
    (box,) = boxes(finished)
    motion = finished.run(HERE, "act", "show", "hilltop", 6, "--json").json["data"]["text"]
    here = free_port()
    kept = {path: path.read_bytes() for path in (box, Node(finished.root / HERE).blobs.path(motion))}
    for path in kept:
        path.unlink()
    finished.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    with serving(finished.root, HERE, here):
        outcome = finished.try_("third", "mirror", address(here), "--record", "hilltop")
        assert outcome.code == 3
        assert "LACKING" in outcome.out
        assert "1 text or file of entry 6 (motion.table)" in outcome.out
        assert f"1 ballot box, or its end: {box.stem}" in outcome.out
        assert "rests on" in outcome.out
        shown = finished.run("third", "node", "show")
        assert "LACKING here, safe or not: 1 text or file of entry 6" in shown.out
        (row,) = finished.run("third", "node", "show", "--json").json["bodies"]
        assert (row["lacking"]["texts"], row["lacking"]["boxes"]) == ([{"index": 6, "hash": motion}], [box.stem])
        assert row["lacking"]["unjudged"] > 20
        for path, data in kept.items():
            path.write_bytes(data)
        outcome = finished.try_("third", "mirror", address(here), "--record", "hilltop")
        assert (outcome.code, "LACKING" in outcome.out) == (0, False), outcome
        assert "LACKING" not in finished.run("third", "node", "show").out
    assert (finished.root / "third" / "boxes" / box.name).read_bytes() == kept[box]


def boxes(village: Village, where: str = HERE) -> list[Path]:
    return sorted((village.root / where / "boxes").glob("*.bel"))


def texts(village: Village, where: str) -> set[str]:
    """The blobs that motions and lists name, as this folder has them."""
    return {name for name in files(village, where) if name.startswith("blobs/")}
