"""Records on a stick and mirrors: nothing that is carried is believed, and practice stays practice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.village import ABROAD, HERE, Village

pytestmark = pytest.mark.xdist_group("village")


def test_a_record_made_for_practice_does_not_enter_a_folder_with_a_real_clock(founded: Village) -> None:
    founded.run("real", "node", "new", "--keeper", "zeina")
    outcome = founded.try_("real", "node", "take", "stick/public")
    assert outcome.code == 1
    assert "R-NODE-1" in outcome.out
    assert founded.try_("real", "node", "wait", 3).code == 1
    assert founded.try_(HERE, "node", "wait", -3).code == 2
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
    assert "R-NODE-2" in outcome.out
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
    assert "R-NODE-5" in outcome.err
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
    (tmp_path / "passphrase").write_text("nine wells\n")
    village.run(HERE, "node", "new", "--keeper", "amal")
    assert village.try_(HERE, "node", "give", "--cosigned", "public").code == 3


def bent(data: bytes) -> bytes:
    """The same archive with one byte of its middle changed."""
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


def test_another_box_under_the_same_name_is_not_taken(counting: Village) -> None:
    """R-NODE-3: by stick as over HTTP, whoever is held to the heads that the record states stays."""
    counting.exchange()
    (ours,) = (counting.root / ABROAD / "boxes").glob("*.bel")
    (theirs,) = (counting.stick / "public" / "boxes").glob("*.bel")
    good = ours.read_bytes()
    theirs.write_bytes(bent(good))
    outcome = counting.try_(ABROAD, "node", "take", "stick/public")
    assert outcome.code == 1
    assert "[R-" in outcome.out
    assert ours.read_bytes() == good
    theirs.write_bytes(good)
    ours.write_bytes(bent(good))
    counting.run(ABROAD, "node", "take", "stick/public")
    assert ours.read_bytes() == good
    (aside,) = (counting.root / ABROAD / "evidence").glob("*.bel")
    assert aside.read_bytes() == bent(good)
    ours.write_bytes(good[: good.index(b"BELENIOS") + 4096])
    counting.run(ABROAD, "node", "take", "stick/public")
    assert ours.read_bytes() == good
    ours.write_bytes(good + b"more")
    counting.run(ABROAD, "node", "take", "stick/public")
    assert ours.read_bytes() == good + b"more", "an older prefix replaces nothing"


def test_a_box_on_a_stick_is_held_to_what_the_record_states(voting: Village) -> None:
    """R-NODE-3, R-BUNDLE-7: another history of an open box, well formed, is told by the heads that were logged."""
    other = voting.copy(voting.root.with_name("other"))
    for village, who in ((voting, "m1"), (other, "m2")):
        village.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", who)
        village.run(HERE, "node", "give", "stick/public")
    (true,) = (voting.stick / "public" / "boxes").glob("*.bel")
    (false,) = (other.stick / "public" / "boxes").glob("*.bel")
    held = voting.root / ABROAD / "boxes" / true.name
    voting.run(ABROAD, "node", "take", other.stick / "public")
    assert held.read_bytes() == false.read_bytes(), "no head is logged yet that says which"
    voting.run(HERE, "bundle", other.stick / "public", "-o", "stick/false.majlis")
    voting.run(HERE, "import", "stick/false.majlis", "--into", "imported")
    voting.run(HERE, "box", "head", "hilltop", 20, "--as", "amal")
    voting.run(HERE, "node", "give", "stick/public")
    voting.run(ABROAD, "node", "take", "stick/public")
    assert held.read_bytes() == true.read_bytes()
    (aside,) = (voting.root / ABROAD / "evidence").glob("*.bel")
    assert aside.read_bytes() == false.read_bytes()
    # Whoever carries the false one again is refused, longer or not.
    mixed = voting.copy(voting.root.with_name("mixed-village")).stick / "public"
    (mixed / "boxes" / true.name).write_bytes(false.read_bytes())
    outcome = voting.try_(ABROAD, "node", "take", mixed)
    assert outcome.code == 1
    assert "is another than the record says" in outcome.out
    assert held.read_bytes() == true.read_bytes()
    # The same in a public folder, by bundle.
    voting.run(HERE, "bundle", "stick/public", "-o", "stick/true.majlis")
    voting.run(HERE, "import", "stick/true.majlis", "--into", "imported")
    imported = voting.root / "imported"
    assert (imported / "boxes" / true.name).read_bytes() == true.read_bytes()
    assert [path.read_bytes() for path in (imported / "evidence").glob("*.bel")] == [false.read_bytes()]
    assert voting.run(HERE, "verify", "imported", "--accept-unknown").code == 0
    outcome = voting.try_(HERE, "import", "stick/false.majlis", "--into", "imported")
    assert outcome.code == 1
    assert "R-BUNDLE-7" in outcome.out
    voting.run(HERE, "import", "stick/true.majlis", "--into", "fresh")
    voting.try_(HERE, "import", "stick/false.majlis", "--into", "fresh")
    assert (voting.root / "fresh" / "boxes" / true.name).read_bytes() == true.read_bytes()


def test_a_hosts_own_box_never_grows_by_what_a_stick_brings(voting: Village) -> None:
    """R-NODE-2: not even by a ballot that is good."""
    other = voting.copy(voting.root.with_name("other"))
    (ours,) = (voting.root / HERE / "boxes").glob("*.bel")
    before = ours.read_bytes()
    other.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m1")
    other.run(HERE, "node", "give", "stick/public")
    voting.run(HERE, "node", "take", other.stick / "public")
    assert ours.read_bytes() == before
    ours.unlink()
    voting.run(HERE, "node", "take", other.stick / "public")
    assert ours.read_bytes().startswith(before), "one that was lost comes back from whoever has it"
