"""The witness call ``add-checkpoint``: a log shows its new checkpoint and that it only grew.

    old <decimal>\\n                     the size that the witness cosigned last, 0 for never
    <base64 hash>\\n                     0 to 63 lines: the consistency proof from that size
    \\n
    <checkpoint note>

The answer is one of the rows below, or 200 and the witness's cosignature lines. Judging is pure; the host stores the
new state durably, in one step with having read the old one, before it answers.

    400  R-WITNESS-1  malformed, or old > new size
    404  R-WITNESS-2  origin not configured
    403  R-WITNESS-3  no signature by a trusted log key, or one that fails
    409  R-WITNESS-4  old is not the size last cosigned; the body is that size
    422  R-WITNESS-5  root of size 0 wrong, proof wrong, or same size and another root

Source: c2sp.org/tlog-witness v1.0.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from majlis.errors import Fault, Forged, Malformed
from majlis.record.checkpoint import Checkpoint, format_decimal, parse_checkpoint, parse_decimal, parse_hash
from majlis.record.merkle import EMPTY_ROOT, MAX_PROOF, check_consistency
from majlis.record.note import Note, NoteKey, SignatureLine, check_note, encode_base64, format_note, parse_note

__all__ = [
    "MAX_REQUEST_SIZE",
    "NEVER",
    "AddCheckpoint",
    "Judgement",
    "WitnessState",
    "format_add_checkpoint",
    "judge_add_checkpoint",
    "parse_add_checkpoint",
]

MAX_REQUEST_SIZE: Final = 256 * 1024


class AddCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A request as parsed; no signature and no proof in it is checked yet."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @property
    def checkpoint(self) -> Checkpoint:
        return parse_checkpoint(self.note.text)


class WitnessState(msgspec.Struct, frozen=True, kw_only=True):
    """The size and root that a witness cosigned last, of one origin."""

    size: int
    root: bytes


NEVER: Final = WitnessState(size=0, root=EMPTY_ROOT)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer. Only with status 200 there is a ``state`` to store and a ``note`` to cosign.

    ``origin``: of the log, where the request parses. ``note``: the checkpoint and the verified lines of the log's own
    keys, nothing else that was sent. ``fault``: why not, for the witness's own log file. ``is_evidence``: the log
    signed something that it should not have, or someone showed a false proof for it; keep the request.
    """

    status: int
    origin: str = ""
    body: str = ""
    state: WitnessState | None = None
    note: Note | None = None
    fault: str = ""
    is_evidence: bool = False


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """The request in ``body``. Raises: Malformed, also when the old size is larger than the new."""
    if len(body) > MAX_REQUEST_SIZE:
        raise Malformed(f"a request has at most {MAX_REQUEST_SIZE} bytes, this one {len(body)}", rule="R-WITNESS-1")
    head, blank, rest = body.partition(b"\n\n")
    if not blank:
        raise Malformed("a request has a blank line before its checkpoint, and there is none", rule="R-WITNESS-1")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the lines before the checkpoint are ASCII", rule="R-WITNESS-1") from None
    if not first.startswith("old "):
        raise Malformed("a request starts with 'old <size>'", rule="R-WITNESS-1")
    if len(hashes) > MAX_PROOF:
        raise Malformed(
            f"a consistency proof has at most {MAX_PROOF} hashes, this one {len(hashes)}", rule="R-WITNESS-1"
        )
    request = AddCheckpoint(
        old=parse_decimal(first.removeprefix("old ")),
        proof=tuple(parse_hash(line) for line in hashes),
        note=parse_note(rest),
    )
    if request.old > request.checkpoint.size:
        raise Malformed(
            f"the old size {request.old} is larger than the new one, {request.checkpoint.size}", rule="R-WITNESS-1"
        )
    return request


def format_add_checkpoint(request: AddCheckpoint) -> bytes:
    """The body of the request."""
    lines = [f"old {format_decimal(request.old)}\n", *(f"{encode_base64(digest)}\n" for digest in request.proof), "\n"]
    return "".join(lines).encode() + format_note(request.note)


def judge_add_checkpoint(
    body: bytes, logs: Mapping[str, Sequence[NoteKey]], states: Mapping[str, WitnessState]
) -> Judgement:
    """What a witness that trusts ``logs`` (keys by origin) and last cosigned ``states`` answers to ``body``; total."""
    try:
        request = parse_add_checkpoint(body)
        checkpoint = request.checkpoint
    except Fault as fault:
        return Judgement(status=400, fault=str(fault))
    origin = checkpoint.origin
    keys = logs.get(origin)
    if not keys:
        return Judgement(status=404, origin=origin, fault=f"the log {origin!r} is not configured here")
    try:
        signed = {(key.name, key.key_id) for key in check_note(request.note, keys)}
    except Forged as fault:
        return Judgement(status=403, origin=origin, fault=str(fault))
    state = states.get(origin, NEVER)
    if request.old != state.size:
        return Judgement(
            status=409, origin=origin, body=f"{format_decimal(state.size)}\n", fault="the old size is not the last one"
        )
    try:
        _check_growth(request, checkpoint, state)
    except Forged as fault:
        text = str(fault)
        if checkpoint.size != state.size:
            text += "; a proof is signed by nobody, and this one alone accuses nobody"
        return Judgement(status=422, origin=origin, fault=text, is_evidence=True)
    lines: dict[tuple[str, bytes], SignatureLine] = {}
    for line in request.note.signatures:
        if (line.name, line.key_id) in signed:
            lines.setdefault((line.name, line.key_id), line)
    return Judgement(
        status=200,
        origin=origin,
        state=WitnessState(size=checkpoint.size, root=checkpoint.root),
        note=Note(text=request.note.text, signatures=tuple(lines.values())),
    )


def _check_growth(request: AddCheckpoint, checkpoint: Checkpoint, state: WitnessState) -> None:
    """The new checkpoint extends the last one. Raises: Forged."""
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise Forged("the root of an empty record is the hash of nothing, and this one is not", rule="R-WITNESS-5")
    if request.old == 0:
        if request.proof:
            raise Forged("from size 0 there is nothing to prove, and a proof was sent", rule="R-WITNESS-5")
        return
    check_consistency(
        request.proof, old=request.old, new=checkpoint.size, old_root=state.root, new_root=checkpoint.root
    )
