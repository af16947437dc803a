"""One act: what it says, whether it counts and why, and the chain of warrants it rests on."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from majlis.errors import Missing
from majlis.institutions import Act
from majlis.institutions.state import State
from majlis.institutions.ticks import earliest, latest
from majlis.site import lexicon, paths
from majlis.site.language import When
from majlis.site.neutral import shorten
from majlis.site.source import BodyInfo
from majlis.site.views.chain import Node, chain
from majlis.site.views.data import data_facts
from majlis.site.views.frame import Frame, frame, record_page_of
from majlis.site.views.parts import Desk, Fact, Ref, Stamp
from majlis.site.views.record import verdict

MOST_CITED_BY = 12


class ActView(Struct, frozen=True, kw_only=True):
    """``remark`` is the verifier's own sentence, in English; ``about`` the page of what the act is part of."""

    frame: Frame
    number: str
    stamp: Stamp
    why: str
    rule: str
    remark: str
    after: When
    before: When
    author: Ref | None
    signers: tuple[Ref, ...]
    facts: tuple[Fact, ...]
    about: Ref | None
    chain: Node | None
    cited_by: tuple[Ref, ...]
    id: str
    size: str
    safe: bool
    command: str
    before_href: str
    after_href: str
    record_href: str


def act_view(desk: Desk, info: BodyInfo, index: int) -> ActView:
    """The page of the entry at ``index``. Raises: Missing when there is no such entry, or it has no page here."""
    state = desk.library.state(info.identity)
    if not 0 <= index < state.size or not desk.library.has_page(info.identity, index):
        raise Missing(f"there is no page of entry {index} here; this record has {state.size} entries")
    act = desk.library.act(info.identity, index)
    standing = state.acts.get(state.log.get(index, ""))
    stamp, rule, why = verdict(desk, state, index)
    title = desk.kind(standing.kind) if standing else desk.say.gettext(lexicon.UNREADABLE)
    number = desk.number(index)
    return ActView(
        frame=frame(desk, title, body=info, section="record", crumb=desk.say.gettext("Act %(index)s", index=number)),
        number=number,
        stamp=stamp,
        why=why,
        rule=rule,
        remark=standing.text if standing else _remark(desk, state, index),
        after=desk.say.moment(earliest(state, index)),
        before=desk.say.moment(latest(state, index)),
        author=desk.person(state, act.author) if act else None,
        signers=tuple(desk.person(state, key) for key in sorted(standing.signers)) if standing else (),
        facts=data_facts(desk, state, act.data) if act else (),
        about=_about(desk, state, act) if act else None,
        chain=chain(desk, info.identity, act.id) if act and standing and standing.status == "in-force" else None,
        cited_by=_cited_by(desk, state, act.id) if act else (),
        id=act.id if act else "",
        size=desk.say.bytes(len(desk.library.entry(info.identity, index))),
        safe=index < desk.library.source.safe_size(info.identity),
        command=f"majlis trace . {info.slug} {index}",
        before_href=desk.act(info.identity, index - 1).href if index else "",
        record_href=f"{desk.link(record_page_of(info.slug, index))}#e{index}",
        after_href=desk.act(info.identity, index + 1).href if index + 1 < state.size else "",
    )


def _remark(desk: Desk, state: State, index: int) -> str:
    found = desk.library.findings(state.identity).get(index, ())
    return shorten(found[0].text, 300) if found else ""


def _about(desk: Desk, state: State, act: Act) -> Ref | None:
    """The page on which the whole story stands that this act is a part of."""
    info = desk.library.by_identity[state.identity]
    if act.id in state.motions:
        return desk.motion(state, act.id)
    if act.id in state.decisions:
        return desk.motion(state, state.decisions[act.id].motion)
    if act.id in state.petitions:
        return _petition(desk, info, state, act.id)
    if (own := desk.election(state.identity, act.id)) is not None:
        return own
    named = _named(act.data)
    for key in named:
        if key in state.motions:
            return desk.motion(state, key)
        if key in state.petitions:
            return _petition(desk, info, state, key)
        if (found := desk.election(state.identity, key)) is not None:
            return found
    return None


def _named(data: dict[str, Any]) -> list[str]:
    return [data[name] for name in ("motion", "election", "petition", "decision") if isinstance(data.get(name), str)]


def _petition(desk: Desk, info: BodyInfo, state: State, act: str) -> Ref:
    petition = state.petitions[act]
    return Ref(text=desk.word(lexicon.AIMS, petition.aim), href=desk.link(paths.petition(info.slug, petition.index)))


def _cited_by(desk: Desk, state: State, act: str) -> tuple[Ref, ...]:
    """The newest acts in force of the same record that rest on this one."""
    indices = sorted(
        (
            standing.index
            for standing in state.acts.values()
            if any(link.act == act and link.body == state.identity for link in standing.because)
        ),
        reverse=True,
    )[:MOST_CITED_BY]
    found = []
    for index in indices:
        title = desk.kind(state.acts[state.log[index]].kind)
        found.append(
            desk.act(state.identity, index, desk.say.gettext("%(title)s (act %(index)s)", title=title, index=index))
        )
    return tuple(found)
