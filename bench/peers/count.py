"""One peer counts one file of ballots, in an environment of its own; ``bench/count.py`` calls this.

    PYTHON bench/peers/count.py make OUT.csv [--ballots N]     the measured set; needs numpy
    PYTHON bench/peers/count.py NAME FILE…                     each file a BLT file; one line of JSON for each

NAME is droop-scotland, droop-meek (both need --droop, a checkout of github.com/jklundell/droop), pref-voting, votekit,
pyrankvote or stvpoll. Times, of the processor, are of building the tool's own profile
from ballots that are in memory (droop: from the file), and of the count.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

Election = tuple[int, int, list[tuple[int, list[int]]]]
Counting = tuple[Callable[[Election, str], Any], Callable[[Any, int], list[int]]]


def make(path: Path, ballots: int) -> None:
    """Candidates and voters on a plane, with popularity and chance: the set that the published figures are of."""
    import numpy as np

    g = np.random.default_rng(20261122)
    candidates = g.normal(0, 1, (15, 2))
    voters = g.normal(0, 1, (ballots, 2)).astype(np.float32)
    popularity = g.normal(0, 0.5, 15)
    distance = ((voters[:, None, :] - candidates[None]) ** 2).sum(2)
    utility = -1.2 * distance + popularity + g.gumbel(0, 1, (ballots, 15))
    order = np.argsort(-utility, axis=1) + 1
    length = np.minimum(g.geometric(0.3, ballots), 15)
    rows = Counter(tuple(row[:cut]) for row, cut in zip(order.tolist(), length.tolist(), strict=True))
    with path.open("w", encoding="utf-8") as file:
        file.write("15,5,\n")
        file.writelines(f"{count},{','.join(map(str, row))},\n" for row, count in sorted(rows.items()))
        file.writelines(f'"Candidate {number}","Candidate number {number}",\n' for number in range(1, 16))


def read_blt(path: Path) -> Election:
    """Candidates, seats and ballots, read as simply as can be; not measured."""
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    candidates, seats = map(int, next(lines).split())
    ballots = []
    for line in lines:
        count, *ranking = map(int, line.split())
        if not count:
            break
        if ranking[:-1]:
            ballots.append((count, ranking[:-1]))
    return candidates, seats, ballots


def droop(folder: str, rule: str) -> Counting:
    sys.path.insert(0, folder)
    from droop.election import Election as Droop
    from droop.profile import ElectionProfile

    def build(_: Election, path: str) -> Any:
        return ElectionProfile(path=path)

    def count(profile: Any, _: int) -> list[int]:
        election = Droop(profile, {"rule": rule})
        election.count()
        return [candidate.cid for candidate in election.elected]

    return build, count


def pref_voting() -> Counting:
    from pref_voting.profiles_with_ties import ProfileWithTies
    from pref_voting.proportional_methods import stv_scottish

    def build(election: Election, _: str) -> Any:
        candidates, _seats, ballots = election
        rankings = [{number: place for place, number in enumerate(ranking, start=1)} for _, ranking in ballots]
        return ProfileWithTies(rankings, [count for count, _ in ballots], candidates=list(range(1, candidates + 1)))

    return build, lambda profile, seats: list(stv_scottish(profile, num_seats=seats, rng=random.Random(1)))


def votekit() -> Counting:
    from votekit import RankBallot, RankProfile
    from votekit.elections import FastSTV

    def build(election: Election, _: str) -> Any:
        candidates, _seats, ballots = election
        names = [str(number) for number in range(1, candidates + 1)]
        made = [RankBallot(ranking=[{str(n)} for n in ranking], weight=count) for count, ranking in ballots]
        return RankProfile(ballots=made, candidates=names)

    def count(profile: Any, seats: int) -> list[int]:
        elected = FastSTV(profile, n_seats=seats, simultaneous=True).get_elected()
        return [int(name) for group in elected for name in group]

    return build, count


def pyrankvote() -> Counting:
    from pyrankvote import Ballot, Candidate, single_transferable_vote

    def build(election: Election, _: str) -> Any:
        candidates, _seats, ballots = election
        people = [Candidate(str(number)) for number in range(1, candidates + 1)]
        papers = []
        for count, ranking in ballots:
            papers += [Ballot(ranked_candidates=[people[n - 1] for n in ranking])] * count
        return people, papers

    def count(profile: Any, seats: int) -> list[int]:
        result = single_transferable_vote(profile[0], profile[1], number_of_seats=seats)
        return [int(candidate.name) for candidate in result.get_winners()]

    return build, count


def stvpoll() -> Counting:
    from stvpoll.scottish_stv import ScottishSTV

    def build(election: Election, _: str) -> Any:
        candidates, seats, ballots = election
        poll = ScottishSTV(seats=seats, candidates=list(range(1, candidates + 1)))
        for count, ranking in ballots:
            poll.add_ballot(ranking, count)
        return poll

    return build, lambda poll, _: [int(number) for number in poll.calculate().elected_as_tuple()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--ballots", type=int, default=10**6)
    parser.add_argument("--droop", default="droop")
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if args.name == "make":
        make(args.files[0], args.ballots)
        return
    warnings.simplefilter("ignore")
    peers: dict[str, Callable[[], Counting]] = {
        "droop-scotland": lambda: droop(args.droop, "scotland"),
        "droop-meek": lambda: droop(args.droop, "meek-prf"),
        "pref-voting": pref_voting,
        "votekit": votekit,
        "pyrankvote": pyrankvote,
        "stvpoll": stvpoll,
    }
    build, count = peers[args.name]()
    for path in args.files:
        election = read_blt(path)
        start = built = time.process_time()
        winners: list[int] = []
        try:
            profile = build(election, str(path))
            built = time.process_time()
            winners = sorted(count(profile, election[1]))
        except Exception as wrong:
            print(f"{path}: {wrong!r}", file=sys.stderr)
        end = time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({"winners": winners, "read": built - start, "count": end - built, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
