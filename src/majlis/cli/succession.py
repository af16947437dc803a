"""``majlis succession``: a record goes on under its sealed log key, on another machine if need be."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.cli.desk import Desk, add_command
from majlis.cli.signing import add_signing, at_hand, show, write
from majlis.cli.words import standing_in_words
from majlis.errors import Fault, Missing, Refused

if TYPE_CHECKING:
    from majlis.host.actfile import ActFile
    from majlis.host.card import Card
    from majlis.host.keyring import KeyEntry
    from majlis.host.node import Known


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``succession`` with its own commands."""
    parser = commands.add_parser("succession", help="move a record to another log key, and to another host")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    key = add_command(
        own,
        "key",
        run_key,
        help_="take the sealed log key of a record into this folder, and seal the one after it",
        example="majlis succession key hilltop --sealed stick/hilltop-next-log.json --out stick",
        more="The sealed key lies in the file that 'majlis found draft' named, under its founder's passphrase.\n"
        "The key after it is written to a file again: take that one off this machine too.",
    )
    key.add_argument("body", metavar="BODY", help="whose record")
    sealed = key.add_mutually_exclusive_group(required=True)
    sealed.add_argument("--sealed", metavar="FILE", type=Path, help="the file with the sealed key")
    sealed.add_argument("--paper", metavar="FILE", type=Path, nargs="?", const="", help="ask for its digits from paper")
    key.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the key after it is sealed")
    key.add_argument("--sealed-passphrase-file", metavar="FILE", help="take the sealed file's passphrase from here")
    draft = add_command(
        own,
        "draft",
        run_draft,
        help_="draw up the move of a record behind the entries that are here, for the charter keys to sign",
        example="majlis succession draft hilltop --new stick/hilltop.newlog --by stick/dalia.card --out stick/move.act",
        more="In a hand-over it is drawn up on the old host's machine, after a loss where the largest copy is.\n"
        "Each charter key signs with 'majlis act sign'. Then 'majlis succession hand-over' at the old host, if there\n"
        "is one, and 'majlis succession take-over' at the new one.",
    )
    draft.add_argument("body", metavar="BODY", help="whose record")
    draft.add_argument("--new", metavar="FILE", type=Path, required=True, help="what 'succession key' wrote")
    draft.add_argument("--by", metavar="CARD", type=Path, required=True, help="the card of a charter key: its author")
    draft.add_argument("--out", metavar="FILE", type=Path, required=True, help="the act, to be signed")
    over = add_command(
        own,
        "hand-over",
        run_hand_over,
        help_="log the move as the last entry kept here; from then on here is a copy",
        example="majlis succession hand-over stick/move.act --give stick/public",
    )
    over.add_argument("file", metavar="FILE", type=Path, help="the move, signed")
    over.add_argument("--give", metavar="DIR", type=Path, required=True, help="the public folder for the new host")
    take = add_command(
        own,
        "take-over",
        run_take_over,
        help_="keep the record here from the move on",
        example="majlis succession take-over stick/move.act",
        more="Then give it to the mirrors, log a tick, and let the members confirm the move within 60 days:\n"
        "a motion with the grant host.confirm, and 'majlis act carry-out'.",
    )
    take.add_argument("file", metavar="FILE", type=Path, help="the move, signed; or the one logged last in the copy")
    fork = add_command(
        own,
        "show-fork",
        run_show_fork,
        help_="log evidence that the record's own log signed two histories: nothing new binds until that is settled",
        example="majlis succession show-fork hilltop evidence.fork --as amal",
        more="The charter keys then move the record to its sealed key, and the members settle it: a motion with the\n"
        "grant fork.settle, and 'majlis act carry-out'. Acts of the other history come in by 'succession resubmit'.",
    )
    fork.add_argument("body", metavar="BODY", help="whose record")
    fork.add_argument("evidence", metavar="FILE", type=Path, help="what 'majlis compare --evidence' saved")
    add_signing(fork, author="anybody with a key")
    again = add_command(
        own,
        "resubmit",
        run_resubmit,
        help_="log what another history of a record has and this one lacks, unchanged",
        example="majlis succession resubmit hilltop --from stick/old-public",
        more="What was sequenced and not safe when the record was moved is not lost where anybody still has it.",
    )
    again.add_argument("body", metavar="BODY", help="whose record, kept here")
    again.add_argument("--from", dest="public", metavar="DIR", type=Path, required=True, help="a public folder")


