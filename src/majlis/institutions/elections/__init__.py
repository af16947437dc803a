"""Secret ballots: rolls, announcements, boxes, trustees, results (``spec/elections.md``)."""

from majlis.institutions.elections.announcing import KINDS as _ANNOUNCING
from majlis.institutions.elections.boxes import KINDS as _BOXES
from majlis.institutions.elections.opening import KINDS as _OPENING
from majlis.institutions.elections.paper import answers, lot_base, lot_case, lot_prefix, paper, process

KINDS = _ANNOUNCING + _BOXES + _OPENING

__all__ = ["KINDS", "answers", "lot_base", "lot_case", "lot_prefix", "paper", "process"]
