"""Joining, admitting, leaving, and the plan of seats (``spec/federation.md``)."""

from majlis.institutions.federation.rows import Row, format_row, prove_row, rows_tree
from majlis.institutions.federation.rules import KINDS, end_seats

__all__ = ["KINDS", "Row", "end_seats", "format_row", "prove_row", "rows_tree"]
