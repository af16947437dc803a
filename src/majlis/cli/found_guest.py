"""``majlis found host`` and ``found draft --host``: a body that lives on another's host, and can leave without it."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path

from majlis.cli.desk import Desk, add_command
from majlis.errors import Refused

__all__ = ["add_host", "guest_log"]


def add_host(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``found host``."""
    host = add_command(
        own,
        "host",
        run_host,
        help_="let a body live here as a guest: make the key of its log, for its founders to name in act 0",
        example="majlis found host spring --out stick/spring.host",
        more="The guest drafts act 0 on a machine of its own: 'majlis found draft spring --host stick/spring.host'.\n"
        "The key after the log's is drawn there, so that the guest can leave without this host. When everybody has\n"
        "signed, begin its record here with 'majlis found start'.",
    )
    host.add_argument("slug", metavar="SLUG", help="a short word for the guest")
    host.add_argument("--out", metavar="FILE", type=Path, required=True, help="the log's public key, for the guest")


def guest_log(desk: Desk, args: argparse.Namespace, mirrors: list[str]) -> tuple[str, bytes, str]:
    """Origin and key of the log on the host, and the hash of the key after it, which is drawn here. Raises: Refused."""
    from majlis.errors import Fault
    from majlis.host.guest import check_elsewhere, parse_offer

    try:
        offer = parse_offer(args.host.read_bytes())
    except Fault as fault:
        raise fault.at(str(args.host)) from None
    if offer.slug != args.slug:
        raise Refused(f"this host has made a log for {offer.slug!r}, not for {args.slug!r}", where=str(args.host))
    if offer.is_practice != (desk.node.practice is not None):
        raise Refused("practice and earnest do not mix: that host has another kind of clock", rule="R-NODE-1")
    check_elsewhere(offer, mirrors, args.quorum)
    following = _next_on_paper(desk) if args.next_on_paper else _next_here(desk, args.slug)
    return offer.log.name, offer.log.public_key, following


def _next_on_paper(desk: Desk) -> str:
    """The hash of a new key that is shown once."""
    from majlis.crypto import SigningKey
    from majlis.host.chance import chance

    key = SigningKey(chance(32))
    digits = key.export().hex()
    groups = " ".join(digits[at : at + 8] for at in range(0, 64, 8))
    desk.say(f"the log's next key, for paper and for no machine: {groups}")
    desk.say("it is in no file: if this draft is made again, only the digits shown last are those of the record")
    return sha256(key.public_key).hexdigest()


def _next_here(desk: Desk, slug: str) -> str:
    """The hash of the log's next key, in a file of its own. A draft made again finds the same."""
    from majlis.host.chance import chance
    from majlis.host.node import LOG

    aside = desk.node.folder / "keyrings" / "aside" / f"{slug}-next-log.json"
    following = f"next log {slug}"
    kept = desk.private_book(aside, desk.node.keeper)
    entry = kept.get(following) if following in kept.names() else kept.draw(following, LOG, chance=chance)
    desk.say(f"the log's next key is in {aside}; take that file off this machine, and keep it safe")
    return sha256(bytes.fromhex(entry.public)).hexdigest()


def run_host(args: argparse.Namespace) -> int:
    """The log's key is in the keeper's keyring, and its public half in a file. Asked again, it is the same key."""
    from majlis.host.chance import chance
    from majlis.host.disk import write_file
    from majlis.host.guest import Offer, format_offer
    from majlis.host.node import LOG, check_slug
    from majlis.host.practice import PRACTICE
    from majlis.host.witnessing import WITNESS
    from majlis.record import CosignerKey, NoteKey

    check_slug(args.slug, "a body's slug")
    desk = Desk(args)
    keeper = desk.keeper()
    name = f"log {args.slug}"
    if name not in keeper.names():
        origin = f"{PRACTICE if desk.node.practice else ''}{args.slug}/{chance(6).hex()}"
        keeper.draw(name, LOG, chance=chance, origin=origin)
    entry = keeper.get(name)
    if "next" in entry.notes:
        raise Refused(f"the log of {args.slug} was drawn here with the key after it, for a body of this folder's own")
    log = NoteKey(name=entry.notes["origin"], public_key=bytes.fromhex(entry.public))
    own = [
        CosignerKey(name=each.name, public_key=bytes.fromhex(each.public))
        for each in keeper.entries()
        if each.kind == WITNESS
    ]
    write_file(args.out, format_offer(Offer(log=log, own=tuple(own)), entry.signing_key()))
    return desk.done(
        f"{args.out} is for the founders of {args.slug}, who draft its act 0 on a machine of their own; then begin it "
        "here with 'majlis found start'",
        file=str(args.out),
        vkey=log.vkey,
    )
