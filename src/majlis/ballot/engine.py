"""Which engine looks at the ballots of a box, with what help, and what it did.

The reference engine judges every ballot one by one. The native engine accepts those in which everything holds, faster;
whatever it does not accept the reference engine judges. So both give one verdict in the same words (R-HINT-3).

Source: ``spec/hints.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from majlis.ballot.election import ChoiceQuestion, Election, Question
from majlis.ballot.hints import Hints, ReadAt, format_hints_header
from majlis.ballot.shuffle import ShuffleClaim
from majlis.crypto import ED25519, Point, PointBytes
from majlis.crypto.native import (
    UNKNOWN,
    Examined,
    NativeElection,
    Outcome,
    Shape,
    Spans,
    are_members,
    check_native,
    describe_native,
    examine_shuffle,
    member_roots,
)
from majlis.errors import Refused

__all__ = ["NativeEngine"]

AT_ONCE: Final = 4096
"""So many ballots are examined at once by each thread: enough for the sums to be cheap, few enough to be held."""


class NativeEngine:
    """The native engine for one box. Make a new one for each verification.

    ``name``: what it is; ``election``: the box's, or None where all is left to the reference engine; ``outcomes``: how
    many ballots it accepted in which way, or did not accept; ``shuffles``: the same of shuffles.
    """

    def __init__(
        self, *, threads: int = 1, hints: ReadAt | None = None, keep_hints: Callable[[bytes], object] | None = None
    ) -> None:
        """``hints``: of this box, to be read; ``keep_hints``: takes a file of hints for this box, piece by piece.

        Raises: Missing, where the native engine is not installed.
        """
        check_native()
        self.name = describe_native()
        self.threads = max(1, threads)
        self.election: NativeElection | None = None
        self.outcomes: Counter[Outcome] = Counter()
        self.shuffles: Counter[Outcome] = Counter()
        self._read = hints
        self._hints: Hints | None = None
        self._keep = keep_hints
        self._is_kept = False
        self._hashes = (b"", b"")
        self._after = 0

    @property
    def problem(self) -> str:
        """Why the hints were not used; empty where they were, or where none were given."""
        return "" if self._hints is None else self._hints.problem

    def begin(self, election: Election, credentials: bytes) -> None:
        """What follows is of this election. ``credentials``: the payload of its list."""
        if election.group is not ED25519 or not election.questions:
            return
        try:
            self.election = NativeElection(
                uuid=election.uuid,
                fingerprint=election.fingerprint,
                key=election.public_key,
                questions=[_shape(question) for question in election.questions],
            )
        except Refused:
            return
        self._hashes = bytes.fromhex(election.hash), sha256(credentials).digest()
        if self._read is not None:
            self._hints = Hints(
                self._read,
                election=self._hashes[0],
                credentials=self._hashes[1],
                points=(self.election.hint_size - 32) // 64,
            )

    def are_members(self, voters: Sequence[PointBytes]) -> bool:
        """Whether every voter's credential is an element of the group; the hints' beginning is then written."""
        if self.election is None:
            return False
        if self._keep is None:
            hints = b"" if self._hints is None else self._hints.of_voters(len(voters))
            return are_members(voters, hints=hints, threads=self.threads)
        roots = member_roots(voters, threads=self.threads)
        if len(roots) != 64 * len(voters):
            return False
        self._keep(
            format_hints_header(
                election=self._hashes[0],
                credentials=self._hashes[1],
                points=(self.election.hint_size - 32) // 64,
                voters=len(voters),
            )
        )
        self._keep(roots)
        self._is_kept = True
        return True

    def examine(self, data: bytes, spans: Spans, first: int) -> Examined:
        """What is known of each of these ballots. ``first``: the number of the first ballot in the box, from 0."""
        assert self.election is not None
        hints = b"" if self._hints is None else self._hints.of_ballots(first, len(spans))
        found = self.election.examine(data, spans, hints=hints, threads=self.threads, wants_hints=self._is_kept)
        if self._keep is not None and self._is_kept:
            self._keep(found.hints)
        self.outcomes.update(found.outcomes)
        return found

    def is_shuffle(self, digest: bytes, key: Point, claims: Sequence[ShuffleClaim]) -> bool:
        """Whether all claims of a shuffle hold. ``digest``: SHA-256 of its payload."""
        assert self.election is not None
        sizes = [64 * len(claim.points) for claim in claims]
        ballots, wants_hints = self.outcomes.total(), self._keep is not None and self._is_kept
        hint = b"" if self._hints is None else self._hints.of_shuffle(ballots, self._after, digest, sum(sizes))
        self._after += 32 + sum(sizes)
        found, made, at = [], b"", 0
        for claim, size in zip(claims, sizes, strict=True):
            own = hint[at : at + size]
            outcome, roots = examine_shuffle(key, claim.points, claim.scalars, hints=own, wants_hints=wants_hints)
            found.append(outcome)
            made, at = made + roots, at + size
        is_good = UNKNOWN not in found
        if self._keep is not None and wants_hints:
            self._keep(digest + made if is_good else bytes(32 + sum(sizes)))
        self.shuffles[max(found) if is_good else UNKNOWN] += 1
        return is_good

    def leave_out(self) -> None:
        """The next ballot is not shown to this engine; its hint is zeros."""
        self.outcomes[UNKNOWN] += 1
        if self._keep is not None and self._is_kept and self.election is not None:
            self._keep(bytes(self.election.hint_size))


def _shape(question: Question) -> Shape:
    if isinstance(question, ChoiceQuestion):
        return Shape(question.slots, question.min, question.max, question.blank, is_ranked=False)
    return Shape(1, 0, 0, is_blank=False, is_ranked=True)
