"""Proofs of what is in force, made of a record that mirrors cosigned (``spec/digest.md``).

The newest digest is shown under the checkpoint of a tick, or under the published one: best of all one that ends with
the digest, since only then the mirrors' time says how old it is (R-DIGEST-6).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from majlis.errors import Fault, Missing
from majlis.host.federation import Federation, Record
from majlis.institutions import State, parse_act
from majlis.institutions.digest import digest, statements
from majlis.institutions.in_force import InForceProof, prove_in_force
from majlis.institutions.logs import every_log
from majlis.institutions.mirrors import read_quorum
from majlis.institutions.state import founded
from majlis.record import (
    Note,
    TlogProof,
    format_note,
    parse_checkpoint,
    parse_cosigner_key,
    parse_note,
    prove_inclusion,
)

__all__ = ["Shown", "show_in_force"]

_KIND: Final = "state.digest"


class Shown:
    """What a digest of a record can show: ``before``, the state that it is of; the act; and where that stands.

    ``later``: entries behind the digest under the checkpoint; with none, ``time`` is what it was in force at.
    """

    def __init__(self, before: State, entry: bytes, where: TlogProof) -> None:
        self.before = before
        self.entry = entry
        self.where = where
        note = parse_note(where.checkpoint)
        self.later = parse_checkpoint(note.text).size - before.size - 1
        times = sorted(each.time for each in read_quorum(founded(before), note, rule="R-DIGEST-5"))
        self.time = times[(len(times) - 1) // 2]

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """All that it can show."""
        return statements(self.before)

    def prove(self, statement: str) -> InForceProof:
        """The proof of one. Raises: Missing."""
        return prove_in_force(self.before, statement, self.entry, self.where)


def show_in_force(federation: Federation, identity: str, published: bytes, *, may_fold: bool = True) -> Shown:
    """The newest digest of this record that its mirrors cosigned, of those whose age can be told if there is one.

    ``published``: the newest cosigned checkpoint, empty where there is none. Cost: at most one part of the record is
    folded again, and none without ``may_fold``, for whoever reads while another thread folds.
    Raises: Missing, where there is no such digest, or the state that it is of is not at hand.
    """
    record = federation.records[identity]
    found: tuple[int, bytes] | None = None
    for index in _digests(record.state):
        for size, note in _checkpoints(record, index, published):
            if size == index + 1:
                return _shown(federation, identity, index, note, may_fold=may_fold)
            found = found or (index, note)
    if found is None:
        raise Missing(
            "no digest of what is in force stands under a checkpoint that mirrors cosigned; log one with "
            "'majlis in-force log', and then a tick",
            rule="R-DIGEST-5",
        )
    return _shown(federation, identity, *found, may_fold=may_fold)


def _digests(state: State) -> list[int]:
    """Where digests in force stand, the newest first."""
    found = (each.index for each in state.acts.values() if each.kind == _KIND and each.status == "in-force")
    return sorted(found, reverse=True)


def _checkpoints(record: Record, index: int, published: bytes) -> Iterator[tuple[int, bytes]]:
    """The checkpoints over the entry at ``index``, the smallest first, and of those the youngest."""
    sizes = [(tick.size, -tick.index) for tick in record.state.ticks if tick.size > index]
    for size, place in sorted(sizes):
        yield size, str(parse_act(record.entries[-place]).data["checkpoint"]).encode()
    if published:
        try:
            note = parse_note(published)
            read_quorum(founded(record.state), note, rule="R-DIGEST-5")
            size = parse_checkpoint(note.text).size
        except Fault:
            return
        if size > index:
            yield size, published


def _shown(federation: Federation, identity: str, index: int, note: bytes, *, may_fold: bool) -> Shown:
    record = federation.records[identity]
    size = parse_checkpoint(parse_note(note).text).size
    if not may_fold and not record.has(index):
        raise Missing(f"the state after {index} entries is not at hand; 'majlis in-force prove' makes it again")
    before = federation.fold(identity, index) if may_fold else record.states[index]
    if parse_act(record.entries[index]).data["root"] != digest(before):
        raise Missing(f"the state after {index} entries was let go meanwhile; ask again")
    hashes = prove_inclusion(index, size, record.tree.read)
    checkpoint = _own_lines(parse_note(note), record.state)
    return Shown(before, record.entries[index], TlogProof(index=index, hashes=hashes, checkpoint=checkpoint))


def _own_lines(note: Note, state: State) -> bytes:
    """The checkpoint with the lines of its log and mirrors alone: a line of anybody else could be altered unseen."""
    mirrors = [parse_cosigner_key(vkey) for vkey in founded(state).mirrors]
    own = {(key.name, key.key_id) for key in every_log(state)} | {(key.name, key.key_id) for key in mirrors}
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) in own)
    return format_note(Note(text=note.text, signatures=lines))
