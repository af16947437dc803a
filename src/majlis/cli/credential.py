"""``majlis credential``: standing credentials, from the member's own device to the roll and to each anonymous list."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.desk import PERSON, Desk, add_command, ref
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Fault, Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.host.keyring import KeyEntry, Keyring
    from majlis.host.node import Known


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``credential`` with its own commands."""
    parser = commands.add_parser("credential", help="members' voting keys, the private roll, the anonymous lists")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _member(own)
    _registrar(own)
    _list_keeper(own)


def _member(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    new = add_command(
        own,
        "new",
        run_new,
        help_="make a member's voting key on their own device, and the two files that enrol it",
        example="majlis credential new hilltop --as m1 --list-keeper stick/lina.card --out stick",
        more="PERSON.enrolment goes to the registrar, PERSON.listing to the list keeper, who alone can open it. The\n"
        "secret stays in the member's keyring: nobody is ever asked for it.",
    )
    new.add_argument("body", metavar="BODY", help="where the member votes")
    new.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the member, as called here")
    new.add_argument("--list-keeper", metavar="CARD", type=Path, required=True, help="the list keeper's card")
    new.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the two files go")

    check = add_command(
        own,
        "check",
        run_check,
        help_="check that one is on the committed roll, and on an election's list",
        example="majlis credential check hilltop --as m1 --leaf stick/leaves/m1.leaf --election 16",
    )
    check.add_argument("body", metavar="BODY", help="where the member votes")
    check.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the member, as called here")
    check.add_argument("--leaf", metavar="FILE", type=Path, help="what the registrar handed back")
    check.add_argument("--election", metavar="ACT", help="the announcement: position or id")


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


def run_new(args: argparse.Namespace) -> int:
    """The member has a credential, and the two files are written."""
    from majlis.host.card import parse_card
    from majlis.host.chance import chance
    from majlis.host.credential import credential_of, enrolment_of, make_credential, seal_listing
    from majlis.host.disk import write_file

    desk = Desk(args)
    body = desk.body()
    card = parse_card(args.list_keeper.read_bytes())
    path = desk.node.keyring_path(args.person)
    keyring = desk.keyring(args.person) if path.is_file() else desk.new_keyring(path, args.person)
    try:
        name = credential_of(keyring, body.identity)
    except Missing:
        name = f"credential {body.slug}"
    entry = make_credential(keyring, name, body.identity, chance)
    files = [args.out / f"{args.person}.enrolment", args.out / f"{args.person}.listing"]
    write_file(files[0], enrolment_of(keyring, entry.name, body.identity, chance))
    write_file(files[1], seal_listing(keyring, entry.name, body.identity, card.key, chance))
    return desk.done(
        f"{args.person} votes in {body.slug} once enrolled: {files[0]} to the registrar, {files[1]} to the list keeper",
        point=entry.public,
        files=[str(file) for file in files],
    )


def run_check(args: argparse.Namespace) -> int:
    """The member is on roll and list. Raises: Forged, Missing."""
    from majlis.crypto import ED25519
    from majlis.host.ceremony import read_listing
    from majlis.host.credential import check_leaf, credential_of, parse_leaf, vote_secret

    desk = Desk(args)
    body, _, state = at_hand(desk)
    keyring = desk.keyring(args.person)
    name = credential_of(keyring, body.identity)
    said = []
    if args.leaf is not None:
        if state.roll is None:
            raise Missing(f"{body.slug} has committed to no roll in the copy that is here")
        point = ED25519.check(ED25519.parse(keyring.get(name).public))
        leaf = parse_leaf(args.leaf.read_bytes())
        check_leaf(leaf, point, body.identity, state.roll.root, state.roll.leaves)
        said.append(f"{args.person} is one of the {state.roll.leaves} on the roll that was committed")
    if args.election is not None:
        act = ref(state, args.election)
        election = state.elections.get(act)
        if election is None or not election.credentials:
            raise Missing("that ballot's list is not published yet, in the copy that is here")
        listing = read_listing(desk.node.blobs.get(election.credentials))
        own = ED25519.raise_generator_secretly(vote_secret(keyring, name, body.identity, act))
        if own not in listing.points:
            raise Refused("your key is not on this list: tell the registrar, and your neighbours, before the box opens")
        said.append(f"{args.person} is one of the {len(listing.points)} on the anonymous list of that ballot")
    if not said:
        raise Missing("nothing to check: name --leaf, --election, or both")
    return desk.done("\n".join(said), checked=said)


def _roll(desk: Desk, body: Known) -> Keyring:
    """The private roll, begun if it is not yet."""
    return desk.private_book(desk.node.folder / "rolls" / f"{body.slug}.json", desk.args.person)


def run_enrol(args: argparse.Namespace) -> int:
    """The members are on the roll. One that does not hold stops all. Raises: Malformed, Forged, Refused."""
    from majlis.host.chance import chance
    from majlis.host.credential import parse_enrolment
    from majlis.host.roll import enrol

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
    new = enrol(roll, checked, args.place or body.slug, chance, named=args.named or "")
    return desk.done(f"{new} new on the roll, {len(roll.names())} in all", new=new, members=len(roll.names()))


def run_members(args: argparse.Namespace) -> int:
    """The roll, for its registrar's eyes."""
    desk = Desk(args)
    entries = _roll(desk, desk.body()).entries()
    rows = [{"member": e.name, "named": e.notes.get("named", ""), "place": e.notes["place"]} for e in entries]
    return desk.done("\n".join(" · ".join(filter(None, row.values())) for row in rows), members=rows)


def run_roll(args: argparse.Namespace) -> int:
    """The roll is committed; committed before, nothing is logged again. The leaves are handed back."""
    from majlis.host.disk import write_file
    from majlis.host.roll import leaf_of, roll_tree

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    roll = _roll(desk, body)
    if not roll.names():
        raise Missing("nobody is on the roll yet; enrol members with 'majlis credential enrol'")
    tree = roll_tree(roll)
    data = {"root": tree.root().hex(), "leaves": tree.size, "paper": args.paper}
    if args.leaves is not None:
        for name in roll.names():
            write_file(args.leaves / f"{name}.leaf", leaf_of(roll, name), mode=0o600)
        desk.say(f"{tree.size} leaves in {args.leaves}, each for its member alone")
    held = state.roll
    if held is not None and (held.root, held.leaves, held.paper) == (data["root"], tree.size, args.paper):
        return desk.done("this very roll is committed already", act=held.act, index=held.index)
    return write(desk, body, federation, "roll.commit", data)


def run_points(args: argparse.Namespace) -> int:
    """The keys on the roll are written, without names."""
    from majlis.host.disk import write_file
    from majlis.host.roll import format_points

    desk = Desk(args)
    body = desk.body()
    roll = _roll(desk, body)
    write_file(args.out, format_points(roll, body.identity))
    number = len(roll.names())
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
    keys = [entry.signing_key() for entry in desk.keyring(args.person).entries() if entry.kind == PERSON]
    if len(keys) != 1:
        raise Missing(f"a list keeper has one key to open listings with, and {args.person!r} has {len(keys)}")
    found: dict[str, KeyEntry] = {}
    for path in args.files:
        try:
            entry = open_listing(path.read_bytes(), keys[0], body.identity)
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
    from majlis.host.ceremony import list_data, make_listing
    from majlis.host.roll import listed_points, parse_points

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    act = ref(state, args.election)
    if act not in state.elections:
        raise Missing(f"act {args.election} announces no secret ballot in the copy that is here")
    points = parse_points(args.points.read_bytes(), body.identity)
    listing = make_listing(listed_points(_book(desk, body), points, act))
    data = list_data(act, listing)
    return write(desk, body, federation, "election.list", data, blobs={listing.credentials: listing.payload})
