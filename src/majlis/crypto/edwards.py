"""Ed25519, the group of every real election, over libsodium.

    -x^2 + y^2 = 1 + d*x^2*y^2 over p = 2^255-19, d = -121665/121666; only the subgroup of order q is used

libsodium multiplies only elements of that subgroup and checks its operand each time, so ``admit`` gets membership free.
It has no multiplication by zero and knows no identity there; both are answered here. Its addition takes any point of
the curve, which is what ``independent_generator`` needs to multiply by eight.

Secrets are ``SecretScalar`` and go through ``raise_generator_secretly`` and ``power_secretly``, in constant time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import ClassVar, Final

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_sub,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
)

from majlis.crypto.encoding import NonCanonical
from majlis.crypto.group import Group, NotInGroup, Point, PointBytes
from majlis.crypto.ranks import pack_ranks, unpack_ranks
from majlis.crypto.scalar import ORDER, SecretScalar
from majlis.errors import Malformed

__all__ = ["ED25519", "Ed25519"]

_P: Final = 2**255 - 19
_SIGN_BIT: Final = 1 << 255
_HEX64: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_IDENTITY: Final = Point(PointBytes(b"\x01" + bytes(31)))
_PADDING_BITS: Final = 14


class Ed25519(Group):
    """The subgroup of order q of edwards25519."""

    name: ClassVar[str] = "Ed25519"
    order: ClassVar[int] = ORDER
    generator: ClassVar[Point] = Point(PointBytes(b"\x58" + 31 * b"\x66"))
    identity: ClassVar[Point] = _IDENTITY
    ranks: ClassVar[int] = 30

    def parse(self, text: str) -> PointBytes:
        if not _HEX64.fullmatch(text):
            raise Malformed("a point is written in 64 hex digits; ask its author for the file again")
        encoded = bytes.fromhex(text)[::-1]
        if encoded[::-1].hex() != text:
            raise NonCanonical("a point is written in lower-case hex digits; this one was not written by us")
        # Only an encoding that begins with 7f or ff can have y >= p, so nearly all are canonical at a glance.
        if encoded[31] & 0x7F == 0x7F and int.from_bytes(encoded, "little") % _SIGN_BIT >= _P:
            raise NonCanonical("the coordinate of this point is not below 2^255-19; it was not written by us")
        return PointBytes(encoded)

    def format(self, point: PointBytes) -> str:
        return point[::-1].hex()

    def check(self, raw: PointBytes) -> Point:
        if len(raw) != 32 or not _is_canonical(raw) or not crypto_core_ed25519_is_valid_point(raw):
            raise NotInGroup(self.format(raw))
        return Point(raw)

    def admit(self, raw: PointBytes, exponent: int) -> tuple[Point, Point]:
        if exponent == 0 or len(raw) != 32 or not _is_canonical(raw):
            return self.check(raw), _IDENTITY
        if not 0 < exponent < ORDER:
            raise Malformed("an exponent is below the group's order; this proof was not written by us")
        try:
            power = crypto_scalarmult_ed25519_noclamp(exponent.to_bytes(32, "little"), raw)
        except RuntimeError:
            raise NotInGroup(self.format(raw)) from None
        return Point(raw), Point(PointBytes(power))

    def multiply(self, a: Point, b: Point) -> Point:
        return Point(PointBytes(crypto_core_ed25519_add(a, b)))

    def divide(self, a: Point, b: Point) -> Point:
        return Point(PointBytes(crypto_core_ed25519_sub(a, b)))

    def power(self, a: Point, exponent: int) -> Point:
        exponent %= ORDER
        if exponent == 0 or a == _IDENTITY:
            return _IDENTITY
        return Point(PointBytes(crypto_scalarmult_ed25519_noclamp(exponent.to_bytes(32, "little"), a)))

    def raise_generator(self, exponent: int) -> Point:
        exponent %= ORDER
        if exponent == 0:
            return _IDENTITY
        return Point(PointBytes(crypto_scalarmult_ed25519_base_noclamp(exponent.to_bytes(32, "little"))))

    def raise_generator_secretly(self, secret: SecretScalar) -> Point:
        """g^s in constant time. The one zero among 2^252 secrets gives the identity."""
        try:
            return Point(PointBytes(crypto_scalarmult_ed25519_base_noclamp(secret.export())))
        except RuntimeError:
            return _IDENTITY

    def power_secretly(self, a: Point, secret: SecretScalar) -> Point:
        """a^s in constant time; the identity to any power is itself.

        Raises: NotInGroup, when ``a`` was called a member without being one.
        """
        try:
            return Point(PointBytes(crypto_scalarmult_ed25519_noclamp(secret.export(), a)))
        except RuntimeError:
            self.check_or_identity(a)
            return _IDENTITY

    def independent_generator(self, index: int) -> Point:
        x = int.from_bytes(sha256(f"ggen|{index}".encode()).digest(), "big") >> 2
        while True:
            on_curve = PointBytes(x.to_bytes(32, "little"))
            x += 1
            try:
                point = crypto_core_ed25519_add(on_curve, on_curve)
            except RuntimeError:
                continue
            point = crypto_core_ed25519_add(point, point)
            point = crypto_core_ed25519_add(point, point)
            if point not in {self.identity, self.generator}:
                return Point(PointBytes(point))

    def point_of_ranks(self, ranks: Sequence[int]) -> Point:
        z = pack_ranks(ranks, self.ranks) << _PADDING_BITS
        while True:
            candidate = PointBytes(z.to_bytes(32, "little"))
            if candidate == _IDENTITY or crypto_core_ed25519_is_valid_point(candidate):
                return Point(candidate)
            z += 1

    def ranks_of_point(self, point: Point, count: int) -> tuple[int, ...]:
        return unpack_ranks(int.from_bytes(point, "little") >> _PADDING_BITS, count)


def _is_canonical(raw: PointBytes) -> bool:
    """y < p, and no sign bit where x = 0 (that is y = 1 or y = -1, neither of which is a member anyway)."""
    return raw[31] & 0x7F != 0x7F or int.from_bytes(raw, "little") % _SIGN_BIT < _P


ED25519: Final = Ed25519()
