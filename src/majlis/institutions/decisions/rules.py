"""Motions, meetings and counts by hand (``spec/decisions.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Refused
from majlis.institutions.charter import Charter, Count, Hex64
from majlis.institutions.decisions.majority import Tally, check_quorum, check_tally, is_carried, is_quorate
from majlis.institutions.kinds import DELEGATE, LAPSED, Context, Kind, holders
from majlis.institutions.state import Decision, Grant, How, Motion, Session, State, founded, replace
from majlis.institutions.ticks import has_passed, is_running
from majlis.institutions.warrant import check_grant

# What a count by stand-ins may grant: enough to have tellers again, who then count the rest.
OFFICES_ALONE: Final = frozenset({"office.appoint", "office.remove"})


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """``text``: the blob with the motion's wording. ``grants``: what the decision will allow, exactly."""

    text: Hex64
    grants: Annotated[tuple[Grant, ...], Meta(max_length=64)]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Calls a meeting with its agenda; the notice runs from here."""

    motions: Annotated[tuple[Hex64, ...], Meta(min_length=1, max_length=100)]


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A count in open meeting: three tellers drawn on the spot sign what they counted."""

    session: Hex64
    motion: Hex64
    present: Count
    yes: Count
    no: Count
    abstain: Count


def judge_table(context: Context) -> State:
    """A motion lies on the table, its grants frozen from here on. R-DECIDE-1: each is one that a decision can allow."""
    for grant in context.data.grants:
        check_grant(grant)
    motion = Motion(index=context.index, author=context.act.author, text=context.data.text, grants=context.data.grants)
    return replace(context.state, motions=context.state.motions.set(context.act.id, motion))


def judge_call(context: Context) -> State:
    """R-DECIDE-2: the agenda names motions of this record that are open. Roll and charter are those of the call."""
    state = context.state
    for motion in context.data.motions:
        if motion not in state.motions or state.motions[motion].closed:
            raise Refused("the agenda names a motion that is not on the table", rule="R-DECIDE-2")
        context.rests_on(motion, "motion")
    session = Session(index=context.index, motions=context.data.motions, roll=state.roll, charter=state.charter)
    return replace(state, sessions=state.sessions.set(context.act.id, session))


def judge_hand(context: Context) -> State:
    """A decision by hand. R-DECIDE-2 agenda; R-DECIDE-3 numbers; R-DECIDE-4 quorum; R-DECIDE-6 notice; R-DECIDE-7 who;
    R-DECIDE-8 not a contested one; R-DECIDE-9 not beside a running box; R-OFFICE-6 who may count what.

    A motion that is not carried is decided too. What is carried binds after the contest window (R-WARRANT-3).
    """
    state, data = context.state, context.data
    if founded(state).type == "assembly":
        raise Refused("an assembly's delegates vote by open roll call, not by a show of hands", rule="R-DECIDE-7")
    session = state.sessions.get(data.session)
    motion = state.motions.get(data.motion)
    if session is None or motion is None or data.motion not in session.motions or motion.closed:
        raise Refused("the motion is not an open item of that meeting's agenda", rule="R-DECIDE-2")
    if motion.contested:
        raise Refused("this motion was contested; only a secret ballot decides it now", rule="R-DECIDE-8")
    if session.roll is None:
        raise Refused("the meeting was called before the roll was committed; call it again", rule="R-DECIDE-3")
    if not has_passed(state, session.index, session.charter.notice_days):
        raise Refused(
            f"{session.charter.notice_days} days of notice have not provably passed since the meeting was called",
            rule="R-DECIDE-6",
        )
    tally = Tally(roll=session.roll.leaves, present=data.present, yes=data.yes, no=data.no, abstain=data.abstain)
    check_tally(tally)
    check_quorum(session.charter, tally)
    _check_stand_ins(context, motion)
    context.rests_on(data.motion, "motion")
    context.rests_on(data.session, "notice")
    context.rests_on(session.roll.act, "roll")
    return record_decision(state, context, data.motion, "hand", tally, session.charter)


def _check_stand_ins(context: Context, motion: Motion) -> None:
    """R-OFFICE-6: a count that does not rest on enough tellers in office gives and takes offices, and nothing else.

    Raises: Refused.
    """
    state = context.state
    tellers = {held.tag for held in holders(state, "teller") if held.key in context.signers}
    if len(tellers) >= state.charter.tellers:
        return
    if not motion.grants or any(grant.kind not in OFFICES_ALONE for grant in motion.grants):
        raise Refused(
            f"this count rests on {len(tellers)} of {state.charter.tellers} tellers in office; who stands in for the "
            "others counts only a motion that appoints or removes officers and grants nothing else: appoint tellers "
            "first, and let them count this one",
            rule="R-OFFICE-6",
        )


def record_decision(
    state: State,
    context: Context,
    motion_id: str,
    how: How,
    tally: Tally,
    charter: Charter,
    *,
    silent: frozenset[str] = frozenset(),
) -> State:
    """The state in which the motion is closed and its outcome stands under the id of this act.

    ``charter``: the one in force when the vote was called; ``silent``: bodies whose votes count though nobody heard of
    them lately. A box or a roll call that fewer took part in than the quorum
    carries nothing. R-DECIDE-10: what was used of a decision before somebody contested it is used of this one.

    Raises: Refused with R-DECIDE-9 when a secret ballot on the motion is announced: two outcomes would be two warrants.
    """
    motion = state.motions[motion_id]
    boxes = [e for e in state.elections.values() if (e.purpose, e.subject) == ("motion", motion_id)]
    if any(is_running(state, election) for election in boxes):
        raise Refused("a secret ballot on this motion is announced; one way only decides it", rule="R-DECIDE-9")
    decision = Decision(
        motion=motion_id,
        how=how,
        yes=tally.yes,
        no=tally.no,
        abstain=tally.abstain,
        roll=tally.roll,
        carried=is_carried(charter, motion, tally) and is_quorate(charter, tally),
        index=context.index,
        contest_days=charter.contest_days,
        spent=_spent_before(state, motion_id, motion),
        silent=silent,
    )
    return replace(
        state,
        motions=state.motions.set(motion_id, replace(motion, closed=True)),
        decisions=state.decisions.set(context.act.id, decision),
    )


def _spent_before(state: State, motion_id: str, motion: Motion) -> tuple[int, ...]:
    """What was used of each grant of the motion, where it was decided before and contested late (R-DELIVER-6)."""
    if motion.contested:
        before = [decision for decision in state.decisions.values() if decision.motion == motion_id]
        return max(before, key=lambda decision: decision.index).spent
    return (0,) * len(motion.grants)


def _tellers(state: State) -> tuple[str, int]:
    return "teller", state.charter.tellers


KINDS: Final = (
    Kind(
        name="motion.table",
        data=Table,
        judge=judge_table,
        authors=("clerk", DELEGATE, LAPSED),
        warrant="the right to propose",
        early=True,
    ),
    Kind(
        name="session.call",
        data=Call,
        judge=judge_call,
        authors=("clerk", LAPSED),
        warrant="the motions of its agenda",
        early=True,
    ),
    Kind(
        name="decision.hand",
        data=Hand,
        judge=judge_hand,
        authors=("teller",),
        beside=_tellers,
        warrant="notice, quorum, and the tellers' count",
        early=True,
    ),
)
