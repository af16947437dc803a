"""Keys and offices: who may sign what, and until when (``spec/keys.md``)."""

from majlis.institutions.keys.rules import INCOMPATIBLE, KINDS

__all__ = ["INCOMPATIBLE", "KINDS"]
