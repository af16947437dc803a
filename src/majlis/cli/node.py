"""``majlis node``: the data folder of one machine, and the records carried to and from it."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from majlis.cli.desk import Desk, add_command, at, folder_of
from majlis.cli.words import taken_in_words
from majlis.errors import Refused

if TYPE_CHECKING:
    from majlis.host.exchange import Taken

DAY = 86_400
# The practice clock begins here wherever nobody says otherwise: 2026-11-21.
PRACTICE_START = 1_795_219_200


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``node`` with its own commands."""
    parser = commands.add_parser("node", help="the data folder of one machine, and records carried on a stick")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    new = add_command(
        own, "new", run_new, help_="make a data folder", example="majlis node new --keeper amal --data hilltop"
    )
    new.add_argument("--keeper", metavar="PERSON", required=True, help="whose keyring holds this host's own keys")
    new.add_argument(
        "--practice-clock",
        metavar="FILE",
        type=Path,
        help="practise: a clock that moves only with 'majlis node wait'; folders may share the file",
    )

    add_command(own, "show", run_show, help_="show who and what is known in this folder", example="majlis node show")

    wait = add_command(own, "wait", run_wait, help_="let days pass on the practice clock", example="majlis node wait 8")
    wait.add_argument("days", metavar="DAYS", type=_days, help="how many")

    give = add_command(
        own,
        "give",
        run_give,
        help_="write the records of this folder, with their blobs and boxes, to a public folder",
        example="majlis node give stick/public",
        more="Newer entries than the mirrors cosigned are given too, so that mirrors can cosign them; the keeper\n"
        "signs the checkpoint. With --cosigned only what mirrors cosigned is given: what others may act on.\n"
        "While the folder is served, only that may sign: what mirrors cosigned is given, and what is not among it is\n"
        "said (exit code 3).",
    )
    give.add_argument("public", metavar="DIR", type=Path, help="the public folder, on a stick for example")
    give.add_argument("--cosigned", action="store_true", help="only what mirrors cosigned")

    take = add_command(
        own,
        "take",
        run_take,
        help_="keep copies of the records in a public folder, each checked before it is kept",
        example="majlis node take stick/public",
        more="Where charter keys moved a record and it goes on without what only this folder held, that is left, if\n"
        "nothing safe is lost by it: it stays in evidence/, and its acts in outbox/, to be handed in again unchanged.",
    )
    take.add_argument("public", metavar="DIR", type=Path, help="the public folder")

    pin = add_command(
        own,
        "pin",
        run_pin,
        help_="write a trust file: whose identity 'majlis verify --trust' starts from",
        example="majlis node pin hilltop --out trust.txt",
        more="Pin only what you compared, word by word, with somebody of that body.",
    )
    pin.add_argument("bodies", metavar="BODY", nargs="+", help="bodies known here")
    pin.add_argument("--out", metavar="FILE", type=Path, required=True, help="the trust file")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= 3650):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 to 3650")
    return int(text)


def run_new(args: argparse.Namespace) -> int:
    """The data folder is there."""
    from majlis.host.node import Node
    from majlis.host.practice import PracticeClock

    folder = folder_of(args)
    if args.practice_clock is not None:
        PracticeClock.create(args.practice_clock, PRACTICE_START)
    Node.create(folder, keeper=args.keeper, practice_clock=args.practice_clock)
    desk = Desk(args)
    return desk.done(
        f"{folder} is a data folder, kept by {args.keeper}; next: majlis key new {args.keeper}",
        folder=str(folder),
        keeper=args.keeper,
    )


def run_show(args: argparse.Namespace) -> int:
    """What the folder knows: people, bodies, how far their records are here and cosigned, and what they lack."""
    from majlis.host.gathering import lacks_of, says
    from majlis.institutions.words import format_words
    from majlis.record import parse_checkpoint, parse_note

    desk = Desk(args)
    federation, lacks = desk.node.federation(), lacks_of(desk.node)
    rows, lines = [], [f"kept by {desk.node.keeper}; people here: {', '.join(desk.node.people()) or 'nobody yet'}"]
    for body in desk.node.bodies:
        note = desk.node.checkpoint(body.identity)
        cosigned = parse_checkpoint(parse_note(note).text).size if note else 0
        size = len(federation.records[body.identity].entries)
        words = " ".join(format_words(body.identity))
        lines.append(
            f"{body.slug}: {size} entries, {cosigned} in its newest cosigned checkpoint; "
            f"{'kept here' if body.is_hosted else 'a copy'}\n  {words}"
        )
        if body.is_hosted and cosigned < size:
            lines.append(
                f"  {size - cosigned} of them on this machine only; have the mirrors take them ('majlis tick')"
                if cosigned
                else "  no mirror holds this record: setting it up is NOT finished ('majlis found start' says how)"
            )
        lacking = lacks.of(federation, body.identity)
        if lacking:
            lines.append(f"  LACKING here, safe or not: {says(lacking)}")
            lines.append("  'majlis mirror URL' fetches it from whoever has it; 'majlis serve --follow URL' by itself")
        rows.append(
            {
                "slug": body.slug,
                "identity": body.identity,
                "words": words,
                "origin": body.origin,
                "hosted": body.is_hosted,
                "entries": size,
                "cosigned": cosigned,
                "lacking": {
                    "texts": [{"index": text.index, "hash": text.digest} for text in lacking.texts],
                    "boxes": list(lacking.boxes),
                    "unjudged": lacking.unjudged,
                },
            }
        )
    return desk.done("\n".join(lines), keeper=desk.node.keeper, people=list(desk.node.people()), bodies=rows)


