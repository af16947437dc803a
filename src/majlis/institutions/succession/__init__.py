"""Succession: a record outlives its host, and forks are settled by the members (``spec/succession.md``)."""

from majlis.institutions.succession.rules import KINDS, HostMove

__all__ = ["KINDS", "HostMove"]
