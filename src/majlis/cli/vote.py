"""``majlis vote``: a meeting called, hands counted, a secret ballot announced, a count by hand contested."""

from __future__ import annotations

import argparse

from majlis.cli.desk import Desk, add_command, ref
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Missing


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``vote`` with its own commands."""
    parser = commands.add_parser("vote", help="meetings, counts by hand, and secret ballots announced")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    call = add_command(
        own, "call", run_call, help_="call a meeting on some motions; the notice runs from here",
        example="majlis vote call hilltop 4 5 --as amal",
    )  # fmt: skip
    call.add_argument("body", metavar="BODY", help="whose members meet")
    call.add_argument("motions", metavar="MOTION", nargs="+", help="what they decide on: position or id of its act")
    add_signing(call, author="a clerk, or who holds a charter key")

    hand = add_command(
        own,
        "hand",
        run_hand,
        help_="log a count by hand, signed by the tellers who counted",
        example="majlis vote hand hilltop --session 6 --motion 4 --present 10 --yes 8 --no 1 --abstain 1 "
        "\\\n    --as tarek --with tala --with tamim",
        more="A count by hand binds after the charter's contest window; until then members may turn it into a box.",
    )
    hand.add_argument("body", metavar="BODY", help="whose members met")
    hand.add_argument("--session", metavar="ACT", required=True, help="the act that called the meeting")
    hand.add_argument("--motion", metavar="ACT", required=True, help="the motion")
    for name in ("present", "yes", "no", "abstain"):
        hand.add_argument(f"--{name}", metavar="N", type=int, required=name != "abstain", default=0)
    add_signing(hand, author="a teller; the others beside")

    box = add_command(
        own,
        "box",
        run_box,
        help_="announce a secret ballot on a motion; the notice runs from here",
        example="majlis vote box hilltop 14 --as amal",
        more="It needs a registrar, a list keeper of another body, and trustees of at least two bodies.",
    )
    box.add_argument("body", metavar="BODY", help="whose members vote")
    box.add_argument("motion", metavar="MOTION", help="what they vote on: position or id of its act")
    add_signing(box, author="the clerk")

    stand = add_command(
        own,
        "stand",
        run_stand,
        help_="stand for election as a delegate, under the name one chooses to appear by",
        example='majlis vote stand hilltop --called "Amal B." --as amal',
        more="Whoever guards elections (registrar, list keeper, trustee, teller, counter) does not stand in them.",
    )
    stand.add_argument("body", metavar="BODY", help="which body's delegate one would be")
    stand.add_argument("--called", metavar="NAME", required=True, help="the name on the paper")
    add_signing(stand, author="who stands, with a key that is enrolled")

    delegates = add_command(
        own,
        "delegates",
        run_delegates,
        help_="announce the election of a body's delegates to an assembly it joined",
        example="majlis vote delegates hilltop --assembly assembly --candidate 24 --candidate 25 --as amal",
    )
    delegates.add_argument("body", metavar="BODY", help="whose members vote")
    delegates.add_argument("--assembly", metavar="BODY", required=True, help="the assembly: as known here, or identity")
    delegates.add_argument("--candidate", metavar="ACT", action="append", required=True, help="who stands, by that act")
    add_signing(delegates, author="the clerk")

    contest = add_command(
        own,
        "contest",
        run_contest,
        help_="open a petition to put a decision by hand to a secret ballot",
        example="majlis vote contest hilltop 9 --as amal",
        more="Then: majlis recall list, sign and gather, which serve every petition.",
    )
    contest.add_argument("body", metavar="BODY", help="whose decision")
    contest.add_argument("decision", metavar="DECISION", help="the count by hand: position or id of its act")
    add_signing(contest, author="anybody")


def run_call(args: argparse.Namespace) -> int:
    """The meeting is called."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    return write(desk, body, federation, "session.call", {"motions": [ref(state, motion) for motion in args.motions]})


def run_hand(args: argparse.Namespace) -> int:
    """The count is logged, or written to a file for the other tellers."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    data = {
        "session": ref(state, args.session),
        "motion": ref(state, args.motion),
        "present": args.present,
        "yes": args.yes,
        "no": args.no,
        "abstain": args.abstain,
    }
    return write(desk, body, federation, "decision.hand", data)


def run_box(args: argparse.Namespace) -> int:
    """The ballot is announced."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    data = {"purpose": "motion", "subject": ref(state, args.motion), "seats": 0, "candidates": []}
    return write(desk, body, federation, "election.announce", data)


def run_stand(args: argparse.Namespace) -> int:
    """The candidacy is declared."""
    desk = Desk(args)
    body, federation, _ = at_hand(desk)
    return write(desk, body, federation, "candidacy.declare", {"name": args.called})


def run_delegates(args: argparse.Namespace) -> int:
    """The election is announced, for as many seats as the body has there."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    assembly = args.assembly if len(args.assembly) == 64 else desk.node.body(args.assembly).identity
    if assembly not in state.memberships:
        raise Missing(f"{body.slug} has not joined that assembly, in the copy that is here")
    data = {
        "purpose": "delegates",
        "subject": assembly,
        "seats": state.memberships[assembly].seats,
        "candidates": [ref(state, each) for each in args.candidate],
    }
    return write(desk, body, federation, "election.announce", data)


def run_contest(args: argparse.Namespace) -> int:
    """The petition is open."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    return write(desk, body, federation, "decision.contest", {"decision": ref(state, args.decision)})
