"""The root that a record had at every size, which the acts in it speak of (``seen``, ticks, moves)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from majlis.institutions.vector import Vector
from majlis.record.merkle import frontier_root, grown, root_at

__all__ = ["Roots"]


class Roots:
    """A value, like all of a state: one more leaf gives new roots, and the old ones stay as they were.

    For each size the frontier is kept, and the root computed when somebody asks: hardly anybody does, and the frontier
    is there anyway. Of a record that was resumed, the frontiers up to ``size`` are not at hand, but its tree is.
    """

    __slots__ = ("_frontiers", "_resumed", "_tree", "frontier", "size")

    def __init__(
        self,
        size: int = 0,
        frontier: tuple[bytes, ...] = (),
        *,
        tree: Callable[[int, int], bytes] | None = None,
    ) -> None:
        """``frontier``: the roots of the perfect trees that ``size`` is made of; ``tree``: its perfect nodes."""
        self.size = size
        self.frontier = frontier
        self._frontiers: Vector[tuple[bytes, ...]] = Vector()
        self._resumed = size
        self._tree = tree

    def grown(self, leaf: bytes) -> Roots:
        """With the root after one more leaf. ``leaf``: a leaf hash."""
        after = Roots.__new__(Roots)
        after.size = self.size + 1
        after.frontier = grown(self.size, self.frontier, leaf)
        after._frontiers = self._frontiers.append(after.frontier)
        after._resumed = self._resumed
        after._tree = self._tree
        return after

    def get(self, size: int) -> str | None:
        """The root (hex) at this size, or None where the record has not had it or has nothing yet."""
        if self._resumed < size <= self.size:
            return _root(self._frontiers[size - self._resumed - 1])
        if self._tree is not None and 0 < size <= self._resumed:
            return root_at(size, self._tree).hex()
        return None

    def __getitem__(self, size: int) -> str:
        root = self.get(size)
        if root is None:
            raise KeyError(size)
        return root

    def __eq__(self, other: object) -> bool:
        """The frontier at the newest size commits to every leaf, hence to all roots before it."""
        if not isinstance(other, Roots):
            return NotImplemented
        return (self.size, self.frontier) == (other.size, other.frontier)

    def __hash__(self) -> int:
        return hash((self.size, self.frontier))

    def __repr__(self) -> str:
        return f"Roots(size={self.size}, root={frontier_root(self.frontier).hex()})"


@lru_cache(1024)
def _root(frontier: tuple[bytes, ...]) -> str:
    """The root (hex); remembered, since many acts after one another speak of the same head."""
    return frontier_root(frontier).hex()
