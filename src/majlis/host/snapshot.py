"""Snapshots: what folding a record came to, kept so that a host need not fold it all again when it starts.

    snapshots/<identity>
        shelves    the large maps of the state, see ``shelf``
        log        the act at every position, 32 bytes each; zeros where the entry is none
        head       MessagePack: format, code, size, root, the rest of the state, findings, claims, what was used of
                   quotas, where the shelves lie
        size       of the head, 8 bytes
        digest     SHA-256 of all before

A snapshot is a cache and nothing else. It is used only for the very entries (size and root) and by the very code (the
hash of every source file) that made it; anything else is as if it were not there (R-NODE-7). Whoever makes it again
from the same entries gets the same bytes. What verifies for others (``majlis verify``, ``majlis audit``) never looks at
one.

It is hashed whole before it is used, and then mapped: of its shelves only that is read which somebody asks for.

Earlier states are not in it. Where a certificate asks for one, it is made again from the first entry.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, Final, get_args, get_origin, get_type_hints

import msgspec
from immutables import Map

import majlis
from majlis.host.federation import Federation, Record
from majlis.host.quota import used_since_tick
from majlis.host.replay import few_collections
from majlis.host.shelf import END, KEY, Layout, Shelf, fits, shelve
from majlis.institutions import Finding, State
from majlis.institutions.evidence import BoxClaim
from majlis.institutions.roots import Roots
from majlis.institutions.state import replace
from majlis.institutions.vector import PIECE, Vector

__all__ = ["code_version", "format_snapshot", "keep_snapshots", "resume"]

LEAST: Final = 1000
SHELVED: Final = 1000
"""Entries of which a snapshot is worth its while, and items that make a map a large one."""

_FORMAT: Final = "majlis-snapshot/3"
_BLOCK: Final = 1 << 20
_SIZE: Final = 8
_DIGEST: Final = 32
_ID: Final = 32
_NO_ACT: Final = bytes(_ID)


class _Code(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    format: str
    code: str
    size: int


class _Head(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    format: str
    code: str
    size: int
    root: bytes
    state: State
    findings: list[Finding]
    claims: list[BoxClaim]
    used: dict[str, int]
    shelves: list[Layout]
    log: int


@cache
def code_version() -> str:
    """SHA-256 over every source file of the program, so that no state outlives the code that made it."""
    home = Path(majlis.__file__).parent
    digest = sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(f"{path.relative_to(home).as_posix()}\n".encode() + sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return sorted(value.items())
    if isinstance(value, Roots):
        return value.size, value.frontier
    if isinstance(value, Vector):
        return list(value)
    raise TypeError(f"a state holds no {type(value).__name__}")


def _special(kind: Any, value: Any) -> Any:
    if kind is Roots:
        return Roots(*msgspec.convert(value, tuple[int, tuple[bytes, ...]]))
    if get_origin(kind) is Vector:
        return Vector(msgspec.convert(value, list[get_args(kind)[0]], dec_hook=_special))  # type: ignore[misc]
    if get_origin(kind) is not Map:
        raise TypeError(f"a state holds no {kind}")
    return Map(msgspec.convert(value, list[tuple[get_args(kind)]], dec_hook=_special))  # type: ignore[misc]


_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=_plain, order="deterministic")


@cache
def _decoders() -> dict[str, Callable[[bytes], Any]]:
    """For each map of a state by ids, what reads one of its items."""
    kinds = {name: kind for name, kind in get_type_hints(State).items() if get_origin(kind) is Map}
    return {
        name: msgspec.msgpack.Decoder(get_args(kind)[1], dec_hook=_special).decode
        for name, kind in kinds.items()
        if get_args(kind)[0] is str
    }


def format_snapshot(record: Record, claims: list[BoxClaim], used: Mapping[str, int]) -> Iterator[bytes]:
    """The bytes for what this record, folded to its end, came to; the same for the same entries.

    ``used``: what its host counts of quotas, see ``used_since_tick``.
    """
    digest = sha256()
    for part in _format(record, claims, used):
        digest.update(part)
        yield part
    yield digest.digest()


def _format(record: Record, claims: list[BoxClaim], used: Mapping[str, int]) -> Iterator[bytes]:
    state, at = record.state, 0
    layouts: list[Layout] = []
    emptied: dict[str, Map[str, Any]] = {}
    for field in _decoders():
        items: Map[str, Any] = getattr(state, field)
        if len(items) < SHELVED or not fits(items):
            continue
        start = at
        for part in shelve(items, _ENCODER.encode):
            yield part
            at += len(part)
        keys = at - (KEY + END) * len(items)
        layouts.append(Layout(field=field, count=len(items), values=start, keys=keys))
        emptied[field] = Map()
    yield b"".join([bytes.fromhex(act) or _NO_ACT for act in state.log])
    head = _ENCODER.encode(
        _Head(
            format=_FORMAT,
            code=code_version(),
            size=len(record.entries),
            root=record.tree.root(),
            state=replace(state, log=Vector(), **emptied),
            findings=record.findings,
            claims=sorted(claims, key=lambda claim: (claim.uuid, claim.head)),
            used=dict(used),
            shelves=layouts,
            log=at,
        )
    )
    yield head + len(head).to_bytes(_SIZE, "little")


def _read_head(file: BinaryIO) -> bytes:
    """The head of a snapshot, nothing of which is checked yet. Raises: OSError, ValueError."""
    end = file.seek(0, os.SEEK_END) - _DIGEST - _SIZE
    if end < 0:
        raise ValueError("too short")
    file.seek(end)
    size = int.from_bytes(file.read(_SIZE), "little")
    file.seek(end - size)
    return file.read(size)


def _is_whole(file: BinaryIO) -> bool:
    """Whether the digest at the end is that of all before it."""
    left = file.seek(0, os.SEEK_END) - _DIGEST
    digest = sha256()
    file.seek(0)
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        digest.update(block)
        left -= len(block)
    return file.read(_DIGEST) == digest.digest()


def _open(path: Path, record: Record) -> tuple[_Head, mmap] | None:
    """The snapshot there, or None for what is damaged, of other code, or of other entries than the record's."""
    try:
        with path.open("rb") as file:
            head = _read_head(file)
            if not _is_ours(head) or not _is_whole(file):
                return None
            parsed = msgspec.msgpack.decode(head, type=_Head, dec_hook=_special)
            if not 0 < parsed.size <= len(record.entries) or record.tree.root(parsed.size) != parsed.root:
                return None
            return parsed, mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, msgspec.MsgspecError, TypeError, ValueError):
        return None


