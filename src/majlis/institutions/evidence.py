"""What the fold may ask for beside the record itself. Everything here is public and checkable; nothing is a clock.

The fold never goes and gets anything: whoever calls it hands in an ``Evidence``. What is not at hand raises ``Missing``,
and the act that needed it stands as ``missing`` (verdict: incomplete), never as in force or void.
"""

from __future__ import annotations

from typing import Protocol

from majlis.ballot import Process, Report
from majlis.errors import Missing
from majlis.institutions.state import State


class Evidence(Protocol):
    """Other bodies' states at the sizes cited, and ballot boxes with the verdict on them."""

    def state(self, body: str, size: int, root: str) -> State:
        """The state of ``body`` folded over its first ``size`` entries, whose Merkle root is ``root`` (hex).

        The root is compared before anything is folded: since a true root is a hash over what it covers, citations then
        only point back and the folding of bodies that cite one another always ends.

        Raises: Missing when the record is not at hand so far; Refused with R-CERT-3 when it has another root there.
        """

    def box(self, process: Process) -> Report:
        """The verdict on the archive of the election that ``process`` describes. Raises: Missing."""


class NoEvidence:
    """Evidence for a reader who has this one record and nothing else."""

    def state(self, body: str, size: int, root: str) -> State:
        raise Missing(f"the record of body {body[:16]} up to entry {size} is not at hand; import it and fold again")

    def box(self, process: Process) -> Report:
        raise Missing("the archive of this election is not at hand; import it and fold again")
