"""Seats for inhabitants, one per quota; and the wards of what has too many (R-PLAN-5, R-PLAN-8)."""

from __future__ import annotations

from typing import Literal, assert_never, get_args

Rounding = Literal["nearest", "commune", "floor", "ceil"]
"""How a part of a quota counts.

``nearest``: half a quota or more is a seat. ``commune``: only more than half is (Paris 1871: one per 20,000 "or
fraction in excess of 10,000"). ``floor``: no part is. ``ceil``: every part is.
"""

ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)


def seats_for(people: int, *, quota: int, rounding: Rounding) -> int:
    """The seats of a district of ``people``: at least one, as whoever is counted is represented."""
    match rounding:
        case "nearest":
            seats = (2 * people + quota) // (2 * quota)
        case "commune":
            seats = (2 * people + quota - 1) // (2 * quota)
        case "floor":
            seats = people // quota
        case "ceil":
            seats = -(-people // quota)
        case _:
            assert_never(rounding)
    return max(seats, 1)


def wards_of(seats: int, *, max_magnitude: int) -> tuple[int, ...]:
    """The seats of each ward: as few wards as ``max_magnitude`` allows, differing by at most one, the larger first."""
    count = -(-seats // max_magnitude)
    each, over = divmod(seats, count)
    return (each + 1,) * over + (each,) * (count - over)


def share(people: int, seats: tuple[int, ...]) -> tuple[int, ...]:
    """``people`` divided in proportion to ``seats`` by largest remainder; equal remainders go to the earlier ward."""
    total = sum(seats)
    shares = [people * s // total for s in seats]
    by_remainder = sorted(range(len(seats)), key=lambda n: (-(people * seats[n] % total), n))
    for n in by_remainder[: people - sum(shares)]:
        shares[n] += 1
    return tuple(shares)
