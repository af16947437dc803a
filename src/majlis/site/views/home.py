"""The first page: what this is, the assemblies with their identities, and every body."""

from __future__ import annotations

from msgspec import Struct

from majlis.errors import Missing
from majlis.institutions.state import State
from majlis.site import lexicon, paths
from majlis.site.source import BodyInfo
from majlis.site.views.frame import Frame, frame
from majlis.site.views.keeping import Unsafe, unsafe_of
from majlis.site.views.parts import Desk, Identity, Pager, Ref, identity_of
from majlis.site.views.sitting import seat_numbers

MOST_ASSEMBLIES = 3
MOST_BODIES = 60


class BodyRow(Struct, frozen=True, kw_only=True):
    """One body of the list; numbers are empty where they are not known."""

    ref: Ref
    type: str
    inhabitants: str
    members: str
    acts: str
    unsafe: str


class AssemblyCard(Struct, frozen=True, kw_only=True):
    """An assembly on the first page. Seats are counted: held now, of all."""

    ref: Ref
    identity: Identity
    unsafe: str
    seats: int
    held: int
    seats_text: str
    inhabitants: str
    bodies: str


class BodyGroup(Struct, frozen=True, kw_only=True):
    """Bodies of one type."""

    title: str
    rows: tuple[BodyRow, ...]


class HomeView(Struct, frozen=True, kw_only=True):
    """``more_href`` leads to the pages of the list where one page cannot hold it."""

    frame: Frame
    assemblies: tuple[AssemblyCard, ...]
    groups: tuple[BodyGroup, ...]
    total: str
    more_href: str
    acts: str
    unsafe: Unsafe


class BodiesView(Struct, frozen=True, kw_only=True):
    """One page of the list of bodies."""

    frame: Frame
    rows: tuple[BodyRow, ...]
    pager: Pager


def home_view(desk: Desk) -> HomeView:
    """The first page of a federation, or of whatever bodies are at hand."""
    library, say = desk.library, desk.say
    assemblies = [info for info in library.bodies if info.type == "assembly"]
    rest = [info for info in library.bodies if info not in assemblies[:MOST_ASSEMBLIES]]
    sizes = [state.size for info in library.bodies if (state := library.state_of(info.identity)) is not None]
    return HomeView(
        frame=frame(desk, say.gettext("The bodies and their records")),
        assemblies=tuple(_assembly(desk, info) for info in assemblies[:MOST_ASSEMBLIES]),
        groups=_groups(desk, rest[:MOST_BODIES]),
        total=say.ngettext("%(num)s body", "%(num)s bodies", len(library.bodies)),
        more_href=desk.link(paths.bodies(1)) if len(rest) > MOST_BODIES else "",
        acts=say.ngettext("%(num)s entry in their records", "%(num)s entries in their records", sum(sizes)),
        unsafe=_unsafe(desk),
    )


def _unsafe(desk: Desk) -> Unsafe:
    """How many acts of all records together exist on one machine only."""
    found = [
        unsafe_of(desk, info, state)
        for info in desk.library.bodies
        if (state := desk.library.state_of(info.identity)) is not None
    ]
    number = sum(each.number for each in found)
    if not number:
        return Unsafe(number=0)
    text = desk.say.ngettext(
        "%(num)s act is not safe yet: it exists on one machine only.",
        "%(num)s acts are not safe yet: they exist on one machine only.",
        number,
    )
    records = sum(each.number > 0 for each in found)
    advice = desk.say.ngettext(
        "It concerns %(num)s record, which is marked below; its own page says what to do.",
        "It concerns %(num)s records, which are marked below; their own pages say what to do.",
        records,
    )
    return Unsafe(number=number, text=text, advice=advice)


def _not_safe(desk: Desk, number: int) -> str:
    """The mark in a list of bodies, or an empty string."""
    return desk.say.ngettext("%(num)s act not safe yet", "%(num)s acts not safe yet", number) if number else ""


def bodies_view(desk: Desk, page: int) -> BodiesView:
    """Page ``page`` of all bodies. Raises: Missing for a page that is not there."""
    bodies = desk.library.bodies
    pages = paths.pages_for(len(bodies), paths.BODIES_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"the list of bodies has {pages} pages")
    start = (page - 1) * paths.BODIES_A_PAGE
    title = desk.say.gettext("List of bodies")
    return BodiesView(
        frame=frame(desk, title, crumb=title),
        rows=tuple(_row(desk, info) for info in bodies[start : start + paths.BODIES_A_PAGE]),
        pager=desk.pager(page, pages, "bodies-{}.html"),
    )


def _groups(desk: Desk, bodies: list[BodyInfo]) -> tuple[BodyGroup, ...]:
    say = desk.say
    titles = {
        "assembly": say.gettext("More assemblies"),
        "committee": say.gettext("Committees"),
        "affiliate": say.gettext("Affiliates: they support and witness, and have no vote"),
    }
    groups = ((title, [info for info in bodies if info.type == type_]) for type_, title in titles.items())
    return tuple(
        BodyGroup(title=title, rows=tuple(_row(desk, info) for info in found)) for title, found in groups if found
    )


def _row(desk: Desk, info: BodyInfo) -> BodyRow:
    state = desk.library.state_of(info.identity)
    return BodyRow(
        ref=desk.body(info.identity),
        type=desk.word(lexicon.TYPES, info.type),
        inhabitants=desk.number(info.inhabitants) if info.inhabitants is not None else "",
        members=desk.number(state.roll.leaves) if state and state.roll else "",
        acts=desk.number(state.size) if state else "",
        unsafe=_not_safe(desk, unsafe_of(desk, info, state).number) if state else "",
    )


def _assembly(desk: Desk, info: BodyInfo) -> AssemblyCard:
    state = desk.library.state_of(info.identity) or State()
    held, seats = seat_numbers(state)
    people = state.plan.inhabitants if state.plan else info.inhabitants or 0
    members = sum(member.left is None for member in state.bodies.values())
    return AssemblyCard(
        ref=desk.body(info.identity),
        identity=identity_of(info.identity),
        unsafe=_not_safe(desk, unsafe_of(desk, info, state).number),
        seats=seats,
        held=held,
        seats_text=desk.say.ngettext(
            "%(held)s of %(num)s seat held", "%(held)s of %(num)s seats held", seats, held=desk.number(held)
        ),
        inhabitants=desk.say.ngettext("%(num)s inhabitant", "%(num)s inhabitants", people) if people else "",
        bodies=desk.say.ngettext("%(num)s member body", "%(num)s member bodies", members),
    )
