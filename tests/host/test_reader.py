"""Reading a public folder with suspicion: every way in which one can be wrong, named by its file."""

from __future__ import annotations

import os
import random
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.host.layout import blob_path, check_path, record_folder
from majlis.host.publish import publish_file, publish_record, write_sums
from majlis.host.reader import PublicFolder, check_record_folder
from majlis.record import (
    Checkpoint,
    Note,
    NoteKey,
    SignatureLine,
    format_checkpoint,
    format_note,
    format_tile_path,
    parse_note,
    sign_note,
    tiles_of,
)


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


def test_without_the_list_it_is_missing_and_all_else_unlisted(camp, public):
    (public / "SHA256SUMS").unlink()
    found = findings(public)
    assert ("missing", "SHA256SUMS") in found
    assert len(found) == len(camp.files(public)) + 1


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


def test_blobs_and_boxes_are_found_by_name(camp, public):
    folder = PublicFolder(public)
    digest = sha256(b"the charter's text").hexdigest()
    assert folder.blob(digest) == b"the charter's text"
    assert folder.box(camp.uuid).read_bytes() == b"an archive" * 100
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


def test_signatures_are_checked_where_keys_are_given(camp, public):
    folder = PublicFolder(public)
    assert folder.record(camp.origin).cosignatures == ()
    stranger = NoteKey(name=camp.origin, public_key=SigningKey(bytes(32)).public_key)
    with pytest.raises(Forged, match="no signature of a key that we know") as fault:
        folder.record(camp.origin, logs=[stranger])
    assert fault.value.where == f"{camp.base}/checkpoint"
    note = parse_note((public / camp.base / "checkpoint").read_bytes())
    false = SignatureLine(name=camp.witness.name, key_id=camp.witness.key_id, signature=bytes(72))
    (public / camp.base / "checkpoint").write_bytes(
        format_note(Note(text=note.text, signatures=(note.signatures[0], false)))
    )
    assert folder.record(camp.origin, logs=[camp.log]).entries == camp.entries
    with pytest.raises(Forged) as fault:
        folder.record(camp.origin, logs=[camp.log], cosigners=[camp.witness])
    assert fault.value.where.startswith(f"{camp.base}/checkpoint")


def test_a_record_in_the_place_of_another_is_forged(camp, public):
    shutil.move(public / camp.base, public / record_folder("town.example/log"))
    with pytest.raises(Forged, match="holds the record of 'camp"):
        PublicFolder(public).record("town.example/log")


def test_a_single_record_folder_is_read_alone(camp, public):
    files = check_record_folder(PublicFolder(public / camp.base), "", logs=[camp.log])
    assert (files.origin, files.entries, files.surplus) == (camp.origin, camp.entries, ())


def test_a_wider_tile_stands_for_the_partial_one_it_replaced(camp, tmp_path):
    """A folder copied while it grew: the checkpoint is older than the tiles."""
    old, new = camp.record(camp.entries[:300]), camp.record()
    publish_record(tmp_path, new, camp.signed(new))
    (tmp_path / camp.base / "checkpoint").write_bytes(camp.signed(old))
    files = PublicFolder(tmp_path).record(camp.origin, logs=[camp.log])
    assert files.entries == camp.entries[:300]
    assert files.surplus == (f"{camp.base}/tile/0/002.p/188", f"{camp.base}/tile/entries/002.p/188")


def test_files_that_the_checkpoint_does_not_imply_are_told(camp, public):
    (public / camp.base / "tile" / "entries" / "007").write_bytes(b"")
    (public / camp.base / "notes.txt").write_bytes(b"")
    files = PublicFolder(public).record(camp.origin, logs=[camp.log])
    assert files.surplus == (f"{camp.base}/notes.txt", f"{camp.base}/tile/entries/007")


def test_an_impossible_size_ends_at_once(camp, public):
    note = format_checkpoint(Checkpoint(origin=camp.origin, size=2**62, root=bytes(32)))
    (public / camp.base / "checkpoint").write_bytes(
        format_note(Note(text=note, signatures=(sign_note(note, camp.origin, camp.key),)))
    )
    with pytest.raises((Missing, Malformed)) as fault:
        PublicFolder(public).record(camp.origin, logs=[camp.log])
    assert fault.value.where == f"{camp.base}/tile/entries/002"


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/188"],
)
@pytest.mark.parametrize("keep", [0, 0.5, -1])
def test_missing_and_truncated_files_are_named(camp, public, path, keep):
    file = public / camp.base / path
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * keep) if keep != -1 else -1])
    with pytest.raises(Malformed) as fault:
        PublicFolder(public).record(camp.origin)
    assert fault.value.where.startswith(f"{camp.base}/{path}")
    file.unlink()
    with pytest.raises(Missing) as fault:
        PublicFolder(public).record(camp.origin)
    assert fault.value.where == f"{camp.base}/{path}"


def test_a_file_with_more_than_it_should_hold_is_named(camp, public):
    for path, more in (("tile/0/000", b"\0"), ("tile/0/002.p/188", bytes(32)), ("tile/entries/002.p/188", b"\0\0")):
        file = public / camp.base / path
        data = file.read_bytes()
        file.write_bytes(data + more)
        with pytest.raises(Malformed) as fault:
            PublicFolder(public).record(camp.origin)
        assert fault.value.where == f"{camp.base}/{path}"
        file.write_bytes(data)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_one_flipped_bit_in_any_file_is_found_and_the_file_named(camp, public):
    """First by the sums; and where the sums were written anew, by the record itself."""
    chance = random.Random(2)
    sums = (public / "SHA256SUMS").read_bytes()
    for path, data in camp.files(public).items():
        for _ in range(40 if path.startswith(camp.base) else 5):
            (public / "SHA256SUMS").write_bytes(sums)
            (public / path).write_bytes(flipped(data, chance.randrange(len(data) * 8)))
            found = PublicFolder(public).check_sums()
            assert any(finding.is_failure and (path == finding.file or path in finding.text) for finding in found), path
            if path.startswith(camp.base):
                write_sums(public)
                assert PublicFolder(public).check_sums() == ()
                try:
                    files = PublicFolder(public).record(camp.origin, logs=[camp.log], cosigners=[camp.witness])
                except Fault as fault:
                    assert fault.where.startswith(path)
                else:
                    # Another name or key id makes a cosignature one of nobody we know: it counts no more.
                    assert path.endswith("checkpoint")
                    assert files.cosignatures == ()
        (public / path).write_bytes(data)
        (public / "SHA256SUMS").write_bytes(sums)
    assert PublicFolder(public).check_sums() == ()


def alter(file: Path, at: int) -> None:
    file.write_bytes(flipped(file.read_bytes(), at * 8))


def test_an_entry_and_its_hash_altered_together_are_found(camp, public):
    alter(public / camp.base / "tile/entries/000", 5)
    alter(public / camp.base / "tile/0/000", 0)
    with pytest.raises(Forged, match="both were altered") as fault:
        PublicFolder(public).record(camp.origin, logs=[camp.log])
    assert fault.value.where == f"{camp.base}/tile/entries/000"


def test_a_whole_record_written_anew_is_found_at_its_checkpoint(camp, public):
    other = camp.record([*camp.entries[:699], b"forged"])
    shutil.rmtree(public / camp.base / "tile")
    for tile in tiles_of(700):
        publish_file(public, f"{camp.base}/{format_tile_path(tile)}", other.tile(tile))
    with pytest.raises(Forged, match="it was altered, or all of them were") as fault:
        PublicFolder(public).record(camp.origin, logs=[camp.log])
    assert fault.value.where == f"{camp.base}/checkpoint"
