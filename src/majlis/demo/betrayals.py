"""Part three: seven betrayals, each attempted for real on a copy, and what became of it.

Some write acts into a copy of the host's folder, as a faithless officer with real keys could. Others tamper with a copy
of the public folder, and even write its SHA256SUMS anew, as a faithless host could. The real records stay as they are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from majlis.ballot import ArchiveWriter, parse_election, read_entries, read_records, seal
from majlis.crypto import Chance, draw_scalar
from majlis.demo.counterfeit import counterfeit
from majlis.demo.setting import Setting
from majlis.demo.sittings import UNIT, Sittings
from majlis.demo.world import World
from majlis.host.publish import write_sums
from majlis.host.verify import verify_folder
from majlis.institutions import parse_act, sign_text
from majlis.institutions.state import Standing


class Caught(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: what was tried, whether it was caught or powerless, and the words that say so."""

    what: str
    caught: bool
    how: str


class Betrayals:
    """The attempts, against copies in ``scratch``."""

    def __init__(self, sittings: Sittings, public: Path, trust: Path, scratch: Path) -> None:
        self.sittings = sittings
        self.world: World = sittings.world
        self.public = public
        self.trust = trust.read_bytes()
        self.scratch = scratch
        self.map_ = sittings.world.setting.map_
        self._setting: Setting | None = None

    def attempt_all(self) -> list[Caught]:
        """All seven, in the order of the story."""
        attempts = (
            self.order_without_warrant,
            self.void_act_as_certificate,
            self.payment_rewrapped,
            self.act_altered_on_disk,
            self.ballot_stuffed,
            self.vote_after_recall,
            self.counterfeit_assembly,
        )
        found = []
        self.world.tell.start("betrayals, each on a copy", len(attempts))
        for attempt in attempts:
            found.append(attempt())
            self.world.tell.step()
        self.world.tell.finish()
        return found

    def _copy(self) -> Setting:
        """A copy of the host's folder, in which several faithless acts may follow one another."""
        if self._setting is None:
            self._setting = self.world.setting.copy(self.scratch / "data", self.world.log_keys)
        return self._setting

    def close(self) -> None:
        """Let go of the copy."""
        if self._setting is not None:
            self._setting.close()
            self._setting = None

    def _copy_public(self) -> Path:
        target = self.scratch / "public"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.public, target)
        return target

    def order_without_warrant(self) -> Caught:
        """The assembly's clerk orders money to be spent, with no decision."""
        assembly = self.sittings.assembly
        data = {"amount": 900_000, "unit": UNIT, "purpose": "flour"}
        setting = self._copy()
        standing = setting.host.write(assembly.identity, "spend.order", data, assembly.one("clerk").key).standing
        return _void("A clerk orders 900,000 to be spent, citing no decision.", standing, "R-WARRANT-1")

    def void_act_as_certificate(self) -> Caught:
        """A mandate that no decision of the district warrants is carried to the assembly as if it counted."""
        sittings = self.sittings
        body, assembly = sittings.federation.districts[-1], sittings.assembly
        data = {"assembly": assembly.identity, "motion": sittings.second, "instruction": "no"}
        setting = self._copy()
        host = setting.host
        forged = host.write(body.identity, "mandate.give", data, body.one("clerk").key)
        host.cosign(body.identity, setting.witnesses)
        certificate = host.certificate(body.identity, forged.act)
        courier = self.world.courier.key
        standing = host.write(assembly.identity, "mandate.deliver", {"certificate": certificate}, courier).standing
        what = "A clerk writes a mandate nobody decided, and presents it to the assembly with a perfect proof."
        return _void(what, standing, "R-CERT-5")

    def payment_rewrapped(self) -> Caught:
        """A payment is handed in again with its signatures in another order."""
        assembly = self.sittings.assembly
        act = parse_act(self.sittings.payment)
        treasurers = [person.key for person in reversed(assembly.all("treasurer"))]
        setting = self._copy()
        before = setting.host.state(assembly.identity).money[UNIT]
        setting.host.submit(assembly.identity, sign_text(act.text, *treasurers))
        after = setting.host.state(assembly.identity).money[UNIT]
        finding = setting.host.hosted(assembly.identity).folded.findings[-1]
        return Caught(
            what="A payment of 1,000,000 is handed in again, its signatures in another order.",
            caught=before == after and finding.kind == "copy",
            how=f"The fund still holds {after:,} {UNIT}: {finding.text} [{finding.rule}]",
        )

    def act_altered_on_disk(self) -> Caught:
        """The host changes one byte of a payment in the published record, and writes the checksums anew."""
        folder = self._copy_public()
        needle = b'"amount":1000000'
        for path in sorted(folder.glob("*/tile/entries/**/*")):
            if path.is_file() and needle in (data := path.read_bytes()):
                path.write_bytes(data.replace(needle, b'"amount":9000000', 1))
                break
        return self._tampered(folder, "The host changes 1,000,000 into 9,000,000 in the published record.")

    def ballot_stuffed(self) -> Caught:
        """The host writes a finished box anew with one more ballot in it, every hash in order."""
        folder = self._copy_public()
        path = sorted(folder.glob("boxes/*.bel"))[0]
        path.write_bytes(stuffed(path.read_bytes(), self.world.chance))
        return self._tampered(folder, "The host stuffs a ballot into a finished box.")

    def vote_after_recall(self) -> Caught:
        """The recalled delegate votes on."""
        sittings = self.sittings
        assert sittings.breaker is not None
        data = {"motion": sittings.second, "choice": "no"}
        setting = self._copy()
        standing = setting.host.write(sittings.assembly.identity, "vote.cast", data, sittings.breaker.key).standing
        return _void("The recalled delegate votes in the assembly all the same.", standing, "R-KEY-1")

    def counterfeit_assembly(self) -> Caught:
        """A whole other assembly under the same name is handed to a newcomer who pinned their own committee."""
        folder = self.scratch / "counterfeit"
        counterfeit(self.sittings.assembly, folder)
        verdict = verify_folder(folder, trust=self.trust, map_=self.map_)
        return Caught(
            what="A complete counterfeit of the assembly, with its own keys and the same name, is handed out.",
            caught=verdict.exit_code == 5,
            how=f"{verdict.verdict}: {verdict.summary}",
        )

    def _tampered(self, folder: Path, what: str) -> Caught:
        write_sums(folder)
        verdict = verify_folder(folder, trust=self.trust, map_=self.map_)
        failure = next((finding for finding in verdict.findings if finding.kind == "failure"), None)
        if failure is None:
            return Caught(what=what, caught=False, how=verdict.summary)
        place = failure.file or failure.box or failure.body
        return Caught(what=what, caught=verdict.exit_code == 1, how=f"{place}: {failure.text} [{failure.rule}]")


def _void(what: str, standing: Standing | None, rule: str) -> Caught:
    assert standing is not None
    return Caught(
        what=what,
        caught=standing.status == "void" and standing.rule == rule,
        how=f"In the record as {standing.status}: {standing.text} [{standing.rule}]",
    )


def stuffed(archive: bytes, chance: Chance) -> bytes:
    """The archive with one ballot more, sealed under a key that nobody's list has; events chained anew."""
    entries = list(read_entries(read_records(archive)))
    setup = [record.payload for record in entries[0].records]
    election = parse_election(setup[0])
    question = election.questions[0]
    choice = [1, *([0] * (len(question.answers) - 1))]
    timestamp = int(archive[136:147], 8)
    writer = ArchiveWriter.begin(timestamp)
    found = [writer.setup(setup[0], setup[1], setup[2])]
    found += [writer.ballot(entry.records[0].payload) for entry in entries if entry.type == "Ballot"]
    found.append(writer.ballot(seal(election, draw_scalar(chance), [choice], chance)))
    found.append(writer.end_ballots())
    return b"".join(found)
