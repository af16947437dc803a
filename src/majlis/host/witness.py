"""A witness and a mirror: another body's host that says when it saw a record, and that it only grew.

``witness.db`` holds the cosigner's name and key, the logs it trusts, and for each origin the size and root it cosigned
last. Reading that state, judging the request and storing the new state are one transaction, durable before the answer
leaves (R-WITNESS-6): otherwise a slow request for N could overwrite a fast one for N + K, and the log could lose K
entries unseen.

A witness whose file is lost has forgotten what it promised. It never starts again from nothing under the same key: its
identity retires, and another is made.

A mirror also holds every entry, and cosigns only what it holds. What it does not have yet it gets from a source: the
log's host, another mirror, a folder on a stick.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from majlis.crypto import Chance, SigningKey, check_public_key
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.clock import Clock
from majlis.host.database import Database
from majlis.host.disk import write_file
from majlis.host.keyring import Keyring
from majlis.host.store import Store
from majlis.record import (
    AddCheckpoint,
    CosignerKey,
    Frontier,
    Judgement,
    Note,
    NoteKey,
    WitnessState,
    check_key_name,
    cosign,
    format_add_checkpoint,
    format_note,
    format_signature_line,
    judge_add_checkpoint,
    leaf_hash,
    parse_add_checkpoint,
    parse_checkpoint,
    parse_note,
    with_signatures,
)

__all__ = ["JudgeEntries", "Mirror", "ReadEntries", "Witness"]

ReadEntries = Callable[[str, int, int], Sequence[bytes]]
"""Gives the entries [start, end) of an origin. Raises: Fault, when they are not at hand."""

JudgeEntries = Callable[[str, int, int], None]
"""Looks at the entries [start, end) of an origin, which are held, before they are cosigned.

Raises: Forged, when the host claims something false of them; Missing, when that cannot be told.
"""

APPLICATION: Final = 0x4D4A5731  # "MJW1"
_WHAT: Final = "what was witnessed"

WITNESS_FILE: Final = "witness.vkey"
"""In a data folder that has a witness: its key. Who finds it without the memory knows that this was lost."""
_MAX_EVIDENCE: Final = 10_000
_MOST_LINES: Final = 4
_LEFT: Final = "this branch was cosigned here, and left for the record as it goes on elsewhere"

_SCHEMA: Final = """
CREATE TABLE identity (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    name TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;
CREATE TABLE log (
    origin TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 32),
    PRIMARY KEY (origin, key)
) STRICT;
CREATE TABLE state (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL CHECK (length(root) = 32),
    time INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    fault TEXT NOT NULL,
    request BLOB NOT NULL
) STRICT;
CREATE TRIGGER identity_stays BEFORE UPDATE ON identity BEGIN SELECT RAISE(ABORT, 'an identity never changes'); END;
CREATE TRIGGER state_stays BEFORE DELETE ON state BEGIN SELECT RAISE(ABORT, 'a witness never forgets'); END;
CREATE TRIGGER state_grows BEFORE UPDATE ON state WHEN NEW.size < OLD.size OR NEW.origin <> OLD.origin
    BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END
