"""``majlis in-force check``: a proof is judged with nothing but whom to believe."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from majlis.cli.desk import at
from majlis.cli.in_force_words import in_words
from majlis.errors import Fault, Forged, Malformed, plain

if TYPE_CHECKING:
    from majlis.host.known import KnownBody
    from majlis.institutions.in_force import InForce, InForceProof
    from majlis.record import SignatureLine

__all__ = ["check", "print_json", "run_check"]

T = TypeVar("T")

_DAY: Final = 86_400
_AHEAD: Final = 3_600
"""Seconds by which two clocks may differ before that is worth a word."""
_LARGEST: Final = 1 << 20


def run_check(args: argparse.Namespace) -> int:
    """0 in force, 3 where it is too old or its age cannot be told. Raises: Forged, Malformed."""
    from majlis.host.clock import SystemClock
    from majlis.host.known import parse_known
    from majlis.host.trust import parse_trust
    from majlis.institutions.in_force import parse_in_force

    if args.days is not None and args.days < 0:
        raise Malformed(f"--days counts days, from 0 on; got {args.days}")
    known = _parsed(args.known, parse_known)
    proof = _parsed(args.file, parse_in_force)
    if args.trust and known.identity not in {pin.identity for pin in _parsed(args.trust, parse_trust) if pin.is_known}:
        raise Forged(f"{args.known} is about a body that {args.trust} does not pin; have both from people you know")
    try:
        found = check(proof, known)
    except Fault as fault:
        raise fault.at(str(args.file)) from None
    holder = _holder(args.card, found.statement) if args.card else ""
    now = _time(args.at) if args.at else SystemClock().now()
    days = known.care_days if args.days is None else args.days
    age = found.age(now)
    doubt = _doubt(found, age, days)
    if args.json:
        print_json(
            ok=not doubt,
            body=known.identity,
            names=known.names,
            statement=found.statement,
            size=found.size,
            time=found.time,
            later=found.later,
            age=age,
            days=days,
            mirrors=found.mirrors,
            doubt=doubt,
        )
    else:
        print("\n".join(plain(line) for line in _told(found, known, age, days, holder)))
    if doubt:
        print(f"error: {doubt}", file=sys.stderr)
    return 3 if doubt else 0


def _parsed(path: Path, parse: Callable[[bytes], T]) -> T:
    """What a file holds; a fault says which file. Files of this kind are small, and no more of another is read."""
    with path.open("rb") as stream:
        data = stream.read(_LARGEST + 1)
    try:
        return parse(data)
    except Fault as fault:
        raise fault.at(str(path)) from None


def check(proof: InForceProof, known: KnownBody) -> InForce:
    """What was shown, to somebody who believes those. Raises: Forged, Malformed.

    R-DIGEST-8: no line of anybody else stands below the checkpoint, so that no byte of a file can change unseen.
    """
    from majlis.institutions.in_force import check_in_force
    from majlis.record import parse_note, parse_tlog_proof

    lines = parse_note(parse_tlog_proof(proof.proof).checkpoint).signatures
    logs, mirrors = ({(key.name, key.key_id) for key in keys} for keys in (known.logs, known.mirrors))
    _check_log(lines, known)
    found = check_in_force(proof, body=known.identity, logs=known.logs, mirrors=known.mirrors, quorum=known.quorum)
    for line in lines:
        if (line.name, line.key_id) not in logs | mirrors:
            raise Forged(
                f"below its checkpoint stands a line of {line.name[:80]!r}, whom you were not told to believe: it was "
                "altered, or whom you believe is out of date",
                rule="R-DIGEST-8",
            )
    return found


def _check_log(lines: Sequence[SignatureLine], known: KnownBody) -> None:
    """R-DIGEST-10: some log key that the reader believes signed. Raises: Forged, with the way out, where none did.

    An act 0 names no key that the record was moved to, and a file that was written before the move does not either.
    """
    logs = {(key.name, key.key_id) for key in known.logs}
    if any((line.name, line.key_id) in logs for line in lines) or not any(
        line.name == known.logs[0].name for line in lines
    ):
        return
    whom = "an act 0 names the first key alone" if known.is_proven else "whom you believe does not name that key"
    raise Forged(
        "it is signed in the name of this body's log by another key than you were told to believe: either it is false, "
        f"or the record was moved to that key since, and {whom}. From a newer copy of the record that 'majlis verify' "
        "found sound, let 'majlis in-force known' write a file, without --act-0, and check with that",
        rule="R-DIGEST-10",
    )


def _holder(path: Path, statement: str) -> str:
    """The name on the card whose key the statement is about. Raises: Forged, where it is about another."""
    from majlis.host.card import parse_card

    card = _parsed(path, parse_card)
    if card.key not in statement.split(" "):
        raise Forged(
            "the key on this card is not the one that is shown in force: it is about somebody else", where=path.name
        )
    return card.name


def _time(text: str) -> int:
    try:
        when = datetime.fromisoformat(text.strip())
        return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise Malformed(f"a time is written like '2026-05-01 14:00', in UTC; got {text[:60]!r}") from None


def _doubt(found: InForce, age: int | None, days: int) -> str:
    """Why it is not to be relied on although it holds; empty where it is."""
    if age is None:
        return (
            f"how old it is cannot be told: {found.later} entries stand behind the digest, and any may have ended it "
            "(R-DIGEST-6); ask for one under a checkpoint that ends with it"
        )
    if age < -_AHEAD:
        return f"mirrors cosigned it at {at(found.time)}, which is still to come by the clock here; set it right"
    if age > days * _DAY:
        return f"it is {_span(age)} old, and more than {_span(days * _DAY)} is too old; ask for a newer one"
    return ""


def _told(found: InForce, known: KnownBody, age: int | None, days: int, holder: str) -> list[str]:
    from majlis.host.practice import is_practice
    from majlis.institutions.words import format_words

    names = " / ".join(name for _, name in sorted(known.names.items()))
    when = f"at the latest at {at(found.time)}" if age is None else f"as of {at(found.time)}, {_span(max(0, age))} ago"
    lines = ["PRACTICE: the clock is simulated; nothing here counts"] if is_practice(known.logs[0].name) else []
    lines += [
        f"in force: {in_words(found.statement)}",
        f"  as written: {found.statement}",
        f"in: {names}, whose words are",
        f"  {' '.join(format_words(known.identity))}",
        f"{when}, before entry {found.size} of its record; more than {_span(days * _DAY)} is too old",
        f"  {len(found.mirrors)} of {len(known.mirrors)} mirrors say so: {', '.join(found.mirrors)}",
    ]
    if holder:
        lines.append(f"the card shows the same key, and calls its holder {holder}")
    if not known.is_proven:
        lines.append("whom you believe comes from a file that nobody signed: compare the words with people you know")
    lines.append("not shown: what came later; and that whoever shows this holds the key. A card or a copy can be lent")
    return lines


def _span(seconds: int) -> str:
    days = seconds // _DAY
    if days:
        return f"{days} day{'s' if days > 1 else ''}"
    hours = seconds // 3_600
    return f"{hours} hour{'s' if hours > 1 else ''}" if hours else "less than an hour"


def print_json(**facts: Any) -> None:
    """The outcome as JSON; ``ok`` unless it says otherwise."""
    facts.setdefault("ok", True)
    print(json.dumps(facts, ensure_ascii=False, indent=1))
