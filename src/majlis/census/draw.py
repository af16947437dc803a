"""A plan drawn from places: who stands alone, who is pooled, who joins the nearest, and the wards of what is too large.

The order is R-PLAN-6 and R-PLAN-7, and each step is in the plan for anyone to see:

1. a place of at least the quota stands alone;
2. the smaller ones of a group are pooled into connected districts of at least the quota;
3. who is left in a group that has a district joins the nearest there;
4. groups that have none are pooled with each other; who is left even then joins the nearest of any group;
5. where nobody reaches the quota, parts are joined by their closest pairs and pooled, or are one district below it.

So everybody who is counted has a delegate. Groups come first because a district that lies in two governorates belongs
to neither; they give way only where the choice is between a delegate elsewhere and none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from msgspec import UNSET

from majlis.census.apportion import METHODS, Method
from majlis.census.area import Ground
from majlis.census.block import blocks_of
from majlis.census.compare import homes_of
from majlis.census.districts import districts_of, measures_of
from majlis.census.floor import Floor
from majlis.census.places import MOST_PEOPLE, Places
from majlis.census.plan import Plan, format_plan
from majlis.census.pool import Pool, ignore
from majlis.census.price import most_by_prices
from majlis.census.seats import ROUNDINGS, Rounding
from majlis.census.ways import Ways
from majlis.errors import Malformed, Refused

DEFAULT_SEED = "majlis"
DEFAULT_EFFORT = 2


def draw_plan(
    places: Places,
    *,
    quota: int = 10_000,
    rounding: Rounding = "nearest",
    size: int | None = None,
    method: Method = "webster",
    max_magnitude: int = 7,
    seed: str = DEFAULT_SEED,
    across_groups: bool = False,
    ways: Ways | None = None,
    effort: int = DEFAULT_EFFORT,
) -> Plan:
    """A plan for ``places``, the same bytes for the same rows in any order.

    ``size``: the seats of an assembly of fixed size, which sets the quota; they are shared out by the ``method``
    in place of the ``rounding``. ``ways``: links and cuts beside what distance says. ``across_groups`` pools as if
    there were no groups; ``effort`` is the number of rounds. Cost: about a second for 400 small places, and less than
    in proportion to their number.

    Raises:
        Malformed: the quota is not 1 to 2^31, the magnitude not 1 to 1000, or the seed is longer than 64 characters; or
        places of one block lie on two sides.
        Refused: an assembly of fixed size has fewer seats than districts.
    """
    drawing = Drawing(
        places,
        quota=quota,
        rounding=rounding,
        size=size,
        method=method,
        max_magnitude=max_magnitude,
        seed=seed,
        across_groups=across_groups,
        ways=ways,
    )
    for _ in range(effort):
        drawing.improve()
    return drawing.plan()


def amend_plan(old: Plan, places: Places, ways: Ways | None = None) -> Plan:
    """``old`` for a new census, by the same rules and with as few people moved as can be found (R-PLAN-19).

    Raises:
        Malformed: places of one block lie on two sides.
        Refused: an assembly of fixed size has fewer seats than districts.
    """
    return Drawing(
        places,
        quota=old.quota,
        rounding=old.rounding,
        size=old.size,
        method=old.method or "webster",
        max_magnitude=old.max_magnitude,
        seed=old.seed,
        across_groups=not old.grouped,
        ways=ways,
        amends=old,
    ).plan()


def prove_bound(plan: Plan, places: Places, ways: Ways | None = None, prices: Mapping[str, int] | None = None) -> int:
    """The bound of pooled districts, proven anew from the tables alone, and by ``prices`` where they are given.

    Raises:
        Malformed: places of one block lie on two sides.
        Refused: it is more than the plan states; or the prices prove nothing.
    """
    proven = 0
    for ids, ground, most in _grounds(plan, places, ways):
        bounds = [most]
        if ground is not None and prices is not None and not prices.keys().isdisjoint(ids):
            costs = [prices.get(place, held) for place, held in zip(ids, ground.people, strict=True)]
            bounds.append(most_by_prices(ground.people, ground.near, ground.quota, costs))
        proven += min(bounds)
    if proven > plan.bound:
        raise Refused(
            f"the plan states that there are at most {plan.bound} pooled districts; what can be proven is {proven}",
            rule="R-PLAN-9",
        )
    return proven


def priced_grounds(plan: Plan, places: Places, ways: Ways | None = None) -> list[tuple[tuple[str, ...], Ground]]:
    """What prices are to be found for: each connected part on which small places are pooled, by their ids."""
    return [(ids, ground) for ids, ground, _ in _grounds(plan, places, ways) if ground is not None]


def _grounds(plan: Plan, places: Places, ways: Ways | None) -> list[tuple[tuple[str, ...], Ground | None, int]]:
    """Each part that the plan pools, by the first ids of its blocks, with the bound that is proven for it."""
    drawing = Drawing(
        places,
        quota=plan.quota,
        max_magnitude=plan.max_magnitude,
        seed=plan.seed,
        across_groups=not plan.grouped,
        ways=ways,
    )
    return drawing.proven(plan.effort)


class Drawing:
    """A plan in the making: drawn at once, better by every round, and to be had after each."""

    def __init__(
        self,
        places: Places,
        *,
        quota: int = 10_000,
        rounding: Rounding = "nearest",
        size: int | None = None,
        method: Method = "webster",
        max_magnitude: int = 7,
        seed: str = DEFAULT_SEED,
        across_groups: bool = False,
        ways: Ways | None = None,
        amends: Plan | None = None,
    ) -> None:
        """``amends``: the plan until now, of which as much is kept as may be. Raises: Malformed as ``draw_plan``."""
        if (
            not 1 <= quota <= MOST_PEOPLE
            or not 1 <= max_magnitude <= 1000
            or len(seed) > 64
            or rounding not in ROUNDINGS
            or method not in METHODS
            or (size is not None and not 1 <= size <= 10**6)
        ):
            raise Malformed(
                f"expected a quota of 1 to {MOST_PEOPLE}, a largest magnitude of 1 to 1000, a seed of at most 64 "
                f"characters, and a rounding of {', '.join(ROUNDINGS)}; or with a number of seats, at most a million, "
                f"a method of {', '.join(METHODS)}",
                rule="R-PLAN-5",
            )
        self._places = places
        self._blocks = blocks_of(p for p in places.rows if p.population)
        if size is not None:
            quota = max(-(-sum(block.people for block in self._blocks) // size), 1)
        self._quota, self._rounding, self._size, self._max_magnitude = quota, rounding, size, max_magnitude
        self._seed, self._ways = seed, ways
        self._method = None if size is None else method
        self._grouped = places.grouped and not across_groups
        before = None if amends is None else homes_of(amends.districts)
        self._amends = None if amends is None else sha256(format_plan(amends)).hexdigest()
        self._floor = Floor(self._blocks, quota=quota, seed=seed, grouped=self._grouped, ways=ways, before=before)
        self._floor.units()
        self.effort = 0

    @property
    def pooled(self) -> int:
        """The pooled districts so far."""
        return sum(len(pool.parts) for pool in self._floor.pools.values())

    @property
    def bound(self) -> int:
        """No plan can have more pooled districts: proven."""
        return sum(pool.bound for pool in self._floor.pools.values())

    def proven(self, rounds: int) -> list[tuple[tuple[str, ...], Ground | None, int]]:
        """Each part, and its bound proven anew with what so many rounds may spend; None where all are within reach."""
        return [
            (
                tuple(self._blocks[node].places[0].id for node in nodes),
                pool.ground if isinstance(pool, Pool) else None,
                pool.proven(rounds),
            )
            for nodes, pool in self._floor.pools.items()
        ]

    def improve(self, pause: Callable[[], None] = ignore) -> None:
        """One round more. ``pause`` is called some hundred times a second; what it raises ends the drawing, which then
        stands as before the round."""
        before = {pool: (pool.parts, pool.bound) for pool in self._floor.pools.values()}
        try:
            for pool in before:
                pool.improve(pause)
        except BaseException:
            for pool, (parts, bound) in before.items():
                pool.parts, pool.bound = parts, bound
            raise
        self.effort += 1

    def plan(self) -> Plan:
        """The plan as it stands. Raises: Refused as ``draw_plan``."""
        districts = districts_of(
            self._blocks,
            self._floor.units(),
            self._floor.bridge,
            quota=self._quota,
            rounding=self._rounding,
            size=self._size,
            method=self._method,
            max_magnitude=self._max_magnitude,
        )
        return Plan(
            quota=self._quota,
            rounding=self._rounding,
            size=self._size,
            method=self._method,
            max_magnitude=self._max_magnitude,
            seed=self._seed,
            effort=self.effort,
            ways=None if self._ways is None else self._ways.sha256,
            only_ways=True if self._ways is not None and self._ways.only else UNSET,
            amends=self._amends,
            grouped=self._grouped,
            bound=self.bound,
            districts=districts,
            unknown=tuple(sorted(p.id for p in self._places.rows if not p.population)),
            measures=measures_of(districts),
            measures_without_provisional=measures_of(d for d in districts if not d.provisional),
        )
