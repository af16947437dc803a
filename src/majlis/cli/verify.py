"""``majlis verify``: everything in a public folder, from its files alone."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from majlis.errors import Malformed, plain
from majlis.host.clock import SystemClock
from majlis.host.disk import write_file
from majlis.host.trust import updated_trust
from majlis.host.verdict import Looked
from majlis.host.verify import Verdict, verify_folder
from majlis.institutions.charter import DAY

SHOWN = 200
EPILOG = """examples:
  majlis verify public --trust trust.txt
  majlis verify public --trust trust.txt --update
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
    parser.add_argument(
        "--update",
        action="store_true",
        help="where all is sound, note in the trust file how far each record goes; an older copy fails from then on",
    )
    parser.add_argument("--accept-unknown", action="store_true", help="take identities on faith, and say so")
    parser.add_argument("--json", action="store_true", help="print the whole verdict as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit code of the verdict."""
    if args.update and not args.trust:
        raise Malformed("--update writes to the trust file; name it with --trust FILE")
    trust = args.trust.read_bytes() if args.trust else None
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        verdict = verify_folder(
            args.path, trust=trust, accept_unknown=args.accept_unknown, now=SystemClock().now(), map_=pool.map
        )
    if args.json:
        sys.stdout.write(msgspec.json.encode(verdict).decode() + "\n")
    else:
        print(as_text(verdict))
    if args.update and trust is not None:
        _update(args.trust, trust, verdict)
    return verdict.exit_code


def _update(path: Path, trust: bytes, verdict: Verdict) -> None:
    """What was seen is in the trust file, if all was sound; which of the two is said beside the verdict."""
    if not verdict.ok:
        print(plain(f"{path} stays as it was, since this is '{verdict.verdict}'"), file=sys.stderr)
        return
    write_file(path, updated_trust(trust, verdict), mode=path.stat().st_mode & 0o777)
    print(plain(f"{path} notes how far each record goes; an older copy will fail"), file=sys.stderr)


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
    lines += [f"  record: {_seen(record)}" for record in verdict.records[:SHOWN]]
    more = sum(max(0, len(listed) - SHOWN) for listed in (verdict.findings, verdict.void, verdict.records))
    if more:
        lines.append(f"  and {more} more; --json lists all")
    return "\n".join(plain(line) for line in lines)


def _seen(record: Looked) -> str:
    """How far one record goes, in words."""
    if record.tick is None:
        return f"{record.slug} has {record.size:,} entries and no tick yet"
    when = datetime.fromtimestamp(record.tick, UTC).strftime("%Y-%m-%d %H:%M UTC")
    age = "" if record.age is None else f", {_days(record.age)} ago"
    return f"{record.slug} has {record.size:,} entries, newest tick {when}{age}"


def _days(seconds: int) -> str:
    days = max(0, seconds) // DAY
    return "less than a day" if days < 1 else f"{days} day{'s' if days > 1 else ''}"
