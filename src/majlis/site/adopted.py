"""The part of a plan that an assembly adopted: all of it, or one group, told by the Merkle root that its act states."""

from __future__ import annotations

from msgspec import Struct

from majlis.census import District, Measures, Plan, measure
from majlis.institutions import State
from majlis.institutions.federation import Row, rows_tree


class Adopted(Struct, frozen=True, kw_only=True):
    """The districts of one assembly, with the measures of just these; ``bound`` and ``unknown`` of a whole plan."""

    districts: tuple[District, ...]
    quota: int
    measures: Measures
    bound: int | None
    unknown: int | None

    @property
    def seats(self) -> int:
        """All seats."""
        return sum(each.seats for each in self.districts)

    @property
    def inhabitants(self) -> int:
        """All inhabitants counted."""
        return sum(each.inhabitants for each in self.districts)


def adopted(plan: Plan, state: State) -> Adopted | None:
    """What of ``plan`` has the root that was adopted; None where no part has."""
    if state.plan is None:
        return None
    groups: list[str | None] = [None, *sorted({each.group for each in plan.districts})]
    for group in groups:
        districts = tuple(each for each in plan.districts if group is None or each.group == group)
        if len(districts) == state.plan.districts and _root(districts) == state.plan.root:
            return Adopted(
                districts=districts,
                quota=plan.quota,
                measures=measure((each.inhabitants, each.seats) for each in districts),
                bound=plan.bound if group is None else None,
                unknown=len(plan.unknown) if group is None else None,
            )
    return None


def _root(districts: tuple[District, ...]) -> str:
    rows = [
        Row(
            id=each.id,
            inhabitants=each.inhabitants,
            seats=each.seats,
            places=each.places,
            provisional=each.provisional,
        )
        for each in districts
    ]
    return rows_tree(rows).root().hex()
