"""``majlis witness`` and ``majlis tick``: mirrors cosign records, and records learn from them what time it is."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from majlis.cli.desk import PERSON, Desk, add_command, at
from majlis.cli.witness_answer import add_answer
from majlis.cli.words import standing_in_words, taken_in_words
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.crypto import SigningKey
    from majlis.host.exchange import Taken
    from majlis.host.host import Receipt
    from majlis.host.node import Keeping
    from majlis.host.witness import Mirror


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands ``witness`` and ``tick``."""
    parser = commands.add_parser("witness", help="the mirror of this folder, which cosigns other bodies' records")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    new = add_command(
        own,
        "new",
        run_new,
        help_="make the witness of this folder, whose key others name as a mirror",
        example="majlis witness new friends-mirror --out stick/friends.witness",
    )
    new.add_argument("name", metavar="NAME", help="what it is called, such as friends-mirror")
    new.add_argument("--out", metavar="FILE", type=Path, required=True, help="its public key, for those who found")
    trust = add_command(
        own,
        "trust",
        run_trust,
        help_="let the witness cosign a record of which a copy is here",
        example="majlis witness trust hilltop",
    )
    trust.add_argument("body", metavar="BODY", help="whose record")
    cosign = add_command(
        own,
        "cosign",
        run_cosign,
        help_="hold and cosign what is new in a public folder; the cosignatures are written into it",
        example="majlis witness cosign stick/public",
    )
    cosign.add_argument("public", metavar="DIR", type=Path, help="what 'majlis node give' wrote")

    add_answer(own)
    tick = add_command(
        commands,
        "tick",
        run_tick,
        help_="log the mirrors' time in a record: the only time it knows",
        example="majlis tick hilltop --from stick/public",
        more="By stick: 'majlis node give DIR' here, 'majlis witness cosign DIR' at each mirror, and this when it is\n"
        "back. With --witness URL the witness of a served data folder is asked, with --witness DIR that of another\n"
        "folder on this machine, whose keeper gives their passphrase; the copies there then hold the tick too.",
    )
    tick.add_argument("body", metavar="BODY", help="whose record")
    how = tick.add_mutually_exclusive_group(required=True)
    how.add_argument("--from", dest="public", metavar="DIR", type=Path, help="the public folder that came back")
    how.add_argument(
        "--witness", metavar="URL|DIR", action="append", help="where a witness is; repeat it until there are enough"
    )


def run_new(args: argparse.Namespace) -> int:
    """The witness has a key and a memory, and its public key is written."""
    from majlis.host.chance import chance
    from majlis.host.disk import write_file
    from majlis.host.practice import PRACTICE
    from majlis.host.witness import Witness, remember_witness
    from majlis.record import CosignerKey

    desk = Desk(args)
    from majlis.host.witnessing import WITNESS

    keyring = desk.keeper()
    name = f"{PRACTICE if desk.node.practice else ''}{args.name}"
    before = [entry.name for entry in keyring.entries() if entry.kind == WITNESS]
    if before and before != [name]:
        raise Refused(f"this folder has its witness, {before[0]!r}; one is enough")
    home = desk.node.folder / "witness"
    home.mkdir(exist_ok=True)
    key = Witness.found(home, name, keyring, chance)
    vkey = CosignerKey(name=name, public_key=key.public_key).vkey
    remember_witness(desk.node.folder, CosignerKey(name=name, public_key=key.public_key))
    write_file(args.out, f"{vkey}\n".encode())
    return desk.done(f"{args.out} is the key of the witness {name}", name=name, vkey=vkey, file=str(args.out))


@contextmanager
def open_witness(desk: Desk) -> Iterator[tuple[Keeping, Mirror]]:
    """The store and the mirror of a folder, open for writing. Raises: Missing, where there is none."""
    from majlis.host.digests import check_stored_digests
    from majlis.host.witness import Mirror, remember_witness
    from majlis.host.witnessing import WITNESS

    entries = [entry for entry in desk.keeper().entries() if entry.kind == WITNESS]
    if not entries:
        raise Missing("this folder has no witness; make one with 'majlis witness new'", where=str(desk.node.folder))
    home = desk.node.folder / "witness"
    with desk.node.writing() as store:
        mirror = Mirror(home, entries[0].signing_key(), desk.node.clock, store=store, source=_nothing)
        mirror.judge = lambda origin, start, end: check_stored_digests(desk.node, store, origin, start, end)
        remember_witness(desk.node.folder, mirror.cosigner)
        try:
            yield store, mirror
        finally:
            mirror.close()


def _nothing(origin: str, start: int, end: int) -> list[bytes]:
    raise Missing(f"entries {start} to {end} of {origin!r} are not here; take the folder again")


