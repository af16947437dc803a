"""``majlis plan``: from a table of places to seats and districts, with the figures by which to judge them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import monotonic

from majlis.census import (
    DEFAULT_EFFORT,
    DEFAULT_SEED,
    METHODS,
    MOST_BYTES,
    MOST_PEOPLE,
    ROUNDINGS,
    Drawing,
    Measures,
    Places,
    Plan,
    Travel,
    Verdict,
    Ways,
    amend_plan,
    check_plan,
    compare_plans,
    format_plan,
    format_prices,
    is_pooled,
    parse_places,
    parse_plan,
    parse_prices,
    prove_bound,
    travel,
)
from majlis.cli.plan_draw import hxl_table, lorenz_file, map_picture, map_points
from majlis.cli.plan_png import write_picture
from majlis.cli.plan_tables import as_csv
from majlis.cli.plan_text import moved_in_words, plan_in_words, verdict_in_words
from majlis.cli.plan_ways import read_ways
from majlis.errors import Fault, Malformed

_EXAMPLE = """\
example:
  majlis plan examples/syria/places.csv --per 10000

PLACES is CSV in UTF-8, an XLSX workbook (its first sheet), a GeoJSON collection of points or, with majlis[parquet], a
Parquet file, with the columns name, population, lat, lon, and where you have them id (or geonameid), kind, group,
together (what must not be divided) and side (of a front line or border); where only the group is known, lat and lon
stay empty. Lines that begin with # are comments. A population of 0 or nothing means unknown: such places are listed and
get no seat until they are counted.
Pictures are SVG, which every browser opens and prints, or with majlis[png] PNG where the name ends in .png.

In the records a plan is adopted, challenged, amended and accepted with 'majlis seats'.

Exit codes: 0 sound, 1 a check failed, 2 usage or input that cannot be read.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``plan``."""
    parser = commands.add_parser(
        "plan",
        help="seats and districts from a table of places",
        description="Seats by inhabitants; small places pooled into connected districts, large ones in wards.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("places", metavar="PLACES", help="the places and their inhabitants")
    parser.add_argument(
        "--per", metavar="N", type=_whole(MOST_PEOPLE), default=10_000, help="inhabitants per seat (10000)"
    )
    parser.add_argument("--rounding", choices=ROUNDINGS, default="nearest", help="how a part of N counts (nearest)")
    parser.add_argument(
        "--max-magnitude", metavar="M", type=_whole(1000), default=7, help="the most seats of one district or ward (7)"
    )
    parser.add_argument(
        "--seats", metavar="S", type=_whole(1_000_000), help="an assembly of so many seats, in place of --per"
    )
    parser.add_argument("--method", choices=METHODS, default="webster", help="how --seats are shared out (webster)")
    parser.add_argument(
        "--ways",
        metavar="FILE",
        action="append",
        default=[],
        help="links and cuts (CSV: from, to, minutes, state); lines nobody crosses (GeoJSON, or CSV: line, lat, lon)",
    )
    parser.add_argument("--ways-csv", metavar="FILE", help="write all ways as one table, the form that a record takes")
    parser.add_argument("--only-ways", action="store_true", help="there are no links but those in --ways")
    parser.add_argument("--seed", type=_seed, default=DEFAULT_SEED, help=f"what the draw starts from ({DEFAULT_SEED})")
    parser.add_argument(
        "--effort", metavar="N", type=_whole(1000), default=DEFAULT_EFFORT, help=f"rounds of search ({DEFAULT_EFFORT})"
    )
    parser.add_argument("--seconds", metavar="S", type=_whole(86_400), help="search as many rounds as fit in S seconds")
    parser.add_argument("--across-groups", action="store_true", help="pool small places as if there were no groups")
    parser.add_argument("--check", metavar="PLAN.json", help="check this plan against the places; nothing is drawn")
    parser.add_argument("--prove", action="store_true", help="prove the plan's bound anew")
    parser.add_argument("--prices", metavar="FILE", help="prove the bound by the prices in this file")
    parser.add_argument(
        "--find-prices", metavar="FILE", help="find prices that prove it, and write them (HiGHS, an extra)"
    )
    parser.add_argument("--against", metavar="PLAN2.json", help="say whether this plan is better, and why")
    parser.add_argument("--amend", metavar="OLD.json", help="make a plan of an old one, moving as few people as can be")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--map", metavar="FILE.svg", help="draw the places, coarsened, by district")
    parser.add_argument("--lorenz", metavar="FILE.svg", help="draw how equal all seats are")
    parser.add_argument("--hxl", metavar="FILE.csv", help="write places and districts as a table with HXL tags")
    parser.add_argument("--csv", metavar="FILE.csv", help="write the table as CSV, the form that a record takes")
    parser.add_argument("--geojson", metavar="FILE", help="write the places, coarsened, with their districts for a map")
    parser.add_argument("--out", metavar="FILE", help="write the plan in its canonical form, to be adopted by its hash")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The plan, drawn or read, checked, and shown."""
    places = _read_places(args.places, args.csv)
    given = args.check or args.amend
    old = None if given is None else _read_plan(given)
    ways = _read_ways(args, places, only=args.only_ways or (old is not None and old.only_ways is True))
    other = None
    if old is None:
        plan = _draw(args, places, ways)
    elif args.check is not None:
        plan = old
    else:
        other, plan = old, amend_plan(old, places, ways)
    check_plan(plan, places, ways)
    proven = _proven(args, plan, places, ways)
    if args.against is not None:
        other = _read_plan(args.against)
        check_plan(other, places, ways)
        verdict = compare_plans(plan, other, places)
        if args.json:
            print(_dumps(_verdict(verdict), indent=1))
        else:
            print("\n".join(verdict_in_words(verdict, plan, other, places, args.against)))
        return 0
    if args.out is not None:
        Path(args.out).write_bytes(format_plan(plan))
    _write_pictures(args, plan, places)
    if args.json:
        print(_dumps(_json(plan, places, ways), indent=1))
        return 0
    if other is not None:
        print("\n".join(moved_in_words(other, plan, places)))
    if args.check is not None:
        print(f"{args.check} keeps every rule of spec/plan.md for these places.")
    if proven is not None:
        print(f"Proven anew: no plan by these rules has more than {proven} pooled districts.")
    print("\n".join(plan_in_words(plan, places, ways)))
    return 0


