"""Joining from below, admitting by plan, leaving by one's own decision (``spec/federation.md``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Fault, Refused
from majlis.institutions.certificate import Certificate, check_certificate
from majlis.institutions.charter import Count, Hash, Hex64, Slug, charter_hash
from majlis.institutions.federation.rows import Row
from majlis.institutions.kinds import ANYONE, CHARTER, Context, Kind, is_sitting
from majlis.institutions.profile import parse_profile
from majlis.institutions.state import Figure, Link, MemberBody, Membership, Plan, State, founded, replace
from majlis.institutions.warrant import use_warrant
from majlis.record.merkle import check_inclusion, leaf_hash
from majlis.record.note import decode_base64

MaybeHex64 = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """This body joins that assembly and by doing so ratifies its charter (hash) and its plan of seats (act id)."""

    assembly: Hex64
    charter: Hex64
    plan: Hex64
    district: Slug
    seats: Annotated[int, Meta(ge=1, le=1000)]


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Leaving needs only the leaver's own decision."""

    assembly: Hex64


class Adopt(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of seats: its blob, the Merkle root over its district rows, their number and people in all.

    ``places``, ``ways``: the tables that it was made from, for whoever checks it.
    """

    plan: Hex64
    root: Hex64
    districts: Annotated[int, Meta(ge=1, le=100_000)]
    inhabitants: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    places: MaybeHex64 = ""
    ways: MaybeHex64 = ""


class Admit(msgspec.Struct, frozen=True, kw_only=True):
    """Admits the body whose joining the certificate shows, as the district of this row of the plan."""

    certificate: Certificate
    row: Annotated[str, Meta(max_length=6000)]
    index: Count
    path: tuple[Hash, ...]


class Depart(msgspec.Struct, frozen=True, kw_only=True):
    """Carries a body's own leaving into the assembly."""

    certificate: Certificate


def judge_join(context: Context) -> State:
    """R-FED-1: one membership in an assembly at a time, by a decision that names it, its charter and its plan.

    R-FED-9: not an affiliate, which supports and witnesses without a vote.
    """
    state, data = context.state, context.data
    if founded(state).type == "affiliate":
        raise Refused("an affiliate supports and witnesses; it joins nothing as a member", rule="R-FED-9")
    before = state.memberships.get(data.assembly)
    if before is not None and before.left is None:
        raise Refused("this body has joined that assembly already", rule="R-FED-1")
    membership = Membership(
        assembly=data.assembly,
        charter=data.charter,
        plan=data.plan,
        district=data.district,
        seats=data.seats,
        act=context.act.id,
        index=context.index,
    )
    after = use_warrant(context)
    return replace(after, memberships=after.memberships.set(data.assembly, membership))


def judge_leave(context: Context) -> State:
    """R-FED-2: one leaves what one joined. No assembly is asked."""
    state, data = context.state, context.data
    before = state.memberships.get(data.assembly)
    if before is None or before.left is not None:
        raise Refused("this body is no member of that assembly", rule="R-FED-2")
    after = use_warrant(context)
    changed = replace(before, left=context.index)
    return replace(after, memberships=after.memberships.set(data.assembly, changed))


def judge_adopt(context: Context) -> State:
    """R-FED-3: a founding assembly adopts its plan by its charter keys; every base ratifies it by joining."""
    state, data = context.state, context.data
    if founded(state).type != "assembly" or state.plan is not None:
        raise Refused("only an assembly adopts a plan of seats, and once", rule="R-FED-3")
    plan = Plan(
        act=context.act.id,
        index=context.index,
        blob=data.plan,
        root=data.root,
        districts=data.districts,
        inhabitants=data.inhabitants,
        places=data.places,
        ways=data.ways,
    )
    return replace(state, plan=plan)


def judge_admit(context: Context) -> State:
    """R-FED-4 the row is in the plan; R-FED-5 the body joined this assembly, charter and plan as this district;
    R-FED-6 its people were counted and countersigned; R-FED-7 a second claim on a district seats nobody; R-FED-12 the
    plan's totals hold; R-FED-18 nobody sits for its places under an older plan.
    """
    state, data = context.state, context.data
    plan = state.plan
    if plan is None:
        raise Refused("this assembly has adopted no plan of seats", rule="R-FED-4")
    row = read_row(plan, data.row, data.index, data.path)
    body = data.certificate.body
    before = state.bodies.get(body)
    if before is not None and before.left is None:
        raise Refused("this body is admitted already; if it left and joined anew, deliver its leaving", rule="R-FED-7")
    sender = check_certificate(context, data.certificate, ("federation.join",))
    joined = sender.memberships.get(state.identity)
    if before is not None and (joined is None or joined.index <= before.joined):
        raise Refused("the body left after this joining; only a joining anew brings it back", rule="R-FED-5")
    if (
        joined is None
        or joined.left is not None
        or joined.act != data.certificate.act
        or joined.plan != plan.act
        or joined.charter != charter_hash(state.charter)
        or (joined.district, joined.seats) != (row.id, row.seats)
    ):
        raise Refused("the body did not join this assembly with this charter, plan, district and seats", rule="R-FED-5")
    census = counted(sender, row)
    check_totals(state, plan, [(m.district, m.inhabitants, m.seats) for m in _under(state, plan)] + [row_totals(row)])
    _check_free(state, plan, row)
    context.rests_on(plan.act, "plan")
    context.rests_on(census.act, "census", body)
    bodies = state.bodies
    rivals = [rival for rival, member in bodies.items() if is_rival(member, plan, row.id)]
    for rival in rivals:
        bodies = bodies.set(rival, replace(bodies[rival], disputed=True))
    member = MemberBody(
        district=row.id,
        names=founded(sender).names,
        inhabitants=row.inhabitants,
        seats=row.seats,
        provisional=row.provisional,
        act=context.act.id,
        index=context.index,
        joined=joined.index,
        census=Link(body=body, act=census.act, role="census"),
        plan=plan.act,
        places=frozenset(row.places),
        accepted=sender.acts[joined.accepted].index if joined.accepted else joined.index,
        disputed=bool(rivals),
        held=before.held if before else (),
        recalled=before.recalled if before else frozenset(),
        dead=before.dead if before else frozenset(),
        head=before.head if before and before.head and before.head.size > joined.index else None,
    )
    return replace(state, bodies=bodies.set(body, member))


def _check_free(state: State, plan: Plan, row: Row) -> None:
    """R-FED-18: nobody sits for one of these places who has not come under the plan. Raises: Refused."""
    for body, member in sorted(state.bodies.items(), key=lambda item: item[0]):
        is_older = member.left is None and member.plan != plan.act
        if is_older and not member.places.isdisjoint(row.places):
            if any(is_sitting(state, body, seat.key) for seat in member.held):
                raise Refused(
                    f"body {body[:16]}, which has not come under this plan, has a delegate for one of these places: "
                    "wait until it comes under the plan, or until the term is over",
                    rule="R-FED-18",
                )


def read_row(plan: Plan, text: str, index: int, path: Sequence[str]) -> Row:
    """The row of ``plan`` at ``index``. Raises: Refused with R-FED-4."""
    try:
        check_inclusion(
            [decode_base64(step) for step in path],
            index=index,
            size=plan.districts,
            leaf=leaf_hash(text.encode()),
            root=bytes.fromhex(plan.root),
        )
        return msgspec.convert(parse_profile(text.encode()), Row, strict=True)
    except (Fault, msgspec.ValidationError) as fault:
        raise Refused(f"the row is not one of the plan's districts: {fault}", rule="R-FED-4") from fault


def counted(sender: State, row: Row) -> Figure:
    """The count of the body's people, countersigned, that bears the row out. Raises: Refused with R-FED-6."""
    census = sender.census
    if (
        census is None
        or census.countersigned is None
        or census.inhabitants != row.inhabitants
        or set(census.places) != set(row.places)
    ):
        raise Refused("the body's people were not counted and countersigned as the plan says", rule="R-FED-6")
    return census


def _under(state: State, plan: Plan) -> Iterator[MemberBody]:
    return (member for member in state.bodies.values() if member.left is None and member.plan == plan.act)


def is_rival(member: MemberBody, plan: Plan, district: str) -> bool:
    """Whether the body claims this district of this plan (R-FED-7)."""
    return member.left is None and member.plan == plan.act and member.district == district


def row_totals(row: Row) -> tuple[str, int, int]:
    """Id, people and seats."""
    return row.id, row.inhabitants, row.seats


def check_totals(state: State, plan: Plan, rows: Sequence[tuple[str, int, int]]) -> None:
    """R-FED-12: the districts of those under the plan, each once, have no more people than the plan stated, nor more
    seats than the charter gives so many people: one for each ``seat_ratio``, and one more for each district at most.
    """
    districts = {district: (people, seats) for district, people, seats in rows}
    people, seats = (sum(numbers) for numbers in zip(*districts.values(), strict=True))
    most = plan.inhabitants // state.charter.seat_ratio + plan.districts
    if people > plan.inhabitants or seats > most:
        raise Refused(
            f"with this district the members have {people} inhabitants and {seats} seats; the plan stated "
            f"{plan.inhabitants} inhabitants, for whom the charter gives at most {most}",
            rule="R-FED-12",
        )


def judge_depart(context: Context) -> State:
    """R-FED-8: the certificate shows a member's own leaving of this assembly, after it joined, or that it dissolved
    itself; its seats end here.

    Where two claimed one district, the people of one of them have now decided, and the dispute is over.
    """
    state, body = context.state, context.data.certificate.body
    member = state.bodies.get(body)
    if member is None or member.left is not None:
        raise Refused("that body is no member of this assembly", rule="R-FED-8")
    sender = check_certificate(context, context.data.certificate, ("federation.leave", "dissolve"))
    membership = sender.memberships.get(state.identity)
    left = sender.acts[context.data.certificate.act].index
    if membership is None or left not in (membership.left, sender.dissolved) or membership.index != member.joined:
        raise Refused("that is not this body's leaving of this assembly after its newest joining", rule="R-FED-8")
    context.rests_on(member.act, "admission")
    return departed(state, context, body)


def departed(state: State, context: Context, body: str) -> State:
    """The state without this member: its seats end by this act. Of two that claimed one district, the other has it."""
    member = state.bodies[body]
    bodies = state.bodies.set(body, replace(end_seats(member, context), left=context.index))
    rivals = [
        body
        for body, other in bodies.items()
        if (other.district, other.plan) == (member.district, member.plan) and other.left is None
    ]
    if len(rivals) == 1:
        bodies = bodies.set(rivals[0], replace(bodies[rivals[0]], disputed=False))
    return replace(state, bodies=bodies)


def end_seats(member: MemberBody, context: Context) -> MemberBody:
    """The member body with every seat that it holds ended by this act."""
    held = tuple(
        seat if seat.ended is not None else replace(seat, ended=context.index, ended_act=context.act.id)
        for seat in member.held
    )
    return replace(member, held=held)


def charter_quorum(state: State) -> tuple[str, int]:
    """As many charter keys as the threshold."""
    return CHARTER, founded(state).threshold


KINDS: Final = (
    Kind(
        name="federation.join",
        data=Join,
        judge=judge_join,
        authors=(ANYONE,),
        warrant="a decision naming assembly, charter and plan",
    ),
    Kind(name="federation.leave", data=Leave, judge=judge_leave, authors=(ANYONE,), warrant="one's own decision alone"),
    Kind(
        name="plan.adopt",
        data=Adopt,
        judge=judge_adopt,
        authors=(CHARTER,),
        beside=charter_quorum,
        warrant="the founders, ratified by every base that joins",
        early=True,
    ),
    Kind(
        name="federation.admit",
        data=Admit,
        judge=judge_admit,
        authors=(CHARTER,),
        beside=charter_quorum,
        warrant="the certificate of a body's joining, and the ratified plan",
        early=True,
    ),
    Kind(
        name="federation.depart",
        data=Depart,
        judge=judge_depart,
        authors=(ANYONE,),
        warrant="the certificate of a body's leaving, or of its end",
    ),
)
