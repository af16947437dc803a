"""Plans of seats against the acts that speak of them, their tables, and whoever lays a better one beside (R-VERIFY-7).

The plan in force and the one put forward are checked over their tables, with the rules of ``spec/plan.md``; of older
ones, which were checked while they were in force, only that they are what was adopted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from fractions import Fraction

from majlis.census import Places, Plan, Verdict, Ways, check_plan, compare_plans, parse_places, parse_plan, parse_ways
from majlis.errors import Fault, Missing
from majlis.host.folder import Folder
from majlis.host.layout import blob_path
from majlis.host.verdict import Finding
from majlis.institutions import State, parse_act
from majlis.institutions.federation import Row, rows_tree
from majlis.institutions.state import Plan as Adopted


def plan_findings(folder: Folder, state: State) -> Iterator[Finding]:
    """All that is to be said of the plans of one assembly."""
    if state.plan is None:
        return
    plans = [*state.plans, state.plan, *([state.amendment] if state.amendment else [])]
    before = ""
    for adopted in plans:
        plan = yield from _read(folder, state, adopted.blob)
        if plan is not None:
            for text in [*_adopted(state, adopted, plan), *_made_from(adopted, plan, before)]:
                file = blob_path(adopted.blob)
                yield Finding(kind="failure", body=state.identity, file=file, rule="R-VERIFY-7", text=text)
            if adopted not in state.plans:
                yield from _over_tables(folder, state, adopted, plan)
        before = adopted.blob


def _read(folder: Folder, state: State, digest: str) -> Generator[Finding, None, Plan | None]:
    """The plan, as the generator's value; None where it cannot be had, which is said."""
    body, file = state.identity, blob_path(digest)
    try:
        return parse_plan(folder.blobs.get(digest))
    except Missing as fault:
        yield Finding(kind="missing", body=body, file=file, rule="R-VERIFY-7", text=fault.text)
    except Fault as fault:
        yield Finding(kind="failure", body=body, file=file, rule=fault.rule or "R-VERIFY-7", text=fault.text)
    return None


def _adopted(state: State, adopted: Adopted, plan: Plan) -> Iterator[str]:
    """What of the adopting act the plan does not bear out: root, number of rows, people in all; and the charter."""
    groups: list[str | None] = [None, *sorted({district.group for district in plan.districts})]
    group = next((group for group in groups if _root(plan, group) == adopted.root), "nothing has this root")
    districts = [d for d in plan.districts if group is None or d.group == group]
    if not districts:
        yield "the adopted root is not that of the plan's rows, nor of one group of them"
        return
    people = sum(d.inhabitants for d in districts)
    if (adopted.districts, adopted.inhabitants) != (len(districts), people):
        yield (
            f"the act that adopts it states {adopted.districts} districts with {adopted.inhabitants} inhabitants, and "
            f"these rows are {len(districts)} with {people}"
        )
    charter = state.charter
    rule = (charter.seat_ratio, charter.rounding, charter.max_magnitude)
    if (plan.quota, plan.rounding, plan.max_magnitude) != rule:
        yield (
            f"the plan seats one for {plan.quota} ({plan.rounding}, at most {plan.max_magnitude} to a district), and "
            f"the assembly's charter says one for {rule[0]} ({rule[1]}, at most {rule[2]})"
        )


def _root(plan: Plan, group: str | None) -> str:
    rows = [
        Row(id=d.id, inhabitants=d.inhabitants, seats=d.seats, places=d.places, provisional=d.provisional)
        for d in plan.districts
        if group is None or d.group == group
    ]
    return rows_tree(rows).root().hex()


def _made_from(adopted: Adopted, plan: Plan, before: str) -> Iterator[str]:
    """What the plan says of where it comes from, and the record does not."""
    if plan.amends is not None and plan.amends != before:
        yield f"the plan says that it amends {plan.amends[:16]}, which is not the plan in whose place it stands"
    if adopted.places and (plan.ways or "") != adopted.ways:
        yield "the act that puts it forward names another table of ways than the plan"


