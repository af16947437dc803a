"""Who sits in the assembly: by certificate of a district's election, until recall or the end of the term.

The rules are those of ``spec/seats.md``. A term runs from the election, by the district's own ticks, wherever and
whenever its certificate is delivered: nobody gains time by delivering late, and a reserve serves what is left.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from majlis.errors import Refused
from majlis.institutions.certificate import Certificate, check_certificate
from majlis.institutions.federation import end_seats
from majlis.institutions.kinds import ANYONE, Context, Kind, current, is_sitting, sitting
from majlis.institutions.state import Election, Link, MemberBody, Recall, Seat, State, replace
from majlis.institutions.ticks import earliest, is_past, now


class SeatData(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate of an ``election.result`` or ``election.paper`` of the district's own. Anyone may deliver it."""

    certificate: Certificate


def judge_fill(context: Context) -> State:
    """The district's vacant seats go to the next in line of its newest election.

    R-SEAT-1 member in good standing; R-SEAT-2 an election of delegates to this assembly, the newest known here;
    R-SEAT-3 a seat is vacant and somebody is next in line; R-SEAT-5 its term is not over. A newer election ends what
    the older one gave. Nobody sits for two districts, nor after a recall: they are passed over (R-SEAT-6). R-SEAT-8 the
    body is under the plan in force.
    """
    state, certificate = context.state, context.data.certificate
    if state.plan is not None and _member(state, certificate.body).plan != state.plan.act:
        raise Refused(
            "the plan of seats was changed, and this body has not come under the new one: deliver its acceptance",
            rule="R-SEAT-8",
        )
    sender = check_certificate(context, certificate, ("election.result", "election.paper"))
    member = _joined(state, sender, certificate.body)
    election = next((e for e in sender.elections.values() if e.result and e.result.act == certificate.act), None)
    if election is None or election.purpose != "delegates" or election.subject != state.identity:
        raise Refused("the certificate is of no election of delegates to this assembly", rule="R-SEAT-2")
    result = sender.acts[certificate.act].index
    newest = max((seat.result_index for seat in member.held), default=-1)
    if result < newest:
        raise Refused("a newer election of this district is in force here already", rule="R-SEAT-2")
    since = _since(state, sender, result)
    if is_past(state, since, state.charter.term_days):
        raise Refused("the term of that election is over; it is time for a new one", rule="R-SEAT-5")
    if result > newest:
        member = replace(end_seats(member, context), recalled=frozenset())
    state = replace(state, bodies=state.bodies.set(certificate.body, member))
    vacant = member.seats - sum(is_sitting(state, certificate.body, seat.key) for seat in _held(member))
    line = _line(state, sender, election, member)
    if vacant <= 0 or not line:
        raise Refused(
            "no seat of this district is vacant, or nobody is left in line; it is time for an election", rule="R-SEAT-3"
        )
    link = Link(body=certificate.body, act=certificate.act, role="election")
    filled = tuple(
        Seat(
            key=next_.key,
            name=next_.name,
            votes=next_.votes,
            ranked=election.is_ranked,
            index=context.index,
            since=since,
            election=link,
            result_index=result,
            reserve=next_.rank >= member.seats,
        )
        for next_ in line[:vacant]
    )
    dead = member.dead | {next_.elected for next_ in line[:vacant] if next_.elected != next_.key}
    member = replace(member, held=member.held + filled, dead=dead)
    context.rests_on(member.act, "admission")
    return replace(
        state,
        bodies=state.bodies.set(certificate.body, member),
        seated=state.seated.update({seat.key: certificate.body for seat in filled}),
    )


def judge_vacate(context: Context) -> State:
    """R-SEAT-4: a recall that passed in the sending body, after the election by which the delegate sits. R-SEAT-7: the
    delegate's key was suspended or replaced there.

    From here on every act of that key is void. An older recall ends nothing that the people gave since.
    """
    state, certificate = context.state, context.data.certificate
    _member(state, certificate.body)
    sender = check_certificate(context, certificate, ("election.result", "key.suspend", "key.replace"))
    member = _joined(state, sender, certificate.body)
    context.rests_on(member.act, "admission")
    standing = sender.acts[certificate.act]
    if standing.kind == "election.result":
        return _recalled(context, sender, member)
    if standing.kind == "key.suspend":
        return _rekeyed(context, sender, member, standing.author)
    new = next(key for key, known in sender.keys.items() if known.index == standing.index)
    return _rekeyed(context, sender, member, new)


def _recalled(context: Context, sender: State, member: MemberBody) -> State:
    state, certificate = context.state, context.data.certificate
    recall = next((r for r in sender.recalls.values() if r.act == certificate.act), None)
    if recall is None or not recall.passed or recall.assembly != state.identity:
        raise Refused("the certificate is of no recall from this assembly that passed", rule="R-SEAT-4")
    changed = end_recalled(member, context, sender, recall)
    if changed == member:
        raise Refused("that delegate holds no seat of this district by an election before the recall", rule="R-SEAT-4")
    return replace(state, bodies=state.bodies.set(certificate.body, changed))


