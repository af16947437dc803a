"""The assembly at work (``spec/assembly.md``): delegates attend, vote openly, and each vote is held to its mandate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from immutables import Map

from majlis.errors import Refused
from majlis.institutions.charter import Hex64
from majlis.institutions.decisions import Tally, is_carried, record_decision
from majlis.institutions.kinds import DELEGATE, Context, Kind, is_sitting, sitting
from majlis.institutions.seats import is_heard
from majlis.institutions.state import Choice, Head, Motion, Session, State, Vote, replace
from majlis.institutions.ticks import has_passed, latest


class OfSession(msgspec.Struct, frozen=True, kw_only=True):
    """Attends or opens the meeting called by that act."""

    session: Hex64


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """A delegate's open vote."""

    motion: Hex64
    choice: Choice


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """Ends the roll call on a motion."""

    motion: Hex64


def judge_attend(context: Context) -> State:
    """A delegate is present (R-ASSEMBLY-1: at a meeting that was called)."""
    state = context.state
    session = _session(state, context.data.session)
    changed = replace(session, attended=session.attended | {context.act.author})
    return replace(state, sessions=state.sessions.set(context.data.session, changed))


def judge_open(context: Context) -> State:
    """R-ASSEMBLY-2 notice; R-ASSEMBLY-3 quorum: a majority of all seats, and of the bodies."""
    state = context.state
    session = _session(state, context.data.session)
    if session.opened is not None:
        raise Refused("this meeting is open already", rule="R-ASSEMBLY-1")
    if not has_passed(state, session.index, session.charter.notice_days):
        raise Refused(f"{session.charter.notice_days} days of notice have not provably passed", rule="R-ASSEMBLY-2")
    here = presence(state, session)
    if not here.is_quorum:
        raise Refused(
            f"{here.delegates} of {here.seats} seats from {here.bodies} of {here.districts} districts are present: no "
            "quorum",
            rule="R-ASSEMBLY-3",
        )
    context.rests_on(context.data.session, "notice")
    changed = replace(session, opened=context.index)
    return replace(state, sessions=state.sessions.set(context.data.session, changed))


class Presence(NamedTuple):
    """How many of those attending sit now and for how many bodies, of how many seats and districts in all."""

    delegates: int
    bodies: int
    seats: int
    districts: int

    @property
    def is_quorum(self) -> bool:
        """More than half of each (R-ASSEMBLY-3)."""
        return 2 * self.delegates > self.seats and 2 * self.bodies > self.districts


def presence(state: State, session: Session) -> Presence:
    """Who is present at the meeting, counted as its opening would count them now."""
    bodies = [body for body in (sitting(state, key) for key in session.attended) if body]
    return Presence(len(bodies), len(set(bodies)), *strength(state))


def strength(state: State) -> tuple[int, int]:
    """All seats and all districts of the members now; a district that two bodies claim counts once, and is silent.

    Districts of two plans are two, whatever their names; and where more sit for one than its plan says now (R-SEAT-8),
    they are its seats. The larger counts in any case, so that no order of the members matters.
    """
    seats: dict[tuple[str, str], int] = {}
    for body, member in state.bodies.items():
        if member.left is None:
            own = (member.plan, member.district)
            sit = sum(seat.ended is None and is_sitting(state, body, seat.key) for seat in member.held)
            seats[own] = max(seats.get(own, 0), member.seats, sit)
    return sum(seats.values()), len(seats)


def _session(state: State, session: str) -> Session:
    found = state.sessions.get(session)
    if found is None:
        raise Refused("no meeting was called by that act", rule="R-ASSEMBLY-1")
    return found


