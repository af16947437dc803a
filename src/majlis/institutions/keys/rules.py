"""Enrolment of keys, and the offices that keys hold for a term (``spec/keys.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.crypto import check_public_key
from majlis.errors import Fault, Refused
from majlis.institutions.charter import Hex64, Tag
from majlis.institutions.founding import OFFICES
from majlis.institutions.kinds import ANYONE, ENROLLED, Context, Kind, Waiting, holders, is_current
from majlis.institutions.state import Holding, Key, State, replace
from majlis.institutions.warrant import use_warrant

# One person holds at most one of these: each of them could betray an election that the others guard.
INCOMPATIBLE: Final = frozenset({"registrar", "list_keeper", "trustee", "teller", "counter"})
FROM_ELSEWHERE: Final = frozenset({"list_keeper"})


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
    """R-KEY-2 weak keys; R-KEY-3 proof of possession; R-KEY-4 each key once."""
    state, data = context.state, context.data
    try:
        check_public_key(bytes.fromhex(data.key))
    except Fault as fault:
        raise Refused(f"this key may not be enrolled: {fault.text}", rule="R-KEY-2") from fault
    if data.key in state.keys or (state.founding and data.key in state.founding.charter_keys):
        raise Refused("this key is enrolled already", rule="R-KEY-4")
    if data.key not in context.signers:
        raise Waiting("the enrolled key's own signature, which proves that somebody holds it (R-KEY-3)")
    return replace(state, keys=state.keys.set(data.key, Key(tag=data.tag, index=context.index)))


def judge_suspend(context: Context) -> State:
    """R-KEY-5: only the holder suspends, with the key itself."""
    state, data = context.state, context.data
    if context.act.author != data.key:
        raise Refused("a key is suspended by its own signature alone", rule="R-KEY-5")
    return replace(state, keys=state.keys.set(data.key, replace(state.keys[data.key], suspended=True)))


def judge_appoint(context: Context) -> State:
    """R-OFFICE-1 office, key and term; R-OFFICE-2 incompatible offices of one person; R-OFFICE-4 sent by another body."""
    data: Appoint = context.data
    state = context.state
    if data.office not in OFFICES or data.key not in state.keys or data.term_days > state.charter.term_days:
        raise Refused("an office is appointed to an enrolled key, for at most the charter's term", rule="R-OFFICE-1")
    if data.office in FROM_ELSEWHERE and data.of == state.identity:
        raise Refused(f"the {data.office.replace('_', ' ')} comes from another body", rule="R-OFFICE-4")
    tag = state.keys[data.key].tag
    if data.office in INCOMPATIBLE:
        for held in state.offices:
            if held.tag == tag and held.office in INCOMPATIBLE and is_current(state, held):
                raise Refused(
                    f"this person already holds '{held.office}', which nobody combines with it", rule="R-OFFICE-2"
                )
    after = use_warrant(context, "office", "key", "of", "term_days")
    holding = Holding(
        office=data.office,
        key=data.key,
        tag=tag,
        of=data.of,
        index=context.index,
        term_days=data.term_days,
        act=context.act.id,
    )
    return replace(after, offices=(*after.offices, holding))


def judge_remove(context: Context) -> State:
    """R-OFFICE-5: there is such an office-holder."""
    data: Remove = context.data
    if not any(held.key == data.key for held in holders(context.state, data.office)):
        raise Refused("this key does not hold that office", rule="R-OFFICE-5")
    after = use_warrant(context, "office", "key")
    offices = tuple(
        replace(held, ended=context.index) if held.office == data.office and held.key == data.key else held
        for held in after.offices
    )
    return replace(after, offices=offices)


KINDS: Final = (
    Kind(
        name="key.enrol",
        data=Enrol,
        judge=judge_enrol,
        authors=("registrar",),
        warrant="the registrar and the key itself",
        early=True,
    ),
    Kind(
        name="key.suspend", data=Suspend, judge=judge_suspend, authors=(ENROLLED,), warrant="the key itself", early=True
    ),
    Kind(
        name="office.appoint",
        data=Appoint,
        judge=judge_appoint,
        authors=(ANYONE,),
        warrant="a decision naming person and term",
    ),
    Kind(name="office.remove", data=Remove, judge=judge_remove, authors=(ANYONE,), warrant="a decision"),
)
