"""Membership against plain integers: encodings of every kind, alone and among others, with hints and without."""

from __future__ import annotations

import random
from types import ModuleType

import pytest
from tests.native import plain
from tests.native.plain import IDENTITY, TORSION, P, Q

CHANCE = random.Random(12)
MEMBERS = [plain.times(CHANCE.randrange(1, Q), plain.GENERATOR) for _ in range(20)]
GOOD = [plain.encode(point) for point in [plain.GENERATOR, plain.neg(plain.GENERATOR), *MEMBERS]]


def raw(value: int) -> bytes:
    return value.to_bytes(32, "little")


def off_the_curve() -> bytes:
    return next(raw(y) for y in range(2, 100) if plain.decode(raw(y)) is None)


BAD = {
    "the identity": raw(1),
    "the identity with its sign": raw(1 | 1 << 255),
    "order two": raw(P - 1),
    "order two with its sign": raw((P - 1) | 1 << 255),
    "off the curve": off_the_curve(),
    "y is p": raw(P),
    "y is p + 1": raw(P + 1),
    "y is p with its sign": raw(P | 1 << 255),
    "all ones": b"\xff" * 32,
    "zero": bytes(32),
} | {f"{k} of order eight beside a member": plain.encode(plain.add(MEMBERS[k], TORSION[k])) for k in range(1, 8)}


def is_member(encoded: bytes) -> bool:
    point = plain.decode(encoded)
    return point is not None and point != IDENTITY and plain.times(Q, point) == IDENTITY


def test_the_kinds_are_what_they_are_called() -> None:
    assert all(map(is_member, GOOD))
    assert not any(map(is_member, BAD.values()))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, len(GOOD)])
def test_members_are_members_and_have_roots(native: ModuleType, count: int) -> None:
    own = b"".join(GOOD[:count])
    assert native.are_members(own, hints=b"", threads=1)
    roots = native.member_roots(own, threads=1)
    assert len(roots) == 64 * count
    for number in range(count):
        x, y = (int.from_bytes(roots[at : at + 32], "little") for at in (64 * number, 64 * number + 32))
        assert plain.is_on_curve((x, y))
        assert plain.encode(plain.times(8, (x, y))) == GOOD[number]
    assert native.are_members(own, hints=roots, threads=2)


@pytest.mark.parametrize("name", BAD)
def test_one_that_is_none_is_found_in_every_place(native: ModuleType, name: str) -> None:
    roots = native.member_roots(b"".join(GOOD[:9]), threads=1)
    assert not native.are_members(BAD[name], hints=b"", threads=1)
    for place in range(9):
        own = [*GOOD[:place], BAD[name], *GOOD[place + 1 : 9]]
        assert not native.are_members(b"".join(own), hints=b"", threads=1)
        assert not native.are_members(b"".join(own), hints=roots, threads=1)
        assert native.member_roots(b"".join(own), threads=1) is None
