"""The fund: gifts, orders, payments (``spec/fund.md``)."""

from majlis.institutions.fund.rules import KINDS

__all__ = ["KINDS"]
