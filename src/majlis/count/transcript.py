"""A count as sheets that a returning officer would sign: one for each stage, in sentences and a table.

``transcribe`` makes the structure, which a page or a sheet of paper shows as it likes; ``format_transcript`` is its
plain text. The words are English; whoever shows a count in another language starts from the ``Outcome``, in which every
fact of them stands as a number. Rule R-COUNT-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from majlis.count.outcome import Outcome, Stage, Tie, counted, format_amount
from majlis.count.rules import RULES


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate at one stage; ``number`` None is the votes that belong to nobody any more."""

    number: int | None
    name: str
    transfer: str
    votes: str
    remark: str = ""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One stage: what was done, the table, and what followed from it."""

    heading: str
    done: tuple[str, ...]
    rows: tuple[Row, ...]
    total: str
    followed: tuple[str, ...]


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """A whole count in words."""

    heading: str
    facts: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]
    result: tuple[str, ...]


def transcribe(outcome: Outcome) -> Transcript:
    """The sheets of a count."""
    return _Writer(outcome).transcript()


def format_transcript(transcript: Transcript) -> Iterator[str]:
    """The transcript as lines of plain text. Names stand last, as they may be in any script."""
    yield transcript.heading
    yield ""
    wide = max(len(label) for label, _ in transcript.facts)
    for label, value in transcript.facts:
        yield f"{label.ljust(wide)}  {value}"
    for sheet in transcript.sheets:
        yield ""
        yield sheet.heading
        yield from (f"  {sentence}" for sentence in sheet.done)
        yield from _table(sheet)
        yield from (f"  {sentence}" for sentence in sheet.followed)
    yield ""
    yield from transcript.result


def _table(sheet: Sheet) -> Iterator[str]:
    rows = [("no", "transfer", "votes", "", "candidate")]
    for row in sheet.rows:
        rows.append((str(row.number or ""), row.transfer, row.votes, row.remark, row.name))
    if sheet.total:
        rows.append(("", "", sheet.total, "", "total"))
    wide = [max(len(row[column]) for row in rows) for column in range(4)]
    for number, transfer, votes, remark, name in rows:
        cells = [number.rjust(wide[0])]
        if any(row.transfer for row in sheet.rows):
            cells.append(transfer.rjust(wide[1]))
        yield "    " + "  ".join([*cells, votes.rjust(wide[2]), remark.ljust(wide[3]), name])


class _Writer:
    """The words for one outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._name = outcome.rule.partition("/")[0]

    def transcript(self) -> Transcript:
        outcome = self._outcome
        empty = outcome.seats - len(outcome.winners)
        result = [f"Elected, in this order: {self._people(outcome.winners)}."]
        if empty:
            result.append(f"{counted(empty, 'seat')} left empty: there are no more candidates.")
        return Transcript(
            heading=f"Count: {outcome.title}" if outcome.title else "Count",
            facts=tuple(self._facts()),
            sheets=tuple(self._sheet(at) for at in range(len(outcome.stages))),
            result=tuple(result),
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        outcome = self._outcome
        if outcome.vacated is None:
            yield "Rule", f"{RULES[self._name].words} ({outcome.rule})"
        else:
            yield "Rule", f"Count-back of the papers that elected {self._person(outcome.vacated)} ({outcome.rule})"
        yield "Seats", f"{outcome.seats:,}"
        yield "Candidates", f"{len(outcome.names) - len(outcome.withdrawn):,}"
        if outcome.withdrawn:
            yield "Withdrawn", self._people(outcome.withdrawn)
        yield "Ballots", f"{outcome.papers:,}"
        if outcome.papers != outcome.valid:
            label = "Without a preference" if outcome.vacated is None else "For nobody who stands"
            yield label, f"{outcome.papers - outcome.valid:,}"
        yield "Valid", f"{outcome.valid:,}"
        if self._name == "scottish" and outcome.quota is not None:
            yield (
                "Quota",
                f"{outcome.quota // 10**5:,} = {outcome.valid:,} / ({outcome.seats:,} + 1), rounded down, + 1",
            )

    def _sheet(self, at: int) -> Sheet:
        stage = self._outcome.stages[at]
        total = "" if self._name in {"phragmen", "equal-shares", "schulze", "approval"} else self._total(stage)
        return Sheet(
            heading=f"Stage {at + 1}: {self._heading(stage)}",
            done=tuple(self._done(stage)),
            rows=tuple(self._rows(at)),
            total=total,
            followed=tuple(self._followed(at)),
        )

    def _total(self, stage: Stage) -> str:
        return self._amount(sum(stage.votes) + stage.exhausted)

    def _heading(self, stage: Stage) -> str:
        match stage.action:
            case "surplus":
                return "transfer of the surplus" + (f" of {self._person(stage.candidate)}" if stage.candidate else "")
            case "exclusion":
                return f"transfer of the papers of {self._person(stage.candidate)}"
            case "purchase":
                return "a seat is paid for"
            case "comparison":
                return "every candidate compared with every other"
            case _:
                return stage.action

    def _done(self, stage: Stage) -> Iterator[str]:
        match stage.action:
            case "first preferences" if self._outcome.vacated is not None:
                yield "Each paper counts with the part that stayed, for its highest preference among those who stand."
            case "first preferences":
                yield "Each valid paper counts for its first preference."
            case "surplus" if stage.candidate is not None and stage.quota is not None:
                total = stage.quota - stage.transfers[stage.candidate - 1]
                yield (
                    f"The surplus is {self._amount(total - stage.quota)}: {self._amount(total)} votes less the quota. "
                    "A paper passes on with surplus x value / votes:"
                )
            case "surplus":
                yield "The elected keep of each paper the part that leaves them the quota; the rest passes on."
            case "exclusion" if stage.papers and not self._outcome.decimals:
                papers = counted(sum(moved.papers for moved in stage.papers), "paper")
                yield f"{papers} pass{'es' if papers == '1 paper' else ''} on to the next preference."
                return
            case "exclusion" if stage.papers:
                yield "A paper passes on with the value at which it was received:"
            case "exclusion":
                yield "The papers pass on to the next preference."
            case "approvals":
                yield "Each ballot counts for every candidate it names."
            case "purchase":
                yield "Shown is what the supporters of each have together; a seat costs 1, which the elected were paid."
            case "comparison":
                yield "Shown is how many others each beats, directly or by the strongest chain of preferences."
                yield from self._beaten(stage)
        for moved in stage.papers:
            passed = f" on at {self._amount(moved.passed)}" if moved.passed != moved.received else " on"
            verb = "passes" if moved.papers == 1 else "pass"
            yield f"  {counted(moved.papers, 'paper')} received at {self._amount(moved.received)} {verb}{passed}."

    def _beaten(self, stage: Stage) -> Iterator[str]:
        strength = self._outcome.matrices["strongest"]
        for winner in stage.elected:
            for other in range(1, len(strength) + 1):
                mine, theirs = strength[winner - 1][other - 1], strength[other - 1][winner - 1]
                if mine > theirs:
                    against = f"{theirs:,} the other way" if theirs else "no chain the other way"
                    yield f"  {self._person(winner)} beats {self._person(other)}: {counted(mine, 'ballot')}, {against}."

    def _rows(self, at: int) -> Iterator[Row]:
        outcome = self._outcome
        stage = outcome.stages[at]
        elected = {number for earlier in outcome.stages[: at + 1] for number in earlier.elected}
        excluded = {number for earlier in outcome.stages[: at + 1] for number in earlier.excluded}
        moves = at > 0 and stage.action in {"surplus", "exclusion"}
        for number, name in enumerate(outcome.names, start=1):
            if number in outcome.withdrawn or (outcome.vacated is not None and not self._stands(number)):
                continue
            moved = stage.transfers[number - 1]
            yield Row(
                number=number,
                name=name,
                transfer=f"{'+' if moved > 0 else ''}{self._amount(moved)}" if moves and moved else "",
                votes=self._amount(stage.votes[number - 1]),
                remark="elected" if number in elected else "excluded" if number in excluded else "",
            )
        if stage.action in {"first preferences", "surplus", "exclusion"}:
            moved = stage.exhausted - (outcome.stages[at - 1].exhausted if at else 0)
            lost = f", {self._amount(stage.lost)} of it fractions cut off" if stage.lost else ""
            yield Row(
                number=None,
                name=f"not transferable{lost}",
                transfer=f"{'+' if moved > 0 else ''}{self._amount(moved)}" if moves and moved else "",
                votes=self._amount(stage.exhausted),
            )

    def _stands(self, number: int) -> bool:
        stages = self._outcome.stages
        return any(stage.votes[number - 1] or number in {*stage.elected, *stage.excluded} for stage in stages)

    def _followed(self, at: int) -> Iterator[str]:
        outcome, stage = self._outcome, self._outcome.stages[at]
        with_quota = [n for n in stage.elected if stage.quota is not None and stage.votes[n - 1] >= stage.quota]
        rest = [n for n in stage.elected if n not in with_quota]
        if with_quota:
            what = "more than half of the votes in play" if outcome.decimals == 0 or outcome.vacated else ""
            what = what or f"reached the quota of {self._amount(stage.quota or 0)}"
            yield f"{self._people(with_quota)} {_has(with_quota)} {what} and {_is(with_quota)} elected."
        ties = [tie for tie in outcome.ties if tie.stage == at + 1]
        yield from (self._tie(tie) for tie in ties if tie.purpose == "election")
        if rest and stage.quota is None:
            yield f"{self._people(rest)} {_is(rest)} elected."
        elif rest:
            yield f"No more candidates are left than seats: {self._people(rest)} {_is(rest)} elected."
        yield from (self._tie(tie) for tie in ties if tie.purpose != "election")
        for number in stage.excluded:
            yield f"{self._person(number)} has the fewest votes and is excluded."

    def _tie(self, tie: Tie) -> str:
        fate = {"surplus": "goes first", "exclusion": "is to be excluded", "election": "takes the seat"}[tie.purpose]
        said = f"Equal: {self._people(tie.between)}."
        chosen = self._people(tie.chosen)
        if len(tie.chosen) > 1:
            return f"{said} The public lot puts them in this order: {chosen}."
        if tie.drawn and tie.looked:
            return f"{said} Earlier stages leave {self._people(tie.drawn)}; by the public lot {chosen} {fate}."
        if tie.drawn:
            return f"{said} By the public lot {chosen} {fate}."
        return f"{said} They differed at stage {tie.looked[-1]}: {chosen} {fate}."

    def _amount(self, amount: int) -> str:
        return format_amount(amount, self._outcome.decimals, self._outcome.decimals)

    def _person(self, number: int | None) -> str:
        return "" if number is None else f"{number} {self._outcome.names[number - 1]}"

    def _people(self, numbers: Iterable[int]) -> str:
        return _listed([self._person(number) for number in numbers])


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else "nobody"


def _has(numbers: Sequence[int]) -> str:
    return "has" if len(numbers) == 1 else "have"


def _is(numbers: Sequence[int]) -> str:
    return "is" if len(numbers) == 1 else "are"
