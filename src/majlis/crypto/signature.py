"""Ed25519 under rule S: the one acceptance rule for acts, notes and cosignatures.

Libraries disagree about which Ed25519 signatures are valid: of the 914 edge cases in the development data, libsodium
accepts 43, OpenSSL 208 and ZIP-215 826. Every reader folds a record alone, so two readers with two verdicts would live
in two federations. Rule S is the set that libsodium accepts, written out so that any library can be held to it.

    p = 2^255 - 19,   L = 2^252 + 27742317777372353535851937790883648493
    y(b)   = the 32 bytes of b read little-endian, with the top (sign) bit cleared
    pre(b) = y(b) < p  and  y(b) is not the y of a point of order 1, 2, 4 or 8

    accept(A, R || S, M)  iff  pre(A) and pre(R) and S < L and [S]B = R + [SHA512(R || A || M) mod L]A

There is no cofactor in the equation. ``pre`` and ``S < L`` are checked here, before libsodium sees the bytes, so that
the rule does not change when the library does.

Source: RFC 8032, section 5.1; the rule is frozen with format version 1. Tests: all 914 CCTV and 151 Wycheproof cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import CryptoError

from majlis.crypto import native
from majlis.errors import Forged, Malformed

__all__ = [
    "PUBLIC_KEY_SIZE",
    "SEED_SIZE",
    "SIGNATURE_SIZE",
    "SigningKey",
    "are_signed",
    "check_public_key",
    "check_signature",
]

PUBLIC_KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64
SEED_SIZE: Final = 32

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_SIGN_BIT: Final = 1 << 255

# The y coordinates of the eight points whose order divides 8: order 4, order 1, order 2, and the two of order 8.
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)


def _is_allowed_point(encoded: bytes) -> bool:
    """``pre`` of rule S: canonical y, and not of small order. 32 bytes."""
    y = int.from_bytes(encoded, "little") & (_SIGN_BIT - 1)
    return y < _P and y not in _SMALL_ORDER


def check_public_key(public_key: bytes) -> None:
    """The key may be enrolled: 32 bytes, canonical, and not of small order (anyone can sign under those).

    Raises: Malformed, when it may not.
    """
    if len(public_key) != PUBLIC_KEY_SIZE:
        raise Malformed(
            f"an Ed25519 public key is 32 bytes, this one is {len(public_key)}; make the key again", rule="R-SIG-1"
        )
    if not _is_allowed_point(public_key):
        raise Malformed(
            "this public key is non-canonical or of small order, so anyone could sign under it; make a new one",
            rule="R-SIG-1",
        )


def check_signature(public_key: bytes, message: bytes, signature: bytes) -> None:
    """``signature`` (64 bytes, R || S) is this key's over ``message``, by rule S.

    Raises: Forged, whatever is wrong: wrong lengths, a forbidden point, a large S, or an equation that does not hold.
    """
    if len(public_key) != PUBLIC_KEY_SIZE or not _is_allowed_point(public_key):
        raise Forged("the key has a form that no honest signer makes, and anyone could sign under it", rule="R-SIG-1")
    if len(signature) != SIGNATURE_SIZE:
        raise Forged(f"a signature is 64 bytes, got {len(signature)}; it was cut or altered on the way", rule="R-SIG-2")
    if not _is_allowed_point(signature[:32]) or int.from_bytes(signature[32:], "little") >= _L:
        raise Forged("the signature has a form that no honest signer makes", rule="R-SIG-2")
    try:
        crypto_sign_open(signature + message, public_key)
    except CryptoError:
        raise Forged(
            "the signature does not fit the key and the text; one of them was altered", rule="R-SIG-3"
        ) from None


def are_signed(claims: Sequence[tuple[bytes, bytes, bytes]]) -> list[bool]:
    """For each public key, message and signature whether ``check_signature`` accepts it.

    By the native engine, where it is at hand, in a fraction of the time; what that does not accept is judged here.
    """
    sized = all(len(key) == PUBLIC_KEY_SIZE and len(signature) == SIGNATURE_SIZE for key, _, signature in claims)
    known = native.are_signed(claims) if sized and native.is_native() else bytes(len(claims))
    if known.count(1) == len(claims):
        return [True] * len(claims)
    return [bool(holds) or _is_signed(*claim) for holds, claim in zip(known, claims, strict=True)]


def _is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        check_signature(public_key, message, signature)
    except Forged:
        return False
    return True


class SigningKey:
    """An Ed25519 secret key: signs, and otherwise tells nothing.

    It has no equality, no hash, cannot be pickled, and its ``repr`` shows the public key only.
    """

    __slots__ = ("_secret", "public_key")

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, seed: bytes) -> None:
        """``seed``: the 32 random bytes of RFC 8032. Raises: Malformed, at any other length."""
        if len(seed) != SEED_SIZE:
            raise Malformed(f"an Ed25519 seed is 32 bytes, this one is {len(seed)}")
        self.public_key: bytes
        self.public_key, self._secret = crypto_sign_seed_keypair(seed)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, R || S; deterministic (RFC 8032)."""
        return crypto_sign(message, self._secret)[:SIGNATURE_SIZE]

    def export(self) -> bytes:
        """The 32 secret bytes of the seed, for an encrypted keyring; nothing else may hold them."""
        return self._secret[:SEED_SIZE]

    def __repr__(self) -> str:
        return f"SigningKey(public_key={self.public_key.hex()}, secret=<redacted>)"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secret keys are not compared; compare their public keys")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret key is not copied into other formats; keep it in the keyring")
