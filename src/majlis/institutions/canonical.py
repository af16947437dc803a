"""Acts as our own programs write them, read in a fifth of the time.

``majlis.institutions.act`` says what an act is, and judges any bytes. Nearly all of them are in one form: the second
line without spaces, its fields in order, every string escaped in the one way that our encoder does. Such a line is
known by writing what was read from it once more: where that gives the same bytes, no key stood twice, no number had a
fraction of zero, and nothing else was in it. Whatever is in any other form, good or bad, is left to ``parse_act``.

So this module can say less than the reference, and never more; the tests hold it against the reference.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from itertools import repeat
from typing import Any, Final

import msgspec

from majlis.institutions.profile import MAX_DEPTH, MAX_INT
from majlis.record.note import ED25519, MAX_SIGNATURES, key_id

__all__ = ["Envelope", "Head", "read_canonical"]

_LINE: Final = 162
"""Bytes of one signature line: an em dash (3), a space, 64 digits, a space, base64 of 68 bytes (92), a line feed."""

_BODY: Final = re.compile(rb"majlis/1 [0-9a-f]{64}\n")
_START: Final = re.compile(rb"\xe2\x80\x94 ([0-9a-f]{64}) ")
_FIRST: Final = 74
"""Bytes of the first line."""

_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_KIND: Final = re.compile(r"[a-z]+(\.[a-z]+)*")
_MAX_KIND: Final = 64


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """``seen``, as it is written."""

    size: int
    root: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The second line, field by field in the order in which they stand."""

    v: int
    kind: str
    author: str
    nonce: str
    seen: Head
    cites: tuple[str, ...]
    data: dict[str, Any]
    expires: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    expects: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


_DECODER: Final = msgspec.json.Decoder(Envelope)
_ENCODER: Final = msgspec.json.Encoder()


def read_canonical(entry: bytes) -> tuple[str, bytes, Envelope, list[tuple[str, bytes]]] | None:
    """Body, text, second line, and the key and the 64 bytes of each signature; None where ``parse_act`` is to judge.

    ``entry``: no longer than an act may be.
    """
    end = entry.find(b"\n\n", _FIRST)
    first, line = entry[:_FIRST], entry[_FIRST:end]
    if end < 0 or not _is_first_line(first):
        return None
    try:
        envelope = _DECODER.decode(line)
        if _ENCODER.encode(envelope) != line or not _is_good(envelope):
            return None
        signatures = _signatures(entry[end + 2 :])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return first[9:-1].decode(), entry[: end + 1], envelope, signatures


@lru_cache(1024)
def _is_first_line(line: bytes) -> bool:
    return _BODY.fullmatch(line) is not None


def _signatures(lines: bytes) -> list[tuple[str, bytes]]:
    """The key and the 64 bytes in each line. Raises: ValueError, where they have another form."""
    count, over = divmod(len(lines), _LINE)
    if over or not 1 <= count <= MAX_SIGNATURES:
        raise ValueError("signature lines of acts are of one length")
    found = []
    for at in range(0, len(lines), _LINE):
        key, own_id = _signer(lines[at : at + 69])
        blob = a2b_base64(lines[at + 69 : at + 161])
        if len(blob) != 68 or b2a_base64(blob) != lines[at + 69 : at + _LINE] or blob[:4] != own_id:
            raise ValueError("not canonical, or another key id than the key's")
        found.append((key, blob[4:]))
    return found


@lru_cache(1024)
def _signer(start: bytes) -> tuple[str, bytes]:
    """The key that a line begins with, and its note key id. Raises: ValueError, for another beginning."""
    match = _START.fullmatch(start)
    if match is None:
        raise ValueError("no beginning of a signature line of an act")
    key = match[1].decode()
    return key, key_id(key, ED25519, bytes.fromhex(key))


@lru_cache(1024)
def _is_key(key: str) -> bool:
    return _HEX64.fullmatch(key) is not None


@lru_cache(1024)
def _is_kind(kind: str) -> bool:
    return len(kind) <= _MAX_KIND and _KIND.fullmatch(kind) is not None


def _is_good(envelope: Envelope) -> bool:
    """Raises: ValueError, for some of what is not."""
    seen = envelope.seen
    return (
        envelope.v == 1
        and _is_kind(envelope.kind)
        and _is_key(envelope.author)
        and _is_base64(envelope.nonce, 16)
        and 0 <= seen.size <= MAX_INT
        and _is_base64(seen.root, 32)
        and all(map(_HEX64.fullmatch, envelope.cites))
        and _is_plain(envelope.data, 2)
        and (not envelope.expires or _is_bound(envelope.expires))
        and (not envelope.expects or all(map(_HEX64.fullmatch, (*envelope.expects, *envelope.expects.values()))))
    )


def _is_base64(text: str, size: int) -> bool:
    """Raises: ValueError, for some of what is not."""
    if not text.isascii():
        return False
    data = a2b_base64(text)
    return len(data) == size and b2a_base64(data, newline=False) == text.encode()


def _is_bound(expires: dict[str, int]) -> bool:
    return expires.keys() <= {"size", "time"} and all(0 <= bound <= MAX_INT for bound in expires.values())


def _is_plain(value: Any, depth: int) -> bool:
    """Whether the profile allows it: ``depth`` is its own, where it is an object or a list."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return -MAX_INT <= int(value) <= MAX_INT
    if kind is dict:
        return depth <= MAX_DEPTH and all(map(_is_plain, value.values(), repeat(depth + 1)))
    return kind is list and depth <= MAX_DEPTH and all(map(_is_plain, value, repeat(depth + 1)))
