"""Who sits in an assembly now, and which seats stand empty, and why."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from majlis.institutions.kinds import is_sitting
from majlis.institutions.state import MemberBody, Seat, State

Standing = Literal["held", "reserve", "vacant", "disputed", "not-joined", "left"]


class Place(Struct, frozen=True, kw_only=True):
    """One seat of a district: its number from 1, who holds it if anybody does, and how it stands."""

    number: int
    seat: Seat | None
    standing: Standing


def places(state: State, body: str, member: MemberBody) -> tuple[Place, ...]:
    """The seats of one member body, held ones first, in the order in which they were filled."""
    if member.left is not None:
        return ()
    if member.disputed:
        return tuple(Place(number=n, seat=None, standing="disputed") for n in range(1, member.seats + 1))
    found = [
        Place(number=number, seat=seat, standing="reserve" if seat.reserve else "held")
        for number, seat in enumerate(sitting_seats(state, body, member), start=1)
    ]
    found += [Place(number=n, seat=None, standing="vacant") for n in range(len(found) + 1, member.seats + 1)]
    return tuple(found)


def sitting_seats(state: State, body: str, member: MemberBody) -> list[Seat]:
    """The seats held now: not ended, the body not gone, the term not over."""
    return [seat for seat in member.held if seat.ended is None and is_sitting(state, body, seat.key)]


def seat_numbers(state: State) -> tuple[int, int]:
    """Seats held now, and all seats of the member bodies."""
    members = [(body, member) for body, member in state.bodies.items() if member.left is None]
    held = sum(len(sitting_seats(state, body, member)) for body, member in members if not member.disputed)
    return held, sum(member.seats for _, member in members)
