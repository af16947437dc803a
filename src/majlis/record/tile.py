"""Tiles: a record as static files that never change.

    <prefix>/checkpoint
    <prefix>/tile/<L>/<N>[.p/<W>]            hashes: 256 of them, or W in a partial tile
    <prefix>/tile/entries/<N>[.p/<W>]        entries: uint16 big-endian length, then the entry, 256 times or W times

    N in groups of three digits, all but the last with an x:   1234067 -> x001/x234/067      0 -> 000

Hash i of tile n at level l is the perfect node (8 * l, n * 256 + i): level 0 holds leaf hashes, and only full tiles are
hashed upward. A file without ``.p`` is full, always.

Source: c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate
from typing import Final

import msgspec

from majlis.errors import Malformed
from majlis.record.merkle import HASH_SIZE, perfect_nodes

__all__ = [
    "FULL",
    "MAX_BUNDLE_SIZE",
    "MAX_ENTRY_SIZE",
    "Tile",
    "TileHashes",
    "format_bundle",
    "format_tile_path",
    "parse_bundle",
    "parse_tile_path",
    "tiles_of",
]

FULL: Final = 256
HEIGHT: Final = 8
MAX_ENTRY_SIZE: Final = 65_535
MAX_BUNDLE_SIZE: Final = FULL * (2 + MAX_ENTRY_SIZE)

_PATH: Final = re.compile(
    r"tile/(?:(?P<level>0|[1-9][0-9]?)|entries)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a record. ``level``: None for a bundle of entries. ``width``: 1 to 256."""

    level: int | None
    index: int
    width: int = FULL

    @property
    def is_full(self) -> bool:
        return self.width == FULL


def format_tile_path(tile: Tile) -> str:
    """The path of the file below the record's prefix. Raises: ValueError, for a tile that cannot be."""
    if not (1 <= tile.width <= FULL and tile.index >= 0 and (tile.level is None or 0 <= tile.level < 64)):
        raise ValueError(f"there is no such tile: {tile}")
    digits = str(tile.index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    kind = "entries" if tile.level is None else str(tile.level)
    partial = "" if tile.is_full else f".p/{tile.width}"
    return f"tile/{kind}/{'/'.join([*(f'x{group}' for group in groups[:-1]), groups[-1]])}{partial}"


def parse_tile_path(path: str) -> Tile:
    """The tile that the path names. Raises: Malformed, for any other form than ``format_tile_path`` makes."""
    match = _PATH.fullmatch(path)
    if match:
        level, index, width = match["level"], match["index"], match["width"]
        tile = Tile(
            level=None if level is None else int(level),
            index=int(index.replace("x", "").replace("/", "")),
            width=FULL if width is None else int(width),
        )
        if (tile.level or 0) < 64 and tile.width <= FULL and format_tile_path(tile) == path:
            return tile
    raise Malformed(f"not the path of a tile: {path[:100]!r}", rule="R-TILE-1")


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Every tile and bundle of a record of ``size``, only the newest partial ones; those new since an earlier size.

    A tile that was partial at ``since`` and has grown is new, under its new path. From level 0 up, then the bundles.
    """
    level, count, before = 0, size, since
    while count:
        yield from _new(level, count, before)
        level, count, before = level + 1, count // FULL, before // FULL
    yield from _new(None, size, since)


def _new(level: int | None, count: int, before: int) -> Iterator[Tile]:
    if count > before:
        for index in range(before // FULL, count // FULL):
            yield Tile(level=level, index=index)
        if count % FULL:
            yield Tile(level=level, index=count // FULL, width=count % FULL)


def format_bundle(entries: Iterable[bytes]) -> bytes:
    """The entries, each after its length. Raises: Malformed, when one is larger than 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_SIZE:
            raise Malformed(
                f"an entry has at most {MAX_ENTRY_SIZE} bytes, this one {len(entry)}; log its hash instead",
                rule="R-TILE-2",
            )
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle. Raises: Malformed, when it holds fewer or more, or ends inside one."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + size]
        if at + 2 > len(data) or len(entry) != size:
            raise Malformed(
                f"the bundle is cut off inside its entry {len(entries)}; copy the file again", rule="R-TILE-2"
            )
        entries.append(entry)
        at += 2 + size
    if len(entries) != width:
        raise Malformed(f"the bundle holds {len(entries)} entries, its path says {width}", rule="R-TILE-2")
    return entries


class TileHashes:
    """A ``ReadHash`` over tiles: every perfect node of a record of ``size``, read tile by tile.

    The inner nodes of the tiles used last are kept, so that a proof costs a few reads and hardly any hashing. When the
    record has grown, set ``size``: perfect nodes never change, so what is kept stays true.
    """

    def __init__(self, size: int, read_tile: Callable[[Tile], bytes], *, keep: int = 64) -> None:
        """``read_tile`` gives the bytes of a tile of this record; ``keep``: how many tiles stay in memory."""
        self.size = size
        self._read_tile = read_tile
        self._keep = keep
        self._kept: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of the perfect node at (level, index).

        Raises: ValueError, when the record has no such node; Malformed, when a tile has the wrong length.
        """
        if index < 0 or (index + 1) << level > self.size:
            raise ValueError(f"a record of {self.size} has no node ({level}, {index})")
        tile_level, inner = divmod(level, HEIGHT)
        tile_index, at = divmod(index << inner, FULL)
        width = min(FULL, (self.size >> (HEIGHT * tile_level)) - tile_index * FULL)
        start = HASH_SIZE * (_starts(width)[inner] + (at >> inner))
        return self._nodes(tile_level, tile_index, width)[start : start + HASH_SIZE]

    def _nodes(self, level: int, index: int, width: int) -> bytes:
        """The perfect nodes inside a tile, as ``perfect_nodes`` gives them."""
        place = (level, index, width)
        kept = self._kept.get(place)
        if kept is not None:
            self._kept.move_to_end(place)
            return kept
        data = self._read_tile(Tile(level=level, index=index, width=width))
        if len(data) != width * HASH_SIZE:
            raise Malformed(
                f"a tile of width {width} has {width * HASH_SIZE} bytes, this one {len(data)}", rule="R-TILE-3"
            )
        nodes = self._kept[place] = perfect_nodes(data)
        if len(self._kept) > self._keep:
            self._kept.popitem(last=False)
        return nodes


@cache
def _starts(width: int) -> tuple[int, ...]:
    """How many nodes of a tile come before those of each height above its own hashes."""
    return tuple(accumulate((width >> height for height in range(HEIGHT)), initial=0))
