"""What a member's own record says of its delegates and its membership, and nobody has carried to the assembly yet.

The fold acts on certificates alone, so a host that sits on one keeps a recalled delegate seated. Whoever holds both
records sees it, and whatever roll call counted that delegate's vote; ``verify`` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from majlis.institutions.kinds import current, is_sitting
from majlis.institutions.state import Recall, State
from majlis.institutions.ticks import earliest, latest


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """``what``: the district recalled ``key``, and it still *sits*; its vote was *counted* at the close ``at``; or the
    body has *left*. ``index``: of the act in the district's record that its mirrors have seen.
    """

    what: Literal["sits", "counted", "left"]
    index: int
    key: str = ""
    at: int = 0


def owed(assembly: State, district: State) -> Iterator[Owed]:
    """What is safe in the record of ``district`` and has not taken effect in that of ``assembly``."""
    member = assembly.bodies.get(district.identity)
    if member is None:
        return
    joined = district.memberships.get(assembly.identity)
    if member.left is None and joined is not None and joined.index == member.joined and joined.left is not None:
        if latest(district, joined.left) is not None:
            yield Owed(what="left", index=joined.left)
    for seat in member.held:
        recall = _recalled(assembly, district, seat.key, seat.result_index)
        if recall is None:
            continue
        if seat.ended is None and is_sitting(assembly, district.identity, seat.key):
            yield Owed(what="sits", index=recall.index, key=seat.key)
        for at in _counted(assembly, seat.key, district.identity, latest(district, recall.index)):
            if seat.index < at and (seat.ended is None or at < seat.ended):
                yield Owed(what="counted", index=recall.index, key=seat.key, at=at)


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


def _counted(assembly: State, key: str, district: str, time: int | None) -> Iterator[int]:
    """Where roll calls were closed, certainly after ``time``, that counted a vote of this key for this district."""
    closes = {decision.motion: decision.index for decision in assembly.decisions.values() if decision.how == "rollcall"}
    for motion, votes in assembly.votes.items():
        vote, close = votes.get(key), closes.get(motion)
        if vote is None or close is None or vote.district != district or vote.label in ("", "void"):
            continue
        before = earliest(assembly, close)
        if time is not None and before is not None and before > time:
            yield close
