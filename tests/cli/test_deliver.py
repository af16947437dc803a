"""``majlis deliver``: certificates into an assembly's record, by whoever holds copies (R-SEAT-2 to R-SEAT-7, R-FED-8,
R-MANDATE-2, R-HEAD-3).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.valley import CAPITAL, FRIENDS, MILL, OLIVE, Valley, seated_of, valley_of

from majlis.cli.deliver import _check_member
from majlis.errors import Missing
from majlis.host.actfile import read_act_file
from majlis.host.node import Node
from majlis.institutions.state import replace
from majlis.main import main

pytestmark = pytest.mark.xdist_group("valley")


@pytest.fixture
def valley(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Valley:
    return valley_of(tmp_path_factory.getbasetemp()).copy(tmp_path / "valley")


@pytest.fixture
def seated(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Valley:
    """Everybody who was elected sits, and Olive Hill's copy shows it."""
    return seated_of(tmp_path_factory.getbasetemp()).copy(tmp_path / "seated")


def test_anybody_delivers_all_that_a_body_decided(valley: Valley) -> None:
    """An election and a mandate, each said in words; and nothing twice."""
    said = valley.run(CAPITAL, "deliver", "assembly", "upper-spring", "--as", "salma").out
    elected = valley.last(CAPITAL, "upper-spring", "election.paper")
    assert f"act {elected} of upper-spring: it elected Louay" in said
    assert "; in reserve: " in said
    assert "its delegates are to vote for on act 19: “Shall the federation repair the road to Old Mill?”" in said
    assert "act 31 of assembly: seat.fill, in force" in said
    assert "act 32 of assembly: mandate.deliver, in force" in said
    assert valley.sitting() == ["louay", "maha"]
    again = valley.run(CAPITAL, "deliver", "assembly", "upper-spring", "--as", "salma")
    assert "has all that upper-spring decided" in again.out
    told = valley.run(CAPITAL, "deliver", "assembly", "old-mill", "--as", "salma", "--json").json
    assert (told["kind"], told["status"]) == ("seat.fill", "in-force")


def test_a_recall_is_carried_by_the_district_itself(seated: Valley) -> None:
    """In a folder of acts, of which the second rests on the first; the reserve sits, and the recalled no longer."""
    words = ("deliver", "assembly", "olive-hill", "--as", "nur")
    recall = seated.last(OLIVE, "olive-hill", "election.result")
    elsewhere = seated.try_(OLIVE, *words)
    assert (elsewhere.code, "name a file with --out" in elsewhere.err) == (2, True)
    said = seated.run(OLIVE, *words, "--out", "stick/acts").out
    assert f"act {recall} of olive-hill: it recalled " in said
    assert "2 acts written to stick/acts" in said
    assert "where olive-hill's record is at hand up to entry 96" in said
    files = sorted((seated.stick / "acts").iterdir())
    assert [path.name for path in files] == ["01-seat.vacate-olive-hill.act", "02-seat.fill-olive-hill.act"]
    full = seated.try_(OLIVE, *words, "--out", "stick/acts")
    assert (full.code, "name a new folder" in full.err) == (2, True)
    assert seated.sitting() == ["bassam", "hani", "louay", "maha"]
    early = seated.try_(CAPITAL, "act", "submit", *files)
    assert early.code == 3, "the certificates are of more of Olive Hill's record than is there"
    seated.run(CAPITAL, "node", "take", "newer")
    seated.run(CAPITAL, "act", "submit", *files)
    assert seated.sitting() == ["bassam", "iman", "louay", "maha"]
    seated.carry()
    assert "has all that olive-hill decided" in seated.run(OLIVE, *words, "--out", "stick/more").out


def test_the_acts_are_handed_in_at_a_served_host(seated: Valley) -> None:
    seated.run(OLIVE, "deliver", "assembly", "olive-hill", "--as", "nur", "--out", "stick/acts")
    files = sorted((seated.stick / "acts").iterdir())
    seated.run(CAPITAL, "node", "take", "newer")
    port = free_port()
    with serving(seated.root, CAPITAL, port):
        said = seated.run(OLIVE, "act", "submit", *files, "--url", address(port)).out
    assert said.count("of assembly, seat.") == 2
    assert seated.sitting() == ["bassam", "iman", "louay", "maha"]


