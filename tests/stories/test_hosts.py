"""Hosts that drop, reorder, alter, back-date, fork or roll back what they keep (betrayals 11, 12, 13 and 15)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.stories.play import Play, Stage, failures, named, rewrite, verify_program

from majlis.crypto import SigningKey
from majlis.demo.world import DAY
from majlis.errors import Forged, Malformed, Refused
from majlis.host.author import write_act
from majlis.host.compare import compare
from majlis.host.layout import CHECKPOINT, record_folder
from majlis.host.publish import publish_record, write_sums
from majlis.host.signer import SignerBook
from majlis.host.store import MemoryRecord, MemoryStore
from majlis.host.trust import format_trust
from majlis.host.verify import verify_folder
from majlis.institutions import parse_act
from majlis.record import (
    Checkpoint,
    Note,
    NoteKey,
    check_note,
    encode_base64,
    format_checkpoint,
    format_note,
    parse_checkpoint,
    parse_note,
    parse_signature_line,
    sign_note,
    with_signatures,
)


class FaithlessLog:
    """A record rewritten by its own host, who has the log key and signs what it likes."""

    def __init__(self, play: Play, slug: str) -> None:
        self.body = next(body for body in play.federation.everyone() if body.slug == slug)
        self.entries = play.world.host.hosted(self.body.identity).record.entries()
        self.key: SigningKey = self.body.log_key

    def record(self) -> MemoryRecord:
        record = MemoryStore().create(self.body.origin)
        record.append(self.entries)
        return record

    def sign(self) -> bytes:
        record = self.record()
        text = format_checkpoint(Checkpoint(origin=record.origin, size=record.size, root=record.root()))
        return format_note(Note(text=text, signatures=(sign_note(text, record.origin, self.key),)))

    def replace(self, public: Path, note: bytes | None = None) -> None:
        """The rewritten record stands in the folder in place of the old one, sums and all."""
        shutil.rmtree(public / record_folder(self.body.origin))
        publish_record(public, self.record(), note or self.sign())
        write_sums(public)


def move(log: FaithlessLog, checkpoint: bytes) -> None:
    """Two charter keys move the record behind the entries that the log has, to the key sealed at its founding."""
    body, record = log.body, log.record()
    data = {
        "log": NoteKey(name=body.origin, public_key=body.next_log_key.public_key).vkey,
        "next_log": "ab" * 32,
        "size": record.size,
        "root": record.root().hex(),
        "checkpoint": checkpoint.decode(),
    }
    keys = [person.key for person in body.charter_keys[:2]]
    log.entries.append(write_act("host.move", data, *keys, chance=body.world.chance, body=body.identity))
    log.key = body.next_log_key


def test_an_act_altered_on_disk_is_named_though_the_sums_were_rewritten(play: Play, public: Path) -> None:
    folder = public / record_folder(play.sittings.assembly.origin)
    (bundle,) = (path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())
    needle = b'"amount":1000000'
    assert needle in bundle.read_bytes()
    rewrite(bundle, lambda data: data.replace(needle, b'"amount":9000000', 1))
    write_sums(public)
    code, said = verify_program(public, "--trust", play.trust)
    assert (code, said["ok"], said["verdict"]) == (1, False, "failed")
    wrong = [finding for finding in said["findings"] if finding["kind"] == "failure"]
    assert bundle.relative_to(public).as_posix() in {finding["file"] for finding in wrong}
    assert play.sittings.assembly.identity in {finding["body"] for finding in wrong}


@pytest.mark.parametrize("attack", ["drop", "swap", "insert"])
def test_a_rewritten_history_is_not_the_one_that_others_cite(play: Play, public: Path, attack: str) -> None:
    """The host has the log key, rewrites a district's past and signs it anew; certificates elsewhere still show it."""
    log = FaithlessLog(play, play.federation.districts[0].slug)
    match attack:
        case "drop":
            del log.entries[7]
        case "swap":
            log.entries[7:9] = log.entries[8:6:-1]
        case "insert":
            log.entries.insert(7, b"")
    log.replace(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 1
    assert "R-VERIFY-9" in {finding.rule for finding in failures(verdict) if finding.body == log.body.identity}
    assert named(verdict, f"{record_folder(log.body.origin)}/{CHECKPOINT}")


def test_a_record_cut_short_is_missed_by_those_who_cite_it(play: Play, public: Path) -> None:
    log = FaithlessLog(play, play.federation.districts[0].slug)
    del log.entries[40:]
    log.replace(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 3
    assert "R-CERT-7" in {finding.rule for finding in verdict.findings if finding.kind == "missing"}


def test_a_history_that_nobody_else_cites_is_known_by_whoever_saw_the_other(play: Play, public: Path) -> None:
    """Betrayal 12: the host shows one history to one reader and another to the next. Nobody cites the record of the
    assembly; the reader who has seen a size and root of it is not fooled."""
    body = play.sittings.assembly
    record = play.world.host.hosted(body.identity).record
    seen = format_trust([play.federation.districts[0].identity])
    seen += f"body {body.identity} 60 {encode_base64(record.root(60))}\n"
    assert verify_folder(public, trust=seen.encode()).exit_code == 0
    log = FaithlessLog(play, "assembly")
    log.entries[50] = write_act(
        "motion.table",
        {"text": "ab" * 32, "grants": []},
        body.one("clerk").key,
        chance=play.world.chance,
        body=body.identity,
    )
    log.replace(public)
    verdict = verify_folder(public, trust=seen.encode())
    assert verdict.exit_code == 1
    assert "R-VERIFY-8" in {finding.rule for finding in failures(verdict)}


def test_a_smaller_history_than_was_seen_fails(play: Play, public: Path, tmp_path: Path) -> None:
    """With the real program, and a trust file as people write it."""
    body = play.sittings.assembly
    size = play.world.host.state(body.identity).size
    root = encode_base64(play.world.host.hosted(body.identity).record.root())
    trust = tmp_path / "trust"
    trust.write_text(f"majlis-trust/1\n# from the card on the wall\nbody {body.identity} {size} {root}\n")
    assert verify_program(public, "--trust", trust)[0] == 0
    log = FaithlessLog(play, "assembly")
    del log.entries[-1]
    log.replace(public)
    code, said = verify_program(public, "--trust", trust)
    assert code == 1
    assert "R-VERIFY-8" in {finding["rule"] for finding in said["findings"] if finding["kind"] == "failure"}


def test_a_tick_of_another_history_convicts_the_log(stage: Stage) -> None:
    """A branch that mirrors cosigned in good faith: whoever logs its checkpoint in the record proves the fork."""
    body = stage.districts[2]
    log = FaithlessLog(stage.play, body.slug)
    log.entries[-1] = b"another end"
    standing = stage.attempt(body, "tick", {"checkpoint": log.sign().decode()}, stage.world.courier)
    assert (standing.status, standing.rule) == ("void", "R-TICK-2")
    verdict = stage.verify()
    assert verdict.exit_code == 1
    (failure,) = failures(verdict)
    assert (failure.rule, failure.body) == ("R-VERIFY-9", body.identity)


def test_a_stranger_cannot_make_a_record_fail_by_logging_false_ticks(stage: Stage) -> None:
    body = stage.districts[2]
    log = FaithlessLog(stage.play, body.slug)
    log.entries[-1] = b"another end"
    log.key = SigningKey(bytes(range(32)))
    for checkpoint in (log.sign().decode(), "", "nonsense", "x" * 12_001):
        stage.attempt(body, "tick", {"checkpoint": checkpoint}, stage.world.courier)
    assert stage.verify().ok


def test_witnesses_do_not_cosign_a_rewritten_history(play: Play, stage: Stage) -> None:
    log = FaithlessLog(play, "assembly")
    log.entries[50] = b"something else"
    log.entries.append(b"and one more")
    (body, record) = (stage.assembly, log.record())
    for witness in stage.setting.witnesses:
        old = witness.last(body.origin)
        proof = "".join(f"{encode_base64(step)}\n" for step in record.prove_consistency(old, record.size))
        status, _ = witness.add_checkpoint(f"old {old}\n{proof}\n".encode() + log.sign())
        assert status == 422
        assert witness.evidence()


def test_time_does_not_go_back(stage: Stage) -> None:
    """The host sets back the clocks of the witnesses that it has bought; the tick is void, and the record shows it."""
    body = stage.assembly
    before = stage.state(body).ticks[-1]
    stage.setting.clock._now -= 30 * DAY
    refused = stage.host.tick(body.identity, stage.setting.witnesses, stage.world.courier.key).standing
    assert refused is not None
    assert (refused.status, refused.rule) == ("void", "R-TICK-3")  # Their own memory forbids it.
    assert stage.state(body).ticks[-1] == before


def test_a_tick_without_witnesses_tells_no_time(stage: Stage) -> None:
    stage.world.clock.advance(400 * DAY)
    refused = stage.host.tick(stage.assembly.identity, stage.setting.witnesses[:1], stage.world.courier.key).standing
    assert refused is not None
    assert (refused.status, refused.rule) == ("void", "R-TICK-3")
    assert stage.sittings.seats()


def test_an_old_backup_is_not_signed(stage: Stage, tmp_path: Path) -> None:
    """Betrayal 15: the records come back from last month's copy. The signer remembers more, and refuses."""
    stage.setting.close()
    old = tmp_path / "old.db"
    shutil.copy(stage.setting.folder / "host.db", old)
    stage.reopen()
    for _ in range(3):
        stage.assembly.table("What happened since", [])
    stage.host.cosign(stage.assembly.identity, stage.setting.witnesses)
    stage.setting.close()
    shutil.copy(old, stage.setting.folder / "host.db")
    stage.reopen()
    with pytest.raises(Refused, match="R-SIGNER-1"):
        stage.host.cosign(stage.assembly.identity, stage.setting.witnesses)
    with pytest.raises(Refused, match="R-SIGNER-1"):
        stage.assembly.table("Another past", [])


def test_a_copy_without_its_signer_is_never_signed(play: Play, tmp_path: Path) -> None:
    """Somebody copies the records to another machine, and leaves behind what was signed."""
    log = FaithlessLog(play, "assembly")
    book = SignerBook.create_in(tmp_path)
    with pytest.raises(Refused, match="R-SIGNER-4"):
        book.enrol(log.record(), log.key.public_key)
    book.close()


def test_one_faithless_witness_spoils_no_checkpoint(stage: Stage) -> None:
    """It answers in another's name, or nonsense, or not at all; two honest ones suffice."""

    class Faithless:
        def __init__(self, answer: str) -> None:
            self.answer = answer

        def last(self, origin: str) -> int:
            if not self.answer:
                raise OSError("no route to host")
            return 0

        def add_checkpoint(self, request: bytes) -> tuple[int, str]:
            return 200, self.answer

    body = stage.assembly
    body.table("Something new", [])
    honest = stage.setting.witnesses[0]
    line = parse_signature_line(stage.host.cosign(body.identity, [honest]).decode().splitlines()[-1])
    false = Note(text="x\n", signatures=(type(line)(name=line.name, key_id=line.key_id, signature=bytes(72)),))
    in_anothers_name = format_note(with_signatures(false, [])).decode().splitlines()[-1] + "\n"
    liars = [Faithless(in_anothers_name), Faithless("nonsense\n"), Faithless(""), Faithless("\n" * 100)]
    stage.host.cosign(body.identity, [*liars, *stage.setting.witnesses[:2]])
    certificate = body.certify(stage.state(body).log[stage.state(body).size - 1])
    assert certificate.act
    tick = stage.host.tick(body.identity, [*liars, *stage.setting.witnesses], stage.world.courier.key).standing
    assert tick is not None
    assert tick.status == "in-force"


def test_the_receipt_proves_what_the_host_acknowledged(stage: Stage, tmp_path: Path) -> None:
    """Betrayal 13: the receipt is signed with the log's own key, names the place, and the folder lacks the act."""
    body = stage.districts[1]
    public = stage.publish()
    receipt = stage.host.write(body.identity, "motion.table", {"text": "ab" * 32, "grants": []}, body.one("clerk").key)
    note = parse_note(receipt.note.encode())
    check_note(note, [NoteKey(name=body.origin, public_key=body.log_key.public_key)])
    assert note.text.splitlines()[1:3] == [f"act {receipt.act}", f"index {receipt.index}"]
    verdict = stage.verify(public)
    assert receipt.act not in {void.act for void in verdict.void}
    (entry,) = stage.host.hosted(body.identity).record.entries(receipt.index, receipt.index + 1)
    assert parse_act(entry).id == receipt.act


def test_a_public_folder_never_goes_back(play: Play, stage: Stage) -> None:
    public = stage.publish()
    log = FaithlessLog(play, "assembly")
    del log.entries[-5:]
    with pytest.raises((Refused, Forged, Malformed)):
        publish_record(public, stage.host.hosted(stage.assembly.identity).record, log.sign())


# --- succession (betrayals 14 and 28)


def test_a_record_goes_on_after_its_host_is_destroyed(play: Play, public: Path) -> None:
    """All that is left is what the mirrors hold: the public folder. Nothing safe is lost, and life goes on."""
    log = FaithlessLog(play, play.federation.districts[0].slug)
    safe = (public / record_folder(log.body.origin) / CHECKPOINT).read_bytes()
    log.entries = log.entries[: parse_checkpoint(parse_note(safe).text).size]
    before = list(log.entries)
    move(log, safe)
    motion = {"text": "ab" * 32, "grants": []}
    clerk = log.body.one("clerk").key
    log.entries.append(write_act("motion.table", motion, clerk, chance=play.world.chance, body=log.body.identity))
    log.replace(public)
    verdict = play.verify(public)
    assert verdict.ok, failures(verdict)
    assert "R-MOVE-6" in {finding.rule for finding in verdict.findings}, "the members have yet to confirm it"
    assert log.record().entries()[: len(before)] == before


def test_a_captured_host_signs_on_under_the_old_key_for_nobody(play: Play, public: Path, tmp_path: Path) -> None:
    """It even takes the moved entries and signs them; and it goes on by itself, which whoever compares sees."""
    log = FaithlessLog(play, play.federation.districts[0].slug)
    old, captured = log.key, FaithlessLog(play, log.body.slug)
    safe = (public / record_folder(log.body.origin) / CHECKPOINT).read_bytes()
    log.entries = log.entries[: parse_checkpoint(parse_note(safe).text).size]
    move(log, safe)
    log.entries.append(b"what came after")
    note = log.sign()
    log.key = old
    log.replace(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 1
    assert "R-VERIFY-2" in {finding.rule for finding in failures(verdict) if finding.body == log.body.identity}
    log.replace(public, note)
    assert play.verify(public).ok
    captured.entries += [b"one more", b"and another"]
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_bytes(captured.sign())
    (told,) = [each for each in compare(public, checkpoint) if each.origin == log.body.origin]
    assert (told.relation, told.exit_code) == ("parted", 1)
    assert "the first was moved" in told.text


def test_charter_keys_cannot_move_a_record_to_before_a_recall(play: Play, public: Path, tmp_path: Path) -> None:
    """Betrayal 28: they take a safe checkpoint of an earlier day. Whoever has a later one shows what was dropped."""
    body = play.sittings.betrayed
    log = FaithlessLog(play, body.slug)
    later = tmp_path / "checkpoint"
    later.write_bytes((public / record_folder(body.origin) / CHECKPOINT).read_bytes())
    acts = [parse_act(entry) for entry in log.entries]
    recall = next(index for index, act in enumerate(acts) if act.kind == "recall.petition")
    earlier = [act for act in acts[:recall] if act.kind == "tick"][-1].data["checkpoint"].encode()
    del log.entries[parse_checkpoint(parse_note(earlier).text).size :]
    move(log, earlier)
    log.replace(public)
    (told,) = [each for each in compare(public, later) if each.origin == body.origin]
    assert told.relation == "DROPPED"
    assert "R-MOVE-7" in told.text
    # Others cite what is gone, so a reader of the whole folder misses it too.
    assert play.verify(public).exit_code in (1, 3)
