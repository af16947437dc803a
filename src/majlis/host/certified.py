"""Certificates from the copies that a data folder holds: anybody makes one of any act that is safe."""

from __future__ import annotations

from majlis.errors import Missing, Refused
from majlis.host.federation import Record
from majlis.institutions.certificate import Certificate
from majlis.institutions.mirrors import read_quorum
from majlis.record import TlogProof, format_tlog_proof, leaf_hash, parse_checkpoint, parse_note, prove_inclusion

__all__ = ["certificate_of"]


def certificate_of(record: Record, act: str, note: bytes) -> Certificate:
    """The act with its proof under the cosigned checkpoint ``note``, empty where none is kept.

    Raises: Missing, when the act is not in the record, the checkpoint does not cover it, or too few cosigned it.
    """
    body = record.state.identity
    standing = record.state.acts.get(act)
    if standing is None:
        raise Missing(f"act {act[:16]} is not in the record of body {body[:16]}")
    size = parse_checkpoint(parse_note(note).text).size if note else 0
    if standing.index >= size:
        raise Missing(f"mirrors have not seen act {standing.index} of body {body[:16]} yet; tick its record, and again")
    founding = record.state.founding
    assert founding is not None
    try:
        read_quorum(founding, parse_note(note), rule="R-CERT-2")
    except Refused as fault:
        raise Missing(
            f"the copy of body {body[:16]} that is here proves nothing to others: {fault.text}; take what "
            "'majlis publish' wrote, or where the record is kept tick it, and again",
            rule="R-CERT-2",
        ) from fault
    hashes = prove_inclusion(standing.index, size, record.tree.read)
    proof = format_tlog_proof(TlogProof(index=standing.index, hashes=hashes, checkpoint=note)).decode()
    return Certificate(body=body, act=act, leaf=leaf_hash(record.entries[standing.index]).hex(), proof=proof)
