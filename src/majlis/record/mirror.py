"""The mirror call ``add-entries``: entries in packages of 256, each with its own proof.

    uint16 length, origin | uint64 start | uint64 end | uint16 length, ticket | package*

    package i:  the entries [max(start, r + 256 i), min(end, r + 256 (i + 1))),    r = start rounded down to 256
                { uint16 length, entry }*  |  uint8 n <= 63  |  n * 32 bytes

    <size of the pending checkpoint>\\n<next entry>\\n<base64 ticket>\\n          the body of a 409 or 202 answer

All integers are big-endian. ``end`` is the size of a checkpoint that the mirror knows; the n hashes prove that the
subtree [r + 256 i, end of the package) is part of the tree of that size. A request may stop after any package, and what
is cut off inside one is worth all packages before it. Bundles carry the same bytes in files.

    400  R-MIRROR-2  malformed, or no whole package in it
    404  R-MIRROR-2  origin not known
    409  R-MIRROR-2  end is of no known checkpoint, or start is above the next entry; the body is the mirror's info
    422  R-MIRROR-3  the proof of a package fails; those before it stay
    202              all packages hold, and some up to end are still to come; the body is the mirror's info
    200              every entry up to end is there

Source: c2sp.org/tlog-mirror (a draft; commit 0838f7b of 2026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from majlis.errors import Fault, Forged, Malformed
from majlis.record.checkpoint import MAX_SIZE, format_decimal, parse_decimal
from majlis.record.merkle import (
    HASH_SIZE,
    MAX_PROOF,
    ReadHash,
    Tree,
    check_subtree_consistency,
    leaf_hash,
    prove_subtree_consistency,
)
from majlis.record.note import decode_base64, encode_base64
from majlis.record.tile import FULL, MAX_ENTRY_SIZE
from majlis.record.witness import WitnessState

__all__ = [
    "MAX_PACKAGES",
    "AddEntries",
    "EntriesJudgement",
    "MirrorInfo",
    "Package",
    "check_package",
    "format_add_entries",
    "format_mirror_info",
    "judge_add_entries",
    "package_ranges",
    "parse_add_entries",
    "parse_mirror_info",
    "prove_package",
]

MAX_PACKAGES: Final = 32
"""How many packages we send in one request or put in one file: 8,192 entries."""

ReadLeaves = Callable[[int, int], Sequence[bytes]]
"""Gives the leaf hashes [start, end) of what the mirror holds."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """The entries from ``start`` on, at most 256 and never over a multiple of 256; nothing in it is checked yet."""

    start: int
    entries: tuple[bytes, ...]
    proof: tuple[bytes, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.entries)

    @property
    def rounded(self) -> int:
        """Where the subtree starts that the proof is of."""
        return self.start - self.start % FULL


class AddEntries(msgspec.Struct, frozen=True, kw_only=True):
    """A request as parsed. ``is_cut``: it ends inside a package, which was dropped."""

    origin: str
    start: int
    end: int
    ticket: bytes = b""
    packages: tuple[Package, ...] = ()
    is_cut: bool = False


class MirrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a mirror waits for. ``size``: of its pending checkpoint."""

    size: int
    next: int
    ticket: bytes = b""


class EntriesJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer. ``entries`` are proven and stand at ``start``; they are to be kept whatever the status is."""

    status: int
    origin: str = ""
    start: int = 0
    entries: tuple[bytes, ...] = ()
    info: MirrorInfo | None = None
    fault: str = ""


def package_ranges(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The packages that [start, end) is sent in, as ranges of entries."""
    while start < end:
        stop = min(end, start - start % FULL + FULL)
        yield start, stop
        start = stop


def prove_package(start: int, entries: Sequence[bytes], *, size: int, read: ReadHash) -> Package:
    """The package of these entries with its proof in the tree of ``size``.

    Raises: ValueError, when the entries are none, or go over a multiple of 256 or the size.
    """
    end = start + len(entries)
    if not entries or (end - 1) // FULL != start // FULL:
        raise ValueError(f"[{start}, {end}) is not one package")
    proof = prove_subtree_consistency(start - start % FULL, end, size, read)
    return Package(start=start, entries=tuple(entries), proof=proof)


