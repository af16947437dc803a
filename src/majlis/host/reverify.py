"""Verifying the records of a data folder again, from their entries, beside whoever serves them (R-AGAIN-1).

A host that starts from a snapshot believes it for its digest, and reads old entries only when somebody asks for them.
So everything is done again with nothing but what lies on the disk:

    every entry is read and hashed: it has the roots that were signed, cosigned and are shown, and the inner hashes
    signatures and fold, from the first entry: at the snapshot's size they give the snapshot, byte for byte
    the digest of what is in force at the end, for whoever serves the record to compare with what it acts by

What a fold has come to is put down in a file of its own from time to time, and mapped: memory is bounded by how much is
folded between. That file has no name any more once it is mapped, so nothing of it is believed by a later run; whoever
ends a run loses nothing but its work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host.disk import check_room
from majlis.host.federation import Federation
from majlis.host.lock import FileLock
from majlis.host.node import Keeping, Node
from majlis.host.quota import used_since_tick
from majlis.host.replay import Record, few_collections
from majlis.host.snapshot import format_snapshot, resume
from majlis.host.store import Record as Stored
from majlis.institutions import State
from majlis.institutions.digest import digest
from majlis.record import FULL, Frontier, ReadHash, Tree, leaf_hash, tiles_of

__all__ = ["MOST_UNWRITTEN", "Claim", "Verified", "check_entries", "verify_again"]

MOST_UNWRITTEN: Final = 100_000
"""So many entries are folded before what they came to is put down in a file: some 150 MB of memory."""

_STEP: Final = 1000
_NOTHING: Final[Mapping[str, int]] = {}
_RULE: Final = "R-AGAIN-1"
_AWAY: Final = "keep the folder aside, and load the record from a mirror or a bundle; never from an old backup"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever serves a record says of it: it is verified up to ``size``, and has each of ``roots``, by size."""

    identity: str
    origin: str
    size: int
    roots: tuple[tuple[int, bytes], ...]


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What verifying a record again came to. ``differs``: what is not as it was said to be; empty where all is.

    ``missing``: why it could not be judged to the end. ``digest``: of what is in force at ``size``.
    """

    identity: str
    size: int
    differs: str = ""
    missing: str = ""
    digest: str = ""


def _at_once() -> None:
    """Nothing is waited for."""


def verify_again(
    folder: Path,
    claims: Sequence[Claim],
    *,
    unwritten: int = MOST_UNWRITTEN,
    between: Callable[[], object] = _at_once,
) -> Iterator[Verified]:
    """Each of these records is verified again from what lies in the data folder; the entries of all of them first.

    ``between`` is called between one piece of the work and the next, and may take its time.

    Raises: Missing, Malformed, when there is no such folder or record; Fault, when the disk fails or has no room.
    """
    node = Node(folder)
    with node.reading() as store, ExitStack() as stack:
        found = [_by_entries(store.record(claim.origin), claim, between) for claim in claims]
        if any(verified.differs for verified in found):
            yield from found
            return
        replay = _Replay(node, store, stack, unwritten, between)
        for claim in claims:
            with few_collections():
                yield replay.verify(claim)


def _by_entries(record: Stored, claim: Claim, between: Callable[[], object]) -> Verified:
    try:
        check_entries(record, claim, between)
    except (Forged, Malformed) as fault:
        return Verified(identity=claim.identity, size=claim.size, differs=str(fault))
    return Verified(identity=claim.identity, size=claim.size)


def check_entries(record: Stored, claim: Claim, between: Callable[[], object] = _at_once) -> None:
    """The entries up to the claim's size give each of its roots, and inner hashes on the disk are theirs.

    Raises: Malformed, at the first entry or hash that is not what was stored; Forged, when they give another root.
    """
    roots: dict[int, set[bytes]] = {}
    for size, root in claim.roots:
        roots.setdefault(size, set()).add(root)
    frontier, upper = Frontier(), Tree()
    for start in range(0, claim.size, FULL):
        between()
        end = min(start + FULL, claim.size)
        leaves = [leaf_hash(entry) for entry in record.entries(start, end)]
        if len(leaves) != end - start:
            raise Forged(f"entries between {start} and {end} are gone; {_AWAY}", where=record.origin, rule=_RULE)
        for leaf in leaves:
            frontier.append(leaf)
            for root in roots.get(frontier.size, ()):
                if frontier.root() != root:
                    raise Forged(
                        f"the first {frontier.size} entries on the disk are not those that this root was signed or "
                        f"shown for: {root.hex()}; {_AWAY}",
                        where=record.origin,
                        rule=_RULE,
                    )
        if len(leaves) == FULL:
            upper.append(Tree(leaves).root())
    for tile in tiles_of(claim.size):
        if not tile.level:
            continue
        level, first = 8 * (tile.level - 1), tile.index * FULL
        if record.tile(tile) != b"".join(upper.read(level, first + at) for at in range(tile.width)):
            raise Malformed(
                f"inner hashes at level {8 * tile.level} from {first} on are not those of the entries; "
                "'majlis record fsck --repair' makes them anew",
                where=record.origin,
                rule=_RULE,
            )


class _Beginning(Stored):
    """The first entries of a stored record, as if there were no more."""

    def __init__(self, record: Stored, size: int) -> None:
        self.origin = record.origin
        self._record = record
        self._size = size

    @property
    def size(self) -> int:
        return self._size

    def entries(self, start: int = 0, end: int | None = None) -> list[bytes]:
        return self._record.entries(start, self._size if end is None else min(end, self._size))

    def hashes(self) -> ReadHash:
        return self._record.hashes()

    def find(self, entry: bytes) -> int | None:
        place = self._record.find(entry)
        return place if place is not None and place < self._size else None

    def append(self, entries: Sequence[bytes]) -> int:
        raise Refused("this is the beginning of a record; append to the record itself", where=self.origin)

    def append_once(self, entries: Sequence[bytes]) -> tuple[int, ...]:
        raise Refused("this is the beginning of a record; append to the record itself", where=self.origin)


class _Replay:
    """All records of a folder, being folded from their first entries."""

    def __init__(
        self, node: Node, store: Keeping, stack: ExitStack, unwritten: int, between: Callable[[], object]
    ) -> None:
        self._node = node
        self._stack = stack
        self._unwritten = unwritten
        self._between = between
        self._written: dict[str, int] = {}
        self._scratch: Path | None = None
        self._stored: dict[str, Stored] = {}
        self._federation = Federation(node.boxes.report)
        for body in node.bodies:
            stored = store.record(body.origin)
            self._stored[self._federation.take(stored)] = stored

    def verify(self, claim: Claim) -> Verified:
        """One record is folded as far as the claim goes, and is what its snapshot says."""
        verified = Verified(identity=claim.identity, size=claim.size)
        kept = self._kept(claim.identity)
        if kept is not None:
            size = kept.state.size
            state = self._fold(claim.identity, size)
            if missing := _missing(state):
                return msgspec.structs.replace(verified, missing=missing)
            mine = self._format(claim.identity, self._federation.records[claim.identity], size, used_since_tick(state))
            if _sum(mine) != _sum(self._format(claim.identity, kept, size, kept.used[1])):
                text = (
                    f"the snapshot of {claim.origin} is not what its first {size} entries come to, and this program "
                    "acted by it"
                )
                return msgspec.structs.replace(verified, differs=text)
        state = self._fold(claim.identity, claim.size)
        if missing := _missing(state):
            return msgspec.structs.replace(verified, missing=missing)
        return msgspec.structs.replace(verified, digest=digest(state))

    def _kept(self, identity: str) -> Record | None:
        """The record as its snapshot says it stands; None where there is none that a host would start from."""
        alone = Federation()
        alone.take(self._stored[identity])
        resume(alone, self._node.folder)
        kept = alone.records[identity]
        return kept if kept.state.size else None

    def _fold(self, identity: str, goal: int) -> State:
        """The state after so many entries, made from the first."""
        while (at := self._position(identity)) < goal:
            self._between()
            self._federation.fold(identity, min(at + _STEP, goal))
            for grown in self._stored:
                if self._position(grown) - self._written.get(grown, 0) >= self._unwritten:
                    self._put_down(grown)
        return self._federation.fold(identity, goal)

    def _position(self, identity: str) -> int:
        return len(self._federation.records[identity].states) - 1

    def _format(self, identity: str, record: Record, size: int, used: Mapping[str, int] = _NOTHING) -> Iterator[bytes]:
        """The snapshot that this record had at an earlier size, at which its state is at hand.

        Which boxes were asked about is left away: a host may have asked about more, and each is judged by itself.
        """
        beginning = Record(stored=_Beginning(self._stored[identity], size))
        findings = [finding for finding in record.findings if finding.index < size]
        beginning.resume(record.states[size], findings, self._federation)
        for part in format_snapshot(beginning, [], used):
            self._between()
            yield part

    def _put_down(self, identity: str) -> None:
        """What was folded lies in a file without a name, and is read from there; it takes no memory any more.

        Raises: OSError, Refused, without room for it or while another program does the same here.
        """
        size = self._position(identity)
        scratch = self._room()
        path = scratch / "snapshots" / identity
        try:
            with path.open("wb") as file:
                file.writelines(self._format(identity, self._federation.records[identity], size))
            alone = Federation()
            alone.take(self._stored[identity])
            resume(alone, scratch)
        finally:
            path.unlink(missing_ok=True)
        again = alone.records[identity]
        if again.state.size != size:
            raise Missing("what was put down cannot be read again; the disk may be failing", where=str(scratch))
        self._federation.records[identity] = again
        self._written[identity] = size

    def _room(self) -> Path:
        """Where it is put down: a folder that no other program uses meanwhile."""
        if self._scratch is None:
            scratch = self._node.folder / "snapshots" / ".again"
            (scratch / "snapshots").mkdir(parents=True, exist_ok=True)
            self._stack.enter_context(FileLock(scratch / "lock"))
            self._scratch = scratch
        check_room(self._scratch)
        return self._scratch


def _missing(state: State) -> str:
    """Why this state says nothing for certain; empty where it does."""
    if state.halted:
        return "its charter pins rules that this program does not know"
    if state.missing is not None:
        return f"entry {state.missing} waits for what is not at hand"
    return ""


def _sum(parts: Iterator[bytes]) -> bytes:
    total = sha256()
    for part in parts:
        total.update(part)
    return total.digest()
