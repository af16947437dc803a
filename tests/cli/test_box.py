"""Rolls, lists and ballot boxes by command: what does not hold is refused, and an honest member sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.village import ABROAD, HERE, Village

pytestmark = pytest.mark.xdist_group("village")


def change(path: Path, **fields: Any) -> None:
    """Some fields of a JSON file are other ones."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


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


def test_the_roll_says_who_is_who_and_only_to_its_registrar(met: Village) -> None:
    card = ("--list-keeper", "stick/lina.card", "--out", "stick")
    met.run(HERE, "credential", "new", "hilltop", "--as", "m13", *card)
    met.run(HERE, "credential", "enrol", "hilltop", "stick/m13.enrolment", "--named", "Zeina H.", "--as", "rima")
    assert "m13 · Zeina H. · hilltop" in met.run(HERE, "credential", "members", "hilltop", "--as", "rima").out
    both = ("stick/m1.enrolment", "stick/m2.enrolment")
    assert met.try_(HERE, "credential", "enrol", "hilltop", *both, "--named", "x", "--as", "rima").code == 2
    (met.root / "other").write_text("another passphrase\n")
    other = ("--as", "amal", "--passphrase-file", "other")
    assert met.try_(HERE, "credential", "members", "hilltop", *other).code == 1
    for path in (met.root / HERE).rglob("*"):
        assert not path.is_file() or b"Zeina" not in path.read_bytes()


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
