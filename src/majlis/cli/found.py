"""``majlis found``: a body comes to be, by the signatures of everybody whom its act 0 names."""

from __future__ import annotations

import argparse
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from majlis.cli.desk import Desk, add_command, read_text
from majlis.cli.found_guest import add_host, guest_log
from majlis.cli.signing import show
from majlis.cli.words import key_in_words
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.host.card import Card
    from majlis.institutions import Charter


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``found`` with its own commands."""
    parser = commands.add_parser("found", help="found a committee, an assembly or an affiliate")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    draft = add_command(
        own,
        "draft",
        run_draft,
        help_="write act 0, to be signed by everybody it names; its log's key is made in the keeper's keyring",
        example='majlis found draft hilltop --name "en=Hilltop committee" --threshold 2 --quorum 1 \\\n'
        "    --charter-key dalia.card --charter-key omar.card --officer clerk=amal.card \\\n"
        "    --mirror friends.witness --out hilltop.act",
        more="The log's next key is written to a file of its own. Take that file off this machine.",
    )
    draft.add_argument("slug", metavar="SLUG", help="a short word for it, such as hilltop")
    draft.add_argument("--name", metavar="LANG=NAME", action="append", required=True, help="its name, by language")
    draft.add_argument("--type", choices=("committee", "assembly", "affiliate"), default="committee")
    draft.add_argument("--charter-key", metavar="CARD", action="append", required=True, help="the first is the author")
    draft.add_argument("--threshold", metavar="K", type=int, required=True, help="how many charter keys act together")
    draft.add_argument("--officer", metavar="OFFICE=CARD", action="append", default=[], help="a first officer")
    draft.add_argument("--mirror", metavar="FILE", action="append", required=True, help="what 'witness new' wrote")
    draft.add_argument("--quorum", metavar="K", type=int, required=True, help="how many mirrors make an act safe")
    draft.add_argument("--charter", metavar="FILE.toml", type=Path, help="numbers other than the reference charter's")
    draft.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="one number of the charter")
    draft.add_argument("--out", metavar="FILE", type=Path, required=True, help="act 0, for everybody to sign")
    guest = draft.add_argument_group("a guest on another's host")
    guest.add_argument("--host", metavar="FILE", type=Path, help="what 'found host' wrote; the next key stays here")
    guest.add_argument("--next-on-paper", action="store_true", help="show the log's next key once, and keep it nowhere")
    add_host(own)
    start = add_command(
        own,
        "start",
        run_start,
        help_="begin the record of a body with its act 0, once everybody has signed",
        example="majlis found start stick/hilltop.act",
    )
    start.add_argument("file", metavar="FILE", type=Path, help="act 0")
    start.add_argument("--slug", metavar="SLUG", help="the short word for it here (the one in its log's name)")


def run_draft(args: argparse.Namespace) -> int:
    """Act 0 is written, unsigned."""
    from majlis.host.actfile import ActFile, check_form
    from majlis.host.author import NOTHING_SEEN
    from majlis.host.chance import chance
    from majlis.host.node import check_slug
    from majlis.institutions import NOBODY, format_text
    from majlis.institutions.charter import check_charter
    from majlis.institutions.founding import Found, Officer
    from majlis.record import NoteKey

    check_slug(args.slug, "a body's slug")
    desk = Desk(args)
    names = dict(_pair(each, "en=Hilltop committee") for each in args.name)
    charter = _charter(args)
    check_charter(charter)
    cards = [_card(path, args.slug) for path in args.charter_key]
    officers = []
    for each in args.officer:
        office, path = _pair(each, "clerk=amal.card")
        card = _card(path, args.slug)
        officers.append(Officer(office=office, key=card.key, tag=card.tag, recovery=card.recovery))
    mirrors = [_mirror(desk, Path(path)) for path in args.mirror]
    origin, log, following = _log(desk, args.slug) if args.host is None else guest_log(desk, args, mirrors)
    if args.next_on_paper and args.host is None:
        raise Malformed("the next key goes on paper where the log's key is on another machine: name that with --host")
    data = Found(
        names=_practised(desk, names),
        type=args.type,
        charter=charter,
        charter_keys=tuple(card.key for card in cards),
        threshold=args.threshold,
        log=NoteKey(name=origin, public_key=log).vkey,
        next_log=following,
        mirrors=tuple(mirrors),
        quorum=args.quorum,
        languages=tuple(names),
        officers=tuple(officers),
    )
    text = format_text(
        body=NOBODY, kind="found", author=cards[0].key, nonce=chance(16), seen=NOTHING_SEEN, cites=(), data=data
    )
    file = ActFile(text=text)
    check_form(file.act)
    show(desk, file, None)
    file.write(args.out)
    signers = len({card.key for card in cards} | {officer.key for officer in officers})
    return desk.done(
        f"{args.out} is to be signed by the {signers} keys it names, with 'majlis act sign'; then: majlis found start",
        file=str(args.out),
        identity=file.act.id,
        origin=origin,
    )


NOT_SET_UP = """
Setting it up is NOT finished: no mirror holds this record, and all of it exists on this machine only. Now, before
anything else: 'majlis tick {slug} --witness URL' where a mirror is served; or 'majlis node give PUBLIC', and on the
mirror's machine 'majlis node take', 'majlis witness trust {slug}', 'majlis witness cosign', and back here 'majlis tick
{slug} --from PUBLIC'."""


