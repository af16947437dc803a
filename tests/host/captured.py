"""A body whose record is moved, copies of it as public folders, and whoever serves them: honest, captured, or lying."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.institutions.simulator import BLOB, Body, Simulator

from majlis.crypto import SigningKey
from majlis.errors import Malformed, Missing
from majlis.host.exchange import Taken
from majlis.host.fetching import fetch
from majlis.host.http import Caller
from majlis.host.layout import CHECKPOINT, IndexEntry, record_folder
from majlis.host.node import Node
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.host.store import MemoryStore
from majlis.record import NoteKey, format_signature_line, sign_note

NEXT = SigningKey(bytes(range(7, 39)))
AFTER = SigningKey(bytes(range(8, 40)))
STRANGE = SigningKey(bytes(range(9, 41)))


def sealed(key: SigningKey) -> str:
    return sha256(key.public_key).hexdigest()


def village() -> Body:
    """A confirmed body whose next log key is sealed."""
    return Simulator().confirmed("north", next_log=sealed(NEXT))


def vkey(body: Body, key: SigningKey) -> str:
    return NoteKey(name=body.origin, public_key=key.public_key).vkey


def move_data(body: Body, key: SigningKey = NEXT) -> dict[str, Any]:
    """What moves the record to ``key`` behind what it has."""
    size = len(body.record.entries)
    root = body.record.tree.root(size).hex()
    checkpoint = body.checkpoint()
    return {"log": vkey(body, key), "next_log": sealed(AFTER), "size": size, "root": root, "checkpoint": checkpoint}


def move(body: Body, key: SigningKey = NEXT, *people: Any) -> int:
    """The record has an act that moves it to ``key``, by two charter keys or by ``people``; its position."""
    size = len(body.record.entries)
    standing = body.submit("host.move", move_data(body, key), *(people or body.charter_keys[:2]))
    assert (standing.status == "in-force") == (not people)
    return size


def publish(body: Body, folder: Path, key: SigningKey, *, entries: Sequence[bytes] = ()) -> Path:
    """The record (or these entries) in a public folder, its checkpoint signed by ``key`` and cosigned by all."""
    before, body.log_key = body.log_key, key
    record = MemoryStore().create(body.origin)
    record.append(list(entries or body.record.entries))
    note = body.checkpoint(size=record.size, witnesses=()) if entries else body.checkpoint(size=record.size)
    body.log_key = before
    publish_record(folder, record, note.encode())
    names = {"en": body.name}
    write_index(folder, [IndexEntry(slug=body.name, names=names, identity=body.identity, origin=body.origin)], [])
    write_sums(folder)
    return folder


def receipt(body: Body, key: SigningKey, index: int, act: str = BLOB) -> bytes:
    """What ``key`` signed: that this act stands at that place."""
    text = f"majlis-receipt/1 {body.origin}\nact {act}\nindex {index}\ntime 1790000000\n"
    return f"{text}\n{format_signature_line(sign_note(text, body.origin, key))}\n".encode()


class Shelf(Caller):
    """Gives what lies in a folder, as a web server would; ``spoil`` may change it, ``asked`` says what was wanted."""

    def __init__(self, folder: Path, spoil: Callable[[str, bytes], bytes] = lambda path, data: data) -> None:
        super().__init__("http://mirror.example")
        self.folder = folder
        self.spoil = spoil
        self.asked: list[str] = []

    def get(self, path: str, limit: int) -> bytes:
        self.asked.append(path)
        if not (self.folder / path).is_file():
            raise Missing("it is not there (404)", where=path)
        data = self.spoil(path, (self.folder / path).read_bytes())
        if len(data) > limit:
            raise Malformed("too much", where=path)
        return data

    def save(self, path: str, target: Path, limit: int) -> None:
        target.write_bytes(self.get(path, limit))


def fetched(node: Node, folder: Path) -> Taken:
    """What became of the one record in the folder."""
    (taken,) = fetch(node, Shelf(folder))
    return taken


def checkpoint_of(body: Body, folder: Path) -> Path:
    return folder / record_folder(body.origin) / CHECKPOINT
