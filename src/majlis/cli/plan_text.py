"""What ``majlis plan`` says to people: plain sentences, one aligned table, and the figures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from fractions import Fraction

from majlis.census import (
    District,
    Measures,
    Place,
    Places,
    Plan,
    Verdict,
    Ways,
    blocks_of,
    is_pooled,
    moved_places,
    travel,
)

_ROUNDED = {
    "nearest": "rounded to the nearest, an exact half up",
    "commune": "and one more for a part above half",
    "floor": "parts not counted",
    "ceil": "and one more for any part",
    "webster": "Webster, Sainte-Lague",
    "huntington-hill": "Huntington-Hill, equal proportions",
    "jefferson": "Jefferson, D'Hondt",
    "hamilton": "Hamilton, largest remainders",
    "adams": "Adams",
}


def plan_in_words(plan: Plan, places: Places, ways: Ways | None = None) -> list[str]:
    """The lines of the report."""
    known = {p.id: p for p in places.rows if p.population}
    wholes = [d for d in plan.districts if d.ward in {None, 1}]
    large = sum(block.people >= plan.quota for block in blocks_of(known.values()))
    pooled = sum(is_pooled(d, plan, known) for d in wholes)
    attached = sum(len(d.attached) for d in wholes)
    divided = sum(d.provisional for d in wholes)
    wards = sum(d.provisional for d in plan.districts)
    crossing = [d.whole for d in wholes if d.crossing]

    best = "no plan can have more" if pooled == plan.bound else f"proven: no plan can have more than {plan.bound}"
    said = [
        f"{_count(len(known), 'place')} with {plan.inhabitants:,} inhabitants: {_count(plan.seats, 'seat')}, "
        + (f"one per {plan.quota:,}" if plan.size is None else "shared out by people")
        + f" ({_ROUNDED[plan.method or plan.rounding]}).",
        f"{_count(len(wholes), 'district')}: {_count(large, 'place')} of {plan.quota:,} or more for themselves, "
        f"{pooled} pooled of smaller ones ({best}).",
    ]
    if attached:
        said.append(
            f"{_count(attached, 'place')} could not reach {plan.quota:,} with neighbours and joined the nearest (+)."
        )
    if divided:
        said.append(
            f"{_count(divided, 'district')} of more than {_count(plan.max_magnitude, 'seat')} in {wards} wards, "
            "provisional until their neighbourhoods are counted."
        )
    if crossing:
        said.append(f"Across groups, as some group has no district of its own: {', '.join(crossing)}.")
    below = [d.whole for d in wholes if d.below]
    if below:
        said.append(
            f"Below {plan.quota:,}, as no way leads out: {', '.join(below)}. One open way to a neighbour would do."
        )
    if len(wholes) == 1 and plan.inhabitants < plan.quota:
        said.append(f"All together are below {plan.quota:,}; they share one district.")
    lines = [*said, "", *_table(plan, known), "", *_figures(plan), *_travel(plan, places, ways)]
    if plan.unknown:
        names = {p.id: p.name for p in places.rows}
        listed = ", ".join(names[i] if names[i] == i else f"{names[i]} ({i})" for i in plan.unknown)
        lines += ["", f"{_count(len(plan.unknown), 'place')} with no known population, without a seat until counted:"]
        lines += textwrap.wrap(listed, 110, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
    return lines


_DECIDES = {
    "pooled": "more pooled districts, so that fewer people are far from their delegate",
    "mal": "as many pooled districts, and less malapportionment",
    "metres": "as many pooled districts as equal, and more compact ones",
}


def verdict_in_words(verdict: Verdict, first: Plan, second: Plan, places: Places, name: str) -> list[str]:
    """Which of two plans is better and why, with the figures of both, and who would move."""
    rows = [("", "this plan", name)]
    for label, one, other in (
        ("pooled districts", f"{verdict.first.pooled}", f"{verdict.second.pooled}"),
        ("malapportionment", _percent(verdict.first.mal, 3), _percent(verdict.second.mal, 3)),
        ("metres to the middle", f"{verdict.first.metres:,}", f"{verdict.second.metres:,}"),
    ):
        rows.append((label, one, other))
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    table = [f"  {row[0].ljust(wide[0])}  {row[1].rjust(wide[1])}  {row[2].rjust(wide[2])}" for row in rows]
    if verdict.better == 0:
        said = "Neither is better: the one that is adopted stands."
    else:
        said = f"{'This plan' if verdict.better < 0 else name} is better: {_DECIDES[verdict.by]}."
    return [said, *table, *moved_in_words(second, first, places)]


def moved_in_words(old: Plan, new: Plan, places: Places) -> list[str]:
    """How many people another plan moves."""
    moved = set(moved_places(old, new, places))
    people = sum(p.population for p in places.rows if p.id in moved)
    return [f"From that plan to this, {_count(people, 'inhabitant')} in {_count(len(moved), 'place')} change district."]


def _figures(plan: Plan) -> list[str]:
    return [
        "How equal (malapportionment: the share of seats that would have to move):",
        f"  all districts               {_measured(plan.measures)}",
        f"  without provisional wards   {_measured(plan.measures_without_provisional)}",
    ]


def _travel(plan: Plan, places: Places, ways: Ways | None) -> list[str]:
    way = travel(plan, places, ways)
    names = {p.id: p.name for p in places.rows}
    said = f"How compact: people live {way.metres / 1000:.1f} km from the middle of their district in the mean"
    if way.most_metres:
        said += f", at most {way.most_metres / 1000:.1f} km ({names[way.farthest]})"
    lines = [f"{said}."]
    if way.minutes is not None:
        lines.append(
            f"How long on the way to the place that a district is named after: {float(way.minutes):.0f} minutes in the "
            f"mean, at most {way.most_minutes:,} ({names[way.slowest]}), for {_count(way.timed, 'inhabitant')} whose "
            "ways state a time."
        )
    return lines


def _measured(m: Measures) -> str:
    if m.mal is None or m.gini is None or m.max_min is None or m.within_10 is None or m.within_15 is None:
        return "no district to measure"
    return (
        f"malapportionment {_percent(m.mal)}, Gini {float(m.gini):.3f}, largest to smallest {float(m.max_min):.2f}, "
        f"{_percent(m.within_10)} of seats within 10 % and {_percent(m.within_15)} within 15 %"
    )


def _percent(share: Fraction, digits: int = 1) -> str:
    return f"{float(100 * share):.{digits}f} %"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _table(plan: Plan, known: dict[str, Place]) -> list[str]:
    with_groups = any(d.group for d in plan.districts)
    rows = [("district", "group", "ward", "inhabitants", "seats", "per seat", "places")]
    for d in sorted(plan.districts, key=lambda d: (d.group, d.whole, d.ward or 0)):
        ward = f"{d.ward} of {d.of}" if d.ward else ""
        per_seat = f"{d.inhabitants // d.seats:,}"
        rows.append((d.id, d.group, ward, f"{d.inhabitants:,}", f"{d.seats}", per_seat, _members(d, known)))
    kept = [column for column in range(7) if (column != 1 or with_groups)]
    wide = [max(len(row[column]) for row in rows) for column in range(7)]
    right = {3, 4, 5}
    return [
        "  ".join(row[c].rjust(wide[c]) if c in right else row[c].ljust(wide[c]) for c in kept).rstrip() for row in rows
    ]


def _members(district: District, known: dict[str, Place], most: int = 5) -> str:
    core = sorted(set(district.places) - set(district.attached), key=lambda p: (-known[p].population, p))
    return " + ".join(_few([known[p].name for p in part], most) for part in (core, district.attached) if part)


def _few(names: Sequence[str], most: int) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
