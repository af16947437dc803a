"""What a served folder lacks is fetched in a thread of its own, from the addresses that its keeper named (R-MIRROR-11).

Soon after the mirror was asked to cosign something, and again and again for what is still lacking, with growing pauses:
texts, ballot boxes, and the records of others without which an entry cannot be judged. Whoever sent the entries is not
asked: an address comes from the keeper alone.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Final

from majlis.errors import Fault, Missing
from majlis.host.fetching import MAX_INDEX, fetch_record
from majlis.host.gathering import gather, lacks_of, says, still_lacking
from majlis.host.host import Host
from majlis.host.http import LOOK_SECONDS, ROUND_SECONDS, Caller
from majlis.host.lacking import NOTHING, Lacking, bodies_in
from majlis.host.layout import INDEX, IndexEntry, parse_index, parse_notices
from majlis.host.node import Node

__all__ = ["Gatherer", "Patience"]

_LEAST_PAUSE: Final = 0.2
_MOST_PAUSE: Final = 3600.0
_FIRST_PAUSE: Final = 5.0
_END_SECONDS: Final = 5.0
_MOST_CITED: Final = 1000
_MOST_VAIN: Final = 100_000
_MOST_BYTES: Final = 256 * 2**20


class _Stopped(Missing):
    """The folder is about to be closed."""


class _Turn:
    """The host's turn, which nobody gets any more once it was ``stopped``."""

    def __init__(self, host: Host, stopped: threading.Event) -> None:
        self._host = host
        self._stopped = stopped

    def __enter__(self) -> None:
        self._host.turn.__enter__()
        if self._stopped.is_set():
            self._host.turn.__exit__(None, None, None)
            raise _Stopped("this folder is being closed")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.turn.__exit__(kind, value, trace)


class Patience:
    """What was asked for in vain is asked for again after a pause, each twice as long as the one before."""

    def __init__(self, first: float) -> None:
        self._first = max(first, _LEAST_PAUSE)
        self._due: dict[Hashable, tuple[float, float]] = {}

    def is_due(self, what: Hashable) -> bool:
        """Whether to ask now."""
        return time.monotonic() >= self._due.get(what, (0.0, 0.0))[0]

    def failed(self, what: Hashable) -> None:
        """It was asked for in vain."""
        _, before = self._due.pop(what, (0.0, 0.0))
        pause = min(2 * before, _MOST_PAUSE) if before else self._first
        if len(self._due) >= _MOST_VAIN:
            del self._due[next(iter(self._due))]
        self._due[what] = time.monotonic() + pause, pause

    def succeeded(self, what: Hashable) -> None:
        """It came, or is not wanted any more; a later failure is the first."""
        self._due.pop(what, None)

    def pause(self, most: float, since: float | None = None) -> float:
        """Seconds until the next is due, at most so many.

        What was due before ``since`` (now, without), by the same clock, and was not asked for, lacks no more.
        """
        now = time.monotonic()
        since = now if since is None else since
        soonest = min((due for due, _ in self._due.values() if due >= since), default=math.inf)
        return min(most, max(soonest - now, _LEAST_PAUSE))


def _names(identity: str, lacking: Lacking) -> set[str]:
    """What to ask for: the texts and boxes, and the record itself where it cannot be judged."""
    stuck = {identity} if lacking.unjudged is not None else set()
    return {text.digest for text in lacking.texts} | {*lacking.boxes} | stuck


