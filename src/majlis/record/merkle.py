"""Merkle trees: one hash that stands for a whole record, and short proofs about it.

    leaf = SHA-256(0x00 || entry)        node = SHA-256(0x01 || left || right)
    root of the empty tree = SHA-256("")

A tree over n > 1 leaves has on its left the largest power of two of leaves below n. A *perfect* node (level, index)
stands over the leaves [index * 2^level, (index + 1) * 2^level) and never changes once they are there. Provers get the
perfect nodes through one function, ``ReadHash``, and never ask for one that the tree does not have.

Every ``check_*`` refuses any hash that is not 32 bytes long before it compares anything. Where many nodes are hashed at
once the native engine does it, if it is at hand; what it does not accept is computed here again.

Source: RFC 6962 section 2.1; RFC 9162 sections 2.1.3.2 and 2.1.4.2; draft-ietf-plants-merkle-tree-certs-03 sections 4.1
and 4.4 for subtrees. Tests: 518 published proofs, and every small tree against the definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

from majlis.crypto import native
from majlis.errors import Forged

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "MAX_PROOF",
    "Frontier",
    "ReadHash",
    "Tree",
    "check_consistency",
    "check_inclusion",
    "check_subtree_consistency",
    "check_subtree_inclusion",
    "frontier_root",
    "grown",
    "is_subtree",
    "leaf_hash",
    "node_hash",
    "perfect_nodes",
    "prove_consistency",
    "prove_inclusion",
    "prove_subtree_consistency",
    "root_at",
]

HASH_SIZE: Final = 32
MAX_PROOF: Final = 63
EMPTY_ROOT: Final = sha256(b"").digest()

ReadHash = Callable[[int, int], bytes]
"""The hash of the perfect node at (level, index)."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two 32-byte hashes."""
    return sha256(b"\x01" + left + right).digest()


def grown(size: int, roots: tuple[bytes, ...], leaf: bytes) -> tuple[bytes, ...]:
    """The frontier after one more leaf, where ``roots`` is that of ``size`` leaves: a value, for whoever keeps many."""
    kept = len(roots)
    while size & 1:
        kept -= 1
        leaf = sha256(b"\x01" + roots[kept] + leaf).digest()
        size >>= 1
    return (*roots[:kept], leaf)


def perfect_nodes(hashes: bytes) -> bytes:
    """These hashes, 32 bytes each, and all perfect nodes above them: level after level, each half as long."""
    return hashes + (native.raise_nodes(hashes) if native.is_native() else _raise_nodes(hashes))


def _raise_nodes(hashes: bytes) -> bytes:
    levels, below = [], hashes
    while len(below) >= 2 * HASH_SIZE:
        pairs = range(0, len(below) - HASH_SIZE, 2 * HASH_SIZE)
        below = b"".join([sha256(b"\x01" + below[at : at + 2 * HASH_SIZE]).digest() for at in pairs])
        levels.append(below)
    return b"".join(levels)


