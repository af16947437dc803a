"""Taking a bundle in: into a public folder, where everything it brings is judged against what is there.

Records only grow, and only into what the log's key signed; blobs are those of their names; acts and receipts bear
signatures that hold. What does not is left out and named, and spoils nothing else. The same bundle again changes
nothing. Two histories of one record are never joined: the evidence is written to ``evidence/``, and the folder stays as
it was (R-FORK-4).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.beside import FolderBlobs, FolderBoxes
from majlis.host.bundle import LOOSE, words_of
from majlis.host.cosigned import merge_cosignatures
from majlis.host.federation import Federation, identity_of
from majlis.host.fetched_box import heads_in, keep_box
from majlis.host.incoming import ForkFound, Incoming, Signed, pending_folder
from majlis.host.layout import CHECKPOINT, INDEX, SAFE, IndexEntry, blob_path, box_path, parse_notices, record_folder
from majlis.host.lock import FileLock
from majlis.host.loose import Loose
from majlis.host.manifest import MANIFEST, Carried, Manifest, parse_manifest
from majlis.host.practice import is_simulated
from majlis.host.publish import publish_blob, publish_file, publish_record, publish_safe, write_index, write_sums
from majlis.host.reader import PublicFolder
from majlis.host.store import MemoryStore
from majlis.host.unzip import Archive, open_archive
from majlis.institutions import parse_act
from majlis.record import (
    AddEntries,
    CosignerKey,
    NoteKey,
    format_add_entries,
    format_forks,
    parse_checkpoint,
    parse_note,
)

__all__ = ["Received", "ReceivedRecord", "Trouble", "receive"]

_MAX_MANIFEST: Final = 16 * 2**20
_MAX_NOTE: Final = 1_000_000
_MAX_BLOB: Final = 64 * 2**20
_ZEROS: Final = "0" * 64

_PARTED: Final = (
    "this bundle says that the record was moved, and it is another history than the one in this folder. What is here "
    "stays: import it into another folder, and take that with 'majlis node take', which judges whether what a data "
    "folder holds may be left (R-MIRROR-9)"
)

Outcome = Literal["new", "grown", "same", "older", "cosigned", "waiting", "refused", "fork"]


class ReceivedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one record. ``held`` and ``size``: entries before and after; ``waiting``: those beyond."""

    slug: str
    origin: str
    outcome: Outcome
    held: int = 0
    size: int = 0
    waiting: int = 0
    text: str = ""
    evidence: str = ""
    words: str = ""
    """The twelve of the identity, by the record's own act 0, as far as that arrived."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A member that was left out. ``kind``: missing where it did not arrive whole, failure where it is wrong."""

    kind: Literal["missing", "failure"]
    member: str
    text: str


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a bundle. ``lost``: what is lost at the file's end, for people; empty where it is whole."""

    records: tuple[ReceivedRecord, ...]
    troubles: tuple[Trouble, ...]
    blobs: int
    boxes: int
    acts: int
    receipts: int
    proofs: int
    cosignatures: int
    ignored: tuple[str, ...]
    lost: str

    @property
    def exit_code(self) -> int:
        """0 all of it is here; 1 something was false, or a fork was found; 3 something is lacking."""
        outcomes = {record.outcome for record in self.records}
        kinds = {trouble.kind for trouble in self.troubles}
        if outcomes & {"refused", "fork"} or "failure" in kinds:
            return 1
        return 3 if self.lost or "waiting" in outcomes or "missing" in kinds else 0


def receive(path: Path, into: Path, *, logs: Iterable[NoteKey] = (), cosigners: Iterable[CosignerKey] = ()) -> Received:
    """What the bundle brings is in the public folder ``into``, which is made where there is none.

    ``logs`` and ``cosigners``: keys that the receiver knows from elsewhere; where none is of a record's origin, the
    record's own act 0 names them.

    Raises: Missing, Malformed or Refused, when the file is no bundle or one that only an attacker makes: then nothing
    was changed.
    """
    with open_archive(path) as archive:
        manifest = parse_manifest(archive.read(MANIFEST, _MAX_MANIFEST))
        into.mkdir(parents=True, exist_ok=True)
        with FileLock(into.parent / f".{into.name}.import.lock"):
            return _Receiving(archive, manifest, into, tuple(logs), tuple(cosigners)).run()


