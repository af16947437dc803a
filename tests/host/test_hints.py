"""Hints beside the boxes of a public folder: made where the native engine is, used where they lie, trusted nowhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stories.play import Play, copy_of

from majlis.ballot import Report
from majlis.ballot.reading import verify_file
from majlis.crypto.native import BATCHED, SINGLE, is_native
from majlis.errors import Malformed, Missing
from majlis.host import publish as publishing
from majlis.host.audit import audit_folder
from majlis.host.folder import open_folder
from majlis.host.layout import SUMS, box_path, hints_path
from majlis.host.publish import publish_box, write_sums
from majlis.host.reader import PublicFolder
from majlis.host.verify import Verdict, verify_folder
from majlis.host.verify_boxes import verify_boxes
from majlis.host.workers import run_here

BOXES = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "boxes"
UUID = "PW6jncGpHgfbpX"

needs_native = pytest.mark.skipif(not is_native(), reason="the native engine is not built here: make native")


@pytest.fixture
def hints(tmp_path: Path) -> Path:
    """Where the hints of the box lie or would lie."""
    return tmp_path / hints_path(UUID)


def publish(folder: Path, name: str) -> None:
    publish_box(folder, UUID, BOXES / f"{name}.bel")


# --- where they lie


def test_hints_lie_beside_their_box() -> None:
    """R-HINT-4."""
    assert hints_path(UUID) == f"boxes/{UUID}.hints"
    with pytest.raises(Malformed):
        hints_path("../../x")


@pytest.mark.parametrize(
    "alter",
    [
        lambda path: path.write_bytes(b"other"),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.symlink_to("x.bel")),
    ],
    ids=["changed", "missing", "a link"],
)
def test_hints_are_listed_like_every_file(tmp_path: Path, hints: Path, alter: Callable[[Path], object]) -> None:
    """R-PUBLIC-2, R-HINT-4: no byte of a public folder changes unseen."""
    hints.parent.mkdir()
    hints.write_bytes(b"hints")
    write_sums(tmp_path)
    assert f"  {hints_path(UUID)}\n" in (tmp_path / SUMS).read_text()
    assert PublicFolder(tmp_path).check_sums() == ()
    alter(hints)
    (found,) = PublicFolder(tmp_path).check_sums()
    assert (found.file, found.is_failure) == (hints_path(UUID), True)


def test_hints_that_are_links_are_not_opened(tmp_path: Path, hints: Path) -> None:
    """R-PUBLIC-1."""
    hints.parent.mkdir()
    (tmp_path / "secret").write_bytes(b"x")
    hints.symlink_to(tmp_path / "secret")
    with pytest.raises(Malformed, match="no links"):
        PublicFolder(tmp_path).open_hints(UUID)
    hints.unlink()
    with pytest.raises(Missing):
        PublicFolder(tmp_path).open_hints(UUID)


# --- who makes them


def test_without_the_native_engine_none_are_made(tmp_path: Path, hints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HINT-4."""
    monkeypatch.setattr(publishing, "is_native", lambda: False)
    publish(tmp_path, "sound")
    assert [path.name for path in hints.parent.iterdir()] == [f"{UUID}.bel"]


@needs_native
@pytest.mark.parametrize("name", ["sound", "sound-with-blank", "sound-ranked", "sound-threshold"])
def test_a_closed_box_is_published_with_hints_that_serve(tmp_path: Path, hints: Path, name: str) -> None:
    """R-HINT-4: every ballot is accepted by its hint; made again they are the same."""
    publish(tmp_path, name)
    (box,) = audit_folder(tmp_path, run_here, engine="native").boxes
    assert (box.hints, box.hinted, box.verdict) == ("used", box.ballots, "valid-v1")
    assert sorted(path.name for path in hints.parent.iterdir()) == [f"{UUID}.bel", f"{UUID}.hints"]
    before, written = hints.read_bytes(), hints.stat().st_mtime_ns
    publish(tmp_path, name)
    assert hints.stat().st_mtime_ns == written
    hints.unlink()
    publish(tmp_path, name)
    assert hints.read_bytes() == before


@needs_native
def test_a_box_in_which_ballots_still_enter_has_none(tmp_path: Path, hints: Path) -> None:
    publish(tmp_path, "open-box")
    assert not hints.exists()


