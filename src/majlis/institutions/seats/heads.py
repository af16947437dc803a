"""How far the record of each member was seen: its newest safe head, which anybody shows (``spec/heads.md``).

A certificate proves what was in force at its checkpoint, and nothing of what came later. So a host or a clerk could sit
on the certificate of a recall, and nobody would miss it. A head is all certificates at once: what it shows to be undone
ends here, certificates that are older are judged by it (R-CERT-8), and a roll call that would turn on districts of
which nobody heard lately waits (R-ASSEMBLY-6).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Missing, Refused
from majlis.institutions.certificate import open_head, state_at
from majlis.institutions.charter import DAY, Hex64
from majlis.institutions.federation import departed
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.mirrors import middle
from majlis.institutions.seats.rules import end_recalled, has_dead_key, pass_on, unseats
from majlis.institutions.state import Head, MemberBody, Recall, State, replace
from majlis.institutions.ticks import now

LEAST_SECONDS: Final = 3600
"""Between the times of two heads of one member, unless the newer one undoes something."""


class Show(msgspec.Struct, frozen=True, kw_only=True):
    """``checkpoint``: the text of a checkpoint note of ``body`` with the cosignatures of its mirrors."""

    body: Hex64
    checkpoint: Annotated[str, Meta(max_length=12_000)]


def judge_show(context: Context) -> State:
    """R-HEAD-1 of a member; R-HEAD-2 newer than the one shown last; R-HEAD-3 whom it shows recalled, or with a dead
    key, sits no longer, and a body that it shows to have left, or dissolved itself, is gone.

    Who was elected anew is seated by the certificate of that: until then who sits goes on sitting.
    """
    state, data = context.state, context.data
    member = state.bodies.get(data.body)
    if member is None or member.left is not None:
        raise Refused("heads are shown of members, and that body is none here", rule="R-HEAD-1")
    shown = open_head(context, data.body, data.checkpoint.encode())
    size, time = shown.checkpoint.size, middle(shown.times)
    before = member.head
    if size <= member.joined or (before is not None and (size, time) <= (before.size, before.time)):
        raise Refused("a head is newer than the one shown last, and than the body's joining", rule="R-HEAD-2")
    sender = state_at(context, data.body, shown)
    if sender.missing is not None:
        raise Missing(
            f"entry {sender.missing} of the record of body {data.body[:16]} rests on something that is not at hand, so "
            "what is in force there is not known here; import what is missing and look again",
            rule="R-CERT-7",
        )
    if before is not None and abs(time - before.time) < LEAST_SECONDS and not undoes(state, sender):
        raise Refused(
            "the head shown last is of the same hour, and this one undoes nothing here: once an hour is enough",
            rule="R-HEAD-2",
        )
    context.rests_on(member.act, "admission")
    head = Head(size=size, root=shown.checkpoint.root.hex(), time=time, index=context.index)
    state = replace(state, bodies=state.bodies.set(data.body, replace(member, head=head)))
    return _undone(state, context, sender)


def _undone(state: State, context: Context, sender: State) -> State:
    """The state in which whatever the member's own record has undone is undone (R-HEAD-3)."""
    body = sender.identity
    if _has_left(state, sender):
        return departed(state, context, body)
    member = state.bodies[body]
    for recall in _recalls(state, sender):
        member = end_recalled(member, context, sender, recall)
    state = replace(state, bodies=state.bodies.set(body, member))
    while dead := next((s for s in state.bodies[body].held if s.ended is None and has_dead_key(s, sender)), None):
        state = pass_on(state, context, sender, dead)
    return state


def undoes(state: State, sender: State) -> bool:
    """Whether a head of this member, whose state it makes, would end anything here."""
    held = [seat for seat in state.bodies[sender.identity].held if seat.ended is None]
    return (
        _has_left(state, sender)
        or any(has_dead_key(seat, sender) for seat in held)
        or any(unseats(recall, seat, sender) for recall in _recalls(state, sender) for seat in held)
    )


def _has_left(state: State, sender: State) -> bool:
    own = sender.memberships.get(state.identity)
    is_member = own is not None and own.left is None and own.index == state.bodies[sender.identity].joined
    return not is_member or sender.dissolved is not None


def _recalls(state: State, sender: State) -> list[Recall]:
    """Those from this assembly that passed, in their order."""
    passed = (each for each in sender.recalls.values() if each.passed and each.assembly == state.identity)
    return sorted(passed, key=lambda each: each.index)


def is_heard(state: State, member: MemberBody) -> bool:
    """Whether the newest head shown of this member is of ``head_days`` before the newest tick, or as much after it.

    One of a time that has not come yet says nothing of what is new: a mirror's clock is wrong.
    """
    newest = now(state)
    return (
        member.head is not None
        and newest is not None
        and abs(newest - member.head.time) <= state.charter.head_days * DAY
    )


KINDS: Final = (
    Kind(
        name="head.show",
        data=Show,
        judge=judge_show,
        authors=(ANYONE,),
        warrant="the cosignatures of the member's mirrors",
    ),
)
