"""Signatures by the native engine against ``check_signature``: by tables and without, alone and among others."""

from __future__ import annotations

import hashlib
import json
import random
from types import ModuleType

import pytest
from tests.crypto.test_signature import DATA, SMALL
from tests.native import plain
from tests.native.plain import TORSION, P, Q

from majlis.crypto import SigningKey, check_signature
from majlis.crypto.signature import are_signed
from majlis.errors import Forged

CHANCE = random.Random(7)
KEYS = [SigningKey(CHANCE.randbytes(32)) for _ in range(30)]

Claim = tuple[bytes, bytes, bytes]


def reference(claims: list[Claim]) -> bytes:
    """One for each that rule S accepts."""
    return bytes(map(_is_good, claims))


def _is_good(claim: Claim) -> bool:
    try:
        check_signature(*claim)
    except Forged:
        return False
    return True


def signed(key: SigningKey, size: int = 200) -> Claim:
    message = CHANCE.randbytes(size)
    return key.public_key, message, key.sign(message)


def flipped(claim: Claim) -> Claim:
    """With one bit of it turned."""
    parts = [bytearray(part) for part in claim]
    part = CHANCE.choice([part for part in parts if part])
    part[CHANCE.randrange(len(part))] ^= 1 << CHANCE.randrange(8)
    return bytes(parts[0]), bytes(parts[1]), bytes(parts[2])


def mixed(torsion: plain.Point, *, in_key: bool, goal: int) -> Claim:
    """By a key, or with an R, that has a part of small order; its challenge is ``goal`` modulo 8."""
    secret, once = CHANCE.randrange(Q), CHANCE.randrange(Q)
    key, r = plain.times(secret, plain.GENERATOR), plain.times(once, plain.GENERATOR)
    public, start = (
        plain.encode(plain.add(key, torsion) if in_key else key),
        plain.encode(r if in_key else plain.add(r, torsion)),
    )
    while True:
        message = CHANCE.randbytes(8)
        h = int.from_bytes(hashlib.sha512(start + public + message).digest(), "little") % Q
        if h % 8 == goal:
            return public, message, start + ((once + h * secret) % Q).to_bytes(32, "little")


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 17, 40])
@pytest.mark.parametrize("keys", [1, 3, 30])
def test_what_is_signed_holds_and_nothing_beside_it(native: ModuleType, count: int, keys: int) -> None:
    claims = [signed(KEYS[number % keys], CHANCE.randrange(300)) for number in range(count)]
    assert native.are_signed(claims) == b"\1" * count
    for number in range(count):
        altered = [*claims[:number], flipped(claims[number]), *claims[number + 1 :]]
        assert native.are_signed(altered) == reference(altered) == b"\1" * number + b"\0" + b"\1" * (count - number - 1)


@pytest.mark.parametrize("goal", [0, 1, 4])
@pytest.mark.parametrize("in_key", [True, False])
def test_a_part_of_small_order_counts_as_the_rule_says(native: ModuleType, in_key: bool, goal: int) -> None:
    claims = [mixed(TORSION[k], in_key=in_key, goal=goal) for k in range(1, 8)]
    found = native.are_signed(claims)
    assert found == reference(claims)
    assert any(found) == (in_key and goal in (0, 4))
    # No two that are wrong make up for each other, in any order, with tables for their keys and without.
    often = [claim for claim in claims for _ in range(20)]
    assert native.are_signed(often) == bytes(verdict for verdict in found for _ in range(20))


@pytest.mark.parametrize("y", SMALL + [(P + n).to_bytes(32, "little").hex() for n in range(19)])
def test_forbidden_points_are_forbidden(native: ModuleType, y: str) -> None:
    key, message, signature = signed(KEYS[0])
    for sign in (0, 0x80):
        point = bytearray.fromhex(y)
        point[31] |= sign
        claims = [(bytes(point), message, bytes(point) + bytes(32)), (key, message, bytes(point) + signature[32:])]
        assert native.are_signed(claims) == reference(claims) == b"\0\0"


def test_s_is_below_the_order(native: ModuleType) -> None:
    key, message, signature = signed(KEYS[0])
    s = int.from_bytes(signature[32:], "little")
    for wrong in (s + Q, s + 2 * Q, Q, 2**256 - 1):
        assert native.are_signed([(key, message, signature[:32] + wrong.to_bytes(32, "little"))]) == b"\0"


def test_every_published_edge_case_has_one_verdict(native: ModuleType) -> None:
    paths = [DATA / "cctv-ed25519vectors.json", DATA / "wycheproof-ed25519_test.json"]
    if not all(path.exists() for path in paths):
        pytest.skip("development data absent (set MAJLIS_DATA)")
    claims = [
        (bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"]))
        for case in json.loads(paths[0].read_text())
    ]
    for group in json.loads(paths[1].read_text())["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        claims += [(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])) for case in group["tests"]]
    known = reference(claims)
    assert known.count(1) == 43 + 88
    assert bytes(are_signed(claims)) == known
    sized = [(claim, verdict) for claim, verdict in zip(claims, known, strict=True) if len(claim[2]) == 64]
    verdicts = bytes(verdict for _, verdict in sized)
    assert native.are_signed([claim for claim, _ in sized]) == verdicts
    for claim, verdict in sized:
        assert native.are_signed([claim]) == bytes([verdict])


def test_sizes_are_those_of_keys_and_signatures(native: ModuleType) -> None:
    key, message, signature = signed(KEYS[0])
    for wrong in ((key[1:], message, signature), (key, message, signature[1:])):
        with pytest.raises(ValueError, match="bytes"):
            native.are_signed([wrong])
        assert are_signed([wrong, (key, message, signature)]) == [False, True]


@pytest.mark.parametrize("size", [1, 2, 111, 112, 113, 127, 128, 129, 240, 256, 1000])
def test_sha512_is_the_known_one(native: ModuleType, size: int) -> None:
    message = CHANCE.randbytes(size)
    assert native.operate("sha512", message) == hashlib.sha512(message).digest()
