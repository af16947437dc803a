"""A public folder, read with suspicion and ready to be folded: what ``verify``, ``trace`` and the pages stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.host.beside import FolderBlobs, FolderBoxes
from majlis.host.boxes import Map
from majlis.host.federation import Federation, identity_of
from majlis.host.layout import (
    CHECKPOINT,
    INDEX,
    SAFE,
    SUMS,
    IndexEntry,
    blob_path,
    parse_index,
    parse_notices,
    record_folder,
)
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.host.safe import check_safe
from majlis.institutions import State, parse_act
from majlis.institutions.logs import every_log
from majlis.record import (
    CosignerKey,
    Note,
    NoteKey,
    SignatureLine,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    read_cosignatures,
)
from majlis.record.cosignature import parse_cosigner_key
from majlis.record.note import parse_note_key

_MAX_INDEX: Final = 16 * 2**20
_MAX_NOTE: Final = 1_000_000
_COSIGNATURE_SIZE: Final = 72
_MOVE: Final = b'"host.move"'
_RECORD: Final = re.compile(r"[0-9a-f]{64}\Z")

ProblemKind = Literal["failure", "missing", "warning", "note"]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with a file, or a record that cannot be taken in."""

    kind: ProblemKind
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

    def __init__(self, path: Path, map_: Map = map) -> None:
        """Raises: Malformed when it is no public folder at all."""
        try:
            self.public = PublicFolder(path)
        except Missing as fault:
            raise Malformed(fault.text, where=fault.where) from None
        self.path = path
        self.map_ = map_
        self.blobs = FolderBlobs(self.public)
        self.archives = FolderBoxes(self.public, self.blobs, map_)
        self.federation = Federation(self.archives.report)
        self.bodies: list[IndexEntry] = []
        self.problems: list[Problem] = []
        self.files: dict[str, RecordFiles] = {}
        self.safe: dict[str, int] = {}
        self.safe_notes: dict[str, bytes] = {}
        """Of each record the newest safe checkpoint, where there is one; ``safe`` is its size, else 0."""
        self.notices: tuple[str, ...] = ()
        self.listed = 0
        self._folders = [name for name in self.public.names("") if _RECORD.match(name)]
        if not self._folders and not {INDEX, SUMS} & set(self.public.names("")):
            raise Malformed("this is no public folder: it has no index.json and no record", where=str(path))

    def check_sums(self) -> None:
        """Compare every file with SHA256SUMS and note what differs."""
        for found in self.public.check_sums():
            kind: ProblemKind = "failure" if found.is_failure else "warning"
            self.problems.append(Problem(kind=kind, file=found.file, text=found.text, rule="R-VERIFY-1"))
        self.listed = sum(1 for _ in self.public.walk())

    # --- records

    def read_records(self) -> None:
        """Take in every record of the index whose files agree with one another and with its own founding act.

        Where the index itself cannot be read, every record that lies here is taken in under its identity.
        """
        for entry in self._index():
            try:
                self._read_record(entry)
            except Missing as fault:
                self._problem("missing", fault, entry)
            except Fault as fault:
                self._problem("failure", fault, entry)

    def _index(self) -> list[IndexEntry]:
        try:
            data = self.public.read(INDEX, _MAX_INDEX)
            entries = parse_index(data)
        except Fault as fault:
            kind: ProblemKind = "missing" if isinstance(fault, Missing) else "failure"
            self.problems.append(Problem(kind=kind, file=INDEX, text=fault.text, rule="R-VERIFY-2"))
            return [entry for name in self._folders for entry in self._unlisted(name)]
        self.notices = parse_notices(data)
        for name in sorted(set(self._folders) - {record_folder(entry.origin) for entry in entries}):
            text = "the index lists no such record; it was not looked at"
            self.problems.append(Problem(kind="warning", file=name, text=text, rule="R-VERIFY-2"))
        return entries

    def _unlisted(self, name: str) -> Iterator[IndexEntry]:
        """What the index would say of the record in this folder, in the record's own words."""
        with suppress(Fault):
            checkpoint = parse_checkpoint(parse_note(self.public.read(f"{name}/{CHECKPOINT}", _MAX_NOTE)).text)
            if record_folder(checkpoint.origin) == name:
                entries = self.public.record(checkpoint.origin).entries
                identity, names = identity_of(entries), parse_act(entries[0]).data.get("names")
                if isinstance(names, dict):
                    yield IndexEntry(slug=identity[:12], names=names, identity=identity, origin=checkpoint.origin)

    def _problem(self, kind: ProblemKind, fault: Fault, entry: IndexEntry) -> None:
        place = f"{record_folder(entry.origin)}/{CHECKPOINT}"
        rule = fault.rule if fault.rule.startswith("R-VERIFY-") else "R-VERIFY-2"
        text = fault.text if fault.rule in ("", rule) else f"{fault.text} ({fault.rule})"
        self.problems.append(Problem(kind=kind, file=fault.where or place, text=text, rule=rule, body=entry.identity))

    def _read_record(self, entry: IndexEntry) -> None:
        files = self.public.record(entry.origin)
        if identity_of(files.entries) != entry.identity:
            raise Forged("the index names another identity than the record's own act 0", where=INDEX)
        place = f"{record_folder(entry.origin)}/{CHECKPOINT}"
        try:
            _, mirrors, quorum = founding_keys(files.entries[0])
            logs = claimed_logs(files.entries)
            _, note = open_checkpoint(files.note, *logs)
            cosignatures = read_cosignatures(note, mirrors)
            _check_lines(note, logs, mirrors)
        except Fault as fault:
            raise fault.at(place) from None
        if parse_act(files.entries[0]).data.get("names") != entry.names:
            raise Forged("the index calls this body otherwise than its own act 0", where=INDEX)
        self.federation.add(files.entries)
        self.files[entry.identity] = msgspec.structs.replace(files, cosignatures=cosignatures)
        self.bodies.append(entry)
        self._find_safe(entry, self.files[entry.identity], logs, mirrors, quorum)
        for surplus in files.surplus:
            if surplus == f"{record_folder(entry.origin)}/{SAFE}":
                continue
            text = "the checkpoint implies no such file; it was not looked at"
            self.problems.append(Problem(kind="warning", file=surplus, text=text, rule="R-VERIFY-2"))

    def _find_safe(
        self, entry: IndexEntry, files: RecordFiles, logs: Sequence[NoteKey], mirrors: list[CosignerKey], quorum: int
    ) -> None:
        """What is safe of this record: up to its checkpoint, or up to the smaller one that lies beside (R-PUBLIC-5)."""
        place, cosigned = record_folder(entry.origin), len(files.cosignatures)
        self.safe[entry.identity] = 0
        try:
            note = self.public.read(f"{place}/{SAFE}", _MAX_NOTE)
            _check_lines(parse_note(note), logs, mirrors)
            self.safe[entry.identity] = check_safe(
                note,
                origin=entry.origin,
                size=files.checkpoint.size,
                root=self.federation.records[entry.identity].tree.root,
                logs=lambda _: logs,
                mirrors=mirrors,
                quorum=quorum,
            )
            self.safe_notes[entry.identity] = note
        except Missing:
            pass
        except Fault as fault:
            self._problem("failure", fault.at(f"{place}/{SAFE}"), entry)
        if cosigned >= quorum:
            self.safe[entry.identity], self.safe_notes[entry.identity] = files.checkpoint.size, files.note
            return
        safe = self.safe[entry.identity]
        text = f"{cosigned} of {quorum} mirrors needed cosigned this checkpoint; others do not act on it yet"
        if safe:
            text = f"{text}, only on its first {safe} entries"
        self.problems.append(
            Problem(kind="note", file=f"{place}/{CHECKPOINT}", text=text, rule="R-VERIFY-2", body=entry.identity)
        )

    def check_moves(self) -> None:
        """No body is shown whose checkpoint is by a key that its record only claims to have been moved to (R-MOVE-8).

        What cannot be judged with what is here is missing, and never a failure.
        """
        for entry in tuple(self.bodies):
            files = self.files[entry.identity]
            if len(claimed_moves(files.entries)) == 1:
                continue
            state = self.federation.fold(entry.identity)
            try:
                open_checkpoint(files.note, *keys_at(moves_of(state), files.checkpoint.size))
                if note := self.safe_notes.get(entry.identity):
                    open_checkpoint(note, *keys_at(moves_of(state), self.safe[entry.identity]))
            except Fault as fault:
                size = files.checkpoint.size
                text = f"it is not signed by the key that signs this record at {size} entries: {fault.text} (R-MOVE-8)"
                if state.missing is None:
                    self.bodies.remove(entry)
                    self._problem("failure", Forged(text), entry)
                else:
                    self._problem("missing", Missing(f"{text}; what it rests on is not all here"), entry)

    # --- blobs and boxes

    def check_blobs(self) -> None:
        """Every blob is what its name says."""
        for digest in self.blobs.names():
            try:
                self.blobs.get(digest)
            except Fault as fault:
                self.problems.append(
                    Problem(kind="failure", file=blob_path(digest), text=fault.text, rule="R-VERIFY-4")
                )

    def box_path(self, uuid: str) -> Path:
        """Where an archive lies or would lie. Raises: Malformed."""
        return self.archives.path(uuid)

    # --- names

    def find(self, name: str) -> str:
        """The identity of the body with this identity, slug, or beginning of an identity, in this order.

        Raises: Malformed when there is none, or more than one begins so.
        """
        for entry in self.bodies:
            if name == entry.identity:
                return entry.identity
        for entry in self.bodies:
            if name == entry.slug:
                return entry.identity
        starting = [entry.identity for entry in self.bodies if len(name) >= 8 and entry.identity.startswith(name)]
        if len(starting) == 1:
            return starting[0]
        slugs = ", ".join(sorted(entry.slug for entry in self.bodies)[:12]) or "none that can be read"
        raise Malformed(f"no one body '{name[:70]}' in this folder; it has {slugs}", where=str(self.path))

    def slug(self, identity: str) -> str:
        """The slug of a body, or the first digits of its identity where the folder does not hold it."""
        return next((entry.slug for entry in self.bodies if entry.identity == identity), identity[:12])


