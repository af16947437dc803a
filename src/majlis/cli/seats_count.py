"""``majlis seats count`` and ``countersign``: how many live in a body's district, so that its row of the plan holds."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.desk import Desk, add_command
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Fault, Malformed, Missing

if TYPE_CHECKING:
    from majlis.census import Places


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands ``count`` and ``countersign`` of ``seats``."""
    count = add_command(
        commands,
        "count",
        run_count,
        help_="publish how many live in the places of a body's district",
        example="majlis seats count hilltop --assembly assembly --district hilltop --places places.csv --as amal",
        more="The district is that of the plan put forward, else of the one in force; its people are those of its\n"
        "places in the table, which travels with the act. It is a claim until another body's counter signs it too.",
    )
    count.add_argument("body", metavar="BODY", help="who counted")
    count.add_argument("--assembly", metavar="BODY", required=True, help="whose plan")
    count.add_argument("--district", metavar="ID", required=True, help="its district there")
    count.add_argument("--places", metavar="CSV", type=Path, required=True, help="the places with their inhabitants")
    add_signing(count, author="the clerk")

    signed = add_command(
        commands,
        "countersign",
        run_countersign,
        help_="sign what another body counted, as a counter of one's own",
        example="majlis seats countersign hilltop --of mill --inhabitants 1850 --as mona --with amal",
        more="Of the two figures the lower one counts. The clerk of the body that was counted signs beside.",
    )
    signed.add_argument("body", metavar="BODY", help="whose people were counted")
    signed.add_argument("--of", metavar="BODY", required=True, help="the counter's own body")
    signed.add_argument("--inhabitants", metavar="N", type=_whole, required=True, help="how many the counter found")
    add_signing(signed, author="a counter of another body")


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of people")
    return int(text)


def run_count(args: argparse.Namespace) -> int:
    """The figure of the district's places is published, or the act written to a file. Raises: Missing, Malformed."""
    from majlis.census import parse_places
    from majlis.cli.seats import read_table, rows_of

    desk = Desk(args)
    body, federation, _ = at_hand(desk)
    above = federation.records[desk.node.body(args.assembly).identity].state
    plan = above.amendment or above.plan
    if plan is None:
        raise Missing("that assembly has adopted no plan of seats yet")
    rows = {row.id: row for row in rows_of(desk, plan)}
    if args.district not in rows:
        raise Missing(f"the plan has no district {args.district!r}; it has {', '.join(sorted(rows))}")
    table = read_table(args.places)
    try:
        places = rows[args.district].places
        people = _people(parse_places(table), places)
    except Fault as fault:
        raise fault.at(str(args.places)) from None
    source = sha256(table).hexdigest()
    data = {"inhabitants": people, "places": list(places), "source": source}
    return write(desk, body, federation, "census.publish", data, blobs={source: table})


def _people(table: Places, places: tuple[str, ...]) -> int:
    known = {place.id: place.population for place in table.rows}
    lost = [place for place in places if not known.get(place)]
    if lost:
        raise Malformed(f"the table does not say how many live in {', '.join(lost)}")
    return sum(known[place] for place in places)


def run_countersign(args: argparse.Namespace) -> int:
    """The newest figure is countersigned, or the act written to a file. Raises: Missing."""
    from majlis.host.certified import certificate_of

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    if state.census is None:
        raise Missing(f"{body.slug} has published no figure yet: majlis seats count")
    sender = desk.node.body(args.of)
    note = desk.node.checkpoint(sender.identity)
    # R-CENSUS-3 asks who holds the office at the checkpoint, so that act 0 serves for every counter.
    certificate = certificate_of(federation.records[sender.identity], sender.identity, note)
    data = {"figure": state.census.act, "inhabitants": args.inhabitants, "certificate": certificate}
    return write(desk, body, federation, "census.countersign", data)
