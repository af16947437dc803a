"""``majlis box report``: a ballot box in words for people: what was checked, and what the reader still has to trust."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence, Set
from contextlib import ExitStack
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from majlis.cli.box_report_words import (
    ABSENT,
    FAILED,
    NOT_RUN,
    OK,
    OPTIONAL,
    PARTLY,
    PARTS,
    TRUST,
    TRUST_ACTS,
    TRUST_ORDER,
    VERDICTS,
    Part,
)
from majlis.cli.box_verify import CODES, shown
from majlis.cli.tongue import DIRECTIONS, read_words

if TYPE_CHECKING:
    from majlis.ballot import Failure, Report

_EXAMPLE = """\
examples:
  majlis box report boxes/AjWtnR2jB8cWUt.bel
  majlis box report boxes/AjWtnR2jB8cWUt.bel --html --language ar > report.html

The box is verified first, from its first byte to its last; a file of hints beside it is used where there is one. The
page of --html needs no other file and no network.
Exit codes: those of majlis box verify.
"""

_SHOWN: Final = 50


class Line(NamedTuple):
    """A sentence with what became of it; ``more``: words that are not ours, or not in this language."""

    state: str
    text: str
    more: str = ""


class Page(NamedTuple):
    """The report. ``sections``: a heading and its lines each."""

    title: str
    about: tuple[str, ...]
    sections: tuple[tuple[str, tuple[Line, ...]], ...]


def register(box_commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``box report``."""
    parser = box_commands.add_parser(
        "report",
        help="say in words what was checked, and what is left to trust",
        description="Verify a ballot box and say in words what was checked, and what the reader still has to trust.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("archive", metavar="FILE.bel", help="the box")
    parser.add_argument("--html", action="store_true", help="print a page instead of text")
    parser.add_argument("--language", choices=tuple(DIRECTIONS), default="en", help="of the report (default: en)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The report, printed; the exit code of its verdict."""
    from majlis.ballot.engine import NativeEngine
    from majlis.ballot.reading import read_hints, verify_file
    from majlis.crypto.native import is_native

    beside = Path(args.archive).with_suffix(".hints")
    with ExitStack() as files:
        box, engine = files.enter_context(Path(args.archive).open("rb")), None
        if is_native():
            hints = read_hints(files.enter_context(beside.open("rb"))) if beside.is_file() else None
            engine = NativeEngine(threads=os.cpu_count() or 1, hints=hints)
        report = verify_file(box, engine, where=args.archive)
    page = make_page(report, read_words(args.language), engine="" if engine is None else engine.name)
    print(as_html(page, args.language) if args.html else as_text(page))
    return CODES[report.verdict]


def make_page(report: Report, words: NullTranslations, *, engine: str) -> Page:
    """The report in the language of these words. ``engine``: the native one's name, or "" for the reference engine."""
    name = report.uuid if report.election is None else shown(report.election.name)
    about = [words.gettext(VERDICTS[report.verdict])]
    if report.election is not None:
        about.append(words.gettext("Ballots in the box: %(ballots)s") % {"ballots": report.ballots})
        if report.counted is not None:
            about.append(
                words.gettext("Ballots that count, the last of each voter: %(counted)s") % {"counted": report.counted}
            )
        if report.voters is not None:
            about.append(words.gettext("Voters on the list: %(voters)s") % {"voters": report.voters})
    sections = [(words.gettext("Result"), tuple(_result(report, words)))] if report.result is not None else []
    if report.failures:
        sections.append((words.gettext("What failed"), tuple(_failures(report.failures, words))))
    sections += [
        (words.gettext("What was checked"), tuple(_checked(report, words))),
        (
            words.gettext("What you still have to trust"),
            tuple(Line("", words.gettext(text)) for text in _trust(report)),
        ),
        (words.gettext("For comparing"), tuple(_facts(report, words, engine))),
    ]
    return Page(words.gettext("Report on a ballot box: %(name)s") % {"name": name}, tuple(about), tuple(sections))


def _result(report: Report, words: NullTranslations) -> Iterator[Line]:
    from majlis.ballot import ChoiceQuestion

    assert report.election is not None
    assert report.result is not None
    for question, column in zip(report.election.questions, report.result, strict=True):
        yield Line("", shown(question.question))
        if isinstance(question, ChoiceQuestion):
            answers = [*([words.gettext("blank")] if question.blank else []), *map(shown, question.answers)]
            yield from (Line(str(count), answer) for answer, count in zip(answers, column, strict=True))
        else:
            yield Line(str(len(column)), words.gettext("ranked ballots, which are counted by the rule of the charter"))


def _failures(failures: Sequence[Failure], words: NullTranslations) -> Iterator[Line]:
    for failure in failures[:_SHOWN]:
        place = words.gettext("Event %(event)s") % {"event": "?" if failure.height is None else failure.height}
        if failure.ballot:
            place += words.gettext(", ballot with the tracker %(tracker)s") % {"tracker": failure.ballot}
        yield Line(failure.check, place, shown(failure.text))
    if len(failures) > _SHOWN:
        yield Line("", words.gettext("and %(more)s more") % {"more": len(failures) - _SHOWN})


def _checked(report: Report, words: NullTranslations) -> Iterator[Line]:
    outcomes = {int(check.id.rpartition("-")[2]): check.outcome for check in report.checks}
    for part in PARTS:
        numbers = [number for each in part.checks for number in each]
        found = {outcomes[number] for number in numbers if outcomes[number] != "not-run" or number not in OPTIONAL}
        yield Line(words.gettext(_state(part, found, report)), words.gettext(part.text))


def _state(part: Part, outcomes: Set[str], report: Report) -> str:
    """What became of a part. It holds only where each of its checks does, or has nothing to look at in a sound box."""
    is_complete = report.verdict == "valid" if part.needs_acts else report.is_sound
    if "failed" in outcomes:
        return FAILED
    if "ok" not in outcomes:
        is_other_kind = part.is_of_ranked and report.election is not None and not report.election.is_ranked
        return ABSENT if is_complete or is_other_kind else NOT_RUN
    return OK if is_complete or outcomes == {"ok"} else PARTLY


def _trust(report: Report) -> Iterator[str]:
    if report.verdict != "valid":
        yield TRUST_ACTS
    yield from TRUST
    if report.election is not None and report.election.is_ranked:
        yield TRUST_ORDER


def _facts(report: Report, words: NullTranslations, engine: str) -> Iterator[Line]:
    from majlis import __version__

    yield Line("", words.gettext("Identifier of the election"), report.uuid)
    yield Line("", words.gettext("Number at the end of the box"), report.head)
    if report.election is not None:
        yield Line("", words.gettext("Fingerprint of the election"), report.election.fingerprint)
    yield Line("", words.gettext("Verified by"), f"majlis {__version__}, {engine or 'reference engine'}")


def as_text(page: Page) -> str:
    """The report for a terminal or a letter. What is not ours stands in isolation, so that it turns no text around."""
    lines = [page.title, "", *page.about]
    for heading, items in page.sections:
        lines += ["", heading, "-" * len(heading)]
        for item in items:
            start = f"[{item.state}] " if item.state else "- "
            lines.append(f"{start}{item.text}" + (f"\n    \u2068{item.more}\u2069" if item.more else ""))
    return "\n".join(lines)


_STYLE: Final = """\
body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}li{margin:.4rem 0}b{font-weight:600}
code{overflow-wrap:anywhere;font-size:.9em}@media print{body{margin:0}}"""


def as_html(page: Page, language: str) -> str:
    """The report as one page that needs nothing else."""
    from html import escape

    direction = DIRECTIONS[language]
    parts = [
        f'<!doctype html>\n<html lang="{language}" dir="{direction}">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(page.title)}</h1>",
        *(f"<p>{escape(sentence)}</p>" for sentence in page.about),
    ]
    for heading, items in page.sections:
        parts.append(f"<h2>{escape(heading)}</h2>\n<ul>")
        for item in items:
            state = f"<b>{escape(item.state)}</b> " if item.state else ""
            more = f'<br><code dir="auto"><bdi>{escape(item.more)}</bdi></code>' if item.more else ""
            parts.append(f"<li>{state}<bdi>{escape(item.text)}</bdi>{more}</li>")
        parts.append("</ul>")
    return "\n".join([*parts, "</body>\n</html>"])
