"""Voting cards and lost keys by command: printed by two, drawn from a pile, enrolled, voted with, and replaced."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.village import ABROAD, HERE, Village

pytestmark = pytest.mark.xdist_group("village")

PRINTERS = (("a", "tala"), ("b", "tamim"))
CARD = ("--list-keeper", "stick/lina.card")


def print_cards(village: Village, half: str, printer: str, cards: int = 3) -> None:
    words = ("--half", half, "--cards", cards, "--ballots", 3, "--petitions", 1, *CARD, "--as", printer)
    village.run(HERE, "credential", "card", "print", "hilltop", *words, "--out", "stick/cards")


def codes(village: Village, serial: int, label: str) -> list[str]:
    """What stands on both halves of a card for one vote, as somebody reads it."""
    found = []
    for half, _ in PRINTERS:
        page = (village.stick / "cards" / f"{half}.html").read_text()
        section = next(each for each in page.split("<section>") if f"Voting card {serial}, half" in each)
        found += re.findall(rf"<b>{label} [AB] .*?<code>([0-9A-Z-]+)</code>", section)
    assert len(found) == 2
    return found


def options(printed: list[str]) -> list[str]:
    return [word for code in printed for word in ("--code", code)]


HALVES = ("stick/cards/a.cards", "stick/cards/b.cards")


@pytest.fixture(scope="session")
def _carded(_met: Village, tmp_path_factory: pytest.TempPathFactory) -> Village:
    """Three cards are printed; m13 drew the second, and stands on the roll with it; a ballot is open."""
    village = _met.copy(tmp_path_factory.mktemp("carded"))
    for half, printer in PRINTERS:
        print_cards(village, half, printer)
    drew = ("credential", "card", "enrol", "hilltop", 2, *HALVES, "--called", "m13", "--as", "rima")
    assert "13 are on the roll" in village.run(HERE, *drew).out
    village.run(HERE, "credential", "roll", "hilltop", "--as", "rima")
    village.exchange()
    listings = ("stick/cards/a.listing", "stick/cards/b.listing", "--as", "lina")
    assert "3 new cards" in village.run(ABROAD, "credential", "card", "keep", "hilltop", *listings).out
    assert "0 new cards" in village.run(ABROAD, "credential", "card", "keep", "hilltop", *listings).out
    motions = [act["index"] for act in village.acts() if act["kind"] == "motion.table"]
    session = next(act["index"] for act in village.acts() if act["kind"] == "session.call")
    tellers = ("--as", "tarek", "--with", "tala", "--with", "tamim", "--json")
    counted = ("--present", 10, "--yes", 9, "--no", 1)
    decisions = [
        village.run(HERE, "vote", "hand", "hilltop", "--session", session, "--motion", each, *counted, *tellers).json
        for each in motions
    ]
    village.pass_days(8)
    for decision in decisions:
        village.run(HERE, "act", "carry-out", "hilltop", decision["index"], "--as", "amal")
    village.election = village.announce()  # type: ignore[attr-defined]
    return village


@pytest.fixture
def carded(_carded: Village, tmp_path: Path) -> tuple[Village, int]:
    """The village, and the ballot that is open."""
    return _carded.copy(tmp_path / "village"), _carded.election  # type: ignore[attr-defined]


def test_a_member_without_a_phone_votes_with_the_codes_of_a_card(carded: tuple[Village, int]) -> None:
    village, election = carded
    printed = codes(village, 2, "Ballot 1")
    assert "this card is one of the 13" in village.run(
        HERE, "credential", "check", "hilltop", *options(printed), "--election", election
    ).out  # fmt: skip
    seal = ("box", "seal", "hilltop", election, "--vote", "for", "--out", "stick/m13.ballot")
    sloppy = [printed[1].lower().replace("-", " "), printed[0].replace("0", "O")]
    village.run(HERE, *seal, *options(sloppy))
    village.run(HERE, "box", "cast", "hilltop", election, "stick/m13.ballot")
    (village.root / "typed").write_text("\n".join(printed))
    village.run(HERE, "box", "cast", "hilltop", election, "--vote", "against", "--code", "@typed")
    assert "2 ballots of 1 voters" in village.run(HERE, "box", "show", "hilltop", election).out


def test_a_code_that_was_mistyped_or_is_for_another_vote_is_told(carded: tuple[Village, int]) -> None:
    village, election = carded
    one, two = codes(village, 2, "Ballot 1")
    later = codes(village, 2, "Ballot 2")
    seal = ("box", "seal", "hilltop", election, "--vote", "for", "--out", "stick/m13.ballot")
    wrong = ("1" if one[0] != "1" else "2") + one[1:]
    for typed, code, said in (
        ([wrong, two], 2, "R-CODE-1"),
        (later, 1, "the code for ballot 2, and this is ballot 1"),
        (codes(village, 2, "Petition 1"), 1, "the code for petition 1"),
        ([one], 2, "one from each half"),
        ([one, one], 2, "one from each half"),
        (codes(village, 1, "Ballot 1"), 1, "go to the registrar"),
        ([one, codes(village, 1, "Ballot 1")[1]], 1, "go to the registrar"),
    ):
        outcome = village.try_(HERE, *seal, *options(typed))
        assert (outcome.code, said in outcome.err) == (code, True), outcome
    both = village.try_(HERE, *seal, *options([one, two]), "--as", "m1")
    assert both.code == 2


def test_a_lost_card_dies_when_another_takes_its_place(carded: tuple[Village, int]) -> None:
    village, _ = carded
    enrol = ("credential", "card", "enrol", "hilltop", 3, *HALVES, "--called", "m13", "--as", "rima")
    refused = village.try_(HERE, *enrol)
    assert refused.code == 1
    assert "--replace" in refused.err
    village.run(HERE, *enrol, "--replace")
    said = village.run(HERE, "credential", "roll", "hilltop", "--as", "rima").out
    assert "1 leaves were replaced since" in said
    assert "already" in village.run(HERE, "credential", "roll", "hilltop", "--as", "rima").out
    election = village.announce()
    vote = ("box", "cast", "hilltop", election, "--vote", "for")
    dead = village.try_(HERE, *vote, *options(codes(village, 2, "Ballot 2")))
    assert dead.code == 1
    assert "it was replaced" in dead.err
    village.run(HERE, *vote, *options(codes(village, 3, "Ballot 2")))
    back = ("credential", "card", "enrol", "hilltop", 2, *HALVES, "--called", "m13", "--replace", "--as", "rima")
    outcome = village.try_(HERE, *back)
    assert outcome.code == 1
    assert "R-HAND-7" in outcome.err


def test_cards_are_printed_by_two_others_than_registrar_and_list_keeper(carded: tuple[Village, int]) -> None:
    village, _ = carded
    enrol = ("credential", "card", "enrol", "hilltop", 1, "stick/cards/a.cards", "stick/cards/b.cards")
    told = ("--called", "m14", "--as", "rima")
    for printer in ("tala", "rima"):
        print_cards(village, "b", printer)
        outcome = village.try_(HERE, *enrol, *told)
        assert outcome.code == 1
        assert "R-CODE-3" in outcome.err
    assert village.try_(HERE, *enrol[:-1], "stick/cards/a.cards", *told).code == 1
    print_cards(village, "b", "tamim", cards=1)
    assert village.try_(HERE, *enrol[:4], 2, *enrol[5:], *told).code == 3
    village.run(HERE, *enrol, *told)
    keep = ("credential", "card", "keep", "hilltop", "stick/cards/a.listing", "stick/cards/b.listing")
    assert village.try_(ABROAD, *keep, "--as", "theo").code == 1


def test_a_card_without_a_code_for_the_vote_is_not_listed(carded: tuple[Village, int]) -> None:
    """Three ballots were printed for; at the fourth its member has been given another."""
    village, _ = carded
    for _ in range(2):
        village.announce()
    motion = village.run(HERE, "propose", "hilltop", "--text", "And?", "--as", "amal", "--json").json["index"]
    election = village.run(HERE, "vote", "box", "hilltop", motion, "--as", "amal", "--json").json["index"]
    village.exchange()
    listed = ("credential", "list", "hilltop", election, "--points", "stick/points", "--as", "lina", "--out", "stick/l")
    outcome = village.try_(ABROAD, *listed)
    assert outcome.code == 3
    assert "no code for ballot 4" in outcome.err


def test_the_page_shows_every_code_in_two_languages_and_as_a_picture(carded: tuple[Village, int]) -> None:
    village, _ = carded
    page = (village.stick / "cards" / "a.html").read_text()
    assert page.count("<section>") == 3
    assert page.count("<svg") == page.count('<div class="code">') == 3 * 4
    for said in ("Voting card 2, half A of two", "بطاقة التصويت 2، النصف أ", "Petition 1 A", "العريضة 1", "لجنة التلة"):
        assert said in page
    assert (village.stick / "cards" / "a.html").stat().st_mode & 0o077 == 0
    printed = codes(village, 2, "Ballot 1")
    for path in [*(village.root / HERE).rglob("*"), *(village.root / ABROAD).rglob("*"), *village.stick.glob("**/*.*")]:
        if path.is_file() and path.suffix != ".html":
            assert printed[0].encode() not in path.read_bytes()


def test_a_card_signs_a_petition(carded: tuple[Village, int]) -> None:
    village, _ = carded
    motion = village.run(HERE, "propose", "hilltop", "--text", "Sell it?", "--as", "amal", "--json").json["index"]
    session = village.run(HERE, "vote", "call", "hilltop", motion, "--as", "amal", "--json").json["index"]
    village.pass_days(8)
    counted = ("--session", session, "--motion", motion, "--present", 10, "--yes", 9, "--no", 1)
    tellers = ("--as", "tarek", "--with", "tala", "--with", "tamim", "--json")
    decision = village.run(HERE, "vote", "hand", "hilltop", *counted, *tellers).json["index"]
    opened = village.run(HERE, "vote", "contest", "hilltop", decision, "--as", "amal", "--json").json["index"]
    village.exchange()
    listing = ("--listing", "stick/petition.list")
    words = ("--points", "stick/points", *listing, "--as", "lina", "--out", "stick/list.act")
    village.run(ABROAD, "recall", "list", "hilltop", opened, *words)
    village.run(HERE, "act", "sign", "stick/list.act", "--as", "rima")
    village.run(HERE, "act", "submit", "stick/list.act")
    sign = ("recall", "sign", "hilltop", opened, *listing, "--out", "stick/m13.signature")
    wrong = village.try_(HERE, *sign, *options(codes(village, 2, "Ballot 1")))
    assert wrong.code == 1
    assert "the code for ballot 1, and this is petition 1" in wrong.err
    village.run(HERE, *sign, *options(codes(village, 2, "Petition 1")))
    assert (
        "in force"
        in village.run(HERE, "recall", "gather", "hilltop", opened, "stick/m13.signature", "--as", "amal").out
    )


def test_a_leaf_is_opened_to_a_visitor_of_another_body(carded: tuple[Village, int]) -> None:
    """R-CRED-5, of a phone and of a card: the visitor needs file and key, and no keyring."""
    village, _ = carded
    village.run(HERE, "credential", "roll", "hilltop", "--as", "rima", "--leaves", "stick/leaves2")
    told = village.run(HERE, "credential", "check", "hilltop", "--as", "m1", "--leaf", "stick/leaves2/m1.leaf").out
    key = told.split("the key is ")[1].split()[0]
    drew = ("credential", "card", "enrol", "hilltop", 2, *HALVES, "--called", "m13", "--as", "rima", "--json")
    card = village.run(HERE, *drew).json["point"]
    check = ("credential", "check", "hilltop", "--leaf")
    village.exchange()
    for leaf, shown in (("m1", key), ("m13", card)):
        opened = village.run(ABROAD, *check, f"stick/leaves2/{leaf}.leaf", "--key", shown).out
        assert "one of the 13 on the roll" in opened
        assert "counted in hilltop" in opened
    assert village.try_(ABROAD, *check, "stick/leaves2/m1.leaf", "--key", card).code == 1
    assert village.try_(ABROAD, *check, "stick/leaves2/m1.leaf", "--key", "zz").code == 2
    assert village.try_(ABROAD, *check, "stick/leaves2/m1.leaf").code == 2


def test_a_phone_that_was_lost_is_replaced_publicly(carded: tuple[Village, int]) -> None:
    """The record names the leaf that died; whoever has the phone casts nothing in the next ballot."""
    village, _ = carded
    keyrings = village.root / HERE / "keyrings"
    stolen = (keyrings / "m1.json").read_bytes()
    village.run(HERE, "credential", "new", "hilltop", "--as", "m1", *CARD, "--replace", "--out", "stick/new")
    enrol = ("credential", "enrol", "hilltop", "stick/new/m1.enrolment", "--as", "rima")
    assert village.try_(HERE, *enrol).code == 1
    village.run(HERE, *enrol, "--replace")
    village.run(ABROAD, "credential", "keep", "hilltop", "stick/new/m1.listing", "--as", "lina")
    village.run(HERE, "credential", "roll", "hilltop", "--as", "rima", "--leaves", "stick/leaves2")
    check = ("credential", "check", "hilltop", "--as", "m1", "--leaf")
    village.run(HERE, *check, "stick/leaves2/m1.leaf")
    (keyrings / "thief.json").write_bytes(stolen)
    dead = village.try_(HERE, *check[:4], "thief", "--leaf", "stick/leaves/m1.leaf")
    assert dead.code == 1
    assert "R-ROLL-3" in dead.err
    assert "tell the members at once" in dead.err
    election = village.announce()
    vote = ("box", "cast", "hilltop", election, "--vote", "for", "--as")
    assert village.try_(HERE, *vote, "thief").code == 1
    village.run(HERE, *vote, "m1")
