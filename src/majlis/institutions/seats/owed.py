"""What a member's own record says of its delegates and its membership, and nobody has carried to the assembly yet.

The fold acts on certificates alone, so a host that sits on one keeps a recalled delegate seated. Whoever holds both
records sees it, and whatever roll call counted that delegate's vote; ``verify`` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from majlis.institutions.kinds import current, is_sitting
from majlis.institutions.state import Recall, Seat, State
from majlis.institutions.ticks import earliest, latest


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """``what``: the district recalled ``key``, and it still *sits*; the body has *left*, and is a member still; or the
    vote of ``key`` was *counted* at the close ``at`` after that, or *perhaps* after it, by what the ticks of both
    records prove. ``index``: of the act in the district's record that its mirrors have seen.
    """

    what: Literal["sits", "counted", "perhaps", "left"]
    index: int
    key: str = ""
    at: int = 0


def owed(assembly: State, district: State) -> Iterator[Owed]:
    """What is safe in the record of ``district`` and has not taken effect in that of ``assembly``."""
    member = assembly.bodies.get(district.identity)
    if member is None:
        return
    left = _left(assembly, district, member.joined)
    if left is not None and member.left is None:
        yield Owed(what="left", index=left)
    for seat in member.held:
        recall = _recalled(assembly, district, seat.key, seat.result_index)
        if recall is not None and seat.ended is None and is_sitting(assembly, district.identity, seat.key):
            yield Owed(what="sits", index=recall.index, key=seat.key)
        undone = [index for index in (left, recall.index if recall else None) if index is not None]
        if undone:
            yield from _counted(assembly, district, seat, min(undone))


def _left(assembly: State, district: State, joined: int) -> int | None:
    """Where the district left the assembly that it had joined there, or dissolved itself, and a tick shows it."""
    own = district.memberships.get(assembly.identity)
    ended = (own.left if own is not None and own.index == joined else None, district.dissolved)
    found = [index for index in ended if index is not None and latest(district, index) is not None]
    return min(found, default=None)


def _recalled(assembly: State, district: State, key: str, since: int) -> Recall | None:
    """The first recall of the delegate that came after the election at ``since`` and that a tick there shows."""
    found = (
        recall
        for recall in district.recalls.values()
        if recall.passed
        and recall.assembly == assembly.identity
        and recall.index > since
        and current(district, recall.delegate) == current(district, key)
        and latest(district, recall.index) is not None
    )
    return min(found, key=_index, default=None)


def _index(recall: Recall) -> int:
    return recall.index


def _counted(assembly: State, district: State, seat: Seat, index: int) -> Iterator[Owed]:
    """The roll calls that counted a vote of this seat, closed after the act at ``index`` of the district, or perhaps
    after it: whoever keeps the ticks of one record back leaves that open.
    """
    done, began = latest(district, index), earliest(district, index)
    closes = {decision.motion: decision.index for decision in assembly.decisions.values() if decision.how == "rollcall"}
    for motion, votes in assembly.votes.items():
        vote, close = votes.get(seat.key), closes.get(motion)
        if vote is None or close is None or vote.district != district.identity or vote.label in ("", "void"):
            continue
        if not seat.index < close or (seat.ended is not None and close >= seat.ended):
            continue
        before, after = earliest(assembly, close), latest(assembly, close)
        if done is not None and before is not None and before > done:
            yield Owed(what="counted", index=index, key=seat.key, at=close)
        elif after is None or began is None or after > began:
            yield Owed(what="perhaps", index=index, key=seat.key, at=close)
