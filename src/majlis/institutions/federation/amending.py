"""Another plan of seats: challenged by anybody, put forward, accepted by each body, in force (``spec/federation.md``).

A plan is put forward by the charter keys and binds nobody. Each member body accepts it by its own decision, and anybody
delivers that. Once enough bodies accepted, the plan is in force: those that accepted come under it at that act, all at
once, so that a place which passes from one district to another is never counted in both. Whoever has not accepted sits
to the end of their terms, and nobody new is seated for them until they come under it.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Refused
from majlis.institutions.certificate import check_certificate
from majlis.institutions.charter import Hex64, Slug
from majlis.institutions.federation.rules import (
    Admit,
    MaybeHex64,
    charter_quorum,
    check_totals,
    counted,
    is_rival,
    read_row,
    row_totals,
)
from majlis.institutions.kinds import ANYONE, CHARTER, Context, Kind
from majlis.institutions.plans import Challenge, Plan, Standpoint
from majlis.institutions.state import Link, Map, MemberBody, Membership, State, replace
from majlis.institutions.warrant import use_warrant


class Amend(msgspec.Struct, frozen=True, kw_only=True):
    """Another plan in place of that of the act ``of``: as ``plan.adopt``, and the tables that it was made from."""

    of: Hex64
    plan: Hex64
    root: Hex64
    districts: Annotated[int, Meta(ge=1, le=100_000)]
    inhabitants: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    places: Hex64
    ways: MaybeHex64 = ""


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """This body accepts the plan of that act of the assembly, with this district and these seats."""

    assembly: Hex64
    plan: Hex64
    district: Slug
    seats: Annotated[int, Meta(ge=1, le=1000)]


class Ratify(Admit, frozen=True, kw_only=True):
    """A member body's acceptance, or its count where its row is as it was; with its row of the plan."""


class ChallengeData(msgspec.Struct, frozen=True, kw_only=True):
    """A plan (its blob) that the author holds to be better than that of the act ``of``."""

    of: Hex64
    plan: Hex64


def judge_amend(context: Context) -> State:
    """R-FED-10: in place of the plan in force, and not the same. What was put forward before lapses.

    Where nobody has been admitted yet, it is in force at once: every base ratifies it by joining.
    """
    state, data = context.state, context.data
    plan = state.plan
    if plan is None or data.of != plan.act:
        raise Refused(
            "a plan is put forward in place of the one in force, which this act does not name", rule="R-FED-10"
        )
    if data.plan == plan.blob:
        raise Refused("that is the plan in force already", rule="R-FED-10")
    amendment = Plan(
        act=context.act.id,
        index=context.index,
        blob=data.plan,
        root=data.root,
        districts=data.districts,
        inhabitants=data.inhabitants,
        places=data.places,
        ways=data.ways,
    )
    context.rests_on(plan.act, "plan")
    return _settled(replace(state, amendment=amendment, accepted=Map()), context)


def judge_accept(context: Context) -> State:
    """R-FED-13: a member of that assembly accepts another plan, district or seats than it did last, by its decision."""
    state, data = context.state, context.data
    before = state.memberships.get(data.assembly)
    if before is None or before.left is not None:
        raise Refused("this body is no member of that assembly", rule="R-FED-13")
    if (before.plan, before.district, before.seats) == (data.plan, data.district, data.seats):
        raise Refused("this body has accepted that plan already", rule="R-FED-13")
    after = use_warrant(context)
    changed = replace(before, plan=data.plan, district=data.district, seats=data.seats, accepted=context.act.id)
    return replace(after, memberships=after.memberships.set(data.assembly, changed))


