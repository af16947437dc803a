"""``majlis box seal``, ``cast``, ``show`` and ``object``: the member's side of a secret ballot, and the box's slot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.box_keep import Kept, add_election
from majlis.cli.desk import Desk, add_command, ref
from majlis.cli.signing import at_hand, hand_in, show
from majlis.errors import Forged, Malformed, Missing, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.ballot import ChoiceQuestion
    from majlis.host.federation import Federation
    from majlis.host.keyring import Keyring
    from majlis.host.node import Known
    from majlis.institutions import State
    from majlis.institutions.state import Election


def add_casting(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of members, and of whoever takes their ballots in."""
    seal = add_command(
        own,
        "seal",
        run_seal,
        help_="seal a member's ballot on their own device",
        example="majlis box seal hilltop 16 --vote for --as m1 --out stick/m1.ballot",
        more="Keep the tracker that is shown: with it you find your ballot in the box, and see that it counts.",
    )
    add_election(seal)
    _add_vote(seal, required=True)
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
    _add_vote(cast, required=False)

    shown = add_command(
        own,
        "show",
        run_show,
        help_="show how far a ballot box has come, or what became of one ballot",
        example="majlis box show hilltop 16 --tracker Qm3v…",
    )
    add_election(shown)
    shown.add_argument("--tracker", metavar="TRACKER", help="what was shown when the ballot was sealed")

    objection = add_command(
        own,
        "object",
        run_object,
        help_="object, after the close, that the ballot which counts is not the one you cast",
        example="majlis box object hilltop 16 --as m1 --out stick/m1.act",
        more="The objection is signed with a key made for this ballot alone; it says that a member objects, not who.",
    )
    add_election(objection)
    objection.add_argument("--as", dest="person", metavar="PERSON", required=True, help="the member, as called here")
    objection.add_argument("--out", metavar="FILE", help="write the act to a file, to be handed in by anybody")


def _add_vote(parser: argparse.ArgumentParser, *, required: bool) -> None:
    answers = "for, against, blank; or a candidate's place on the paper"
    parser.add_argument("--vote", metavar="ANSWER", action="append", required=required, help=answers)
    parser.add_argument("--as", dest="person", metavar="PERSON", required=required, help="the member, as called here")


class _Ballot:
    """One election as a member's device sees it."""

    def __init__(self, desk: Desk) -> None:
        """Raises: Missing, for no such election."""
        self.desk = desk
        self.body: Known
        self.federation: Federation
        self.state: State
        self.body, self.federation, self.state = at_hand(desk)
        self.act = ref(self.state, desk.args.election)
        if self.act not in self.state.elections:
            raise Missing(f"act {desk.args.election} announces no secret ballot in the copy that is here")
        self.election: Election = self.state.elections[self.act]


def run_seal(args: argparse.Namespace) -> int:
    """The sealed ballot is written, and its tracker shown."""
    from majlis.ballot import tracker_of
    from majlis.host.disk import write_file

    ballot = _Ballot(Desk(args))
    raw = _sealed(ballot)
    write_file(args.out, raw)
    tracker = tracker_of(raw)
    return ballot.desk.done(f"sealed in {args.out}; its tracker: {tracker}", file=str(args.out), tracker=tracker)


def _sealed(ballot: _Ballot) -> bytes:
    """The ballot of ``--as``, on the paper that the acts make.

    Raises: Missing, before the box opens, or for a member not on the list; Malformed, for no answer of the paper.
    """
    from majlis.ballot import ChoiceQuestion, parse_election, seal
    from majlis.crypto import ED25519
    from majlis.host.ceremony import read_listing
    from majlis.host.chance import chance
    from majlis.host.credential import credential_of, vote_secret
    from majlis.institutions.elections import paper

    desk, election = ballot.desk, ballot.election
    if election.opened is None:
        raise Missing("this box is not open yet, in the copy that is here")
    paper_read = parse_election(paper(ballot.state, election))
    if paper_read.fingerprint != election.fingerprint:
        raise Forged("the paper that was opened is not the one that the acts make; do not vote, and tell the members")
    question = paper_read.questions[0]
    assert isinstance(question, ChoiceQuestion)
    choice = _choice(question, desk.args.vote)
    keyring: Keyring = desk.keyring(desk.args.person)
    secret = vote_secret(keyring, credential_of(keyring, ballot.body.identity), ballot.body.identity, ballot.act)
    listing = read_listing(desk.node.blobs.get(election.credentials))
    if ED25519.raise_generator_secretly(secret) not in listing.points:
        raise Refused("your key is not on the list of this ballot; go to the registrar with your leaf of the roll")
    return seal(paper_read, secret, [choice], chance)


