"""A message for one reader, over whatever carries it: a session key by ElGamal, the message by AES-256-GCM.

    r, s random; alpha = g^r, K = g^s, beta = ek^r * K
    key = SHA-256("key|" ++ K)      32 bytes, K as printed
    iv  = SHA-256("iv|" ++ alpha)   32 bytes, all of them: J0 is made by GHASH
    data = AES-256-GCM, no associated data, then the tag of 16 bytes
    open: K = beta / alpha^dk

Who wrote it the envelope does not say: what is inside is signed (``majlis.ballot.channel``). Every envelope has a fresh
alpha, so no key and no iv is used twice. Whoever is shown alpha^dk can open this one envelope and no other.

libsodium's AES-GCM takes an iv of 12 bytes only, so this one call goes to pyca/cryptography; the scalars stay with
libsodium.

Source: Belenios specification, crypto v1; NIST SP 800-38D; ``spec/ballot.md`` section 5. Tests: ``vectors/ballot``.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from majlis.crypto.edwards import ED25519
from majlis.crypto.group import Point
from majlis.crypto.scalar import Chance, draw_scalar
from majlis.errors import Forged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["Envelope", "open_envelope", "seal_envelope"]


class Envelope(NamedTuple):
    """(g^r, ek^r * g^s) and the encrypted message with its tag."""

    alpha: Point
    beta: Point
    data: bytes


def seal_envelope(reader: Point, message: bytes, chance: Chance) -> Envelope:
    """Only who knows the exponent of ``reader`` can read it. ``chance`` gives r, then s."""
    r, s = draw_scalar(chance), draw_scalar(chance)
    alpha, session = ED25519.raise_generator_secretly(r), ED25519.raise_generator_secretly(s)
    beta = ED25519.multiply(ED25519.power_secretly(reader, r), session)
    return Envelope(alpha, beta, _cipher(session).encrypt(_iv(alpha), message, None))


def open_envelope(raised: Point, envelope: Envelope) -> bytes:
    """The message. ``raised``: alpha to the reader's secret.

    Raises: Forged, when it was sealed for another reader or altered.
    """
    from cryptography.exceptions import InvalidTag

    session = ED25519.divide(envelope.beta, raised)
    try:
        return _cipher(session).decrypt(_iv(envelope.alpha), envelope.data, None)
    except InvalidTag:
        raise Forged("this message was sealed for another key, or altered; ask its sender for it again") from None


def _cipher(session: Point) -> AESGCM:
    # Loaded where a message is sealed or opened: who only verifies a box does without it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(sha256(b"key|" + ED25519.format(session).encode()).digest())


def _iv(alpha: Point) -> bytes:
    return sha256(b"iv|" + ED25519.format(alpha).encode()).digest()
