"""Every sort of page: the form of its path, the view that fills it, the template that prints it, which there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from majlis.institutions import State
from majlis.site import paths
from majlis.site.library import Library
from majlis.site.source import BodyInfo
from majlis.site.views import (
    Desk,
    act_view,
    all_seats,
    bodies_view,
    body_view,
    charter_view,
    check_view,
    delegate_view,
    districts_view,
    election_view,
    elections_view,
    home_view,
    map_pages,
    motion_view,
    motions_view,
    petition_view,
    petitions_view,
    record_view,
    seats_view,
)

SLUG: Final = r"(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)/"
NUMBER: Final = r"(?P<n>0|[1-9][0-9]{0,14})"

Parts = dict[str, str]
View = Callable[[Desk, Parts], object]
Listing = Callable[[Library], Iterator[str]]


class Page(Struct, frozen=True, kw_only=True):
    """One sort of page. ``listing`` gives the paths of those that an export holds."""

    path: re.Pattern[str]
    template: str
    view: View
    listing: Listing


def _alone(path: str, template: str, view: Callable[[Desk], object]) -> Page:
    """A page of the whole, of which there is one."""
    return Page(
        path=re.compile(re.escape(path)),
        template=template,
        view=lambda desk, parts: view(desk),
        listing=lambda library: iter((path,)),
    )


def _page(path: str, template: str, view: View, listing: Callable[[Library, BodyInfo], Iterator[str]]) -> Page:
    """Pages of each body whose record is at hand."""

    def of_all(library: Library) -> Iterator[str]:
        for body in library.bodies:
            if library.state_of(body.identity) is not None:
                yield from listing(library, body)

    return Page(path=re.compile(SLUG + path, re.ASCII), template=template, view=view, listing=of_all)


def _of(view: Callable[[Desk, BodyInfo], object]) -> View:
    """A view of one body."""
    return lambda desk, parts: view(desk, desk.library.body(parts["slug"]))


def _at(view: Callable[[Desk, BodyInfo, int], object]) -> View:
    """A view of one body at a position, or of a page of a register."""
    return lambda desk, parts: view(desk, desk.library.body(parts["slug"]), int(parts["n"]))


def _motion(desk: Desk, parts: Parts) -> object:
    return motion_view(desk, desk.library.body(parts["slug"]), int(parts["n"]), int(parts["page"] or 1))


def _delegate(desk: Desk, parts: Parts) -> object:
    return delegate_view(desk, desk.library.body(parts["slug"]), parts["key"])


def _register(
    name: str, template: str, view: Callable[[Desk, BodyInfo, int], object], count: _Count, each: int
) -> Page:
    """The pages of a register of a body; none where ``count`` is None."""

    def listing(library: Library, body: BodyInfo) -> Iterator[str]:
        rows = count(library, body)
        if rows is not None:
            for page in range(1, paths.pages_for(rows, each) + 1):
                yield paths.listing(body.slug, name, page)

    return _page(rf"{name}-{NUMBER}\.html", template, _at(view), listing)


_Count = Callable[[Library, BodyInfo], int | None]


def _count(count: Callable[[State], int]) -> _Count:
    return lambda library, body: count(library.state(body.identity))


def _count_seats(library: Library, body: BodyInfo) -> int | None:
    if body.type != "assembly":
        return None
    return len(all_seats(library.state(body.identity), library.plan(body.identity)))


def _count_districts(library: Library, body: BodyInfo) -> int | None:
    plan = library.plan(body.identity)
    return None if plan is None else map_pages(plan) * paths.DISTRICTS_A_PAGE


def _list_bodies(library: Library) -> Iterator[str]:
    pages = paths.pages_for(len(library.bodies), paths.BODIES_A_PAGE)
    return (paths.bodies(page) for page in range(1, pages + 1))


def _list_acts(library: Library, body: BodyInfo) -> Iterator[str]:
    return (paths.act(body.slug, index) for index in sorted(library.chosen[body.identity]))


def _list_motions(library: Library, body: BodyInfo) -> Iterator[str]:
    state = library.state(body.identity)
    for act, motion in sorted(state.motions.items(), key=lambda item: item[1].index):
        for page in range(1, paths.pages_for(len(state.votes.get(act, ())), paths.VOTES_A_PAGE) + 1):
            yield paths.motion(body.slug, motion.index, page)


def _list_elections(library: Library, body: BodyInfo) -> Iterator[str]:
    found = sorted(election.index for election in library.state(body.identity).elections.values())
    return (paths.election(body.slug, index) for index in found)


def _list_petitions(library: Library, body: BodyInfo) -> Iterator[str]:
    found = sorted(petition.index for petition in library.state(body.identity).petitions.values())
    return (paths.petition(body.slug, index) for index in found)


def _list_delegates(library: Library, body: BodyInfo) -> Iterator[str]:
    return (paths.delegate(body.slug, key) for key in sorted(library.sat(body.identity)))


PAGES: Final = (
    _alone(paths.HOME, "home.html", home_view),
    _alone(paths.CHECK, "check.html", check_view),
    Page(
        path=re.compile(rf"bodies-{NUMBER}\.html", re.ASCII),
        template="bodies.html",
        view=lambda desk, parts: bodies_view(desk, int(parts["n"])),
        listing=_list_bodies,
    ),
    _page(r"index\.html", "body.html", _of(body_view), lambda library, body: iter((paths.body(body.slug),))),
    _page(r"charter\.html", "charter.html", _of(charter_view), lambda library, body: iter((paths.charter(body.slug),))),
    _register("record", "record.html", record_view, _count(lambda state: state.size), paths.ACTS_A_PAGE),
    _page(rf"act-{NUMBER}\.html", "act.html", _at(act_view), _list_acts),
    _register("motions", "motions.html", motions_view, _count(lambda state: len(state.motions)), paths.ROWS_A_PAGE),
    _page(rf"motion-{NUMBER}(?:-(?P<page>[1-9][0-9]{{0,5}}))?\.html", "motion.html", _motion, _list_motions),
    _register(
        "elections", "elections.html", elections_view, _count(lambda state: len(state.elections)), paths.ROWS_A_PAGE
    ),
    _page(rf"election-{NUMBER}\.html", "election.html", _at(election_view), _list_elections),
    _register(
        "petitions", "petitions.html", petitions_view, _count(lambda state: len(state.petitions)), paths.ROWS_A_PAGE
    ),
    _page(rf"petition-{NUMBER}\.html", "petition.html", _at(petition_view), _list_petitions),
    _page(r"delegate-(?P<key>[0-9a-f]{64})\.html", "delegate.html", _delegate, _list_delegates),
    _register("seats", "seats.html", seats_view, _count_seats, paths.SEATS_A_PAGE),
    _register("map", "map.html", districts_view, _count_districts, paths.DISTRICTS_A_PAGE),
)