def check_package(package: Package, *, size: int, root: bytes, before: Sequence[bytes] = ()) -> None:
    """The entries of the package stand at their place in the tree of ``size`` with ``root``.

    ``before``: the leaf hashes of the entries [package.rounded, package.start), which are none where the package
    starts at a multiple of 256.

    Raises: Forged; ValueError, when ``before`` is of another length.
    """
    if len(before) != package.start - package.rounded:
        raise ValueError(f"package at {package.start} needs the leaves from {package.rounded} on, got {len(before)}")
    leaves = [*before, *map(leaf_hash, package.entries)]
    try:
        check_subtree_consistency(
            package.proof,
            start=package.rounded,
            end=package.end,
            size=size,
            subtree=Tree(leaves).root(),
            root=root,
        )
    except Forged as fault:
        raise Forged(
            f"the entries {package.start} to {package.end - 1} are not those under this checkpoint: {fault.text}",
            rule="R-MIRROR-3",
        ) from None


def format_add_entries(request: AddEntries) -> bytes:
    """The body of the request. Raises: Malformed, when it has a form that ``parse_add_entries`` would not give back."""
    origin = request.origin.encode()
    if len(origin) > MAX_ENTRY_SIZE or len(request.ticket) > MAX_ENTRY_SIZE:
        raise Malformed("an origin and a ticket have at most 65,535 bytes", rule="R-MIRROR-2")
    parts = [
        len(origin).to_bytes(2, "big"),
        origin,
        request.start.to_bytes(8, "big"),
        request.end.to_bytes(8, "big"),
        len(request.ticket).to_bytes(2, "big"),
        request.ticket,
    ]
    ranges = package_ranges(request.start, request.end)
    for package in request.packages:
        if (package.start, package.end) != next(ranges, None) or len(package.proof) > MAX_PROOF:
            raise Malformed("the packages of a request follow one another from its start", rule="R-MIRROR-2")
        for entry in package.entries:
            if len(entry) > MAX_ENTRY_SIZE:
                raise Malformed(f"an entry has at most {MAX_ENTRY_SIZE} bytes", rule="R-MIRROR-2")
            parts += [len(entry).to_bytes(2, "big"), entry]
        parts += [bytes([len(package.proof)]), *package.proof]
    return b"".join(parts)


class _Cut(Exception):
    """The bytes end too early."""


