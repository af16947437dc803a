"""The member bodies of an assembly as its state keeps them: who sits for each, and how far its record was seen."""

from __future__ import annotations

import msgspec
from immutables import Map


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a warrant: ``role`` says in a word what the cited act is to the one that cites it."""

    body: str
    act: str
    role: str


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """Who sits: a candidate of the cited election, from ``index`` until ``ended`` (recall, newer election, leaving).

    ``since`` is the time of the election, by the ticks of the district: a reserve who takes over serves what is left of
    the term. ``result_index`` is the position of the result in the district's own record. ``votes`` are first
    preferences where the election was ``ranked``.
    """

    key: str
    name: str
    votes: int
    ranked: bool = False
    index: int
    since: int
    election: Link
    result_index: int
    ended: int | None = None
    ended_act: str = ""
    reserve: bool = False


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The newest safe checkpoint of a member body that was cited here, by the act at ``index``: its entries and their
    root (hex). ``time``: of the newest that was shown as a head, the middle of the times (Unix seconds) at which its
    mirrors cosigned it, of two the earlier; 0 before the first.
    """

    size: int
    root: str
    time: int
    index: int


class MemberBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body admitted to this assembly: its district, people, seats, and everyone who sat for it, in order.

    ``joined`` is where its own record has its joining, ``accepted`` where its newest acceptance, if any; ``dead`` are
    dead keys of its delegates; ``plan`` is the act of the plan under which it sits, ``places`` those of its row there.
    """

    district: str
    names: Map[str, str]
    inhabitants: int
    seats: int
    provisional: bool
    act: str
    index: int
    joined: int
    census: Link
    plan: str = ""
    places: frozenset[str] = frozenset()
    accepted: int = -1
    disputed: bool = False
    left: int | None = None
    held: tuple[Seat, ...] = ()
    recalled: frozenset[str] = frozenset()
    dead: frozenset[str] = frozenset()
    head: Head | None = None
