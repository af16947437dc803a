"""Elections by command, in full: people at three folders who exchange only files elect two delegates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.hustings import UNION, Hustings
from tests.cli.village import ABROAD, HERE, Village

import majlis.ballot
from majlis.cli.trustee_part import Part
from majlis.crypto import SecretScalar

pytestmark = pytest.mark.xdist_group("village")

# By place on the paper or by name, in the order of preference.
PAPERS = [("1", "2")] * 3 + [("Zeina", "Amal")] * 2 + [("Khalil",)] * 4 + [("Amal", "Khalil", "Zeina")] * 2


@pytest.fixture(scope="session")
def _announced(_met: Village, tmp_path_factory: pytest.TempPathFactory) -> Hustings:
    village = Hustings(_met.copy(tmp_path_factory.mktemp("announced")).root)
    village.found_union()
    village.join()
    village.announce_delegates()
    return village


@pytest.fixture(scope="session")
def _polling(_announced: Hustings, tmp_path_factory: pytest.TempPathFactory) -> Hustings:
    village = _announced.copy(tmp_path_factory.mktemp("polling"))
    for _ in range(4):
        village.key_round()
    village.open_box()
    return village


@pytest.fixture
def announced(_announced: Hustings, tmp_path: Path) -> Hustings:
    """The election of delegates is announced; no trustee has done anything."""
    return _announced.copy(tmp_path / "village")


@pytest.fixture
def polling(_polling: Hustings, tmp_path: Path) -> Hustings:
    """The trustees have made the key, and the box is open."""
    return _polling.copy(tmp_path / "village")


def test_two_delegates_are_elected_by_people_at_three_folders(polling: Hustings) -> None:
    """Theo is away at the opening. Zeina has five first preferences, Khalil four, which is what a seat takes."""
    village, election = polling, polling.election
    village.rank(PAPERS)
    village.close_and_tally()
    village.shuffle("nora", "yusuf")
    village.open_by("nora", "yusuf")
    village.run(HERE, "box", "decrypt", "hilltop", election)
    early = village.try_(HERE, "trustee", "forget", "hilltop", election, "--as", "yusuf")
    assert (early.code, "needed until the result is there" in early.err) == (1, True)
    outcome = village.run(HERE, "box", "result", "hilltop", election, "--as", "amal")
    assert re.search(r"elected, by scottish/1: Zeina \(\w{8}\), Khalil \(\w{8}\); reserves: Amal \(", outcome.out)
    assert "election.result, in force" in outcome.out
    for said, again in (("its secret is no longer in this keyring", False), ("no secret of it is", True)):
        outcome = village.run(HERE, "trustee", "forget", "hilltop", election, "--as", "yusuf")
        assert (said in outcome.out, "you have said so" in outcome.out) == (True, again), outcome.out
    left = village.run(HERE, "key", "list", "--as", "yusuf").out
    assert "election" not in left
    assert not list((village.root / HERE / "shares").glob("*"))
    village.tick()
    village.run(HERE, "publish", "public")
    village.run(ABROAD, "node", "pin", "hilltop", "--out", "trust.txt")
    told = village.run(ABROAD, "verify", "public", "--trust", "trust.txt").out
    assert "sound: everything holds" in told
    (archive,) = (village.root / "public" / "boxes").glob("*.bel")
    assert village.run(UNION, "box", "verify", archive, "--json").json["verdict"] == "valid-v1"


def test_each_trustee_is_told_what_is_asked_and_whom_it_waits_for(announced: Hustings) -> None:
    village, election = announced, announced.election
    key = ("trustee", "key", "hilltop", election, "--as")
    said = village.run(HERE, *key, "yusuf").out
    assert "any 2 of 3 trustees will open this box; you are number 2" in said
    assert "step 1 of 4" in said
    outcome = village.try_(HERE, *key, "yusuf")
    assert outcome.code == 3
    assert "waits for trustee 1, 3" in outcome.err
    assert village.try_(HERE, *key, "amal").code == 1
    assert village.try_(HERE, "box", "new", "hilltop", election, "--as", "amal").code == 3
    accuse = ("trustee", "accuse", "hilltop", election, "--as", "yusuf", "--trustee")
    assert village.try_(HERE, *accuse, 4).code == 1
    refused = village.try_(HERE, *accuse, 1)
    assert refused.code == 3
    assert "dealt nothing yet" in refused.err


def test_a_false_share_is_named_and_left_out(polling: Hustings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nora's program answers with another secret than hers; Theo, whom nobody needed before, takes her place."""
    village, election = polling, polling.election
    village.rank(PAPERS[:10])
    village.close_and_tally()
    early = village.try_(HERE, "trustee", "commit", "hilltop", election, "--as", "yusuf")
    assert early.code == 3
    assert "majlis trustee shuffle" in early.err
    village.shuffle("theo", "yusuf")
    with monkeypatch.context() as patched:
        patched.setattr(Part, "secret", lambda _: SecretScalar((9).to_bytes(32, "little")))
        village.do("nora", "trustee", "commit", "hilltop", election)
    village.do("yusuf", "trustee", "commit", "hilltop", election)
    village.exchange()
    for name in ("nora", "yusuf"):
        village.do(name, "trustee", "decrypt", "hilltop", election)
    outcome = village.try_(HERE, "box", "decrypt", "hilltop", election)
    assert outcome.code == 3
    assert "the share of trustee 3 is false and left out" in outcome.out
    assert "majlis trustee commit" in outcome.out
    assert village.try_(HERE, "box", "result", "hilltop", election, "--as", "amal").code == 3
    village.exchange()
    village.open_by("theo")
    assert "2 trustees' parts are in the box" in village.run(HERE, "box", "decrypt", "hilltop", election).out
    assert "in force" in village.run(HERE, "box", "result", "hilltop", election, "--as", "amal").out


