"""How fast a record is: appends, proofs, replay with signatures, the check, bundles, and a cold start.

    python bench/record.py [--only appends proofs …] [--entries 50000] [--acts 100000] [--large] [--folder DIR]
                           [--keep DIR] [--peers PYTHON] [--peer PROGRAM …] [--database URL]

    appends    durable, 1, 10, 100 and 1,000 at a time, beside a bare table with the same settings
    proofs     of inclusion and consistency, made from tiles and checked
    replay     acts opened (form and signatures) by one thread and by two; folded too, as a host does at its start
    fsck       a record of that many acts by its hashes, and a whole data folder of 100,000 at most
    bundle     made from a public folder of that many acts, and taken in
    cold       a host that starts on that many acts, until it could answer, without a snapshot and with one
    notes      parsed and judged

``--large`` means a million acts; bundles are of 100,000 at most. ``--keep`` names a folder where the signed acts are
kept for the next run. ``--peers`` names an interpreter with aics-tlog and pymerkle, which append and prove on the same
disk in the same run; ``--peer`` any other program, which is given a folder and a number of entries, and prints lines as
``bench/peers/log.py`` does. Single runs on a shared machine spread two to five times; the ratios within one run are
what counts. ``DIR`` should lie on the disk that is to be measured: an append is as fast as its sync.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from load import WORDS, Committee

from majlis.crypto import SigningKey, native
from majlis.host.bundle import make_bundle
from majlis.host.federation import Federation
from majlis.host.fsck import fsck
from majlis.host.keyring import Keyring, Passphrase
from majlis.host.layout import IndexEntry
from majlis.host.node import Node
from majlis.host.postgres_store import PostgresStore
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.host.receive import receive
from majlis.host.replay import open_side_by_side
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import Record
from majlis.institutions import open_act
from majlis.record import (
    Note,
    NoteKey,
    check_consistency,
    check_inclusion,
    check_note,
    format_note,
    leaf_hash,
    parse_note,
    sign_note,
)

SIZE: Final = 1000
ROOT: Final = Path(__file__).resolve().parents[1]


def tell(what: str, rate_: float, unit: str, more: str = "") -> None:
    """One line: what was measured, and how many a second."""
    print(f"{what:52} {rate_:11,.0f} {unit}/s{more}", flush=True)


def rate(count: int, work: Callable[[], object]) -> float:
    """How many of ``count`` things are done in a second."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def tell_busy(what: str, count: int, work: Callable[[], object]) -> None:
    """How many acts a second, and what each takes of a processor, which others on the machine disturb less."""
    before = time.process_time()
    found = rate(count, work)
    tell(what, found, "acts", f", {1e6 * (time.process_time() - before) / count:.1f} us of a processor each")