"""


def remember_witness(folder: Path, cosigner: CosignerKey) -> None:
    """A data folder tells that it has this witness, whatever becomes of the memory."""
    path, line = folder / WITNESS_FILE, f"{cosigner.vkey}\n".encode()
    if not path.is_file() or path.read_bytes() != line:
        write_file(path, line)


class Witness:
    """A cosigner with a memory. Safe to use from several threads."""

    def __init__(self, folder: Path, key: SigningKey, clock: Clock) -> None:
        """Raises: Missing, where it has no memory; Refused, with another key, or while another process witnesses."""
        if not (folder / "witness.db").is_file():
            raise Missing(
                "the memory of this witness is not here. It is never made anew: put the very file back, or let this "
                "identity retire, and tell those whose records it witnesses",
                where=str(folder / "witness.db"),
                rule="R-WITNESS-8",
            )
        self._database = Database(folder / "witness.db", application=APPLICATION, what=_WHAT)
        ((name, public_key),) = self._database.read("SELECT name, key FROM identity")
        if public_key != key.public_key:
            self.close()
            raise Refused(
                f"this is not the key of {name!r}, which witnesses here; open the right keyring",
                where=str(folder),
                rule="R-WITNESS-8",
            )
        self._key = key
        self._clock = clock
        self.cosigner = CosignerKey(name=name, public_key=public_key)

    @classmethod
    def create_memory(cls, folder: Path, name: str, public_key: bytes) -> None:
        """The folder has a ``witness.db`` for this new cosigner; an existing one of the same is left as it is.

        Only for a key that has never witnessed anywhere: ``found`` makes sure of that.

        Raises: Refused, where another cosigner has its memory; Malformed, for an impossible name or key.
        """
        check_key_name(name)
        check_public_key(public_key)
        path = folder / "witness.db"
        Database.create(path, application=APPLICATION, schema=_SCHEMA, what=_WHAT)
        database = Database(path, application=APPLICATION, what=_WHAT)
        try:
            with database.transaction() as connection:
                connection.execute("INSERT OR IGNORE INTO identity VALUES (1, ?, ?)", (name, public_key))
            if database.read("SELECT name, key FROM identity") != [(name, public_key)]:
                raise Refused(
                    "another cosigner has its memory here; choose another folder", where=str(folder), rule="R-WITNESS-8"
                )
        finally:
            database.close()

    @staticmethod
    def found(folder: Path, name: str, keyring: Keyring, chance: Chance, *, kind: str = "witness") -> SigningKey:
        """The cosigner ``name`` has a key in the keyring and a memory in the folder, both made now or both kept.

        Raises: Refused, when the key is there and its memory is not: it was lost, and the identity must retire.
        """
        if name in keyring.names():
            if not (folder / "witness.db").is_file():
                raise Refused(
                    f"the key of {name!r} has witnessed before and its witness.db is lost. Never start it from "
                    "nothing: tell those who trust it, and found a witness under a new name",
                    where=str(folder),
                    rule="R-WITNESS-8",
                )
            key = keyring.get(name).signing_key()
        else:
            key = keyring.draw(name, kind, chance=chance).signing_key()
        Witness.create_memory(folder, name, key.public_key)
        return key

    def trust(self, log: NoteKey) -> None:
        """Checkpoints of this log, signed with this key, are judged from now on. Raises: Malformed, for a bad key."""
        check_public_key(log.public_key)
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO log VALUES (?, ?)", (log.name, log.public_key))

    def succeed(self, log: NoteKey) -> None:
        """Checkpoints of this log are judged by this key alone from now on: its record was moved (R-MOVE-8).

        What was cosigned before stays remembered, whoever signed it. Raises: Malformed, for a bad key.
        """
        check_public_key(log.public_key)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM log WHERE origin = ?", (log.name,))
            connection.execute("INSERT INTO log VALUES (?, ?)", (log.name, log.public_key))

    def logs(self) -> tuple[NoteKey, ...]:
        """The keys of the logs that it trusts."""
        rows = self._database.read("SELECT origin, key FROM log ORDER BY origin, key")
        return tuple(NoteKey(name=origin, public_key=key) for origin, key in rows)

    def trusts(self, origin: str) -> bool:
        """Whether it trusts a log of this name."""
        return bool(self._database.read("SELECT 1 FROM log WHERE origin = ?", (origin,)))

    def last(self, origin: str) -> int:
        """The size that it cosigned last; 0 for never."""
        rows = self._database.read("SELECT size FROM state WHERE origin = ?", (origin,))
        return int(rows[0][0]) if rows else 0

    def latest(self, origin: str) -> bytes:
        """The checkpoint note that it cosigned last, with the log's signature and its own. Raises: Missing."""
        rows = self._database.read("SELECT note FROM state WHERE origin = ?", (origin,))
        if not rows:
            raise Missing(f"{self.cosigner.name} has never cosigned {origin!r}")
        return bytes(rows[0][0])

    def add_checkpoint(self, request: bytes) -> tuple[int, str]:
        """The status and body of the answer to an ``add-checkpoint`` request; total.

        200: cosigned, and durable. 503: not now, as with a clock that went back (R-WITNESS-7); nothing has moved.
        """
        try:
            with self._database.transaction():
                judgement, now = self._judge(request), self._clock.now()
                if judgement.state is None or judgement.note is None:
                    self._keep(judgement, request)
                    return judgement.status, judgement.body or f"{judgement.fault}\n"
                ((latest,),) = self._database.read("SELECT coalesce(max(time), 1) FROM state")
                if now < latest:
                    return 503, "this witness's clock has gone backwards; its keeper must set it\n"
                line = cosign(judgement.note.text, self.cosigner.name, self._key, now)
                note = format_note(with_signatures(judgement.note, [line]))
                self._database.write(
                    "INSERT INTO state VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE"
                    " SET size = excluded.size, root = excluded.root, time = excluded.time, note = excluded.note",
                    (judgement.origin, judgement.state.size, judgement.state.root, now, note),
                )
        except Fault as fault:
            return 503, f"{fault.text}\n"
        return 200, f"{format_signature_line(line)}\n"

    def _judge(self, request: bytes, **held: WitnessState) -> Judgement:
        """``held``: states to judge by in place of what was cosigned last, by origin."""
        logs: dict[str, list[NoteKey]] = {}
        for key in self.logs():
            logs.setdefault(key.name, []).append(key)
        rows = self._database.read("SELECT origin, size, root FROM state")
        states = {origin: WitnessState(size=size, root=root) for origin, size, root in rows}
        return judge_add_checkpoint(request, logs, states | held)

    def _keep(self, judgement: Judgement, request: bytes) -> None:
        """What may be proof of a log's misbehaviour is kept, up to a limit that no flood can use up the disk.

        Each checkpoint once for each fault, with the lines of the log alone: a proof is signed by nobody, so anybody
        can send a true checkpoint with a false one, as often as they like (R-WITNESS-9).
        """
        if not judgement.is_evidence:
            return
        shown = parse_add_checkpoint(request)
        logs = {(log.name, log.key_id) for log in self.logs()}
        lines = tuple(line for line in shown.note.signatures if (line.name, line.key_id) in logs)
        note = Note(text=shown.note.text, signatures=lines[:_MOST_LINES])
        kept = format_add_checkpoint(AddCheckpoint(old=shown.old, proof=shown.proof, note=note))
        known = "SELECT 1 FROM evidence WHERE fault = ? AND instr(request, ?) > 0"
        if self._database.read(known, (judgement.fault, b"\n\n" + note.text.encode())):
            return
        ((count,),) = self._database.read("SELECT count(*) FROM evidence")
        if count < _MAX_EVIDENCE:
            self._database.write(
                "INSERT INTO evidence (time, fault, request) VALUES (?, ?, ?)",
                (self._clock.now(), judgement.fault, kept),
            )

    def remembered(self, origin: str) -> WitnessState | None:
        """The size and root that it cosigned last; None for never."""
        rows = self._database.read("SELECT size, root FROM state WHERE origin = ?", (origin,))
        return WitnessState(size=rows[0][0], root=bytes(rows[0][1])) if rows else None

    def leave(self, note: Note) -> None:
        """This checkpoint, which is of another branch and no smaller, is cosigned in place of the last (R-MIRROR-9).

        What was cosigned before is kept as evidence. Whoever calls has seen that the branch may be left.

        Raises: Refused, where it is smaller; Missing, while the clock shows less than it cosigned before.
        """
        checkpoint = parse_checkpoint(note.text)
        before, now = self.remembered(checkpoint.origin), self._clock.now()
        with self._database.transaction():
            if before is not None and before.size > checkpoint.size:
                raise Refused(
                    f"{before.size} entries were cosigned, and this record has {checkpoint.size}: a witness never goes "
                    "back; it follows once the record is as large",
                    rule="R-MIRROR-9",
                )
            ((latest,),) = self._database.read("SELECT coalesce(max(time), 1) FROM state")
            if now < latest:
                raise Missing("this witness's clock has gone backwards; its keeper must set it", rule="R-WITNESS-7")
            line = cosign(note.text, self.cosigner.name, self._key, now)
            signed = format_note(with_signatures(note, [line]))
            if before is not None:
                old = AddCheckpoint(old=0, proof=(), note=parse_note(self.latest(checkpoint.origin)))
                self._database.write(
                    "INSERT INTO evidence (time, fault, request) VALUES (?, ?, ?)",
                    (now, _LEFT, format_add_checkpoint(old)),
                )
            self._database.write(
                "INSERT INTO state VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE"
                " SET size = excluded.size, root = excluded.root, time = excluded.time, note = excluded.note",
                (checkpoint.origin, checkpoint.size, checkpoint.root, now, signed),
            )

    def evidence(self) -> tuple[tuple[int, str, bytes], ...]:
        """Requests that a log signed and that did not hold: (time, why, the request with the log's lines alone)."""
        return tuple(self._database.read("SELECT time, fault, request FROM evidence ORDER BY id"))

    def close(self) -> None:
        self._database.close()


