"""A terminal: one shell that keeps its folder and its variables from one block of commands to the next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MARK = "\x1eend of block"

FORKING = """
majlis() {
  local call reply
  call=$(mktemp -d "$MAJLIS_TEST_ROOT/call.XXXXXX") && mkfifo "$call/reply" || return 99
  { printf '%s\\0' "$PWD" "$#" "$@"; env -0; } > "$call/request"
  printf '%s\\n' "$call" > "$MAJLIS_TEST_ROOT/calls"
  read -r reply < "$call/reply"
  cat "$call/out"; cat "$call/err" >&2
  return "$reply"
}
"""

STARTING = f"""
majlis() {{ "{sys.executable}" -m majlis "$@"; }}
"""


class Server:
    """The process that runs the program for terminals, so that each command takes no time to start."""

    def __init__(self, root: Path) -> None:
        self.root = root
        os.mkfifo(root / "calls")
        self.process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("server.py")), str(root)])

    def stop(self) -> None:
        with (self.root / "calls").open("w") as pipe:
            pipe.write("end\n")
        assert self.process.wait(30) == 0


class Terminal:
    """A bash in ``folder``. ``server``: who runs the program; without one it is started anew for every command."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        if server is not None:
            environment["MAJLIS_TEST_ROOT"] = str(server.root)
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.send("set -E; FAILED=0; trap 'FAILED=$?' ERR")
        self.send(FORKING if server is not None else STARTING)

    def send(self, text: str) -> None:
        assert self.shell.stdin is not None
        self.shell.stdin.write(text + "\n")
        self.shell.stdin.flush()

    def run(self, block: str) -> tuple[int, str]:
        """The code of the last command of the block that failed (0 for none), and all that was printed."""
        self.send(f"FAILED=0\n{block}\nprintf '\\n{MARK} %s\\n' \"$FAILED\"")
        assert self.shell.stdout is not None
        lines: list[str] = []
        while True:
            line = self.shell.stdout.readline()
            if not line or line.startswith(MARK):
                code = int(line.removeprefix(MARK)) if line else -1
                return code, "".join(lines)
            lines.append(line)

    def close(self) -> None:
        self.shell.communicate(timeout=30)
