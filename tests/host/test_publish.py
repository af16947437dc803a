"""The public folder: written whole, read with suspicion."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host import publish as module
from majlis.host.layout import IndexEntry, blob_path, box_path, check_path, parse_index, record_folder
from majlis.host.publish import publish_blob, publish_box, publish_file, publish_record, write_index, write_sums
from majlis.host.reader import PublicFolder, check_record_folder
from majlis.host.store import MemoryStore
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    SignatureLine,
    cosign,
    format_checkpoint,
    format_note,
    format_tile_path,
    sign_note,
    tiles_of,
    with_signatures,
)

ORIGIN = "camp.example/log"
KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name=ORIGIN, public_key=KEY.public_key)
WITNESS_KEY = SigningKey(bytes(range(1, 33)))
WITNESS = CosignerKey(name="sea.example/witness", public_key=WITNESS_KEY.public_key)
ENTRIES = [f"act {n}".encode() for n in range(700)]
UUID = "PW6jncGpHgfbpX"
BASE = record_folder(ORIGIN)


def made(entries: list[bytes], origin: str = ORIGIN):
    record = MemoryStore().create(origin)
    record.append(entries)
    return record


def signed(record, size: int | None = None, *, root: bytes | None = None, key: SigningKey = KEY) -> bytes:
    size = record.size if size is None else size
    root = record.root(size) if root is None else root
    text = format_checkpoint(Checkpoint(origin=record.origin, size=size, root=root))
    note = Note(text=text, signatures=(sign_note(text, record.origin, key),))
    return format_note(with_signatures(note, [cosign(text, WITNESS.name, WITNESS_KEY, 1_700_000_000)]))


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def public(tmp_path):
    """A whole small public folder."""
    folder = tmp_path / "public"
    record = made(ENTRIES)
    publish_record(folder, record, signed(record))
    publish_blob(folder, b"the charter's text")
    archive = tmp_path / "box"
    archive.write_bytes(b"an archive" * 100)
    publish_box(folder, UUID, archive)
    publish_file(folder, "pages/en/index.html", b"<html>")
    write_index(folder, [IndexEntry(slug="camp", names={"en": "Camp"}, identity="ab" * 32, origin=ORIGIN)])
    write_sums(folder)
    return folder


# --- writing


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 700])
def test_the_folder_holds_what_the_checkpoint_implies_and_nothing_more(tmp_path, size):
    record = made(ENTRIES)
    publish_record(tmp_path, record, signed(record, size))
    expected = {f"{BASE}/{format_tile_path(tile)}" for tile in tiles_of(size)} | {f"{BASE}/checkpoint"}
    assert set(everything(tmp_path)) == expected
    files = PublicFolder(tmp_path).record(ORIGIN, logs=[LOG], cosigners=[WITNESS])
    assert files.entries == ENTRIES[:size]
    assert files.surplus == ()
    assert [(c.cosigner, c.time) for c in files.cosignatures] == [(WITNESS, 1_700_000_000)]
    assert (files.origin, files.checkpoint.size, files.note) == (ORIGIN, size, signed(record, size))


def test_publishing_as_it_grows_gives_the_same_folder_as_publishing_once(tmp_path):
    record = made([])
    for size in (0, 1, 3, 3, 255, 256, 300, 700):
        record.append(ENTRIES[record.size : size])
        publish_record(tmp_path / "step", record, signed(record))
        assert PublicFolder(tmp_path / "step").record(ORIGIN, logs=[LOG]).entries == ENTRIES[:size]
    publish_record(tmp_path / "once", record, signed(record))
    assert everything(tmp_path / "step") == everything(tmp_path / "once")
    assert {path.parent.name for path in (tmp_path / "step").rglob("*.p")} == {"0", "1", "entries"}


def test_files_that_do_not_change_are_left_alone(public):
    before = {path: path.stat().st_mtime_ns for path in public.rglob("*")}
    record = made(ENTRIES)
    publish_record(public, record, signed(record))
    publish_blob(public, b"the charter's text")
    publish_box(public, UUID, public / box_path(UUID))
    write_sums(public)
    assert {path: path.stat().st_mtime_ns for path in public.rglob("*")} == before
    record.append([b"one more"])
    publish_record(public, record, signed(record))
    changed = {
        path.relative_to(public / BASE).as_posix()
        for path in (public / BASE).rglob("*")
        if path.is_file() and path.stat().st_mtime_ns != before.get(path)
    }
    assert changed == {"checkpoint", "tile/0/002.p/189", "tile/entries/002.p/189"}


def test_a_newer_cosignature_only_changes_the_checkpoint(public):
    record = made(ENTRIES)
    note = signed(record).replace(b"\n\n", b"\n\n", 1)
    later = format_note(
        with_signatures(
            module.parse_note(note),
            [cosign(module.parse_note(note).text, "hill.example/mirror", SigningKey(bytes(32)), 1_700_000_001)],
        )
    )
    publish_record(public, record, later)
    assert (public / BASE / "checkpoint").read_bytes() == later
    assert PublicFolder(public).record(ORIGIN, logs=[LOG]).entries == ENTRIES


@pytest.mark.parametrize(
    "note",
    [
        signed(made(ENTRIES), root=bytes(32)),
        signed(made([*ENTRIES, b"more"])),
        signed(made(ENTRIES, "town.example/log")),
    ],
)
def test_a_checkpoint_of_other_entries_is_not_published(tmp_path, note):
    with pytest.raises(Forged, match="not of the entries held here"):
        publish_record(tmp_path, made(ENTRIES), note)
    assert everything(tmp_path) == {}


def test_a_folder_never_goes_back(public):
    record = made(ENTRIES)
    before = everything(public)
    with pytest.raises(Refused, match="700 entries are published already"):
        publish_record(public, record, signed(record, 500))
    assert everything(public) == before


@pytest.mark.parametrize("broken", [b"", b"noise", signed(made(ENTRIES, "town.example/log"))])
def test_a_broken_checkpoint_in_its_place_is_written_anew_with_all_files(public, broken):
    shutil.rmtree(public / BASE / "tile")
    (public / BASE / "checkpoint").write_bytes(broken)
    record = made(ENTRIES)
    publish_record(public, record, signed(record))
    assert PublicFolder(public).record(ORIGIN, logs=[LOG]).entries == ENTRIES


def test_a_writing_cut_short_at_any_file_leaves_a_sound_folder(tmp_path, monkeypatch):
    """Whatever write fails, a reader finds the old checkpoint or the new one, with all that it implies."""
    old, new = made(ENTRIES[:255]), made(ENTRIES)
    real = module.write_file
    cut = 0
    while True:
        folder = tmp_path / str(cut)
        publish_record(folder, old, signed(old))
        left = [cut]

        def failing(path, data, left=left, **more):
            if left[0] == 0:
                raise OSError(28, "No space left on device")
            left[0] -= 1
            real(path, data, **more)

        monkeypatch.setattr(module, "write_file", failing)
        try:
            publish_record(folder, new, signed(new))
            done = True
        except OSError:
            done = False
        monkeypatch.undo()
        assert len(PublicFolder(folder).record(ORIGIN, logs=[LOG]).entries) == (700 if done else 255)
        publish_record(folder, new, signed(new))
        write_sums(folder)
        files = PublicFolder(folder).record(ORIGIN, logs=[LOG])
        assert (files.entries, files.surplus) == (ENTRIES, ())
        if done:
            break
        cut += 1
    assert cut == 8  # Three tiles, one above them, three bundles, the checkpoint.


def test_the_box_is_copied_whole_or_not_at_all(tmp_path, public, monkeypatch):
    archive = tmp_path / "larger"
    archive.write_bytes(b"another archive" * 100)

    def fail(*_):
        raise OSError(28, "No space left on device")

    before = everything(public)
    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        publish_box(public, UUID, archive)
    monkeypatch.undo()
    assert everything(public) == before
    publish_box(public, UUID, archive)
    assert PublicFolder(public).box(UUID).read_bytes() == archive.read_bytes()


def test_the_sums_are_those_of_sha256sum(public):
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum on this machine")
    check = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=public, capture_output=True, check=False)
    assert check.returncode == 0, check.stderr
    lines = (public / "SHA256SUMS").read_text().splitlines()
    paths = [line.split("  ")[1] for line in lines]
    assert paths == sorted(everything(public).keys() - {"SHA256SUMS"})


def test_what_a_cut_short_writing_left_behind_goes(public):
    left = public / BASE / "tile" / ".000.12.new"
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
    return IndexEntry(**{"slug": "camp", "names": {"ar": "مخيم"}, "identity": "ab" * 32, "origin": ORIGIN} | more)


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


# --- checksums


def findings(folder: Path) -> list[tuple[str, str]]:
    return [(finding.kind, finding.file) for finding in PublicFolder(folder).check_sums()]


def test_a_whole_folder_has_no_findings(public):
    assert findings(public) == []


def test_missing_changed_and_unlisted_files_are_told_apart(public):
    (public / "index.json").unlink()
    (public / "pages/en/index.html").write_bytes(b"<HTML>")
    (public / "pages/en/new.html").write_bytes(b"")
    assert findings(public) == [
        ("missing", "index.json"),
        ("changed", "pages/en/index.html"),
        ("unlisted", "pages/en/new.html"),
    ]
    assert [finding.is_failure for finding in PublicFolder(public).check_sums()] == [True, True, False]


def test_without_the_list_it_is_missing_and_all_else_unlisted(public):
    (public / "SHA256SUMS").unlink()
    found = findings(public)
    assert ("missing", "SHA256SUMS") in found
    assert len(found) == len(everything(public)) + 1


LINE = "0" * 64 + "  index.json\n"


@pytest.mark.parametrize(
    "text",
    [
        LINE[:-1],
        LINE + LINE,
        LINE + "\n",
        LINE.replace("  ", " "),
        LINE.replace("  ", " *"),
        LINE.replace("0", "A"),
        LINE.replace("index.json", "../index.json"),
        LINE.replace("index.json", "/etc/hostname"),
        LINE.replace("index.json", "a//b"),
        LINE.replace("index.json", "./index.json"),
        LINE.replace("index.json", "a\\b"),
        LINE.replace("index.json", "SHA256SUMS"),
        "\udcff",
    ],
)
def test_a_list_with_tricks_is_malformed(public, text):
    (public / "SHA256SUMS").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert ("malformed", "SHA256SUMS") in findings(public)


def test_links_devices_and_pipes_are_not_followed(public, tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes((public / "index.json").read_bytes())
    (public / "index.json").unlink()
    (public / "index.json").symlink_to(outside)
    (public / "pages" / "en" / "index.html").unlink()
    os.mkfifo(public / "pages" / "en" / "index.html")
    shutil.move(public / "blobs", tmp_path / "blobs")
    (public / "blobs").symlink_to(tmp_path / "blobs")
    assert findings(public) == [
        ("unlisted", "blobs"),
        ("malformed", blob_path(sha256(b"the charter's text").hexdigest())),
        ("malformed", "index.json"),
        ("malformed", "pages/en/index.html"),
    ]
    with pytest.raises(Malformed, match="no links"):
        PublicFolder(public).index()


def test_a_file_that_may_not_be_read_is_named(public):
    if os.geteuid() == 0:
        pytest.skip("the superuser reads everything")
    (public / "index.json").chmod(0)
    assert findings(public) == [("malformed", "index.json")]


def test_names_of_no_language_are_shown_safely(public):
    os.close(os.open(os.fsencode(public) + b"/\xff\xfe", os.O_CREAT))
    assert findings(public) == [("unlisted", "\\udcff\\udcfe")]


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "c:a", "a\nb", "a\0b", "x" * 1001]
)
def test_paths_with_tricks(path):
    with pytest.raises(Malformed, match="not the path"):
        check_path(path)


# --- reading


def test_what_is_read_is_bounded(public):
    folder = PublicFolder(public)
    with pytest.raises(Malformed, match="more than 3 bytes"):
        folder.read("index.json", 3)
    with pytest.raises(Missing, match="ask a mirror"):
        folder.read("index.json/more", 3)
    with pytest.raises(Malformed, match="no ordinary file"):
        folder.read("pages", 3)
    with pytest.raises(Missing, match="no such folder"):
        PublicFolder(public / "nowhere")


def test_blobs_and_boxes_are_found_by_name(public):
    folder = PublicFolder(public)
    digest = sha256(b"the charter's text").hexdigest()
    assert folder.blob(digest) == b"the charter's text"
    assert folder.box(UUID).read_bytes() == b"an archive" * 100
    for missing in (lambda: folder.blob("00" * 32), lambda: folder.box("1" * 14)):
        with pytest.raises(Missing):
            missing()
    for wrong in (
        lambda: folder.blob("../" * 21 + "a"),
        lambda: folder.blob(digest.upper()),
        lambda: folder.box("../x"),
    ):
        with pytest.raises(Malformed):
            wrong()
    (public / blob_path(digest)).write_bytes(b"another text")
    with pytest.raises(Forged, match="not those that its name says") as fault:
        folder.blob(digest)
    assert fault.value.where == blob_path(digest)


def test_signatures_are_checked_where_keys_are_given(public):
    folder = PublicFolder(public)
    assert folder.record(ORIGIN).cosignatures == ()
    stranger = NoteKey(name=ORIGIN, public_key=SigningKey(bytes(32)).public_key)
    with pytest.raises(Forged, match="no signature of a key that we know") as fault:
        folder.record(ORIGIN, logs=[stranger])
    assert fault.value.where == f"{BASE}/checkpoint"
    note = module.parse_note((public / BASE / "checkpoint").read_bytes())
    false = SignatureLine(name=WITNESS.name, key_id=WITNESS.key_id, signature=bytes(72))
    (public / BASE / "checkpoint").write_bytes(
        format_note(Note(text=note.text, signatures=(note.signatures[0], false)))
    )
    assert folder.record(ORIGIN, logs=[LOG]).entries == ENTRIES
    with pytest.raises(Forged) as fault:
        folder.record(ORIGIN, logs=[LOG], cosigners=[WITNESS])
    assert fault.value.where.startswith(f"{BASE}/checkpoint")


def test_a_record_in_the_place_of_another_is_forged(public):
    shutil.move(public / BASE, public / record_folder("town.example/log"))
    with pytest.raises(Forged, match="holds the record of 'camp"):
        PublicFolder(public).record("town.example/log")


def test_a_single_record_folder_is_read_alone(public):
    files = check_record_folder(PublicFolder(public / BASE), "", logs=[LOG])
    assert (files.origin, files.entries, files.surplus) == (ORIGIN, ENTRIES, ())


def test_a_wider_tile_stands_for_the_partial_one_it_replaced(tmp_path):
    """A folder copied while it grew: the checkpoint is older than the tiles."""
    old, new = made(ENTRIES[:300]), made(ENTRIES)
    publish_record(tmp_path, new, signed(new))
    (tmp_path / BASE / "checkpoint").write_bytes(signed(old))
    files = PublicFolder(tmp_path).record(ORIGIN, logs=[LOG])
    assert files.entries == ENTRIES[:300]
    assert files.surplus == (f"{BASE}/tile/0/002.p/188", f"{BASE}/tile/entries/002.p/188")


def test_files_that_the_checkpoint_does_not_imply_are_told(public):
    (public / BASE / "tile" / "entries" / "007").write_bytes(b"")
    (public / BASE / "notes.txt").write_bytes(b"")
    files = PublicFolder(public).record(ORIGIN, logs=[LOG])
    assert files.surplus == (f"{BASE}/notes.txt", f"{BASE}/tile/entries/007")


def test_an_impossible_size_ends_at_once(public):
    note = format_checkpoint(Checkpoint(origin=ORIGIN, size=2**62, root=bytes(32)))
    (public / BASE / "checkpoint").write_bytes(format_note(Note(text=note, signatures=(sign_note(note, ORIGIN, KEY),))))
    with pytest.raises((Missing, Malformed)) as fault:
        PublicFolder(public).record(ORIGIN, logs=[LOG])
    assert fault.value.where == f"{BASE}/tile/entries/002"


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/188"],
)
@pytest.mark.parametrize("keep", [0, 0.5, -1])
def test_missing_and_truncated_files_are_named(public, path, keep):
    file = public / BASE / path
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * keep) if keep != -1 else -1])
    with pytest.raises(Malformed) as fault:
        PublicFolder(public).record(ORIGIN)
    assert fault.value.where.startswith(f"{BASE}/{path}")
    file.unlink()
    with pytest.raises(Missing) as fault:
        PublicFolder(public).record(ORIGIN)
    assert fault.value.where == f"{BASE}/{path}"


def test_a_file_with_more_than_it_should_hold_is_named(public):
    for path, more in (("tile/0/000", b"\0"), ("tile/0/002.p/188", bytes(32)), ("tile/entries/002.p/188", b"\0\0")):
        file = public / BASE / path
        data = file.read_bytes()
        file.write_bytes(data + more)
        with pytest.raises(Malformed) as fault:
            PublicFolder(public).record(ORIGIN)
        assert fault.value.where == f"{BASE}/{path}"
        file.write_bytes(data)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_one_flipped_bit_in_any_file_is_found_and_the_file_named(public):
    """First by the sums; and where the sums were written anew, by the record itself."""
    chance = random.Random(2)
    sums = (public / "SHA256SUMS").read_bytes()
    for path, data in everything(public).items():
        for _ in range(40 if path.startswith(BASE) else 5):
            (public / "SHA256SUMS").write_bytes(sums)
            (public / path).write_bytes(flipped(data, chance.randrange(len(data) * 8)))
            found = PublicFolder(public).check_sums()
            assert any(finding.is_failure and (path == finding.file or path in finding.text) for finding in found), path
            if path.startswith(BASE):
                write_sums(public)
                assert PublicFolder(public).check_sums() == ()
                try:
                    files = PublicFolder(public).record(ORIGIN, logs=[LOG], cosigners=[WITNESS])
                except Fault as fault:
                    assert fault.where.startswith(path)
                else:
                    # Another name or key id makes a cosignature one of nobody we know: it counts no more.
                    assert path.endswith("checkpoint")
                    assert files.cosignatures == ()
        (public / path).write_bytes(data)
        (public / "SHA256SUMS").write_bytes(sums)
    assert PublicFolder(public).check_sums() == ()


def altered(public: Path, path: str, at: int) -> None:
    file = public / BASE / path
    file.write_bytes(flipped(file.read_bytes(), at * 8))


def test_an_entry_and_its_hash_altered_together_are_found(public):
    altered(public, "tile/entries/000", 5)
    altered(public, "tile/0/000", 0)
    with pytest.raises(Forged, match="both were altered") as fault:
        PublicFolder(public).record(ORIGIN, logs=[LOG])
    assert fault.value.where == f"{BASE}/tile/entries/000"


def test_a_whole_record_written_anew_is_found_at_its_checkpoint(public):
    other = made([*ENTRIES[:699], b"forged"])
    shutil.rmtree(public / BASE / "tile")
    for tile in tiles_of(700):
        publish_file(public, f"{BASE}/{format_tile_path(tile)}", other.tile(tile))
    with pytest.raises(Forged, match="it was altered, or all of them were") as fault:
        PublicFolder(public).record(ORIGIN, logs=[LOG])
    assert fault.value.where == f"{BASE}/checkpoint"
