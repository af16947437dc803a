"""Policy files: which logs a reader accepts, and how many witnesses must have cosigned.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none                          exactly one

Names are defined before they are used, and each is a member of one group at most. Lines are separated by LF, items by
spaces and tabs; empty lines and lines that start with ``#`` say nothing. Names are octets, so they are bytes here.

Source: c2sp.org/tlog-policy.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from majlis.errors import Forged, Malformed
from majlis.record.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from majlis.record.cosignature import Cosignature, CosignerKey, parse_cosigner_key, read_cosignatures
from majlis.record.note import NoteKey, parse_note, parse_note_key

__all__ = ["Group", "Policy", "PolicyLog", "PolicyWitness", "check_policy", "parse_policy"]

_MAX_POLICY_SIZE: Final = 1_000_000
_BAD_OCTET: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER: Final = re.compile(rb"[1-9][0-9]{0,8}")


class PolicyLog(msgspec.Struct, frozen=True, kw_only=True):
    key: NoteKey
    url: bytes | None = None


class PolicyWitness(msgspec.Struct, frozen=True, kw_only=True):
    name: bytes
    key: CosignerKey
    url: bytes | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Has witnessed what at least ``threshold`` of its members have; a member is a witness or an earlier group."""

    name: bytes
    threshold: int
    members: tuple[bytes, ...]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """``groups`` in the order of definition. ``quorum``: None where no cosignature is needed."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[Group, ...]
    quorum: bytes | None


class _Reading:
    """What the lines so far have defined."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[Group] = []
        self.quorums: list[bytes] = []
        self.names: set[bytes] = set()
        self.members: set[bytes] = set()

    def line(self, keyword: bytes, items: list[bytes]) -> None:
        """One line is read. Raises: Malformed."""
        match keyword, items:
            case b"log", [vkey, *url] if len(url) < 2:
                self.log(vkey, *url)
            case b"witness", [name, vkey, *url] if len(url) < 2:
                self.witness(name, vkey, *url)
            case b"group", [name, rule, *members] if members:
                self.group(name, rule, *members)
            case b"quorum", [name]:
                self.quorum(name)
            case _:
                raise Malformed(
                    "a line is 'log <vkey> [<url>]', 'witness <name> <vkey> [<url>]', 'group <name> all|any|<k> "
                    f"<name>...' or 'quorum <name>|none'; got {keyword!r} and {len(items)} items",
                    rule="R-POLICY-1",
                )

    def log(self, vkey: bytes, *url: bytes) -> None:
        key = parse_note_key(_text(vkey))
        if any(key.public_key == log.key.public_key for log in self.logs):
            raise Malformed(f"the key of log {key.name!r} is there twice", rule="R-POLICY-1")
        self.logs.append(PolicyLog(key=key, url=_url(url)))

    def witness(self, name: bytes, vkey: bytes, *url: bytes) -> None:
        key = parse_cosigner_key(_text(vkey))
        if any(key.public_key == witness.key.public_key for witness in self.witnesses):
            raise Malformed(f"the key of witness {key.name!r} is there twice", rule="R-POLICY-1")
        self.define(name)
        self.witnesses.append(PolicyWitness(name=name, key=key, url=_url(url)))

    def group(self, name: bytes, rule: bytes, *members: bytes) -> None:
        for member in members:
            if member not in self.names:
                raise Malformed(f"{member!r} is used before it is defined", rule="R-POLICY-1")
            if member in self.members:
                raise Malformed(f"{member!r} is a member twice", rule="R-POLICY-1")
            self.members.add(member)
        self.define(name)
        fixed = {b"any": 1, b"all": len(members)}
        threshold = fixed.get(rule, int(rule) if _NUMBER.fullmatch(rule) else 0)
        if not 1 <= threshold <= len(members):
            raise Malformed(
                f"a group's rule is all, any, or from 1 to its {len(members)} members; got {rule!r}", rule="R-POLICY-1"
            )
        self.groups.append(Group(name=name, threshold=threshold, members=members))

    def quorum(self, name: bytes) -> None:
        if name != b"none" and name not in self.names:
            raise Malformed(f"the quorum {name!r} is used before it is defined", rule="R-POLICY-1")
        self.quorums.append(name)

    def define(self, name: bytes) -> None:
        if name in self.names or name == b"none":
            raise Malformed(f"the name {name!r} is taken", rule="R-POLICY-1")
        self.names.add(name)


def _text(vkey: bytes) -> str:
    try:
        return vkey.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("a verifier key is UTF-8", rule="R-POLICY-1") from None


def _url(rest: tuple[bytes, ...]) -> bytes | None:
    return rest[0] if rest else None


def parse_policy(data: bytes) -> Policy:
    """The policy in the bytes of a file. Raises: Malformed, placed at the line."""
    if len(data) > _MAX_POLICY_SIZE:
        raise Malformed(f"a policy file has at most {_MAX_POLICY_SIZE} bytes", rule="R-POLICY-1")
    if _BAD_OCTET.search(data):
        raise Malformed("a policy file has no control characters but tabs and line feeds", rule="R-POLICY-1")
    if data and not data.endswith(b"\n"):
        raise Malformed(
            "the last line of a policy file is closed by a line feed; the end was cut off", rule="R-POLICY-1"
        )
    reading = _Reading()
    for number, line in enumerate(data.split(b"\n"), start=1):
        keyword, *items = re.split(rb"[ \t]+", line.strip(b" \t"))
        if not keyword or keyword.startswith(b"#"):
            continue
        try:
            reading.line(keyword, items)
        except Malformed as fault:
            raise fault.at(f"line {number}") from None
    if len(reading.quorums) != 1:
        raise Malformed(f"a policy file has one quorum line, this one {len(reading.quorums)}", rule="R-POLICY-1")
    return Policy(
        logs=tuple(reading.logs),
        witnesses=tuple(reading.witnesses),
        groups=tuple(reading.groups),
        quorum=None if reading.quorums == [b"none"] else reading.quorums[0],
    )


def check_policy(policy: Policy, data: bytes) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
    """The checkpoint note ``data`` is signed by one of the policy's logs and cosigned by its quorum.

    Raises: Malformed, in form; Forged, when a known key's line fails, no log of the policy signed, or the quorum is
    not met.
    """
    origin = parse_checkpoint(parse_note(data).text).origin
    logs = [log.key for log in policy.logs if log.key.name == origin]
    if not logs:
        raise Forged(f"the policy knows no log {origin!r}; add its key if you trust it", rule="R-POLICY-2")
    checkpoint, note = open_checkpoint(data, *logs)
    cosignatures = read_cosignatures(note, [witness.key for witness in policy.witnesses])
    signed = {cosignature.cosigner for cosignature in cosignatures}
    met = {witness.name for witness in policy.witnesses if witness.key in signed}
    for group in policy.groups:
        if sum(member in met for member in group.members) >= group.threshold:
            met.add(group.name)
    if policy.quorum is not None and policy.quorum not in met:
        raise Forged(
            f"{len(met & {w.name for w in policy.witnesses})} known witnesses cosigned; the quorum is not met",
            rule="R-POLICY-2",
        )
    return checkpoint, cosignatures