class _Bytes:
    """Bytes being read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) != count:
            raise _Cut
        self.at += count
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def sized(self) -> bytes:
        return self.take(self.number(2))

    @property
    def is_done(self) -> bool:
        return self.at == len(self.data)


class _Packages:
    """The packages of a request, one after another, so that the first that does not hold ends the reading.

    ``is_cut``: it ends inside a package, which was dropped.
    """

    def __init__(self, reader: _Bytes, start: int, end: int) -> None:
        self._reader = reader
        self._ranges = package_ranges(start, end)
        self.is_cut = False

    def __iter__(self) -> Iterator[Package]:
        """Raises: Malformed, for over 63 hashes, or bytes behind the last package."""
        reader = self._reader
        try:
            for first, stop in self._ranges:
                if reader.is_done:
                    return
                entries = tuple(reader.sized() for _ in range(first, stop))
                count = reader.number(1)
                if count > MAX_PROOF:
                    raise Malformed(
                        f"a proof has at most {MAX_PROOF} hashes, this one {count}",
                        where=f"entry {first}",
                        rule="R-MIRROR-2",
                    )
                proof = tuple(reader.take(HASH_SIZE) for _ in range(count))
                yield Package(start=first, entries=entries, proof=proof)
        except _Cut:
            self.is_cut = True
            return
        if not reader.is_done:
            raise Malformed("more follows in this request than the entries that it announces", rule="R-MIRROR-2")


def _open_add_entries(body: bytes) -> tuple[AddEntries, _Packages]:
    """The head of the request, and its packages, which are not read yet. Raises: Malformed."""
    reader = _Bytes(body)
    try:
        origin = reader.sized().decode("utf-8")
        start, end = reader.number(8), reader.number(8)
        ticket = reader.sized()
    except _Cut:
        raise Malformed("the head of this request is cut off", rule="R-MIRROR-2") from None
    except UnicodeDecodeError:
        raise Malformed("the origin in this request is not UTF-8", rule="R-MIRROR-2") from None
    if not start <= end <= MAX_SIZE:
        raise Malformed(f"a request carries entries from {start} to {end}, which cannot be", rule="R-MIRROR-2")
    return AddEntries(origin=origin, start=start, end=end, ticket=ticket), _Packages(reader, start, end)


def parse_add_entries(body: bytes) -> AddEntries:
    """The request in ``body``, with every whole package; no proof is checked yet.

    Raises: Malformed, when its head does not parse, a package has over 63 hashes, or more follows than ``end``.
    """
    head, packages = _open_add_entries(body)
    found = tuple(packages)
    return msgspec.structs.replace(head, packages=found, is_cut=packages.is_cut)


def format_mirror_info(info: MirrorInfo) -> str:
    """The body of a 409 or 202 answer (``text/x.tlog.mirror-info``)."""
    return f"{format_decimal(info.size)}\n{format_decimal(info.next)}\n{encode_base64(info.ticket)}\n"


def parse_mirror_info(text: str) -> MirrorInfo:
    """What a mirror waits for. Raises: Malformed."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise Malformed("a mirror's answer is three lines: size, next entry, ticket", rule="R-MIRROR-2")
    return MirrorInfo(size=parse_decimal(lines[0]), next=parse_decimal(lines[1]), ticket=decode_base64(lines[2]))


def judge_add_entries(
    body: bytes, *, pending: Mapping[str, Sequence[WitnessState]], next_of: Mapping[str, int], leaves: ReadLeaves
) -> EntriesJudgement:
    """What a mirror answers to ``body``; total.

    ``pending``: the checkpoints by origin that entries may be sent for, the newest last. ``next_of``: the first entry
    of each origin that the mirror lacks. ``leaves``: the leaf hashes that it holds of the origin in question.
    """
    try:
        request, packages = _open_add_entries(body)
    except Fault as fault:
        return EntriesJudgement(status=400, fault=str(fault))
    origin = request.origin
    known = pending.get(origin)
    if not known:
        return EntriesJudgement(status=404, origin=origin, fault=f"the log {origin!r} is not mirrored here")
    upto = next_of.get(origin, 0)
    state = next((state for state in known if state.size == request.end), None)
    if state is None or request.start > upto:
        info = MirrorInfo(size=request.end if state else known[-1].size, next=upto)
        fault_text = "no known checkpoint has this end" if state is None else f"entries from {upto} on are lacking"
        return EntriesJudgement(status=409, origin=origin, info=info, fault=fault_text)
    kept: list[bytes] = []
    held = list(leaves(request.start - request.start % FULL, request.start))
    try:
        for package in packages:
            check_package(package, size=state.size, root=state.root, before=held)
            kept += package.entries
            held = []
    except Forged as fault:
        return EntriesJudgement(status=422, origin=origin, start=request.start, entries=tuple(kept), fault=str(fault))
    except Fault as fault:
        return EntriesJudgement(status=400, origin=origin, fault=str(fault))
    if not kept and request.start < request.end:
        return EntriesJudgement(status=400, origin=origin, fault="there is no whole package in this request")
    reached = max(upto, request.start + len(kept))
    info = MirrorInfo(size=request.end, next=reached)
    status = 200 if reached >= request.end else 202
    return EntriesJudgement(
        status=status, origin=origin, start=request.start, entries=tuple(kept), info=None if status == 200 else info
    )
