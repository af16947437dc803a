"""Motions and what became of them: wording, grants, the count, and in an assembly every vote beside its mandate."""

from __future__ import annotations

from msgspec import Struct

from majlis.errors import Missing
from majlis.institutions.assembly.rules import label_now
from majlis.institutions.seats import is_heard
from majlis.institutions.state import Decision, Map, Motion, State, Vote
from majlis.institutions.warrant import is_binding
from majlis.site import lexicon, paths
from majlis.site.language import When
from majlis.site.neutral import lines
from majlis.site.source import BodyInfo
from majlis.site.views.data import grant_text
from majlis.site.views.frame import Frame, frame
from majlis.site.views.parts import Bar, Desk, Fact, Pager, Ref, Stamp, bars

LONGEST_TEXT = 6000


class MotionRow(Struct, frozen=True, kw_only=True):
    """One motion of a list. ``count`` is empty while nothing is decided."""

    ref: Ref
    act: Ref
    stamp: Stamp
    how: str
    count: str
    when: When


class VoteRow(Struct, frozen=True, kw_only=True):
    """One delegate's open vote, the mandate of the district, and how they agree."""

    delegate: Ref
    district: Ref
    choice: str
    choice_code: str
    mandate: str
    mandate_href: str
    label: Stamp
    act: Ref


class Grant(Struct, frozen=True, kw_only=True):
    """What the decision allows, and how much of it is used."""

    text: str
    used: str


class Outcome(Struct, frozen=True, kw_only=True):
    """The decision: how it was taken and counted, and whether it binds."""

    stamp: Stamp
    how: str
    act: Ref
    when: When
    facts: tuple[Fact, ...]
    bars: tuple[Bar, ...]


class MotionView(Struct, frozen=True, kw_only=True):
    """One motion, with one page of its roll call.

    ``silent``: districts whose votes count, or would, though nothing new was heard of them; ``waits``: what for.
    """

    frame: Frame
    title: str
    stamp: Stamp
    tabled: Ref
    author: Ref
    when: When
    text: tuple[str, ...]
    text_cut: bool
    text_href: str
    grants: tuple[Grant, ...]
    outcome: Outcome | None
    ballot: Ref | None
    labels: tuple[Bar, ...]
    votes: tuple[VoteRow, ...]
    votes_total: str
    silent: tuple[Ref, ...]
    waits: str
    pager: Pager
    meetings: tuple[Ref, ...]


class MotionsView(Struct, frozen=True, kw_only=True):
    """One page of a body's motions, newest first."""

    frame: Frame
    rows: tuple[MotionRow, ...]
    pager: Pager


def motions_view(desk: Desk, info: BodyInfo, page: int) -> MotionsView:
    """Raises: Missing for a page that is not there."""
    state = desk.library.state(info.identity)
    motions = sorted(state.motions.items(), key=lambda item: -item[1].index)
    pages = paths.pages_for(len(motions), paths.ROWS_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"this body's motions fill {pages} pages")
    start = (page - 1) * paths.ROWS_A_PAGE
    title = desk.say.gettext("Motions and decisions")
    decided = _decisions(state)
    return MotionsView(
        frame=frame(desk, title, body=info, section="motions", crumb=title),
        rows=tuple(
            _row(desk, info, state, act, motion, decided.get(act))
            for act, motion in motions[start : start + paths.ROWS_A_PAGE]
        ),
        pager=desk.pager(page, pages, f"{info.slug}/motions-{{}}.html"),
    )


def decision_rows(desk: Desk, info: BodyInfo, state: State) -> tuple[MotionRow, ...]:
    """The decisions that were carried and bind, newest first."""
    binding = [(act, decision) for act, decision in state.decisions.items() if is_binding(state, decision)]
    return tuple(
        _row(desk, info, state, decision.motion, state.motions[decision.motion], (act, decision))
        for act, decision in sorted(binding, key=lambda item: -item[1].index)
    )


def _decisions(state: State) -> dict[str, tuple[str, Decision]]:
    """The newest decision on each motion, with its act."""
    ordered = sorted(state.decisions.items(), key=lambda item: item[1].index)
    return {decision.motion: (act, decision) for act, decision in ordered}


