"""Petitions: what they ask, how many signed, and what followed. Who signed is nowhere."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from majlis.errors import Missing
from majlis.institutions.petitions.rules import needed
from majlis.institutions.state import Petition, State
from majlis.institutions.ticks import has_run_out
from majlis.site import lexicon, paths
from majlis.site.language import When
from majlis.site.source import BodyInfo
from majlis.site.views.frame import Frame, frame
from majlis.site.views.parts import Desk, Fact, Pager, Ref, Stamp


class PetitionRow(Struct, frozen=True, kw_only=True):
    """One petition of a list."""

    ref: Ref
    target: Ref
    stamp: Stamp
    count: str
    when: When


class PetitionsView(Struct, frozen=True, kw_only=True):
    """One page of a body's petitions, newest first."""

    frame: Frame
    rows: tuple[PetitionRow, ...]
    pager: Pager


class PetitionView(Struct, frozen=True, kw_only=True):
    """One petition. ``share`` is signatures in thousandths of those needed, at most 1000."""

    frame: Frame
    title: str
    stamp: Stamp
    target: Ref
    count: str
    share: int
    facts: tuple[Fact, ...]
    opened: Ref
    when: When
    ballot: Ref | None
    outcome: Stamp | None


def petitions_view(desk: Desk, info: BodyInfo, page: int) -> PetitionsView:
    """Raises: Missing for a page that is not there."""
    state = desk.library.state(info.identity)
    rows = petition_rows(desk, info, state)
    pages = paths.pages_for(len(rows), paths.ROWS_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"this body's petitions fill {pages} pages")
    start = (page - 1) * paths.ROWS_A_PAGE
    title = desk.say.gettext("Petitions")
    return PetitionsView(
        frame=frame(desk, title, body=info, section="petitions", crumb=title),
        rows=rows[start : start + paths.ROWS_A_PAGE],
        pager=desk.pager(page, pages, f"{info.slug}/petitions-{{}}.html"),
    )


def petition_rows(desk: Desk, info: BodyInfo, state: State, *, running: bool = False) -> tuple[PetitionRow, ...]:
    """The petitions of a body, newest first; only those that can be signed, or await their vote, where ``running``."""
    found = sorted(state.petitions.values(), key=lambda petition: -petition.index)
    return tuple(
        PetitionRow(
            ref=Ref(
                text=desk.word(lexicon.AIMS, petition.aim), href=desk.link(paths.petition(info.slug, petition.index))
            ),
            target=_target(desk, state, petition),
            stamp=_stamp(desk, state, petition),
            count=_count(desk, state, petition),
            when=desk.when(state, petition.index),
        )
        for petition in found
        if not running or _is_running(state, petition)
    )


def petition_view(desk: Desk, info: BodyInfo, index: int) -> PetitionView:
    """The petition opened at ``index``. Raises: Missing when none was."""
    state, say = desk.library.state(info.identity), desk.say
    act = state.log.get(index, "")
    petition = state.petitions.get(act)
    if petition is None or petition.index != index:
        raise Missing(f"no petition was opened by entry {index} of this record")
    title = desk.word(lexicon.AIMS, petition.aim)
    wanted = needed(state, petition)
    facts = [
        Fact(label=say.gettext("Members on the roll"), value=desk.number(petition.roll.leaves)),
        Fact(label=say.gettext("Signatures needed"), value=desk.number(wanted)),
        Fact(label=say.gettext("Signatures so far"), value=desk.number(len(petition.signed))),
    ]
    if petition.aim == "recall":
        facts.append(
            Fact(
                label=say.gettext("Assembly"),
                value=desk.body(petition.assembly).text,
                href=desk.body(petition.assembly).href,
            )
        )
        days = petition.charter.recall_window_days
    else:
        days = petition.charter.contest_days
    facts.append(Fact(label=say.gettext("Time to sign"), value=say.ngettext("%(num)s day", "%(num)s days", days)))
    if petition.passed is not None:
        facts.append(
            Fact(
                label=say.gettext("Enough signatures since"),
                value=desk.when(state, petition.passed).text or desk.number(petition.passed),
                href=desk.act(info.identity, petition.passed).href,
            )
        )
    recall = state.recalls.get(act)
    return PetitionView(
        frame=frame(desk, title, body=info, section="petitions", crumb=say.gettext("Petition")),
        title=title,
        stamp=_stamp(desk, state, petition),
        target=_target(desk, state, petition),
        count=_count(desk, state, petition),
        share=min(1000, int(Fraction(1000 * len(petition.signed), max(1, wanted)))),
        facts=tuple(facts),
        opened=desk.act(info.identity, index),
        when=desk.when(state, index),
        ballot=_ballot(desk, state, act),
        outcome=None
        if recall is None
        else Stamp(
            code="in-force" if recall.passed else "lost",
            word=say.gettext("recalled by vote") if recall.passed else say.gettext("not recalled"),
        ),
    )


def _ballot(desk: Desk, state: State, act: str) -> Ref | None:
    for announced, election in state.elections.items():
        if election.purpose == "recall" and election.subject == act:
            return desk.election(state.identity, announced)
    return None


def _target(desk: Desk, state: State, petition: Petition) -> Ref:
    if petition.aim == "contest":
        decision = state.decisions.get(petition.target)
        return desk.motion(state, decision.motion) if decision else Ref(text=f"{petition.target[:16]}…")
    above = desk.library.state_of(petition.assembly)
    return desk.person(above if above is not None else state, petition.target)


def _count(desk: Desk, state: State, petition: Petition) -> str:
    return desk.say.ngettext(
        "%(signed)s signed; %(num)s signature is needed",
        "%(signed)s signed; %(num)s signatures are needed",
        needed(state, petition),
        signed=desk.number(len(petition.signed)),
    )


def _is_running(state: State, petition: Petition) -> bool:
    if petition.closed or (petition.aim == "contest" and petition.passed is not None):
        return False
    charter = petition.charter
    days = charter.recall_window_days if petition.aim == "recall" else charter.contest_days
    return petition.passed is not None or not has_run_out(state, petition.index, days)


def _stamp(desk: Desk, state: State, petition: Petition) -> Stamp:
    say = desk.say
    if petition.passed is not None:
        return Stamp(code="in-force", word=say.gettext("enough signatures"))
    if _is_running(state, petition):
        return Stamp(code="open", word=say.gettext("open for signatures"))
    return Stamp(code="lost", word=say.gettext("too few signatures in time"))
