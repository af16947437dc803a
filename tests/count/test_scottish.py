"""The Scottish rule on small elections, each number of which can be followed by hand."""

from __future__ import annotations

import pytest
from tests.count.material import SEED, election

from majlis.count import Outcome, Profile, count_votes
from majlis.errors import Missing


def count(profile: Profile, seats: int, seed: bytes | None = None) -> Outcome:
    return count_votes(profile, rule="scottish", seats=seats, seed=seed)


def votes(outcome: Outcome, stage: int) -> list[str]:
    return [f"{amount / 10**5:.5f}" for amount in outcome.stages[stage - 1].votes]


@pytest.mark.parametrize(("valid", "seats", "quota"), [(99, 3, 25), (100, 3, 26), (1, 1, 1), (3, 1, 2), (5, 5, 1)])
def test_the_quota_is_rounded_down_plus_one(valid: int, seats: int, quota: int) -> None:
    """R-SCOTTISH-1"""
    assert count(election(f"{valid} 1", candidates=seats + 1), seats, SEED).quota == quota * 10**5


def test_all_papers_of_the_elected_go_on_at_a_truncated_value() -> None:
    """R-SCOTTISH-4: not the last parcel only, and each paper cut to five decimals before it is counted."""
    outcome = count(election("7 1 2", "3 2", "3 3", "2 4 1 3"), 2)
    assert outcome.quota == 6 * 10**5
    assert votes(outcome, 2) == ["6.00000", f"{3 + 7 * 14285 / 10**5:.5f}", "3.00000", "2.00000"]
    assert outcome.stages[1].lost == 10**5 - 7 * 14285
    assert outcome.stages[1].exhausted == outcome.stages[1].lost


def test_papers_received_with_a_surplus_go_on_by_the_value_they_had() -> None:
    """R-SCOTTISH-4: surplus x value when received / votes."""
    outcome = count(election("10 1 2 3", "5 2 3", "4 3 4", "4 4 3", "1 5"), 3)
    first, second = outcome.stages[1], outcome.stages[2]
    assert (first.candidate, second.candidate) == (1, 2)
    assert votes(outcome, 2)[1] == "8.00000"
    assert [(t.papers, t.received, t.passed) for t in second.papers] == [(5, 100000, 12500), (10, 30000, 3750)]
    assert second.transfers[2] == 5 * 12500 + 10 * 3750


def test_the_largest_surplus_goes_first_and_waiting_ones_receive_nothing() -> None:
    """R-SCOTTISH-2, R-SCOTTISH-3"""
    outcome = count(election("12 1 2 3", "10 2 1 3", "4 3", "3 4", "1 5"), 3)
    assert [stage.candidate for stage in outcome.stages[:3]] == [None, 1, 2]
    assert outcome.stages[0].elected == (1, 2)
    assert outcome.stages[1].transfers[1] == 0
    assert outcome.stages[1].transfers[2] > 0


def test_a_surplus_of_nothing_is_not_transferred() -> None:
    """R-SCOTTISH-2"""
    outcome = count(election("5 1 2", "4 2", "3 3 2", "2 4 3"), 2)
    assert outcome.stages[0].elected == (1,)
    assert outcome.stages[1].action == "exclusion"


def test_the_excluded_pass_on_everything_at_once_at_the_value_received() -> None:
    """R-SCOTTISH-5"""
    outcome = count(election("9 1 4 2", "5 2", "4 3", "1 4 3"), 2)
    stage = outcome.stages[2]
    assert (stage.action, stage.candidate) == ("exclusion", 4)
    assert [(t.papers, t.received, t.passed) for t in stage.papers] == [(1, 10**5, 10**5), (9, 22222, 22222)]
    assert outcome.stages[1].excluded == (4,)
    assert stage.votes[3] == 0


def test_no_more_candidates_than_seats_are_elected_without_the_quota() -> None:
    """R-SCOTTISH-6: at that stage, most votes first, and nothing more is transferred."""
    outcome = count(election("20 1", "3 2", "2 3", "1 4"), 3)
    assert outcome.stages[-1].elected == (2, 3)
    assert outcome.winners == (1, 2, 3)
    assert outcome.stages[-1].candidate == 4


