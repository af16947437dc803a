"""Signing checkpoints, so that no two that a log ever signs disagree.

``signer.db`` lies apart from the records. For each origin it holds the last checkpoint that was signed, with the tree's
frontier at it, and moves by compare-and-swap: it is durable before the signature leaves. It is made once and never
restored from a backup: a record that came back from an old copy is smaller than what its log has signed, and the signer
refuses.

Before it signs, the signer reads the new entries again from the disk, hashes them onto its own frontier, and compares
with the root that the store computed when they were appended. (A certificate log ended in 2022 because one bit of one
leaf hash flipped in memory before it was signed. Laptops have no memory that would notice.)
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from majlis.crypto import SigningKey, check_public_key
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.database import Database
from majlis.host.sql_record import SqlConnection, SqlDatabase
from majlis.host.store import Record
from majlis.record import (
    EMPTY_ROOT,
    HASH_SIZE,
    Checkpoint,
    Frontier,
    Note,
    NoteKey,
    check_note,
    format_checkpoint,
    format_note,
    leaf_hash,
    open_checkpoint,
    sign_note,
)

__all__ = ["Behind", "RecordSigner", "SignerBook", "is_of_others"]

APPLICATION: Final = 0x4D4A5331  # "MJS1"
_WHAT: Final = "what was signed"
_FORWARD: Final = (
    "Nothing is taken in or signed until what is missing was brought from a mirror, a stick or a bundle: 'majlis "
    "record recover BODY FROM'"
)

_SCHEMA: Final = """
CREATE TABLE signed (
    origin TEXT PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 32),
    size INTEGER NOT NULL,
    root BLOB NOT NULL CHECK (length(root) = 32),
    frontier BLOB NOT NULL
) STRICT;
CREATE TRIGGER signed_stays BEFORE DELETE ON signed BEGIN SELECT RAISE(ABORT, 'what was signed stays signed'); END;
CREATE TRIGGER signed_grows BEFORE UPDATE ON signed
    WHEN NEW.size < OLD.size OR NEW.origin <> OLD.origin OR NEW.key <> OLD.key
    BEGIN SELECT RAISE(ABORT, 'a signer never goes back'); END