@needs_native
def test_a_box_that_was_replaced_has_hints_of_its_own(tmp_path: Path, hints: Path) -> None:
    publish(tmp_path, "sound")
    before = hints.read_bytes()
    publish(tmp_path, "sound-with-blank")
    assert hints.read_bytes() != before
    assert audit_folder(tmp_path, run_here, engine="native").boxes[0].hints == "used"


@needs_native
def test_what_is_no_box_is_published_as_it_is(tmp_path: Path, hints: Path) -> None:
    """Publishing judges nothing: that is for whoever reads it."""
    other = tmp_path / "other"
    for data in (b"", b"no box at all" * 500, (BOXES / "sound.bel").read_bytes()[:3000]):
        other.write_bytes(data)
        publish_box(tmp_path, UUID, other)
        assert (tmp_path / box_path(UUID)).read_bytes() == data
        assert not hints.exists()


# --- who uses them


def judged(folder: Path) -> tuple[Verdict, list[Report]]:
    return verify_folder(folder, accept_unknown=True), verify_boxes(open_folder(folder))[1]


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(100, len(data), 64):
        data[at] ^= 1
    path.write_bytes(bytes(data))


@pytest.fixture
def given(play: Play, tmp_path: Path) -> Path:
    return copy_of(play.public, tmp_path / "given")


@needs_native
def test_the_published_folder_of_a_federation_has_hints_for_every_box(given: Path) -> None:
    """R-HINT-4: all its ballots are accepted by them, and nothing is said against them."""
    boxes = sorted(path.stem for path in (given / "boxes").glob("*.bel"))
    assert boxes == sorted(path.stem for path in (given / "boxes").glob("*.hints"))
    verdict = verify_folder(given, accept_unknown=True)
    assert (verdict.ok, [finding for finding in verdict.findings if finding.file.endswith(".hints")]) == (True, [])
    folder = open_folder(given)
    for box in audit_folder(given, run_here, engine="native").boxes:
        assert (box.hints, box.hinted) == ("used", box.ballots)
    with folder.archives.engine(boxes[0]) as engine, folder.public.open_box(boxes[0]) as file:
        assert engine is not None
        report = verify_file(file, engine)
        assert (engine.problem, engine.outcomes[BATCHED]) == ("", report.ballots)


@needs_native
@pytest.mark.parametrize(
    "alter",
    [
        damage,
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: path.write_bytes(b""),
        lambda path: shutil.copy(next(other for other in path.parent.glob("*.hints") if other != path), path),
    ],
    ids=["damaged", "cut off", "empty", "of another box"],
)
def test_hints_that_are_wrong_change_no_verdict(given: Path, alter: Callable[[Path], object]) -> None:
    """R-HINT-2, R-HINT-4: the list of files finds them; who rewrites that too changes nothing that is said of a box."""
    verdict, reports = judged(given)
    path = sorted((given / "boxes").glob("*.hints"))[0]
    alter(path)
    after, again = judged(given)
    assert again == reports
    fresh = [finding for finding in after.findings if finding not in verdict.findings]
    assert [(finding.kind, finding.file, finding.rule) for finding in fresh] == [
        ("failure", path.relative_to(given).as_posix(), "R-VERIFY-1")
    ]
    write_sums(given)
    rewritten, again = judged(given)
    assert again == reports
    assert rewritten.findings == verdict.findings
    assert (rewritten.verdict, rewritten.exit_code) == (verdict.verdict, verdict.exit_code)


@needs_native
def test_without_hints_and_without_the_engine_the_verdict_is_the_same(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HINT-2, R-HINT-3."""
    verdict, reports = judged(given)
    for path in (given / "boxes").glob("*.hints"):
        path.unlink()
    write_sums(given)
    after, again = judged(given)
    assert again == reports
    assert after.findings == verdict.findings
    folder = open_folder(given)
    uuid = folder.archives.names()[0]
    with folder.archives.engine(uuid) as engine, folder.public.open_box(uuid) as file:
        assert engine is not None
        report = verify_file(file, engine)
        assert (engine.outcomes[BATCHED], engine.outcomes[SINGLE]) == (0, report.ballots)
    monkeypatch.setattr("majlis.host.beside.is_native", lambda: False)
    alone, by_reference = judged(given)
    assert by_reference == reports
    assert alone.findings == after.findings
