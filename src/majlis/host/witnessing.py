"""The witness of a data folder at the door: ``add-checkpoint`` and ``add-entries``, and acts that others refused.

A checkpoint whose entries the mirror does not hold yet is *pending*: it is answered with 200 and nothing, its entries
follow in packages that each prove their place under it, and with the last of them the mirror cosigns. What is pending
is forgotten when the program stops; the client begins again, and the entries that came stay.

    200  cosignature lines, or nothing while entries are to come
    400  413  404  403  409  422  503      as ``majlis.record.witness`` and ``majlis.record.mirror`` say

Source: c2sp.org/tlog-witness v1.0.0, c2sp.org/tlog-mirror.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.delivery import deliver
from majlis.host.digests import check_digests
from majlis.host.disk import check_room
from majlis.host.folder import keys_at, may_move, moves_of
from majlis.host.host import Host
from majlis.host.keyring import Keyring
from majlis.host.mirroring import follow_all, follow_state
from majlis.host.node import Known, Node
from majlis.host.witness import Mirror, remember_witness
from majlis.record import (
    MAX_REQUEST_SIZE,
    AddCheckpoint,
    EntriesJudgement,
    MirrorInfo,
    Note,
    WitnessState,
    format_add_checkpoint,
    format_mirror_info,
    format_note,
    judge_add_entries,
    leaf_hash,
    open_checkpoint,
    parse_add_checkpoint,
)

__all__ = ["MAX_ENTRIES_SIZE", "WITNESS", "Reply", "WitnessDoor", "open_door"]

WITNESS: Final = "witness"
"""The kind of a witness's key in a keyring."""

MAX_ENTRIES_SIZE: Final = 8 * 2**20
"""The most bytes that one ``add-entries`` request may have, as it comes."""

PERSON: Final = "person"
"""The kind of a key with which somebody acts in the open."""

