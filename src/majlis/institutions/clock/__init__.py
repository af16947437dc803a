"""Time and digests in the record: ``tick`` and ``state.digest`` (``spec/time.md``)."""

from majlis.institutions.clock.rules import KINDS

__all__ = ["KINDS"]
