"""Heads of members that a host shows in an assembly's record by itself, as far as it holds copies of theirs.

A recall that nobody carries leaves a delegate seated. Whoever holds both records sees it; so a host that does shows the
district's head at once, and while a roll call is open the head of every district that has a seat, so that it need not
wait for them. What would be void here, or what cannot be judged here, it does not show. Source: ``spec/heads.md``,
R-HEAD-4.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from majlis.errors import Fault
from majlis.host.author import write_act
from majlis.host.federation import Federation
from majlis.host.host import Host
from majlis.host.node import Node
from majlis.institutions import State, open_act
from majlis.institutions.logs import every_log
from majlis.institutions.mirrors import middle, read_quorum
from majlis.institutions.seats import LEAST_SECONDS, undoes
from majlis.institutions.state import founded
from majlis.institutions.ticks import SLACK_DAYS, has_passed
from majlis.record import Note, format_note, parse_checkpoint, parse_cosigner_key, parse_note

__all__ = ["KIND", "due_heads", "newer_heads", "show_heads"]

KIND: Final = "head.show"
_SECONDS: Final = 12 * 3600
_AHEAD: Final = 600
"""How far a mirror's clock may be ahead of the host's for its time to be passed on."""


def show_heads(node: Node, host: Host, identity: str) -> int:
    """The heads that are due, and would be in force, are shown by the log's own key; how many.

    One that cannot be shown keeps no other one back.
    """
    shown = 0
    with host.turn:
        key = host.hosted(identity).log_key
        for body, note in due_heads(node, host.federation, host.state(identity), host.clock.now()):
            data = {"body": body, "checkpoint": note.decode()}
            with suppress(Fault):
                entry = write_act(KIND, data, key, chance=host.chance, body=identity, seen=host.head(identity))
                after, _ = host.federation.judge(identity, entry)
                if after.acts[open_act(entry).act.id].status == "in-force":
                    host.submit(identity, entry)
                    shown += 1
    return shown


def due_heads(node: Node, federation: Federation, state: State, now: int) -> list[tuple[str, bytes]]:
    """Members and their safe checkpoints: those that undo something here, and while a roll call is open those of
    districts with a seat of which the one shown last is 12 hours older, or none was. ``now``: Unix seconds.
    """
    if state.missing is not None:
        return []
    is_open, due = _is_open(state), []
    for body, note, size, time in newer_heads(node, federation, state):
        member = state.bodies[body]
        is_old = member.head is None or time - member.head.time >= _SECONDS
        sits = any(seat.ended is None for seat in member.held)
        is_wanted = is_open and is_old and sits and time <= now + _AHEAD
        if not is_wanted and not undoes(state, federation.fold(body)):
            continue
        then = federation.fold(body, size)
        if then.missing is None and (is_wanted or undoes(state, then)):
            due.append((body, note))
    return due


def newer_heads(node: Node, federation: Federation, state: State) -> Iterator[tuple[str, bytes, int, int]]:
    """Each member of whose record this folder holds a newer safe checkpoint than was shown; that, its size, its time.

    With the lines of its log and mirrors alone. Where the copy here is of another branch, none.
    """
    for body, member in sorted(state.bodies.items(), key=lambda item: item[0]):
        raw, record = node.checkpoint(body), federation.records.get(body)
        if member.left is not None or not raw or record is None:
            continue
        try:
            theirs = federation.fold(body)
            note = _trimmed(parse_note(raw), theirs)
            checkpoint = parse_checkpoint(note.text)
            cosigned = read_quorum(founded(theirs), note, rule="R-CERT-2")
        except Fault:
            continue
        size, time = checkpoint.size, middle(sorted(each.time for each in cosigned))
        is_here = size <= len(record.entries) and record.tree.root(size) == checkpoint.root
        if not is_here or size <= member.joined:
            continue
        last = member.head
        if last is None or ((size, time) > (last.size, last.time) and _may_follow(state, federation, body, size, time)):
            yield body, format_note(note), size, time


def _may_follow(state: State, federation: Federation, body: str, size: int, time: int) -> bool:
    """Whether it is an hour from the head shown last, or undoes something (R-HEAD-2)."""
    last = state.bodies[body].head
    assert last is not None
    return abs(time - last.time) >= LEAST_SECONDS or undoes(state, federation.fold(body, size))


def _trimmed(note: Note, theirs: State) -> Note:
    """The note without what others wrote under it, for which no act has room."""
    mirrors = [parse_cosigner_key(vkey) for vkey in founded(theirs).mirrors]
    known = {(log.name, log.key_id) for log in every_log(theirs)} | {(each.name, each.key_id) for each in mirrors}
    return Note(text=note.text, signatures=tuple(line for line in note.signatures if (line.name, line.key_id) in known))


def _is_open(state: State) -> bool:
    """Whether some motion is before a meeting that was opened, and neither decided nor forgotten."""
    return any(
        session.opened is not None
        and not has_passed(state, session.opened, SLACK_DAYS)
        and any(not state.motions[motion].closed for motion in session.motions)
        for session in state.sessions.values()
    )
