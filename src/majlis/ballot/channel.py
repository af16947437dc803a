"""What threshold trustees write to each other: signed statements for all, and signed messages for one alone.

    sign      {"message":M,"signature":proof}, knowledge of sk, prefix "sigmsg|" ++ M ++ "|"
    send      json(encrypt(ek, json(sign(sk, json({"recipient":ek,"message":M})))))
    encrypt   {"algorithm":"AES-GCM","alpha":"<point>","beta":"<point>","data":"<hex of ciphertext ++ tag>"}

A trustee keeps one secret for all of it, 22 base58 characters called the seed:

    sk = SHA-256("sk|" ++ seed) mod q, vk = g^sk        dk = SHA-256("dk|" ++ seed) mod q, ek = g^dk

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 5. Rule R-CEREMONY-3.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final, NoReturn

import msgspec

from majlis.ballot.wire import ProofText, decode, encode, format_proof, parse_proof, ruled
from majlis.crypto import (
    BASE58,
    ED25519,
    Chance,
    Envelope,
    Group,
    Point,
    Proof,
    check_knowledge,
    open_envelope,
    prove_equality,
    prove_knowledge,
    seal_envelope,
    secret_of_hash,
)
from majlis.errors import Fault, Malformed, Refused

__all__ = [
    "ChannelKey",
    "SignedText",
    "check_signed",
    "draw_channel_key",
    "parse_letter",
    "read_letter",
]

_SEED: Final = re.compile(rb"[%b]{22}" % BASE58.encode())
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_PRIVATE: Final = "R-CEREMONY-3"


class SignedText(msgspec.Struct, frozen=True):
    """A message and the proof that signs it, as written."""

    message: str
    signature: ProofText


class _Letter(msgspec.Struct, frozen=True):
    algorithm: str
    alpha: str
    beta: str
    data: str


class _Addressed(msgspec.Struct, frozen=True):
    recipient: str
    message: str


class ChannelKey:
    """A threshold trustee's own secret: signs, sends, reads, and otherwise tells nothing.

    ``verification`` and ``encryption``: vk and ek, public. It has no equality, no hash, cannot be pickled.
    """

    __slots__ = ("_reading", "_seed", "_signing", "encryption", "verification")

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, seed: bytes) -> None:
        """``seed``: its 22 characters. Raises: Malformed, for any other."""
        if not _SEED.fullmatch(seed):
            raise Malformed("a trustee's seed is 22 base58 characters; restore it from the keyring or its paper copy")
        self._seed = seed
        self._signing = secret_of_hash(sha256(b"sk|" + seed).digest())
        self._reading = secret_of_hash(sha256(b"dk|" + seed).digest())
        self.verification: Point = ED25519.raise_generator_secretly(self._signing)
        self.encryption: Point = ED25519.raise_generator_secretly(self._reading)

    def sign(self, message: str, chance: Chance) -> SignedText:
        """A statement for everybody."""
        proof = prove_knowledge(self._signing, _prefix(message), chance)
        return SignedText(message, format_proof(proof))

    def send(self, reader: Point, message: str, chance: Chance) -> str:
        """A message that only the owner of the encryption key ``reader`` can read."""
        addressed = encode(_Addressed(ED25519.format(reader), message)).decode()
        envelope = seal_envelope(reader, encode(self.sign(addressed, chance)), chance)
        text = _Letter("AES-GCM", ED25519.format(envelope.alpha), ED25519.format(envelope.beta), envelope.data.hex())
        return encode(text).decode()

    def receive(self, sender: Point, text: str) -> str:
        """The message that the owner of the verification key ``sender`` sent here.

        Raises: Malformed, NonCanonical, Forged, Refused (R-CEREMONY-3), for whatever else it is.
        """
        return read_letter(self.encryption, sender, *self._opened(text))

    def prove_reading(self, text: str, prefix: str, chance: Chance) -> tuple[Point, Proof]:
        """What opens this one letter for anybody, alpha^dk, with proof that this key's owner raised it."""
        alpha = parse_letter(text).alpha
        raised = ED25519.power_secretly(alpha, self._reading)
        return raised, prove_equality(self._reading, alpha, f"{prefix}{ED25519.format(raised)}|", chance)

    def _opened(self, text: str) -> tuple[Envelope, Point]:
        envelope = parse_letter(text)
        return envelope, ED25519.power_secretly(envelope.alpha, self._reading)

    def export(self) -> bytes:
        """The 22 secret characters, for an encrypted keyring; nothing else may hold them."""
        return self._seed

    def __repr__(self) -> str:
        return f"ChannelKey(verification={ED25519.format(self.verification)}, secret=<redacted>)"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secret keys are not compared; compare their public keys")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret key is not copied into other formats; keep it in the keyring")


def draw_channel_key(chance: Chance) -> ChannelKey:
    """A fresh key, its seed uniform within 2^-384: 64 random bytes modulo 58^22."""
    value = int.from_bytes(chance(64), "big")
    digits = []
    for _ in range(22):
        value, digit = divmod(value, 58)
        digits.append(BASE58[digit])
    return ChannelKey("".join(digits).encode())


def check_signed(group: Group, verification: Point, message: str, proof: Proof) -> None:
    """The owner of ``verification`` signed this message. Raises: Forged, when not."""
    check_knowledge(group, verification, _prefix(message), proof)


def parse_letter(text: str) -> Envelope:
    """The envelope that ``text`` is, its points members.

    Raises: Malformed, NonCanonical, NotInGroup, Refused (R-CEREMONY-3).
    """
    try:
        letter = decode(_Letter, text.encode(), "the private message")
        if letter.algorithm != "AES-GCM":
            raise Refused(f"private messages are encrypted with AES-GCM here, not with {letter.algorithm[:20]!r}")
        if not _HEX.fullmatch(letter.data):
            raise Malformed("an encrypted message is written in lower-case hex digits; ask its sender for it again")
        return Envelope(ED25519.read(letter.alpha), ED25519.read(letter.beta), bytes.fromhex(letter.data))
    except Fault as fault:
        raise ruled(fault, _PRIVATE) from None


def read_letter(reader: Point, sender: Point, envelope: Envelope, raised: Point) -> str:
    """The message in an envelope that alpha^dk, ``raised``, opens: from ``sender`` to ``reader`` and nobody else.

    Raises: Malformed, NonCanonical, Forged, Refused (R-CEREMONY-3).
    """
    try:
        signed = decode(SignedText, open_envelope(raised, envelope), "the private message")
        check_signed(ED25519, sender, signed.message, parse_proof(ED25519, signed.signature))
        addressed = decode(_Addressed, signed.message.encode(), "the private message")
        if addressed.recipient != ED25519.format(reader):
            raise Refused("this private message was written to somebody else")
        return addressed.message
    except Fault as fault:
        raise ruled(fault, _PRIVATE) from None


def _prefix(message: str) -> str:
    return f"sigmsg|{message}|"
