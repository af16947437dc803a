"""A camp's record and its public folder, for the tests of writing and reading."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from tests.stories.play import Play, copy_of, played, publish_alone

from majlis.crypto import SigningKey
from majlis.host.layout import IndexEntry, record_folder
from majlis.host.publish import publish_blob, publish_box, publish_file, publish_record, write_index, write_sums
from majlis.host.store import MemoryRecord, MemoryStore
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    cosign,
    format_checkpoint,
    format_note,
    sign_note,
    with_signatures,
)


class Camp:
    """One log with its key, a witness, 700 entries, and what is made of them."""

    origin = "camp.example/log"
    base = record_folder("camp.example/log")
    key = SigningKey(bytes(range(32)))
    log = NoteKey(name="camp.example/log", public_key=key.public_key)
    witness_key = SigningKey(bytes(range(1, 33)))
    witness = CosignerKey(name="sea.example/witness", public_key=witness_key.public_key)
    entries: ClassVar[list[bytes]] = [f"act {n}".encode() for n in range(700)]
    uuid = "PW6jncGpHgfbpX"

    def record(self, entries=None, origin: str | None = None) -> MemoryRecord:
        record = MemoryStore().create(origin or self.origin)
        record.append(self.entries if entries is None else entries)
        return record

    def signed(self, record: MemoryRecord, size: int | None = None, *, root: bytes | None = None) -> bytes:
        """The checkpoint of the record, cosigned by the witness."""
        size = record.size if size is None else size
        root = record.root(size) if root is None else root
        text = format_checkpoint(Checkpoint(origin=record.origin, size=size, root=root))
        note = Note(text=text, signatures=(sign_note(text, record.origin, self.key),))
        return format_note(with_signatures(note, [cosign(text, self.witness.name, self.witness_key, 1_700_000_000)]))

    @staticmethod
    def files(folder: Path) -> dict[str, bytes]:
        """Every file of a folder, by path."""
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def camp() -> Camp:
    return Camp()


@pytest.fixture
def public(tmp_path, camp) -> Path:
    """A whole small public folder."""
    folder = tmp_path / "public"
    record = camp.record()
    publish_record(folder, record, camp.signed(record))
    publish_blob(folder, b"the charter's text")
    archive = tmp_path / "box"
    archive.write_bytes(b"an archive" * 100)
    publish_box(folder, camp.uuid, archive)
    publish_file(folder, "pages/en/index.html", b"<html>")
    write_index(folder, [IndexEntry(slug="camp", names={"en": "Camp"}, identity="ab" * 32, origin=camp.origin)])
    write_sums(folder)
    return folder


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """A federation of three districts, played from census to recall and published; for the tests of verifying."""
    return played(tmp_path_factory.getbasetemp() / "play")


@pytest.fixture
def given(play: Play, tmp_path: Path) -> Path:
    """A copy of its public folder."""
    return copy_of(play.public, tmp_path / "given")


@pytest.fixture(scope="session")
def small(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public folder of one affiliate alone: one record of one bundle, and its blobs. Quickly verified."""
    return publish_alone(play, play.federation.affiliates[1], tmp_path_factory.mktemp("small") / "public")
