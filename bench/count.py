"""How fast a million ballots are read and counted, by every rule, beside peers in the same run.

    python bench/count.py [--ballots N] [--runs R] [--file CSV]
                          [--peers PYTHON [--names …] --droop DIR] [--stv-rs PROGRAM] [--wards [EVERY]]

Without options it makes ballots of its own and measures Majlis alone. ``--peers`` names the Python of an environment
that holds numpy and the peers (see ``bench/peers/count.py``); then the set is made there, from the seed that the
published figures are of. Every measurement is a process of its own on one thread; runs of all tools are interleaved.
Given are medians of processor time, which neighbours on a shared machine disturb less than the clock: still, only
ratios within one run count. ``--wards`` compares winners on every n-th of the Scottish wards of 2017, where the
development data are at hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

from msgspec.structs import replace

from majlis.count import RULES, Profile, count_votes, format_profile, make_profile, parse_profile

HERE = Path(__file__).resolve().parent
PEERS = ("droop-scotland", "droop-meek", "pref-voting", "votekit", "pyrankvote", "stvpoll")
SEED = bytes(32)
Measured = dict[str, Any]


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(2**20):
            yield piece


def draw(path: Path, ballots: int) -> None:
    """Ballots without numpy: eight groups of voters, each with weights of its own for 15 candidates."""
    chance = random.Random(20261122)
    groups = [[chance.expovariate(1) ** 2 for _ in range(15)] for _ in range(8)]
    whole = [list(accumulate(weights)) for weights in groups]
    rows: Counter[tuple[int, ...]] = Counter()
    for _ in range(ballots):
        cumulative = chance.choice(whole)
        row: list[int] = []
        while not row or (len(row) < 15 and chance.random() < 0.7):
            candidate = chance.choices(range(1, 16), cum_weights=cumulative)[0]
            if candidate not in row:
                row.append(candidate)
        rows[tuple(row)] += 1
    profile = make_profile(
        [f"Candidate number {number}" for number in range(1, 16)],
        [(count, row) for row, count in rows.items()],
        seats=5,
    )
    path.write_text("".join(format_profile(profile, "csv")), encoding="utf-8")


def write_raw(profile: Profile, path: Path) -> None:
    """The same ballots, one on a line, in no order."""
    lines = []
    for count, groups in profile.ballots():
        lines += [f"1,{','.join(str(group[0]) for group in groups)},\n"] * count
    random.Random(1).shuffle(lines)
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{len(profile.names)},{profile.seats},\n")
        file.writelines(lines)
        file.writelines(f"Candidate {number},{name}\n" for number, name in enumerate(profile.names, start=1))


def measure_ours(rule: str, path: Path) -> Measured:
    """Read and counted once, in this process."""
    start = time.process_time()
    profile = parse_profile(pieces(path))
    read = time.process_time()
    seats = 1 if RULES[rule].single else profile.seats or 1
    outcome = count_votes(profile, rule=rule, seats=seats, seed=SEED)
    end = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"winners": sorted(outcome.winners), "read": read - start, "count": end - read, "peak": peak}


def run(command: list[str]) -> list[Measured]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} …\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def with_short_names(lines: list[str], candidates: int) -> Iterator[str]:
    """The same BLT file in the way that stv-rs reads it: ballots name candidates by short names."""
    yield lines[0]
    yield f"[nick {' '.join(f'c{number}' for number in range(1, candidates + 1))}]\n"
    for line in lines[1:]:
        if line[0].isdigit() and line != "0\n":
            count, *ranking, end = line.split()
            yield " ".join([count, *(f"c{number}" for number in ranking), end]) + "\n"
        else:
            yield line


def run_stv_rs(program: str, arithmetic: str, path: Path) -> Measured:
    """stv-rs reads and counts in one go, on one thread; its winners are those whom the report elects."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    arguments = ["--arithmetic", arithmetic, "--input", str(path), "meek", "--parallel", "no"]
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = [line.split(":")[-1] for line in done.stdout.splitlines() if "Action: Elect" in line]
    winners = sorted({int(name.split()[-1]) for line in told for name in line.split(",")})
    return {"winners": winners, "read": 0, "count": spent, "peak": 0}


def show(title: str, results: dict[str, list[Measured]], base: str) -> None:
    """One table: medians, and how many times the time of ``base`` each tool takes."""
    print(f"\n{title}\n\n| tool | read, s | count, s | both, s | times {base} | MiB | winners |")
    print("|---|---|---|---|---|---|---|")
    whole = {name: median(m["read"] + m["count"] for m in found) for name, found in results.items()}
    for name, found in results.items():
        read, count = (median(m[key] for m in found) for key in ("read", "count"))
        winners = " ".join(map(str, found[0]["winners"]))
        ratio = whole[name] / whole[base]
        shown = f"{read:.3f} | {count:.3f}" if read else "- | -"
        peak = max(m["peak"] for m in found) or "-"
        print(f"| {name} | {shown} | {whole[name]:.3f} | {ratio:.1f} | {peak} | {winners} |")


