"""A lot where the trustees who could draw it are gone: dice that two bodies throw in public (``spec/lot.md``).

    seed = SHA-256("majlis-dice-1|" ++ case ++ "|" ++ body ++ "|" ++ digits ++ "|" ++ body ++ "|" ++ digits …)

``case`` is that of the trustees' lot, fixed when the box closed. Bodies in the order of their identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Refused
from majlis.institutions.charter import Hex64
from majlis.institutions.elections.announcing import find_election
from majlis.institutions.elections.paper import lot_case, lot_seed
from majlis.institutions.kinds import ANYONE, Context, Kind, Waiting, holders
from majlis.institutions.state import Election, State, replace
from majlis.institutions.ticks import has_passed

# So long after the objection window the trustees have to give their shares.
DICE_DAYS: Final = 7
# Whose holders throw: people who guard elections and open none.
THROWERS: Final = ("teller", "counter", "list_keeper")


class Throw(msgspec.Struct, frozen=True, kw_only=True):
    """What the people whom one body sent have thrown: fifty dice or more, in the order in which they were read."""

    of: Hex64
    dice: Annotated[str, Meta(pattern=r"^[1-6]{50,200}\Z")]


class Dice(msgspec.Struct, frozen=True, kw_only=True):
    """The dice of two bodies or more, in the order of their identities."""

    election: Hex64
    throws: Annotated[tuple[Throw, ...], Meta(min_length=2, max_length=5)]


def judge_dice(context: Context) -> State:
    """R-LOT-8 late after the close, while too few trustees gave a share, and once; R-LOT-9 by people of two bodies.

    It waits for the signature of somebody whom each of these bodies sent.
    """
    state, data = context.state, context.data
    election = find_election(state, data.election)
    _check_time(state, election)
    bodies = [throw.of for throw in data.throws]
    if bodies != sorted(set(bodies)):
        raise Refused("dice are thrown by different bodies, in the order of their identities", rule="R-LOT-9")
    signed = {held.of for office in THROWERS for held in holders(state, office) if held.key in context.signers}
    if not set(bodies) <= signed:
        lacking = len(set(bodies) - signed)
        raise Waiting(f"that of a teller, counter or list keeper from {lacking} more of these bodies", rule="R-LOT-9")
    context.rests_on(election.close_act, "close")
    seed = dice_seed(lot_case(election), data.throws).hex()
    return replace(state, elections=state.elections.set(data.election, replace(election, dice=seed)))


def _check_time(state: State, election: Election) -> None:
    if lot_seed(election) is not None:
        raise Refused("the lot of this election is drawn already", rule="R-LOT-8")
    days = election.charter.objection_days + DICE_DAYS
    if election.closed is None or not has_passed(state, election.closed, days):
        raise Refused(
            f"the trustees have {days} days after the close to give their shares of the lot; dice come after that",
            rule="R-LOT-8",
        )


def dice_seed(case: str, throws: Sequence[Throw]) -> bytes:
    """The 32 bytes that these dice make."""
    thrown = "".join(f"|{throw.of}|{throw.dice}" for throw in throws)
    return sha256(f"majlis-dice-1|{case}{thrown}".encode()).digest()


KINDS: Final = (
    Kind(
        name="lot.dice",
        data=Dice,
        judge=judge_dice,
        authors=(ANYONE,),
        warrant="the closed box, and dice that two bodies threw",
        early=True,
    ),
)
