"""``majlis box``: what is done with a ballot box."""

from __future__ import annotations

import argparse

from majlis.cli.commands import Entry, Table, add_commands

_EXAMPLE = """\
examples:
  majlis box verify boxes/AjWtnR2jB8cWUt.bel
  majlis box new hilltop 16 --as amal
  majlis box cast hilltop 16 stick/m1.ballot
"""

_COMMANDS: Table = {
    "new": Entry("majlis.cli.box_keep", "set the box up from the acts alone, and open it"),
    "head": Entry("majlis.cli.box_keep", "log how far the box has come, so that no ballot can be dropped unseen"),
    "close": Entry("majlis.cli.box_keep", "close the box; the objection window begins"),
    "result": Entry("majlis.cli.box_keep", "open the total and publish the result"),
    "shuffle": Entry("majlis.cli.box_keep", "add the trustees' shuffles of ranked votes to the box, each checked"),
    "tally": Entry("majlis.cli.box_keep", "add the encrypted sum to the closed box"),
    "decrypt": Entry("majlis.cli.box_keep", "add what the trustees have shown to the box, each share checked"),
    "seal": Entry("majlis.cli.box_cast", "seal a member's ballot on their own device"),
    "cast": Entry(
        "majlis.cli.box_cast", "put ballots into the box, each verified first; or seal one and put it in at once"
    ),
    "show": Entry("majlis.cli.box_cast", "show how far a ballot box has come, or what became of one ballot"),
    "object": Entry(
        "majlis.cli.box_cast", "object, after the close, that the ballot which counts is not the one you cast"
    ),
    "dice": Entry("majlis.cli.box_dice", "state the dice that two bodies threw for the lot, where trustees are gone"),
    "verify": Entry("majlis.cli.box_verify", "check a ballot box from its first byte to its last"),
    "hints": Entry("majlis.cli.box_hints", "make hints, with which a box is verified much faster"),
    "report": Entry("majlis.cli.box_report", "say in words what was checked, and what is left to trust"),
}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``box`` with its own commands."""
    parser = commands.add_parser(
        "box",
        help="ballot boxes of secret votes",
        description="Ballot boxes in the format of Belenios.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_commands(parser, _COMMANDS, is_required=True)
