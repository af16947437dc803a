"""The charter: the numbers and rules a body lives by (``spec/charter.md``).

A charter is part of act 0 (or of an amendment) and typed throughout. Shares are exact fractions ``[numerator,
denominator]`` of a named base. Some numbers have floors below which no charter may go (R-CHARTER-2 to R-CHARTER-9).
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from majlis.errors import Missing, Refused

RULES_VERSION: Final = 1
DAY: Final = 86_400
LONGEST_TERM_DAYS: Final = 1095
LONGEST_WAIT_DAYS: Final = 30
LEAST_CARE_DAYS: Final = 7
MOST_CARE_DAYS: Final = 365

# What a page shows as a name: no control characters, nothing that turns the direction of the text around it, no space
# at either end.
_NAME: Final = r"^(?! )[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]+(?<! )\Z"

Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Tag = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Days = Annotated[int, Meta(ge=0, le=36_500)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=80)]
Name = Annotated[str, Meta(pattern=_NAME, max_length=200)]
Hash = Annotated[str, Meta(max_length=44)]
"""32 bytes in base64: one step of a path in a Merkle tree."""
Decimal = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,77})\Z")]
"""A number below the order of the group, in decimal: half of a proof."""
BodyType = Literal["committee", "assembly", "affiliate"]
Base = Literal["roll", "present", "cast", "valid"]

# From the base that is counted most widely to the narrowest: roll >= present >= cast >= valid.
_NARROWNESS: Final = {"roll": 0, "present": 1, "cast": 2, "valid": 3}


class UnknownRules(Missing):
    """From here on the body lives by rules that this program does not know: it stops, and judges nothing more."""


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
    trustee_share: tuple[int, int] = (1, 2)
    shufflers: Annotated[int, Meta(ge=2, le=10)] = 2
    one_seat: Literal["plurality/1", "irv/1"] = "plurality/1"
    more_seats: Literal["scottish/1", "meek/1", "plurality/1"] = "scottish/1"
    most_candidates: Annotated[int, Meta(ge=2, le=60)] = 30
    pay_signers: Annotated[int, Meta(ge=2, le=20)] = 2
    care_days: Days = 30
    head_days: Days = 3
    act_quota: Annotated[int, Meta(ge=10, le=1_000_000)] = 1000


def charter_hash(charter: Charter) -> str:
    """SHA-256, in hex, of the charter's JSON with its fields in the order of the class."""
    return hashlib.sha256(msgspec.json.encode(charter)).hexdigest()


def check_known_rules(charter: Charter) -> None:
    """Returns when this program knows the rules that the charter pins. Raises: UnknownRules with R-CHARTER-1."""
    if charter.rules != RULES_VERSION:
        raise UnknownRules(
            f"this charter pins rules version {charter.rules} and this program knows version {RULES_VERSION}; get a "
            "newer program and look again",
            rule="R-CHARTER-1",
        )


def check_charter(charter: Charter) -> None:
    """Returns when every floor is kept.

    Raises: Refused naming the floor (R-CHARTER-2 to R-CHARTER-6, R-CHARTER-9, R-CHARTER-11, R-CHARTER-12).
    """
    if not 1 <= charter.term_days <= LONGEST_TERM_DAYS:
        raise Refused("a term is at least one day and at most three years", rule="R-CHARTER-2")
    _check_shares(charter)
    _check_recall(charter)
    _check_majorities(charter)
    _check_trustees(charter)
    for name in ("notice_days", "contest_days", "voting_days", "objection_days", "head_days"):
        if not 1 <= getattr(charter, name) <= LONGEST_WAIT_DAYS:
            raise Refused(
                f"'{name}' is from 1 to {LONGEST_WAIT_DAYS} days: nobody is taken by surprise, nothing waits for ever",
                rule="R-CHARTER-9",
            )
    if not LEAST_CARE_DAYS <= charter.care_days <= MOST_CARE_DAYS:
        raise Refused(
            f"'care_days' is from {LEAST_CARE_DAYS} to {MOST_CARE_DAYS}: with less no office that members give lasts "
            "beyond the next tick (R-OFFICE-7), and with more their officers can outwait them",
            rule="R-CHARTER-12",
        )


def _check_shares(charter: Charter) -> None:
    of_roll = {
        "quorum": charter.quorum,
        "contest_share": charter.contest_share,
        "recall_petition": charter.recall_petition,
        "recall_floor": charter.recall_floor,
    }
    for name, share in of_roll.items():
        _check_part(name, share.part)
        if share.base != "roll":
            raise Refused(f"'{name}' is a share of the roll: who stays away counts too", rule="R-CHARTER-3")
    _check_part("majority", charter.majority.part)
    _check_part("amend_majority", charter.amend_majority.part)
    _check_part("ratify_bodies", charter.ratify_bodies)
    _check_part("ratify_inhabitants", charter.ratify_inhabitants)


def _check_part(name: str, part: tuple[int, int]) -> None:
    above, below = part
    if not 0 < above <= below <= 10_000:
        raise Refused(f"'{name}' must be a fraction above 0 and at most 1, such as [2, 3]", rule="R-CHARTER-3")


def _check_recall(charter: Charter) -> None:
    possible = (
        Fraction(*charter.recall_petition.part) <= Fraction(1, 3)
        and Fraction(*charter.recall_floor.part) <= Fraction(1, 2)
        and charter.recall_window_days >= 14
        and charter.recall_notice_days <= 14
        and charter.recall_cooling_days <= 180
        and charter.min_ballots <= 100
    )
    if not possible:
        raise Refused(
            "recall must stay possible any day: at most a third signs, in at least 14 days; at most half of the roll "
            "must agree; notice of at most 14 days, a wait of at most 180 after a failed one, boxes that open with 100 "
            "ballots",
            rule="R-CHARTER-4",
        )


def _check_trustees(charter: Charter) -> None:
    _check_part("trustee_share", charter.trustee_share)
    if Fraction(*charter.trustee_share) < Fraction(1, 2):
        raise Refused(
            "no minority of trustees opens a box: 'trustee_share', of which more are needed, is at least one half",
            rule="R-CHARTER-11",
        )


def _check_majorities(charter: Charter) -> None:
    ordinary, amend = charter.majority, charter.amend_majority
    is_narrower = _NARROWNESS[amend.base] > _NARROWNESS[ordinary.base]
    if is_narrower or Fraction(*amend.part) < Fraction(*ordinary.part):
        raise Refused(
            "amending the charter needs at least the ordinary majority, of a base at least as wide", rule="R-CHARTER-5"
        )
    half, bodies, people = Fraction(1, 2), Fraction(*charter.ratify_bodies), Fraction(*charter.ratify_inhabitants)
    if Fraction(*ordinary.part) < half or bodies < half or not half <= people < 1:
        raise Refused("no minority decides: a majority is at least one half", rule="R-CHARTER-6")
    if (
        Fraction(*charter.quorum.part) > half
        or Fraction(*ordinary.part) > Fraction(3, 4)
        or Fraction(*amend.part) > Fraction(9, 10)
    ):
        raise Refused(
            "no few block for ever: a quorum is at most one half, a majority at most 3/4, to amend at most 9/10",
            rule="R-CHARTER-6",
        )
