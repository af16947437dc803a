"""One record out of a bundle, joined to what is held of it.

Entries come in packages that each prove their place under a signed checkpoint, so what arrived before a copy was cut
off is as good as the whole. Packages that do not reach a checkpoint yet wait in ``pending/<h>/`` of the folder, in the
very form in which they came, and are judged again with the next bundle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.carried import MAX_DELTA, carried_notes, first_entry, leaf_tree, with_start
from majlis.host.federation import Federation
from majlis.host.folder import claimed_logs, founding_keys, judged_moves, may_move, moves_of
from majlis.host.history import FORKED, History, find_fork
from majlis.host.layout import CHECKPOINT, SAFE, record_folder
from majlis.host.manifest import Carried
from majlis.host.moved import open_by_log
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.host.unzip import Archive
from majlis.institutions import State
from majlis.record import (
    FULL,
    MAX_BUNDLE_SIZE,
    Checkpoint,
    CosignerKey,
    Fork,
    NoteKey,
    Package,
    Tree,
    check_package,
    format_tile_path,
    leaf_hash,
    open_checkpoint,
    parse_add_entries,
    parse_bundle,
    parse_checkpoint,
    parse_note,
    prove_package,
    read_cosignatures,
    tiles_of,
)

__all__ = ["ForkFound", "Incoming", "Signed", "pending_folder"]

_MAX_NOTE: Final = 1_000_000
_PENDING: Final = re.compile(r"delta-([0-9]{1,19})-([0-9]{1,19})-([0-9]{1,19})")


class ForkFound(Exception):
    """The log signed two histories. ``fork``: the evidence; None where the files at hand do not prove it to others."""

    def __init__(self, text: str, fork: Fork | None) -> None:
        super().__init__(text)
        self.text = text
        self.fork = fork


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint that the log's own key signed."""

    checkpoint: Checkpoint
    note: bytes

    @property
    def size(self) -> int:
        return self.checkpoint.size


class _Proven(msgspec.Struct, frozen=True, kw_only=True):
    """A package whose proof is to be judged under this checkpoint."""

    package: Package
    under: Signed


def pending_folder(origin: str) -> str:
    """Where packages wait that do not reach a checkpoint yet."""
    return f"pending/{record_folder(origin)}"


