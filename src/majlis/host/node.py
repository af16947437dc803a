"""A data folder: what one machine of a committee keeps between two commands.

    node.json                 the bodies known here by slug, who keeps the host, a practice clock where there is one
    host.db  signer.db        records, those kept here and copies of others; what their logs signed. Where node.json
                              names a database, the records lie there, and signer.db is this machine's own memory
    checkpoints/<identity>    the newest checkpoint of each record that mirrors made safe; see ``checkpoints``
    blobs/sha256/…  boxes/…   as every host has them
    snapshots/<identity>      what folding a long record came to; a cache, see ``snapshot``
    keyrings/<person>.json    one for each person who works here, each under their own passphrase
    rolls/  lists/            the registrar's roll and the list keeper's book, encrypted
    shares/                   what a trustee has committed to and not shown yet
    witness/                  the memory of the witness that cosigns others' records

Reading opens nothing for writing, so that many may read while one writes. Writing waits a little for its turn.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Malformed, Missing, Refused
from majlis.host.blobs import Blobs
from majlis.host.boxes import Boxes
from majlis.host.chance import chance
from majlis.host.checkpoints import Checkpoints
from majlis.host.clock import Clock, SystemClock
from majlis.host.disk import write_file
from majlis.host.federation import Federation
from majlis.host.host import Host
from majlis.host.keyring import Keyring
from majlis.host.postgres_store import PostgresStore
from majlis.host.practice import PracticeClock
from majlis.host.signer import SignerBook
from majlis.host.snapshot import keep_snapshots, resume
from majlis.host.sqlite_store import SqliteStore
from majlis.record import parse_checkpoint, parse_note

__all__ = ["LOG", "Known", "Node", "log_key"]

LOG: Final = "log"
"""The kind of a log's key in a keyring; its note ``origin`` names the record."""

_FORMAT: Final = "majlis-node/1"
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_CONFIG: Final = 2**20
_PATIENCE: Final = 10

T = TypeVar("T")

Keeping = SqliteStore | PostgresStore
"""The records of a data folder, in its own file or in a database."""


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body known here. ``slug`` is this folder's own word for it; ``is_hosted``: its record is kept here."""

    slug: str
    identity: str
    origin: str
    names: dict[str, str]
    is_hosted: bool


class _Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str = _FORMAT
    keeper: str
    practice_clock: str = ""
    database: str = ""
    bodies: list[Known] = []


