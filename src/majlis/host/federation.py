"""Many records folded together, each fetching from the others the states that its certificates cite.

A certificate may cite any earlier checkpoint of any other record, so folding one record can need another folded so far,
which can need the first up to some earlier entry, and so on. The order is found on an explicit stack: the fold of an
entry that needs a state not made yet is given up, that state is made, and the entry is folded again. It ends, because a
state is only asked for by size *and* root, and true roots point backwards in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from majlis.ballot import Report
from majlis.errors import Missing
from majlis.host.replay import Record as Record  # noqa: PLC0414  (who folds records needs its name)
from majlis.host.replay import few_collections
from majlis.host.store import Record as Stored
from majlis.institutions import Finding, State, fold
from majlis.institutions.act import act_id
from majlis.institutions.evidence import BoxClaim
from majlis.institutions.state import Founding

BoxReader = Callable[[BoxClaim], Report]


class _Needed(Exception):
    """Raised through the fold when it asks for a state that is still to be made."""

    def __init__(self, body: str, size: int) -> None:
        super().__init__(body, size)
        self.body = body
        self.size = size


class _Asked(Exception):
    """Raised through the fold when it asks for the verdict on a box."""

    def __init__(self, claim: BoxClaim) -> None:
        super().__init__(claim)
        self.claim = claim


class Federation:
    """The records at hand, by identity, and the evidence that each is for the others.

    ``forks``: identity, size and root (hex) of signed checkpoints met in certificates that are of another history than
    the record at hand: proof that its log signed two.
    """

    def __init__(self, box: BoxReader | None = None) -> None:
        self.records: dict[str, Record] = {}
        self.forks: set[tuple[str, int, str]] = set()
        self._box = box
        self._reports: dict[BoxClaim, Report] = {}
        self._expected: list[BoxClaim] = []

    def add(self, entries: Sequence[bytes]) -> str:
        """Take in a record; its identity is the id of its first act. Nothing is folded yet."""
        identity = identity_of(entries)
        self.records[identity] = Record(entries)
        return identity

    def take(self, stored: Stored) -> str:
        """As ``add``, with the entries read from where they are stored when somebody asks for them."""
        identity = identity_of(stored.entries(0, 1))
        self.records[identity] = Record(stored=stored)
        return identity

    def fold(self, identity: str, size: int | None = None) -> State:
        """The state of ``identity`` after ``size`` entries (all by default), with whatever that needs of the others."""
        record = self.records[identity]
        goal = len(record.entries) if size is None else size
        with few_collections():
            self._fold([(identity, goal)])
        return record.states[goal]

    def _fold(self, stack: list[tuple[str, int]]) -> None:
        while stack:
            body, target = stack[-1]
            current = self.records[body]
            if current.has(target):
                stack.pop()
                continue
            try:
                current.make(target, self)
            except _Needed as need:
                stack.append((need.body, need.size))

    def judge(self, identity: str, entry: bytes, after: Iterable[bytes] = ()) -> tuple[State, tuple[Finding, ...]]:
        """What one more entry would make of this record, and what there would be to say of it. Nothing is kept.

        ``after``: entries that would come before it.
        """
        state = self.try_on(identity, after)
        while True:
            try:
                return fold(state, entry, self)
            except _Needed as need:
                self.fold(need.body, need.size)

    def try_on(self, identity: str, entries: Iterable[bytes]) -> State:
        """What these entries would make of this record. Nothing is kept."""
        state = self.fold(identity)
        for entry in entries:
            while True:
                try:
                    state, _ = fold(state, entry, self)
                    break
                except _Needed as need:
                    self.fold(need.body, need.size)
        return state

    def look_again(self) -> bool:
        """Where the first entry that could not be judged can be now, it and all after it are folded anew.

        Returns whether there was such a record. To be asked when there is new evidence: a box, a blob, a record. Cheap
        where nothing is missing.
        """
        found = False
        while any(self._look_again(record) for record in self.records.values() if record.state.missing is not None):
            found = True
        return found

    def _look_again(self, record: Record) -> bool:
        first = record.state.missing
        assert first is not None
        identity = identity_of(record.entries)
        while True:
            try:
                state, _ = fold(self.fold(identity, first), record.entries[first], self)
                break
            except _Needed as need:
                self.fold(need.body, need.size)
        if state.missing is not None:
            return False
        record.cut(first)
        self.fold(identity)
        return True

    def fold_all(self, progress: Callable[[str], None] | None = None) -> None:
        """Fold every record to its end."""
        for identity in list(self.records):
            self.fold(identity)
            if progress:
                progress(identity)

    def founding(self, body: str) -> Founding:
        """Evidence for the fold: what the act 0 of ``body`` fixed. Raises: Missing."""
        record = self.records.get(body)
        if record is None:
            raise Missing(f"the record of body {body[:16]} is not at hand; import it and look again", rule="R-CERT-7")
        if not record.has(1):
            raise _Needed(body, 1)
        founding = record.states[1].founding
        if founding is None:
            raise Missing(f"the record at hand for body {body[:16]} founds no body", rule="R-CERT-7")
        return founding

    def state(self, body: str, size: int, root: str) -> State:
        """Evidence for the fold; see ``majlis.institutions.evidence``."""
        record = self.records.get(body)
        if record is None:
            raise Missing(f"the record of body {body[:16]} is not at hand; import it and look again", rule="R-CERT-7")
        if size > len(record.entries):
            raise Missing(
                f"the record of body {body[:16]} is at hand up to entry {len(record.entries)}, and entry {size} is "
                "cited; import the newer record and look again",
                rule="R-CERT-7",
            )
        if size < 1 or record.tree.root(size).hex() != root:
            self.forks.add((body, size, root))
            raise Missing("the checkpoint cited is of another branch than the record at hand", rule="R-CERT-3")
        if not record.has(size):
            raise _Needed(body, size)
        return record.states[size]

    def box(self, claim: BoxClaim) -> Report:
        """Evidence for the fold; each box is verified once for one set of acts about it."""
        if self._box is None:
            raise Missing("no ballot boxes are at hand; import them and look again", rule="R-RESULT-4")
        if claim not in self._reports:
            self._reports[claim] = self._box(claim)
        return self._reports[claim]

    def box_wanted(self, identity: str) -> BoxClaim | None:
        """What is said of the box on which the first entry rests that could not be judged; None, where it is no box."""
        record = self.records[identity]
        first = record.state.missing
        if first is None:
            return None
        state = self.fold(identity, first)
        while True:
            try:
                fold(state, record.entries[first], _Asking(self))
            except _Needed as need:
                self.fold(need.body, need.size)
            except _Asked as asked:
                return asked.claim
            else:
                return None

    def keep_verdict(self, claim: BoxClaim, report: Report) -> None:
        """The box was verified elsewhere, and this is what came of it."""
        self._reports[claim] = report

    def reports(self) -> dict[BoxClaim, Report]:
        """The verdicts on all boxes that the judgement of some act needed, as far as they are at hand."""
        expected, self._expected = self._expected, []
        for claim in expected:
            with suppress(Missing):
                self.box(claim)
        return dict(self._reports)

    def expect(self, claims: Iterable[BoxClaim]) -> None:
        """Boxes that were judged when a snapshot was made; they are looked at again when somebody asks for reports."""
        self._expected += [claim for claim in claims if claim not in self._expected]

    def claims(self) -> frozenset[BoxClaim]:
        """What is said of all boxes that the judgement of some act needed."""
        return frozenset((*self._reports, *self._expected))


class _Asking:
    """The evidence at hand, of which no box is verified: whoever asks for one is told which."""

    def __init__(self, federation: Federation) -> None:
        self.founding = federation.founding
        self.state = federation.state

    def box(self, claim: BoxClaim) -> Report:
        raise _Asked(claim)


def identity_of(entries: Sequence[bytes]) -> str:
    """The id of the first entry's act, which is the body's identity. Raises: Missing for an empty record."""
    if not entries:
        raise Missing("the record has no entries, so it founds no body")
    text, _, _ = entries[0].rpartition(b"\n\n")
    return act_id(text + b"\n")