def test_one_act_is_delivered_once_and_says_where(seated: Valley) -> None:
    """By position or id, to a file; delivered already, and shown by a head already, are told apart."""
    words = ("deliver", "assembly", "olive-hill")
    election = seated.last(CAPITAL, "olive-hill", "election.result")
    recall = seated.last(OLIVE, "olive-hill", "election.result")
    before = seated.try_(CAPITAL, *words, election, "--as", "salma")
    assert (before.code, "delivered already, by act 34 of assembly" in before.err) == (1, True), before
    act = seated.act(OLIVE, "olive-hill", recall)["act"]
    seated.run(OLIVE, *words, act[:12], "--as", "nur", "--out", "stick/recall.act")
    assert read_act_file(seated.stick / "recall.act").act.kind == "seat.vacate"
    seated.run(OLIVE, "seats", "heads", "assembly", "--as", "nur", "--out", "stick/heads")
    seated.run(CAPITAL, "node", "take", "newer")
    seated.run(CAPITAL, "act", "submit", *sorted((seated.stick / "heads").glob("*olive*")))
    assert seated.sitting() == ["bassam", "louay", "maha"]
    seated.carry()
    shown = seated.try_(OLIVE, *words, recall, "--as", "nur", "--out", "stick/again.act")
    assert (shown.code, "act 35 of assembly showed a head of olive-hill that has this" in shown.err) == (1, True), shown
    assert not (seated.stick / "again.act").exists()
    signed = seated.run(OLIVE, *words, recall, "--as", "nur", "--out", "stick/again.act", "--anyway")
    assert "written to stick/again.act" in signed.out


def test_what_is_nothing_to_that_assembly_says_so(seated: Valley) -> None:
    election = seated.last(CAPITAL, "olive-hill", "election.result")
    joined = seated.last(CAPITAL, "olive-hill", "federation.join")
    for words, code, said in (
        (("assembly", "olive-hill", 0), 1, "act 0 of olive-hill, found, changes nothing in an assembly"),
        (("assembly", "olive-hill", joined), 1, "is delivered by 'majlis seats deliver assembly olive-hill'"),
        (("old-mill", "olive-hill", election), 1, "is of another assembly than old-mill"),
        (("assembly", "olive-hill", 999), 3, "there is no act 999 in this record"),
        (("assembly", "assembly"), 2, "delivers nothing to itself"),
        (("assembly", "nowhere"), 3, "no body 'nowhere' is known here"),
        (("assembly", "friends-lisbon"), 3, "friends-lisbon has not joined assembly"),
        (("assembly", "olive-hill", "--certificate", "stick/c"), 2, "--certificate takes one ACT"),
    ):
        found = seated.try_(CAPITAL, "deliver", *words, "--as", "salma", "--out", "stick/an.act")
        if "--certificate" in words:
            found = seated.try_(CAPITAL, "deliver", *words)
        assert (found.code, said in found.err) == (code, True), (words, found)
    nobody = seated.try_(CAPITAL, "deliver", "assembly", "olive-hill")
    assert (nobody.code, "say who signs, with --as" in nobody.err) == (2, True)


def test_a_certificate_alone_serves_in_any_act(seated: Valley) -> None:
    recall = seated.last(OLIVE, "olive-hill", "election.result")
    words = ("deliver", "assembly", "olive-hill", recall, "--certificate", "stick/recall.json")
    assert f"is the certificate of act {recall} of olive-hill, election.result" in seated.run(OLIVE, *words).out
    data = json.dumps({"certificate": json.loads((seated.stick / "recall.json").read_text())})
    seated.run(OLIVE, "act", "draft", "assembly", "seat.vacate", "--data-json", data, "--as", "nur", "--out", "stick/a")
    seated.run(CAPITAL, "node", "take", "newer")
    assert "seat.vacate, in force" in seated.run(CAPITAL, "act", "submit", "stick/a").out


def test_a_suspended_key_waits_until_mirrors_saw_it(seated: Valley) -> None:
    """Not safe yet, with what to do; then the seat goes to the reserve. Here the one who was recalled holds it."""
    key = seated.run(CAPITAL, "key", "show", "hani", "--json").json["public"]
    suspend = ("act", "draft", "olive-hill", "key.suspend", "--data-json", json.dumps({"key": key}), "--as", "hani")
    seated.run(CAPITAL, *suspend, "--out", "stick/suspend.act")
    index = seated.run(OLIVE, "act", "submit", "stick/suspend.act", "--json").json["index"]
    words = ("deliver", "assembly", "olive-hill")
    early = seated.try_(OLIVE, *words, index, "--as", "nur", "--out", "stick/an.act")
    assert early.code == 3
    assert f"act {index} of olive-hill is not safe yet: its mirrors saw" in early.err
    assert "'majlis tick olive-hill'" in early.err
    some = seated.run(OLIVE, *words, "--as", "nur", "--out", "stick/acts")
    assert f"not safe yet: act {index} of olive-hill, key.suspend" in some.out
    seated.run(OLIVE, "tick", "olive-hill", "--witness", FRIENDS)
    said = seated.run(OLIVE, *words, index, "--as", "nur", "--out", "stick/dead.act").out
    assert f"act {index} of olive-hill: " in said
    assert " suspended the key" in said
    assert seated.try_(CAPITAL, "act", "submit", "stick/dead.act").code == 3, "no copy there is so new"