def run_show_fork(args: argparse.Namespace) -> int:
    """The fork is on the record."""
    from majlis.record import bare_fork, check_fork, format_forks, parse_forks

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    log = state.founding.log if state.founding else ""
    try:
        found = [fork for fork in parse_forks(args.evidence.read_bytes()) if fork.log.vkey == log]
        for fork in found:
            check_fork(fork)
    except Fault as fault:
        raise fault.at(str(args.evidence)) from None
    if not found:
        raise Refused("nothing in this file is about the key that signs this record now", rule="R-FORK-5")
    evidence = format_forks([bare_fork(found[0])]).decode()
    return write(desk, body, federation, "fork.show", {"evidence": evidence})


def run_resubmit(args: argparse.Namespace) -> int:
    """Every act of that history is in the record kept here; 1 when one is void here, 3 while some must wait."""
    from majlis.host.reader import PublicFolder
    from majlis.host.takeover import resubmit

    desk = Desk(args)
    body = desk.body()
    if not body.is_hosted:
        raise Refused(f"the record of {body.slug} is not kept here; run this where it is")
    public = PublicFolder(args.public)
    files = public.record(body.origin)
    codes, acts = [0], []
    with desk.node.hosting(desk.keeper()) as host:
        receipts, waiting = resubmit(host, body.identity, files.entries, public.blob)
        for receipt in receipts:
            standing = receipt.standing
            status, rule, text = (standing.status, standing.rule, standing.text) if standing else ("void", "", "")
            kind = standing.kind if standing else "act"
            desk.say(standing_in_words(body.slug, receipt.index, kind, status, rule, text))
            codes.append(int(status == "void"))
            acts.append({"act": receipt.act, "index": receipt.index, "status": status, "rule": rule})
    if waiting:
        desk.say(
            f"{waiting} acts bind only once the members have decided on the move or the fork; logged now they would be "
            "void for ever. Run this again when they have"
        )
        codes.append(3)
    text = "" if acts or waiting else "it has every act of that history"
    return desk.ended(max(codes), text, acts=acts, waiting=waiting)


def run_key(args: argparse.Namespace) -> int:
    """The keeper's keyring holds the new log key, and the key after it lies in a file of its own."""
    from majlis.host.chance import chance
    from majlis.host.disk import write_file
    from majlis.host.node import LOG
    from majlis.record import NoteKey

    desk = Desk(args)
    body = desk.body()
    sealed = _sealed(args, desk)
    keeper = desk.keeper()
    name = f"log {body.slug} {sealed.public[:12]}"
    if name not in keeper.names():
        secret = sealed.secret.reveal()
        keeper.draw(name, LOG, chance=lambda size: secret if size == len(secret) else chance(size), origin=body.origin)
    aside = args.out / f"{body.slug}-next-log-{sealed.public[:12]}.json"
    following = f"next log {body.slug}"
    kept = desk.private_book(aside, desk.node.keeper)
    after = kept.get(following) if following in kept.names() else kept.draw(following, LOG, chance=chance)
    vkey = NoteKey(name=body.origin, public_key=bytes.fromhex(sealed.public)).vkey
    new = args.out / f"{body.slug}.newlog"
    write_file(new, f"{vkey}\n{after.public}\n".encode())
    return desk.done(
        f"the new log key is in {desk.node.keeper}'s keyring, and {new} says which; the key after it is sealed in "
        f"{aside}: take that file off this machine",
        vkey=vkey,
        file=str(new),
        sealed=str(aside),
    )


def _sealed(args: argparse.Namespace, desk: Desk) -> KeyEntry:
    """The one key in the sealed file, or on paper. Raises: Missing, Malformed, Refused."""
    from majlis.cli.desk import read_text
    from majlis.cli.key import paper_key
    from majlis.host.keyring import KeyEntry, Keyring, Passphrase, Secret
    from majlis.host.node import LOG

    if args.sealed is None:
        paper = paper_key(Path(args.paper) if args.paper else None, "Next log key")
        return KeyEntry(name="from paper", kind=LOG, public=paper.public_key.hex(), secret=Secret(paper.export()))
    if args.sealed_passphrase_file:
        lines = read_text(Path(args.sealed_passphrase_file)).splitlines()
        passphrase = Passphrase(lines[0] if lines else "")
    else:
        passphrase = desk.passphrase(f"whoever sealed {args.sealed.name}")
    found = [entry for entry in Keyring(args.sealed, passphrase).entries() if entry.kind == LOG]
    if len(found) != 1:
        raise Missing("this file does not hold one sealed log key; look at its name", where=str(args.sealed))
    return found[0]


