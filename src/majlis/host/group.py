"""Group commit: acts that come in at the same time are stored together, by one sync for all of them.

    hand_in      any thread; returns at once
    open         two threads; form and signatures, which libsodium judges without the interpreter's lock
    submit       one thread, the only one that writes; appended and synced together, then judged, then receipted
    deliver      the same thread; every act gets its receipt or its fault

A sync costs the same for one act as for hundreds, so the more there are, the less each waits. While one group is being
stored the next one gathers; beyond that a group waits ``GATHER`` seconds for more, but only where the one before it had
company: who is alone waits for nobody. No receipt is made before its act is on the disk (R-STORE-1).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, NamedTuple, TypeVar

from majlis.errors import Fault, Missing
from majlis.host.host import Host, Outcome
from majlis.institutions import SignedAct

__all__ = ["Busy", "Group"]

GATHER: Final = 0.003
MOST_AT_ONCE: Final = 512
MOST_WAITING: Final = 4096
_FEW: Final = 8

T = TypeVar("T")


class Busy(Missing):
    """More waits than this machine can store in a moment; the same act may be handed in again."""


class _Handed(NamedTuple, Generic[T]):
    identity: str
    entry: bytes
    ticket: T


class Group(Generic[T]):
    """Takes acts in from any number of threads and stores them in groups, for as long as it is open.

    ``deliver`` is called once for each group, in a thread of ours, with each ticket and what became of its act.
    """

    def __init__(self, host: Host, deliver: Callable[[Sequence[tuple[T, Outcome]]], None]) -> None:
        self._host = host
        self._deliver = deliver
        self._waiting: list[_Handed[T]] = []
        self._changed = threading.Condition()
        self._is_closed = False
        self._openers = ThreadPoolExecutor(1, "open")
        self._writer = threading.Thread(target=self._run, name="group", daemon=True)
        self._writer.start()

    def hand_in(self, identity: str, entry: bytes, ticket: T) -> None:
        """The act will be in one of the next groups, and ``ticket`` is given back with its receipt or fault.

        Raises: Busy, when too much is waiting, or this is closed; then nothing is kept of it.
        """
        with self._changed:
            if self._is_closed:
                raise Busy("this host is stopping; hand the act in again when it is back, or to a mirror")
            if len(self._waiting) >= MOST_WAITING:
                raise Busy("more acts are waiting than can be stored in a moment; hand it in again shortly")
            self._waiting.append(_Handed(identity, entry, ticket))
            if len(self._waiting) == 1:
                self._changed.notify()

    def close(self) -> None:
        """All that was handed in is stored and delivered, and nothing more is taken. Harmless when it already is."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._writer.join()
        self._openers.shutdown()

    def _run(self) -> None:
        had_company = False
        while True:
            with self._changed:
                while not self._waiting and not self._is_closed:
                    self._changed.wait()
                if not self._waiting:
                    return
            if had_company and len(self._waiting) < MOST_AT_ONCE:
                time.sleep(GATHER)
            with self._changed:
                group = self._waiting[:MOST_AT_ONCE]
                del self._waiting[:MOST_AT_ONCE]
            had_company = len(group) > 1
            self._deliver(self._store_or_stop(group))

    def _store_or_stop(self, group: Sequence[_Handed[T]]) -> Sequence[tuple[T, Outcome]]:
        """What became of each act. After an error of our own nobody waits for ever, and nothing more is taken in."""
        try:
            return self._store(group)
        except Exception as error:
            with self._changed:
                self._is_closed = True
                left, self._waiting = self._waiting, []
            fault = Fault(f"this host has failed ({error!r}); start it again, and hand the act in once more")
            return [(handed.ticket, fault) for handed in [*group, *left]]

    def _store(self, group: Sequence[_Handed[T]]) -> list[tuple[T, Outcome]]:
        outcomes: list[Outcome | None] = [None] * len(group)
        good: list[tuple[str, SignedAct]] = []
        places: list[int] = []
        for place, (handed, opened) in enumerate(zip(group, self._open(group), strict=True)):
            if isinstance(opened, Fault):
                outcomes[place] = opened
            else:
                good.append((handed.identity, opened))
                places.append(place)
        for place, outcome in zip(places, self._host.submit_group(good), strict=True):
            outcomes[place] = outcome
        return [(handed.ticket, outcome) for handed, outcome in zip(group, outcomes, strict=True) if outcome]

    def _open(self, group: Sequence[_Handed[T]]) -> list[SignedAct | Fault]:
        """Each act, its signatures checked, or what is wrong with it; half of a large group in another thread."""
        if len(group) < _FEW:
            return self._open_some(group)
        middle = len(group) // 2
        second: Future[list[SignedAct | Fault]] = self._openers.submit(self._open_some, group[middle:])
        return [*self._open_some(group[:middle]), *second.result()]

    def _open_some(self, group: Sequence[_Handed[T]]) -> list[SignedAct | Fault]:
        opened: list[SignedAct | Fault] = []
        for handed in group:
            try:
                opened.append(self._host.open(handed.identity, handed.entry))
            except Fault as fault:
                opened.append(fault)
        return opened
