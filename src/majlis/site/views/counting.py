"""A ranked count for people: stage by stage in a few words and a table, and as a picture of where the votes went.

Made from the count alone, so it shows an election's count and any other. The picture is one row a stage, as wide as all
votes; a candidate is a band through the rows, and what passes on keeps the tint of whom it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from markupsafe import Markup
from msgspec import Struct

from majlis.count import Outcome, Stage, Tie, format_amount
from majlis.site.language import Language
from majlis.site.neutral import shorten

MOST_ROWS = 140
"""Rows of all tables together; of later stages a page shows the words alone."""

PICTURED = 300
"""Bands that a picture has room for; the first stages are shown, where there are more."""

_NAME = 60
_TINTS = 8
_WIDE, _LEFT, _BAR, _FLOW = 1000, 52, 40, 60
_NUMBERED = 32
"""A band at least this wide bears its candidate's number."""


class Person(Struct, frozen=True, kw_only=True):
    """A candidate in the legend; ``code`` is *elected*, *excluded* or empty."""

    number: str
    name: str
    tint: int
    code: str


class Row(Struct, frozen=True, kw_only=True):
    """One candidate at one stage; ``number`` empty for the votes that pass to nobody."""

    number: str
    name: str
    transfer: str
    votes: str
    code: str


class StageView(Struct, frozen=True, kw_only=True):
    """One stage: what was done, what followed, and the table where there is room for it."""

    heading: str
    followed: tuple[str, ...]
    rows: tuple[Row, ...]


class CountView(Struct, frozen=True, kw_only=True):
    """A whole count, ready for ``count.html``."""

    facts: tuple[str, ...]
    people: tuple[Person, ...]
    picture: Markup
    stages: tuple[StageView, ...]
    result: str


def count_view(say: Language, outcome: Outcome) -> CountView:
    """The count in the words of a language."""
    return _Writer(say, outcome).view()


def count_picture(outcome: Outcome) -> Markup:
    """The picture alone: an SVG of numbers, without a name, a word or a script."""
    return _Picture(outcome).svg()


class _Writer:
    """The words for one count."""

    def __init__(self, say: Language, outcome: Outcome) -> None:
        self._say = say
        self._outcome = outcome
        self._names = [shorten(name, _NAME) for name in outcome.names]

    def view(self) -> CountView:
        outcome, say = self._outcome, self._say
        out = {number for stage in outcome.stages for number in stage.excluded}
        stages, room = [], MOST_ROWS
        for at in range(len(outcome.stages)):
            rows = tuple(self._rows(at))
            room -= len(rows)
            stages.append(
                StageView(heading=self._heading(at), followed=tuple(self._followed(at)), rows=rows if room >= 0 else ())
            )
        return CountView(
            facts=tuple(self._facts()),
            people=tuple(
                Person(
                    number=say.number(number),
                    name=name,
                    tint=(number - 1) % _TINTS,
                    code="elected" if number in outcome.winners else "excluded" if number in out else "",
                )
                for number, name in enumerate(self._names, start=1)
                if number not in outcome.withdrawn
            ),
            picture=count_picture(outcome),
            stages=tuple(stages),
            result=say.gettext("Elected, in this order: %(names)s.", names=self._people(outcome.winners)),
        )

    def _facts(self) -> Iterator[str]:
        outcome, say = self._outcome, self._say
        yield say.ngettext("%(num)s valid ballot", "%(num)s valid ballots", outcome.valid)
        yield say.ngettext("%(num)s seat", "%(num)s seats", outcome.seats)
        if outcome.quota is not None:
            yield say.gettext("Quota, the votes that a seat takes: %(quota)s", quota=self._amount(outcome.quota))

    def _heading(self, at: int) -> str:
        stage, say, number = self._outcome.stages[at], self._say, self._say.number(at + 1)
        name = self._names[stage.candidate - 1] if stage.candidate is not None else ""
        match stage.action:
            case "first preferences":
                return say.gettext("Stage %(number)s: first preferences", number=number)
            case "surplus" if name:
                return say.gettext("Stage %(number)s: the surplus of %(name)s passes on", number=number, name=name)
            case "surplus":
                return say.gettext("Stage %(number)s: what the elected do not need passes on", number=number)
            case "exclusion" if name:
                return say.gettext("Stage %(number)s: the papers of %(name)s pass on", number=number, name=name)
            case "purchase" if name:
                return say.gettext("Stage %(number)s: voters pay for the seat of %(name)s", number=number, name=name)
            case _:
                return say.gettext("Stage %(number)s", number=number)

    def _rows(self, at: int) -> Iterator[Row]:
        """Who has votes or has just lost them, most votes first."""
        outcome, stage = self._outcome, self._outcome.stages[at]
        elected = {number for earlier in outcome.stages[: at + 1] for number in earlier.elected}
        moves = stage.action in {"surplus", "exclusion"}
        shown = [n for n in range(1, len(self._names) + 1) if stage.votes[n - 1] or stage.transfers[n - 1]]
        for number in sorted(shown, key=lambda n: (-stage.votes[n - 1], n)):
            moved = stage.transfers[number - 1]
            yield Row(
                number=self._say.number(number),
                name=self._names[number - 1],
                transfer=self._moved(moved) if moves else "",
                votes=self._amount(stage.votes[number - 1]),
                code="elected" if number in elected else "excluded" if number in stage.excluded else "",
            )
        if stage.exhausted:
            before = outcome.stages[at - 1].exhausted if at else 0
            yield Row(
                number="",
                name=self._say.gettext("passes on to nobody"),
                transfer=self._moved(stage.exhausted - before) if moves else "",
                votes=self._amount(stage.exhausted),
                code="",
            )

    def _followed(self, at: int) -> Iterator[str]:
        outcome, stage, say = self._outcome, self._outcome.stages[at], self._say
        ties = [tie for tie in outcome.ties if tie.stage == at + 1]
        reached = [n for n in stage.elected if stage.quota is not None and stage.votes[n - 1] >= stage.quota]
        rest = [n for n in stage.elected if n not in reached]
        if reached:
            yield say.ngettext(
                "%(names)s has reached the quota and is elected.",
                "%(names)s have reached the quota and are elected.",
                len(reached),
                names=self._people(reached),
            )
        if rest:
            yield say.ngettext("%(names)s is elected.", "%(names)s are elected.", len(rest), names=self._people(rest))
        yield from map(self._tie, ties)
        for number in stage.excluded:
            yield say.gettext("%(name)s has the fewest votes and is out.", name=self._names[number - 1])

    def _tie(self, tie: Tie) -> str:
        say, between, chosen = self._say, self._people(tie.between), self._people(tie.chosen)
        if tie.drawn:
            return say.gettext("Equal: %(names)s. The public lot took %(chosen)s.", names=between, chosen=chosen)
        return say.gettext(
            "Equal: %(names)s. Stage %(number)s, where they differed, decided: %(chosen)s.",
            names=between,
            number=say.number(tie.looked[-1]),
            chosen=chosen,
        )

    def _people(self, numbers: Iterable[int]) -> str:
        return self._say.all_of([self._names[number - 1] for number in numbers])

    def _amount(self, amount: int) -> str:
        return format_amount(amount, self._outcome.decimals, min(self._outcome.decimals, 5))

    def _moved(self, amount: int) -> str:
        return "" if not amount else f"{'+' if amount > 0 else '−'}{self._amount(abs(amount))}"


