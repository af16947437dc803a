"""A body whose act 0 names its log and its mirrors, and its public folder at any size: what bundles are tried with."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from majlis.crypto import SigningKey
from majlis.host.author import key_id, write_act
from majlis.host.federation import identity_of
from majlis.host.layout import IndexEntry, record_folder
from majlis.host.publish import publish_blob, publish_record, write_index, write_sums
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

TIME = 1_800_000_000
PROSE = b"the wording of a motion"
BLOB = sha256(PROSE).hexdigest()


def key(number: int) -> SigningKey:
    return SigningKey(bytes([number]) * 32)


def chance_of(number: int) -> Callable[[int], bytes]:
    """The same bytes each time, so that every run makes the same acts."""
    return lambda size: sha256(number.to_bytes(8, "big")).digest()[:size]


class Body:
    """A body with 700 acts and more to come. ``seed`` tells bodies apart, and gives each its own log key."""

    def __init__(self, slug: str = "hilltop", seed: int = 1, acts: int = 700) -> None:
        self.slug = slug
        self.origin = f"{slug}.example/log"
        self.base = record_folder(self.origin)
        self.log_key = key(seed)
        self.log = NoteKey(name=self.origin, public_key=self.log_key.public_key)
        self.mirror_keys = [key(seed + 100), key(seed + 101)]
        self.mirrors = [
            CosignerKey(name=f"mirror{number}.example", public_key=mirror.public_key)
            for number, mirror in enumerate(self.mirror_keys)
        ]
        self.author = key(seed + 50)
        self.names = {"en": slug.title(), "ar": "تل"}
        founding = {
            "names": self.names,
            "log": self.log.vkey,
            "mirrors": [mirror.vkey for mirror in self.mirrors],
            "quorum": 1,
        }
        zero = write_act("found", founding, self.author, chance=chance_of(seed))
        self.identity = identity_of([zero])
        self.entries = [zero, *(self.act(number) for number in range(1, acts))]

    def act(self, number: int, text: str = "") -> bytes:
        data = {"text": text or f"act {number}", "blob": BLOB}
        return write_act("motion.table", data, self.author, chance=chance_of(number), body=self.identity)

    def record(self, size: int | None = None, entries: list[bytes] | None = None) -> MemoryRecord:
        record = MemoryStore().create(self.origin)
        record.append((entries or self.entries)[:size])
        return record

    def note(self, record: MemoryRecord, *mirrors: int, time: int = TIME, signer: SigningKey | None = None) -> bytes:
        """The checkpoint of the record, with a line of each of these mirrors."""
        text = format_checkpoint(Checkpoint(origin=self.origin, size=record.size, root=record.root()))
        note = Note(text=text, signatures=(sign_note(text, self.origin, signer or self.log_key),))
        lines = [cosign(text, self.mirrors[at].name, self.mirror_keys[at], time) for at in mirrors]
        return format_note(with_signatures(note, lines))

    def publish(
        self, folder: Path, size: int | None = None, *mirrors: int, entries: list[bytes] | None = None, time: int = TIME
    ) -> Path:
        """The folder holds the record, its blob, an index and checksums."""
        record = self.record(size, entries)
        publish_record(folder, record, self.note(record, *(mirrors or (0,)), time=time))
        publish_blob(folder, PROSE)
        write_index(folder, [self.index], ())
        write_sums(folder)
        return folder

    @property
    def index(self) -> IndexEntry:
        return IndexEntry(slug=self.slug, names=self.names, identity=self.identity, origin=self.origin)

    def parted(self, at: int, size: int = 700) -> list[bytes]:
        """Another history, which differs from entry ``at`` on."""
        return [*self.entries[:at], *(self.act(number, f"otherwise {number}") for number in range(at, size))]

    def waiting_act(self) -> tuple[str, bytes]:
        """An act that no host has seen, with its id."""
        entry = write_act("motion.table", {"text": "late"}, key(77), chance=chance_of(10**6), body=self.identity)
        return sha256(entry.rpartition(b"\n\n")[0] + b"\n").hexdigest(), entry

    @property
    def author_id(self) -> str:
        return key_id(self.author)


def members(path: Path) -> dict[str, bytes]:
    """The members of a bundle, in their order."""
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def rewrite(path: Path, changes: Callable[[dict[str, bytes]], object], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """The bundle with its members changed by somebody."""
    inside = members(path)
    changes(inside)
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in inside.items():
            file.writestr(name, data)
    return path


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
