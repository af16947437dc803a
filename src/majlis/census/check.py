"""A plan checked against its places: every rule it claims to keep, and its own figures; nothing is solved again.

What cannot be checked so is said plainly. That no better plan exists: the plan's ``bound`` says how far from it one
can be at most, and whoever doubts it draws the plan again from its seed. That the links are roads people really take:
they stand in the plan for those who live there to read.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from majlis.census.block import Block, blocks_of, chief, is_barred, main_group
from majlis.census.districts import all_seats, measures_of
from majlis.census.places import Place, Places
from majlis.census.plan import District, Plan
from majlis.census.seats import share, wards_of
from majlis.census.ways import Ways
from majlis.errors import Missing, Refused

Wards = tuple[District, ...]
"""One district: itself alone, or all of its wards."""


def check_plan(plan: Plan, places: Places, ways: Ways | None = None) -> None:
    """``plan`` keeps the rules of spec/plan.md for ``places``, which hold each id once; about linear in both.

    Raises:
        Refused: it breaks one; the fault names the first district at fault and the rule.
        Malformed: places of one block lie on two sides.
        Missing: the plan was made with a table of ways, which is not given. It keeps all rules that need none.
    """
    blocks = {p.id: block for block in blocks_of(p for p in places.rows if p.population) for p in block.places}
    known = {p.id: p for block in blocks.values() for p in block.places}
    _check_order(plan)
    units = _units(plan)
    _check_partition(plan, units, known, places)
    if ways is not None and (plan.ways, plan.only_ways is True) != (ways.sha256, ways.only):
        raise Refused("the plan was made with other ways than these", rule="R-PLAN-14")
    totals = _totals(plan, units, known)
    for wards, total in zip(units, totals, strict=True):
        _check_form(plan, wards, known)
        _check_connected(wards[0])
        _check_blocks(wards[0], blocks)
        _check_links(plan, wards[0], known, ways)
        _check_threshold(plan, wards, blocks, lonely=len(units) == 1)
        _check_seats(plan, wards, known, total)
    lacking = plan.ways if ways is None else None
    if plan.grouped and lacking is None:
        _check_groups(units, known, blocks, plan.quota, ways)
    _check_figures(plan, units, known, blocks)
    if lacking is not None:
        raise Missing(
            f"the plan was made with a table of ways: give that of SHA-256 {lacking}, which says what its links are",
            rule="R-PLAN-14",
        )


def _units(plan: Plan) -> list[Wards]:
    """The districts of ``plan``, wards of one district (they have the same places) together."""
    by_places: dict[tuple[str, ...], list[District]] = defaultdict(list)
    for d in plan.districts:
        by_places[d.places].append(d)
    return [tuple(wards) for wards in by_places.values()]


def _check_order(plan: Plan) -> None:
    keys = [(d.places, d.ward or 0) for d in plan.districts]
    if any(a >= b for a, b in pairwise(keys)):
        raise Refused("districts do not stand in order of their places, or one stands twice", rule="R-PLAN-12")
    ids = [d.id for d in plan.districts]
    if len(set(ids)) < len(ids):
        twice = next(i for i in ids if ids.count(i) > 1)
        raise Refused("two districts bear this id", where=f"district {twice}", rule="R-PLAN-11")


def _check_partition(plan: Plan, units: list[Wards], known: dict[str, Place], places: Places) -> None:
    """Each known place in exactly one district, each unknown one listed, and nothing else."""
    home: dict[str, str] = {}
    for wards in units:
        where = f"district {wards[0].id}"
        if not wards[0].places:
            raise Refused("a district of no place", where=where, rule="R-PLAN-6")
        for p in wards[0].places:
            if p not in known:
                raise Refused(f"place {p} has no known population in the census", where=where, rule="R-PLAN-6")
            if p in home:
                raise Refused(f"place {p} is in district {home[p]} already", where=where, rule="R-PLAN-6")
            home[p] = wards[0].id
    for place in known.values():
        if place.id not in home:
            raise Refused(f"place {place.id} ({place.name}) is in no district", rule="R-PLAN-6")
    if plan.unknown != tuple(sorted(p.id for p in places.rows if not p.population)):
        raise Refused("the list of places with no known population is not that of the census", rule="R-PLAN-2")


def _check_form(plan: Plan, wards: Wards, known: dict[str, Place]) -> None:
    """Lists sorted; wards agree on what they share; name and group are those of the places."""
    for d in wards:
        where = f"district {d.id}"
        links_sorted = all(a < b for a, b in d.links) and all(a < b for a, b in pairwise(d.links))
        if not (
            links_sorted and all(a < b for a, b in pairwise(d.places)) and all(a < b for a, b in pairwise(d.attached))
        ):
            raise Refused("places, links or attached are not sorted, or hold one twice", where=where, rule="R-PLAN-12")
        if not {*d.attached, *(end for link in d.links for end in link)} <= {*d.places}:
            raise Refused("a link or an attached place leads out of the district", where=where, rule="R-PLAN-6")
        head = wards[0]
        if (d.links, d.attached, d.crossing, d.below) != (head.links, head.attached, head.crossing, head.below):
            raise Refused("the wards of one district differ in what they share", where=where, rule="R-PLAN-8")
        core = [known[p] for p in d.places if p not in set(d.attached)]
        if not core:
            raise Refused("every place is attached, and none to be attached to", where=where, rule="R-PLAN-7")
        name, group = chief(core).name, main_group(core)
        if (d.name, d.group) != (name, group):
            raise Refused(f"expected the name {name!r} and the group {group!r}", where=where, rule="R-PLAN-11")


def _check_connected(d: District) -> None:
    near: dict[str, list[str]] = defaultdict(list)
    for a, b in d.links:
        near[a].append(b)
        near[b].append(a)
    seen, stack = {d.places[0]}, [d.places[0]]
    while stack:
        fresh = [p for p in near[stack.pop()] if p not in seen]
        seen.update(fresh)
        stack += fresh
    if len(seen) < len(d.places):
        cut_off = next(p for p in d.places if p not in seen)
        raise Refused(
            f"place {cut_off} cannot be reached from {d.places[0]} over the district's links",
            where=f"district {d.id}",
            rule="R-PLAN-6",
        )


def _check_blocks(d: District, blocks: dict[str, Block]) -> None:
    """Places that must stay together are in one district, and all of them attached or none."""
    inside, attached = set(d.places), set(d.attached)
    for place in d.places:
        mates = {p.id for p in blocks[place].places}
        if not (mates <= inside and (mates <= attached or not mates & attached)):
            raise Refused(
                f"place {place} is divided from others of {blocks[place].places[0].together!r}",
                where=f"district {d.id}",
                rule="R-PLAN-13",
            )


def _check_links(plan: Plan, d: District, known: dict[str, Place], ways: Ways | None) -> None:
    """No link over a line, none that is closed; and below the quota is only who has no way out."""
    for a, b in d.links:
        if is_barred(known[a], known[b], ways):
            raise Refused(f"nobody can go from {a} to {b}", where=f"district {d.id}", rule="R-PLAN-14")
    if not d.below or (plan.ways is not None and ways is None):
        return
    inside = set(d.places)
    for p in d.places:
        for q in known.values():
            if q.id not in inside and not is_barred(known[p], q, ways):
                raise Refused(
                    f"below the quota, though nothing keeps {p} from {q.id}", where=f"district {d.id}", rule="R-PLAN-15"
                )


def _check_threshold(plan: Plan, wards: Wards, blocks: dict[str, Block], *, lonely: bool) -> None:
    """At least the quota without those attached, or the only district; and who reaches it alone stands alone."""
    d = wards[0]
    where = f"district {d.id}"
    attached = set(d.attached)
    core = {blocks[p].places[0].id: blocks[p] for p in d.places if p not in attached}
    every = {blocks[p].places[0].id: blocks[p] for p in d.places}
    large = [p for p, block in every.items() if block.people >= plan.quota]
    if len(large) > 1 or (large and list(core) != large):
        raise Refused(
            f"place {large[0]} holds the quota of {plan.quota}, so it stands alone or with places attached to it",
            where=where,
            rule="R-PLAN-6",
        )
    held = sum(block.people for block in core.values())
    if d.below != (held < plan.quota and not lonely) or (held < plan.quota and lonely and d.attached):
        raise Refused(
            f"{held} inhabitants, {'not ' if held >= plan.quota else ''}below the quota of {plan.quota}, and the "
            "district says otherwise",
            where=where,
            rule="R-PLAN-6",
        )


def _totals(plan: Plan, units: list[Wards], known: dict[str, Place]) -> tuple[int, ...]:
    """The seats that each district must have."""
    people = [sum(known[p].population for p in wards[0].places) for wards in units]
    if plan.size is not None and plan.quota != max(-(-sum(people) // plan.size), 1):
        raise Refused(f"a quota of {plan.quota} for {plan.size} seats and {sum(people)} inhabitants", rule="R-PLAN-16")
    return all_seats(people, quota=plan.quota, rounding=plan.rounding, size=plan.size, method=plan.method)


def _check_seats(plan: Plan, wards: Wards, known: dict[str, Place], total: int) -> None:
    where = f"district {wards[0].id}"
    people = sum(known[p].population for p in wards[0].places)
    if sum(d.seats for d in wards) != total:
        raise Refused(
            f"{sum(d.seats for d in wards)} seats for {people} inhabitants, expected {total}",
            where=where,
            rule="R-PLAN-5",
        )
    seats = wards_of(total, max_magnitude=plan.max_magnitude)
    if tuple(d.seats for d in wards) != seats:
        raise Refused(f"expected wards of {', '.join(map(str, seats))} seats", where=where, rule="R-PLAN-8")
    divided = len(seats) > 1
    for n, d in enumerate(wards, start=1):
        expected = (n, len(seats), True) if divided else (None, None, False)
        if (d.ward, d.of, d.provisional) != expected or (divided and d.id != f"{wards[0].whole}-{n}"):
            raise Refused(
                "wards are numbered from 1, as their ids end, and are provisional; what is no ward is neither",
                where=f"district {d.id}",
                rule="R-PLAN-8",
            )
    if tuple(d.inhabitants for d in wards) != share(people, seats):
        raise Refused(
            f"expected {', '.join(map(str, share(people, seats)))} inhabitants by the census",
            where=where,
            rule="R-PLAN-8",
        )


def _check_groups(
    units: list[Wards], known: dict[str, Place], blocks: dict[str, Block], quota: int, ways: Ways | None
) -> None:
    """Only a group that has no district of its own within reach is pooled or attached across (R-PLAN-7)."""
    own: dict[str, list[Place]] = defaultdict(list)
    for wards in units:
        if not wards[0].crossing:
            own[wards[0].group] += [known[p] for p in wards[0].places]
    for place in known.values():
        if blocks[place.id].people >= quota:
            own[place.group].append(place)
    for wards in units:
        d = wards[0]
        abroad = [p for p in d.places if known[p].group != d.group]
        if abroad and not d.crossing:
            raise Refused(
                f"place {abroad[0]} is of another group than {d.group!r}, and the district does not say so",
                where=f"district {d.id}",
                rule="R-PLAN-7",
            )
        for p in abroad:
            if any(not is_barred(known[p], q, ways) for q in own[known[p].group]):
                raise Refused(
                    f"place {p} is of group {known[p].group!r}, which has a district of its own, and is kept out of it",
                    where=f"district {d.id}",
                    rule="R-PLAN-7",
                )


def _check_figures(plan: Plan, units: list[Wards], known: dict[str, Place], blocks: dict[str, Block]) -> None:
    """The bound lies between what is there and what people can fill; the measures are those of the districts."""
    pooled = sum(1 for wards in units if is_pooled(wards[0], plan, known))
    small = sum(p.population for p in known.values() if blocks[p.id].people < plan.quota)
    if not pooled <= plan.bound <= small // plan.quota:
        raise Refused(
            f"a bound of {plan.bound} pooled districts; there are {pooled}, and people for {small // plan.quota}",
            rule="R-PLAN-9",
        )
    if plan.measures != measures_of(plan.districts):
        raise Refused("the measures are not those of the districts", rule="R-PLAN-10")
    if plan.measures_without_provisional != measures_of(d for d in plan.districts if not d.provisional):
        raise Refused("the measures without provisional wards are not those of the districts", rule="R-PLAN-10")


def is_pooled(district: District, plan: Plan, known: dict[str, Place]) -> bool:
    """Whether ``district`` pools small places that reach the quota together."""
    people = [block.people for block in blocks_of(known[p] for p in district.places)]
    return max(people) < plan.quota <= sum(people)
