"""One byte of one public file is changed, a file is taken away, or one is added: which check says so."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stories.play import Play, Stage, copy_of, failures, majlis, named

from majlis.errors import Malformed
from majlis.host.folder import open_folder
from majlis.host.layout import CHECKPOINT, INDEX, SUMS, blob_path, record_folder
from majlis.host.publish import write_sums
from majlis.host.reader import PublicFolder
from majlis.host.verify import Verdict, verify_folder

Choose = Callable[[Play, Path], Path]


@pytest.fixture(scope="module")
def tall(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public folder, pages too, after somebody abroad declared so often to stand that the record fills a tile."""
    stage = Stage(play, tmp_path_factory.mktemp("tall"))
    body = stage.affiliates[0]
    for _ in range(240):
        body.act("candidacy.declare", {"name": "Friend of friends"}, body.one("treasurer"))
    stage.world.tick()
    public = stage.publish()
    shutil.copytree(play.public / "pages", public / "pages")
    write_sums(public)
    stage.close()
    return public


@pytest.fixture
def given(tall: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return copy_of(tall, tmp_path / "given")


def flip(path: Path, at: float, bit: int = 0) -> Callable[[], None]:
    """One bit of one byte is another; returns what puts it right."""
    data = bytearray(path.read_bytes())
    position = min(int(at * len(data)), len(data) - 1)
    before = bytes(data)
    data[position] ^= 1 << bit
    path.write_bytes(bytes(data))
    return lambda: path.write_bytes(before) and None


def folder_of(play: Play, public: Path, slug: str) -> Path:
    body = next(body for body in play.federation.everyone() if body.slug == slug)
    return public / record_folder(body.origin)


def tiles(play: Play, public: Path, pattern: str, slug: str = "friends-lisbon") -> Path:
    (path,) = (path for path in folder_of(play, public, slug).glob(pattern) if path.is_file())
    return path


def blob(play: Play, public: Path, kind: str) -> Path:
    state = play.world.host.state(play.sittings.assembly.identity)
    assert state.plan is not None
    digests = {
        "plan": state.plan.blob,
        "source": play.federation.source,
        "text": state.motions[play.sittings.motion].text,
        "sidecar": play.federation.elections[play.federation.districts[0].slug].election.trustees[0].sidecar,
    }
    return public / blob_path(digests[kind])


PROVEN: dict[str, Choose] = {
    "checkpoint": lambda play, public: folder_of(play, public, "assembly") / CHECKPOINT,
    "full bundle": lambda play, public: tiles(play, public, "tile/entries/000"),
    "partial bundle": lambda play, public: tiles(play, public, "tile/entries/001.p/*"),
    "full tile": lambda play, public: tiles(play, public, "tile/0/000"),
    "partial tile": lambda play, public: tiles(play, public, "tile/0/001.p/*"),
    "upper tile": lambda play, public: tiles(play, public, "tile/1/000.p/*"),
    "plan": lambda play, public: blob(play, public, "plan"),
    "census": lambda play, public: blob(play, public, "source"),
    "text": lambda play, public: blob(play, public, "text"),
    "sidecar": lambda play, public: blob(play, public, "sidecar"),
    "box": lambda play, public: sorted(public.glob("boxes/*.bel"))[0],
    "box of a recall": lambda play, public: sorted(public.glob("boxes/*.bel"))[-1],
}
SUMMED: dict[str, Choose] = {
    "page": lambda play, public: sorted(public.glob("pages/**/*.html"))[7],
    "index": lambda play, public: public / INDEX,
    "sums": lambda play, public: public / SUMS,
}


@pytest.mark.parametrize("at", [0.0, 0.63])
@pytest.mark.parametrize("kind", [*PROVEN, *SUMMED])
def test_a_changed_byte_is_named(play: Play, given: Path, kind: str, at: float) -> None:
    path = (PROVEN | SUMMED)[kind](play, given)
    flip(path, at, bit=3)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    if kind == "sums":  # One of the two is wrong, and the finding says so.
        assert all(SUMS in failure.file or "SHA256SUMS" in failure.text for failure in failures(verdict))
    else:
        file = path.relative_to(given).as_posix()
        assert named(verdict, file)
        rules = {failure.rule for failure in failures(verdict) if failure.file == file}
        assert "R-VERIFY-1" in rules
        if kind in ("plan", "census", "text", "sidecar"):
            assert "R-VERIFY-4" in rules


def test_a_changed_byte_is_named_by_the_program(play: Play, given: Path) -> None:
    path = PROVEN["full tile"](play, given)
    flip(path, 0.5)
    done = majlis("verify", given, "--trust", play.trust)
    assert done.returncode == 1
    assert path.relative_to(given).as_posix() in done.stdout


def test_every_single_file_is_covered(play: Play, given: Path) -> None:
    """A byte of every file is changed at once: each is named, none besides."""
    files = {path.relative_to(given).as_posix() for path in given.rglob("*") if path.is_file() and path.name != SUMS}
    chance = random.Random(7)
    for file in sorted(files):
        flip(given / file, chance.random(), chance.randrange(8))
    found = PublicFolder(given).check_sums()
    assert {finding.file for finding in found if finding.kind == "changed"} == files


@pytest.mark.parametrize("at", [0.0, 0.5, 0.9999])
@pytest.mark.parametrize("kind", PROVEN)
def test_a_changed_byte_is_named_though_the_sums_were_rewritten(play: Play, given: Path, kind: str, at: float) -> None:
    path = PROVEN[kind](play, given)
    flip(path, at, bit=2)
    write_sums(given)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    file = path.relative_to(given).as_posix()
    if kind.endswith(("bundle", "tile")):  # Which of entries and hashes was altered, only the root can say.
        assert {f.file.split("/")[0] for f in failures(verdict)} == {file.split("/")[0]}
        assert {failure.rule for failure in failures(verdict)} == {"R-VERIFY-2"}
    assert named(verdict, file) or kind == "checkpoint"


def test_no_byte_of_a_record_can_be_changed(small: Path) -> None:
    """Every byte of checkpoint and tile, and many of the bundle; what SHA256SUMS says is not asked."""
    (folder,) = (path.parent for path in small.glob(f"*/{CHECKPOINT}"))
    assert not open_folder(small).problems
    chance = random.Random(11)
    slipped = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        positions = range(size) if size < 2500 else sorted(chance.sample(range(size), 100))
        for position in positions:
            undo = flip(path, (position + 0.5) / size, chance.randrange(8))
            if "failure" not in {problem.kind for problem in open_folder(small).problems}:
                slipped.append((path.relative_to(folder).as_posix(), position))
            undo()
    assert not slipped
    assert not open_folder(small).problems


def test_pages_and_labels_are_only_covered_by_the_sums(play: Play, given: Path) -> None:
    """So the specification says: believe records and identities, not pages and slugs."""
    flip(SUMMED["page"](play, given), 0.5)
    index = given / INDEX
    index.write_bytes(index.read_bytes().replace(b'"slug": "olive-hill"', b'"slug": "oliver-hill"'))
    assert play.verify(given).exit_code == 1
    write_sums(given)
    assert play.verify(given).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Committee of Olive Hill", b"Committee of Olive Bill"),
        (b'"identity": "', b'"identity": "0'),
        (b"majlis.example/assembly", b"majlis.example/assembli"),
        (b"majlis-index/1", b"majlis-index/2"),
        (b'"records"', b'"record"'),
        (b"\n ]\n}", b"\n }"),
    ],
)
def test_what_the_index_says_of_identities_and_names_is_checked(
    play: Play, given: Path, old: bytes, new: bytes
) -> None:
    index = given / INDEX
    assert old in index.read_bytes()
    index.write_bytes(index.read_bytes().replace(old, new, 1))
    write_sums(given)
    verdict = play.verify(given)
    assert verdict.exit_code in (1, 3)
    assert INDEX in {finding.file for finding in verdict.findings} or verdict.exit_code == 3


