"""``majlis recall``: a delegate recalled by those who sent them; and the signatures of any petition."""

from __future__ import annotations

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.cli.box_vote import add_voter, voter_secret
from majlis.cli.desk import Desk, add_command, ref, words_of
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.host.ceremony import Listing
    from majlis.institutions import State
    from majlis.institutions.state import Petition

_MOST_IN_ONE_ACT = 40


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``recall`` with its own commands."""
    parser = commands.add_parser("recall", help="recall a delegate; sign this or any other petition")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    petition = add_command(
        own,
        "petition",
        run_petition,
        help_="open a petition to recall a delegate whom this body sent",
        example="majlis recall petition hilltop --delegate 3f2a… --assembly assembly --reason @reason.txt --as amal",
    )
    petition.add_argument("body", metavar="BODY", help="whose members sent the delegate")
    petition.add_argument("--delegate", metavar="KEY", required=True, help="the delegate's key, or how it begins")
    petition.add_argument("--assembly", metavar="BODY", required=True, help="from which assembly")
    petition.add_argument("--reason", metavar="TEXT", required=True, help="why, or @FILE; it becomes a public blob")
    add_signing(petition, author="anybody")

    listed = add_command(
        own,
        "list",
        run_list,
        help_="commit to the anonymous list of those who may sign a petition",
        example="majlis recall list hilltop 30 --points stick/hilltop.points --as lina --out stick/list.act",
        more="The list itself is written beside, for members to find their place. The registrar signs the act too.",
    )
    _add_petition(listed)
    listed.add_argument("--points", metavar="FILE", type=Path, required=True, help="what 'credential points' wrote")
    listed.add_argument("--listing", metavar="FILE", type=Path, required=True, help="write the list for members here")
    add_signing(listed, author="the list keeper")

    sign = add_command(
        own,
        "sign",
        run_sign,
        help_="sign a petition as a member, with a key made for it alone",
        example="majlis recall sign hilltop 30 --listing stick/petition.list --as m1 --out stick/m1.signature",
        more="Hand the file to whoever gathers signatures. It links to no ballot and to no other petition.",
    )
    _add_petition(sign)
    sign.add_argument("--listing", metavar="FILE", type=Path, required=True, help="the list of this petition")
    add_voter(sign)
    sign.add_argument("--out", metavar="FILE", type=Path, required=True, help="the signature")

    gather = add_command(
        own,
        "gather",
        run_gather,
        help_="log a batch of members' signatures; batches hide who signed when",
        example="majlis recall gather hilltop 30 stick/m1.signature stick/m2.signature --as amal",
    )
    _add_petition(gather)
    gather.add_argument("files", metavar="FILE", type=Path, nargs="+", help=f"signatures, at most {_MOST_IN_ONE_ACT}")
    add_signing(gather, author="anybody")

    vote = add_command(
        own,
        "vote",
        run_vote,
        help_="announce the secret ballot on a recall, once the petition has passed",
        example="majlis recall vote hilltop 30 --as amal",
        more="Then as for every box: trustee key, credential list, box new. The assembly acts on the result.",
    )
    _add_petition(vote)
    add_signing(vote, author="the clerk")


def _add_petition(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("body", metavar="BODY", help="whose members sign")
    parser.add_argument("petition", metavar="PETITION", help="the act that opened it: position or id")


def _petition(desk: Desk, state: State) -> tuple[str, Petition]:
    act = ref(state, desk.args.petition)
    if act not in state.petitions:
        raise Missing(f"act {desk.args.petition} opens no petition in the copy that is here")
    return act, state.petitions[act]


def run_petition(args: argparse.Namespace) -> int:
    """The petition is open."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    assembly = desk.node.body(args.assembly).identity if len(args.assembly) != 64 else args.assembly
    stood = {c.key for e in state.elections.values() if e.subject == assembly for c in e.candidates}
    keys = sorted(key for key in stood if len(args.delegate) >= 6 and key.startswith(args.delegate))
    if len(keys) != 1:
        raise Missing(f"{len(keys) or 'none'} of those who stood for that assembly has a key that begins so")
    blob = f"{words_of(args.reason).strip()}\n".encode()
    digest = sha256(blob).hexdigest()
    data = {"delegate": keys[0], "assembly": assembly, "reason": digest}
    return write(desk, body, federation, "recall.petition", data, blobs={digest: blob})


def run_list(args: argparse.Namespace) -> int:
    """The list is committed to, and written for members."""
    from majlis.host.cards import label_of
    from majlis.host.ceremony import make_listing, petition_list_data
    from majlis.host.disk import write_file
    from majlis.host.roll import listed_points, parse_points

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    act, _ = _petition(desk, state)
    book = desk.private_book(desk.node.folder / "lists" / f"{body.slug}.json", args.person)
    points = parse_points(args.points.read_bytes(), body.identity)
    listing = make_listing(listed_points(book, points, act, label_of(state, act)))
    write_file(args.listing, listing.payload)
    return write(desk, body, federation, "petition.list", petition_list_data(act, listing))


def _listing(path: Path, petition: Petition) -> Listing:
    """The list, which must be the committed one. Raises: Missing, Refused, Malformed."""
    from majlis.host.ceremony import read_listing

    if not petition.root:
        raise Missing("the list of this petition is not committed yet, in the copy that is here")
    listing = read_listing(path.read_bytes())
    if listing.root != petition.root:
        raise Refused("this list is not the one that was committed for this petition", where=str(path))
    return listing


def run_sign(args: argparse.Namespace) -> int:
    """The member's signature is written."""
    from majlis.host.ceremony import prove_listed
    from majlis.host.chance import chance
    from majlis.host.disk import write_file

    desk = Desk(args)
    body, _, state = at_hand(desk)
    act, petition = _petition(desk, state)
    what = "to recall a delegate" if petition.aim == "recall" else "to put a decision by hand to a secret ballot"
    desk.say(f"you sign the petition {act[:16]} {what}")
    secret = voter_secret(desk, state, body, act)
    signature = prove_listed(secret, _listing(args.listing, petition), act, petition.aim, chance)
    write_file(args.out, json.dumps({"petition": act, **signature}, indent=1).encode() + b"\n")
    return desk.done(f"signed in {args.out}", file=str(args.out), key=signature["key"])


def run_gather(args: argparse.Namespace) -> int:
    """The batch is logged. A signature for another petition stops all of it."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    act, _ = _petition(desk, state)
    if len(args.files) > _MOST_IN_ONE_ACT:
        raise Malformed(f"one act holds {_MOST_IN_ONE_ACT} signatures; gather them in several batches")
    signatures = sorted((_signature(path, act) for path in args.files), key=lambda each: str(each["key"]))
    return write(desk, body, federation, "petition.sign", {"petition": act, "signatures": signatures})


def _signature(path: Path, petition: str) -> dict[str, Any]:
    from majlis.institutions.profile import parse_profile

    try:
        found = parse_profile(path.read_bytes())
    except Malformed as fault:
        raise Malformed(f"this is no member's signature: {fault.text}", where=str(path)) from None
    if found.pop("petition", "") != petition:
        raise Refused("this signature is for another petition", where=str(path))
    return found


def run_vote(args: argparse.Namespace) -> int:
    """The ballot is announced."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    act, _ = _petition(desk, state)
    data = {"purpose": "recall", "subject": act, "seats": 0, "candidates": []}
    return write(desk, body, federation, "election.announce", data)
