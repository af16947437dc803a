"""The seats of an assembly of fixed size, shared out by people (R-PLAN-16).

    method           the next seat goes to the largest       also called
    adams            p / s
    huntington-hill  p^2 / (s (s + 1))                       equal proportions
    webster          p / (2 s + 1)                           Sainte-Lague
    jefferson        p / (s + 1)                             D'Hondt, Hagenbach-Bischoff
    hamilton         whole shares first, then largest remainders   Hare-Niemeyer, Vinton

p people, s seats held so far. Equal claims go to the unit with more people, then to the earlier one.

Source: Balinski and Young 2001, Fair Representation, second edition, chapters 2 to 5 and appendix A.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from heapq import heapify, heapreplace
from typing import Literal, assert_never, get_args

from majlis.errors import Refused

Method = Literal["webster", "huntington-hill", "jefferson", "hamilton", "adams"]
METHODS: tuple[Method, ...] = get_args(Method)


def apportion(people: Sequence[int], size: int, *, method: Method, least: int = 1) -> tuple[int, ...]:
    """``size`` seats for units of ``people`` (each above 0), each with at least ``least``.

    Raises:
        Refused: there are fewer seats than that takes.
    """
    if size < least * len(people):
        raise Refused(
            f"{size} seats cannot give each of {len(people)} districts {least}; take more seats or larger districts",
            rule="R-PLAN-16",
        )
    if not people:
        return ()
    if method == "hamilton":
        return _by_remainder(people, size, least)
    seats = [least] * len(people)
    claims = [_claim(method, people, n, least) for n in range(len(people))]
    heapify(claims)
    for _ in range(size - least * len(people)):
        n = claims[0][-1]
        seats[n] += 1
        heapreplace(claims, _claim(method, people, n, seats[n]))
    return tuple(seats)


def _claim(method: Method, people: Sequence[int], n: int, held: int) -> tuple[int, Fraction, int, int]:
    """What orders the claims to the next seat; who has none comes before all, where the method has it so."""
    p = people[n]
    match method:
        case "adams":
            share = Fraction(p, held) if held else None
        case "huntington-hill":
            share = Fraction(p * p, held * (held + 1)) if held else None
        case "webster":
            share = Fraction(p, 2 * held + 1)
        case "jefferson":
            share = Fraction(p, held + 1)
        case "hamilton":
            raise AssertionError(method)
        case _:
            assert_never(method)
    return (1, -share, -p, n) if share is not None else (0, Fraction(-p), -p, n)


def _by_remainder(people: Sequence[int], size: int, least: int) -> tuple[int, ...]:
    """Who would have fewer than ``least`` has them; the others share what is left, until nobody has fewer."""
    settled: set[int] = set()
    while True:
        open_ = [n for n in range(len(people)) if n not in settled]
        left = size - least * len(settled)
        total = sum(people[n] for n in open_)
        seats = dict.fromkeys(range(len(people)), least)
        seats |= {n: people[n] * left // total for n in open_}
        by_remainder = sorted(open_, key=lambda n: (-(people[n] * left % total), -people[n], n))
        for n in by_remainder[: left - sum(seats[n] for n in open_)]:
            seats[n] += 1
        short = {n for n in open_ if seats[n] < least}
        if not short:
            return tuple(seats[n] for n in range(len(people)))
        settled |= short