class Mirror(Witness):
    """A cosigner that holds every entry of what it cosigns."""

    def __init__(self, folder: Path, key: SigningKey, clock: Clock, *, store: Store, source: ReadEntries) -> None:
        """``store`` is the mirror's own; ``source`` is where it gets what it does not have yet."""
        super().__init__(folder, key, clock)
        self._store = store
        self._source = source
        self.judge: JudgeEntries | None = None
        """What is asked of the entries before they are cosigned; None where nobody here can fold them."""

    def look_at(self, request: bytes) -> Judgement:
        """How the request stands by its own bytes, what was cosigned, and what is held; only evidence is kept.

        Where more is held than was cosigned, a larger checkpoint is to be proven from there: entries that the log
        signed, and sent without ever asking for the cosignature, are a promise too. Without that the entries of another
        history could follow them.
        """
        judgement = self._judge(request, **self._held(request))
        self._keep(judgement, request)
        return judgement

    def _held(self, request: bytes) -> dict[str, WitnessState]:
        try:
            checkpoint = parse_add_checkpoint(request).checkpoint
        except Fault:
            return {}
        origin = checkpoint.origin
        held = self._store.create(origin).size if self.trusts(origin) else 0
        if not self.last(origin) < held < checkpoint.size:
            return {}
        return {origin: WitnessState(size=held, root=self._store.record(origin).root(held))}

    def accuse(self, request: bytes, fault: Fault) -> None:
        """The request, which the log signed, is kept as evidence of this fault."""
        self._keep(Judgement(status=422, fault=str(fault), is_evidence=True), request)

    def add_checkpoint(self, request: bytes) -> tuple[int, str]:
        """As a witness, once every entry is held durably, and what the entries claim of themselves was looked at."""
        try:
            judgement = self._judge(request)
            if judgement.state is not None:
                try:
                    self._hold(judgement.origin, judgement.state)
                    if self.judge is not None:
                        self.judge(judgement.origin, self.last(judgement.origin), judgement.state.size)
                except Forged as fault:
                    self._keep(msgspec.structs.replace(judgement, fault=fault.text, is_evidence=True), request)
                    return 422, f"{fault.text}\n"
        except Fault as fault:
            return 503, f"{fault.text}\n"
        return super().add_checkpoint(request)

    def _hold(self, origin: str, state: WitnessState) -> None:
        """The entries under this state are in the mirror's store.

        Raises: Forged, when the log signed another history than the one held; Fault, when they cannot be had.
        """
        record = self._store.create(origin)
        have = record.size
        if have >= state.size:
            if record.root(state.size) != state.root:
                raise Forged(
                    f"the log signed another history than the one held here, at size {state.size}", rule="R-MIRROR-1"
                )
            return
        entries = self._source(origin, have, state.size)
        if len(entries) != state.size - have:
            raise Missing(
                f"the source gave {len(entries)} of {state.size - have} entries; try again when it has all",
                rule="R-MIRROR-1",
            )
        frontier = Frontier.at(have, record.hashes())
        for entry in entries:
            frontier.append(leaf_hash(entry))
        if frontier.root() != state.root:
            raise Malformed(
                "the source gave other entries than those that the log signed; take another source", rule="R-MIRROR-1"
            )
        record.append(entries)
