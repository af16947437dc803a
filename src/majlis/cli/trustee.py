"""``majlis trustee``: what a trustee of a secret ballot does alone, on their own machine, after looking themselves."""

from __future__ import annotations

import argparse

from majlis.cli import trustee_key, trustee_open
from majlis.cli.desk import add_command
from majlis.cli.signing import add_signing

STEPS = (
    (
        "key",
        trustee_key.run,
        "take the next step towards the key of one election",
        "Where all trustees are needed that is one step. Where fewer are, they make the key together in four, each "
        "once all have taken the one before: run it again whenever the record has grown.",
    ),
    (
        "accuse",
        trustee_key.run_accuse,
        "show that another trustee dealt a false value, so that the ballot is announced anew without them",
        "What they dealt is checked before; an accusation that is not true is not signed.",
    ),
    (
        "shuffle",
        trustee_open.run_shuffle,
        "shuffle the ranked votes of a closed box, so that no ranking leads to a ballot",
        "The box and every shuffle before are verified here first.",
    ),
    (
        "commit",
        trustee_open.run_commit,
        "commit to one's part of the opening, once the box is closed and the objection window is over",
        "The box is verified here first: every ballot, the tally, the shuffles, and that the acts speak of it.",
    ),
    (
        "decrypt",
        trustee_open.run_decrypt,
        "show what one has committed to, once as many trustees as are needed have committed",
        "It opens the total and no single ballot, as long as not as many trustees as are needed want to open one.",
    ),
    ("lot", trustee_open.run_lot, "give one's share of the public lot, where candidates are tied", ""),
    (
        "forget",
        trustee_open.run_forget,
        "destroy the secret of a finished ballot in this keyring, and say so in the record",
        "Who has enough of these secrets opens single ballots, even years later. Copies on paper, on sticks and in "
        "backups are yours to destroy: sign only when they are gone.",
    ),
)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``trustee`` with its own commands."""
    parser = commands.add_parser("trustee", help="a trustee's part in a secret ballot")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, run, text, more in STEPS:
        command = add_command(
            own,
            name,
            run,
            help_=text,
            example=f"majlis trustee {name} hilltop 16 --as theo --out stick/theo.act",
            more=more,
        )
        command.add_argument("body", metavar="BODY", help="who votes")
        command.add_argument("election", metavar="ELECTION", help="the announcement: position or id of its act")
        if name == "accuse":
            command.add_argument("--trustee", type=int, metavar="N", required=True, help="their number, from 1")
        add_signing(command, author="the trustee")
