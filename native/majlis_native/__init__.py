"""The native engine of Majlis: ballots, memberships and encrypted sums of elections in Ed25519, much faster; signatures
of acts, and the hash trees of records.

It says "all holds" or nothing; what it does not accept is judged by the reference engine. Public data only: nothing
here takes a secret. The interpreter's lock is released while it works.

Encodings are 32 bytes as RFC 8032 has them, hints are described in ``spec/hints.md`` of Majlis. Only ``majlis.crypto``
uses this package.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

__all__ = [
    "BATCHED",
    "CORRECTED",
    "INTERFACE",
    "SINGLE",
    "UNKNOWN",
    "VERSION",
    "Election",
    "Examined",
    "Span",
    "Spans",
    "Sums",
    "are_members",
    "are_signed",
    "examine_shuffle",
    "features",
    "leads_to",
    "leave_out",
    "member_roots",
    "operate",
    "raise_nodes",
]

VERSION: Final = "0.1.0"
INTERFACE: Final = 4
"""The version of the functions below; an engine that says another one is not used."""

UNKNOWN, BATCHED, SINGLE, CORRECTED = range(4)
"""Outcomes of a ballot: not accepted here; accepted by its hint; by itself; by itself, its hint being wrong."""

_NAMES: Final = {"win32": "majlis_native.dll", "darwin": "libmajlis_native.dylib"}
_SPAN: Final = struct.Struct("=QQQ32s32s")

_P, _N, _U32 = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32


class Span(NamedTuple):
    """One ballot of a run: where its text begins, its size, where the next record begins; SHA-256 of ballot, event."""

    start: int
    size: int
    end: int
    ballot: bytes
    event: bytes


class Spans:
    """The ballots of a run, as the engine holds them."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._spans = list(map(Span._make, _SPAN.iter_unpack(raw)))

    def __getitem__(self, place: int) -> Span:
        return self._spans[place]

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)


class Examined(NamedTuple):
    """What is known of each ballot. ``points``: decoded, for ``Sums``; ``encodings``: of each ballot's ciphertexts."""

    outcomes: bytes
    points: ctypes.Array[ctypes.c_char]
    encodings: bytes
    hints: bytes


def _load() -> ctypes.CDLL:
    # Without pathlib, which takes longer to load than all this package does.
    folder = os.path.dirname(__file__)  # noqa: PTH120
    library = ctypes.CDLL(os.path.join(folder, _NAMES.get(sys.platform, "libmajlis_native.so")))  # noqa: PTH118
    library.majlis_interface.restype = _U32
    found = library.majlis_interface()
    if found != INTERFACE:
        raise ImportError(f"the library beside this file speaks interface {found}, not {INTERFACE}: build it again")
    prototypes = {
        "majlis_interface": (_U32, []),
        "majlis_features": (_U32, [_U32]),
        "majlis_sizes": (None, [_P]),
        "majlis_election_new": (_P, [_P, _N]),
        "majlis_election_free": (None, [_P]),
        "majlis_election_sizes": (None, [_P, _P]),
        "majlis_skim": (_N, [_P, _N, _N, ctypes.c_uint64, _P, ctypes.c_uint64, _N, _P]),
        "majlis_examine": (None, [_P, _P, _N, _P, _N, _P, _N, _P, _P, _P, _P]),
        "majlis_are_members": (ctypes.c_bool, [_P, _N, _P, _P, _N]),
        "majlis_decode": (ctypes.c_bool, [_P, _N, _P]),
        "majlis_sums_new": (None, [_P, _N]),
        "majlis_sums_add": (None, [_P, _N, _P, _P, _N]),
        "majlis_sums_encode": (None, [_P, _N, _P]),
        "majlis_shuffle": (ctypes.c_uint8, [_P, _N, _P, _P, _P, _P]),
        "majlis_signatures": (None, [_P, _N, _P, _N, _P]),
        "majlis_raise": (ctypes.c_bool, [_P, _N, _P, _N]),
        "majlis_leads_to": (ctypes.c_bool, [_P, _N, ctypes.c_uint64]),
        "majlis_try": (ctypes.c_ssize_t, [_P, _N, _P, _N, _P, _N]),
    }
    for name, (result, arguments) in prototypes.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_library: Final = _load()
