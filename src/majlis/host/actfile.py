"""An act on its way: from the hand that drafts it, through those that sign it, to the host that logs it. One JSON file.

    {"format":"majlis-act-file/1",
     "text":"majlis/1 <identity>\\n{…}\\n",
     "signatures":["— <key id> <base64>",…],
     "blobs":{"<hash>":"<base64>"}}

``text`` and ``signatures`` together are the act's entry, byte for byte. ``blobs`` are what the act names by hash and a
host may not have yet: a motion's wording, a list, a trustee's share. Copies that different people signed need not be
joined: a record adds up the signatures logged under one id. Source: ``spec/node.md``.

The entry alone, as it lies in ``inbox/`` of a public folder and in a bundle, is read like such a file; what it names is
then looked for among the blobs of that folder.
"""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.blobs import Blobs
from majlis.host.disk import write_file
from majlis.host.exchange import blobs_named
from majlis.host.reader import PublicFolder
from majlis.institutions import KINDS, MAX_ENTRY, NOBODY, Act, parse_act, sign_text
from majlis.institutions.act import check_signatures, signature_line
from majlis.record import parse_signature_line

__all__ = [
    "ENTRY",
    "MAX_HANDED",
    "ActFile",
    "check_form",
    "file_of",
    "named_blobs",
    "parse_act_file",
    "parse_handed",
    "read_act_file",
]

ENTRY: Final = b"majlis/1 "
"""What the entry of an act begins with."""

MAX_HANDED: Final = 24 * 2**20
"""The most bytes of a file with an act that is handed in over a network."""

