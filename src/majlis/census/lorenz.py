"""The Lorenz curve of a plan: seats from the fewest people behind one to the most, and the people behind them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

_SIDE = 1000
_MOST_POINTS = 400


def lorenz_curve(units: Iterable[tuple[int, int]]) -> tuple[tuple[Fraction, Fraction], ...]:
    """Points from (0, 0) to (1, 1): the share of seats and that of people, over ``(inhabitants, seats)`` pairs.

    The area between the curve and the straight line is half the Gini coefficient (R-PLAN-10).
    """
    rising = sorted(units, key=lambda unit: Fraction(*unit))
    people, seats = sum(p for p, _ in rising), sum(s for _, s in rising)
    points, held, given = [(Fraction(0), Fraction(0))], 0, 0
    for p, s in rising:
        held, given = held + p, given + s
        points.append((Fraction(given, seats), Fraction(held, people)))
    return tuple(points)


def lorenz_picture(units: Iterable[tuple[int, int]]) -> str:
    """The curve as an SVG in the colour of the text around it, whole units, and at most 400 points."""
    points = lorenz_curve(units)
    step = -(-len(points) // _MOST_POINTS)
    drawn = [*points[::step], points[-1]]
    line = "L".join(f"{int(x * _SIDE)} {_SIDE - int(y * _SIDE)}" for x, y in drawn)
    return (
        f'<svg class="lorenz" viewBox="-10 -10 {_SIDE + 20} {_SIDE + 20}" aria-hidden="true">'
        f'<path fill="none" stroke="currentColor" stroke-width="3" d="M0 0V{_SIDE}H{_SIDE}"/>'
        f'<path fill="none" stroke="currentColor" stroke-width="3" stroke-dasharray="14 14" d="M0 {_SIDE}L{_SIDE} 0"/>'
        f'<path fill="currentColor" fill-opacity=".12" d="M{line}L{_SIDE} 0L0 {_SIDE}z"/>'
        f'<path fill="none" stroke="currentColor" stroke-width="6" d="M{line}"/></svg>'
    )
