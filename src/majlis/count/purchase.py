"""Proportional approval: supporters pay for their candidates together, at one vote's worth of money for each seat.

Two ways to hand out the money, in exact fractions (rules R-PHRAGMEN-1 to R-PHRAGMEN-3 and R-SHARES-1 to R-SHARES-3):

- *Phragmén's sequential rule*: every voter earns at the same rate, from nothing. As soon as the supporters of somebody
  have the price of one seat together, that candidate is elected and those supporters have nothing again.
- *Equal shares*: every voter has seats / voters at the start. Who can be paid for at the lowest rate r, each supporter
  giving r or all that is left to them, is elected and paid. When nobody can be paid for any more, the voters keep what
  they have and the rest of the seats is filled by Phragmén's rule.

Source: Phragmén, Öfversigt af Kongl. Vetenskaps-Akademiens Förhandlingar 1894, pp. 133-137; Brill, Freeman, Janson,
Lackner, Phragmén's voting methods and justified representation, 2017; Peters, Skowron, Proportionality and the limits
of welfarism, 2020.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from majlis.count.approval import approvals_of
from majlis.count.outcome import Outcome, Stage
from majlis.count.profile import Profile
from majlis.count.ties import Ties

UNIT = 10**5


def count_phragmen(profile: Profile, *, seats: int, seed: bytes | None = None) -> Outcome:
    """Phragmén's sequential rule. Raises Missing where the lot has to decide and there is no seed."""
    return PurchaseCount(profile, seats=seats, seed=seed, shares=False).outcome()


def count_equal_shares(profile: Profile, *, seats: int, seed: bytes | None = None) -> Outcome:
    """The method of equal shares. Raises Missing where the lot has to decide and there is no seed."""
    return PurchaseCount(profile, seats=seats, seed=seed, shares=True).outcome()


class PurchaseCount:
    """A count in its course. Voters who have equal money and approve alike are kept as one."""

    def __init__(self, profile: Profile, *, seats: int, seed: bytes | None, shares: bool) -> None:
        self._profile = profile
        self._rule = "equal-shares/1" if shares else "phragmen/1"
        self._seats = seats
        self._ties = Ties(profile.names, seed)
        self._open = set(profile.standing)
        self._voters = list(approvals_of(profile).items())
        self._purse = [0] * len(self._voters)
        self._valid = sum(papers for _, papers in self._voters)
        self._money = [Fraction(seats, self._valid) if shares and self._valid else Fraction(0)]
        self._support: dict[int, dict[int, int]] = {number: defaultdict(int) for number in self._open}
        for marks, papers in self._voters:
            for mark in marks:
                self._support[ord(mark)][0] += papers
        self._shares = shares
        self._stages: list[Stage] = []

    def outcome(self) -> Outcome:
        """The count, seat by seat."""
        winners: list[int] = []
        while len(winners) < self._seats and self._open:
            winners.append(self._buy(settle=len(self._open) > self._seats - len(winners)))
        profile = self._profile
        return Outcome(
            rule=self._rule,
            title=profile.title,
            names=profile.names,
            withdrawn=profile.withdrawn,
            seats=self._seats,
            papers=profile.papers,
            valid=self._valid,
            stages=tuple(self._stages),
            winners=tuple(winners),
            ties=tuple(self._ties.settled),
        )

    def reserves(self) -> tuple[int, ...]:
        """Those who would be elected next if there were more seats, after ``outcome``."""
        found = []
        while self._open:
            found.append(self._buy(settle=True))
        return tuple(found)

    def _buy(self, *, settle: bool) -> int:
        """One seat is filled; by whom. ``settle``: not all who are left are elected, so that a tie matters."""
        prices = {number: rate for number in self._open if (rate := self._rate(number)) is not None}
        if not prices:
            self._shares = False
            prices = {number: self._wait(number) for number in self._open if sum(self._support[number].values())}
        best = min(prices.values(), default=None)
        tied = [number for number in self._open if prices.get(number) == best]
        if best is not None and not self._shares:
            self._money = [money + best for money in self._money]
        votes = self._held()
        number = self._ties.take(tied, "election", stage=len(self._stages) + 1) if settle else min(tied)
        self._open.remove(number)
        if best is not None:
            self._pay(number, best if self._shares else None)
        before = self._stages[-1].votes if self._stages else votes
        self._stages.append(
            Stage(
                action="purchase",
                candidate=number,
                votes=votes,
                transfers=tuple(now - then for now, then in zip(votes, before, strict=True)),
                elected=(number,),
            )
        )
        return number

    def _rate(self, number: int) -> Fraction | None:
        """R-SHARES-2: what each supporter gives, or all they have, so that it makes one seat; None where too little."""
        if not self._shares:
            return None
        missing, payers = Fraction(1), sum(self._support[number].values())
        for purse, voters in sorted(self._support[number].items(), key=lambda held: self._money[held[0]]):
            if voters and self._money[purse] * payers >= missing:
                return Fraction(missing, payers)
            missing -= self._money[purse] * voters
            payers -= voters
        return None

    def _wait(self, number: int) -> Fraction:
        """R-PHRAGMEN-2: what each voter must earn until the supporters of this candidate have the price of a seat."""
        support = self._support[number]
        held = sum((self._money[purse] * voters for purse, voters in support.items()), Fraction(0))
        return Fraction(1 - held, sum(support.values()))

    def _held(self) -> tuple[int, ...]:
        """What each candidate's supporters have together, cut to five decimals; the price, of those elected before."""
        found = []
        for number in range(1, len(self._profile.names) + 1):
            if number in self._open:
                support = self._support[number].items()
                held = sum((self._money[purse] * voters for purse, voters in support), Fraction(0))
                found.append(int(held * UNIT))
            else:
                found.append(0 if number in self._profile.withdrawn else UNIT)
        return tuple(found)

    def _pay(self, number: int, rate: Fraction | None) -> None:
        """The supporters of this candidate give ``rate``, or all they have: always all by Phragmén's rule."""
        purses: dict[int, int] = {}
        for purse in [purse for purse, voters in self._support[number].items() if voters]:
            left = Fraction(0) if rate is None else max(Fraction(0), self._money[purse] - rate)
            purses[purse] = len(self._money)
            self._money.append(left)
        mark = chr(number)
        for at, (marks, papers) in enumerate(self._voters):
            if mark in marks:
                before, after = self._purse[at], purses[self._purse[at]]
                self._purse[at] = after
                for other in marks:
                    self._support[ord(other)][before] -= papers
                    self._support[ord(other)][after] += papers
