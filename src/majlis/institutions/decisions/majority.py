"""Whether a vote carries: exact shares of a named base (``spec/decisions.md``, R-DECIDE-4 and R-DECIDE-5)."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import msgspec

from majlis.errors import Refused
from majlis.institutions.charter import Base, Charter, Share
from majlis.institutions.state import Motion

# A motion that grants one of these needs the amend majority.
GRAVE: Final = frozenset({"charter.amend", "dissolve"})


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted: people on the roll, people present (or ballots cast), and votes."""

    roll: int
    present: int
    yes: int
    no: int
    abstain: int

    def base(self, share: Share) -> int:
        """The number of which ``share`` is a part."""
        bases: dict[Base, int] = {
            "roll": self.roll,
            "present": self.present,
            "cast": self.yes + self.no + self.abstain,
            "valid": self.yes + self.no,
        }
        return bases[share.base]


def check_tally(tally: Tally) -> None:
    """Raises: Refused with R-DECIDE-3 when the numbers cannot be true together."""
    if tally.yes + tally.no + tally.abstain > tally.present or tally.present > tally.roll:
        raise Refused("more votes than people present, or more people than the roll has", rule="R-DECIDE-3")


def check_quorum(charter: Charter, tally: Tally) -> None:
    """Raises: Refused with R-DECIDE-4 when fewer are present than the charter's quorum."""
    if not is_quorate(charter, tally):
        raise Refused(f"{tally.present} present of {tally.roll}: below the quorum", rule="R-DECIDE-4")


def is_quorate(charter: Charter, tally: Tally) -> bool:
    """Whether as many took part as the charter's share of the roll asks for."""
    return tally.present >= charter.quorum.of(tally.roll)


def is_carried(charter: Charter, motion: Motion, tally: Tally) -> bool:
    """Whether the votes carry the motion: above one half, or at least the share where it is more than one half."""
    grave = any(grant.kind in GRAVE for grant in motion.grants)
    share = charter.amend_majority if grave else charter.majority
    needed = share.of(tally.base(share))
    if Fraction(*share.part) == Fraction(1, 2):
        return tally.yes > needed
    return tally.yes >= needed and tally.yes > 0
