"""Seats: filled by the certificate of an election, vacated by that of a recall (``spec/seats.md``)."""

from majlis.institutions.seats.rules import KINDS

__all__ = ["KINDS"]
