"""How fast ballots are verified, beside belenios-tool on the same closed box, in one run, on one core.

    python bench/verify.py [--ballots N] [--ranked N] [--runs R] [--peer PROGRAM …] [--large]

Peers are programs ``belenios-tool`` that know group Ed25519: those named, or the one in ``MAJLIS_BELENIOS_TOOL``, or
what is found on PATH. Without any, the ratios are "not measured". Times are user and system time together, medians of
all runs, and the runs of all programs are interleaved: other work on the machine then meets all of them alike, and
ratios within one run are what counts.

*Whole* is the process from its start to its end, as a person calls it: the command ``majlis`` where it is installed
beside this Python, its modules compiled once before. *Alone* is what one more box takes in a process
that has verified one before, as in ``majlis audit``; of a peer, what it takes less its ``--version``. ``--large`` goes
on to boxes of 1,000, 10,000 and 100,000 ballots.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from material.box import Made, card, make_box, points_of

from majlis.ballot import Entry, read_entries, read_records
from majlis.ballot.audit_opening import OpeningAudit
from majlis.ballot.engine import NativeEngine
from majlis.ballot.reading import read_hints, verify_file
from majlis.crypto import ED25519, Point, PointBytes
from majlis.crypto.native import NativeSums, describe_native, is_native

HERE = Path(__file__).resolve().parent
NAMES = ("belenios-tool", "belenios-tool-ed25519")
IFMA, SHA, AVX2 = "AVX-512 IFMA", "SHA-256", "AVX2"
WAYS: dict[str, tuple[bool, bool, str]] = {
    "hints": (True, True, ""),
    "hints, no AVX-512": (True, True, IFMA),
    "hints, no special instructions": (True, True, f"{SHA},{IFMA},{AVX2}"),
    "no hints": (True, False, ""),
    "no hints, no special instructions": (True, False, f"{SHA},{IFMA},{AVX2}"),
    "reference engine": (False, False, ""),
}
"""By name: whether the native engine is used, whether hints are, and what of the processor is not."""

SMALL = 32_000_000
"""In bytes; a larger box is so long in work that it makes no difference whether it is the first."""

Times = dict[str, list[float]]


def spent(command: list[str | Path], *, folder: Path | None = None, without: str = "") -> tuple[float, str]:
    """Seconds of user and system time of one process, and what it printed. It has to end well."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "MAJLIS_NATIVE_WITHOUT": without}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout + done.stderr


def ours(box: Path, hints: Path, way: str) -> list[str | Path]:
    is_fast, is_hinted, _ = WAYS[way]
    engine = ["--engine", "native", "--threads", "1"] if is_fast else ["--engine", "reference"]
    more: list[str | Path] = ["--hints", hints] if is_hinted else []
    program = Path(sys.executable).with_name("majlis")
    start: list[str | Path] = [program] if program.exists() else [sys.executable, "-m", "majlis"]
    return [*start, "box", "verify", box, *engine, *more]


def alone(box: Path, hints: Path, way: str) -> dict[str, Any]:
    """The verification in a running process: seconds, of them for shuffles, and the most memory, in MiB."""
    command = [sys.executable, __file__, "--one", way, box, hints]
    found: dict[str, Any] = json.loads(spent(command, without=WAYS[way][2])[1])
    return found


def verify_here(way: str, box: Path, hints: Path) -> None:
    """One verification in this process, the second where the box is small, and what it took, printed."""
    is_fast, is_hinted, _ = WAYS[way]
    shuffles: list[float] = []
    take = OpeningAudit.take_shuffle

    def timed(self: OpeningAudit, entry: Entry) -> None:
        start = process_time()
        take(self, entry)
        shuffles.append(process_time() - start)

    OpeningAudit.take_shuffle = timed  # type: ignore[method-assign]
    for _ in range(2 if is_fast and box.stat().st_size < SMALL else 1):
        shuffles.clear()
        with box.open("rb") as box_file, hints.open("rb") as hints_file:
            start = process_time()
            engine = NativeEngine(hints=read_hints(hints_file) if is_hinted else None) if is_fast else None
            report = verify_file(box_file, engine)
            seconds = process_time() - start
        assert report.verdict == "valid-v1", report.failures
        assert engine is None or report.ballots == sum(engine.outcomes[each] for each in (1, 2)), engine.outcomes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "shuffles": sum(shuffles)}))


