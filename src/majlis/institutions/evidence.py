"""What the fold may ask for beside the record itself. Everything here is public and checkable; nothing is a clock.

The fold never goes and gets anything: whoever calls it hands in an ``Evidence``. What is not at hand raises
``Missing``, and the act that needed it stands as ``missing`` (verdict: incomplete), never as in force or void.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from majlis.ballot import Report, ShuffleAct
from majlis.errors import Missing
from majlis.institutions.state import Founding, State


class TrusteeClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What one trustee's acts say: the key, and the hashes of commitment, share and sidecar, all in hex.

    ``public_key``: where the key was made together, SHA-256 of the certificate's message; ``promise``: then of the
    polynomial's. Empty is what no act says yet.
    """

    public_key: str
    promise: str
    commitment: str
    payload: str
    sidecar: str


class BoxClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What a body's signed acts say of one archive, which the archive must bear out in every point.

    ``paper``: the bytes of election.json; ``head``: the last event's hash as the result states it; ``heads``: earlier
    heights and heads that the record holds; ``shuffles``: every one that an act states, of which those of
    ``shufflers`` different trustees must be in the archive (0 where ballots do not rank); ``list_root``: of the Merkle
    tree over the keys.
    """

    uuid: str
    paper: bytes
    trustees: tuple[TrusteeClaim, ...]
    shuffles: tuple[ShuffleAct, ...]
    shufflers: int
    credentials: str
    list_root: str
    voters: int
    head: str
    heads: tuple[tuple[int, str], ...]
    min_ballots: int


class Evidence(Protocol):
    """Other bodies' acts 0 and states at the sizes cited, and ballot boxes with the verdict on them.

    Two readers who are given the same evidence come to the same state. One who is given less finds an act missing,
    never void: so nothing here may be refused because of what happens to be at hand.
    """

    def founding(self, body: str) -> Founding:
        """What the act 0 of ``body`` fixed: the same on every branch of its record, since the identity is its hash.

        Raises: Missing when the record is not at hand, or founds no body.
        """

    def state(self, body: str, size: int, root: str) -> State:
        """The state of ``body`` folded over its first ``size`` entries, whose Merkle root is ``root`` (hex).

        The root is compared before anything is folded: since a true root is a hash over what it covers, citations then
        only point back and the folding of bodies that cite one another always ends.

        Raises: Missing, with R-CERT-7 when the record is not at hand so far, with R-CERT-3 when the one at hand has
        another root there: another branch, and no reason to call what rests on this one void.
        """

    def box(self, claim: BoxClaim) -> Report:
        """The verdict on the archive of which the acts say ``claim``. Raises: Missing."""


class NoEvidence:
    """Evidence for a reader who has this one record and nothing else."""

    def founding(self, body: str) -> Founding:
        raise Missing(f"the record of body {body[:16]} is not at hand; import it and fold again", rule="R-CERT-7")

    def state(self, body: str, size: int, root: str) -> State:
        raise Missing(
            f"the record of body {body[:16]} up to entry {size} (root {root[:16]}) is not at hand; import it and fold "
            "again",
            rule="R-CERT-7",
        )

    def box(self, claim: BoxClaim) -> Report:
        raise Missing(f"the archive {claim.uuid} is not at hand; import it and fold again", rule="R-RESULT-4")
