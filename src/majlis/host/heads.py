"""Heads of members that a host shows in an assembly's record by itself, as far as it holds copies of theirs.

A recall that nobody carries leaves a delegate seated. Whoever holds both records sees it; so a host that does shows the
district's head at once, and while a roll call is open the head of every district that has a seat, so that it need not
wait for them. Source: ``spec/heads.md``, R-HEAD-4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from majlis.errors import Fault
from majlis.host.federation import Federation
from majlis.host.host import Host
from majlis.host.node import Node
from majlis.institutions import State
from majlis.institutions.mirrors import middle, read_quorum
from majlis.institutions.seats import undoes
from majlis.record import parse_checkpoint, parse_note

__all__ = ["KIND", "due_heads", "newer_heads", "show_heads"]

KIND: Final = "head.show"
_SECONDS: Final = 12 * 3600


def show_heads(node: Node, host: Host, identity: str) -> int:
    """The heads that are due are shown by the log's own key; how many. Raises: Fault, when they could not be stored."""
    with host.alone():
        due = due_heads(node, host.federation, host.state(identity))
        for body, note in due:
            host.write(identity, KIND, {"body": body, "checkpoint": note.decode()}, host.hosted(identity).log_key)
    return len(due)


def due_heads(node: Node, federation: Federation, state: State) -> list[tuple[str, bytes]]:
    """Members and their safe checkpoints: those that undo something here, and while a roll call is open those of
    districts with a seat of which the one shown last is 12 hours older, or none was.
    """
    is_open = _is_open(state)
    due = []
    for body, note, size, time in newer_heads(node, federation, state):
        member = state.bodies[body]
        is_old = member.head is None or time - member.head.time >= _SECONDS
        sits = any(seat.ended is None for seat in member.held)
        if (is_open and is_old and sits) or undoes(state, federation.fold(body, size)):
            due.append((body, note))
    return due


def newer_heads(node: Node, federation: Federation, state: State) -> Iterator[tuple[str, bytes, int, int]]:
    """Each member of whose record this folder holds a newer safe checkpoint than was shown; that, its size, its time.

    Where the copy here is of another branch, none.
    """
    for body, member in sorted(state.bodies.items(), key=lambda item: item[0]):
        raw, record = node.checkpoint(body), federation.records.get(body)
        if member.left is not None or not raw or record is None:
            continue
        try:
            note = parse_note(raw)
            checkpoint = parse_checkpoint(note.text)
            cosigned = read_quorum(federation.fold(body, 1).founding, note, rule="R-CERT-2")  # type: ignore[arg-type]
        except Fault:
            continue
        size, time = checkpoint.size, middle(sorted(each.time for each in cosigned))
        is_here = size <= len(record.entries) and record.tree.root(size) == checkpoint.root
        before = (member.head.size, member.head.time) if member.head is not None else (member.joined, 0)
        if is_here and size > member.joined and (size, time) > before:
            yield body, raw, size, time


def _is_open(state: State) -> bool:
    """Whether some motion is before an open meeting and not decided."""
    return any(
        session.opened is not None and any(not state.motions[motion].closed for motion in session.motions)
        for session in state.sessions.values()
    )
