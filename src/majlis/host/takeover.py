"""Moving a record from host to host: drawn up where it will be kept, logged, and taken up (``spec/succession.md``).

After a loss: a folder that holds a copy draws up the move behind what it holds, the charter keys sign it there or by
stick, and ``take_over`` logs it and makes this folder the host. In a hand-over the old host logs it as its last entry
(``hand_over``), stops being one, and gives its public folder to the new one, which takes it and then the same step.

Everything can be begun again after a crash, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host.brought import NO_BLOBS, Brought
from majlis.host.checkpoints import newest_safe_of, safe_size
from majlis.host.disk import write_file
from majlis.host.exchange import blobs_named, parse_acts
from majlis.host.host import Host, Receipt
from majlis.host.moved import MOVE
from majlis.host.node import Known, Node
from majlis.host.store import Record
from majlis.institutions import Act, State, parse_act
from majlis.institutions.act import check_signatures
from majlis.institutions.state import founded
from majlis.institutions.succession import HostMove
from majlis.record import (
    NoteKey,
    parse_checkpoint,
    parse_note,
    parse_note_key,
)

__all__ = ["OF_THEIR_HISTORY", "draw_up", "hand_over", "newest_safe", "resubmit", "shown_checkpoint", "take_over"]

OF_THEIR_HISTORY: Final = frozenset({MOVE, "tick", "state.digest", "found"})


def newest_safe(node: Node, identity: str, entries: Sequence[bytes]) -> bytes:
    """The largest checkpoint at hand that the quorum of act 0's mirrors cosigned: the one kept, or one in an act.

    Raises: Missing, where there is none: then nobody holds anything of this record but its host.
    """
    notes = [node.checkpoint(identity)]
    acts = parse_acts(entries)
    notes += [str(act.data.get("checkpoint", "")).encode() for act in acts if act.kind in ("tick", MOVE)]
    found = newest_safe_of([note for note in notes if safe_size(note, entries[0]) <= len(entries)], entries[0])
    if not found:
        raise Missing(
            "no checkpoint of this record is at hand that enough mirrors cosigned; ask each mirror for its copy",
            rule="R-MOVE-2",
        )
    return found


def draw_up(node: Node, body: Known, record: Record, state: State, key: bytes, next_key: bytes) -> HostMove:
    """What the charter keys are to sign, so that the record goes on behind the entries here under ``key``.

    ``key``, ``next_key``: public halves of the new log key and of the one sealed after it. Raises: Missing.
    """
    size = record.size
    log = NoteKey(name=body.origin, public_key=key)
    if log.vkey == founded(state).log:
        raise Refused("this key signs the record already; take the sealed one", rule="R-MOVE-3")
    return HostMove(
        log=log.vkey,
        next_log=sha256(next_key).hexdigest(),
        size=size,
        root=record.root(size).hex(),
        checkpoint=newest_safe(node, body.identity, record.entries()).decode(),
    )


def hand_over(node: Node, host: Host, identity: str, entry: bytes) -> int:
    """The move is the last entry that this host logs; from here on it holds a copy. Returns where the move stands.

    Where it was logged before, and the program was stopped, the rest is done.

    Raises: Refused, when the move would not be in force; Missing, while charter keys are lacking.
    """
    act = parse_act(entry)
    if not any(move.act == act.id for move in host.state(identity).moves):
        _check_in_force(host.federation.judge(identity, entry)[0], act)
        host.submit(identity, entry)
    first = host.hosted(identity).record.entries(0, 1)[0]
    node.checkpoints.keep(identity, host.cosign(identity, ()), first)
    node.set_hosted(identity, False)
    return host.state(identity).acts[act.id].index


def take_over(node: Node, identity: str, entry: bytes, key: SigningKey) -> Known:
    """This folder is the host of the record from the move in ``entry`` on. ``key``: the new log key.

    Raises: Refused, when the move is not in force behind what this folder holds; Missing, while charter keys are
    lacking, or the record is larger elsewhere; Malformed, Forged, when it is no such act.
    """
    body = node.body(identity)
    act = parse_act(entry)
    check_signatures(act)
    log = _new_log(act)
    if log.public_key != key.public_key:
        raise Refused("this keyring holds another log key than the one that the move names", rule="R-MOVE-3")
    federation = node.federation()
    with node.writing() as store:
        record = store.record(body.origin)
        at = record.find(entry)
        if at is None:
            state, _ = federation.judge(identity, entry)
            _check_in_force(state, act)
            at = record.append([entry])
        else:
            _check_in_force(federation.fold(identity), act)
        signers = node.signers(store)
        try:
            signers.succeed(record, key.public_key, at)
            write_file(_moved(node, identity), signers.signer(record, key).sign())
        finally:
            signers.close()
        return node.set_hosted(identity, True)


def shown_checkpoint(node: Node, identity: str) -> bytes:
    """The checkpoint of this record that is served: the newest seen, or the first one by the new key.

    Nobody can cosign a record that moved before somebody shows who signs it now (R-MIRROR-8). Empty before the first.
    """
    kept, moved = node.checkpoints.seen(identity), _moved(node, identity)
    first = moved.read_bytes() if moved.is_file() and node.body(identity).is_hosted else b""
    return max((note for note in (first, kept) if note), key=_size, default=b"")


def _size(note: bytes) -> int:
    return parse_checkpoint(parse_note(note).text).size


def _moved(node: Node, identity: str) -> Path:
    return node.folder / "checkpoints" / f"{identity}.moved"


def resubmit(
    host: Host, identity: str, entries: Sequence[bytes], read: Callable[[str], bytes] | None = None
) -> tuple[list[Receipt], int]:
    """The acts among these that the record kept here lacks are logged, unchanged and in their order (R-DELIVER-3).

    ``read``: gives the blob with this hash, or raises Missing; what an act names there comes with it.

    Ticks, digests and moves of another history say nothing here, and stay away; so does what is no act of this record.
    Returns their receipts, and how many wait until the members have decided on a move or a fork (R-MOVE-10).
    """
    known = host.state(identity).acts
    receipts: list[Receipt] = []
    waiting = 0
    for act in parse_acts(entries):
        if act.identity == identity and act.kind not in OF_THEIR_HISTORY:
            brought = _brought(act, read) if read else NO_BLOBS
            if act.id in known:
                for data in brought.values():
                    host.blobs.put(data)
                continue
            try:
                receipts.append(host.submit(identity, act.entry, brought))
            except Refused as fault:
                if fault.rule != "R-MOVE-10":
                    raise
                waiting += 1
    return receipts, waiting


def _brought(act: Act, read: Callable[[str], bytes]) -> Brought:
    """What the act names, as far as it is there and whole."""
    found = {}
    for digest in sorted(blobs_named([act])):
        with suppress(Missing, Forged, Malformed):
            found[digest] = read(digest)
    return found


def _new_log(act: Act) -> NoteKey:
    """Raises: Malformed, when the act is no move."""
    if act.kind != MOVE:
        raise Malformed("this act moves no record; draw one up with 'majlis succession draft'")
    return parse_note_key(str(act.data.get("log", "")))


def _check_in_force(state: State, act: Act) -> None:
    """Raises: Refused or Missing, unless this very act moved the record in this state."""
    if any(move.act == act.id for move in state.moves):
        return
    standing = state.acts.get(act.id)
    if standing is not None and standing.status == "waiting":
        raise Missing(f"this move {standing.text}; let more of them sign it", rule=standing.rule)
    text = standing.text if standing is not None else "it does not belong into this record"
    rule = standing.rule if standing is not None else "R-MOVE-1"
    raise Refused(f"this move would be void: {text}", rule=rule)
