"""``majlis propose``: a motion on the table, with its wording and with what its decision will allow."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.cli.desk import Desk, add_command, words_of
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Malformed

if TYPE_CHECKING:
    from majlis.institutions import State


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``propose``."""
    parser = add_command(
        commands,
        "propose",
        run,
        help_="put a motion on the table",
        example='majlis propose hilltop --text "Shall we clean the well?" --as amal',
        more="A motion that is to allow something says so exactly: --confirm-founding, --appoint, or --grant with the\n"
        "kind of act and every particular. Without any it decides, and allows nothing by itself.",
    )
    parser.add_argument("body", metavar="BODY", help="whose members decide")
    parser.add_argument("--text", metavar="TEXT", required=True, help="the wording, or @FILE; it becomes a public blob")
    parser.add_argument("--confirm-founding", action="store_true", help="it confirms the founding")
    parser.add_argument(
        "--appoint",
        metavar="OFFICE=CARD@BODY",
        action="append",
        default=[],
        help="it appoints the holder of the card, whom that body sends",
    )
    parser.add_argument("--term-days", metavar="DAYS", type=int, help="for how long (the charter's term)")
    parser.add_argument("--grant", metavar="JSON", action="append", default=[], help='{"kind": …, "match": {…}}')
    add_signing(parser, author="a clerk, a delegate, or who holds a charter key")


def run(args: argparse.Namespace) -> int:
    """The motion is on the table, or written to a file."""
    from majlis.institutions.profile import parse_profile

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    blob = f"{words_of(args.text).strip()}\n".encode()
    digest = sha256(blob).hexdigest()
    grants: list[Any] = [{"kind": "founding.confirm"}] if args.confirm_founding else []
    grants += [_appointment(desk, state, each, args.term_days) for each in args.appoint]
    grants += [parse_profile(each.encode()) for each in args.grant]
    data = {"text": digest, "grants": grants}
    return write(desk, body, federation, "motion.table", data, blobs={digest: blob})


def _appointment(desk: Desk, state: State, text: str, days: int | None) -> dict[str, Any]:
    from majlis.host.card import parse_card

    office, _, rest = text.partition("=")
    path, _, sender = rest.rpartition("@")
    if not (office and path and sender):
        raise Malformed(f"expected OFFICE=CARD@BODY, such as trustee=theo.card@friends, got {text[:80]!r}")
    card = parse_card(Path(path).read_bytes())
    of = desk.node.body(sender).identity
    term = days or state.charter.term_days
    return {"kind": "office.appoint", "match": {"office": office, "key": card.key, "of": of, "term_days": term}}
