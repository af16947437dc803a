"""The act: one signed entry in a body's record (``spec/act.md``).

    majlis/1 <identity of the body, 64 hex>\\n
    {"v":1,"kind":…,"author":…,"nonce":…,"seen":{"size":…,"root":…},"cites":[…],"data":{…}}\\n
    \\n
    — <key id> <base64(4-byte note key id || 64-byte signature)>\\n      one or more

What is signed is the text: the first two lines with their line feeds. Its SHA-256 is the act's id, so that signatures
are no part of it. A key id is the 64 hex digits of the Ed25519 public key itself, hence signatures are checked with no
list of keys at hand; whether a key may do what it signs is for the fold.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NoReturn

import msgspec

from majlis.crypto import SigningKey, check_signature
from majlis.errors import Fault, Forged, Malformed
from majlis.institutions.canonical import Envelope, read_canonical
from majlis.institutions.profile import parse_profile
from majlis.record.note import (
    ED25519,
    SignatureLine,
    decode_base64,
    format_signature_line,
    key_id,
    parse_note,
    sign_note,
)

FORMAT: Final = "majlis/1"
NOBODY: Final = "0" * 64
MAX_ENTRY: Final = 16 * 1024
MAX_KIND: Final = 64

_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")
_KIND: Final = re.compile(r"[a-z]+(\.[a-z]+)*\Z")
_FIELDS: Final = ("v", "kind", "author", "nonce", "seen", "cites", "data")
_OPTIONAL: Final = ("expires", "expects")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The last checkpoint the author verified: size in entries, root as 44 characters of base64."""

    size: int
    root: str


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature line: the key that it names and its 64 bytes, not yet checked."""

    key: str
    blob: bytes


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed act. ``id`` is the SHA-256 of ``text`` in hex; ``entry`` is the whole note as logged."""

    id: str
    body: str
    kind: str
    author: str
    nonce: str
    seen: Seen
    cites: tuple[str, ...]
    data: dict[str, Any]
    expires: dict[str, int] | None
    expects: dict[str, str] | None
    text: bytes
    entry: bytes
    signatures: tuple[Signature, ...]

    @property
    def identity(self) -> str:
        """The body in whose record the act belongs; act 0 is its own body's identity."""
        return self.id if self.body == NOBODY else self.body


class SignedAct(msgspec.Struct, frozen=True, kw_only=True):
    """An act of which every signature line verifies; ``keys``: those who signed this copy. Made by ``open_act``."""

    act: Act
    keys: frozenset[str]


def act_id(text: bytes) -> str:
    """SHA-256 of the text (both lines, with their line feeds) in hex."""
    return hashlib.sha256(text).hexdigest()


def format_text(
    *,
    body: str,
    kind: str,
    author: str,
    nonce: bytes,
    seen: Seen,
    cites: tuple[str, ...],
    data: msgspec.Struct | dict[str, Any],
    expires: dict[str, int] | None = None,
    expects: dict[str, str] | None = None,
) -> bytes:
    """The two lines that are signed. ``nonce`` is 16 bytes of chance: the same words said twice are two acts."""
    if len(nonce) != 16:
        raise ValueError("an act's nonce is 16 bytes")
    fields: dict[str, Any] = {
        "v": 1,
        "kind": kind,
        "author": author,
        "nonce": base64.b64encode(nonce).decode(),
        "seen": seen,
        "cites": cites,
        "data": data,
    }
    if expires is not None:
        fields["expires"] = expires
    if expects is not None:
        fields["expects"] = expects
    return f"{FORMAT} {body}\n".encode() + msgspec.json.encode(fields) + b"\n"


def sign_text(text: bytes, *keys: SigningKey) -> bytes:
    """The whole note: the text and one signature line by each key, in the order given."""
    return text + b"\n" + b"".join(signature_line(text, key) for key in keys)


def signature_line(text: bytes, key: SigningKey) -> bytes:
    """One line ``— <key id> <base64>`` over ``text``; what a co-signer far away sends back."""
    return f"{format_signature_line(sign_note(text.decode(), key.public_key.hex(), key))}\n".encode()