def _row(
    desk: Desk, info: BodyInfo, state: State, act: str, motion: Motion, decided: tuple[str, Decision] | None
) -> MotionRow:
    decision = decided[1] if decided else None
    index = decision.index if decision else motion.index
    return MotionRow(
        ref=desk.motion(state, act),
        act=desk.act(info.identity, index),
        stamp=_stamp(desk, state, motion, decision),
        how=desk.word(lexicon.HOW, decision.how) if decision else "",
        count=_count(desk, decision) if decision else "",
        when=desk.when(state, index),
    )


def _count(desk: Desk, decision: Decision) -> str:
    return desk.say.gettext(
        "%(yes)s for, %(no)s against, %(abstain)s abstaining",
        yes=desk.number(decision.yes),
        no=desk.number(decision.no),
        abstain=desk.number(decision.abstain),
    )


def _stamp(desk: Desk, state: State, motion: Motion, decision: Decision | None) -> Stamp:
    say = desk.say
    if decision is None or (motion.contested and not motion.closed):
        if motion.contested:
            return Stamp(
                code="waiting",
                word=say.gettext("contested"),
                meaning=say.gettext("Only a secret ballot decides it now."),
            )
        return Stamp(code="open", word=say.gettext("on the table"))
    if not decision.carried:
        return Stamp(code="lost", word=say.gettext("not carried"))
    if is_binding(state, decision):
        return Stamp(code="in-force", word=say.gettext("carried, binds"))
    return Stamp(
        code="waiting",
        word=say.gettext("carried, can be contested"),
        meaning=say.gettext("It binds when the time to contest it has passed."),
    )


def motion_view(desk: Desk, info: BodyInfo, index: int, page: int = 1) -> MotionView:
    """The motion tabled at ``index``. Raises: Missing when none was."""
    state = desk.library.state(info.identity)
    act = state.log.get(index, "")
    motion = state.motions.get(act)
    if motion is None or motion.index != index:
        raise Missing(f"no motion was tabled by entry {index} of this record")
    votes = sorted(state.votes.get(act, Map()).values(), key=lambda vote: vote.index)
    pages = paths.pages_for(len(votes), paths.VOTES_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"this roll call fills {pages} pages")
    start = (page - 1) * paths.VOTES_A_PAGE
    decided = _decisions(state).get(act)
    title = desk.motion_title(motion)
    blob = desk.library.source.blob(motion.text)
    text, cut = lines(blob, LONGEST_TEXT) if blob is not None else ((), False)
    labelled = [label_now(state, act, vote) for vote in votes]
    silent = _silent(state, labelled, decided[1] if decided else None)
    return MotionView(
        frame=frame(desk, title, body=info, section="motions", crumb=desk.say.gettext("Motion")),
        title=title,
        stamp=_stamp(desk, state, motion, decided[1] if decided else None),
        tabled=desk.act(info.identity, index),
        author=desk.person(state, motion.author),
        when=desk.when(state, index),
        text=text,
        text_cut=cut,
        text_href=desk.public(paths.blob(motion.text)) if blob is not None else "",
        grants=_grants(desk, state, motion, decided[1] if decided else None),
        outcome=_outcome(desk, state, *decided) if decided else None,
        ballot=_ballot(desk, state, act),
        labels=_labels(desk, labelled),
        votes=tuple(_vote(desk, state, act, vote) for vote in labelled[start : start + paths.VOTES_A_PAGE]),
        votes_total=desk.say.ngettext("%(num)s vote", "%(num)s votes", len(votes)),
        silent=tuple(desk.body(body) for body in silent),
        waits=_waits(desk, state) if silent and not motion.closed else "",
        pager=Pager(page=1, pages=1, text="") if pages == 1 else _pager(desk, info.slug, index, page, pages),
        meetings=tuple(
            desk.act(info.identity, session.index)
            for session in sorted(state.sessions.values(), key=lambda session: session.index)
            if act in session.motions
        ),
    )