_sizes: Final = (_U32 * 3)()
_library.majlis_sizes(_sizes)
_SPAN_SIZE, _POINT_SIZE, _SUM_SIZE = _sizes
if _SPAN.size != _SPAN_SIZE:
    raise ImportError("the library beside this file lays out its data otherwise: build it again")


def _buffer(size: int) -> ctypes.Array[ctypes.c_char]:
    return (ctypes.c_char * size)()


_FEATURES: Final = ("SHA-256", "AVX-512 IFMA", "AVX2")
_left_out = 0


def features() -> tuple[str, ...]:
    """What the processor has that the engine uses."""
    bits = _library.majlis_features(_left_out)
    return tuple(name for place, name in enumerate(_FEATURES) if bits >> place & 1)


def leave_out(*names: str) -> None:
    """These of the features are not used any more, by all of this process; with no name all are used again."""
    global _left_out  # noqa: PLW0603
    _left_out = sum(1 << _FEATURES.index(name) for name in names)
    _library.majlis_features(_left_out)


leave_out(*(name for name in _FEATURES if name in os.environ.get("MAJLIS_NATIVE_WITHOUT", "").split(",")))


class Election:
    """One election. ``description``: as in ``native/src/election.rs``."""

    def __init__(self, description: bytes) -> None:
        """Raises: ValueError, where the election is none for this engine."""
        self._handle = None
        self._handle = _library.majlis_election_new(description, len(description))
        if not self._handle:
            raise ValueError("this election is left to the reference engine")
        sizes = (_U32 * 2)()
        _library.majlis_election_sizes(self._handle, sizes)
        self.points, self.hint_size = sizes
        """How many points the ciphertexts of a ballot have; how many bytes a hint."""

    def __del__(self) -> None:
        if self._handle:
            _library.majlis_election_free(self._handle)

    def skim(self, data: bytes, *, at: int, timestamp: int, parent: bytes, height: int, most: int) -> Spans:
        """The ballots that stand in the data from ``at``, at most ``most``, whose outer form is right to the last byte.

        ``parent``: SHA-256 of the event before; ``height``: number of the first event.
        """
        if len(parent) != 32:
            raise ValueError("a hash has 32 bytes")
        spans = _buffer(most * _SPAN_SIZE)
        count = _library.majlis_skim(data, len(data), at, timestamp, parent, height, most, spans)
        return Spans(bytes(memoryview(spans)[: count * _SPAN_SIZE]))

    def examine(self, data: bytes, spans: Spans, *, hints: bytes, threads: int, wants_hints: bool = False) -> Examined:
        """What is known of the ballots at these spans of the data. ``hints``: one for each, or none at all."""
        count = len(spans)
        if hints and len(hints) != count * self.hint_size:
            raise ValueError("there is one hint for each ballot, or none")
        if any(span.start + span.size > len(data) for span in spans):
            raise ValueError("these spans are of other data")
        outcomes, points = _buffer(count), _buffer(count * self.points * _POINT_SIZE)
        encodings = _buffer(count * self.points * 32)
        made = _buffer(count * self.hint_size if wants_hints else 0)
        _library.majlis_examine(
            self._handle,
            data,
            len(data),
            spans.raw,
            count,
            hints or None,
            threads,
            outcomes,
            points,
            encodings,
            made if wants_hints else None,
        )
        return Examined(outcomes.raw, points, encodings.raw, made.raw)


class Sums:
    """Sums of ciphertext points, one for each point of a ballot."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._sums = _buffer(count * _SUM_SIZE)
        _library.majlis_sums_new(self._sums, count)

    def add(self, points: ctypes.Array[ctypes.c_char], weights: Sequence[int]) -> None:
        """Each ballot's points are added so many times. ``points``: from ``examine``, a weight for each ballot."""
        if len(points) != len(weights) * self._count * _POINT_SIZE:
            raise ValueError("there is one weight for each ballot")
        array = (ctypes.c_int64 * len(weights))(*weights)
        _library.majlis_sums_add(self._sums, self._count, points, array, len(weights))

    def add_encoded(self, encodings: bytes, weight: int) -> None:
        """The points of one ballot are added so many times; a negative weight takes them away.

        Raises: ValueError, when one of them is not on the curve.
        """
        points = _buffer(self._count * _POINT_SIZE)
        if len(encodings) != 32 * self._count or not _library.majlis_decode(encodings, self._count, points):
            raise ValueError("these are not the points of a ballot")
        self.add(points, [weight])

    def encodings(self) -> list[bytes]:
        """The sums as they are written."""
        encodings = _buffer(32 * self._count)
        _library.majlis_sums_encode(self._sums, self._count, encodings)
        return [encodings.raw[at : at + 32] for at in range(0, 32 * self._count, 32)]


