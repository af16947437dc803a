"""What an institution declares: one row for each kind of act, in one table (``spec/acts.md``).

A row names the typed data of the act, who may author it, who signs beside the author, the warrant it needs in words,
and the function that judges it. A judge is given a ``Context`` and returns the next state, or raises ``Refused`` with
the rule the act breaks; the fold turns that into a void act and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from majlis.errors import Refused
from majlis.institutions.act import Act
from majlis.institutions.charter import LONGEST_TERM_DAYS
from majlis.institutions.evidence import Evidence
from majlis.institutions.state import Holding, Link, State
from majlis.institutions.ticks import has_run_out, is_past

ANYONE: Final = "anyone"
CHARTER: Final = "charter"
LAPSED: Final = "charter_lapsed"
DELEGATE: Final = "delegate"
ENROLLED: Final = "enrolled"


class Waiting(Exception):
    """The signatures logged so far do not suffice; the act waits for more and is not judged yet."""

    def __init__(self, text: str, *, rule: str = "R-ACT-7") -> None:
        super().__init__(text)
        self.text = text
        self.rule = rule


class Context:
    """One act about to be judged: the state before it, its typed data, and all who signed it so far.

    ``known``: how far the records of other bodies are known by this act: size and root (hex) of what it cites.
    """

    __slots__ = ("act", "because", "data", "evidence", "index", "known", "signers", "state")

    def __init__(self, state: State, act: Act, data: Any, signers: frozenset[str], evidence: Evidence) -> None:
        self.state = state
        self.act = act
        self.data = data
        self.signers = signers
        self.evidence = evidence
        self.index = state.size
        self.because: list[Link] = []
        self.known: dict[str, tuple[int, str]] = {}

    def rests_on(self, act: str, role: str, body: str = "") -> None:
        """Note one link of the warrant, for ``trace``, for the pages and for ``expects``."""
        self.because.append(Link(body=body or self.state.identity, act=act, role=role))


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an institution's table.

    ``authors``   offices of which the author must hold one; ANYONE, ENROLLED, DELEGATE, CHARTER stand for themselves,
                  LAPSED for a charter key also after its term.
    ``named``     the keys that the act itself names and that must sign it too: the proof that somebody holds them.
    ``beside``    an office whose holders must sign too, and how many of them (the author counts if they hold it).
    ``early``     whether it may be in force before the founding is confirmed.
    """

    name: str
    data: type[msgspec.Struct]
    judge: Callable[[Context], State]
    authors: tuple[str, ...]
    warrant: str
    named: Callable[[Any], frozenset[str]] | None = None
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
    for held in state.offices:  # noqa: SIM110  (asked of nearly every act, and half the time)
        if held.key == key and held.office == office and is_current(state, held):
            return True
    return False


def current(state: State, key: str) -> str:
    """The key that stands in this record for ``key`` now: its newest replacement, or itself (R-KEY-6)."""
    while (known := state.keys.get(key)) is not None and known.replaced:
        key = known.replaced
    return key


def may_count(state: State, key: str) -> bool:
    """Whether ``key`` may sign a count by hand as a teller.

    While fewer people hold that office than a count needs, those whose term ran out and the charter keys may too
    (R-OFFICE-6): whatever became of its officers, a body can always give the offices anew. What such a count decides is
    bounded by ``majlis.institutions.decisions``.
    """
    current = holders(state, "teller")
    if len({held.tag for held in current}) >= state.charter.tellers:
        return any(held.key == key for held in current)
    last = (held for held in state.offices if held.office == "teller" and held.ended is None)
    return _is(LAPSED, state, key) or any(held.key == key and not state.keys[key].suspended for held in last)


def is_charter_over(state: State, key: str) -> bool:
    """Whether the term of this charter key has run out, so that it only keeps the body alive (R-KEY-9)."""
    assert state.founding is not None
    return has_run_out(state, state.founding.charter_since.get(key, 0), LONGEST_TERM_DAYS)


def sitting(state: State, key: str) -> str:
    """The body for which ``key`` sits in this assembly now, or an empty string (R-SEAT-4, R-SEAT-5)."""
    body = state.seated.get(key)
    return body if body is not None and is_sitting(state, body, key) else ""


def is_sitting(state: State, body: str, key: str) -> bool:
    """Whether ``key`` sits for ``body``: seated, not vacated, the body not gone nor disputed, the term not run out."""
    member = state.bodies[body]
    return (
        state.seated.get(key) == body
        and member.left is None
        and not member.disputed
        and any(
            seat.key == key and seat.ended is None and not is_past(state, seat.since, state.charter.term_days)
            for seat in member.held
        )
    )


def check_author(kind: Kind, state: State, author: str) -> None:
    """Raises: Refused with R-KEY-1 when the author holds none of the offices that may author this kind."""
    for office in kind.authors:
        if _is(office, state, author):
            return
    wanted = " or ".join(kind.authors)
    raise Refused(f"'{kind.name}' is authored by {wanted}; this key is none of them here and now", rule="R-KEY-1")


def _is(office: str, state: State, key: str) -> bool:
    match office:
        case "anyone":
            return True
        case "enrolled":
            enrolled = state.keys.get(key)
            return enrolled is not None and not enrolled.suspended
        case "charter":
            return _is(LAPSED, state, key) and not is_charter_over(state, key)
        case "charter_lapsed":
            return state.founding is not None and key in state.founding.charter_keys
        case "delegate":
            return sitting(state, key) != ""
        case "teller":
            return may_count(state, key)
        case _:
            return holds(state, key, office)


def check_cosigners(kind: Kind, state: State, data: Any, signers: frozenset[str]) -> None:
    """Raises: Waiting while a key that the act names (R-KEY-3), or enough holders of the office beside, did not sign.

    Two keys of one person count once.
    """
    if kind.named is not None and not kind.named(data) <= signers:
        raise Waiting("that of the key which the act names, the proof that somebody holds it", rule="R-KEY-3")
    if kind.beside is None:
        return
    office, number = kind.beside(state)
    signed = {key for key in signers if _is(office, state, key)}
    persons = {state.keys[key].tag if key in state.keys else key for key in signed}
    if len(persons) < number:
        raise Waiting(f"{len(persons)} of {number} by {office}")