def test_when_all_seats_are_filled_surpluses_stay() -> None:
    """R-SCOTTISH-6"""
    outcome = count(election("10 1 3", "9 2 3", "1 3"), 2)
    assert len(outcome.stages) == 1
    assert outcome.winners == (1, 2)


def test_fewer_candidates_than_seats_leave_seats_empty() -> None:
    """R-COUNT-8"""
    outcome = count(election("3 1", "1 2"), 5)
    assert outcome.winners == (1, 2)
    assert len(outcome.stages) == 1


def test_a_ballot_without_a_preference_is_no_valid_paper() -> None:
    """R-COUNT-7"""
    outcome = count(election("3 1", "2", "1 2"), 1)
    assert (outcome.papers, outcome.valid, outcome.quota) == (6, 4, 3 * 10**5)


def test_who_has_withdrawn_is_passed_over() -> None:
    """R-COUNT-7"""
    outcome = count(election("3 1 2", "2 2", "2 3", "4 1", withdrawn=[1]), 1)
    assert outcome.valid == 7
    assert outcome.stages[0].votes == (0, 5 * 10**5, 2 * 10**5)


def test_nobody_but_the_blank_still_ends() -> None:
    outcome = count(election("3", candidates=3), 2, SEED)
    assert outcome.valid == 0
    assert len(outcome.winners) == 2


def test_equal_surpluses_are_told_apart_by_the_latest_stage_that_can() -> None:
    """R-SCOTTISH-7"""
    outcome = count(election("10 1 4", "9 2 5", "2 3 1", "3 3 2", "9 4", "8 5 4"), 3)
    (tie,) = outcome.ties
    assert (tie.stage, tie.purpose, tie.between, tie.looked, tie.drawn, tie.chosen) == (
        2, "surplus", (1, 2), (1,), (), (1,),
    )  # fmt: skip


def test_equal_fewest_votes_are_told_apart_by_the_latest_stage_that_can() -> None:
    """R-SCOTTISH-7"""
    outcome = count(election("12 1", "11 2", "9 3 2", "4 4 1", "3 5 3", "1 6 5"), 2)
    (tie,) = outcome.ties
    assert (tie.stage, tie.purpose, tie.between, tie.looked, tie.drawn, tie.chosen) == (
        2, "exclusion", (4, 5), (1,), (), (5,),
    )  # fmt: skip


def test_the_latest_of_several_earlier_stages_decides() -> None:
    """R-SCOTTISH-7: stage 1 would have excluded 4; stage 2, being later, excludes 3."""
    outcome = count(election("30 1", "20 2", "6 3 1", "5 4", "2 5 4", "1 6 3", "2 6 1"), 1)
    tie = outcome.ties[0]
    assert (tie.stage, tie.between, tie.looked, tie.chosen) == (3, (3, 4), (2,), (3,))


def test_a_tie_from_the_first_stage_on_is_drawn_and_anybody_can_draw_it_again() -> None:
    """R-COUNT-9"""
    profile = election("10 1", "4 2 3", "4 3 4", "4 4 2")
    outcome = count(profile, 2, SEED)
    assert outcome == count(profile, 2, SEED)
    assert outcome.ties[0].drawn == (2, 3, 4)
    others = {count(profile, 2, bytes([byte]) * 32).ties[0].chosen for byte in range(40)}
    assert others == {(2,), (3,), (4,)}


def test_a_tie_without_a_seed_says_who_is_tied_and_for_what() -> None:
    """R-COUNT-9"""
    with pytest.raises(Missing, match=r"stage 2: 2 B, 3 C, 4 D are equal at every stage.* who is excluded") as missing:
        count(election("10 1", "4 2 3", "4 3 4", "4 4 2"), 2)
    assert missing.value.rule == "R-COUNT-9"
    with pytest.raises(Missing, match=r"stage 1: 1 A, 2 B are equal, .*whose surplus is transferred first"):
        count(election("10 1 3", "10 2 3", "4 3", "3 4", "1 5"), 3)


def test_the_order_among_the_elected_takes_no_lot() -> None:
    """R-COUNT-9"""
    assert count(election("5 1", "5 2", "1 3"), 2).winners == (1, 2)
