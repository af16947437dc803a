"""Papers moved in bundles: all papers that begin alike are one stretch of the sorted profile.

A bundle is three numbers, ``low, high, depth``: the rankings low to high - 1 of the profile, which share their first
``depth`` preferences and count for the last of these. To pass a bundle on is to look where the next preference changes,
by halving, and never at single papers. Each bundle is cut at most once in a count, so the cost is that of the different
beginnings that the count really meets, whatever the number of papers. Rule R-COUNT-7.

Bundles stand one after the other in flat lists of numbers: a hundred thousand small tuples would cost more to keep than
to count.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from itertools import accumulate

from majlis.count.profile import Profile

Bundles = list[int]
"""low, high, depth, low, high, depth, …"""
Piles = dict[int, Bundles]
"""Papers by their value, in units of the count."""
SPENT = ""
"""The key of bundles without a next preference, where others have a candidate's mark."""


class Papers:
    """The papers of a profile, ready to be passed on."""

    def __init__(self, profile: Profile) -> None:
        self._rankings = profile.rankings
        self._before = list(accumulate(profile.counts, initial=0))

    @property
    def all(self) -> Bundles:
        """Every paper, at its first preference."""
        return [0, len(self._rankings), 0]

    def number(self, bundles: Bundles) -> int:
        """How many papers the bundles hold."""
        before = self._before.__getitem__
        return sum(map(before, bundles[1::3])) - sum(map(before, bundles[::3]))

    def pass_on(self, bundles: Bundles, standing: Collection[str]) -> dict[str, Bundles]:
        """The papers sorted by the mark of the next preference that is standing, ``SPENT`` where there is none."""
        rankings = self._rankings
        passed: dict[str, Bundles] = {mark: [] for mark in standing}
        spent: Bundles = []
        waiting: Bundles = []
        numbers = iter(bundles)
        for start, stop, read in zip(numbers, numbers, numbers, strict=True):
            if stop - start == 1:
                depth = read
                for mark in rankings[start][read:]:
                    depth += 1
                    if mark in passed:
                        passed[mark] += (start, stop, depth)
                        break
                else:
                    spent += (start, stop, depth)
                continue
            waiting += (start, stop, read)
            while waiting:
                depth, high, low = waiting.pop(), waiting.pop(), waiting.pop()
                if len(rankings[low]) == depth:
                    spent += (low, low + 1, depth)
                    low += 1
                while low < high:
                    first = rankings[low]
                    mark = first[depth]
                    if rankings[high - 1][depth] == mark:
                        end = high
                    else:
                        end = bisect_left(rankings, first[:depth] + chr(ord(mark) + 1), low + 1, high)
                    if mark in passed:
                        passed[mark] += (low, end, depth + 1)
                    else:
                        waiting += (low, end, depth + 1)
                    low = end
        if spent:
            passed[SPENT] = spent
        return {mark: parcel for mark, parcel in passed.items() if parcel}