class Node:
    """An open data folder. Nothing in it is locked until something is written."""

    def __init__(self, folder: Path) -> None:
        """Raises: Missing, when this is no data folder; Malformed, when its list of bodies is damaged."""
        self.folder = folder
        self._config = self._read_config()
        self.blobs = Blobs(folder / "blobs" / "sha256")
        self.boxes = Boxes(folder / "boxes", self.blobs)
        self.checkpoints = Checkpoints(folder / "checkpoints")
        clock = self._config.practice_clock
        self.practice = PracticeClock(folder / clock) if clock else None
        self.clock: Clock = self.practice or SystemClock()

    @classmethod
    def create(cls, folder: Path, *, keeper: str, practice_clock: Path | None = None) -> Node:
        """A new data folder; the same one again is left as it is.

        ``keeper``: the person whose keyring holds the keys of the logs and of the witness here.
        Raises: Refused, when there is another already; Malformed, for an impossible name.
        """
        check_slug(keeper, "the keeper's name")
        clock = "" if practice_clock is None else os.path.relpath(practice_clock.resolve(), folder.resolve())
        path = folder / "node.json"
        if path.exists():
            node = cls(folder)
            if (node.keeper, node._config.practice_clock) != (keeper, clock):
                raise Refused("this data folder was made before, otherwise; choose another folder", where=str(folder))
            return node
        for private in ("keyrings", "rolls", "lists", "shares"):
            (folder / private).mkdir(parents=True, exist_ok=True, mode=0o700)
        write_file(path, _encode(_Config(keeper=keeper, practice_clock=clock)), mode=0o600)
        return cls(folder)

    def _read_config(self) -> _Config:
        path = self.folder / "node.json"
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise Missing(
                "there is no data folder here; make one with 'majlis node new', or name it with --data",
                where=str(self.folder),
            ) from None
        try:
            config = msgspec.json.decode(data[:_MAX_CONFIG], type=_Config)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed(f"the list of bodies is damaged: {error}", where=str(path)) from None
        if config.format != _FORMAT:
            raise Malformed(f"this folder has the format {config.format[:40]!r}, expected {_FORMAT}", where=str(path))
        return config

    # --- bodies

    @property
    def keeper(self) -> str:
        """Whose keyring holds the keys of the logs and the witness."""
        return self._config.keeper

    @property
    def bodies(self) -> tuple[Known, ...]:
        """All bodies known here, by slug."""
        return tuple(sorted(self._config.bodies, key=lambda body: body.slug))

    def body(self, name: str) -> Known:
        """The body with this slug, identity, or beginning of an identity (8 digits or more). Raises: Missing."""
        for known in self.bodies:
            if name in (known.slug, known.identity) or (len(name) >= 8 and known.identity.startswith(name)):
                return known
        slugs = ", ".join(known.slug for known in self.bodies) or "none yet"
        raise Missing(
            f"no body '{name[:70]}' is known here (known: {slugs}); found it, or take a copy with 'majlis node take'",
            where=str(self.folder),
        )

    def add(self, body: Known) -> Known:
        """The body is known, durably. A slug that is taken gets the first digits of the identity behind it.

        Only while the store is open for writing, which is what keeps two writers apart.
        """
        self._config = self._read_config()
        before = {known.identity: known for known in self._config.bodies}
        if body.identity in before:
            return before[body.identity]
        if any(known.slug == body.slug for known in self._config.bodies):
            body = msgspec.structs.replace(body, slug=f"{body.slug}-{body.identity[:6]}")
        self._config = msgspec.structs.replace(self._config, bodies=[*self._config.bodies, body])
        write_file(self.folder / "node.json", _encode(self._config), mode=0o600)
        return body

    @property
    def database(self) -> str:
        """The address of the database that keeps the records; empty where ``host.db`` does."""
        return self._config.database

    def set_database(self, url: str) -> None:
        """The records of this folder lie in that database from now on, durably. Only while nobody else writes here."""
        self._config = msgspec.structs.replace(self._read_config(), database=url)
        write_file(self.folder / "node.json", _encode(self._config), mode=0o600)

    def set_hosted(self, identity: str, is_hosted: bool) -> Known:
        """The record of this body is kept here from now on, or no longer; durably. Raises: Missing.

        Only while the store is open for writing, which is what keeps two writers apart.
        """
        self._config = self._read_config()
        known = msgspec.structs.replace(self.body(identity), is_hosted=is_hosted)
        bodies = [known if body.identity == identity else body for body in self._config.bodies]
        self._config = msgspec.structs.replace(self._config, bodies=bodies)
        write_file(self.folder / "node.json", _encode(self._config), mode=0o600)
        return known

    # --- people

    def keyring_path(self, person: str) -> Path:
        """Where this person's keyring lies or would lie. Raises: Malformed."""
        check_slug(person, "a person's name here")
        return self.folder / "keyrings" / f"{person}.json"

    def people(self) -> tuple[str, ...]:
        """All who have a keyring here, sorted."""
        return tuple(sorted(path.stem for path in (self.folder / "keyrings").glob("*.json")))

    # --- records

    def federation(self) -> Federation:
        """All records known here, folded. Nothing is locked."""
        federation = Federation(self.boxes.report)
        if self.bodies:
            with self.reading() as store:
                for body in self.bodies:
                    federation.add(store.record(body.origin).entries())
            resume(federation, self.folder)
            federation.fold_all()
        return federation

    @contextmanager
    def reading(self) -> Iterator[Keeping]:
        """The store, locked for nobody. Raises: Missing, before the first record; Malformed, when it is damaged."""
        in_folder = not self.database
        store = SqliteStore(self.folder, read_only=True) if in_folder else PostgresStore(self.database, read_only=True)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def writing(self) -> Iterator[Keeping]:
        """The store, open for writing by nobody else. Raises: Refused, when somebody else does not finish."""
        url = self.database
        store: Keeping = _patiently(lambda: PostgresStore(url) if url else SqliteStore.create_in(self.folder))
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def hosting(self, keeper: Keyring) -> Iterator[Host]:
        """The host of the records kept here, with all copies at hand, folded. ``keeper``: holds the logs' keys."""
        with self.writing() as store:
            signers = _patiently(lambda: self.signers(store))
            try:
                self._config = self._read_config()
                host = Host(
                    store=store,
                    blobs=self.blobs,
                    boxes=self.boxes,
                    clock=self.clock,
                    chance=chance,
                    signers=signers,
                )
                host.keepers = frozenset(entry.public for entry in keeper.entries())
                for body in self.bodies:
                    self._load(host, body, keeper)
                resume(host.federation, self.folder)
                host.fold()
                keep_snapshots(host.federation, self.folder)
                yield host
                keep_snapshots(host.federation, self.folder)
            finally:
                signers.close()

    def signers(self, store: Keeping) -> SignerBook:
        """What the logs kept in this store signed.

        Raises: Missing, where records are kept here and nobody remembers any more what was signed for them.
        """
        if isinstance(store, PostgresStore):
            return SignerBook.over(store.database, self.folder)
        if any(body.is_hosted for body in self.bodies) and not (self.folder / "signer.db").is_file():
            raise Missing(
                "the signer's memory is gone, and it is never made anew: what was signed cannot be told from the "
                "records. Put the very file back, or let the charter keys of each record kept here move it "
                "to a new log key, into another folder ('majlis succession')",
                where=str(self.folder / "signer.db"),
                rule="R-SIGNER-4",
            )
        return SignerBook.create_in(self.folder)

    def check_forward(self, store: Keeping, body: Known) -> None:
        """Something may be taken in for a record kept here, which is all that was signed for it. Raises: Behind."""
        if not body.is_hosted:
            return
        signers = self.signers(store)
        try:
            behind = signers.look(store.record(body.origin), self._notes(body))
        finally:
            signers.close()
        if behind is not None:
            raise behind

    def _notes(self, body: Known) -> list[bytes]:
        """The checkpoints of this record that are kept here."""
        kept = (self.checkpoints.safe, self.checkpoints.seen, self.checkpoints.ahead)
        return [note for at in kept if (note := at(body.identity))]

    def _load(self, host: Host, body: Known, keeper: Keyring) -> None:
        if not body.is_hosted:
            host.federation.take(host.store.record(body.origin))
            return
        host.load(body.origin, log_key(keeper, body.origin), self._notes(body))
        note = self.checkpoint(body.identity)
        if note:
            hosted = host.hosted(body.identity)
            hosted.safe, hosted.safe_size = note, parse_checkpoint(parse_note(note).text).size

    def checkpoint(self, identity: str) -> bytes:
        """The newest checkpoint note that the quorum of mirrors cosigned: what is safe here; empty before the first."""
        return self.checkpoints.safe(identity)


def check_slug(text: str, what: str) -> None:
    """Raises: Malformed, unless ``text`` can be part of a file name on any machine."""
    if not _SLUG.fullmatch(text) or len(text) > 64:
        raise Malformed(f"{what} is of small letters, digits and single hyphens, such as 'hilltop', got {text[:80]!r}")


def log_key(keyring: Keyring, origin: str) -> SigningKey:
    """The key of the log ``origin``. Raises: Missing, when this keyring does not hold it."""
    for entry in keyring.entries():
        if entry.kind == LOG and entry.notes.get("origin") == origin:
            return entry.signing_key()
    raise Missing(f"this keyring does not hold the key of the log {origin!r}", where=str(keyring.path))


def _patiently(take: Callable[[], T]) -> T:
    """What ``take`` gives, once whoever writes here has finished. Raises: Refused, after ten seconds."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return take()
        except Refused:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _encode(config: _Config) -> bytes:
    return msgspec.json.format(msgspec.json.encode(config), indent=1) + b"\n"
