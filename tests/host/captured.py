"""A body whose record is moved, copies of it as public folders, and whoever serves them: honest, captured, or lying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.institutions.simulator import BLOB, START, Body, Simulator, act_of

from majlis.crypto import SigningKey
from majlis.errors import Malformed, Missing
from majlis.host.clock import SimulatedClock
from majlis.host.exchange import Taken
from majlis.host.federation import Record as Folded
from majlis.host.fetching import fetch
from majlis.host.host import Host
from majlis.host.http import Caller
from majlis.host.layout import IndexEntry
from majlis.host.node import Known, Node
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.host.signer import SignerBook
from majlis.host.store import MemoryStore, Store
from majlis.host.witness import Mirror
from majlis.host.witnessing import Reply, WitnessDoor
from majlis.record import (
    AddCheckpoint,
    AddEntries,
    NoteKey,
    format_add_checkpoint,
    format_add_entries,
    format_signature_line,
    package_ranges,
    parse_note,
    prove_consistency,
    prove_package,
    sign_note,
)

__all__ = [
    "AFTER",
    "BLOB",
    "NEXT",
    "STRANGE",
    "Body",
    "Served",
    "Shelf",
    "Simulator",
    "act_of",
    "fetched",
    "move",
    "move_data",
    "publish",
    "receipt",
    "sealed",
    "serving",
    "village",
    "vkey",
]

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


def publish(body: Body, folder: Path, key: SigningKey, *, witnesses: Sequence[int] = (0, 1, 2)) -> Path:
    """The record in a public folder, its checkpoint signed by ``key`` and cosigned by these witnesses."""
    before, body.log_key = body.log_key, key
    record = MemoryStore().create(body.origin)
    record.append(list(body.record.entries))
    note = body.checkpoint(witnesses=witnesses)
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


class Served:
    """The witness of a data folder, which holds a copy of the record and is asked over HTTP."""

    def __init__(self, node: Node, store: Store, body: Body, number: int = 0) -> None:
        self.body = body
        self.node = node
        key = body.sim.witnesses[number].key
        name = body.sim.mirrors[number].name
        folder = node.folder / "witness"
        Mirror.create_memory(folder, name, key.public_key)
        clock = SimulatedClock(START)
        host = Host(store=store, blobs=node.blobs, boxes=node.boxes, clock=clock, chance=body.sim.chance, signers=None)  # type: ignore[arg-type]  (it keeps no record of its own)
        host.federation.add(store.record(body.origin).entries())
        host.fold()
        self.host = host
        self.closing: list[Callable[[], None]] = []
        self.record = store.record(body.origin)
        self.mirror = Mirror(folder, key, clock, store=store, source=_nothing)
        self.mirror.trust(NoteKey(name=body.origin, public_key=body.log_key.public_key))
        self.door = WitnessDoor(node, host, self.mirror, body.sim.witnesses[number].key)

    def keep(self, own: Body) -> Folded:
        """This folder keeps a record of its own too."""
        record = self.host.store.create(own.origin)
        record.append(list(own.record.entries))
        signers = SignerBook.create_in(self.node.folder)
        signers.succeed(record, own.log_key.public_key, record.size - 1)
        self.host._signers = signers
        self.node.add(
            Known(slug=own.name, identity=own.identity, origin=own.origin, names={"en": own.name}, is_hosted=True)
        )
        self.host.load(own.origin, own.log_key)
        self.host.fold()
        self.closing.append(signers.close)
        return self.host.federation.records[own.identity]

    def show(self, body: Body, key: SigningKey, size: int | None = None) -> Reply:
        """The record as ``body`` has it, signed by ``key``, is shown to be cosigned; its entries follow."""
        size = len(body.record.entries) if size is None else size
        before, body.log_key = body.log_key, key
        note = parse_note(body.checkpoint(size=size, witnesses=()).encode())
        body.log_key = before
        old = max(self.mirror.last(body.origin), self.record.size if self.record.size < size else 0)
        read = body.record.tree.read
        proof = prove_consistency(old, size, read) if 0 < old < size else ()
        reply = self.door.add_checkpoint(format_add_checkpoint(AddCheckpoint(old=old, proof=tuple(proof), note=note)))
        if reply.status != 200 or reply.body:
            return reply
        start = self.record.size
        packages = [
            prove_package(first, body.record.entries[first:stop], size=size, read=read)
            for first, stop in package_ranges(start, size)
        ]
        asked = AddEntries(origin=body.origin, start=start, end=size, packages=tuple(packages))
        return self.door.add_entries(format_add_entries(asked))


def _nothing(origin: str, start: int, end: int) -> list[bytes]:
    raise Missing("nothing")


@contextmanager
def serving(node: Node, body: Body, folder: Path) -> Iterator[Served]:
    """A mirror that took its copy from the folder."""
    assert fetched(node, folder).outcome == "new"
    with node.writing() as store:
        served = Served(node, store, body)
        yield served
        for close in (served.mirror.close, *served.closing):
            close()
