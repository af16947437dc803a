"""How equally a plan represents: malapportionment, Gini, largest to smallest, seats near the mean; all exact.

Units are the plan's districts, wards each on their own: p_i inhabitants and s_i > 0 seats; P and S their sums; x_i =
p_i / s_i (R-PLAN-10).

    mal        1/2 * sum |s_i / S - p_i / P|                      the share of seats that would have to move
    gini       1 - sum s_i (2 c_i + p_i) / (P S)                  units by rising x_i, c_i = the p of all before i
    max_min    largest x_i / smallest x_i
    within_10  the share of seats with |x_i / (P / S) - 1| <= 1/10
    within_15  the same with 3/20

Source: Samuels and Snyder 2001, British Journal of Political Science 31:651-671 (mal); Venice Commission, Code of Good
Practice in Electoral Matters, CDL-AD(2002)023rev2, I.2.2 (no more than a tenth, and never above 15 %
save in special circumstances).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct


class Measures(Struct, frozen=True, kw_only=True):
    """The five figures; exact fractions, and None where there is no district to measure."""

    mal: Fraction | None
    gini: Fraction | None
    max_min: Fraction | None
    within_10: Fraction | None
    within_15: Fraction | None


NOTHING = Measures(mal=None, gini=None, max_min=None, within_10=None, within_15=None)


def measure(units: Iterable[tuple[int, int]]) -> Measures:
    """The measures of ``(inhabitants, seats)`` pairs, both above 0."""
    rising = sorted(units, key=lambda unit: Fraction(*unit))
    if not rising:
        return NOTHING
    people, seats = sum(p for p, _ in rising), sum(s for _, s in rising)
    moved = sum(abs(s * people - p * seats) for p, s in rising)
    before = weighed = 0
    for p, s in rising:
        weighed += s * (2 * before + p)
        before += p

    def near(percent: int) -> Fraction:
        held = sum(s for p, s in rising if 100 * abs(p * seats - s * people) <= percent * s * people)
        return Fraction(held, seats)

    return Measures(
        mal=Fraction(moved, 2 * people * seats),
        gini=1 - Fraction(weighed, people * seats),
        max_min=Fraction(*rising[-1]) / Fraction(*rising[0]),
        within_10=near(10),
        within_15=near(15),
    )