def compare_wards(args: argparse.Namespace, folder: Path) -> None:
    """Winners of each peer against the official ones, on every n-th ward."""
    data = Path(os.environ.get("MAJLIS_DATA", HERE.parent.parent / "shared" / "data")) / "stv"
    if not data.is_dir():
        print("\nno Scottish wards here: MAJLIS_DATA has no folder stv")
        return
    with (data / "scot_index_2017.csv").open(encoding="utf-8", newline="") as file:
        official = {row["ballot_file"]: sorted(map(int, row["winners"].split())) for row in csv.DictReader(file)}
    files: dict[Path, list[int]] = {}
    ours = spent = 0.0
    with tarfile.open(data / "scot_ballots_2017.tar.gz") as tar:
        for at, member in enumerate(sorted(m.name for m in tar.getmembers() if m.isfile())):
            content = tar.extractfile(member)
            if at % args.wards or content is None:
                continue
            raw = content.read()
            start = time.process_time()
            profile = parse_profile([raw])
            outcome = count_votes(profile, rule="scottish", seats=profile.seats or 1)
            spent += time.process_time() - start
            expected = official[member.removeprefix("./")]
            ours += sorted(outcome.winners) == expected
            named = make_profile(
                [f"C{number}" for number in range(1, len(profile.names) + 1)],
                [(count, [group[0] for group in groups]) for count, groups in profile.ballots()],
                seats=profile.seats,
                title="ward",
            )
            path = folder / f"{at}.blt"
            path.write_text("".join(format_profile(named, "blt")), encoding="utf-8")
            files[path] = expected
    print(f"\n{len(files)} official wards\n\n| tool | right | ms a ward, both |\n|---|---|---|")
    print(f"| Majlis scottish | {ours:.0f} | {1000 * spent / len(files):.1f} |")
    for name in args.names:
        found = run(peer(args, name, *files))
        right = sum(m["winners"] == expected for m, expected in zip(found, files.values(), strict=True))
        each = 1000 * sum(m["read"] + m["count"] for m in found) / len(files)
        print(f"| {name} | {right} | {each:.1f} |")


def peer(args: argparse.Namespace, name: str, *paths: Path) -> list[str]:
    return [args.peers, str(HERE / "peers" / "count.py"), name, *map(str, paths), "--droop", str(args.droop)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ballots", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--file", type=Path, help="a CSV profile to measure instead of a made one")
    parser.add_argument("--peers", help="the Python of the peers' environment")
    parser.add_argument("--names", nargs="*", default=list(PEERS), choices=PEERS, metavar="NAME")
    parser.add_argument("--droop", default="droop", help="a checkout of droop")
    parser.add_argument("--stv-rs", help="the program stv-rs")
    parser.add_argument("--wards", type=int, nargs="?", const=1, help="compare winners on every n-th official ward (1)")
    parser.add_argument("--one", nargs=2, metavar=("RULE", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure_ours(args.one[0], Path(args.one[1]))))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("command: python bench/count.py", " ".join(sys.argv[1:]))
    with tempfile.TemporaryDirectory() as name:
        measure(args, Path(name))


def measure(args: argparse.Namespace, folder: Path) -> None:
    made, raw, blt = folder / "made.csv", folder / "raw.csv", folder / "made.blt"
    if args.file:
        made = args.file
    elif args.peers:
        run([args.peers, str(HERE / "peers" / "count.py"), "make", str(made), "--ballots", str(args.ballots)])
    else:
        draw(made, args.ballots)
    profile = parse_profile(pieces(made))
    print(f"{profile.papers:,} ballots, {len(profile.rankings):,} different, {len(profile.names)} candidates")
    write_raw(profile, raw)
    lines = list(format_profile(replace(profile, title="A made election"), "blt"))
    blt.write_text("".join(lines), encoding="utf-8")
    nicked = folder / "nick.blt"
    nicked.write_text("".join(with_short_names(lines, len(profile.names))), encoding="utf-8")

    results: dict[str, list[Measured]] = {}
    for _ in range(args.runs):
        for rule in RULES:
            found = run([sys.executable, __file__, "--one", rule, str(made)])
            results.setdefault(f"Majlis {rule}", []).extend(found)
        for kind, path in (("one on a line", raw), ("BLT", blt)):
            found = run([sys.executable, __file__, "--one", "scottish", str(path)])
            results.setdefault(f"Majlis scottish, {kind}", []).extend(found)
        if args.stv_rs:
            for arithmetic in ("fixed9", "bigfixed9"):
                name = f"stv-rs {arithmetic} (Meek)"
                results.setdefault(name, []).append(run_stv_rs(args.stv_rs, arithmetic, nicked))
        for name in args.names if args.peers else ():
            results.setdefault(name, []).extend(run(peer(args, name, blt)))
    show(f"medians of {args.runs} runs, processor time", results, "Majlis scottish")
    if args.wards and args.peers:
        compare_wards(args, folder)


if __name__ == "__main__":
    main()
