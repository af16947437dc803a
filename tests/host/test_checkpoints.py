"""What is safe stays safe: beside the newest checkpoint that anybody showed, the newest that enough mirrors cosigned.

The body of ``stick`` has two mirrors, of whom one is enough; ``captured`` has three, of whom two are.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.host.captured import NEXT, Shelf, fetched, move, publish, village
from tests.host.stick import Body, files, members, rewrite

from majlis.errors import Forged
from majlis.host.bundle import make_bundle
from majlis.host.checkpoints import Checkpoints, safe_size
from majlis.host.exchange import give, give_cosigned, take
from majlis.host.fetching import fetch
from majlis.host.folder import open_folder
from majlis.host.layout import SAFE, SUMS
from majlis.host.node import Node
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.host.reader import PublicFolder
from majlis.host.receive import receive
from majlis.host.takeover import newest_safe, shown_checkpoint
from majlis.main import main
from majlis.record import parse_checkpoint, parse_note
from majlis.site.folder import FolderSource
from majlis.site.live import DataSource


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node.create(tmp_path / "data", keeper="amal")


def size_of(note: bytes) -> int:
    return parse_checkpoint(parse_note(note).text).size if note else 0


def bare(body: Body, folder: Path, size: int) -> Path:
    """The folder holds the record as its host gives it: signed, and cosigned by nobody yet."""
    record = body.record(size)
    publish_record(folder, record, body.note(record))
    write_index(folder, [body.index], ())
    write_sums(folder)
    return folder


def kept(node: Node, body: Body) -> tuple[int, int]:
    """The sizes that are safe and seen."""
    return size_of(node.checkpoint(body.identity)), size_of(node.checkpoints.seen(body.identity))


def given(node: Node, public: Path) -> None:
    """All that this folder holds is in the public one. Nothing is kept here as a host."""
    with node.writing() as store:
        give(node, SimpleNamespace(store=store), public)  # type: ignore[arg-type]  (no host is asked for a copy)


def test_of_all_that_is_shown_the_newest_safe_and_the_newest_stay(tmp_path: Path, body: Body) -> None:
    """R-NODE-8"""
    checkpoints, first = Checkpoints(tmp_path), body.entries[0]

    def keep(size: int, *mirrors: int) -> tuple[int, int]:
        checkpoints.keep("x", body.note(body.record(size), *mirrors), first)
        return size_of(checkpoints.safe("x")), size_of(checkpoints.seen("x"))

    assert (checkpoints.safe("x"), checkpoints.seen("x")) == (b"", b"")
    assert keep(300) == (0, 300)
    assert keep(200, 0) == (200, 300)
    assert keep(100, 1) == (200, 300)
    assert keep(250) == (200, 300)
    assert keep(400) == (200, 400)
    assert keep(400, 1) == (400, 400)
    assert [path.name for path in tmp_path.iterdir()] == ["x"], "one note says both"
    assert keep(400) == (400, 400)
    assert keep(400, 0) == (400, 400)
    assert len(parse_note(checkpoints.safe("x")).signatures) == 3, "lines that came apart come together"


def test_an_older_folder_that_kept_one_note_is_read_as_what_it_is(tmp_path: Path, body: Body) -> None:
    """R-NODE-8: what was kept in the place of the safe one, and is not safe, moves beside it."""
    checkpoints, first = Checkpoints(tmp_path), body.entries[0]
    (tmp_path / "x").write_bytes(body.note(body.record(300)))
    checkpoints.keep("x", body.note(body.record(200), 0), first)
    assert (size_of(checkpoints.safe("x")), size_of(checkpoints.seen("x"))) == (200, 300)
    (tmp_path / "y").write_bytes(body.note(body.record(100)))
    checkpoints.keep("y", body.note(body.record(200)), first)
    assert (checkpoints.safe("y"), size_of(checkpoints.seen("y"))) == (b"", 200)


def test_two_lines_that_come_apart_make_one_safe_checkpoint(tmp_path: Path) -> None:
    """R-NODE-8: of three mirrors two are enough, and each shows its own line alone."""
    body = village()
    checkpoints, first = Checkpoints(tmp_path), body.record.entries[0]
    for number, safe in ((0, False), (2, True)):
        checkpoints.keep("x", body.checkpoint(witnesses=[number]).encode(), first)
        assert bool(checkpoints.safe("x")) == safe
    assert safe_size(checkpoints.safe("x"), first) == len(body.record.entries)
    assert safe_size(body.checkpoint().encode(), b"no act 0") == 0


def test_a_newer_copy_that_nobody_cosigned_makes_nothing_less_safe(tmp_path: Path, node: Node, body: Body) -> None:
    """R-NODE-8: taken from a stick, and shown on pages and to others as it is."""
    take(node, body.publish(tmp_path / "cosigned", 500, 0))
    take(node, bare(body, tmp_path / "newer", 700))
    assert kept(node, body) == (500, 700)
    assert size_of(newest_safe(node, body.identity, body.entries)) == 500
    assert size_of(shown_checkpoint(node, body.identity)) == 700


def test_a_fetched_copy_that_nobody_cosigned_makes_nothing_less_safe(tmp_path: Path, node: Node, body: Body) -> None:
    """R-NODE-8: the same over HTTP; and the safe one is fetched from where both lie."""
    fetch(node, Shelf(body.publish(tmp_path / "cosigned", 500, 0)))
    fetch(node, Shelf(bare(body, tmp_path / "newer", 700)))
    assert kept(node, body) == (500, 700)
    other = Node.create(tmp_path / "other", keeper="amal")
    both = Shelf(bare(body, body.publish(tmp_path / "both", 600, 1), 700))
    fetch(other, both)
    assert kept(other, body) == (600, 700)
    fetch(other, Shelf(body.publish(tmp_path / "all", 700, 0)))
    assert kept(other, body) == (700, 700)


def test_pages_of_a_data_folder_count_what_was_safe(tmp_path: Path, node: Node) -> None:
    """R-NODE-8, R-PUBLIC-5: and they serve both."""
    body = village()
    size = len(body.record.entries)
    fetched(node, publish(body, tmp_path / "cosigned", body.log_key))
    source = DataSource(node)
    base = PublicFolder(tmp_path / "cosigned").index()[0].origin
    assert source.safe_size(body.identity) == size
    body.table()
    fetched(node, publish(body, tmp_path / "newer", body.log_key, witnesses=(1,)))
    source.refresh()
    assert source.safe_size(body.identity) == size
    (folder,) = [path.name for path in (tmp_path / "newer").iterdir() if len(path.name) == 64]
    assert base == body.origin
    assert size_of(source.file(f"{folder}/{SAFE}") or b"") == size
    assert size_of(source.file(f"{folder}/checkpoint") or b"") == size + 1
    fetched(node, publish(body, tmp_path / "later", body.log_key))
    assert source.safe_size(body.identity) == size + 1
    assert source.file(f"{folder}/{SAFE}") is None


def test_a_public_folder_carries_both(tmp_path: Path, node: Node, body: Body) -> None:
    """R-PUBLIC-5: given away, taken elsewhere, and only while they differ."""
    take(node, body.publish(tmp_path / "cosigned", 500, 0))
    take(node, bare(body, tmp_path / "newer", 700))
    public, cosigned = tmp_path / "public", tmp_path / "safe"
    given(node, public)
    place = public / body.base
    assert size_of((place / SAFE).read_bytes()) == 500
    assert size_of((place / "checkpoint").read_bytes()) == 700
    give_cosigned(node, cosigned)
    assert not (cosigned / body.base / SAFE).exists()
    assert size_of((cosigned / body.base / "checkpoint").read_bytes()) == 500
    other = Node.create(tmp_path / "other", keeper="amal")
    take(other, public)
    assert kept(other, body) == (500, 700)
    take(node, body.publish(tmp_path / "all", 700, 1))
    given(node, public)
    assert not (place / SAFE).exists()


def test_what_lies_there_as_safe_is_judged(tmp_path: Path, node: Node, body: Body) -> None:
    """R-PUBLIC-5: whoever takes, fetches, verifies or bundles it."""
    public = bare(body, body.publish(tmp_path / "public", 500, 0), 700)
    place = public / body.base / SAFE
    good = place.read_bytes()
    record = body.record(600)
    larger = body.record(None, [*body.entries, b"one more"])
    bad = {
        "another history": body.note(body.record(600, body.parted(300)), 0),
        "0 of 1 mirrors": body.note(record),
        "more entries": body.note(larger, 0),
        "none": body.note(record, 0, signer=NEXT),
    }
    for why, note in bad.items():
        place.write_bytes(note)
        write_sums(public)
        (taken,) = take(node, public)
        assert taken.outcome == "refused"
        (taken,) = fetch(node, Shelf(public))
        assert taken.outcome == "refused"
        assert why in taken.text or why == "none"
        with pytest.raises(Forged):
            make_bundle(public, tmp_path / "x.majlis")
        folder = open_folder(public, sums=True)
        assert folder.safe[body.identity] == 0
        assert next((problem.kind, problem.file) for problem in folder.problems) == ("failure", f"{body.base}/{SAFE}")
    assert kept(node, body) == (0, 700)
    place.write_bytes(good)
    write_sums(public)
    take(node, public)
    assert kept(node, body) == (500, 700)
    folder = open_folder(public, sums=True)
    assert (folder.safe[body.identity], size_of(folder.safe_notes[body.identity])) == (500, 500)
    assert [problem.kind for problem in folder.problems] == ["note"]


def test_a_safe_checkpoint_of_another_history_is_evidence(tmp_path: Path, node: Node, body: Body) -> None:
    """R-FORK-4: its log signed both."""
    public = bare(body, body.publish(tmp_path / "public", 500, 0), 700)
    (public / body.base / SAFE).write_bytes(body.note(body.record(600, body.parted(300)), 0))
    (taken,) = fetch(node, Shelf(public))
    assert "the evidence is in" in taken.text
    (evidence,) = (node.folder / "evidence").iterdir()
    assert main(["compare", "--check", str(evidence), "--vkey", body.log.vkey]) == 0


def test_a_bundle_carries_both_into_any_folder(tmp_path: Path, body: Body) -> None:
    """R-PUBLIC-5: in full or as an update; a reader who knows of no such file takes the rest."""
    public = bare(body, body.publish(tmp_path / "public", 500, 0), 700)
    into = tmp_path / "into"
    for since in ((), (600,)):
        file = tmp_path / f"{len(since)}.majlis"
        make_bundle(public, file, every_since=since)
        assert f"{body.base}/{SAFE}" in members(file)
        old = body.publish(tmp_path / f"old-{len(since)}", 600, 1)
        (old / body.base / "checkpoint").write_bytes(body.note(body.record(600)))
        received = receive(file, old)
        assert (received.exit_code, received.records[0].size) == (0, 700)
        assert size_of((old / body.base / SAFE).read_bytes()) == 500
    receive(tmp_path / "0.majlis", into)
    assert {name: data for name, data in files(into).items() if name != SUMS}.keys() <= files(public).keys()
    assert (into / body.base / SAFE).read_bytes() == (public / body.base / SAFE).read_bytes()


def test_an_import_makes_nothing_less_safe(tmp_path: Path, body: Body) -> None:
    """R-PUBLIC-5: what comes is newer, and nobody cosigned it yet; then somebody did."""
    into = body.publish(tmp_path / "into", 500, 0)
    make_bundle(bare(body, tmp_path / "newer", 700), tmp_path / "newer.majlis")
    receive(tmp_path / "newer.majlis", into)
    assert size_of((into / body.base / SAFE).read_bytes()) == 500
    assert open_folder(into, sums=True).safe[body.identity] == 500
    make_bundle(body.publish(tmp_path / "all", 700, 1), tmp_path / "all.majlis")
    receive(tmp_path / "all.majlis", into)
    assert not (into / body.base / SAFE).exists()
    assert open_folder(into, sums=True).safe[body.identity] == 700


def test_a_false_safe_checkpoint_in_a_bundle_brings_nothing(tmp_path: Path, body: Body) -> None:
    """R-PUBLIC-5: one that no mirror cosigned, or that somebody else signed, is as none; a fork is a fork."""
    public = bare(body, body.publish(tmp_path / "public", 500, 0), 700)
    file = tmp_path / "x.majlis"
    make_bundle(public, file)
    name = f"{body.base}/{SAFE}"
    for number, note in enumerate((body.note(body.record(600)), body.note(body.record(600), 0, signer=NEXT))):
        rewrite(file, lambda inside, note=note: inside.update({name: note}))
        into = tmp_path / f"into-{number}"
        assert receive(file, into).exit_code == 0
        assert not (into / name).exists()
    rewrite(file, lambda inside: inside.update({name: body.note(body.record(600, body.parted(300)), 0)}))
    received = receive(file, tmp_path / "forked")
    assert received.records[0].outcome == "fork"
    assert received.exit_code == 1


def test_pages_and_proofs_of_a_public_folder_go_by_the_safe_one(tmp_path: Path) -> None:
    """R-PUBLIC-5: and both commands that read it say nothing against it."""
    body = village()
    size = len(body.record.entries)
    public = publish(body, tmp_path / "public", body.log_key)
    body.table()
    publish(body, public, body.log_key, witnesses=(2,))
    source = FolderSource(public)
    assert source.safe_size(body.identity) == size
    assert size_of(source._cosigned(body.identity)) == size
    assert main(["verify", str(public), "--accept-unknown"]) == 0
    assert main(["record", "verify", str(public)]) == 5


def test_a_safe_checkpoint_by_a_key_that_the_record_never_had_is_refused(tmp_path: Path, node: Node) -> None:
    """R-MOVE-8: below the move the old key signs, and above it the new one."""
    body = village()
    old = body.log_key
    public = publish(body, tmp_path / "public", old)
    move(body)
    body.table()
    publish(body, public, NEXT, witnesses=(2,))
    assert fetched(node, public).outcome == "new"
    safe = size_of(node.checkpoint(body.identity))
    assert 0 < safe < len(body.record.entries) - 1
    assert open_folder(public).safe[body.identity] == safe
    place = next(public.glob(f"*/{SAFE}"))
    body.log_key = old
    place.write_bytes(body.checkpoint().encode())
    write_sums(public)
    assert open_folder(public).bodies == []
    other = Node.create(tmp_path / "other", keeper="amal")
    assert fetched(other, public).outcome == "refused"


def test_an_ordinary_zip_program_finds_it_where_a_mirror_has_it(tmp_path: Path, body: Body) -> None:
    public = bare(body, body.publish(tmp_path / "public", 500, 0), 700)
    make_bundle(public, tmp_path / "x.majlis")
    with zipfile.ZipFile(tmp_path / "x.majlis") as file:
        assert file.read(f"{body.base}/{SAFE}") == (public / body.base / SAFE).read_bytes()