def founding_keys(entry: bytes) -> tuple[NoteKey, list[CosignerKey], int]:
    """The log key, the mirrors and their quorum that an act 0 names.

    Raises: Malformed when it is no founding act.
    """
    act = parse_act(entry)
    log, mirrors, quorum = act.data.get("log"), act.data.get("mirrors"), act.data.get("quorum")
    if act.kind != "found" or not isinstance(log, str) or not isinstance(mirrors, list) or not isinstance(quorum, int):
        raise Malformed("the first entry founds no body: it names no log key and no mirrors")
    return parse_note_key(log), [parse_cosigner_key(str(vkey)) for vkey in mirrors], quorum


def may_move(entry: bytes) -> bool:
    """False for most entries, without reading them: it is no move. A kind spelt with escapes moves a record too."""
    return _MOVE in entry or b"\\u" in entry


def claimed_moves(entries: Sequence[bytes]) -> dict[NoteKey, int]:
    """The key of act 0, at -1, and those that later acts claim to move this record to, with the position of the first
    act that does; nothing of it is judged.

    Raises: Malformed, when the first entry founds nothing.
    """
    first, _, _ = founding_keys(entries[0])
    found = {first: -1}
    for index, entry in enumerate(entries):
        if may_move(entry):
            with suppress(Fault):
                act = parse_act(entry)
                key = parse_note_key(str(act.data.get("log", "")))
                if act.kind == "host.move" and key.name == first.name:
                    found.setdefault(key, index)
    return found


