"""Enrolment of keys, and the offices that keys hold for a term (``spec/keys.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Refused
from majlis.institutions.charter import Hex64, Tag
from majlis.institutions.founding import FROM_ELSEWHERE, INCOMPATIBLE, OFFICES
from majlis.institutions.kinds import ANYONE, DELEGATE, ENROLLED, Context, Kind, current, holds, is_current, sitting
from majlis.institutions.logs import check_no_log
from majlis.institutions.state import Holding, Key, State, founded, replace
from majlis.institutions.warrant import use_warrant


class Enrol(msgspec.Struct, frozen=True, kw_only=True):
    """``key`` signs beside the registrar: the proof of possession. ``recovery`` replaces it if it is lost."""

    key: Hex64
    tag: Tag
    recovery: Hex64


class Suspend(msgspec.Struct, frozen=True, kw_only=True):
    """The holder alone suspends a key, at once: lost, seized, or feared for."""

    key: Hex64


class Appoint(msgspec.Struct, frozen=True, kw_only=True):
    """``of`` is the identity of the body from which the person comes (one's own for one's own members)."""

    office: str
    key: Hex64
    of: Hex64
    term_days: Annotated[int, Meta(ge=1, le=1095)]


class Remove(msgspec.Struct, frozen=True, kw_only=True):
    """Takes an office from a key, by decision."""

    office: str
    key: Hex64


def judge_enrol(context: Context) -> State:
    """R-KEY-4 each key once, and no charter key; R-KEY-8 none that signs the record. It waits for the key's own
    signature (R-KEY-3).

    R-KEY-2: a key of small order, under which anybody could sign, signs nothing by rule S, so that its enrolment waits
    for ever.
    """
    state, data = context.state, context.data
    if data.key in state.keys or data.key in founded(state).charter_keys:
        raise Refused("this key is enrolled already, or is a charter key", rule="R-KEY-4")
    check_no_log(state, data.key)
    return replace(state, keys=state.keys.set(data.key, Key(tag=data.tag, index=context.index, recovery=data.recovery)))


def judge_suspend(context: Context) -> State:
    """R-KEY-5: only the holder suspends, with the key itself. The seat that it holds here ends with it."""
    state, key = context.state, context.data.key
    if context.act.author != key:
        raise Refused("a key is suspended by its own signature alone", rule="R-KEY-5")
    body = sitting(state, key)
    if body:
        member = state.bodies[body]
        held = tuple(
            replace(seat, ended=context.index, ended_act=context.act.id)
            if seat.key == key and seat.ended is None
            else seat
            for seat in member.held
        )
        member = replace(member, held=held, dead=member.dead | {key})
        state = replace(state, bodies=state.bodies.set(body, member))
    if key in state.keys:
        state = replace(state, keys=state.keys.set(key, replace(state.keys[key], suspended=True)))
    return state


def judge_appoint(context: Context) -> State:
    """R-OFFICE-1 office, key and term; R-OFFICE-2 incompatible offices of one person; R-OFFICE-4 sent by another body.

    Whoever holds the office already is given a new term, which begins now: nobody holds one office twice.
    """
    data: Appoint = context.data
    state = context.state
    key = state.keys.get(data.key)
    if data.office not in OFFICES or key is None or key.suspended or data.term_days > state.charter.term_days:
        raise Refused(
            "an office is appointed to an enrolled key that is not suspended, for at most the charter's term",
            rule="R-OFFICE-1",
        )
    if data.office in FROM_ELSEWHERE and data.of == state.identity:
        raise Refused(f"the {data.office.replace('_', ' ')} comes from another body", rule="R-OFFICE-4")
    if data.office in INCOMPATIBLE:
        for held in state.offices:
            is_renewal = (held.office, held.key) == (data.office, data.key)
            if held.tag == key.tag and held.office in INCOMPATIBLE and is_current(state, held) and not is_renewal:
                raise Refused(
                    f"this person already holds '{held.office}', which nobody combines with it", rule="R-OFFICE-2"
                )
    after = _end(use_warrant(context), data.office, data.key)
    holding = Holding(
        office=data.office,
        key=data.key,
        tag=key.tag,
        of=data.of,
        index=context.index,
        term_days=data.term_days,
        act=context.act.id,
    )
    return replace(after, offices=(*after.offices, holding))


def judge_remove(context: Context) -> State:
    """R-OFFICE-5: there is such an office-holder, with this key or with the one that replaced it since."""
    data: Remove = context.data
    key = current(context.state, data.key)
    if not holds(context.state, key, data.office):
        raise Refused("this key does not hold that office", rule="R-OFFICE-5")
    return _end(use_warrant(context), data.office, key)


def _end(state: State, office: str, key: str) -> State:
    offices = tuple(
        replace(held, ended=state.size) if (held.office, held.key, held.ended) == (office, key, None) else held
        for held in state.offices
    )
    return replace(state, offices=offices)


def _own(data: Enrol) -> frozenset[str]:
    return frozenset({data.key})


KINDS: Final = (
    Kind(
        name="key.enrol",
        data=Enrol,
        judge=judge_enrol,
        authors=("registrar",),
        warrant="the registrar and the key itself",
        named=_own,
        early=True,
    ),
    Kind(
        name="key.suspend",
        data=Suspend,
        judge=judge_suspend,
        authors=(ENROLLED, DELEGATE),
        warrant="the key itself",
        early=True,
    ),
    Kind(
        name="office.appoint",
        data=Appoint,
        judge=judge_appoint,
        authors=(ANYONE,),
        warrant="a decision naming person and term",
        early=True,
    ),
    Kind(
        name="office.remove",
        data=Remove,
        judge=judge_remove,
        authors=(ANYONE,),
        warrant="a decision naming person and office",
        early=True,
    ),
)
