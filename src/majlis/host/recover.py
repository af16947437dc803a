"""A record is brought forward from a copy: after a backup was restored, or a disk changed a bit (``spec/host.md``).

What lies here, what the signer and the kept checkpoints remember, and a copy from elsewhere are put together:

    0            m            t            c            n
    |------------|------------|------------|------------|
    signed here  |  proven    |  only its  |  only here
                 |  by copy   |  log signed|

``m`` is what the signer remembers, ``t`` how much of the copy counts: what the quorum of mirrors cosigned, or what this
very signer signed. Up to ``t`` the copy's entries stand, byte for byte: what differs here is damage, and acts that were
acknowledged here in their place go to the outbox. Behind ``t`` what lies here stays, whatever the copy has there. So
nothing is dropped that was acknowledged, and no two checkpoints are ever signed that disagree.

All of it is one transaction; what follows can be done again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Final

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.actfile import ActFile, file_of, named_blobs, parse_act_file
from majlis.host.checkpoints import newest_safe_of
from majlis.host.delivery import keep
from majlis.host.federation import Federation, identity_of
from majlis.host.folder import claimed_moves, founding_keys, judged_moves, keys_at
from majlis.host.node import Keeping, Known, Node
from majlis.host.safe import check_safe
from majlis.host.signer import SignerBook, is_of_others
from majlis.host.sql_record import SqlRecord
from majlis.host.takeover import OF_THEIR_HISTORY
from majlis.institutions import open_act
from majlis.record import Checkpoint, NoteKey, Tree, leaf_hash, open_checkpoint, parse_checkpoint, parse_note

__all__ = ["Copy", "Recovered", "recover"]

_RULE: Final = "R-RECOVER-2"
_COMPARE: Final = (
    "Nothing was changed. Hold the two against each other with 'majlis compare', keep both, and call the charter keys "
    "together"
)


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A record as somebody shows it: its entries give the root of ``note``. ``safe``: what lies beside (R-PUBLIC-5)."""

    note: bytes
    entries: list[bytes]
    safe: bytes = b""


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a record. ``size``: entries here now; ``safe``: how many of them the quorum cosigned; ``shown``:
    how many the copy has.

    ``brought``: entries that were lacking; ``replaced``: positions of those that were damaged, or others. ``outbox``:
    acts that this machine took in where the record has others, and that are to be handed in again; ``lost``: entries of
    that kind that cannot be read. ``signed``: what the signer remembers. ``behind``: why nothing is taken in yet; empty
    if it is. ``unsigned``: the kept checkpoints that no key of this log signed, which say nothing, and were set aside.
    """

    slug: str
    size: int
    safe: int
    shown: int
    brought: int
    replaced: tuple[int, ...]
    outbox: int
    lost: int
    signed: int
    behind: str
    unsigned: tuple[str, ...] = ()


def recover(node: Node, body: Known, copy: Copy) -> Recovered:
    """The record here has all that the copy proves, and what lies here beyond (R-RECOVER-1).

    Begun again after a crash it goes on.

    Raises: Forged, where the copy is of another record, false, or of another history than was signed here; Refused,
    where too few mirrors cosigned it, or the record was moved; Missing, where what was signed is in neither.
    """
    with node.writing() as store:
        signers = node.signers(store)
        try:
            return _Recovering(node, body, copy, store, signers).run()
        finally:
            signers.close()


class _Recovering:
    def __init__(self, node: Node, body: Known, copy: Copy, store: Keeping, signers: SignerBook) -> None:
        self.node = node
        self.body = body
        self.copy = copy
        self.store = store
        self.signers = signers
        self.record: SqlRecord = store.create(body.origin)
        self.own = self.record.found()
        self.tree = Tree(map(leaf_hash, copy.entries))
        self.key, self.signed = self._remembered()
        self.bent = self._hear()
        self.first = self._check_copy()
        self.moves = self._check_keys()
        self.kept, self.unsigned = self._kept()

    # --- what counts

    def _check_copy(self) -> bytes:
        """Act 0 of the copy, which is of this record and gives its own root. Raises: Forged, Missing."""
        checkpoint = parse_checkpoint(parse_note(self.copy.note).text)
        if (checkpoint.size, checkpoint.root) != (self.tree.size, self.tree.root()):
            raise Forged("the entries of this copy do not give its own root; take another source", rule=_RULE)
        if not self.copy.entries:
            raise Missing("this copy has no entries", where=self.body.origin)
        first = self.copy.entries[0]
        if checkpoint.origin != self.body.origin or identity_of([first]) != self.body.identity:
            raise Forged("this is a copy of another record; look at its name", where=checkpoint.origin, rule=_RULE)
        if founding_keys(first)[0].name != self.body.origin:
            raise Forged("the copy's act 0 names another log", where=self.body.origin, rule=_RULE)
        return first

    def _remembered(self) -> tuple[NoteKey | None, Checkpoint]:
        """The key of the signer here and what it signed last; nothing for a copy. Raises: Malformed, when damaged."""
        if self.body.is_hosted:
            with suppress(Missing):
                return self.signers.remembered(self.record)
        return None, Checkpoint(origin=self.body.origin, size=0, root=b"")

    def _hear(self) -> tuple[str, ...]:
        """R-SIGNER-5: what the log of a record kept here signed, and is not here, is remembered, whatever else is wrong
        with this copy. Returns the file in its place that the log did not sign, which was set aside.
        """
        kept, identity, bent = self.node.checkpoints, self.body.identity, []
        if self.key is not None and (ahead := kept.ahead(identity)):
            try:
                open_checkpoint(ahead, self.key)
            except Fault:
                bent = [name for name in kept.files(identity) if name.endswith(".ahead")]
                kept.set_aside(bent[0], self.node.folder / "evidence")
        for note in filter(None, (self.copy.note, self.copy.safe)):
            with suppress(Fault):  # What is damaged here is told, and mended, by what follows.
                if self.key is not None and is_of_others(self.record, note, self.key):
                    kept.keep_ahead(identity, note)
        return tuple(bent)

    def _check_keys(self) -> Mapping[NoteKey, int]:
        """The keys of the record by its own fold; one that signs there signed the copy. Raises: Forged, Refused."""
        moves: Mapping[NoteKey, int] = claimed_moves(self.copy.entries)
        if len(moves) > 1:
            moves = judged_moves(self.copy.entries, self._at_hand())
        open_checkpoint(self.copy.note, *keys_at(moves, self.tree.size))
        newest = max(moves, key=lambda key: moves[key])
        # A copy that ends before the record was moved to this machine knows nothing of its key.
        if self.key in moves and newest != self.key:
            raise Refused(
                f"the charter keys moved this record with act {moves[newest]}, and the key here signs it no longer: "
                "hold a copy of it, with 'majlis node take' or 'majlis mirror'",
                where=self.body.origin,
                rule="R-MOVE-8",
            )
        return moves

    def _at_hand(self) -> Federation:
        """The records that a move may rest on, as far as they can be read: what is damaged here may be among them."""
        try:
            return self.node.federation()
        except Fault:
            return Federation()

    def _safe_note(self) -> bytes:
        """The newest checkpoint of the copy that the quorum cosigned; empty where none is. Raises: Forged."""
        notes = [self.copy.note]
        _, mirrors, quorum = founding_keys(self.first)
        if self.copy.safe:
            check_safe(
                self.copy.safe,
                origin=self.body.origin,
                size=self.tree.size,
                root=self.tree.root,
                logs=lambda size: keys_at(self.moves, size),
                mirrors=mirrors,
                quorum=quorum,
            )
            notes.append(self.copy.safe)
        return newest_safe_of(notes, self.first)

    def _counted(self, safe: int) -> int:
        """How many entries of the copy count. Raises: Refused, where none do; Forged, for another history."""
        for size, root in self.kept:
            if 0 < size <= self.tree.size and self.tree.root(size) != root:
                raise Forged(
                    f"this copy is of another history than the {size} entries that were signed or cosigned here. "
                    f"{_COMPARE}",
                    where=self.body.origin,
                    rule=_RULE,
                )
        has_mirrors = bool(founding_keys(self.first)[1])
        counted = safe if self.body.is_hosted and has_mirrors else self.tree.size
        if self.signed.size <= self.tree.size:
            counted = max(counted, self.signed.size)
        if not counted:
            raise Refused(
                "too few mirrors cosigned anything of this copy; have them cosign it ('majlis witness cosign'), or "
                "take another",
                where=self.body.origin,
                rule=_RULE,
            )
        return counted

    def _kept(self) -> tuple[list[tuple[int, bytes]], tuple[str, ...]]:
        """The size and root of all that is remembered here; the files of checkpoints that no key of the log signed."""
        found, unsigned = [(self.signed.size, self.signed.root)], []
        ours: Mapping[NoteKey, int] = claimed_moves([self.first, *filter(None, self.own[1:])])
        for name, note in self.node.checkpoints.files(self.body.identity).items():
            try:
                size = parse_checkpoint(parse_note(note).text).size
                keys = {*keys_at(self.moves, size), *keys_at(ours, size), *filter(None, [self.key])}
                checkpoint, _ = open_checkpoint(note, *keys)
            except Fault:
                unsigned.append(name)
            else:
                found.append((checkpoint.size, checkpoint.root))
        return found, tuple(unsigned)

    # --- putting together

    def run(self) -> Recovered:
        """As ``recover``."""
        note = self._safe_note()
        safe = parse_checkpoint(parse_note(note).text).size if note else 0
        counted = self._counted(safe)
        parted = self._parting(counted)
        entries = [*self.copy.entries[:counted], *self._tail(counted, parted)]
        self._check_signed(entries)
        self._check_held(entries)
        left = [] if parted >= len(self.own) else self.own[parted:]
        replaced = [
            index for index, entry in enumerate(self.own[: min(counted, parted)]) if entry != self.copy.entries[index]
        ]
        outbox = self._put_in_outbox(entries, [*(self.own[index] for index in replaced), *left])
        brought = max(0, counted - min(parted, len(self.own)))
        self._store(entries, is_damaged=bool(replaced) or parted < len(self.own))
        signed, behind = self._remember(note)
        return Recovered(
            slug=self.body.slug,
            size=len(entries),
            safe=safe,
            shown=self.tree.size,
            brought=brought,
            replaced=tuple(replaced),
            outbox=outbox,
            lost=sum(entry is None for entry in self.own[max(parted, counted) :]),
            signed=signed,
            behind=behind,
            unsigned=(*self.bent, *self.unsigned),
        )

    def _parting(self, counted: int) -> int:
        """Where what lies here stops to be of the record: where nothing was signed here any more, and what counts of
        the copy has something else, or what lies here cannot be read and the copy does not count.
        """
        for index in range(self.signed.size, len(self.own)):
            entry = self.own[index]
            if entry is None and index >= counted:
                return index
            if entry is not None and index < counted and entry != self.copy.entries[index]:
                return index
        return len(self.own)

    def _tail(self, counted: int, parted: int) -> Iterator[bytes]:
        """What lies here behind what counts of the copy. One that is damaged is taken from the copy, where the root
        that was signed here tells afterwards whether it is the one. Raises: Missing.
        """
        for index in range(counted, parted):
            entry = self.own[index]
            if entry is None and index < self.tree.size and self.signed.size <= len(self.own):
                entry = self.copy.entries[index]
            if entry is None:
                raise Missing(
                    f"entry {index} is damaged here, and {counted} entries of this copy count: take one that has it. "
                    "Where nobody has, let the charter keys move the record ('majlis succession')",
                    where=self.body.origin,
                    rule=_RULE,
                )
            yield entry

    def _check_signed(self, entries: Sequence[bytes]) -> None:
        """What was signed here is what is put together, as far as it goes. Raises: Forged."""
        size = self.signed.size
        if 0 < size <= len(entries) and Tree(map(leaf_hash, entries[:size])).root() != self.signed.root:
            raise Forged(
                f"{size} entries were signed here, and those of this copy with what lies here behind them are others. "
                f"{_COMPARE}",
                where=self.body.origin,
                rule=_RULE,
            )

    def _check_held(self, entries: Sequence[bytes]) -> None:
        """What lies here under a kept checkpoint that is larger than the copy stays. Raises: Forged."""
        own = Tree(leaf_hash(entry) for entry in takewhile(bool, self.own) if entry)
        for size, root in self.kept:
            if self.tree.size < size <= own.size and own.root(size) == root and entries[:size] != self.own[:size]:
                raise Forged(
                    f"{size} entries lie here under a checkpoint that this log signed, and this copy of "
                    f"{self.tree.size} is of another history. {_COMPARE}",
                    where=self.body.origin,
                    rule=_RULE,
                )

    def _put_in_outbox(self, entries: Sequence[bytes], left: Sequence[bytes | None]) -> int:
        """R-RECOVER-3: acts that this machine took in where the record has others can be handed in again; how many.

        Lines of signatures that were acknowledged apart come together, with those that the outbox has.
        """
        here = set(entries)
        found: dict[str, ActFile] = {}
        for entry in filter(None, left):
            with suppress(Fault):  # What was damaged is signed by nobody.
                act = open_act(entry).act
                if act.body == self.body.identity and entry not in here and act.kind not in OF_THEIR_HISTORY:
                    before = found.get(act.id) or self._in_outbox(act.id)
                    file = file_of(entry, {})
                    merged = file if before is None else _merged(before, file)
                    open_act(merged.entry)
                    found[act.id] = merged
        for file in found.values():
            blobs = {**file.blobs, **named_blobs(self.node.blobs, file.entry)}
            keep(self.node, file.entry, brought=blobs)
        return len(found)

    def _in_outbox(self, act: str) -> ActFile | None:
        try:
            return parse_act_file((self.node.folder / "outbox" / f"{act}.act").read_bytes())
        except (FileNotFoundError, Fault):
            return None

    def _store(self, entries: Sequence[bytes], *, is_damaged: bool) -> None:
        """The record is these entries, durably, all or nothing; what it was stays where it is (R-STORE-2)."""
        try:
            self.record.check()
        except Malformed:
            is_damaged = True
        if is_damaged:
            self.record = self.store.branch(self.body.origin, 0, entries)
        else:
            self.record.append(entries[self.record.size :])

    def _remember(self, safe: bytes) -> tuple[int, str]:
        """R-RECOVER-4: signer and checkpoints remember all that was seen, and nothing goes back.

        Returns what was signed last, and why nothing is taken in yet.
        """
        kept, identity = self.node.checkpoints, self.body.identity
        for name in self.unsigned:
            kept.set_aside(name, self.node.folder / "evidence")
        if safe:
            kept.keep(identity, safe, self.first)
        if not self.body.is_hosted:
            kept.keep(identity, self.copy.note, self.first)
            return 0, ""
        ours = []
        for note in filter(None, (safe, self.copy.note, kept.ahead(identity))):
            if self._is_here(note):
                ours.append(note)
            else:
                kept.keep_ahead(identity, note)
        with suppress(Refused, Missing):  # While less is here than was signed, or nobody remembers what was.
            self.signers.recover(self.record, ours)
        notes = [at(identity) for at in (kept.safe, kept.seen, kept.ahead)]
        try:
            behind = self.signers.look(self.record, filter(None, notes))
            signed = self.signers.remembered(self.record)[1].size
        except Missing as lost:
            return 0, str(lost)
        if behind is None:
            kept.forget_ahead(identity)
        return signed, "" if behind is None else str(behind)

    def _is_here(self, note: bytes) -> bool:
        checkpoint = parse_checkpoint(parse_note(note).text)
        return checkpoint.size <= self.record.size and self.record.root(checkpoint.size) == checkpoint.root


def _merged(one: ActFile, other: ActFile) -> ActFile:
    """The act of both with the lines of both, one of each key."""
    new = tuple(
        line
        for line in other.signatures
        if not msgspec.structs.replace(other, signatures=(line,)).signers <= one.signers
    )
    return msgspec.structs.replace(one, signatures=one.signatures + new)