def _choice(question: ChoiceQuestion, votes: Sequence[str]) -> list[int] | None:
    """Zeros and ones for the answers, or None for a blank vote. Raises: Malformed."""
    if list(votes) == ["blank"]:
        return None
    chosen = set()
    for vote in votes:
        places = [n for n, name in enumerate(question.answers) if vote in (name, name.split(" / ")[0], str(n + 1))]
        if len(places) != 1:
            listed = ", ".join(f"{n} {answer}" for n, answer in enumerate(question.answers, start=1))
            raise Malformed(f"{vote!r} is no answer of this paper; it has {listed}, and blank")
        chosen.add(places[0])
    return [int(n in chosen) for n in range(len(question.answers))]


def run_cast(args: argparse.Namespace) -> int:
    """The ballots are in the box, durably, and their trackers shown; one that does not hold stops all of them."""
    from majlis.ballot import tracker_of

    if bool(args.files) == bool(args.vote):
        raise Malformed("name sealed ballots, or seal one here with --vote and --as")
    desk = Desk(args)
    if args.vote and not args.person:
        raise Malformed("whose vote is it? name the member with --as")
    if args.url is not None:
        return _post(_Ballot(desk), args.url)
    kept = Kept(desk)
    raws = [_sealed(_Ballot(desk))] if args.vote else [path.read_bytes() for path in args.files]
    if kept.election.opened is None or kept.election.closed is not None:
        raise Refused("this box is not open; no ballot is taken in", rule="R-BOXHEAD-1")
    with kept.box() as (box, _):
        first = box.count
        box.cast_many(raws)
    trackers = [tracker_of(raw) for raw in raws]
    text = "\n".join(f"ballot {first + n} in the box; its tracker: {each}" for n, each in enumerate(trackers, start=1))
    return desk.done(text, ballots=[{"place": first + n, "tracker": each} for n, each in enumerate(trackers, start=1)])


def _post(ballot: _Ballot, url: str) -> int:
    """The ballots are in a box at a served host. Raises: Forged, when it answers with another tracker than theirs."""
    from majlis.ballot import tracker_of
    from majlis.host.post import post_ballot

    desk = ballot.desk
    raws = [_sealed(ballot)] if desk.args.vote else [path.read_bytes() for path in desk.args.files]
    facts = []
    for raw in raws:
        posted = post_ballot(url, ballot.election.uuid, raw)
        if posted.id != tracker_of(raw):
            raise Forged("the host answers with the tracker of another ballot; hand yours in at a mirror")
        desk.say(f"{posted.level}: ballot {posted.place} in the box; its tracker: {posted.id}")
        facts.append({"place": posted.place, "tracker": posted.id})
    return desk.done("", ballots=facts)


def run_show(args: argparse.Namespace) -> int:
    """Where the box or the ballot stands. Raises: Missing, when no ballot has that tracker."""
    from majlis.ballot import tracker_of
    from majlis.host.ceremony import contents_of

    desk = Desk(args)
    ballot = _Ballot(desk)
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


def run_object(args: argparse.Namespace) -> int:
    """The objection is logged here, or written to a file."""
    from majlis.crypto import SigningKey
    from majlis.host.actfile import ActFile
    from majlis.host.ceremony import prove_listed, read_listing
    from majlis.host.chance import chance
    from majlis.host.credential import credential_of, vote_secret
    from majlis.institutions import Seen, format_text
    from majlis.record import encode_base64

    desk = Desk(args)
    ballot = _Ballot(desk)
    body = ballot.body
    keyring = desk.keyring(args.person)
    secret = vote_secret(keyring, credential_of(keyring, body.identity), body.identity, ballot.act)
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
