"""Verifying a public folder from its files alone, with nothing else at hand (``spec/verify.md``).

First SHA256SUMS, which names a changed file quickly and proves nothing; then everything that proves itself: tiles
against signed roots, signatures, the fold of every record, blobs against their names, boxes against the acts that speak
of them, and the plan of seats. Void acts are listed and are no failure: a record is sound because it shows them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from majlis.ballot import election_uuid
from majlis.census import Places, Plan, Ways, check_plan, parse_places, parse_plan, parse_ways
from majlis.errors import Fault, Missing
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
from majlis.host.verify_spoken import unspoken_findings
from majlis.institutions import State, parse_act
from majlis.institutions.federation import Row, rows_tree
from majlis.institutions.logs import every_log
from majlis.institutions.state import Plan as Adopted
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
        *boxes,
        *(finding for state in states.values() for finding in _plan_findings(folder, state)),
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


# --- the plan


def _plan_findings(folder: Folder, state: State) -> Iterator[Finding]:
    """The adopted plan is the one whose rows stand under the root, and it keeps its own rules."""
    if state.plan is None:
        return
    body, file = state.identity, blob_path(state.plan.blob)
    try:
        plan = parse_plan(folder.blobs.get(state.plan.blob))
    except Missing as fault:
        yield Finding(kind="missing", body=body, file=file, rule="R-VERIFY-7", text=fault.text)
        return
    except Fault as fault:
        yield Finding(kind="failure", body=body, file=file, rule=fault.rule or "R-VERIFY-7", text=fault.text)
        return
    texts = list(_adopted(state, state.plan, plan))
    yield from (Finding(kind="failure", body=body, file=file, rule="R-VERIFY-7", text=text) for text in texts)
    yield from _source_findings(folder, state, plan)


def _adopted(state: State, adopted: Adopted, plan: Plan) -> Iterator[str]:
    """What of the adopting act the plan does not bear out: root, number of rows, people in all; and the charter."""
    groups: list[str | None] = [None, *sorted({district.group for district in plan.districts})]
    group = next((group for group in groups if _root(plan, group) == adopted.root), "nothing has this root")
    districts = [d for d in plan.districts if group is None or d.group == group]
    if not districts:
        yield "the adopted root is not that of the plan's rows, nor of one group of them"
        return
    people = sum(d.inhabitants for d in districts)
    if (adopted.districts, adopted.inhabitants) != (len(districts), people):
        yield (
            f"the act that adopts it states {adopted.districts} districts with {adopted.inhabitants} inhabitants, and "
            f"these rows are {len(districts)} with {people}"
        )
    charter = state.charter
    rule = (charter.seat_ratio, charter.rounding, charter.max_magnitude)
    if (plan.quota, plan.rounding, plan.max_magnitude) != rule:
        yield (
            f"the plan seats one for {plan.quota} ({plan.rounding}, at most {plan.max_magnitude} to a district), and "
            f"the assembly's charter says one for {rule[0]} ({rule[1]}, at most {rule[2]})"
        )


def _source_findings(folder: Folder, state: State, plan: Plan) -> Iterator[Finding]:
    """The plan keeps its rules over the table of places that most members' censuses name, as they were admitted.

    So one member that names another table spoils nothing, and is shown. A plan made with ways is checked with the table
    of ways that it names; where that is not here, all else is checked.
    """
    named = {body: _source(folder, body, member.census.act) for body, member in state.bodies.items()}
    count = Counter(source for source in named.values() if source)
    here = set(folder.blobs.names())
    for source in sorted(source for source, times in count.items() if times == max(count.values())):
        file = blob_path(source)
        try:
            places = parse_places(folder.blobs.get(source))
            check_plan(plan, places, _ways(folder, plan, places) if plan.ways in here else None)
        except Missing as fault:
            lacking = blob_path(plan.ways) if plan.ways and source in here else file
            yield Finding(kind="missing", body=state.identity, file=lacking, rule="R-VERIFY-7", text=fault.text)
        except Fault as fault:
            rule = fault.rule or "R-VERIFY-7"
            yield Finding(kind="failure", body=state.identity, file=file, rule=rule, text=str(fault))
    for body, source in sorted(named.items()):
        if source and count[source] < max(count.values()):
            text = "this body's census names another table of places than most members' do"
            yield Finding(kind="warning", body=body, file=blob_path(source), rule="R-VERIFY-7", text=text)


def _ways(folder: Folder, plan: Plan, places: Places) -> Ways:
    """The table of ways that the plan was made with. Raises: Malformed, Forged, where it is none."""
    digest = plan.ways or ""
    try:
        ids = (place.id for place in places.rows)
        return parse_ways(folder.blobs.get(digest), ids, only=plan.only_ways is True)
    except Fault as fault:
        raise fault.at(blob_path(digest)) from None


def _source(folder: Folder, body: str, census: str) -> str:
    record = folder.federation.records.get(body)
    standing = record.state.acts.get(census) if record else None
    if record is None or standing is None:
        return ""
    return str(parse_act(record.entries[standing.index]).data.get("source", ""))


def _root(plan: Plan, group: str | None) -> str:
    rows = [
        Row(id=d.id, inhabitants=d.inhabitants, seats=d.seats, places=d.places, provisional=d.provisional)
        for d in plan.districts
        if group is None or d.group == group
    ]
    return rows_tree(rows).root().hex()


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
