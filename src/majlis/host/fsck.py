"""Proving that a data folder holds what its logs signed, and that its signer and witness remember nothing else.

Entries are the one source of truth. From them everything else is computed anew and compared: leaf hashes, inner hashes,
frontiers, what the signer signed last, what the witness cosigned last, the checkpoints with their cosignatures, blobs
and their names. Only what is derived from entries can be repaired; a damaged entry, or a memory that does not fit, has
its way back through mirrors and bundles (``recover``), never through an old backup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.host import signer, witness
from majlis.host.blobs import Blobs
from majlis.host.database import Database
from majlis.host.federation import Federation
from majlis.host.folder import claimed_logs, founding_keys
from majlis.host.gathering import lacks_of
from majlis.host.lacking import Lacks
from majlis.host.node import Keeping, Known, Node
from majlis.host.postgres_store import PostgresStore
from majlis.host.sql_record import Damaged, SqlDatabase, SqlRecord
from majlis.host.sqlite_store import SqliteStore
from majlis.host.witness import WITNESS_FILE
from majlis.record import (
    HASH_SIZE,
    Checkpoint,
    CosignerKey,
    Frontier,
    Note,
    NoteKey,
    check_note,
    open_checkpoint,
    read_cosignatures,
)

__all__ = ["Checked", "Flaw", "fsck"]

_BOX: Final = b'"election.open"'
_FETCH: Final = (
    "fetch it from whoever serves the record ('majlis mirror URL'), or from a stick ('majlis node take DIR')"
)
_REPAIRED: Final = "it was made anew from the entries"
_AWAY: Final = "bring it from a mirror or a bundle: 'majlis record recover BODY FROM'; never from an old backup"


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it must be. ``place``: a file, a record, or both."""

    kind: Literal["failure", "missing", "repaired"]
    place: str
    text: str
    rule: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, and what is wrong with it."""

    records: int
    entries: int
    signed: int
    witnessed: int
    checkpoints: int
    blobs: int
    flaws: tuple[Flaw, ...]

    @property
    def exit_code(self) -> int:
        """0 all holds, after repairs if there were any; 1 something does not; 3 something is missing."""
        kinds = {flaw.kind for flaw in self.flaws}
        return 1 if "failure" in kinds else 3 if "missing" in kinds else 0


def fsck(folder: Path, *, repair: bool = False) -> Checked:
    """Everything in a data folder was compared with what its logs signed. Reads every record whole.

    ``repair``: what is derived from entries is made anew where it is wrong; nobody else may write meanwhile.

    Raises: Missing, where there is no data folder; Malformed, when a file is none of ours or damaged as a whole;
    Refused, when another program writes and ``repair`` was asked for.
    """
    return _Checking(folder, repair=repair).run()


class _Checking:
    """A data folder being checked."""

    def __init__(self, folder: Path, *, repair: bool) -> None:
        self.database = Node(folder).database if (folder / "node.json").is_file() else ""
        if not self.database and not (folder / "host.db").is_file():
            raise Missing(
                "there is no data folder with records here; name the one that holds host.db", where=str(folder)
            )
        self.folder = folder
        self.repair = repair
        self.flaws: list[Flaw] = []
        self.roots: dict[str, Callable[[int], bytes]] = {}
        self.sizes: dict[str, int] = {}
        self.firsts: dict[str, bytes] = {}
        self.records: dict[str, SqlRecord] = {}
        self.signers: set[str] = set()

    def run(self) -> Checked:
        with closing(self._store()) as store:
            for origin in store.origins():
                self._record(store.record(origin))
            if isinstance(store, PostgresStore):
                self.signers.update(self._signed(store.database))
            known = list(self._each(self.folder / "signer.db", signer.APPLICATION, self._signed))
            self._lost_signers(known)
            witnessed = sum(1 for _ in self._each(self._witness_path(), witness.APPLICATION, self._witnessed))
            self._lost_witness()
            checkpoints = self._checkpoints()
            self._lacking()
        return Checked(
            records=len(self.sizes),
            entries=sum(self.sizes.values()),
            signed=len(known),
            witnessed=witnessed,
            checkpoints=checkpoints,
            blobs=self._blobs(),
            flaws=tuple(self.flaws),
        )

    def _store(self) -> Keeping:
        if self.database:
            return PostgresStore(self.database, read_only=not self.repair)
        return SqliteStore(self.folder, read_only=not self.repair)

    def _note(
        self, fault: Fault, place: str, rule: str, *, kind: Literal["failure", "missing", "repaired"] = "failure"
    ) -> None:
        text = fault.text if fault.rule in ("", rule) else f"{fault.text} [{fault.rule}]"
        self.flaws.append(Flaw(kind=kind, place=place, text=text, rule=rule))

    # --- entries, and what is derived from them

    def _record(self, record: SqlRecord) -> None:
        place = f"{'the database' if self.database else 'host.db'}, {record.origin}"
        try:
            record.check()
        except Malformed as fault:
            if not self._mend(record):
                self._note(fault, place, "R-FSCK-1")
                self.sizes[record.origin] = record.size
                return
            what = fault.what if isinstance(fault, Damaged) else fault.text
            self.flaws.append(Flaw(kind="repaired", place=place, text=f"{what}; {_REPAIRED}", rule="R-FSCK-4"))
        self.sizes[record.origin] = record.size
        self.roots[record.origin] = record.root
        if record.size:
            self.firsts[record.origin] = record.entries(0, 1)[0]
            self.records[record.origin] = record

    def _mend(self, record: SqlRecord) -> bool:
        """Whether everything derived follows from the entries again."""
        if not self.repair:
            return False
        try:
            record.rebuild()
            record.check()
        except Malformed:
            return False
        return True

    def _check_root(self, origin: str, size: int, root: bytes, what: str) -> None:
        """The record here has this root at this size. Raises: Missing, Forged."""
        if origin not in self.sizes:
            raise Missing(f"{what} {size} entries of {origin!r}, and that record is not here; {_AWAY}")
        if size > self.sizes[origin]:
            raise Forged(f"{what} {size} entries, and {self.sizes[origin]} are here: this is an old copy; {_AWAY}")
        if origin in self.roots and self.roots[origin](size) != root:
            raise Forged(f"{what} another history, at size {size}; {_AWAY}")

    # --- memories

    def _each(self, path: Path, application: int, check: Callable[[Database], Iterator[str]]) -> Iterator[str]:
        """What ``check`` looks at in one file; one that is not there is no flaw of its own."""
        if path.is_file():
            with closing(Database(path, application=application, read_only=True, what="what was signed")) as database:
                yield from check(database)

    def _signed(self, database: SqlDatabase) -> Iterator[str]:
        for origin, key, size, root, roots in database.read("SELECT origin, key, size, root, frontier FROM signed"):
            try:
                try:
                    frontier = Frontier(size, (roots[at : at + HASH_SIZE] for at in range(0, len(roots), HASH_SIZE)))
                except ValueError:
                    frontier = Frontier()
                if (frontier.size, frontier.root()) != (size, root):
                    raise Malformed("what this signer remembers is damaged; it must not sign again")
                self._check_root(origin, size, root, "its log signed")
                self._check_key(origin, key)
            except Fault as fault:
                kind: Literal["failure", "missing"] = "missing" if isinstance(fault, Missing) else "failure"
                self._note(fault, f"signer.db, {origin}", "R-FSCK-2", kind=kind)
            yield origin

    def _lost_signers(self, known: Sequence[str]) -> None:
        """Of every record kept here the signer remembers what it signed."""
        self.signers.update(known)
        for body in self._bodies():
            if body.is_hosted and body.origin not in self.signers:
                lost = Missing(
                    "this record is kept here, and nobody remembers any more what was signed for it. That is never "
                    "made anew: put the very file back, or let the charter keys move the record to a new log key, into "
                    "another folder ('majlis succession')"
                )
                self._note(lost, f"signer.db, {body.origin}", "R-FSCK-2")

    def _lost_witness(self) -> None:
        """A witness that was made here still has its memory."""
        made = self.folder / WITNESS_FILE
        if made.is_file() and not self._witness_path().is_file():
            lost = Missing(
                f"the witness {made.read_text(encoding='utf-8', errors='replace').strip()[:200]} was made here, and "
                "its memory is gone. It is never made anew: put the very file back, or let this identity retire, and "
                "tell those whose records it witnesses (R-WITNESS-8)"
            )
            self._note(lost, "witness/witness.db", "R-FSCK-3")

    def _bodies(self) -> tuple[Known, ...]:
        return Node(self.folder).bodies if (self.folder / "node.json").is_file() else ()

    def _check_key(self, origin: str, key: bytes) -> None:
        """The signer's key is the one that act 0 names, or that a later act moved the record to. Raises: Forged."""
        log = self._log_of(origin)
        if log is None or log.public_key == key:
            return
        if not any(claimed.public_key == key for claimed in self._claimed(origin)):
            raise Forged("the signer has another key than act 0 of the record names, and nothing moved it there")

    def _log_of(self, origin: str) -> NoteKey | None:
        try:
            return founding_keys(self.firsts[origin])[0]
        except (Fault, KeyError):
            return None

    def _claimed(self, origin: str) -> tuple[NoteKey, ...]:
        """All keys that the record says signed it. Reads every entry, so only where the first key is not enough."""
        try:
            return claimed_logs(self.records[origin].entries())
        except (Fault, KeyError):
            return ()

    def _open(self, origin: str, note: bytes, logs: Sequence[NoteKey]) -> tuple[Checkpoint, Note]:
        """The checkpoint, signed by one of ``logs`` or by a key that the record was moved to or from. Raises: Fault."""
        try:
            return open_checkpoint(note, *logs)
        except Forged:
            if len(claimed := self._claimed(origin)) < 2:
                raise
            return open_checkpoint(note, *claimed)

    def _witness_path(self) -> Path:
        inner = self.folder / "witness" / "witness.db"
        return inner if inner.is_file() else self.folder / "witness.db"

    def _witnessed(self, database: Database) -> Iterator[str]:
        ((name, key),) = database.read("SELECT name, key FROM identity")
        own = CosignerKey(name=name, public_key=key)
        logs: dict[str, list[NoteKey]] = {}
        for origin, public_key in database.read("SELECT origin, key FROM log"):
            logs.setdefault(origin, []).append(NoteKey(name=origin, public_key=public_key))
        for origin, size, root, note in database.read("SELECT origin, size, root, note FROM state"):
            try:
                checkpoint, parsed = self._open(origin, note, logs.get(origin, []))
                if (checkpoint.origin, checkpoint.size, checkpoint.root) != (origin, size, root):
                    raise Malformed("what this witness remembers is not what it cosigned; its identity must retire")
                check_note(parsed, [own])
                if origin in self.sizes:
                    self._check_root(origin, size, root, f"{name} cosigned")
            except Fault as fault:
                self._note(fault, f"witness.db, {origin}", "R-FSCK-3")
            yield origin

    # --- checkpoints and blobs

    def _checkpoints(self) -> int:
        """Each checkpoint kept is of the record here, and every line of a mirror below it holds."""
        if not (self.folder / "node.json").is_file():
            return 0
        count = 0
        for body in self._bodies():
            place = f"checkpoints/{body.identity}"
            if body.origin not in self.sizes:
                missing = Missing(f"the record of {body.slug} is listed, and not here; {_AWAY}")
                self._note(missing, "node.json", "R-FSCK-1", kind="missing")
                continue
            for path, whose in (
                (place, "mirrors hold"),
                (f"{place}.seen", "the log signed"),
                (f"{place}.moved", "the log signed"),
                (f"{place}.ahead", "others showed"),
            ):
                if not (self.folder / path).is_file() or body.origin not in self.firsts:
                    continue
                count += 1
                try:
                    log, mirrors, _ = founding_keys(self.firsts[body.origin])
                    checkpoint, parsed = self._open(body.origin, (self.folder / path).read_bytes(), [log])
                    read_cosignatures(parsed, mirrors)
                    self._check_root(body.origin, checkpoint.size, checkpoint.root, whose)
                except Fault as fault:
                    self._note(fault, path, "R-FSCK-3")
        self._strangers()
        return count

    def _strangers(self) -> None:
        """Nothing else lies among the checkpoints; what a crash left half written is no flaw."""
        known = {f"{body.identity}{kind}" for body in self._bodies() for kind in ("", ".seen", ".moved", ".ahead")}
        for path in sorted((self.folder / "checkpoints").glob("*")):
            if path.name not in known and not (path.name.startswith(".") and path.name.endswith(".new")):
                stranger = Malformed("this is no checkpoint of a record known here; look at it, and take it away")
                self._note(stranger, f"checkpoints/{path.name}", "R-FSCK-3")

    def _lacking(self) -> None:
        """What the acts of records kept here name, and anybody needs, is here: blobs, boxes as far as they are told of.

        Of copies less may be here: 'majlis node show' says what (R-MIRROR-11).
        """
        if not (self.folder / "node.json").is_file():
            return
        node = Node(self.folder)
        lacks, unfolded = lacks_of(node), Federation()
        bodies = [body for body in node.bodies if body.is_hosted and body.origin in self.records]
        for body in bodies:
            unfolded.take(self.records[body.origin])
        wanted = [body for body in bodies if self._may_lack(lacks, unfolded, body)]
        if not wanted or self.flaws_in_entries:
            return
        federation = node.federation()
        for body in wanted:
            found = lacks.of(federation, body.identity)
            for digest, text in {text.digest: text for text in reversed(found.texts)}.items():
                missing = Missing(
                    f"entry {text.index} of {body.slug} ({text.kind}) names it, and it is not here; {_FETCH}"
                )
                place = f"blobs/sha256/{digest[:2]}/{digest}"
                self._note(missing, place, "R-FSCK-1", kind="missing")
            for uuid in found.boxes:
                missing = Missing(f"{body.slug} tells of this box, and it is not here as far as it says; {_FETCH}")
                self._note(missing, f"boxes/{uuid}.bel", "R-FSCK-1", kind="missing")

    def _may_lack(self, lacks: Lacks, federation: Federation, body: Known) -> bool:
        """Whether the record has to be folded to tell what of it is lacking."""
        record = federation.records[body.identity]
        return bool(lacks.texts(record, body.identity)) or any(_BOX in entry for entry in record.entries)

    @property
    def flaws_in_entries(self) -> bool:
        """Whether a record cannot be folded: what it lacks is told once it is whole."""
        return any(flaw.rule == "R-FSCK-1" and flaw.kind == "failure" for flaw in self.flaws)

    def _blobs(self) -> int:
        blobs = Blobs(self.folder / "blobs" / "sha256")
        count = 0
        for digest in blobs.names():
            count += 1
            try:
                blobs.get(digest)
            except Fault as fault:
                self._note(fault, f"blobs/sha256/{digest[:2]}/{digest}", "R-FSCK-1")
        return count
