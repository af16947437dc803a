"""How many districts are found, how equal and compact they are, and how long it takes, beside spopt in the same run.

    python bench/plan.py [--efforts 1 2 4] [--seeds 3] [--country ps] [--places N] [--peers PYTHON [--tries 20/5 …]]

The ground is the small places (below 10,000) of a country of the development data (MAJLIS_DATA), each linked with its
six nearest. ``--peers`` names the Python of an environment that holds spopt (see ``bench/peers/plan.py``), which gets
the same people, the same links and the same quota, and tells districts apart by places on a plane. Times are processor
time on one thread, for ours from the ground to the districts. ``--places`` plans so many made places.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import time
from math import hypot
from pathlib import Path
from statistics import mean, median, pstdev

from majlis.census import Drawing, Place, Places, check_plan, parse_places
from majlis.census.area import Ground
from majlis.census.floor import NEIGHBOURS
from majlis.census.ground import coarsen, components, flatten, nearest_links
from majlis.census.pool import Pool

HERE = Path(__file__).resolve().parent
QUOTA = 10_000
Parts = list[list[int]]


def grounds(country: str) -> list[Ground]:
    """The connected parts of a country's small places that can hold a district."""
    data = Path(os.environ.get("MAJLIS_DATA", HERE.parent.parent / "shared" / "data"))
    places = parse_places((data / "places" / f"places_{country}.csv").read_bytes())
    small = sorted((p for p in places.rows if 0 < p.population < QUOTA), key=lambda p: p.id)
    spots = [coarsen(lat=p.lat, lon=p.lon) for p in small]
    links = nearest_links(spots, NEIGHBOURS)
    found = []
    for part in components(links):
        at = {i: n for n, i in enumerate(part)}
        people = [small[i].population for i in part]
        if sum(people) >= QUOTA:
            inner = tuple(tuple((at[j], far) for j, far in links[i]) for i in part)
            found.append(Ground(people=people, spots=flatten([spots[i] for i in part]), links=inner, quota=QUOTA))
    return found


def figures(ground: Ground, parts: Parts) -> tuple[int, list[int], float]:
    """Districts, their people, and the people's mean distance from the middle of their district, times the people."""
    total = 0.0
    for part in parts:
        people = ground.held(part)
        x = sum(ground.people[i] * ground.spots[i][0] for i in part) / people
        y = sum(ground.people[i] * ground.spots[i][1] for i in part) / people
        total += sum(ground.people[i] * hypot(ground.spots[i][0] - x, ground.spots[i][1] - y) for i in part)
    return len(parts), [ground.held(part) for part in parts], total


def check(ground: Ground, parts: Parts) -> None:
    """Every part connected and of the quota, every node in one."""
    assert sorted(i for part in parts for i in part) == list(range(len(ground.people)))
    for part in parts:
        inside, seen, stack = set(part), {part[0]}, [part[0]]
        while stack:
            fresh = (set(ground.near[stack.pop()]) & inside) - seen
            seen |= fresh
            stack += fresh
        assert seen == inside and ground.held(part) >= QUOTA


def row(name: str, all_grounds: list[Ground], found: list[Parts], seconds: float) -> tuple[int, float]:
    count, held, far = 0, [], 0.0
    for ground, parts in zip(all_grounds, found, strict=True):
        check(ground, parts)
        n, people, metres = figures(ground, parts)
        count, held, far = count + n, held + people, far + metres
    print(
        f"| {name} | {count} | {max(held):,} | {pstdev(held) / mean(held):.3f} | {far / sum(held) / 1000:.2f} | "
        f"{seconds:.2f} |",
        flush=True,
    )
    return count, seconds


def ours(all_grounds: list[Ground], effort: int, seed: str) -> tuple[list[Parts], float]:
    start = time.process_time()
    pools = [Pool(ground, f"{seed} {n}") for n, ground in enumerate(all_grounds)]
    for pool in pools:
        for _ in range(effort):
            pool.improve()
    return [pool.parts for pool in pools], time.process_time() - start


def spopt(python: str, all_grounds: list[Ground], tries: str) -> tuple[list[Parts], float]:
    found, seconds = [], 0.0
    for ground in all_grounds:
        given = {"people": ground.people, "spots": ground.spots, "links": ground.near, "quota": QUOTA}
        done = subprocess.run(
            [python, str(HERE / "peers" / "plan.py"), *tries.split("/")],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        if done.returncode:
            sys.exit(done.stderr)
        answer = json.loads(done.stdout)
        found.append(answer["parts"])
        seconds += answer["seconds"]
    return found, seconds


def made(count: int) -> Places:
    """Places by chance on 8 by 10 degrees; sizes log-normal, some 1,800 people on average, one in fifty a town."""
    chance = random.Random(7)
    return Places(
        rows=tuple(
            Place(
                id=f"{n:07}",
                name=f"P{n}",
                population=min(int(chance.lognormvariate(7.2, 1.0)) + 20, 60_000),
                lat=int((30 + chance.random() * 8) * 1_000_000),
                lon=int((30 + chance.random() * 10) * 1_000_000),
            )
            for n in range(count)
        ),
        grouped=False,
    )


def measure_large(count: int) -> None:
    places = made(count)
    start = time.process_time()
    drawing = Drawing(places)
    print(f"\n{count:,} made places: {drawing.pooled:,} districts after {time.process_time() - start:.1f} s", end="")
    for _ in range(2):
        drawing.improve()
        print(f", {drawing.pooled:,} after {time.process_time() - start:.1f} s", end="", flush=True)
    plan = drawing.plan()
    print(f"; at most {drawing.bound:,}. Plan made after {time.process_time() - start:.1f} s", end="")
    check_plan(plan, places)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f", checked after {time.process_time() - start:.1f} s; {peak} MiB.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--efforts", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--country", default="ps")
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--tries", nargs="+", default=["20/5"])
    parser.add_argument("--places", type=int)
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    all_grounds = grounds(args.country)
    bound = sum(ground.room for ground in all_grounds)
    print(
        f"{args.country}: {sum(len(g.people) for g in all_grounds)} small places, at most {bound} districts by people"
    )
    print(
        "\n| planner | districts | largest | spread of sizes | mean km to the middle | s |\n|---|---|---|---|---|---|"
    )
    rows = []
    for effort in args.efforts:
        runs = [ours(all_grounds, effort, f"bench {seed}") for seed in range(args.seeds)]
        runs.sort(key=lambda run: sum(len(parts) for parts in run[0]))
        found, _ = runs[len(runs) // 2]
        seconds = median(run[1] for run in runs)
        rows.append(row(f"**Majlis**, {effort} rounds", all_grounds, found, seconds))
    if args.peers:
        for tries in args.tries:
            peer = row(f"spopt max-p, {tries}", all_grounds, *spopt(args.peers, all_grounds, tries))
            for effort, mine in zip(args.efforts, rows, strict=True):
                print(f"{effort} rounds: {mine[0] - peer[0]} more districts, {peer[1] / mine[1]:.1f} times as fast")
    if args.places:
        measure_large(args.places)


if __name__ == "__main__":
    main()
