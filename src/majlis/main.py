"""The program ``majlis``: its commands, and how each way of going wrong ends.

Exit codes: 0 sound; 1 a check failed; 2 usage, or input that cannot be read; 3 incomplete. A command may give further
codes of its own and says so in its help. A fault is one sentence on the error stream; a traceback is always our bug.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TextIO, cast

from majlis import __version__
from majlis.cli.commands import Entry, Table, add_commands
from majlis.errors import Fault, Forged, Malformed, Missing, Refused, plain

COMMANDS: Table = {
    "plan": Entry("majlis.cli.plan", "seats and districts from a table of places"),
    "seats": Entry("majlis.cli.seats", "the plan of seats in the records: adopted, challenged, amended, accepted"),
    "count": Entry("majlis.cli.count", "count ballots by a stated rule"),
    "node": Entry("majlis.cli.node", "the data folder of one machine, and records carried on a stick"),
    "key": Entry("majlis.cli.key", "people's keys, encrypted at rest, and the cards that show them"),
    "found": Entry("majlis.cli.found", "found a committee, an assembly or an affiliate"),
    "act": Entry("majlis.cli.act", "acts of any kind: drafted, shown, signed, handed in"),
    "propose": Entry("majlis.cli.propose", "put a motion on the table"),
    "vote": Entry("majlis.cli.vote", "meetings, counts by hand, and secret ballots announced"),
    "recall": Entry("majlis.cli.recall", "recall a delegate; sign this or any other petition"),
    "sit": Entry("majlis.cli.sit", "an assembly meets: delegates attend, vote in the open, a roll call closes"),
    "deliver": Entry("majlis.cli.deliver", "carry a body's elections, recalls, mandates and leaving to its assembly"),
    "credential": Entry("majlis.cli.credential", "members' voting keys, the private roll, the anonymous lists"),
    "trustee": Entry("majlis.cli.trustee", "a trustee's part in a secret ballot"),
    "witness": Entry("majlis.cli.witness", "the mirror of this folder, which cosigns other bodies' records"),
    "tick": Entry("majlis.cli.witness", "log the mirrors' time in a record: the only time it knows"),
    "mirror": Entry(
        "majlis.cli.mirror", "hold copies of the records that somebody serves over HTTP, each entry proven"
    ),
    "outbox": Entry(
        "majlis.cli.outbox", "show how far the acts came that were handed in elsewhere, and hand them in again"
    ),
    "succession": Entry("majlis.cli.succession", "move a record to another log key, and to another host"),
    "box": Entry("majlis.cli.box", "ballot boxes of secret votes"),
    "audit": Entry("majlis.cli.audit", "verify every ballot box of a folder, with many workers"),
    "record": Entry("majlis.cli.record", "records as logs: files, tiles, roots, signatures"),
    "verify": Entry("majlis.cli.verify", "verify a public folder: files, records, certificates, ballot boxes, plan"),
    "trace": Entry("majlis.cli.trace", "follow an act to the decision, the votes, the roll and the census it rests on"),
    "in-force": Entry(
        "majlis.cli.in_force",
        "show what is in force, such as a delegate's seat, in a file for somebody without network",
    ),
    "bundle": Entry("majlis.cli.bundle", "put the records of a public folder into one file for a stick"),
    "import": Entry("majlis.cli.bundle", "take a .majlis file into a public folder"),
    "compare": Entry("majlis.cli.compare", "compare two copies of records: same, extends, or FORK with evidence"),
    "qr": Entry("majlis.cli.qr", "print a small file as one code or a series, and read it back"),
    "count-page": Entry("majlis.site.count_page", "count ballots and show every stage on a page"),
    "publish": Entry("majlis.site.publish", "write what mirrors have cosigned, with its pages, into a public folder"),
    "serve": Entry("majlis.site.serve", "show the pages of a folder live, and take in signed acts and ballots"),
    "demo": Entry("majlis.demo.command", "play the whole life of a federation on a real census, and verify it"),
}
"""In the order of the help."""

_CODES: dict[type[Fault], int] = {Malformed: 2, Forged: 1, Refused: 1, Missing: 3}
_INTERRUPTED, _NOBODY_READS = 130, 141  # As a shell reports SIGINT and SIGPIPE.


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one run of the program. Without ``argv`` the process is this run, and ends with it."""
    if argv is None:
        _spare_collections()
    _speak_utf8(sys.stdout)
    _speak_utf8(sys.stderr)
    try:
        parser = _parser()
        args = parser.parse_args(argv)
        if not hasattr(args, "run"):
            parser.print_help()
            return 2
        run = cast(Callable[[argparse.Namespace], int], args.run)
        code = run(args)
        sys.stdout.flush()
    except SystemExit as end:
        if end.code is None:
            return 0
        return end.code if isinstance(end.code, int) else 2
    except Fault as fault:
        return _failed(str(fault), next((code for kind, code in _CODES.items() if isinstance(fault, kind)), 1))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _hush()
        return _NOBODY_READS
    except OSError as wrong:
        place = f"{wrong.filename}: " if wrong.filename is not None else ""
        return _failed(f"{place}{wrong.strerror or wrong}; check the name and the rights, and try again", 2)
    return code


def _parser() -> argparse.ArgumentParser:
    """Every command; none is loaded before it is called."""
    parser = argparse.ArgumentParser(
        prog="majlis",
        description="Local committees elect an assembly from below and keep it answerable: no act without a warrant.",
        epilog="majlis COMMAND --help shows each command with an example.",
    )
    parser.add_argument("--version", action="version", version=f"majlis {__version__}")
    add_commands(parser, COMMANDS)
    return parser


def _spare_collections() -> None:
    """Memory is searched for cycles that nobody holds rarely, and not once more at the end.

    Loading and leaving what a command needs took a fifth of a short one's time for such searches, and they find
    nothing there. A server still has them.
    """
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)


def _failed(text: str, code: int) -> int:
    print(f"error: {plain(text)}", file=sys.stderr)
    return code


def _speak_utf8(stream: TextIO) -> None:
    """Names in every script can be printed, whatever the machine's own encoding."""
    if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _hush() -> None:
    """What is still buffered goes nowhere, so that the interpreter does not complain when it ends."""
    try:
        out = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    except (OSError, ValueError):
        return