def end_recalled(member: MemberBody, context: Context, sender: State, recall: Recall) -> MemberBody:
    """The member whose delegate this recall unseats by this act; itself, where it unseats nobody."""
    ended = tuple(
        replace(seat, ended=context.index, ended_act=context.act.id) if unseats(recall, seat, sender) else seat
        for seat in member.held
    )
    return member if ended == member.held else replace(member, held=ended, recalled=member.recalled | {recall.delegate})


def unseats(recall: Recall, seat: Seat, sender: State) -> bool:
    """Whether the recall is of the person who holds the seat, and came after the election that gave it."""
    is_theirs = current(sender, seat.key) == current(sender, recall.delegate)
    return is_theirs and seat.ended is None and seat.result_index < recall.index


def _rekeyed(context: Context, sender: State, member: MemberBody, key: str) -> State:
    """The seat that an older key of this person holds ends, and passes to the newest, where that is good (R-SEAT-7)."""
    newest = current(sender, key)
    old = next((s for s in _held(member) if s.key != newest and current(sender, s.key) == newest), None)
    if old is None and _is_suspended(sender, newest):
        old = next((s for s in _held(member) if s.key == newest), None)
    if old is None:
        raise Refused("no seat of this district is held by a key that this act made dead", rule="R-SEAT-7")
    return pass_on(context.state, context, sender, old)


def has_dead_key(seat: Seat, sender: State) -> bool:
    """Whether the key that holds the seat was suspended at home, or replaced there."""
    return current(sender, seat.key) != seat.key or _is_suspended(sender, seat.key)


def pass_on(state: State, context: Context, sender: State, old: Seat) -> State:
    """The state in which the seat of a dead key ends by this act, and is the newest key's, where that is good."""
    member, newest = state.bodies[sender.identity], current(sender, old.key)
    held = tuple(
        replace(seat, ended=context.index, ended_act=context.act.id) if seat is old else seat for seat in member.held
    )
    seated = state.seated
    if not _is_suspended(sender, newest) and not sitting(state, newest):
        held = (*held, replace(old, key=newest, index=context.index))
        seated = seated.set(newest, sender.identity)
    changed = replace(member, held=held, dead=member.dead | {old.key})
    return replace(state, bodies=state.bodies.set(sender.identity, changed), seated=seated)


def _member(state: State, body: str) -> MemberBody:
    """R-SEAT-1, before the sender's record is asked for: strangers cannot make it needed."""
    member = state.bodies.get(body)
    if member is None or member.left is not None or member.disputed:
        raise Refused(
            "the body that sent this certificate is no member here, or its district is disputed", rule="R-SEAT-1"
        )
    return member


def _joined(state: State, sender: State, body: str) -> MemberBody:
    """R-SEAT-1, in the sender's own words: it is still a member by the joining that was admitted."""
    member = _member(state, body)
    membership = sender.memberships.get(state.identity)
    if membership is None or membership.left is not None or membership.index != member.joined:
        raise Refused("by its own record that body has left, or joined anew and is not admitted yet", rule="R-SEAT-1")
    return member


def _since(state: State, sender: State, result: int) -> int:
    """When the term began: as early as the district's ticks can prove, and not after now."""
    began = earliest(sender, result) or 0
    newest = now(state)
    return began if newest is None else min(began, newest)


def _held(member: MemberBody) -> tuple[Seat, ...]:
    return tuple(seat for seat in member.held if seat.ended is None)


class _Next(NamedTuple):
    """Who is next in line: place in the result, the key that stood, the key that stands for it now, name and votes."""

    rank: int
    elected: str
    key: str
    name: str
    votes: int


def _line(state: State, sender: State, election: Election, member: MemberBody) -> list[_Next]:
    """Those in the order of the result who have not sat by it, were not recalled, sit for nobody else, and whose key is
    good: neither suspended at home or here, nor known here to have been replaced (R-SEAT-6, R-SEAT-7).
    """
    result = election.result
    assert result is not None
    later = {
        r.delegate
        for r in sender.recalls.values()
        if r.passed and r.assembly == state.identity and r.index > sender.acts[result.act].index
    }
    gone = {current(sender, key) for key in member.recalled | later}
    sat = {
        current(sender, seat.key)
        for seat in member.held
        if (seat.ended is None or seat.election.act == result.act) and seat.key not in member.dead
    }
    line = []
    for rank, number in enumerate(result.order):
        candidate = election.candidates[number]
        key = current(sender, candidate.key)
        is_good = not (key in member.dead or _is_suspended(sender, key) or _is_suspended(state, key))
        if is_good and key not in sat | gone and not sitting(state, key):
            line.append(_Next(rank, candidate.key, key, candidate.name, result.votes[number]))
    return line


def _is_suspended(state: State, key: str) -> bool:
    known = state.keys.get(key)
    return known is not None and known.suspended


KINDS: Final = (
    Kind(
        name="seat.fill",
        data=SeatData,
        judge=judge_fill,
        authors=(ANYONE,),
        warrant="the certificate of an election result",
    ),
    Kind(
        name="seat.vacate",
        data=SeatData,
        judge=judge_vacate,
        authors=(ANYONE,),
        warrant="the certificate of a recall, or of a dead key",
    ),
)
