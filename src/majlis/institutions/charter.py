"""The charter: the numbers and rules a body lives by (``spec/charter.md``).

A charter is part of act 0 (or of an amendment) and typed throughout. Shares are exact fractions ``[numerator,
denominator]`` of a named base. Some numbers have floors below which no charter may go (R-CHARTER-1 to R-CHARTER-6).
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from majlis.errors import Refused

RULES_VERSION: Final = 1
DAY: Final = 86_400
LONGEST_TERM_DAYS: Final = 1095

Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Tag = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Days = Annotated[int, Meta(ge=0, le=36_500)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=80)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
BodyType = Literal["committee", "assembly", "affiliate"]
Base = Literal["roll", "present", "cast", "valid"]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """An exact part of a named base: ``part`` is [numerator, denominator]."""

    part: tuple[int, int]
    base: Base

    def of(self, number: int) -> Fraction:
        """This part of ``number``, exactly."""
        return Fraction(*self.part) * number


class Charter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Every number a fold consults. Defaults are those of the reference charter; days are 86,400 seconds."""

    rules: int = RULES_VERSION
    seat_ratio: Annotated[int, Meta(ge=1, le=10_000_000)] = 10_000
    rounding: Literal["nearest", "commune", "floor", "ceil"] = "nearest"
    max_magnitude: Annotated[int, Meta(ge=1, le=100)] = 7
    term_days: Days = 365
    notice_days: Days = 7
    quorum: Share = Share(part=(1, 10), base="roll")
    majority: Share = Share(part=(1, 2), base="valid")
    amend_majority: Share = Share(part=(2, 3), base="valid")
    contest_days: Days = 7
    contest_share: Share = Share(part=(1, 20), base="roll")
    contest_members: Count = 10
    tellers: Annotated[int, Meta(ge=3, le=30)] = 3
    voting_days: Days = 1
    objection_days: Days = 3
    objection_limit: Count = 0
    min_ballots: Annotated[int, Meta(ge=10, le=1_000_000)] = 20
    recall_petition: Share = Share(part=(1, 10), base="roll")
    recall_window_days: Days = 60
    recall_notice_days: Days = 7
    recall_floor: Share = Share(part=(1, 4), base="roll")
    recall_cooling_days: Days = 90
    ratify_bodies: tuple[int, int] = (2, 3)
    ratify_inhabitants: tuple[int, int] = (1, 2)
    pay_signers: Annotated[int, Meta(ge=2, le=20)] = 2
    care_days: Days = 30


def charter_hash(charter: Charter) -> str:
    """SHA-256, in hex, of the charter's JSON with its fields in the order of the class."""
    return hashlib.sha256(msgspec.json.encode(charter)).hexdigest()


def check_charter(charter: Charter) -> None:
    """Returns when every floor is kept.

    Raises: Refused naming the floor (R-CHARTER-1 to R-CHARTER-6).
    """
    if charter.rules != RULES_VERSION:
        raise Refused(f"this program knows rules version {RULES_VERSION}, not {charter.rules}", rule="R-CHARTER-1")
    if not 1 <= charter.term_days <= LONGEST_TERM_DAYS:
        raise Refused("a term is at least one day and at most three years", rule="R-CHARTER-2")
    shares = {
        "quorum": charter.quorum,
        "majority": charter.majority,
        "amend_majority": charter.amend_majority,
        "contest_share": charter.contest_share,
        "recall_petition": charter.recall_petition,
        "recall_floor": charter.recall_floor,
    }
    for name, share in shares.items():
        _check_part(name, share.part)
    _check_part("ratify_bodies", charter.ratify_bodies)
    _check_part("ratify_inhabitants", charter.ratify_inhabitants)
    if Fraction(*charter.recall_petition.part) > Fraction(1, 3) or charter.recall_window_days < 14:
        raise Refused("recall must stay possible: at most a third signs, in at least 14 days", rule="R-CHARTER-4")
    if charter.recall_cooling_days > 180 or charter.recall_notice_days > 14:
        raise Refused("recall must stay possible any day: a shorter wait is needed", rule="R-CHARTER-4")
    if Fraction(*charter.amend_majority.part) < Fraction(*charter.majority.part):
        raise Refused("amending the charter needs at least the ordinary majority", rule="R-CHARTER-5")
    if Fraction(*charter.majority.part) < Fraction(1, 2) or Fraction(*charter.ratify_bodies) < Fraction(1, 2):
        raise Refused("no minority decides: a majority is at least one half", rule="R-CHARTER-6")


def _check_part(name: str, part: tuple[int, int]) -> None:
    above, below = part
    if not 0 < above <= below <= 10_000:
        raise Refused(f"'{name}' must be a fraction above 0 and at most 1, such as [2, 3]", rule="R-CHARTER-3")
