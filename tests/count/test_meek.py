"""Meek's method by the reference rule."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.count.material import SEED, election

from majlis.count import Outcome, Profile, count_votes
from majlis.errors import Missing

UNIT = 10**9


def count(profile: Profile, seats: int, seed: bytes | None = None) -> Outcome:
    return count_votes(profile, rule="meek", seats=seats, seed=seed)


def test_the_quota_is_the_sum_divided_and_one_unit() -> None:
    """R-MEEK-2"""
    assert count(election("4 1 2", "2 3", candidates=3), 2).stages[0].quota == 2 * UNIT + 1


def test_shares_are_rounded_up_for_each_paper() -> None:
    """R-MEEK-1, R-MEEK-2: the published worked example of two seats, to the last unit."""
    outcome = count(election("4 1 2", "2 3"), 2)
    assert outcome.stages[1].votes == (2_000_000_004, 1_999_999_996, 2_000_000_000)
    assert outcome.stages[1].excluded == (2,)
    assert outcome.winners == (1, 3)


def test_the_elected_keep_the_quota_to_within_a_millionth() -> None:
    """R-MEEK-3"""
    outcome = count(election("50 1 2 3 4 5", "40 2 1 3 5 4", "12 3 1 2 4 5", "14 4 5 3", "13 5 4 3", "11 6 5"), 3)
    stage = next(stage for stage in outcome.stages if stage.action == "surplus" and stage.excluded)
    kept = [stage.votes[number - 1] - (stage.quota or 0) for number in outcome.stages[0].elected]
    assert 0 <= sum(kept) < UNIT // 10**6 + 100


def test_papers_flow_through_the_elected_as_often_as_the_quota_falls() -> None:
    """R-MEEK-3: when papers are used up the quota falls, and what the elected need no longer passes on to others."""
    outcome = count(election("40 1 2", "8 2", "6 1 3 2", "11 3 4", "11 4 3", "9 5 4", "7 5 1 2"), 2)
    quotas = [Fraction(stage.quota or 0, UNIT) for stage in outcome.stages]
    assert quotas == sorted(quotas, reverse=True)
    assert quotas[-1] < quotas[0]


def test_all_within_the_surplus_of_the_lowest_are_tied() -> None:
    """R-MEEK-4: the latest earlier stage decides."""
    outcome = count(election("12 1", "11 2", "9 3 2", "4 4 1", "3 5 3", "1 6 5"), 2)
    assert [(tie.stage, tie.between, tie.looked, tie.chosen) for tie in outcome.ties] == [(2, (4, 5), (1,), (5,))]


def test_a_tie_that_no_stage_can_settle_is_drawn() -> None:
    """R-MEEK-4"""
    profile = election("10 1", "4 2", "4 3", "4 4")
    with pytest.raises(Missing, match=r"2 B, 3 C, 4 D are equal.* who is excluded"):
        count(profile, 2)
    assert count(profile, 2, SEED).ties[0].drawn == (2, 3, 4)


def test_the_count_ends_when_the_hopeful_are_no_more_than_the_seats() -> None:
    """R-MEEK-5: the last one defeated passes nothing on."""
    outcome = count(election("4 1 2", "2 3"), 2)
    assert outcome.stages[-1].excluded == (2,)
    assert outcome.stages[-1].elected == (3,)
    assert outcome.stages[-1].votes[1] > 0


def test_nothing_overflows_however_many_ballots() -> None:
    few = count(election("40 1 2", "8 2", "6 1 3 2", "11 3 4", "11 4 3", "9 5 4"), 2)
    many = count(election("40000000000 1 2", "8000000000 2", "6000000000 1 3 2", "11000000000 3 4", "11000000000 4 3",
                          "9000000000 5 4"), 2)  # fmt: skip
    assert many.winners == few.winners
    assert many.stages[0].votes == tuple(amount * 10**9 for amount in few.stages[0].votes)
    for stage in many.stages:
        assert sum(stage.votes) + stage.exhausted == many.valid * UNIT