def plain(folder: Path, entries: list[bytes], batch: int) -> float:
    """The same rows in a bare table: what the disk and SQLite allow."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("CREATE TABLE entry (key INTEGER PRIMARY KEY, leaf BLOB, bytes BLOB) STRICT")

    def work() -> None:
        for at in range(0, len(entries), batch):
            connection.execute("BEGIN IMMEDIATE")
            rows = [(at + number, entry[:32], entry) for number, entry in enumerate(entries[at : at + batch])]
            connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

    result = rate(len(entries), work)
    connection.close()
    (folder / "plain.db").unlink()
    return result


BUNDLED: Final = 100_000


class Material:
    """A data folder with a record of so many acts, each signed by one of forty clerks; made where it is not there."""

    def __init__(self, folder: Path, acts: int) -> None:
        made = None if (folder / "node.json").is_file() else Committee(folder)
        self.node = Node(folder)
        self.keyring = made.keyring if made else Keyring(self.node.keyring_path(self.node.keeper), Passphrase(WORDS))
        ((self.identity, self.origin),) = [(body.identity, body.origin) for body in self.node.bodies]
        if made:
            with self.node.writing() as store:
                record = store.record(self.origin)
                while record.size < acts:
                    record.append(made.acts(min(10_000, acts - record.size)))


class Bench:
    """What all measurements share: a folder, and acts that are made once."""

    def __init__(self, folder: Path, args: argparse.Namespace) -> None:
        self.folder = folder
        self.entries: int = args.entries
        self.acts: int = 1_000_000 if args.large else args.acts
        self.kept: Path = args.keep or folder
        self.peers: str = args.peers
        self.programs: list[str] = args.peer
        self.database: str = args.database

    def material(self, acts: int) -> Material:
        """So many acts; the same ones whenever they are asked for."""
        return Material(self.kept / f"acts{acts}", acts)

    # --- measurements

    def appends(self) -> None:
        """Durable appends, beside a bare table."""
        most = self.entries
        for batch, count in ((1, most // 20), (10, most // 5), (100, most), (1000, most)):
            entries = [os.urandom(SIZE) for _ in range(count)]
            store = SqliteStore.create_in(self.folder / f"appends{batch}")
            base = plain(self.folder, entries, batch)
            ours = appended(store.create("bench.example/log"), entries, batch)
            tell(f"durable append, {batch} at a time", ours, "", f", {ours / base:.2f} of a bare table ({base:,.0f}/s)")
            store.close()
            if self.database:
                server = PostgresStore(self.database)
                rate_ = appended(server.create(f"bench.example/log{batch}"), entries, batch)
                tell(f"durable append in PostgreSQL, {batch} at a time", rate_, "")
                server.close()
        if self.peers:
            self._ask([self.peers, str(ROOT / "bench" / "peers" / "log.py")])
        for program in self.programs:
            self._ask([program])

    def _ask(self, program: list[str]) -> None:
        """A peer appends and proves on the same disk; where it is not there, that is said."""
        command = [*program, str(self.folder), str(self.entries)]
        if shutil.which(program[0]) is None:
            print(f"  left out: there is no program {program[0]}")
            return
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        for line in said.stdout.splitlines():
            tool, what, number = line.split("\t")
            tell(f"  {tool}: {what}", float(number), "")
        if said.returncode:
            print("  the peer stopped:", *said.stderr.strip().splitlines()[-1:])

    def proofs(self) -> None:
        """From tiles of a store that was just opened, and again with the tiles at hand."""
        made = self.material(self.acts)
        with made.node.reading() as store:
            self._prove(store.record(made.origin))

    def _prove(self, record: Record) -> None:
        for state in ("cold", "warm"):
            made, steps = proved(record, state)
        size, root = record.size, record.root()
        leaves = {index: leaf_hash(record.entries(index, index + 1)[0]) for index in made}
        roots = {old: record.root(old) for old in steps}

        def inclusion() -> None:
            for index, proof in made.items():
                check_inclusion(proof, index=index, size=size, leaf=leaves[index], root=root)

        def consistency() -> None:
            for old, proof in steps.items():
                check_consistency(proof, old=old, new=size, old_root=roots[old], new_root=root)

        tell("inclusion proofs checked", rate(len(made), inclusion), "")
        tell("consistency proofs checked", rate(len(steps), consistency), "")

    def replay(self) -> None:
        """Form and signatures alone, then the whole fold."""
        made = self.material(self.acts)
        with made.node.reading() as store:
            self._replay(store.record(made.origin))
        with measured_without_native():
            print("  the same without the native engine, of the first 100,000:")
            with made.node.reading() as store:
                self._replay(store.record(made.origin), BUNDLED)

    def _replay(self, record: Record, most: int | None = None) -> None:
        """Replayed first, in a process that has done nothing else; then opened, from memory."""
        count = min(record.size, most or record.size)
        federation = Federation()
        tell_busy(
            "acts replayed: read, signatures and fold", count, lambda: federation.fold(federation.take(record), count)
        )
        federation.records.clear()
        acts = record.entries(0, count)
        few = acts[: min(count, 20_000)]
        tell_busy("acts opened with their signatures, one thread", len(few), lambda: [open_act(act) for act in few])

        def two() -> None:
            for act in open_side_by_side(acts):
                assert act is not None
                leaf_hash(act.act.entry)

        tell_busy("acts opened with their signatures, two threads", count, two)

    def fsck(self) -> None:
        """The check that a data folder is what its logs signed: of hashes alone, and whole."""
        made = self.material(self.acts)
        store = SqliteStore(made.node.folder, read_only=True)
        tell("entries and hashes of a record checked", rate(self.acts, store.record(made.origin).check), "entries")
        store.close()
        count = min(self.acts, BUNDLED)
        folder = self.material(count).node.folder

        def check() -> None:
            # The text that all these acts name is nowhere, and fsck says so.
            assert [flaw.kind for flaw in fsck(folder).flaws] == ["missing"]

        tell("fsck of a data folder", rate(count, check), "acts")

    def bundle(self) -> None:
        """A whole record in one file, made and taken in."""
        count = min(self.acts, BUNDLED)
        made, public = self.material(count), self.folder / "public"
        with made.node.hosting(made.keyring) as host:
            note = host.cosign(made.identity, [])
            record = host.hosted(made.identity).record
            tell("published as tiles", rate(record.size, lambda: publish_record(public, record, note)), "acts")
        entry = IndexEntry(slug="load", names={"en": "Load"}, identity=made.identity, origin=made.origin)
        write_index(public, [entry], ())
        write_sums(public)
        file = self.folder / "all.majlis"
        tell("bundle made", rate(count, lambda: make_bundle(public, file)), "acts", f", {file.stat().st_size:,} bytes")
        start = time.perf_counter()
        received = receive(file, self.folder / "taken")
        spent = time.perf_counter() - start
        assert received.exit_code in (0, 3), received
        tell("bundle taken in and verified", count / spent, "acts", f", {spent:.1f} s")

    def cold(self) -> None:
        """A process of its own, from its first line until it could answer: folding everything, then from a snapshot."""
        folder = self.material(self.acts).node.folder
        shutil.rmtree(folder / "snapshots", ignore_errors=True)
        self._start("cold start of a host that folds everything, and keeps a snapshot", folder)
        for _ in range(3):
            self._start("cold start of a host from a snapshot", folder)

    def _start(self, what: str, folder: Path) -> None:
        command = [sys.executable, __file__, "--start", str(folder)]
        start = time.time()
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        (answered, memory), *waits = (line.split("\t") for line in said.stdout.splitlines())
        spent = float(answered) - start
        tell(what, self.acts / spent, "acts", f", {spent:.1f} s, {memory}")
        for wait, long in waits:
            print(f"  {wait} {long}")

    def notes(self) -> None:
        """Notes of a kilobyte."""
        key = SigningKey(bytes(range(32)))
        verifier = NoteKey(name="bench.example/log", public_key=key.public_key)
        text = "x" * SIZE + "\n"
        data = format_note(Note(text=text, signatures=(sign_note(text, verifier.name, key),)))
        tell("notes of 1 kB parsed", rate(20_000, lambda: [parse_note(data) for _ in range(20_000)]), "")
        judged = rate(3_000, lambda: [check_note(parse_note(data), [verifier]) for _ in range(3_000)])
        tell("notes of 1 kB parsed and judged", judged, "")


MEASURES: Final = ("appends", "proofs", "replay", "fsck", "bundle", "cold", "notes")


@contextmanager
def measured_without_native() -> Iterator[None]:
    """The native engine is as if it were not there."""
    found, native._module = native._module, None
    try:
        yield
    finally:
        native._module = found


def proved(record: Record, state: str) -> tuple[dict[int, tuple[bytes, ...]], dict[int, tuple[bytes, ...]]]:
    """Some thousands of proofs of each kind, by index and by old size; how fast they were made is printed."""
    size = record.size
    start = time.perf_counter()
    made = {index: record.prove_inclusion(index) for index in range(0, size, max(1, size // 5000))}
    tell(f"inclusion proofs made from tiles, {state}", len(made) / (time.perf_counter() - start), "")
    start = time.perf_counter()
    steps = {old: record.prove_consistency(old) for old in range(1, size, max(1, size // 5000))}
    tell(f"consistency proofs made from tiles, {state}", len(steps) / (time.perf_counter() - start), "")
    return made, steps


def appended(record: Record, entries: list[bytes], batch: int) -> float:
    """How many of them are appended in a second."""

    def work() -> None:
        for at in range(0, len(entries), batch):
            record.append(entries[at : at + batch])

    return rate(len(entries), work)


def start_host(folder: Path) -> None:
    """A host of this folder, opened and folded; when that was done, what memory it took, and how long an act waits.

    The act that is handed in is the newest of the record, which stays as it is.
    """
    node = Node(folder)
    with node.hosting(Keyring(node.keyring_path(node.keeper), Passphrase(WORDS))) as host:
        for identity in host.bodies():
            host.head(identity)
        print(time.time(), f"{most_memory() / 1024:,.0f} MiB", sep="\t")
        (identity,) = host.bodies()
        record = host.hosted(identity).record
        newest = record.entries(record.size - 1)[0]
        for which in ("first", "next"):
            start = time.perf_counter()
            host.submit(identity, newest)
            print(f"the {which} act handed in waits", f"{1000 * (time.perf_counter() - start):,.1f} ms", sep="\t")


def most_memory() -> int:
    """What this process took at most, in KiB. (``ru_maxrss`` begins with what the process took that started it.)"""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=MEASURES, help="which; all otherwise")
    parser.add_argument("--entries", type=int, default=50_000, help="random entries of 1 kB to append (50000)")
    parser.add_argument("--acts", type=int, default=100_000, help="signed acts (100000)")
    parser.add_argument("--large", action="store_true", help="a million acts")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    parser.add_argument("--keep", type=Path, help="where signed acts are kept for the next run")
    parser.add_argument("--peer", action="append", default=[], metavar="PROGRAM", help="another log; may be repeated")
    parser.add_argument("--peers", default="", metavar="PYTHON", help="an interpreter with aics-tlog and pymerkle")
    parser.add_argument("--database", default="", metavar="URL", help="append in this empty PostgreSQL database too")
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.start:
        start_host(args.start)
        return
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    print(f"{platform.machine()}, {os.cpu_count()} cores, {versions}")
    print("command:", " ".join(["python", *sys.argv]), flush=True)
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        bench = Bench(folder, args)
        for name in args.only:
            getattr(bench, name)()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
