"""``majlis box verify``: one ballot box checked from its first byte to its last, with the outcome of every check."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from majlis.errors import Malformed

if TYPE_CHECKING:
    from majlis.ballot import Question, Report

_EXAMPLE = """\
example:
  majlis box verify boxes/AjWtnR2jB8cWUt.bel

FILE.bel is the archive of one election in the format of Belenios, ours or another's. Checks that only signed acts
beside the archive can answer are not run here; majlis verify runs them.
Exit codes: 0 valid or valid-v1, 1 invalid, 2 usage or input that cannot be read, 3 incomplete, 4 non-canonical.
"""

_CODES: Final = {"valid": 0, "valid-v1": 0, "invalid": 1, "incomplete": 3, "non-canonical": 4}

_MEANING: Final = {
    "valid": "everything holds, the body's signed acts included",
    "valid-v1": "the box holds by itself; signed acts beside it were not looked at",
    "invalid": "a check failed; do not rely on the result, and ask a mirror for its copy",
    "incomplete": "the box is not finished; all of it holds so far",
    "non-canonical": "something is written in a form that other programs may read otherwise",
}

_JOINERS: Final = "\u200c\u200d"
"""Invisible, and part of the spelling of Persian, Kurdish and others."""

_PIECE: Final = 1 << 20
_SHOWN: Final = 20


def add_verify(box_commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``box verify``."""
    parser = box_commands.add_parser(
        "verify",
        help="check a ballot box from its first byte to its last",
        description="Check a ballot box: form, trustees, every ballot, tally, decryption and result.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("archive", metavar="FILE.bel", help="the box")
    parser.add_argument("--json", action="store_true", help="print JSON, with the outcome of every check")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The verdict, shown; its exit code."""
    from majlis.ballot import looks_like_archive, verify_archive

    path = Path(args.archive)
    with path.open("rb") as file:
        start = file.read(_PIECE)
        if not looks_like_archive(start):
            raise Malformed("this is no ballot box: a .bel file begins with a record BELENIOS", where=args.archive)

        def pieces() -> Iterator[bytes]:
            yield start
            while piece := file.read(_PIECE):
                yield piece

        report = verify_archive(pieces())
    if args.json:
        print(json.dumps(_json(args.archive, report), ensure_ascii=False, indent=1))
    else:
        print("\n".join(map(_shown, _words(args.archive, report))))
    return _CODES[report.verdict]


def _json(archive: str, report: Report) -> dict[str, object]:
    return {
        "ok": report.is_sound,
        "verdict": report.verdict,
        "archive": archive,
        "uuid": report.uuid,
        "checks": [
            {"id": check.id, "outcome": check.outcome, "text": check.text, "where": check.where}
            for check in report.checks
        ],
        "failures": [
            {
                "check": failure.check,
                "text": failure.text,
                "where": failure.where,
                "event": failure.height,
                "record": failure.record,
                "ballot": failure.ballot,
            }
            for failure in report.failures
        ],
        "result": report.result,
        "ballots": report.ballots,
        "counted": report.counted,
        "voters": report.voters,
        "spoilt": report.spoilt,
        "height": report.height,
        "head": report.head,
        "missing": report.missing,
    }


def _words(archive: str, report: Report) -> Iterator[str]:
    yield f"{archive}: {report.verdict} ({_MEANING[report.verdict]})"
    if report.election is not None:
        yield f"{report.election.name} ({report.uuid})"
        counted = "" if report.counted is None else f", {report.counted} of them count"
        voters = "" if report.voters is None else f"; {report.voters} voters on the list"
        yield f"{report.ballots} ballots{counted}{voters}"
        if report.result is not None:
            for question, column in zip(report.election.questions, report.result, strict=True):
                yield from _question_in_words(question, column)
    for failure in report.failures[:_SHOWN]:
        yield f"FAILED {failure.check} at {failure.where or 'the box'}: {failure.text}"
    if len(report.failures) > _SHOWN:
        yield f"and {len(report.failures) - _SHOWN} more; --json lists all"
    outcomes = [check.outcome for check in report.checks]
    yield f"{outcomes.count('ok')} checks ok, {outcomes.count('failed')} failed, {outcomes.count('not-run')} not run"
    if report.missing:
        yield f"not there: {'; '.join(report.missing)}"


def _shown(line: str) -> str:
    """What a box says about itself cannot move the cursor or turn the text around: other characters become a box."""
    return "".join(character if character.isprintable() or character in _JOINERS else "\ufffd" for character in line)


def _question_in_words(question: Question, column: tuple[int | tuple[int, ...], ...]) -> Iterator[str]:
    from majlis.ballot import ChoiceQuestion

    yield f"  {question.question}"
    if isinstance(question, ChoiceQuestion):
        answers = [*(["(blank)"] if question.blank else []), *question.answers]
        for answer, count in zip(answers, column, strict=True):
            yield f"    {count:>8}  {answer}"
    else:
        yield f"    {len(column)} ranked ballots of: {', '.join(question.answers)}"
