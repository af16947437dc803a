"""Blobs that a record's acts name, asked for several at once over connections that are kept open.

Each is judged by its own name, so that one false one spoils no other, and is on the disk before the next is asked for.
In memory lie at most as many small ones as are asked for at once, and one large one (R-MIRROR-10).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.host.blobs import MAX_BLOB, Blobs
from majlis.host.http import GRACE_SECONDS, LEAST_SPEED, Away, Caller
from majlis.host.layout import blob_path

__all__ = ["AT_ONCE", "fetch_blobs"]

AT_ONCE: Final = 6
"""How many are asked for at the same time."""

_SMALL: Final = 1 << 20
"""Larger ones are asked for one after another."""


def fetch_blobs(
    caller: Caller, blobs: Blobs, wanted: Iterable[str], check_room: Callable[[], None], *, most: float = math.inf
) -> int:
    """Those of ``wanted``, 64 hex digits each, that are to be had at this address are here; returns how many it had.

    Where nobody answers any more, what comes is too little for the time it takes, or ``most`` bytes have come, the rest
    is left for another time.

    Raises: Forged, once all were asked for, when the bytes of one were not those that its name says; what else stood in
    the way, such as a full disk (Refused).
    """
    fetching = _Fetching(caller, blobs, wanted, check_room, most)
    with caller.kept_open(), ThreadPoolExecutor(AT_ONCE, "blobs") as threads:
        for done in [threads.submit(fetching.run) for _ in range(AT_ONCE)]:
            done.result()
    if fetching.false is not None:
        raise fetching.false
    return fetching.count


class _Fetching:
    """What the threads share."""

    def __init__(
        self, caller: Caller, blobs: Blobs, wanted: Iterable[str], check_room: Callable[[], None], most: float
    ) -> None:
        self._caller = caller
        self._blobs = blobs
        self._check_room = check_room
        self._wanted = iter(wanted)
        self._mutex = threading.Lock()
        self._large = threading.Lock()
        self._until = time.monotonic() + GRACE_SECONDS
        self._left = most
        self._is_over = False
        self.count = 0
        self.false: Fault | None = None

    def run(self) -> None:
        """One blob after another, until none is left or it is over. Raises: what is no fault of a single blob."""
        for digest in self._next():
            try:
                data = self._get(blob_path(digest))
                if sha256(data).hexdigest() != digest:
                    raise Forged("the bytes of this blob are not those that its name says", where=blob_path(digest))
            except Away:
                self._is_over = True
            except Missing:
                self._gained(0)
            except (Forged, Malformed) as fault:
                self.false = self.false or fault
                self._gained(0)
            else:
                self._keep(data)

    def _next(self) -> Iterator[str]:
        while not self._is_over and self._left > 0 and time.monotonic() < self._until:
            with self._mutex:
                digest = next(self._wanted, None)
            if digest is None:
                return
            yield digest

    def _get(self, path: str) -> bytes:
        try:
            return self._caller.get(path, _SMALL)
        except Malformed:
            with self._large:
                return self._caller.get(path, MAX_BLOB)

    def _keep(self, data: bytes) -> None:
        try:
            self._check_room()
            self._blobs.put(data)
        except BaseException:
            self._is_over = True
            raise
        self._gained(len(data))

    def _gained(self, size: int) -> None:
        """An answer came: so much longer the rest may take."""
        with self._mutex:
            self._until += 1 + size // LEAST_SPEED
            self.count += size > 0
            self._left -= size
