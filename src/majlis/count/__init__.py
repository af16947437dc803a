"""Counts: from ballots, or from verified numbers of votes, to who is elected; and the lots that settle ties.

A ballot file becomes a ``Profile`` by ``parse_profile``; ``count_votes`` by one of ``RULES`` gives an ``Outcome``, and
``transcribe`` the sheets of it that a returning officer would sign. An empty seat is filled by ``count_back`` or from
``reserves``. Where totals are known already, from a box, ``rank`` orders the candidates.
"""

from majlis.count.lot import Lot
from majlis.count.outcome import Outcome, Stage, Tie, Transfer, format_amount
from majlis.count.plurality import Ranking, rank, tied
from majlis.count.profile import Profile, make_profile
from majlis.count.read import FORMATS, format_profile, parse_profile
from majlis.count.rules import RULES, Rule, count_votes
from majlis.count.transcript import Row, Sheet, Transcript, format_transcript, transcribe
from majlis.count.vacancy import count_back, reserves

__all__ = [
    "FORMATS",
    "RULES",
    "Lot",
    "Outcome",
    "Profile",
    "Ranking",
    "Row",
    "Rule",
    "Sheet",
    "Stage",
    "Tie",
    "Transcript",
    "Transfer",
    "count_back",
    "count_votes",
    "format_amount",
    "format_profile",
    "format_transcript",
    "make_profile",
    "parse_profile",
    "rank",
    "reserves",
    "tied",
    "transcribe",
]
