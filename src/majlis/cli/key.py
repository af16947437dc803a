"""``majlis key``: the keys with which people act in the open; each person has one keyring, encrypted."""

from __future__ import annotations

import argparse
import getpass
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from majlis.cli.desk import PERSON, Desk, add_command, read_text
from majlis.cli.signing import add_signing, at_hand, prepare, write
from majlis.cli.words import key_in_words
from majlis.errors import Malformed, Missing

if TYPE_CHECKING:
    from majlis.crypto import SigningKey
    from majlis.host.keyring import KeyEntry, Keyring

TAG = "tag"
_TAG_NAME = "person tag"
_DIGITS: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``key`` with its own commands."""
    parser = commands.add_parser("key", help="people's keys, encrypted at rest, and the cards that show them")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    new = add_command(
        own,
        "new",
        run_new,
        help_="make a key; with a person's first key their keyring is made",
        example="majlis key new amal",
        more="The recovery key that is shown once goes on paper, apart from this machine.",
    )
    new.add_argument("name", metavar="NAME", help="what the key is called in the keyring")
    new.add_argument("--as", dest="person", metavar="PERSON", help="whose keyring (NAME's own)")

    listed = add_command(own, "list", run_list, help_="list the keys of a person", example="majlis key list --as amal")
    listed.add_argument("--as", dest="person", metavar="PERSON", required=True, help="whose keyring")

    shown = add_command(own, "show", run_show, help_="show a key and its twelve words", example="majlis key show amal")
    _add_key(shown)

    export = add_command(
        own,
        "export",
        run_export,
        help_="write a card: the public half of a key, for those who found, enrol or appoint",
        example="majlis key export amal --for hilltop --out stick/amal.card",
    )
    _add_key(export)
    export.add_argument("--for", dest="scope", metavar="SLUG", required=True, help="the body where it is to be used")
    export.add_argument("--called", metavar="NAME", help="what to be called by those who handle the card")
    export.add_argument("--out", metavar="FILE", type=Path, required=True, help="the card")

    enrol = add_command(
        own,
        "enrol",
        run_enrol,
        help_="enrol the key on a card in a body's record; its holder signs too",
        example="majlis key enrol hilltop stick/lina.card --as rima --out stick/lina.act",
    )
    enrol.add_argument("body", metavar="BODY", help="the body")
    enrol.add_argument("card", metavar="CARD", type=Path, help="the card of whose key it is")
    add_signing(enrol, author="the registrar")

    replaced = add_command(
        own,
        "replace",
        run_replace,
        help_="put a new key in the place of one that is lost or stolen, with its recovery key from paper",
        example="majlis key new amal2\nmajlis key replace hilltop 3f2a91c04b --as amal2",
        more="Offices and what is left of their terms pass to the new key, and the old one is dead. The 64 digits on\n"
        "paper are asked for. Without them the members decide: 'majlis propose --grant', then 'majlis act draft'.",
    )
    replaced.add_argument("body", metavar="BODY", help="where the key is enrolled")
    replaced.add_argument("old", metavar="KEY", help="the old key, or how it begins")
    replaced.add_argument("--paper", metavar="FILE", type=Path, help="the recovery key in a file; for scripts")
    add_signing(replaced, author="who holds the new key")

    suspended = add_command(
        own,
        "suspend",
        run_suspend,
        help_="suspend your key in a record, at once and for good: lost, seized, or feared for",
        example="majlis key suspend hilltop --as amal\n"
        "majlis key suspend hilltop --as amal --url http://hilltop.example:8000",
        more="The key itself signs it, and nobody else is asked. Its offices and its seat end with it; a new key\n"
        "takes its place with the recovery key from paper ('majlis key replace'). By --url or --out it goes to where\n"
        "the record is kept, from any copy of it; a mirror logs that it was handed in ('majlis outbox --deliver').",
    )
    suspended.add_argument("body", metavar="BODY", help="where the key is enrolled, or sits")
    suspended.add_argument("--key", metavar="NAME", help="which of your keys, where you have several")
    suspended.add_argument("--url", metavar="URL", help="hand it in at this served host")
    suspended.add_argument("--receipts", metavar="DIR", type=Path, help="write the host's signed receipt here")
    add_signing(suspended, author="the holder of the key")


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the key")
    parser.add_argument("--as", dest="person", metavar="PERSON", help="whose keyring (NAME's own)")


def run_new(args: argparse.Namespace) -> int:
    """A key is in the keyring."""
    from majlis.crypto import SigningKey
    from majlis.host.chance import chance
    from majlis.host.keyring import KeyEntry, Secret

    desk = Desk(args)
    person = args.person or args.name
    path = desk.node.keyring_path(person)
    keyring = desk.keyring(person) if path.is_file() else desk.new_keyring(path, person)
    if _TAG_NAME not in keyring.names():
        secret = chance(32)
        keyring.add(
            KeyEntry(name=_TAG_NAME, kind=TAG, public=sha256(secret).hexdigest(), secret=Secret(secret)), chance=chance
        )
    recovery = SigningKey(chance(32))
    entry = keyring.draw(args.name, PERSON, chance=chance, recovery=sha256(recovery.public_key).hexdigest())
    paper = recovery.export().hex()
    desk.say(f"{person} holds the key {args.name}, which people call {key_in_words(entry.public)}")
    groups = " ".join(paper[at : at + 8] for at in range(0, 64, 8))
    desk.say(f"its recovery key, for paper and for no machine: {groups}")
    return desk.done("", person=person, name=args.name, key=entry.public, recovery=paper)


def run_list(args: argparse.Namespace) -> int:
    """The names, kinds and public halves."""
    desk = Desk(args)
    entries = desk.keyring(args.person).entries()
    return desk.done(
        "\n".join(f"{entry.name}: {entry.kind}, {entry.public[:16]}" for entry in entries),
        person=args.person,
        keys=[{"name": e.name, "kind": e.kind, "public": e.public, "body": e.body} for e in entries],
    )


def run_show(args: argparse.Namespace) -> int:
    """One key, in digits and in words."""
    from majlis.institutions.words import arabic_word, format_words

    desk = Desk(args)
    entry = desk.keyring(args.person or args.name).get(args.name)
    words = format_words(entry.public)
    arabic = " ".join(arabic_word(word) for word in words)
    return desk.done(
        f"{entry.name} ({entry.kind})\n  {entry.public}\n  {' '.join(words)}\n  {arabic}",
        name=entry.name,
        kind=entry.kind,
        public=entry.public,
        words=" ".join(words),
    )


def run_export(args: argparse.Namespace) -> int:
    """The card is written."""
    from majlis.host.card import Card, format_card, person_tag
    from majlis.host.disk import write_file

    desk = Desk(args)
    keyring = desk.keyring(args.person or args.name)
    entry = _person_key(keyring, args.name)
    card = Card(
        name=args.called or args.name,
        scope=args.scope,
        key=entry.public,
        tag=person_tag(keyring.get(_TAG_NAME).secret, args.scope),
        recovery=entry.notes["recovery"],
    )
    write_file(args.out, format_card(card, entry.signing_key()))
    return desk.done(
        f"{args.out} is the card of {card.name} for {card.scope}: {key_in_words(card.key)}",
        file=str(args.out),
        key=card.key,
        tag=card.tag,
    )


def _person_key(keyring: Keyring, name: str) -> KeyEntry:
    entry = keyring.get(name)
    if entry.kind != PERSON:
        raise Malformed(f"{name!r} is a key of kind {entry.kind!r}; only a person's key goes on a card")
    return entry


def run_enrol(args: argparse.Namespace) -> int:
    """The enrolment is written, or logged where the holder signed with ``--with``."""
    from majlis.host.card import parse_card

    desk = Desk(args)
    body, federation, _ = at_hand(desk)
    card = parse_card(args.card.read_bytes())
    if card.scope != body.slug:
        desk.warn(f"this card was made for {card.scope!r}; its tag tells persons apart only there")
    data = {"key": card.key, "tag": card.tag, "recovery": card.recovery}
    return write(desk, body, federation, "key.enrol", data)


def run_replace(args: argparse.Namespace) -> int:
    """The new key has the offices of the old one, or the act that says so is written."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    old = sorted(key for key in state.keys if len(args.old) >= 6 and key.startswith(args.old))
    if len(old) != 1:
        raise Missing(f"{len(old) or 'none'} of the keys enrolled in {body.slug} begins so; give more of its digits")
    new = [entry for entry in desk.keyring(args.person).entries() if entry.kind == PERSON]
    if len(new) != 1:
        raise Malformed(
            f"{args.person!r} has {len(new)} keys, and one takes the place of the old; make a keyring for the new key "
            "alone with 'majlis key new'"
        )
    paper = paper_key(args.paper)
    data = {
        "key": old[0],
        "new": new[0].public,
        "next": new[0].notes["recovery"],
        "recovery": paper.public_key.hex(),
    }
    return write(desk, body, federation, "key.replace", data, also=[paper])


