"""What whoever signs an act of an assembly at work is told, in words: certificates carried there, attendance, votes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from majlis.errors import Fault

if TYPE_CHECKING:
    from majlis.host.node import Node
    from majlis.institutions import State

__all__ = ["ASSEMBLY", "CHOICES", "choice_in_words", "prose", "slug_of"]

Data = dict[str, Any]
_SHOWN: Final = 2_000

CHOICES: Final = {"for": "yes", "against": "no", "abstain": "abstain"}
"""What a delegate says, and what the act says."""


def slug_of(node: Node, identity: str) -> str:
    """What this folder calls the body, or the first digits of its identity."""
    return next((body.slug for body in node.bodies if body.identity == identity), f"the body {identity[:16]}")


def prose(node: Node, digest: str) -> str:
    """The text of a blob in quotes, or that it is not at hand."""
    try:
        text = node.blobs.get(digest).decode("utf-8", "replace").strip()
    except Fault:
        return f"a text that is not at hand ({digest[:16]})"
    return f"“{text[:_SHOWN]}”"


def choice_in_words(choice: str) -> str:
    """As people say it: for, against, abstain."""
    return next((word for word, meant in CHOICES.items() if meant == choice), choice)


def _carried(what: str) -> Callable[[Data, Node, State | None], Iterator[str]]:
    def say(data: Data, node: Node, state: State | None) -> Iterator[str]:
        from majlis.record import parse_checkpoint, parse_note, parse_tlog_proof

        certificate = data["certificate"]
        yield f"{what} {slug_of(node, certificate['body'])}"
        try:
            proof = parse_tlog_proof(certificate["proof"].encode())
            size = parse_checkpoint(parse_note(proof.checkpoint).text).size
        except (Fault, UnicodeEncodeError):
            yield "its certificate cannot be read, so it would be void"
            return
        yield f"the certificate is of entry {proof.index} there, under a checkpoint of {size} entries"

    return say


def _meeting(what: str) -> Callable[[Data, Node, State | None], Iterator[str]]:
    def say(data: Data, node: Node, state: State | None) -> Iterator[str]:
        called = state.sessions.get(data["session"]) if state else None
        if state is None or called is None:
            yield f"{what} the act {data['session'][:16]}, which calls none that is at hand"
            return
        yield f"{what} act {called.index}, on:"
        for motion in called.motions:
            yield f"  {_motion(motion, node, state)}"

    return say


def _motion(motion: str, node: Node, state: State | None) -> str:
    known = state.motions.get(motion) if state else None
    return f"act {known.index}: {prose(node, known.text)}" if known else f"act {motion[:16]}, which is not at hand"


def _cast(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"votes {choice_in_words(data['choice'])}, in the open, on {_motion(data['motion'], node, state)}"


def _close(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"closes the roll call on {_motion(data['motion'], node, state)}"
    yield "every vote is judged again as it stands then, and held to the mandate of its district"


def _give(data: Data, node: Node, state: State | None) -> Iterator[str]:
    assembly = slug_of(node, data["assembly"])
    said = "leaves its delegates free" if data["instruction"] == "free" else _instructs(data["instruction"])
    yield f"this body {said}, in {assembly}, on the motion {data['motion'][:16]}"


def _instructs(choice: str) -> str:
    return f"instructs its delegates to vote {choice_in_words(choice)}"


def _leave(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"leaves {slug_of(node, data['assembly'])}, by the decision of this body alone"


ASSEMBLY: Final[dict[str, Callable[[Data, Node, State | None], Iterator[str]]]] = {
    "seat.fill": _carried("fills vacant seats by an election in the record of"),
    "seat.vacate": _carried("ends a seat, by a recall or a dead key in the record of"),
    "mandate.deliver": _carried("delivers how delegates are to vote, by the record of"),
    "federation.depart": _carried("delivers that a body left, by the record of"),
    "federation.leave": _leave,
    "mandate.give": _give,
    "session.attend": _meeting("attends the meeting called by"),
    "session.open": _meeting("opens the meeting called by"),
    "vote.cast": _cast,
    "motion.close": _close,
}
