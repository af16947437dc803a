"""``majlis verify``: everything in a public folder, from its files alone."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from majlis.cli.plain import plain
from majlis.host.verify import Verdict, verify_folder

SHOWN = 200
EPILOG = """examples:
  majlis verify public --trust trust.txt
  majlis verify public --accept-unknown --json

exit codes: 0 sound; 1 a check failed; 2 cannot be read; 3 incomplete; 4 a box is not in canonical form;
5 consistent, but nothing pinned says whose records these are (--trust FILE, or --accept-unknown)"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify",
        help="verify a public folder: files, records, certificates, ballot boxes, plan",
        description="Checks SHA256SUMS first, then everything that proves itself. Nothing else is needed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the public folder")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="pinned identities, such as one's own committee's")
    parser.add_argument("--accept-unknown", action="store_true", help="take identities on faith, and say so")
    parser.add_argument("--json", action="store_true", help="print the whole verdict as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit code of the verdict."""
    trust = args.trust.read_bytes() if args.trust else None
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        verdict = verify_folder(args.path, trust=trust, accept_unknown=args.accept_unknown, map_=pool.map)
    if args.json:
        sys.stdout.write(msgspec.json.encode(verdict).decode() + "\n")
    else:
        print(as_text(verdict))
    return verdict.exit_code


def as_text(verdict: Verdict) -> str:
    """The verdict for people: the sentence first, then what was found, then what is void."""
    lines = [f"{verdict.verdict}: {verdict.summary}"]
    for finding in verdict.findings[:SHOWN]:
        place = " ".join(
            part
            for part in (
                finding.file,
                f"box {finding.box}" if finding.box and not finding.file else "",
                f"ballot {finding.ballot}" if finding.ballot else "",
                f"body {finding.body[:16]}" if finding.body else "",
                f"act {finding.index}" if finding.index is not None else "",
            )
            if part
        )
        rule = f" [{finding.rule}]" if finding.rule else ""
        lines.append(f"  {finding.kind}: {place or 'the folder'}: {finding.text}{rule}")
    lines += [
        f"  void: {void.slug} {void.index} {void.kind}: {void.text} [{void.rule}]" for void in verdict.void[:SHOWN]
    ]
    more = max(0, len(verdict.findings) - SHOWN) + max(0, len(verdict.void) - SHOWN)
    if more:
        lines.append(f"  and {more} more; --json lists all")
    return "\n".join(plain(line) for line in lines)
