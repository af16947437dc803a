"""A key gives way to another: by its recovery key, or by the members' decision (``spec/keys.md``)."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Refused
from majlis.institutions.charter import Hex64
from majlis.institutions.kinds import ANYONE, Context, Kind, sitting
from majlis.institutions.logs import check_no_log
from majlis.institutions.state import Key, State, founded, replace
from majlis.institutions.warrant import use_warrant


class Replace(msgspec.Struct, frozen=True, kw_only=True):
    """``new`` takes the place of ``key``. ``recovery`` is the public half of the recovery key, or empty where the
    members decide; ``next`` the hash of the recovery key of ``new``, which goes on paper like the first.
    """

    key: Hex64
    new: Hex64
    next: Hex64
    recovery: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


class ReplaceCharterKey(msgspec.Struct, frozen=True, kw_only=True):
    """``new`` takes the place of the charter key ``key``."""

    key: Hex64
    new: Hex64


def judge_replace(context: Context) -> State:
    """R-KEY-6: the recovery key that was committed to at enrolment has signed, or the members decided it; offices and
    tag pass to the new key as they are, and the old one is dead from here on.

    A key that sits here is no matter of this body: it is replaced in the record of the body that sent the delegate.
    """
    state, data = context.state, context.data
    old = state.keys.get(data.key)
    if old is None or old.replaced:
        raise Refused("there is no such key here, or it was replaced already", rule="R-KEY-6")
    if sitting(state, data.key):
        raise Refused(
            "a delegate's key is replaced in the record of the body that sent them; deliver the certificate of it",
            rule="R-KEY-6",
        )
    _check_unknown(state, data.new)
    if data.recovery:
        if sha256(bytes.fromhex(data.recovery)).hexdigest() != old.recovery:
            raise Refused("this is not the recovery key that the old key was enrolled with", rule="R-KEY-6")
    else:
        state = use_warrant(context)
    carried = tuple(
        replace(held, key=data.new) for held in state.offices if held.key == data.key and held.ended is None
    )
    ended = tuple(
        replace(held, ended=context.index) if held.key == data.key and held.ended is None else held
        for held in state.offices
    )
    keys = state.keys.set(data.key, replace(old, suspended=True, replaced=data.new))
    declared = {act: replace(c, key=data.new) for act, c in state.candidates.items() if c.key == data.key}
    return replace(
        state,
        keys=keys.set(data.new, Key(tag=old.tag, index=context.index, recovery=data.next)),
        offices=ended + carried,
        candidates=state.candidates.update(declared),
    )


def judge_replace_charter_key(context: Context) -> State:
    """R-KEY-7: the members replace whoever holds a charter key; the new one holds no other office here."""
    state, data = context.state, context.data
    founding = founded(state)
    if data.key not in founding.charter_keys:
        raise Refused("this is no charter key of this body", rule="R-KEY-7")
    _check_unknown(state, data.new)
    if sitting(state, data.new):
        raise Refused("a charter key holds no other office, and this one sits here", rule="R-KEY-7")
    after = use_warrant(context)
    keys = founding.charter_keys - {data.key} | {data.new}
    since = founding.charter_since.set(data.new, context.index)
    return replace(after, founding=replace(founding, charter_keys=keys, charter_since=since))


def _check_unknown(state: State, key: str) -> None:
    if key in state.keys or key in founded(state).charter_keys:
        raise Refused("the new key is known here already; a replacement is a key of its own", rule="R-KEY-4")
    check_no_log(state, key)


def _new_and_recovery(data: Replace) -> frozenset[str]:
    return frozenset({data.new, data.recovery} - {""})


def _new(data: ReplaceCharterKey) -> frozenset[str]:
    return frozenset({data.new})


KINDS: Final = (
    Kind(
        name="key.replace",
        data=Replace,
        judge=judge_replace,
        authors=(ANYONE,),
        warrant="the recovery key, or a decision naming both keys",
        named=_new_and_recovery,
        early=True,
    ),
    Kind(
        name="charterkey.replace",
        data=ReplaceCharterKey,
        judge=judge_replace_charter_key,
        authors=(ANYONE,),
        warrant="a decision naming both keys",
        named=_new,
        early=True,
    ),
)
