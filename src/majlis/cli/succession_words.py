"""What whoever signs a move, its confirmation or a fork is told, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from majlis.errors import Fault

if TYPE_CHECKING:
    from majlis.host.node import Node
    from majlis.institutions import State

__all__ = ["SUCCESSION"]

Data = dict[str, Any]


def _move(data: Data, node: Node, state: State | None) -> Iterator[str]:
    from majlis.record import parse_checkpoint, parse_note, parse_note_key

    key = parse_note_key(data["log"]).public_key
    yield (
        f"moves this record to the log key {key.hex()[:16]}, behind the first {data['size']} entries (0 to "
        f"{data['size'] - 1}), with root {data['root'][:16]}"
    )
    done = next((move for move in state.moves if move.log == data["log"]), None) if state else None
    founding = state.founding if state else None
    if founding is not None:
        sealed = done.sealed if done else sha256(key).hexdigest() == founding.next_log
        yield (
            f"that is the key which was sealed for this: {founding.threshold} charter keys move it"
            if sealed
            else "that is NOT the key which was sealed for this: two thirds of the charter keys are needed, and "
            "nothing binds before the members confirm it"
        )
    if state is not None and done is None and state.size > data["size"]:
        yield f"BEWARE: the copy here has {state.size} entries; what is beyond {data['size']} would not go along"
    try:
        note = parse_note(data["checkpoint"].encode())
        names = ", ".join(sorted({line.name for line in note.signatures} - {parse_checkpoint(note.text).origin}))
        yield f"safe is what {names or 'nobody'} cosigned: {parse_checkpoint(note.text).size} entries"
    except (Fault, UnicodeEncodeError):
        yield "its safe checkpoint cannot be read, so it would be void"
    yield "the members have 60 days to confirm it"


def _confirm(data: Data, node: Node, state: State | None) -> Iterator[str]:
    moved = next((move for move in state.moves if move.act == data["move"]), None) if state else None
    where = f"act {moved.index}" if moved else f"the act {data['move'][:16]}, which is not at hand"
    yield f"confirms for the members that the record was moved by {where}"


def _show(data: Data, node: Node, state: State | None) -> Iterator[str]:
    from majlis.record import parse_forks

    try:
        (fork,) = parse_forks(data["evidence"].encode())
    except (Fault, ValueError):
        yield "what it shows is no evidence of one fork, so it would be void"
        return
    yield f"shows two histories that the log {fork.log.name} signed, which part within {fork.size} entries"
    yield "from there on nothing new binds until the members settle which goes on"


def _settle(data: Data, node: Node, state: State | None) -> Iterator[str]:
    shown = next((fork for fork in state.forks if fork.act == data["fork"]), None) if state else None
    where = f"act {shown.index}" if shown else f"the act {data['fork'][:16]}, which is not at hand"
    yield f"settles for the members the fork shown by {where}: this history goes on"


def _deliver(data: Data, node: Node, state: State | None) -> Iterator[str]:
    known = next((body.slug for body in node.bodies if body.identity == data["body"]), data["body"][:16])
    yield f"notes that act {data['act'][:16]} for the record of {known} was handed in here"


SUCCESSION: Final[dict[str, Callable[[Data, Node, State | None], Iterator[str]]]] = {
    "host.move": _move,
    "host.confirm": _confirm,
    "fork.show": _show,
    "fork.settle": _settle,
    "act.deliver": _deliver,
}
