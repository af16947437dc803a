"""How a box was opened, audited: tally, shuffles, partial decryptions and result, against each other and the acts.

Source: ``spec/ballot.md`` section 18, points 7 to 10. Rules R-BOX-49 to R-BOX-68.
"""

from __future__ import annotations

import msgspec

from majlis.ballot.audit_ballots import BallotAudit
from majlis.ballot.audit_setup import Setup, compare_acts
from majlis.ballot.checks import rules_between
from majlis.ballot.decryption import Factors, check_share, check_sidecar
from majlis.ballot.election import ChoiceQuestion, RankedQuestion
from majlis.ballot.event import Entry, OwnerData, TallyData
from majlis.ballot.process import Process
from majlis.ballot.report import Checklist
from majlis.ballot.result import Plaintexts, Result, combine, is_spoilt, parse_result
from majlis.ballot.shuffle import check_shuffle
from majlis.ballot.tally import Tally
from majlis.ballot.tar import TarRecord
from majlis.ballot.wire import CiphertextText, decode, parse_number, ruled
from majlis.crypto import NonCanonical
from majlis.errors import Fault, Forged, Malformed, Missing, Refused

__all__ = ["OpeningAudit"]


class _Share(msgspec.Struct, frozen=True, kw_only=True):
    raw: bytes
    hash: str
    factors: Factors


