"""Copies that a served folder keeps up when their record moves: looked for where others serve it (R-MIRROR-8).

A mirror is handed what a record grows by, by the host whose key it trusts. Once the record has moved that host is gone,
and the next one is not trusted yet: so the mirror goes and looks, takes what it can prove, and follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from majlis.errors import Fault
from majlis.host.actfile import named_blobs
from majlis.host.exchange import Taken
from majlis.host.fetching import MAX_INDEX, MAX_NOTE, Remote, fetch_record
from majlis.host.folder import keys_at, moves_of
from majlis.host.host import Host
from majlis.host.http import LOOK_SECONDS, ROUND_SECONDS, Caller
from majlis.host.layout import CHECKPOINT, INDEX, IndexEntry, parse_index, parse_notices, record_folder
from majlis.host.leaving import is_astray, leave_branch
from majlis.host.node import Known, Node
from majlis.host.post import post_act
from majlis.host.store import Record
from majlis.host.witnessing import WitnessDoor
from majlis.record import open_checkpoint, parse_checkpoint, parse_note

__all__ = ["Puller"]


class Puller:
    """Looks at each of some addresses for records that are copies here and have moved. One thread at a time."""

    def __init__(
        self,
        node: Node,
        host: Host,
        door: WitnessDoor | None,
        callers: Sequence[Caller],
        *,
        tell: Callable[[str], None],
    ) -> None:
        """``door``: of the witness of this folder, where it has one. ``callers``: used by nobody else meanwhile.
        ``tell``: gets sentences, each once.
        """
        self._node = node
        self._host = host
        self._door = door
        self._callers = tuple(callers)
        self._tell = tell
        self._told: dict[str, str] = {}

    def pull(self) -> list[Taken]:
        """Every address was looked at, each for ``ROUND_SECONDS`` at most; what became of the records that moved."""
        found: list[Taken] = []
        for caller in self._callers:
            with caller.within(ROUND_SECONDS):
                found += self._pull(caller)
        return found

    def _pull(self, caller: Caller) -> list[Taken]:
        found: list[Taken] = []
        try:
            with caller.within(LOOK_SECONDS):
                data = caller.get(INDEX, MAX_INDEX)
            index, notices = parse_index(data), parse_notices(data)
        except Fault as fault:
            self._say(caller.url, f"nothing can be looked at: {fault}")
            return []
        for entry in index:
            known = next((body for body in self._node.bodies if body.identity == entry.identity), None)
            if known is not None and not known.is_hosted and known.origin == entry.origin:
                try:
                    found += self._look(caller, entry, known, notices)
                except (OSError, ValueError, RecursionError) as wrong:
                    self._say(caller.url, f"what is shown there makes no sense ({wrong!r})")
        return found

    def _look(self, caller: Caller, entry: IndexEntry, known: Known, notices: Sequence[str]) -> list[Taken]:
        try:
            with caller.within(LOOK_SECONDS):
                note = caller.get(f"{record_folder(entry.origin)}/{CHECKPOINT}", MAX_NOTE)
            if self._is_known(known, note) and not self._is_astray(known):
                return []
        except Fault as fault:
            self._say(f"{known.slug} at {caller.url}", str(fault))
            return []
        taken = fetch_record(self._node, self._host.store, caller, entry, notices=notices, guard=self._host.turn)
        with self._host.turn:
            folded = self._host.federation.records[known.identity]
            for each in self._host.store.record(known.origin).entries(len(folded.entries)):
                folded.append(each)
            self._host.federation.fold(known.identity)
            if self._door is not None:
                self._door.follow(known)
        if (taken.outcome == "refused" or self._is_astray(known)) and self._leave(caller, known):
            return [msgspec.structs.replace(taken, outcome="grown", size=self._host.store.record(known.origin).size)]
        said = taken.text if taken.outcome == "refused" else f"it was moved, and {taken.size} entries are held now"
        self._say(f"{known.slug} at {caller.url}", said)
        return [taken]

    def _is_astray(self, known: Known) -> bool:
        """Whether the mirror was stopped while it left a branch."""
        return self._door is not None and is_astray(self._door.mirror, self._host.store.record(known.origin))

    def _leave(self, caller: Caller, known: Known) -> bool:
        """Whether the branch that only this mirror cosigned was left for the record as it goes on (R-MIRROR-9)."""
        if self._door is None:
            return False
        about = f"{known.slug} at {caller.url}, where it goes on without what this mirror cosigned"
        try:
            acts = leave_branch(
                self._node,
                self._host.store,
                self._door.mirror,
                Remote(caller, known.origin),
                known,
                turn=self._host.turn,
                left=lambda record: self._take_up(known, record),
            )
        except Fault as fault:
            self._say(about, str(fault))
            return False
        if acts is None:
            return False
        with self._host.turn:
            self._door.follow(known)
        sent = 0
        for entry in acts:
            with suppress(Fault):
                post_act(caller.url, known.slug, entry, named_blobs(self._node.blobs, entry))
                sent += 1
        self._say(
            about,
            f"it is followed; of {len(acts)} acts that only this mirror held, {sent} were taken in there. They lie in "
            "the outbox till they are safe: majlis outbox --resubmit URL",
        )
        return True

    def _take_up(self, known: Known, record: Record) -> None:
        """The host folds the record as it is now."""
        self._host.federation.take(record)
        self._host.federation.fold(known.identity)

    def _is_known(self, known: Known, note: bytes) -> bool:
        """Whether the key that signs the copy here signed the note: then the record has not moved since.

        Raises: Malformed.
        """
        size = parse_checkpoint(parse_note(note).text).size
        with self._host.turn:
            keys = keys_at(moves_of(self._host.federation.fold(known.identity)), size)
        try:
            open_checkpoint(note, *keys)
        except Fault:
            return False
        return True

    def _say(self, about: str, text: str) -> None:
        if self._told.get(about) != text:
            self._told[about] = text
            self._tell(f"{about}: {text}")
