"""The districts as a schematic map: each a bubble as large as its seats, with its places and who is near whom inside.

It is drawn from names, numbers and bare adjacency alone. No position of any place is known here, nor can one be read
out of it: the places of a district stand on a ring in the order of their names.
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt

from markupsafe import Markup
from msgspec import Struct

from majlis.census import District
from majlis.errors import Missing
from majlis.institutions.state import MemberBody, State
from majlis.site import paths
from majlis.site.adopted import Adopted
from majlis.site.source import BodyInfo
from majlis.site.views.frame import Frame, frame
from majlis.site.views.parts import Desk, Fact, Pager, Ref
from majlis.site.views.plans import plan_history
from majlis.site.views.seats import district as district_ref
from majlis.site.views.seats import lorenz, measures
from majlis.site.views.sitting import places

BOX = 120
MOST_PLACES = 40
SQUARE = 9
MOST_WARDS = 8
SMALLEST = 20.0


class Dot(Struct, frozen=True, kw_only=True):
    """A place inside a bubble; coordinates in the drawing's own units."""

    x: str
    y: str


class Pip(Struct, frozen=True, kw_only=True):
    """One seat: a square whose look says how it stands."""

    x: int
    y: int
    code: str


class Bubble(Struct, frozen=True, kw_only=True):
    """One district, or all wards of one place. ``tone`` is one of eight tints, by group."""

    ref: Ref
    radius: str
    tone: int
    dots: tuple[Dot, ...]
    lines: str
    pips: tuple[Pip, ...]
    pips_height: int
    seats: str
    held: str
    inhabitants: str
    note: str
    places: str
    wards: tuple[Ref, ...]


class Group(Struct, frozen=True, kw_only=True):
    """The districts of one group (a governorate, a union)."""

    name: str
    summary: str
    bubbles: tuple[Bubble, ...]


class DistrictsView(Struct, frozen=True, kw_only=True):
    """One page of the map."""

    frame: Frame
    groups: tuple[Group, ...]
    measures: tuple[Fact, ...]
    lorenz: Markup
    history: tuple[Fact, ...]
    pager: Pager
    summary: str
    box: int


class _Joined(Struct, frozen=True, kw_only=True):
    """What the map shows as one: the wards of a place, or a district alone."""

    first: District
    wards: tuple[District, ...]

    @property
    def seats(self) -> int:
        return sum(ward.seats for ward in self.wards)

    @property
    def inhabitants(self) -> int:
        return sum(ward.inhabitants for ward in self.wards)


def districts_view(desk: Desk, info: BodyInfo, page: int) -> DistrictsView:
    """Raises: Missing for a page that is not there, or where there is no plan."""
    plan = desk.library.plan(info.identity)
    if plan is None:
        raise Missing("there is no plan of seats here")
    state = desk.library.state(info.identity)
    joined = _joined(plan)
    pages = paths.pages_for(len(joined), paths.DISTRICTS_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"the map of this assembly fills {pages} pages")
    start = (page - 1) * paths.DISTRICTS_A_PAGE
    say = desk.say
    title = say.gettext("Districts")
    largest = max((each.seats for each in joined), default=1)
    names = list(dict.fromkeys(each.first.group for each in joined))
    shown = joined[start : start + paths.DISTRICTS_A_PAGE]
    groups = [
        _group(desk, state, name, tone % 8, [each for each in shown if each.first.group == name], largest)
        for tone, name in enumerate(names)
    ]
    seats = say.ngettext("%(num)s seat", "%(num)s seats", plan.seats)
    people = say.ngettext("%(num)s inhabitant", "%(num)s inhabitants", plan.inhabitants)
    return DistrictsView(
        frame=frame(desk, title, body=info, section="map", crumb=title),
        groups=tuple(group for group in groups if group.bubbles),
        measures=measures(desk, info),
        lorenz=lorenz(desk, info),
        history=plan_history(desk, info) if page == 1 else (),
        pager=desk.pager(page, pages, f"{info.slug}/map-{{}}.html"),
        summary=say.gettext("%(seats)s for %(people)s", seats=seats, people=people),
        box=BOX,
    )


def map_pages(plan: Adopted) -> int:
    """How many pages the map of this plan fills."""
    return paths.pages_for(len(_joined(plan)), paths.DISTRICTS_A_PAGE)


def _joined(plan: Adopted) -> list[_Joined]:
    wards: dict[tuple[str, ...], list[District]] = {}
    for each in plan.districts:
        wards.setdefault(each.places, []).append(each)
    found = [_Joined(first=group[0], wards=tuple(group)) for group in wards.values()]
    return sorted(found, key=lambda each: (each.first.group, -each.seats, each.first.id))


