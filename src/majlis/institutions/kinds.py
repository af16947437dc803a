"""What an institution declares: one row for each kind of act, in one table (``spec/acts.md``).

A row names the typed data of the act, who may author it, who signs beside the author, the warrant it needs in words, and
the function that judges it. A judge is given a ``Context`` and returns the next state, or raises ``Refused`` with the
rule the act breaks; the fold turns that into a void act and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from majlis.errors import Refused
from majlis.institutions.act import Act
from majlis.institutions.evidence import Evidence
from majlis.institutions.state import Holding, Link, Map, State, replace
from majlis.institutions.ticks import has_run_out

ANYONE: Final = "anyone"
CHARTER: Final = "charter"
DELEGATE: Final = "delegate"
ENROLLED: Final = "enrolled"

D = TypeVar("D", bound=msgspec.Struct)
V = TypeVar("V")


class Waiting(Exception):
    """The signatures logged so far do not suffice; the act waits for more and is not judged yet."""


class Context:
    """One act about to be judged: the state before it, its typed data, and all who signed it so far."""

    __slots__ = ("act", "because", "data", "evidence", "index", "signers", "state")

    def __init__(self, state: State, act: Act, data: Any, signers: frozenset[str], evidence: Evidence) -> None:
        self.state = state
        self.act = act
        self.data = data
        self.signers = signers
        self.evidence = evidence
        self.index = state.size
        self.because: list[Link] = []

    def rests_on(self, act: str, role: str, body: str = "") -> None:
        """Note one link of the warrant, for ``trace`` and for the pages."""
        self.because.append(Link(body=body or self.state.identity, act=act, role=role))


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an institution's table.

    ``authors``   offices of which the author must hold one; ANYONE, ENROLLED, DELEGATE and CHARTER stand for themselves.
    ``beside``    offices whose holders must sign too, and how many of them (the author counts if they hold it).
    ``early``     whether it may be in force before the founding is confirmed.
    """

    name: str
    data: type[msgspec.Struct]
    judge: Callable[[Context], State]
    authors: tuple[str, ...]
    warrant: str
    beside: Callable[[State], tuple[str, int]] | None = None
    early: bool = False


def holders(state: State, office: str) -> tuple[Holding, ...]:
    """Those who hold ``office`` now: not ended, not suspended, term not run out."""
    return tuple(h for h in state.offices if h.office == office and is_current(state, h))


def is_current(state: State, holding: Holding) -> bool:
    """Whether an office is still held: a term ends at the first tick past it, with nobody's help (R-OFFICE-3)."""
    key = state.keys.get(holding.key)
    return (
        holding.ended is None
        and key is not None
        and not key.suspended
        and not has_run_out(state, holding.index, holding.term_days)
    )


def holds(state: State, key: str, office: str) -> bool:
    """Whether ``key`` holds ``office`` now."""
    return any(h.key == key for h in holders(state, office))


def sitting(state: State, key: str) -> str:
    """The district for which ``key`` sits in this assembly now, or an empty string (R-SEAT-4, R-SEAT-5)."""
    for body, member in state.bodies.items():
        for seat in member.held:
            if seat.key == key and is_sitting(state, body, seat.key):
                return body
    return ""


def is_sitting(state: State, body: str, key: str) -> bool:
    """Whether ``key`` sits for ``body``: seated, not vacated, the body not gone, the term not run out."""
    member = state.bodies[body]
    return (
        member.left is None
        and not member.disputed
        and any(
            seat.key == key and seat.ended is None and not has_run_out(state, seat.index, state.charter.term_days)
            for seat in member.held
        )
    )


def check_author(kind: Kind, state: State, author: str) -> None:
    """Raises: Refused with R-KEY-1 when the author holds none of the offices that may author this kind."""
    if _may(kind.authors, state, author):
        return
    wanted = " or ".join(kind.authors)
    raise Refused(f"'{kind.name}' is authored by {wanted}; this key is none of them here and now", rule="R-KEY-1")


def _may(authors: tuple[str, ...], state: State, author: str) -> bool:
    for office in authors:
        if office == ANYONE:
            return True
        if office == ENROLLED and (key := state.keys.get(author)) and not key.suspended:
            return True
        if office == CHARTER and state.founding and author in state.founding.charter_keys:
            return True
        if office == DELEGATE and sitting(state, author):
            return True
        if holds(state, author, office):
            return True
    return False


def check_beside(kind: Kind, state: State, signers: frozenset[str]) -> None:
    """Raises: Waiting while fewer than the required holders of the co-signing office have signed."""
    if kind.beside is None:
        return
    office, number = kind.beside(state)
    signed = {key for key in signers if _may((office,), state, key)}
    tags = {state.keys[key].tag if key in state.keys else key for key in signed}
    if len(tags) < number:
        raise Waiting(f"{len(tags)} of {number} signatures by {office}")


def put(map_: Map[str, V], key: str, value: V) -> Map[str, V]:
    """The map with one entry set."""
    return map_.set(key, value)


__all__ = [
    "ANYONE", "CHARTER", "DELEGATE", "ENROLLED", "Context", "Kind", "Waiting", "check_author", "check_beside", "holders",
    "holds", "is_current", "is_sitting", "put", "replace", "sitting",
]  # fmt: skip
