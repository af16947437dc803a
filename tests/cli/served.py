"""Data folders of a village being served: real processes on loopback, which end with the test."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from majlis.host.layout import CHECKPOINT, record_folder
from majlis.record import Checkpoint, parse_checkpoint, parse_note

PATIENCE = 40


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


class Served(subprocess.Popen[str]):
    """A server at work; ``told``: what it said on its error stream, once it ended."""

    told = ""


@contextlib.contextmanager
def serving(root: Path, where: str, port: int, *words: object) -> Iterator[Served]:
    """A data folder is served at this port until the block ends."""
    command = [sys.executable, "-m", "majlis", "serve", where, "--port", str(port), "--passphrase-file", "passphrase"]
    with Served(
        [*command, *map(str, words)],
        cwd=root,
        env={**os.environ, "no_proxy": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for(lambda: is_there(f"{address(port)}/index.json"))
            yield process
        finally:
            process.terminate()
            process.told = process.communicate(timeout=30)[1]


def is_there(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def wait_for(what: Callable[[], bool]) -> None:
    """Returns once it is so. Raises: AssertionError, when it does not become so."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)


def shown(port: int, origin: str) -> tuple[Checkpoint, set[str]]:
    """The checkpoint of this record that is served there, and the names of those whose lines it bears."""
    try:
        with urllib.request.urlopen(f"{address(port)}/{record_folder(origin)}/{CHECKPOINT}", timeout=5) as answer:
            note = parse_note(answer.read())
    except urllib.error.HTTPError:
        return Checkpoint(origin=origin, size=0, root=b""), set()
    return parse_checkpoint(note.text), {line.name for line in note.signatures}
