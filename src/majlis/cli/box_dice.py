"""``majlis box dice``: the lot among tied candidates, thrown in public where too few trustees can draw it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from majlis.cli.box_vote import Voted
from majlis.cli.desk import Desk, add_command
from majlis.cli.signing import add_signing, write
from majlis.errors import Malformed

if TYPE_CHECKING:
    from majlis.host.node import Node

__all__ = ["register"]


def register(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``box dice``."""
    dice = add_command(
        own,
        "dice",
        run_dice,
        help_="state the dice that two bodies threw for the lot, where trustees are gone",
        example="majlis box dice hilltop 16 --throw hilltop=351624… --throw friends=126345… \\\n"
        "    --as tala --out stick/dice.act",
        more="Ten days after the close at the earliest, by the reference charter. All throw at once, in public, fifty\n"
        "dice or more for each body, and read them aloud in order. A teller, counter or list keeper whom each of\n"
        "these bodies sent signs: 'majlis act sign'. Whoever throws again after seeing the others has cheated.",
    )
    dice.add_argument("body", metavar="BODY", help="who votes")
    dice.add_argument("election", metavar="ELECTION", help="the announcement: position or id of its act")
    dice.add_argument(
        "--throw", metavar="BODY=DIGITS", action="append", required=True, help="what one body threw, in order"
    )
    add_signing(dice, author="anybody; those who threw sign too")


def run_dice(args: argparse.Namespace) -> int:
    """The dice are logged, or written to a file for the others to sign."""
    desk = Desk(args)
    voted = Voted(desk)
    throws = sorted(_throw(desk.node, each) for each in args.throw)
    data = {"election": voted.act, "throws": [{"of": of, "dice": digits} for of, digits in throws]}
    return write(desk, voted.body, voted.federation, "lot.dice", data)


def _throw(node: Node, text: str) -> tuple[str, str]:
    """The body that threw, by its identity, and its dice. Raises: Malformed, Missing."""
    name, _, read = text.partition("=")
    digits = "".join(read.split())
    if not name or not digits:
        raise Malformed(f"expected BODY=DIGITS, such as friends=351624…, got {text[:80]!r}")
    if set(digits) - set("123456"):
        raise Malformed(f"dice show 1 to 6; look at those of {name!r} again")
    if not 50 <= len(digits) <= 200:
        raise Malformed(f"each body throws from 50 to 200 dice, and {name!r} threw {len(digits)}")
    return (name if len(name) == 64 else node.body(name).identity), digits
