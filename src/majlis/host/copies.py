"""A copy of one record from wherever it lies: a public folder, a bundle, or an address; with what its acts name.

place_of(…).copy    Copy, proven under its own checkpoint; nothing of it is kept yet
fetch_beside(…)     blobs and boxes that the acts name, as far as they are there, into a data folder
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from majlis.errors import Fault, Malformed, Missing
from majlis.host.asking import RemoteWitness, gather
from majlis.host.checkpoints import merge_lines, safe_size
from majlis.host.disk import check_room
from majlis.host.exchange import blobs_named, parse_acts
from majlis.host.federation import Federation
from majlis.host.fetched_blobs import fetch_blobs
from majlis.host.fetched_box import check_box, cut_behind, keep_box
from majlis.host.fetching import Remote
from majlis.host.folder import founding_keys
from majlis.host.gathering import lacks_of
from majlis.host.http import Caller
from majlis.host.layout import CHECKPOINT, SAFE, box_path, record_folder
from majlis.host.node import Known, Node
from majlis.host.reader import PublicFolder
from majlis.host.receive import receive
from majlis.host.recover import Copy
from majlis.host.store import MemoryStore
from majlis.record import Note, format_note

__all__ = ["Place", "fetch_beside", "place_of"]

_MAX_NOTE: Final = 1_000_000
_MAX_BOX: Final = 64 * 2**30


class Stated(NamedTuple):
    """What its record tells of a box: heights and hashes; and whether a result of it stands, so that it ended."""

    heads: Mapping[int, str]
    has_result: bool


Boxes = Mapping[str, Stated]


class Place(Protocol):
    """Where a copy lies."""

    def copy(self, body: Known) -> Copy:
        """The record there. Raises: Missing, Malformed, Forged."""
        ...

    def fetch(self, node: Node, blobs: set[str], boxes: Boxes) -> None:
        """These blobs and boxes are in the data folder, as far as they lie there. Raises: Fault."""
        ...


class _InFolder:
    def __init__(self, path: Path) -> None:
        self._folder = PublicFolder(path)

    def copy(self, body: Known) -> Copy:
        files = self._folder.record(body.origin)
        safe = b""
        with suppress(Missing):
            safe = self._folder.read(f"{record_folder(body.origin)}/{SAFE}", _MAX_NOTE)
        return Copy(note=files.note, entries=files.entries, safe=safe)

    def fetch(self, node: Node, blobs: set[str], boxes: Boxes) -> None:
        for digest in sorted(blobs):
            with suppress(Missing):
                node.blobs.put(self._folder.blob(digest))
        for uuid, stated in boxes.items():
            with suppress(Missing), _beside(node, uuid) as beside:
                shutil.copyfile(self._folder.box(uuid), beside)
                _keep_box(node, stated, uuid, beside)


class _AtAddress:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def copy(self, body: Known) -> Copy:
        with self._caller.kept_open():
            remote = Remote(self._caller, body.origin)
            entries = [entry for bundle in remote.bundles(0, remote.size) for entry in bundle]
            safe = b""
            with suppress(Missing):
                safe = remote.safe()
            return Copy(note=self._cosigned(remote, entries), entries=entries, safe=safe)

    def _cosigned(self, remote: Remote, entries: list[bytes]) -> bytes:
        """Its checkpoint; where too few cosigned that, whoever is served there is asked to, as by any host."""
        if not entries or safe_size(remote.note, entries[0]):
            return remote.note
        record = MemoryStore().create(remote.origin)
        record.append(entries)
        own = tuple(line for line in remote.parsed.signatures if line.name == remote.origin)
        bare = Note(text=remote.parsed.text, signatures=own)
        note, _ = gather(record, bare, [RemoteWitness(self._caller)], founding_keys(entries[0])[1])
        return merge_lines(remote.note, format_note(note))

    def fetch(self, node: Node, blobs: set[str], boxes: Boxes) -> None:
        with self._caller.kept_open():
            fetch_blobs(self._caller, node.blobs, sorted(blobs), partial(check_room, node.folder))
        for uuid, stated in boxes.items():
            with suppress(Missing), _beside(node, uuid) as beside:
                self._caller.save(box_path(uuid), beside, _MAX_BOX)
                _keep_box(node, stated, uuid, beside)


@contextmanager
def _beside(node: Node, uuid: str) -> Iterator[Path]:
    """Where a box may lie until it is judged; nothing is there afterwards."""
    target = node.boxes.path(uuid)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.fetched")
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _keep_box(node: Node, stated: Stated, uuid: str, beside: Path) -> None:
    """The box is here as far as the record vouches for it, and to its end where a result stands. Raises: Fault.

    What lies behind the last head that is stated, anybody could have put there (R-NODE-3).
    """
    check_box(beside, stated.heads)
    if not stated.has_result:
        cut_behind(beside, max(stated.heads))
    keep_box(beside, node.boxes.path(uuid), lambda: stated.heads, node.folder / "evidence", is_loaded=True)


@contextmanager
def place_of(source: str) -> Iterator[Place]:
    """Where ``source`` leads: an address, a public folder, or a bundle. Raises: Missing, Malformed."""
    if source.startswith(("http://", "https://")):
        yield _AtAddress(Caller(source))
        return
    path = Path(source)
    if path.is_dir():
        if (path / "node.json").is_file():
            raise Malformed("this is a data folder; give its records first: 'majlis node give DIR'", where=source)
        yield _InFolder(path)
        return
    if not path.is_file():
        raise Missing("there is no such folder, bundle or address", where=source)
    with tempfile.TemporaryDirectory(prefix="majlis-") as scratch:
        into = Path(scratch) / "public"
        receive(path, into)
        if not any(into.glob(f"*/{CHECKPOINT}")):
            raise Missing("this bundle holds no whole record; take one that was made without --from", where=source)
        yield _InFolder(into)


def _folded(node: Node, copy: Copy) -> Federation:
    """The records of the folder; where another one of them cannot be read, this one alone."""
    with suppress(Fault):
        return node.federation()
    alone = Federation(node.boxes.report)
    alone.fold(alone.add(copy.entries))
    return alone


def fetch_beside(node: Node, body: Known, place: Place, copy: Copy) -> str:
    """What the acts of the copy name is here too, as far as it lies there; what stood in the way, or nothing."""
    acts = parse_acts(copy.entries)
    blobs = blobs_named(acts) - {act.id for act in acts} - {act.author for act in acts} - set(node.blobs.names())
    try:
        # A box that has all that the record tells of it is left as it is: only its host adds to it (R-NODE-3).
        record = _folded(node, copy).records[body.identity]
        lacks = lacks_of(node)
        boxes = {
            uuid: Stated(heads, lacks.has_result(record, body.identity, uuid))
            for uuid, heads in lacks.boxes(record, body.identity).items()
        }
        place.fetch(node, blobs, boxes)
    except (Fault, OSError) as wrong:
        return str(wrong)
    return ""
