"""``majlis bundle`` and ``majlis import``: records in one file, on a stick, from hand to hand."""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from majlis.cli.vkeys import add_vkeys, read_vkeys
from majlis.errors import Fault, Malformed

if TYPE_CHECKING:
    from majlis.host.receive import Received

_BUNDLE: Final = """\
examples:
  majlis bundle public -o friday.majlis
  majlis bundle public -o update.majlis --from 812 --from hilltop=256

Without --from everything is carried, and the file unzipped under a web server is a mirror. With --from only what is new
since that size, for receivers who have it; several sizes serve several receivers, and the smallest decides.
Acts with what they name, receipts and proofs that lie in inbox/, receipts/ and proofs/ of the folder travel too; others
are added with --add, such as an act in a file that some command wrote with --out, or what 'majlis outbox' keeps.
A mirror answers a bundle by mail: 'majlis witness answer friday.majlis --out answer.majlis'.
With --split 20MB it becomes friday-1-of-3.majlis and so on, for mails: import them one after the other, the first part
first. A ballot box is never cut, so a part may be larger than asked for.
Exit codes: 0 written; 1 the folder does not hold; 2 usage; 3 something is missing.
"""

_IMPORT: Final = """\
examples:
  majlis import friday.majlis --into public
  majlis import friday.majlis --into public \\
      --vkey camp.example/log+cf9034cd+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4

Everything is judged before it is kept, against what the folder holds; a smaller or another history never replaces it.
A file that was cut short gives what arrived of it: run the same again with a whole copy, or with another stick.
Then 'majlis verify public' says what the records mean, and 'majlis node take public' keeps copies in a data folder.
Acts that are not logged yet lie in public/inbox: whoever keeps their record logs them with
'majlis act submit public/inbox', anybody else at a served host with --url.
Exit codes: 0 all of it is here; 1 something was false, or a FORK was found (evidence in public/evidence); 2 no bundle;
3 something is lacking, and the rest is kept.
"""

_SIZE: Final = re.compile(r"([0-9]{1,12})(?:([kKmMgG])?[bB])?")

_SAID: Final = {
    "new": "new, {size} entries",
    "grown": "grown from {held} to {size} entries",
    "same": "the same, {size} entries",
    "older": "the bundle has fewer entries than the {size} here; nothing changed",
    "cosigned": "{size} entries as before, with new cosignatures",
    "waiting": "{size} entries; {text}",
    "refused": "REFUSED: {text}",
    "fork": "FORK: {text}",
}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands ``bundle`` and ``import``."""
    bundle = commands.add_parser(
        "bundle",
        help="put the records of a public folder into one file for a stick",
        description="Put the records of a public folder into one .majlis file.",
        epilog=_BUNDLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bundle.add_argument("public", type=Path, metavar="PUBLIC", help="the public folder")
    bundle.add_argument("-o", "--out", type=Path, metavar="FILE", required=True, help="the file, such as friday.majlis")
    bundle.add_argument(
        "--from",
        dest="since",
        action="append",
        default=[],
        metavar="[RECORD=]SIZE",
        help="carry what is new since this size; may be repeated",
    )
    bundle.add_argument("--record", action="append", default=[], metavar="RECORD", help="only this record, by its slug")
    bundle.add_argument(
        "--add", action="append", default=[], type=Path, metavar="FILE", help="an act, receipt or proof to carry along"
    )
    bundle.add_argument("--split", metavar="SIZE", help="in parts of at most this size each, such as 20MB, for mails")
    bundle.add_argument("--json", action="store_true", help="print JSON")
    bundle.set_defaults(run=run_bundle)

    taken = commands.add_parser(
        "import",
        help="take a .majlis file into a public folder",
        description="Take what a .majlis file brings into a public folder, each thing judged first.",
        epilog=_IMPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    taken.add_argument("file", type=Path, metavar="FILE", help="the bundle")
    taken.add_argument("--into", type=Path, metavar="DIR", required=True, help="the public folder; made where none is")
    add_vkeys(taken)
    taken.add_argument("--json", action="store_true", help="print JSON")
    taken.set_defaults(run=run_import)


def run_bundle(args: argparse.Namespace) -> int:
    """The file is written."""
    from majlis.host.bundle import loose_members, make_bundle, make_parts

    if (args.public / "node.json").exists():
        raise Malformed(
            "this is a data folder; write a public one first, also while it is served: 'majlis publish public --data "
            f"{args.public}', and bundle that",
            where=str(args.public),
        )
    every, single = _since(args.since)
    extra: dict[str, bytes] = {}
    for path in args.add:
        try:
            extra |= loose_members(path)
        except Fault as fault:
            raise (fault if fault.where else fault.at(str(path))) from None
    if args.split is not None:
        made, parts = make_parts(
            args.public, args.out, _size(args.split), since=single, every_since=every, only=args.record, extra=extra
        )
    else:
        made = make_bundle(args.public, args.out, since=single, every_since=every, only=args.record, extra=extra)
        parts = [args.out]
    if args.json:
        facts = {
            "ok": True,
            "file": str(args.out),
            "parts": [str(part) for part in parts],
            "size": made.size,
            "members": made.members,
            "blobs": made.blobs,
            "boxes": made.boxes,
            "loose": made.loose,
            "records": [
                {"slug": record.slug, "origin": record.origin, "from": record.start, "to": record.size}
                for record in made.records
            ],
        }
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        return 0
    for part in parts if args.split is not None else []:
        print(f"{part}: {part.stat().st_size:,} bytes")
    print(f"{args.out}: {made.size:,} bytes, {made.members:,} members, {made.blobs} blobs, {made.boxes} boxes")
    for record in made.records:
        print(f"  {record.slug}: entries {record.start} to {record.size}")
    return 0


def _size(text: str) -> int:
    """How many bytes ``20MB``, ``500kB`` or a number are. Raises: Malformed."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise Malformed(f"a size is a number with kB, MB or GB behind it, got {text[:40]!r}", where="--split")
    return int(match[1]) * {"": 1, "k": 1000, "m": 1_000_000, "g": 10**9}[(match[2] or "").lower()]


