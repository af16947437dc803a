"""Made elections, and elections as Hypothesis draws them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from majlis.count import Profile, make_profile

SEED = bytes(range(32))
Ballot = tuple[int, list[int]]


def election(*ballots: str, candidates: int = 0, withdrawn: Sequence[int] = ()) -> Profile:
    """``election("9 1 2", "3 2")``: nine ballots that prefer 1 to 2, and three for 2; candidates up to the largest."""
    rows = [[int(number) for number in ballot.split()] for ballot in ballots]
    most = max([candidates, *(number for row in rows for number in row[1:])])
    return profile_of(most, [(row[0], row[1:]) for row in rows], withdrawn)


def profile_of(candidates: int, ballots: Sequence[Ballot], withdrawn: Sequence[int] = ()) -> Profile:
    """The profile of these ballots; candidates are called A, B, …"""
    return make_profile([chr(64 + number) for number in range(1, candidates + 1)], ballots, withdrawn=withdrawn)


@st.composite
def profiles(draw: st.DrawFn, most: int = 6, papers: int = 40) -> Profile:
    """Elections of few candidates and few kinds of ballots, in which ties and empty piles are common."""
    candidates = draw(st.integers(1, most))
    order = st.permutations(list(range(1, candidates + 1)))
    ranking = st.builds(lambda whole, length: whole[:length], order, st.integers(0, candidates))
    ballots = draw(st.lists(st.tuples(st.integers(1, papers), ranking), min_size=1, max_size=14))
    gone = draw(st.sets(st.integers(1, candidates), max_size=1)) if candidates > 1 else set()
    return profile_of(candidates, ballots, sorted(gone))


@st.composite
def weak_profiles(draw: st.DrawFn, most: int = 5) -> Profile:
    """Elections whose ballots may rank candidates equally."""
    candidates = draw(st.integers(1, most))
    levels = st.lists(st.integers(0, candidates), min_size=candidates, max_size=candidates)
    ballots = []
    for count, level in draw(st.lists(st.tuples(st.integers(1, 9), levels), min_size=1, max_size=9)):
        groups = [
            [c for c in range(1, candidates + 1) if level[c - 1] == wanted] for wanted in range(1, candidates + 1)
        ]
        ballots.append((count, [group for group in groups if group]))
    return make_profile([chr(64 + number) for number in range(1, candidates + 1)], ballots)
