"""Two plans for the same places: which is better, and why; and who moves with a change of plan (R-PLAN-18)."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from msgspec import Struct

from majlis.census.block import blocks_of
from majlis.census.check import is_pooled
from majlis.census.places import Places
from majlis.census.plan import District, Plan
from majlis.census.travel import travel
from majlis.errors import Refused

_SAME = ("quota", "rounding", "size", "method", "max_magnitude", "grouped", "ways", "only_ways")


class Figures(Struct, frozen=True, kw_only=True):
    """What plans are compared by, the first first: pooled districts, malapportionment, and metres to the middle.

    ``metres``: the people's mean distance from the middle of their district, places without a position left out.
    """

    pooled: int
    mal: Fraction
    metres: int


class Verdict(Struct, frozen=True, kw_only=True):
    """``better``: -1 the first, 1 the second, 0 neither; ``by``: the figure that decides, empty where none does."""

    first: Figures
    second: Figures
    better: int
    by: str


def compare_plans(first: Plan, second: Plan, places: Places) -> Verdict:
    """Which of two plans, both checked against ``places``, is better.

    Raises:
        Refused: they were made to different rules, so that nothing can be said.
    """
    for field in _SAME:
        if getattr(first, field) != getattr(second, field):
            raise Refused(
                f"the plans differ in {field} ({getattr(first, field)} and {getattr(second, field)}): "
                "that is for the charter to say, and not for a comparison",
                rule="R-PLAN-18",
            )
    one, other = figures(first, places), figures(second, places)
    for name, sign in (("pooled", -1), ("mal", 1), ("metres", 1)):
        difference = sign * (getattr(other, name) - getattr(one, name))
        if difference:
            return Verdict(first=one, second=other, better=1 if difference < 0 else -1, by=name)
    return Verdict(first=one, second=other, better=0, by="")


def figures(plan: Plan, places: Places) -> Figures:
    """The figures of ``plan``."""
    known = {p.id: p for block in blocks_of(p for p in places.rows if p.population) for p in block.places}
    wholes = [d for d in plan.districts if d.ward in {None, 1}]
    return Figures(
        pooled=sum(is_pooled(d, plan, known) for d in wholes),
        mal=plan.measures.mal if plan.measures.mal is not None else Fraction(0),
        metres=travel(plan, places).metres,
    )


def moved_places(old: Plan, new: Plan, places: Places) -> tuple[str, ...]:
    """The places that are in another district than before, by id.

    A district goes on in the one that most of its people are in, of equals the first; whoever is elsewhere has moved.
    Places that were in no district before have not.
    """
    population = {p.id: p.population for p in places.rows}
    before = _homes(old)
    after: dict[str, list[str]] = {d.whole: list(d.places) for d in new.districts if d.ward in {None, 1}}
    kept: dict[str, tuple[int, str]] = {}
    for whole, members in after.items():
        from_: dict[str, int] = defaultdict(int)
        for p in members:
            if p in before:
                from_[before[p]] += population[p]
        for origin, people in from_.items():
            kept[origin] = min(kept.get(origin, (1, "")), (-people, whole))
    return tuple(
        sorted(p for whole, members in after.items() for p in members if p in before and kept[before[p]][1] != whole)
    )


def _homes(plan: Plan) -> dict[str, str]:
    return {p: d.whole for d in plan.districts if d.ward in {None, 1} for p in d.places}


def homes_of(districts: tuple[District, ...]) -> dict[str, str]:
    """The district of each place that is not attached."""
    return {p: d.whole for d in districts if d.ward in {None, 1} for p in d.places if p not in d.attached}
