"""Two hosts on two machines, one PostgreSQL database: only one writes, and the other takes over when it is killed.

    python -m bench.drills.database postgresql://… [--rounds 50] [--folder DIR]

In each round two hosts are started at one database, each with a folder of its own as on two machines. One is let in and
the other refused. The one at work is killed (SIGKILL) at a random instant, and the other started again at once: it must
be let in within seconds, find every acknowledged entry, and sign a checkpoint that extends whatever was signed before.
The database should be empty; its tables stay.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.drills.record import ROOT, Acknowledged
from bench.drills.worker import KEY, ORIGIN, entry

from majlis.errors import Refused
from majlis.host.postgres_store import PostgresStore
from majlis.host.signer import SignerBook

PATIENCE: Final = 10.0


class Machine:
    """A folder, and the worker that runs on it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        folder.mkdir()

    def start(self) -> str:
        """The worker is running, or has been refused; returns the first letter of what it said first."""
        command = [sys.executable, "-m", "bench.drills.worker", str(self.folder), "--database", self.url]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        return self.said[:1].decode()

    def kill(self) -> Acknowledged:
        """What it said until it was killed."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGKILL)
        self.said += self.process.stdout.read()
        self.process.stdout.close()
        self.process.wait()
        return Acknowledged(self.said)


def take_over(home: Path, rounds: int, url: str) -> str:
    """The drill; returns what it found. Raises: AssertionError."""
    chance = random.Random(1)
    machines = [Machine(home / name, url) for name in ("one", "two")]
    acknowledged = signed = refused = 0
    longest = 0.0
    for number in range(rounds):
        active, waiting = machines if number % 2 == 0 else reversed(machines)
        start = time.perf_counter()
        while active.start() != "A":
            active.kill()
            assert time.perf_counter() - start < PATIENCE, "nobody was let in after the other was killed"
        longest = max(longest, time.perf_counter() - start)
        assert waiting.start() == "F", "two hosts were let in at once"
        waiting.kill()
        refused += 1
        time.sleep(0.1 + chance.random() * 0.4)
        said = active.kill()
        acknowledged, signed = max(acknowledged, said.size), max(signed, said.signed)
        size, last = look(home, url)
        assert size >= acknowledged, f"{acknowledged} entries were acknowledged, and {size} are there"
        assert signed <= last <= size, f"signed {signed}, remembered {last}, there {size}"
    return (
        f"{rounds} hosts killed, {acknowledged} entries acknowledged, none lost; {refused} second hosts refused; the "
        f"other was at work after {longest:.1f} s at most, starting included"
    )


def look(home: Path, url: str) -> tuple[int, int]:
    """How many entries are there, all as they were made, and how many were signed for."""
    until = time.perf_counter() + PATIENCE
    while True:
        try:
            store = PostgresStore(url)
            break
        except Refused:
            assert time.perf_counter() < until, "the database was not free after its host was killed"
            time.sleep(0.05)
    book = SignerBook.over(store.database, home)
    try:
        record = store.record(ORIGIN)
        record.check()
        assert list(record.iterate()) == [entry(number) for number in range(record.size)]
        return record.size, book.signer(record, KEY).last().size
    finally:
        book.close()
        store.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", metavar="URL", help="postgresql://…, an empty database")
    parser.add_argument("--rounds", type=int, default=50, help="how many (50)")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    args = parser.parse_args()
    home = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        print("two hosts, one database:", take_over(home, args.rounds, args.database))
    except AssertionError as wrong:
        print(f"FAILED: {wrong}")
        return 1
    finally:
        shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())
