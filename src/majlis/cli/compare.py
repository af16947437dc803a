"""``majlis compare``: do two sources show one growing record, or two histories of it?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from majlis.cli.vkeys import add_vkeys, read_log_vkeys
from majlis.errors import Fault, Forged, Malformed

if TYPE_CHECKING:
    from majlis.record import NoteKey

_EXAMPLE: Final = """\
examples:
  majlis compare public stick/public
  majlis compare public friday.majlis --evidence fork.json
  majlis compare public/checkpoint-from-a-neighbour receipt.tlog-proof --vkey VKEY
  majlis compare public stick/vote.receipt
  majlis compare --check fork.json

A and B: public folders, folders of one record, bundles, checkpoints, proofs or witness requests, in any pairing.
A receipt is compared with a public folder: whether the host logged what it acknowledged, or DROPPED it; and so is its
word that it held an act back for a quota (.excess): whether the ids logged at the next tick have it.
Evidence holds two checkpoints that one key signed and where they part; with --check anyone verifies it, offline.
A record that was moved to another log key may have parted from what its old key signed on: DROPPED, where that was
safe; else parted, and the acts beyond are to be handed in again.
Exit codes: 0 same, or one extends the other; 1 FORK, DROPPED or parted (or two bodies under one name, or a signature
that fails);
2 usage, or input that cannot be read; 3 it cannot be told from these files. With --check: 0 the evidence holds, 1 not.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``compare``."""
    parser = commands.add_parser(
        "compare",
        help="compare two copies of records: same, extends, or FORK with evidence",
        description="Say of each record in two sources whether one extends the other, or its log signed two histories.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sources", nargs="*", type=Path, metavar="A B", help="the two sources")
    parser.add_argument("--evidence", type=Path, metavar="FILE", help="where to save the evidence of forks")
    parser.add_argument("--check", type=Path, metavar="FILE", help="check evidence that somebody saved")
    add_vkeys(parser, "a log")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit code of the worst relation."""
    logs = read_log_vkeys(args.vkey)
    if args.check is not None:
        if args.sources or args.evidence is not None:
            raise Malformed("--check takes the evidence alone: majlis compare --check FILE")
        return _check(args, logs)
    if len(args.sources) != 2:
        raise Malformed("name two sources: majlis compare A B")
    code = _receipts(args, logs)
    return _compare(args, logs) if code is None else code


def _receipts(args: argparse.Namespace, logs: list[NoteKey]) -> int | None:
    """0 where one of the sources is a host's word, and the other keeps it; None where none is.

    Raises: Forged, where its host dropped it; Missing, where that cannot be told.
    """
    from majlis.host.delivery import RECEIPT, check_receipt_in, read_receipt
    from majlis.host.excess import EXCESS, check_excess_in, read_excess

    given = {path: path.read_bytes() for path in args.sources if path.is_file() and path.stat().st_size < 100_000}
    found = [path for path, data in given.items() if data.startswith((RECEIPT, EXCESS))]
    if not found:
        return None
    others = [path for path in args.sources if path not in found]
    if len(others) != 1:
        raise Malformed("a receipt is compared with the record that it is of: majlis compare PUBLIC RECEIPT")
    data = given[found[0]]
    if data.startswith(EXCESS):
        word = read_excess(data)
        act, index = word.act, check_excess_in(others[0], word, logs)
        text = f"kept: act {act[:16]}, which its host held back, is accounted for at place {index}, as it said"
    else:
        receipt = read_receipt(data)
        act, index = receipt.act, receipt.index
        check_receipt_in(others[0], receipt, logs)
        text = f"logged: act {act[:16]} stands at place {index}, as its host acknowledged"
    if args.json:
        facts = {"ok": True, "exit_code": 0, "act": act, "index": index}
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
    else:
        print(text)
    return 0


def _compare(args: argparse.Namespace, logs: list[NoteKey]) -> int:
    from majlis.host.compare import compare
    from majlis.host.disk import write_file
    from majlis.record import format_forks

    found = compare(*args.sources, logs=logs)
    forks = [one.fork for one in found if one.fork is not None]
    saved = ""
    if forks and args.evidence is not None:
        write_file(args.evidence, format_forks(forks))
        saved = str(args.evidence)
    codes = {one.exit_code for one in found}
    code = 1 if 1 in codes else max(codes)
    if args.json:
        rows = [
            {
                "origin": one.origin,
                "relation": one.relation,
                "first": one.first,
                "second": one.second,
                "parted": one.fork.size if one.fork else None,
                "text": one.text,
            }
            for one in found
        ]
        facts = {"ok": code == 0, "exit_code": code, "records": rows, "evidence": saved}
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        return code
    for one in found:
        print(f"{one.relation}: {one.origin}: {one.text}")
    if saved:
        print(f"evidence: {saved}; anyone checks it with: majlis compare --check {saved}")
    elif forks:
        print("save the evidence with --evidence FILE, and hand it to those who trust this record")
    return code


def _check(args: argparse.Namespace, logs: list[NoteKey]) -> int:
    from majlis.record import check_fork, parse_forks

    rows: list[dict[str, Any]] = []
    try:
        for number, fork in enumerate(parse_forks(args.check.read_bytes()), start=1):
            if logs and fork.log not in logs:
                raise Forged(
                    f"fork {number} is of the key {fork.log.vkey}, which is none that you named", rule="R-FORK-2"
                )
            first, second = check_fork(fork)
            rows.append(
                {
                    "origin": fork.log.name,
                    "vkey": fork.log.vkey,
                    "parted": fork.size,
                    "sizes": [first.size, second.size],
                }
            )
    except Fault as fault:
        raise fault.at(str(args.check)) from None
    if args.json:
        sys.stdout.write(msgspec.json.encode({"ok": True, "exit_code": 0, "forks": rows}).decode() + "\n")
        return 0
    for row in rows:
        sizes = row["sizes"]
        print(f"the evidence holds: {row['origin']} signed two histories that part within {row['parted']} entries")
        print(f"  checkpoints of sizes {sizes[0]} and {sizes[1]}, both signed with {row['vkey']}")
    if not logs:
        print("compare the key with the one on the record's card or page, or name it with --vkey")
    return 0
