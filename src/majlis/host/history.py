"""What is known of one record from one side: a signed checkpoint, and as much of the tree under it as is at hand.

Two sides are compared at every size where both can say what the root was. Equal roots at the smaller of the two sizes:
one extends the other. Unequal ones anywhere: a fork, with evidence that anyone can check. Neither: more is needed.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from majlis.errors import Fault
from majlis.record import (
    Branch,
    Checkpoint,
    Fork,
    NoteKey,
    check_consistency,
    check_fork,
    find_parting,
    open_checkpoint,
    prove_branch,
)

__all__ = ["FORKED", "Claim", "History", "find_fork", "is_settled"]

FORKED: Final = (
    "this is another history of a record that is known here: they part within {size} entries, and its log signed both. "
    "Keep both, and call the charter keys together"
)


class Leaves(Protocol):
    """A tree over entries, or what somebody shows of one: nothing is believed before ``check_fork`` has seen it."""

    def read(self, level: int, index: int) -> bytes:
        """A ``ReadHash``."""
        ...

    def root(self, size: int) -> bytes:
        """The root of the first ``size`` entries."""
        ...


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The root that a record had at an earlier size, with the consistency proof to its checkpoint; checked."""

    size: int
    root: bytes
    proof: tuple[bytes, ...]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """One side. ``tree``: over all entries under the checkpoint, None where they are not at hand."""

    checkpoint: Checkpoint
    note: bytes
    tree: Leaves | None = None
    claims: tuple[Claim, ...] = ()

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def branch(self, size: int) -> Branch | None:
        """What this side can show of its first ``size`` entries; None where it cannot."""
        if size == self.size:
            return Branch(note=self.note, root=self.checkpoint.root)
        if self.tree is not None and 0 < size < self.size:
            return prove_branch(self.note, at=size, size=self.size, read=self.tree.read)
        for claim in self.claims:
            if claim.size == size:
                return Branch(note=self.note, root=claim.root, proof=claim.proof)
        return None

    def with_claim(self, claim: Claim) -> History:
        """The same, knowing one root more. Raises: Forged, when the proof does not lead to the checkpoint."""
        check_consistency(
            claim.proof,
            old=claim.size,
            new=self.size,
            old_root=claim.root,
            new_root=self.checkpoint.root,
        )
        return msgspec.structs.replace(self, claims=(*self.claims, claim))


def find_fork(one: History, other: History, logs: tuple[NoteKey, ...]) -> Fork | None:
    """Evidence that the two sides are two histories; None where nothing at hand shows it.

    ``logs``: the keys of the log; one of them must have signed both checkpoints, as only then it is its fault.
    """
    log = next((log for log in logs if _is_signed(one, log) and _is_signed(other, log)), None)
    if log is None:
        return None
    common = min(one.size, other.size)
    if one.tree is not None and other.tree is not None:
        sizes = [common] if one.tree.root(common) == other.tree.root(common) else [_parting(one, other, common)]
    else:
        claimed = {claim.size for side in (one, other) for claim in side.claims}
        sizes = sorted(size for size in {common, *claimed} if size <= common)
    for size in sizes:
        first, second = one.branch(size), other.branch(size)
        if first is not None and second is not None and first.root != second.root:
            fork = Fork(log=log, size=size, first=first, second=second)
            check_fork(fork)
            return fork
    return None


def is_settled(one: History, other: History) -> bool:
    """Both sides can show their root at the smaller of the two sizes, so that no fork found is no fork."""
    common = min(one.size, other.size)
    return common == 0 or (one.branch(common) is not None and other.branch(common) is not None)


def _parting(one: History, other: History, common: int) -> int:
    assert one.tree is not None
    assert other.tree is not None
    return find_parting(common, one.tree.read, other.tree.read)


def _is_signed(side: History, log: NoteKey) -> bool:
    try:
        open_checkpoint(side.note, log)
    except Fault:
        return False
    return True
