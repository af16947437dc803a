"""``majlis seats heads``: the newest heads of the districts' records are shown in the assembly's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.desk import Desk, add_command
from majlis.cli.signing import add_signing, at_hand, hand_in, prepare
from majlis.errors import Missing

if TYPE_CHECKING:
    from majlis.host.federation import Federation
    from majlis.institutions import State


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``heads`` of ``seats``."""
    heads = add_command(
        commands,
        "heads",
        run_heads,
        help_="show the assembly the newest heads of its districts' records, so that a roll call can be closed",
        example="majlis seats heads assembly --as amal",
        more="Of every member of whose record a newer safe checkpoint is held here than was shown. Whom it shows\n"
        "recalled sits no longer. Take newer copies first: 'majlis node take' or 'majlis mirror'. Where the\n"
        "assembly's record is kept elsewhere, name a new folder with --out, and hand its files in there:\n"
        "'majlis act submit'.",
    )
    heads.add_argument("body", metavar="ASSEMBLY", help="whose members")
    add_signing(heads, author="anybody")


def run_heads(args: argparse.Namespace) -> int:
    """Every newer head is shown, or its act written to the folder ``--out``. Raises: Missing, where there is none."""
    from majlis.host.heads import KIND, newer_heads

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    due = list(newer_heads(desk.node, federation, state))
    if not due:
        raise Missing(_nothing(desk, federation, state))
    files = [
        (identity, prepare(desk, body, federation, KIND, {"body": identity, "checkpoint": note.decode()}))
        for identity, note, _, _ in due
    ]
    if not args.out:
        return hand_in(desk, body, [file for _, file in files])
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    names = {known.identity: known.slug for known in desk.node.bodies}
    for identity, file in files:
        file.write(folder / f"head-{names.get(identity, identity[:16])}.act")
    return desk.done(
        f"{len(files)} acts written to {folder}; hand them in with 'majlis act submit {folder}/*.act'",
        acts=[file.act.id for _, file in files],
        folder=str(folder),
    )


def _nothing(desk: Desk, federation: Federation, state: State) -> str:
    """Why there is no head to show, and what to do."""
    members = [identity for identity, member in state.bodies.items() if member.left is None]
    unknown = [identity for identity in members if identity not in federation.records]
    unsafe = [identity for identity in members if identity not in unknown and not desk.node.checkpoint(identity)]
    if not members:
        return "that body has no members of whose records heads could be shown"
    if unknown or unsafe:
        return (
            f"of {len(unknown)} of its {len(members)} members there is no copy here, and of {len(unsafe)} none that "
            "their mirrors cosigned; take them with 'majlis node take' or 'majlis mirror', and again"
        )
    return "no newer head of any member's record is held here than was shown; take newer copies, and again"
