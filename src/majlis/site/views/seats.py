"""The seats of an assembly as a table, and its districts as a schematic map made of bare adjacency."""

from __future__ import annotations

from fractions import Fraction

from markupsafe import Markup
from msgspec import Struct

from majlis.census import Measures, lorenz_picture
from majlis.errors import Missing
from majlis.institutions.state import MemberBody, Seat, State
from majlis.site import paths
from majlis.site.adopted import Adopted
from majlis.site.language import When
from majlis.site.source import BodyInfo
from majlis.site.views.frame import Frame, frame
from majlis.site.views.parts import Desk, Fact, Pager, Ref, Stamp
from majlis.site.views.sitting import Place, places, seat_numbers


class SeatLine(Struct, frozen=True, kw_only=True):
    """One seat of the table."""

    district: Ref
    number: str
    holder: Ref | None
    votes: str
    since: When
    stamp: Stamp


class SeatsView(Struct, frozen=True, kw_only=True):
    """One page of the seats, with the sums and the measures of the plan."""

    frame: Frame
    rows: tuple[SeatLine, ...]
    pager: Pager
    summary: str
    measures: tuple[Fact, ...]
    lorenz: Markup
    plan_href: str
    map_href: str


def seats_view(desk: Desk, info: BodyInfo, page: int) -> SeatsView:
    """Raises: Missing for a page that is not there, or a body that seats nobody."""
    state = desk.library.state(info.identity)
    if info.type != "assembly":
        raise Missing("only an assembly has seats")
    lines = all_seats(state, desk.library.plan(info.identity))
    pages = paths.pages_for(len(lines), paths.SEATS_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"the seats of this assembly fill {pages} pages")
    start = (page - 1) * paths.SEATS_A_PAGE
    held, seats = seat_numbers(state)
    say = desk.say
    title = say.gettext("Seats")
    return SeatsView(
        frame=frame(desk, title, body=info, section="seats", crumb=title),
        rows=tuple(_line(desk, state, line) for line in lines[start : start + paths.SEATS_A_PAGE]),
        pager=desk.pager(page, pages, f"{info.slug}/seats-{{}}.html"),
        summary=say.ngettext(
            "%(held)s of %(num)s seat held", "%(held)s of %(num)s seats held", seats, held=desk.number(held)
        ),
        measures=measures(desk, info),
        lorenz=lorenz(desk, info),
        plan_href=desk.act(info.identity, state.plan.index).href if state.plan else "",
        map_href=desk.link(paths.listing(info.slug, "map")) if desk.library.plan(info.identity) else "",
    )


class Line(Struct, frozen=True, kw_only=True):
    """A seat before it is worded: its district, the body that fills it (empty where none joined yet), and its place."""

    district: str
    body: str
    name: str
    place: Place


def all_seats(state: State, plan: Adopted | None) -> list[Line]:
    """Every seat there is, also of districts of the plan that no body has joined for yet, by district."""
    found = []
    joined = set()
    for body, member in state.bodies.items():
        joined.add(member.district)
        found += [
            Line(district=member.district, body=body, name="", place=each) for each in places(state, body, member)
        ]
    for each in plan.districts if plan else ():
        if each.id not in joined:
            for number in range(1, each.seats + 1):
                place = Place(number=number, seat=None, standing="not-joined")
                found.append(Line(district=each.id, body="", name=each.name, place=place))
    return sorted(found, key=lambda line: (line.district, line.body, line.place.number))


def district(desk: Desk, body: str, member: MemberBody) -> Ref:
    """A district by the name of its body; by the name in the assembly's record where the body is not at hand."""
    if body in desk.library.by_identity:
        return desk.body(body)
    return Ref(text=desk.say.name(member.names) or member.district)


def _line(desk: Desk, state: State, line: Line) -> SeatLine:
    seat = line.place.seat
    return SeatLine(
        district=district(desk, line.body, state.bodies[line.body]) if line.body else Ref(text=line.name),
        number=desk.number(line.place.number),
        holder=desk.person(state, seat.key) if seat else None,
        votes=_votes(desk, seat) if seat else "",
        since=desk.when(state, seat.index) if seat else When(),
        stamp=seat_stamp(desk, line.place.standing),
    )


def _votes(desk: Desk, seat: Seat) -> str:
    number = desk.number(seat.votes)
    if seat.ranked:
        return desk.say.gettext("first preferences: %(number)s", number=number)
    return desk.say.gettext("votes: %(number)s", number=number)


def seat_stamp(desk: Desk, standing: str) -> Stamp:
    """The stamp of a seat."""
    say = desk.say
    match standing:
        case "held":
            return Stamp(code="in-force", word=say.gettext("held"))
        case "reserve":
            return Stamp(code="in-force", word=say.gettext("held by a reserve"))
        case "disputed":
            return Stamp(code="void", word=say.gettext("disputed: two claims, nobody sits"))
        case "not-joined":
            return Stamp(code="later", word=say.gettext("not joined yet"))
        case _:
            return Stamp(code="waiting", word=say.gettext("vacant"))


def measures(desk: Desk, info: BodyInfo) -> tuple[Fact, ...]:
    """How equally the plan represents, in figures."""
    plan = desk.library.plan(info.identity)
    if plan is None:
        return ()
    say = desk.say
    found = [
        Fact(label=say.gettext("Inhabitants for one seat"), value=desk.number(plan.quota)),
        Fact(label=say.gettext("Districts"), value=desk.number(len(plan.districts))),
    ]
    if plan.bound is not None:
        found.append(Fact(label=say.gettext("Pooled districts, at most possible"), value=desk.number(plan.bound)))
    found += _measured(desk, plan.measures)
    if plan.unknown:
        text = say.gettext("Places of unknown population, in no district yet")
        found.append(Fact(label=text, value=desk.number(plan.unknown)))
    return tuple(found)


def lorenz(desk: Desk, info: BodyInfo) -> Markup:
    """The Lorenz curve of the adopted districts; empty where no plan is at hand."""
    plan = desk.library.plan(info.identity)
    if plan is None or not plan.districts:
        return Markup("")
    return Markup(lorenz_picture((each.inhabitants, each.seats) for each in plan.districts))  # noqa: S704 - numbers


def _measured(desk: Desk, figures: Measures) -> list[Fact]:
    say = desk.say

    def share(value: Fraction | None) -> str:
        return "–" if value is None else say.percent(value)

    return [
        Fact(
            label=say.gettext("Malapportionment"),
            value=share(figures.mal),
            note=say.gettext("the share of seats that would have to move"),
        ),
        Fact(
            label=say.gettext("Gini coefficient"),
            value="–" if figures.gini is None else say.decimal(figures.gini, 3),
            note=say.gettext("0 is perfectly equal"),
        ),
        Fact(
            label=say.gettext("Largest to smallest"),
            value="–" if figures.max_min is None else say.decimal(figures.max_min, 2),
            note=say.gettext("inhabitants for one seat"),
        ),
        Fact(label=say.gettext("Seats within a tenth of the mean"), value=share(figures.within_10)),
        Fact(label=say.gettext("Seats within three twentieths of the mean"), value=share(figures.within_15)),
    ]