class Peer:
    """A foreign verifier. ``start``: what it takes to do nothing."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.name = f"belenios-tool {spent([program, '--version'])[1].split()[0]}"

    def start(self) -> float:
        return spent([self.program, "--version"])[0]

    def verify(self, folder: Path) -> float:
        seconds, said = spent([self.program, "election", "verify"], folder=folder)
        assert "all checks passed" in said, said
        return seconds

    def run(self, folder: Path, *words: str) -> float:
        return spent([self.program, "election", *words], folder=folder)[0]


def find_peers(named: list[Path]) -> list[Peer]:
    if not named and "MAJLIS_BELENIOS_TOOL" in os.environ:
        named = [Path(os.environ["MAJLIS_BELENIOS_TOOL"])]
    if not named:
        named = [Path(found) for found in map(shutil.which, NAMES) if found]
    return [Peer(program.resolve()) for program in named if knows_ed25519(program.resolve())]


def knows_ed25519(program: Path) -> bool:
    """Version 2.0 knows finite fields only."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "setup", "generate-trustee-key", "--group", "Ed25519"]
        return subprocess.run(command, capture_output=True, check=False, cwd=folder).returncode == 0


def add(times: Times, name: str, value: float) -> None:
    times.setdefault(name, []).append(value)


class Bench:
    """All boxes in one folder, a folder for each because a peer takes the only box of the folder it runs in."""

    def __init__(self, folder: Path, peers: list[Peer], runs: int) -> None:
        self.folder, self.peers, self.runs = folder, peers, runs

    def box(self, name: str, ballots: int, **how: Any) -> tuple[Path, Made]:
        own = self.folder / name
        own.mkdir()
        made = make_box(own / "box.bel", ballots, seed=name, **how)
        return own / "box.bel", made

    def hints(self, box: Path) -> Path:
        hints = box.with_suffix(".hints")
        spent([sys.executable, "-m", "majlis", "box", "hints", box, "-o", hints])
        return hints

    def part(self, box: Path, size: int, name: str) -> Path:
        """The folder of the beginning of a box."""
        own = self.folder / name
        own.mkdir()
        with box.open("rb") as file:
            (own / "box.bel").write_bytes(file.read(size))
        return own

    def verification(self, ballots: int) -> None:
        box, made = self.box("choice", ballots)
        hints = self.hints(box)
        digest = hashlib.sha256(box.read_bytes()).hexdigest()
        print(f"\n{ballots:,} ballots of 5 options, one to be chosen, 3 trustees, opened: {made.size:,} bytes")
        print(f"box {digest[:16]}…, hints {hints.stat().st_size:,} bytes\n")
        whole: Times = {}
        after: Times = {}
        for _ in range(self.runs):
            for peer in self.peers:
                seconds, start = peer.verify(box.parent), peer.start()
                add(whole, peer.name, seconds)
                add(after, peer.name, seconds - start)
            for way in WAYS:
                add(whole, way, spent(ours(box, hints, way), without=WAYS[way][2])[0])
                add(after, way, alone(box, hints, way)["seconds"])
        heads = [f"× {peer.name}, {kind}" for peer in self.peers for kind in ("whole", "alone")]
        show_head("verification", "whole, s", "alone, s", "µs a ballot, alone", *heads)
        for name, seconds in whole.items():
            own, base = median(seconds), median(after[name])
            ratios = [
                f"{ratio:.1f}"
                for peer in self.peers
                for ratio in (median(whole[peer.name]) / own, median(after[peer.name]) / base)
            ]
            show_row(name, f"{own:.3f}", f"{base:.3f}", f"{1e6 * base / ballots:,.0f}", *ratios)
        self.sealing(box, made)

    def sealing(self, box: Path, made: Made) -> None:
        """One process of the peer for each ballot; its start is taken off."""
        beginning = self.part(box, made.beginning, "beginning")
        (beginning / "card").write_text(card(0))
        (beginning / "vote").write_text("[[1,0,0,0,0]]")
        closed = self.part(box, made.closed, "closed")
        seal: Times = {}
        tally: Times = {}
        for number in range(self.runs):
            again = make_box(self.folder / "again.bel", 40, seed=f"again {number}")
            add(seal, "Majlis", again.sealing / again.ballots)
            for peer in self.peers:
                start = peer.start()
                command = ("generate-ballot", "--privcred", "card", "--choice", "vote")
                add(seal, peer.name, peer.run(beginning, *command) - start)
                add(tally, peer.name, (peer.run(closed, "compute-encrypted-tally") - start) / made.ballots)
            for engine, name in (("native", "Majlis"), ("reference", "Majlis, reference engine")):
                seconds = json.loads(spent([sys.executable, __file__, "--tally", engine, closed / "box.bel"])[1])
                add(tally, name, seconds)
        show_ratios("sealing a ballot", seal, "Majlis", 1e3, "ms a ballot")
        show_ratios("encrypted tally", tally, "Majlis", 1e6, "µs a ballot")

    def shuffles(self, ballots: int) -> None:
        """Of a peer the difference between one shuffle and three, on boxes that are otherwise alike."""
        boxes = {shuffles: self.box(f"ranked {shuffles}", ballots, shuffles=shuffles)[0] for shuffles in (1, 3)}
        hints = self.hints(boxes[3])
        each: Times = {}
        for _ in range(self.runs):
            for peer in self.peers:
                one, three = (peer.verify(boxes[shuffles].parent) for shuffles in (1, 3))
                add(each, peer.name, (three - one) / (2 * ballots))
            for way in WAYS:
                add(each, f"Majlis, {way}", alone(boxes[3], hints, way)["shuffles"] / (3 * ballots))
        print(f"\n{ballots} ranked ballots")
        show_ratios("one shuffle verified", each, "Majlis, hints", 1e6, "µs a ciphertext")

    def growth(self, sizes: tuple[int, ...]) -> None:
        """Cost per ballot and memory as the box grows."""
        print()
        show_head("verification, alone", "ballots", "box, MB", "µs a ballot", "most memory, MiB")
        for ballots in sizes:
            box, made = self.box(f"large {ballots}", ballots)
            hints = self.hints(box)
            for way in ("hints", "hints, no AVX-512", "no hints"):
                found = [alone(box, hints, way) for _ in range(3 if ballots < 50_000 else 1)]
                seconds, peak = median(one["seconds"] for one in found), max(one["peak"] for one in found)
                cost = f"{1e6 * seconds / ballots:,.0f}"
                show_row(way, f"{ballots:,}", f"{made.size / 1e6:,.1f}", cost, f"{peak:,.0f}")