def _since(given: list[str]) -> tuple[list[int], dict[str, list[int]]]:
    every: list[int] = []
    single: dict[str, list[int]] = {}
    for text in given:
        slug, sign, size = text.rpartition("=")
        if not (size.isascii() and size.isdigit() and len(size) <= 18) or bool(slug) != bool(sign):
            raise Malformed(f"a size is a number, or RECORD=number, got {text[:80]!r}", where="--from")
        (single.setdefault(slug, []) if slug else every).append(int(size))
    return every, single


def run_import(args: argparse.Namespace) -> int:
    """What the bundle brings is in the folder; its exit code says how much that is."""
    from majlis.host.receive import receive

    if (args.into / "node.json").exists():
        raise Malformed(
            "this is a data folder; import into a public folder beside it, look at it with 'majlis verify', and then "
            "'majlis node take' it",
            where=str(args.into),
        )
    logs, cosigners = read_vkeys(args.vkey)
    received = receive(args.file, args.into, logs=logs, cosigners=cosigners)
    if args.json:
        facts = {"ok": received.exit_code == 0, "exit_code": received.exit_code} | msgspec.to_builtins(received)
        facts["inbox"] = _waiting(args.into)
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
    else:
        print("\n".join([*_words(received), *_inbox(args.into)]))
    return received.exit_code


def _waiting(into: Path) -> list[str]:
    """The acts in the inbox of this folder, by file."""
    return sorted(path.name for path in (into / "inbox").glob("*.act"))


def _inbox(into: Path) -> list[str]:
    """What waits there in words, and what to do with it."""
    from majlis.institutions import parse_act

    waiting = _waiting(into)
    if not waiting:
        return []
    inbox = into / "inbox"
    kinds = set()
    for name in waiting:
        with suppress(Fault):  # What somebody else put there is said to be no act when it is handed in.
            kinds.add(parse_act((inbox / name).read_bytes()).kind)
    return [
        f"acts not logged yet: {len(waiting)} in {inbox} ({', '.join(sorted(kinds))})",
        f"  where their record is kept: majlis act submit {inbox}; at a served host: the same with --url URL",
    ]


def _words(received: Received) -> list[str]:
    lines = [
        f"{record.slug}: {_SAID[record.outcome].format(held=record.held, size=record.size, text=record.text)}"
        + (f" (evidence: {record.evidence})" if record.evidence else "")
        + (f"\n  compare its words with its people: {record.words}" if record.outcome == "new" and record.words else "")
        for record in received.records
    ]
    counts = {
        "blobs": received.blobs,
        "boxes": received.boxes,
        "acts to deliver": received.acts,
        "receipts": received.receipts,
        "proofs": received.proofs,
        "cosignatures": received.cosignatures,
    }
    news = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    if news:
        lines.append(f"new besides: {news}")
    lines += [f"{trouble.kind}: {trouble.member}: {trouble.text}" for trouble in received.troubles]
    if received.ignored:
        lines.append(f"not looked at: {', '.join(received.ignored[:10])}")
    if received.lost:
        lines.append(f"the file was cut short ({received.lost}); what arrived of it is kept, bring a whole copy")
    return lines
