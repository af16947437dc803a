"""Writing the public folder: whole at every instant, and nothing twice."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed, Refused
from majlis.host import publish as module
from majlis.host.layout import IndexEntry, box_path, parse_index
from majlis.host.publish import publish_blob, publish_box, publish_file, publish_record, write_index, write_sums
from majlis.host.reader import PublicFolder
from majlis.record import cosign, format_note, format_tile_path, parse_note, tiles_of, with_signatures


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 700])
def test_the_folder_holds_what_the_checkpoint_implies_and_nothing_more(camp, tmp_path, size):
    record = camp.record()
    publish_record(tmp_path, record, camp.signed(record, size))
    expected = {f"{camp.base}/{format_tile_path(tile)}" for tile in tiles_of(size)} | {f"{camp.base}/checkpoint"}
    assert set(camp.files(tmp_path)) == expected
    files = PublicFolder(tmp_path).record(camp.origin, logs=[camp.log], cosigners=[camp.witness])
    assert files.entries == camp.entries[:size]
    assert files.surplus == ()
    assert [(c.cosigner, c.time) for c in files.cosignatures] == [(camp.witness, 1_700_000_000)]
    assert (files.origin, files.checkpoint.size, files.note) == (camp.origin, size, camp.signed(record, size))


def test_publishing_as_it_grows_gives_the_same_folder_as_publishing_once(camp, tmp_path):
    record = camp.record([])
    for size in (0, 1, 3, 3, 255, 256, 300, 700):
        record.append(camp.entries[record.size : size])
        publish_record(tmp_path / "step", record, camp.signed(record))
        assert PublicFolder(tmp_path / "step").record(camp.origin, logs=[camp.log]).entries == camp.entries[:size]
    publish_record(tmp_path / "once", record, camp.signed(record))
    assert camp.files(tmp_path / "step") == camp.files(tmp_path / "once")
    assert {path.parent.name for path in (tmp_path / "step").rglob("*.p")} == {"0", "1", "entries"}


def test_files_that_do_not_change_are_left_alone(camp, public):
    before = {path: path.stat().st_mtime_ns for path in public.rglob("*")}
    record = camp.record()
    publish_record(public, record, camp.signed(record))
    publish_blob(public, b"the charter's text")
    publish_box(public, camp.uuid, public / box_path(camp.uuid))
    write_sums(public)
    assert {path: path.stat().st_mtime_ns for path in public.rglob("*")} == before
    record.append([b"one more"])
    publish_record(public, record, camp.signed(record))
    changed = {
        path.relative_to(public / camp.base).as_posix()
        for path in (public / camp.base).rglob("*")
        if path.is_file() and path.stat().st_mtime_ns != before.get(path)
    }
    assert changed == {"checkpoint", "tile/0/002.p/189", "tile/entries/002.p/189"}


def test_a_newer_cosignature_only_changes_the_checkpoint(camp, public):
    record = camp.record()
    note = camp.signed(record)
    later = format_note(
        with_signatures(
            parse_note(note),
            [cosign(parse_note(note).text, "hill.example/mirror", SigningKey(bytes(32)), 1_700_000_001)],
        )
    )
    publish_record(public, record, later)
    assert (public / camp.base / "checkpoint").read_bytes() == later
    assert PublicFolder(public).record(camp.origin, logs=[camp.log]).entries == camp.entries


@pytest.mark.parametrize(
    "other",
    [
        lambda camp: camp.signed(camp.record(), root=bytes(32)),
        lambda camp: camp.signed(camp.record([*camp.entries, b"more"])),
        lambda camp: camp.signed(camp.record(origin="town.example/log")),
    ],
)
def test_a_checkpoint_of_other_entries_is_not_published(camp, tmp_path, other):
    with pytest.raises(Forged, match="not of the entries held here"):
        publish_record(tmp_path, camp.record(), other(camp))
    assert camp.files(tmp_path) == {}


def test_a_folder_never_goes_back(camp, public):
    record = camp.record()
    before = camp.files(public)
    with pytest.raises(Refused, match="700 entries are published already"):
        publish_record(public, record, camp.signed(record, 500))
    assert camp.files(public) == before


@pytest.mark.parametrize(
    "broken", [lambda _: b"", lambda _: b"noise", lambda camp: camp.signed(camp.record(origin="town.example/log"))]
)
def test_a_broken_checkpoint_in_its_place_is_written_anew_with_all_files(camp, public, broken):
    shutil.rmtree(public / camp.base / "tile")
    (public / camp.base / "checkpoint").write_bytes(broken(camp))
    record = camp.record()
    publish_record(public, record, camp.signed(record))
    assert PublicFolder(public).record(camp.origin, logs=[camp.log]).entries == camp.entries


def test_a_writing_cut_short_at_any_file_leaves_a_sound_folder(camp, tmp_path, monkeypatch):
    """Whatever write fails, a reader finds the old checkpoint or the new one, with all that it implies."""
    old, new = camp.record(camp.entries[:255]), camp.record()
    real = module.write_file
    cut = 0
    while True:
        folder = tmp_path / str(cut)
        publish_record(folder, old, camp.signed(old))
        left = [cut]

        def failing(path, data, left=left, **more):
            if left[0] == 0:
                raise OSError(28, "No space left on device")
            left[0] -= 1
            real(path, data, **more)

        monkeypatch.setattr(module, "write_file", failing)
        try:
            publish_record(folder, new, camp.signed(new))
            done = True
        except OSError:
            done = False
        monkeypatch.undo()
        assert len(PublicFolder(folder).record(camp.origin, logs=[camp.log]).entries) == (700 if done else 255)
        publish_record(folder, new, camp.signed(new))
        write_sums(folder)
        files = PublicFolder(folder).record(camp.origin, logs=[camp.log])
        assert (files.entries, files.surplus) == (camp.entries, ())
        if done:
            break
        cut += 1
    assert cut == 8  # Three tiles, one above them, three bundles, the checkpoint.


def test_the_box_is_copied_whole_or_not_at_all(camp, tmp_path, public, monkeypatch):
    archive = tmp_path / "larger"
    archive.write_bytes(b"another archive" * 100)

    def fail(*_):
        raise OSError(28, "No space left on device")

    before = camp.files(public)
    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        publish_box(public, camp.uuid, archive)
    monkeypatch.undo()
    assert camp.files(public) == before
    publish_box(public, camp.uuid, archive)
    assert PublicFolder(public).box(camp.uuid).read_bytes() == archive.read_bytes()


def test_the_sums_are_those_of_sha256sum(camp, public):
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum on this machine")
    check = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=public, capture_output=True, check=False)
    assert check.returncode == 0, check.stderr
    lines = (public / "SHA256SUMS").read_text().splitlines()
    paths = [line.split("  ")[1] for line in lines]
    assert paths == sorted(camp.files(public).keys() - {"SHA256SUMS"})


def test_what_a_cut_short_writing_left_behind_goes(camp, public):
    left = public / camp.base / "tile" / ".000.12.new"
    left.write_bytes(b"half")
    write_sums(public)
    assert not left.exists()
    assert PublicFolder(public).check_sums() == ()


def test_links_and_impossible_names_are_not_published(public):
    with pytest.raises(Malformed, match="not the path of a public file"):
        publish_file(public, "../outside", b"")
    (public / "a\\b").write_bytes(b"")
    with pytest.raises(Malformed, match="not the path"):
        write_sums(public)
    (public / "a\\b").unlink()
    (public / "link").symlink_to("/etc/hostname")
    with pytest.raises(Malformed, match="no links"):
        write_sums(public)


# --- the index


def entry(**more) -> IndexEntry:
    return IndexEntry(
        **{"slug": "camp", "names": {"ar": "مخيم"}, "identity": "ab" * 32, "origin": "camp.example/log"} | more
    )


def test_the_index_comes_back_in_order(tmp_path):
    other = entry(slug="a-town", identity="cd" * 32, origin="town.example/log")
    write_index(tmp_path, [entry(), other])
    assert PublicFolder(tmp_path).index() == [other, entry()]
    assert "مخيم" in (tmp_path / "index.json").read_text("utf-8")


@pytest.mark.parametrize(
    "second",
    [
        entry(identity="cd" * 32, origin="b"),
        entry(slug="b", origin="b"),
        entry(slug="b", identity="cd" * 32),
        entry(slug="../x", identity="cd" * 32, origin="b"),
        entry(slug="", identity="cd" * 32, origin="b"),
        entry(slug="B", identity="cd" * 32, origin="b"),
        entry(slug="b", identity="CD" * 32, origin="b"),
        entry(slug="b", identity="cd" * 32, origin="b c"),
    ],
)
def test_an_index_that_misleads_is_malformed(tmp_path, second):
    with pytest.raises(Malformed) as fault:
        write_index(tmp_path, [entry(), second])
    assert "index.json" in fault.value.where
    assert not (tmp_path / "index.json").exists()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"format":"majlis-index/2","records":[]}'])
def test_an_index_that_does_not_parse_is_malformed(data):
    with pytest.raises(Malformed) as fault:
        parse_index(data)
    assert "index.json" in fault.value.where
