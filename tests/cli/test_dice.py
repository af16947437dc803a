"""A lot by dice, by command: candidates are tied, and the trustees who opened the box answer no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.hustings import UNION, Hustings
from tests.cli.village import ABROAD, HERE, Village

pytestmark = pytest.mark.xdist_group("village")


@pytest.fixture
def tied(_met: Village, tmp_path: Path) -> Hustings:
    """Of three candidates two share the second place, once the first is elected by everybody's first preference."""
    village = Hustings(_met.copy(tmp_path / "village").root)
    village.found_union()
    village.join()
    village.announce_delegates()
    for _ in range(4):
        village.key_round()
    village.open_box()
    village.rank([("1", "2"), ("1", "3")] * 5)
    village.close_and_tally()
    village.shuffle("theo", "yusuf")
    village.open_by("theo", "yusuf")
    village.run(HERE, "box", "decrypt", "hilltop", village.election)
    return village


def test_two_bodies_throw_dice_where_the_trustees_are_silent(tied: Hustings) -> None:
    village, election = tied, tied.election
    result = ("box", "result", "hilltop", election, "--as", "amal")
    waiting = village.try_(HERE, *result)
    assert waiting.code == 3
    assert "majlis trustee lot" in waiting.err
    throws = ("--throw", f"hilltop={'1 2 3 4 5 6 ' * 9}", "--throw", f"friends={'61' * 26}")
    dice = ("box", "dice", "hilltop", election, *throws, "--as", "tala", "--out", "stick/dice.act")
    early = village.try_(HERE, *dice)
    assert early.code == 1
    assert "R-LOT-8" in early.err
    village.pass_days(8)
    for wrong in (("hilltop=17",), ("hilltop",), (f"hilltop={'1' * 49}",), ("nobody=" + "1" * 50,)):
        words = ("box", "dice", "hilltop", election, "--throw", *wrong, "--as", "tala", "--out", "stick/wrong.act")
        assert village.try_(HERE, *words).code in (2, 3)
    village.exchange()
    assert "others sign it" in village.run(HERE, *dice).out
    village.run(ABROAD, "act", "sign", "stick/dice.act", "--as", "lina")
    assert "lot.dice, in force" in village.run(HERE, "act", "submit", "stick/dice.act").out
    village.exchange()
    late = village.try_(UNION, "trustee", "lot", "hilltop", election, "--as", "nora", "--out", "stick/lot.act")
    assert late.code == 1
    assert "R-LOT-1" in late.err
    outcome = village.run(HERE, *result)
    assert "elected, by scottish/1: Zeina" in outcome.out
    assert "election.result, in force" in outcome.out
