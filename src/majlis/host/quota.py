"""Quotas: how many acts of one key are logged between two ticks, and what becomes of the rest (R-ACT-14).

    blobs/excess/<identity>     the ids held back since the last tick, 32 bytes each, in order; a blob at the next one

Nobody can fill a record. Whoever hands in more than the quota gets the host's signed word for it and hands it in again
after the next tick, when the record itself says, as one hash, what was held back. A key that the record does not know
costs nothing to make, so all of these share one quota; but what would have an effect is never held back for the sake of
strangers, or they could keep a petition from being signed. The tick itself is on nobody's quota: it would never come.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import Final

from majlis.host.blobs import Blobs
from majlis.host.disk import sync_folder
from majlis.institutions import SignedAct, State
from majlis.institutions.state import Tick

__all__ = [
    "MOST_HELD_BACK",
    "SOONEST",
    "SOONEST_KNOWN",
    "STRANGERS",
    "TICK",
    "Excess",
    "Quota",
    "is_due",
    "payer_of",
    "used_since_tick",
]

MOST_HELD_BACK: Final = 100_000
"""Acts of one body between two ticks that are receipted; beyond that nothing is promised."""

TICK: Final = "tick"
SOONEST: Final = 3600
"""So many seconds after the last tick anybody at all may log one."""
SOONEST_KNOWN: Final = 60
"""So many seconds after it a key that the record knows may; whoever keeps the host may at any time."""

STRANGERS: Final = ""
_ID: Final = 32


def payer_of(state: State, author: str, signers: frozenset[str]) -> str:
    """On whose quota an act goes: its author's who signed it, else a signer's; of unknown keys, the strangers'.

    A name that is merely written into an act, by somebody else, pays for nothing.
    """
    payer = author if author in signers else min(signers)
    return payer if _is_known(state, payer) else STRANGERS


def _is_known(state: State, key: str) -> bool:
    founding, enrolled = state.founding, state.keys.get(key)
    is_enrolled = enrolled is not None and not enrolled.suspended
    return is_enrolled or key in state.seated or (founding is not None and key in founding.charter_keys)


def is_due(before: State, tick: Tick, signed: SignedAct, newest: Tick | None, keepers: Set[str]) -> bool:
    """Whether this tick, which is in force behind ``before``, is logged whatever was used up, and quotas begin anew.

    Anybody can have mirrors cosign what lies in the open once more, each second. So one that no known key brings is not
    due sooner than an hour after the last, by the mirrors' own time, and one that is brought by a known key, other than
    ``keepers``, who keep this host, not sooner than a minute. ``newest``: the last one that is being logged just now:
    beside that one, this must go forward too (R-TICK-4).
    """
    last = newest or next(iter(before.ticks[-1:]), None)
    if last is None:
        return True
    if newest is not None and not _goes_forward(newest, tick):
        return False
    if signed.act.author in keepers and signed.act.author in signed.keys:
        return True
    is_stranger = payer_of(before, signed.act.author, signed.keys) == STRANGERS
    return tick.time >= last.time + (SOONEST if is_stranger else SOONEST_KNOWN)


def _goes_forward(before: Tick, tick: Tick) -> bool:
    """Whether it is later in time or size, and earlier in neither."""
    now, then = (tick.time, tick.size), (before.time, before.size)
    return now != then and now[0] >= then[0] and now[1] >= then[1]


def used_since_tick(state: State, since: int = 0) -> Counter[str]:
    """How many acts each payer has logged since the last tick, from position ``since`` on."""
    used: Counter[str] = Counter()
    for index in range(max(_last_tick(state) + 1, since), state.size):
        standing = state.acts.get(state.log[index])
        if standing is not None:
            used[payer_of(state, standing.author, standing.signers)] += 1
    return used


class Quota:
    """What each key has logged in one record since its last tick."""

    def __init__(self, state: State, counted: tuple[int, Mapping[str, int]] = (0, {})) -> None:
        """``counted``: what was used when the record had so many entries; forgotten where a tick came since."""
        size, used = counted
        self._tick = _last_tick(state)
        self._used = used_since_tick(state, size)
        if self._tick < size:
            self._used.update(used)

    def admits(self, state: State, signed: SignedAct, has_effect: Callable[[], bool]) -> bool:
        """Whether the act is logged, and then counted. ``has_effect`` is asked only of strangers, when it matters."""
        payer = payer_of(state, signed.act.author, signed.keys)
        if self._used[payer] >= state.charter.act_quota and not (payer == STRANGERS and has_effect()):
            return False
        self._used[payer] += 1
        return True

    def has_ended(self, state: State) -> bool:
        """Whether a tick came since, so that everybody begins anew; true once for each."""
        last = _last_tick(state)
        if last == self._tick:
            return False
        self._tick = last
        self._used.clear()
        return True


def _last_tick(state: State) -> int:
    return state.ticks[-1].index if state.ticks else -1


class Excess:
    """The ids of the acts of one body that were held back since its last tick. Durable before a receipt is made."""

    def __init__(self, blobs: Blobs, identity: str) -> None:
        self._blobs = blobs
        self._path: Path = blobs.folder.parent / "excess" / identity
        data = self._path.read_bytes() if self._path.is_file() else b""
        # A receipt is only made for ids that are there whole; what a crash left behind them was promised to nobody.
        self._ids = [data[at : at + _ID] for at in range(0, len(data) - len(data) % _ID, _ID)]
        self._places = {each: place for place, each in enumerate(self._ids)}

    def __len__(self) -> int:
        return len(self._ids)

    def hold_back(self, ids: Sequence[bytes]) -> list[int]:
        """Each of these is on the disk; returns their places, those of ids held back before as they were.

        Raises: OSError; then nothing is promised.
        """
        new = [each for each in dict.fromkeys(ids) if each not in self._places]
        if new:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("r+b" if self._path.exists() else "w+b") as file:
                file.truncate(len(self._ids) * _ID)
                file.seek(0, os.SEEK_END)
                file.write(b"".join(new))
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._path.parent)
            for each in new:
                self._places[each] = len(self._ids)
                self._ids.append(each)
        return [self._places[each] for each in ids]

    def keep(self) -> tuple[int, str]:
        """How many there are, and the blob of them, which is stored."""
        return len(self._ids), self._blobs.put(b"".join(self._ids))

    def clear(self) -> None:
        """They stand in the record; the next period begins with none. Said again after a crash they do no harm."""
        self._path.unlink(missing_ok=True)
        self._ids, self._places = [], {}
