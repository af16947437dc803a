"""Group commit: acts that come in at the same time are stored together, by one sync for all of them.

    hand_in      any thread; returns at once
    open         one thread; form and signatures, which libsodium judges without the interpreter's lock
    submit       one thread, the only one that writes; appended and synced together, then judged, then receipted
    deliver      the same thread; every act gets its receipt or its fault

A sync costs the same for one act as for hundreds, so the more there are, the less each waits. An act waits until the
group before it is stored and for nothing else: what has been opened by then is the next group. No receipt is made
before its act is on the disk (R-STORE-1).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from majlis.errors import Fault, Missing
from majlis.host.brought import NO_BLOBS, Brought
from majlis.host.host import Host, Outcome
from majlis.institutions import SignedAct

__all__ = ["Busy", "Group"]

SOME: Final = 64
MOST_AT_ONCE: Final = 512
MOST_WAITING: Final = 4096

T = TypeVar("T")


class Busy(Missing):
    """More waits than this machine can store in a moment; the same act may be handed in again."""


class _Handed(NamedTuple, Generic[T]):
    identity: str
    entry: bytes
    ticket: T
    brought: Brought


class _Opened(NamedTuple, Generic[T]):
    identity: str
    act: SignedAct | Fault
    ticket: T
    brought: Brought


class Group(Generic[T]):
    """Takes acts in from any number of threads and stores them in groups, for as long as it is open.

    ``deliver`` is called once for each group, in a thread of ours, with each ticket and what became of its act.
    """

    def __init__(self, host: Host, deliver: Callable[[Sequence[tuple[T, Outcome]]], None]) -> None:
        self._host = host
        self._deliver = deliver
        self._changed = threading.Condition()
        # Both lists and all three facts under the condition's lock; an act is in one list, or in a thread's hands.
        self._waiting: list[_Handed[T]] = []
        self._opened: list[_Opened[T]] = []
        self._in_hand = 0
        self._is_closed = False
        self._has_opened_all = False
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._open_all, self._store_all)]
        for thread in self._threads:
            thread.start()

    def hand_in(self, identity: str, entry: bytes, ticket: T, brought: Brought = NO_BLOBS) -> None:
        """The act will be in one of the next groups, and ``ticket`` is given back with its receipt or fault.

        ``brought``: blobs that it names, kept only with it.

        Raises: Busy, when too much is waiting, or this is closed; then nothing is kept of it.
        """
        with self._changed:
            if self._is_closed:
                raise Busy("this host is stopping; hand the act in again when it is back, or to a mirror")
            if len(self._waiting) + len(self._opened) + self._in_hand >= MOST_WAITING:
                raise Busy("more acts are waiting than can be stored in a moment; hand it in again shortly")
            self._waiting.append(_Handed(identity, entry, ticket, brought))
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def close(self) -> None:
        """All that was handed in is stored and delivered, and nothing more is taken. Harmless when it already is."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _open_all(self) -> None:
        """Until closed: what waits is opened, some at a time, so that the writer need not wait for all of it."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                some = self._waiting[:SOME]
                del self._waiting[:SOME]
                self._in_hand += len(some)
                if not some:
                    self._has_opened_all = True
                    self._changed.notify_all()
                    return
            opened = [_Opened(each.identity, self._open(each), each.ticket, each.brought) for each in some]
            with self._changed:
                self._in_hand -= len(some)
                self._opened += opened
                if len(self._opened) == len(opened):
                    self._changed.notify_all()

    def _open(self, handed: _Handed[T]) -> SignedAct | Fault:
        try:
            return self._host.open(handed.identity, handed.entry)
        except Fault as fault:
            return fault
        except Exception as error:
            return self._fail(error)

    def _store_all(self) -> None:
        """Until closed and nothing is left: what has been opened is stored and delivered."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._opened or self._has_opened_all)
                group = self._opened[:MOST_AT_ONCE]
                del self._opened[:MOST_AT_ONCE]
                self._in_hand += len(group)
            if not group:
                return
            self._deliver([(each.ticket, outcome) for each, outcome in zip(group, self._store(group), strict=True)])
            with self._changed:
                self._in_hand -= len(group)

    def _store(self, group: Sequence[_Opened[T]]) -> Sequence[Outcome]:
        """What became of each, in order. After an error of our own nothing more is taken in, and nobody waits."""
        good = [(each.identity, each.act) for each in group if not isinstance(each.act, Fault)]
        brought = [each.brought for each in group if not isinstance(each.act, Fault)]
        try:
            outcomes = iter(self._host.submit_group(good, dict(enumerate(brought))))
            return [each.act if isinstance(each.act, Fault) else next(outcomes) for each in group]
        except Exception as error:
            return [self._fail(error)] * len(group)

    def _fail(self, error: Exception) -> Fault:
        with self._changed:
            self._is_closed = True
        return Fault(f"this host has failed ({error!r}); start it again, and hand the act in once more")