def judge_cast(context: Context) -> State:
    """R-VOTE-1 on an open motion; R-VOTE-2 before an open meeting; R-VOTE-3 once. Who does not sit is no delegate."""
    state, data, author = context.state, context.data, context.act.author
    motion = state.motions.get(data.motion)
    if motion is None or motion.closed:
        raise Refused("there is no such motion on the table, or it is decided", rule="R-VOTE-1")
    if opened_at(state, data.motion) is None:
        raise Refused("that motion is not before an open meeting", rule="R-VOTE-2")
    votes: Map[str, Vote] = state.votes.get(data.motion, Map())
    if author in votes:
        raise Refused("this delegate has voted on this motion; an open vote is cast once", rule="R-VOTE-3")
    body = sitting(state, author)
    vote = Vote(key=author, district=body, choice=data.choice, act=context.act.id, index=context.index)
    for seat in state.bodies[body].held:
        if seat.key == author and seat.ended is None:
            context.rests_on(state.log[seat.index], "seat")
    return replace(state, votes=state.votes.set(data.motion, votes.set(author, vote)))


def opened_at(state: State, motion: str) -> int | None:
    """Where the first meeting that has the motion on its agenda was opened."""
    return min(
        (s.opened for s in state.sessions.values() if s.opened is not None and motion in s.motions), default=None
    )


def judge_close(context: Context) -> State:
    """The roll call is counted. R-ASSEMBLY-4 quorum of votes; R-ASSEMBLY-5 everybody has voted or had the time to;
    R-VOTE-4 each vote is judged again, and labelled; R-ASSEMBLY-6 districts were heard of, or had the time to be.

    A vote whose author no longer sits is void. Each of the others is *kept* or *broken* against the mandate of its
    district that was delivered by now, or *free* where there is none.
    """
    state, data = context.state, context.data
    count = count_votes(state, data.motion)
    context.rests_on(data.motion, "motion")
    for vote in sorted(count.counted, key=lambda vote: vote.index):
        context.rests_on(vote.act, "vote")
    for head in sorted(_heads(state, count.counted), key=lambda head: head.index):
        context.rests_on(state.log[head.index], "head")
    after = record_decision(state, context, data.motion, "rollcall", count.tally, state.charter, silent=count.silent)
    return replace(after, votes=after.votes.set(data.motion, count.labelled))


class Count(NamedTuple):
    """What a close counts: every vote with its label, those that are not void, of them those of districts that were
    not heard of, and the tally.
    """

    labelled: Map[str, Vote]
    counted: tuple[Vote, ...]
    silent: frozenset[str]
    tally: Tally


def count_votes(state: State, motion: str) -> Count:
    """What closing the roll call now would count. Raises: Refused, where it would be void, with the rule."""
    known, opened = state.motions.get(motion), opened_at(state, motion)
    if known is None or known.closed or opened is None:
        raise Refused("there is no open roll call on that motion", rule="R-VOTE-1")
    votes: Map[str, Vote] = state.votes.get(motion, Map())
    waited = has_passed(state, opened, state.charter.voting_days)
    if not waited and any(key not in votes and sitting(state, key) for key in state.seated):
        raise Refused(
            f"some delegates have not voted; that is possible for {state.charter.voting_days} days after the opening",
            rule="R-ASSEMBLY-5",
        )
    if _is_newcomer_waited_for(state, votes, opened):
        raise Refused(
            f"somebody was given a seat after the opening and has not voted; for {state.charter.voting_days} days they "
            "still can",
            rule="R-ASSEMBLY-5",
        )
    labelled = Map({key: _label(state, motion, vote) for key, vote in votes.items()})
    counted = tuple(vote for vote in labelled.values() if vote.label != "void")
    seats, _ = strength(state)
    if not _is_quorum(state, counted):
        raise Refused(f"{len(counted)} of {seats} seats voted: below the quorum", rule="R-ASSEMBLY-4")
    silent = silent_of(state, counted)
    if not has_passed(state, opened, state.charter.voting_days + state.charter.head_days):
        _check_sure(state, known, counted, silent)
    return Count(labelled, counted, silent, _tally(seats, counted))


def _is_newcomer_waited_for(state: State, votes: Map[str, Vote], opened: int) -> bool:
    """Whether a delegate who was seated after the opening has not had ``voting_days`` to vote (R-ASSEMBLY-5).

    Not beyond ``head_days`` more than everybody has: seats that change hands delay a close once, and not for ever.
    """
    if has_passed(state, opened, state.charter.voting_days + state.charter.head_days):
        return False
    return any(
        seat.index > opened
        and seat.ended is None
        and seat.key not in votes
        and is_sitting(state, body, seat.key)
        and not has_passed(state, seat.index, state.charter.voting_days)
        for body, member in state.bodies.items()
        for seat in member.held
    )


