"""``majlis demo``: the whole life of a federation, played on a real census."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from majlis.census import parse_places
from majlis.demo.story import Story, tell_story
from majlis.demo.tell import ConsoleTeller
from majlis.errors import Malformed

EPILOG = """examples:
  majlis demo
  majlis demo --group Aleppo --members 40 --out aleppo-demo
  majlis demo --places places.csv --per 5000 --all

It leaves OUT/public (all that a stranger needs), OUT/trust.txt (one pinned identity) and OUT/private (one encrypted
keyring with every key of this run)."""

EXAMPLE = Path("examples/syria/places.csv")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="play the whole life of a federation on a real census, and verify it",
        description="Plans seats for a whole country, then founds and lives the federation of one governorate: "
        "elections, an assembly, mandates, a recall, seven betrayals, and a proof from public files alone.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--places", type=Path, metavar="FILE", help=f"census table (default: {EXAMPLE})")
    parser.add_argument("--per", type=int, default=10_000, metavar="N", help="inhabitants for one delegate (10000)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--group", default="Idlib", metavar="G", help="the group of places that is played (Idlib)")
    which.add_argument("--all", action="store_true", help="play the whole census")
    parser.add_argument("--members", type=int, default=60, metavar="M", help="members on each demonstration roll (60)")
    parser.add_argument(
        "--out", type=Path, default=Path("majlis-demo"), metavar="DIR", help="folder to make (majlis-demo)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when all of it held and was verified."""
    begun = time.monotonic()
    if not 30 <= args.members <= 5000:
        raise Malformed("a demonstration roll has 30 to 5000 members, so that boxes reach the charter's minimum")
    table = args.places or find_example()
    source = table.read_bytes()
    try:
        places = parse_places(source)
    except Malformed as fault:
        raise fault.at(str(table)) from None
    story = Story(
        places=places,
        source=source,
        arabic=read_names(table.with_name("names-ar.csv")),
        quota=args.per,
        group=None if args.all else args.group,
        members=args.members,
        out=args.out,
        workers=max(2, os.cpu_count() or 2),
    )
    tell = ConsoleTeller()
    told = tell_story(story, tell)
    tell.chapter("Done" if told.held else "Something did not hold")
    tell.say(f"{time.monotonic() - begun:.0f} seconds. What is left:")
    tell.say(
        f"{told.public}/    all that a stranger needs; verify it: majlis verify {told.public} --trust {told.trust}"
    )
    tell.say(f"{told.public}/pages/index.html    the page to open; or live: majlis serve {told.public}")
    tell.say(f"{args.out}/private/    every key of this run, in one keyring; its passphrase: {told.passphrase}")
    sys.stdout.flush()
    return 0 if told.held else 1


def find_example() -> Path:
    """The census shipped beside the source tree."""
    for folder in (Path.cwd(), *Path(__file__).resolve().parents):
        if (folder / EXAMPLE).is_file():
            return folder / EXAMPLE
    raise Malformed(f"the example census {EXAMPLE} is not here; name a table with --places FILE")


def read_names(path: Path) -> dict[str, str]:
    """Names by place id or group name, from a table ``id,name`` beside the census; empty where there is none.

    Raises: Malformed naming the line.
    """
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise Malformed(f"names are UTF-8 text; byte {error.start} is not", where=str(path)) from None
    rows = [(number, line) for number, line in enumerate(lines, start=1) if line and not line.startswith("#")]
    for number, line in rows[1:]:
        key, comma, name = line.partition(",")
        if not comma or not key or not name or "," in name:
            raise Malformed("expected two fields, id and name", where=f"{path}, line {number}")
        found[key] = name
    return found