class Frontier:
    """The state that appending needs: the roots of the perfect trees a size is made of, the largest first.

    One hash for each set bit of ``size``.
    """

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        """Raises: ValueError, when the roots are not one 32-byte hash for each set bit of ``size``."""
        self.size = size
        self._roots = list(roots)
        if len(self._roots) != size.bit_count() or any(len(root) != HASH_SIZE for root in self._roots):
            raise ValueError("a frontier has one 32-byte hash for each set bit of its size")

    @classmethod
    def at(cls, size: int, read: ReadHash) -> Frontier:
        """The frontier of the first ``size`` leaves of a tree."""
        return cls(size, _range_roots(0, size, read))

    def append(self, leaf: bytes) -> None:
        """The tree is one leaf larger. ``leaf``: a leaf hash."""
        bits, roots = self.size, self._roots
        while bits & 1:
            leaf = sha256(b"\x01" + roots.pop() + leaf).digest()
            bits >>= 1
        roots.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """The tree is larger by these leaf hashes."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        return frontier_root(self._roots)

    @property
    def roots(self) -> tuple[bytes, ...]:
        return tuple(self._roots)

    def copy(self) -> Frontier:
        return Frontier(self.size, self._roots)


class Tree:
    """A whole tree in memory: every perfect node. About two hashes an entry."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    @property
    def size(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """The tree is one leaf larger. ``leaf``: a leaf hash."""
        self._levels[0].append(leaf)
        level = 0
        while len(self._levels[level]) % 2 == 0:
            left, right = self._levels[level][-2:]
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node_hash(left, right))

    def read(self, level: int, index: int) -> bytes:
        """A ``ReadHash``."""
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root now, or at an earlier size."""
        return root_at(self.size if size is None else size, self.read)


def frontier_root(roots: Sequence[bytes]) -> bytes:
    """The root over perfect trees of descending size; EMPTY_ROOT over none."""
    if not roots:
        return EMPTY_ROOT
    root = roots[-1]
    for left in roots[-2::-1]:
        root = node_hash(left, root)
    return root


def _range_roots(start: int, end: int, read: ReadHash) -> list[bytes]:
    """The perfect nodes that the subtree [start, end) is made of, the largest first."""
    roots = []
    while start < end:
        level = (end - start).bit_length() - 1
        roots.append(read(level, start >> level))
        start += 1 << level
    return roots


def _range_root(start: int, end: int, read: ReadHash) -> bytes:
    """The tree hash of the leaves [start, end), where that is a subtree."""
    return frontier_root(_range_roots(start, end, read))


def root_at(size: int, read: ReadHash) -> bytes:
    """The root of the first ``size`` leaves."""
    return _range_root(0, size, read)


def _split(size: int) -> int:
    """The largest power of two below ``size``; size > 1."""
    return 1 << ((size - 1).bit_length() - 1)


def is_subtree(start: int, end: int) -> bool:
    """[start, end) is not empty, and starts at a multiple of the smallest power of two that is not below its length."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def prove_inclusion(index: int, size: int, read: ReadHash) -> tuple[bytes, ...]:
    """The siblings of leaf ``index`` on its way up in the tree of ``size``, from the leaf to the root.

    Raises: ValueError, unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    return tuple(reversed(path))


def prove_subtree_consistency(start: int, end: int, size: int, read: ReadHash) -> tuple[bytes, ...]:
    """The hashes by which the subtree [start, end) is seen to be part of the tree of ``size``.

    Raises: ValueError, unless [start, end) is a subtree with end <= size.
    """
    if not is_subtree(start, end) or end > size:
        raise ValueError(f"[{start}, {end}) is not a subtree of a tree of {size}")
    path = []
    low, high = 0, size
    is_known = True  # The node we stand on is the subtree itself, whose hash the verifier already has.
    while (low, high) != (start, end):
        middle = low + _split(high - low)
        if end <= middle:
            path.append(_range_root(middle, high, read))
            high = middle
        elif start >= middle:
            path.append(_range_root(low, middle, read))
            low = middle
        else:
            # start < middle < end: a subtree that crosses the middle starts where the tree does, so start == low.
            path.append(_range_root(low, middle, read))
            low = start = middle
            is_known = False
    if not is_known:
        path.append(_range_root(start, end, read))
    return tuple(reversed(path))


def prove_consistency(old: int, new: int, read: ReadHash) -> tuple[bytes, ...]:
    """The hashes by which the tree of ``new`` leaves is seen to extend that of ``old``; none when old == new.

    Raises: ValueError, unless 0 < old <= new.
    """
    return prove_subtree_consistency(0, old, new, read)


def _check_hashes(proof: Sequence[bytes], *others: bytes) -> None:
    if len(proof) > MAX_PROOF:
        raise Forged(f"a proof has at most {MAX_PROOF} hashes, this one {len(proof)}", rule="R-TREE-1")
    if {*map(len, proof), *map(len, others)} != {HASH_SIZE}:
        raise Forged("a hash in this proof is not 32 bytes long; it was cut or altered", rule="R-TREE-1")


def _leads_to(root: bytes, leaf: bytes, siblings: Sequence[bytes], sides: int) -> bool:
    """Whether the siblings lead from the leaf to the root; bit i of ``sides``: whether sibling i stands on the left."""
    if native.is_native() and native.leads_to(root, leaf, siblings, sides):
        return True
    computed = leaf
    for sibling in siblings:
        computed = sha256(b"\x01" + (sibling + computed if sides & 1 else computed + sibling)).digest()
        sides >>= 1
    return computed == root


def check_inclusion(proof: Sequence[bytes], *, index: int, size: int, leaf: bytes, root: bytes) -> None:
    """``leaf`` (a leaf hash) is at ``index`` in the tree of ``size`` with ``root``.

    Raises: Forged, whatever is wrong.
    """
    _check_hashes(proof, leaf, root)
    if not 0 <= index < size:
        raise Forged(f"entry {index} cannot be in a record of {size}", rule="R-TREE-2")
    # On the lowest levels the node above us and the last node are two, and a sibling stands on either side; on the
    # others they are one, and a sibling is there, on the left, where the number of that node is odd.
    low = (index ^ (size - 1)).bit_length()
    high = (index >> low).bit_count()
    if len(proof) > low + high:
        raise Forged("the inclusion proof is longer than the tree is high", rule="R-TREE-2")
    if len(proof) < low + high:
        raise Forged("the inclusion proof is shorter than the tree is high", rule="R-TREE-2")
    sides = index & (1 << low) - 1 | (1 << high) - 1 << low
    if not _leads_to(root, leaf, proof, sides):
        raise Forged(
            "the inclusion proof leads to another root: the entry is not in this record as shown", rule="R-TREE-2"
        )


def check_subtree_inclusion(
    proof: Sequence[bytes], *, index: int, start: int, end: int, leaf: bytes, root: bytes
) -> None:
    """``leaf`` is at ``index`` of the record, in the subtree [start, end) with ``root``.

    Raises: Forged, whatever is wrong.
    """
    if not is_subtree(start, end):
        raise Forged(f"[{start}, {end}) is not a subtree", rule="R-TREE-2")
    check_inclusion(proof, index=index - start, size=end - start, leaf=leaf, root=root)


def check_subtree_consistency(
    proof: Sequence[bytes], *, start: int, end: int, size: int, subtree: bytes, root: bytes
) -> None:
    """The leaves [start, end), with hash ``subtree``, are part of the tree of ``size`` with ``root``.

    Raises: Forged, whatever is wrong.
    """
    _check_hashes(proof, subtree, root)
    if not is_subtree(start, end) or end > size:
        raise Forged(f"[{start}, {end}) is not a subtree of a record of {size}", rule="R-TREE-3")
    # fn, sn and tn are, level by level, the numbers of the subtree's first and last node and of the tree's last one.
    fn, sn, tn = start, end - 1, size - 1
    while fn != sn and (sn == tn or sn & 1):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    known, siblings = (subtree, proof) if fn == sn else (proof[0] if proof else b"", proof[1:])
    if not known:
        raise Forged("the consistency proof is empty, and these two sizes need one", rule="R-TREE-3")
    # The subtree ends with ``known``; what is left of that inside it belongs to both paths, all else to the tree's.
    within, sides = [], 0
    for height, sibling in enumerate(siblings):
        if tn == 0:
            raise Forged("the consistency proof is longer than the tree is high", rule="R-TREE-3")
        if sn & 1 or sn == tn:
            if fn < sn:
                within.append(sibling)
            sides |= 1 << height
            while not sn & 1 and sn:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    if tn != 0:
        raise Forged("the consistency proof is shorter than the tree is high", rule="R-TREE-3")
    if not _leads_to(subtree, known, within, (1 << len(within)) - 1):
        raise Forged(
            "the consistency proof does not start from the earlier root: history was rewritten, or it is false",
            rule="R-TREE-3",
        )
    if not _leads_to(root, known, siblings, sides):
        raise Forged(
            "the consistency proof does not lead to the later root: history was rewritten, or it is false",
            rule="R-TREE-3",
        )


def check_consistency(proof: Sequence[bytes], *, old: int, new: int, old_root: bytes, new_root: bytes) -> None:
    """The tree of ``new`` with ``new_root`` extends that of ``old`` with ``old_root``; 0 < old <= new.

    From the empty tree there is nothing to prove; whoever allows it (a witness at first contact) says so itself.

    Raises: Forged, whatever is wrong.
    """
    check_subtree_consistency(proof, start=0, end=old, size=new, subtree=old_root, root=new_root)
