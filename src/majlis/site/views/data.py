"""The typed data of an act as facts that people read: acts, bodies and people linked, hashes shortened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from majlis.errors import Fault
from majlis.institutions import parse_act
from majlis.institutions.state import Grant, State
from majlis.site import lexicon, paths
from majlis.site.neutral import shorten
from majlis.site.views.parts import Desk, Fact, Ref, reminder

MOST = 12
"""At most so many items of a list are shown."""

LONGEST = 200
_HEX64 = re.compile(r"[0-9a-f]{64}\Z")
# Values that are proofs, or long: they are in the record for programs, and on no page.
HIDDEN = frozenset(
    {"log", "next_log", "mirrors", "checkpoint", "row", "path", "proof", "leaf", "challenge", "response", "tag",
     "recovery", "index", "nonce", "signatures", "charter", "evidence", "ways"}
)  # fmt: skip
KEYS = frozenset({"key", "delegate", "charter_keys"})
BLOBS = frozenset({"text", "source", "conditions", "reason"})
WORDS: dict[str, dict[str, str]] = {
    "type": lexicon.TYPES,
    "office": lexicon.OFFICES,
    "choice": lexicon.CHOICES,
    "instruction": lexicon.CHOICES,
    "purpose": lexicon.PURPOSES,
}


def data_facts(desk: Desk, state: State, data: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The facts that an act's data state, in the order of the data."""
    return tuple(fact for name, value in data.items() for fact in _facts(desk, state, name, value))


def _facts(desk: Desk, state: State, name: str, value: Any) -> Iterator[Fact]:
    label = desk.word(lexicon.FIELDS, name)
    match value:
        case _ if name in HIDDEN:
            return
        case {"body": str(body), "act": str(act)} if name == "certificate":
            yield _certificate(desk, label, body, act)
        case str() if name == "entry" and not _HEX64.match(value):
            yield from _delivery(desk, state, value)
        case dict() if name == "names":
            yield Fact(label=label, value=" · ".join(str(each) for each in value.values())[:LONGEST])
        case list() if name == "grants":
            for grant in value[:MOST]:
                yield Fact(label=label, value=_grant_text(desk, state, grant))
        case list() if name == "throws":
            yield from _throws(desk, label, value)
        case list() if name == "officers":
            yield from _officers(desk, label, value)
        case list():
            yield from (_fact(desk, state, label, name, item) for item in value[:MOST])
            if len(value) > MOST:
                yield Fact(label=label, value=_more(desk, len(value) - MOST))
        case bool() | None | dict() | "":
            return
        case _:
            yield _fact(desk, state, label, name, value)


def _delivery(desk: Desk, state: State, entry: str) -> Iterator[Fact]:
    """What a delivery that is shown says, where it is one."""
    with suppress(Fault, UnicodeEncodeError):
        act = parse_act(entry.encode())
        if act.kind == "act.deliver":
            yield from data_facts(desk, state, act.data)


def _throws(desk: Desk, label: str, throws: list[Any]) -> Iterator[Fact]:
    """The dice of each body, in the order in which they were read."""
    for throw in throws[:MOST]:
        match throw:
            case {"of": str(of), "dice": str(dice)} if _HEX64.match(of):
                body = desk.body(of)
                yield Fact(label=f"{label} · {body.plain}", value=shorten(dice, 200), href=body.href, code=True)


def _fact(desk: Desk, state: State, label: str, name: str, value: Any) -> Fact:
    if isinstance(value, int):
        return Fact(label=label, value=desk.number(value))
    text = str(value)
    if name in WORDS and text in WORDS[name]:
        return Fact(label=label, value=desk.word(WORDS[name], text))
    if _HEX64.match(text):
        if name in BLOBS:
            return _blob(desk, label, text)
        ref = refer(desk, state, name, text)
        if ref is not None:
            return Fact(label=label, value=ref.plain, href=ref.href, note=ref.words)
        return Fact(label=label, value=f"{text[:16]}…", code=True)
    return Fact(label=label, value=shorten(text, LONGEST), code=len(text) > 40 and " " not in text)


def refer(desk: Desk, state: State, name: str, value: str) -> Ref | None:
    """What 64 hex digits name: a motion, a ballot, a body, a person, an act, or nothing known here."""
    if value in state.motions:
        return desk.motion(state, value)
    if (election := desk.election(state.identity, value)) is not None:
        return election
    if value in desk.library.by_identity:
        return desk.body(value)
    if name in KEYS or value in state.keys or value in desk.library.names(state.identity):
        return desk.person(state, value)
    standing = state.acts.get(value)
    if standing is not None:
        return desk.act(state.identity, standing.index)
    for info in desk.library.bodies:
        other = desk.library.state_of(info.identity)
        if other is not None and value in other.motions:
            return desk.motion(other, value)
    return None


def _blob(desk: Desk, label: str, digest: str) -> Fact:
    data = desk.library.source.blob(digest)
    if data is None:
        return Fact(label=label, value=f"{digest[:16]}…", code=True, note=desk.say.gettext("not at hand"))
    return Fact(label=label, value=f"{digest[:16]}…", href=desk.public(paths.blob(digest)), code=True,
                note=desk.say.bytes(len(data)))  # fmt: skip


def _certificate(desk: Desk, label: str, body: str, act: str) -> Fact:
    standing = desk.standing(body, act)
    sender = desk.body(body)
    if standing is None:
        return Fact(label=label, value=sender.text, href=sender.href, note=f"{act[:16]}…")
    ref = desk.act(body, standing.index)
    title = desk.say.gettext(
        "%(title)s, act %(index)s of %(body)s",
        title=desk.kind(standing.kind),
        index=desk.number(standing.index),
        body=sender.text,
    )
    return Fact(label=label, value=title, href=ref.href)


def _officers(desk: Desk, label: str, value: list[Any]) -> Iterator[Fact]:
    for officer in value[:MOST]:
        if isinstance(officer, dict):
            key = str(officer.get("key", ""))
            office = desk.word(lexicon.OFFICES, str(officer.get("office", "")))
            yield Fact(label=label, value=office, note=reminder(key) if _HEX64.match(key) else "")
    if len(value) > MOST:
        yield Fact(label=label, value=_more(desk, len(value) - MOST))


def _more(desk: Desk, number: int) -> str:
    return desk.say.ngettext("and %(num)s more", "and %(num)s more", number)


def _grant_text(desk: Desk, state: State, grant: Any) -> str:
    if not isinstance(grant, dict):
        return ""
    match = grant.get("match")
    ceiling = grant.get("ceiling")
    return grant_text(
        desk,
        state,
        Grant(
            kind=str(grant.get("kind", "")),
            match=match if isinstance(match, dict) else {},
            ceiling=ceiling if isinstance(ceiling, int) else None,
        ),
    )


def grant_text(desk: Desk, state: State, grant: Grant) -> str:
    """What a grant allows, in words: the kind of act, with the particulars it must have."""
    parts = []
    for name, value in grant.match.items():
        fact = _fact(desk, state, desk.word(lexicon.FIELDS, name), name, value)
        parts.append(f"{fact.label}: {fact.value}")
    if grant.ceiling is not None:
        parts.append(desk.say.gettext("at most %(amount)s in all", amount=desk.number(grant.ceiling)))
    title = desk.kind(grant.kind)
    return f"{title} ({'; '.join(parts)})" if parts else title