def run_trust(args: argparse.Namespace) -> int:
    """The witness cosigns this record from now on."""
    from majlis.host.folder import founding_keys
    from majlis.host.mirroring import follow
    from majlis.host.practice import is_practice
    from majlis.institutions.words import format_words

    desk = Desk(args)
    body = desk.body()
    if is_practice(body.origin) != (desk.node.practice is not None):
        raise Refused(
            "practice and earnest do not mix: the clock of that record is not like the one here", rule="R-NODE-1"
        )
    with open_witness(desk) as (store, mirror):
        log, _, _ = founding_keys(store.record(body.origin).entries(0, 1)[0])
        mirror.trust(log)
        follow(desk.node, mirror, body.identity, store.record(body.origin).entries())
        name = mirror.cosigner.name
    words = " ".join(format_words(body.identity))
    return desk.done(
        f"{name} cosigns the record of {body.slug} from now on. Compare its words with its people:\n  {words}",
        body=body.identity,
        words=words,
    )


def run_cosign(args: argparse.Namespace) -> int:
    """The public folder bears the cosignatures; 1 when a record in it did not hold."""
    desk = Desk(args)
    done = _cosign(desk, args.public)
    for each in done:
        desk.say(taken_in_words(each))
    if not done:
        raise Missing("this folder holds no record of another body; look at the name of the folder")
    return desk.ended(int(any(each.outcome == "refused" for each in done)), "", records=[asdict(each) for each in done])


def _cosign(desk: Desk, public: Path) -> list[Taken]:
    from majlis.host.mirroring import cosign

    with open_witness(desk) as (store, mirror):
        return cosign(desk.node, mirror, store, public)


def run_tick(args: argparse.Namespace) -> int:
    """The record knows the time; 3 while mirrors are lacking."""
    desk = Desk(args)
    body = desk.body()
    if not body.is_hosted:
        raise Refused(f"the record of {body.slug} is kept elsewhere; its tick is logged there")
    if args.public is not None:
        return _log(desk, args.public)
    urls = [each for each in args.witness if each.startswith(("http://", "https://"))]
    if urls and len(urls) != len(args.witness):
        raise Malformed("ask witnesses at addresses and in folders one after the other: each makes a tick of its own")
    if urls:
        return _ask(desk, urls)
    with tempfile.TemporaryDirectory(prefix="majlis-") as scratch:
        public = Path(scratch) / "public"
        others = [_other(desk, folder) for folder in args.witness]
        _give(desk, public)
        for other in others:
            for taken in _cosign(other, public):
                if taken.identity == body.identity and taken.outcome == "refused":
                    raise Refused(f"the witness did not cosign: {taken.text}", where=str(other.node.folder))
        code = _log(desk, public)
        _give(desk, public)
        for other in others:
            _take(other, public)
    return code


def _other(desk: Desk, folder: str) -> Desk:
    arguments = argparse.Namespace(**{**vars(desk.args), "data": folder, "json": True})
    if Path(folder).resolve() == desk.node.folder.resolve():
        raise Malformed("a record is witnessed by another folder, never by its own")
    return Desk(arguments)


def _give(desk: Desk, public: Path) -> None:
    from majlis.host.exchange import give

    with desk.node.hosting(desk.keeper()) as host:
        give(desk.node, host, public)


def _take(desk: Desk, public: Path) -> None:
    from majlis.host.exchange import take

    take(desk.node, public)


def _ask(desk: Desk, urls: list[str]) -> int:
    """The witnesses at these addresses cosign, and the tick is logged."""
    from majlis.host.asking import RemoteWitness
    from majlis.host.http import Caller
    from majlis.host.ticking import tick_over_http

    witnesses = [RemoteWitness(Caller(url)) for url in urls]
    key = _person(desk)
    with desk.node.hosting(desk.keeper()) as host:
        ticked = tick_over_http(desk.node, host, desk.body().identity, witnesses, key)
    for asked in ticked.asked:
        desk.say(f"{asked.url}: {asked.text or f'{asked.cosigner} cosigned'}")
    return _told(desk, ticked.receipt, ticked.time)


def _person(desk: Desk) -> SigningKey:
    """The keeper's own key. Raises: Missing."""
    entry = next((e for e in desk.keeper().entries() if e.kind == PERSON), None)
    if entry is None:
        raise Missing(f"{desk.node.keeper!r} has no key to sign the tick with; make one with 'majlis key new'")
    return entry.signing_key()


def _log(desk: Desk, public: Path) -> int:
    from majlis.host.mirroring import log_tick

    key = _person(desk)
    with desk.node.hosting(desk.keeper()) as host:
        receipt, time = log_tick(desk.node, host, desk.body().identity, public, key)
    return _told(desk, receipt, time)


def _told(desk: Desk, receipt: Receipt, time: int) -> int:
    standing = receipt.standing
    status, rule, text = (standing.status, standing.rule, standing.text) if standing else ("void", "", "")
    words = standing_in_words(desk.body().slug, receipt.index, "tick", status, rule, text)
    facts = {"act": receipt.act, "index": receipt.index, "status": status, "rule": rule, "time": time}
    return desk.ended(int(status != "in-force"), f"{words}; the mirrors say {at(time)}", **facts)