class Incoming:
    """What a bundle and a public folder together hold of one record."""

    def __init__(self, archive: Archive, into: PublicFolder, carried: Carried, logs: Sequence[NoteKey]) -> None:
        """``logs``: the keys that the receiver names for this origin; without any, act 0 says which it is.

        Raises: Fault, when nothing of it can be believed.
        """
        self.origin = carried.origin
        self.base = record_folder(carried.origin)
        self._archive = archive
        self._into = into
        self._carried = carried
        self.held_note, self.held = self._read_held()
        self.entries: list[bytes] = list(self.held.entries) if self.held else []
        self.tree = Tree(map(leaf_hash, self.entries))
        self.logs = tuple(logs)
        self.state: State | None = None
        """Of the entries joined, where they claim that the record was moved."""
        self.cosigners: tuple[CosignerKey, ...] = ()
        self._is_judged = False
        self.leaves: Tree | None = None
        self._find_keys()
        self.notes: list[bytes] = []
        """The checkpoint notes at hand that the log signed, with all their lines."""
        self.signed = self._read_signed()
        if self.held is not None and (self.held.checkpoint.size, self.held.checkpoint.root) not in self.signed:
            raise Forged(
                "the checkpoint in this folder is not signed by the key of its log; take another folder",
                where=f"{self.base}/{CHECKPOINT}",
                rule="R-BUNDLE-5",
            )

    @property
    def is_moved(self) -> bool:
        """Whether entries here or in the bundle claim that the record was moved to another key."""
        return self._is_judged

    # --- what is held

    def _read_held(self) -> tuple[bytes, RecordFiles | None]:
        """The checkpoint in the folder, and the record under it; a damaged record is as good as none."""
        try:
            note = self._into.read(f"{self.base}/{CHECKPOINT}", _MAX_NOTE)
            parse_checkpoint(parse_note(note).text)
        except Fault:
            return b"", None
        try:
            return note, self._into.record(self.origin)
        except (Malformed, Forged, Missing):
            return note, None

    @property
    def held_size(self) -> int:
        """The size of the checkpoint in the folder, where the log signed it; 0 for none."""
        return next((signed.size for signed in self.signed.values() if signed.note == self.held_note), 0)

    # --- keys and checkpoints

    def _find_keys(self) -> None:
        first = self.entries[0] if self.entries else first_entry(self._archive, self._carried) or self._first_waiting()
        try:
            log, cosigners, _ = founding_keys(first)
        except (Fault, IndexError):
            if self.logs:
                return
            raise Missing(
                "no act 0 is at hand that says which key signs this record; name it with --vkey, or take a full bundle",
                where=self.origin,
                rule="R-BUNDLE-4",
            ) from None
        self.cosigners = tuple(cosigners)
        if not self.logs:
            if log.name != self.origin:
                raise Forged(f"its act 0 belongs to {log.name!r}", where=self.origin, rule="R-BUNDLE-4")
            self.logs = tuple(dict.fromkeys((log, *self._claimed(first))))
            self._is_judged = len(self.logs) > 1

    def _claimed(self, first: bytes) -> tuple[NoteKey, ...]:
        """The keys that entries here or in the bundle claim the record was moved to; ``_check_log`` judges them."""
        found = [entry for entry in self._raw_entries() if may_move(entry)]
        return claimed_logs([first, *found])

    def _raw_entries(self) -> Iterator[bytes]:
        """Every entry held, and those of the bundle as they lie there, proven by nothing yet."""
        yield from self.entries
        with suppress(Fault):
            for package, _ in self._deltas():
                yield from package.entries
        for tile in tiles_of(self._carried.size):
            if tile.level is None:
                with suppress(Fault):
                    name = f"{self.base}/{format_tile_path(tile)}"
                    if may_move(data := self._archive.read(name, MAX_BUNDLE_SIZE)):
                        yield from parse_bundle(data, tile.width)

    def _first_waiting(self) -> bytes:
        """Entry 0 as it waits here, if it does."""
        return next((package.entries[0] for package, _ in self._deltas() if package.start == 0), b"")

    def _read_signed(self) -> dict[tuple[int, bytes], Signed]:
        """All checkpoints at hand that the log signed and whose mirrors' lines hold, by size and root."""
        found: dict[tuple[int, bytes], Signed] = {}
        fault_of_first: Fault | None = None
        for note in self._notes():
            try:
                checkpoint, parsed = open_checkpoint(note, *self.logs)
                read_cosignatures(parsed, self.cosigners)
            except Fault as fault:
                fault_of_first = fault_of_first or fault
                continue
            if checkpoint.origin == self.origin:
                self.notes.append(note)
                found.setdefault((checkpoint.size, checkpoint.root), Signed(checkpoint=checkpoint, note=note))
        if not any((size, root) == (self._carried.size, self._carried.root) for size, root in found):
            if fault_of_first is not None:
                raise fault_of_first.at(f"checkpoint-{self.base}")
            raise Missing("the checkpoint that this bundle announces is not in it", rule="R-BUNDLE-4")
        return found

    def _notes(self) -> Iterator[bytes]:
        yield from carried_notes(self._archive, self._carried)
        if self.held_note:
            yield self.held_note
            with suppress(Missing):
                yield self._into.read(f"{self.base}/{SAFE}", _MAX_NOTE)
        pending = pending_folder(self.origin)
        for name in self._into.names(pending):
            if name.startswith("checkpoint-"):
                yield self._into.read(f"{pending}/{name}", _MAX_NOTE)

    @property
    def newest(self) -> Signed:
        """The checkpoint that the bundle carries."""
        return self.signed[self._carried.size, self._carried.root]

    # --- packages

    def _bodies(self) -> Iterator[tuple[str, bytes]]:
        """The names and bytes of all files with packages: first those that waited here, then those of the bundle."""
        pending = pending_folder(self.origin)
        for name in self._into.names(pending):
            if _PENDING.fullmatch(name):
                yield f"{pending}/{name}", self._into.read(f"{pending}/{name}", MAX_DELTA)
        for name in self._archive.members:
            if name.startswith(f"{self.base}/delta-"):
                try:
                    yield name, self._archive.read(name, MAX_DELTA)
                except Malformed:
                    continue

    def _deltas(self) -> Iterator[tuple[Package, int]]:
        """Each package of a delta with the size that its proof is for."""
        for name, body in self._bodies():
            try:
                request = parse_add_entries(body)
            except Fault as fault:
                raise fault.at(name) from None
            if request.origin != self.origin:
                raise Forged(f"these are entries of {request.origin!r}", where=name, rule="R-BUNDLE-4")
            for package in request.packages:
                yield package, request.end

    def _proven(self) -> list[_Proven]:
        """All packages at hand, in order, each with the checkpoint that it is to be judged under."""
        by_size: dict[int, list[Signed]] = {}
        for signed in self.signed.values():
            by_size.setdefault(signed.size, []).append(signed)
        found = [
            _Proven(package=package, under=under)
            for package, end in self._deltas()
            for under in by_size.get(end, [])[:1]
        ]
        found += [_Proven(package=package, under=self.newest) for package in self._full()]
        return sorted(found, key=lambda proven: (proven.package.start, proven.package.end))

    def _full(self) -> Iterator[Package]:
        """The bundles of entries in a full layout, up to the first that is lost, with proofs made from its tiles."""
        self.leaves = tree = leaf_tree(self._archive, self._carried)
        if tree is None:
            return
        size = self._carried.size
        for tile in tiles_of(size):
            if tile.level is None:
                try:
                    name = f"{self.base}/{format_tile_path(tile)}"
                    entries = parse_bundle(self._archive.read(name, MAX_BUNDLE_SIZE), tile.width)
                except Fault:
                    return
                yield prove_package(tile.index * FULL, entries, size=size, read=tree.read)

    # --- joining

    def join(self) -> Signed | None:
        """The entries held go as far as files prove; returns the largest checkpoint that they reach, None before any.

        Raises: ForkFound; Forged, for entries that are not those under their checkpoint; Missing, where something in
        between is lacking.
        """
        proven = self._proven()
        self._check_histories()
        for each in proven:
            self._extend(each)
        if self.held is None and self.held_size > len(self.entries):
            raise Refused(
                f"here was a record of {self.held_size} entries, now damaged, and this bundle brings only "
                f"{len(self.entries)}; take one that is as large",
                where=self.origin,
                rule="R-BUNDLE-5",
            )
        reached = [signed for signed in self.signed.values() if signed.size <= len(self.entries)]
        for signed in sorted(reached, key=lambda signed: signed.size):
            self._check_root(signed)
            self._check_log(signed)
        return max(reached, key=lambda signed: signed.size, default=None)

    def _check_log(self, signed: Signed) -> None:
        """Where the record says that it was moved, its own fold says so too (R-MOVE-8). Raises: Forged.

        Where charter keys were replaced by a secret ballot that is not here, the fold cannot tell: the receiver then
        names the key.
        """
        if self._is_judged and signed.size:
            federation = Federation()
            identity = federation.add(self.entries[: signed.size])
            open_by_log(federation, identity, signed.note)
            self.state = federation.fold(identity)
            self.logs = tuple(moves_of(self.state))

    def _extend(self, proven: _Proven) -> None:
        package, size = proven.package, len(self.entries)
        if package.end <= size and self.held is not None and package.end <= self.held.checkpoint.size:
            # Held already, under a checkpoint of its own; roots are compared at the end.
            return
        if package.start > size:
            raise Missing(
                f"this bundle continues at entry {package.start}, and here are {size}; ask for one made with "
                f"--from {size}",
                where=self.origin,
                rule="R-BUNDLE-4",
            )
        before = [self.tree.read(0, at) for at in range(package.rounded, package.start)]
        check_package(package, size=proven.under.size, root=proven.under.checkpoint.root, before=before)
        for at, entry in enumerate(package.entries, start=package.start):
            if at < size:
                if self.tree.read(0, at) != leaf_hash(entry):
                    raise ForkFound(f"entry {at} differs from the one held here, and its log signed both", None)
                continue
            self.entries.append(entry)
            self.tree.append(leaf_hash(entry))

    # --- forks

    def _check_histories(self) -> None:
        """What the bundle shows continues what is held, as far as that can be told before entries are joined.

        Raises: ForkFound, with evidence.
        """
        if self.held is None:
            return
        ours = History(checkpoint=self.held.checkpoint, note=self.held_note, tree=self.tree)
        theirs = with_start(
            self._archive,
            self._carried,
            History(checkpoint=self.newest.checkpoint, note=self.newest.note, tree=self.leaves),
        )
        fork = find_fork(ours, theirs, self._own_logs())
        if fork is not None:
            raise ForkFound(FORKED.format(size=fork.size), fork)

    def _own_logs(self) -> tuple[NoteKey, ...]:
        """The keys that are the record's by the fold of what is held: others that entries claim accuse nobody."""
        if not self._is_judged:
            return self.logs
        entries = self.held.entries if self.held else self.entries
        return tuple(judged_moves(entries)) if entries else self.logs[:1]

    def _check_root(self, signed: Signed) -> None:
        """This checkpoint is one of the entries joined. Raises: ForkFound."""
        if self.tree.root(signed.size) == signed.checkpoint.root:
            return
        alone = History(checkpoint=signed.checkpoint, note=signed.note)
        for other in self.signed.values():
            if other.size <= len(self.entries) and self.tree.root(other.size) == other.checkpoint.root:
                tree = Tree(map(leaf_hash, self.entries[: other.size]))
                logs = self._own_logs()
                fork = find_fork(History(checkpoint=other.checkpoint, note=other.note, tree=tree), alone, logs)
                if fork is not None:
                    raise ForkFound(FORKED.format(size=fork.size), fork)
        raise ForkFound(f"the entries do not give the root that its log signed at size {signed.size}", None)

    # --- waiting

    def waiting(self, since: int) -> list[_Proven]:
        """The packages with entries from ``since`` on, as far as they were joined, none twice."""
        found: list[_Proven] = []
        at = since
        for proven in self._proven():
            package = proven.package
            if package.end > at and package.start <= at and package.end <= len(self.entries):
                found.append(proven)
                at = package.end
        return found

    @property
    def pending_files(self) -> list[Path]:
        """The files that wait for this record."""
        pending = pending_folder(self.origin)
        return [self._into.path / pending / name for name in self._into.names(pending)]
