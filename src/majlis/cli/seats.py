"""``majlis seats``: the plan of seats in the records: adopted, challenged, amended, and accepted by each body."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.cli import seats_count, seats_heads
from majlis.cli.desk import Desk, add_command
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.census import Places, Plan, Verdict, Ways
    from majlis.host.federation import Federation
    from majlis.institutions import State
    from majlis.institutions.federation import Row
    from majlis.institutions.plans import Plan as Adopted

_PLANS = "PLAN.json is made by 'majlis plan PLACES --out PLAN.json', or of an older one with --amend."


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``seats`` with its own commands."""
    parser = commands.add_parser(
        "seats", help="the plan of seats in the records: adopted, challenged, amended, accepted"
    )
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, run, said, author in (
        ("adopt", run_adopt, "adopt the first plan of an assembly", "who holds a charter key"),
        ("amend", run_amend, "put another plan forward, for the bodies to accept", "who holds a charter key"),
        ("challenge", run_challenge, "lay a better plan beside the one in force, and say why it is", "anybody"),
    ):
        command = add_command(
            own,
            name,
            run,
            help_=said,
            example=f"majlis seats {name} assembly plan.json --places places.csv --as amal",
            more=f"{_PLANS}\nIt is checked against its tables before anybody signs; what is wrong with it is said.",
        )
        command.add_argument("body", metavar="ASSEMBLY", help="whose seats")
        command.add_argument("plan", metavar="PLAN.json", type=Path, help="the plan")
        command.add_argument("--places", metavar="CSV", type=Path, required=True, help="the places it was made from")
        command.add_argument("--ways", metavar="CSV", type=Path, help="the ways it was made with")
        if name != "challenge":
            command.add_argument("--group", metavar="GROUP", help="only the districts of this group")
        add_signing(command, author=author)

    seats_count.add(own)
    seats_heads.add(own)

    propose = add_command(
        own,
        "propose",
        run_propose,
        help_="put to the members of a body what the assembly's plan means for them",
        example="majlis seats propose hilltop --assembly assembly --as amal",
        more="The motion joins the assembly, or accepts the plan that was put forward. Once it is decided:\n"
        "majlis act carry-out.",
    )
    propose.add_argument("body", metavar="BODY", help="whose members decide")
    propose.add_argument("--assembly", metavar="BODY", required=True, help="whose plan")
    propose.add_argument("--district", metavar="ID", help="its district there (the one of its places)")
    add_signing(propose, author="a clerk, a delegate, or who holds a charter key")

    deliver = add_command(
        own,
        "deliver",
        run_deliver,
        help_="carry to the assembly that a body joined it, or accepted its plan, or that nothing changes for it",
        example="majlis seats deliver assembly hilltop --as amal",
        more="Anybody delivers an acceptance; charter keys of the assembly admit who joined.\n"
        "Elections, recalls, mandates and leavings are delivered by 'majlis deliver'.",
    )
    deliver.add_argument("body", metavar="ASSEMBLY", help="where to")
    deliver.add_argument("sender", metavar="BODY", help="of which body")
    add_signing(deliver, author="anybody; to admit a body, who holds a charter key")


# --- plans


def run_adopt(args: argparse.Namespace) -> int:
    """The first plan is adopted, or the act written to a file."""
    desk = Desk(args)
    body, federation, _ = at_hand(desk)
    plan, _, _, blobs = _plan(args)
    data = _stated(plan, args.group, blobs) | _tables(args, plan)
    return write(desk, body, federation, "plan.adopt", data, blobs=blobs)


def run_amend(args: argparse.Namespace) -> int:
    """Another plan is put forward; who moves by it is said first."""
    from majlis.cli.plan_text import moved_in_words

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    plan, places, _, blobs = _plan(args)
    adopted, before = _in_force(desk, state)
    if plan.amends not in {None, adopted.blob}:
        raise Refused("this plan amends another one than the plan in force; make it of that one", rule="R-VERIFY-7")
    desk.say("\n".join(moved_in_words(before, plan, places)))
    data = _stated(plan, args.group, blobs) | _tables(args, plan) | {"of": adopted.act}
    return write(desk, body, federation, "plan.amend", data, blobs=blobs)


def run_challenge(args: argparse.Namespace) -> int:
    """A better plan is laid beside the one in force. Raises: Refused, where it is not better, unless --anyway."""
    from majlis.census import check_plan, compare_plans
    from majlis.cli.plan_text import verdict_in_words

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    plan, places, ways, blobs = _plan(args)
    adopted, before = _in_force(desk, state)
    check_plan(before, places, ways)
    verdict: Verdict = compare_plans(plan, before, places)
    desk.say("\n".join(verdict_in_words(verdict, plan, before, places, "The plan in force")))
    if verdict.better >= 0 and not args.anyway:
        raise Refused("it is not better than the plan in force, which stands", rule="R-PLAN-18")
    data = {"of": adopted.act, "plan": _digest(args.plan)}
    mine = {data["plan"]: blobs[data["plan"]]}
    return write(desk, body, federation, "plan.challenge", data, blobs=mine)


def _plan(args: argparse.Namespace) -> tuple[Plan, Places, Ways | None, dict[str, bytes]]:
    """The plan, checked against its tables; and the files by their hashes. Raises: as ``check_plan``."""
    from majlis.census import check_plan, parse_places, parse_plan, parse_ways
    from majlis.errors import Fault

    blobs = {}
    read: list[Any] = []
    for path, parse in ((args.plan, parse_plan), (args.places, parse_places), (args.ways, bytes)):
        data = b"" if path is None else read_table(path)
        try:
            read.append(parse(data) if path is not None else None)
        except Fault as fault:
            raise fault.at(str(path)) from None
        if path is not None:
            blobs[sha256(data).hexdigest()] = data
    plan, places, table = read
    ways = None
    if table is not None:
        ways = parse_ways(table, (place.id for place in places.rows), only=plan.only_ways is True)
    check_plan(plan, places, ways)
    return plan, places, ways, blobs


