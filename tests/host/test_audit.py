"""Many boxes in one report: the same whoever did the work, and a killed worker costs time (R-AUDIT-1 to R-AUDIT-5)."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from majlis.ballot import verify_archive
from majlis.ballot.engine import NativeEngine
from majlis.crypto.native import is_native
from majlis.errors import Malformed, Missing
from majlis.host import workers
from majlis.host.audit import Audit, BoxAudit, BoxTask, EngineName, audit_box, audit_folder
from majlis.host.workers import ATTEMPTS, choose_runner, run_here, run_in_processes, run_on_cluster

BOXES = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "boxes"
ENGINE: EngineName = "native" if is_native() else "reference"
SOUND = ("sound", "sound-with-blank", "sound-ranked", "sound-threshold")

pytestmark = pytest.mark.xdist_group("audit")


def place(folder: Path, *names: str) -> None:
    for name in names:
        to = folder / f"{name}.bel"
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BOXES / f"{Path(name).name}.bel", to)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Boxes of several places: sound, false in a ballot, running, badly written, and one that is none."""
    folder = tmp_path_factory.mktemp("county")
    place(folder, *SOUND, "north/choice-not-proven", "north/open-box", "south/ballot-with-a-blank")
    (folder / "south" / "note.bel").write_bytes(b"this is no box")
    return folder


@pytest.fixture(scope="module")
def report(county: Path) -> Audit:
    return audit_folder(county, run_here, engine=ENGINE)


def test_every_box_is_named_in_order_with_its_verdict(report: Audit) -> None:
    """R-AUDIT-1."""
    assert [(box.archive, box.verdict) for box in report.boxes] == [
        ("north/choice-not-proven.bel", "invalid"),
        ("north/open-box.bel", "incomplete"),
        ("sound-ranked.bel", "valid-v1"),
        ("sound-threshold.bel", "valid-v1"),
        ("sound-with-blank.bel", "valid-v1"),
        ("sound.bel", "valid-v1"),
        ("south/ballot-with-a-blank.bel", "non-canonical"),
        ("south/note.bel", "not-audited"),
    ]
    assert report.verdicts == {"incomplete": 1, "invalid": 1, "non-canonical": 1, "not-audited": 1, "valid-v1": 4}
    assert not report.is_sound


def test_a_finding_names_archive_event_ballot_and_check(report: Audit) -> None:
    """R-AUDIT-1."""
    (finding,) = report.boxes[0].findings
    assert (finding.archive, finding.check, finding.event) == ("north/choice-not-proven.bel", "R-BOX-44", 1)
    assert len(finding.ballot) == 43
    assert finding.ballot in finding.where
    assert "no ballot box" in report.boxes[-1].findings[0].text


def test_a_folder_without_boxes_has_no_report(tmp_path: Path) -> None:
    """R-AUDIT-1."""
    with pytest.raises(Missing, match="no ballot box here"):
        audit_folder(tmp_path, run_here, engine=ENGINE)


def test_processes_make_the_same_report(county: Path, report: Audit) -> None:
    """R-AUDIT-2."""
    assert audit_folder(county, choose_runner(workers=2, cluster=None), engine=ENGINE) == report
    assert choose_runner(workers=1, cluster=None) is run_here


def test_the_order_of_the_workers_changes_nothing(county: Path, report: Audit) -> None:
    """R-AUDIT-2."""

    def backwards(tasks: Sequence[BoxTask]) -> list[BoxAudit]:
        return [audit_box(task) for task in reversed(tasks)]

    assert audit_folder(county, backwards, engine=ENGINE) == report


def test_workers_of_another_version_are_refused(tmp_path: Path) -> None:
    """R-AUDIT-2."""
    place(tmp_path, "sound")

    def older(tasks: Sequence[BoxTask]) -> list[BoxAudit]:
        return [msgspec.structs.replace(audit_box(task), program="0.0.1") for task in tasks]

    with pytest.raises(Malformed, match=r"version 0\.0\.1"):
        audit_folder(tmp_path, older, engine=ENGINE)


def fatal(task: BoxTask) -> BoxAudit:
    """Like ``audit_box``; but a box of this name kills whoever opens it while its fuse lasts."""
    fuse = Path(task.folder) / f"{Path(task.name).stem}.fuse"
    if fuse.exists():
        left = int(fuse.read_text())
        if left:
            fuse.write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)
    return audit_box(task)


