"""Candidates in the order of their votes; who is tied is settled by the lot and nobody else."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.count import Lot, rank, tied

SEED = sha256(b"seed").digest()


def test_most_votes_come_first() -> None:
    assert rank((3, 9, 5), None).order == (1, 2, 0)
    assert rank((3, 9, 5), SEED) == rank((3, 9, 5), None)


def test_nobody_is_ranked_by_number_when_tied() -> None:
    with pytest.raises(ValueError, match="public lot"):
        rank((5, 5), None)
    ranking = rank((1, 5, 9, 5, 5), SEED)
    assert ranking.order == (2, *Lot(SEED).shuffled((1, 3, 4)), 0)
    assert ranking.by_lot == ((1, 3, 4),)


def test_ties_are_drawn_from_one_lot_in_the_order_of_votes() -> None:
    lot = Lot(SEED)
    first, second = lot.shuffled((1, 3)), lot.shuffled((0, 2, 4))
    assert rank((2, 7, 2, 7, 2), SEED).order == (*first, *second)
    assert tied((2, 7, 2, 7, 2)) == ((1, 3), (0, 2, 4))


def test_no_candidates_are_no_order() -> None:
    assert rank((), None).order == ()


@given(st.lists(st.integers(0, 6), max_size=12))
def test_everybody_is_ranked_once_by_votes(votes: list[int]) -> None:
    order = rank(votes, SEED).order
    assert sorted(order) == list(range(len(votes)))
    assert [votes[number] for number in order] == sorted(votes, reverse=True)
    assert all(len({votes[number] for number in group}) == 1 for group in rank(votes, SEED).by_lot)
