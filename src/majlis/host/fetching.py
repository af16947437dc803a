"""A mirror over HTTP: records of a public layout that somebody serves are fetched, proven, and held here.

    GET <url>/index.json                      what there is; to be believed of nothing
    GET <url>/<h>/checkpoint                  signed by the record's own log, or nothing is taken
    GET <url>/<h>/safe                        where too few cosigned that: the newest that enough did
    GET <url>/<h>/tile/<level>/…              hashes, from which the proofs are made here
    GET <url>/<h>/tile/entries/…              entries, from the first that is lacking
    GET <url>/blobs/sha256/…   <url>/boxes/…  what the acts name, once all records are here (``gathering``)

Entries are kept 8,192 at a time, each lot once it is proven to be part of the tree under the signed checkpoint. So a
fetch that was cut off goes on where it stopped, and nothing false is ever kept (R-MIRROR-5). Another history than the
one held is never joined: the evidence is written to ``evidence/`` of the data folder (R-FORK-4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.checkpoints import safe_size
from majlis.host.disk import check_room, write_file
from majlis.host.exchange import Taken
from majlis.host.federation import Federation, identity_of
from majlis.host.fetched_box import heads_in
from majlis.host.folder import claimed_logs, founding_keys, keys_at, may_move, moves_of
from majlis.host.gathering import gather, lacks_of, says
from majlis.host.history import FORKED, History, find_fork
from majlis.host.http import Caller
from majlis.host.lacking import Lacks
from majlis.host.layout import CHECKPOINT, INDEX, SAFE, IndexEntry, parse_index, parse_notices, record_folder
from majlis.host.moved import check_log
from majlis.host.node import Known, Node
from majlis.host.practice import check_simulated
from majlis.host.safe import check_safe
from majlis.host.snapshot import keep_snapshots, resume
from majlis.host.store import Record, Store
from majlis.record import (
    FULL,
    HASH_SIZE,
    MAX_BUNDLE_SIZE,
    Checkpoint,
    Frontier,
    Note,
    NoteKey,
    Tile,
    TileHashes,
    Tree,
    check_consistency,
    format_forks,
    format_tile_path,
    leaf_hash,
    open_checkpoint,
    parse_bundle,
    parse_checkpoint,
    parse_note,
    prove_consistency,
    read_cosignatures,
    root_at,
)

__all__ = ["MAX_INDEX", "MAX_NOTE", "Remote", "fetch", "fetch_record"]

MAX_NOTE: Final = 1_000_000
MAX_INDEX: Final = 16 * 2**20
_LOT: Final = 32 * FULL
_LOT_BYTES: Final = 64 * 2**20
_MOST_UNPROVEN: Final = 256 * 2**20


class Remote:
    """One record at an address, as its checkpoint there says; no byte of it is believed unproven."""

    def __init__(self, caller: Caller, origin: str) -> None:
        """Raises: Missing, Malformed, when there is no checkpoint of this record."""
        self._caller = caller
        self._base = record_folder(origin)
        self.origin = origin
        try:
            self.note = caller.get(f"{self._base}/{CHECKPOINT}", MAX_NOTE)
        except Missing as fault:
            fault.text = f"{fault.text}; maybe no mirror has cosigned that record yet"
            raise
        self.parsed: Note = parse_note(self.note)
        self.checkpoint: Checkpoint = parse_checkpoint(self.parsed.text)
        if self.checkpoint.origin != origin:
            raise Forged("the checkpoint there is of another record", where=f"{caller.url}/{self._base}/{CHECKPOINT}")
        self.hashes = TileHashes(self.checkpoint.size, self._tile)

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def safe(self) -> bytes:
        """The note that is shown as the newest safe one, where this is none (R-PUBLIC-5). Raises: Missing."""
        return self._caller.get(f"{self._base}/{SAFE}", MAX_NOTE)

    def _tile(self, tile: Tile) -> bytes:
        """The bytes of a hash tile, cut to its width: a full one may have taken a partial one's place."""
        return self._get(tile, FULL * HASH_SIZE)[: tile.width * HASH_SIZE]

    def _get(self, tile: Tile, limit: int) -> bytes:
        try:
            return self._caller.get(f"{self._base}/{format_tile_path(tile)}", limit)
        except Missing:
            if tile.is_full:
                raise
            full = msgspec.structs.replace(tile, width=FULL)
            return self._caller.get(f"{self._base}/{format_tile_path(full)}", limit)

    def bundles(self, start: int, stop: int) -> Iterator[list[bytes]]:
        """The entries [start, stop), as they lie there, bundle by bundle. Raises: Missing, Malformed."""
        for index in range(start // FULL, -(-stop // FULL)):
            width = min(FULL, self.size - index * FULL)
            data = self._get(Tile(level=None, index=index, width=width), MAX_BUNDLE_SIZE)
            bundle = _some(data, width)
            yield bundle[max(0, start - index * FULL) : stop - index * FULL]

    def lot(self, start: int, stop: int) -> list[bytes]:
        """The entries from start on, up to stop, or fewer where they are large. Raises: Missing, Malformed."""
        found: list[bytes] = []
        size = 0
        for bundle in self.bundles(start, stop):
            found += bundle
            size += sum(map(len, bundle))
            if size > _LOT_BYTES:
                break
        return found

    def unproven(self, start: int) -> list[bytes]:
        """All entries from start on, which no known key signed yet. Raises: Refused, where they are too many."""
        found: list[bytes] = []
        size = 0
        for bundle in self.bundles(start, self.size):
            found += bundle
            size += sum(64 + len(entry) for entry in bundle)
            if size > _MOST_UNPROVEN:
                raise Refused(
                    f"its checkpoint is by a key that is not known here, and no move to it is among the {len(found)} "
                    "entries looked at; take this record from a stick or another mirror first",
                    where=self.origin,
                    rule="R-MIRROR-6",
                )
        return found

    def root(self, size: int) -> bytes:
        """The root of the first entries, from the hashes there."""
        return root_at(size, self.hashes)

    def read(self, level: int, index: int) -> bytes:
        """A ``ReadHash``: what lies there, proven by nothing yet."""
        return self.hashes(level, index)

    def prove(self, old: int, root: bytes) -> None:
        """The record there continues one of ``old`` entries with this root. Raises: Forged."""
        proof = prove_consistency(old, self.size, self.hashes)
        check_consistency(proof, old=old, new=self.size, old_root=root, new_root=self.checkpoint.root)


def _some(data: bytes, width: int) -> list[bytes]:
    """The first ``width`` entries of a bundle, which may have become full since. Raises: Malformed."""
    try:
        return parse_bundle(data, width)
    except Malformed:
        return parse_bundle(data, FULL)[:width]


def fetch(node: Node, caller: Caller, *, only: Sequence[str] = ()) -> list[Taken]:
    """What is new at an address is held here, record by record; one that does not hold spoils no other.

    ``only``: slugs or identities; everything without. Raises: Missing, Malformed, when there is no public layout there.
    """
    data = caller.get(INDEX, MAX_INDEX)
    index, notices = parse_index(data), parse_notices(data)
    wanted = [entry for entry in index if not only or entry.slug in only or entry.identity in only]
    lacking = set(only) - {name for entry in index for name in (entry.slug, entry.identity)}
    if lacking:
        raise Missing(f"there is no record {sorted(lacking)[0]!r} there", where=f"{caller.url}/{INDEX}")
    with node.writing() as store, caller.kept_open():
        taken = [fetch_record(node, store, caller, entry, notices=notices) for entry in wanted]
        return _fetch_beside(node, store, caller, taken)


def _fetch_beside(node: Node, store: Store, caller: Caller, taken: Sequence[Taken]) -> list[Taken]:
    """What these records name is here too, as far as it is to be had there; what is false or lacking is said.

    All records come first: whether a box is open, a record may only say with another at hand.
    """
    held = [each.identity for each in taken if each.outcome != "refused"]
    if not held:
        return list(taken)
    federation = Federation(node.boxes.report)
    for body in node.bodies:
        federation.take(store.record(body.origin))
    resume(federation, node.folder)
    federation.fold_all()
    lacks = lacks_of(node)
    wrong, fault = {}, None
    try:
        wrong = gather(node, caller, federation, lacks, held, growing=True).wrong
    except Fault as stopped:
        fault = stopped
    keep_snapshots(federation, node.folder)
    return [_told(each, federation, lacks, wrong, fault) if each.identity in held else each for each in taken]


def _told(taken: Taken, federation: Federation, lacks: Lacks, wrong: Mapping[str, str], fault: Fault | None) -> Taken:
    """What became of one record, with what it names: by ``wrong`` some of that was false; a fault stopped it all."""
    record = federation.records[taken.identity]
    lacking = says(lacks.of(federation, taken.identity))
    named = {text.digest for text in lacks.texts(record, taken.identity)} | heads_in([record.state]).keys()
    said = [text for name, text in wrong.items() if name in named] + ([str(fault)] if fault and lacking else [])
    if said:
        return msgspec.structs.replace(taken, outcome="refused", text=said[0], lacking=lacking)
    return msgspec.structs.replace(taken, lacking=lacking)


def fetch_record(
    node: Node,
    store: Store,
    caller: Caller,
    entry: IndexEntry,
    *,
    notices: Sequence[str],
    guard: AbstractContextManager[Any] | None = None,
) -> Taken:
    """What is new of one record is held; what its acts name is ``gathering``'s.

    ``notices``: of the index that lists it. ``guard``: held while something is written.
    """
    try:
        check_simulated(entry.origin, notices, here=node.practice is not None)
        with caller.kept_open():
            return _Fetching(node, store, Remote(caller, entry.origin), entry, guard or nullcontext()).run()
    except Fault as fault:
        return Taken(slug=entry.slug, identity=entry.identity, outcome="refused", text=str(fault))


class _Fetching:
    """One record on its way here."""

    def __init__(
        self, node: Node, store: Store, remote: Remote, entry: IndexEntry, guard: AbstractContextManager[Any]
    ) -> None:
        self.node = node
        self.guard = guard
        self.remote = remote
        self.entry = entry
        self.known = next((body for body in node.bodies if body.identity == entry.identity), None)
        self.first = first = self._first(store)
        if identity_of([first]) != entry.identity:
            raise Forged("the index names another identity than the record's own act 0", where=INDEX, rule="R-NODE-2")
        self.log, self.mirrors, _ = founding_keys(first)
        if self.log.name != entry.origin:
            raise Forged("the record's act 0 names another log", where=entry.origin, rule="R-NODE-2")
        self.moves: Mapping[NoteKey, int] = {self.log: -1}
        self._federation: Federation | None = None
        read_cosignatures(remote.parsed, self.mirrors)
        self.record: Record = store.create(entry.origin)
        self.before = self.record.size
        self._check_signed(first)

    def _first(self, store: Store) -> bytes:
        """Act 0: the one held, or the one there."""
        with suppress(Missing):
            held = store.record(self.entry.origin).entries(0, 1)
            if held:
                return held[0]
        if not self.remote.size:
            raise Missing("that record has no entries yet", where=self.entry.origin)
        return next(self.remote.bundles(0, 1))[0]

    def _check_signed(self, first: bytes) -> None:
        """The record's own log signed the checkpoint: with the key of act 0, or one that it was moved to since.

        Only where no key signed it that is known from what is held, every entry is needed to tell, and fetched at once.
        Raises: Forged, Malformed; Refused, where that is too much.
        """
        if len(claimed_logs([first, *self.record.entries()])) > 1:
            self._judge([])
        known = {(key.name, key.key_id) for key in self.moves}
        if any((line.name, line.key_id) in known for line in self.remote.parsed.signatures):
            self._check_key()
            return
        entries = self.record.entries(0, min(self.before, self.remote.size))
        entries += self.remote.unproven(len(entries))
        if Tree(map(leaf_hash, entries)).root() != self.remote.checkpoint.root:
            raise Forged("the entries there do not continue those held here", rule="R-NODE-2")
        self.moves = check_log(self.node, self.entry.identity, entries, self.remote.note)

    def _judge(self, entries: Sequence[bytes]) -> None:
        """``moves`` are those in force once these entries stand behind the ones held."""
        if self._federation is None:
            self._federation = self.node.federation()
            self._federation.add([*self.record.entries(), *entries])
        else:
            folded = self._federation.records[self.entry.identity]
            for entry in [*self.record.entries(len(folded.entries)), *entries]:
                folded.append(entry)
        self.moves = moves_of(self._federation.fold(self.entry.identity))

    def _check_key(self) -> None:
        """The key that signs the record at that size, as far as it is known, signed the checkpoint. Raises: Forged."""
        size = self.remote.size
        try:
            open_checkpoint(self.remote.note, *keys_at(self.moves, size))
        except Forged as fault:
            raise Forged(
                f"it is not signed by the key that signs this record at {size} entries: {fault.text}", rule="R-MOVE-8"
            ) from None

    def run(self) -> Taken:
        """Raises: Forged, for another history, with the evidence kept; Refused, for an old copy of our own record."""
        remote = self.remote
        common = min(self.before, remote.size)
        try:
            if self.remote.size >= self.before > 0:
                self.remote.prove(self.before, self.record.root())
            elif common and self.record.root(common) != self.remote.checkpoint.root:
                raise Forged("the roots differ")
        except Forged as fault:
            self._find_fork(fault, History(checkpoint=remote.checkpoint, note=remote.note, tree=remote))
        if self.known is not None and self.known.is_hosted:
            if self.remote.size > self.before and any(index >= self.before for index in self.moves.values()):
                # The charter keys moved this record, as its own fold says; here is a copy from now on.
                self.known = self.node.set_hosted(self.entry.identity, False)
            elif self.remote.size > self.before:
                with self.guard:
                    self.node.checkpoints.keep_ahead(self.entry.identity, self.remote.note)
                raise Refused(
                    f"others have {self.remote.size} entries of this record, here are {self.before}: this is an old "
                    f"copy. Bring what is missing: 'majlis record recover {self.known.slug} FROM'",
                    rule="R-NODE-2",
                )
            else:
                return self._taken("same")
        while self.record.size < self.remote.size:
            start = self.record.size
            self._take(start, min(self.remote.size, start - start % _LOT + _LOT))
        entry = self.entry
        with self.guard:
            body = self.node.add(
                Known(slug=entry.slug, identity=entry.identity, origin=entry.origin, names=entry.names, is_hosted=False)
            )
            self.node.checkpoints.keep(entry.identity, self.remote.note, self.first)
        self._take_safe()
        outcome = "new" if not self.before else "grown" if self.record.size > self.before else "same"
        return msgspec.structs.replace(self._taken(outcome), slug=body.slug)

    def _take_safe(self) -> None:
        """The safe checkpoint that is shown beside one that too few cosigned is kept too (R-PUBLIC-5).

        Raises: Malformed, Forged, where it does not hold; of another history, with the evidence kept.
        """
        if safe_size(self.remote.note, self.first):
            return
        try:
            note = self.remote.safe()
        except Missing:
            return
        _, mirrors, quorum = founding_keys(self.first)
        try:
            check_safe(
                note,
                origin=self.entry.origin,
                size=self.remote.size,
                root=self.record.root,
                logs=lambda size: keys_at(self.moves, size),
                mirrors=mirrors,
                quorum=quorum,
            )
        except Forged as fault:
            self._find_fork(fault, History(checkpoint=parse_checkpoint(parse_note(note).text), note=note))
        with self.guard:
            self.node.checkpoints.keep(self.entry.identity, note, self.first)

    def _taken(self, outcome: str) -> Taken:
        return msgspec.convert(
            {
                "slug": self.known.slug if self.known else self.entry.slug,
                "identity": self.entry.identity,
                "outcome": outcome,
                "size": self.record.size,
            },
            Taken,
        )

    def _take(self, start: int, stop: int) -> None:
        """The entries from start on, up to stop or before, are in the record, once they are proven.

        Where they tell that the record was moved, the checkpoint must be by the key that signs behind that (R-MOVE-8).
        Raises: Malformed, Forged.
        """
        entries = self.remote.lot(start, stop)
        tree = Frontier.at(start, self.record.hashes())
        for each in entries:
            tree.append(leaf_hash(each))
        try:
            self.remote.prove(tree.size, tree.root())
        except Forged:
            raise Forged(
                f"the entries {start} to {tree.size - 1} there are not those under its checkpoint; take another source",
                where=self.remote.origin,
                rule="R-MIRROR-1",
            ) from None
        if any(may_move(each) for each in entries):
            self._judge(entries)
            self._check_key()
        check_room(self.node.folder)
        with self.guard:
            if self.record.size != start:
                raise Missing("others handed in entries meanwhile; it goes on from there next time")
            self.record.append(entries)

    def _find_fork(self, fault: Forged, theirs: History) -> NoReturn:
        """Raises: Forged, always: with the path of the evidence, where what was signed proves the fork to others."""
        note = self.node.checkpoints.seen(self.entry.identity)
        size = parse_checkpoint(parse_note(note).text).size if note else 0
        if not note or size > self.record.size:
            raise fault
        leaves = Tree(map(leaf_hash, self.record.entries(0, size)))
        ours = History(checkpoint=parse_checkpoint(parse_note(note).text), note=note, tree=leaves)
        fork = find_fork(ours, theirs, tuple(self.moves))
        if fork is None:
            raise fault
        data = format_forks([fork])
        base = record_folder(self.entry.origin)
        path = Path("evidence") / f"{base}-{fork.size}-{sha256(data).hexdigest()[:16]}.fork"
        write_file(self.node.folder / path, data)
        raise Forged(f"{FORKED.format(size=fork.size)}; the evidence is in {path}", rule="R-FORK-4")
