"""Secret ballots: rolls, announcements, boxes, trustees, results (``spec/elections.md``)."""

from majlis.institutions.elections.announcing import KINDS as _ANNOUNCING
from majlis.institutions.elections.announcing import MOST_REPLACED
from majlis.institutions.elections.boxes import KINDS as _BOXES
from majlis.institutions.elections.dice import KINDS as _DICE
from majlis.institutions.elections.numbers import Numbers, count_box, count_result, first_preferences, profile_of
from majlis.institutions.elections.onpaper import KINDS as _ON_PAPER
from majlis.institutions.elections.opening import KINDS as _OPENING
from majlis.institutions.elections.opening import agreed_end
from majlis.institutions.elections.paper import answers, claim, lot_case, lot_seed, paper, process
from majlis.institutions.elections.result import KINDS as _RESULT
from majlis.institutions.elections.trustees import KINDS as _TRUSTEES
from majlis.institutions.elections.trustees import certificates_of

KINDS = _ANNOUNCING + _TRUSTEES + _BOXES + _OPENING + _DICE + _RESULT + _ON_PAPER

__all__ = [
    "KINDS",
    "MOST_REPLACED",
    "Numbers",
    "agreed_end",
    "answers",
    "certificates_of",
    "claim",
    "count_box",
    "count_result",
    "first_preferences",
    "lot_case",
    "lot_seed",
    "paper",
    "process",
    "profile_of",
]