def run_suspend(args: argparse.Namespace) -> int:
    """The key is suspended, or the act that says so is written or handed in. Raises: Malformed, Missing."""
    from majlis.cli.handing import post_all

    desk = Desk(args)
    if args.url and args.out:
        raise Malformed("hand it in with --url, or write it to a file with --out")
    body, federation, _ = at_hand(desk)
    own = [entry for entry in desk.keyring(args.person).entries() if entry.kind == PERSON]
    chosen = [entry for entry in own if args.key in (None, entry.name)]
    if len(chosen) != 1:
        raise Missing(
            f"{args.person!r} has {len(own)} keys ({', '.join(entry.name for entry in own)}); name one by --key"
        )
    data = {"key": chosen[0].public}
    if not args.url:
        return write(desk, body, federation, "key.suspend", data)
    file = prepare(desk, body, federation, "key.suspend", data, elsewhere=True)
    codes, facts = post_all(desk, body, [file], args.url)
    return desk.ended(max(codes), "", acts=facts)


def paper_key(path: Path | None, what: str = "Recovery key of the old key") -> SigningKey:
    """The key on paper, from the file or asked for. Raises: Malformed, when it is not 64 hex digits."""
    from majlis.crypto import SigningKey

    if path is None and not sys.stdin.isatty():
        raise Malformed(
            "the digits on paper cannot be asked for here; run this in a terminal, or name a file with --paper"
        )
    text = getpass.getpass(f"{what}, from paper: ") if path is None else read_text(path)
    digits = "".join(text.split()).lower()
    if not _DIGITS.fullmatch(digits):
        raise Malformed(
            "a key on paper is 64 digits from 0 to 9 and a to f, as they stand on paper", where=str(path or "")
        )
    return SigningKey(bytes.fromhex(digits))
