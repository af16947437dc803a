"""Decisions of the members: motions, meetings, and counts by hand (``spec/decisions.md``)."""

from majlis.institutions.decisions.majority import Tally, is_carried
from majlis.institutions.decisions.rules import KINDS, record_decision

__all__ = ["KINDS", "Tally", "is_carried", "record_decision"]
