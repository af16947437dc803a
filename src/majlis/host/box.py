"""A ballot box on disk: one ``.bel`` file that only grows, each ballot verified before it enters and durable before its
receipt is given.

What a crash tore off the end of the file was never acknowledged; on the next opening it is put aside, in a file
``<name>.torn-<where it began>``, and the box goes on from its last whole event. A box that lacks an event which its
body's record names was not torn: it is damaged or an old copy, and nothing is written on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any

from majlis.ballot import (
    ArchiveWriter,
    Ballot,
    Credentials,
    Election,
    Tally,
    check_ballot,
    compute_tally,
    parse_credentials,
    parse_election,
    read_entries,
    read_records,
    tracker_of,
    whole_events,
)
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.disk import write_file

Map = Callable[..., Iterable[Any]]


class Box:
    """One election's archive. Safe for several threads, of whom one casts; not for two processes at once: the host that
    keeps it holds its folder's lock.
    """

    def __init__(self, path: Path, archive: bytes) -> None:
        """Use ``create`` or ``open``."""
        self.path = path
        self._writer = ArchiveWriter.resume(archive)
        payloads = _payloads(archive)
        self.election: Election = parse_election(payloads.election)
        self.credentials: Credentials = parse_credentials(self.election.group, payloads.credentials)
        self.trustees = payloads.trustees
        self._raw: list[bytes] = payloads.ballots
        self._ballots: list[Ballot] = []
        self._seen: set[str] = set()
        self._broken = False
        self._mutex = RLock()

    @classmethod
    def create(cls, path: Path, *, timestamp: int, election: bytes, trustees: bytes, credentials: bytes) -> Box:
        """A new box, set up and durable. ``timestamp``: Unix seconds UTC, alike on every record of the archive.

        Raises: Refused when the file exists already, Malformed and others when a part does not hold.
        """
        if path.exists():
            raise Refused("this box exists already; open it, or name another election", where=str(path))
        parse_credentials(parse_election(election).group, credentials)
        archive = ArchiveWriter.begin(timestamp).setup(election, trustees, credentials)
        write_file(path, archive)
        return cls(path, archive)

    @classmethod
    def open(cls, path: Path, heads: Iterable[tuple[int, str]] = ()) -> Box:
        """The box as it stands on disk, cut to its last whole event.

        ``heads``: heights with their heads that the body's record logged of it.

        Raises: Missing when there is no such file; Malformed when not even its set-up is whole; Forged when it lacks
        one of ``heads``, and then the file is left as it is; Refused when what was torn off cannot be put aside.
        """
        try:
            archive = path.read_bytes()
        except FileNotFoundError:
            raise Missing("there is no such ballot box; look for its file among the bundles", where=str(path)) from None
        whole = whole_events(archive)
        if whole == 0:
            raise Malformed("the file of this box is damaged from its start; fetch it from a mirror", where=str(path))
        _check_heads(path, archive[:whole], heads)
        if whole < len(archive):
            _put_aside(path, archive, whole)
        return cls(path, archive[:whole])

    @property
    def head(self) -> str:
        """The hash of the last event."""
        return self._writer.head

    @property
    def height(self) -> int:
        """The number of the last event."""
        return self._writer.height

    @property
    def is_finished(self) -> bool:
        """Whether the result stands in it."""
        return self._writer.written.stage == "finished"

    @property
    def count(self) -> int:
        """Ballots in the box, repeated votes included."""
        return len(self._raw)

    def cast(self, raw: bytes) -> Ballot:
        """The ballot is in the box, durably; its tracker is the voter's receipt.

        Raises: what ``check_ballot`` raises; Refused when the box is closed.
        """
        (ballot,) = self.cast_many([raw])
        return ballot

    def cast_many(self, raws: list[bytes], map_: Map = map) -> list[Ballot]:
        """Several ballots, verified through ``map_`` (of a pool, say) and stored with one sync; all or none."""
        self._load()
        ballots = list(map_(_check, [(self.election.raw, self.credentials, raw) for raw in raws]))
        fresh: set[str] = set()
        for ballot in ballots:
            if isinstance(ballot, Fault):
                raise ballot
            if ballot.hash in self._seen or ballot.hash in fresh:
                raise Refused("this very ballot is already in the box; there is nothing to do", rule="R-BOX-48")
            fresh.add(ballot.hash)
        with self._mutex:
            self._append(lambda writer: b"".join(writer.ballot(raw) for raw in raws))
            self._raw += raws
            self._ballots += ballots
            self._seen |= fresh
        return ballots

    def mark(self) -> tuple[int, str, int]:
        """How far it has come, durably: height, head, and ballots. Raises: Refused, when writing it failed before."""
        with self._mutex:
            self._check_whole()
            return self.height, self.head, self.count

    def place_of(self, tracker: str) -> tuple[int, str]:
        """Height and hash of the event by which this ballot entered. Raises: Missing, when it is not in the box."""
        with self._mutex:
            self._check_whole()
            places = (place for place, raw in enumerate(reversed(self._raw)) if tracker_of(raw) == tracker)
            back = next(places, None)
            if back is None:
                raise Missing("no ballot in this box has that tracker", where=str(self.path))
            if back == 0 and self.height == self.count:
                return self.height, self.head
            height = self.count - back
            entries = read_entries(read_records(self.path.read_bytes()))
            return height, next(entry.hash for entry in entries if entry.height == height)

    def close(self) -> None:
        """No ballot enters any more."""
        self._append(lambda writer: writer.end_ballots())

    def tally(self, map_: Map = map) -> Tally:
        """The encrypted sum of the ballots that count; the last of each credential does."""
        self._load(map_)
        return compute_tally(self.election, self.credentials, self._ballots)

    def add_tally(self, tally: Tally) -> None:
        """The encrypted sum stands in the archive."""
        self._append(lambda writer: writer.encrypted_tally(tally))

    def add_shuffle(self, owner: int, shuffle: bytes) -> None:
        """A trustee's shuffle of the ranked votes stands in the archive; check it first."""
        self._append(lambda writer: writer.shuffle(owner, shuffle))

    def end_shuffles(self) -> None:
        """No shuffle follows; what the last one left is decrypted."""
        self._append(lambda writer: writer.end_shuffles())

    def add_share(self, owner: int, share: bytes) -> None:
        """A trustee's partial decryption stands in the archive; check it first."""
        self._append(lambda writer: writer.partial_decryption(owner, share))

    def add_result(self, result: bytes) -> None:
        """The result stands in the archive, which is finished."""
        self._append(lambda writer: writer.result(result))

    def _load(self, map_: Map = map) -> None:
        """The ballots on disk are parsed and checked, once."""
        if len(self._ballots) == len(self._raw):
            return
        checked = list(map_(_check, [(self.election.raw, self.credentials, raw) for raw in self._raw]))
        for ballot in checked:
            if isinstance(ballot, Fault):
                raise ballot.at(str(self.path))
        self._ballots = checked
        self._seen = {ballot.hash for ballot in checked}

    def _check_whole(self) -> None:
        if self._broken:
            raise Fault(
                "writing this box failed before; stop this program, look at the disk, and start it again",
                where=str(self.path),
                rule="R-STORE-1",
            )

    def _append(self, make: Callable[[ArchiveWriter], bytes]) -> None:
        with self._mutex:
            self._check_whole()
            before = self._writer.written
            data = make(self._writer)
            try:
                with self.path.open("r+b") as file:
                    file.seek(before.size)
                    file.write(data)
                    file.truncate(before.size + len(data))
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                self._broken = True
                with suppress(OSError):
                    os.truncate(self.path, before.size)
                raise Fault(
                    f"the ballot could not be stored ({error}); nothing was acknowledged",
                    where=str(self.path),
                    rule="R-STORE-1",
                ) from error


