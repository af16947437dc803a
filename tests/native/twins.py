"""Both engines on one box: the reference engine's report, which the native engine must give too, word for word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from majlis.ballot import Process, Report, verify_archive
from majlis.ballot.engine import NativeEngine
from majlis.ballot.hints import HINTS_HEADER

UNKNOWN, BATCHED, SINGLE, CORRECTED = range(4)


def reader(hints: bytes | None):  # type: ignore[no-untyped-def]
    """A file of hints, as the engine reads it."""
    return None if hints is None else lambda offset, size: hints[offset : offset + size]


def make_hints(archive: bytes, threads: int = 1) -> bytes:
    """The hints of a box; empty where there can be none."""
    parts: list[bytes] = []
    verify_archive(archive, native=NativeEngine(threads=threads, keep_hints=parts.append))
    return b"".join(parts)


def cut_hints(hints: bytes, voters: int, points: int) -> tuple[bytes, list[bytearray]]:
    """What comes before the hints of ballots, and each of these."""
    start, size = HINTS_HEADER + 64 * voters, 32 + 64 * points
    return hints[:start], [bytearray(hints[at : at + size]) for at in range(start, len(hints), size)]


def agree(
    archive: bytes | Sequence[bytes],
    process: Process | None = None,
    *,
    hints: bytes | None = None,
    threads: int = 1,
) -> tuple[Report, Counter[int]]:
    """The report that both engines give, and how the native one came to its part of it."""
    engine = NativeEngine(threads=threads, hints=reader(hints))
    fast = verify_archive(archive, process, native=engine)
    slow = of_reference(archive, process)
    assert fast == slow, difference(slow, fast)
    return slow, engine.outcomes


_known: dict[bytes, Report] = {}


def of_reference(archive: bytes | Sequence[bytes], process: Process | None) -> Report:
    """The reference engine's report; many tests ask for the same one."""
    if process is not None or not isinstance(archive, bytes):
        return verify_archive(archive, process)
    if archive not in _known:
        _known[archive] = verify_archive(archive)
    return _known[archive]


def difference(slow: Report, fast: Report) -> str:
    """What only one of the reports says."""
    lines = [f"verdict {slow.verdict} / {fast.verdict}, ballots {slow.ballots} / {fast.ballots}"]
    lines += [f"- {a}\n+ {b}" for a, b in zip(slow.checks, fast.checks, strict=True) if a != b]
    lines += [f"- {each}" for each in slow.failures if each not in fast.failures]
    lines += [f"+ {each}" for each in fast.failures if each not in slow.failures]
    return "\n".join(lines)


def outcomes(**counts: int) -> Counter[int]:
    """``outcomes(batched=3, single=1)``."""
    names = {"unknown": UNKNOWN, "batched": BATCHED, "single": SINGLE, "corrected": CORRECTED}
    return Counter({names[name]: count for name, count in counts.items() if count})


def failed(report: Report) -> Iterable[str]:
    """The checks that failed."""
    return {failure.check for failure in report.failures}
