"""``majlis box hints``: a file beside a ballot box with which the native engine verifies it many times faster."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from majlis.cli.box_verify import count_outcomes
from majlis.errors import Malformed, Missing, Refused

_EXAMPLE = """\
example:
  majlis box hints boxes/AjWtnR2jB8cWUt.bel -o AjWtnR2jB8cWUt.hints

The box is verified by the native engine, ballot by ballot, and what it computes on the way is written down. Anybody can
make hints, and nobody needs to trust them: wrong ones cost time and change no verdict.
Exit codes: 0 written, 1 nothing to be written, 2 usage or input that cannot be read.
"""


def register(box_commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``box hints``."""
    parser = box_commands.add_parser(
        "hints",
        help="make hints, with which a box is verified much faster",
        description="Make a file of hints for a ballot box.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("archive", metavar="FILE.bel", help="the box")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="where the hints go")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="how many (default: all)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The hints are written beside and then put in their place; what was found is said."""
    from majlis.ballot.engine import NativeEngine
    from majlis.ballot.reading import verify_file
    from majlis.crypto.native import check_native

    try:
        check_native()
    except Missing as fault:
        raise Malformed(fault.text) from None
    output = Path(args.output)
    partial = output.with_name(output.name + ".part")
    try:
        with Path(args.archive).open("rb") as box, partial.open("wb") as file:
            engine = NativeEngine(threads=args.threads, keep_hints=file.write)
            report = verify_file(box, engine, where=args.archive)
            size = file.tell()
        if size == 0:
            raise Refused("there are no hints for this box: its election or its list of voters is not one for them")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    left = count_outcomes(engine, report)["left to the reference engine"]
    print(f"{args.output}: hints for {report.ballots - left} of {report.ballots} ballots, {size} bytes")
    print(f"{args.archive}: {report.verdict}")
    return 0
