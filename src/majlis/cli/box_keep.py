"""``majlis box new`` to ``majlis box result``: what the clerk does with the box on the host that keeps it.

Each step looks at what is done already and does what is lacking, so that after a crash the same command goes on.
"""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from typing import TYPE_CHECKING

from majlis.cli.desk import Desk, add_command, ref
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Forged, Missing, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from majlis.ballot import Tally
    from majlis.host.box import Box
    from majlis.host.ceremony import Contents
    from majlis.host.federation import Federation
    from majlis.host.node import Known
    from majlis.institutions import State
    from majlis.institutions.state import Election


def register(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of whoever keeps the box."""
    for name, run, text, more in (
        ("new", run_new, "set the box up from the acts alone, and open it", "The list and every trustee's key are in."),
        ("head", run_head, "log how far the box has come, so that no ballot can be dropped unseen", ""),
        ("close", run_close, "close the box; the objection window begins", ""),
        ("result", run_result, "open the total and publish the result", "The whole box is verified before it counts."),
    ):
        command = add_command(own, name, run, help_=text, example=f"majlis box {name} hilltop 16 --as amal", more=more)
        add_election(command)
        add_signing(command, author="the clerk")
    shuffle = add_command(
        own,
        "shuffle",
        run_shuffle,
        help_="add the trustees' shuffles of ranked votes to the box, each checked",
        example="majlis box shuffle hilltop 16",
    )
    add_election(shuffle)
    tally = add_command(
        own, "tally", run_tally, help_="add the encrypted sum to the closed box", example="majlis box tally hilltop 16"
    )
    add_election(tally)
    decrypt = add_command(
        own,
        "decrypt",
        run_decrypt,
        help_="add what the trustees have shown to the box, each share checked",
        example="majlis box decrypt hilltop 16",
    )
    add_election(decrypt)


def add_election(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("body", metavar="BODY", help="who votes")
    parser.add_argument("election", metavar="ELECTION", help="the announcement: position or id of its act")


class Kept:
    """One election whose box is kept here."""

    def __init__(self, desk: Desk) -> None:
        """Raises: Missing, for no such election; Refused, where the record is kept elsewhere."""
        self.desk = desk
        self.body: Known
        self.federation: Federation
        self.state: State
        self.body, self.federation, self.state = at_hand(desk)
        if not self.body.is_hosted:
            raise Refused(f"the boxes of {self.body.slug} are kept where its record is; do this there")
        self.act = ref(self.state, desk.args.election)
        if self.act not in self.state.elections:
            raise Missing(
                f"act {desk.args.election} announces no secret ballot; 'majlis act list {self.body.slug}' shows which "
                "do"
            )
        self.election: Election = self.state.elections[self.act]

    @property
    def path(self) -> Path:
        return self.desk.node.boxes.path(self.election.uuid)

    @contextmanager
    def box(self) -> Iterator[tuple[Box, Contents]]:
        """The box and how far it has come, while nobody else can write to it."""
        from majlis.host.box import Box
        from majlis.host.ceremony import contents_of

        with self.desk.node.writing() as store:
            self.desk.node.check_forward(store, self.body)
            box = Box.open(self.path)
            yield box, contents_of(self.path)

    def write(self, kind: str, data: dict[str, object]) -> int:
        """An act about this election by its clerk."""
        return write(self.desk, self.body, self.federation, kind, data)


def run_new(args: argparse.Namespace) -> int:
    """The box is set up, and its opening logged."""
    from majlis.host.ceremony import open_data, read_listing, set_up
    from majlis.host.trustees import trustees_payload

    kept = Kept(Desk(args))
    if kept.election.opened is not None:
        return kept.desk.done("this box is open already", uuid=kept.election.uuid)
    if not kept.election.credentials:
        raise Missing("the list of this ballot is not published yet; the list keeper does it: 'majlis credential list'")
    entries = kept.federation.records[kept.body.identity].entries
    trustees = trustees_payload(kept.state, kept.act, entries)
    listing = read_listing(kept.desk.node.blobs.get(kept.election.credentials))
    with kept.desk.node.writing():
        box = set_up(kept.path, kept.state, kept.act, trustees, listing, kept.desk.node.clock.now())
    return kept.write("election.open", open_data(kept.act, box))


def run_head(args: argparse.Namespace) -> int:
    """The newest head is logged."""
    from majlis.host.ceremony import head_data

    kept = Kept(Desk(args))
    with kept.box() as (box, _):
        data = head_data(kept.act, box)
    return kept.write("box.head", data)


def run_close(args: argparse.Namespace) -> int:
    """The box takes no more ballots, and its close is logged.

    Raises: Refused, before the charter's voting time has provably passed; then nothing is closed.
    """
    from majlis.host.ceremony import head_data
    from majlis.institutions.ticks import has_passed

    kept = Kept(Desk(args))
    opened, days = kept.election.opened, kept.election.charter.voting_days
    if kept.election.closed is not None:
        return kept.desk.done("this box is closed already", uuid=kept.election.uuid)
    if opened is None or not has_passed(kept.state, opened, days):
        raise Refused(
            f"the box stays open for {days} days at least, as ticks show it; wait, and tick again: 'majlis tick'",
            rule="R-ELECT-11",
        )
    with kept.box() as (box, contents):
        if not contents.is_closed:
            box.close()
        data = head_data(kept.act, box)
    return kept.write("election.close", data)


def run_tally(args: argparse.Namespace) -> int:
    """The encrypted sum stands in the box."""
    kept = Kept(Desk(args))
    if kept.election.closed is None:
        raise Missing("the box is still open; the clerk closes it with 'majlis box close'")
    with kept.box() as (box, contents):
        tally = box.tally()
        if not contents.tally:
            box.add_tally(tally)
    then = (
        "the trustees shuffle them now, one after the other"
        if kept.election.is_ranked
        else "the trustees can commit now"
    )
    return kept.desk.done(
        f"{tally.ballots} ballots count, of {box.count} in the box; {then}",
        counted=tally.ballots,
        ballots=box.count,
    )


def run_shuffle(args: argparse.Namespace) -> int:
    """The shuffles that trustees published and that hold stand in the box; 3 while more of them are needed."""
    from majlis.host.trustees import shuffle_chain

    kept = Kept(Desk(args))
    election, needed = kept.election, kept.election.charter.shufflers
    if not election.is_ranked:
        raise Refused("only ranked votes are shuffled; the trustees commit with 'majlis trustee commit'")
    with kept.box() as (box, contents):
        if not contents.tally:
            raise Missing("the box has no tally yet: majlis box tally comes first")
        chain, _ = shuffle_chain(election, box.election, box.tally(), kept.desk.node.blobs.get)
        if contents.are_shuffled or len(chain) < needed:
            made = len(contents.shuffles) if contents.are_shuffled else len(chain)
        else:
            _require_begun(contents, [raw for _, raw in chain])
            for number, raw in chain[len(contents.shuffles) :]:
                box.add_shuffle(number, raw)
            box.end_shuffles()
            made = len(chain)
    if made < needed:
        text = f"{made} of {needed} trustees have shuffled the votes; others do it with 'majlis trustee shuffle'"
        return kept.desk.ended(3, text, made=made, needed=needed)
    return kept.desk.done(f"{made} shuffles are in the box and were checked; the trustees can commit now", made=made)


def _require_begun(contents: Contents, chain: list[bytes]) -> None:
    """What a box cut short holds of the shuffles is the beginning of them."""
    if list(contents.shuffles) != chain[: len(contents.shuffles)]:
        raise Forged("the box holds other shuffles than the trustees published; put it aside and look at both")


def run_decrypt(args: argparse.Namespace) -> int:
    """Shares that were shown and hold stand in the box, as many as are needed; 3 while some are lacking."""
    from majlis.host.ceremony import shuffled

    kept = Kept(Desk(args))
    with kept.box() as (box, contents):
        if not contents.tally:
            raise Missing("the box has no tally yet: majlis box tally comes first")
        if kept.election.is_ranked and not contents.are_shuffled:
            raise Missing("the votes are not shuffled yet: majlis box shuffle comes first")
        there = _add_shares(kept, box, contents, shuffled(box.election, box.tally(), contents.shuffles))
    needed = kept.election.needed
    if there < needed:
        lacking = needed - there
        text = (
            f"{lacking} more trustees must show their part; {needed} are needed. Each runs 'majlis trustee commit' "
            "and 'majlis trustee decrypt'; then this again"
        )
        return kept.desk.ended(3, text, lacking=lacking)
    return kept.desk.done(f"{there} trustees' parts are in the box and were checked; {needed} are needed", lacking=0)


def _add_shares(kept: Kept, box: Box, contents: Contents, tally: Tally) -> int:
    """Shares that were shown are in the box, up to as many as are needed, each checked first; a false one is named.

    How many are there.
    """
    from majlis.ballot import check_share, check_sidecar, parse_trustees
    from majlis.crypto import ED25519
    from majlis.errors import Fault

    there = len(contents.shares)
    for owner, trustee in zip(parse_trustees(ED25519, box.trustees).owners, kept.election.trustees, strict=True):
        if owner.number in contents.shares or not trustee.payload or there >= kept.election.needed:
            continue
        try:
            share = kept.desk.node.blobs.get(trustee.payload)
            factors = check_share(box.election, tally, owner.public_key, share)
            check_sidecar(
                box.election,
                tally,
                public=owner.public_key,
                owner=owner.number,
                share=share,
                factors=factors,
                sidecar=kept.desk.node.blobs.get(trustee.sidecar),
            )
        except Fault as fault:
            if not kept.election.is_threshold:
                raise Forged(
                    f"the share of trustee {owner.number} fails: {fault.text}. Every trustee is needed here, so this "
                    "box stays closed: call a hearing, and announce the ballot anew with another",
                    rule=fault.rule,
                ) from fault
            kept.desk.say(
                f"the share of trustee {owner.number} is false and left out: {fault.text} ({fault.rule}). It is public "
                "now, under their name; another trustee's serves as well"
            )
            continue
        box.add_share(owner.number, share)
        there += 1
    return there


def run_result(args: argparse.Namespace) -> int:
    """The total is opened, and its act logged."""
    from majlis.host.ceremony import needs_lot, open_result, result_data, shuffled
    from majlis.institutions.elections import count_result, lot_seed

    kept = Kept(Desk(args))
    if kept.election.result is not None:
        return kept.desk.done("the result of this ballot is published already", act=kept.election.result.act)
    with kept.box() as (box, contents):
        tally = shuffled(box.election, box.tally(), contents.shuffles)
        payload, opened = open_result(box, tally, contents.shares)
        if not contents.result:
            box.add_result(payload)
        data = result_data(kept.act, kept.election, box, opened)
    if needs_lot(kept.election, opened):
        raise Missing(
            f"candidates are tied: {kept.election.needed} trustees give a share of the lot, with 'majlis trustee lot'; "
            "where they are gone, two bodies throw dice: 'majlis box dice'"
        )
    answers = box.election.questions[0].answers
    first = " (first preferences)" if kept.election.is_ranked else ""
    for answer, votes in zip(answers, data["votes"], strict=True):
        kept.desk.say(f"{votes:>6}  {answer}{first}")
    kept.desk.say(f"{data['blank']:>6}  (blank)")
    if kept.election.purpose == "delegates":
        order = count_result(kept.election, opened.result, opened.spoilt, lot_seed(kept.election)).order
        names = [answers[place] for place in order]
        elected, behind = names[: kept.election.seats], names[kept.election.seats :]
        reserves = f"; reserves: {', '.join(behind)}" if behind else ""
        kept.desk.say(f"elected, by {kept.election.rule}: {', '.join(elected)}{reserves}")
    return kept.write("election.result", data)
