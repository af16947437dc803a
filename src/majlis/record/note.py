"""Signed notes: text with signature lines below it.

    <text, ends in \\n>
    \\n
    — <key name> <base64(key id[4] || signature)>\\n          one or more; the dash is U+2014

The signed bytes are the text with its last line feed, without the blank line. The text may hold blank lines, so it ends
at the last one. A note that ``parse_note`` accepts is canonical: ``format_note`` gives back the same bytes.

Never show or trust the text of a note before ``check_note``: until then anybody may have written it.

Source: c2sp.org/signed-note v1.0.0. Tests: the ten published notes of the development data.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, Protocol, TypeVar

import msgspec

from majlis.crypto import SigningKey, check_public_key, check_signature
from majlis.errors import Forged, Malformed

__all__ = [
    "ED25519",
    "Note",
    "NoteKey",
    "SignatureLine",
    "VKey",
    "Verifier",
    "check_key_name",
    "check_note",
    "decode_base64",
    "encode_base64",
    "format_note",
    "format_signature_line",
    "format_vkey",
    "key_id",
    "parse_note",
    "parse_note_key",
    "parse_signature_line",
    "parse_vkey",
    "sign_note",
    "with_signatures",
]

ED25519: Final = 0x01

MAX_NOTE_SIZE: Final = 1_000_000
MAX_SIGNATURES: Final = 100
MAX_KEY_NAME_SIZE: Final = 255

_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
# Plus, and Unicode's White_Space property, written out so that the set does not change with a language's tables.
_NOT_IN_NAME: Final = re.compile("[+\x09-\x0d \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


class SignatureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line below a note, not yet judged. ``key_id``: 4 bytes. ``signature``: what follows it, at least one byte."""

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note as parsed: form checked, signatures not. ``text`` ends in a line feed."""

    text: str
    signatures: tuple[SignatureLine, ...]


class Verifier(Protocol):
    """A key that a reader was configured with: a name, a 4-byte id, and a check."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def check(self, text: str, signature: bytes) -> None:
        """``signature`` is this key's over ``text``. Raises: Forged."""


def decode_base64(text: str) -> bytes:
    """RFC 4648 section 4, with padding, canonical. Raises: Malformed."""
    try:
        data = a2b_base64(text)
    except (Base64Error, ValueError):
        raise Malformed(f"not base64: {text[:60]!r}", rule="R-NOTE-3") from None
    if encode_base64(data) != text:
        raise Malformed(f"base64 in a form that is not the canonical one: {text[:60]!r}", rule="R-NOTE-3")
    return data


def encode_base64(data: bytes) -> str:
    """RFC 4648 section 4, with padding."""
    return b2a_base64(data, newline=False).decode("ascii")


