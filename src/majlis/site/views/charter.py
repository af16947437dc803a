"""The charter: every number and rule that this body lives by, in force now."""

from __future__ import annotations

from msgspec import Struct, structs

from majlis.institutions.charter import Share, charter_hash
from majlis.site import lexicon
from majlis.site.source import BodyInfo
from majlis.site.views.frame import Frame, frame
from majlis.site.views.parts import Desk, Fact


class CharterView(Struct, frozen=True, kw_only=True):
    """``amended`` are the acts that changed the charter, oldest first."""

    frame: Frame
    facts: tuple[Fact, ...]
    hash: str
    amended: tuple[Fact, ...]


def charter_view(desk: Desk, info: BodyInfo) -> CharterView:
    """The charter of a body as it stands."""
    state = desk.library.state(info.identity)
    title = desk.say.gettext("Charter")
    changes = sorted(
        standing.index
        for standing in state.acts.values()
        if standing.kind == "charter.amend" and standing.status == "in-force"
    )
    return CharterView(
        frame=frame(desk, title, body=info, section="charter", crumb=title),
        facts=tuple(
            Fact(label=desk.word(lexicon.CHARTER, name), value=_value(desk, name, value))
            for name, value in structs.asdict(state.charter).items()
        ),
        hash=charter_hash(state.charter),
        amended=tuple(
            Fact(
                label=desk.say.gettext("Act %(index)s", index=desk.number(index)),
                value=desk.when(state, index).text,
                href=desk.act(info.identity, index).href,
            )
            for index in changes
        ),
    )


def _value(desk: Desk, name: str, value: object) -> str:
    match value:
        case Share(part=(above, below), base=base):
            return f"{above}/{below} {desk.word(lexicon.BASES, base)}"
        case (int(above), int(below)):
            return f"{above}/{below}"
        case int() if name.endswith("_days"):
            return desk.say.ngettext("%(num)s day", "%(num)s days", value)
        case int():
            return desk.number(value)
        case str():
            return desk.word(lexicon.ROUNDINGS | lexicon.COUNTING, value)
        case _:
            return str(value)