def judge_ratify(context: Context) -> State:
    """R-FED-14: a member comes under the plan put forward, or that in force, as its own record says.

    R-FED-4 its row is one of that plan; R-FED-6 its people were counted so; R-FED-12 the totals hold. R-FED-16 without
    an acceptance only under the plan in force, and only where district, places and seats are what they were. R-FED-17
    the row has a place of the one that it sits by.
    """
    state, data = context.state, context.data
    body = data.certificate.body
    member = state.bodies.get(body)
    if state.plan is None or member is None or member.left is not None or member.disputed:
        raise Refused("that body is no member of this assembly, or its district is disputed", rule="R-FED-14")
    sender = check_certificate(context, data.certificate, ("plan.accept", "census.publish"))
    membership = sender.memberships.get(state.identity)
    if membership is None or membership.left is not None or membership.index != member.joined:
        raise Refused("by its own record that body has left, or joined anew and is not admitted yet", rule="R-FED-14")
    is_acceptance = sender.acts[data.certificate.act].kind == "plan.accept"
    plan = _meant(state, membership, data.certificate.act) if is_acceptance else state.plan
    position = sender.acts[data.certificate.act].index if is_acceptance else member.accepted
    if member.plan == plan.act and position <= member.accepted:
        raise Refused("that body is under this plan already", rule="R-FED-14")
    if is_acceptance:
        _check_newest(state, body, position)
    row = read_row(plan, data.row, data.index, data.path)
    census = counted(sender, row)
    if member.places.isdisjoint(row.places):
        raise Refused("this row has no place of the district that the body sits by: it is not its own", rule="R-FED-17")
    if is_acceptance:
        if (membership.district, membership.seats) != (row.id, row.seats):
            raise Refused("the body accepted another district, or other seats, than those of this row", rule="R-FED-14")
    elif (member.district, member.seats, member.places) != (row.id, row.seats, frozenset(row.places)):
        raise Refused(
            "district, places or seats of that body change with this plan: it comes under it by its own acceptance",
            rule="R-FED-16",
        )
    standpoint = Standpoint(
        district=row.id,
        inhabitants=row.inhabitants,
        seats=row.seats,
        provisional=row.provisional,
        places=frozenset(row.places),
        census=census.act,
        joined=member.joined,
        accepted=position,
    )
    context.rests_on(plan.act, "plan")
    context.rests_on(data.certificate.act, "acceptance" if is_acceptance else "census", body)
    if plan is state.amendment:
        others = [each for other, each in state.accepted.items() if other != body]
        rows = [(each.district, each.inhabitants, each.seats) for each in others]
        check_totals(state, plan, [*rows, row_totals(row)])
        after = _settled(replace(state, accepted=state.accepted.set(body, standpoint)), context)
        if after.amendment is not None and state.accepted.get(body) == standpoint:
            raise Refused("the acceptance of that body was delivered, and is not enough yet", rule="R-FED-14")
        return after
    under = [member for other, member in state.bodies.items() if other != body and _is_under(member, plan)]
    check_totals(state, plan, [*((m.district, m.inhabitants, m.seats) for m in under), row_totals(row)])
    if is_acceptance and body in state.accepted:
        state = replace(state, accepted=state.accepted.delete(body))
    return _moved(state, plan, {body: standpoint})


def _check_newest(state: State, body: str, position: int) -> None:
    """No acceptance of the body was delivered that is newer than the one at ``position`` of its own record, by which
    nobody takes back an older one in its name. Raises: Refused with R-FED-14.
    """
    member, put_forward = state.bodies[body], state.accepted.get(body)
    newest = member.accepted
    if put_forward is not None and put_forward.joined == member.joined:
        newest = max(newest, put_forward.accepted)
    if position < newest:
        raise Refused("that body has accepted another plan or row since, and that was delivered", rule="R-FED-14")


def _meant(state: State, membership: Membership, act: str) -> Plan:
    """The plan that the body accepted last, by this act of its own. Raises: Refused."""
    plan = next((p for p in (state.amendment, state.plan) if p is not None and p.act == membership.plan), None)
    if plan is None or membership.accepted != act:
        raise Refused(
            "the plan that the body accepted last is neither the one in force nor the one put forward", rule="R-FED-14"
        )
    return plan


