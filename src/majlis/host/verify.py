"""Verifying a public folder from its files alone, with nothing else at hand (``spec/verify.md``).

First SHA256SUMS, which names a changed file quickly and proves nothing; then everything that proves itself: tiles
against signed roots, signatures, the fold of every record, blobs against their names, boxes against the acts that speak
of them, and the plan of seats. Void acts are listed and are no failure: a record is sound because it shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from majlis.ballot import election_uuid
from majlis.errors import Fault
from majlis.host.federation import Record
from majlis.host.folder import Counted, Folder, open_folder
from majlis.host.layout import CHECKPOINT, blob_path, box_path, record_folder
from majlis.host.trust import Pin, known_from, parse_trust
from majlis.host.verdict import (
    FAILED,
    INCOMPLETE,
    NON_CANONICAL,
    SOUND,
    UNKNOWN,
    Finding,
    Kind,
    Looked,
    Verdict,
    VoidAct,
    give_verdict,
)
from majlis.host.verify_age import age_findings, look_at
from majlis.host.verify_boxes import verify_boxes
from majlis.host.verify_delivered import delivery_findings
from majlis.host.verify_moves import move_findings
from majlis.host.verify_owed import owed_findings
from majlis.host.verify_plans import plan_findings
from majlis.host.verify_spoken import unspoken_findings
from majlis.institutions import State, parse_act
from majlis.institutions.logs import every_log
from majlis.record import open_checkpoint

__all__ = [
    "FAILED",
    "INCOMPLETE",
    "NON_CANONICAL",
    "SOUND",
    "UNKNOWN",
    "Finding",
    "Kind",
    "Looked",
    "Verdict",
    "VoidAct",
    "verify_folder",
]

# The blobs with prose that acts name: what the fold never reads, and people must be able to.
_PROSE: Final = {"motion.table": "text", "gift.receive": "conditions", "recall.petition": "reason"}


def verify_folder(
    path: Path,
    *,
    trust: bytes | None = None,
    accept_unknown: bool = False,
    now: int | None = None,
    map_: Callable[..., Iterable[Any]] = map,
    progress: Callable[[str], None] | None = None,
) -> Verdict:
    """The verdict on everything in a public folder. ``now``: Unix seconds UTC, where there is a clock to ask.

    Raises: Malformed when the folder cannot be read as one at all, or the trust file does not parse.
    """
    pins = parse_trust(trust) if trust is not None else ()
    folder = open_folder(path, map_, sums=True)
    folder.federation.fold_all(progress)
    records = folder.federation.records
    states = {identity: record.state for identity, record in records.items()}
    boxes, reports = verify_boxes(folder)
    looked = [look_at(folder, entry, now) for entry in folder.bodies]
    findings = [
        *(Finding(kind=p.kind, file=p.file, rule=p.rule, text=p.text, body=p.body) for p in folder.problems),
        *(finding for identity, record in records.items() for finding in _fold_findings(identity, record)),
        *_forks(folder),
        *move_findings(folder),
        *delivery_findings(folder),
        *owed_findings(folder),
        *boxes,
        *(finding for state in states.values() for finding in plan_findings(folder, state)),
        *(finding for state in states.values() for finding in _prose_findings(folder, state)),
        *_pin_findings(folder, pins),
        *unspoken_findings(folder),
        *age_findings(states, looked),
    ]
    if not records and not any(finding.kind == "failure" for finding in findings):
        findings.append(Finding(kind="missing", rule="R-VERIFY-2", text="there is no record here to verify"))
    counted = Counted(
        files=folder.listed,
        records=len(records),
        acts=sum(len(record.entries) for record in records.values()),
        safe=sum(folder.safe.values()),
        boxes=len(reports),
        ballots=sum(report.ballots for report in reports),
        blobs=sum(1 for _ in folder.blobs.names()),
    )
    unknown = sorted(set(states) - known_from([pin.identity for pin in pins if pin.is_known], states))
    return give_verdict(
        findings,
        [void for body in folder.bodies for void in _void_acts(records[body.identity], body.identity, body.slug)],
        counted,
        [(identity, folder.slug(identity)) for identity in unknown],
        looked,
        accept_unknown=accept_unknown,
        pinned=bool(pins),
    )


# --- records


def _void_acts(record: Record, identity: str, slug: str) -> Iterator[VoidAct]:
    for found in record.findings:
        if found.kind == "void":
            standing = record.state.acts.get(found.act)
            yield VoidAct(
                body=identity,
                slug=slug,
                index=found.index,
                act=found.act,
                kind=standing.kind if standing else "",
                rule=found.rule,
                text=found.text,
            )


def _fold_findings(identity: str, record: Record) -> Iterator[Finding]:
    for found in record.findings:
        if found.kind == "missing":
            file = _named_box(record.entries[found.index]) if found.rule == "R-RESULT-4" else ""
            yield Finding(kind="missing", body=identity, index=found.index, rule=found.rule, text=found.text, file=file)
        elif found.kind in ("seen", "waiting"):
            yield Finding(kind="note", body=identity, index=found.index, rule=found.rule, text=found.text)
    if record.state.identity != identity:
        yield Finding(
            kind="failure", body=identity, index=0, rule="R-VERIFY-3", text="the record's act 0 founds no body"
        )


def _named_box(entry: bytes) -> str:
    election = parse_act(entry).data.get("election")
    return box_path(election_uuid(election)) if isinstance(election, str) else ""


def _forks(folder: Folder) -> Iterator[Finding]:
    """Checkpoints that a log signed, in certificates and ticks, of another history than the record here."""
    seen = set(folder.federation.forks)
    for identity, record in folder.federation.records.items():
        seen |= {(identity, size, root) for size, root in _foreign_ticks(record)}
    for identity, size, root in sorted(seen):
        text = f"its log signed another history too, of {size} entries with root {root[:16]}: keep both as evidence"
        place = f"{record_folder(folder.files[identity].origin)}/{CHECKPOINT}"
        yield Finding(kind="failure", body=identity, file=place, rule="R-VERIFY-9", text=text)


def _foreign_ticks(record: Record) -> Iterator[tuple[int, str]]:
    founding = record.state.founding
    for found in record.findings:
        if founding is None or (found.kind, found.rule) != ("void", "R-TICK-2"):
            continue
        text = parse_act(record.entries[found.index]).data.get("checkpoint", "")
        try:
            checkpoint, _ = open_checkpoint(text.encode(), *every_log(record.state))
        except Fault:
            continue
        root = checkpoint.root.hex()
        if checkpoint.size and record.state.roots.get(checkpoint.size) != root:
            yield checkpoint.size, root


def _prose_findings(folder: Folder, state: State) -> Iterator[Finding]:
    """What acts in force say in prose is at hand. It may be withheld; nothing that counts is read from it."""
    here = set(folder.blobs.names())
    for standing in state.acts.values():
        field = _PROSE.get(standing.kind)
        if field is None or standing.status != "in-force":
            continue
        digest = parse_act(folder.federation.records[state.identity].entries[standing.index]).data.get(field)
        if digest not in here:
            yield Finding(
                kind="warning",
                body=state.identity,
                index=standing.index,
                file=blob_path(str(digest)),
                rule="R-VERIFY-4",
                text=f"the text of this act ('{standing.kind}') is not here: it was withheld, or lost",
            )


# --- what the reader has seen before


def _pin_findings(folder: Folder, pins: tuple[Pin, ...]) -> Iterator[Finding]:
    for pin in pins:
        record = folder.federation.records.get(pin.identity)
        if record is None:
            text = (
                "you pinned this body, and its record is not among those that could be read here"
                if pin.is_known
                else "you have seen this body's record before, and it is not among those that could be read here"
            )
            others = any(other.is_known and other.identity in folder.federation.records for other in pins)
            kind: Kind = "missing" if pin.is_known and others else "warning"
            yield Finding(kind=kind, body=pin.identity, rule="R-VERIFY-8", text=text)
        elif pin.size and (len(record.entries) < pin.size or record.tree.root(pin.size).hex() != pin.root):
            yield Finding(
                kind="failure",
                body=pin.identity,
                file=f"{record_folder(folder.files[pin.identity].origin)}/{CHECKPOINT}",
                rule="R-VERIFY-8",
                text=f"you have seen {pin.size} entries of this record, and this is a smaller or another history",
            )