class OpeningAudit:
    """Takes the events after the ballots. ``tally`` is None as long as, or because, it could not be recomputed."""

    def __init__(self, checklist: Checklist, process: Process | None, setup: Setup) -> None:
        self._checklist = checklist
        self._process = process
        self._setup = setup
        self._shuffles: list[tuple[str, str]] = []
        self._owners: set[int] = set()
        self._shares: dict[int, _Share] = {}
        self._archived = ""
        self.counted: int | None = None
        self.tally: Tally | None = None
        self.result: Result | None = None
        self.spoilt: tuple[tuple[int, int], ...] = ()

    @property
    def is_opened(self) -> bool:
        """Whether any trustee's share stands in the box."""
        return bool(self._owners)

    def take_tally(self, entry: Entry, ballots: BallotAudit) -> None:
        """The encrypted tally is recomputed and compared to the last byte."""
        rules = rules_between(49, 51)
        self._archived = entry.records[0].hash
        if ballots.obstacle:
            self._checklist.skip(rules, ballots.obstacle)
            return
        tally = ballots.tally()
        self.counted = tally.ballots
        assert isinstance(entry.data, TallyData)
        self._checklist.ok(rules)
        if entry.data.num_tallied != tally.ballots:
            wrong = f"{tally.ballots} ballots count, not {entry.data.num_tallied}"
            self._checklist.fail(Forged(wrong, rule="R-BOX-50"), height=entry.height)
        try:
            if parse_number(entry.data.total_weight, "the total weight") != tally.weight:
                raise Forged(f"the ballots that count weigh {tally.weight}, not {entry.data.total_weight}")
        except Fault as fault:
            self._checklist.fail(ruled(fault, "R-BOX-51"), height=entry.height)
        try:
            _compare_tally(entry.records[0].payload, tally.raw)
        except Fault as fault:
            self._checklist.fail(ruled(fault, "R-BOX-49"), height=entry.height, record=entry.records[0].hash)
            return
        self.tally = tally

    def take_shuffle(self, entry: Entry) -> None:
        """The shuffle keeps the votes of the one before."""
        record = entry.records[0]
        self._shuffles.append((self._shuffles[-1][1] if self._shuffles else self._archived, record.hash))
        tally = self.tally
        if tally is None:
            self._checklist.skip(rules_between(52, 54), "the ciphertexts before it are not known to be right")
            return
        where = f"shuffle {len(self._shuffles)}"
        self.tally = self._checklist.run(
            rules_between(52, 54),
            lambda: self.check_shuffle(tally, record),
            height=entry.height,
            where=where,
        )

    def check_shuffle(self, tally: Tally, record: TarRecord) -> Tally:
        """The tally as the shuffle leaves it. Raises: the faults of R-BOX-52 to R-BOX-54."""
        return check_shuffle(self._setup.election, tally, record.payload)

    def end_shuffles(self, entry: Entry) -> None:
        """The acts behind the shuffles are there, in order, and of enough distinct people."""
        process = self._process
        if not self._shuffles:
            self._checklist.absent(rules_between(52, 54), "there is no shuffle")
        if process is None or process.shuffles is None:
            self._checklist.lack("R-BOX-55", "the act of every shuffle's trustee")
            return
        acts = {(act.position, act.input_hash, act.payload_hash): act.trustee for act in process.shuffles}
        made = [acts.get((position, before, after)) for position, (before, after) in enumerate(self._shuffles)]
        if None in made:
            self._checklist.fail(
                Forged("a shuffle here is in no trustee's act, at its place", rule="R-BOX-55"), height=entry.height
            )
        elif len(set(made)) < max(process.shuffles_needed, len(made)):
            self._checklist.fail(
                Refused(f"{process.shuffles_needed} shuffles by as many trustees are needed", rule="R-BOX-55"),
                height=entry.height,
            )
        self._checklist.ok(["R-BOX-55"])

    def take_decryption(self, entry: Entry) -> None:
        """One trustee's share; a false one is recorded and left out, so that it does not stop the count."""
        assert isinstance(entry.data, OwnerData)
        owner, record = entry.data.owner, entry.records[0]
        where = f"trustee {owner}"
        trustees, tally = self._setup.trustees, self.tally
        self._checklist.ok(rules_between(57, 58))
        if trustees is not None and not 1 <= owner <= len(trustees.owners):
            wrong = f"there are trustees 1 to {len(trustees.owners)}, not {owner}"
            self._checklist.fail(Refused(wrong, rule="R-BOX-57"), height=entry.height)
            return
        if owner in self._owners:
            wrong = "this trustee's share stands in the box already"
            self._checklist.fail(Refused(wrong, where=where, rule="R-BOX-58"), height=entry.height)
            return
        self._owners.add(owner)
        rules = [*rules_between(56, 56), *rules_between(59, 60)]
        if trustees is None or tally is None:
            self._checklist.skip(rules, "what was to be decrypted is not known to be right")
            return
        public = trustees.owners[owner - 1].public_key
        factors = self._checklist.run(
            rules,
            lambda: check_share(self._setup.election, tally, public, record.payload),
            height=entry.height,
            where=where,
        )
        if factors is not None:
            self._shares[owner] = _Share(raw=record.payload, hash=record.hash, factors=factors)

    def take_result(self, entry: Entry) -> None:
        """The result is what the shares open."""
        rules = rules_between(65, 68)
        tally, trustees, election = self.tally, self._setup.trustees, self._setup.election
        if tally is None or trustees is None:
            self._checklist.skip(["R-BOX-61", *rules], "what was to be decrypted is not known to be right")
            return
        try:
            plaintexts = combine(trustees, tally, {owner: share.factors for owner, share in self._shares.items()})
        except Missing as fault:
            self._checklist.fail(Refused(fault.text, rule="R-BOX-61"), height=entry.height)
            self._checklist.skip(rules, "too few trustees decrypted")
            return
        self._checklist.ok(["R-BOX-61"])
        self._audit_sidecars(tally)
        raw = entry.records[0].payload
        result = self._checklist.run(["R-BOX-65"], lambda: parse_result(election, tally, raw), height=entry.height)
        if result is None:
            self._checklist.skip(rules, "the result could not be read")
            return
        self._compare_result(entry, result, plaintexts, tally)
        self.result = result

    def compare_decryption_acts(self) -> None:
        """Every share that stands in the box is the one that its trustee signed for and committed to."""
        process = self._process
        found = {owner: share.hash for owner, share in self._shares.items()}
        acts = process.decryption_acts if process else None
        commitments = process.decryption_commitments if process else None
        compare_acts(
            self._checklist, "R-BOX-62", acts, found, "the decryption act", "the signed act names another share"
        )
        compare_acts(
            self._checklist,
            "R-BOX-63",
            commitments,
            found,
            "the commitment to a share",
            "this is not the share committed to",
        )

    def _audit_sidecars(self, tally: Tally) -> None:
        sidecars = self._process.sidecars if self._process else None
        trustees = self._setup.trustees
        assert trustees is not None
        if sidecars is None:
            self._checklist.lack("R-BOX-64", "the sidecar proof of every trustee")
            return
        self._checklist.ok(["R-BOX-64"])
        for owner, share in self._shares.items():
            if owner not in sidecars:
                self._checklist.lack("R-BOX-64", f"the sidecar proof of trustee {owner}")
                continue
            try:
                check_sidecar(
                    self._setup.election,
                    tally,
                    owner=owner,
                    public=trustees.owners[owner - 1].public_key,
                    share=share.raw,
                    factors=share.factors,
                    sidecar=sidecars[owner],
                )
            except Fault as fault:
                self._checklist.fail(fault.at(f"trustee {owner}"))

    def _compare_result(self, entry: Entry, result: Result, plaintexts: Plaintexts, tally: Tally) -> None:
        election = self._setup.election
        group = election.group
        odd: list[tuple[int, int]] = []
        for i, question in enumerate(election.questions):
            for j, (item, point) in enumerate(zip(result[i], plaintexts[i], strict=True)):
                where = f"question {i + 1}, item {j + 1}"
                if isinstance(item, int):
                    if item > tally.weight or group.raise_generator(item) != point:
                        wrong = f"{item} is not what this count decrypts to"
                        self._checklist.fail(Forged(wrong, where=where, rule="R-BOX-66"), height=entry.height)
                elif item != group.ranks_of_point(point, len(question.answers)):
                    wrong = "these are not the ranks that this ballot decrypts to"
                    self._checklist.fail(Forged(wrong, where=where, rule="R-BOX-67"), height=entry.height)
                elif is_spoilt(group, point, item):
                    odd.append((i, j))
        kinds = {type(question) for question in election.questions}
        if ChoiceQuestion in kinds:
            self._checklist.ok(["R-BOX-66"])
        else:
            self._checklist.absent(["R-BOX-66"], "every question is ranked")
        if RankedQuestion in kinds:
            self._checklist.ok(rules_between(67, 68))
        else:
            self._checklist.absent(rules_between(67, 68), "no question is ranked")
        self.spoilt = tuple(odd)
        has_sidecars = "R-BOX-64" not in self._checklist.reasons
        if odd and not (has_sidecars and all(failure.check != "R-BOX-64" for failure in self._checklist.failures)):
            wrong = "no honest device makes this ballot, and no sidecar proof shows that it was its voter's doing"
            place = f"question {odd[0][0] + 1}, item {odd[0][1] + 1}"
            self._checklist.fail(Refused(wrong, where=place, rule="R-BOX-68"), height=entry.height)


def _compare_tally(archived: bytes, recomputed: bytes) -> None:
    """Raises: NonCanonical, Malformed, or Forged naming the first place that differs."""
    if archived == recomputed:
        return
    try:
        columns = decode(list[list[CiphertextText]], archived, "the encrypted tally")
    except NonCanonical:
        raise
    except Malformed as fault:
        raise Forged(fault.text) from None
    expected = decode(list[list[CiphertextText]], recomputed, "the encrypted tally")
    places = [
        f"question {i + 1}, item {j + 1}"
        for i, (column, right) in enumerate(zip(columns, expected, strict=False))
        for j, (one, other) in enumerate(zip(column, right, strict=False))
        if one != other
    ]
    raise Forged("this is not the sum of the ballots", where=places[0] if places else "its length")