def judge_challenge(context: Context) -> State:
    """R-FED-15: another plan than the one in force or put forward, beside which it is laid; each once."""
    state, data = context.state, context.data
    meant = next((p for p in (state.plan, state.amendment) if p is not None and p.act == data.of), None)
    if meant is None or data.plan == meant.blob:
        raise Refused("a plan is laid beside another one, that is in force here or put forward", rule="R-FED-15")
    key = f"{data.of} {data.plan}"
    if key in state.challenges:
        raise Refused("that plan was laid beside this one already", rule="R-FED-15")
    context.rests_on(meant.act, "plan")
    challenge = Challenge(act=context.act.id, index=context.index, of=data.of, blob=data.plan)
    return replace(state, challenges=state.challenges.set(key, challenge))


def _settled(state: State, context: Context) -> State:
    """The plan put forward is in force, where enough members accepted it, holding enough people (R-FED-10)."""
    plan, before = state.amendment, state.plan
    assert plan is not None
    assert before is not None
    accepted = {body: each for body, each in state.accepted.items() if _is_good(state.bodies[body], each)}
    members = [member for member in state.bodies.values() if member.left is None and not member.disputed]
    people = sum(member.inhabitants for member in members)
    ratifying = sum(state.bodies[body].inhabitants for body in accepted)
    enough_bodies = len(accepted) >= Fraction(*state.charter.ratify_bodies) * len(members)
    enough_people = ratifying > Fraction(*state.charter.ratify_inhabitants) * people
    if any(member.left is None for member in state.bodies.values()) and not (enough_bodies and enough_people):
        return state
    for body, each in sorted(accepted.items(), key=lambda item: item[0]):
        context.rests_on(each.census, "census", body)
    state = replace(
        state,
        plan=replace(plan, since=context.index),
        amendment=None,
        accepted=Map(),
        plans=(*state.plans, before),
    )
    return _moved(state, plan, accepted)


def _is_good(member: MemberBody, standpoint: Standpoint) -> bool:
    return member.left is None and not member.disputed and member.joined == standpoint.joined


def _is_under(member: MemberBody, plan: Plan) -> bool:
    return member.left is None and member.plan == plan.act


def _moved(state: State, plan: Plan, standpoints: dict[str, Standpoint]) -> State:
    """These members are under ``plan``; who sits goes on sitting. Of two for one district, both are disputed."""
    bodies = state.bodies
    for body, each in standpoints.items():
        member = replace(
            bodies[body],
            district=each.district,
            inhabitants=each.inhabitants,
            seats=each.seats,
            provisional=each.provisional,
            places=each.places,
            census=Link(body=body, act=each.census, role="census"),
            plan=plan.act,
            accepted=each.accepted,
        )
        bodies = bodies.set(body, member)
    claims = Counter(member.district for member in bodies.values() if _is_under(member, plan))
    for body, member in list(bodies.items()):
        if claims[member.district] > 1 and is_rival(member, plan, member.district) and not member.disputed:
            bodies = bodies.set(body, replace(member, disputed=True))
    return replace(state, bodies=bodies)


KINDS: Final = (
    Kind(
        name="plan.amend",
        data=Amend,
        judge=judge_amend,
        authors=(CHARTER,),
        beside=charter_quorum,
        warrant="the charter keys, ratified by the bodies that accept it",
        early=True,
    ),
    Kind(
        name="plan.accept",
        data=Accept,
        judge=judge_accept,
        authors=(ANYONE,),
        warrant="a decision naming assembly and plan",
    ),
    Kind(
        name="plan.ratify",
        data=Ratify,
        judge=judge_ratify,
        authors=(ANYONE,),
        warrant="the certificate of a body's acceptance, or of its count where its row is as it was",
        early=True,
    ),
    Kind(
        name="plan.challenge",
        data=ChallengeData,
        judge=judge_challenge,
        authors=(ANYONE,),
        warrant="anybody's right to a better plan",
        early=True,
    ),
)
