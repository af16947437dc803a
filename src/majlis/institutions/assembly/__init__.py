"""The assembly at work: attendance, open votes, closing (``spec/assembly.md``)."""

from majlis.institutions.assembly.rules import KINDS

__all__ = ["KINDS"]