_T = TypeVar("_T")
_FORMAT: Final = "majlis-act-file/1"
_MAX_FILE: Final = 64 * 2**20
_MAX_BROUGHT: Final = 16 * 2**20
# Written as JSON, with spaces and escapes, the lines of an entry take more bytes than in it; twice as many are enough.
_MAX_LINES: Final = 2 * MAX_ENTRY
_INBOX: Final = "inbox"
# No act is signed with this key: it lends a draft that nobody signed yet the form of a note, so that it can be parsed.
_NOBODYS_KEY: Final = SigningKey(bytes(32))


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outer form alone. A stranger chose how many members it has: they are counted before one is an object."""

    format: str
    text: str
    signatures: msgspec.Raw
    blobs: msgspec.Raw = msgspec.Raw(b"{}")


class ActFile(msgspec.Struct, frozen=True, kw_only=True):
    """An act, signed by nobody yet or by some, with the blobs that travel with it, by hash."""

    text: bytes
    signatures: tuple[bytes, ...] = ()
    blobs: Mapping[str, bytes] = {}

    @property
    def act(self) -> Act:
        """The act as parsed; its signatures are checked when the file is read. Raises: Malformed."""
        return parse_act(self.entry if self.signatures else sign_text(self.text, _NOBODYS_KEY))

    @property
    def entry(self) -> bytes:
        """What a host logs. Raises: Missing, before anybody signed."""
        if not self.signatures:
            raise Missing("nobody has signed this act yet; its author does, with 'majlis act sign'")
        return self.text + b"\n" + b"".join(self.signatures)

    @property
    def signers(self) -> frozenset[str]:
        """The ids of the keys that signed."""
        return frozenset(parse_signature_line(line.decode().rstrip("\n")).name for line in self.signatures)

    @property
    def is_founding(self) -> bool:
        """Whether it is an act 0."""
        return self.act.body == NOBODY

    def signed(self, *keys: SigningKey) -> ActFile:
        """The same with the signatures of these keys, where they were not there yet."""
        new = tuple(signature_line(self.text, key) for key in keys if key.public_key.hex() not in self.signers)
        return msgspec.structs.replace(self, signatures=self.signatures + new)

    @property
    def handed(self) -> bytes:
        """What is handed in over a network: the entry, or where it brings blobs the whole file. Raises: Missing."""
        return self.bytes if self.blobs and self.entry else self.entry

    @property
    def bytes(self) -> bytes:
        """The file."""
        outer: dict[str, Any] = {
            "format": _FORMAT,
            "text": self.text.decode(),
            "signatures": [line.decode().rstrip("\n") for line in self.signatures],
            "blobs": {digest: b64encode(data).decode() for digest, data in sorted(self.blobs.items())},
        }
        return msgspec.json.format(msgspec.json.encode(outer), indent=1) + b"\n"

    def write(self, path: Path) -> None:
        """The file holds the act, durably."""
        write_file(path, self.bytes)


def check_form(act: Act) -> None:
    """The act's data have the form of its kind, so that words can be put to it.

    Raises: Refused, for a kind that the rules do not know (R-ACT-8); Malformed, for another form (R-ACT-9).
    """
    kind = KINDS.get(act.kind)
    if kind is None:
        raise Refused(f"the rules know no act of kind '{act.kind}'; it would be void for ever", rule="R-ACT-8")
    try:
        msgspec.convert(act.data, kind.data, strict=True)
    except msgspec.ValidationError as error:
        raise Malformed(
            f"the data of '{act.kind}' do not have the form of spec/acts.md: {error}", rule="R-ACT-9"
        ) from None


def file_of(entry: bytes, blobs: Mapping[str, bytes]) -> ActFile:
    """The act of this entry, with those of the blobs that it names. Raises: Malformed."""
    act = parse_act(entry)
    named = blobs_named([act])
    lines = tuple(entry.removeprefix(act.text + b"\n").splitlines(keepends=True))
    return ActFile(text=act.text, signatures=lines, blobs={name: blobs[name] for name in sorted(named & set(blobs))})


def parse_handed(data: bytes) -> ActFile:
    """An act as it is handed in over a network, with the blobs that it brings (R-HANDED-1).

    Raises: Malformed, Forged, Refused, as ``read_act_file``; Malformed, where nobody signed it or it brings too much.
    """
    if data.startswith(ENTRY):
        return file_of(data, {})
    if len(data) > MAX_HANDED:
        raise Malformed(f"a file with an act that is handed in has at most {MAX_HANDED} bytes", rule="R-HANDED-1")
    file = parse_act_file(data)
    if not file.signatures:
        raise Malformed("nobody has signed this act yet; its author does, with 'majlis act sign'", rule="R-HANDED-1")
    if any(len(blob) > _MAX_BROUGHT for blob in file.blobs.values()):
        raise Malformed(
            f"over a network an act brings blobs of at most {_MAX_BROUGHT} bytes; carry this one by stick",
            rule="R-HANDED-1",
        )
    return file


def read_act_file(path: Path) -> ActFile:
    """The act in the file, in form, with every signature checked.

    An entry alone that lies in ``inbox/`` of a public folder brings what it names of that folder's blobs.

    Raises: Missing, Malformed; Forged, when a signature fails; Refused, for a blob that the act does not name.
    """
    try:
        data = _read(path)
        if data.startswith(ENTRY):
            return msgspec.structs.replace(parse_act_file(data), blobs=_beside(path, data))
        return parse_act_file(data)
    except Fault as fault:
        raise fault.at(str(path)) from None


def _read(path: Path) -> bytes:
    """The bytes of an ordinary file, and one more than the most where there are more. Raises: Missing, Malformed."""
    try:
        # Whoever wrote a stick may have put a pipe in the place of a file, on which a reader would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            with os.fdopen(descriptor, "rb") as stream:
                return stream.read(_MAX_FILE + 1)
        os.close(descriptor)
    except FileNotFoundError:
        raise Missing("there is no such file; look at the name, or ask who was to hand it to you") from None
    except OSError as wrong:
        raise Malformed(f"this file cannot be read ({wrong.strerror}); ask for the act in an ordinary file") from None
    raise Malformed("this is no ordinary file; ask for the act in one")


def _beside(path: Path, entry: bytes) -> dict[str, bytes]:
    """The blobs that the act names, as far as they lie in the public folder in whose inbox it lies.

    Raises: Malformed, where one is no ordinary file, or they are more together than a file with an act holds.
    """
    folder = path.absolute().parent
    if folder.name != _INBOX:
        return {}
    public, left = PublicFolder(folder.parent), _MAX_FILE
    found = {}
    for digest in sorted(blobs_named([parse_act(entry)])):
        with suppress(Missing, Forged):
            found[digest] = public.blob(digest)
            left -= len(found[digest])
        if left < 0:
            raise Malformed(f"what this act names has more than {_MAX_FILE} bytes; hand it in where they are kept")
    return found


def named_blobs(blobs: Blobs, entry: bytes) -> dict[str, bytes]:
    """What the act names, as far as it lies there, whole. Raises: Malformed."""
    found = {}
    for digest in sorted(blobs_named([parse_act(entry)])):
        with suppress(Missing, Forged):
            found[digest] = blobs.get(digest)
    return found


def parse_act_file(data: bytes) -> ActFile:
    """The act in these bytes, a file in JSON or an entry alone. Raises: as ``read_act_file``."""
    if data.startswith(ENTRY):
        check_signatures(parse_act(data))
        return file_of(data, {})
    if len(data) > _MAX_FILE:
        raise Malformed(f"a file with an act has at most {_MAX_FILE} bytes")
    file = _decode(data, _File)
    if file.format != _FORMAT:
        raise Malformed(f"this file has the format {file.format[:40]!r}, expected {_FORMAT}")
    if len(file.text) > MAX_ENTRY or len(memoryview(file.signatures)) > _MAX_LINES:
        raise Malformed(f"an act with its signatures has at most {MAX_ENTRY} bytes", rule="R-ACT-1")
    lines = _decode(file.signatures, tuple[str, ...])
    found = ActFile(text=file.text.encode(), signatures=tuple(f"{line}\n".encode() for line in lines))
    act = found.act
    if found.signatures:
        check_signatures(act)
    return msgspec.structs.replace(found, blobs=_brought(bytes(file.blobs), blobs_named([act])))


def _brought(members: bytes, named: set[str]) -> dict[str, bytes]:
    """The blobs in this JSON, each what its name says. Raises: Refused, for one that is not named; Malformed."""
    # A hash and Base64 hold no quotation mark, so each member has four: more of them than the act names is told first.
    blobs = _decode(members, dict[str, bytes]) if members.count(b'"') <= 4 * len(named) else None
    if blobs is None or not set(blobs) <= named:
        raise Refused("something is in this file that its act does not name; ask its author", rule="R-HAND-2")
    for digest, blob in blobs.items():
        if sha256(blob).hexdigest() != digest:
            raise Malformed(
                f"the blob {digest[:16]} in this file is not what its name says; ask for another copy", rule="R-HAND-2"
            )
    return blobs


def _decode(data: bytes | msgspec.Raw, form: type[_T]) -> _T:
    """What the JSON holds, in this form. Raises: Malformed."""
    try:
        return msgspec.json.decode(data, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(
            f"this is no file with an act: {error}; make one with 'majlis act draft'", rule="R-HAND-1"
        ) from None
