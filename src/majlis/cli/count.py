"""``majlis count``: from a file of ballots to who is elected, with every stage on the way."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from majlis.count import (
    FORMATS,
    RULES,
    Outcome,
    Profile,
    Stage,
    Tie,
    count_back,
    count_votes,
    format_amount,
    format_profile,
    format_transcript,
    parse_profile,
    reserves,
    transcribe,
)
from majlis.errors import Fault, Malformed, Missing

_PIECE = 2**20
_EXAMPLE = f"""\
example:
  majlis count ballots.csv --rule scottish --seats 4 --transcript

FILE holds ballots as CSV profile, BLT or PrefLib (soc, soi, toc, toi); which one is seen from what it holds. - is the
standard input. The rules are {", ".join(rule.pinned for rule in RULES.values())}.
A tie that a rule leaves to the lot needs --seed: the 64 hexadecimal digits that the lot-keepers have published.
Exit codes: 0 counted, 1 refused, 2 usage or input that cannot be read, 3 a lot is needed and there is no seed.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``count``."""
    parser = commands.add_parser(
        "count",
        help="count ballots by a stated rule",
        description="Counts a file of ballots; the same file, rule and seed give the same result everywhere.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the ballots; - reads the standard input")
    parser.add_argument("--rule", metavar="RULE", help="how to count, such as scottish or scottish/1")
    parser.add_argument("--seats", metavar="N", type=_number, help="seats to fill (as the file says, else 1 for irv)")
    parser.add_argument("--seed", metavar="HEX", type=_seed, help="the seed of the public lot, 64 hexadecimal digits")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--transcript", action="store_true", help="every stage in words and tables")
    parser.add_argument("--reserves", action="store_true", help="also list the others in the order of reserves")
    parser.add_argument("--count-back", metavar="C", type=_number, help="fill the seat that candidate C left")
    parser.add_argument("--standing", metavar="A,B,…", type=_numbers, help="who stands for it (all not elected)")
    parser.add_argument("--vacancy-seed", metavar="HEX", type=_seed, help="the seed of the lot for that vacancy")
    parser.add_argument("--write", metavar="FILE", help=f"write the ballots, by its ending as {', '.join(FORMATS)}")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The ballots read, counted and shown."""
    if args.rule is None and args.write is None:
        raise Malformed(f"say how to count: --rule {' | '.join(RULES)}")
    profile = _read(args.file)
    if args.write is not None:
        _write(profile, args.write, args.seats)
    if args.rule is None:
        return 0
    seats = _seats(profile, args)
    try:
        outcome = _count(profile, args, seats)
        behind = reserves(profile, rule=args.rule, seats=seats, seed=args.seed) if args.reserves else None
    except Missing as lot:
        option = "--vacancy-seed" if lot.where.startswith("count-back") else "--seed"
        lot.text = f"{lot.text} ({option} HEX)"
        raise lot.at(args.file) from None
    except Fault as fault:
        raise fault.at(args.file) from None
    lines = list(format_transcript(transcribe(outcome)) if args.transcript else _summary(outcome))
    if args.json:
        found = _json(outcome, behind) | ({"transcript": lines} if args.transcript else {})
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    print("\n".join(lines))
    if behind is not None:
        people = ", ".join(f"{number} {outcome.names[number - 1]}" for number in behind)
        print(f"Reserves, in this order: {people or 'nobody'}.")
    return 0


