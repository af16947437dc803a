"""A simulated national election, audited: how long it takes here, and what that says about ten million ballots.

    python bench/audit.py [--boxes N] [--ballots N] [--workers N] [--folder DIR] [--cluster] [--full]

Boxes of several sizes around ``--ballots`` are made, sealed and opened by our own code, with hints beside them, and
audited by ``majlis audit`` as anybody calls it: with hints, without, and with one byte of one ballot changed.
``--folder`` keeps the boxes there, and takes those that are there already. ``--full`` is 203 boxes of 1,000 ballots on
average; making them takes some minutes. ``--cluster`` audits once more over a Dask cluster on this machine.

What is extrapolated is said to be: so many ballots at the measured cost of one, on so many cores like these. A nation's
boxes are as independent as these are; that a disk can read as fast is assumed, and the bytes are given.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from material.box import make_box

from majlis.ballot.engine import NativeEngine
from majlis.ballot.reading import verify_file
from majlis.crypto.native import describe_native, is_native

NATION = 10_000_000
CORES = (1, 8, 64)
SIZES = (40, 70, 90, 100, 110, 130, 160)
"""Of boxes, in percent of the average."""


def make(path: Path, ballots: int) -> None:
    """A box and its hints, unless they are there."""
    if not path.exists():
        partial = path.with_suffix(".part")
        make_box(partial, ballots, seed=path.stem)
        partial.replace(path)
    hints = path.with_suffix(".hints")
    if not hints.exists():
        with path.open("rb") as box, hints.open("wb") as file:
            report = verify_file(box, NativeEngine(keep_hints=file.write))
        assert report.ballots == ballots


def make_nation(folder: Path, boxes: int, ballots: int, workers: int) -> int:
    """So many boxes, of all sizes; how many ballots they hold."""
    sizes = [ballots * SIZES[number % len(SIZES)] // 100 for number in range(boxes)]
    with ProcessPoolExecutor(workers) as pool:
        made = [
            pool.submit(make, folder / f"district-{number:04}-of-{size}.bel", size) for number, size in enumerate(sizes)
        ]
        for number, each in enumerate(made, start=1):
            each.result()
            if number % 20 == 0:
                print(f"  {number} of {boxes} boxes made", file=sys.stderr)
    return sum(sizes)


def audit(folder: Path, *words: str, code: int = 0) -> tuple[dict[str, Any], float, float, float]:
    """The report of one audit; seconds by the clock and of all processors, and the largest process in MiB."""
    command = [sys.executable, "-m", "majlis", "audit", str(folder), "--json", *words]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == code, done.stderr
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), seconds, spent, after.ru_maxrss / 1024


def show(name: str, ballots: int, seconds: float, spent: float, peak: float) -> None:
    each = spent / ballots
    nation = " | ".join(duration(NATION * each / cores) for cores in CORES)
    print(f"| {name} | {seconds:.1f} | {spent:.1f} | {1e6 * each:,.0f} | {peak:,.0f} | {nation} |", flush=True)


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def without_hints(folder: Path) -> Iterator[Path]:
    """The same boxes, alone."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        for box in folder.glob("*.bel"):
            os.link(box, Path(name) / box.name)
        yield Path(name)


def alter(folder: Path) -> str:
    """One digit of one ballot is changed, in a box that is copied over; its name."""
    box = sorted(folder.glob("*.bel"))[-1]
    data = bytearray(box.read_bytes())
    at = data.index(b'"response":"', len(data) // 2) + 20
    data[at] = ord("1") if data[at] != ord("1") else ord("2")
    box.unlink()
    box.write_bytes(data)
    return box.name


def run(args: argparse.Namespace, folder: Path) -> None:
    ballots = make_nation(folder, args.boxes, args.ballots, args.workers)
    size = sum(box.stat().st_size for box in folder.glob("*.bel"))
    hints = sum(box.stat().st_size for box in folder.glob("*.hints"))
    per = NATION / ballots / 1e9
    print(f"\n{args.boxes} boxes, {ballots:,} ballots: {size / 1e6:,.0f} MB, and {hints / 1e6:,.0f} MB of hints")
    print(f"{NATION:,} ballots, extrapolated: {size * per:,.0f} GB, and {hints * per:,.0f} GB of hints\n")
    cores = " | ".join(f"{NATION:,} on {count} cores, extrapolated" for count in CORES)
    print(
        f"| audit by {args.workers} workers | clock, s | processors, s | µs a ballot | largest process, MiB | {cores} |"
    )
    print("|" + "---|" * (5 + len(CORES)))
    workers = ("--workers", str(args.workers))
    with_hints, *measured = audit(folder, *workers)
    assert (with_hints["ballots"], with_hints["ok"]) == (ballots, True)
    assert sum(box["hinted"] for box in with_hints["boxes"]) == ballots
    show("with hints", ballots, *measured)
    with without_hints(folder) as bare:
        plain, *measured = audit(bare, *workers)
        assert [box["head"] for box in plain["boxes"]] == [box["head"] for box in with_hints["boxes"]]
        show("without hints", ballots, *measured)
        name = alter(bare)
        found, *_ = audit(bare, *workers, code=1)
    if args.cluster:
        show("with hints, Dask", ballots, *audit_on_cluster(folder, with_hints, args.workers))
    (box,) = [box for box in found["boxes"] if box["verdict"] != "valid-v1"]
    (finding,) = box["findings"]
    assert box["archive"] == name
    print(f"\none digit changed: {finding['check']} in {name} at event {finding['event']}, ballot {finding['ballot']}")


def audit_on_cluster(folder: Path, expected: dict[str, Any], workers: int) -> tuple[float, float, float]:
    """Over the workers of a cluster of processes on this machine, their start and end included: the same report."""
    from distributed import LocalCluster

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        report, seconds, _, _ = audit(folder, "--cluster", cluster.scheduler_address)
        assert report == expected
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boxes", type=int, default=8)
    parser.add_argument("--ballots", type=int, default=100, help="of a box, on average (100)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="where the boxes are kept")
    parser.add_argument("--cluster", action="store_true", help="once more over Dask")
    parser.add_argument("--full", action="store_true", help="203 boxes of 1,000 ballots")
    args = parser.parse_args()
    if args.full:
        args.boxes, args.ballots = 203, 1000
    if not is_native():
        print("the native engine is not built here, and hints are for it alone: make native builds it")
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {platform.python_version()}, {describe_native()}")
    print("command: python bench/audit.py", " ".join(sys.argv[1:]))
    folder = args.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run(args, folder)
    finally:
        if args.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