def read_table(path: Path) -> bytes:
    """A table or plan as its file holds it, at most a byte more than may be read."""
    from majlis.census import MOST_BYTES

    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _digest(path: Path) -> str:
    return sha256(read_table(path)).hexdigest()


def _stated(plan: Plan, group: str | None, blobs: dict[str, bytes]) -> dict[str, Any]:
    """What an act states of the plan, or of the districts of one group of it."""
    from majlis.census import format_plan
    from majlis.institutions.federation import rows_tree

    rows = _rows(plan, group)
    if not rows:
        raise Malformed(f"the plan has no district of the group {group!r}")
    digest = sha256(format_plan(plan)).hexdigest()
    assert digest in blobs
    return {
        "plan": digest,
        "root": rows_tree(rows).root().hex(),
        "districts": len(rows),
        "inhabitants": sum(row.inhabitants for row in rows),
    }


def _tables(args: argparse.Namespace, plan: Plan) -> dict[str, str]:
    """The tables that an act names."""
    return {"places": _digest(args.places)} | ({} if plan.ways is None else {"ways": plan.ways})


def _rows(plan: Plan, group: str | None) -> list[Row]:
    from majlis.institutions.federation import Row

    return [
        Row(id=d.id, inhabitants=d.inhabitants, seats=d.seats, places=d.places, provisional=d.provisional)
        for d in plan.districts
        if group is None or d.group == group
    ]


def _in_force(desk: Desk, state: State) -> tuple[Adopted, Plan]:
    """The plan in force, by its act and in full. Raises: Missing."""
    if state.plan is None:
        raise Missing("this assembly has adopted no plan of seats yet: majlis seats adopt")
    return state.plan, _at_hand(desk, state.plan)


def _at_hand(desk: Desk, adopted: Adopted) -> Plan:
    from majlis.census import parse_plan

    return parse_plan(desk.node.blobs.get(adopted.blob))


def rows_of(desk: Desk, adopted: Adopted) -> list[Row]:
    """The rows under the root that the act states. Raises: Refused, where the plan has none such."""
    from majlis.institutions.federation import rows_tree

    plan = _at_hand(desk, adopted)
    for group in (None, *sorted({d.group for d in plan.districts})):
        rows = _rows(plan, group)
        if rows_tree(rows).root().hex() == adopted.root:
            return rows
    raise Refused("the root that the act states is not that of the plan's districts", rule="R-VERIFY-7")


# --- bodies


def run_propose(args: argparse.Namespace) -> int:
    """A motion to join, or to accept the plan that was put forward, is on the table."""
    from majlis.institutions.charter import charter_hash

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    above = _state(desk, federation, args.assembly)
    plan = above.amendment or above.plan
    if plan is None:
        raise Missing("that assembly has adopted no plan of seats yet")
    row = _row_for(state, rows_of(desk, plan), args.district)
    membership = state.memberships.get(above.identity)
    match: dict[str, Any] = {"assembly": above.identity, "plan": plan.act, "district": row.id, "seats": row.seats}
    if membership is None or membership.left is not None:
        kind, match["charter"] = "federation.join", charter_hash(above.charter)
        asked = (
            f"Do we join the assembly, ratify its charter and its plan, as district {row.id} with {row.seats} seats?"
        )
    else:
        kind = "plan.accept"
        asked = f"Do we accept the plan of act {plan.index}, as district {row.id} with {row.seats} seats?"
    blob = f"{asked}\n".encode()
    digest = sha256(blob).hexdigest()
    data = {"text": digest, "grants": [{"kind": kind, "match": match}]}
    return write(desk, body, federation, "motion.table", data, blobs={digest: blob})


def run_deliver(args: argparse.Namespace) -> int:
    """The body is admitted, or comes under the plan that it accepted, or that leaves it as it is."""
    from majlis.host.certified import certificate_of
    from majlis.institutions.federation import format_row, prove_row

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    sender = desk.node.body(args.sender)
    theirs = _state(desk, federation, args.sender)
    membership = theirs.memberships.get(state.identity)
    if membership is None or membership.left is not None or state.plan is None:
        raise Missing("that body has not joined this assembly, or there is no plan here: majlis seats propose")
    member = state.bodies.get(sender.identity)
    kind, plan, act = "federation.admit", state.plan, membership.act
    if member is not None and member.left is None:
        kind = "plan.ratify"
        meant = [p for p in (state.amendment, state.plan) if p is not None and p.act == membership.plan]
        if meant and membership.accepted:
            plan, act = meant[0], membership.accepted
        elif theirs.census is not None:
            act = theirs.census.act
    rows = rows_of(desk, plan)
    row = _row_for(theirs, rows, membership.district)
    index = rows.index(row)
    note = desk.node.checkpoint(sender.identity)
    data = {
        "certificate": certificate_of(federation.records[sender.identity], act, note),
        "row": format_row(row),
        "index": index,
        "path": list(prove_row(rows, index)),
    }
    return write(desk, body, federation, kind, data)


def _state(desk: Desk, federation: Federation, name: str) -> State:
    return federation.records[desk.node.body(name).identity].state


def _row_for(state: State, rows: list[Row], district: str | None) -> Row:
    """The row of this district, or the one of the places in which the body counted. Raises: Missing."""
    places = set(state.census.places) if state.census else set()
    found = [row for row in rows if row.id == district or (district is None and set(row.places) == places)]
    if len(found) != 1:
        raise Missing("the plan has no one district of the places that this body counted; name it with --district")
    return found[0]