def tally_here(engine: str, path: Path) -> None:
    """The encrypted tally of an ended box whose ballots are verified already: seconds for one ballot, printed."""
    start = process_time()
    entries = read_entries(read_records(path.read_bytes()))
    ballots = [entry.records[0].payload for entry in entries if entry.type == "Ballot"]
    points = [[part for pair in points_of(ballot) for part in pair] for ballot in ballots]
    if engine == "native":
        fast = NativeSums(len(points[0]))
        for own in points:
            fast.add_encoded(b"".join(own), 1)
        found: list[PointBytes] = list(fast.points())
    else:
        found = [ED25519.product(map(Point, column)) for column in zip(*points, strict=True)]
    seconds = process_time() - start
    assert len(found) == 10
    print(json.dumps(seconds / len(points)))


def show_head(*cells: str) -> None:
    show_row(*cells)
    print("|" + "---|" * len(cells))


def show_row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def show_ratios(title: str, times: Times, base: str, scale: float, unit: str) -> None:
    print()
    show_head(title, unit, f"× {base}")
    for name, seconds in times.items():
        show_row(name, f"{scale * median(seconds):,.2f}", f"{median(seconds) / median(times[base]):.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ballots", type=int, default=1000)
    parser.add_argument("--ranked", type=int, default=200, help="ranked ballots for the shuffles (200)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", type=Path, action="append", default=[], metavar="PROGRAM", help="a belenios-tool")
    parser.add_argument("--large", action="store_true", help="then boxes of 1,000, 10,000 and 100,000 ballots")
    parser.add_argument("--only", choices=("verification", "shuffles", "growth"), help="one part alone")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--tally", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        return verify_here(args.one[0], Path(args.one[1]), Path(args.one[2]))
    if args.tally:
        return tally_here(args.tally[0], Path(args.tally[1]))
    if not is_native():
        print("the native engine is not built here, and there is nothing to compare: make native builds it")
        return None
    peers = find_peers(args.peer)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {platform.python_version()}, {describe_native()}")
    print("peers:", ", ".join(peer.name for peer in peers) or "none here, so ratios to them are not measured")
    print("command: python bench/verify.py", " ".join(sys.argv[1:]))
    print(f"user and system time of one core, medians of {args.runs} interleaved runs")
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), peers, args.runs)
        if args.only in {None, "verification"}:
            bench.verification(args.ballots)
        if args.only in {None, "shuffles"}:
            bench.shuffles(args.ranked)
        if args.large or args.only == "growth":
            bench.growth((1_000, 10_000, 100_000) if args.large else (1_000, 10_000))
    return None


if __name__ == "__main__":
    main()
