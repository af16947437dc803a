"""A public folder, read with suspicion and ready to be folded: what ``verify``, ``trace`` and the pages stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from majlis.ballot import Report
from majlis.errors import Fault, Malformed, Missing
from majlis.host.blobs import Blobs
from majlis.host.boxes import Boxes
from majlis.host.federation import Federation, identity_of
from majlis.host.layout import INDEX, IndexEntry, parse_notices
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.institutions import parse_act
from majlis.record import CosignerKey, NoteKey
from majlis.record.cosignature import parse_cosigner_key
from majlis.record.note import parse_note_key

_MAX_INDEX = 16 * 2**20


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with a file, or a record that cannot be taken in."""

    kind: Literal["failure", "missing", "warning"]
    file: str
    text: str
    rule: str
    body: str = ""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a folder was looked at."""

    files: int
    records: int
    acts: int
    safe: int
    boxes: int
    ballots: int
    blobs: int


class Folder:
    """The records of a folder that could be read, their boxes and blobs, and what is wrong with the rest."""

    def __init__(self, path: Path, map_: Callable[..., Iterable[Any]] = map) -> None:
        self.public = PublicFolder(path)
        self.path = path
        self.map_ = map_
        self.blobs = Blobs(path / "blobs" / "sha256")
        self._boxes = Boxes(path / "boxes", self.blobs, map_)
        self.federation = Federation(self._boxes.report)
        self.bodies: list[IndexEntry] = []
        self.problems: list[Problem] = []
        self.files: dict[str, RecordFiles] = {}
        self.safe: dict[str, int] = {}
        self.reports: dict[str, Report] = {}
        self.notices: tuple[str, ...] = ()
        self.listed = 0

    def check_sums(self) -> None:
        """Compare every file with SHA256SUMS and note what differs."""
        for found in self.public.check_sums():
            kind: Literal["failure", "warning"] = "failure" if found.is_failure else "warning"
            self.problems.append(Problem(kind=kind, file=found.file, text=found.text, rule="R-VERIFY-1"))
        self.listed = sum(1 for path in self.path.rglob("*") if path.is_file())

    def read_records(self) -> None:
        """Take in every record of the index whose files agree with one another and with its own founding act."""
        data = self.public.read(INDEX, _MAX_INDEX)
        self.notices = parse_notices(data)
        for entry in self.public.index():
            try:
                self._read_record(entry)
            except Missing as fault:
                self._problem("missing", fault, entry)
            except Fault as fault:
                self._problem("failure", fault, entry)

    def _problem(self, kind: Literal["failure", "missing"], fault: Fault, entry: IndexEntry) -> None:
        where = fault.where or INDEX
        self.problems.append(
            Problem(kind=kind, file=where, text=fault.text, rule=fault.rule or "R-VERIFY-2", body=entry.identity)
        )

    def _read_record(self, entry: IndexEntry) -> None:
        files = self.public.record(entry.origin)
        if identity_of(files.entries) != entry.identity:
            raise Malformed("the index names another identity than the record's own act 0", where=INDEX)
        log, cosigners, quorum = founding_keys(files.entries[0])
        checked = self.public.record(entry.origin, logs=(log,), cosigners=cosigners)
        self.safe[entry.identity] = checked.checkpoint.size if len(checked.cosignatures) >= quorum else 0
        self.federation.add(files.entries)
        self.files[entry.identity] = checked
        self.bodies.append(entry)
        for surplus in checked.surplus:
            text = "the checkpoint implies no such file; it was not looked at"
            self.problems.append(Problem(kind="warning", file=surplus, text=text, rule="R-VERIFY-2"))

    def check_blobs(self) -> None:
        """Every blob is what its name says."""
        for digest in self.blobs.names():
            try:
                self.blobs.get(digest)
            except Fault as fault:
                file = f"blobs/sha256/{digest[:2]}/{digest}"
                self.problems.append(Problem(kind="failure", file=file, text=fault.text, rule="R-VERIFY-4"))

    def box_files(self) -> list[Path]:
        """All archives, by name."""
        return sorted((self.path / "boxes").glob("*.bel"))

    def box_path(self, uuid: str) -> Path:
        """Where an archive lies or would lie. Raises: Malformed."""
        return self._boxes.path(uuid)

    def find(self, name: str) -> str:
        """The identity of the body with this slug, identity, or beginning of an identity. Raises: Missing."""
        for entry in self.bodies:
            if name in (entry.slug, entry.identity) or (len(name) >= 8 and entry.identity.startswith(name)):
                return entry.identity
        slugs = ", ".join(sorted(entry.slug for entry in self.bodies)[:12])
        raise Missing(f"no body '{name}' in this folder; it has {slugs}")

    def slug(self, identity: str) -> str:
        """The slug of a body, or the first digits of its identity where the folder does not hold it."""
        return next((entry.slug for entry in self.bodies if entry.identity == identity), identity[:12])

    def counted(self) -> Counted:
        """How much there was."""
        reports = [*self.federation.reports().values(), *self.reports.values()]
        return Counted(
            files=self.listed,
            records=len(self.bodies),
            acts=sum(len(record.entries) for record in self.federation.records.values()),
            safe=sum(self.safe.values()),
            boxes=len({report.uuid for report in reports}),
            ballots=sum(report.ballots for report in reports),
            blobs=sum(1 for _ in self.blobs.names()),
        )


def founding_keys(entry: bytes) -> tuple[NoteKey, list[CosignerKey], int]:
    """The log key, the mirrors and their quorum that an act 0 names.

    Raises: Malformed when it is no founding act.
    """
    act = parse_act(entry)
    log, mirrors, quorum = act.data.get("log"), act.data.get("mirrors"), act.data.get("quorum")
    if act.kind != "found" or not isinstance(log, str) or not isinstance(mirrors, list) or not isinstance(quorum, int):
        raise Malformed("the first entry founds no body: it names no log key and no mirrors")
    return parse_note_key(log), [parse_cosigner_key(str(vkey)) for vkey in mirrors], quorum


def open_folder(path: Path, map_: Callable[..., Iterable[Any]] = map, *, sums: bool = False) -> Folder:
    """The folder with its records read. ``sums``: compare with SHA256SUMS first, and hash every blob.

    Raises: Missing or Malformed when it is no public folder at all.
    """
    folder = Folder(path, map_)
    if sums:
        folder.check_sums()
    folder.read_records()
    if sums:
        folder.check_blobs()
    return folder
