"""A record is moved by its charter keys: after its host was lost, and in a hand-over (spec/succession.md)."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.cli.served import address, free_port, serving, shown, wait_for
from tests.cli.village import ABROAD, HERE, TELLERS, Village

from majlis.host.actfile import read_act_file
from majlis.host.layout import record_folder
from majlis.host.node import Node
from majlis.host.signer import SignerBook
from majlis.record import parse_note_key

pytestmark = pytest.mark.xdist_group("village")

SEALED = "stick/hilltop-next-log.json"
NEW = "third"
ELSEWHERE = ("amal", "rima", "dalia", "omar", *TELLERS)


def prepare(village: Village) -> Village:
    """Hilltop's sealed key is off its machine, its people have their keys elsewhere too, and one motion is safe."""
    village.run(NEW, "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    village.run(NEW, "key", "new", "zeina")
    shutil.move(village.root / HERE / "keyrings" / "aside" / "hilltop-next-log.json", village.root / SEALED)
    for name in ELSEWHERE:
        shutil.copy(village.root / HERE / "keyrings" / f"{name}.json", village.root / NEW / "keyrings")
    village.run(HERE, "propose", "hilltop", "--text", "safe", "--as", "amal")
    village.tick()
    return village


@pytest.fixture
def safe(founded: Village) -> Village:
    """A village just founded, prepared for the day that its host is lost."""
    return prepare(founded)


def burn(village: Village) -> None:
    """Hilltop's machine is destroyed."""
    shutil.rmtree(village.root / HERE)


def draw_up(village: Village, where: str = NEW) -> None:
    sealed = ("--sealed", SEALED, "--out", "stick")
    village.run(NEW, "succession", "key", "hilltop", *sealed)
    by = ("--by", "stick/dalia.card", "--out", "stick/move.act")
    village.run(where, "succession", "draft", "hilltop", "--new", "stick/hilltop.newlog", *by)


def sign(village: Village, *names: str) -> None:
    for name in names:
        village.run(NEW, "act", "sign", "stick/move.act", "--as", name)


def take_copy(village: Village) -> None:
    village.run(ABROAD, "node", "give", "stick/copies")
    village.run(NEW, "node", "take", "stick/copies")


def cosign(village: Village, where: str = NEW) -> None:
    village.run(where, "node", "give", "stick/moved")
    village.run(ABROAD, "witness", "cosign", "stick/moved")
    village.run(where, "tick", "hilltop", "--from", "stick/moved")


def test_a_record_goes_on_after_its_host_is_destroyed(safe: Village) -> None:
    before = safe.acts(ABROAD)
    safe.run(HERE, "propose", "hilltop", "--text", "not safe yet", "--as", "amal")
    safe.run(HERE, "node", "give", "stick/somebodys-copy")
    burn(safe)
    take_copy(safe)
    draw_up(safe)
    words = safe.run(NEW, "act", "sign", "stick/move.act", "--as", "dalia").out
    assert f"behind the first {len(before)} entries" in words
    assert "the key which was sealed for this: 2 charter keys move it" in words
    assert "friends-mirror cosigned" in words
    outcome = safe.try_(NEW, "succession", "take-over", "stick/move.act")
    assert outcome.code == 3
    assert "1 of 2 charter keys" in outcome.err
    sign(safe, "omar")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    cosign(safe)
    acts = safe.acts(NEW)
    assert [act["act"] for act in acts[: len(before)]] == [act["act"] for act in before]
    assert [act["kind"] for act in acts[len(before) :]] == ["host.move", "tick"]
    assert {act["status"] for act in acts[len(before) :]} == {"in-force"}
    # What was sequenced and not safe is handed in again by whoever has it, unchanged, and has the same effect.
    again = ("succession", "resubmit", "hilltop", "--from", "stick/somebodys-copy", "--json")
    (act,) = safe.run(NEW, *again).json["acts"]
    assert act["status"] == "in-force"
    assert safe.run(NEW, *again).json["acts"] == []
    # In one file for a stick, to somebody who has the record as it was, and to somebody who has nothing.
    safe.run(NEW, "bundle", "stick/moved", "-o", "stick/moved.majlis")
    shutil.copytree(safe.stick / "copies", safe.stick / "older")
    for into in ("stick/older", "stick/fresh"):
        outcome = safe.run(NEW, "import", "stick/moved.majlis", "--into", into, "--json")
        assert {record["slug"]: record["outcome"] for record in outcome.json["records"]}["hilltop"] in ("new", "grown")
    # Life goes on, and readers find it sound.
    safe.run(NEW, "propose", "hilltop", "--text", "after", "--as", "amal")
    cosign(safe)
    safe.run(ABROAD, "node", "take", "stick/moved")
    safe.run(NEW, "node", "give", "stick/moved")
    safe.run(NEW, "node", "pin", "hilltop", "--out", "stick/trust")
    verdict = safe.try_(NEW, "verify", "stick/moved", "--trust", "stick/trust", "--accept-unknown", "--json")
    assert verdict.json["ok"], verdict
    assert "R-MOVE-6" in {finding["rule"] for finding in verdict.json["findings"]}, "the members have not confirmed"


def test_a_proof_of_a_moved_record_needs_a_file_that_names_its_new_key(safe: Village) -> None:
    """R-DIGEST-10: an act 0, and a file from before the move, say what to do."""
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia", "omar")
    for name, how in (("act0", ["--act-0"]), ("before", [])):
        safe.run(NEW, "in-force", "known", "stick/copies", "hilltop", *how, "--out", f"stick/{name}")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    cosign(safe)
    safe.run(NEW, "in-force", "log", "hilltop", "--as", "amal")
    cosign(safe)
    safe.run(NEW, "node", "give", "stick/moved")
    safe.run(NEW, "in-force", "prove", "stick/moved", "hilltop", "office", "clerk", "--out", "stick/clerk")
    check = ("in-force", "check", "stick/clerk", "--days", 3650, "--known")
    for name in ("act0", "before"):
        outcome = safe.try_(ABROAD, *check, f"stick/{name}")
        assert outcome.code == 1
        assert "R-DIGEST-10" in outcome.err
        assert "'majlis in-force known'" in outcome.err
    assert safe.try_(NEW, "in-force", "known", "stick/moved", "hilltop", "--act-0", "--out", "stick/x").code == 1
    safe.run(NEW, "in-force", "known", "stick/moved", "hilltop", "--out", "stick/known")
    safe.run(ABROAD, *check, "stick/known")


def test_a_copy_that_held_more_follows_by_stick_and_loses_nothing(safe: Village) -> None:
    """R-MIRROR-9 with sticks alone: what only this folder held is set aside, handed in again, and safe in the end."""
    reader = "reader"
    safe.run(reader, "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    safe.run(HERE, "propose", "hilltop", "--text", "not safe yet", "--as", "amal")
    safe.run(HERE, "node", "give", "stick/more")
    safe.run(reader, "node", "take", "stick/more")
    lone = safe.acts(reader)[-1]["act"]
    burn(safe)
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia", "omar")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    safe.run(NEW, "node", "give", "stick/moved")
    outcome = safe.try_(reader, "node", "take", "stick/moved")
    assert outcome.code == 1
    assert "0 of 1 other mirrors cosigned" in outcome.out
    assert safe.acts(reader)[-1]["act"] == lone
    cosign(safe)
    safe.run(ABROAD, "node", "give", "stick/cosigned")
    safe.run(NEW, "bundle", "stick/cosigned", "-o", "stick/moved.majlis")
    # A public folder that holds the other branch is left as it is; the bundle goes into a fresh one.
    outcome = safe.try_(NEW, "import", "stick/moved.majlis", "--into", "stick/more")
    assert outcome.code == 1
    assert "import it into another folder" in outcome.out
    safe.run(NEW, "import", "stick/moved.majlis", "--into", "stick/fresh")
    outcome = safe.run(reader, "node", "take", "stick/fresh")
    assert "1 acts of that lie in the outbox" in outcome.out
    assert [act["kind"] for act in safe.acts(reader)][-1] == "host.move"
    assert list((safe.root / reader / "evidence").glob("*-left-*"))
    safe.run(reader, "record", "fsck", reader)
    assert safe.try_(reader, "outbox", "--stick", "stick/moved").code == 3
    (entry,) = (safe.stick / "moved" / "inbox").glob("*.act")
    assert entry.stem == lone
    safe.run(NEW, "succession", "resubmit", "hilltop", "--from", "stick/more")
    for _ in range(2):
        cosign(safe)
    safe.run(reader, "node", "take", "stick/moved")
    assert "safe at place" in safe.run(reader, "outbox").out


def test_a_hand_over_ends_in_the_old_hosts_last_entry(safe: Village) -> None:
    safe.run(HERE, "propose", "hilltop", "--text", "sequenced", "--as", "amal")
    safe.run(HERE, "node", "give", "stick/public")
    safe.run(NEW, "node", "take", "stick/public")
    draw_up(safe, HERE)
    sign(safe, "dalia", "omar")
    # Logged and then cut short: nothing more is taken in here, and the same command does the rest.
    safe.run(HERE, "act", "submit", "stick/move.act")
    outcome = safe.try_(HERE, "propose", "hilltop", "--text", "late", "--as", "amal")
    assert outcome.code == 1
    assert "R-MOVE-8" in outcome.err
    safe.run(HERE, "succession", "hand-over", "stick/move.act", "--give", "stick/handed")
    safe.run(NEW, "node", "take", "stick/handed")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    assert safe.try_(HERE, "propose", "hilltop", "--text", "late", "--as", "amal").code == 2
    cosign(safe)
    safe.run(HERE, "node", "take", "stick/moved")
    for where in (HERE, NEW, ABROAD):
        safe.run(where, "record", "fsck", where)
    assert safe.acts() == safe.acts(NEW)[: len(safe.acts())]
    # The friends' witness follows the move, and does not take the old key again (R-MOVE-8).
    node = Node(safe.root / ABROAD)
    assert node.body("hilltop").is_hosted is False
    outcome = safe.try_(HERE, "succession", "hand-over", "stick/move.act", "--give", "stick/handed")
    assert outcome.code == 1
    assert "not kept here" in outcome.err


def test_a_captured_host_that_signs_on_moves_no_mirror(safe: Village) -> None:
    """It keeps its key and its machine: no mirror cosigns, no copy grows by it, and comparing shows it."""
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia", "omar")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    cosign(safe)
    for text in ("one", "two", "three"):
        safe.run(HERE, "propose", "hilltop", "--text", text, "--as", "amal")
    safe.run(HERE, "node", "give", "stick/captured")
    outcome = safe.try_(ABROAD, "witness", "cosign", "stick/captured")
    assert outcome.code == 1
    assert safe.try_(NEW, "node", "take", "stick/captured").code == 1
    assert safe.try_(HERE, "tick", "hilltop", "--witness", ABROAD).code == 1
    outcome = safe.try_(NEW, "compare", "stick/captured", "stick/moved")
    assert outcome.code == 1
    assert "parted" in outcome.out
    assert "the second was moved" in outcome.out
    port = free_port()
    with serving(safe.root, ABROAD, port):
        outcome = safe.try_(HERE, "tick", "hilltop", "--witness", address(port))
    assert outcome.code == 3
    assert "under another log key: it seems that the charter keys moved it" in outcome.err
    # The captured host is shown the moved record: its own branch is not that, and it is told what can be done.
    outcome = safe.try_(HERE, "node", "take", "stick/moved")
    assert outcome.code == 1
    assert "majlis succession resubmit --from" in outcome.out


def test_nobody_takes_over_with_another_key_or_an_old_copy(safe: Village) -> None:
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia", "omar")
    assert safe.try_(ABROAD, "succession", "take-over", "stick/move.act").code == 3
    assert safe.try_(HERE, "succession", "take-over", "stick/move.act").code == 3
    safe.run(HERE, "propose", "hilltop", "--text", "more", "--as", "amal")
    safe.tick()
    outcome = safe.try_(HERE, "act", "sign", "stick/move.act", "--as", "dalia")
    assert outcome.code == 1
    assert "Let it be drawn up from this larger copy: 'majlis succession draft'" in outcome.err
    take_copy(safe)
    outcome = safe.try_(NEW, "succession", "take-over", "stick/move.act")
    assert outcome.code == 1
    assert "R-MOVE-1" in outcome.err
    assert "BEWARE" in safe.run(NEW, "act", "show", "stick/move.act").out
    assert safe.try_(NEW, "succession", "take-over", "stick/hilltop.act").code == 1
    assert safe.try_(NEW, "succession", "key", "hilltop", "--sealed", "stick/nothing", "--out", "stick").code == 3


def test_a_move_that_drops_what_was_safe_is_caught(safe: Village) -> None:
    """R-MOVE-7, betrayal 28: charter keys who move the record to before a motion that the mirrors hold."""
    take_copy(safe)
    safe.run(HERE, "propose", "hilltop", "--text", "the recall", "--as", "amal")
    safe.run(HERE, "node", "give", "stick/safe")
    safe.run(ABROAD, "witness", "cosign", "stick/safe")
    safe.tick()
    draw_up(safe)
    sign(safe, "dalia", "omar")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    safe.run(NEW, "node", "give", "stick/moved")
    # The mirror cosigns nothing that lacks what it cosigned, and takes no copy of it.
    for command in (("witness", "cosign"), ("node", "take")):
        outcome = safe.try_(ABROAD, *command, "stick/moved")
        assert outcome.code == 1
        assert "the move dropped what was safe" in outcome.out
    # Anybody hands in the tick that the record lacks: from then on every reader sees it.
    tick = next(act for act in reversed(safe.acts()) if act["kind"] == "tick")
    node = Node(safe.root / HERE)
    entry = node.federation().records[node.body("hilltop").identity].entries[tick["index"]]
    safe.run(HERE, "node", "give", "stick/public")
    assert safe.run(HERE, "verify", "stick/moved", "--accept-unknown").code == 0
    (kept,) = safe.stick.glob(f"safe/{record_folder(node.body('hilltop').origin)}/checkpoint")
    outcome = safe.try_(HERE, "compare", "stick/moved", kept)
    assert outcome.code == 1
    assert "DROPPED" in outcome.out
    assert "R-MOVE-7" in outcome.out
    with Node(safe.root / NEW).writing() as store:
        store.record(node.body("hilltop").origin).append([entry])
    safe.run(NEW, "node", "give", "stick/moved")
    verdict = safe.try_(HERE, "verify", "stick/moved", "--accept-unknown", "--json")
    assert verdict.code == 1
    assert "R-MOVE-7" in {finding["rule"] for finding in verdict.json["findings"] if finding["kind"] == "failure"}


def test_a_key_that_nobody_moved_the_record_to_signs_nothing(safe: Village) -> None:
    """R-MOVE-8: an act that claims the key is not enough; the record's own fold says who may."""
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia")
    node = Node(safe.root / NEW)
    body = node.body("hilltop")
    file = read_act_file(safe.stick / "move.act")
    with node.writing() as store:
        record = store.record(body.origin)
        record.append([file.entry])
        signers = SignerBook.create_in(node.folder)
        key = parse_note_key(file.act.data["log"])
        signers.succeed(record, key.public_key, record.size - 1)
        signers.close()
        node.set_hosted(body.identity, True)
    safe.run(NEW, "node", "give", "stick/moved")
    outcome = safe.try_(ABROAD, "node", "take", "stick/moved")
    assert outcome.code == 1
    assert "R-MOVE-8" in outcome.out
    safe.run(NEW, "bundle", "stick/moved", "-o", "stick/moved.majlis")
    outcome = safe.try_(NEW, "import", "stick/moved.majlis", "--into", "stick/fresh")
    assert outcome.code == 1
    assert "R-MOVE-8" in outcome.out
    verdict = safe.try_(HERE, "verify", "stick/moved", "--accept-unknown", "--json")
    assert verdict.code == 1
    assert "R-VERIFY-2" in {finding["rule"] for finding in verdict.json["findings"] if finding["kind"] == "failure"}


def test_a_fork_is_shown_frozen_and_settled(safe: Village) -> None:
    """R-FORK-5 and R-FORK-6: an old backup was signed on; the members go on under the sealed key, and lose nothing."""
    other = safe.copy(safe.root.with_name("other"))
    safe.run(HERE, "propose", "hilltop", "--text", "here", "--as", "amal")
    other.run(HERE, "propose", "hilltop", "--text", "there", "--as", "amal")
    for village in (safe, other):
        village.run(HERE, "node", "give", "stick/public")
    outcome = safe.try_(HERE, "compare", "stick/public", other.stick / "public", "--evidence", "stick/evidence")
    assert outcome.code == 1
    show = ("succession", "show-fork", "hilltop")
    assert safe.try_(HERE, *show, "stick/hilltop.act", "--as", "amal").code == 2
    shown = safe.run(HERE, *show, "stick/evidence", "--as", "amal", "--json").json
    assert (shown["kind"], shown["status"]) == ("fork.show", "in-force")
    assert "part within" in safe.run(HERE, "act", "show", "hilltop", shown["index"]).out
    safe.run(HERE, "node", "give", "stick/public")
    verdict = safe.run(HERE, "verify", "stick/public", "--accept-unknown", "--json").json
    assert "R-FORK-5" in {finding["rule"] for finding in verdict["findings"] if finding["kind"] == "warning"}
    # To settle it the record is moved first; the acts of the other history come in unchanged.
    safe.run(NEW, "node", "take", "stick/public")
    draw_up(safe, HERE)
    sign(safe, "dalia", "omar")
    safe.run(HERE, "succession", "hand-over", "stick/move.act", "--give", "stick/handed")
    safe.run(NEW, "node", "take", "stick/handed")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    again = ("succession", "resubmit", "hilltop", "--from", other.stick / "public", "--json")
    (act,) = safe.run(NEW, *again).json["acts"]
    assert act["status"] == "in-force"
    assert act["act"] == other.acts()[-1]["act"]
    grant = json.dumps({"kind": "fork.settle", "match": {"fork": shown["act"]}})
    safe.run(NEW, "propose", "hilltop", "--text", "Settle it?", "--grant", grant, "--as", "amal")
    assert safe.try_(HERE, *show, "stick/evidence", "--as", "amal").code != 0


def test_the_members_confirm_the_move(met: Village) -> None:
    """R-MOVE-5 by the usual commands, at the new host: a motion, a count by hand, and its carrying out."""
    safe = prepare(met)
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia", "omar")
    moved = safe.run(NEW, "succession", "take-over", "stick/move.act", "--json").json["act"]

    def pass_days(days: int) -> None:
        cosign(safe)
        safe.run(NEW, "node", "wait", days)
        cosign(safe)

    grant = json.dumps({"kind": "host.confirm", "match": {"move": moved}})
    tabled = safe.run(NEW, "propose", "hilltop", "--text", "Confirm?", "--grant", grant, "--as", "amal", "--json").json
    called = safe.run(NEW, "vote", "call", "hilltop", tabled["index"], "--as", "amal", "--json").json
    pass_days(8)
    counted = ("--present", 10, "--yes", 9, "--no", 1)
    tellers = ("--as", TELLERS[0], "--with", TELLERS[1], "--with", TELLERS[2])
    where = ("--session", called["index"], "--motion", tabled["index"])
    decided = safe.run(NEW, "vote", "hand", "hilltop", *where, *counted, *tellers, "--json").json
    pass_days(8)
    safe.run(NEW, "act", "carry-out", "hilltop", decided["index"], "--as", "amal")
    confirmed = safe.acts(NEW)[-1]
    assert (confirmed["kind"], confirmed["status"]) == ("host.confirm", "in-force")
    assert "the record was moved by act" in safe.run(NEW, "act", "show", "hilltop", confirmed["index"]).out
    safe.run(NEW, "node", "give", "stick/moved")
    verdict = safe.run(NEW, "verify", "stick/moved", "--accept-unknown", "--json").json
    assert "R-MOVE-6" not in {finding["rule"] for finding in verdict["findings"]}


def test_served_mirrors_follow_a_record_to_its_new_host_by_themselves(safe: Village) -> None:
    """R-MIRROR-8: no stick is carried; the mirror looks where it is told, and the new host's ticks go on with it."""
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia", "omar")
    burn(safe)
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    origin = Node(safe.root / NEW).body("hilltop").origin
    new, abroad = free_port(), free_port()
    with (
        serving(safe.root, ABROAD, abroad, "--follow", address(new), "--every", 1),
        serving(safe.root, NEW, new, "--witness", address(abroad), "--every", 1),
    ):
        wait_for(lambda: len(shown(new, origin)[1]) > 1)
    acts = safe.acts(NEW)
    ticks = [act for act in acts if act["kind"] == "tick" and act["status"] == "in-force"]
    assert ticks[-1]["index"] > next(act["index"] for act in acts if act["kind"] == "host.move")
    assert safe.acts(ABROAD)[: len(acts)] == acts[: len(safe.acts(ABROAD))]
