"""Joining, admitting, leaving, and the plan of seats (``spec/federation.md``)."""

from majlis.institutions.federation.rows import Row, format_row, prove_row, rows_tree
from majlis.institutions.federation.rules import KINDS

__all__ = ["KINDS", "Row", "format_row", "prove_row", "rows_tree"]
