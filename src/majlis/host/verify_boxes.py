"""Every ballot box of a public folder against the acts that speak of it (``spec/verify.md``, R-VERIFY-5, R-VERIFY-6).

A box whose result is in force was verified when the result was judged. All others are verified here, against the acts
there are.
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
from majlis.institutions import State
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
            findings += _other_end(report, state, act)
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
    with file, folder.archives.engine(uuid) as native:
        report = compare_list(verify_archive(pieces(file), process, map=folder.map_, native=native), list_root)
    findings += [_failed(uuid, failure) for failure in report.failures]
    return report


def _process(folder: Folder, state: State, election: Election) -> Process:
    """All that the acts in force say of an open or closed box."""
    sidecars = {}
    for number, trustee in enumerate(election.trustees, start=1):
        with suppress(Fault):
            sidecars[number] = folder.blobs.get(trustee.sidecar)
    return process(claim(state, election, ""), sidecars)


def _other_end(report: Report, state: State, announced: str) -> Iterator[Finding]:
    """A box that holds and says what its result says, but ends otherwise than the author's copy of it did."""
    result = state.elections[announced].result
    if result is None or report.failures or report.result is None or report.head == result.head:
        return
    text = (
        "this box holds, and says what its result says; it ends otherwise than the copy of whoever published that: "
        "the same shares stand in it in another order, or others"
    )
    index = state.acts[result.act].index
    yield _finding(report.uuid, text, state=state, kind="warning", rule="R-VERIFY-6", index=index)


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
