"""How the plan of seats came about: what was adopted, what is put forward, and which plans were laid beside them."""

from __future__ import annotations

from collections.abc import Iterator

from majlis.census import (
    Places,
    Plan,
    Ways,
    check_plan,
    compare_plans,
    moved_places,
    parse_places,
    parse_plan,
    parse_ways,
)
from majlis.errors import Fault, Missing
from majlis.institutions import State
from majlis.institutions.state import Plan as Adopted
from majlis.site.source import BodyInfo
from majlis.site.views.parts import Desk, Fact

MOST_CHALLENGES = 20


def plan_history(desk: Desk, info: BodyInfo) -> tuple[Fact, ...]:
    """One row for each plan, the oldest first, each followed by those that were laid beside it, the newest 20."""
    state = desk.library.state(info.identity)
    if state.plan is None:
        return ()
    plans = [*state.plans, state.plan, *([state.amendment] if state.amendment else [])]
    facts: list[Fact] = []
    before: Plan | None = None
    for adopted in plans:
        plan = _read(desk, adopted.blob)
        facts.append(_row(desk, state, adopted, plan, before))
        facts += _beside(desk, state, adopted, plan)
        before = plan
    return tuple(facts) if len(facts) > 1 else ()


def _row(desk: Desk, state: State, adopted: Adopted, plan: Plan | None, before: Plan | None) -> Fact:
    say = desk.say
    if adopted is state.amendment:
        label = say.gettext("put forward")
    else:
        label = say.gettext("in force") if adopted is state.plan else say.gettext("was in force")
    value = say.gettext(
        "%(districts)s for %(people)s",
        districts=say.ngettext("%(num)s district", "%(num)s districts", adopted.districts),
        people=say.ngettext("%(num)s inhabitant", "%(num)s inhabitants", adopted.inhabitants),
    )
    notes = []
    if adopted is state.amendment:
        members = sum(member.left is None and not member.disputed for member in state.bodies.values())
        of = say.ngettext("%(num)s body", "%(num)s bodies", members)
        notes.append(say.gettext("accepted by %(number)s of %(of)s", number=desk.number(len(state.accepted)), of=of))
    if plan is not None and before is not None:
        notes += _moved(desk, adopted, plan, before)
    href = desk.act(state.identity, adopted.index).href
    return Fact(label=label, value=value, href=href, note="; ".join(notes))


def _moved(desk: Desk, adopted: Adopted, plan: Plan, before: Plan) -> Iterator[str]:
    """Who changes district by this plan, where the count that it was made from is at hand."""
    say = desk.say
    tables = _tables(desk, adopted, plan)
    if tables is None:
        return
    places = tables[0]
    moved = set(moved_places(before, plan, places))
    people = sum(place.population for place in places.rows if place.id in moved)
    yield say.gettext(
        "%(places)s with %(people)s change district",
        places=say.ngettext("%(num)s place", "%(num)s places", len(moved)),
        people=say.ngettext("%(num)s inhabitant", "%(num)s inhabitants", people),
    )


def _beside(desk: Desk, state: State, adopted: Adopted, plan: Plan | None) -> Iterator[Fact]:
    """What was laid beside this plan, and whether it is better, and by what (R-PLAN-18)."""
    laid = sorted((c for c in state.challenges.values() if c.of == adopted.act), key=lambda each: each.index)
    for each in laid[-MOST_CHALLENGES:]:
        yield Fact(
            label=desk.say.gettext("laid beside it"),
            value=_verdict(desk, adopted, plan, each.blob),
            href=desk.act(state.identity, each.index).href,
        )


def _verdict(desk: Desk, adopted: Adopted, plan: Plan | None, blob: str) -> str:
    say = desk.say
    other = _read(desk, blob)
    tables = None if plan is None else _tables(desk, adopted, plan)
    if plan is None or other is None or tables is None:
        return say.gettext("cannot be compared: a table or a plan is not at hand here")
    try:
        check_plan(other, *tables)
        verdict = compare_plans(plan, other, tables[0])
    except Fault:
        return say.gettext("breaks a rule of plans, or follows other rules")
    if verdict.better == 0:
        return say.gettext("as good: the plan that is there stands")
    by = {
        "pooled": say.gettext("by the number of pooled districts"),
        "mal": say.gettext("by malapportionment"),
        "metres": say.gettext("by how close people live together"),
    }[verdict.by]
    return say.gettext("better, %(by)s", by=by) if verdict.better > 0 else say.gettext("not better, %(by)s", by=by)


def _read(desk: Desk, digest: str) -> Plan | None:
    data = desk.library.source.blob(digest)
    try:
        return None if data is None else parse_plan(data)
    except Fault:
        return None


def _tables(desk: Desk, adopted: Adopted, plan: Plan) -> tuple[Places, Ways | None] | None:
    """The tables that the act names; None where it names none, or they are not here."""
    data = desk.library.source.blob(adopted.places) if adopted.places else None
    if data is None:
        return None
    try:
        places = parse_places(data)
        ways = desk.library.source.blob(plan.ways) if plan.ways else None
        if plan.ways and ways is None:
            raise Missing("the table of ways is not here")
        ids = (place.id for place in places.rows)
        return places, None if ways is None else parse_ways(ways, ids, only=plan.only_ways is True)
    except Fault:
        return None