class _Picture:
    """Rows of bands, and what flows between them; the same text for the same count on every machine."""

    def __init__(self, outcome: Outcome) -> None:
        self._stages = outcome.stages[: max(2, PICTURED // max(len(outcome.names), 1))]
        most = max((sum(stage.votes) + stage.exhausted for stage in self._stages), default=0)
        self._scale = Fraction(_WIDE - _LEFT, max(most, 1))
        self._bands: dict[int, list[str]] = {}
        self._flows: dict[int, list[str]] = {}
        self._labels: list[str] = []

    def svg(self) -> Markup:
        """The whole picture."""
        height = len(self._stages) * (_BAR + _FLOW) - _FLOW if self._stages else 0
        for at, stage in enumerate(self._stages):
            self._row(at, stage)
            if at:
                self._between(at, self._stages[at - 1], stage)
        parts = [f'<svg class="flow" viewBox="0 0 {_WIDE} {max(height, 1)}" aria-hidden="true">']
        for kind, paths in (("fl", self._flows), ("fb", self._bands)):
            parts += [f'<path class="{kind} f{tint}" d="{"".join(ds)}"/>' for tint, ds in sorted(paths.items())]
        parts += [*self._labels, "</svg>"]
        return Markup("".join(parts))  # noqa: S704 - numbers alone

    def _row(self, at: int, stage: Stage) -> None:
        y = at * (_BAR + _FLOW)
        self._labels.append(f'<text x="0" y="{y + 30}">{at + 1}</text>')
        for n, (start, end) in enumerate(self._edges(stage)):
            if end == start:
                continue
            nobody = n == len(stage.votes)
            tint = _TINTS if nobody else n % _TINTS
            d = f"M{start} {y}H{end}V{y + _BAR}H{start}z"
            self._bands.setdefault(tint, []).append(d)
            if not nobody and end - start >= _NUMBERED:
                self._labels.append(f'<text class="n" x="{(start + end) // 2}" y="{y + 30}">{n + 1}</text>')

    def _between(self, at: int, before: Stage, after: Stage) -> None:
        """What stays goes straight down; what passes on goes from its one source to whom it came to.

        Where votes leave several at once, nobody can say whose went where, and only what stays is drawn.
        """
        top, bottom = at * (_BAR + _FLOW) - _FLOW, at * (_BAR + _FLOW)
        olds, news = self._edges(before), self._edges(after)
        was, now = [*before.votes, before.exhausted], [*after.votes, after.exhausted]
        losers = [n for n in range(len(was)) if now[n] < was[n]]
        for n, (old, new) in enumerate(zip(olds, news, strict=True)):
            kept = round(min(was[n], now[n]) * self._scale)
            self._flow(n, len(was), (old[0], old[0] + kept), (new[0], new[0] + kept), top, bottom)
        if len(losers) != 1:
            return
        (source,) = losers
        start = olds[source][0] + round(now[source] * self._scale)
        for n in range(len(was)):
            gained = round((now[n] - was[n]) * self._scale)
            if gained > 0:
                end = news[n][1]
                self._flow(source, len(was), (start, start + gained), (end - gained, end), top, bottom)
                start += gained

    def _flow(self, n: int, count: int, above: tuple[int, int], below: tuple[int, int], top: int, bottom: int) -> None:
        if above[1] == above[0]:
            return
        a, b, c, d = *above, *below
        tint = _TINTS if n == count - 1 else n % _TINTS
        self._flows.setdefault(tint, []).append(f"M{a} {top}H{b}L{d} {bottom}H{c}z")

    def _edges(self, stage: Stage) -> Sequence[tuple[int, int]]:
        """Where each band begins and ends, in whole units."""
        ends = [0, *accumulate((*stage.votes, stage.exhausted))]
        xs = [_LEFT + round(end * self._scale) for end in ends]
        return list(pairwise(xs))
