"""``majlis credential card``: printed voting cards, for members without a phone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.desk import PERSON, Desk, add_command
from majlis.cli.signing import at_hand
from majlis.errors import Fault, Malformed, Missing

if TYPE_CHECKING:
    from majlis.crypto import SigningKey
    from majlis.host.cards import Printed

__all__ = ["add_cards", "sole_key"]


def add_cards(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``card`` with its own commands."""
    parser = own.add_parser("card", help="printed voting cards, for members without a phone")
    cards = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    printed = add_command(
        cards,
        "print",
        run_print,
        help_="make one half of a set of cards: a page to print, and the files that enrol it",
        example="majlis credential card print hilltop --half a --cards 20 --ballots 12 \\\n"
        "    --list-keeper stick/lina.card --as tala --out stick",
        more="Another printer of another office makes the other half, by the same copy of the record. HALF.html is\n"
        "printed and destroyed: the codes are nowhere else. Both halves of a number go into one envelope, the\n"
        "number outside; members draw from the pile. HALF.cards goes to the registrar, HALF.listing to the list\n"
        "keeper, who alone can open it.",
    )
    printed.add_argument("body", metavar="BODY", help="where the cards vote")
    printed.add_argument("--half", choices=("a", "b"), required=True, help="which of the two you print")
    printed.add_argument("--cards", metavar="N", type=int, required=True, help="how many cards")
    printed.add_argument("--first", metavar="N", type=int, default=1, help="the number of the first card (1)")
    printed.add_argument("--ballots", metavar="N", type=int, default=12, help="codes for so many next ballots (12)")
    printed.add_argument("--petitions", metavar="N", type=int, default=3, help="and for so many petitions (3)")
    printed.add_argument("--list-keeper", metavar="CARD", type=Path, required=True, help="the list keeper's card")
    printed.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the printer")
    printed.add_argument("--out", metavar="DIR", type=Path, required=True, help="where page and files go")

    enrol = add_command(
        cards,
        "enrol",
        run_enrol,
        help_="put the member who drew a card on the private roll",
        example="majlis credential card enrol hilltop 7 stick/a.cards stick/b.cards --called m13 --as rima",
        more="Then the roll is committed: 'majlis credential roll'.",
    )
    enrol.add_argument("body", metavar="BODY", help="whose roll")
    enrol.add_argument("serial", metavar="NUMBER", type=int, help="the number on the envelope")
    enrol.add_argument("halves", metavar="FILE", type=Path, nargs=2, help="what both printers handed over")
    enrol.add_argument("--called", metavar="WORD", required=True, help="the member's word on the roll, such as m13")
    enrol.add_argument("--place", metavar="PLACE", help="where the member is counted (the body's slug)")
    enrol.add_argument("--named", metavar="NAME", help="who it is, for the encrypted roll alone")
    enrol.add_argument("--replace", action="store_true", help="instead of what this member had before, which dies")
    enrol.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the registrar")

    keep = add_command(
        cards,
        "keep",
        run_keep,
        help_="take a set of cards into the list keeper's book, which has no names",
        example="majlis credential card keep hilltop stick/a.listing stick/b.listing --as lina",
    )
    keep.add_argument("body", metavar="BODY", help="whose members")
    keep.add_argument("halves", metavar="FILE", type=Path, nargs=2, help="what both printers sealed to you")
    keep.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the list keeper")


def sole_key(desk: Desk, what: str) -> SigningKey:
    """The one key of ``--as``. ``what``: for what it is needed. Raises: Missing."""
    keys = [entry.signing_key() for entry in desk.keyring(desk.args.person).entries() if entry.kind == PERSON]
    if len(keys) != 1:
        raise Missing(f"{what} takes one key, and {desk.args.person!r} has {len(keys)}")
    return keys[0]


