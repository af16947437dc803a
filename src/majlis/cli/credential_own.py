"""``majlis credential new`` and ``check``: what a member does on their own device."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.box_vote import Voted, add_voter
from majlis.cli.desk import Desk, add_command
from majlis.cli.signing import at_hand
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.host.keyring import Keyring


def add_own(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of members."""
    new = add_command(
        own,
        "new",
        run_new,
        help_="make a member's voting key on their own device, and the two files that enrol it",
        example="majlis credential new hilltop --as m1 --list-keeper stick/lina.card --out stick",
        more="PERSON.enrolment goes to the registrar, PERSON.listing to the list keeper, who alone can open it. The\n"
        "secret stays in the member's keyring: nobody is ever asked for it. With --replace, where somebody may have\n"
        "seen it: the registrar enrols the new one with --replace too, and the old one dies.",
    )
    new.add_argument("body", metavar="BODY", help="where the member votes")
    new.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the member, as called here")
    new.add_argument("--list-keeper", metavar="CARD", type=Path, required=True, help="the list keeper's card")
    new.add_argument("--replace", action="store_true", help="make another key than the one in this keyring")
    new.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the two files go")

    check = add_command(
        own,
        "check",
        run_check,
        help_="check that one is on the committed roll, and on an election's list",
        example="majlis credential check hilltop --as m1 --leaf stick/leaves/m1.leaf --election 16",
        more="The leaf is what the registrar handed back. A member who is visited, because the lot fell on their\n"
        "leaf, opens it: with the file and the key that is told here the visitor runs the same with --key, on their\n"
        "own machine, and sees that this member of this place stands on the roll. They learn no key of any vote.",
    )
    check.add_argument("body", metavar="BODY", help="where the member votes")
    add_voter(check)
    check.add_argument("--leaf", metavar="FILE", type=Path, help="what the registrar handed back")
    check.add_argument("--key", metavar="KEY", help="the key of a member who opens their leaf to you, with --leaf")
    check.add_argument("--election", metavar="ACT", help="the announcement: position or id")


def run_new(args: argparse.Namespace) -> int:
    """The member has a credential, and the two files are written."""
    from majlis.host.card import parse_card
    from majlis.host.chance import chance
    from majlis.host.credential import enrolment_of, make_credential, renew_credential, seal_listing
    from majlis.host.disk import write_file

    desk = Desk(args)
    body = desk.body()
    card = parse_card(args.list_keeper.read_bytes())
    path = desk.node.keyring_path(args.person)
    keyring = desk.keyring(args.person) if path.is_file() else desk.new_keyring(path, args.person)
    make = renew_credential if args.replace else make_credential
    entry = make(keyring, f"credential {body.slug}", body.identity, chance)
    files = [args.out / f"{args.person}.enrolment", args.out / f"{args.person}.listing"]
    write_file(files[0], enrolment_of(keyring, entry.name, body.identity, chance))
    write_file(files[1], seal_listing(keyring, entry.name, body.identity, card.key, chance))
    return desk.done(
        f"{args.person} votes in {body.slug} once enrolled: {files[0]} to the registrar, {files[1]} to the list keeper",
        point=entry.public,
        files=[str(file) for file in files],
    )


def run_check(args: argparse.Namespace) -> int:
    """The member is on roll and list. Raises: Forged, Missing, Refused."""
    from majlis.crypto import ED25519
    from majlis.host.ceremony import read_listing

    desk = Desk(args)
    said = []
    if args.leaf is not None:
        said.append(_check_leaf(desk))
    if args.election is not None:
        voted = Voted(desk)
        if not voted.election.credentials:
            raise Missing("that ballot's list is not published yet, in the copy that is here; take a newer one")
        listing = read_listing(desk.node.blobs.get(voted.election.credentials))
        if ED25519.raise_generator_secretly(voted.secret()) not in listing.points:
            raise Refused("your key is not on this list: tell the registrar, and your neighbours, before the box opens")
        who = args.person or "this card"
        said.append(f"{who} is one of the {len(listing.points)} on the anonymous list of that ballot")
    if not said:
        raise Missing("nothing to check: name --leaf, --election, or both")
    return desk.done("\n".join(said), checked=said)


def _check_leaf(desk: Desk) -> str:
    from majlis.crypto import ED25519
    from majlis.host.credential import check_leaf, credential_of, parse_leaf

    body, _, state = at_hand(desk)
    if bool(desk.args.person) == bool(desk.args.key):
        raise Malformed("whose leaf is it? name the member with --as, or with --key the key that they show with it")
    if state.roll is None:
        raise Missing(f"{body.slug} has committed to no roll in the copy that is here")
    key = desk.args.key
    if not key:
        keyring: Keyring = desk.keyring(desk.args.person)
        key = keyring.get(credential_of(keyring, body.identity)).public
    leaf = parse_leaf(desk.args.leaf.read_bytes())
    check_leaf(leaf, ED25519.read(key), body.identity, state.roll)
    who = desk.args.person or "whoever holds this key"
    return (
        f"{who} is one of the {state.roll.leaves} on the roll that was committed, as leaf {leaf.index} from 0, counted "
        f"in {leaf.place}; the key is {key}"
    )
