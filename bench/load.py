"""How many signed acts a served host takes in: many clients at once, one machine, and nothing acknowledged is lost.

    python bench/load.py [--clients 200] [--acts 20000] [--kill] [--database URL] [--folder DIR]

Founds a committee in a new data folder, starts ``majlis serve`` on it as anybody would, and hands in acts, each signed
before the clock starts, over connections that are kept alive; every client sends its next act when it holds the receipt
of the last. Then the server is stopped (or, with ``--kill``, killed in the middle), and every receipt is held against
the record: the log's signature, the act at its place, and the check of the whole folder.

Host and load share the machine's cores; what the clients themselves cost is said too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault
from majlis.host import write_act
from majlis.host.chance import chance
from majlis.host.fsck import fsck
from majlis.host.keyring import KeyEntry, Keyring, Passphrase, Secret, Strength
from majlis.host.node import LOG, Known, Node
from majlis.institutions import Charter, parse_act
from majlis.institutions.founding import Found, Officer
from majlis.record import CosignerKey, NoteKey, check_note, parse_note

ORIGIN: Final = "load.example/log"
WORDS: Final = "words for a measurement"
QUICK: Final = Strength(ops=1, memory=8192)
CLERKS: Final = 40


class Answer(msgspec.Struct):
    """What the host answers with."""

    level: str
    id: str
    place: int
    note: str


class Committee:
    """A committee with many clerks, founded in a new data folder."""

    origin = ORIGIN

    def __init__(self, folder: Path) -> None:
        keys = [SigningKey(number.to_bytes(32, "big")) for number in range(1, CLERKS + 6)]
        self.log, self.clerks = keys[3], keys[5:]
        node = Node.create(folder, keeper="amal")
        keyring = Keyring.create(node.keyring_path("amal"), Passphrase(WORDS), chance, QUICK)
        public = self.log.public_key.hex()
        secret = Secret(self.log.export())
        keyring.add(
            KeyEntry(name="log", kind=LOG, public=public, secret=secret, notes={"origin": ORIGIN}), chance=chance
        )
        officers = (
            Officer(office="clerk", key=key.public_key.hex(), tag=f"{number:032x}")
            for number, key in enumerate(self.clerks)
        )
        data = Found(
            names={"en": "Load"},
            type="committee",
            charter=Charter(act_quota=1_000_000),
            charter_keys=tuple(key.public_key.hex() for key in keys[:3]),
            threshold=2,
            log=NoteKey(name=ORIGIN, public_key=self.log.public_key).vkey,
            next_log="00" * 32,
            mirrors=(CosignerKey(name="mirror.example", public_key=keys[4].public_key).vkey,),
            quorum=1,
            languages=("en",),
            officers=tuple(officers),
        )
        act = write_act("found", data, *keys[:3], *self.clerks, chance=chance)
        with node.hosting(keyring) as host:
            self.identity = host.found(act, ORIGIN, self.log)
            node.add(Known(slug="load", identity=self.identity, origin=ORIGIN, names=data.names, is_hosted=True))
        self.node = node
        self.keyring = keyring

    def acts(self, count: int) -> list[bytes]:
        """Different acts, signed by the clerks in turn."""
        data = {"text": "ab" * 32, "grants": []}
        return [
            write_act("motion.table", data, self.clerks[number % CLERKS], chance=chance, body=self.identity)
            for number in range(count)
        ]


class Run:
    """All clients together: what was sent, and what came back."""

    def __init__(self, acts: list[bytes]) -> None:
        self.requests = [
            b"POST /acts/load HTTP/1.1\r\nHost: load\r\nContent-Length: %d\r\n\r\n%b" % (len(act), act) for act in acts
        ]
        self.answers: dict[int, bytes] = {}
        self.refused: list[bytes] = []
        self.waits: list[float] = []
        self.next = 0
        self.open = 0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        """One client has no more to do."""
        self.open -= 1
        if self.open == 0 and not self.finished.done():
            self.finished.set_result(None)


class Client(asyncio.Protocol):
    """One connection that is kept alive: hands in an act, waits for the receipt, and hands in the next."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.number = -1
        self.since = 0.0
        self.held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.run.open += 1

    def hand_in(self) -> None:
        """The next act that nobody has taken."""
        if self.run.next >= len(self.run.requests):
            self.transport.close()
            return
        self.number, self.run.next = self.run.next, self.run.next + 1
        self.since = time.perf_counter()
        self.transport.write(self.run.requests[self.number])

    def data_received(self, data: bytes) -> None:
        self.held += data
        head, blank, body = self.held.partition(b"\r\n\r\n")
        if not blank:
            return
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < size:
            return
        self.held = b""
        self.run.waits.append(time.perf_counter() - self.since)
        if head.startswith(b"HTTP/1.1 200 "):
            self.run.answers[self.number] = body
        else:
            self.run.refused.append(body)
        self.hand_in()

    def connection_lost(self, error: Exception | None) -> None:
        self.run.end()