_TEXT: Final = "text/plain"
_SIZE: Final = "text/x.tlog.size"
_INFO: Final = "text/x.tlog.mirror-info"
_MOST_PENDING: Final = 64


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered over HTTP."""

    status: int
    body: str
    kind: str = _TEXT


class _NotTheirs(Forged):
    """Entries under a checkpoint by a key that signs this record no longer."""


class WitnessDoor:
    """Answers requests for the mirror of an open data folder. Safe to use from several threads; one at a time."""

    def __init__(self, node: Node, host: Host, mirror: Mirror, key: SigningKey | None = None) -> None:
        """``key``: of whoever keeps this folder, with which deliveries are logged; without it none is."""
        self._node = node
        self._host = host
        self._mirror = mirror
        self._key = key
        self._pending: dict[str, list[tuple[WitnessState, Note]]] = {}
        self.asked: Callable[[], None] = lambda: None
        """Told of each checkpoint that was answered: what its entries name may be to be fetched (R-MIRROR-11)."""
        mirror.judge = self._judge

    @property
    def mirror(self) -> Mirror:
        return self._mirror

    def add_checkpoint(self, body: bytes) -> Reply:
        """The answer to an ``add-checkpoint`` request; total."""
        if len(body) > MAX_REQUEST_SIZE:
            return Reply(status=413, body=f"a request has at most {MAX_REQUEST_SIZE} bytes\n")
        with self._host.turn:
            try:
                self._follow(body)
                judged = self._mirror.look_at(body)
                if judged.state is None or judged.note is None:
                    kind = _SIZE if judged.status == 409 else _TEXT
                    return Reply(status=judged.status, body=judged.body or f"{judged.fault}\n", kind=kind)
                if self._host.store.create(judged.origin).size < judged.state.size:
                    self._wait_for(judged.origin, judged.state, judged.note)
                    return Reply(status=200, body="")
            except Fault as fault:
                return Reply(status=503, body=f"{fault.text}\n")
            return self._cosign(body)

    def deliver(self, body: bytes) -> Reply:
        """The answer to an act for another body's record, which is logged here as delivered (R-DELIVER-2); total."""
        if self._key is None:
            return Reply(status=403, body="nobody here signs for deliveries; take the act to another mirror\n")
        try:
            known, receipt = deliver(self._node, self._host, body, self._key)
        except Fault as fault:
            kinds = ((Malformed, 400), (Forged, 422), (Missing, 404), (Refused, 409))
            status = next((code for kind, code in kinds if isinstance(fault, kind)), 503)
            return Reply(status=status, body=f"{fault}\n")
        facts = {"level": "sequenced", "id": receipt.act, "place": receipt.index, "note": receipt.note}
        return Reply(status=200, body=json.dumps({**facts, "record": known.slug}) + "\n", kind="application/json")

    def _wait_for(self, origin: str, state: WitnessState, note: Note) -> None:
        before = [each for each in self._pending.get(origin, []) if each[0].size != state.size]
        self._pending[origin] = [*before, (state, note)][-_MOST_PENDING:]

    def add_entries(self, body: bytes) -> Reply:
        """The answer to an ``add-entries`` request; total. What of it holds is kept, whatever the answer."""
        if len(body) > MAX_ENTRIES_SIZE:
            return Reply(status=413, body=f"send at most {MAX_ENTRIES_SIZE} bytes at once\n")
        with self._host.turn:
            try:
                judged = self._judge_entries(body)
                if judged.entries:
                    with self._host.watching():
                        self._keep(judged, _end_of(body, judged.origin))
            except _NotTheirs as fault:
                return Reply(status=403, body=f"{fault}\n")
            except Fault as fault:
                return Reply(status=503, body=f"{fault.text}\n")
            if judged.status == 200:
                return self._finish(body, judged)
            if judged.info is not None:
                return Reply(status=judged.status, body=format_mirror_info(judged.info), kind=_INFO)
            return Reply(status=judged.status, body=f"{judged.fault}\n")

    def _judge_entries(self, body: bytes) -> EntriesJudgement:
        store = self._host.store
        return judge_add_entries(
            body,
            pending={origin: [state for state, _ in waiting] for origin, waiting in self._pending.items()},
            next_of={origin: store.record(origin).size for origin in self._pending},
            leaves=lambda start, end: [leaf_hash(entry) for entry in self._held(body, start, end)],
        )

    def _held(self, body: bytes, start: int, end: int) -> list[bytes]:
        origin = body[2 : 2 + int.from_bytes(body[:2], "big")].decode()
        return list(self._host.store.record(origin).entries(start, end))

    def _keep(self, judged: EntriesJudgement, end: int) -> None:
        """The entries that the record lacks are in it, under the checkpoint of size ``end`` and no other.

        Another one that waits was proven from what was held before. It may be of another history, so it is forgotten:
        whoever means it shows it again, from what is held now.
        """
        record = self._host.store.record(judged.origin)
        new = judged.entries[max(0, record.size - judged.start) :]
        if new:
            self._check_moves(judged.origin, new, end)
            check_room(self._node.folder)
            record.append(new)
            self._pending[judged.origin] = [each for each in self._pending[judged.origin] if each[0].size == end]

    def _check_moves(self, origin: str, new: Sequence[bytes], end: int) -> None:
        """The key that signed the checkpoint of size ``end`` signs this record there, by what these entries tell.

        Raises: Forged, where they move the record to another key before (R-MOVE-8): then none of them is kept, and what
        waits is evidence of a host that signs on.
        """
        known = self._known(origin)
        if known is None or not any(may_move(entry) for entry in new):
            return
        self._catch_up(known)
        state = self._host.federation.try_on(known.identity, new)
        note = next(note for state_, note in self._pending[origin] if state_.size == end)
        try:
            open_checkpoint(format_note(note), *keys_at(moves_of(state), end))
        except Forged as fault:
            self._pending[origin] = [each for each in self._pending[origin] if each[0].size != end]
            wrong = _NotTheirs(f"these entries move the record to another log key: {fault.text}", rule="R-MOVE-8")
            self._mirror.accuse(format_add_checkpoint(AddCheckpoint(old=0, proof=(), note=note)), wrong)
            raise wrong from None

    def _follow(self, request: bytes) -> None:
        with suppress(Malformed):
            known = self._known(parse_add_checkpoint(request).checkpoint.origin)
            if known is not None:
                self.follow(known)

    def follow(self, known: Known) -> None:
        """The key that signs this record now is trusted, and no earlier one, by all that is held of it (R-MOVE-8)."""
        self._catch_up(known)
        follow_state(self._mirror, self._host.federation.fold(known.identity))

    def _finish(self, body: bytes, judged: EntriesJudgement) -> Reply:
        """All entries are there: the mirror cosigns the checkpoint that was pending."""
        end = _end_of(body, judged.origin)
        note = next(note for state, note in self._pending[judged.origin] if state.size == end)
        record = self._host.store.record(judged.origin)
        old = self._mirror.last(judged.origin)
        if old > end:
            info = MirrorInfo(size=old, next=record.size)
            return Reply(status=409, body=format_mirror_info(info), kind=_INFO)
        proof = record.prove_consistency(old, end) if 0 < old < end else ()
        reply = self._cosign(format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=note)))
        if reply.status == 200:
            self._pending[judged.origin] = [each for each in self._pending[judged.origin] if each[0].size > end]
        return reply

    def _cosign(self, request: bytes) -> Reply:
        """The mirror's own answer; a checkpoint that it cosigned is the one shown of this record from now on."""
        status, text = self._mirror.add_checkpoint(request)
        self.asked()
        if status == 409:
            return Reply(status=status, body=text, kind=_SIZE)
        if status == 200:
            with suppress(Fault):
                self._show(parse_add_checkpoint(request).checkpoint.origin)
        return Reply(status=status, body=text)

    def _show(self, origin: str) -> None:
        """What the mirror remembers is shown: the log's verified line and its own, and nothing else that was sent."""
        known = self._known(origin)
        if known is not None:
            self.follow(known)
            note = self._mirror.latest(origin)
            (first,) = self._host.store.record(origin).entries(0, 1)
            self._node.checkpoints.keep(known.identity, note, first)

    def _known(self, origin: str) -> Known | None:
        return next((body for body in self._node.bodies if body.origin == origin), None)

    def _catch_up(self, known: Known) -> None:
        """What is folded of this record has every entry that the store has."""
        folded = self._host.federation.records[known.identity]
        for entry in self._host.store.record(known.origin).entries(len(folded.entries)):
            folded.append(entry)

    def _judge(self, origin: str, start: int, end: int) -> None:
        """Raises: Forged, Missing, as ``check_digests``."""
        known = self._known(origin)
        if known is None:
            raise Missing("its record is trusted, but no copy of it is known here; take one first", rule="R-MIRROR-4")
        self._catch_up(known)
        self._host.federation.look_again()
        check_digests(self._host.federation, known.identity, start, end)


def _end_of(body: bytes, origin: str) -> int:
    """The size that an ``add-entries`` request of this origin names as its end."""
    return int.from_bytes(body[2 + len(origin.encode()) + 8 :][:8], "big")


@contextmanager
def open_door(node: Node, host: Host, keeper: Keyring) -> Iterator[WitnessDoor | None]:
    """The door of this folder's witness, while ``host`` is open; None where it has no witness."""
    entries = [entry for entry in keeper.entries() if entry.kind == WITNESS]
    if not entries:
        yield None
        return

    def nothing(origin: str, start: int, end: int) -> list[bytes]:
        raise Missing(f"entries {start} to {end} of {origin!r} are to be sent first", rule="R-MIRROR-1")

    mirror = Mirror(node.folder / "witness", entries[0].signing_key(), node.clock, store=host.store, source=nothing)
    try:
        remember_witness(node.folder, mirror.cosigner)
        follow_all(node, host.federation, mirror)
        person = next((entry for entry in keeper.entries() if entry.kind == PERSON), None)
        yield WitnessDoor(node, host, mirror, person.signing_key() if person else None)
    finally:
        mirror.close()
