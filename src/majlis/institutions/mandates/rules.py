"""Binding instructions, given in the district and delivered to the assembly (``spec/mandates.md``)."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from immutables import Map

from majlis.errors import Refused
from majlis.institutions.certificate import Certificate, check_certificate
from majlis.institutions.charter import Hex64
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import Mandate, State, replace
from majlis.institutions.warrant import use_warrant


class Give(msgspec.Struct, frozen=True, kw_only=True):
    """How this body's delegates vote on that motion (the id of its tabling act in the assembly's record)."""

    assembly: Hex64
    motion: Hex64
    instruction: Literal["yes", "no", "abstain", "free"]


class Deliver(msgspec.Struct, frozen=True, kw_only=True):
    """Carries a mandate into the assembly; anyone may."""

    certificate: Certificate


def judge_give(context: Context) -> State:
    """R-MANDATE-1: a member of that assembly instructs, by its own decision; the newest instruction stands."""
    state, data = context.state, context.data
    membership = state.memberships.get(data.assembly)
    if membership is None or membership.left is not None:
        raise Refused(
            "this body is no member of that assembly, so it has no delegates to instruct there", rule="R-MANDATE-1"
        )
    mandate = Mandate(
        assembly=data.assembly,
        motion=data.motion,
        instruction=data.instruction,
        act=context.act.id,
        index=context.index,
    )
    after = use_warrant(context)
    return replace(after, mandates=after.mandates.set(f"{data.assembly} {data.motion}", mandate))


def judge_deliver(context: Context) -> State:
    """R-MANDATE-2: a member body's mandate in force, on a motion of this assembly; a newer one replaces an older."""
    state, certificate = context.state, context.data.certificate
    if certificate.body not in state.bodies or state.bodies[certificate.body].left is not None:
        raise Refused("the body that gives the mandate is no member here", rule="R-MANDATE-2")
    sender = check_certificate(context, certificate, ("mandate.give",))
    mandate = next((m for m in sender.mandates.values() if m.act == certificate.act), None)
    if mandate is None or mandate.assembly != state.identity or mandate.motion not in state.motions:
        raise Refused("the mandate is on no motion of this assembly, or a newer one replaced it", rule="R-MANDATE-2")
    context.rests_on(mandate.motion, "motion")
    known: Map[str, Mandate] = state.instructions.get(mandate.motion, Map())
    before = known.get(certificate.body)
    if before is not None and before.index >= mandate.index:
        raise Refused("this mandate, or a newer one, was delivered already", rule="R-MANDATE-2")
    instructions = state.instructions.set(mandate.motion, known.set(certificate.body, mandate))
    return replace(state, instructions=instructions)


KINDS: Final = (
    Kind(name="mandate.give", data=Give, judge=judge_give, authors=(ANYONE,), warrant="a decision of the district"),
    Kind(
        name="mandate.deliver",
        data=Deliver,
        judge=judge_deliver,
        authors=(ANYONE,),
        warrant="the certificate of a mandate",
    ),
)
