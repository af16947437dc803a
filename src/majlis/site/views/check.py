"""How to check all of this oneself, and what the words mean. Nothing on it comes from a record."""

from __future__ import annotations

from msgspec import Struct

from majlis.site import lexicon
from majlis.site.views.frame import Frame, frame
from majlis.site.views.parts import Desk, Fact, Stamp


class CheckView(Struct, frozen=True, kw_only=True):
    """``statuses`` is the legend of stamps; ``labels`` that of votes; ``rules`` what each family of rules guards."""

    frame: Frame
    statuses: tuple[Stamp, ...]
    labels: tuple[Stamp, ...]
    rules: tuple[Fact, ...]


def check_view(desk: Desk) -> CheckView:
    """The page that every other page links to."""
    title = desk.say.gettext("Check it yourself")
    return CheckView(
        frame=frame(desk, title, crumb=title),
        statuses=tuple(desk.status(code) for code in lexicon.STATUSES),
        labels=tuple(Stamp(code=f"vote-{code}", word=desk.word(lexicon.LABELS, code)) for code in lexicon.LABELS),
        rules=tuple(Fact(label=f"R-{name}", value=desk.say.gettext(text)) for name, text in lexicon.RULES.items()),
    )
