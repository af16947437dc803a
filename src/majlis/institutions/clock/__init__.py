"""``tick`` and ``state.digest`` (``spec/time.md``), and what was held back between ticks, ``act.excess``."""

from majlis.institutions.clock.rules import KINDS

__all__ = ["KINDS"]