class _Receiving:
    """A bundle on its way into a folder."""

    def __init__(
        self,
        archive: Archive,
        manifest: Manifest,
        into: Path,
        logs: tuple[NoteKey, ...],
        cosigners: tuple[CosignerKey, ...],
    ) -> None:
        self.archive = archive
        self.manifest = manifest
        self.into = into
        self.folder = PublicFolder(into)
        self.logs = logs
        self.cosigners = cosigners
        self.troubles: list[Trouble] = []
        self.index, self.notices = self._read_index()
        self.used: set[str] = {MANIFEST}
        self.cosignatures = 0

    def _read_index(self) -> tuple[dict[str, IndexEntry], tuple[str, ...]]:
        if not (self.into / INDEX).exists():
            return {}, ()
        entries = {entry.identity: entry for entry in self.folder.index()}
        return entries, parse_notices(self.folder.read(INDEX, _MAX_MANIFEST))

    def run(self) -> Received:
        here = {is_simulated(entry.origin, self.notices) for entry in self.index.values()}
        brought = {is_simulated(each.origin, self.manifest.notices) for each in self.manifest.records}
        if len(here | brought) > 1 or (self.index and set(self.notices) != set(self.manifest.notices)):
            raise Refused(
                "this bundle was made under a simulated clock, or this folder was: practice and earnest do not mix; "
                "take another folder",
                where=str(self.into),
                rule="R-BUNDLE-5",
            )
        known: dict[str, Incoming] = {}
        records = tuple(self._record(carried, known) for carried in self.manifest.records)
        blobs = sum(self._each("blobs/sha256/", self._blob))
        boxes = sum(self._each("boxes/", self._box))
        loose = Loose(self.into, self.folder, known)
        counts = dict.fromkeys(LOOSE, 0)
        for place in ("inbox", "receipts", "proofs"):
            counts[place] = sum(self._each(f"{place}/", lambda name, place=place: self._loose(loose, place, name)))
        self.used |= {name for name in self.archive.members if name.startswith("witness/")}
        write_index(self.into, self.index.values(), self.manifest.notices)
        write_sums(self.into)
        bases = {record_folder(record.origin) for record in self.manifest.records}
        ignored = [
            name
            for name in self.archive.members
            if name not in self.used and name.partition("/")[0].removeprefix("checkpoint-") not in bases
        ]
        return Received(
            records=records,
            troubles=tuple(self.troubles),
            blobs=blobs,
            boxes=boxes,
            acts=counts["inbox"],
            receipts=counts["receipts"],
            proofs=counts["proofs"],
            cosignatures=self.cosignatures,
            ignored=tuple(sorted(ignored)),
            lost=self.archive.lost,
        )

    def _each(self, start: str, take: object) -> Iterator[int]:
        """1 for each member below ``start`` that brought something new; what is wrong with others is noted."""
        assert callable(take)
        for name in sorted(self.archive.members):
            if not name.startswith(start):
                continue
            self.used.add(name)
            try:
                yield int(take(name))
            except Fault as fault:
                self._note(name, fault)

    def _note(self, member: str, fault: Fault) -> None:
        damaged = isinstance(fault, Missing) or fault.rule == "R-BUNDLE-2"
        self.troubles.append(
            Trouble(kind="missing" if damaged else "failure", member=member, text=f"{fault.text} [{fault.rule}]")
        )

    # --- records

    def _record(self, carried: Carried, known: dict[str, Incoming]) -> ReceivedRecord:
        keys = [key for key in self.logs if key.name == carried.origin]
        try:
            incoming = Incoming(self.archive, self.folder, carried, keys)
        except Fault as fault:
            outcome: Outcome = "waiting" if isinstance(fault, Missing) else "refused"
            held = self._held(carried.origin)
            return ReceivedRecord(
                slug=carried.slug, origin=carried.origin, outcome=outcome, held=held, size=held, text=str(fault)
            )
        held = incoming.held.checkpoint.size if incoming.held else 0
        known[carried.origin] = incoming

        told = partial(ReceivedRecord, slug=carried.slug, origin=carried.origin, held=held)
        try:
            reached = incoming.join()
            told = partial(told, words=_words_in(incoming, carried))
            size = reached.size if reached else 0
            if reached is not None and (size > held or incoming.held is None):
                self._publish(incoming, reached)
            if reached is not None:
                with suppress(Malformed):
                    self._list(incoming, carried.slug)
            cosigned = self._cosign(incoming) if reached is not None else 0
            self._keep_safe(incoming)
            waiting = self._keep_waiting(incoming, size)
        except ForkFound as found:
            del known[carried.origin]
            if found.fork is None and incoming.is_moved:
                return told(outcome="refused", size=held, text=_PARTED)
            return told(outcome="fork", size=held, text=found.text, evidence=self._keep_evidence(incoming, found))
        except Missing as fault:
            return told(outcome="waiting", size=held, text=str(fault))
        except Fault as fault:
            del known[carried.origin]
            return told(outcome="refused", size=held, text=str(fault))
        if waiting or size < carried.size:
            text = f"{waiting} entries beyond {size} hold and wait for the rest; bring a whole copy of the bundle"
            return told(outcome="waiting", size=size, text=text, waiting=waiting)
        if size > held:
            return told(outcome="grown" if held else "new", size=size)
        if cosigned:
            return told(outcome="cosigned", size=size)
        return told(outcome="older" if carried.size < held else "same", size=size)

    def _held(self, origin: str) -> int:
        """The size that the folder's own checkpoint says, for telling it."""
        try:
            note = parse_note(self.folder.read(f"{record_folder(origin)}/{CHECKPOINT}", _MAX_NOTE))
            return parse_checkpoint(note.text).size
        except Fault:
            return 0

    def _publish(self, incoming: Incoming, reached: Signed) -> None:
        """The folder holds the record up to this checkpoint."""
        record = MemoryStore().create(incoming.origin)
        record.append(incoming.entries[: reached.size])
        if incoming.held is None:
            # What is damaged is written anew from the first file on, and not only where it grew.
            (self.into / incoming.base / CHECKPOINT).unlink(missing_ok=True)
        publish_record(self.into, record, reached.note)

    def _keep_safe(self, incoming: Incoming) -> None:
        """R-PUBLIC-5: of what is joined, the newest safe checkpoint that came or was here lies in the folder."""
        if not incoming.entries:
            return
        with suppress(Missing):
            note = self.folder.read(f"{incoming.base}/{CHECKPOINT}", _MAX_NOTE)
            first, root = incoming.entries[0], incoming.tree.root
            if publish_safe(self.into, incoming.origin, note, incoming.notes, first=first, root=root):
                (self.into / incoming.base / SAFE).unlink(missing_ok=True)

    def _list(self, incoming: Incoming, slug: str) -> None:
        """The index names the body, as its own act 0 does. Raises: Malformed, for a record that founds none."""
        act = parse_act(incoming.entries[0])
        identity = identity_of(incoming.entries)
        names = act.data.get("names")
        if act.kind != "found" or act.body != _ZEROS or not isinstance(names, dict):
            raise Malformed("the first entry founds no body")
        if identity not in self.index:
            if any(entry.slug == slug for entry in self.index.values()):
                slug = f"{slug[:57]}-{identity[:6]}"
            self.index[identity] = IndexEntry(
                slug=slug,
                names={str(language): str(name) for language, name in names.items()},
                identity=identity,
                origin=incoming.origin,
            )

    def _cosign(self, incoming: Incoming) -> int:
        added = merge_cosignatures(self.archive, self.folder, incoming, self.cosigners)
        self.cosignatures += added
        return added

    # --- what waits, and evidence

    def _keep_waiting(self, incoming: Incoming, size: int) -> int:
        """Packages beyond the checkpoint reached wait in their own files (R-BUNDLE-3); how many entries that are."""
        folder = pending_folder(incoming.origin)
        before = set(incoming.pending_files)
        kept: set[Path] = set()
        for proven in incoming.waiting(size) if len(incoming.entries) > size else []:
            package, under = proven.package, proven.under
            body = AddEntries(origin=incoming.origin, start=package.start, end=under.size, packages=(package,))
            for name, data in (
                (f"delta-{package.start}-{package.end}-{under.size}", format_add_entries(body)),
                (f"checkpoint-{under.size}-{sha256(under.note).hexdigest()[:16]}", under.note),
            ):
                publish_file(self.into, f"{folder}/{name}", data)
                kept.add(self.into / folder / name)
        for path in before - kept:
            path.unlink()
        with suppress(OSError):
            (self.into / folder).rmdir()
            (self.into / "pending").rmdir()
        return len(incoming.entries) - size

    def _keep_evidence(self, incoming: Incoming, found: ForkFound) -> str:
        """The path of the evidence in the folder; empty where the files do not prove the fork to others."""
        if found.fork is None:
            return ""
        data = format_forks([found.fork])
        path = f"evidence/{incoming.base}-{found.fork.size}-{sha256(data).hexdigest()[:16]}.fork"
        publish_file(self.into, path, data)
        return path

    # --- blobs, boxes, loose things

    def _blob(self, name: str) -> bool:
        digest = name.rpartition("/")[2]
        if blob_path(digest) != name:
            raise Malformed("this is not where a blob lies", rule="R-BUNDLE-2")
        if (self.into / name).is_file():
            with suppress(Fault):
                self.folder.blob(digest)
                return False
        data = self.archive.read(name, _MAX_BLOB)
        if sha256(data).hexdigest() != digest:
            raise Forged("the bytes of this blob are not those that its name says", rule="R-BUNDLE-4")
        publish_blob(self.into, data)
        return True

    def _box(self, name: str) -> bool:
        """The longer of two archives of one box is here, held to the heads that its record states (R-BUNDLE-7).

        Raises: Forged, Malformed, as ``keep_box``.
        """
        uuid = name.removeprefix("boxes/").removesuffix(".bel")
        if box_path(uuid) != name:
            raise Malformed("this is not where a ballot box lies", rule="R-BUNDLE-2")
        target = self.into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            with beside.open("wb") as copy:
                for piece in self.archive.pieces(name):
                    copy.write(piece)
            return keep_box(beside, target, lambda: self._heads.get(uuid, {}), self.into / "evidence", is_loaded=True)
        except (Forged, Malformed) as fault:
            fault.where = fault.where.replace(beside.name, target.name)
            fault.rule = "R-BUNDLE-2" if fault.rule == "R-BUNDLE-2" else "R-BUNDLE-7"
            raise
        finally:
            beside.unlink(missing_ok=True)

    @cached_property
    def _heads(self) -> dict[str, dict[int, str]]:
        """What the records state of their boxes: those that came, as far as they are joined, and those that were here.

        One that cannot be read states nothing.
        """
        blobs = FolderBlobs(self.folder)
        federation = Federation(FolderBoxes(self.folder, blobs, map).report)
        for entry in self.index.values():
            with suppress(Fault):
                federation.add(self.folder.record(entry.origin).entries)
        federation.fold_all()
        return heads_in(record.state for record in federation.records.values())

    def _loose(self, loose: Loose, place: str, name: str) -> bool:
        if not LOOSE[place].fullmatch(name):
            raise Malformed("this is not the name of an act, a receipt or a proof", rule="R-BUNDLE-2")
        return loose.take(place, name, self.archive.read(name, 2 * 2**20))


def _words_in(incoming: Incoming, carried: Carried) -> str:
    """The words of the record's own identity. Raises: Forged, where the list of what is carried says others."""
    words = words_of(incoming.entries)
    if words and carried.words not in ("", words):
        raise Forged(
            f"the words {carried.words!r} in the list of what this bundle carries are not those of this record, "
            f"{words!r}: somebody wants it taken for another body's",
            rule="R-BUNDLE-9",
        )
    return words