def test_a_killed_worker_costs_time_and_not_the_result(
    tmp_path: Path, county: Path, report: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-AUDIT-3: killed twice in the middle of one box, and the report is the same."""
    folder = tmp_path / "county"
    shutil.copytree(county, folder)
    (folder / "sound.fuse").write_text(str(ATTEMPTS - 1))
    monkeypatch.setattr(workers, "audit_box", fatal)
    assert audit_folder(folder, choose_runner(workers=2, cluster=None), engine=ENGINE) == report
    assert (folder / "sound.fuse").read_text() == "0"


def test_a_box_that_ends_every_worker_is_never_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUDIT-3: and the others are audited all the same."""
    place(tmp_path, "sound", "sound-with-blank")
    (tmp_path / "sound.fuse").write_text("99")
    monkeypatch.setattr(workers, "audit_box", fatal)
    audit = audit_folder(tmp_path, lambda tasks: run_in_processes(tasks, 2), engine=ENGINE)
    assert audit.verdicts == {"not-audited": 1, "valid-v1": 1}
    assert not audit.is_sound
    assert "look at it alone" in audit.boxes[1].findings[0].text
    assert (tmp_path / "sound.fuse").read_text() == str(99 - ATTEMPTS)


def test_a_box_that_cannot_be_read_is_not_audited(tmp_path: Path) -> None:
    """R-AUDIT-3."""
    gone = audit_box(BoxTask(folder=str(tmp_path), name="gone.bel", engine=ENGINE))
    assert (gone.verdict, gone.failed) == ("not-audited", 1)
    assert "cannot be read" in gone.findings[0].text


def test_hints_beside_a_box_are_used_and_said(tmp_path: Path) -> None:
    """R-AUDIT-4."""
    if not is_native():
        pytest.skip("the native engine is not built here: install cargo, then make native")
    place(tmp_path, *SOUND)
    parts: list[bytes] = []
    verify_archive((tmp_path / "sound.bel").read_bytes(), native=NativeEngine(keep_hints=parts.append))
    (tmp_path / "sound.hints").write_bytes(b"".join(parts))
    (tmp_path / "sound-ranked.hints").write_bytes(b"".join(parts))
    (tmp_path / "sound-threshold.hints").write_bytes(b"nonsense")
    audit = audit_folder(tmp_path, run_here, engine="native")
    assert audit.verdicts == {"valid-v1": 4}
    said = {box.archive: (box.hints, box.hinted) for box in audit.boxes}
    assert said == {
        "sound.bel": ("used", 2),
        "sound-ranked.bel": ("these hints are for another election, or other voters", 0),
        "sound-threshold.bel": ("this is no file of hints of version 1", 0),
        "sound-with-blank.bel": ("none", 0),
    }
    plain = audit_folder(tmp_path, run_here, engine="reference")
    assert [(box.verdict, box.head, box.hints) for box in plain.boxes] == [
        (box.verdict, box.head, "none") for box in audit.boxes
    ]


def test_two_boxes_of_one_election_contradict_each_other(tmp_path: Path) -> None:
    """R-AUDIT-5: unless they are one and the same."""
    place(tmp_path, "a/sound", "b/sound")
    alike = audit_folder(tmp_path, run_here, engine=ENGINE)
    assert alike.is_sound
    assert (alike.ballots, len(alike.boxes)) == (2, 2)
    place(tmp_path, "c/open-box")
    audit = audit_folder(tmp_path, run_here, engine=ENGINE)
    assert [(finding.check, finding.archive) for finding in audit.findings] == [("R-AUDIT-5", "c/open-box.bel")]
    assert not audit.is_sound


def test_without_dask_a_cluster_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(workers, "import_module", absent)
    with pytest.raises(Missing, match=r"majlis\[cluster\]"):
        list(run_on_cluster([], "tcp://127.0.0.1:1"))


@pytest.mark.filterwarnings("default")
def test_a_cluster_makes_the_same_report_though_a_worker_is_killed(
    county: Path, report: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-AUDIT-2, R-AUDIT-3."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed here: install majlis[cluster]")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        assert (
            audit_folder(county, choose_runner(workers=1, cluster=cluster.scheduler_address), engine=ENGINE) == report
        )
        with distributed.Client(cluster) as client:
            running = client.submit(_kill_the_first, str(county / ".killed"), retries=ATTEMPTS)
            assert running.result(timeout=60) == "a second worker"
        again = audit_folder(county, choose_runner(workers=1, cluster=cluster.scheduler_address), engine=ENGINE)
        assert again == report
    monkeypatch.setattr(workers, "SECONDS", 0.2)
    with pytest.raises(Missing, match="no cluster answers"):
        list(run_on_cluster([], "tcp://127.0.0.1:1"))


def _kill_the_first(mark: str) -> str:
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "a second worker"