def test_a_seat_passes_to_the_key_that_replaced_a_lost_one(seated: Valley) -> None:
    """R-SEAT-7; and a recall of the person ends it all the same (R-SEAT-4)."""
    old = seated.run(CAPITAL, "key", "show", "hani", "--json").json["public"]
    new = seated.run(OLIVE, "key", "new", "hani-again", "--json").json["key"]
    replace = ("key", "replace", "olive-hill", old[:12], "--paper", "papers/hani", "--as", "hani-again", "--json")
    index = seated.run(OLIVE, *replace).json["index"]
    seated.run(OLIVE, "tick", "olive-hill", "--witness", FRIENDS)
    words = ("deliver", "assembly", "olive-hill")
    said = seated.run(OLIVE, *words, index, "--as", "nur", "--out", "stick/new.act").out
    assert "a delegate's key was replaced, by " in said
    seated.run(OLIVE, "node", "give", "stick/olive", "--cosigned")
    seated.run(CAPITAL, "node", "take", "stick/olive")
    seated.run(CAPITAL, "act", "submit", "stick/new.act")
    assert seated.sitting() == ["bassam", "louay", "maha"]
    told = seated.run(CAPITAL, "sit", "show", "assembly").out
    assert f"({new[:8]})" in told
    assert seated.run(CAPITAL, *words, "--as", "salma").out.count(", in force") == 2
    assert seated.sitting() == ["bassam", "iman", "louay", "maha"]
    assert f"({new[:8]})" not in seated.run(CAPITAL, "sit", "show", "assembly").out


def test_a_leaving_is_delivered_and_then_nothing_else(seated: Valley) -> None:
    """R-FED-8: by the body that leaves, and nobody of it sits any longer."""
    words = ("deliver", "assembly", "old-mill")
    sign = ("--as", "mona", "--out")
    said = seated.run(MILL, *words, *sign, "stick/acts").out
    assert ": it leaves the assembly" in said
    (file,) = (seated.stick / "acts").iterdir()
    assert file.name == "01-federation.depart-old-mill.act"
    left = seated.last(MILL, "old-mill", "federation.leave")
    assert seated.run(MILL, *words, left, *sign, "stick/one.act", "--json").json["status"] == "in-force"
    seated.run(CAPITAL, "node", "take", "newer")
    seated.run(CAPITAL, "act", "submit", file)
    assert seated.sitting() == ["hani", "louay", "maha"]
    seated.carry(MILL)
    assert "has all that old-mill decided" in seated.run(MILL, *words, *sign, "stick/more").out


def test_a_hole_in_a_copy_is_not_taken_for_nothing_owed(seated: Valley) -> None:
    """R-CERT-7: without the boxes nobody can say what Olive Hill decided, nor who sits."""
    for box in (seated.root / OLIVE / "boxes").glob("*.bel"):
        box.unlink()
    for words in (("--as", "nur", "--out", "stick/acts"), (3, "--certificate", "stick/c.json")):
        found = seated.try_(OLIVE, "deliver", "assembly", "olive-hill", *words)
        assert (found.code, "rests on something that is not here: take its copy again" in found.err) == (3, True), found
    assert "NOT SURE from entry 34 on" in seated.run(OLIVE, "sit", "show", "assembly").out


class Standpoint:
    """As much of an errand as says whether the sender is a member."""

    newer = "take a newer copy"

    def __init__(self, valley: Valley, **own: int | None) -> None:
        node = Node(valley.root / OLIVE)
        self.body, self.sender = node.body("assembly"), node.body("olive-hill")
        records = node.federation().records
        self.state, self.safe = records[self.body.identity].state, records[self.sender.identity].state
        membership = replace(self.safe.memberships[self.body.identity], **own)
        self.safe = replace(self.safe, memberships=self.safe.memberships.set(self.body.identity, membership))


def test_who_is_no_member_yet_or_anew_is_told_what_comes_first(seated: Valley) -> None:
    """R-SEAT-1, R-FED-8: joined and not admitted; left, joined anew, and the old leaving not known."""
    point = Standpoint(seated)
    _check_member(point)  # type: ignore[arg-type]
    again = Standpoint(seated, index=400)
    with pytest.raises(Missing, match=r"left, and joined anew: show its head \(majlis seats heads assembly\)"):
        _check_member(again)  # type: ignore[arg-type]
    point.state = replace(point.state, bodies=point.state.bodies.delete(point.sender.identity))
    with pytest.raises(Missing, match="is not admitted there: majlis seats deliver assembly olive-hill"):
        _check_member(point)  # type: ignore[arg-type]


def test_help_says_which_command_delivers_what(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in ((("deliver",), "'majlis seats deliver'"), (("seats", "deliver"), "'majlis deliver'")):
        assert main([*words, "--help"]) == 0
        assert said in capsys.readouterr().out
