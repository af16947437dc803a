"""Empty seats: the papers that elected the one who left choose again, or the list of reserves does."""

from __future__ import annotations

import pytest
from tests.count.material import SEED, election

from majlis.count import Outcome, Profile, count_back, count_votes, make_profile, reserves
from majlis.errors import Malformed, Missing, Refused

NORTH = election("40 1 2", "8 2", "6 1 3 2", "11 3 4", "11 4 3", "9 5 4", "7 5 1 2")


def back(profile: Profile, vacated: int, rule: str = "scottish", seats: int = 2, **more: object) -> Outcome:
    return count_back(profile, rule=rule, seats=seats, vacated=vacated, **more)  # type: ignore[arg-type]


def test_each_paper_counts_with_the_part_that_stayed() -> None:
    """R-VACANCY-1: 46 papers passed on at 0.32608, so 0.67392 of each stayed with candidate 1."""
    outcome = back(NORTH, 1, standing=[3, 4])
    assert (outcome.papers, outcome.valid) == (46, 6)
    assert outcome.stages[0].votes[2] == 6 * (10**5 - 32608)
    assert (outcome.rule, outcome.vacated, outcome.winners) == ("count-back/1", 1, (3,))


def test_a_surplus_that_was_never_transferred_stayed_whole() -> None:
    """R-VACANCY-1"""
    outcome = back(election("10 1 3", "9 2 4", "1 5"), 1)
    assert outcome.stages[0].votes[2] == 10 * 10**5


def test_papers_received_on_the_way_choose_too() -> None:
    """R-VACANCY-1: the seat of 2 came from the papers of 3, among others."""
    profile = election("10 1", "6 2 4", "3 3 2 5", "2 4", "1 5")
    outcome = back(profile, 2)
    assert count_votes(profile, rule="scottish", seats=2).winners == (1, 2)
    assert outcome.valid == 9


def test_by_meek_each_paper_counts_with_its_share() -> None:
    """R-VACANCY-1: all shares that stayed make the votes of the one who left."""
    profile = election("12 1 2 3", "5 2 3", "4 3 1", "2 1 3", "1 4 1 3")
    counted = count_votes(profile, rule="meek", seats=2)
    gone = counted.winners[0]
    outcome = back(profile, gone, "meek")
    assert outcome.decimals == 9
    whole = sum(outcome.stages[0].votes)
    assert whole == counted.stages[-1].votes[gone - 1]


def test_by_runoff_the_winners_papers_choose() -> None:
    """R-VACANCY-1"""
    outcome = back(election("6 1 3", "3 2 1", "2 3 1"), 1, "irv", 1)
    assert outcome.winners == (3,)


def test_the_highest_of_those_who_stand_counts_wherever_it_is() -> None:
    """R-VACANCY-2: 3 was excluded before 1 was elected, and stands now."""
    profile = election("4 3 1 2", "8 1 2", "7 2", "6 4")
    assert 3 in [n for stage in count_votes(profile, rule="scottish", seats=1).stages for n in stage.excluded]
    outcome = count_back(profile, rule="scottish", seats=1, vacated=1)
    assert outcome.stages[0].votes[2] == 4 * 10**5


@pytest.mark.parametrize(
    ("vacated", "standing", "rule", "words"),
    [
        (3, None, "scottish", "candidate 3 was not elected"),
        (1, [2, 3], "scottish", "2 cannot stand; those not elected can"),
        (1, [9], "scottish", "9 cannot stand"),
        (1, [], "scottish", "nobody stands for the vacancy"),
        (1, None, "schulze", "schulze has no count-back; take the list of reserves"),
    ],
)
def test_who_cannot_leave_or_follow_is_refused(vacated: int, standing: list[int] | None, rule: str, words: str) -> None:
    """R-VACANCY-1, R-VACANCY-2"""
    with pytest.raises(Refused, match=words):
        back(NORTH, vacated, rule, standing=standing)


def test_a_vacancy_has_a_lot_of_its_own() -> None:
    """R-VACANCY-2"""
    profile = election("3 1 3", "3 1 4", "5 2")
    with pytest.raises(Missing, match="3 C, 4 D are equal"):
        back(profile, 1, seed=SEED)
    found = {back(profile, 1, seed=SEED, vacancy_seed=bytes([b]) * 32).winners for b in range(20)}
    assert found == {(3,), (4,)}


def test_reserves_after_transfers_are_the_last_to_go_first() -> None:
    """R-VACANCY-4"""
    assert reserves(NORTH, rule="scottish", seats=2) == (3, 5, 4)
    assert reserves(election("5 1", "4 2", "2 3 1", "1 4 1"), rule="irv", seats=1) == (2, 3, 4)


def test_equal_reserves_are_told_apart_by_an_earlier_stage_or_drawn() -> None:
    """R-VACANCY-4"""
    profile = election("20 1", "5 2", "5 3")
    with pytest.raises(Missing, match="2 B, 3 C are equal"):
        reserves(profile, rule="scottish", seats=1)
    found = {reserves(profile, rule="scottish", seats=1, seed=bytes([b]) * 32) for b in range(20)}
    assert found == {(2, 3), (3, 2)}
    later = election("30 1", "5 2", "4 3", "3 4", "1 5 3")
    assert reserves(later, rule="scottish", seats=1, seed=SEED)[0] == 2
    told = election("9 1 5", "8 2", "5 3", "4 4", "1 5 4")
    assert reserves(told, rule="scottish", seats=2) == (3, 4, 5)


@pytest.mark.parametrize(
    ("rule", "seats", "words"),
    [
        ("borda", 1, "no rule 'borda'; known are scottish/1, meek/1"),
        ("scottish/2", 1, "no rule 'scottish/2'"),
        ("scottish/", 1, "no rule 'scottish/'"),
        ("scottish", 0, "0 seats; expected 1 to 1000"),
        ("meek", 1001, "1001 seats"),
        ("irv", 2, "irv fills one seat, not 2"),
    ],
)
def test_an_unknown_rule_or_number_of_seats_is_refused(rule: str, seats: int, words: str) -> None:
    """R-COUNT-8"""
    with pytest.raises(Malformed, match=words):
        count_votes(NORTH, rule=rule, seats=seats)


def test_a_rule_is_named_with_or_without_its_version() -> None:
    """R-COUNT-8"""
    assert count_votes(NORTH, rule="scottish/1", seats=2) == count_votes(NORTH, rule="scottish", seats=2)
    assert count_votes(NORTH, rule="scottish", seats=2).rule == "scottish/1"


def test_equal_preferences_and_an_empty_field_are_refused_where_they_cannot_be_counted() -> None:
    """R-COUNT-8"""
    equals = make_profile(["A", "B"], [(1, [[1, 2]])])
    for rule in ("scottish", "meek", "irv"):
        with pytest.raises(Malformed, match=f"rank candidates equally, which {rule} does not count"):
            count_votes(equals, rule=rule, seats=1)
    assert count_votes(equals, rule="approval", seats=2).winners == (1, 2)
    with pytest.raises(Malformed, match="all candidates have withdrawn"):
        count_votes(election("1 1", withdrawn=[1]), rule="meek", seats=1)