def _over_tables(folder: Folder, state: State, adopted: Adopted, plan: Plan) -> Iterator[Finding]:
    """The plan keeps its rules over the table of places that its act names; else, as the first one's names none, over
    the table that most members' censuses name, as they were admitted.

    So one member that names another table spoils nothing, and is shown. A plan made with ways is checked with the table
    of ways that it names; where that is not here, all else is checked.
    """
    named = {} if adopted.places else _sources(folder, state, adopted)
    count = Counter([adopted.places] if adopted.places else [source for source in named.values() if source])
    here = set(folder.blobs.names())
    for source in sorted(source for source, times in count.items() if times == max(count.values())):
        file = blob_path(source)
        try:
            places = parse_places(folder.blobs.get(source))
            ways = _ways(folder, plan, places) if plan.ways in here else None
            check_plan(plan, places, ways)
            yield from _challenges(folder, state, adopted, plan, places, ways)
        except Missing as fault:
            lacking = blob_path(plan.ways) if plan.ways and source in here else file
            yield Finding(kind="missing", body=state.identity, file=lacking, rule="R-VERIFY-7", text=fault.text)
        except Fault as fault:
            rule = fault.rule or "R-VERIFY-7"
            yield Finding(kind="failure", body=state.identity, file=file, rule=rule, text=str(fault))
    for body, source in sorted(named.items()):
        if source and count[source] < max(count.values()):
            text = "this body's census names another table of places than most members' do"
            yield Finding(kind="warning", body=body, file=blob_path(source), rule="R-VERIFY-7", text=text)


def _ways(folder: Folder, plan: Plan, places: Places) -> Ways:
    """The table of ways that the plan was made with. Raises: Malformed, Forged, where it is none."""
    digest = plan.ways or ""
    try:
        ids = (place.id for place in places.rows)
        return parse_ways(folder.blobs.get(digest), ids, only=plan.only_ways is True)
    except Fault as fault:
        raise fault.at(blob_path(digest)) from None


def _sources(folder: Folder, state: State, adopted: Adopted) -> dict[str, str]:
    """The table of places that each member under the plan named with its count; empty where its record is not here."""
    members = {body: member for body, member in state.bodies.items() if member.plan == adopted.act}
    return {body: _source(folder, body, member.census.act) for body, member in members.items()}


def _source(folder: Folder, body: str, census: str) -> str:
    record = folder.federation.records.get(body)
    standing = record.state.acts.get(census) if record else None
    if record is None or standing is None:
        return ""
    return str(parse_act(record.entries[standing.index]).data.get("source", ""))


# --- plans laid beside


def _challenges(
    folder: Folder, state: State, adopted: Adopted, plan: Plan, places: Places, ways: Ways | None
) -> Iterator[Finding]:
    """Every plan laid beside this one, compared over the same tables (R-PLAN-18): a better one is a warning."""
    for each in sorted(state.challenges.values(), key=lambda each: each.index):
        if each.of != adopted.act:
            continue
        said: tuple[bool, str]
        try:
            other = parse_plan(folder.blobs.get(each.blob))
            check_plan(other, places, ways)
            said = in_words(compare_plans(plan, other, places))
        except Missing:
            said = False, "is not here, and cannot be compared"
        except Fault as fault:
            said = False, f"is no other plan to choose: {fault}"
        yield Finding(
            kind="warning" if said[0] else "note",
            body=state.identity,
            index=each.index,
            file=blob_path(each.blob),
            rule="R-PLAN-18",
            text=f"the plan that this act lays beside the one of act {adopted.index} {said[1]}",
        )


def in_words(verdict: Verdict) -> tuple[bool, str]:
    """Whether the second of two plans is better, and why one is."""
    if not verdict.better:
        return False, "is as good: the one there is stands"
    first, second = (_figure(figures, verdict.by) for figures in (verdict.first, verdict.second))
    is_better = verdict.better > 0
    return is_better, f"is {'better' if is_better else 'not better'}: {_BY[verdict.by]}, {second} against {first}"


_BY = {
    "pooled": "by pooled districts",
    "mal": "by malapportionment",
    "metres": "by metres from the middle of the districts",
}


def _figure(figures: object, by: str) -> str:
    value = getattr(figures, by)
    return f"{float(value):.2%}" if isinstance(value, Fraction) else f"{value}"
