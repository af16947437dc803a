"""What ``majlis plan`` says to people: plain sentences, one aligned table, and the figures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from fractions import Fraction

from majlis.census import District, Measures, Place, Places, Plan, is_pooled

_ROUNDED = {
    "nearest": "rounded to the nearest, an exact half up",
    "commune": "and one more for a part above half",
    "floor": "parts not counted",
    "ceil": "and one more for any part",
}


def plan_in_words(plan: Plan, places: Places) -> list[str]:
    """The lines of the report."""
    known = {p.id: p for p in places.rows if p.population}
    wholes = [d for d in plan.districts if d.ward in {None, 1}]
    large = sum(p.population >= plan.quota for p in known.values())
    pooled = sum(is_pooled(d, plan, known) for d in wholes)
    attached = sum(len(d.attached) for d in wholes)
    divided = sum(d.provisional for d in wholes)
    wards = sum(d.provisional for d in plan.districts)
    crossing = [d.whole for d in wholes if d.crossing]

    best = "no plan can have more" if pooled == plan.bound else f"proven: no plan can have more than {plan.bound}"
    said = [
        f"{_count(len(known), 'place')} with {plan.inhabitants:,} inhabitants: {_count(plan.seats, 'seat')}, "
        f"one per {plan.quota:,} ({_ROUNDED[plan.rounding]}).",
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
    if len(wholes) == 1 and plan.inhabitants < plan.quota:
        said.append(f"All together are below {plan.quota:,}; they share one district.")
    lines = [*said, "", *_table(plan, known), "", *_figures(plan)]
    if plan.unknown:
        names = {p.id: p.name for p in places.rows}
        listed = ", ".join(names[i] if names[i] == i else f"{names[i]} ({i})" for i in plan.unknown)
        lines += ["", f"{_count(len(plan.unknown), 'place')} with no known population, without a seat until counted:"]
        lines += textwrap.wrap(listed, 110, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
    return lines


def _figures(plan: Plan) -> list[str]:
    return [
        "How equal (malapportionment: the share of seats that would have to move):",
        f"  all districts               {_measured(plan.measures)}",
        f"  without provisional wards   {_measured(plan.measures_without_provisional)}",
    ]


def _measured(m: Measures) -> str:
    if m.mal is None or m.gini is None or m.max_min is None or m.within_10 is None or m.within_15 is None:
        return "no district to measure"
    return (
        f"malapportionment {_percent(m.mal)}, Gini {float(m.gini):.3f}, largest to smallest {float(m.max_min):.2f}, "
        f"{_percent(m.within_10)} of seats within 10 % and {_percent(m.within_15)} within 15 %"
    )


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.1f} %"


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
