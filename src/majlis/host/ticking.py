"""Ticks over HTTP: mirrors at addresses cosign the newest checkpoint, and the record is shown their time.

Nothing is locked while others are asked: acts go on being taken in, and a mirror that does not answer delays nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault
from majlis.host.asking import Asked, RemoteWitness, gather
from majlis.host.box_receipt import log_heads
from majlis.host.folder import founding_keys
from majlis.host.group import Busy
from majlis.host.heads import show_heads
from majlis.host.host import Host, Receipt
from majlis.host.http import Away
from majlis.host.mirroring import log_cosigned
from majlis.host.node import Node
from majlis.host.signer import Behind, is_of_others
from majlis.institutions.digest import is_digest_due
from majlis.record import format_note, open_checkpoint

__all__ = ["FIRST_SECONDS", "Ticked", "Ticker", "hear_from", "tick_over_http"]

FIRST_SECONDS: Final = 10
"""So long the first act waits for what mirrors have seen; after that it is taken in all the same."""

_LEAST_SECONDS: Final = 0.1
_END_SECONDS: Final = 60
_MOST_NAMES: Final = 5


class Ticked(msgspec.Struct, frozen=True, kw_only=True):
    """A tick that was logged, the time that it shows, and what became of asking each witness."""

    receipt: Receipt
    time: int
    asked: tuple[Asked, ...]


def tick_over_http(
    node: Node,
    host: Host,
    identity: str,
    witnesses: Sequence[RemoteWitness],
    key: SigningKey,
    *,
    digested: bool = False,
) -> Ticked:
    """The mirrors at these addresses cosigned the record as it stands, and that is logged as a tick.

    ``digested``: the digest of what is in force is logged before, where it is due (R-DIGEST-9).

    Raises: Missing, with what each of them said, while fewer than the charter's quorum did; Refused, when the tick
    would be void; what the signer refuses.
    """
    hosted = host.hosted(identity)
    _, mirrors, _ = founding_keys(hosted.record.entries(0, 1)[0])
    note, asked = gather(hosted.record, host.checkpoint(identity, digested=digested), witnesses, mirrors)
    for witness, each in zip(witnesses, asked, strict=True):
        if each.has_other:
            hear_from(node, host, identity, witness)
    host.check_taken(identity)
    try:
        receipt, time = log_cosigned(node, host, identity, format_note(note), key)
    except Fault as fault:
        said = "; ".join(f"{each.url}: {each.text}" for each in asked if each.text)
        if said:
            fault.text = f"{fault.text} ({said})"
        raise
    return Ticked(receipt=receipt, time=time, asked=tuple(asked))


def hear_from(node: Node, host: Host, identity: str, witness: RemoteWitness) -> bool:
    """What this witness cosigned last was looked at: where it shows that the record here is an old copy, or another
    history, nothing more is taken in for it, and that outlasts this program (R-SIGNER-5).

    A witness that only says so changes nothing: the log's own signature tells, of every single note. Returns whether it
    answered with a checkpoint of this log. Raises: Away, when nobody answers.
    """
    hosted = host.hosted(identity)
    try:
        note = witness.newest(hosted.record.origin)
        open_checkpoint(note, hosted.signer.log)
    except Away:
        raise
    except Fault:
        return False
    with host.turn:
        is_kept = host.hear(identity, note) is not None and is_of_others(hosted.record, note, hosted.signer.log)
    if is_kept:
        node.checkpoints.keep_ahead(identity, note)
    return True


class _First:
    """Asking every witness about every record kept here, before the first act is taken in (R-SIGNER-6)."""

    def __init__(self, node: Node, host: Host, witnesses: Sequence[RemoteWitness]) -> None:
        """From here on whoever hands an act in is told to come again in a moment."""
        self._node = node
        self._host = host
        self._witnesses = witnesses
        self._answered: set[str] = set()
        for identity in host.bodies():
            host.hosted(identity).waits = Busy(
                "this host asks the mirrors first whether they have seen more of this record; hand it in again in a "
                "moment",
                rule="R-SIGNER-6",
            )

    def ask(self, seconds: float) -> tuple[str, ...]:
        """All were asked, or ``seconds`` went by; the bodies that no witness answered for. Acts are taken in now.

        An answer that comes later is heard all the same.
        """
        threads = [threading.Thread(target=self._ask, args=(each,), daemon=True) for each in self._witnesses]
        for thread in threads:
            thread.start()
        until = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        bodies = self._host.bodies()
        for identity in bodies:
            self._host.hosted(identity).waits = None
        return tuple(identity for identity in bodies if identity not in self._answered)

    def _ask(self, witness: RemoteWitness) -> None:
        with suppress(Exception), witness.kept_open():  # Whatever it answered, the next one is asked, and time goes by.
            for identity in self._host.bodies():
                if hear_from(self._node, self._host, identity, witness):
                    self._answered.add(identity)


class Ticker:
    """Ticks every record kept here, again and again, in a thread of its own, until it is closed.

    Before each tick the heads of open boxes that have grown are logged, so that witnesses cosign them (R-BOXHEAD-3),
    those of members in an assembly's record (R-HEAD-4), and the digest of what is in force, where it is due
    (R-DIGEST-9); yet nothing before mirrors have cosigned what is here already: a host that runs on an old copy learns
    of it by then, and its log key signs no other branch. As often it looks for records that moved, too, in another
    thread: nobody who is looked at delays a tick (R-MIRROR-8).
    """

    def __init__(
        self,
        node: Node,
        host: Host,
        witnesses: Sequence[RemoteWitness],
        key: SigningKey | None,
        *,
        seconds: float,
        tell: Callable[[str], None],
        pull: Callable[[], object] = lambda: None,
    ) -> None:
        """``seconds``: the pause between two rounds, of which the first begins at once. ``tell``: gets sentences.

        ``key``: of whoever ticks; without it nothing is ticked. ``pull``: what is done in the other thread as often.
        """
        self._node = node
        self._host = host
        self._witnesses = tuple(witnesses)
        self._key = key
        self._seconds = max(seconds, _LEAST_SECONDS)
        self._tell = tell
        self._pull = pull
        self._told: dict[str, str] = {}
        self._cosigned: set[str] = set()
        self._first = _First(node, host, self._witnesses) if self._witnesses and key is not None else None
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name="ticker", daemon=True),
            threading.Thread(target=self._run_pulls, name="puller", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _ask_first(self) -> None:
        if self._first is not None and (unheard := self._first.ask(FIRST_SECONDS)):
            origins = [self._host.hosted(identity).record.origin for identity in unheard[:_MOST_NAMES]]
            names = ", ".join(origins) + (" and others" if unheard[_MOST_NAMES:] else "")
            self._tell(
                f"no mirror answered whether more of {names} was seen than is here; acts are taken in all the same. If "
                "this folder came back from a backup, stop, and bring what is missing first: 'majlis record recover'"
            )

    def _run(self) -> None:
        self._ask_first()
        while True:
            key = self._key
            for identity in self._host.bodies():
                if self._stop.is_set():
                    return
                if key is not None:
                    self._tick(identity, key)
            if self._stop.wait(self._seconds):
                return

    def _run_pulls(self) -> None:
        while not self._stop.is_set():
            try:
                self._pull()
            except Exception as wrong:  # Whatever others answered, the next round comes.
                self._tell(f"nothing could be looked at: {wrong!r}")
            self._stop.wait(self._seconds)

    def _tick(self, identity: str, key: SigningKey) -> None:
        """One record is ticked; what stands in the way is told once, and again when it changes."""
        said = ""
        try:
            self._tick_twice_at_first(identity, key)
        except Behind:  # It was told when it was found, and stays so until the program is started again.
            return
        except Exception as wrong:  # Whatever others answered: the next body is ticked, and the next round comes.
            said = str(wrong) if isinstance(wrong, Fault | OSError | ValueError) else repr(wrong)
        if said and said != self._told.get(identity):
            origin = identity[:12]
            with suppress(Fault):
                origin = self._host.hosted(identity).record.origin
            self._tell(f"no tick for {origin}: {said}")
        self._told[identity] = said

    def _tick_twice_at_first(self, identity: str, key: SigningKey) -> None:
        is_first = identity not in self._cosigned
        if is_first:
            tick_over_http(self._node, self._host, identity, self._witnesses, key)
            self._cosigned.add(identity)
        heads = self._show_heads(identity) + log_heads(self._host, identity)
        if not is_first or heads or is_digest_due(self._host.state(identity)):
            tick_over_http(self._node, self._host, identity, self._witnesses, key, digested=True)

    def _show_heads(self, identity: str) -> int:
        """Whatever is wrong with the copies of members' records, the assembly's own is ticked."""
        try:
            return show_heads(self._node, self._host, identity)
        except (Fault, OSError, ValueError) as wrong:
            self._tell(f"no heads of members could be shown: {wrong}")
            return 0

    def close(self) -> None:
        """No further round begins; those that run end by themselves, and are waited for a minute in all."""
        self._stop.set()
        until = time.monotonic() + _END_SECONDS
        for thread in self._threads:
            thread.join(timeout=max(0.0, until - time.monotonic()))