def run_draft(args: argparse.Namespace) -> int:
    """The move is written, unsigned."""
    from majlis.host.actfile import ActFile, check_form
    from majlis.host.chance import chance
    from majlis.host.takeover import draw_up
    from majlis.institutions import Seen, format_text
    from majlis.record import encode_base64

    desk = Desk(args)
    body, _, state = at_hand(desk)
    vkey, after = _new(args.new, body)
    author = _card(args.by).key
    with desk.node.writing() as store:
        record = store.record(body.origin)
        data = draw_up(desk.node, body, record, state, vkey, after)
        seen = Seen(size=record.size, root=encode_base64(record.root()))
    text = format_text(
        body=body.identity, kind="host.move", author=author, nonce=chance(16), seen=seen, cites=(), data=data
    )
    file = ActFile(text=text)
    check_form(file.act)
    show(desk, file, state)
    file.write(args.out)
    founding = state.founding
    needed = founding.threshold if founding else 0
    return desk.done(
        f"{args.out} is to be signed by {needed} charter keys, with 'majlis act sign', before anything else is logged",
        file=str(args.out),
        act=file.act.id,
        size=data.size,
        needed=needed,
    )


def _new(path: Path, body: Known) -> tuple[bytes, bytes]:
    """The public halves of the new log key and of the one after it. Raises: Malformed, Refused."""
    from majlis.cli.desk import read_text
    from majlis.errors import Malformed
    from majlis.record import parse_note_key

    lines = read_text(path).splitlines()
    if len(lines) != 2 or len(lines[1]) != 64 or not set(lines[1]) <= set("0123456789abcdef"):
        raise Malformed(
            "this file does not say which log key is new; 'majlis succession key' writes it", where=str(path)
        )
    key = parse_note_key(lines[0])
    if key.name != body.origin:
        raise Refused(f"this is a log key of {key.name!r}, not of this record", where=str(path), rule="R-MOVE-3")
    return key.public_key, bytes.fromhex(lines[1])


def _card(path: Path) -> Card:
    from majlis.host.card import parse_card

    try:
        return parse_card(path.read_bytes())
    except Fault as fault:
        raise fault.at(str(path)) from None


def run_hand_over(args: argparse.Namespace) -> int:
    """The move is logged, this folder holds a copy, and the public folder is for the new host."""
    from majlis.host.exchange import give
    from majlis.host.takeover import hand_over

    desk, file, body = _move(args)
    if not body.is_hosted:
        raise Refused(f"the record of {body.slug} is not kept here; the new host takes it over with 'take-over'")
    keeper = desk.keeper()
    with desk.node.hosting(keeper) as host:
        index = hand_over(desk.node, host, body.identity, file.entry)
        give(desk.node, host, args.give)
    return _told(desk, body, index, file, f"; here is a copy now. {args.give} is for the new host")


def run_take_over(args: argparse.Namespace) -> int:
    """The record is kept here."""
    from majlis.host.node import LOG
    from majlis.host.takeover import take_over
    from majlis.record import parse_note_key

    desk, file, body = _move(args)
    log = parse_note_key(file.act.data["log"])
    entry = next((e for e in desk.keeper().entries() if e.kind == LOG and e.public == log.public_key.hex()), None)
    if entry is None:
        raise Missing("the new log key is not in the keeper's keyring here; take it in with 'majlis succession key'")
    if entry.notes.get("origin") != body.origin:
        raise Refused("that key is of another log", rule="R-MOVE-3")
    take_over(desk.node, body.identity, file.entry, entry.signing_key())
    index = desk.node.federation().records[body.identity].state.acts[file.act.id].index
    return _told(desk, body, index, file, "; the record is kept here from now on")


def _move(args: argparse.Namespace) -> tuple[Desk, ActFile, Known]:
    from majlis.host.actfile import check_form, read_act_file

    desk = Desk(args)
    file = read_act_file(args.file)
    check_form(file.act)
    if file.act.kind != "host.move":
        raise Refused(f"this is a {file.act.kind}, and moves no record", where=str(args.file))
    return desk, file, desk.node.body(file.act.identity)


def _told(desk: Desk, body: Known, index: int, file: ActFile, more: str) -> int:
    words = standing_in_words(body.slug, index, "host.move", "in-force", "", "")
    facts: dict[str, Any] = {"act": file.act.id, "index": index, "body": body.identity}
    return desk.done(f"{words}{more}", **facts)