# --- taken away, and added


@pytest.mark.parametrize("kind", [*PROVEN, *SUMMED])
def test_a_file_that_is_gone_is_named(play: Play, given: Path, kind: str) -> None:
    path = (PROVEN | SUMMED)[kind](play, given)
    path.unlink()
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert named(verdict, path.relative_to(given).as_posix())


def looked_for(verdict: Verdict, file: str) -> list[str]:
    return [finding.kind for finding in verdict.findings if finding.file == file]


@pytest.mark.parametrize("kind", [*PROVEN, "index"])
def test_a_file_that_is_gone_is_missed_though_the_sums_were_rewritten(play: Play, given: Path, kind: str) -> None:
    path = (PROVEN | SUMMED)[kind](play, given)
    path.unlink()
    write_sums(given)
    verdict = play.verify(given)
    file = path.relative_to(given).as_posix()
    if kind == "text":  # It may be withheld, and that is said.
        assert verdict.exit_code == 0
        assert looked_for(verdict, file) == ["warning"]
    elif kind == "sidecar":
        assert verdict.exit_code == 3
        assert "R-RESULT-4" in {finding.rule for finding in verdict.findings}
    else:
        assert verdict.exit_code == 3
        assert "missing" in looked_for(verdict, file)


def test_a_whole_record_that_is_gone_is_missed(play: Play, given: Path) -> None:
    for path in sorted(folder_of(play, given, "old-mill").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    write_sums(given)
    verdict = play.verify(given, trust=None)
    assert verdict.exit_code == 3


def test_a_file_that_nobody_listed_is_a_warning_and_nothing_else(play: Play, given: Path) -> None:
    added = [
        "readme.txt",
        "pages/zz.html",
        "boxes/readme",
        "blobs/readme",
        "blobs/sha256/ab/short",
        ".hidden",
        f"{folder_of(play, given, 'assembly').name}/tile/9/000",
        f"{'ab' * 32}/checkpoint",
        "space and ü",
        "line\nbreak",
    ]
    for file in added:
        (given / file).parent.mkdir(parents=True, exist_ok=True)
        (given / file).write_bytes(b"x")
    verdict = play.verify(given)
    assert verdict.exit_code == 0
    assert set(added) <= {finding.file for finding in verdict.findings}
    assert {finding.kind for finding in verdict.findings} == {"warning"}


def test_the_sums_are_what_sha256sum_reads(given: Path) -> None:
    if not Path("/usr/bin/sha256sum").exists():
        pytest.skip("no sha256sum on this machine")
    done = subprocess.run(["/usr/bin/sha256sum", "--check", "--quiet", "--strict", SUMS], cwd=given, check=False)
    assert done.returncode == 0


def test_a_file_that_cannot_be_read_is_named(play: Play, given: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is unreadable for root")
    path = PROVEN["box"](play, given)
    path.chmod(0)
    try:
        assert named(play.verify(given), path.relative_to(given).as_posix())
    finally:
        path.chmod(0o644)


def test_no_folder_at_all_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(Malformed):
            verify_folder(path)
