"""Cosignatures: a witness or mirror says when it saw a record, and that it only grew.

    — <name> base64(key id[4] || uint64 time || 64-byte Ed25519 signature)         a line below a checkpoint

    cosignature/v1\\n                                                               the signed bytes
    time <decimal>\\n
    <the whole text of the checkpoint: origin, size, root, any extension lines>

The meaning: "as of this time, this is the largest consistent tree that I have seen for this origin". A mirror's adds:
"and I durably hold and serve every entry". The message does not bind the cosigner's name, so one key serves one name.

Source: c2sp.org/tlog-cosignature v1.1.0-rc.1. Tests: three known answers, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from majlis.crypto import SigningKey, check_public_key, check_signature
from majlis.errors import Forged, Malformed
from majlis.record.checkpoint import MAX_SIZE, format_decimal, parse_checkpoint
from majlis.record.note import (
    Note,
    SignatureLine,
    VKey,
    check_key_name,
    check_note,
    format_vkey,
    key_id,
    parse_vkey,
)

__all__ = [
    "COSIGNATURE",
    "Cosignature",
    "CosignerKey",
    "cosign",
    "cosigned_message",
    "parse_cosigner_key",
    "read_cosignatures",
]

COSIGNATURE: Final = 0x04
_TIME_SIZE: Final = 8
_SIGNATURE_SIZE: Final = 64


class CosignerKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public Ed25519 key (kind 0x04) of a witness or mirror."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, COSIGNATURE, self.public_key)

    @property
    def vkey(self) -> str:
        return format_vkey(VKey(name=self.name, kind=COSIGNATURE, public_key=self.public_key))

    def check(self, text: str, signature: bytes) -> None:
        """``signature`` (8 bytes of time, 64 of Ed25519) is this key's over the checkpoint ``text``. Raises: Forged."""
        if len(signature) != _TIME_SIZE + _SIGNATURE_SIZE:
            raise Forged(f"a cosignature is 72 bytes, this one {len(signature)}", rule="R-COSIGN-1")
        time = _time_of(signature)
        if not 0 < time <= MAX_SIZE:
            raise Forged("a cosignature states a time, and this one's is impossible", rule="R-COSIGN-1")
        check_signature(self.public_key, cosigned_message(text, time), signature[_TIME_SIZE:])


class Cosignature(msgspec.Struct, frozen=True, kw_only=True):
    """A cosignature that was checked. ``time``: Unix seconds UTC by the cosigner's clock."""

    cosigner: CosignerKey
    time: int


def _time_of(signature: bytes) -> int:
    return int.from_bytes(signature[:_TIME_SIZE], "big")


def cosigned_message(text: str, time: int) -> bytes:
    """The bytes that an Ed25519 cosigner signs for the checkpoint ``text``."""
    return f"cosignature/v1\ntime {format_decimal(time)}\n{text}".encode()


def parse_cosigner_key(vkey: str) -> CosignerKey:
    """The cosigner key in a vkey text. Raises: Malformed, for another kind or a key that may not be enrolled."""
    key = parse_vkey(vkey)
    if key.kind != COSIGNATURE or len(key.public_key) != 32:
        raise Malformed(
            f"the key of {key.name!r} is of kind 0x{key.kind:02x}; a cosigner's is Ed25519, kind 0x04", rule="R-NOTE-4"
        )
    check_public_key(key.public_key)
    return CosignerKey(name=key.name, public_key=key.public_key)


def cosign(text: str, name: str, key: SigningKey, time: int) -> SignatureLine:
    """The line by which the cosigner ``name`` says at ``time`` (Unix seconds UTC, above 0) what it saw.

    ``text``: the text of the checkpoint. Raises: Malformed, when it is no checkpoint, or the time is impossible.
    """
    check_key_name(name)
    parse_checkpoint(text)
    if time <= 0:
        raise Malformed("a cosignature states a time after 1970; set this machine's clock", rule="R-COSIGN-1")
    signature = time.to_bytes(_TIME_SIZE, "big") + key.sign(cosigned_message(text, time))
    return SignatureLine(name=name, key_id=key_id(name, COSIGNATURE, key.public_key), signature=signature)


def read_cosignatures(note: Note, cosigners: Sequence[CosignerKey]) -> tuple[Cosignature, ...]:
    """The cosignatures of these cosigners on a checkpoint note, each once, in the order of their lines; maybe none.

    Raises: Forged, when the line of one of them fails; Malformed, when two of them share a name and id.
    """
    known = {(cosigner.name, cosigner.key_id) for cosigner in cosigners}
    lines: dict[tuple[str, bytes], SignatureLine] = {}
    for line in note.signatures:
        if (line.name, line.key_id) in known:
            lines.setdefault((line.name, line.key_id), line)
    if not lines:
        return ()
    signed = check_note(note, cosigners)
    return tuple(
        Cosignature(cosigner=cosigner, time=_time_of(lines[cosigner.name, cosigner.key_id].signature))
        for cosigner in signed
    )