def check_key_name(name: str) -> None:
    """The name can stand in a signature line: not empty, no Unicode space, no plus, no control character.

    Raises: Malformed.
    """
    if not name or _NOT_IN_NAME.search(name) or _CONTROL.search(name):
        raise Malformed(f"a key name is not empty and has no space and no plus, got {name[:60]!r}", rule="R-NOTE-2")


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """The first 4 bytes of SHA-256(name || 0x0A || kind || public key). An identifier, not a security feature."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def parse_signature_line(line: str) -> SignatureLine:
    """One line without its line feed. Raises: Malformed."""
    if not line.startswith("— "):
        raise Malformed(f"a signature line starts with an em dash and a space, got {line[:60]!r}", rule="R-NOTE-1")
    name, _, encoded = line[2:].partition(" ")
    check_key_name(name)
    blob = decode_base64(encoded)
    if len(blob) < 5:
        raise Malformed(
            f"a signature line holds 4 bytes of key id and a signature, got {len(blob)} bytes in all", rule="R-NOTE-1"
        )
    return SignatureLine(name=name, key_id=blob[:4], signature=blob[4:])


def format_signature_line(line: SignatureLine) -> str:
    """The line without its line feed."""
    return f"— {line.name} {encode_base64(line.key_id + line.signature)}"


def parse_note(data: bytes) -> Note:
    """The note in ``data``, in form; who signed it is for ``check_note``.

    Raises: Malformed, for more than 1 MB or 100 signatures, wrong UTF-8, control characters, or any other form.
    """
    if len(data) > MAX_NOTE_SIZE:
        raise Malformed(f"a note has at most {MAX_NOTE_SIZE} bytes, this one {len(data)}", rule="R-NOTE-1")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Malformed(f"a note is UTF-8, and byte {fault.start} is not", rule="R-NOTE-1") from None
    if control := _CONTROL.search(whole):
        raise Malformed(f"a note has no control characters, found 0x{ord(control.group()):02x}", rule="R-NOTE-1")
    end = whole.rfind("\n\n")
    if end < 0:
        raise Malformed(
            "a note has a blank line between its text and its signatures, and there is none", rule="R-NOTE-1"
        )
    text, below = whole[: end + 1], whole[end + 2 :]
    if not below.endswith("\n"):
        raise Malformed(
            "a note ends with signature lines, the last one closed by a line feed; the end was cut off", rule="R-NOTE-1"
        )
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed(f"a note has at most {MAX_SIGNATURES} signatures, this one {len(lines)}", rule="R-NOTE-1")
    return Note(text=text, signatures=tuple(parse_signature_line(line) for line in lines))


def format_note(note: Note) -> bytes:
    """The bytes of the note. Raises: Malformed, when it has a form that ``parse_note`` would not give back."""
    below = "".join(f"{format_signature_line(line)}\n" for line in note.signatures)
    data = f"{note.text}\n{below}".encode()
    if parse_note(data) != note:
        raise Malformed("this text does not survive as a note: it must end in a line feed", rule="R-NOTE-1")
    return data


def with_signatures(note: Note, more: Iterable[SignatureLine]) -> Note:
    """The note with these lines below its own; a line that is already there is not repeated."""
    return Note(text=note.text, signatures=tuple(dict.fromkeys((*note.signatures, *more))))


class VKey(msgspec.Struct, frozen=True, kw_only=True):
    """A verifier key as written: ``kind`` says what it may sign (0x01 notes, 0x04 cosignatures)."""

    name: str
    kind: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.kind, self.public_key)


def format_vkey(key: VKey) -> str:
    """``<name>+<8 hex digits of the key id>+<base64(kind || public key)>``."""
    return f"{key.name}+{key.key_id.hex()}+{encode_base64(bytes([key.kind]) + key.public_key)}"


def parse_vkey(text: str) -> VKey:
    """The key in ``text``. The base64 part may hold a plus, so the name ends at the first one.

    Raises: Malformed, also when the key id is not the one computed from name, kind and key.
    """
    match = re.fullmatch(r"([^+]+)\+([0-9a-f]{8})\+(.+)", text)
    if not match:
        raise Malformed(f"a verifier key is <name>+<8 hex digits>+<base64>, got {text[:80]!r}", rule="R-NOTE-4")
    name, written_id, encoded = match.groups()
    check_key_name(name)
    if len(name.encode()) > MAX_KEY_NAME_SIZE:
        raise Malformed(f"a key name has at most {MAX_KEY_NAME_SIZE} bytes, {name[:40]!r}… has more", rule="R-NOTE-4")
    material = decode_base64(encoded)
    if len(material) < 2:
        raise Malformed(f"the verifier key of {name!r} holds no key", rule="R-NOTE-4")
    key = VKey(name=name, kind=material[0], public_key=material[1:])
    if key.key_id.hex() != written_id:
        raise Malformed(
            f"the verifier key of {name!r} says id {written_id}, its name and key give {key.key_id.hex()}",
            rule="R-NOTE-4",
        )
    return key


class NoteKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public Ed25519 key (kind 0x01) that signs note texts as they are. A log's key is one, named as its origin."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519, self.public_key)

    @property
    def vkey(self) -> str:
        return format_vkey(VKey(name=self.name, kind=ED25519, public_key=self.public_key))

    def check(self, text: str, signature: bytes) -> None:
        """``signature`` is this key's over ``text``. Raises: Forged."""
        check_signature(self.public_key, text.encode(), signature)


def parse_note_key(vkey: str) -> NoteKey:
    """The Ed25519 note key in a vkey text. Raises: Malformed, for another kind or a key that may not be enrolled."""
    key = parse_vkey(vkey)
    if key.kind != ED25519 or len(key.public_key) != 32:
        raise Malformed(
            f"the key of {key.name!r} is of kind 0x{key.kind:02x}; a log or note key is Ed25519, kind 0x01",
            rule="R-NOTE-4",
        )
    check_public_key(key.public_key)
    return NoteKey(name=key.name, public_key=key.public_key)


def sign_note(text: str, name: str, key: SigningKey) -> SignatureLine:
    """The line by which ``key``, under ``name``, signs ``text``."""
    check_key_name(name)
    return SignatureLine(name=name, key_id=key_id(name, ED25519, key.public_key), signature=key.sign(text.encode()))


V = TypeVar("V", bound=Verifier)


def check_note(note: Note, verifiers: Sequence[V]) -> tuple[V, ...]:
    """The note is signed by at least one of ``verifiers``, and no line in the name of one of them is false.

    Lines of keys that are not among them are ignored, as are repeated lines of one key. Returns those who signed, in
    the order of their lines.

    Raises: Forged, when a known key's line fails (R-NOTE-5) or none is there (R-NOTE-6); Malformed, when two verifiers
    have one name and id.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    if len(known) != len(verifiers):
        raise Malformed(
            "two of the configured keys have the same name and id; remove one from the configuration", rule="R-NOTE-4"
        )
    signed: dict[tuple[str, bytes], V] = {}
    for line in note.signatures:
        verifier = known.get((line.name, line.key_id))
        if verifier is None or (line.name, line.key_id) in signed:
            continue
        try:
            verifier.check(note.text, line.signature)
        except Forged as fault:
            raise fault.at(f"signature of {line.name}") from None
        signed[line.name, line.key_id] = verifier
    if not signed:
        raise Forged(
            "the note carries no signature of a key that we know; get it from its author again", rule="R-NOTE-6"
        )
    return tuple(signed.values())