def parse_act(entry: bytes) -> Act:
    """The act in these bytes, well formed, its signatures not yet checked.

    Raises: Malformed, with the rule (R-ACT-1 to R-ACT-4) and what was expected.
    Source: ``spec/act.md``.
    """
    read = read_canonical(entry) if len(entry) <= MAX_ENTRY else None
    return _parse_any(entry) if read is None else _from_canonical(entry, *read)


def _parse_any(entry: bytes) -> Act:
    text, signatures = _split(entry)
    lines = text.split(b"\n")
    if len(lines) != 3:
        _fail("R-ACT-2", f"the text of an act is exactly two lines, found {len(lines) - 1}")
    head = lines[0].decode("ascii", "replace").split(" ")
    if len(head) != 2 or head[0] != FORMAT or not _HEX64.match(head[1]):
        _fail("R-ACT-2", f"the first line must be '{FORMAT} ' and 64 hex digits of the body's identity")
    fields = parse_profile(lines[1])
    return _envelope(entry, text, head[1], fields, signatures)


def _from_canonical(
    entry: bytes, body: str, text: bytes, envelope: Envelope, signatures: list[tuple[str, bytes]]
) -> Act:
    return Act(
        id=act_id(text),
        body=body,
        kind=_one(envelope.kind),
        author=_one(envelope.author),
        nonce=envelope.nonce,
        seen=Seen(size=envelope.seen.size, root=envelope.seen.root),
        cites=envelope.cites,
        data=envelope.data,
        expires=None if envelope.expires is msgspec.UNSET else envelope.expires,
        expects=None if envelope.expects is msgspec.UNSET else envelope.expects,
        text=text,
        entry=entry,
        signatures=tuple([Signature(key=key, blob=blob) for key, blob in signatures]),
    )


@lru_cache(1024)
def _one(text: str) -> str:
    """One string for all that are alike: states keep these two of every act."""
    return text


def open_act(entry: bytes) -> SignedAct:
    """The act in these bytes, well formed and signed as it says. Raises: as ``parse_act`` and ``check_signatures``."""
    act = parse_act(entry)
    return SignedAct(act=act, keys=check_signatures(act))


def parse_acts(entries: Iterable[bytes]) -> list[Act | None]:
    """The act in each entry, its signatures not yet checked; None where there is none."""
    return [_parsed(entry) for entry in entries]


def claims_of(acts: Iterable[Act | None]) -> list[tuple[bytes, bytes, bytes]]:
    """Public key, message and signature of every signature line, in order: for ``are_signed``, which needs time."""
    return [
        (bytes.fromhex(signature.key), act.text, signature.blob)
        for act in acts
        if act is not None
        for signature in act.signatures
    ]


def signed_acts(acts: Iterable[Act | None], holds: Iterable[bool]) -> list[SignedAct | None]:
    """These acts, where every line holds and no key signs twice; None for the others, of which ``open_act`` says why.

    ``holds``: what ``are_signed`` says of their claims.
    """
    verdicts = iter(holds)
    return [None if act is None else _signed(act, list(islice(verdicts, len(act.signatures)))) for act in acts]


def _parsed(entry: bytes) -> Act | None:
    try:
        return parse_act(entry)
    except Fault:
        return None


def _signed(act: Act, holds: list[bool]) -> SignedAct | None:
    if not all(holds):
        return None
    if len(holds) == 1:
        return SignedAct(act=act, keys=_only(act.signatures[0].key))
    keys = frozenset([signature.key for signature in act.signatures])
    return SignedAct(act=act, keys=keys) if len(keys) == len(holds) else None


@lru_cache(1024)
def _only(key: str) -> frozenset[str]:
    """One set for all acts that a key signs alone, which are most: each state that knows one would hold its own."""
    return frozenset([key])


def _fail(rule: str, text: str) -> NoReturn:
    raise Malformed(text, rule=rule)


