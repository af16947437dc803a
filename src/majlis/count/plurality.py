"""Choose up to k of n: candidates in the order of their votes, ties settled by the public lot (``spec/lot.md``)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec

from majlis.count.lot import Lot


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """Candidate numbers (from 0), most votes first; ``by_lot`` are the groups whose order the lot decided."""

    order: tuple[int, ...]
    by_lot: tuple[tuple[int, ...], ...]


def tied(votes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The groups of candidates (numbers from 0) that have equal votes, most votes first."""
    return tuple(group for group in _groups(votes) if len(group) > 1)


def rank(votes: Sequence[int], seed: bytes | None) -> Ranking:
    """All candidates in order. Winners are the first; those behind them are the reserves, so every tie matters.

    ``seed`` is the 32-byte seed of the election's public lot; None is enough where nobody is tied.
    Raises: ValueError when somebody is tied and there is no seed.
    """
    order: list[int] = []
    drawn: list[tuple[int, ...]] = []
    lot = Lot(seed) if seed is not None else None
    for group in _groups(votes):
        if len(group) == 1:
            order += group
        elif lot is None:
            raise ValueError("candidates are tied; their order needs the public lot")
        else:
            order += lot.shuffled(group)
            drawn.append(group)
    return Ranking(order=tuple(order), by_lot=tuple(drawn))


def _groups(votes: Sequence[int]) -> list[tuple[int, ...]]:
    numbers = sorted(range(len(votes)), key=lambda number: (-votes[number], number))
    return [tuple(group) for _, group in groupby(numbers, key=lambda number: votes[number])]
