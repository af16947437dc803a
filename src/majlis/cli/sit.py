"""``majlis sit``: an assembly meets: delegates attend, it is opened, they vote in the open, the roll call is closed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from majlis.cli.assembly_words import CHOICES, choice_in_words, prose
from majlis.cli.desk import PERSON, Desk, add_command, ref
from majlis.cli.signing import add_signing, at_hand, write
from majlis.cli.words import clean
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.cli.sit_show import Sheet
    from majlis.host.federation import Federation
    from majlis.host.node import Known
    from majlis.institutions import State

_ELSEWHERE = (
    "Where the assembly's record is kept elsewhere, name a file with --out, and hand it in there:\n"
    "'majlis act submit FILE', or with --url at a served host."
)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``sit`` with its own commands."""
    parser = commands.add_parser(
        "sit", help="an assembly meets: delegates attend, vote in the open, a roll call closes"
    )
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    shown = add_command(
        own,
        "show",
        run_show,
        help_="show who is here, how each vote would count, and what is missing",
        example="majlis sit show assembly",
        more="By the copies at hand: who attended and what the quorum lacks; each vote beside its mandate; districts\n"
        "that were not heard of; whether closing now would be void, why, and what to do. Meetings are called, on\n"
        "motions that were proposed, by 'majlis vote call'.",
    )
    shown.add_argument("body", metavar="ASSEMBLY", help="which assembly")
    shown.add_argument("which", metavar="ACT", nargs="?", help="a meeting, or a motion (all that is open)")

    for name, run, said, who, author in (
        ("attend", run_attend, "say that one is here, as a delegate", "hani", "a delegate"),
        ("open", run_open, "open a meeting, once enough delegates are here", "amal", "the clerk, or a delegate"),
    ):
        command = add_command(
            own, name, run, help_=said, example=f"majlis sit {name} assembly --as {who}", more=_ELSEWHERE
        )
        command.add_argument("body", metavar="ASSEMBLY", help="which assembly")
        command.add_argument("meeting", metavar="MEETING", nargs="?", help="the act that called it (the only one)")
        add_signing(command, author=author)

    vote = add_command(
        own,
        "vote",
        run_vote,
        help_="vote on a motion, in the open and once",
        example="majlis sit vote assembly 19 for --as hani",
        more=f"A vote against the mandate of one's district is shown as broken, and counts. {_ELSEWHERE}",
    )
    vote.add_argument("body", metavar="ASSEMBLY", help="which assembly")
    vote.add_argument("motion", metavar="MOTION", help="position or id of its act")
    vote.add_argument("choice", choices=tuple(CHOICES), help="how")
    add_signing(vote, author="a delegate")

    instruct = add_command(
        own,
        "instruct",
        run_instruct,
        help_="put to the members of a body how their delegates are to vote on a motion",
        example="majlis sit instruct hilltop --assembly assembly 19 for --as amal",
        more="The motion is decided as every other (majlis vote). Carried out (majlis act carry-out) it is a mandate,\n"
        "and 'majlis deliver' carries it to the assembly. The newest one counts; 'free' takes it back.",
    )
    instruct.add_argument("body", metavar="BODY", help="whose members decide")
    instruct.add_argument("motion", metavar="MOTION", help="in the assembly's record: position or id of its act")
    instruct.add_argument("choice", choices=(*CHOICES, "free"), help="how")
    instruct.add_argument("--assembly", metavar="BODY", required=True, help="where the delegates sit")
    add_signing(instruct, author="a clerk, a delegate, or who holds a charter key")

    close = add_command(
        own,
        "close",
        run_close,
        help_="close the roll call on a motion; what would be void is said before anybody signs",
        example="majlis sit close assembly 19 --as amal",
        more=_ELSEWHERE,
    )
    close.add_argument("body", metavar="ASSEMBLY", help="which assembly")
    close.add_argument("motion", metavar="MOTION", help="position or id of its act")
    add_signing(close, author="the clerk, or a delegate")


# --- looking


