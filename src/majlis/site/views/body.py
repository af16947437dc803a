"""The home of a body: who it is, who holds office, what is decided, what is open, what happened last."""

from __future__ import annotations

from msgspec import Struct

from majlis.institutions.charter import DAY
from majlis.institutions.kinds import is_charter_over, is_current
from majlis.institutions.state import State, founded
from majlis.institutions.ticks import earliest, latest, now
from majlis.site import lexicon, paths
from majlis.site.language import When
from majlis.site.source import BodyInfo
from majlis.site.views.election import ElectionRow, election_rows
from majlis.site.views.frame import Frame, frame, record_page
from majlis.site.views.keeping import Keeping, keeping_of
from majlis.site.views.motion import MotionRow, decision_rows
from majlis.site.views.parts import Desk, Fact, Identity, Proof, Ref, identity_of
from majlis.site.views.petition import PetitionRow, petition_rows
from majlis.site.views.record import ActRow, act_row
from majlis.site.views.sitting import seat_numbers, sitting_seats

RECENT = 10
MOST = 12
MOST_OFFICERS = 40


class Officer(Struct, frozen=True, kw_only=True):
    """One holder of an office, and the day on which the term ends by itself.

    ``proof``: what shows it without network; a served folder makes it, and an export would hold too many.
    """

    office: str
    person: Ref
    of: Ref | None
    until: When
    proof: Proof | None


class Sending(Struct, frozen=True, kw_only=True):
    """An assembly that this body joined, and who sits there for it."""

    assembly: Ref
    district: str
    seats: str
    delegates: tuple[Ref, ...]
    left: bool


class BodyView(Struct, frozen=True, kw_only=True):
    """``stage`` says that the founding is not confirmed, or that the body ended; empty in ordinary times."""

    frame: Frame
    name: str
    other_names: tuple[str, ...]
    type: str
    stage: str
    identity: Identity
    figures: tuple[Fact, ...]
    keeping: Keeping
    sends: tuple[Sending, ...]
    officers: tuple[Officer, ...]
    charter_keys: str
    decisions: tuple[MotionRow, ...]
    decisions_href: str
    elections: tuple[ElectionRow, ...]
    petitions: tuple[PetitionRow, ...]
    funds: tuple[Fact, ...]
    recent: tuple[ActRow, ...]
    record_href: str
    seats_href: str
    checkpoint: str
    origin: str
    slug: str


def body_view(desk: Desk, info: BodyInfo) -> BodyView:
    """The home of one body."""
    state = desk.library.state(info.identity)
    name = desk.name(info)
    keeping = keeping_of(desk, info, state)
    founding = state.founding
    return BodyView(
        frame=frame(desk, name, body=info, section="home"),
        name=name,
        other_names=tuple(each for code, each in sorted(info.names.items()) if each != name),
        type=desk.word(lexicon.TYPES, info.type),
        stage=_stage(desk, state),
        identity=identity_of(info.identity),
        figures=_figures(desk, info, state, keeping.care),
        keeping=keeping,
        sends=_sends(desk, state),
        officers=_officers(desk, state),
        charter_keys=_charter_keys(desk, state) if founding else "",
        decisions=decision_rows(desk, info, state)[:MOST],
        decisions_href=desk.link(paths.listing(info.slug, "motions")),
        elections=election_rows(desk, info, state, running=True)[:MOST],
        petitions=petition_rows(desk, info, state, running=True)[:MOST],
        funds=tuple(Fact(label=unit, value=desk.number(amount)) for unit, amount in sorted(state.money.items())),
        recent=tuple(act_row(desk, state, at) for at in range(state.size - 1, max(-1, state.size - 1 - RECENT), -1)),
        record_href=desk.link(record_page(info.slug, state)),
        seats_href=desk.link(paths.listing(info.slug, "seats")) if info.type == "assembly" else "",
        checkpoint=desk.public(paths.record(info.origin)),
        origin=info.origin,
        slug=info.slug,
    )


