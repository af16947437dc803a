"""The census: figures published by a body and countersigned by another (``spec/census.md``)."""

from majlis.institutions.counting.rules import KINDS

__all__ = ["KINDS"]
