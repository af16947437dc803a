"""``majlis mirror``: records that somebody serves over HTTP are held here too."""

from __future__ import annotations

import argparse

from msgspec.structs import asdict

from majlis.cli.desk import Desk, add_command
from majlis.cli.words import taken_in_words


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``mirror``."""
    parser = add_command(
        commands,
        "mirror",
        run,
        help_="hold copies of the records that somebody serves over HTTP, each entry proven",
        example="majlis mirror http://hilltop.example:8000",
        more="It goes on where it stopped. Another history than the one held is refused, and the evidence kept.\n"
        "Exit codes: 0 all of it is here; 1 a record did not hold; 3 nobody answers there.",
    )
    parser.add_argument("url", metavar="URL", help="where a public folder or a data folder is served")
    parser.add_argument("--record", action="append", default=[], metavar="RECORD", help="only this one; repeat it")


def run(args: argparse.Namespace) -> int:
    """What grew is held; 1 when a record did not hold."""
    from majlis.host.fetching import fetch
    from majlis.host.http import Caller

    desk = Desk(args)
    taken = fetch(desk.node, Caller(args.url), only=args.record)
    for each in taken:
        desk.say(taken_in_words(each))
    return desk.ended(int(any(each.outcome == "refused" for each in taken)), "", records=[asdict(t) for t in taken])