async def load(port: int, acts: list[bytes], clients: int, kill: subprocess.Popen[str] | None) -> tuple[Run, float]:
    """All acts are handed in, or the server was killed on the way; the run and the seconds that it took."""
    run = Run(acts)
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(lambda: Client(run), "127.0.0.1", port) for _ in range(clients)]
    if kill is not None:
        loop.call_later(2.0, kill.send_signal, signal.SIGKILL)
    start = time.perf_counter()
    for _, client in pairs:
        client.hand_in()
    await run.finished
    return run, time.perf_counter() - start


def serve(folder: Path, database: str) -> tuple[subprocess.Popen[str], int]:
    """``majlis serve``, once it listens, and its port."""
    words = folder / "words.txt"
    words.write_text(WORDS)
    command = [sys.executable, "-m", "majlis", "serve", str(folder), "--port", "0", "--passphrase-file", str(words)]
    command += ["--database", database] if database else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert "taken in" in process.stdout.readline(), "the server did not start"
    return process, int(first.rpartition(":")[2].partition("/")[0])


def compare(committee: Committee, acts: list[bytes], run: Run) -> int:
    """Every receipt holds, and so does the folder; returns how many acts are in force.

    Raises: AssertionError, for one that was acknowledged and is not there.
    """
    log = NoteKey(name=ORIGIN, public_key=committee.log.public_key)
    with Node(committee.node.folder).hosting(committee.keyring) as host:
        entries = host.hosted(committee.identity).record.entries()
        for number, body in run.answers.items():
            answer = msgspec.json.decode(body, type=Answer)
            note = parse_note(answer.note.encode())
            check_note(note, [log])
            act = parse_act(acts[number])
            assert answer.id == act.id
            assert note.text.startswith(f"majlis-receipt/1 {ORIGIN}\nact {act.id}\nindex {answer.place}\n")
            assert entries[answer.place] == acts[number], f"act {number} was acknowledged and is not at its place"
        standings = host.state(committee.identity).acts.values()
    # The text that all these acts name is nowhere, and fsck says so.
    flaws = [flaw for flaw in fsck(committee.node.folder).flaws if flaw.kind != "missing"]
    assert not flaws, flaws
    return sum(standing.status == "in-force" for standing in standings) - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200, help="connections at once (200)")
    parser.add_argument("--acts", type=int, default=20_000, help="acts in all (20000)")
    parser.add_argument("--kill", action="store_true", help="kill the server after two seconds")
    parser.add_argument("--database", default="", help="postgresql://…; SQLite in the folder otherwise")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    args = parser.parse_args()
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    print(f"{platform.machine()}, {os.cpu_count()} cores, {versions}")
    print("command:", " ".join(["python", *sys.argv]))
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        committee = Committee(folder / "node")
        acts = committee.acts(args.acts)
        process, port = serve(folder / "node", args.database)
        try:
            ours, theirs = time.process_time(), spent_by(process)
            run, seconds = asyncio.run(load(port, acts, args.clients, process if args.kill else None))
            ours, theirs = time.process_time() - ours, spent_by(process) - theirs
        finally:
            process.terminate()
            process.wait(60)
        if run.refused:
            print(f"{len(run.refused)} were refused, the first with: {run.refused[0].decode()}")
        waits = sorted(run.waits)
        count = len(run.answers)
        print(f"{args.clients} clients: {count / seconds:,.0f} acts/s, {count:,} acknowledged in {seconds:.2f} s")
        p50, p99, most = (_at(waits, percent) for percent in (50, 99, 100))
        print(f"acknowledged after: p50 {p50:.1f} ms, p99 {p99:.1f} ms, at most {most:.1f} ms")
        if not args.kill:
            print(f"processor for an act: host {1e6 * theirs / count:.0f} us, clients {1e6 * ours / count:.0f} us")
        in_force = compare(committee, acts, run)
        print(f"nothing that was acknowledged is missing; {in_force:,} acts in force")
    except (AssertionError, Fault) as wrong:
        print(f"FAILED: {wrong}")
        return 1
    finally:
        shutil.rmtree(folder)
    return 0


def spent_by(process: subprocess.Popen[str]) -> float:
    """Seconds of processor that a running process has used; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _at(waits: list[float], percent: int) -> float:
    """The wait, in milliseconds, that so many in a hundred did not exceed."""
    return 1000 * waits[min(len(waits) - 1, len(waits) * percent // 100)]


if __name__ == "__main__":
    sys.exit(main())
