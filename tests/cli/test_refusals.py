"""What the commands refuse, with the code and the word that tell what to do; nothing of it leaves a trace."""

from __future__ import annotations

import argparse
import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.village import ABROAD, HERE, Village

from majlis.cli.commands import Commands
from majlis.main import _parser

pytestmark = pytest.mark.xdist_group("village")


def change(path: Path, **fields: Any) -> None:
    """Some fields of a JSON file are other ones."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


# --- folders and passphrases


def test_a_command_outside_a_data_folder_says_how_to_make_one(founded: Village) -> None:
    outcome = founded.try_("nowhere", "node", "show")
    assert outcome.code == 3
    assert "majlis node new" in outcome.err


def test_a_wrong_passphrase_opens_nothing(founded: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = founded.root / "wrong"
    wrong.write_text("another one\n")
    monkeypatch.setenv("MAJLIS_PASSPHRASE_FILE", str(wrong))
    before = len(founded.acts())
    outcome = founded.try_(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")
    assert outcome.code == 1
    assert "does not open the keyring" in outcome.err
    assert len(founded.acts()) == before


def test_without_a_terminal_a_passphrase_is_not_asked_for(founded: Village) -> None:
    empty = founded.root / "empty"
    empty.write_text("")
    outcome = founded.try_(HERE, "key", "list", "--as", "amal", "--passphrase-file", empty)
    assert outcome.code == 2
    assert "choose some words" in outcome.err


def test_a_person_without_a_keyring_is_told_who_has_one(founded: Village) -> None:
    outcome = founded.try_(ABROAD, "key", "list", "--as", "amal")
    assert outcome.code == 3
    assert "basim" in outcome.err
    assert "majlis key new amal" in outcome.err


def test_a_data_folder_is_not_made_over_another(founded: Village) -> None:
    assert founded.try_(HERE, "node", "new", "--keeper", "rima", "--practice-clock", "clock").code == 1
    assert founded.try_(HERE, "node", "new", "--keeper", "amal", "--practice-clock", "clock").code == 0
    assert founded.try_("other", "node", "new", "--keeper", "../amal").code == 2


def test_a_damaged_data_folder_is_named(founded: Village) -> None:
    (founded.root / HERE / "node.json").write_text("{")
    outcome = founded.try_(HERE, "node", "show")
    assert outcome.code == 2
    assert "node.json" in outcome.err


# --- founding


def test_a_founding_that_somebody_named_did_not_sign_waits(founded: Village) -> None:
    founded.run(HERE, *founded.draft_words())
    founded.run(HERE, "act", "sign", "stick/hilltop.act", "--as", "dalia")
    outcome = founded.try_(HERE, "found", "start", "stick/hilltop.act")
    assert outcome.code == 3
    assert "6 of 7 keys have not signed" in outcome.err


def test_setting_up_is_not_finished_before_a_mirror_holds_the_record(founded: Village) -> None:
    """R-SETUP-1"""
    again = founded.run(HERE, "found", "start", "stick/hilltop.act", "--json")
    assert again.json["is_set_up"]
    assert "NOT finished" not in founded.run(HERE, "node", "show").out
    founded.run("lone", "node", "new", "--keeper", "dana", "--practice-clock", "clock")
    words: list[object] = ["found", "draft", "lone", "--name", "en=Lone", "--threshold", 2, "--type", "affiliate"]
    for name in ("dana", "emad"):
        founded.person("lone", name, "lone")
        words += ["--charter-key", f"stick/{name}.card"]
    founded.run("lone", *words, "--mirror", "stick/friends.witness", "--quorum", 1, "--out", "stick/lone.act")
    for name in ("dana", "emad"):
        founded.run("lone", "act", "sign", "stick/lone.act", "--as", name)
    started = founded.run("lone", "found", "start", "stick/lone.act")
    assert "Setting it up is NOT finished: no mirror holds this record" in started.out
    assert "majlis tick lone --witness URL" in started.out
    assert "no mirror holds this record: setting it up is NOT finished" in founded.run("lone", "node", "show").out
    reminder = "no mirror holds the record of lone: setting it up is NOT finished"
    for text in ("A well?", "A road?"):
        proposed = founded.run("lone", "propose", "lone", "--text", text, "--as", "dana", "--json")
        assert proposed.err.count(reminder) == 1
        assert proposed.json["status"] == "in-force"
    founded.run("lone", "node", "give", "stick/lone")
    founded.run(ABROAD, "node", "take", "stick/lone")
    founded.run(ABROAD, "witness", "trust", "lone")
    founded.run("lone", "tick", "lone", "--witness", ABROAD)
    assert reminder not in founded.run("lone", "propose", "lone", "--text", "Now?", "--as", "dana").err


def test_a_charter_below_its_floor_is_not_even_drafted(founded: Village) -> None:
    outcome = founded.try_(HERE, *founded.draft_words("--set", "contest_days=0"))
    assert outcome.code == 1
    assert "R-CHARTER-9" in outcome.err
    assert founded.try_(HERE, *founded.draft_words("--set", "min_ballots=9")).code == 2
    assert founded.try_(HERE, *founded.draft_words("--set", "bonus=9")).code == 2


def test_a_charter_of_ones_own_is_read_from_a_file(founded: Village) -> None:
    charter = founded.root / "charter.toml"
    charter.write_text("notice_days = 14\nquorum = { part = [1, 5], base = 'roll' }\n")
    outcome = founded.run(HERE, *founded.draft_words("--charter", "charter.toml"))
    assert "notice_days 14 (usually 7)" in outcome.out
    assert "quorum 1/5 of roll (usually 1/10 of roll)" in outcome.out
    charter.write_text("notice_days = ")
    assert founded.try_(HERE, *founded.draft_words("--charter", "charter.toml")).code == 2


def test_an_altered_card_and_a_card_for_another_body_are_refused(founded: Village) -> None:
    card = founded.stick / "amal.card"
    card.write_text(card.read_text().replace("name amal", "name omal"))
    outcome = founded.try_(HERE, *founded.draft_words())
    assert outcome.code == 1
    assert "not signed by the key on it" in outcome.err
    founded.run(HERE, "key", "export", "amal", "--for", "elsewhere", "--out", "stick/amal.card")
    assert "R-CARD-2" in founded.try_(HERE, *founded.draft_words()).err
    card.write_text("no card at all\n")
    assert founded.try_(HERE, *founded.draft_words()).code == 2


def test_who_is_not_named_in_a_founding_does_not_sign_it(founded: Village) -> None:
    founded.run(HERE, *founded.draft_words())
    outcome = founded.try_(HERE, "act", "sign", "stick/hilltop.act", "--as", "yusuf")
    assert outcome.code == 1
    assert "names no key of 'yusuf'" in outcome.err


# --- what is typed


def test_what_is_typed_or_read_is_text_or_refused(founded: Village) -> None:
    (founded.root / "latin").write_bytes(b"caf\xe9")
    propose = ("propose", "hilltop", "--as", "amal", "--text")
    assert founded.try_(HERE, *propose, "@latin").code == 2
    assert founded.try_(HERE, *propose, "@nothing").code == 2
    assert founded.try_(HERE, *propose, "\udcff").code == 2
    assert founded.try_(HERE, *propose, "x", "--grant", "[" * 100_000).code == 2
    assert founded.try_(HERE, *propose, "x", "--grant", '{"kind":"dissolve","kind":"x"}').code == 2
    assert founded.try_(HERE, *propose, "x", "--appoint", "trustee=theo").code == 2
    assert founded.try_(HERE, "key", "list", "--as", "amal", "--passphrase-file", "latin").code == 2
    assert founded.try_(HERE, *founded.draft_words("--set", "quorum=" + "[" * 100_000)).code == 2
    assert founded.try_(HERE, "act", "draft", "hilltop", "dissolve", "--as", "amal", "--data-json", "[]").code == 2
    assert founded.try_(HERE, "vote", "call", "hilltop", 0, "--as", "amal").code == 1


def test_a_full_disk_is_said_and_changes_nothing(founded: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = len(founded.acts())
    with monkeypatch.context() as patch:
        patch.setattr("majlis.host.blobs.write_file", full)
        outcome = founded.try_(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")
        assert outcome.code == 2
        assert "No space left" in outcome.err
    with monkeypatch.context() as patch:
        patch.setattr("majlis.host.keyring.write_file", full)
        outcome = founded.try_(HERE, "key", "new", "zeina")
        assert outcome.code == 1
        assert "No space left" in outcome.err
    assert len(founded.acts()) == before
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")


# --- acts


def test_an_act_for_a_record_kept_elsewhere_is_sent_there(founded: Village) -> None:
    act = ("act", "draft", "friends", "motion.table", "--anyway", "--as", "amal", "--out", "stick/x.act")
    founded.run(HERE, *act, "--data-json", json.dumps({"text": "0" * 64, "grants": []}))
    outcome = founded.try_(HERE, "act", "submit", "stick/x.act")
    assert outcome.code == 1
    assert "not kept here" in outcome.err
    assert founded.try_(HERE, *act[:-2], "--data-json", json.dumps({"text": "0" * 64, "grants": []})).code == 2


def test_an_act_for_an_unknown_body_is_missing_its_record(founded: Village) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal", "--out", "stick/x.act")
    founded.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    outcome = founded.try_("third", "act", "submit", "stick/x.act")
    assert outcome.code == 3
    assert "majlis node take" in outcome.err


def test_what_would_be_void_is_not_signed(met: Village) -> None:
    """R-NODE-4."""
    met.count_hands(6)
    before = len(met.acts())
    outcome = met.try_(HERE, "act", "carry-out", "hilltop", 11, "--as", "amal")
    assert outcome.code == 1
    assert "R-WARRANT-3" in outcome.err
    assert len(met.acts()) == before


def test_what_is_signed_anyway_stands_in_the_record_void(met: Village) -> None:
    words = ("founding.confirm", "--as", "amal", "--anyway", "--json")
    outcome = met.try_(HERE, "act", "draft", "hilltop", *words)
    assert outcome.code == 1
    assert outcome.json["status"] == "void"
    assert outcome.json["rule"] == "R-WARRANT-1"
    assert outcome.json["ok"] is False
    assert met.acts()[-1]["rule"] == "R-WARRANT-1"
    assert met.try_(HERE, "act", "show", "hilltop", outcome.json["index"]).code == 1


def test_an_act_that_waits_for_others_needs_a_file(met: Village) -> None:
    count = ("vote", "hand", "hilltop", "--session", 8, "--motion", 6, "--present", 10, "--yes", 9, "--no", 1)
    before = len(met.acts())
    outcome = met.try_(HERE, *count, "--as", "tarek")
    assert outcome.code == 3
    assert "--out" in outcome.err
    assert len(met.acts()) == before
    met.run(HERE, *count, "--as", "tarek", "--out", "stick/count.act")
    met.run(HERE, "act", "sign", "stick/count.act", "--as", "tala")
    assert met.try_(HERE, "act", "submit", "stick/count.act").code == 3
    assert met.acts()[-1]["status"] == "waiting"
    met.run(HERE, "act", "sign", "stick/count.act", "--as", "tamim")
    met.run(HERE, "act", "submit", "stick/count.act")


def test_the_same_act_handed_in_twice_has_one_place(founded: Village) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal", "--out", "stick/x.act")
    first = founded.run(HERE, "act", "submit", "stick/x.act", "--json", "--receipts", "stick").json
    assert (founded.stick / f"{first['act']}.receipt").read_text() == first["receipt"]
    again = founded.run(HERE, "act", "submit", "stick/x.act", "--json").json
    assert first["index"] == again["index"]
    assert len(founded.acts()) == first["index"] + 1


def test_a_file_that_is_no_act_is_not_signed(founded: Village) -> None:
    path = founded.stick / "x.act"
    for content in (b"", b"{}", b"\xff\xfe", b"[" * 2000, b'{"format":"other/1","text":"","signatures":[]}'):
        path.write_bytes(content)
        outcome = founded.try_(HERE, "act", "sign", "stick/x.act", "--as", "amal")
        assert outcome.code == 2
        assert "R-HAND-1" in outcome.err or "format" in outcome.err
    assert founded.try_(HERE, "act", "sign", "stick/none.act", "--as", "amal").code == 3


def test_an_act_of_no_known_form_is_not_signed(founded: Village) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal", "--out", "stick/x.act")
    path = founded.stick / "x.act"
    good = json.loads(path.read_text())
    for before, after, code, rule in (
        ('"grants":[]', '"grants":7', 2, "R-ACT-9"),
        ('"kind":"motion.table"', '"kind":"motion.wish"', 1, "R-ACT-8"),
        ('"v":1', '"v":2', 2, "R-ACT-4"),
        ("majlis/1", "majlis/2", 2, "R-ACT-2"),
    ):
        assert before in good["text"]
        change(path, text=good["text"].replace(before, after), signatures=[], blobs={})
        outcome = founded.try_(HERE, "act", "sign", "stick/x.act", "--as", "amal")
        assert (outcome.code, rule in outcome.err) == (code, True), outcome


def test_a_false_signature_or_a_foreign_blob_in_a_file_is_found(founded: Village) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal", "--out", "stick/x.act")
    path = founded.stick / "x.act"
    good = json.loads(path.read_text())
    change(path, text=good["text"].replace("[]", "[ ]"))
    outcome = founded.try_(HERE, "act", "submit", "stick/x.act")
    assert outcome.code == 1
    assert "R-ACT-5" in outcome.err
    for blobs, code in (({"0" * 64: ""}, 1), (dict.fromkeys(good["blobs"], "AAAA"), 2)):
        change(path, text=good["text"], blobs=blobs)
        outcome = founded.try_(HERE, "act", "submit", "stick/x.act")
        assert (outcome.code, "R-HAND-2" in outcome.err) == (code, True)


def test_words_that_steer_a_terminal_are_shown_harmless(founded: Village) -> None:
    evil = "\x1b[2Jnothing to see\x1b]0;x\x07"
    outcome = founded.run(HERE, "propose", "hilltop", "--text", evil, "--as", "amal", "--out", "stick/x.act")
    shown = founded.run(HERE, "act", "show", "stick/x.act")
    assert "\x1b" not in outcome.out + shown.out
    assert "nothing to see" in shown.out


def test_an_act_is_named_by_a_place_or_an_id_that_is_there(founded: Village) -> None:
    assert founded.try_(HERE, "act", "show", "hilltop", "999").code == 3
    assert founded.try_(HERE, "act", "show", "hilltop", "the-first").code == 2
    assert founded.try_(HERE, "act", "show", "hilltop", "abcdefabcdef").code == 3
    identity = founded.acts()[0]["act"]
    assert founded.run(HERE, "act", "show", "hilltop", identity[:12]).code == 0
    assert founded.try_(HERE, "act", "list", "nobody").code == 3


# --- help


def commands(parser: argparse.ArgumentParser, name: str = "majlis") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that runs something, by name."""
    children = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in children:
        for word in tuple(action.choices):
            child = action.load(word) if isinstance(action, Commands) else action.choices[word]
            yield from commands(child, f"{name} {word}")
    if not children:
        yield name, parser


def test_every_command_shows_an_example_of_itself() -> None:
    lacking = []
    for name, parser in commands(_parser()):
        example = parser.epilog or ""
        if not example.startswith("example") or name not in example:
            lacking.append(name)
    assert not lacking, lacking
