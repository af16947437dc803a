"""``majlis credential``: standing credentials, from the member's own device to the roll and to each anonymous list."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.credential_card import add_cards, sole_key
from majlis.cli.credential_own import add_own
from majlis.cli.desk import Desk, add_command, ref
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Fault, Malformed, Missing

if TYPE_CHECKING:
    from majlis.host.keyring import KeyEntry, Keyring
    from majlis.host.node import Known


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``credential`` with its own commands."""
    parser = commands.add_parser("credential", help="members' voting keys, the private roll, the anonymous lists")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_own(own)
    _registrar(own)
    _list_keeper(own)
    add_cards(own)


def _registrar(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    enrol = add_command(
        own,
        "enrol",
        run_enrol,
        help_="put members on the private roll, each under the word by which their file is called",
        example="majlis credential enrol hilltop stick/m1.enrolment stick/m2.enrolment --as rima",
        more="The roll lies in this folder, encrypted under the registrar's passphrase. It goes nowhere else. Names\n"
        "of files are not encrypted, so call members by numbers there, and say who it is with --named.",
    )
    enrol.add_argument("body", metavar="BODY", help="whose roll")
    enrol.add_argument("files", metavar="FILE", type=Path, nargs="+", help="enrolments")
    enrol.add_argument("--place", metavar="PLACE", help="where these members are counted (the body's slug)")
    enrol.add_argument("--named", metavar="NAME", help="who it is, for the encrypted roll alone; with one file")
    enrol.add_argument("--replace", action="store_true", help="instead of what these members had before, which dies")
    enrol.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the registrar")

    members = add_command(
        own,
        "members",
        run_members,
        help_="show the private roll to the registrar",
        example="majlis credential members hilltop --as rima",
    )
    members.add_argument("body", metavar="BODY", help="whose roll")
    members.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the registrar")

    roll = add_command(
        own,
        "roll",
        run_roll,
        help_="commit to the roll in the record: its root and its number, no name",
        example="majlis credential roll hilltop --as rima --with tala --leaves stick/leaves",
        more="Each leaf file is handed to its member and to nobody else: with it they check that they are on the roll.",
    )
    roll.add_argument("body", metavar="BODY", help="whose roll")
    roll.add_argument("--paper", metavar="N", type=int, default=0, help="how many of them vote on paper (0)")
    roll.add_argument("--leaves", metavar="DIR", type=Path, help="write what is handed back to each member")
    add_signing(roll, author="the registrar, with a teller or the list keeper beside")

    points = add_command(
        own,
        "points",
        run_points,
        help_="write the keys on the roll, without names, for the list keeper",
        example="majlis credential points hilltop --as rima --out stick/hilltop.points",
    )
    points.add_argument("body", metavar="BODY", help="whose roll")
    points.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the registrar")
    points.add_argument("--out", metavar="FILE", type=Path, required=True, help="the keys")


def _list_keeper(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    keep = add_command(
        own,
        "keep",
        run_keep,
        help_="take members' listings into the list keeper's book, which has no names",
        example="majlis credential keep hilltop stick/m1.listing stick/m2.listing --as lina",
    )
    keep.add_argument("body", metavar="BODY", help="whose members")
    keep.add_argument("files", metavar="FILE", type=Path, nargs="+", help="listings, sealed to the list keeper")
    keep.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the list keeper")

    listed = add_command(
        own,
        "list",
        run_list,
        help_="make an election's anonymous list, and the act that publishes it",
        example="majlis credential list hilltop 16 --points stick/hilltop.points --as lina --out stick/list.act",
        more="The registrar signs it too, with 'majlis act sign'.",
    )
    listed.add_argument("body", metavar="BODY", help="who votes")
    listed.add_argument("election", metavar="ELECTION", help="the announcement: position or id")
    listed.add_argument("--points", metavar="FILE", type=Path, required=True, help="the keys on the roll")
    add_signing(listed, author="the list keeper; the registrar beside")


def _roll(desk: Desk, body: Known) -> Keyring:
    """The private roll, begun if it is not yet."""
    return desk.private_book(desk.node.folder / "rolls" / f"{body.slug}.json", desk.args.person)


def run_enrol(args: argparse.Namespace) -> int:
    """The members are on the roll. One that does not hold stops all. Raises: Malformed, Forged, Refused."""
    from majlis.host.chance import chance
    from majlis.host.credential import parse_enrolment
    from majlis.host.roll import enrol, members

    desk = Desk(args)
    body = desk.body()
    checked = []
    for path in args.files:
        try:
            checked.append((path.stem, parse_enrolment(path.read_bytes(), body.identity)))
        except Fault as fault:
            raise fault.at(str(path)) from None
    roll = _roll(desk, body)
    if args.named and len(checked) != 1:
        raise Malformed("--named says who one member is; enrol one file at a time")
    new = enrol(roll, checked, args.place or body.slug, chance, named=args.named or "", replacing=args.replace)
    number = len(members(roll))
    return desk.done(f"{new} new on the roll, {number} in all", new=new, members=number)


def run_members(args: argparse.Namespace) -> int:
    """The roll, for its registrar's eyes."""
    from majlis.host.roll import members

    desk = Desk(args)
    current = members(_roll(desk, desk.body()))
    rows = [
        {"member": word, "named": e.notes.get("named", ""), "place": e.notes["place"]} for word, e in current.items()
    ]
    return desk.done("\n".join(" · ".join(filter(None, row.values())) for row in rows), members=rows)


def run_roll(args: argparse.Namespace) -> int:
    """The roll is committed; committed before, nothing is logged again. The leaves are handed back."""
    from majlis.host.disk import write_file
    from majlis.host.roll import dead_leaves, leaf_of, members, roll_tree
    from majlis.institutions.elections import MOST_REPLACED

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    roll = _roll(desk, body)
    current = members(roll)
    if not current:
        raise Missing("nobody is on the roll yet; enrol members with 'majlis credential enrol'")
    tree = roll_tree(roll)
    held = state.roll
    named = held.dead if held is not None else frozenset()
    unnamed = [leaf for leaf in dead_leaves(roll) if leaf not in named]
    data: dict[str, object] = {"root": tree.root().hex(), "leaves": tree.size, "paper": args.paper}
    if unnamed:
        data["replaced"] = unnamed[:MOST_REPLACED]
        desk.say(f"{len(unnamed)} leaves were replaced since, and their keys vote no more; the act names them")
    if args.leaves is not None:
        for name in current:
            write_file(args.leaves / f"{name}.leaf", leaf_of(roll, name), mode=0o600)
        desk.say(f"{tree.size} leaves in {args.leaves}, each for its member alone")
    if (
        not unnamed
        and held is not None
        and (held.root, held.leaves, held.paper) == (data["root"], tree.size, args.paper)
    ):
        return desk.done("this very roll is committed already", act=held.act, index=held.index)
    return write(desk, body, federation, "roll.commit", data)


def run_points(args: argparse.Namespace) -> int:
    """The keys on the roll are written, without names."""
    from majlis.host.disk import write_file
    from majlis.host.roll import format_points, members

    desk = Desk(args)
    body = desk.body()
    roll = _roll(desk, body)
    write_file(args.out, format_points(roll, body.identity))
    number = len(members(roll))
    return desk.done(f"{args.out} holds {number} keys and no name", file=str(args.out), keys=number)


def _book(desk: Desk, body: Known) -> Keyring:
    """The list keeper's book, begun if it is not yet."""
    return desk.private_book(desk.node.folder / "lists" / f"{body.slug}.json", desk.args.person)


def run_keep(args: argparse.Namespace) -> int:
    """The listings are in the book. Raises: Refused, for one that was sealed to somebody else."""
    from majlis.host.chance import chance
    from majlis.host.credential import open_listing

    desk = Desk(args)
    body = desk.body()
    key = sole_key(desk, "opening listings")
    found: dict[str, KeyEntry] = {}
    for path in args.files:
        try:
            entry = open_listing(path.read_bytes(), key, body.identity)
        except Fault as fault:
            raise fault.at(str(path)) from None
        found[entry.name] = entry
    book = _book(desk, body)
    new = [entry for name, entry in sorted(found.items()) if name not in book.names()]
    if new:
        book.add(*new, chance=chance)
    return desk.done(f"{len(new)} new in the book, {len(book.names())} in all", new=len(new), listed=len(book.names()))


def run_list(args: argparse.Namespace) -> int:
    """The list is made, and its act written or logged."""
    from majlis.host.cards import label_of
    from majlis.host.ceremony import list_data, make_listing
    from majlis.host.roll import listed_points, parse_points

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    act = ref(state, args.election)
    if act not in state.elections:
        raise Missing(f"act {args.election} announces no secret ballot in the copy that is here")
    points = parse_points(args.points.read_bytes(), body.identity)
    listing = make_listing(listed_points(_book(desk, body), points, act, label_of(state, act)))
    data = list_data(act, listing)
    return write(desk, body, federation, "election.list", data, blobs={listing.credentials: listing.payload})
