"""Verifying a public folder from its files alone, with nothing else at hand (``spec/verify.md``).

First SHA256SUMS, which names a changed file quickly and proves nothing; then everything that proves itself: tiles
against signed roots, signatures, the fold of every record, blobs against their names, boxes against the acts that speak
of them, and the plan of seats. Void acts are listed and are no failure: a record is sound because it shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from majlis.ballot import Failure, Report, verify_archive
from majlis.census import Plan, check_plan, parse_places, parse_plan
from majlis.errors import Fault, Missing
from majlis.host.folder import Counted, Folder, open_folder
from majlis.host.trust import Pin, known_from, parse_trust
from majlis.institutions import State
from majlis.institutions.federation import Row, rows_tree

SOUND, FAILED, INCOMPLETE, NON_CANONICAL, UNKNOWN = 0, 1, 3, 4, 5
Kind = Literal["failure", "missing", "non-canonical", "warning", "note"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found. Fields that do not apply are empty or None."""

    kind: Kind
    text: str
    rule: str = ""
    body: str = ""
    index: int | None = None
    box: str = ""
    ballot: str = ""
    file: str = ""


class VoidAct(msgspec.Struct, frozen=True, kw_only=True):
    """An act that stands in its record without effect."""

    body: str
    slug: str
    index: int
    act: str
    kind: str
    rule: str
    text: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification says. ``exit_code`` 0 sound, 1 failed, 3 incomplete, 4 non-canonical, 5 identity unknown."""

    ok: bool
    verdict: str
    exit_code: int
    summary: str
    findings: tuple[Finding, ...]
    void: tuple[VoidAct, ...]
    checked: Counted
    unknown: tuple[str, ...]


def verify_folder(
    path: Path,
    *,
    trust: bytes | None = None,
    accept_unknown: bool = False,
    map_: Callable[..., Iterable[Any]] = map,
    progress: Callable[[str], None] | None = None,
) -> Verdict:
    """The verdict on everything in a public folder.

    Raises: Malformed when the folder cannot be read as one at all, or the trust file does not parse.
    """
    pins = parse_trust(trust) if trust is not None else ()
    folder = open_folder(path, map_, sums=True)
    findings = [*_files(folder)]
    folder.federation.fold_all(progress)
    states = {identity: record.state for identity, record in folder.federation.records.items()}
    void: list[VoidAct] = []
    for body in folder.bodies:
        _fold_findings(folder, body.identity, body.slug, findings, void)
    findings += _box_findings(folder)
    findings += _plan_findings(folder, states)
    findings += _pin_findings(folder, pins)
    unknown = tuple(sorted(set(states) - known_from([pin.identity for pin in pins], states)))
    return _verdict(folder, findings, void, unknown, accept_unknown=accept_unknown, pinned=bool(pins))


def _files(folder: Folder) -> Iterable[Finding]:
    for problem in folder.problems:
        yield Finding(kind=problem.kind, file=problem.file, rule=problem.rule, text=problem.text, body=problem.body)


def _fold_findings(folder: Folder, identity: str, slug: str, findings: list[Finding], void: list[VoidAct]) -> None:
    record = folder.federation.records[identity]
    for found in record.findings:
        standing = record.state.acts.get(found.act)
        if found.kind == "void":
            kind = standing.kind if standing else ""
            void.append(
                VoidAct(
                    body=identity,
                    slug=slug,
                    index=found.index,
                    act=found.act,
                    kind=kind,
                    rule=found.rule,
                    text=found.text,
                )
            )
        elif found.kind == "missing":
            findings.append(Finding(kind="missing", body=identity, index=found.index, rule=found.rule, text=found.text))
        elif found.kind in ("seen", "waiting"):
            findings.append(Finding(kind="note", body=identity, index=found.index, rule=found.rule, text=found.text))
    if record.state.identity != identity:
        findings.append(
            Finding(kind="failure", body=identity, index=0, rule="R-VERIFY-3", text="the record's act 0 founds no body")
        )


def _box_findings(folder: Folder) -> Iterable[Finding]:
    """Every archive in the folder holds, the ones no result speaks of included."""
    reports: dict[str, Report] = {claim.uuid: report for claim, report in folder.federation.reports().items()}
    for path in folder.box_files():
        uuid = path.stem
        report = reports.get(uuid)
        if report is None:
            report = verify_archive(path.read_bytes(), map=folder.map_)
            folder.reports[uuid] = report
        yield from (_box_failure(uuid, failure) for failure in report.failures)
        if report.uuid and report.uuid != uuid:
            yield Finding(kind="failure", box=uuid, rule="R-VERIFY-5", text="the archive is of another election")
    for record in folder.federation.records.values():
        for election in record.state.elections.values():
            if election.opened is not None and not folder.box_path(election.uuid).is_file():
                yield Finding(
                    kind="missing",
                    box=election.uuid,
                    body=record.state.identity,
                    rule="R-VERIFY-5",
                    text="the archive is not here",
                )
            yield from _heads(folder, record.state, election.uuid, election.heads)


def _heads(folder: Folder, state: State, uuid: str, heads: tuple[tuple[int, str], ...]) -> Iterable[Finding]:
    """A box whose result is not out still holds every head that its record logged."""
    report = folder.reports.get(uuid)
    if report is None or not heads:
        return
    if report.height < heads[-1][0] or (report.height == heads[-1][0] and report.head != heads[-1][1]):
        yield Finding(
            kind="failure",
            box=uuid,
            body=state.identity,
            rule="R-VERIFY-6",
            text=f"the archive ends at event {report.height}, and the record holds the head of event {heads[-1][0]}",
        )


def _box_failure(uuid: str, failure: Failure) -> Finding:
    kind: Kind = "non-canonical" if failure.is_form_only else "failure"
    where = f"{failure.where}: " if failure.where else ""
    return Finding(
        kind=kind,
        box=uuid,
        ballot=failure.ballot,
        file=f"boxes/{uuid}.bel",
        rule=failure.check,
        text=f"{where}{failure.text}",
    )


def _plan_findings(folder: Folder, states: dict[str, State]) -> Iterable[Finding]:
    """The adopted plan is the one whose rows stand under the root, and it keeps its own rules."""
    for identity, state in states.items():
        if state.plan is None:
            continue
        file = f"blobs/sha256/{state.plan.blob[:2]}/{state.plan.blob}"
        try:
            plan = parse_plan(folder.blobs.get(state.plan.blob))
        except Missing as fault:
            yield Finding(kind="missing", body=identity, file=file, rule="R-VERIFY-7", text=fault.text)
            continue
        except Fault as fault:
            yield Finding(kind="failure", body=identity, file=file, rule=fault.rule or "R-VERIFY-7", text=fault.text)
            continue
        groups: list[str | None] = [None, *sorted({district.group for district in plan.districts})]
        roots = {_root(plan, group) for group in groups}
        if state.plan.root not in roots:
            text = "the adopted root is not that of the plan's rows, nor of one group of them"
            yield Finding(kind="failure", body=identity, file=file, rule="R-VERIFY-7", text=text)
        yield from _source_findings(folder, states, plan, state.plan.blob)


def _source_findings(folder: Folder, states: dict[str, State], plan: Plan, blob: str) -> Iterable[Finding]:
    """The plan keeps its rules over every table of places that a census of a member names as its source."""
    sources = {state.census.source for state in states.values() if state.census is not None}
    for source in sorted(sources - {blob}):
        try:
            places = parse_places(folder.blobs.get(source))
            check_plan(plan, places)
        except Missing:
            continue
        except Fault as fault:
            file = f"blobs/sha256/{source[:2]}/{source}"
            yield Finding(kind="failure", file=file, rule=fault.rule or "R-VERIFY-7", text=fault.text)


def _root(plan: Plan, group: str | None) -> str:
    rows = [
        Row(id=d.id, inhabitants=d.inhabitants, seats=d.seats, places=d.places, provisional=d.provisional)
        for d in plan.districts
        if group is None or d.group == group
    ]
    return rows_tree(rows).root().hex()


def _pin_findings(folder: Folder, pins: tuple[Pin, ...]) -> Iterable[Finding]:
    for pin in pins:
        record = folder.federation.records.get(pin.identity)
        if record is None or not pin.size:
            continue
        if len(record.entries) < pin.size or record.tree.root(pin.size).hex() != pin.root:
            yield Finding(
                kind="failure",
                body=pin.identity,
                rule="R-VERIFY-8",
                text=f"you have seen {pin.size} entries of this record, and this is a smaller or another history",
            )


def _verdict(
    folder: Folder,
    findings: list[Finding],
    void: list[VoidAct],
    unknown: tuple[str, ...],
    *,
    accept_unknown: bool,
    pinned: bool,
) -> Verdict:
    kinds = {finding.kind for finding in findings}
    if "failure" in kinds:
        code, verdict = FAILED, "failed"
    elif "non-canonical" in kinds:
        code, verdict = NON_CANONICAL, "not canonical"
    elif "missing" in kinds:
        code, verdict = INCOMPLETE, "incomplete"
    elif unknown and not accept_unknown:
        code, verdict = UNKNOWN, "consistent, identity unknown"
    else:
        code, verdict = SOUND, "sound"
    checked = folder.counted()
    return Verdict(
        ok=code == SOUND,
        verdict=verdict,
        exit_code=code,
        summary=_summary(folder, code, findings, void, unknown, accept_unknown=accept_unknown, pinned=pinned),
        findings=tuple(findings),
        void=tuple(void),
        checked=checked,
        unknown=unknown,
    )


def _summary(
    folder: Folder,
    code: int,
    findings: list[Finding],
    void: list[VoidAct],
    unknown: tuple[str, ...],
    *,
    accept_unknown: bool,
    pinned: bool,
) -> str:
    checked = folder.counted()
    looked = (
        f"{checked.records} records with {checked.acts:,} acts ({len(void)} void), {checked.boxes} boxes with "
        f"{checked.ballots:,} ballots, {checked.files:,} files"
    )
    failures = [finding for finding in findings if finding.kind in ("failure", "non-canonical")]
    if code in (FAILED, NON_CANONICAL):
        first = failures[0]
        return f"{len(failures)} things are wrong, the first: {first.file or first.box or first.body}: {first.text}"
    if code == INCOMPLETE:
        missing = sum(finding.kind == "missing" for finding in findings)
        return f"what is here holds, and {missing} things are missing; {looked}"
    names = ", ".join(sorted(folder.slug(identity) for identity in unknown)[:6])
    if code == UNKNOWN:
        how = "none of them follows from what you pinned" if pinned else "you pinned nothing (--trust FILE)"
        return f"everything agrees with itself, but who these bodies are is not known: {how} ({names}); {looked}"
    if unknown and accept_unknown:
        return f"everything holds; taken on faith: the identities of {len(unknown)} bodies ({names}); {looked}"
    return f"everything holds, and every identity follows from what you pinned; {looked}"
