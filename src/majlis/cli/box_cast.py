"""``majlis box seal``, ``cast``, ``show`` and ``object``: the member's side of a secret ballot, and the box's slot."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path

from majlis.cli.box_keep import Kept, add_election
from majlis.cli.box_vote import Voted, add_vote, add_voter, sealed
from majlis.cli.desk import Desk, add_command
from majlis.cli.signing import hand_in, show
from majlis.errors import Forged, Malformed, Missing, Refused


def register(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of members, and of whoever takes their ballots in."""
    seal = add_command(
        own,
        "seal",
        run_seal,
        help_="seal a member's ballot on their own device",
        example="majlis box seal hilltop 16 --vote for --as m1 --out stick/m1.ballot",
        more="Where candidates are ranked, name them in the order of preference: --vote 2 --vote 1 puts the second on\n"
        "the paper first; who is not named is not ranked. Keep the tracker that is shown: with it you find your\n"
        "ballot in the box, and see that it counts.",
    )
    add_election(seal)
    add_vote(seal, required=True)
    seal.add_argument("--out", metavar="FILE", type=Path, required=True, help="the ballot, to be carried to the box")

    cast = add_command(
        own,
        "cast",
        run_cast,
        help_="put ballots into the box, each verified first; or seal one and put it in at once",
        example="majlis box cast hilltop 16 stick/m1.ballot",
        more="Whoever votes again replaces what they cast before.",
    )
    add_election(cast)
    cast.add_argument("files", metavar="FILE", type=Path, nargs="*", help="sealed ballots")
    cast.add_argument("--url", metavar="URL", help="hand them to a served host instead of a box that is kept here")
    cast.add_argument(
        "--receipts", metavar="DIR", type=Path, help="write the host's signed word on each here; voters keep theirs"
    )
    add_vote(cast, required=False)

    shown = add_command(
        own,
        "show",
        run_show,
        help_="show how far a ballot box has come, or what became of one ballot",
        example="majlis box show hilltop 16 --tracker Qm3v…",
    )
    add_election(shown)
    shown.add_argument("--tracker", metavar="TRACKER", help="what was shown when the ballot was sealed")
    shown.add_argument(
        "--receipt", metavar="FILE", type=Path, help="the host's word on a ballot: does the box bear it?"
    )

    objection = add_command(
        own,
        "object",
        run_object,
        help_="object, after the close, that the ballot which counts is not the one you cast",
        example="majlis box object hilltop 16 --as m1 --out stick/m1.act",
        more="The objection is signed with a key made for this ballot alone; it says that a member objects, not who.",
    )
    add_election(objection)
    add_voter(objection)
    objection.add_argument("--out", metavar="FILE", help="write the act to a file, to be handed in by anybody")


def run_seal(args: argparse.Namespace) -> int:
    """The sealed ballot is written, and its tracker shown."""
    from majlis.ballot import tracker_of
    from majlis.host.disk import write_file

    ballot = Voted(Desk(args))
    raw = sealed(ballot)
    write_file(args.out, raw)
    tracker = tracker_of(raw)
    return ballot.desk.done(f"sealed in {args.out}; its tracker: {tracker}", file=str(args.out), tracker=tracker)


def run_cast(args: argparse.Namespace) -> int:
    """The ballots are in the box, durably, and their trackers shown; one that does not hold stops all of them."""
    from majlis.ballot import tracker_of
    from majlis.host.box_receipt import acknowledge

    if bool(args.files) == bool(args.vote):
        raise Malformed("name sealed ballots, or seal one here with --vote and --as")
    desk = Desk(args)
    if args.url is not None:
        return _post(Voted(desk), args.url)
    kept = Kept(desk)
    raws = [sealed(Voted(desk))] if args.vote else [path.read_bytes() for path in args.files]
    if kept.election.opened is None or kept.election.closed is not None:
        raise Refused("this box is not open; no ballot is taken in", rule="R-BOXHEAD-1")
    if args.receipts:
        with desk.node.hosting(desk.keeper()) as host:
            host.check_taken(kept.body.identity)
            box = host.boxes.get(kept.election.uuid)
            first = box.count
            box.cast_many(raws)
            notes = [acknowledge(host, kept.body.identity, box, raw) for raw in raws]
    else:
        with kept.box() as (box, _):
            first, notes = box.count, []
            box.cast_many(raws)
    trackers = [tracker_of(raw) for raw in raws]
    for raw, note in zip(raws, notes, strict=False):
        _write_receipt(desk, raw, note)
    text = "\n".join(f"ballot {first + n} in the box; its tracker: {each}" for n, each in enumerate(trackers, start=1))
    return desk.done(text, ballots=[{"place": first + n, "tracker": each} for n, each in enumerate(trackers, start=1)])


def _write_receipt(desk: Desk, ballot: bytes, note: str) -> None:
    """The receipt lies in ``--receipts``, under the beginning of the ballot's hash."""
    from majlis.host.disk import write_file

    path = desk.args.receipts / f"{sha256(ballot).hexdigest()[:16]}.receipt"
    write_file(path, note.encode())
    desk.say(f"the host's receipt: {path}; with it you prove that it had your ballot")


