"""What the body's signed acts say about one election: the other half of what makes a box ``valid``.

The box alone says that the sums are right. Whose keys these are, who was entitled, and that nobody chose a contribution
after seeing the others' is said by acts in the body's record; the institutions gather them into a ``Process``. A field
is None while its acts are not there: the checks that need it are then not run, and the verdict is at most ``valid-v1``.

Source: ``spec/ballot.md`` section 14. Hashes are SHA-256 in hex; trustees are numbered from 1 as in the box.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

__all__ = ["Process", "RollAct", "ShuffleAct"]


class RollAct(msgspec.Struct, frozen=True, kw_only=True):
    """The registrar's word on who may vote (14.12). ``hash``: of the ``public_credentials`` payload."""

    hash: str
    voters: int
    weight: int


class ShuffleAct(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's word on one shuffle (14.3). ``position`` from 0; ``input_hash``: of the tally or shuffle before."""

    trustee: str
    position: int
    input_hash: str
    payload_hash: str


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """All that signed acts say of one election. Every field may still be lacking.

    ``election_hash``            hash of election.json as announced
    ``trustee_keys``             14.1: by number, the public key as printed, or a threshold certificate's hash
    ``polynomial_commitments``   14.5: by number, hash of the coefexps message
    ``roll``                     14.12
    ``shuffles``, ``shuffles_needed``   14.3: the acts, those of shuffles that were made again included, and the
                                 charter's number
    ``decryption_commitments``   14.6: by number, hash of the share, logged before any share was shown
    ``decryption_acts``          14.4: by number, hash of the share as published
    ``sidecars``                 14.7: by number, the sidecar payload
    ``head``                     14.16: hash of the last event, as the cosigned act names it
    ``heads_seen``               heights and heads that the record or a reader saw earlier
    ``minimum_ballots``          the charter's: no box opens under it
    """

    election_hash: str | None = None
    trustee_keys: Mapping[int, str] | None = None
    polynomial_commitments: Mapping[int, str] | None = None
    roll: RollAct | None = None
    shuffles: tuple[ShuffleAct, ...] | None = None
    shuffles_needed: int = 1
    decryption_commitments: Mapping[int, str] | None = None
    decryption_acts: Mapping[int, str] | None = None
    sidecars: Mapping[int, bytes] | None = None
    head: str | None = None
    heads_seen: tuple[tuple[int, str], ...] = ()
    minimum_ballots: int | None = None
