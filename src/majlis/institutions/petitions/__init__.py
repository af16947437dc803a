"""Petitions: to recall a delegate, to contest a decision (``spec/petitions.md``)."""

from majlis.institutions.petitions.rules import KINDS, check_listed, has_lapsed, needed

__all__ = ["KINDS", "check_listed", "has_lapsed", "needed"]