"""


class Behind(Refused):
    """The record kept here is smaller than what its log signed, or another one: it is not written on (R-SIGNER-5)."""


class SignerBook:
    """The signers of a data folder, in its ``signer.db``; or those of a database that several machines can reach.

    There every machine keeps a ``signer.db`` of its own beside it: what it remembers, no backup of the database undoes.
    """

    def __init__(self, folder: Path) -> None:
        """Raises: Missing, before ``create_in``; Refused, while another process signs; Malformed, when damaged."""
        self._database: SqlDatabase = Database(folder / "signer.db", application=APPLICATION, what=_WHAT)
        self._memory: SqlDatabase | None = None

    @classmethod
    def create_in(cls, folder: Path) -> SignerBook:
        """The folder has a ``signer.db``; an existing one is left as it is."""
        Database.create(folder / "signer.db", application=APPLICATION, schema=_SCHEMA, what=_WHAT)
        return cls(folder)

    @classmethod
    def over(cls, database: SqlDatabase, folder: Path) -> SignerBook:
        """The signers in ``database``, which has the table of signer.db; ``folder`` remembers beside it."""
        book = cls.create_in(folder)
        book._database, book._memory = database, book._database
        return book

    def enrol(self, record: Record, public_key: bytes) -> None:
        """The record has a signer that has signed nothing yet. Enrolling the same key twice resets nothing.

        Only for a record that has just been founded: one that is longer had a signer, and losing it does not make it
        unsay what it signed.

        Raises: Refused, for another key than before, or a record of more than one entry; Malformed, for a bad key.
        """
        check_public_key(public_key)
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT key FROM signed WHERE origin = ?", (record.origin,)).fetchall()
            if rows:
                if rows[0][0] != public_key:
                    raise Refused(
                        "this record is signed with another key; a new one needs a succession",
                        where=record.origin,
                        rule="R-SIGNER-4",
                    )
                return
            if record.size > 1:
                raise Refused(
                    f"this record has {record.size} entries and no signer: its signer.db is lost, or this is a copy. "
                    "A copy is never signed; let the charter keys move the record to a new log key",
                    where=record.origin,
                    rule="R-SIGNER-4",
                )
            connection.execute(
                "INSERT INTO signed VALUES (?, ?, 0, ?, ?)", (record.origin, public_key, EMPTY_ROOT, b"")
            )

    def succeed(self, record: Record, public_key: bytes, at: int) -> None:
        """The record, which the entry ``at`` moves to this key, has a signer that has signed nothing yet.

        Whoever calls this has seen that the move is in force. Taking over twice resets nothing.

        Raises: Refused, where another key signed it on this machine, or the record went on already; Malformed.
        """
        check_public_key(public_key)
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT key FROM signed WHERE origin = ?", (record.origin,)).fetchall()
            if rows and rows[0][0] == public_key:
                return
            if rows:
                raise Refused(
                    "another key signed this record on this machine; take a data folder that only held a copy",
                    where=record.origin,
                    rule="R-SIGNER-4",
                )
            if record.size > at + 1:
                raise Refused(
                    f"this copy went on for {record.size - at - 1} entries after the move, and has no signer: another "
                    "host took over, or signer.db is lost. Sign nothing; let the charter keys move the record again",
                    where=record.origin,
                    rule="R-SIGNER-4",
                )
            connection.execute(
                "INSERT INTO signed VALUES (?, ?, 0, ?, ?)", (record.origin, public_key, EMPTY_ROOT, b"")
            )

    def signer(self, record: Record, key: SigningKey) -> RecordSigner:
        """The signer of one record. Raises: Missing, before ``enrol``; Refused, with another key than the enrolled."""
        signer = RecordSigner(self._database, record, key.public_key, key, self._memory)
        signer.last()
        return signer

    def recover(self, record: Record, notes: Iterable[bytes]) -> Checkpoint:
        """The signer remembers the largest of these checkpoints that its key signed, where it remembered less.

        It is hashed anew from the entries. Nothing is ever signed for that, so no key is asked for. Returns what is
        remembered then. Raises: Missing, where the record has no signer here; Refused, Forged, unless the record
        extends what was remembered, and has what the notes are of.
        """
        return self._of(record).recover(notes)

    def look(self, record: Record, seen: Iterable[bytes]) -> Behind | None:
        """Why nothing is to be written on this record, as ``RecordSigner.look``. Raises: Missing, without a signer."""
        return self._of(record).look(seen)

    def remembered(self, record: Record) -> tuple[NoteKey, Checkpoint]:
        """The key with which the record was signed last, and what. Raises: Missing, without a signer; Malformed."""
        signer = self._of(record)
        return signer.log, signer.last()

    def _of(self, record: Record) -> RecordSigner:
        """The signer of this record, for everything but signing. Raises: Missing."""
        rows = self._database.read("SELECT key FROM signed WHERE origin = ?", (record.origin,))
        if not rows:
            raise _no_signer(record.origin)
        return RecordSigner(self._database, record, rows[0][0], None, self._memory)

    def copy_to(self, database: SqlDatabase) -> None:
        """``database`` remembers all that is remembered here, and nothing that it remembers goes back."""
        rows = self._database.read("SELECT origin, key, size, root, frontier FROM signed ORDER BY origin")
        with database.transaction() as connection:
            for origin, key, size, root, roots in rows:
                _keep(connection, origin, key, size, root, roots)

    def close(self) -> None:
        """The file is free for others; a database that was handed in is closed by whoever opened it."""
        (self._memory or self._database).close()


class RecordSigner:
    """Signs the checkpoints of one record."""

    def __init__(
        self,
        database: SqlDatabase,
        record: Record,
        public_key: bytes,
        key: SigningKey | None,
        memory: SqlDatabase | None = None,
    ) -> None:
        """``memory``: what this machine signed, where ``database`` is not of this machine."""
        self._database = database
        self._memory = memory
        self._record = record
        self._public_key = public_key
        self._key = key
        self.log = NoteKey(name=record.origin, public_key=public_key)
        self.behind: Behind | None = None
        """Why the record here is not written on: it is not, or not all of, what its log signed (``look``)."""

    def last(self) -> Checkpoint:
        """What was signed last; size 0 for nothing yet."""
        frontier = self._frontier(self._database)
        return Checkpoint(origin=self._record.origin, size=frontier.size, root=frontier.root())

    def _frontier(self, database: SqlDatabase) -> Frontier:
        rows = database.read("SELECT key, size, root, frontier FROM signed WHERE origin = ?", (self._record.origin,))
        if not rows:
            raise _no_signer(self._record.origin)
        key, size, root, roots = rows[0]
        if key != self._public_key:
            raise Refused(
                "this is not the log key that signed here before; open the right keyring",
                where=self._record.origin,
                rule="R-SIGNER-4",
            )
        try:
            frontier = Frontier(size, (roots[at : at + HASH_SIZE] for at in range(0, len(roots), HASH_SIZE)))
        except ValueError:
            frontier = Frontier()
        if (frontier.size, frontier.root()) != (size, root):
            raise Malformed(
                "what this signer remembers is damaged; it must not sign again. Keep the file aside, and let the "
                "charter keys move the record to a new log key",
                where=database.where,
                rule="R-SIGNER-4",
            )
        return frontier

    def check_seen(self, seen: Iterable[bytes]) -> None:
        """Nobody has seen more of this record, or something else, under this log key.

        ``seen``: checkpoint notes from witnesses, mirrors, bundles and sticks. What this key did not sign says nothing.
        To be asked when a host starts, before it signs.

        Raises: Refused, when somebody has seen more: the record here is an old one. Forged, when somebody has seen
        another history: the note is evidence of two logs under one key.
        """
        size = self._record.size
        for note in seen:
            try:
                checkpoint, _ = open_checkpoint(note, self.log)
            except Fault:
                continue
            if checkpoint.size > size:
                raise Refused(
                    f"others have seen {checkpoint.size} entries of this record, and here are {size}: this is an old "
                    f"copy. {_FORWARD}",
                    where=self._record.origin,
                    rule="R-SIGNER-3",
                )
            if self._record.root(checkpoint.size) != checkpoint.root:
                raise Forged(
                    f"others have seen another history of this record at size {checkpoint.size}, signed with its key. "
                    "Sign nothing, keep that checkpoint as evidence, and call the charter keys together",
                    where=self._record.origin,
                    rule="R-SIGNER-3",
                )

    def look(self, seen: Iterable[bytes] = ()) -> Behind | None:
        """Why nothing is to be written on this record; None where it is all of what its log signed (R-SIGNER-5).

        Asked when it is taken up, with the checkpoints kept, and whenever somebody shows one; the answer stays in
        ``behind``, for what is behind at one moment gets no better by itself.
        """
        if self.behind is None:
            try:
                self._check_memories()
                self.check_seen(seen)
            except Fault as fault:
                self.behind = Behind(fault.text, where=fault.where, rule=fault.rule)
        return self.behind

    def check_whole(self) -> None:
        """The record may be written on, as far as is known. Raises: Behind."""
        if self.behind is not None:
            raise Behind(self.behind.text, where=self.behind.where, rule=self.behind.rule)

    def recover(self, notes: Iterable[bytes]) -> Checkpoint:
        """As ``SignerBook.recover``."""
        seen = tuple(notes)
        self.check_seen(seen)
        before = self._check_memories()
        sizes = [before.size]
        for note in seen:
            try:
                sizes.append(open_checkpoint(note, self.log)[0].size)
            except Fault:
                continue
        after = self._hashed_again(before, max(sizes))
        self._swap(before, after)
        self._remember(after)
        return self.last()

    def sign(self, seen: Iterable[bytes] = ()) -> bytes:
        """A checkpoint of the record as it stands, as a signed note. The same size is signed again without harm.

        Raises: Refused, when the record is smaller than what was signed or somebody has seen more; Forged, when it is
        not the record that was signed, or the entries on disk do not give the root in memory.
        """
        if self._key is None:
            raise Missing("the log's secret key is not at hand, and nothing is signed", where=self._record.origin)
        self.check_whole()
        self.check_seen(seen)
        before = self._check_memories()
        after = self._hashed_again(before, self._record.size)
        text = format_checkpoint(Checkpoint(origin=self._record.origin, size=after.size, root=after.root()))
        note = Note(text=text, signatures=(sign_note(text, self._record.origin, self._key),))
        check_note(note, (self.log,))
        self._swap(before, after)
        self._remember(after)
        return format_note(note)

    def _check_memories(self) -> Frontier:
        """What was signed last; the record extends it, and what this machine remembers beside. Raises: as ``sign``."""
        before, size = self._frontier(self._database), self._record.size
        self._check_extends(before, size)
        if self._memory is not None and self._is_remembered(self._memory):
            self._check_extends(self._frontier(self._memory), size)
        return before

    def _hashed_again(self, before: Frontier, size: int) -> Frontier:
        """The tree of the first ``size`` entries, read again from the disk and hashed onto it (R-SIGNER-2).

        Raises: Forged.
        """
        after = before.copy()
        for entry in self._record.reread(before.size, size):
            after.append(leaf_hash(entry))
        root = self._record.root(size)
        if (after.size, after.root()) != (size, root):
            raise Forged(
                "the entries on disk do not give the root that was computed when they were appended: a bit has "
                "flipped. Stop, check this machine's memory and disk, and start again",
                where=self._record.origin,
                rule="R-SIGNER-2",
            )
        return after

    def _check_extends(self, before: Frontier, size: int) -> None:
        if size < before.size:
            raise Refused(
                f"this record has {size} entries, and {before.size} were signed: it came back from an old copy. "
                f"{_FORWARD}",
                where=self._record.origin,
                rule="R-SIGNER-1",
            )
        if self._record.root(before.size) != before.root():
            raise Forged(
                f"the first {before.size} entries are not those that were signed. {_FORWARD}",
                where=self._record.origin,
                rule="R-SIGNER-1",
            )

    def _is_remembered(self, memory: SqlDatabase) -> bool:
        return bool(memory.read("SELECT 1 FROM signed WHERE origin = ?", (self._record.origin,)))

    def _remember(self, signed: Frontier) -> None:
        """This machine knows of it too, durably, before the signature leaves."""
        if self._memory is None:
            return
        with self._memory.transaction() as connection:
            _keep(
                connection,
                self._record.origin,
                self._public_key,
                signed.size,
                signed.root(),
                b"".join(signed.roots),
            )

    def _swap(self, before: Frontier, after: Frontier) -> None:
        """What is about to be signed is remembered for ever, unless another signer was faster."""
        if after.size == before.size:
            return
        with self._database.transaction() as connection:
            moved = connection.execute(
                "UPDATE signed SET size = ?, root = ?, frontier = ? WHERE origin = ? AND size = ? AND root = ?",
                (after.size, after.root(), b"".join(after.roots), self._record.origin, before.size, before.root()),
            )
            if moved.rowcount != 1:
                raise Refused("another signer was faster; ask again", where=self._record.origin, rule="R-SIGNER-1")


def is_of_others(record: Record, note: bytes, *keys: NoteKey) -> bool:
    """Whether a key of the log signed this checkpoint, and it is of more than lies here, or of something else.

    Such a one is kept, whatever else is wrong with whoever showed it (R-SIGNER-5). Raises: Malformed, when damaged.
    """
    try:
        checkpoint, _ = open_checkpoint(note, *keys)
    except Fault:
        return False
    return checkpoint.size > record.size or record.root(checkpoint.size) != checkpoint.root


def _no_signer(origin: str) -> Missing:
    return Missing(
        "this record has no signer here: its signer.db is lost, or this is a copy. What was signed cannot be told from "
        "the record, so nothing is signed any more; let the charter keys move the record to a new log key ('majlis "
        "succession')",
        where=origin,
        rule="R-SIGNER-4",
    )


def _keep(connection: SqlConnection, origin: str, key: bytes, size: int, root: bytes, roots: bytes) -> None:
    """What was signed is remembered here too, unless more is already."""
    connection.execute(
        "INSERT INTO signed VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (origin, key, size, root, roots)
    )
    connection.execute(
        "UPDATE signed SET size = ?, root = ?, frontier = ? WHERE origin = ? AND size < ?",
        (size, root, roots, origin, size),
    )