class Gatherer:
    """Fetches what an open data folder lacks, in a thread of its own, until it is closed."""

    def __init__(
        self, node: Node, host: Host, callers: Sequence[Caller], *, seconds: float, tell: Callable[[str], None]
    ) -> None:
        """``seconds``: how often it is looked at without being woken. ``tell``: gets sentences, each once."""
        self._node = node
        self._host = host
        self._callers = tuple(callers)
        self._seconds = max(seconds, _LEAST_PAUSE)
        self._tell = tell
        self._told: dict[str, str] = {}
        self._patience = Patience(min(seconds, _FIRST_PAUSE))
        self._stopped, self._woken = threading.Event(), threading.Event()
        self._turn = _Turn(host, self._stopped)
        self._lacks = lacks_of(node)
        self._found: Mapping[str, Lacking] = {}
        self._sizes: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="gatherer", daemon=True)
        self._thread.start()

    def lacks(self, identity: str) -> Lacking:
        """What this record lacks, as it was found last; it is looked at again soon where the record has grown since."""
        record = self._host.federation.records.get(identity)
        if record is not None and len(record.entries) != self._sizes.get(identity):
            self.wake()
        return still_lacking(self._node, self._found.get(identity, NOTHING))

    def wake(self) -> None:
        """There may be something new to fetch."""
        self._woken.set()

    def close(self) -> None:
        """Nothing of the folder is touched any more; what is being loaded is thrown away."""
        self._stopped.set()
        self._woken.set()
        with self._host.turn:
            pass
        self._thread.join(timeout=_END_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            pause, began = self._seconds, time.monotonic()
            try:
                if self.gather():
                    pause = self._patience.pause(pause, began)
            except _Stopped:
                return
            except Exception as wrong:  # Whatever others answered, the next round comes.
                if not self._stopped.is_set():
                    self._say("", f"nothing could be fetched: {wrong!r}")
            self._woken.wait(pause)
            self._woken.clear()
            # Whoever asks a mirror often wakes it often.
            self._stopped.wait(_LEAST_PAUSE)

    def gather(self) -> bool:
        """Every address was asked for what lacks, where it is due; whether something is still lacking."""
        lacking = self._lacking()
        for caller in self._callers:
            if not lacking:
                break
            if not self._patience.is_due(caller.url):
                continue
            try:
                with caller.within(ROUND_SECONDS):
                    self._gather(caller, lacking)
            except _Stopped:
                raise
            except Fault as fault:
                self._patience.failed(caller.url)
                self._say(caller.url, f"nothing can be fetched: {fault}")
            except (OSError, ValueError, RecursionError) as wrong:
                self._patience.failed(caller.url)
                self._say(caller.url, f"what is shown there makes no sense ({wrong!r})")
            lacking = self._lacking()
        self._found = lacking
        # Where nobody is to be asked, the pages say it.
        for body in self._node.bodies if self._callers else ():
            text = says(lacking[body.identity]) if body.identity in lacking else ""
            self._say(body.slug, f"not here yet: {text}" if text else "")
        return bool(lacking)

    def _lacking(self) -> dict[str, Lacking]:
        """What each record here lacks, where it lacks anything."""
        federation = self._host.federation
        found = {}
        for body in self._node.bodies:
            if (record := federation.records.get(body.identity)) is not None:
                self._sizes[body.identity] = len(record.entries)
                found[body.identity] = self._lacks.of(federation, body.identity)
        return {identity: lacking for identity, lacking in found.items() if lacking}

    def _gather(self, caller: Caller, lacking: Mapping[str, Lacking]) -> None:
        """What this address has of it is here. Raises: Fault, OSError, ValueError, where it cannot be asked."""
        is_due = partial(self._is_due, caller)
        due = {identity: set(filter(is_due, _names(identity, each))) for identity, each in lacking.items()}
        if not any(due.values()):
            return
        with caller.within(LOOK_SECONDS):
            index = caller.get(INDEX, MAX_INDEX)
        there = {entry.identity: entry for entry in parse_index(index)}
        notices = parse_notices(index)
        with caller.kept_open():
            self._fetch_cited(caller, there, notices)
            gathered = gather(
                self._node,
                caller,
                self._host.federation,
                self._lacks,
                [identity for identity in lacking if identity in there],
                turn=self._turn,
                is_due=is_due,
                most=_MOST_BYTES,
                check=self._check,
            )
        for text in gathered.wrong.values():
            self._say(caller.url, f"not taken: {text}")
        vain = set(gathered.vain)
        for identity, names in due.items():
            if identity not in there:
                vain |= names
            elif self._host.federation.records[identity].state.missing is not None:
                vain |= names & {identity}
        for name in vain:
            self._patience.failed((caller.url, name))
        for name in set().union(*due.values()) - vain:
            for each in self._callers:
                self._patience.succeeded((each.url, name))
        self._patience.succeeded(caller.url)

    def _is_due(self, caller: Caller, name: str) -> bool:
        return self._patience.is_due((caller.url, name))

    def _check(self) -> None:
        if self._stopped.is_set():
            raise _Stopped("this folder is being closed")

    def _fetch_cited(self, caller: Caller, there: Mapping[str, IndexEntry], notices: Sequence[str]) -> None:
        """The records that entries here rest on, and without which they cannot be judged, are here and folded.

        Only what the first such entry of a record speaks of is fetched: a certificate that is not to the point is void
        without a look at the record that it cites, so that nobody can make others hold whatever they like.
        """
        tried: set[str] = set()
        for _ in range(_MOST_CITED):
            cited = self._cited() & there.keys() - tried
            if not cited:
                return
            for identity in sorted(cited):
                tried.add(identity)
                self._check()
                taken = fetch_record(
                    self._node, self._host.store, caller, there[identity], notices=notices, guard=self._turn
                )
                if taken.outcome == "refused":
                    self._say(f"{taken.slug} at {caller.url}", taken.text)
                with self._turn:
                    self._take_up(identity)

    def _cited(self) -> set[str]:
        """The bodies, none of them kept here, of which the first entries speak that cannot be judged."""
        found: set[str] = set()
        for body in self._node.bodies:
            record = self._host.federation.records.get(body.identity)
            if record is not None and record.state.missing is not None:
                found |= bodies_in(record.entries[record.state.missing]) - {body.identity}
        return found - {body.identity for body in self._node.bodies if body.is_hosted}

    def _take_up(self, identity: str) -> None:
        """What is held of this record now is folded, and what rests on it again."""
        known = next((body for body in self._node.bodies if body.identity == identity), None)
        if known is None:
            return
        federation, stored = self._host.federation, self._host.store.record(known.origin)
        if identity not in federation.records:
            federation.take(stored)
        folded = federation.records[identity]
        for entry in stored.entries(len(folded.entries)):
            folded.append(entry)
        federation.fold(identity)
        federation.look_again()

    def _say(self, about: str, text: str) -> None:
        if self._told.get(about, "") != text:
            self._told[about] = text
            if text:
                self._tell(f"{about}: {text}" if about else text)
