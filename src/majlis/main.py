"""The program ``majlis``: its commands, and how each way of going wrong ends.

Exit codes: 0 sound; 1 a check failed; 2 usage, or input that cannot be read; 3 incomplete. A command may give further
codes of its own and says so in its help. A fault is one sentence on the error stream; a traceback is always our bug.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TextIO, cast

from majlis import __version__
from majlis.errors import Fault, Forged, Malformed, Missing, Refused

COMMANDS = [
    "majlis.cli.plan",
    "majlis.cli.count",
    "majlis.cli.node",
    "majlis.cli.key",
    "majlis.cli.found",
    "majlis.cli.act",
    "majlis.cli.propose",
    "majlis.cli.vote",
    "majlis.cli.recall",
    "majlis.cli.credential",
    "majlis.cli.trustee",
    "majlis.cli.witness",
    "majlis.cli.mirror",
    "majlis.cli.outbox",
    "majlis.cli.succession",
    "majlis.cli.box",
    "majlis.cli.audit",
    "majlis.cli.record",
    "majlis.cli.verify",
    "majlis.cli.trace",
    "majlis.cli.bundle",
    "majlis.cli.compare",
    "majlis.cli.qr",
    "majlis.site.count_page",
    "majlis.site.publish",
    "majlis.site.serve",
    "majlis.demo.command",
]
"""The modules that add commands, in the order of the help; each has a ``register(commands)``."""

_CODES: dict[type[Fault], int] = {Malformed: 2, Forged: 1, Refused: 1, Missing: 3}
_INTERRUPTED, _NOBODY_READS = 130, 141  # As a shell reports SIGINT and SIGPIPE.


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one run of the program."""
    _speak_utf8(sys.stdout)
    _speak_utf8(sys.stderr)
    try:
        words = sys.argv[1:] if argv is None else argv
        args = _parser(words[0] if words else "").parse_args(argv)
        if not hasattr(args, "run"):
            _parser().print_help()
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


def _parser(command: str = "") -> argparse.ArgumentParser:
    """Every command, or the one module that is named as the command is: the others are then not loaded."""
    parser = argparse.ArgumentParser(
        prog="majlis",
        description="Local committees elect an assembly from below and keep it answerable: no act without a warrant.",
        epilog="majlis COMMAND --help shows each command with an example.",
    )
    parser.add_argument("--version", action="version", version=f"majlis {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in [name for name in COMMANDS if name.rpartition(".")[2] == command] or COMMANDS:
        import_module(name).register(commands)
    return parser


def _failed(text: str, code: int) -> int:
    print(f"error: {text}", file=sys.stderr)
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