def _pair(text: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise Malformed(f"expected something like {example}, got {text[:80]!r}")
    return name, value


def _card(path: str, slug: str) -> Card:
    from majlis.errors import Fault
    from majlis.host.card import parse_card

    try:
        card = parse_card(Path(path).read_bytes())
    except Fault as fault:
        raise fault.at(path) from None
    if card.scope != slug:
        raise Refused(
            f"this card was made for {card.scope!r}; its holder makes one for {slug!r}", where=path, rule="R-CARD-2"
        )
    return card


def _mirror(desk: Desk, path: Path) -> str:
    from majlis.host.practice import is_practice
    from majlis.record import parse_cosigner_key

    vkey = read_text(path).strip()
    if is_practice(parse_cosigner_key(vkey).name) != (desk.node.practice is not None):
        raise Refused(
            "practice and earnest do not mix: this witness has another kind of clock", where=str(path), rule="R-NODE-1"
        )
    return vkey


def _practised(desk: Desk, names: dict[str, str]) -> dict[str, str]:
    """The names, which say so themselves where this is practice."""
    if desk.node.practice is None:
        return names
    word = {"ar": "تدريب"}
    return {language: f"{name} ({word.get(language, 'practice')})" for language, name in names.items()}


def _charter(args: argparse.Namespace) -> Charter:
    from majlis.institutions import Charter

    changed: dict[str, Any] = {}
    if args.charter is not None:
        try:
            changed |= tomllib.loads(read_text(args.charter))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise Malformed(f"this is no charter in TOML: {error}", where=str(args.charter)) from None
    for each in args.set:
        name, value = _pair(each, "min_ballots=20")
        try:
            changed[name] = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            changed[name] = value
    unknown = sorted(set(changed) - {field.name for field in msgspec.structs.fields(Charter)})
    if unknown:
        raise Malformed(f"a charter has no number called {unknown[0]!r}; spec/charter.md lists them")
    try:
        return msgspec.convert(changed, Charter)
    except msgspec.ValidationError as error:
        raise Malformed(f"a number of the charter does not fit: {error}") from None


def _log(desk: Desk, slug: str) -> tuple[str, bytes, str]:
    """Origin and key of a new log, and the hash of the key after it. A draft made again finds the same."""
    from majlis.host.chance import chance
    from majlis.host.node import LOG
    from majlis.host.practice import PRACTICE

    keyring = desk.keeper()
    aside = desk.node.folder / "keyrings" / "aside" / f"{slug}-next-log.json"
    name, following = f"log {slug}", f"next log {slug}"
    if name in keyring.names() and "next" not in keyring.get(name).notes:
        raise Refused(
            f"the log of {slug} was made here for a guest ('found host'): its founders draft act 0 on a machine of "
            "their own, with --host"
        )
    if name not in keyring.names():
        kept = desk.private_book(aside, desk.node.keeper)
        entry = kept.get(following) if following in kept.names() else kept.draw(following, LOG, chance=chance)
        sealed = sha256(bytes.fromhex(entry.public)).hexdigest()
        seed = chance(6).hex()
        origin = f"{PRACTICE if desk.node.practice else ''}{slug}/{seed}"
        keyring.draw(name, LOG, chance=chance, origin=origin, next=sealed)
        desk.say(f"the log's next key is in {aside}; take that file off this machine, and keep it safe")
    drawn = keyring.get(name)
    return drawn.notes["origin"], bytes.fromhex(drawn.public), drawn.notes["next"]


def run_start(args: argparse.Namespace) -> int:
    """The record is there, and the body known. Started before, it goes on."""
    from majlis.host.actfile import check_form, read_act_file
    from majlis.host.node import Known, log_key
    from majlis.institutions.words import format_words
    from majlis.record import parse_note_key

    desk = Desk(args)
    file = read_act_file(args.file)
    if not file.is_founding:
        raise Refused("this act founds no body; hand it in with 'majlis act submit'", where=str(args.file))
    check_form(file.act)
    data = file.act.data
    origin = parse_note_key(data["log"]).name
    named = {*data["charter_keys"], *(officer["key"] for officer in data["officers"])}
    lacking = sorted(named - file.signers)
    if lacking:
        keys = ", ".join(key_in_words(key) for key in lacking[:3])
        raise Missing(f"{len(lacking)} of {len(named)} keys have not signed yet ({keys}); then start again")
    keeper = desk.keeper()
    key = log_key(keeper, origin)
    with desk.node.hosting(keeper) as host:
        identity = host.found(file.entry, origin, key)
        if identity != file.act.id:
            raise Refused(f"the record {origin} was begun here with another act 0; show who founds which")
        slug = args.slug or origin.removeprefix("practice/").partition("/")[0]
        known = desk.node.add(
            Known(slug=slug, identity=identity, origin=origin, names=dict(data["names"]), is_hosted=True)
        )
    words = " ".join(format_words(identity))
    is_held = bool(desk.node.checkpoint(identity))
    return desk.done(
        f"{known.slug} is founded. Its identity, to be written on paper and read aloud to those who join:\n"
        f"  {words}\n  {identity}{'' if is_held else NOT_SET_UP.format(slug=known.slug)}",
        is_set_up=is_held,
        slug=known.slug,
        identity=identity,
        words=words,
        origin=origin,
    )
