"""A guest body: founded at home, living on another's host, and gone from there without it (R-GUEST-1, R-GUEST-2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.village import ABROAD, HERE, Outcome, Village

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed
from majlis.host.guest import Offer, format_offer, parse_offer
from majlis.host.keyring import Keyring, Passphrase
from majlis.host.node import LOG
from majlis.record import NoteKey

pytestmark = pytest.mark.xdist_group("village")

HOME = "spring"
WORDS = Passphrase("nine wells and one fig tree")


@pytest.fixture
def village(founded: Village) -> Village:
    """Salma and Sami want a committee, and have a laptop that is mostly off; Hilltop lets it live on its host."""
    founded.run(HOME, "node", "new", "--keeper", "salma", "--practice-clock", "clock")
    for name in ("salma", "sami", "samar", "suha"):
        founded.person(HOME, name, "spring")
    founded.run(HERE, "found", "host", "spring", "--out", "stick/spring.host")
    return founded


def draft(village: Village, *more: object, mirror: str = "stick/friends.witness") -> Outcome:
    words = ["found", "draft", "spring", "--name", "en=Spring", "--threshold", 2, "--quorum", 1, "--mirror", mirror]
    words += ["--charter-key", "stick/salma.card", "--charter-key", "stick/sami.card"]
    words += ["--officer", "clerk=stick/samar.card", "--officer", "registrar=stick/suha.card"]
    return village.try_(HOME, *words, "--host", "stick/spring.host", "--out", "stick/spring.act", *more)


def found(village: Village, *more: object) -> Outcome:
    """The guest drafts and signs at home; the host begins its record, and mirrors elsewhere hold it."""
    drafted = draft(village, *more)
    assert drafted.code == 0, drafted
    for name in ("salma", "sami", "samar", "suha"):
        village.run(HOME, "act", "sign", "stick/spring.act", "--as", name)
    village.run(HERE, "found", "start", "stick/spring.act")
    village.run(HERE, "node", "give", "stick/public")
    for where in (ABROAD, HOME):
        village.run(where, "node", "take", "stick/public")
    village.run(ABROAD, "witness", "trust", "spring")
    village.run(HERE, "tick", "spring", "--witness", ABROAD)
    return drafted


def leave(village: Village, *next_key: object) -> None:
    """The guest moves home, from what the mirror elsewhere holds. The host is asked nothing."""
    village.run(ABROAD, "node", "give", "stick/mirror")
    village.run(HOME, "node", "take", "stick/mirror")
    village.run(HOME, "succession", "key", "spring", *next_key, "--out", "stick/kept")
    move = ("--new", "stick/kept/spring.newlog", "--by", "stick/salma.card", "--out", "stick/move.act")
    village.run(HOME, "succession", "draft", "spring", *move)
    for name in ("salma", "sami"):
        village.run(HOME, "act", "sign", "stick/move.act", "--as", name)
    village.run(HOME, "succession", "take-over", "stick/move.act")


def listed(village: Village, where: str) -> list[tuple[str, str]]:
    acts = village.run(where, "act", "list", "spring", "--json").json["acts"]
    return [(act["kind"], act["status"]) for act in acts]


def test_a_guest_founds_lives_and_leaves_without_its_host(village: Village) -> None:
    """R-GUEST-1: the host never has the next key, and only its hash is in the record."""
    found(village)
    for where in (HERE, ABROAD):
        for path in (village.root / where / "keyrings").rglob("*.json"):
            assert not any("next log spring" in entry.name for entry in Keyring(path, WORDS).entries()), path
    # It lives: its clerk hands in from home, over the network.
    port = free_port()
    words = ("act", "draft", "spring", "motion.table", "--as", "samar", "--out", "stick/road.act", "--anyway")
    village.run(HOME, *words, "--data-json", '{"text": "' + "ab" * 32 + '", "grants": []}')
    with serving(village.root, HERE, port):
        village.run(HOME, "act", "submit", "stick/road.act", "--url", address(port))
    village.run(HERE, "tick", "spring", "--witness", ABROAD)
    leave(village, "--sealed", Path(HOME) / "keyrings" / "aside" / "spring-next-log.json")
    assert listed(village, HOME)[-1] == ("host.move", "in-force")
    assert ("motion.table", "in-force") in listed(village, HOME)
    # It is signed at home now, and the mirror follows it there, and the old host no more.
    village.run(HOME, "node", "give", "stick/home")
    village.run(ABROAD, "witness", "cosign", "stick/home")
    village.run(HOME, "tick", "spring", "--from", "stick/home")
    assert listed(village, HOME)[-1] == ("tick", "in-force")
    assert village.try_(HERE, "tick", "spring", "--witness", ABROAD).code != 0


def test_the_next_key_may_be_on_paper_alone(village: Village) -> None:
    told = found(village, "--next-on-paper").out
    match = re.search(r"for no machine: ((?:[0-9a-f]{8} ?){8})", told)
    assert match is not None
    assert not (village.root / HOME / "keyrings" / "aside").exists()
    (village.root / "digits").write_text(match[1] + "\n")
    leave(village, "--paper", "digits")
    assert listed(village, HOME)[-1] == ("host.move", "in-force")


def test_a_host_alone_makes_nothing_of_its_guest_safe(village: Village) -> None:
    """R-GUEST-2"""
    outcome = draft(village, mirror="stick/hilltop.witness")
    assert outcome.code == 1
    assert "R-GUEST-2" in outcome.err
    assert draft(village, "--mirror", "stick/hilltop.witness").code == 1, "one of two, and one is enough"
    assert draft(village, "--mirror", "stick/hilltop.witness", "--quorum", 2).code == 0


def test_what_does_not_fit_is_said(village: Village) -> None:
    """R-GUEST-1: another body's offer, one of another clock, and a draft made on the host's own machine."""
    again = village.run(HERE, "found", "host", "spring", "--out", "stick/again.host")
    assert (village.stick / "again.host").read_bytes() == (village.stick / "spring.host").read_bytes()
    assert "found start" in again.out
    village.run(HERE, "found", "host", "well", "--out", "stick/well.host")
    outcome = draft(village, "--host", "stick/well.host")
    assert (outcome.code, "has made a log for 'well'" in outcome.err) == (1, True)
    assert village.try_(HERE, "found", "host", "hilltop", "--out", "stick/x.host").code == 1, "its own log"
    words = ("found", "draft", "spring", "--name", "en=Spring", "--threshold", 2, "--quorum", 1)
    cards = ("--charter-key", "stick/salma.card", "--charter-key", "stick/sami.card")
    rest = ("--mirror", "stick/friends.witness", "--out", "stick/x.act")
    assert "made here for a guest" in village.try_(HERE, *words, *cards, *rest).err
    assert village.try_(HOME, *words, *cards, *rest, "--next-on-paper").code == 2
    (village.stick / "false.host").write_bytes((village.stick / "spring.host").read_bytes().replace(b"own ", b"own x"))
    outcome = draft(village, "--host", "stick/false.host")
    assert (outcome.code, "false.host" in outcome.err) == (2, True)
    log = SigningKey(bytes(31) + b"\x05")
    earnest = Offer(log=NoteKey(name="spring/5d0c", public_key=log.public_key))
    (village.stick / "earnest.host").write_bytes(format_offer(earnest, log))
    assert "R-NODE-1" in draft(village, "--host", "stick/earnest.host").err


def test_an_offer_is_of_one_form_and_signed_by_the_key_on_it() -> None:
    """R-GUEST-1"""
    log, other = (SigningKey(bytes(31) + bytes([number])) for number in (5, 6))
    offer = Offer(log=NoteKey(name="spring/5d0c", public_key=log.public_key))
    note = format_offer(offer, log)
    assert parse_offer(note) == offer
    assert (offer.slug, offer.is_practice) == ("spring", False)
    with pytest.raises(Forged, match="was not signed by the log's key") as fault:
        format_offer(offer, other)
    assert fault.value.rule == "R-GUEST-1"
    with pytest.raises(Malformed, match="found host"):
        parse_offer(note.replace(b"majlis-host/1", b"majlis-host/2"))


def test_a_key_is_suspended_at_once_by_its_holder(village: Village) -> None:
    """R-KEY-5: at the machine that keeps the record, and over the network from any copy of it."""
    assert LOG == "log"
    village.run(HERE, "key", "suspend", "hilltop", "--as", "tarek")
    assert village.acts()[-1]["kind"] == "key.suspend"
    village.run(HOME, "node", "take", "stick/public")
    port = free_port()
    file = ("--out", "stick/suspend.act")
    (village.root / HOME / "keyrings" / "tala.json").write_bytes(
        (village.root / HERE / "keyrings" / "tala.json").read_bytes()
    )
    assert village.run(HOME, "key", "suspend", "hilltop", "--as", "tala", *file).code == 0
    with serving(village.root, HERE, port):
        village.run(HOME, "key", "suspend", "hilltop", "--as", "tala", "--url", address(port))
        both = village.try_(HOME, "key", "suspend", "hilltop", "--as", "tala", *file, "--url", address(port))
    assert both.code == 2
    assert (village.acts()[-1]["kind"], village.acts()[-1]["status"]) == ("key.suspend", "in-force")
    assert village.try_(HERE, "key", "suspend", "hilltop", "--as", "tala", "--key", "other").code == 3
