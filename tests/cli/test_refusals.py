"""What the commands refuse, with the code and the word that tell what to do; nothing of it leaves a trace."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.village import ABROAD, HERE, Village

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
    assert "made for 'elsewhere'" in founded.try_(HERE, *founded.draft_words()).err
    card.write_text("no card at all\n")
    assert founded.try_(HERE, *founded.draft_words()).code == 2


def test_who_is_not_named_in_a_founding_does_not_sign_it(founded: Village) -> None:
    founded.run(HERE, *founded.draft_words())
    outcome = founded.try_(HERE, "act", "sign", "stick/hilltop.act", "--as", "yusuf")
    assert outcome.code == 1
    assert "names no key of 'yusuf'" in outcome.err


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
    first = founded.run(HERE, "act", "submit", "stick/x.act", "--json").json
    again = founded.run(HERE, "act", "submit", "stick/x.act", "--json").json
    assert first["index"] == again["index"]
    assert len(founded.acts()) == first["index"] + 1


def test_a_file_that_is_no_act_is_not_signed(founded: Village) -> None:
    path = founded.stick / "x.act"
    for content in (b"", b"{}", b"\xff\xfe", b"[" * 2000, b'{"format":"other/1","text":"","signatures":[]}'):
        path.write_bytes(content)
        assert founded.try_(HERE, "act", "sign", "stick/x.act", "--as", "amal").code == 2
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
    change(path, text=good["text"], blobs={"0" * 64: ""})
    assert founded.try_(HERE, "act", "submit", "stick/x.act").code == 1
    change(path, blobs=dict.fromkeys(good["blobs"], "AAAA"))
    assert founded.try_(HERE, "act", "submit", "stick/x.act").code == 2


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


# --- rolls and lists


def test_an_enrolment_that_was_altered_or_made_for_another_is_refused(met: Village) -> None:
    enrol = ("credential", "enrol", "hilltop", "stick/m1.enrolment", "--as", "rima")
    path = met.stick / "m1.enrolment"
    good = json.loads(path.read_text())
    other = json.loads((met.stick / "m2.enrolment").read_text())
    change(path, point=other["point"])
    assert met.try_(HERE, *enrol).code == 1
    change(path, **{**good, "body": "0" * 64})
    assert met.try_(HERE, *enrol).code == 1
    path.write_text("x")
    assert met.try_(HERE, *enrol).code == 2
    change_name = met.stick / "m1.enrolment"
    change_name.write_text(json.dumps(other))
    outcome = met.try_(HERE, *enrol)
    assert outcome.code == 1
    assert "on the roll already" in outcome.err
    path.write_text(json.dumps(good))
    assert "0 new on the roll, 12 in all" in met.run(HERE, *enrol).out


def test_a_listing_is_opened_by_the_list_keeper_alone(met: Village) -> None:
    keep = ("credential", "keep", "hilltop", "stick/m1.listing")
    outcome = met.try_(ABROAD, *keep, "--as", "theo")
    assert outcome.code == 1
    assert "not sealed to your key" in outcome.err
    (met.stick / "m1.listing").write_text("not base64!")
    assert met.try_(ABROAD, *keep, "--as", "lina").code == 1


def test_somebody_elses_leaf_is_not_mine(met: Village) -> None:
    check = ("credential", "check", "hilltop", "--as", "m1", "--leaf")
    assert met.run(HERE, *check, "stick/leaves/m1.leaf").code == 0
    outcome = met.try_(HERE, *check, "stick/leaves/m2.leaf")
    assert outcome.code == 1
    assert "go to the registrar" in outcome.err
    (met.stick / "leaves" / "m1.leaf").write_text("{}")
    assert met.try_(HERE, *check, "stick/leaves/m1.leaf").code == 2


def test_a_list_is_not_made_while_somebody_on_the_roll_is_missing_in_the_book(voting: Village) -> None:
    voting.person(HERE, "newcomer", "hilltop")
    voting.run(
        HERE, "credential", "new", "hilltop", "--as", "m13", "--list-keeper", "stick/lina.card", "--out", "stick"
    )
    voting.run(HERE, "credential", "enrol", "hilltop", "stick/m13.enrolment", "--as", "rima")
    voting.run(HERE, "credential", "points", "hilltop", "--as", "rima", "--out", "stick/points")
    make = ("credential", "list", "hilltop", 20, "--points", "stick/points", "--as", "lina", "--out", "stick/list.act")
    outcome = voting.try_(ABROAD, *make)
    assert outcome.code == 3
    assert "1 of 13" in outcome.err
    change(voting.stick / "points", body="0" * 64)
    assert voting.try_(ABROAD, *make).code == 1


# --- boxes


def test_a_box_does_not_close_before_its_time(voting: Village) -> None:
    outcome = voting.try_(HERE, "box", "close", "hilltop", 20, "--as", "amal")
    assert outcome.code == 1
    assert "R-ELECT-11" in outcome.err
    voting.cast(20, {"m1": "for"})


def test_a_ballot_that_was_altered_or_cast_before_is_refused(voting: Village) -> None:
    voting.run(HERE, "box", "seal", "hilltop", 20, "--vote", "for", "--as", "m1", "--out", "stick/m1.ballot")
    cast = ("box", "cast", "hilltop", 20, "stick/m1.ballot")
    path = voting.stick / "m1.ballot"
    good = path.read_bytes()
    at = good.index(b'"challenge":"') + 13
    path.write_bytes(good[:at] + (b"1" if good[at : at + 1] != b"1" else b"2") + good[at + 1 :])
    assert voting.try_(HERE, *cast).code == 1
    path.write_bytes(good)
    voting.run(HERE, *cast)
    outcome = voting.try_(HERE, *cast)
    assert outcome.code == 1
    assert "R-BOX-48" in outcome.err
    assert voting.run(HERE, "box", "show", "hilltop", 20, "--json").json["ballots"] == 1


def test_who_is_not_on_the_list_seals_nothing(voting: Village) -> None:
    card = ("--list-keeper", "stick/lina.card", "--out", "stick")
    voting.run(HERE, "credential", "new", "hilltop", "--as", "stranger", *card)
    vote = ("box", "cast", "hilltop", 20, "--vote", "for", "--as")
    assert voting.try_(HERE, *vote, "stranger").code == 1
    assert voting.try_(HERE, "credential", "check", "hilltop", "--as", "stranger", "--election", 20).code == 1
    assert voting.try_(HERE, *vote, "yusuf").code == 3
    assert voting.try_(HERE, "box", "cast", "hilltop", 20, "--vote", "perhaps", "--as", "m1").code == 2
    assert voting.try_(HERE, "box", "cast", "hilltop", 20).code == 2
    assert voting.try_(HERE, "box", "cast", "hilltop", 20, "--vote", "for").code == 2
    assert voting.try_(HERE, "box", "cast", "hilltop", 6, "--vote", "for", "--as", "m1").code == 3


def test_a_tracker_tells_whether_the_ballot_counts(voting: Village) -> None:
    first = voting.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m1", "--json").json
    tracker = first["ballots"][0]["tracker"]
    look = ("box", "show", "hilltop", 20, "--json", "--tracker")
    assert voting.run(HERE, *look, tracker).json["counts"] is True
    voting.cast(20, {"m1": "against"})
    assert voting.run(HERE, *look, tracker).json["counts"] is False
    assert voting.try_(HERE, *look, "x" * 43).code == 3


def test_an_objection_stops_the_count(voting: Village) -> None:
    voting.cast(20, {f"m{n}": "for" for n in range(1, 12)})
    voting.tick(2)
    assert voting.try_(HERE, "box", "object", "hilltop", 20, "--as", "m1").code == 1
    voting.run(HERE, "box", "close", "hilltop", 20, "--as", "amal")
    voting.run(HERE, "box", "object", "hilltop", 20, "--as", "m1", "--out", "stick/m1.act")
    voting.run(HERE, "act", "submit", "stick/m1.act")
    assert "objects" in voting.run(HERE, "act", "show", "hilltop", len(voting.acts()) - 1).out
    voting.pass_days(4)
    voting.run(HERE, "box", "tally", "hilltop", 20)
    outcome = voting.try_(HERE, "trustee", "commit", "hilltop", 20, "--as", "yusuf")
    assert outcome.code == 1
    assert "R-OPEN-1" in outcome.err


def test_a_trustee_answers_nothing_about_a_box_that_was_altered(counting: Village) -> None:
    counting.run(HERE, "box", "tally", "hilltop", 20)
    (box,) = (counting.root / HERE / "boxes").glob("*.bel")
    good = box.read_bytes()
    commit = ("trustee", "commit", "hilltop", 20, "--as", "yusuf")
    at = good.index(b'"beta":"') + 10
    box.write_bytes(good[:at] + (b"0" if good[at : at + 1] != b"0" else b"1") + good[at + 1 :])
    assert counting.try_(HERE, *commit).code == 1
    cut = good.rindex(b"BELENIOS") if good.count(b"BELENIOS") > 1 else len(good) // 2
    box.write_bytes(good[:cut])
    assert counting.try_(HERE, *commit).code in (1, 2, 3)
    box.unlink()
    assert counting.try_(HERE, *commit).code == 3
    box.write_bytes(good)
    counting.run(HERE, *commit)
    assert "already" in counting.run(HERE, *commit).out


def test_nobody_shows_before_all_have_committed_and_no_result_comes_without_them(counting: Village) -> None:
    counting.run(HERE, "box", "tally", "hilltop", 20)
    assert counting.try_(HERE, "trustee", "decrypt", "hilltop", 20, "--as", "yusuf").code == 3
    assert counting.try_(HERE, "trustee", "commit", "hilltop", 20, "--as", "amal").code == 1
    assert counting.try_(HERE, "box", "decrypt", "hilltop", 20).code == 3
    assert counting.try_(HERE, "box", "result", "hilltop", 20, "--as", "amal").code == 3
    assert counting.try_(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m12").code == 1


def test_a_key_published_in_a_trustees_name_is_noticed_by_the_trustee(counting: Village) -> None:
    keyring = counting.root / HERE / "keyrings" / "yusuf.json"
    keyring.unlink()
    counting.run(HERE, "key", "new", "yusuf")
    assert counting.try_(HERE, "trustee", "commit", "hilltop", 20, "--as", "yusuf").code == 1


# --- records and mirrors


def test_a_record_made_for_practice_does_not_enter_a_folder_with_a_real_clock(founded: Village) -> None:
    founded.run("real", "node", "new", "--keeper", "zeina")
    outcome = founded.try_("real", "node", "take", "stick/public")
    assert outcome.code == 1
    assert "made for practice" in outcome.out
    assert founded.try_("real", "node", "wait", 3).code == 1
    assert founded.try_(HERE, "node", "wait", -3).code == 1
    founded.run("real", "key", "new", "zeina")
    founded.run("real", "witness", "new", "real-mirror", "--out", "stick/friends.witness")
    assert "practice and earnest" in founded.try_(HERE, *founded.draft_words()).err


def test_every_output_of_practice_says_so(founded: Village) -> None:
    outcome = founded.run(HERE, "node", "show", "--json")
    assert "PRACTICE" in outcome.err
    assert outcome.json["practice"] is True
    assert all("practice/" in body["origin"] for body in outcome.json["bodies"])


def test_a_mirror_does_not_cosign_two_histories(founded: Village) -> None:
    other = founded.copy(founded.root.with_name("other"))
    founded.run(HERE, "propose", "hilltop", "--text", "one", "--as", "amal")
    other.run(HERE, "propose", "hilltop", "--text", "two", "--as", "amal")
    founded.tick()
    other.run(HERE, "node", "give", founded.stick / "fork")
    outcome = founded.try_(ABROAD, "witness", "cosign", "stick/fork")
    assert outcome.code == 1
    assert "another history" in outcome.out
    assert founded.try_(ABROAD, "node", "take", "stick/fork").code == 1


def test_an_old_copy_of_the_host_signs_nothing(founded: Village) -> None:
    old = founded.copy(founded.root.with_name("old"))
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")
    founded.run(HERE, "node", "give", "stick/public")
    (founded.root / HERE / "host.db").write_bytes((old.root / HERE / "host.db").read_bytes())
    outcome = founded.try_(HERE, "node", "give", "stick/again")
    assert outcome.code == 1
    assert "came back from an old copy" in outcome.err
    outcome = old.try_(HERE, "node", "take", founded.stick / "public")
    assert outcome.code == 1
    assert "this is an old copy" in outcome.out


def test_a_tick_without_enough_mirrors_waits_and_one_logged_before_is_refused(founded: Village) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")
    founded.run(HERE, "node", "give", "stick/public")
    outcome = founded.try_(HERE, "tick", "hilltop", "--from", "stick/public")
    assert outcome.code == 3
    assert "0 of 1 mirrors" in outcome.err
    founded.run(ABROAD, "witness", "cosign", "stick/public")
    founded.run(HERE, "tick", "hilltop", "--from", "stick/public")
    outcome = founded.try_(HERE, "tick", "hilltop", "--from", "stick/public")
    assert outcome.code == 1
    assert "R-TICK-4" in outcome.err
    assert founded.try_(HERE, "tick", "friends", "--witness", ABROAD).code == 1
    assert founded.try_(HERE, "tick", "hilltop", "--witness", HERE).code == 2


def test_a_witness_cosigns_only_what_its_keeper_trusts(founded: Village) -> None:
    founded.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    founded.run("third", "key", "new", "zeina")
    founded.run("third", "node", "take", "stick/public")
    assert founded.try_("third", "witness", "cosign", "stick/public").code == 3
    founded.run("third", "witness", "new", "third-mirror", "--out", "stick/third.witness")
    outcome = founded.try_("third", "witness", "cosign", "stick/public")
    assert outcome.code == 1
    assert "majlis witness trust hilltop" in outcome.out
    assert founded.try_("third", "witness", "new", "another", "--out", "stick/another.witness").code == 1


def test_an_altered_public_folder_is_not_taken(founded: Village) -> None:
    founded.run(HERE, "node", "give", "stick/other")
    (checkpoint,) = [path for path in (founded.stick / "other").glob("*/checkpoint") if b"hilltop" in path.read_bytes()]
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"\n2\n", b"\n1\n"))
    outcome = founded.try_(ABROAD, "node", "take", "stick/other")
    assert outcome.code == 1
    assert founded.try_(ABROAD, "node", "take", "stick/nowhere").code == 3


def test_nothing_is_given_as_cosigned_that_no_mirror_has_seen(tmp_path: Path) -> None:
    village = Village(tmp_path)
    (tmp_path / "passphrase").write_text("x y z\n")
    village.run(HERE, "node", "new", "--keeper", "amal")
    assert village.try_(HERE, "node", "give", "--cosigned", "public").code == 3


# --- help


def commands(parser: argparse.ArgumentParser, name: str = "majlis") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that runs something, by name."""
    children = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in children:
        for word, child in action.choices.items():
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
