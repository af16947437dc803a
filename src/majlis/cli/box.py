"""``majlis box``: what is done with a ballot box."""

from __future__ import annotations

import argparse

from majlis.cli.box_cast import add_casting
from majlis.cli.box_dice import add_dice
from majlis.cli.box_hints import add_hints
from majlis.cli.box_keep import add_keeping
from majlis.cli.box_report import add_report
from majlis.cli.box_verify import add_verify

_EXAMPLE = """\
examples:
  majlis box verify boxes/AjWtnR2jB8cWUt.bel
  majlis box new hilltop 16 --as amal
  majlis box cast hilltop 16 stick/m1.ballot
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``box`` with its own commands."""
    parser = commands.add_parser(
        "box",
        help="ballot boxes of secret votes",
        description="Ballot boxes in the format of Belenios.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_keeping(own)
    add_casting(own)
    add_dice(own)
    add_verify(own)
    add_hints(own)
    add_report(own)
