"""The native engine, where it is installed: ballots, memberships, sums and signatures in Ed25519, much faster; and the
inner nodes of hash trees.

It is a distribution of its own (``native/``, package ``majlis_native``), found when this module is imported and never
required. It says "all holds" of what it is shown, or nothing: whatever it does not accept is judged by the reference
engine. So a fault in it can cost time or, at worst, let something pass that ought to fail; it can never reword or
invent a failure. Inner nodes it computes; whoever checks a proof that they went into checks them too. It takes public
data only: nothing in this module has a parameter for a secret.

This module is the only importer of the accelerator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from struct import pack
from types import ModuleType
from typing import Any, Final, NamedTuple, Protocol

from majlis.crypto.group import Point, PointBytes
from majlis.errors import Missing, Refused

__all__ = [
    "UNKNOWN",
    "Examined",
    "NativeElection",
    "NativeSums",
    "Outcome",
    "Shape",
    "Span",
    "Spans",
    "are_members",
    "are_signed",
    "check_native",
    "describe_native",
    "examine_shuffle",
    "is_native",
    "leads_to",
    "member_roots",
    "raise_nodes",
]

_INTERFACE: Final = 4


def _find() -> tuple[ModuleType | None, str]:
    """The accelerator, or why there is none."""
    try:
        found = import_module("majlis_native")
    except ModuleNotFoundError:
        return None, "it is not installed"
    except (ImportError, OSError) as wrong:
        return None, f"it cannot be loaded: {wrong}"
    if found.INTERFACE != _INTERFACE:
        return None, f"it speaks interface {found.INTERFACE}, and this program {_INTERFACE}"
    return found, ""


_module, _why_not = _find()

Outcome = int
"""What is known of a ballot: see the four below."""

UNKNOWN: Final[Outcome] = 0
BATCHED: Final[Outcome] = 1
SINGLE: Final[Outcome] = 2
CORRECTED: Final[Outcome] = 3
"""Not accepted by this engine; accepted by its hint; by itself; by itself, as its hint was wrong."""


class Shape(NamedTuple):
    """What a ballot's form depends on, for one question; ``slots`` counts the blank one too."""

    slots: int
    least: int
    most: int
    is_blank: bool
    is_ranked: bool


class Span(NamedTuple):
    """One ballot of a run: where its text begins, its size, where the next record begins; SHA-256 of ballot, event."""

    start: int
    size: int
    end: int
    ballot: bytes
    event: bytes


class Spans(Protocol):
    """The ballots of a run, as the engine holds them."""

    def __getitem__(self, place: int) -> Span: ...
    def __iter__(self) -> Iterator[Span]: ...
    def __len__(self) -> int: ...


class Examined(Protocol):
    """What is known of each ballot, in order.

    ``outcomes``: one for each; ``points``: for ``NativeSums`` alone; ``encodings``: the points of each ballot's
    ciphertexts, 32 bytes each; ``hints``: one for each ballot, or none. Only of accepted ballots are they meaningful.
    """

    @property
    def outcomes(self) -> bytes: ...
    @property
    def points(self) -> Any: ...
    @property
    def encodings(self) -> bytes: ...
    @property
    def hints(self) -> bytes: ...


def is_native() -> bool:
    """Whether the native engine is at hand."""
    return _module is not None


def check_native() -> None:
    """The native engine is at hand. Raises: Missing, with the reason."""
    if _module is None:
        raise Missing(
            f"there is no native engine here, as {_why_not}; make native builds it, or use the reference engine"
        )


def describe_native() -> str:
    """Name, version and what it uses of the processor, for reports; empty where it is not at hand."""
    if _module is None:
        return ""
    return ", ".join([f"majlis_native {_module.VERSION}", *_module.features()])


def _accelerator() -> ModuleType:
    check_native()
    assert _module is not None
    return _module


