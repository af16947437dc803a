"""Time, which comes only from ticks (``spec/time.md``).

A tick is an act whose data carry a checkpoint of this very record and at least the charter's quorum of witnesses'
cosignatures over it, each of which signs a time. For the act at index i:

    earliest(i) = time of the last tick appended before i
    latest(i)   = least time by which a tick whose checkpoint size exceeds i was surely made

Where an even number of witnesses signed there are two middles. The time of a tick is the earlier, so that no late clock
moves time on; what a tick proves to have been there was there by the later, so that no early one shortens a waiting.

A least period from a to b has passed when earliest(b) - latest(a) >= period, so that an officer can stretch a waiting
time but never shorten it. A longest period has run out at the first tick past it, with no further act.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

from majlis.institutions.charter import DAY
from majlis.institutions.state import Election, State, Tick, replace

# How long, beyond its notice, voting and objection periods, a secret ballot may take from announcement to result; and
# how long a delivery elsewhere keeps a window.
SLACK_DAYS: Final = 60


def earliest(state: State, index: int) -> int | None:
    """The time before which the act at ``index`` was certainly not appended, or None before any tick."""
    position = bisect_left(state.ticks, index, key=_index)
    return state.ticks[position - 1].time if position else None


def latest(state: State, index: int) -> int | None:
    """The time by which the act at ``index`` was certainly in the record, or None while no tick covers it."""
    tick = first_over(state, index)
    return max(tick.time, tick.until) if tick is not None else None


def first_over(state: State, index: int) -> Tick | None:
    """The first tick that covers the act at ``index``."""
    position = bisect_right(state.ticks, index, key=_size)
    return state.ticks[position] if position < len(state.ticks) else None


def ticked(state: State, tick: Tick) -> State:
    """The state with one more tick. Those before it prove no less than it does (R-TICK-5), since it covers as much."""
    ticks = list(state.ticks)
    place = len(ticks)
    while place and ticks[place - 1].until > tick.until:
        place -= 1
        ticks[place] = replace(ticks[place], until=tick.until)
    return replace(state, ticks=(*ticks, tick))


def now(state: State) -> int | None:
    """The time of the newest tick, or None before any."""
    return state.ticks[-1].time if state.ticks else None


def has_passed(state: State, since: int, days: int) -> bool:
    """Whether at least ``days`` days provably lie between the act at ``since`` and the next entry."""
    after, before = latest(state, since), now(state)
    return after is not None and before is not None and before - after >= days * DAY


def has_run_out(state: State, since: int, days: int) -> bool:
    """Whether more than ``days`` days have passed since the act at ``since``, by the newest tick.

    The start is taken as early as can be proven, so that a term is never longer than the charter's.
    """
    start = earliest(state, since)
    if start is None:
        start = latest(state, since)
    return start is not None and is_past(state, start, days)


def was_in_time(state: State, act: str, since: int, days: int) -> bool:
    """Whether mirrors had seen the act, handed in elsewhere, no more than ``days`` days after the act at ``since``.

    The record it is for may show it later (R-DELIVER-6), up to ``SLACK_DAYS``: nobody keeps a signature up their sleeve
    against what others have long carried out.
    """
    seen, start = state.delivered.get(act), latest(state, since)
    if seen is None or is_past(state, seen, SLACK_DAYS):
        return False
    return start is None or seen - start < days * DAY


def is_past(state: State, start: int, days: int) -> bool:
    """Whether the newest tick lies more than ``days`` days after the time ``start``."""
    newest = now(state)
    return newest is not None and newest > start + days * DAY


def is_running(state: State, election: Election) -> bool:
    """Whether a secret ballot is announced, has no result, and was not ended: what nobody finishes blocks nothing."""
    charter = election.charter
    days = charter.notice_days + charter.voting_days + charter.objection_days + SLACK_DAYS
    return election.result is None and not election.ended and not has_run_out(state, election.index, days)


def _index(tick: Tick) -> int:
    return tick.index


def _size(tick: Tick) -> int:
    return tick.size