def _post(ballot: Voted, url: str) -> int:
    """The ballots are in a box at a served host. Raises: Forged, when it answers with another tracker than theirs."""
    from majlis.ballot import tracker_of
    from majlis.host.post import post_ballot

    desk = ballot.desk
    raws = [sealed(ballot)] if desk.args.vote else [path.read_bytes() for path in desk.args.files]
    facts = []
    for raw in raws:
        posted = post_ballot(url, ballot.election.uuid, raw)
        if posted.id != tracker_of(raw):
            raise Forged("the host answers with the tracker of another ballot; hand yours in at a mirror")
        if desk.args.receipts and posted.note:
            _write_receipt(desk, raw, posted.note)
        desk.say(f"{posted.level}: ballot {posted.place} in the box; its tracker: {posted.id}")
        facts.append({"place": posted.place, "tracker": posted.id})
    return desk.done("", ballots=facts)


def run_show(args: argparse.Namespace) -> int:
    """Where the box or the ballot stands. Raises: Missing, when no ballot has that tracker."""
    from majlis.ballot import tracker_of
    from majlis.host.ceremony import contents_of

    desk = Desk(args)
    ballot = Voted(desk)
    if args.receipt is not None:
        return _show_receipt(ballot)
    contents = contents_of(desk.node.boxes.path(ballot.election.uuid))
    stage = "closed" if contents.is_closed else "open"
    if args.tracker is None:
        voters = len(set(contents.voters))
        return desk.done(
            f"the box is {stage}, with {len(contents.ballots)} ballots of {voters} voters; "
            f"{ballot.election.voters} are on the list",
            uuid=ballot.election.uuid,
            stage=stage,
            ballots=len(contents.ballots),
            voters=voters,
            listed=ballot.election.voters,
            trackers=[tracker_of(raw) for raw in contents.ballots],
        )
    trackers = [tracker_of(raw) for raw in contents.ballots]
    if args.tracker not in trackers:
        raise Missing(
            "no ballot in this box has that tracker; look at each letter of it. Until the close you can vote again, "
            "after it object with 'majlis box object'"
        )
    place = trackers.index(args.tracker)
    counts = contents.voters[place] not in contents.voters[place + 1 :]
    text = "counts" if counts else "was replaced by a later one with the same key, and does not count"
    return desk.done(f"ballot {place + 1} of {len(trackers)} in the box; it {text}", place=place + 1, counts=counts)


def _show_receipt(ballot: Voted) -> int:
    """The box at hand bears the receipt out. Raises: Forged, when its host dropped the ballot; Missing, Refused."""
    from majlis.host.box_receipt import check_ballot_receipt, read_ballot_receipt
    from majlis.institutions.logs import every_log

    desk = ballot.desk
    receipt = read_ballot_receipt(desk.args.receipt.read_bytes())
    if receipt.uuid != ballot.election.uuid:
        raise Refused("this receipt is for a ballot of another box", where=str(desk.args.receipt))
    state = ballot.federation.fold(ballot.body.identity)
    carried: int | None = None
    if state.moves:
        then = ballot.federation.fold(ballot.body.identity, state.moves[-1].index).elections.get(ballot.act)
        carried = then.heads[-1][0] if then is not None and then.heads else 0
    check_ballot_receipt(receipt, desk.node.boxes.path(receipt.uuid), every_log(state), carried=carried)
    text = f"ballot {receipt.tracker} entered as event {receipt.height}, as its host acknowledged"
    return desk.done(text, tracker=receipt.tracker, height=receipt.height)


def run_object(args: argparse.Namespace) -> int:
    """The objection is logged here, or written to a file."""
    from majlis.crypto import SigningKey
    from majlis.host.actfile import ActFile
    from majlis.host.ceremony import prove_listed, read_listing
    from majlis.host.chance import chance
    from majlis.institutions import Seen, format_text
    from majlis.record import encode_base64

    desk = Desk(args)
    ballot = Voted(desk)
    body = ballot.body
    secret = ballot.secret()
    listing = read_listing(desk.node.blobs.get(ballot.election.credentials))
    data = {"election": ballot.act, **prove_listed(secret, listing, ballot.act, "objection", chance)}
    # The act's author says nothing of the member: a key that is made for this one act, and thrown away.
    author = SigningKey(chance(32))
    record = ballot.federation.records[body.identity]
    text = format_text(
        body=body.identity,
        kind="objection.raise",
        author=author.public_key.hex(),
        nonce=chance(16),
        seen=Seen(size=record.tree.size, root=encode_base64(record.tree.root())),
        cites=(),
        data=data,
    )
    file = ActFile(text=text).signed(author)
    show(desk, file, ballot.state)
    _, findings = ballot.federation.judge(body.identity, file.entry)
    if findings:
        raise Refused(f"this objection would be void: {findings[0].text}", rule=findings[0].rule)
    if args.out:
        file.write(Path(args.out))
        return desk.done(f"written to {args.out}; anybody hands it in with 'majlis act submit'", file=args.out)
    return hand_in(desk, body, [file])
