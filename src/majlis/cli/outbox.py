"""``majlis outbox``: one's own acts, kept until they are safe, and handed in again anywhere."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.cli.desk import Desk, add_command
from majlis.cli.handing import keep_word
from majlis.errors import Fault, Missing

if TYPE_CHECKING:
    from majlis.host.delivery import Kept
    from majlis.host.federation import Federation


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``outbox``."""
    parser = add_command(
        commands,
        "outbox",
        run,
        help_="show how far the acts came that were handed in elsewhere, and hand them in again",
        example="majlis outbox --resubmit http://hilltop.example:8000",
        more="What 'majlis act submit --url' handed in stays here until enough mirrors hold it; then it is let go.\n"
        "It looks at the copies here: take newer ones first, with 'majlis node take' or 'majlis mirror'.\n"
        "Exit codes: 0 all of it is safe; 1 a host DROPPED what it acknowledged, or refused it; 3 some is not safe.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--resubmit", metavar="URL", help="hand in all that is not safe yet at this host")
    how.add_argument("--deliver", metavar="URL", help="have it logged as delivered at this mirror")
    how.add_argument("--stick", metavar="DIR", type=Path, help="put it into inbox/ of this public folder, for a bundle")


def run(args: argparse.Namespace) -> int:
    """The worst of what became of them."""
    from majlis.host.delivery import drop_safe, kept

    desk = Desk(args)
    federation = desk.node.federation()
    found = list(kept(desk.node, federation))
    codes, rows = [0], []
    for one in found:
        row: dict[str, Any] = {"act": one.act, "kind": one.kind, "level": one.level, "index": one.index}
        place = f" at place {one.index}" if one.index is not None else ""
        desk.say(f"{one.level}{place}: {one.kind} {one.act[:16]}{f' ({one.text})' if one.text else ''}")
        codes.append({"safe": 0, "DROPPED": 1}.get(one.level, 3))
        if one.level != "safe":
            try:
                row |= _again(desk, one, federation)
            except Fault as fault:
                desk.say(f"  {fault}")
                row["fault"] = str(fault)
                codes.append(1)
        rows.append(row)
    drop_safe(desk.node, found)
    worst = 1 if 1 in codes else max(codes)
    return desk.ended(worst, "" if found else "nothing waits here: all that was handed in is safe", acts=rows)


def _again(desk: Desk, one: Kept, federation: Federation) -> dict[str, Any]:
    """The act is handed in where the command says; what is to be told of it. Raises: Fault."""
    from majlis.host.chance import chance
    from majlis.host.delivery import keep
    from majlis.host.disk import write_file
    from majlis.host.host import HeldBack
    from majlis.host.post import post_act
    from majlis.host.publish import publish_blob
    from majlis.host.showing import resubmission

    args = desk.args
    if args.resubmit:
        if one.body not in federation.records:
            raise Missing(
                f"no copy of the record that act {one.act[:16]} is for is here; take one with 'majlis node take' or "
                "'majlis mirror', and hand it in then"
            )
        *before, entry = resubmission(federation, one.body, one.entry, chance)
        slug = desk.node.body(one.body).slug
        for proof in before:
            post_act(args.resubmit, slug, proof)
            desk.say("  shown there: a mirror's word of when it was handed in")
        try:
            posted = post_act(args.resubmit, slug, entry, one.blobs)
        except HeldBack as held:
            return keep_word(desk, held)
        if posted.note:
            keep(desk.node, one.entry, posted.note)
        desk.say(f"  handed in again: {posted.level} at place {posted.place}")
        return {"handed_in": args.resubmit, "place": posted.place}
    if args.deliver:
        return _deliver(desk, one)
    if args.stick is not None:
        place = args.stick / "inbox" / f"{one.act}.act"
        for blob in one.blobs.values():
            publish_blob(args.stick, blob)
        write_file(place, one.entry)
        desk.say(f"  put into {place}; a bundle carries it, and 'majlis act submit {place.parent}' logs it there")
        return {"file": str(place)}
    return {}


def _deliver(desk: Desk, one: Kept) -> dict[str, Any]:
    """The act is logged at a mirror as delivered, and its receipt is kept. Raises: Missing, Refused, Malformed."""
    import msgspec

    from majlis.errors import Malformed, Refused
    from majlis.host.actfile import file_of
    from majlis.host.disk import write_file
    from majlis.host.http import Caller
    from majlis.host.post import Posted

    handed = file_of(one.entry, one.blobs).handed
    answer = Caller(desk.args.deliver).post("deliver", handed, limit=100_000)
    if answer.status != 200:
        raise Refused(f"that mirror did not take it in ({answer.status}): {answer.text}", where=desk.args.deliver)
    try:
        posted = msgspec.json.decode(answer.body, type=Posted)
    except msgspec.MsgspecError:
        raise Malformed("the answer is no receipt; this is not a mirror of ours", where=desk.args.deliver) from None
    place = desk.node.folder / "outbox" / f"{one.act}.delivered"
    write_file(place, posted.note.encode())
    desk.say(f"  logged there as delivered, at place {posted.place}; its receipt is {place}")
    return {"delivered": desk.args.deliver, "receipt": posted.note}
