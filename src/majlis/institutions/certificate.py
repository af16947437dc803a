"""Certificates: an act of another body, presented as a warrant (``spec/certificate.md``).

A certificate names the sender's identity, the act, its leaf hash and a C2SP tlog-proof under a checkpoint that enough
of the sender's own mirrors cosigned (it is *safe*). It counts only if the act is in force in the sender's record folded
up to that checkpoint: a void act stays void wherever it is carried. Anyone may deliver one.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.institutions.charter import Hex64
from majlis.institutions.kinds import Context
from majlis.institutions.logs import logs_for
from majlis.institutions.mirrors import read_quorum
from majlis.institutions.state import Head, State, replace
from majlis.record.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from majlis.record.merkle import check_inclusion
from majlis.record.note import NoteKey, parse_note, parse_note_key
from majlis.record.tlog_proof import parse_tlog_proof


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """``proof`` is the text of a tlog-proof file; ``leaf`` the RFC 6962 leaf hash of the act's entry, in hex."""

    body: Hex64
    act: Hex64
    leaf: Hex64
    proof: Annotated[str, Meta(max_length=12_000)]


class SafeHead(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint of another body that enough of its mirrors cosigned, at ``times`` (Unix seconds, sorted).

    ``raw``: the note as it came.
    """

    checkpoint: Checkpoint
    raw: bytes
    times: tuple[int, ...]


def check_certificate(context: Context, certificate: Certificate, kinds: tuple[str, ...]) -> State:
    """The sender's state, once the act is shown to be of one of ``kinds`` and in force there: as the cited checkpoint
    has it, or the newest head of the sender that was shown here, whichever is newer (R-CERT-8).

    All that the certificate and the sender's act 0 show is checked before the sender's record is asked for, so that a
    forged certificate is void for everybody, and never a hole in anybody's copy.

    Raises: Refused with R-CERT-1 (form, log signature), R-CERT-2 (not safe), R-CERT-4 (inclusion), R-CERT-5 (void or
    waiting there), R-CERT-6 (another kind); Missing with R-CERT-3 (another branch is at hand) or R-CERT-7 (the sender's
    record, or something it rests on, is not at hand).
    """
    if certificate.body == context.state.identity:
        raise Refused(
            "a certificate comes from another body; cite an act of one's own record by its id", rule="R-CERT-1"
        )
    try:
        proof = parse_tlog_proof(certificate.proof.encode())
    except Malformed as fault:
        raise Refused(f"the certificate does not hold: {fault.text}", rule="R-CERT-1") from fault
    head = open_head(context, certificate.body, proof.checkpoint)
    try:
        check_inclusion(
            proof.hashes,
            index=proof.index,
            size=head.checkpoint.size,
            leaf=bytes.fromhex(certificate.leaf),
            root=head.checkpoint.root,
        )
    except Fault as fault:
        raise Refused(f"the inclusion proof of the certificate fails: {fault.text}", rule="R-CERT-4") from fault
    sender = _newest(context, certificate.body, state_at(context, certificate.body, head))
    _check_in_force(sender, certificate, proof.index, kinds)
    context.rests_on(certificate.act, sender.acts[certificate.act].kind, certificate.body)
    context.known[certificate.body] = (head.checkpoint.size, head.checkpoint.root.hex())
    return sender


def remember(state: State, context: Context) -> State:
    """The state that knows how far the records of its members were cited by this act (R-CERT-8).

    That is no head that was shown: what it may have undone is not looked at, and its time says nothing here.
    """
    bodies = state.bodies
    for body, (size, root) in context.known.items():
        member = bodies.get(body)
        if member is None or member.left is not None or (member.head is not None and member.head.size >= size):
            continue
        time = member.head.time if member.head is not None else 0
        head = Head(size=size, root=root, time=time, index=context.index)
        bodies = bodies.set(body, replace(member, head=head))
    return state if bodies is state.bodies else replace(state, bodies=bodies)


def open_head(context: Context, body: str, raw: bytes) -> SafeHead:
    """What a checkpoint note of ``body`` shows by itself: it is signed by its log, and safe.

    A record that was moved signs with another key than that of act 0, which its state tells; it keeps its origin all
    the same. Raises: Refused with R-CERT-1 or R-CERT-2; Missing.
    """
    founding = context.evidence.founding(body)
    first = parse_note_key(founding.log)
    try:
        note = parse_note(raw)
        checkpoint = parse_checkpoint(note.text)
    except (Malformed, Forged) as fault:
        raise Refused(f"the certificate does not hold: {fault.text}", rule="R-CERT-1") from fault
    if any((line.name, line.key_id) == (first.name, first.key_id) for line in note.signatures):
        _check_log(raw, (first,))
    elif checkpoint.origin != first.name or len(note.signatures) < 1 + founding.mirror_quorum:
        raise Refused("the certificate does not hold: its checkpoint is not signed by that log", rule="R-CERT-1")
    cosigned = read_quorum(founding, note, rule="R-CERT-2")
    return SafeHead(checkpoint=checkpoint, raw=raw, times=tuple(sorted(each.time for each in cosigned)))


def state_at(context: Context, body: str, head: SafeHead) -> State:
    """The state of ``body`` at a checkpoint, which the log key that it had then signed. Raises: Refused; Missing."""
    sender = context.evidence.state(body, head.checkpoint.size, head.checkpoint.root.hex())
    _check_log(head.raw, logs_for(sender, head.checkpoint.size))
    return sender


def _check_log(raw: bytes, logs: tuple[NoteKey, ...]) -> None:
    """Raises: Refused with R-CERT-1, unless one of these keys signed the checkpoint."""
    try:
        open_checkpoint(raw, *logs)
    except (Malformed, Forged) as fault:
        raise Refused(f"the certificate does not hold: {fault.text}", rule="R-CERT-1") from fault


def _newest(context: Context, body: str, cited: State) -> State:
    """The state of ``body`` as it was cited, or at the newest head of it that was shown here, if that is newer."""
    member = context.state.bodies.get(body)
    if member is None or member.head is None or member.head.size <= cited.size:
        return cited
    return context.evidence.state(body, member.head.size, member.head.root)


def _check_in_force(sender: State, certificate: Certificate, index: int, kinds: tuple[str, ...]) -> None:
    standing = sender.acts.get(certificate.act)
    if sender.log.get(index) != certificate.act or standing is None or standing.index > index:
        raise Refused("the proof shows another entry than the act that the certificate names", rule="R-CERT-4")
    if sender.missing is not None:
        raise Missing(
            f"entry {sender.missing} of the record of body {certificate.body[:16]} rests on something that is not at "
            "hand, so what is in force there is not known here; import what is missing and look again",
            rule="R-CERT-7",
        )
    if standing.status != "in-force":
        rule = f" by {standing.rule}" if standing.rule else ""
        raise Refused(
            f"the act is {standing.status} in its own record{rule}; carrying it elsewhere changes nothing",
            rule="R-CERT-5",
        )
    if standing.kind not in kinds:
        raise Refused(
            f"a certificate of '{standing.kind}' is no warrant here; needed: {' or '.join(kinds)}", rule="R-CERT-6"
        )