def judged_moves(entries: Sequence[bytes], federation: Federation | None = None) -> dict[NoteKey, int]:
    """The same for the moves that are in force, as the record's own fold says (R-MOVE-8).

    ``federation``: other records and boxes that the fold may rest on. Nothing is folded where no entry claims a move.
    Raises: Malformed, when the first entry founds nothing.
    """
    claimed = claimed_moves(entries)
    if len(claimed) == 1:
        return claimed
    federation = federation or Federation()
    identity = identity_of(entries)
    if identity not in federation.records or federation.records[identity].entries != list(entries):
        federation.add(entries)
    return moves_of(federation.fold(identity)) or dict([next(iter(claimed.items()))])


def moves_of(state: State) -> dict[NoteKey, int]:
    """The keys of a record that is folded, each with the position of the act that moved it there: -1 for act 0's.

    None, where its act 0 founds no body by the rules.
    """
    if state.founding is None:
        return {}
    first = every_log(state)[0]
    return {first: -1} | {parse_note_key(move.log): move.index for move in state.moves}


def keys_at(moves: Mapping[NoteKey, int], size: int) -> tuple[NoteKey, ...]:
    """The keys among these that may sign a checkpoint of this size: one, or two where the record was just moved."""
    found: tuple[NoteKey, ...] = ()
    for key, at in moves.items():
        if size > at:
            found = (*found[-1:], key) if size == at + 1 else (key,)
    return found


def claimed_logs(entries: Sequence[bytes]) -> tuple[NoteKey, ...]:
    """The keys alone, in the order in which they are claimed. Raises: Malformed."""
    return tuple(claimed_moves(entries))


def _check_lines(note: Note, logs: Sequence[NoteKey], mirrors: list[CosignerKey]) -> None:
    """No line below the checkpoint is a mirror's own that was altered. Lines of strangers say nothing, and may stand.

    Raises: Forged.
    """
    signed = {(line.name, line.key_id) for line in note.signatures}
    known = {*((log.name, log.key_id) for log in logs), *((mirror.name, mirror.key_id) for mirror in mirrors)}
    for line in note.signatures:
        if (line.name, line.key_id) in known:
            continue
        for mirror in mirrors:
            is_absent = (mirror.name, mirror.key_id) not in signed
            if _is_by(mirror, note.text, line) or (is_absent and _looks_like(mirror, line)):
                raise Forged(f"the line of the mirror {mirror.name!r} below this checkpoint was altered")


def _is_by(mirror: CosignerKey, text: str, line: SignatureLine) -> bool:
    """Whether the mirror made this line, whatever name it bears."""
    try:
        mirror.check(text, line.signature)
    except Fault:
        return False
    return True


def _looks_like(mirror: CosignerKey, line: SignatureLine) -> bool:
    return line.name == mirror.name and len(line.signature) == _COSIGNATURE_SIZE


def open_folder(path: Path, map_: Map = map, *, sums: bool = False) -> Folder:
    """The folder with its records read. ``sums``: compare with SHA256SUMS first, and hash every blob.

    Raises: Malformed when it is no public folder at all.
    """
    folder = Folder(path, map_)
    if sums:
        folder.check_sums()
    folder.read_records()
    folder.check_moves()
    if sums:
        folder.check_blobs()
    return folder