def silent_of(state: State, votes: Sequence[Vote]) -> frozenset[str]:
    """The districts of these votes that are not heard of now, or whose votes no tick covers yet (R-ASSEMBLY-6).

    Else whoever keeps ticks away would keep old heads new.
    """
    return frozenset(
        vote.district
        for vote in votes
        if latest(state, vote.index) is None or not is_heard(state, state.bodies[vote.district])
    )


def _heads(state: State, votes: Sequence[Vote]) -> Iterator[Head]:
    """The newest head shown of each district that voted, however old."""
    for body in {vote.district for vote in votes}:
        head = state.bodies[body].head
        if head is not None:
            yield head


def _check_sure(state: State, motion: Motion, counted: Sequence[Vote], silent: frozenset[str]) -> None:
    """R-ASSEMBLY-6: the outcome is the same, whichever delegates of the silent districts were recalled, and whichever
    of these districts left. Raises: Refused.
    """
    seats, _ = strength(state)
    heard = [vote for vote in counted if vote.district not in silent]
    if is_carried(state.charter, motion, _tally(seats, counted)):
        worst = [vote for vote in counted if vote.district not in silent or vote.choice != "yes"]
        sure = _is_quorum(state, heard) and is_carried(state.charter, motion, _tally(seats, worst))
    else:
        best = [vote for vote in counted if vote.district not in silent or vote.choice == "yes"]
        sure = not is_carried(state.charter, motion, _tally(max(0, seats - _unheard_seats(state, silent)), best))
    if not sure:
        days = state.charter.voting_days + state.charter.head_days
        raise Refused(
            f"the votes of {len(silent)} districts could turn this: of each a head is to be shown that is at most "
            f"{state.charter.head_days} days old, and a tick logged after its votes; or close {days} days after the "
            "opening",
            rule="R-ASSEMBLY-6",
        )


def _unheard_seats(state: State, silent: frozenset[str]) -> int:
    """The seats of all members that may have left by now: those of these districts, and others not heard of."""
    return sum(
        max(member.seats, sum(is_sitting(state, body, seat.key) for seat in member.held if seat.ended is None))
        for body, member in state.bodies.items()
        if member.left is None and (body in silent or not is_heard(state, member))
    )


def _is_quorum(state: State, votes: Sequence[Vote]) -> bool:
    """Whether these are more than half of all seats, from more than half of the districts."""
    seats, districts = strength(state)
    return 2 * len(votes) > seats and 2 * len({vote.district for vote in votes}) > districts


def _tally(seats: int, votes: Sequence[Vote]) -> Tally:
    numbers = {choice: sum(vote.choice == choice for vote in votes) for choice in ("yes", "no", "abstain")}
    return Tally(roll=seats, present=len(votes), yes=numbers["yes"], no=numbers["no"], abstain=numbers["abstain"])


def _label(state: State, motion: str, vote: Vote) -> Vote:
    if not is_sitting(state, vote.district, vote.key):
        return replace(vote, label="void")
    mandate = state.instructions.get(motion, Map()).get(vote.district)
    if mandate is None or mandate.instruction == "free":
        return replace(vote, label="free")
    return replace(vote, label="kept" if mandate.instruction == vote.choice else "broken")


def label_now(state: State, motion: str, vote: Vote) -> Vote:
    """The vote with the label it would get if the roll call closed now; for pages of an open roll call."""
    return vote if vote.label else _label(state, motion, vote)


KINDS: Final = (
    Kind(name="session.attend", data=OfSession, judge=judge_attend, authors=(DELEGATE,), warrant="a seat"),
    Kind(
        name="session.open", data=OfSession, judge=judge_open, authors=("clerk", DELEGATE), warrant="notice and quorum"
    ),
    Kind(name="vote.cast", data=Cast, judge=judge_cast, authors=(DELEGATE,), warrant="a seat"),
    Kind(name="motion.close", data=Close, judge=judge_close, authors=("clerk", DELEGATE), warrant="the votes"),
)