class NativeElection:
    """One election, as the native engine knows it. ``points``: in a ballot's ciphertexts; ``hint_size``: in bytes."""

    def __init__(self, *, uuid: str, fingerprint: str, key: Point, questions: Sequence[Shape]) -> None:
        """Raises: Missing, without the engine; Refused, for an election that is left to the reference engine."""
        name = uuid.encode()
        description = [key, fingerprint.encode(), bytes([len(name)]), name, pack("<H", len(questions))]
        description += [
            pack("<BIIIB", shape.is_ranked, shape.slots, shape.least, shape.most, shape.is_blank) for shape in questions
        ]
        try:
            self._election = _accelerator().Election(b"".join(description))
        except ValueError as wrong:
            raise Refused(str(wrong)) from None
        self.points: int = self._election.points
        self.hint_size: int = self._election.hint_size

    def skim(self, data: bytes, *, at: int, timestamp: int, parent: bytes, height: int, most: int) -> Spans:
        """The ballots that stand in the data from ``at``, at most ``most``, as far as their outer form is right.

        That is: records and events of which every byte is the one that is foreseen. ``parent``: SHA-256 of the event
        before; ``height``: number of the first event.
        """
        spans: Spans = self._election.skim(data, at=at, timestamp=timestamp, parent=parent, height=height, most=most)
        return spans

    def examine(self, data: bytes, spans: Spans, *, hints: bytes, threads: int, wants_hints: bool) -> Examined:
        """What is known of each of these ballots by itself. ``hints``: one for each, or none at all.

        ``wants_hints``: make them; those of ballots that are not accepted are zeros.
        """
        found: Examined = self._election.examine(data, spans, hints=hints, threads=threads, wants_hints=wants_hints)
        return found


class NativeSums:
    """Sums of ciphertext points over ballots, one for each point of a ballot."""

    def __init__(self, count: int) -> None:
        self._sums = _accelerator().Sums(count)

    def add(self, found: Examined, weights: Sequence[int]) -> None:
        """Each examined ballot's points are added so many times."""
        self._sums.add(found.points, weights)

    def add_encoded(self, encodings: bytes, weight: int) -> None:
        """The points of one ballot, all of them members, are added so many times; a negative weight takes them away."""
        self._sums.add_encoded(encodings, weight)

    def points(self) -> list[Point]:
        """The sums."""
        return [Point(PointBytes(encoding)) for encoding in self._sums.encodings()]


def are_members(points: Sequence[PointBytes], *, hints: bytes, threads: int) -> bool:
    """Whether all are elements of the group, and none the identity. ``hints``: a root of 64 bytes for each, or none."""
    return bool(_accelerator().are_members(b"".join(points), hints=hints, threads=threads))


def are_signed(claims: Sequence[tuple[bytes, bytes, bytes]]) -> bytes:
    """For each public key (32 bytes), message and signature (64) 1 where it holds by rule S, 0 where none is known to.

    The interpreter's lock is free meanwhile.
    """
    found: bytes = _accelerator().are_signed(claims)
    return found


def member_roots(points: Sequence[PointBytes], *, threads: int) -> bytes:
    """The hints for ``are_members``; empty where not all are members."""
    roots: bytes | None = _accelerator().member_roots(b"".join(points), threads=threads)
    return roots or b""


def examine_shuffle(
    key: Point, points: Sequence[PointBytes], scalars: Sequence[int], *, hints: bytes, wants_hints: bool
) -> tuple[Outcome, bytes]:
    """What is known of a shuffle of one question, and its hint where one is wanted and it is accepted.

    ``points``, ``scalars``: in the order of ``native/src/shuffle.rs``, the votes before, which come first, being known
    as members; ``hints``: a root of 64 bytes for each point, or none.
    """
    numbers = b"".join(scalar.to_bytes(32, "little") for scalar in scalars)
    found: tuple[Outcome, bytes] = _accelerator().examine_shuffle(
        key, b"".join(points), numbers, hints=hints, wants_hints=wants_hints
    )
    return found


def raise_nodes(hashes: bytes) -> bytes:
    """All perfect nodes above these hashes, 32 bytes each, level after level: see ``majlis.record.merkle``."""
    found: bytes = _accelerator().raise_nodes(hashes)
    return found


def leads_to(root: bytes, leaf: bytes, siblings: Sequence[bytes], sides: int) -> bool:
    """Whether these siblings, at most 64, are known to lead from the leaf to the root. All are 32 bytes long.

    Bit i of ``sides``: whether sibling i stands on the left.
    """
    return bool(_accelerator().leads_to(b"".join((root, leaf, *siblings)), sides))
