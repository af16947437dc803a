"""``majlis box verify``: one ballot box checked from its first byte to its last, with the outcome of every check."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from majlis.errors import Malformed, Missing

if TYPE_CHECKING:
    from typing import BinaryIO

    from majlis.ballot import Question, Report
    from majlis.ballot.engine import NativeEngine

_EXAMPLE = """\
examples:
  majlis box verify boxes/AjWtnR2jB8cWUt.bel
  majlis box verify boxes/AjWtnR2jB8cWUt.bel --hints AjWtnR2jB8cWUt.hints

The native engine, where it is installed, finds sound ballots faster, and fastest with hints; they change no verdict.

FILE.bel is the archive of one election in the format of Belenios, ours or another's. Checks that only signed acts
beside the archive can answer are not run here; majlis verify runs them.
Exit codes: 0 valid or valid-v1, 1 invalid, 2 usage or input that cannot be read, 3 incomplete, 4 non-canonical.
"""

CODES: Final = {"valid": 0, "valid-v1": 0, "invalid": 1, "incomplete": 3, "non-canonical": 4}

_MEANING: Final = {
    "valid": "everything holds, the body's signed acts included",
    "valid-v1": "the box holds by itself; signed acts beside it were not looked at",
    "invalid": "a check failed; do not rely on the result, and ask a mirror for its copy",
    "incomplete": "the box is not finished; all of it holds so far",
    "non-canonical": "something is written in a form that other programs may read otherwise",
}

_JOINERS: Final = "\u200c\u200d"
"""Invisible, and part of the spelling of Persian, Kurdish and others."""

_SHOWN: Final = 20


def register(box_commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``box verify``."""
    parser = box_commands.add_parser(
        "verify",
        help="check a ballot box from its first byte to its last",
        description="Check a ballot box: form, trustees, every ballot, tally, decryption and result.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("archive", metavar="FILE.bel", help="the box")
    parser.add_argument("--engine", choices=("native", "reference"), help="the native one, where it is installed")
    parser.add_argument("--hints", metavar="FILE", help="a file that majlis box hints made, for the native engine")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the native engine (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON, with the outcome of every check")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The verdict, shown; its exit code."""
    from majlis.ballot.reading import verify_file

    with _opened(args.archive) as box, _engine(args) as engine:
        report = verify_file(box, engine, where=args.archive)
    if args.json:
        import json

        print(json.dumps(_json(args.archive, report, engine), ensure_ascii=False, indent=1))
    else:
        print("\n".join(map(shown, _words(args.archive, report, engine))))
    return CODES[report.verdict]


def count_outcomes(engine: NativeEngine, report: Report) -> dict[str, int]:
    """How many ballots the native engine accepted in which way, and how many it left to the reference engine."""
    from majlis.crypto.native import BATCHED, CORRECTED, SINGLE

    found = engine.outcomes
    accepted = {"by hints": found[BATCHED], "alone": found[SINGLE], "alone, hint wrong": found[CORRECTED]}
    return {**accepted, "left to the reference engine": report.ballots - sum(accepted.values())}


def _opened(name: str) -> BinaryIO:
    """The file, without pathlib, which takes longer to load than fifty ballots to verify."""
    return open(name, "rb")  # noqa: PTH123


@contextmanager
def _engine(args: argparse.Namespace) -> Iterator[NativeEngine | None]:
    """None for the reference engine. Raises: Malformed, where what was asked for is not there."""
    from majlis.ballot.engine import NativeEngine
    from majlis.ballot.reading import read_hints
    from majlis.crypto.native import check_native, is_native

    if args.engine == "reference" or (args.engine is None and args.hints is None and not is_native()):
        if args.hints is not None:
            raise Malformed("hints are read by the native engine only; leave out --hints or --engine reference")
        yield None
        return
    try:
        check_native()
    except Missing as fault:
        raise Malformed(fault.text) from None
    if args.hints is None:
        yield NativeEngine(threads=args.threads)
        return
    with _opened(args.hints) as file:
        yield NativeEngine(threads=args.threads, hints=read_hints(file))


def _json(archive: str, report: Report, engine: NativeEngine | None) -> dict[str, object]:
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
        "engine": {"name": "reference"}
        if engine is None
        else {"name": engine.name, "ballots": count_outcomes(engine, report), "hints_not_used": engine.problem},
    }


def _words(archive: str, report: Report, engine: NativeEngine | None) -> Iterator[str]:
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
    if engine is not None:
        ways = [f"{count} {way}" for way, count in count_outcomes(engine, report).items() if count]
        yield f"engine: {engine.name}; ballots: {', '.join(ways) or 'none'}"
        if engine.problem:
            yield f"the hints were not used: {engine.problem}"


def shown(line: str) -> str:
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
