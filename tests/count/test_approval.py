"""Approval: most approvals, and seats in proportion."""

from __future__ import annotations

import pytest
from tests.count.material import SEED, election

from majlis.count import Outcome, Profile, count_votes, make_profile, rank, reserves
from majlis.errors import Missing


def count(profile: Profile, rule: str, seats: int, seed: bytes | None = None) -> Outcome:
    return count_votes(profile, rule=rule, seats=seats, seed=seed)


def test_the_order_on_the_ballot_says_nothing() -> None:
    """R-APPROVAL-1"""
    ordered = count(election("3 1 2", "2 3 1", "1 2"), "approval", 2)
    assert ordered.stages[0].votes == (5, 4, 2)
    equal = make_profile(["A", "B", "C"], [(3, [[1, 2]]), (2, [3, 1]), (1, [2])])
    assert count(equal, "approval", 2).stages == ordered.stages


def test_only_a_tie_for_the_last_seat_needs_the_lot() -> None:
    """R-APPROVAL-2"""
    assert count(election("2 1 2", "1 3"), "approval", 2).winners == (1, 2)
    with pytest.raises(Missing, match=r"2 B, 3 C are equal.* who takes the last seat"):
        count(election("3 1", "2 2", "2 3"), "approval", 2)


def test_the_lot_is_that_of_an_election_decided_from_totals() -> None:
    """R-APPROVAL-2"""
    profile = election("3 1 4", "2 2", "2 3", "1 5", "1 6")
    for byte in range(20):
        seed = bytes([byte]) * 32
        order = tuple(number + 1 for number in rank([3, 2, 2, 3, 1, 1], seed).order)
        outcome = count(profile, "approval", 3, seed)
        assert outcome.winners == order[:3]
        assert reserves(profile, rule="approval", seats=3, seed=seed) == order[3:]
        assert all(tie.chosen == tuple(n for n in order if n in tie.drawn) for tie in outcome.ties)


def test_reserves_that_are_tied_need_the_lot() -> None:
    """R-VACANCY-3"""
    with pytest.raises(Missing, match=r"2 B, 3 C are equal.* who is next"):
        reserves(election("3 1", "2 2", "2 3"), rule="approval", seats=1)
    assert reserves(election("3 1", "2 2", "1 3"), rule="approval", seats=1) == (2, 3)


def test_phragmen_elects_as_soon_as_the_price_is_there() -> None:
    """R-PHRAGMEN-1, R-PHRAGMEN-2: 2,035 voters in parties of unequal size."""
    profile = election("1033 1 2 3", "1 1", "519 4 5 6", "1 4", "90 1 2 7", "47 4 5 8", "344 9")
    outcome = count(profile, "phragmen", 3)
    assert outcome.winners == (1, 4, 2)
    first = outcome.stages[0]
    assert first.votes[0] == 10**5
    assert first.votes[8] == 344 * 10**5 // 1124


def test_equal_shares_charge_the_poor_what_they_have() -> None:
    """R-SHARES-1, R-SHARES-2: 3 seats, 12 voters, a quarter each; the cheapest is bought first."""
    profile = election("6 1 2", "2 1", "4 3", candidates=3)
    outcome = count(profile, "equal-shares", 3)
    assert outcome.winners == (1, 3, 2)
    assert outcome.stages[0].votes == (2 * 10**5, 150_000, 10**5)
    assert outcome.stages[1].votes == (10**5, 6 * (10**5 // 8), 10**5)


def test_when_nobody_can_be_paid_for_the_rest_is_earned() -> None:
    """R-SHARES-3"""
    profile = election("3 1", "1 1 2", "1 2", "2 3", "1 4", "1 4 3")
    outcome = count(profile, "equal-shares", 3)
    assert outcome.winners[0] == 1
    assert outcome.stages[0].votes[0] > 10**5
    assert outcome.stages[-1].votes[outcome.winners[-1] - 1] == 10**5


def test_candidates_who_reach_the_price_together_are_drawn() -> None:
    """R-PHRAGMEN-3, R-SHARES-2"""
    profile = election("3 1", "3 2", "1 3")
    for rule in ("phragmen", "equal-shares"):
        with pytest.raises(Missing, match=r"stage 1: 1 A, 2 B are equal"):
            count(profile, rule, 1)
        assert {count(profile, rule, 1, bytes([b]) * 32).winners for b in range(20)} == {(1,), (2,)}


def test_nobody_needs_a_lot_when_all_are_elected() -> None:
    """R-PHRAGMEN-3"""
    assert set(count(election("3 1", "3 2"), "phragmen", 2).winners) == {1, 2}
    assert set(count(election("3 1", "3 2"), "equal-shares", 9).winners) == {1, 2}


def test_candidates_without_supporters_come_last_and_by_lot() -> None:
    """R-PHRAGMEN-3"""
    profile = election("3 1", candidates=4)
    with pytest.raises(Missing, match=r"stage 2: 2 B, 3 C, 4 D are equal"):
        count(profile, "phragmen", 2)
    assert count(profile, "phragmen", 2, SEED).winners[0] == 1
    blank = election("3", candidates=3)
    assert len(count(blank, "equal-shares", 2, SEED).winners) == 2


@pytest.mark.parametrize("rule", ["phragmen", "equal-shares"])
def test_reserves_are_who_would_be_bought_next(rule: str) -> None:
    """R-VACANCY-3"""
    profile = election("44 1 2 3", "9 1 2", "20 4 5", "11 4", "7 5 6 1", "5 6", "3 3 6", "1 2 1 3")
    behind = reserves(profile, rule=rule, seats=3)
    assert len(behind) == 3
    if rule == "phragmen":
        assert (*count(profile, rule, 3).winners, *behind)[:5] == count(profile, rule, 5).winners
