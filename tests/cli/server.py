"""Runs the program many times without starting Python anew: each call is a fork of this process.

Started by ``terminal.Server``. A call is a folder with a file ``request`` (the working folder, the number of arguments,
the arguments, the environment, each ended by a zero byte); its name comes through the named pipe ``calls``. What the
command prints goes to ``out`` and ``err`` in that folder, its exit code through the named pipe ``reply`` there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import majlis.host.actfile
import majlis.host.ceremony
import majlis.host.roll
from majlis.cli import desk
from majlis.host.keyring import Strength
from majlis.main import main

LIGHT = Strength(ops=1, memory=8192)


def serve(root: Path) -> None:
    """Answer calls until the pipe says ``end``."""
    assert majlis.host.actfile
    assert majlis.host.ceremony
    assert majlis.host.roll
    assert main(["node", "show", "--data", str(root / "nowhere")]) == 3  # All commands are loaded, once for all forks.
    desk.STRENGTH = LIGHT
    while True:
        for line in (root / "calls").read_text().splitlines():
            if line == "end":
                return
            answer(Path(line))


def answer(call: Path) -> None:
    """One run of the program in a child of its own."""
    cwd, count, *rest = (call / "request").read_bytes().decode().rstrip("\0").split("\0")
    arguments, environment = rest[: int(count)], rest[int(count) :]
    child = os.fork()
    if child == 0:
        code = 70
        try:
            for number, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(call / name, os.O_WRONLY | os.O_CREAT), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(pair.split("=", 1) for pair in environment if "=" in pair)
            code = main(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    (call / "reply").write_text(f"{os.waitstatus_to_exitcode(status)}\n")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
