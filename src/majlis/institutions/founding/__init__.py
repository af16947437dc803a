"""Founding: act 0, its confirmation by the members, amendment and dissolution (``spec/founding.md``)."""

from majlis.institutions.founding.rules import FROM_ELSEWHERE, INCOMPATIBLE, KINDS, OFFICES, Found, Officer

__all__ = ["FROM_ELSEWHERE", "INCOMPATIBLE", "KINDS", "OFFICES", "Found", "Officer"]
