"""Inner nodes and paths by the native engine, with each kind of instructions, against the definition."""

from __future__ import annotations

import random
from hashlib import sha256
from types import ModuleType

import pytest

CHANCE = random.Random(11)


def above(hashes: list[bytes]) -> list[bytes]:
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=False)]


@pytest.mark.parametrize("count", [*range(20), 31, 127, 128, 129, 255, 256, 257, 1000])
def test_nodes_are_those_of_the_definition(native: ModuleType, count: int) -> None:
    level = hashes = [CHANCE.randbytes(32) for _ in range(count)]
    nodes: list[bytes] = []
    while level := above(level):
        nodes += level
    assert native.raise_nodes(b"".join(hashes)) == b"".join(nodes)


@pytest.mark.parametrize("count", [0, 1, 2, 20, 63, 64])
def test_a_path_leads_to_its_root_and_with_one_bit_turned_to_another(native: ModuleType, count: int) -> None:
    leaf, sides = CHANCE.randbytes(32), CHANCE.getrandbits(64) & (1 << count) - 1
    siblings = [CHANCE.randbytes(32) for _ in range(count)]
    root = leaf
    for height, sibling in enumerate(siblings):
        root = sha256(b"\x01" + (sibling + root if sides >> height & 1 else root + sibling)).digest()
    path = b"".join([root, leaf, *siblings])
    assert native.leads_to(path, sides) is True
    for bit in range(count):
        assert native.leads_to(path, sides ^ 1 << bit) is False
    for at in range(len(path)):
        turned = bytearray(path)
        turned[at] ^= 1 << CHANCE.randrange(8)
        assert native.leads_to(bytes(turned), sides) is False


def test_other_sizes_lead_nowhere(native: ModuleType) -> None:
    leaf = CHANCE.randbytes(32)
    assert native.leads_to(leaf + leaf, 0) is True
    for path in (b"", leaf, leaf + leaf[:31], leaf + leaf + b"x", bytes(32 * 67)):
        assert native.leads_to(path, 0) is False
    for hashes in (b"x", leaf[:31], leaf + b"x"):
        with pytest.raises(ValueError, match="32 bytes"):
            native.raise_nodes(hashes)
