"""Thousands of ballot boxes verified: box by box in workers, and one report that does not tell how it was made.

A folder's boxes are its files ``*.bel``, in folders below it too. Each is one task for one worker: what a worker knows
when it is killed is lost, and its box is given to the next one. Nothing but the boxes themselves enters the report, so
that two auditors with other machines can compare theirs.

Source: ``spec/audit.md``. Rules R-AUDIT-1 to R-AUDIT-5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Literal

import msgspec

from majlis import __version__
from majlis.ballot import Report
from majlis.ballot.engine import NativeEngine
from majlis.ballot.reading import read_hints, verify_file
from majlis.crypto.native import BATCHED
from majlis.errors import Fault, Malformed, Missing

__all__ = [
    "Audit",
    "BoxAudit",
    "BoxFinding",
    "BoxTask",
    "EngineName",
    "Runner",
    "audit_box",
    "audit_folder",
    "find_boxes",
    "is_hinted",
]

EngineName = Literal["native", "reference"]
Verdict = Literal["valid", "valid-v1", "non-canonical", "incomplete", "invalid", "not-audited"]

_MOST_FINDINGS: Final = 100
"""So many findings of one box are kept; ``failed`` says how many there were."""


class BoxTask(msgspec.Struct, frozen=True, kw_only=True):
    """One box for a worker. ``folder``: as the worker finds it; ``name``: below it, with "/" between its parts."""

    folder: str
    name: str
    engine: EngineName
    threads: int = 1


class BoxFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong, with the place: ``event`` is the height, ``ballot`` the tracker; either may be unknown."""

    archive: str
    check: str
    text: str
    where: str = ""
    event: int | None = None
    ballot: str = ""


class BoxAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one box. ``hinted``: ballots that were accepted by the hints beside it.

    ``hints``: "none", "used", or why they were not.
    """

    archive: str
    verdict: Verdict
    uuid: str = ""
    name: str = ""
    head: str = ""
    ballots: int = 0
    counted: int = 0
    voters: int = 0
    hints: str = "none"
    hinted: int = 0
    failed: int = 0
    findings: tuple[BoxFinding, ...] = ()
    program: str = __version__


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The report on a folder. ``boxes`` in the order of their names; ``findings`` are about several boxes together.

    ``ballots``, ``counted``: of all sound boxes, each election once.
    """

    boxes: tuple[BoxAudit, ...]
    findings: tuple[BoxFinding, ...]
    verdicts: dict[str, int]
    ballots: int
    counted: int

    @property
    def is_sound(self) -> bool:
        """Whether every box stands, and no two of them contradict each other."""
        return not self.findings and all(box.verdict in {"valid", "valid-v1"} for box in self.boxes)


Runner = Callable[[Sequence[BoxTask]], Iterable[BoxAudit]]
"""Has each task done by ``audit_box`` somewhere, and gives the results in any order."""


def find_boxes(folder: Path) -> list[str]:
    """The names of the folder's boxes, in order. Raises: Missing, where there is none (R-AUDIT-1)."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.bel") if path.is_file())
    if not names:
        raise Missing(
            "there is no ballot box here; boxes are files *.bel, in this folder or below it",
            where=str(folder),
            rule="R-AUDIT-1",
        )
    return names


def audit_folder(folder: Path, runner: Runner, *, engine: EngineName, threads: int = 1) -> Audit:
    """The report on all boxes of a folder. ``threads``: of the native engine within one box.

    Raises: Missing (R-AUDIT-1); Malformed, where a worker ran another version of this program (R-AUDIT-2).
    """
    tasks = [BoxTask(folder=str(folder), name=name, engine=engine, threads=threads) for name in find_boxes(folder)]
    found = {box.archive: box for box in runner(tasks)}
    boxes = tuple(found[task.name] for task in tasks)
    for box in boxes:
        if box.program != __version__:
            wrong = f"a worker runs version {box.program} of this program, and here is {__version__}"
            raise Malformed(f"{wrong}; give all workers the same one", where=box.archive, rule="R-AUDIT-2")
    findings = tuple(_contradictions(boxes))
    sound = {box.uuid: box for box in boxes if box.verdict in {"valid", "valid-v1"}}
    return Audit(
        boxes=boxes,
        findings=findings,
        verdicts=dict(sorted(Counter(box.verdict for box in boxes).items())),
        ballots=sum(box.ballots for box in sound.values()),
        counted=sum(box.counted for box in sound.values()),
    )


def audit_box(task: BoxTask) -> BoxAudit:
    """What is known of one box after looking at it. It raises nothing: what goes wrong is in the findings."""
    path = Path(task.folder) / task.name
    beside = path.with_suffix(".hints")
    try:
        with ExitStack() as files:
            box = files.enter_context(path.open("rb"))
            if task.engine == "reference":
                return _summary(task.name, verify_file(box, None), None)
            hints = read_hints(files.enter_context(beside.open("rb"))) if beside.is_file() else None
            engine = NativeEngine(threads=task.threads, hints=hints)
            return _summary(task.name, verify_file(box, engine), engine if hints else None)
    except Fault as fault:
        return not_audited(task.name, fault.text)
    except OSError as wrong:
        return not_audited(task.name, f"it cannot be read: {wrong.strerror or wrong}")


def not_audited(name: str, why: str) -> BoxAudit:
    """A box of which nothing is known, which is never a sound one (R-AUDIT-3)."""
    finding = BoxFinding(archive=name, check="R-AUDIT-3", text=why)
    return BoxAudit(archive=name, verdict="not-audited", failed=1, findings=(finding,))


def is_hinted(audit: Audit) -> int:
    """How many boxes were verified with the hints beside them."""
    return sum(box.hints == "used" for box in audit.boxes)


def _summary(name: str, report: Report, hinted_by: NativeEngine | None) -> BoxAudit:
    """``hinted_by``: the engine that was given hints (R-AUDIT-4)."""
    findings = tuple(
        BoxFinding(
            archive=name,
            check=failure.check,
            text=failure.text,
            where=failure.where,
            event=failure.height,
            ballot=failure.ballot,
        )
        for failure in report.failures[:_MOST_FINDINGS]
    )
    return BoxAudit(
        archive=name,
        verdict=report.verdict,
        uuid=report.uuid,
        name="" if report.election is None else report.election.name,
        head=report.head,
        ballots=report.ballots,
        counted=report.counted or 0,
        voters=report.voters or 0,
        hints="none" if hinted_by is None else (hinted_by.problem or "used"),
        hinted=0 if hinted_by is None else hinted_by.outcomes[BATCHED],
        failed=len(report.failures),
        findings=findings,
    )


def _contradictions(boxes: Sequence[BoxAudit]) -> Iterator[BoxFinding]:
    """Two boxes of one election that end otherwise (R-AUDIT-5)."""
    first: dict[str, BoxAudit] = {}
    for box in boxes:
        earlier = first.setdefault(box.uuid, box) if box.uuid else box
        if earlier.head != box.head:
            wrong = f"{earlier.archive} is a box of the same election, {box.uuid}, and ends otherwise"
            yield BoxFinding(archive=box.archive, check="R-AUDIT-5", text=f"{wrong}; ask where each comes from")
