"""``majlis publish``: the public folder of a data folder, with its pages, for any web server or a stick."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from majlis.host.exchange import give_cosigned
from majlis.host.node import Node
from majlis.host.publish import write_sums
from majlis.site.export import export
from majlis.site.folder import FolderSource

EPILOG = """example:
  majlis publish public --data hilltop

It writes what mirrors have cosigned, opens no key, and leaves what is published already in its place."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "publish",
        help="write what mirrors have cosigned, with its pages, into a public folder",
        description="Writes records, blobs, ballot boxes and pages in English and Arabic into OUT.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the public folder, made or brought up to date")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder (MAJLIS_DATA_DIR, or ./majlis-data)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when the folder is whole. Raises: Missing when there is no data folder."""
    folder = args.data or Path(os.environ.get("MAJLIS_DATA_DIR", "majlis-data"))
    records, pages = publish(folder, args.out)
    print(f"{args.out}: {records} records, {pages} pages. Open {args.out}/pages/index.html")
    return 0


def publish(folder: Path, out: Path) -> tuple[int, int]:
    """``out`` holds what is cosigned in the data folder, with pages; returns how many records and pages."""
    given = give_cosigned(Node(folder), out)
    pages = export(FolderSource(out), out / "pages")
    write_sums(out)
    return len(given), pages
