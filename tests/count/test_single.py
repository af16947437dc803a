"""Instant runoff, and Schulze's comparison."""

from __future__ import annotations

import pytest
from tests.count.material import SEED, election

from majlis.count import Outcome, Profile, count_votes, make_profile, reserves
from majlis.errors import Malformed, Missing


def irv(profile: Profile, seed: bytes | None = None) -> Outcome:
    return count_votes(profile, rule="irv", seats=1, seed=seed)


def schulze(profile: Profile, seats: int = 1, seed: bytes | None = None) -> Outcome:
    return count_votes(profile, rule="schulze", seats=seats, seed=seed)


def test_half_is_not_more_than_half() -> None:
    """R-IRV-1"""
    assert len(irv(election("5 1", "3 2", "2 3 1")).stages) == 2
    assert len(irv(election("6 1", "3 2", "2 3 1")).stages) == 1


def test_more_than_half_of_the_votes_in_play_is_enough() -> None:
    """R-IRV-1: papers that are used up no longer count."""
    outcome = irv(election("5 1", "4 2", "3 3"))
    assert outcome.stages[1].votes == (5, 4, 0)
    assert outcome.stages[1].exhausted == 3
    assert (outcome.winners, outcome.quota) == ((1,), 5)


def test_the_lowest_passes_on_to_the_next_who_stands() -> None:
    """R-IRV-2"""
    outcome = irv(election("5 1", "4 2 4", "3 3 4 1", "2 4 3 1"))
    assert [stage.votes for stage in outcome.stages] == [(5, 4, 3, 2), (5, 4, 5, 0), (5, 0, 5, 0), (10, 0, 0, 0)]
    assert [stage.excluded for stage in outcome.stages] == [(4,), (2,), (3,), ()]


def test_two_who_stay_equal_are_drawn() -> None:
    """R-IRV-2, R-IRV-3"""
    with pytest.raises(Missing, match="1 A, 2 B are equal"):
        irv(election("3 1", "3 2"))
    assert {irv(election("3 1", "3 2"), bytes([b]) * 32).winners for b in range(20)} == {(1,), (2,)}
    assert irv(election("2", candidates=1)).winners == (1,)


CHAIN = ["5 1 3 2 5 4", "5 1 4 5 3 2", "8 2 5 4 1 3", "3 3 1 2 5 4", "7 3 1 5 2 4", "2 3 2 1 4 5", "7 4 3 5 2 1",
         "8 5 2 1 4 3"]  # fmt: skip
"""The example of Schulze 2011, section 3.1: 45 voters, and nobody beats all others directly."""


def test_the_example_of_the_paper() -> None:
    """R-SCHULZE-1, R-SCHULZE-2"""
    outcome = schulze(election(*CHAIN))
    assert outcome.matrices["preferred"] == (
        (0, 20, 26, 30, 22), (25, 0, 16, 33, 18), (19, 29, 0, 17, 24), (15, 12, 28, 0, 14), (23, 27, 21, 31, 0),
    )  # fmt: skip
    assert outcome.matrices["strongest"] == (
        (0, 28, 28, 30, 24), (25, 0, 28, 33, 24), (25, 29, 0, 29, 24), (25, 28, 28, 0, 24), (25, 28, 28, 31, 0),
    )  # fmt: skip
    assert outcome.winners == (5,)
    assert reserves(election(*CHAIN), rule="schulze", seats=1) == (1, 3, 2, 4)
    assert schulze(election(*CHAIN), 3).winners == (5, 1, 3)


def test_equal_preferences_prefer_neither_and_those_left_out_are_below() -> None:
    """R-SCHULZE-1"""
    profile = make_profile(["A", "B", "C"], [(3, [[1, 2]]), (1, [2, 1])])
    assert schulze(profile).matrices["preferred"] == ((0, 0, 4), (1, 0, 4), (0, 0, 0))


def test_those_who_have_withdrawn_are_not_compared() -> None:
    """R-COUNT-7"""
    outcome = schulze(election("3 1 2", "2 2 3", "4 1", withdrawn=[1]))
    assert outcome.valid == 5
    assert outcome.winners == (2,)
    assert outcome.matrices["preferred"][0] == (0, 0, 0)


def test_a_circle_is_drawn_and_two_of_it_take_two_lots() -> None:
    """R-SCHULZE-3"""
    circle = election("1 1 2 3", "1 2 3 1", "1 3 1 2", candidates=4)
    with pytest.raises(Missing, match="1 A, 2 B, 3 C are equal, and the public lot decides who takes the seat"):
        schulze(circle)
    assert {schulze(circle, 1, bytes([b]) * 32).winners for b in range(30)} == {(1,), (2,), (3,)}
    assert schulze(circle, 3).winners == (1, 2, 3)
    assert schulze(circle, 2, SEED).ties[0].drawn == (1, 2, 3)


def test_a_majority_takes_every_seat() -> None:
    """R-SCHULZE-4"""
    assert schulze(election("51 1 2 3", "49 4 5 6"), 3).winners == (1, 2, 3)


def test_more_candidates_than_can_be_compared_are_refused() -> None:
    """R-SCHULZE-1"""
    with pytest.raises(Malformed, match="151 candidates; at most 150"):
        schulze(election("1 151"))
