"""The rows of a plan: one line of JSON for each district, the leaves under the root that ``plan.adopt`` states."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from majlis.institutions.charter import Count, Slug
from majlis.record.merkle import Tree, leaf_hash, prove_inclusion
from majlis.record.note import encode_base64


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One district of the plan: its id, people, seats and places, and whether its seats are provisional."""

    id: Slug
    inhabitants: Count
    seats: int
    places: tuple[str, ...]
    provisional: bool = False


def format_row(row: Row) -> str:
    """The one line of JSON that is hashed, with its fields in this order."""
    return msgspec.json.encode(row).decode()


def rows_tree(rows: Sequence[Row]) -> Tree:
    """The Merkle tree (RFC 6962) over the rows in their order."""
    return Tree(leaf_hash(format_row(row).encode()) for row in rows)


def prove_row(rows: Sequence[Row], index: int) -> tuple[str, ...]:
    """The path of one row, in base64, as ``federation.admit`` carries it."""
    tree = rows_tree(rows)
    return tuple(encode_base64(step) for step in prove_inclusion(index, tree.size, tree.read))