def _count(profile: Profile, args: argparse.Namespace, seats: int) -> Outcome:
    if args.count_back is None:
        return count_votes(profile, rule=args.rule, seats=seats, seed=args.seed)
    return count_back(
        profile,
        rule=args.rule,
        seats=seats,
        vacated=args.count_back,
        standing=args.standing,
        seed=args.seed,
        vacancy_seed=args.vacancy_seed,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 9999")
    return int(text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_number(part.strip()) for part in text.split(","))


def _seed(text: str) -> bytes:
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if len(seed) != 32:
        raise argparse.ArgumentTypeError("expected 64 hexadecimal digits")
    return seed


def _read(path: str) -> Profile:
    try:
        if path == "-":
            return parse_profile(_pieces(sys.stdin.buffer))
        with Path(path).open("rb") as file:
            return parse_profile(_pieces(file))
    except Fault as fault:
        raise fault.at(path) from None


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _write(profile: Profile, path: str, seats: int | None) -> None:
    form = Path(path).suffix.removeprefix(".").lower()
    told = replace(profile, seats=seats or profile.seats)
    try:
        text = "".join(format_profile(told, form))
    except Fault as fault:
        raise fault.at(path) from None
    Path(path).write_text(text, encoding="utf-8", newline="\n")


def _seats(profile: Profile, args: argparse.Namespace) -> int:
    """As asked; else 1 where the rule fills one only; else as the file says."""
    rule = RULES.get(args.rule.partition("/")[0])
    seats: int | None = args.seats
    if seats is None:
        seats = 1 if rule is not None and rule.single else profile.seats
    if seats is None:
        raise Malformed("the file does not say how many seats there are; give --seats N").at(args.file)
    if profile.seats not in {None, seats}:
        print(f"note: {args.file}: the file says {profile.seats} seats; counted for {seats}", file=sys.stderr)
    return seats


def _summary(outcome: Outcome) -> Iterator[str]:
    seats = f"{outcome.seats} seat{'' if outcome.seats == 1 else 's'}"
    stages = f"{len(outcome.stages)} stage{'' if len(outcome.stages) == 1 else 's'}"
    yield f"{outcome.rule}: {outcome.valid:,} valid ballots, {seats}, {stages}."
    for number in outcome.winners:
        yield f"elected: {number} {outcome.names[number - 1]}"
    for tie in outcome.ties:
        if tie.drawn:
            people = ", ".join(map(str, tie.drawn))
            yield f"by lot at stage {tie.stage} ({tie.purpose}): {', '.join(map(str, tie.chosen))} of {people}"


def _json(outcome: Outcome, behind: Sequence[int] | None) -> dict[str, object]:
    """The contract of ``majlis count --json``; amounts are texts with five decimals, what is finer is cut off."""
    found: dict[str, object] = {
        "rule": outcome.rule,
        "title": outcome.title,
        "seats": outcome.seats,
        "ballots": outcome.papers,
        "valid": outcome.valid,
        "winners": list(outcome.winners),
        "candidates": list(outcome.names),
        "withdrawn": list(outcome.withdrawn),
        "quota": _quota(outcome),
        "stages": [_stage(stage, outcome.decimals) for stage in outcome.stages],
        "ties": [_tie(tie) for tie in outcome.ties],
    }
    if outcome.vacated is not None:
        found["vacated"] = outcome.vacated
    if behind is not None:
        found["reserves"] = list(behind)
    return found | {name: [list(row) for row in matrix] for name, matrix in outcome.matrices.items()}


def _quota(outcome: Outcome) -> int | str | None:
    """A whole number of votes where it is one by the rule, else a text with five decimals."""
    if outcome.quota is None:
        return None
    if outcome.rule.partition("/")[0] in {"scottish", "irv"}:
        return int(format_amount(outcome.quota, outcome.decimals, 0))
    return format_amount(outcome.quota, outcome.decimals)


def _stage(stage: Stage, decimals: int) -> dict[str, object]:
    return {
        "action": stage.action,
        "candidate": stage.candidate,
        "votes": [format_amount(amount, decimals) for amount in stage.votes],
        "transfers": [format_amount(amount, decimals) for amount in stage.transfers],
        "exhausted": format_amount(stage.exhausted, decimals),
        "lost": format_amount(stage.lost, decimals),
        "elected": list(stage.elected),
        "excluded": list(stage.excluded),
    }


def _tie(tie: Tie) -> dict[str, object]:
    return {
        "stage": tie.stage,
        "purpose": tie.purpose,
        "between": list(tie.between),
        "looked": list(tie.looked),
        "drawn": list(tie.drawn),
        "chosen": list(tie.chosen),
    }
