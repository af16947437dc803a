"""Every ballot box of a public folder against the acts that speak of it (``spec/verify.md``, R-VERIFY-5, R-VERIFY-6).

A box whose result is in force was verified when the result was judged. All others are verified here, against the acts
there are, the head that a result states left out: a result that names another head is void, and an act that is void
must neither hide a broken box nor make a good one look broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from majlis.ballot import Failure, Process, Report, verify_archive
from majlis.errors import Fault
from majlis.host.boxes import compare_list, pieces
from majlis.host.folder import Folder
from majlis.host.layout import box_path
from majlis.host.verdict import Finding
from majlis.institutions import State, parse_act
from majlis.institutions.elections import claim, process
from majlis.institutions.state import Election


def verify_boxes(folder: Folder) -> tuple[list[Finding], list[Report]]:
    """What is wrong with the boxes, and the report on each that could be read."""
    findings: list[Finding] = []
    reports: list[Report] = []
    judged = {(claim.uuid, claim.head): report for claim, report in folder.federation.reports().items()}
    spoken = {
        election.uuid: (record.state, act)
        for record in folder.federation.records.values()
        for act, election in record.state.elections.items()
        if election.opened is not None
    }
    for uuid, (state, act) in spoken.items():
        election = state.elections[act]
        if not folder.archives.has(uuid):
            text = "this box is opened in its body's record, and its archive is not here"
            findings.append(_finding(uuid, text, state=state, kind="missing"))
            continue
        report = None if election.result is None else judged.get((uuid, election.result.head))
        if report is None:
            report = _judge(folder, uuid, _process(folder, state, election), findings, election.list_root)
        if report is not None:
            reports.append(report)
            findings += _results_elsewhere(folder, state, act, report)
    for uuid in sorted(set(folder.archives.names()) - spoken.keys()):
        report = _judge(folder, uuid, None, findings)
        if report is not None:
            reports.append(report)
            if report.uuid not in ("", uuid):
                findings.append(_finding(uuid, "the archive is of another election than its name says"))
    return findings, reports


def _judge(
    folder: Folder, uuid: str, process: Process | None, findings: list[Finding], list_root: str = ""
) -> Report | None:
    try:
        file = folder.public.open_box(uuid)
    except Fault as fault:
        findings.append(_finding(uuid, fault.text))
        return None
    with file:
        report = compare_list(verify_archive(pieces(file), process, map=folder.map_), list_root)
    findings += [_failed(uuid, failure) for failure in report.failures]
    return report


def _process(folder: Folder, state: State, election: Election) -> Process:
    """All that the acts in force say of an open or closed box."""
    sidecars = {}
    for number, trustee in enumerate(election.trustees, start=1):
        with suppress(Fault):
            sidecars[number] = folder.blobs.get(trustee.sidecar)
    return process(claim(state, election, ""), sidecars)


def _results_elsewhere(folder: Folder, state: State, announced: str, report: Report) -> Iterator[Finding]:
    """A box that holds, and no result in force: a result act that names another head, or the box, is false."""
    if state.elections[announced].result is not None or report.failures:
        return
    for act, standing in state.acts.items():
        if (standing.kind, standing.status, standing.rule) != ("election.result", "void", "R-RESULT-2"):
            continue
        data = parse_act(folder.federation.records[state.identity].entries[standing.index]).data
        if data.get("election") == announced:
            text = (
                f"this box holds, and act {standing.index} ({act[:12]}) states another result: one of the two is false"
            )
            yield _finding(report.uuid, text, state=state, rule="R-VERIFY-6", index=standing.index)


def _failed(uuid: str, failure: Failure) -> Finding:
    where = f"{failure.where}: " if failure.where else ""
    return Finding(
        kind="non-canonical" if failure.is_form_only else "failure",
        box=uuid,
        ballot=failure.ballot,
        file=box_path(uuid),
        rule=failure.check,
        text=f"{where}{failure.text}",
    )


def _finding(
    uuid: str,
    text: str,
    *,
    state: State | None = None,
    kind: str = "failure",
    rule: str = "R-VERIFY-5",
    index: int | None = None,
) -> Finding:
    return Finding(
        kind=kind,  # type: ignore[arg-type]
        box=uuid,
        file=box_path(uuid),
        body=state.identity if state else "",
        index=index,
        rule=rule,
        text=text,
    )
