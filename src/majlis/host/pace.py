"""When a process beside a server works, and when it rests, so that it takes nothing from whoever is served (R-AGAIN-3).

The least priority alone does not do that: two processors that share a memory are not as fast together as one and one.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Final

__all__ = ["BUSY", "MOMENT", "REST", "Pace"]

MOMENT: Final = 0.2
BUSY: Final = 0.2
REST: Final = 9
"""A server that uses this share of one processor for a moment (in seconds) is busy, and given so many without us."""


class Pace:
    """Whether the process beside works or rests, by how busy this one is."""

    def __init__(self, send: Callable[[bool], object]) -> None:
        """``send`` is told True when there is to be work again, and False when there is not; at first there is."""
        self._send = send
        self._used = process_time()
        self._rest = 0

    def look(self, used: float) -> None:
        """One more moment went by. ``used``: seconds of processor that this process has used since it began."""
        is_busy, was_resting = used - self._used >= BUSY * MOMENT, self._rest > 0
        self._used = used
        if not was_resting:
            self._rest = REST if is_busy else 0
        else:
            self._rest = self._rest - 1 if is_busy else 0
        if was_resting != (self._rest > 0):
            self._send(was_resting)