def run_show(args: argparse.Namespace) -> int:
    """The sheet is shown."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    sheet = _sheet(desk, federation, body)
    sessions, motions = _asked(state, args.which)
    lines: list[str] = []
    facts: dict[str, list[dict[str, object]]] = {"meetings": [], "motions": []}
    for kind, acts, look in (("meetings", sessions, sheet.meeting), ("motions", motions, sheet.motion)):
        for act in acts:
            more, said = look(act)
            lines += more
            facts[kind].append(said)
    owed = list(sheet.owed())
    if not lines:
        lines = ["no meeting is called on a motion that is open: majlis propose, majlis vote call"]
    return desk.done(clean("\n".join([*lines, *owed])), **facts, not_delivered=owed)


def _sheet(desk: Desk, federation: Federation, body: Known) -> Sheet:
    from majlis.cli.sit_show import Sheet

    return Sheet(desk.node, federation, body)


def _asked(state: State, which: str | None) -> tuple[list[str], list[str]]:
    """Meetings and motions to show: those of one act, or all with something to decide. Raises: Missing."""
    if which is None:
        sessions = _open_meetings(state)
        motions = {motion for session in sessions for motion in state.sessions[session].motions}
        return sessions, sorted(motions, key=lambda act: state.motions[act].index)
    act = ref(state, which)
    if act in state.sessions:
        return [act], list(state.sessions[act].motions)
    if act in state.motions:
        return [], [act]
    raise Missing(f"act {which} calls no meeting and tables no motion, in the copy that is here")


def _open_meetings(state: State) -> list[str]:
    """Those with a motion that is not decided, in their order."""
    found = [
        act
        for act, session in state.sessions.items()
        if any(not state.motions[motion].closed for motion in session.motions)
    ]
    return sorted(found, key=lambda act: state.sessions[act].index)


def _meeting(state: State, named: str | None) -> str:
    """The meeting that was named, or the only one with something to decide. Raises: Missing, Malformed."""
    if named is not None:
        act = ref(state, named)
        if act not in state.sessions:
            raise Missing(f"act {named} calls no meeting, in the copy that is here")
        return act
    found = _open_meetings(state)
    if not found:
        raise Missing("no meeting is called on a motion that is open: majlis propose, majlis vote call")
    if len(found) > 1:
        places = ", ".join(str(state.sessions[act].index) for act in found)
        raise Malformed(f"several meetings have something to decide; name the act that called it: {places}")
    return found[0]


def _motion(state: State, named: str) -> str:
    act = ref(state, named)
    if act not in state.motions:
        raise Missing(f"act {named} tables no motion, in the copy that is here")
    return act


# --- acting


def run_attend(args: argparse.Namespace) -> int:
    """The delegate is present."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    return write(desk, body, federation, "session.attend", {"session": _meeting(state, args.meeting)})


def run_open(args: argparse.Namespace) -> int:
    """The meeting is open; who is here and what is missing was said before."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    session = _meeting(state, args.meeting)
    lines, _ = _sheet(desk, federation, body).meeting(session)
    desk.say(clean("\n".join(lines)))
    return write(desk, body, federation, "session.open", {"session": session})


def run_vote(args: argparse.Namespace) -> int:
    """The vote is cast; that it breaks a mandate was said before."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    motion, choice = _motion(state, args.motion), CHOICES[args.choice]
    _warn_of_mandate(desk, state, motion, choice)
    return write(desk, body, federation, "vote.cast", {"motion": motion, "choice": choice})


def _warn_of_mandate(desk: Desk, state: State, motion: str, choice: str) -> None:
    from immutables import Map

    from majlis.institutions.kinds import sitting

    for entry in desk.keyring(desk.args.person).entries():
        district = sitting(state, entry.public) if entry.kind == PERSON else ""
        mandate = state.instructions.get(motion, Map()).get(district)
        if mandate is not None and mandate.instruction not in ("free", choice):
            desk.warn(
                f"the mandate of your district says {choice_in_words(mandate.instruction)}: this vote counts, and is "
                "shown as broken for ever"
            )


def run_instruct(args: argparse.Namespace) -> int:
    """A motion that gives the mandate is on the table."""
    from hashlib import sha256

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    assembly = desk.node.body(args.assembly)
    above = federation.records[assembly.identity].state
    membership = state.memberships.get(assembly.identity)
    if membership is None or membership.left is not None:
        raise Missing(f"{body.slug} is no member of {assembly.slug}, in the copy that is here")
    motion = _motion(above, args.motion)
    if above.motions[motion].closed:
        raise Refused(f"act {args.motion} of {assembly.slug} is decided; no vote is judged by a mandate on it any more")
    how = "are free to vote as they see fit" if args.choice == "free" else f"vote {args.choice}"
    asked = prose(desk.node, above.motions[motion].text)
    text = f"Our delegates in {assembly.slug} {how}, on act {above.motions[motion].index}: {asked}\n".encode()
    digest = sha256(text).hexdigest()
    match = {"assembly": assembly.identity, "motion": motion, "instruction": CHOICES.get(args.choice, "free")}
    data = {"text": digest, "grants": [{"kind": "mandate.give", "match": match}]}
    return write(desk, body, federation, "motion.table", data, blobs={digest: text})


def run_close(args: argparse.Namespace) -> int:
    """The roll call is closed; whether it would be void, and why, was said before."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    motion, sheet = _motion(state, args.motion), _sheet(desk, federation, body)
    lines, _ = sheet.motion(motion)
    desk.say(clean("\n".join([*lines, *sheet.owed()])))
    return write(desk, body, federation, "motion.close", {"motion": motion})
