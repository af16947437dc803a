"""``majlis box``: what is done with a ballot box."""

from __future__ import annotations

import argparse

from majlis.cli.box_verify import add_verify

_EXAMPLE = """\
example:
  majlis box verify boxes/AjWtnR2jB8cWUt.bel
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
    add_verify(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))
