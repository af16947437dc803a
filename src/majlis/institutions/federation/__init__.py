"""Joining, admitting, leaving, and the plan of seats (``spec/federation.md``)."""

from majlis.institutions.federation.rules import KINDS

__all__ = ["KINDS"]
