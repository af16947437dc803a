"""What every page has around its content: title, way back, sections of the body, languages, and what must be said."""

from __future__ import annotations

from msgspec import Struct

from majlis.institutions.state import State
from majlis.site import paths
from majlis.site.language import LANGUAGES
from majlis.site.source import BodyInfo
from majlis.site.views.parts import Desk, Ref, reminder


class Link(Struct, frozen=True, kw_only=True):
    """A link of the page's frame; ``current`` marks where the reader is."""

    text: str
    href: str
    current: bool = False


class Tongue(Struct, frozen=True, kw_only=True):
    """The same page in another language."""

    code: str
    name: str
    direction: str
    href: str


class Frame(Struct, frozen=True, kw_only=True):
    """``demonstration`` and ``notices`` are the sentences that a demonstration says on every page."""

    title: str
    lang: str
    direction: str
    home: str
    check: str
    css: str
    icon: str
    body: Ref | None
    crumbs: tuple[Link, ...]
    sections: tuple[Link, ...]
    tongues: tuple[Tongue, ...]
    demonstration: str
    notices: tuple[str, ...]


def frame(desk: Desk, title: str, *, body: BodyInfo | None = None, section: str = "", crumb: str = "") -> Frame:
    """The frame of one page. ``section``: the register it belongs to; ``crumb``: its own short name in the way back."""
    say = desk.say
    crumbs = [Link(text=say.gettext("All bodies"), href=desk.link(paths.HOME))]
    sections: tuple[Link, ...] = ()
    if body is not None:
        crumbs.append(Link(text=desk.name(body), href=desk.link(paths.body(body.slug))))
        sections = _sections(desk, body, section)
    if crumb:
        crumbs.append(Link(text=crumb, href="", current=True))
    else:
        crumbs[-1] = Link(text=crumbs[-1].text, href="", current=True)
    return Frame(
        title=title,
        lang=say.code,
        direction=say.direction,
        home=desk.link(paths.HOME),
        check=desk.link(paths.CHECK),
        css=desk.asset("style.css"),
        icon=desk.asset("icon.svg"),
        body=None
        if body is None
        else Ref(text=desk.name(body), href=desk.link(paths.body(body.slug)), words=reminder(body.identity)),
        crumbs=tuple(crumbs),
        sections=sections,
        tongues=tuple(
            Tongue(
                code=manner.code,
                name=manner.own_name,
                direction=manner.direction,
                href=paths.relative(f"{say.code}/{desk.path}", f"{manner.code}/{desk.path}"),
            )
            for manner in LANGUAGES.values()
            if manner.code != say.code
        ),
        demonstration=_demonstration(desk, body),
        notices=tuple(_notice(desk, notice) for notice in desk.library.source.notices),
    )


def _sections(desk: Desk, body: BodyInfo, current: str) -> tuple[Link, ...]:
    say, slug = desk.say, body.slug
    state = desk.library.state_of(body.identity)
    if state is None:
        return ()
    rows = [
        ("home", say.gettext("Overview"), paths.body(slug), True),
        ("record", say.gettext("Record"), record_page(slug, state), True),
        ("seats", say.gettext("Seats"), paths.listing(slug, "seats"), has_seats(state)),
        ("map", say.gettext("Districts"), paths.listing(slug, "map"), desk.library.plan(body.identity) is not None),
        ("motions", say.gettext("Motions and decisions"), paths.listing(slug, "motions"), bool(state.motions)),
        ("elections", say.gettext("Secret ballots"), paths.listing(slug, "elections"), bool(state.elections)),
        ("petitions", say.gettext("Petitions"), paths.listing(slug, "petitions"), bool(state.petitions)),
        ("charter", say.gettext("Charter"), paths.charter(slug), True),
    ]
    return tuple(
        Link(text=text, href=desk.link(target), current=name == current) for name, text, target, shown in rows if shown
    )


def record_page(slug: str, state: State) -> str:
    """The newest page of a record; pages are counted from the oldest, so that a page once full never changes."""
    return paths.listing(slug, "record", paths.pages_for(state.size, paths.ACTS_A_PAGE))


def record_page_of(slug: str, index: int) -> str:
    """The page of a record on which the entry at ``index`` stands."""
    return paths.listing(slug, "record", index // paths.ACTS_A_PAGE + 1)


def has_seats(state: State) -> bool:
    """Whether there is a register of seats."""
    return state.founding is not None and state.founding.type == "assembly"


def _demonstration(desk: Desk, body: BodyInfo | None) -> str:
    """The sentence of one body's demonstration roll; of all bodies together where the body has none of its own."""
    declared = body.demonstration if body is not None else None
    if declared is None:
        rolls = [each.demonstration for each in desk.library.bodies if each.demonstration is not None]
        if not rolls:
            return ""
        declared = (sum(members for members, _ in rolls), sum(people for _, people in rolls))
    members, people = declared
    members_said = desk.say.ngettext("%(num)s member", "%(num)s members", members)
    people_said = desk.say.ngettext("of %(num)s inhabitant", "of %(num)s inhabitants", people)
    return desk.say.gettext("Demonstration roll, %(members)s %(people)s.", members=members_said, people=people_said)


def _notice(desk: Desk, notice: str) -> str:
    if notice == "simulated-clock":
        return desk.say.gettext("The clock is simulated: no time on these pages is a real one.")
    return desk.say.gettext("Populations are GeoNames demonstration input, and no census.")
