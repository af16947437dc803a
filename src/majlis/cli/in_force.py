"""``majlis in-force``: a small file that shows one thing in force in a body, to somebody without record and network."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from majlis.cli.desk import Desk, add_command, at
from majlis.cli.in_force_check import check, print_json, run_check
from majlis.cli.in_force_words import matching
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Malformed, Missing, Refused, plain

if TYPE_CHECKING:
    from majlis.host.folder import Folder
    from majlis.host.in_force import Shown
    from majlis.institutions import State

_SHOWN: Final = 12


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``in-force`` with its own commands."""
    parser = commands.add_parser(
        "in-force",
        help="show what is in force, such as a delegate's seat, in a file for somebody without network",
    )
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    log = add_command(
        own,
        "log",
        run_log,
        help_="log the digest that proofs lead to; a tick right after it dates them",
        example="majlis in-force log hilltop --as amal",
        more="Then 'majlis tick hilltop', before anything else is logged, and 'majlis publish' or 'majlis node give'.\n"
        "While the record is served: --out FILE, then 'majlis act submit FILE --url URL' at once. A host that was\n"
        "started with 'majlis serve --witness URL' does both by itself, where a digest is due.",
    )
    log.add_argument("body", metavar="BODY", help="whose record")
    add_signing(log, author="anybody with a key")
    listed = _add_public(
        own,
        "list",
        run_list,
        help_="list what a body's newest digest can show",
        example="majlis in-force list public assembly seat",
    )
    _add_what(listed)
    prove = _add_public(
        own,
        "prove",
        run_prove,
        help_="write the file that shows one thing in force",
        example="majlis in-force prove public assembly seat olive --out olive.in-force\n"
        "  majlis qr olive.in-force --svg olive.svg",
        more="It is named by words as 'majlis in-force list' shows them: its kind, a name, a slug, the number of an\n"
        "act, an id or its beginning. Exit codes: 0 written; 2 several are meant; 3 nothing is, or no digest shows it.",
    )
    _add_what(prove)
    prove.add_argument("--out", metavar="FILE", type=Path, required=True, help="the file; it is public")
    known = _add_public(
        own,
        "known",
        run_known,
        help_="write whom to believe about a body, for those who check such files",
        example="majlis in-force known public assembly --out assembly.known",
        more="Have it from your own committee, or compare the words: whoever gives you this file decides whom you\n"
        "believe. With --act-0 the body's founding act is written, which proves itself to whoever knows the words.",
    )
    known.add_argument("--act-0", action="store_true", help="write the founding act, as logged")
    known.add_argument("--out", metavar="FILE", type=Path, required=True, help="the file; it is public")
    checked = add_command(
        own,
        "check",
        run_check,
        help_="check such a file, with nothing but whom to believe",
        example="majlis in-force check olive.in-force --known assembly.known",
        more="Exit codes: 0 in force, and not too old; 1 it does not hold; 2 it cannot be read; 3 it holds, and is\n"
        "too old or of an age that cannot be told. No record and no network is used.",
        folder=False,
    )
    checked.add_argument("file", metavar="FILE", type=Path, help="what 'majlis in-force prove' or a page gave")
    checked.add_argument(
        "--known", metavar="FILE", type=Path, required=True, help="what 'majlis in-force known' wrote, or an act 0"
    )
    checked.add_argument("--trust", metavar="FILE", type=Path, help="a trust file, which must pin the body")
    checked.add_argument(
        "--card", metavar="FILE", type=Path, help="the card of whoever shows it: the key must be the same"
    )
    checked.add_argument("--days", metavar="N", type=int, help="older is too old (else the charter's care_days)")
    checked.add_argument(
        "--at", metavar="TIME", help="the time now in UTC, such as '2026-05-01 14:00' (else the clock)"
    )
    checked.add_argument("--json", action="store_true", help="print JSON")


def _add_public(own: Any, name: str, run: Any, **words: str) -> argparse.ArgumentParser:
    parser = add_command(own, name, run, folder=False, **words)
    parser.add_argument("path", metavar="PATH", type=Path, help="a public folder")
    parser.add_argument("body", metavar="BODY", help="the body's slug or its identity")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="WORD", nargs="*", help="what is meant, in words of its line")


# --- making


def run_log(args: argparse.Namespace) -> int:
    """The digest of what is in force is on the record."""
    from majlis.institutions.digest import digest

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    return write(desk, body, federation, "state.digest", {"size": state.size, "root": digest(state)})