def test_a_false_shuffle_is_passed_over_and_another_made(polling: Hustings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theo's program exchanges a vote for another; whoever comes next sees it, and continues the one before."""
    village, election = polling, polling.election
    village.rank(PAPERS[:10])
    village.close_and_tally()
    with monkeypatch.context() as patched:
        patched.setattr("majlis.ballot.shuffle_tally", forged(majlis.ballot.shuffle_tally))
        village.do("theo", "trustee", "shuffle", "hilltop", election)
    village.exchange()
    assert "0 shuffles before yours were checked" in village.run(
        HERE, "trustee", "shuffle", "hilltop", election, "--as", "yusuf"
    ).out  # fmt: skip
    village.exchange()
    outcome = village.try_(HERE, "box", "shuffle", "hilltop", election)
    assert outcome.code == 3
    assert "1 of 2 trustees have shuffled the votes" in outcome.out
    village.shuffle("nora")
    assert "2 shuffles are in the box" in village.run(HERE, "box", "shuffle", "hilltop", election).out


def forged(honest: Callable[..., bytes]) -> Callable[..., bytes]:
    """A shuffle whose proof is of another one."""

    def shuffle(election: Any, tally: Any, chance: Any) -> bytes:
        one, other = (json.loads(honest(election, tally, chance)) for _ in range(2))
        return json.dumps({**one, "proofs": other["proofs"]}, separators=(",", ":")).encode()

    return shuffle


def test_who_deals_a_false_value_is_named_before_anything_is_answered(
    announced: Hustings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nora deals Yusuf another value than her polynomial has; he shows it, and the ballot goes on without her."""
    village, election = announced, announced.election
    village.key_round()
    with monkeypatch.context() as patched:
        honest = majlis.ballot.dealing.share_of
        patched.setattr("majlis.ballot.dealing.share_of", lambda a, reader: honest(a, 7 if reader == 2 else reader))
        village.do("nora", "trustee", "key", "hilltop", election)
    village.do("theo", "trustee", "key", "hilltop", election)
    village.do("yusuf", "trustee", "key", "hilltop", election)
    village.exchange()
    village.key_round()
    key = ("trustee", "key", "hilltop", election, "--as")
    outcome = village.try_(HERE, *key, "yusuf")
    assert outcome.code == 1
    assert "trustee 3" in outcome.err
    assert "majlis trustee accuse" in outcome.err
    accuse = ("trustee", "accuse", "hilltop", election, "--as", "yusuf", "--trustee")
    false = village.try_(HERE, *accuse, 1)
    assert false.code == 1
    assert "R-CEREMONY-5" in false.err
    assert "announces it anew without them" in village.run(HERE, *accuse, 3).out
    ended = village.try_(HERE, *key, "yusuf")
    assert ended.code == 1
    assert "next announcement" in ended.err
    places = [act["index"] for act in village.acts() if act["kind"] == "candidacy.declare"]
    anew = village.announce_again(places)
    assert village.try_(UNION, "trustee", "key", "hilltop", anew, "--as", "nora", "--out", "stick/nora.act").code == 1
    for name in ("theo", "yusuf"):
        village.do(name, "trustee", "key", "hilltop", anew)
    village.open_box()
    village.rank(PAPERS[:2])


def test_a_ranking_is_said_in_the_order_of_preference(polling: Hustings) -> None:
    village, election = polling, polling.election
    seal = ("box", "seal", "hilltop", election, "--as", "m1", "--out", "stick/m1.ballot")
    for votes, code, said in (
        (("2", "Khalil"), 2, "named twice"),
        (("blank", "1"), 2, "names nobody beside"),
        (("4",), 2, "it has 1 Zeina"),
        (("nobody",), 2, "is no answer"),
        (("",), 2, "is no answer"),
    ):
        outcome = village.try_(HERE, *seal, *(word for each in votes for word in ("--vote", each)))
        assert (outcome.code, said in outcome.err) == (code, True), outcome
    for votes in (("blank",), ("amal", "1")[1:], ("Amal", "2", "Zeina")):
        village.run(HERE, *seal, *(word for each in votes for word in ("--vote", each)))
    village.run(HERE, "box", "cast", "hilltop", election, "stick/m1.ballot")
