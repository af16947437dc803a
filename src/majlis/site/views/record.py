"""A record, page by page: every entry in its place, in force, void and waiting told apart."""

from __future__ import annotations

from msgspec import Struct

from majlis.errors import Missing
from majlis.institutions.state import State
from majlis.site import lexicon, paths
from majlis.site.language import When
from majlis.site.source import BodyInfo
from majlis.site.views.frame import Frame, frame
from majlis.site.views.keeping import Keeping, keeping_of
from majlis.site.views.parts import Desk, Pager, Ref, Stamp


class ActRow(Struct, frozen=True, kw_only=True):
    """One entry. ``why`` explains a status that is not in force; ``rule`` is the id of the rule broken."""

    index: int
    number: str
    href: str
    title: str
    author: Ref | None
    stamp: Stamp
    when: When
    why: str = ""
    rule: str = ""
    safe: bool = True


class Tally(Struct, frozen=True, kw_only=True):
    """How many entries have a status."""

    stamp: Stamp
    text: str


class RecordView(Struct, frozen=True, kw_only=True):
    """One page of a record, newest first."""

    frame: Frame
    rows: tuple[ActRow, ...]
    pager: Pager
    total: str
    keeping: Keeping
    tallies: tuple[Tally, ...]
    checkpoint: str
    origin: str


def record_view(desk: Desk, info: BodyInfo, page: int) -> RecordView:
    """Page ``page`` of a record; page 1 holds its first 50 entries. Raises: Missing for a page that is not there."""
    state = desk.library.state(info.identity)
    pages = paths.pages_for(state.size, paths.ACTS_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"this record has {pages} pages")
    start = (page - 1) * paths.ACTS_A_PAGE
    end = min(start + paths.ACTS_A_PAGE, state.size)
    say = desk.say
    return RecordView(
        frame=frame(
            desk,
            say.gettext("Record of %(body)s", body=desk.name(info)),
            body=info,
            section="record",
            crumb=say.gettext("Record"),
        ),
        rows=tuple(act_row(desk, state, index) for index in range(end - 1, start - 1, -1)),
        pager=desk.pager(page, pages, f"{info.slug}/record-{{}}.html"),
        total=say.ngettext("%(num)s entry", "%(num)s entries", state.size),
        keeping=keeping_of(desk, info, state),
        tallies=_tallies(desk, state),
        checkpoint=desk.public(paths.record(info.origin)),
        origin=info.origin,
    )


def act_row(desk: Desk, state: State, index: int) -> ActRow:
    """One entry of a record as a row."""
    stamp, rule, why = verdict(desk, state, index)
    standing = state.acts.get(state.log.get(index, ""))
    return ActRow(
        index=index,
        number=desk.number(index),
        href=desk.act(state.identity, index).href,
        title=desk.kind(standing.kind) if standing else desk.say.gettext(lexicon.UNREADABLE),
        author=desk.person(state, standing.author) if standing else None,
        stamp=stamp,
        when=desk.when(state, index),
        why=why,
        rule=rule,
        safe=index < desk.library.source.safe_size(state.identity),
    )


def verdict(desk: Desk, state: State, index: int) -> tuple[Stamp, str, str]:
    """The status of an entry, the id of the rule it breaks, and why, in the reader's language."""
    say = desk.say
    standing = state.acts.get(state.log.get(index, ""))
    if standing is None:
        rule = next((finding.rule for finding in desk.library.findings(state.identity).get(index, ())), "")
        return desk.status("void"), rule, say.gettext(lexicon.family(rule))
    if standing.index < index:
        earlier = say.gettext("The same act was judged as act %(index)s.", index=desk.number(standing.index))
        return desk.status("copy"), "", earlier
    if standing.index > index:
        later = say.gettext("It waited here for signatures, and was judged as act %(index)s.", index=standing.index)
        return desk.status("waiting"), "", later
    stamp = desk.status(standing.status)
    if standing.status == "in-force":
        return stamp, "", ""
    if standing.status == "void":
        return stamp, standing.rule, say.gettext(lexicon.family(standing.rule))
    return stamp, "", stamp.meaning


def _tallies(desk: Desk, state: State) -> tuple[Tally, ...]:
    counts = dict.fromkeys(("in-force", "void", "waiting", "missing", "copy"), 0)
    for index in range(state.size):
        standing = state.acts.get(state.log.get(index, ""))
        if standing is None:
            counts["void"] += 1
        elif standing.index != index:
            counts["copy" if standing.index < index else "waiting"] += 1
        else:
            counts[standing.status] += 1
    return tuple(Tally(stamp=desk.status(code), text=desk.number(count)) for code, count in counts.items() if count)
