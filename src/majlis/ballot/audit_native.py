"""A box audited by the native engine: its ballots in runs, straight from the bytes of the box, and its shuffles.

A ballot that it accepts, of a listed credential and not there before, is remembered by its points alone, and added to
the encrypted sums at once; when its voter votes again it is taken away. Every other ballot goes the way of the
reference engine, in its place in the order, so that both find the same (R-HINT-3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from majlis.ballot.audit_ballots import BallotAudit, MapOfBatches
from majlis.ballot.audit_opening import OpeningAudit
from majlis.ballot.audit_setup import Setup
from majlis.ballot.ballot import Ballot
from majlis.ballot.election import ChoiceQuestion
from majlis.ballot.engine import AT_ONCE, NativeEngine
from majlis.ballot.event import Chain, Entry
from majlis.ballot.process import Process
from majlis.ballot.report import Checklist
from majlis.ballot.shuffle import ShuffleClaim, check_shuffle
from majlis.ballot.tally import Ciphertexts, Tally, form_tally
from majlis.ballot.tar import Source, TarRecord
from majlis.crypto import Ciphertext, Point, PointBytes
from majlis.crypto.native import UNKNOWN, Examined, NativeElection, NativeSums, Spans

__all__ = ["NativeAudit", "NativeOpening"]

_VIEW: Final = 24 << 20
"""So many bytes of the box are looked at together: 4096 ballots of five choices."""


class NativeAudit(BallotAudit):
    """Takes whole runs of ballots by ``skim``, and single ones by ``add`` like every audit."""

    def __init__(
        self,
        checklist: Checklist,
        setup: Setup,
        map_batches: MapOfBatches,
        engine: NativeEngine,
        election: NativeElection,
    ) -> None:
        super().__init__(checklist, setup, map_batches)
        self._engine = engine
        self._election = election
        self._sums = NativeSums(election.points)
        self._points: dict[str, bytes] = {}
        text = (
            f'{{"election_uuid":"{setup.election.uuid}","election_hash":"{setup.election.fingerprint}","credential":"'
        )
        self._credential_at = len(text)

    def add(self, entry: Entry) -> None:
        super().add(entry)
        self._engine.leave_out()

    def skim(self, source: Source, chain: Chain, timestamp: int) -> list[str]:
        """The next ballots, as many as have the outer form to the last byte; the hashes of their events.

        ``source`` and ``chain`` then stand after them.
        """
        data, at = source.view(_VIEW * self._engine.threads)
        assert isinstance(chain.parent, str)
        spans = self._election.skim(
            data,
            at=at,
            timestamp=timestamp,
            parent=bytes.fromhex(chain.parent),
            height=chain.height,
            most=AT_ONCE * self._engine.threads,
        )
        if len(spans) == 0:
            return []
        first = chain.height
        source.skip(spans[len(spans) - 1].end - at)
        events = [span.event.hex() for span in spans]
        chain.parent, chain.height = events[-1], first + len(events)
        self._take_run(data, spans, first)
        return events

    def tally(self) -> Tally:
        credentials, election = self._setup.credentials, self._setup.election
        assert credentials is not None
        for credential, ballot in self.last.items():
            self._sums.add_encoded(_points(ballot), credentials.weights[credential])
        sums, at = self._sums.points(), 0
        columns: list[tuple[Ciphertext, ...]] = []
        for question in election.questions:
            slots = question.slots if isinstance(question, ChoiceQuestion) else 1
            if isinstance(question, ChoiceQuestion):
                columns.append(_ciphertexts(sums[at : at + 2 * slots]))
            else:
                columns.append(tuple(sorted(self._column(at))))
            at += 2 * slots
        counted = [*self._points, *self.last]
        ciphertexts: Ciphertexts = tuple(columns)
        weight = sum(credentials.weights[credential] for credential in counted)
        return form_tally(election.group, ciphertexts, ballots=len(counted), weight=weight)

    def _take_run(self, data: bytes, spans: Spans, first: int) -> None:
        self.examine()
        found = self._engine.examine(data, spans, self.count)
        weights, credentials = [], self._setup.credentials
        for number, span in enumerate(spans):
            at = span.start + self._credential_at
            credential = data[at : at + 64].decode("latin-1")
            weight = None if credentials is None else credentials.weights.get(credential)
            if found.outcomes[number] == UNKNOWN or weight is None or span.ballot in self._seen:
                weights.append(0)
                self.add_raw(first + number, data[span.start : span.start + span.size], span.ballot)
                self.examine()
                continue
            self._seen.add(span.ballot)
            self.count += 1
            self._forget(credential)
            self._points[credential] = _own(found, number, self._election.points)
            weights.append(weight)
        self._sums.add(found, weights)

    def _hold(self, ballot: Ballot) -> None:
        self._forget(ballot.credential)
        super()._hold(ballot)

    def _forget(self, credential: str) -> None:
        """The voter's earlier ballot counts no more."""
        self.last.pop(credential, None)
        earlier = self._points.pop(credential, None)
        if earlier is not None:
            assert self._setup.credentials is not None
            self._sums.add_encoded(earlier, -self._setup.credentials.weights[credential])

    def _column(self, at: int) -> list[Ciphertext]:
        """The ciphertexts of one ranked question, of all that count."""
        place = slice(32 * at, 32 * at + 64)
        every = [points[place] for points in self._points.values()] + [
            _points(each)[place] for each in self.last.values()
        ]
        return [_ciphertexts([_point(raw[:32]), _point(raw[32:])])[0] for raw in every]


class NativeOpening(OpeningAudit):
    """Shuffles that the native engine accepts are not looked at again."""

    def __init__(self, checklist: Checklist, process: Process | None, setup: Setup, engine: NativeEngine) -> None:
        super().__init__(checklist, process, setup)
        self._engine = engine

    def check_shuffle(self, tally: Tally, record: TarRecord) -> Tally:
        digest, key = bytes.fromhex(record.hash), self._setup.election.public_key

        def holds(claims: Sequence[ShuffleClaim]) -> bool:
            return self._engine.is_shuffle(digest, key, claims)

        return check_shuffle(self._setup.election, tally, record.payload, holds=holds)


def _own(found: Examined, number: int, points: int) -> bytes:
    return found.encodings[32 * points * number : 32 * points * (number + 1)]


def _point(encoded: bytes) -> Point:
    return Point(PointBytes(encoded))


def _points(ballot: Ballot) -> bytes:
    """All points of a ballot in order."""
    return b"".join(point for answer in ballot.answers for ciphertext in answer for point in ciphertext)


def _ciphertexts(points: list[Point]) -> tuple[Ciphertext, ...]:
    return tuple(Ciphertext(*pair) for pair in zip(points[::2], points[1::2], strict=True))
