"""Keys and offices: who may sign what, and until when (``spec/keys.md``)."""

from majlis.institutions.founding import INCOMPATIBLE
from majlis.institutions.keys import replacing, rules

KINDS = (*rules.KINDS, *replacing.KINDS)

__all__ = ["INCOMPATIBLE", "KINDS"]