def _is_ours(head: bytes) -> bool:
    """Whether this code made it. Raises: MsgspecError."""
    code = msgspec.msgpack.decode(head, type=_Code)
    return (code.format, code.code) == (_FORMAT, code_version())


def _size_of(path: Path) -> int:
    """How many entries the snapshot there is of; 0 where none is that this code could use."""
    try:
        with path.open("rb") as file:
            head = _read_head(file)
        return msgspec.msgpack.decode(head, type=_Code).size if _is_ours(head) else 0
    except (OSError, msgspec.MsgspecError, ValueError):
        return 0


def _state(head: _Head, data: mmap, record: Record) -> State:
    """The state, of which what is large is read from the snapshot when somebody asks."""

    def act(at: int) -> str:
        raw = data[head.log + _ID * at : head.log + _ID * (at + 1)]
        return "" if raw == _NO_ACT else raw.hex()

    resumed = head.size - head.size % PIECE
    shelves = {layout.field: Shelf(data, layout, _decoders()[layout.field]) for layout in head.shelves}
    return replace(
        head.state,
        roots=Roots(head.size, head.state.roots.frontier, tree=record.tree.read),
        log=Vector([act(at) for at in range(resumed, head.size)], resumed=resumed, read=act),
        **shelves,
    )


def resume(federation: Federation, folder: Path) -> None:
    """Records of which there is a snapshot of these very entries are folded as far as that; the others not at all."""
    for identity, record in federation.records.items():
        with few_collections():
            found = _open(folder / "snapshots" / identity, record)
        if found is not None:
            head, data = found
            record.resume(_state(head, data, record), head.findings, federation)
            record.used = head.size, head.used
            federation.expect(head.claims)


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
                record.used = size, used_since_tick(record.state)
                _write(folder / "snapshots" / identity, format_snapshot(record, claims, record.used[1]))


def _write(path: Path, parts: Iterable[bytes]) -> None:
    """These parts lie there, or what lay there before. Not synced: what a crash leaves is found by its digest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(parts)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
