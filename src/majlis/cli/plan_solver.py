"""Prices that prove a bound of districts, found by a solver (HiGHS, an extra, which only this module loads).

The linear program asks for the least prices under which no connected set that holds the quota is too cheap. There are
too many such sets to write down; so those are added that the prices of the last round leave too cheap, until there are
none. The solver works in floating point: its prices are rounded up, and what proves the bound is the check in whole
numbers, with which the search ends.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from math import ceil
from typing import Any

from majlis.census import Places, Plan, Ways, priced_grounds
from majlis.census.area import Ground
from majlis.census.price import too_cheap
from majlis.errors import Missing

_SETS_AT_ONCE = 8  # For each place.
_ROUNDING = 1e-6
_ABSENT = (
    "prices are found by the solver HiGHS, and highspy is not installed: in the folder of the program run "
    "pip install -r requirements/solver.txt; to check prices that somebody found nothing is needed"
)


def find_prices(plan: Plan, places: Places, ways: Ways | None, say: Callable[[str], None]) -> dict[str, int]:
    """Prices for the places that the plan pools.

    Raises:
        Missing: the solver is not installed.
        Refused: there are more sets than a check may look at.
    """
    try:
        solver = import_module("highspy")
    except ModuleNotFoundError:
        raise Missing(_ABSENT, rule="R-PLAN-22") from None
    prices: dict[str, int] = {}
    for ids, ground in priced_grounds(plan, places, ways):
        prices.update(zip(ids, _prices(solver, ground, say), strict=True))
    return prices


def _prices(solver: Any, ground: Ground, say: Callable[[str], None]) -> list[int]:
    """Whole prices for one connected part, under which no set is too cheap."""
    program = solver.Highs()
    program.setOptionValue("output_flag", False)
    for place in range(len(ground.people)):
        program.addVar(0.0, float(ground.quota))
        program.changeColCost(place, 1.0)
    prices = [0] * len(ground.people)
    while sets := too_cheap(ground.people, ground.near, ground.quota, prices, each=_SETS_AT_ONCE):
        for each in sets:
            program.addRow(float(ground.quota), solver.kHighsInf, len(each), list(each), [1.0] * len(each))
        program.run()
        prices = [max(ceil(price - _ROUNDING), 0) for price in program.getSolution().col_value]
        worth = sum(prices) // ground.quota
        say(f"{len(prices)} places: {len(sets)} sets were too cheap; the prices are now those of {worth} districts")
    return prices
