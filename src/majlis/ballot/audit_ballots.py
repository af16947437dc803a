"""The ballots of a box, audited one by one, in batches that the caller may spread over workers.

A ballot that fails is named by event and tracker. What it holds still enters the recomputed tally where it can be told,
so that the tally is judged by itself; where it cannot be told the tally is not recomputed.

Source: ``spec/ballot.md`` section 18, point 6. Rules R-BOX-36 to R-BOX-48.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeAlias

import msgspec

from majlis.ballot.audit_setup import Setup
from majlis.ballot.ballot import SHAPE_RULES, Ballot, Examined, examine_ballot
from majlis.ballot.checks import rules_between
from majlis.ballot.election import ChoiceQuestion, Election
from majlis.ballot.event import Entry
from majlis.ballot.report import Checklist
from majlis.ballot.tally import Tally, compute_tally
from majlis.crypto import fingerprint
from majlis.errors import Refused

__all__ = ["BallotAudit", "BallotBatch", "MapOfBatches", "examine_batch"]

BATCH: Final = 16
WINDOW: Final = 64 * BATCH
_RULES: Final = rules_between(36, 48)


class BallotBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Some ballots of one election: the work of one worker."""

    election: Election
    ballots: tuple[bytes, ...]


MapOfBatches: TypeAlias = Callable[
    [Callable[[BallotBatch], tuple[Examined, ...]], Iterable[BallotBatch]], Iterable[tuple[Examined, ...]]
]
"""The built-in ``map``, or the ``map`` of an executor: results in order."""


class _Waiting(NamedTuple):
    """A ballot that is not yet examined."""

    height: int
    raw: bytes
    is_repeat: bool


def examine_batch(batch: BallotBatch) -> tuple[Examined, ...]:
    """Each ballot examined by itself. Pure; argument and result can travel between processes."""
    return tuple(examine_ballot(batch.election, raw) for raw in batch.ballots)


class BallotAudit:
    """Takes the ballots in order, and holds at most a window of them that are not yet examined.

    ``last``: the last readable ballot of each credential; ``obstacle``: why the tally cannot be recomputed, or "".
    """

    def __init__(self, checklist: Checklist, setup: Setup, map_batches: MapOfBatches) -> None:
        self._checklist = checklist
        self._setup = setup
        self._map = map_batches
        self._waiting: list[_Waiting] = []
        self._seen: set[bytes] = set()
        self.last: dict[str, Ballot] = {}
        self.count = 0
        self.obstacle = "" if setup.credentials is not None else "the credential list could not be read"

    def add(self, entry: Entry) -> None:
        """The next ballot of the box."""
        (record,) = entry.records
        self.add_raw(entry.height, record.payload, bytes.fromhex(record.hash))
        if len(self._waiting) >= WINDOW:
            self.examine()

    def add_raw(self, height: int, raw: bytes, digest: bytes) -> None:
        """The next ballot of the box waits to be examined. ``digest``: its SHA-256."""
        self.count += 1
        self._waiting.append(_Waiting(height, raw, digest in self._seen))
        self._seen.add(digest)

    def tally(self) -> Tally:
        """The sum of what counts; there is no obstacle."""
        assert self._setup.credentials is not None
        return compute_tally(self._setup.election, self._setup.credentials, self.last.values())

    def finish(self) -> None:
        """No ballot follows; every check of ballots has its outcome."""
        self.examine()
        questions = self._setup.election.questions
        choices = [question for question in questions if isinstance(question, ChoiceQuestion)]
        if self.count == 0:
            self._checklist.absent(_RULES, "the box holds no ballot")
            return
        if not choices:
            self._checklist.absent(rules_between(42, 42) + rules_between(44, 46), "every question is ranked")
        elif not any(question.blank for question in choices):
            self._checklist.absent(["R-BOX-46"], "no question allows a blank vote")
        if len(choices) == len(questions):
            self._checklist.absent(["R-BOX-47"], "no question is ranked")
        if self._setup.credentials is None:
            self._checklist.skip(["R-BOX-38"], "the credential list could not be read")
        self._checklist.ok(_RULES)

    def examine(self) -> None:
        """Every ballot added so far has been looked at."""
        waiting, self._waiting = self._waiting, []
        batches = [
            BallotBatch(
                election=self._setup.election, ballots=tuple(each.raw for each in waiting[start : start + BATCH])
            )
            for start in range(0, len(waiting), BATCH)
        ]
        results = (examined for batch in self._map(examine_batch, batches) for examined in batch)
        for each, examined in zip(waiting, results, strict=True):
            self._take(each, examined)

    def _take(self, waiting: _Waiting, examined: Examined) -> None:
        height, tracker = waiting.height, fingerprint(waiting.raw)
        if waiting.is_repeat:
            self._checklist.fail(
                Refused("this very ballot stands in the box before", rule="R-BOX-48"),
                height=height,
                record=examined.hash,
                ballot=tracker,
            )
        for fault in examined.faults:
            self._checklist.fail(fault, height=height, record=examined.hash, ballot=tracker)
        broken = {fault.rule for fault in examined.faults}
        if broken & SHAPE_RULES:
            self._checklist.skip(rules_between(37, 47), f"ballot {tracker} could not be read")
        elif "R-BOX-43" in broken:
            self._checklist.skip(rules_between(44, 47), f"ballot {tracker} holds no ciphertexts")
        credentials = self._setup.credentials
        is_listed = credentials is not None and examined.credential in credentials.weights
        if examined.credential and credentials is not None and not is_listed:
            self._checklist.fail(
                Refused("the credential is not on the election's list", rule="R-BOX-38"),
                height=height,
                record=examined.hash,
                ballot=tracker,
            )
        if examined.ballot is None or not is_listed:
            self.obstacle = self.obstacle or f"what ballot {tracker} holds or weighs cannot be told"
        else:
            self._hold(examined.ballot)

    def _hold(self, ballot: Ballot) -> None:
        self.last[ballot.credential] = ballot
