"""Each count against its obvious twin: one that looks at every paper, one by one, and knows no bundle and no path."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.count.material import SEED, profiles, weak_profiles

from majlis.count import Lot, Outcome, Profile, count_votes

Paper = tuple[int, ...]


def papers_of(profile: Profile) -> list[Paper]:
    """Every single paper, without those who have withdrawn."""
    gone = set(profile.withdrawn)
    return [
        tuple(group[0] for group in groups if group[0] not in gone)
        for count, groups in profile.ballots()
        for _ in range(count)
    ]


class TwinLot:
    """Ties by looking back, then by lot."""

    def __init__(self) -> None:
        self.lot = Lot(SEED)

    def take(self, tied: list[int], history: list[list[int]], *, fewest: bool) -> int:
        left = sorted(tied)
        for votes in reversed(history):
            best = (min if fewest else max)(votes[c - 1] for c in left)
            left = [c for c in left if votes[c - 1] == best]
        return left[0] if len(left) == 1 else left[self.lot.below(len(left))]


def twin_scottish(profile: Profile, seats: int) -> tuple[list[list[int]], list[int]]:
    """The votes after every stage, and the winners, from a list of papers each with holder and value."""
    one = 10**5
    papers = [paper for paper in papers_of(profile) if paper]
    holder: list[int | None] = [paper[0] for paper in papers]
    value = [one] * len(papers)
    standing = list(profile.standing)
    votes = [0] * len(profile.names)
    for c in holder:
        votes[c - 1] += one  # type: ignore[operator]
    quota = (len(papers) // (seats + 1) + 1) * one
    winners: list[int] = []
    waiting: list[int] = []
    history: list[list[int]] = []
    lots = TwinLot()

    def end_stage() -> None:
        history.append(list(votes))
        order = sorted(standing, key=lambda c: ([-then[c - 1] for then in reversed(history)], c))
        reached = [c for c in order if votes[c - 1] >= quota]
        for c in reached:
            standing.remove(c)
            winners.append(c)
            if votes[c - 1] > quota:
                waiting.append(c)
        if len(standing) <= seats - len(winners):
            winners.extend(c for c in order if c not in reached)
            standing.clear()

    def pass_on(c: int, new_value: dict[int, int]) -> None:
        for at, paper in enumerate(papers):
            if holder[at] == c:
                value[at] = new_value.get(value[at], value[at])
                holder[at] = next((other for other in paper[paper.index(c) :] if other in standing), None)
                to = holder[at]
                if to is not None:
                    votes[to - 1] += value[at]

    end_stage()
    while len(winners) < seats and standing:
        if waiting:
            most = max(votes[c - 1] for c in waiting)
            c = lots.take([c for c in waiting if votes[c - 1] == most], history, fewest=False)
            waiting.remove(c)
            total = votes[c - 1]
            votes[c - 1] = quota
            pass_on(c, {old: (total - quota) * old // total for old in set(value)})
        else:
            least = min(votes[c - 1] for c in standing)
            c = lots.take([c for c in standing if votes[c - 1] == least], history, fewest=True)
            standing.remove(c)
            votes[c - 1] = 0
            pass_on(c, {})
        end_stage()
    return history, winners


def votes_of(outcome: Outcome) -> list[list[int]]:
    return [list(stage.votes) for stage in outcome.stages]


@given(profiles(), st.integers(1, 5))
def test_scottish_agrees_paper_by_paper(profile: Profile, seats: int) -> None:
    outcome = count_votes(profile, rule="scottish", seats=seats, seed=SEED)
    history, winners = twin_scottish(profile, seats)
    assert votes_of(outcome) == history
    assert list(outcome.winners) == winners


def twin_meek(profile: Profile, seats: int) -> tuple[list[list[int]], list[int]]:
    """The reference rule step by step, with decimals as fractions."""
    unit = Fraction(1, 10**9)

    def up(exact: Fraction) -> Fraction:
        return -(-exact // unit) * unit

    papers = [paper for paper in papers_of(profile) if paper]
    keep = {c: Fraction(1) for c in profile.standing}
    hopeful, winners = list(profile.standing), list[int]()
    history: list[list[int]] = []
    lots = TwinLot()
    while True:
        last = None
        while True:
            votes = [Fraction(0)] * len(profile.names)
            for paper in papers:
                weight = Fraction(1)
                for c in paper:
                    share = min(weight, up(weight * keep[c]))
                    votes[c - 1] += share
                    weight -= share
            quota = sum(votes, Fraction(0)) / (seats + 1) // unit * unit + unit
            reached = [c for c in hopeful if votes[c - 1] >= quota]
            surplus = max(Fraction(0), sum((votes[c - 1] - quota for c in winners), Fraction(0)))
            if reached or surplus < Fraction(1, 10**6) or (last is not None and surplus >= last):
                break
            last = surplus
            for c in winners:
                keep[c] = up(up(keep[c] * quota) / votes[c - 1])
        history.append([int(amount / unit) for amount in votes])
        order = sorted(hopeful, key=lambda c: ([-then[c - 1] for then in reversed(history)], c))
        if reached:
            winners += [c for c in order if c in reached]
            hopeful = [c for c in hopeful if c not in reached]
        elif len(winners) < seats < len(winners) + len(hopeful):
            least = min(votes[c - 1] for c in hopeful)
            tied = [c for c in hopeful if votes[c - 1] <= least + surplus]
            c = lots.take(tied, history[:-1], fewest=True)
            hopeful.remove(c)
            order.remove(c)
            keep[c] = Fraction(0)
        if len(winners) >= seats or len(winners) + len(hopeful) <= seats:
            if len(winners) < seats:
                winners += [c for c in order if c in hopeful]
            return history, winners


@given(profiles(most=5, papers=12), st.integers(1, 4))
def test_meek_agrees_paper_by_paper(profile: Profile, seats: int) -> None:
    outcome = count_votes(profile, rule="meek", seats=seats, seed=SEED)
    history, winners = twin_meek(profile, seats)
    assert votes_of(outcome) == history
    assert list(outcome.winners) == winners


def twin_irv(profile: Profile) -> tuple[list[list[int]], int]:
    standing, history, lots = list(profile.standing), list[list[int]](), TwinLot()
    while True:
        tops = [next((c for c in paper if c in standing), 0) for paper in papers_of(profile)]
        votes = [tops.count(c) for c in range(1, len(profile.names) + 1)]
        history.append(votes)
        for c in standing:
            if len(standing) == 1 or 2 * votes[c - 1] > sum(votes):
                return history, c
        least = min(votes[c - 1] for c in standing)
        standing.remove(lots.take([c for c in standing if votes[c - 1] == least], history, fewest=True))


@given(profiles())
def test_irv_agrees_paper_by_paper(profile: Profile) -> None:
    outcome = count_votes(profile, rule="irv", seats=1, seed=SEED)
    history, winner = twin_irv(profile)
    assert votes_of(outcome) == history
    assert outcome.winners == (winner,)


def twin_purchases(profile: Profile, seats: int, *, shares: bool) -> list[int]:
    """Phragmén and equal shares with a purse for each single voter."""
    voters = [set(paper) for paper in papers_of(profile) if paper]
    purse = [Fraction(seats if shares else 0, len(voters) or 1) for _ in voters]
    left, winners, lot = list(profile.standing), list[int](), Lot(SEED)
    while left and len(winners) < seats:
        rate: dict[int, Fraction] = {}
        if shares:
            for c in left:
                money = sorted(purse[v] for v, approved in enumerate(voters) if c in approved)
                tries = [(1 - sum(money[:at], Fraction(0))) / (len(money) - at) for at in range(len(money))]
                good = [r for at, r in enumerate(tries) if r <= money[at] and (at == 0 or money[at - 1] <= r)]
                if good:
                    rate[c] = good[0]
        if not rate:
            shares = False
            for c in left:
                money = [purse[v] for v, approved in enumerate(voters) if c in approved]
                if money:
                    rate[c] = (1 - sum(money, Fraction(0))) / len(money)
        best = min(rate.values(), default=None)
        tied = [c for c in left if rate.get(c) == best]
        settled = len(left) <= seats - len(winners) or len(tied) == 1
        c = tied[0] if settled else tied[lot.below(len(tied))]
        if best is not None:
            for v, approved in enumerate(voters):
                if not shares:
                    purse[v] += best
                if c in approved:
                    purse[v] = max(Fraction(0), purse[v] - best) if shares else Fraction(0)
        left.remove(c)
        winners.append(c)
    return winners


@given(profiles(most=5, papers=6), st.integers(1, 5))
def test_phragmen_agrees_voter_by_voter(profile: Profile, seats: int) -> None:
    outcome = count_votes(profile, rule="phragmen", seats=seats, seed=SEED)
    assert list(outcome.winners) == twin_purchases(profile, seats, shares=False)


@given(profiles(most=5, papers=6), st.integers(1, 5))
def test_equal_shares_agree_voter_by_voter(profile: Profile, seats: int) -> None:
    outcome = count_votes(profile, rule="equal-shares", seats=seats, seed=SEED)
    assert list(outcome.winners) == twin_purchases(profile, seats, shares=True)


@given(weak_profiles(), st.integers(1, 3))
def test_schulze_agrees_path_by_path(profile: Profile, seats: int) -> None:
    names = list(profile.standing)
    d = {(a, b): 0 for a in names for b in names}
    for count, groups in profile.ballots():
        place = {c: at for at, group in enumerate(groups) for c in group}
        for a in names:
            for b in names:
                if place.get(a, len(names)) < place.get(b, len(names)):
                    d[a, b] += count

    def widest(a: int, b: int, passed: frozenset[int]) -> int:
        """The strongest of all simple paths, each tried."""
        found = d[a, b] if d[a, b] > d[b, a] else 0
        for c in names:
            if c not in passed | {a, b} and d[a, c] > d[c, a]:
                found = max(found, min(d[a, c], widest(c, b, passed | {a})))
        return found

    outcome = count_votes(profile, rule="schulze", seats=seats, seed=SEED)
    p = {(a, b): widest(a, b, frozenset()) for a in names for b in names if a != b}
    assert {(a, b): outcome.matrices["strongest"][a - 1][b - 1] for a, b in p} == p
    assert {pair: outcome.matrices["preferred"][pair[0] - 1][pair[1] - 1] for pair in d} == d
    lot, left, winners = Lot(SEED), list(names), list[int]()
    while left and len(winners) < seats:
        top = [a for a in left if all(a == b or p[a, b] >= p[b, a] for b in left)]
        if len(top) > seats - len(winners):
            top = [top[lot.below(len(top))]]
        winners += top
        left = [c for c in left if c not in top]
    assert list(outcome.winners) == winners