def _group(desk: Desk, state: State, name: str, tone: int, joined: list[_Joined], largest: int) -> Group:
    say = desk.say
    return Group(
        name=name,
        summary=say.ngettext("%(num)s seat", "%(num)s seats", sum(each.seats for each in joined)),
        bubbles=tuple(_bubble(desk, state, each, tone, largest) for each in joined),
    )


def _bubble(desk: Desk, state: State, each: _Joined, tone: int, largest: int) -> Bubble:
    say = desk.say
    first = each.first
    radius = max(SMALLEST, (BOX / 2 - 4) * sqrt(each.seats / largest))
    codes = _codes(state, each)
    names = first.places[:MOST_PLACES]
    dots, lines = _constellation(names, first.links, radius)
    held = sum(code in ("held", "reserve") for code in codes)
    return Bubble(
        ref=_ref(desk, state, each),
        radius=_short(radius),
        tone=tone,
        dots=dots,
        lines=lines,
        pips=tuple(
            Pip(x=at % 10 * (SQUARE + 3), y=at // 10 * (SQUARE + 3), code=code) for at, code in enumerate(codes)
        ),
        pips_height=-(-len(codes) // 10) * (SQUARE + 3),
        seats=say.ngettext("%(num)s seat", "%(num)s seats", each.seats),
        held=say.gettext("%(held)s held", held=desk.number(held)),
        inhabitants=say.ngettext("%(num)s inhabitant", "%(num)s inhabitants", each.inhabitants),
        note=_note(desk, each),
        places=say.ngettext("%(num)s place", "%(num)s places", len(first.places)),
        wards=_wards(desk, state, each),
    )


def _members(state: State) -> dict[str, tuple[str, MemberBody]]:
    """The bodies that joined, by district; of two that claim one, either shows the dispute."""
    return {member.district: (body, member) for body, member in state.bodies.items() if member.left is None}


def _ref(desk: Desk, state: State, each: _Joined) -> Ref:
    joined = _members(state).get(each.first.id)
    if joined is not None and len(each.wards) == 1:
        return district_ref(desk, *joined)
    return Ref(text=each.first.name)


def _wards(desk: Desk, state: State, each: _Joined) -> tuple[Ref, ...]:
    """The wards that joined, by number, where the district is divided."""
    if len(each.wards) == 1:
        return ()
    members = _members(state)
    found = []
    for ward in each.wards[:MOST_WARDS]:
        if ward.id in members:
            ref = district_ref(desk, *members[ward.id])
            found.append(
                Ref(text=desk.say.gettext("ward %(number)s", number=desk.number(ward.ward or 0)), href=ref.href)
            )
    return tuple(found)


def _codes(state: State, each: _Joined) -> list[str]:
    members = _members(state)
    codes: list[str] = []
    for ward in each.wards:
        if ward.id in members:
            codes += [place.standing for place in places(state, *members[ward.id])]
        else:
            codes += ["not-joined"] * ward.seats
    return codes


def _note(desk: Desk, each: _Joined) -> str:
    say = desk.say
    if len(each.wards) > 1:
        text = say.ngettext("%(num)s ward", "%(num)s wards", len(each.wards))
        if each.first.provisional:
            return say.gettext("%(wards)s, provisional until neighbourhoods are counted", wards=text)
        return text
    if each.first.attached:
        return say.gettext("with places that reach no quota among their own")
    return ""


def _constellation(
    names: tuple[str, ...], links: tuple[tuple[str, str], ...], radius: float
) -> tuple[tuple[Dot, ...], str]:
    if len(names) == 1:
        return (Dot(x=_short(BOX / 2), y=_short(BOX / 2)),), ""
    ring = radius * 0.66
    spots = {
        name: (BOX / 2 + ring * sin(2 * pi * at / len(names)), BOX / 2 - ring * cos(2 * pi * at / len(names)))
        for at, name in enumerate(sorted(names))
    }
    dots = tuple(Dot(x=_short(x), y=_short(y)) for x, y in spots.values())
    lines = "".join(
        f"M{_short(spots[a][0])} {_short(spots[a][1])}L{_short(spots[b][0])} {_short(spots[b][1])}"
        for a, b in links
        if a in spots and b in spots
    )
    return dots, lines


def _short(value: float) -> str:
    """A coordinate to one decimal: the same text on every machine."""
    return f"{round(value * 10) / 10:g}"
