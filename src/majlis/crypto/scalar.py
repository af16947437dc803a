"""Secret scalars of Ed25519: made, added and multiplied by libsodium only, in constant time, and never shown.

    q = 2^252 + 27742317777372353535851937790883648493     32 bytes, little-endian, below q

Public scalars (challenges, responses, weights) are plain integers; a secret becomes one only through ``reveal``, which
is for values that are blinded, such as a proof's response w - x*c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NoReturn, TypeAlias

from nacl.bindings import (
    crypto_core_ed25519_scalar_add,
    crypto_core_ed25519_scalar_mul,
    crypto_core_ed25519_scalar_reduce,
    crypto_core_ed25519_scalar_sub,
    sodium_memcmp,
)

from majlis.errors import Malformed

__all__ = ["ORDER", "Chance", "SecretScalar", "draw_scalar", "secret_of_hash", "secret_sum"]

ORDER: Final = 2**252 + 27742317777372353535851937790883648493

Chance: TypeAlias = Callable[[int], bytes]


class SecretScalar:
    """A number modulo q that nobody else may learn: redacted, without equality, never pickled."""

    __slots__ = ("_bytes",)

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, encoded: bytes) -> None:
        """``encoded``: 32 bytes, little-endian, below q. Raises: Malformed, otherwise."""
        if len(encoded) != 32 or not sodium_memcmp(crypto_core_ed25519_scalar_reduce(encoded + bytes(32)), encoded):
            raise Malformed(
                "a secret scalar is 32 bytes, little-endian, below the group's order; restore it from its card"
            )
        self._bytes = encoded

    def __add__(self, other: SecretScalar | int) -> SecretScalar:
        return _reduced(crypto_core_ed25519_scalar_add(self._bytes, _encode(other)))

    def __sub__(self, other: SecretScalar | int) -> SecretScalar:
        return _reduced(crypto_core_ed25519_scalar_sub(self._bytes, _encode(other)))

    def __mul__(self, other: SecretScalar | int) -> SecretScalar:
        return _reduced(crypto_core_ed25519_scalar_mul(self._bytes, _encode(other)))

    def reveal(self) -> int:
        """The number itself, to publish: only for a value that tells nothing, such as a proof's response."""
        return int.from_bytes(self._bytes, "little")

    def export(self) -> bytes:
        """The 32 secret bytes, for libsodium and for an encrypted keyring; nothing else may hold them."""
        return self._bytes

    def __repr__(self) -> str:
        return "SecretScalar(<redacted>)"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secrets are not compared; compare the points they make")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not copied into other formats; keep it in the keyring")


def draw_scalar(chance: Chance) -> SecretScalar:
    """A fresh secret, uniform modulo q within 2^-259: 64 random bytes, reduced. ``chance(n)`` gives n of them."""
    return _reduced(crypto_core_ed25519_scalar_reduce(chance(64)))


def secret_of_hash(digest: bytes) -> SecretScalar:
    """A hash of something secret, read big-endian, modulo q. ``digest``: 64 bytes, or 32 where the format has it so."""
    return _reduced(crypto_core_ed25519_scalar_reduce(digest[::-1].ljust(64, b"\0")))


def secret_sum(secrets: Iterable[SecretScalar]) -> SecretScalar:
    """The sum of all; 0 of none."""
    total = _reduced(bytes(32))
    for secret in secrets:
        total = total + secret
    return total


def _reduced(encoded: bytes) -> SecretScalar:
    """What libsodium has just reduced; it needs no second look."""
    secret = SecretScalar.__new__(SecretScalar)
    secret._bytes = encoded
    return secret


def _encode(value: SecretScalar | int) -> bytes:
    if isinstance(value, SecretScalar):
        return value.export()
    return (value % ORDER).to_bytes(32, "little")
