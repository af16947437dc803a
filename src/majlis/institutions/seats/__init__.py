"""Seats: filled by the certificate of an election, vacated by that of a recall (``spec/seats.md``), and by the newest
head of the district's record (``spec/heads.md``).
"""

from majlis.institutions.seats import heads, rules
from majlis.institutions.seats.heads import LEAST_SECONDS, is_heard, undoes

KINDS = (*rules.KINDS, *heads.KINDS)

__all__ = ["KINDS", "LEAST_SECONDS", "is_heard", "undoes"]
