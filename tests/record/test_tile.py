"""Tiles: paths, widths, bundles, and hashes read back from tiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.errors import Malformed
from majlis.record import (
    FULL,
    MAX_ENTRY_SIZE,
    Tile,
    TileHashes,
    Tree,
    check_consistency,
    check_inclusion,
    format_bundle,
    format_tile_path,
    leaf_hash,
    parse_bundle,
    parse_tile_path,
    prove_consistency,
    prove_inclusion,
    root_at,
    tiles_of,
)


def test_published_paths(kats):
    for case in kats["tile_paths"]:
        tile = Tile(level=case.get("level"), index=case["index"], width=case["width"])
        assert format_tile_path(tile) == case["path"]
        assert parse_tile_path(case["path"]) == tile


@given(
    st.one_of(st.none(), st.integers(0, 63)),
    st.one_of(st.integers(0, 2000), st.integers(0, 2**60)),
    st.integers(1, 256),
)
def test_paths_come_back(level, index, width):
    tile = Tile(level=level, index=index, width=width)
    assert parse_tile_path(format_tile_path(tile)) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/x002",
        "tile/0/001/002",
        "tile/00/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/",
        "tile/0/001.p/999",
        "tile/0/001/",
        "/tile/0/001",
        "tile/0/../001",
        "tile/0/٠٠١",
        "tile/entry/001",
        "tile/0/001\n",
    ],
)
def test_paths_of_no_tile(path):
    with pytest.raises(Malformed, match="not the path of a tile"):
        parse_tile_path(path)


@pytest.mark.parametrize(
    "tile",
    [
        Tile(level=0, index=0, width=0),
        Tile(level=0, index=0, width=257),
        Tile(level=0, index=-1),
        Tile(level=64, index=0),
        Tile(level=-1, index=0),
    ],
)
def test_tiles_that_cannot_be_have_no_path(tile):
    with pytest.raises(ValueError, match="no such tile"):
        format_tile_path(tile)


def test_published_widths(kats):
    known = kats["tiles_for_size"]
    tiles = list(tiles_of(known["size"]))
    by_level = {level: [tile for tile in tiles if tile.level == level] for level in (0, 1, 2, 3)}
    assert len(by_level[0]) == known["level0_full"] + 1
    assert by_level[0][-1] == Tile(level=0, index=273, width=known["level0_partial"])
    assert by_level[1] == [
        *(Tile(level=1, index=n) for n in range(known["level1_full"])),
        Tile(level=1, index=1, width=known["level1_partial"]),
    ]
    assert by_level[2] == [Tile(level=2, index=0, width=known["level2_partial"])]
    assert by_level[3] == []
    assert list(tiles_of(256)) == [
        Tile(level=0, index=0),
        Tile(level=1, index=0, width=kats["tiles_for_size_256"]["level1_partial"]),
        Tile(level=None, index=0),
    ]


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_new_tiles_are_those_that_were_not_there(a, b):
    since, size = sorted((a, b))
    before, now = set(tiles_of(since)), list(tiles_of(size))
    assert list(tiles_of(size, since)) == [tile for tile in now if tile not in before]
    assert len(set(now)) == len(now)


def test_no_entries_need_no_tiles():
    assert list(tiles_of(0)) == []


@given(st.lists(st.binary(max_size=40), max_size=FULL))
def test_bundles_come_back(entries):
    data = format_bundle(entries)
    assert parse_bundle(data, len(entries)) == entries
    for width in {len(entries) - 1, len(entries) + 1} - {-1}:
        with pytest.raises(Malformed, match="its path says"):
            parse_bundle(data, width)


def test_a_bundle_is_length_and_entry():
    assert format_bundle([b"ab", b"", b"c" * 258]) == b"\0\x02ab\0\0\x01\x02" + b"c" * 258


def test_a_bundle_cut_off_anywhere_is_malformed():
    data = format_bundle([b"first", b"second"])
    for size in range(1, len(data)):
        with pytest.raises(Malformed):
            parse_bundle(data[:size], 2)


def test_the_largest_entry_fits_and_no_larger():
    largest = bytes(MAX_ENTRY_SIZE)
    assert parse_bundle(format_bundle([largest]), 1) == [largest]
    with pytest.raises(Malformed, match="65535"):
        format_bundle([largest + b"\0"])


def reader(tree: Tree, counted: list[Tile], size: int, keep: int = 64) -> TileHashes:
    def read_tile(tile: Tile) -> bytes:
        counted.append(tile)
        start = tile.index * FULL
        return b"".join(tree.read(8 * tile.level, start + at) for at in range(tile.width))

    return TileHashes(size, read_tile, keep=keep)


def test_every_hash_and_proof_is_read_from_tiles():
    size = 1300
    tree = Tree(leaf_hash(n.to_bytes(2, "big")) for n in range(size + 100))
    counted: list[Tile] = []
    read = reader(tree, counted, size)
    for level in range(11):
        for index in range(size >> level):
            assert read(level, index) == tree.read(level, index)
    # Each of the six level-0 tiles, and the one of level 1, was read once and kept.
    assert len(counted) == len(set(counted)) == 7
    assert set(counted) <= set(tiles_of(size))
    root = root_at(size, read)
    assert root == tree.root(size)
    check_inclusion(
        prove_inclusion(777, size, read), index=777, size=size, leaf=leaf_hash((777).to_bytes(2, "big")), root=root
    )
    check_consistency(prove_consistency(700, size, read), old=700, new=size, old_root=tree.root(700), new_root=root)


def test_only_the_tiles_used_last_are_kept():
    tree = Tree(leaf_hash(n.to_bytes(2, "big")) for n in range(768))
    counted: list[Tile] = []
    read = reader(tree, counted, 768, keep=2)
    for index in (0, 256, 1, 512, 2, 257):
        read(0, index)
    assert [tile.index for tile in counted] == [0, 1, 2, 1]


def test_a_record_that_grows_keeps_its_full_tiles():
    tree = Tree(leaf_hash(n.to_bytes(2, "big")) for n in range(600))
    counted: list[Tile] = []
    read = reader(tree, counted, 300)
    assert root_at(300, read) == tree.root(300)
    read.size = 600
    assert root_at(600, read) == tree.root(600)
    assert [(tile.level, tile.index, tile.width) for tile in counted] == [
        (1, 0, 1),
        (0, 1, 44),
        (1, 0, 2),
        (0, 2, 88),
    ]
    assert read(0, 5) == tree.read(0, 5)
    assert read(0, 300) == tree.read(0, 300)


@pytest.mark.parametrize(("level", "index"), [(0, 300), (0, -1), (8, 1), (9, 0), (20, 0)])
def test_hashes_that_the_record_does_not_have_are_not_read(level, index):
    with pytest.raises(ValueError, match="has no node"):
        reader(Tree([bytes(32)] * 300), [], 300)(level, index)


def test_a_tile_of_the_wrong_length_is_malformed():
    with pytest.raises(Malformed, match="width 3 has 96 bytes"):
        TileHashes(3, lambda tile: bytes(95))(0, 0)
