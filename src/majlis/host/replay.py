"""One body's record being folded: its entries, opened ahead of the fold, and the states that it came to.

Form and fold need the interpreter, signatures do not. So while some entries are folded, another thread judges the
signatures of the next, all of them in few calls; the fold waits for it and never runs ahead. Without the native engine
two threads do that, which then is most of the work.

The state after every entry is a value of its own, and certificates may cite any. But each costs some kilobytes that
no other shares, so the older they are the fewer are kept, and one that is asked for is made again from the one before
it that is at hand:

    all of the last 128; before them those whose size ends with k zero bits for 8 * 2^k entries more
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Final, overload

from majlis.crypto import are_signed, native
from majlis.host.store import Record as Stored
from majlis.institutions import GENESIS, Finding, SignedAct, State, fold, fold_signed
from majlis.institutions.act import claims_of, parse_acts, signed_acts
from majlis.institutions.evidence import Evidence
from majlis.record import Tree, leaf_hash, root_at

__all__ = ["Record", "few_collections", "open_side_by_side"]

AHEAD: Final = 512
FEW: Final = 32
"""Entries that are opened together ahead of the fold, and how many there must be for that to be worth a thread."""

RECENT: Final = 128
SPARSE: Final = 8


class _Opening:
    """Entries being opened: their forms are judged, and other threads judge the signatures, without the interpreter."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._acts = parse_acts(entries)
        claims = claims_of(self._acts)
        share = len(claims) if native.is_native() else -(-len(claims) // 2)
        parts = [claims[at : at + share] for at in range(0, len(claims), share or 1)]
        self._verdicts = [_judges(os.getpid()).submit(are_signed, part) for part in parts]

    def acts(self) -> list[SignedAct | None]:
        """The act in each entry, None where it does not open."""
        return signed_acts(self._acts, [holds for verdicts in self._verdicts for holds in verdicts.result()])


@cache
def _judges(process: int) -> ThreadPoolExecutor:
    """Two for each process: a forked one inherits the object, and not its threads."""
    return ThreadPoolExecutor(2, "judge")


def open_side_by_side(entries: Sequence[bytes], start: int = 0, end: int | None = None) -> Iterator[SignedAct | None]:
    """The act in each entry [start, end), None where it does not open. While some are used, the next are judged."""
    end = len(entries) if end is None else end
    coming: _Opening | None = None
    for at in range(start, end, AHEAD):
        now, coming = coming, _Opening(entries[at : min(at + AHEAD, end)])
        yield from now.acts() if now else ()
    yield from coming.acts() if coming else ()


@contextmanager
def few_collections() -> Iterator[None]:
    """What is folded stays: looking through it for garbage again and again would take most of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _StoredEntries(Sequence[bytes]):
    """The entries of a stored record, read when somebody asks for them, as far as they are known of."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._size = stored.size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        if isinstance(at, slice):
            start, stop, step = at.indices(self._size)
            return self._stored.entries(start, max(start, stop))[::step] if step > 0 else list(self)[at]
        place = at + self._size if at < 0 else at
        if not 0 <= place < self._size:
            raise IndexError(f"a record of {self._size} has no entry {at}")
        return self._stored.entries(place, place + 1)[0]

    def __iter__(self) -> Iterator[bytes]:
        return self._stored.iterate(0, self._size)

    def append(self, entry: bytes) -> None:
        """One more is known of; whoever says so has stored it."""
        self._size += 1


class _StoredTree:
    """The tree of a stored record, as far as its entries are known of."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self.size = stored.size
        self._read = stored.hashes()

    def append(self, leaf: bytes) -> None:
        """One leaf more is known of; whoever says so has stored its entry."""
        self.size += 1
        self._read = self._stored.hashes()

    def read(self, level: int, index: int) -> bytes:
        """A ``ReadHash``."""
        return self._read(level, index)

    def root(self, size: int | None = None) -> bytes:
        """The root now, or at an earlier size."""
        return root_at(self.size if size is None else size, self._read)


class Record:
    """One body's entries, its tree, and its states.

    ``states[n]`` is the state at size n where that is at hand (``has``), and else any other. ``used``: what had been
    counted of quotas at a size, when a snapshot was made.
    """

    entries: Sequence[bytes]
    used: tuple[int, dict[str, int]] = (0, {})

    def __init__(self, entries: Iterable[bytes] = (), *, stored: Stored | None = None) -> None:
        """``stored``: where entries and hashes are read from when they are needed, instead of ``entries``."""
        self._entries: list[bytes] | _StoredEntries = [] if stored is None else _StoredEntries(stored)
        self.entries = self._entries
        self.tree = Tree() if stored is None else _StoredTree(stored)
        self.states: list[State] = [GENESIS]
        self.findings: list[Finding] = []
        self._opened: dict[int, SignedAct | None] = {}
        self._coming: tuple[int, _Opening | None] = (0, None)
        self._again: tuple[int, State] = (0, GENESIS)
        for entry in entries:
            self.append(entry)

    def append(self, entry: bytes, opened: SignedAct | None = None) -> None:
        """One more entry at hand; it is folded when somebody asks. ``opened``: the act in it, where it is known.

        Of a stored record it is the next that is stored already.
        """
        if opened is not None:
            self._opened[len(self._entries)] = opened
        self._entries.append(entry)
        self.tree.append(leaf_hash(entry))

    @property
    def state(self) -> State:
        """The newest state made so far."""
        return self.states[-1]

    def has(self, size: int) -> bool:
        """Whether the state at this size is at hand."""
        return size < len(self.states) and self.states[size].size == size

    def make(self, size: int, evidence: Evidence) -> None:
        """The state at this size is at hand. What ``evidence`` raises passes through, and what was made stays."""
        while size >= len(self.states):
            self.advance(evidence)
        if not self.has(size):
            self._make_again(size, evidence)

    def advance(self, evidence: Evidence) -> None:
        """The next entry is folded. Whatever ``evidence`` raises passes through, and nothing is changed then."""
        at = len(self.states) - 1
        if at not in self._opened and len(self.entries) - at >= FEW:
            self._open_ahead(at)
        opened = self._opened.get(at)
        if opened is None:
            state, findings = fold(self.state, self.entries[at], evidence)
        else:
            state, findings = fold_signed(self.state, opened, evidence)
        self._opened.pop(at, None)
        self.states.append(state)
        self.findings += findings
        self._thin_out(at + 1)

    def _open_ahead(self, at: int) -> None:
        """The next entries from ``at`` are opened; those after them begin to be, while these are folded."""
        start, coming = self._coming
        if coming is None or start != at:
            coming = _Opening(self.entries[at : at + AHEAD])
        start = at + AHEAD
        self._coming = start, _Opening(self.entries[start : start + AHEAD]) if len(self.entries) > start else None
        self._opened.update(enumerate(coming.acts(), start=at))

    def _thin_out(self, size: int) -> None:
        """Those states are let go whose time is over now that there are so many."""
        last, least = size - RECENT, RECENT // SPARSE
        if last > 1 and last % least:
            self.states[last] = GENESIS
        if size % least == 0 and (last := size - SPARSE * (size & -size)) > 1:
            self.states[last] = GENESIS

    def _make_again(self, size: int, evidence: Evidence) -> None:
        """A state that was let go, from the nearest before it; what an attempt came to before serves the next."""
        nearest = next(at for at in range(size, -1, -1) if self.has(at))
        at, state = self._again
        if not nearest < at <= size:
            at, state = nearest, self.states[nearest]
        for place, opened in enumerate(open_side_by_side(self.entries, at, size), start=at):
            if opened is None:
                state, _ = fold(state, self.entries[place], evidence)
            else:
                state, _ = fold_signed(state, opened, evidence)
            self._again = place + 1, state
        self.states[size] = state

    def resume(self, state: State, findings: Sequence[Finding], evidence: Evidence) -> None:
        """The record stands folded as far as ``state``, which a fold of these very entries came to before."""
        first, _ = fold(GENESIS, self.entries[0], evidence)
        self.states = [GENESIS, first, *[GENESIS] * (state.size - 2), state] if state.size > 1 else [GENESIS, state]
        self.findings = list(findings)

    def cut(self, size: int) -> None:
        """Nothing is folded beyond this size, whose state is at hand."""
        del self.states[size + 1 :]
        self.findings = [finding for finding in self.findings if finding.index < size]
        self._again = (0, GENESIS)