def run_print(args: argparse.Namespace) -> int:
    """The page and both files are there."""
    from majlis.cli.card_sheet import format_sheets
    from majlis.host.card import parse_card
    from majlis.host.cards import labels_for, print_half
    from majlis.host.chance import chance
    from majlis.host.disk import write_file
    from majlis.institutions.words import format_words

    desk = Desk(args)
    body, _, state = at_hand(desk)
    if args.first < 1 or args.ballots < 1 or args.petitions < 0:
        raise Malformed("cards are numbered from 1, and carry codes for a ballot at least")
    labels = labels_for(state, args.ballots, args.petitions)
    sheets, named, listed = print_half(
        body.identity,
        args.half,
        range(args.first, args.first + args.cards),
        labels,
        printer=sole_key(desk, "signing a set of cards"),
        list_keeper=parse_card(args.list_keeper.read_bytes()).key,
        chance=chance,
    )
    page = format_sheets(sheets, names=body.names, words=" ".join(format_words(body.identity)), half=args.half)
    files = {suffix: args.out / f"{args.half}.{suffix}" for suffix in ("html", "cards", "listing")}
    write_file(files["html"], page.encode(), mode=0o600)
    write_file(files["cards"], named)
    write_file(files["listing"], listed)
    return desk.done(
        f"print {files['html']} and destroy it: it holds every code of half {args.half.upper()}, for {labels[0]} and "
        f"what follows; {files['cards']} goes to the registrar, {files['listing']} to the list keeper",
        cards=args.cards,
        labels=list(labels),
        files=[str(file) for file in files.values()],
    )


def run_enrol(args: argparse.Namespace) -> int:
    """The member is on the roll with this card. Raises: Malformed, Forged, Refused, Missing."""
    from majlis.ballot import CODE_ROLL
    from majlis.crypto import ED25519
    from majlis.host.cards import check_printers, join_halves, read_half
    from majlis.host.chance import chance
    from majlis.host.credential import Enrolment
    from majlis.host.roll import enrol, members

    desk = Desk(args)
    body, _, state = at_hand(desk)
    halves = []
    for path in args.halves:
        try:
            halves.append(read_half(path.read_bytes(), body.identity))
        except Fault as fault:
            raise fault.at(str(path)) from None
    check_printers(state, [printer for _, printer in halves])
    (card,) = join_halves(halves[0][0], halves[1][0], [args.serial])
    point = ED25519.format(card.points[CODE_ROLL])
    enrolment = Enrolment(format="majlis-enrolment/1", body=body.identity, point=point, challenge="", response="")
    roll = desk.private_book(desk.node.folder / "rolls" / f"{body.slug}.json", args.person)
    place, named = args.place or body.slug, args.named or ""
    new = enrol(roll, [(args.called, enrolment)], place, chance, named=named, replacing=args.replace)
    number = len(members(roll))
    return desk.done(
        f"{args.called} votes with card {args.serial}; {number} are on the roll; the key is {point}. Commit the "
        "roll: majlis credential roll",
        new=new,
        members=number,
        point=point,
    )


def run_keep(args: argparse.Namespace) -> int:
    """The cards are in the book. Raises: Malformed, Forged, Refused."""
    from majlis.host.cards import card_entry, check_printers, join_halves, open_half
    from majlis.host.chance import chance

    desk = Desk(args)
    body, _, state = at_hand(desk)
    key = sole_key(desk, "opening a listing")
    halves: list[tuple[Printed, str]] = []
    for path in args.halves:
        try:
            halves.append(open_half(path.read_bytes(), key, body.identity))
        except Fault as fault:
            raise fault.at(str(path)) from None
    check_printers(state, [printer for _, printer in halves])
    book = desk.private_book(desk.node.folder / "lists" / f"{body.slug}.json", args.person)
    entries = [card_entry(card, body.identity) for card in join_halves(halves[0][0], halves[1][0])]
    new = [entry for entry in entries if entry.name not in book.names()]
    if new:
        book.add(*new, chance=chance)
    return desk.done(f"{len(new)} new cards in the book, {len(book.names())} keys in all", new=len(new))
