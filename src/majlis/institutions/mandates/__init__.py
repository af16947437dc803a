"""Mandates: a district's binding instructions to its delegates (``spec/mandates.md``)."""

from majlis.institutions.mandates.rules import KINDS

__all__ = ["KINDS"]