def _silent(state: State, votes: list[Vote], decision: Decision | None) -> list[str]:
    """The districts that R-ASSEMBLY-6 is about: as the decision states them, or as they are while it is open."""
    if decision is not None:
        return sorted(decision.silent)
    districts = {vote.district for vote in votes if vote.label != "void"}
    return sorted(body for body in districts if not is_heard(state, state.bodies[body]))


def _waits(desk: Desk, state: State) -> str:
    days = state.charter.voting_days + state.charter.head_days
    return desk.say.ngettext(
        "While their votes could turn the result, it stays open: until anybody shows the newest head of their records, "
        "or %(num)s day after the meeting was opened.",
        "While their votes could turn the result, it stays open: until anybody shows the newest head of their records, "
        "or %(num)s days after the meeting was opened.",
        days,
    )


def _pager(desk: Desk, slug: str, index: int, page: int, pages: int) -> Pager:
    say = desk.say

    def to(number: int) -> str:
        return desk.link(paths.motion(slug, index, number))

    return Pager(
        page=page,
        pages=pages,
        text=say.gettext("Page %(page)s of %(pages)s", page=desk.number(page), pages=desk.number(pages)),
        first=to(1) if page > 2 else "",
        before=to(page - 1) if page > 1 else "",
        after=to(page + 1) if page < pages else "",
        last=to(pages) if page < pages - 1 else "",
    )


def _grants(desk: Desk, state: State, motion: Motion, decision: Decision | None) -> tuple[Grant, ...]:
    found = []
    for number, grant in enumerate(motion.grants):
        spent = decision.spent[number] if decision and number < len(decision.spent) else 0
        if not spent:
            used = ""
        elif grant.ceiling is None:
            used = desk.say.gettext("used")
        else:
            used = desk.say.gettext("%(spent)s used", spent=desk.number(spent))
        found.append(Grant(text=grant_text(desk, state, grant), used=used))
    return tuple(found)


def _outcome(desk: Desk, state: State, act: str, decision: Decision) -> Outcome:
    say = desk.say
    roll = say.gettext("Seats") if decision.how == "rollcall" else say.gettext("Members on the roll")
    rows = [("yes", decision.yes), ("no", decision.no), ("abstain", decision.abstain)]
    return Outcome(
        stamp=_stamp(desk, state, state.motions[decision.motion], decision),
        how=desk.word(lexicon.HOW, decision.how),
        act=desk.act(state.identity, decision.index),
        when=desk.when(state, decision.index),
        facts=(Fact(label=roll, value=desk.number(decision.roll)),),
        bars=bars(
            desk,
            ((desk.word(lexicon.CHOICES, code), number, code) for code, number in rows),
            decision.yes + decision.no + decision.abstain,
        ),
    )


def _ballot(desk: Desk, state: State, motion: str) -> Ref | None:
    for act, election in state.elections.items():
        if election.purpose == "motion" and election.subject == motion:
            return desk.election(state.identity, act)
    return None


def _labels(desk: Desk, votes: list[Vote]) -> tuple[Bar, ...]:
    rows = [(code, sum(vote.label == code for vote in votes)) for code in lexicon.LABELS]
    return bars(desk, ((desk.word(lexicon.LABELS, code), number, code) for code, number in rows if number), len(votes))


def label_stamp(desk: Desk, label: str) -> Stamp:
    """The stamp of a vote's label."""
    return Stamp(code=f"vote-{label}", word=desk.word(lexicon.LABELS, label))


def _vote(desk: Desk, state: State, motion: str, vote: Vote) -> VoteRow:
    mandate = state.instructions.get(motion, Map()).get(vote.district)
    return VoteRow(
        delegate=desk.person(state, vote.key),
        district=desk.body(vote.district),
        choice=desk.word(lexicon.CHOICES, vote.choice),
        choice_code=vote.choice,
        mandate=desk.word(lexicon.CHOICES, mandate.instruction) if mandate else "",
        mandate_href=desk.act(vote.district, mandate.index).href if mandate else "",
        label=label_stamp(desk, vote.label),
        act=desk.act(state.identity, vote.index),
    )