def _proven(args: argparse.Namespace, plan: Plan, places: Places, ways: Ways | None) -> int | None:
    """The bound proven anew, where that is asked for, by prices that are found or given."""
    prices = None
    if args.find_prices is not None:
        from majlis.cli.plan_solver import find_prices

        prices = find_prices(plan, places, ways, lambda said: print(said, file=sys.stderr, flush=True))
        Path(args.find_prices).write_bytes(format_prices(prices))
    elif args.prices is not None:
        try:
            prices = parse_prices(_bytes(args.prices))
        except Fault as fault:
            raise fault.at(args.prices) from None
    return prove_bound(plan, places, ways, prices) if args.prove or prices is not None else None


def _bytes(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _write_pictures(args: argparse.Namespace, plan: Plan, places: Places) -> None:
    """The plan in every form that is asked for."""
    if args.map is not None:
        write_picture(Path(args.map), map_picture(plan, places))
    if args.lorenz is not None:
        write_picture(Path(args.lorenz), lorenz_file(plan))
    if args.hxl is not None:
        Path(args.hxl).write_text(hxl_table(plan, places), encoding="utf-8")
    if args.geojson is not None:
        Path(args.geojson).write_text(_dumps(map_points(plan, places)), encoding="utf-8")


class _TimeIsUp(Exception):
    """The seconds given are over."""


def _draw(args: argparse.Namespace, places: Places, ways: Ways | None) -> Plan:
    """The plan of so many rounds, or of as many as fit into the seconds given; the best so far on Ctrl-C."""
    end = None if args.seconds is None else monotonic() + args.seconds

    def pause() -> None:
        if end is not None and monotonic() >= end:
            raise _TimeIsUp

    drawing = Drawing(
        places,
        quota=args.per,
        rounding=args.rounding,
        size=args.seats,
        method=args.method,
        max_magnitude=args.max_magnitude,
        seed=args.seed,
        across_groups=args.across_groups,
        ways=ways,
    )
    try:
        while drawing.effort < args.effort or (end is not None and drawing.pooled < drawing.bound):
            drawing.improve(pause)
            if end is not None or sys.stderr.isatty():
                said = f"round {drawing.effort}: {drawing.pooled} pooled districts of at most {drawing.bound}"
                print(said, file=sys.stderr, flush=True)
    except _TimeIsUp:
        pass
    except KeyboardInterrupt:
        print("stopped; this is the best plan so far", file=sys.stderr)
    return drawing.plan()


def _whole(most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {most}")
        return int(text)

    return whole


def _seed(text: str) -> str:
    if len(text) > 64 or not text.isprintable():
        raise argparse.ArgumentTypeError("expected at most 64 printable characters")
    return text


def _read_places(path: str, copy: str | None) -> Places:
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    try:
        table = as_csv(data)
        places = parse_places(table)
    except Fault as fault:
        raise fault.at(path) from None
    if copy is not None:
        Path(copy).write_bytes(table)
    for notice in places.notices:
        print(f"note: {path}: {notice}", file=sys.stderr)
    return places


def _read_ways(args: argparse.Namespace, places: Places, *, only: bool) -> Ways | None:
    if not args.ways:
        return None
    files = []
    for path in args.ways:
        with Path(path).open("rb") as file:
            files.append((path, file.read(MOST_BYTES + 1)))
    table, ways = read_ways(files, [place.id for place in places.rows], only=only)
    if args.ways_csv is not None:
        Path(args.ways_csv).write_bytes(table)
    elif args.out is not None and sha256(files[0][1]).hexdigest() != ways.sha256:
        raise Malformed("the plan names the table of all ways by its hash: write that too, with --ways-csv FILE")
    close = [place for place in places.rows if ways.fence.is_close(place)]
    if close:
        named = ", ".join(f"{place.name} ({place.id})" for place in close[:5])
        more = f" and {len(close) - 5} more" if len(close) > 5 else ""
        said = "lie so near to a line that only their full position tells on which side: see that it is right for"
        print(f"note: {len(close)} places {said} {named}{more}", file=sys.stderr)
    return ways


def _read_plan(path: str) -> Plan:
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    try:
        return parse_plan(data)
    except Fault as fault:
        raise fault.at(path) from None


def _dumps(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _json(plan: Plan, places: Places, ways: Ways | None) -> dict[str, object]:
    way = travel(plan, places, ways)
    known = {p.id: p for p in places.rows if p.population}
    return {
        "inhabitants": plan.inhabitants,
        "seats": plan.seats,
        "quota": plan.quota,
        "rounding": plan.rounding,
        "size": plan.size,
        "method": plan.method,
        "max_magnitude": plan.max_magnitude,
        "seed": plan.seed,
        "effort": plan.effort,
        "grouped": plan.grouped,
        "ways": plan.ways,
        "only_ways": plan.only_ways is True,
        "pooled": sum(is_pooled(d, plan, known) for d in plan.districts if d.ward in {None, 1}),
        "bound": plan.bound,
        "measures": _floats(plan.measures),
        "metres_to_the_middle": way.metres,
        "travel": _travel(way),
        "measures_without_provisional": _floats(plan.measures_without_provisional),
        "sha256": sha256(format_plan(plan)).hexdigest(),
        "districts": [
            {
                "id": d.id,
                "name": d.name,
                "group": d.group,
                "places": list(d.places),
                "inhabitants": d.inhabitants,
                "seats": d.seats,
                "ward": d.ward,
                "of": d.of,
                "provisional": d.provisional,
                "attached": list(d.attached),
                "crossing": d.crossing,
                "below": d.below,
            }
            for d in plan.districts
        ],
        "unknown": list(plan.unknown),
        "notices": list(places.notices),
    }


def _travel(way: Travel) -> dict[str, object]:
    return {
        "metres": way.metres,
        "most_metres": way.most_metres,
        "farthest": way.farthest or None,
        "minutes": None if way.minutes is None else float(way.minutes),
        "most_minutes": way.most_minutes,
        "slowest": way.slowest or None,
        "timed": way.timed,
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    """Which plan is better: ``first`` is this one, ``second`` the one it was compared with."""
    return {
        "better": {-1: "first", 0: None, 1: "second"}[verdict.better],
        "by": verdict.by or None,
        **{
            name: {"pooled": each.pooled, "mal": float(each.mal), "metres_to_the_middle": each.metres}
            for name, each in (("first", verdict.first), ("second", verdict.second))
        },
    }


def _floats(measures: Measures) -> dict[str, float | None]:
    return {
        name: None if value is None else float(value)
        for name, value in (
            ("mal", measures.mal),
            ("gini", measures.gini),
            ("max_min", measures.max_min),
            ("within_10", measures.within_10),
            ("within_15", measures.within_15),
        )
    }
