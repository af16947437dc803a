"""Plans of seats as an assembly's state keeps them: in force, put forward, challenged, and who came under which."""

from __future__ import annotations

import msgspec


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of seats: blob, Merkle root over its district rows, how many, and their inhabitants in all.

    ``act``, ``index``: the act that adopted it or put it forward. ``places``, ``ways``: the tables that it was made
    from, where that act names them. ``since``: where it came into force, if not by that act.
    """

    act: str
    index: int
    blob: str
    root: str
    districts: int
    inhabitants: int
    places: str = ""
    ways: str = ""
    since: int | None = None


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that somebody holds to be better than the plan of the act ``of``; whether it is, the blobs say."""

    act: str
    index: int
    of: str
    blob: str


class Standpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a member body is under a plan: its row there, the act of the count that bears it out, its joining.

    ``accepted``: where its own record has the acceptance (or the joining) that this rests on.
    """

    district: str
    inhabitants: int
    seats: int
    provisional: bool
    places: frozenset[str]
    census: str
    joined: int
    accepted: int
