"""``majlis mirror``: records that somebody serves over HTTP are held here too."""

from __future__ import annotations

import argparse

from msgspec.structs import asdict

from majlis.cli.desk import Desk, add_command
from majlis.cli.words import taken_in_words
from majlis.errors import Refused


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``mirror``."""
    parser = add_command(
        commands,
        "mirror",
        run,
        help_="hold copies of the records that somebody serves over HTTP, each entry proven",
        example="majlis mirror http://hilltop.example:8000",
        more="It goes on where it stopped. Another history than the one held is refused, and the evidence kept. A\n"
        "folder that is served fetches by itself: 'majlis serve DIR --passphrase-file FILE --follow URL'.\n"
        "Exit codes: 0 all of it is here; 1 a record did not hold; 3 something that the records name is lacking, and\n"
        "is said, or nobody answers there.",
    )
    parser.add_argument("url", metavar="URL", help="where a public folder or a data folder is served")
    parser.add_argument("--record", action="append", default=[], metavar="RECORD", help="only this one; repeat it")


def run(args: argparse.Namespace) -> int:
    """What grew is held; 1 when a record did not hold, 3 when something is lacking.

    Raises: Refused, while the folder is served.
    """
    from majlis.host.fetching import fetch
    from majlis.host.http import Caller

    desk = Desk(args)
    try:
        taken = fetch(desk.node, Caller(args.url), only=args.record)
    except Refused as fault:
        if fault.rule == "R-STORE-3":
            fault.text = (
                f"{fault.text}. If it is 'majlis serve': that fetches by itself; start it with --follow {args.url}"
            )
        raise
    for each in taken:
        desk.say(taken_in_words(each))
    is_whole = not any(each.lacking for each in taken)
    code = 1 if any(each.outcome == "refused" for each in taken) else 0 if is_whole else 3
    return desk.ended(code, "", records=[asdict(t) for t in taken])
