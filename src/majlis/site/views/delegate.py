"""A delegate: the seats held, the mandates given, every vote kept, broken, free or void, and recalls."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from majlis.errors import Missing
from majlis.institutions.assembly.rules import label_now
from majlis.institutions.seats.owed import owed
from majlis.institutions.state import Map, Seat, State, Vote
from majlis.site import lexicon
from majlis.site.language import When
from majlis.site.source import BodyInfo
from majlis.site.views.frame import Frame, frame
from majlis.site.views.motion import label_stamp
from majlis.site.views.parts import Bar, Desk, Proof, Ref, Stamp, bars, reminder
from majlis.site.views.petition import PetitionRow, petition_rows
from majlis.site.views.sitting import sitting_seats

MOST_VOTES = 100


class SeatRow(Struct, frozen=True, kw_only=True):
    """One time that this person sat."""

    district: Ref
    votes: str
    reserve: bool
    since: When
    since_act: Ref
    until: When
    until_act: Ref | None
    stamp: Stamp
    election: Ref | None
    proof: Proof | None


class DelegateVote(Struct, frozen=True, kw_only=True):
    """One vote beside the mandate it was bound by."""

    motion: Ref
    choice: str
    choice_code: str
    mandate: str
    label: Stamp
    act: Ref
    when: When


class DelegateView(Struct, frozen=True, kw_only=True):
    """``void_acts``: acts of this key in the assembly that have no effect. ``owed``: recalls not delivered here."""

    frame: Frame
    name: str
    words: str
    key: str
    stamp: Stamp
    owed: tuple[Ref, ...]
    seats: tuple[SeatRow, ...]
    labels: tuple[Bar, ...]
    votes: tuple[DelegateVote, ...]
    votes_total: str
    petitions: tuple[PetitionRow, ...]
    void_acts: tuple[Ref, ...]


def delegate_view(desk: Desk, info: BodyInfo, key: str) -> DelegateView:
    """The page of whoever holds this key. Raises: Missing when they never sat here."""
    state = desk.library.state(info.identity)
    if key not in desk.library.sat(info.identity):
        raise Missing("nobody with that key sits or sat in this assembly")
    name = desk.library.names(info.identity).get(key, "")
    held = [
        (body, seat, seat in sitting_seats(state, body, member))
        for body, member in state.bodies.items()
        for seat in member.held
        if seat.key == key
    ]
    held.sort(key=lambda row: -row[1].index)
    votes = sorted(
        ((motion, label_now(state, motion, cast[key])) for motion, cast in state.votes.items() if key in cast),
        key=lambda row: -row[1].index,
    )
    rows = [(code, sum(vote.label == code for _, vote in votes)) for code in lexicon.LABELS]
    counted = ((desk.word(lexicon.LABELS, code), number, code) for code, number in rows if number)
    return DelegateView(
        frame=frame(desk, name, body=info, section="seats", crumb=name),
        name=name,
        words=reminder(key),
        key=key,
        stamp=_now(desk, state, held, key),
        owed=tuple(_owed(desk, state, {body for body, _, _ in held}, key)),
        seats=tuple(_seat(desk, state, body, seat, sits=sits) for body, seat, sits in held),
        labels=bars(desk, counted, len(votes)),
        votes=tuple(_vote(desk, state, motion, vote) for motion, vote in votes[:MOST_VOTES]),
        votes_total=desk.say.ngettext("%(num)s vote", "%(num)s votes", len(votes)),
        petitions=_petitions(desk, key, {body for body, _, _ in held}),
        void_acts=tuple(
            desk.act(info.identity, standing.index)
            for standing in sorted(state.acts.values(), key=lambda standing: standing.index)
            if standing.author == key and standing.status == "void"
        ),
    )


def _owed(desk: Desk, state: State, bodies: set[str], key: str) -> Iterator[Ref]:
    """The recalls of this delegate, in the records of those who sent them, that nobody has delivered here."""
    for body in sorted(bodies):
        district = desk.library.state_of(body)
        for each in owed(state, district) if district is not None else ():
            if each.what == "sits" and each.key == key:
                yield desk.act(body, each.index)


def _now(desk: Desk, state: State, held: list[tuple[str, Seat, bool]], key: str) -> Stamp:
    if any(sits for _, _, sits in held):
        return Stamp(code="in-force", word=desk.say.gettext("sits now"))
    if any(key in state.bodies[body].recalled for body, _, _ in held):
        return Stamp(code="void", word=desk.say.gettext("recalled"))
    return Stamp(code="lost", word=desk.say.gettext("sits no longer"))


def _seat(desk: Desk, state: State, body: str, seat: Seat, *, sits: bool) -> SeatRow:
    say = desk.say
    ended = state.acts.get(seat.ended_act)
    if sits:
        stamp = Stamp(code="in-force", word=say.gettext("sits now"))
    elif seat.ended is not None and seat.key in state.bodies[body].dead:
        stamp = Stamp(code="lost", word=say.gettext("ended: the key was suspended or replaced"))
    elif ended is not None and (ended.kind == "federation.depart" or state.bodies[body].left == seat.ended):
        stamp = Stamp(code="lost", word=say.gettext("ended: its body left the assembly"))
    elif ended is not None and ended.kind in {"seat.vacate", "head.show"}:
        stamp = Stamp(code="void", word=say.gettext("ended by recall"))
    elif ended is not None:
        stamp = Stamp(code="lost", word=say.gettext("ended by a new election"))
    else:
        stamp = Stamp(code="lost", word=say.gettext("term over"))
    return SeatRow(
        district=desk.body(body),
        votes=_elected(desk, seat),
        reserve=seat.reserve,
        since=desk.when(state, seat.index),
        since_act=desk.act(state.identity, seat.index),
        until=desk.when(state, seat.ended) if seat.ended is not None else When(),
        until_act=desk.act(state.identity, seat.ended) if seat.ended is not None else None,
        stamp=stamp,
        election=desk.election(seat.election.body, seat.election.act),
        proof=desk.proof(state.identity, f"seat {body} {seat.key}") if sits else None,
    )


def _elected(desk: Desk, seat: Seat) -> str:
    say = desk.say
    if seat.ranked:
        return say.ngettext(
            "elected by rankings, %(num)s first preference",
            "elected by rankings, %(num)s first preferences",
            seat.votes,
        )
    return say.ngettext("elected with %(num)s vote", "elected with %(num)s votes", seat.votes)


def _vote(desk: Desk, state: State, motion: str, vote: Vote) -> DelegateVote:
    mandate = state.instructions.get(motion, Map()).get(vote.district)
    return DelegateVote(
        motion=desk.motion(state, motion),
        choice=desk.word(lexicon.CHOICES, vote.choice),
        choice_code=vote.choice,
        mandate=desk.word(lexicon.CHOICES, mandate.instruction) if mandate else "",
        label=label_stamp(desk, vote.label),
        act=desk.act(state.identity, vote.index),
        when=desk.when(state, vote.index),
    )


def _petitions(desk: Desk, key: str, bodies: set[str]) -> tuple[PetitionRow, ...]:
    """The petitions to recall this delegate, in the records of those who sent them."""
    found: list[PetitionRow] = []
    for identity in sorted(bodies):
        state, info = desk.library.state_of(identity), desk.library.by_identity.get(identity)
        if state is not None and info is not None:
            rows = petition_rows(desk, info, state)
            ordered = sorted(state.petitions.values(), key=lambda petition: -petition.index)
            found += [row for row, petition in zip(rows, ordered, strict=True) if petition.target == key]
    return tuple(found)
