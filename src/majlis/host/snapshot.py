"""Snapshots: what folding a record came to, kept so that a host need not fold it all again when it starts.

    snapshots/<identity>       SHA-256 of the rest, then MessagePack: format, code, size, root, state, findings, claims

A snapshot is a cache and nothing else. It is used only for the very entries (size and root) and by the very code (the
hash of every source file) that made it; anything else is as if it were not there (R-NODE-7). Whoever makes it again
from the same entries gets the same bytes. What verifies for others (``majlis verify``, ``majlis audit``) never looks at
one.

Earlier states are not in it. Where a certificate asks for one, the record is folded anew from its first entry.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec
from immutables import Map

import majlis
from majlis.host.disk import write_file
from majlis.host.federation import Federation, Record
from majlis.host.replay import few_collections
from majlis.institutions import Finding, State
from majlis.institutions.evidence import BoxClaim
from majlis.institutions.roots import Roots
from majlis.institutions.state import replace

__all__ = ["code_version", "format_snapshot", "keep_snapshots", "resume"]

LEAST: Final = 1000
_FORMAT: Final = "majlis-snapshot/1"


class _Head(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    format: str
    code: str
    size: int


class _Snapshot(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    format: str
    code: str
    size: int
    root: bytes
    state: State
    findings: list[Finding]
    claims: list[BoxClaim]


@cache
def code_version() -> str:
    """SHA-256 over every source file of the program, so that no state outlives the code that made it."""
    home = Path(majlis.__file__).parent
    digest = sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(f"{path.relative_to(home).as_posix()}\n".encode() + sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Map):
        return sorted(value.items())
    if isinstance(value, Roots):
        return value.size, value.frontier
    raise TypeError(f"a state holds no {type(value).__name__}")


def _map(kind: Any, value: Any) -> Any:
    if kind is Roots:
        return Roots(*msgspec.convert(value, tuple[int, tuple[bytes, ...]]))
    if get_origin(kind) is not Map:
        raise TypeError(f"a state holds no {kind}")
    return Map(msgspec.convert(value, list[tuple[get_args(kind)]], dec_hook=_map))  # type: ignore[misc]


def format_snapshot(record: Record, claims: list[BoxClaim]) -> bytes:
    """The bytes for what this record, folded to its end, came to; the same for the same entries."""
    snapshot = _Snapshot(
        format=_FORMAT,
        code=code_version(),
        size=len(record.entries),
        root=record.tree.root(),
        state=record.state,
        findings=record.findings,
        claims=sorted(claims, key=lambda claim: (claim.uuid, claim.head)),
    )
    data = msgspec.msgpack.Encoder(enc_hook=_plain, order="deterministic").encode(snapshot)
    return sha256(data).digest() + data


def _parse(data: bytes) -> _Snapshot | None:
    """The snapshot, or None for what is damaged or of other code."""
    if sha256(data[32:]).digest() != data[:32]:
        return None
    try:
        head = msgspec.msgpack.decode(data[32:], type=_Head)
        if (head.format, head.code) != (_FORMAT, code_version()):
            return None
        return msgspec.msgpack.decode(data[32:], type=_Snapshot, dec_hook=_map)
    except (msgspec.MsgspecError, TypeError, ValueError):
        return None


def _size_of(path: Path) -> int:
    """How many entries the snapshot there is of; 0 where none is that this code could use."""
    try:
        head = msgspec.msgpack.decode(path.read_bytes()[32:], type=_Head)
    except (OSError, msgspec.MsgspecError):
        return 0
    return head.size if (head.format, head.code) == (_FORMAT, code_version()) else 0


def resume(federation: Federation, folder: Path) -> None:
    """Records of which there is a snapshot of these very entries are folded as far as that; the others not at all."""
    for identity, record in federation.records.items():
        path = folder / "snapshots" / identity
        try:
            data = path.read_bytes()
        except OSError:
            continue
        with few_collections():
            snapshot = _parse(data)
        if snapshot is None or snapshot.size > len(record.entries):
            continue
        if record.tree.root(snapshot.size) == snapshot.root:
            roots = Roots(snapshot.size, snapshot.state.roots.frontier, tree=record.tree.read)
            record.resume(replace(snapshot.state, roots=roots), snapshot.findings, federation)
            federation.expect(snapshot.claims)


def keep_snapshots(federation: Federation, folder: Path) -> None:
    """There is a snapshot of every record that has grown by much since its last one, and was folded to its end.

    None is kept of what could not be judged with what is at hand: it may be judged tomorrow.
    """
    for identity, record in federation.records.items():
        size = len(record.entries)
        is_whole = len(record.states) == size + 1 and record.state.missing is None and not record.state.halted
        if is_whole and size >= LEAST and 4 * (size - _size_of(folder / "snapshots" / identity)) >= size:
            claims = list(federation.claims())
            with suppress(OSError):  # Without room for it the next start takes longer, and nothing else.
                write_file(folder / "snapshots" / identity, format_snapshot(record, claims), mode=0o600)
