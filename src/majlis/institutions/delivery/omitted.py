"""Which acts were delivered in other records, and this one does not have (R-DELIVER-7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from majlis.institutions.fold import LATE
from majlis.institutions.state import State
from majlis.institutions.ticks import latest


class Omitted(msgspec.Struct, frozen=True, kw_only=True):
    """An act that was delivered in the record of ``mirror``, at ``index`` there; ``time``: of the tick that shows it.

    ``is_late``: the record has it, void for coming late. Whether it was, who asks has to judge with the proof of its
    delivery: that this was logged too does not help, where the copy that it makes good was not. ``is_waiting``: the
    record has it with too few of its signatures.
    """

    mirror: str
    index: int
    act: str
    time: int | None
    is_late: bool = False
    is_waiting: bool = False


def omitted(state: State, others: Iterable[State]) -> Iterator[Omitted]:
    """All that ``others`` say was handed in for this body and has not come to count there: missing, or void as late."""
    for other in others:
        for act, index in other.deliveries.get(state.identity, {}).items():
            standing = state.acts.get(act)
            is_late = standing is not None and standing.status == "void" and standing.rule in LATE
            waits = standing is not None and standing.status == "waiting"
            if standing is None or is_late or waits:
                time, mirror = latest(other, index), other.identity
                yield Omitted(mirror=mirror, index=index, act=act, time=time, is_late=is_late, is_waiting=waits)