def _check_heads(path: Path, archive: bytes, heads: Iterable[tuple[int, str]]) -> None:
    wanted = dict(heads)
    if not wanted:
        return
    found = {entry.height: entry.hash for entry in read_entries(read_records(archive))}
    for height, head in sorted(wanted.items()):
        if found.get(height) != head:
            raise Forged(
                f"this box does not hold event {height} as the body's record names it: it is an old copy, or damaged. "
                "Write nothing on it; fetch the whole file from a mirror",
                where=str(path),
                rule="R-VERIFY-6",
            )


def _put_aside(path: Path, archive: bytes, whole: int) -> None:
    """The file ends after its last whole event, and what followed lies beside it."""
    try:
        write_file(path.with_name(f"{path.name}.torn-{whole}"), archive[whole:])
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())
    except OSError as error:
        raise Refused(f"the torn end of this box cannot be put aside ({error}); make room", where=str(path)) from error


def _check(task: tuple[bytes, Credentials, bytes]) -> Ballot | Fault:
    """In a worker: the ballot, or what is wrong with it."""
    election, credentials, raw = task
    try:
        return check_ballot(_election(election), credentials, raw)
    except Fault as fault:
        return fault


_ELECTIONS: dict[bytes, Election] = {}


def _election(raw: bytes) -> Election:
    if raw not in _ELECTIONS:
        _ELECTIONS.clear()
        _ELECTIONS[raw] = parse_election(raw)
    return _ELECTIONS[raw]


class _Payloads:
    def __init__(self, election: bytes, trustees: bytes, credentials: bytes) -> None:
        self.election = election
        self.trustees = trustees
        self.credentials = credentials
        self.ballots: list[bytes] = []


def _payloads(archive: bytes) -> _Payloads:
    found: _Payloads | None = None
    for entry in read_entries(read_records(archive)):
        payloads = [record.payload for record in entry.records]
        if entry.type == "Setup":
            found = _Payloads(*payloads[:3])
        elif entry.type == "Ballot" and found is not None:
            found.ballots.append(payloads[0])
    if found is None:
        raise Malformed("the box has no set-up event")
    return found