def are_members(encodings: bytes, *, hints: bytes, threads: int) -> bool:
    """Whether all encodings, 32 bytes each, are members and not the identity. ``hints``: 64 bytes for each, or none."""
    count = len(encodings) // 32
    if len(encodings) % 32 or (hints and len(hints) != 64 * count):
        raise ValueError("an encoding has 32 bytes, and a hint for it 64")
    return bool(_library.majlis_are_members(encodings, count, hints or None, None, threads))


def member_roots(encodings: bytes, *, threads: int) -> bytes | None:
    """The hints for ``are_members``; None where not all are members."""
    if len(encodings) % 32:
        raise ValueError("an encoding has 32 bytes")
    roots = _buffer(2 * len(encodings))
    return roots.raw if _library.majlis_are_members(encodings, len(encodings) // 32, None, roots, threads) else None


def examine_shuffle(key: bytes, points: bytes, scalars: bytes, *, hints: bytes, wants_hints: bool) -> tuple[int, bytes]:
    """What is known of a shuffle, and its hint where one is wanted. Points and scalars: ``native/src/shuffle.rs``."""
    count = len(points) // 32
    votes = (count - 5) // 7
    if len(key) != 32 or votes < 0 or len(points) != 32 * (7 * votes + 5) or len(scalars) != 32 * (3 * votes + 5):
        raise ValueError("these are not the points and scalars of a shuffle")
    if hints and len(hints) != 64 * count:
        raise ValueError("a hint has 64 bytes for each point")
    made = _buffer(64 * count) if wants_hints else None
    outcome = int(_library.majlis_shuffle(key, votes, points, scalars, hints or None, made))
    return outcome, made.raw if made is not None and outcome != UNKNOWN else b""


def are_signed(claims: Sequence[tuple[bytes, bytes, bytes]]) -> bytes:
    """For each public key, message and signature 1 where that is one of this message by rule S, else 0."""
    if any(len(key) != 32 or len(signature) != 64 for key, _, signature in claims):
        raise ValueError("a public key has 32 bytes, and a signature 64")
    data = b"".join([part for key, message, signature in claims for part in (key, signature, message)])
    sizes = (_U32 * len(claims))(*[len(message) for _, message, _ in claims])
    holds = _buffer(len(claims))
    _library.majlis_signatures(data, len(data), sizes, len(claims), holds)
    return holds.raw


def raise_nodes(hashes: bytes) -> bytes:
    """The perfect nodes above these hashes, 32 bytes each, level after level."""
    count = len(hashes) // 32
    room = count - count.bit_count()
    nodes = _buffer(32 * room)
    if len(hashes) % 32 or not _library.majlis_raise(hashes, count, nodes, room):
        raise ValueError("a hash has 32 bytes")
    return nodes.raw


def leads_to(hashes: bytes, sides: int) -> bool:
    """Whether a leaf and its siblings, at most 64, lead to a root.

    ``hashes``: root, leaf, and the siblings from the leaf up, 32 bytes each; bit i of ``sides``: whether sibling i
    stands on the left.
    """
    return len(hashes) % 32 == 0 and bool(_library.majlis_leads_to(hashes, len(hashes) // 32, sides))


def operate(name: str, data: bytes) -> bytes | None:
    """One operation on its own, for tests: what it gives, or None. Names and inputs: ``native/src/trial.rs``."""
    encoded, output = name.encode(), _buffer(4096)
    size = _library.majlis_try(encoded, len(encoded), data, len(data), output, len(output))
    return None if size < 0 else output.raw[:size]
