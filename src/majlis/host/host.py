"""A host: the machine that keeps bodies' records. It is trusted for nothing but being there.

One folder holds everything public that this host knows, and its log keys apart:

    host.db            all entries of all records (the one source of truth)
    signer.db          the last checkpoint signed for each record, never restored from a backup
    blobs/sha256/…     prose and large things, by hash
    blobs/excess/…     what exceeded quotas since the last tick, by id
    boxes/<uuid>.bel   ballot boxes, append-only
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import RLock
from types import MappingProxyType
from typing import Final

import msgspec

from majlis.crypto import Chance, SigningKey
from majlis.errors import Fault, Missing, Refused
from majlis.host.author import write_act
from majlis.host.blobs import Blobs
from majlis.host.boxes import Boxes
from majlis.host.brought import NO_BLOBS, Brought, Room
from majlis.host.cited import check_cited
from majlis.host.clock import Clock
from majlis.host.digests import check_claim
from majlis.host.federation import Federation
from majlis.host.hosted import Cosigner, HeldBack, Hosted, Outcome, Receipt
from majlis.host.moved import check_kept, check_unfrozen
from majlis.host.quota import MOST_HELD_BACK, TICK, Excess, is_due
from majlis.host.signer import Behind, SignerBook
from majlis.host.store import Store
from majlis.institutions import Certificate, Seen, SignedAct, State, open_act
from majlis.institutions.digest import digest, is_digest_due
from majlis.record import (
    AddCheckpoint,
    Note,
    NoteKey,
    SignatureLine,
    TlogProof,
    encode_base64,
    format_add_checkpoint,
    format_note,
    format_signature_line,
    format_tlog_proof,
    leaf_hash,
    parse_cosigner_key,
    parse_note,
    parse_signature_line,
    read_cosignatures,
    sign_note,
    with_signatures,
)

__all__ = ["STORING", "Cosigner", "HeldBack", "Host", "Hosted", "Outcome", "Receipt"]

STORING: Final = ("R-STORE-1", "R-STORE-4")
"""The rules of faults after which something was not stored, or nobody knows whether it was."""

_STOPPED: Final = "Nothing more is taken in until this program was stopped and started again"

_QUOTA: Final = "the quota of this key until the next tick is used up"


class Host:
    """Keeps records, folds them, hands out receipts, checkpoints, ticks and certificates.

    Safe to use from several threads: one at a time writes. No second process can open the same folder for writing.
    """

    def __init__(
        self,
        *,
        store: Store,
        blobs: Blobs,
        boxes: Boxes,
        clock: Clock,
        chance: Chance,
        signers: SignerBook,
    ) -> None:
        self.store = store
        self.blobs = blobs
        self.clock = clock
        self.chance = chance
        self.boxes = boxes
        self.federation = Federation(boxes.report)
        self._signers = signers
        self._bodies: dict[str, Hosted] = {}
        self.rooms: dict[str, Room] = {}
        """By body, kept here or elsewhere: how much was brought beside acts for it."""
        self.keepers: frozenset[str] = frozenset()
        """The public keys of whoever signs at this machine, in hex: their ticks are never held back."""
        self.failed: Fault | None = None
        """Why nothing is taken in until the program is started again: something could not be stored (R-STORE-4)."""
        self.on_failure: Callable[[Fault], object] = lambda _: None
        self._stopped: Fault | None = None
        self._mutex = RLock()
        boxes.heads_of = self._heads_of

    @property
    def turn(self) -> AbstractContextManager[object]:
        """Held by whoever does several things here between which nobody else may write: ``with host.turn:``.

        One thread at a time holds it, and may take it again while it does.
        """
        return self._mutex

    def found(self, entry: bytes, origin: str, log_key: SigningKey) -> str:
        """A new record whose act 0 is ``entry``; returns the body's identity.

        After a crash in the middle the same founding is handed in again and continues.

        Raises: Refused with the rule that the founding breaks, or when another body has this origin; nothing is stored
        then.
        """
        trial = Federation()
        identity = trial.add([entry])
        state = trial.fold(identity)
        if state.founding is None or state.identity != identity:
            first = trial.records[identity].findings[0]
            raise Refused(f"this founding does not hold: {first.text}", rule=first.rule)
        log = NoteKey(name=origin, public_key=log_key.public_key)
        if state.founding.log != log.vkey:
            raise Refused("act 0 names another log than the one it is to stand in; found it under its own log key")
        with self._mutex:
            record = self.store.create(origin)
            if record.size and record.entries(0, 1) != [entry]:
                raise Refused("another body has a record under this origin; choose another", where=origin)
            if record.size == 0:
                record.append([entry])
            self._signers.enrol(record, log_key.public_key)
            self.load(origin, log_key)
            self.federation.fold(identity)
            return identity

    def load(self, origin: str, log_key: SigningKey, seen: Iterable[bytes] = ()) -> str:
        """Take up a record that is on disk; returns the body's identity. ``seen``: the checkpoints of it at hand."""
        with self._mutex:
            record = self.store.record(origin)
            identity = self.federation.take(record)
            folded = self.federation.records[identity]
            signer = self._signers.signer(record, log_key)
            signer.look(seen)
            excess = Excess(self.blobs, identity)
            self._bodies[identity] = Hosted(identity, record, folded, signer, log_key, excess)
            return identity

    def fold(self) -> None:
        """Fold everything that was loaded."""
        with self._mutex:
            self.federation.fold_all()
            self.federation.look_again()

    def bodies(self) -> tuple[str, ...]:
        """The identities kept here, in the order in which they were loaded."""
        return tuple(self._bodies)

    def hosted(self, identity: str) -> Hosted:
        """Raises: Missing when no such body is kept here; what it was stopped for, after ``stop``."""
        if self._stopped is not None:
            raise self._stopped
        try:
            return self._bodies[identity]
        except KeyError:
            raise Missing(f"no body {identity[:16]} is kept on this host") from None

    def stop(self, fault: Fault) -> None:
        """Nothing is signed, stored or judged any more: whoever asks for a record kept here is told this (R-AGAIN-2).

        What is being stored at this moment is finished, and nothing begins after it.
        """
        self._stopped = fault
        with self._mutex:
            pass

    def hear(self, identity: str, note: bytes) -> Behind | None:
        """Why nothing more is taken in here, once somebody shows this checkpoint of a record kept here (R-SIGNER-5).

        None, where the record is all that it is of, or its log did not sign it: then it says nothing.
        """
        with self._mutex:
            signer = self.hosted(identity).signer
            before, found = signer.behind, signer.look([note])
        if found is not None and before is None:
            self.on_failure(found)
        return found

    def check_taken(self, identity: str) -> Hosted:
        """Something may be taken in for this body now.

        Raises: Behind, where the record here is not what its log signed; what is waited for, what could not be stored,
        or what the host was stopped for; Missing, when no such body is kept here.
        """
        hosted = self.hosted(identity)
        hosted.signer.check_whole()
        for fault in (self.failed, hosted.waits):
            if fault is not None:
                raise type(fault)(fault.text, where=fault.where, rule=fault.rule)
        return hosted

    def fail(self, fault: Fault) -> None:
        """Nothing is taken in any more until the program is started again, and whoever keeps this host is told."""
        if self.failed is None:
            self.failed = Fault(f"{fault.text}. {_STOPPED}", where=fault.where, rule=fault.rule)
            self.on_failure(self.failed)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Where this block fails to store something, the host has failed. Raises: what the block does."""
        try:
            yield
        except Fault as fault:
            if fault.rule in STORING:
                self.fail(fault)
            raise

    def state(self, identity: str) -> State:
        """The newest state."""
        return self.hosted(identity).folded.state

    def head(self, identity: str) -> Seen:
        """What an author who asks this host now has seen."""
        record = self.hosted(identity).record
        return Seen(size=record.size, root=encode_base64(record.root()))

    def open(self, identity: str, entry: bytes) -> SignedAct:
        """The act, fit to be logged in this body's record. Takes no lock, so that many may be opened side by side.

        Raises: Malformed or Forged when it is no well-formed act with good signatures; Refused when it is for another
        body; what ``check_taken`` raises.
        """
        hosted = self.check_taken(identity)
        signed = open_act(entry)
        if signed.act.body != identity:
            raise Refused("this act was written for another body; hand it in there", rule="R-ACT-6")
        check_kept(hosted.folded.state, hosted.signer.log)
        check_unfrozen(hosted.folded.state, signed.act)
        check_claim(hosted.folded.state, signed.act)
        check_cited(self.federation, signed.act)
        return signed

    def submit(self, identity: str, entry: bytes, brought: Brought = NO_BLOBS) -> Receipt:
        """The act is on disk and judged. Handing in the same bytes again gives the same place, not a second one.

        ``brought``: blobs that it names. Raises: as ``open``; Refused, where it brings too much; Fault, when it could
        not be stored. Whatever else is wrong with it, it is logged, and void.
        """
        (outcome,) = self.submit_group([(identity, self.open(identity, entry))], {0: brought})
        if isinstance(outcome, Fault):
            raise outcome
        return outcome

    def submit_group(
        self, group: Sequence[tuple[str, SignedAct]], brought: Mapping[int, Brought] = MappingProxyType({})
    ) -> list[Outcome]:
        """Each of these acts, opened for its body, is on disk and judged, and has its receipt; in the order given.

        All acts of one record are stored by one sync, whole or not at all: then each of them has that fault. One that
        exceeds its key's quota is held back instead, with the host's word for it. ``brought``: by place in the group,
        the blobs that an act brings, kept only with it (R-HANDED-2).
        """
        outcomes: dict[int, Outcome] = {}
        by_body: dict[str, list[int]] = {}
        for place, (identity, _) in enumerate(group):
            by_body.setdefault(identity, []).append(place)
        with self._mutex:
            self.federation.look_again()
            for identity, places in by_body.items():
                try:
                    acts = [group[place][1] for place in places]
                    blobs = [brought.get(place, NO_BLOBS) for place in places]
                    receipts = self._log(self.check_taken(identity), acts, blobs)
                except Fault as fault:
                    outcomes.update(dict.fromkeys(places, fault))
                else:
                    outcomes.update(zip(places, receipts, strict=True))
        return [outcomes[place] for place in range(len(group))]

    def _log(self, hosted: Hosted, acts: Sequence[SignedAct], brought: Sequence[Brought]) -> list[Outcome]:
        """These acts of one body are logged, or held back where a quota is used up; each has its receipt."""
        self.federation.fold(hosted.identity)
        quota = hosted.quota  # Counted before these acts, so that a tick among them is one that came since.
        outcomes: dict[int, Outcome] = {}
        hosted.newest_tick = None
        held = [place for place, signed in enumerate(acts) if not self._is_admitted(hosted, signed)]
        let_in = {place: signed for place, signed in enumerate(acts) if place not in held}
        room = self.rooms.setdefault(hosted.identity, Room())
        outcomes |= room.keep(self.blobs, self.federation, hosted.identity, let_in, brought)
        logged = [place for place in let_in if place not in outcomes]
        indices = self._append(hosted, [acts[place] for place in logged])
        outcomes |= zip(held, self._hold_back(hosted, [acts[place] for place in held]), strict=True)
        if quota.has_ended(hosted.folded.state):
            self._log_excess(hosted)
        for place, index in zip(logged, indices, strict=True):
            outcomes[place] = self._receipt(hosted, acts[place].act.id, index)
        return [outcomes[place] for place in range(len(acts))]

    def _append(self, hosted: Hosted, acts: Sequence[SignedAct]) -> tuple[int, ...]:
        """These acts are on the disk and judged; returns where each stands."""
        size = hosted.record.size
        with self.watching():
            indices = hosted.record.append_once([signed.act.entry for signed in acts])
        for index, signed in zip(indices, acts, strict=True):
            if index == size:
                hosted.folded.append(signed.act.entry, signed)
                size += 1
        self.federation.fold(hosted.identity)
        return indices

    def _is_admitted(self, hosted: Hosted, signed: SignedAct) -> bool:
        """Whether its quota lets the act be logged.

        What is logged already costs nothing, nor what the host says, nor a tick in force: mirrors made that, and it
        ends the time for which quotas are counted.
        """
        state = hosted.folded.state
        if signed.act.author == hosted.log_key.public_key.hex() or hosted.record.find(signed.act.entry) is not None:
            return True
        if signed.act.kind == TICK:
            after, _ = self.federation.judge(hosted.identity, signed.act.entry)
            if len(after.ticks) > len(state.ticks):
                is_logged = is_due(state, after.ticks[-1], signed, hosted.newest_tick, self.keepers)
                hosted.newest_tick = after.ticks[-1] if is_logged else hosted.newest_tick
                return is_logged

        def has_effect() -> bool:
            after, _ = self.federation.judge(hosted.identity, signed.act.entry)
            standing = after.acts.get(signed.act.id)
            return standing is not None and standing.index == state.size and standing.status in ("in-force", "missing")

        return hosted.quota.admits(state, signed, has_effect)

    def _hold_back(self, hosted: Hosted, acts: Sequence[SignedAct]) -> list[Outcome]:
        """The host's word for each of these that it came in and is not logged; or Refused, where there are too many."""
        room = MOST_HELD_BACK - len(hosted.excess)
        try:
            places = hosted.excess.hold_back([bytes.fromhex(signed.act.id) for signed in acts[: max(0, room)]])
        except OSError as error:
            failed = Fault(f"the disk failed ({error})", where=hosted.record.origin, rule="R-STORE-1")
            self.fail(failed)
            return [failed] * len(acts)
        told: list[Outcome] = [
            self._excess_receipt(hosted, signed.act.id, place) for signed, place in zip(acts, places, strict=False)
        ]
        return told + [Refused(f"{_QUOTA}; no more can be noted down", rule="R-ACT-14")] * (len(acts) - len(places))

    def _log_excess(self, hosted: Hosted) -> None:
        """What was held back before the tick that just came stands in the record, as one hash (R-ACT-15)."""
        if not len(hosted.excess):
            return
        count, ids = hosted.excess.keep()
        seen = self.head(hosted.identity)
        data = {"count": count, "ids": ids}
        entry = write_act("act.excess", data, hosted.log_key, chance=self.chance, body=hosted.identity, seen=seen)
        self._append(hosted, [open_act(entry)])
        hosted.excess.clear()

    def _receipt(self, hosted: Hosted, act: str, index: int) -> Receipt:
        time = self.clock.now()
        text = f"majlis-receipt/1 {hosted.record.origin}\nact {act}\nindex {index}\ntime {time}\n"
        standing = hosted.folded.state.acts.get(act)
        return Receipt(act=act, index=index, time=time, standing=standing, note=self._signed(hosted, text))

    def _excess_receipt(self, hosted: Hosted, act: str, place: int) -> HeldBack:
        size, time = hosted.record.size, self.clock.now()
        text = f"majlis-excess/1 {hosted.record.origin}\nact {act}\nplace {place}\nsize {size}\ntime {time}\n"
        return HeldBack(f"{_QUOTA}; hand it in again after the next tick", act=act, note=self._signed(hosted, text))

    def _signed(self, hosted: Hosted, text: str) -> str:
        line = format_signature_line(sign_note(text, hosted.record.origin, hosted.log_key))
        return f"{text}\n{line}\n"

    def write(
        self,
        identity: str,
        kind: str,
        data: msgspec.Struct | Mapping[str, object],
        *keys: SigningKey,
        cites: tuple[str, ...] = (),
    ) -> Receipt:
        """Write an act for this body, with the head this host shows now, and submit it."""
        with self._mutex:
            self.keepers |= {key.public_key.hex() for key in keys}
            seen = self.head(identity)
            entry = write_act(kind, data, *keys, chance=self.chance, body=identity, seen=seen, cites=cites)
            return self.submit(identity, entry)

    def cosign(self, identity: str, cosigners: Iterable[Cosigner]) -> bytes:
        """The newest checkpoint with the cosignatures of all who gave one; it is the safe one if they are enough.

        Only lines of the mirrors that act 0 names, which verify, are taken: a cosigner who is away, or answers
        nonsense, or in another's name, spoils nothing.
        """
        with self._mutex:
            hosted = self.hosted(identity)
            with self.watching():
                bare = parse_note(hosted.signer.sign())
            size = int(bare.text.split("\n")[1])
            note = bare
            for cosigner in cosigners:
                line = self._ask(hosted, bare, size, cosigner)
                if line is not None and line not in note.signatures:
                    note = with_signatures(note, [line])
            hosted.safe, hosted.safe_size = format_note(note), size
            return hosted.safe

    def _ask(self, hosted: Hosted, note: Note, size: int, cosigner: Cosigner) -> SignatureLine | None:
        """The cosigner's own line, or None when there is none that holds."""
        founding = hosted.folded.state.founding
        mirrors = () if founding is None else founding.mirrors
        try:
            old = cosigner.last(hosted.record.origin)
            proof = hosted.record.prove_consistency(old, size) if 0 < old < size else ()
            request = format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=note))
            status, body = cosigner.add_checkpoint(request)
            if status != 200:
                return None
            (line,) = [parse_signature_line(line) for line in body.splitlines()]
            cosigned = read_cosignatures(with_signatures(note, [line]), [parse_cosigner_key(key) for key in mirrors])
        except (Fault, ValueError, OSError):
            return None
        return line if cosigned else None

    def tick(self, identity: str, cosigners: Iterable[Cosigner], key: SigningKey) -> Receipt:
        """Have the newest checkpoint cosigned and log it as a tick, so that the record knows what time it is."""
        with self._mutex:
            checkpoint = self.cosign(identity, cosigners)
            return self.write(identity, "tick", {"checkpoint": checkpoint.decode()}, key)

    def log_digest(self, identity: str, key: SigningKey) -> Receipt:
        """Log the digest of the state in force."""
        with self._mutex:
            state = self.state(identity)
            return self.write(identity, "state.digest", {"size": state.size, "root": digest(state)}, key)

    def checkpoint(self, identity: str, *, digested: bool = False) -> Note:
        """The newest checkpoint, with no mirror's line yet. Raises: what the signer and the record refuse.

        ``digested``: a digest is logged as its last entry where one is due, by the log's own key, and nothing comes
        between the two. So whoever is shown that digest can tell its age (R-DIGEST-6, R-DIGEST-9).
        """
        with self._mutex:
            hosted = self.hosted(identity)
            if digested and is_digest_due(self.state(identity)):
                self.log_digest(identity, hosted.log_key)
            with self.watching():
                return parse_note(hosted.signer.sign())

    def certificate(self, identity: str, act: str) -> Certificate:
        """The act with its proof under the newest cosigned checkpoint.

        Raises: Missing when the act is not in the record, or no cosigned checkpoint covers it yet.
        """
        hosted = self.hosted(identity)
        standing = hosted.folded.state.acts.get(act)
        if standing is None:
            raise Missing(f"act {act[:16]} is not in the record of body {identity[:16]}")
        if standing.index >= hosted.safe_size:
            raise Missing("no cosigned checkpoint covers this act yet; ask the mirrors and try again")
        hashes = hosted.record.prove_inclusion(standing.index, hosted.safe_size)
        proof = TlogProof(index=standing.index, hashes=hashes, checkpoint=hosted.safe)
        (entry,) = hosted.record.entries(standing.index, standing.index + 1)
        return Certificate(body=identity, act=act, leaf=leaf_hash(entry).hex(), proof=format_tlog_proof(proof).decode())

    def _heads_of(self, uuid: str) -> tuple[tuple[int, str], ...]:
        """The heads of this box that the record of its body logged."""
        for hosted in self._bodies.values():
            for election in hosted.folded.state.elections.values():
                if election.uuid == uuid:
                    return election.heads
        return ()
