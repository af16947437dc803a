"""What a bundle shows of one record before any of it is joined to anything."""

from __future__ import annotations

from typing import Final

from majlis.errors import Fault, Forged, Malformed
from majlis.host.bundle import request_name
from majlis.host.history import Claim, History
from majlis.host.layout import CHECKPOINT, SAFE, record_folder
from majlis.host.manifest import Carried
from majlis.host.unzip import Archive
from majlis.record import (
    FULL,
    HASH_SIZE,
    MAX_BUNDLE_SIZE,
    MAX_REQUEST_SIZE,
    Tile,
    Tree,
    format_tile_path,
    parse_add_checkpoint,
    parse_add_entries,
    parse_bundle,
    tiles_of,
)

__all__ = ["carried_notes", "first_entry", "leaf_tree", "with_start"]

_MAX_NOTE: Final = 1_000_000
MAX_DELTA: Final = 64 * 2**20
"""The most bytes that a member with packages may have."""


def carried_notes(archive: Archive, carried: Carried) -> list[bytes]:
    """The checkpoint notes in the bundle, as far as they arrived; nothing in them is checked."""
    base = record_folder(carried.origin)
    notes = []
    for name in (f"checkpoint-{base}", f"{base}/{CHECKPOINT}", f"{base}/{SAFE}"):
        try:
            notes.append(archive.read(name, _MAX_NOTE))
        except Fault:
            continue
    return notes


def first_entry(archive: Archive, carried: Carried) -> bytes:
    """Entry 0 as it lies in the bundle, empty where it does not. Not judged yet: it only says which key to ask."""
    base, width = record_folder(carried.origin), min(FULL, carried.size)
    if not width:
        return b""
    for name in archive.members:
        if name.startswith(f"{base}/delta-0-"):
            try:
                return parse_add_entries(archive.read(name, MAX_DELTA)).packages[0].entries[0]
            except (Fault, IndexError):
                continue
    try:
        name = f"{base}/{format_tile_path(Tile(level=None, index=0, width=width))}"
        return parse_bundle(archive.read(name, MAX_BUNDLE_SIZE), width)[0]
    except (Malformed, Fault):
        return b""


def leaf_tree(archive: Archive, carried: Carried) -> Tree | None:
    """The tree over the leaf hashes in a full layout; None where they are not all there.

    Raises: Forged, when they do not give the root that the bundle announces.
    """
    base = record_folder(carried.origin)
    leaves: list[bytes] = []
    for tile in tiles_of(carried.size):
        if tile.level == 0:
            try:
                data = archive.read(f"{base}/{format_tile_path(tile)}", FULL * HASH_SIZE)
            except Fault:
                return None
            leaves += [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
    tree = Tree(leaves)
    if tree.size != carried.size or tree.root() != carried.root:
        raise Forged("the tiles in this bundle do not give the root of its checkpoint", where=base, rule="R-BUNDLE-4")
    return tree


def with_start(archive: Archive, carried: Carried, history: History) -> History:
    """The same, knowing the root at the size that the bundle starts from, where a proof in it shows that root."""
    start = carried.start
    name = request_name(carried.origin, start, history.size)
    if not 0 < start <= history.size or name not in archive.members:
        return history
    try:
        request = parse_add_checkpoint(archive.read(name, MAX_REQUEST_SIZE))
        return history.with_claim(Claim(size=start, root=carried.start_root, proof=request.proof))
    except Fault:
        return history