def run_list(args: argparse.Namespace) -> int:
    """What can be shown, a line each."""
    folder, identity, state = _read(args.path, args.body)
    shown = _shown(folder, identity)
    rows = matching(folder, shown.before, shown.statements, args.what)
    ended = set(shown.statements) - set(_current(state))
    if args.json:
        print_json(
            body=identity,
            size=shown.before.size,
            time=shown.time,
            later=shown.later,
            statements=[{"statement": line, "words": words, "ended": line in ended} for line, words in rows],
        )
        return 0
    for line, words in rows:
        print(plain(f"{words}{'; ENDED SINCE' if line in ended else ''}"))
    print(_dated(shown))
    return 0


def run_prove(args: argparse.Namespace) -> int:
    """The file is written, and was checked. Raises: Missing, Malformed (several are meant)."""
    from majlis.host.disk import write_file
    from majlis.host.known import known_of
    from majlis.institutions.in_force import format_in_force, parse_in_force
    from majlis.record import MAX_STATIC, format_series

    folder, identity, state = _read(args.path, args.body)
    statement, words = _choose(folder, state, args.what)
    shown = _shown(folder, identity)
    if statement not in shown.statements:
        raise Missing(
            f"this is in force, and the newest digest that mirrors cosigned is older: {words}. Log another with "
            "'majlis in-force log', and then a tick"
        )
    data = format_in_force(shown.prove(statement))
    check(parse_in_force(data), known_of(state))
    write_file(args.out, data)
    codes = 1 if len(data) <= MAX_STATIC else len(format_series(data))
    if args.json:
        facts = {"statement": statement, "bytes": len(data), "codes": codes, "later": shown.later}
        print_json(file=str(args.out), body=identity, size=shown.before.size, time=shown.time, **facts)
        return 0
    print(plain(f"{args.out} shows: {words}"))
    print(f"{len(data)} bytes, {codes} {'code' if codes == 1 else 'codes'} for 'majlis qr'; {_dated(shown)}")
    return 0


def run_known(args: argparse.Namespace) -> int:
    """Whom to believe about this body is in the file."""
    from majlis.host.disk import write_file
    from majlis.host.known import format_known, known_of
    from majlis.institutions.words import format_words

    folder, identity, state = _read(args.path, args.body)
    if args.act_0:
        if state.moves:
            raise Refused(
                "this record was moved to another log key, which its act 0 does not name; leave --act-0 out",
                rule="R-DIGEST-10",
            )
        data = folder.federation.records[identity].entries[0]
    else:
        data = format_known(known_of(state))
    write_file(args.out, data)
    words = " ".join(format_words(identity))
    if args.json:
        print_json(file=str(args.out), body=identity, words=words, bytes=len(data))
    else:
        print(
            f"{args.out} says whom to believe about {folder.slug(identity)}, {len(data)} bytes. Its words:\n  {words}"
        )
    return 0


def _read(path: Path, name: str) -> tuple[Folder, str, State]:
    """A body of a public folder, folded. Raises: Missing, where what it rests on is not at hand; as ``find``."""
    from majlis.cli.trace import find
    from majlis.host.folder import open_folder

    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        folder = open_folder(path, pool.map)
        identity = find(folder, name)
        state = folder.federation.fold(identity)
    if state.founding is None:
        raise Missing("the record founds no body, so nothing is in force in it", where=name)
    return folder, identity, state


def _shown(folder: Folder, identity: str) -> Shown:
    from majlis.host.in_force import show_in_force

    return show_in_force(folder.federation, identity, folder.safe_notes.get(identity, b""))


def _current(state: State) -> tuple[str, ...]:
    from majlis.institutions.digest import statements

    return statements(state)


def _choose(folder: Folder, state: State, what: Sequence[str]) -> tuple[str, str]:
    """The one statement that is meant, and its words. What else there is goes to the error stream first."""
    lines = _current(state)
    found = matching(folder, state, lines, what)
    if len(found) == 1:
        return found[0]
    meant = " ".join(what)
    others = found or matching(folder, state, lines, what[:1]) or matching(folder, state, lines, ())
    for _, words in others[:_SHOWN]:
        print(plain(f"  {words}"), file=sys.stderr)
    if len(others) > _SHOWN:
        print(f"  and {len(others) - _SHOWN} more: majlis in-force list", file=sys.stderr)
    if found:
        raise Malformed(f"{len(found)} things in force are meant by {meant!r}; say more words of the one you mean")
    raise Missing(f"nothing in force here is meant by {meant!r}; the lines above say what is")


def _dated(shown: Shown) -> str:
    """When it was in force, in words."""
    if shown.later:
        return f"age unknown: {shown.later} entries stand behind the digest; log another, and a tick right after it"
    return f"as of {at(shown.time)}"
