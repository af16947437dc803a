"""What a host looks at before it logs an act that cites another body's record: that this record is here, so far.

An act that cites what nobody can show is *missing* for every reader, and all after it is not sure any more. So whoever
signs for one member, its log key and its mirrors, could stop the record of an assembly for good, by a checkpoint of
entries that they show to nobody. Whoever delivers brings the record first. Source: ``spec/certificate.md``, R-CERT-9.
"""

from __future__ import annotations

from typing import Any

from majlis.errors import Fault, Missing
from majlis.host.federation import Federation
from majlis.institutions import Act
from majlis.record import parse_checkpoint, parse_note, parse_tlog_proof

__all__ = ["check_cited"]


def check_cited(federation: Federation, act: Act) -> None:
    """The record that the act cites by a certificate or a head is here up to there, or the act cites none.

    What is malformed passes: it is void by itself, for everybody. Raises: Missing, with what to bring.
    """
    body, note = _cited(act.data)
    if body == act.identity or not note:
        return
    try:
        checkpoint = parse_checkpoint(parse_note(note).text)
    except Fault:
        return
    record = federation.records.get(body)
    size = checkpoint.size
    if record is None or size > len(record.entries):
        here = "no copy of it" if record is None else f"{len(record.entries)} entries of it"
        raise Missing(
            f"this act cites the first {size} entries of the record of body {body[:16]}, and here is {here}: bring "
            "that record first, by stick or from whoever serves it, and hand the act in again",
            rule="R-CERT-9",
        )
    if size and record.tree.root(size) != checkpoint.root:
        raise Missing(
            f"this act cites another history of the record of body {body[:16]} than is known here; compare the two and "
            "show the fork",
            rule="R-CERT-9",
        )
    if record.state.missing is not None and record.state.missing < size:
        raise Missing(
            f"entry {record.state.missing} of the record of body {body[:16]} rests on something that is not here, so "
            "what is in force there is not known: bring what is lacking first, and hand the act in again",
            rule="R-CERT-9",
        )


def _cited(data: dict[str, Any]) -> tuple[str, bytes]:
    """Body and checkpoint note of the certificate or the head in an act's data; empty where there is none."""
    certificate = data.get("certificate")
    if isinstance(certificate, dict):
        body, proof = certificate.get("body"), certificate.get("proof")
        try:
            note = parse_tlog_proof(proof.encode()).checkpoint if isinstance(proof, str) else b""
        except (Fault, UnicodeEncodeError):
            note = b""
    else:
        body, text = data.get("body"), data.get("checkpoint")
        note = text.encode(errors="replace") if isinstance(text, str) and isinstance(body, str) else b""
    return (body, note) if isinstance(body, str) else ("", b"")
