"""``majlis record recover``: a record of a data folder goes on from a copy (R-RECOVER-1)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from majlis.cli.desk import Desk, add_command

if TYPE_CHECKING:
    from majlis.host.recover import Recovered

_RECOVER: Final = """
What is lacking is taken from the copy, as far as the quorum of mirrors cosigned it or this log signed it, and a damaged
entry is replaced by the one under that root. What lies here beyond is kept; acts that an old copy took in at places
that were taken already lie in the outbox, to be handed in again. The signer remembers the largest size that was seen.
Take the largest copy that any mirror holds: what no copy has cannot be brought.
Exit codes: 0 acts are taken in again; 1 the copy is false, of another history, or cosigned by too few; 3 something that
was signed is in no copy yet."""


def add_recover(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command, among those of ``record``."""
    parser = add_command(
        own,
        "recover",
        run_recover,
        help_="bring a record of a data folder forward from a copy, after a backup was restored or a disk was damaged",
        example="majlis record recover hilltop http://mirror.example:8000",
        more=_RECOVER,
    )
    parser.add_argument("body", metavar="BODY", help="whose record")
    parser.add_argument("source", metavar="FROM", help="a public folder, a bundle, or where a mirror is served")


def run_recover(args: argparse.Namespace) -> int:
    """The record has what the copy proves; 3 while nothing is taken in yet."""
    from msgspec.structs import asdict

    from majlis.host.copies import fetch_beside, place_of
    from majlis.host.recover import recover

    desk = Desk(args)
    body = desk.body()
    with place_of(args.source) as place:
        copy = place.copy(body)
        found = recover(desk.node, body, copy)
        beside = fetch_beside(desk.node, body, place, copy)
    for line in _recovered_words(found, body.is_hosted):
        desk.say(line)
    if beside:
        desk.warn(f"texts or boxes could not all be taken from there: {beside}")
    return desk.ended(3 if found.behind else 0, "", **asdict(found))


def _recovered_words(found: Recovered, is_hosted: bool) -> Iterator[str]:
    changed = [f"{found.brought} brought"] if found.brought else []
    if found.replaced:
        places = ", ".join(map(str, found.replaced[:5])) + (" and others" if found.replaced[5:] else "")
        changed.append(f"{len(found.replaced)} damaged or others replaced (at {places})")
    yield f"{found.slug}: {found.size} entries; {', '.join(changed) or 'none was lacking'}"
    if found.size > found.safe:
        yield f"{found.size - found.safe} of them are not safe: this copy shows no quorum of mirrors over them"
    if found.outbox:
        yield (
            f"this folder took {found.outbox} acts in at places where the record has others; they lie in the outbox. "
            "Serve it, and hand them in again, unchanged: 'majlis outbox --resubmit URL'"
        )
    if found.lost:
        yield f"{found.lost} entries that only this machine had, and that nobody signed for, cannot be read"
    if found.shown > found.size:
        yield (
            f"the copy has {found.shown} entries, and too few mirrors cosigned those behind {found.size}: let one do "
            "so ('majlis witness cosign DIR' where it is kept), and run this again"
        )
    if found.unsigned:
        names = ", ".join(found.unsigned)
        yield f"no key of this log signed what was kept as checkpoints/{names}: it says nothing, and lies in evidence/"
    if found.behind:
        yield f"NOT finished: {found.behind}"
        yield (
            "whoever was given the record since may hold what is missing: a stick, a bundle, another mirror. Where "
            "nobody does, the charter keys move the record to a new log key: 'majlis succession'"
        )
    elif is_hosted:
        yield f"the signer remembers {found.signed} entries; acts are taken in again"