def run_wait(args: argparse.Namespace) -> int:
    """The practice clock has moved. Raises: Refused, with a real clock."""
    desk = Desk(args)
    if desk.node.practice is None:
        raise Refused("here the clock is real, and days pass by themselves; only a practice clock can be moved")
    now = desk.node.practice.advance(args.days * DAY)
    return desk.done(
        f"the practice clock shows {at(now)}; a record knows of it at its next tick, with 'majlis tick'", time=now
    )


def run_give(args: argparse.Namespace) -> int:
    """The public folder holds what is known here."""
    from majlis.host.exchange import give, give_cosigned

    desk = Desk(args)
    if args.cosigned:
        given = give_cosigned(desk.node, args.public)
    else:
        try:
            with desk.node.hosting(desk.keeper()) as host:
                given = give(desk.node, host, args.public)
        except Refused as fault:
            if fault.rule != "R-STORE-3":
                raise
            return _give_beside(desk, args.public)
    slugs = [body.slug for body in given]
    return desk.done(f"{args.public} holds {', '.join(slugs)}", folder=str(args.public), bodies=slugs)


def _give_beside(desk: Desk, public: Path) -> int:
    """What was signed so far is given beside whoever writes here; 3 where something is not among it."""
    from majlis.host.exchange import give_beside

    left = give_beside(desk.node, public)
    text = f"another program writes here ('majlis serve'); {public} holds what was cosigned before"
    if left:
        text += "".join(f"\n  {slug}: {count} newer entries are NOT in it" for slug, count in left.items())
        text += "\nonly that program may sign them: wait for its next tick, or stop it and give again"
    return desk.ended(
        3 if left else 0, text, folder=str(public), bodies=[each.slug for each in desk.node.bodies], left=left
    )


def run_take(args: argparse.Namespace) -> int:
    """What grew is kept; 1 when a record of the folder did not hold."""
    from majlis.host.exchange import take

    desk = Desk(args)
    taken = take(desk.node, args.public)
    if any(each.is_parted for each in taken):
        taken = _leave(desk, args.public, taken)
    for each in taken:
        desk.say(taken_in_words(each))
    return desk.ended(int(any(each.outcome == "refused" for each in taken)), "", records=[asdict(t) for t in taken])


def _leave(desk: Desk, public: Path, taken: list[Taken]) -> list[Taken]:
    """Where a record goes on without what only this folder held, and nothing safe is lost by it, it is followed.

    A witness that cosigned what is left cosigns anew, so its keeper is asked for the passphrase then.
    """
    from majlis.cli.witness import open_witness
    from majlis.host.leaving import leave_all

    with ExitStack() as now:
        if (desk.node.folder / "witness" / "witness.db").is_file():
            store, mirror = now.enter_context(open_witness(desk))
            done = leave_all(desk.node, store, mirror, public, taken)
        else:
            done = leave_all(desk.node, now.enter_context(desk.node.writing()), None, public, taken)
    return [done.get(each.identity, each) for each in taken]


def run_pin(args: argparse.Namespace) -> int:
    """The trust file is written."""
    from majlis.host.disk import write_file
    from majlis.host.trust import format_trust
    from majlis.institutions.words import format_words

    desk = Desk(args)
    bodies = [desk.node.body(name) for name in args.bodies]
    write_file(args.out, format_trust(body.identity for body in bodies).encode())
    lines = [f"{body.slug}: {' '.join(format_words(body.identity))}" for body in bodies]
    text = "\n  ".join([f"{args.out} pins:", *lines])
    return desk.done(text, file=str(args.out), identities=[body.identity for body in bodies])
