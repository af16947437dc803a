"""Counts: from verified numbers of votes to an order of candidates, and the lots that settle ties."""

from majlis.count.lot import Lot
from majlis.count.plurality import Ranking, rank, tied

__all__ = ["Lot", "Ranking", "rank", "tied"]