def _charter_keys(desk: Desk, state: State) -> str:
    founding = founded(state)
    said = desk.say.ngettext(
        "%(needed)s of %(num)s charter key, held by people with no other office",
        "%(needed)s of %(num)s charter keys, held by people with no other office",
        len(founding.charter_keys),
        needed=desk.number(founding.threshold),
    )
    over = sum(is_charter_over(state, key) for key in founding.charter_keys)
    if not over:
        return said
    lapsed = desk.say.ngettext(
        "The term of %(num)s is over: until the members give a new one it only keeps the body alive.",
        "The terms of %(num)s are over: until the members give new ones they only keep the body alive.",
        over,
    )
    return f"{said}. {lapsed}"


def _stage(desk: Desk, state: State) -> str:
    if state.dissolved is not None:
        return desk.say.gettext("This body dissolved itself. Nothing more is in force here.")
    if state.founding is not None and state.founding.confirmed is None:
        return desk.say.gettext("The members have not confirmed the founding yet: until then only preparations count.")
    if state.halted:
        return desk.say.gettext(
            "The charter pins rules that the program behind this page does not know. It judges no further."
        )
    if state.missing is not None:
        return desk.say.gettext(
            "What act %(index)s rests on is not at hand here, so nothing after it is certain.",
            index=desk.number(state.missing),
        )
    return ""


def _figures(desk: Desk, info: BodyInfo, state: State, care: str) -> tuple[Fact, ...]:
    say = desk.say
    found = []
    if info.type == "assembly":
        held, seats = seat_numbers(state)
        members = sum(member.left is None for member in state.bodies.values())
        found.append(Fact(label=say.gettext("Seats held"), value=f"{desk.number(held)} / {desk.number(seats)}"))
        found.append(Fact(label=say.gettext("Member bodies"), value=desk.number(members)))
        if state.plan:
            found.append(Fact(label=say.gettext("Inhabitants"), value=desk.number(state.plan.inhabitants)))
    if state.census:
        counted = state.census.countersigned is not None
        found.append(
            Fact(
                label=say.gettext("Inhabitants"),
                value=desk.number(state.census.inhabitants),
                href=desk.act_by_id(state.identity, state.census.act).href,
                note=say.gettext("countersigned by another body")
                if counted
                else say.gettext("claimed, not countersigned"),
            )
        )
    if state.roll:
        paper = say.ngettext("%(num)s of them on paper", "%(num)s of them on paper", state.roll.paper)
        found.append(
            Fact(
                label=say.gettext("Members on the roll"),
                value=desk.number(state.roll.leaves),
                href=desk.act_by_id(state.identity, state.roll.act).href,
                note=paper if state.roll.paper else "",
            )
        )
    found.append(Fact(label=say.gettext("Entries in the record"), value=desk.number(state.size)))
    newest = say.day(now(state))
    if newest.text:
        found.append(Fact(label=say.gettext("Time of the newest tick"), value=newest.text, note=care))
    return tuple(found)


def _sends(desk: Desk, state: State) -> tuple[Sending, ...]:
    found = []
    for membership in state.memberships.values():
        above = desk.library.state_of(membership.assembly)
        member = above.bodies.get(state.identity) if above else None
        seats = sitting_seats(above, state.identity, member) if above and member else []
        found.append(
            Sending(
                assembly=desk.body(membership.assembly),
                district=membership.district,
                seats=desk.say.ngettext("%(num)s seat", "%(num)s seats", membership.seats),
                delegates=tuple(desk.person(above, seat.key) for seat in seats) if above else (),
                left=membership.left is not None,
            )
        )
    return tuple(found)


def _officers(desk: Desk, state: State) -> tuple[Officer, ...]:
    found = []
    for office in lexicon.OFFICES:
        for held in state.offices:
            if held.office == office and is_current(state, held):
                start = earliest(state, held.index)
                start = latest(state, held.index) if start is None else start
                found.append(
                    Officer(
                        office=desk.word(lexicon.OFFICES, office),
                        person=desk.person(state, held.key, by_office=False),
                        of=desk.body(held.of) if held.of != state.identity else None,
                        until=desk.say.day(None if start is None else start + held.term_days * DAY),
                        proof=desk.proof(state.identity, f"office {office} {held.key}")
                        if desk.library.every_act
                        else None,
                    )
                )
    return tuple(found[:MOST_OFFICERS])
