"""Joining, admitting, leaving, and the plan of seats (``spec/federation.md``)."""

from majlis.institutions.federation import amending, rules
from majlis.institutions.federation.rows import Row, format_row, prove_row, rows_tree
from majlis.institutions.federation.rules import departed, end_seats

KINDS = (*rules.KINDS, *amending.KINDS)

__all__ = ["KINDS", "Row", "departed", "end_seats", "format_row", "prove_row", "rows_tree"]
