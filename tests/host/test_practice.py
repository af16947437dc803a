"""A practice clock stands still, moves for all who share it, and never goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from majlis.errors import Malformed, Missing, Refused
from majlis.host.practice import SIMULATED, PracticeClock, check_simulated, is_practice, is_simulated


def test_a_practice_clock_moves_only_when_told_and_for_everybody(tmp_path: Path) -> None:
    clock = PracticeClock.create(tmp_path / "clock", 1_000_000)
    other = PracticeClock.create(tmp_path / "clock", 5)
    assert clock.now() == other.now() == 1_000_000
    assert clock.advance(60) == other.now() == 1_000_060


def test_a_practice_clock_is_not_turned_back(tmp_path: Path) -> None:
    clock = PracticeClock.create(tmp_path / "clock", 1_000_000)
    with pytest.raises(Refused):
        clock.advance(-1)
    assert clock.now() == 1_000_000


@pytest.mark.parametrize("text", ["", "majlis-practice-clock/1\n", "majlis-practice-clock/1\n-5\n", "x\n5\n", "\xff"])
def test_a_file_that_is_no_clock_is_malformed(tmp_path: Path, text: str) -> None:
    (tmp_path / "clock").write_text(text, encoding="latin-1")
    with pytest.raises(Malformed):
        PracticeClock(tmp_path / "clock").now()


def test_a_lost_clock_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        PracticeClock(tmp_path / "clock").now()


def test_practice_is_in_the_name() -> None:
    assert is_practice("practice/hilltop/1f2e")
    assert not is_practice("hilltop/practice")


def test_whatever_says_that_time_is_simulated_makes_it_practice() -> None:
    """R-NODE-1: the name of the log, or the notices of the folder, address or bundle that it came in."""
    assert is_simulated("practice/hilltop", ())
    assert is_simulated("majlis.example/hilltop", (SIMULATED, "geonames"))
    assert not is_simulated("majlis.example/hilltop", ("geonames",))


@pytest.mark.parametrize("here", [True, False])
def test_practice_and_earnest_do_not_mix(here: bool) -> None:
    """R-NODE-1"""
    practice, earnest = ("practice/hilltop", ()), ("majlis.example/hilltop", ())
    simulated = ("majlis.example/hilltop", (SIMULATED,))
    for taken, refused in (
        ((practice, earnest), (simulated, earnest)) if here else ((earnest, practice), (earnest, simulated))
    ):
        check_simulated(*taken, here=here)
        with pytest.raises(Refused, match="do not mix") as raised:
            check_simulated(*refused, here=here)
        assert raised.value.rule == "R-NODE-1"
