"""An act on its way: from the hand that drafts it, through those that sign it, to the host that logs it. One JSON file.

    {"format":"majlis-act-file/1",
     "text":"majlis/1 <identity>\\n{…}\\n",
     "signatures":["— <key id> <base64>",…],
     "blobs":{"<hash>":"<base64>"}}

``text`` and ``signatures`` together are the act's entry, byte for byte. ``blobs`` are what the act names by hash and a
host may not have yet: a motion's wording, a list, a trustee's share. Copies that different people signed need not be
joined: a record adds up the signatures logged under one id. Source: ``spec/node.md``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.disk import write_file
from majlis.host.exchange import blobs_named
from majlis.institutions import KINDS, NOBODY, Act, parse_act, sign_text
from majlis.institutions.act import check_signatures, signature_line
from majlis.record import parse_signature_line

__all__ = ["ActFile", "check_form", "read_act_file"]

_FORMAT: Final = "majlis-act-file/1"
_MAX_FILE: Final = 64 * 2**20
# No act is signed with this key: it lends a draft that nobody signed yet the form of a note, so that it can be parsed.
_NOBODYS_KEY: Final = SigningKey(bytes(32))


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    text: str
    signatures: tuple[str, ...]
    blobs: dict[str, bytes] = {}


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

    def write(self, path: Path) -> None:
        """The file holds the act, durably."""
        outer: dict[str, Any] = {
            "format": _FORMAT,
            "text": self.text.decode(),
            "signatures": [line.decode().rstrip("\n") for line in self.signatures],
            "blobs": {digest: b64encode(data).decode() for digest, data in sorted(self.blobs.items())},
        }
        write_file(path, msgspec.json.format(msgspec.json.encode(outer), indent=1) + b"\n")


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


def read_act_file(path: Path) -> ActFile:
    """The act in the file, in form, with every signature checked.

    Raises: Missing, Malformed; Forged, when a signature fails; Refused, for a blob that the act does not name.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_FILE + 1)
    except FileNotFoundError:
        raise Missing(
            "there is no such file; look at the name, or ask who was to hand it to you", where=str(path)
        ) from None
    try:
        return _parse(data)
    except Fault as fault:
        raise fault.at(str(path)) from None


def _parse(data: bytes) -> ActFile:
    if len(data) > _MAX_FILE:
        raise Malformed(f"a file with an act has at most {_MAX_FILE} bytes")
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(
            f"this is no file with an act: {error}; make one with 'majlis act draft'", rule="R-HAND-1"
        ) from None
    if file.format != _FORMAT:
        raise Malformed(f"this file has the format {file.format[:40]!r}, expected {_FORMAT}")
    found = ActFile(
        text=file.text.encode(), signatures=tuple(f"{line}\n".encode() for line in file.signatures), blobs=file.blobs
    )
    act = found.act
    if found.signatures:
        check_signatures(act)
    if not set(file.blobs) <= blobs_named([act]):
        raise Refused("something is in this file that its act does not name; ask its author", rule="R-HAND-2")
    for digest, blob in file.blobs.items():
        if sha256(blob).hexdigest() != digest:
            raise Malformed(
                f"the blob {digest[:16]} in this file is not what its name says; ask for another copy", rule="R-HAND-2"
            )
    return found