def _split(entry: bytes) -> tuple[bytes, tuple[Signature, ...]]:
    if len(entry) > MAX_ENTRY:
        _fail("R-ACT-1", f"an act is at most {MAX_ENTRY} bytes, this one has {len(entry)}; put what is large in a blob")
    try:
        note = parse_note(entry)
    except Malformed as fault:
        _fail("R-ACT-1", f"an act is a signed note: {fault.text}")
    return note.text.encode(), tuple(_signature(line) for line in note.signatures)


def _signature(line: SignatureLine) -> Signature:
    if not _HEX64.match(line.name):
        _fail("R-ACT-1", "a signature line of an act names its key by the 64 hex digits of the public key")
    if len(line.signature) != 64 or line.key_id != key_id(line.name, ED25519, bytes.fromhex(line.name)):
        _fail("R-ACT-1", "a signature line of an act holds the key's own 4-byte id and a 64-byte signature")
    return Signature(key=line.name, blob=line.signature)


def _envelope(entry: bytes, text: bytes, body: str, fields: dict[str, Any], signatures: tuple[Signature, ...]) -> Act:
    expected = _FIELDS + tuple(name for name in _OPTIONAL if name in fields)
    if tuple(fields) != expected:
        _fail("R-ACT-4", f"an act has the fields {', '.join(_FIELDS)} (then expires, expects) in this order")
    seen, cites, data = fields["seen"], fields["cites"], fields["data"]
    good = (
        fields["v"] == 1
        and fields["v"] is not True
        and _is_kind(fields["kind"])
        and _is_hex64(fields["author"])
        and _is_base64(fields["nonce"], 16)
        and isinstance(seen, dict)
        and tuple(seen) == ("size", "root")
        and _is_size(seen["size"])
        and _is_base64(seen["root"], 32)
        and isinstance(cites, list)
        and all(_is_hex64(cite) for cite in cites)
        and isinstance(data, dict)
        and _is_map(fields.get("expires", {}), _is_bound, _is_size)
        and _is_map(fields.get("expects", {}), _is_hex64, _is_hex64)
    )
    if not good:
        _fail("R-ACT-4", "a field of the envelope has the wrong type or form; see spec/act.md for each")
    return Act(
        id=act_id(text),
        body=body,
        kind=fields["kind"],
        author=fields["author"],
        nonce=fields["nonce"],
        seen=Seen(size=seen["size"], root=seen["root"]),
        cites=tuple(cites),
        data=data,
        expires=fields.get("expires"),
        expects=fields.get("expects"),
        text=text,
        entry=entry,
        signatures=signatures,
    )


def _is_hex64(value: object) -> bool:
    return isinstance(value, str) and _HEX64.match(value) is not None


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_kind(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_KIND and _KIND.match(value) is not None


def _is_bound(value: object) -> bool:
    return value in ("size", "time")


def _is_map(value: object, is_key: Callable[[object], bool], is_value: Callable[[object], bool]) -> bool:
    return isinstance(value, dict) and all(is_key(key) and is_value(item) for key, item in value.items())


def _is_base64(value: object, size: int) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return len(decode_base64(value)) == size
    except Malformed:
        return False


def check_signatures(act: Act) -> frozenset[str]:
    """The keys that signed this copy, once every line verifies by rule S.

    A copy may bear a co-signer's line alone: the fold adds up the lines logged under one id, and asks for the author's
    among them.

    Raises: Forged with R-ACT-5 when a signature fails; Malformed with R-ACT-5 when a key signs twice.
    """
    keys = frozenset(signature.key for signature in act.signatures)
    if len(keys) != len(act.signatures):
        _fail("R-ACT-5", "each key signs an act once")
    for signature in act.signatures:
        try:
            check_signature(bytes.fromhex(signature.key), act.text, signature.blob)
        except Fault as fault:
            raise Forged(f"the signature of key {signature.key[:16]} fails: {fault.text}", rule="R-ACT-5") from fault
    return keys
