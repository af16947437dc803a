"""Certificates: an act of another body, presented as a warrant (``spec/certificate.md``).

A certificate names the sender's identity, the act, its leaf hash and a C2SP tlog-proof under a checkpoint that enough of
the sender's own mirrors cosigned (it is *safe*). It counts only if the act is in force in the sender's record folded up
to that checkpoint: a void act stays void wherever it is carried. Anyone may deliver one.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from majlis.errors import Fault, Forged, Malformed, Refused
from majlis.institutions.charter import Hex64
from majlis.institutions.kinds import Context
from majlis.institutions.state import State
from majlis.record.checkpoint import open_checkpoint, parse_checkpoint
from majlis.record.cosignature import parse_cosigner_key, read_cosignatures
from majlis.record.merkle import check_inclusion
from majlis.record.note import Note, parse_note, parse_note_key
from majlis.record.tlog_proof import parse_tlog_proof


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """``proof`` is the text of a tlog-proof file; ``leaf`` the RFC 6962 leaf hash of the act's entry, in hex."""

    body: Hex64
    act: Hex64
    leaf: Hex64
    proof: Annotated[str, Meta(max_length=12_000)]


def check_certificate(context: Context, certificate: Certificate, kinds: tuple[str, ...]) -> State:
    """The sender's state at the cited checkpoint, once the act is shown to be of one of ``kinds`` and in force there.

    Raises: Refused with R-CERT-1 (form, log signature), R-CERT-2 (not safe), R-CERT-3 (another history), R-CERT-4
    (inclusion), R-CERT-5 (void or waiting there), R-CERT-6 (another kind); Missing when the sender's record is not at
    hand.
    """
    if certificate.body == context.state.identity:
        raise Refused(
            "a certificate comes from another body; cite an act of one's own record by its id", rule="R-CERT-1"
        )
    try:
        proof = parse_tlog_proof(certificate.proof.encode())
        claimed = parse_checkpoint(parse_note(proof.checkpoint).text)
        sender = context.evidence.state(certificate.body, claimed.size, claimed.root.hex())
        if sender.founding is None:
            raise Malformed("the sender's record founds no body")
        checkpoint, note = open_checkpoint(proof.checkpoint, parse_note_key(sender.founding.log))
    except (Malformed, Forged) as fault:
        raise Refused(f"the certificate does not hold: {fault.text}", rule="R-CERT-1") from fault
    check_safe(sender, note)
    try:
        check_inclusion(
            proof.hashes,
            index=proof.index,
            size=checkpoint.size,
            leaf=bytes.fromhex(certificate.leaf),
            root=checkpoint.root,
        )
    except Fault as fault:
        raise Refused(f"the inclusion proof of the certificate fails: {fault.text}", rule="R-CERT-4") from fault
    standing = sender.acts.get(certificate.act)
    if sender.log.get(proof.index) != certificate.act or standing is None or standing.index > proof.index:
        raise Refused("the proof shows another entry than the act that the certificate names", rule="R-CERT-4")
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
    context.rests_on(certificate.act, standing.kind, certificate.body)
    return sender


def check_safe(sender: State, note: Note) -> None:
    """Returns when the charter's quorum of the sender's mirrors cosigned the checkpoint.

    Raises: Refused with R-CERT-2.
    """
    founding = sender.founding
    if founding is None:
        raise Refused("the sender's record founds no body", rule="R-CERT-2")
    try:
        cosigned = read_cosignatures(note, [parse_cosigner_key(vkey) for vkey in founding.mirrors])
    except Fault as fault:
        raise Refused(f"a cosignature of the checkpoint fails: {fault.text}", rule="R-CERT-2") from fault
    if len(cosigned) < founding.mirror_quorum:
        raise Refused(
            f"only {len(cosigned)} of the {founding.mirror_quorum} mirrors needed cosigned the checkpoint; other bodies "
            "act only on what is safe",
            rule="R-CERT-2",
        )
