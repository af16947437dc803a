"""What a count says: stages, winners, ties; whole numbers of the rule's smallest unit, so that anyone can add them up.

Rule R-COUNT-10.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Action = Literal["first preferences", "surplus", "exclusion", "approvals", "comparison", "purchase"]


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Papers that one candidate held at one value, passed on at another; values in the outcome's units."""

    papers: int
    received: int
    passed: int


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of a count; amounts in the outcome's units, one for each candidate in the order of their numbers.

    ``candidate``  whose surplus or exclusion it is; who made the purchase; None for the first preferences
    ``votes``      after the stage
    ``transfers``  what the stage added to each, or took; all 0 in the first
    ``exhausted``  votes that belong to nobody any more, ``lost`` (fractions cut off so far) included
    ``elected``    at the end of this stage, in order
    ``excluded``   at the end of this stage; the next one passes their papers on
    ``quota``      at this stage, where the rule has one
    ``papers``     how the papers were passed on, by the value at which they had been received
    """

    action: Action
    candidate: int | None = None
    votes: tuple[int, ...]
    transfers: tuple[int, ...]
    exhausted: int = 0
    lost: int = 0
    elected: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    quota: int | None = None
    papers: tuple[Transfer, ...] = ()


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """Candidates who were equal when one had to be taken, and how it was settled.

    ``stage``    from 1: the stage whose votes were equal
    ``purpose``  what one was needed for
    ``between``  all who were equal, in rising order
    ``looked``   the earlier stages at which they differed and which were looked at, latest first
    ``drawn``    among whom the lot decided; empty where an earlier stage did
    ``chosen``   the one who was taken; all who were drawn, in that order, where more than one was
    """

    stage: int
    purpose: Literal["surplus", "exclusion", "election"]
    between: tuple[int, ...]
    looked: tuple[int, ...] = ()
    drawn: tuple[int, ...] = ()
    chosen: tuple[int, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A whole count.

    ``rule``      name and version, such as ``scottish/1``
    ``papers``    all of them; ``valid`` those that count
    ``decimals``  of all amounts: 12345 with 5 decimals is 0.12345 votes, with none 12345 votes
    ``quota``     in the same unit; None where the rule has none
    ``winners``   in order of election
    ``vacated``   whose papers are counted back, where a vacancy is filled
    ``matrices``  tables of numbers by candidate and candidate, where the rule has such
    """

    rule: str
    title: str
    names: tuple[str, ...]
    withdrawn: tuple[int, ...] = ()
    seats: int
    papers: int
    valid: int
    decimals: int = 5
    quota: int | None = None
    stages: tuple[Stage, ...]
    winners: tuple[int, ...]
    ties: tuple[Tie, ...] = ()
    vacated: int | None = None
    matrices: dict[str, tuple[tuple[int, ...], ...]] = {}


def counted(count: int, word: str) -> str:
    """The number with its noun: 1 paper, 2,000 papers."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def format_amount(amount: int, decimals: int, shown: int = 5) -> str:
    """The amount with ``shown`` decimals; what is finer is cut off, towards 0."""
    whole = abs(amount) * 10**shown // 10**decimals
    sign = "-" if amount < 0 and whole else ""
    if not shown:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**shown}.{whole % 10**shown:0{shown}}"
