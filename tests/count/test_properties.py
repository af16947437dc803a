"""What is true of every count, whoever stands and whatever the ballots."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.count.material import SEED, Ballot, profile_of, profiles

from majlis.count import RULES, Outcome, Profile, count_votes, make_profile, reserves
from majlis.errors import Missing

NAMES = sorted(RULES)
FEWER = settings(max_examples=settings.default.max_examples // 4 if settings.default else 25)
"""There are seven rules, each drawn for."""
TRANSFERS = ("scottish", "meek", "irv")


def seats_for(rule: str, seats: int) -> int:
    return 1 if RULES[rule].single else seats


def count(profile: Profile, rule: str, seats: int, seed: bytes | None = SEED) -> Outcome:
    return count_votes(profile, rule=rule, seats=seats_for(rule, seats), seed=seed)


def rows(profile: Profile) -> list[Ballot]:
    return [(papers, [group[0] for group in groups]) for papers, groups in profile.ballots()]


@pytest.mark.parametrize("rule", NAMES)
@FEWER
@given(profile=profiles(), seats=st.integers(1, 7))
def test_every_seat_is_filled_once_while_there_are_candidates(rule: str, profile: Profile, seats: int) -> None:
    outcome = count(profile, rule, seats)
    assert len(outcome.winners) == min(outcome.seats, len(profile.standing))
    assert len(set(outcome.winners)) == len(outcome.winners)
    assert set(outcome.winners) <= set(profile.standing)
    assert [n for stage in outcome.stages for n in stage.elected] == list(outcome.winners)


@pytest.mark.parametrize("rule", NAMES)
@FEWER
@given(profile=profiles(), seats=st.integers(1, 4), data=st.data())
def test_the_order_of_the_file_and_how_it_groups_ballots_change_nothing(
    rule: str, profile: Profile, seats: int, data: st.DataObject
) -> None:
    """R-COUNT-7"""
    split = [(1, ranking) for papers, ranking in rows(profile) for _ in range(papers)]
    shuffled = data.draw(st.permutations(split))
    again = profile_of(len(profile.names), shuffled, profile.withdrawn)
    assert again == profile
    assert count(again, rule, seats) == count(profile, rule, seats)


@pytest.mark.parametrize("rule", NAMES)
@FEWER
@given(profile=profiles(), seats=st.integers(1, 4), data=st.data())
def test_no_candidate_is_better_off_by_a_number(rule: str, profile: Profile, seats: int, data: st.DataObject) -> None:
    """Who is who is told by the ballots alone, unless a lot has to tell."""
    outcome = count(profile, rule, seats)
    assume(not any(tie.drawn for tie in outcome.ties))
    size = len(profile.names)
    new = dict(zip(range(1, size + 1), data.draw(st.permutations(range(1, size + 1))), strict=True))
    moved = profile_of(
        size,
        [(papers, [new[n] for n in ranking]) for papers, ranking in rows(profile)],
        [new[n] for n in profile.withdrawn],
    )
    assert {new[n] for n in outcome.winners} == set(count(moved, rule, seats).winners)


@pytest.mark.parametrize("rule", TRANSFERS)
@given(profile=profiles(), seats=st.integers(1, 4))
def test_no_vote_appears_or_vanishes(rule: str, profile: Profile, seats: int) -> None:
    """R-COUNT-10"""
    outcome = count(profile, rule, seats)
    before = [0] * len(profile.names)
    for stage in outcome.stages:
        assert sum(stage.votes) + stage.exhausted == outcome.valid * 10**outcome.decimals
        assert min(stage.votes) >= 0
        assert 0 <= stage.lost <= stage.exhausted
        if stage is not outcome.stages[0]:
            assert [a + b for a, b in zip(before, stage.transfers, strict=True)] == list(stage.votes)
        before = list(stage.votes)


@pytest.mark.parametrize("rule", NAMES)
@FEWER
@given(profile=profiles(), seats=st.integers(1, 4))
def test_without_a_seed_the_count_is_the_same_or_names_the_tie(rule: str, profile: Profile, seats: int) -> None:
    """R-COUNT-9"""
    outcome = count(profile, rule, seats)
    try:
        assert set(count(profile, rule, seats, seed=None).winners) == set(outcome.winners)
    except Missing as missing:
        assert missing.rule == "R-COUNT-9"
        drawn = [tie.drawn for tie in outcome.ties if tie.drawn]
        assert any(all(f"{n} {profile.names[n - 1]}" in missing.text for n in tied) for tied in drawn)


@pytest.mark.parametrize("rule", NAMES)
@FEWER
@given(profile=profiles(), seats=st.integers(1, 4))
def test_reserves_are_all_the_others_once(rule: str, profile: Profile, seats: int) -> None:
    """R-VACANCY-3"""
    outcome = count(profile, rule, seats)
    behind = reserves(profile, rule=rule, seats=outcome.seats, seed=SEED)
    assert sorted((*outcome.winners, *behind)) == list(profile.standing)


@pytest.mark.parametrize("rule", ["scottish", "meek"])
@given(profile=profiles(most=5), seats=st.integers(1, 4))
def test_a_group_that_fills_k_quotas_has_k_seats(rule: str, profile: Profile, seats: int) -> None:
    """Voters who prefer the same candidates to all others, in whatever order, get the seats of their number."""
    outcome = count(profile, rule, seats)
    for size in range(1, len(profile.standing) + 1):
        for group in map(set, combinations(profile.standing, size)):
            solid = sum(
                papers
                for papers, ranking in rows(profile)
                if {n for n in ranking if n not in profile.withdrawn} and is_solid(ranking, group, profile)
            )
            if rule == "scottish" and outcome.quota is not None:
                due = solid * 10**5 // outcome.quota
            else:
                due = (solid * (seats + 1) - 1) // max(outcome.valid, 1)
            assert len(group & set(outcome.winners)) >= min(due, size, seats)


def is_solid(ranking: list[int], group: set[int], profile: Profile) -> bool:
    first = [n for n in ranking if n not in profile.withdrawn][: len(group)]
    return set(first) == group


@pytest.mark.parametrize("rule", ["phragmen", "equal-shares"])
@given(profile=profiles(most=6, papers=9), seats=st.integers(1, 5))
def test_voters_who_approve_alike_have_seats_for_their_number(rule: str, profile: Profile, seats: int) -> None:
    outcome = count(profile, rule, seats)
    groups: dict[frozenset[int], int] = {}
    for papers, ranking in rows(profile):
        approved = frozenset(n for n in ranking if n not in profile.withdrawn)
        groups[approved] = groups.get(approved, 0) + papers
    for approved, voters in groups.items():
        if approved:
            due = min(voters * seats // outcome.valid, len(approved))
            assert len(approved & set(outcome.winners)) >= due


@given(profile=profiles(), seats=st.integers(1, 3))
def test_schulze_elects_whoever_beats_everybody(profile: Profile, seats: int) -> None:
    outcome = count(profile, "schulze", seats)
    d = outcome.matrices["preferred"]
    for a in profile.standing:
        if all(d[a - 1][b - 1] > d[b - 1][a - 1] for b in profile.standing if a != b):
            assert outcome.winners[0] == a


def test_the_rules_agree_where_there_is_nothing_to_decide() -> None:
    profile = make_profile(["A", "B"], [(3, [1]), (1, [2])])
    assert {count(profile, rule, 1, seed=None).winners for rule in NAMES} == {(1,)}
