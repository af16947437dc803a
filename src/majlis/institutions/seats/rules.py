"""Who sits in the assembly: by certificate of a district's election, until recall or the end of the term (``spec/seats.md``)."""

from __future__ import annotations

from typing import Final

import msgspec

from majlis.errors import Refused
from majlis.institutions.certificate import Certificate, check_certificate
from majlis.institutions.kinds import ANYONE, Context, Kind, is_sitting
from majlis.institutions.state import Election, Link, MemberBody, Seat, State, replace


class SeatData(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate of an ``election.result`` in the district's own record. Anyone may deliver it."""

    certificate: Certificate


def judge_fill(context: Context) -> State:
    """The district's vacant seats go to the next in line of its newest election.

    R-SEAT-1 member in good standing; R-SEAT-2 an election of delegates to this assembly, the newest known here; R-SEAT-3
    a seat is vacant and somebody is next in line. A newer election ends what the older one gave.
    """
    state, certificate = context.state, context.data.certificate
    sender = check_certificate(context, certificate, ("election.result",))
    member = _member(state, certificate.body)
    election = _election(sender, certificate.act)
    if election is None or election.purpose != "delegates" or election.subject != state.identity:
        raise Refused("the certificate is of no election of delegates to this assembly", rule="R-SEAT-2")
    link = Link(body=certificate.body, act=certificate.act, role="election")
    result_index = sender.acts[certificate.act].index
    newest = max((seat.result_index for seat in member.held), default=-1)
    if result_index < newest:
        raise Refused("a newer election of this district is in force here already", rule="R-SEAT-2")
    if result_index > newest:
        member = _end_all(member, context)
    state = replace(state, bodies=state.bodies.set(certificate.body, member))
    sitting = sum(is_sitting(state, certificate.body, seat.key) for seat in member.held if seat.ended is None)
    vacant = member.seats - sitting
    line = _next_in_line(election, member)
    if vacant <= 0 or not line:
        raise Refused(
            "no seat of this district is vacant, or nobody is left in line; it is time for an election", rule="R-SEAT-3"
        )
    held = list(member.held)
    for rank, key, name, votes in line[:vacant]:
        held.append(
            Seat(
                key=key,
                name=name,
                votes=votes,
                index=context.index,
                election=link,
                result_index=result_index,
                reserve=rank >= member.seats,
            )
        )
    context.rests_on(member.act, "admission")
    return replace(state, bodies=state.bodies.set(certificate.body, replace(member, held=tuple(held))))


def judge_vacate(context: Context) -> State:
    """R-SEAT-4: a recall that passed in the sending body; from here on every act of that delegate is void."""
    state, certificate = context.state, context.data.certificate
    sender = check_certificate(context, certificate, ("election.result",))
    member = _member(state, certificate.body)
    recall = next((r for r in sender.recalls.values() if r.act == certificate.act), None)
    if recall is None or not recall.passed or recall.assembly != state.identity:
        raise Refused("the certificate is of no recall from this assembly that passed", rule="R-SEAT-4")
    held = list(member.held)
    found = False
    for number, seat in enumerate(held):
        if seat.key == recall.delegate and seat.ended is None:
            held[number] = replace(seat, ended=context.index, ended_act=context.act.id)
            found = True
    if not found:
        raise Refused("that delegate holds no seat of this district here", rule="R-SEAT-4")
    changed = replace(member, held=tuple(held), recalled=member.recalled | {recall.delegate})
    return replace(state, bodies=state.bodies.set(certificate.body, changed))


def _member(state: State, body: str) -> MemberBody:
    member = state.bodies.get(body)
    if member is None or member.left is not None or member.disputed:
        raise Refused(
            "the body that sent this certificate is no member here, or its district is disputed", rule="R-SEAT-1"
        )
    return member


def _election(sender: State, result: str) -> Election | None:
    return next((e for e in sender.elections.values() if e.result and e.result.act == result), None)


def _end_all(member: MemberBody, context: Context) -> MemberBody:
    held = tuple(
        seat if seat.ended is not None else replace(seat, ended=context.index, ended_act=context.act.id)
        for seat in member.held
    )
    return replace(member, held=held, recalled=frozenset())


def _next_in_line(election: Election, member: MemberBody) -> list[tuple[int, str, str, int]]:
    """Rank, key, name and votes of those in the order of the result who have not sat by it and were not recalled."""
    result = election.result
    if result is None:
        return []
    seated = {seat.key for seat in member.held if seat.ended is None or seat.election.act == result.act}
    line = []
    for rank, number in enumerate(result.order):
        candidate = election.candidates[number]
        if candidate.key not in seated and candidate.key not in member.recalled:
            line.append((rank, candidate.key, candidate.name, result.votes[number]))
    return line


KINDS: Final = (
    Kind(
        name="seat.fill",
        data=SeatData,
        judge=judge_fill,
        authors=(ANYONE,),
        warrant="the certificate of an election result",
    ),
    Kind(
        name="seat.vacate", data=SeatData, judge=judge_vacate, authors=(ANYONE,), warrant="the certificate of a recall"
    ),
)
