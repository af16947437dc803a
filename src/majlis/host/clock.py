"""The clock port: what the host and its witnesses take for now. Nothing below the host ever asks."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "SimulatedClock", "SystemClock"]


class Clock(Protocol):
    def now(self) -> int:
        """Unix seconds UTC."""
        ...


class SystemClock:
    """This machine's clock."""

    def now(self) -> int:
        return int(time.time())


class SimulatedClock:
    """A clock that stands still until it is advanced: for the demonstration and for tests, which say so."""

    def __init__(self, start: int) -> None:
        """``start``: Unix seconds UTC."""
        self._now = start

    def now(self) -> int:
        return self._now

    def advance(self, seconds: int) -> None:
        """The clock shows ``seconds`` later. Raises: ValueError, backwards; a test of that builds another clock."""
        if seconds < 0:
            raise ValueError("a clock is not turned back")
        self._now += seconds
