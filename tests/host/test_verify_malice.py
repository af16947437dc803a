"""What a malicious folder may try on whoever verifies it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as sampled
from hypothesis import settings
from hypothesis import strategies as st
from tests.stories.archives import Part, put_together, take_apart, timestamp
from tests.stories.play import Play, Stage, copy_of, failures, majlis, named, publish_alone

from majlis.cli.verify import as_text
from majlis.demo.committee import Committee
from majlis.errors import Malformed, plain
from majlis.host.folder import open_folder
from majlis.host.layout import CHECKPOINT, INDEX, SUMS, blob_path, record_folder
from majlis.host.publish import write_sums
from majlis.host.verify import Verdict, verify_folder


def sum_lines(public: Path, *lines: str) -> None:
    with (public / SUMS).open("a") as sums:
        sums.writelines(f"{line}\n" for line in lines)


def is_calm(verdict: Verdict) -> bool:
    """No failure, nothing missing."""
    return not {"failure", "missing", "non-canonical"} & {finding.kind for finding in verdict.findings}


@contextmanager
def at_once() -> Any:
    """What is inside ends within a few seconds, or the test ends here: a reader never waits for a pipe."""

    def late(*_: object) -> None:
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- links, pipes, and files larger than they can be


@pytest.mark.parametrize("where", ["box", "blob", "bundle", "page", "checkpoint", "index"])
@pytest.mark.parametrize("what", ["link to a copy", "link to zeros", "pipe", "folder"])
def test_links_and_pipes_are_refused_and_never_waited_for(
    play: Play, given: Path, tmp_path: Path, where: str, what: str
) -> None:
    path = {
        "box": lambda: sorted(given.glob("boxes/*.bel"))[0],
        "blob": lambda: given / blob_path(play.federation.source),
        "bundle": lambda: next(path for path in given.glob("*/tile/entries/**/*") if path.is_file()),
        "page": lambda: next(given.glob("pages/**/*.html")),
        "checkpoint": lambda: next(given.glob(f"*/{CHECKPOINT}")),
        "index": lambda: given / INDEX,
    }[where]()
    aside = tmp_path / "aside"
    shutil.move(path, aside)
    match what:
        case "link to a copy":
            path.symlink_to(aside)
        case "link to zeros":
            path.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
    with at_once():
        verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert named(verdict, path.relative_to(given).as_posix())


@pytest.mark.parametrize("folder", ["boxes", "blobs", "blobs/sha256", "pages"])
def test_a_folder_that_is_a_link_leads_nowhere(play: Play, given: Path, tmp_path: Path, folder: str) -> None:
    shutil.move(given / folder, tmp_path / "aside")
    (given / folder).symlink_to(tmp_path / "aside")
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert any(failure.file.startswith(folder) for failure in failures(verdict))


@pytest.mark.parametrize(
    "where",
    [INDEX, SUMS, "pages/huge.html", "boxes/HugXB9QyGpcubAtCLhXsbN.bel", blob_path("ab" * 32), "tile"],
)
def test_a_file_that_pretends_to_be_endless_is_not_read_to_its_end(play: Play, given: Path, where: str) -> None:
    """Sparse files cost whoever makes them nothing."""
    path = next(p for p in given.glob("*/tile/0/**/*") if p.is_file()) if where == "tile" else given / where
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("ab") as file:
        file.truncate(100 * 2**30)
    if is_new:
        sum_lines(given, f"{'cd' * 32}  {where}")
    with at_once():
        verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert named(verdict, path.relative_to(given).as_posix())


# --- SHA256SUMS


@pytest.mark.parametrize(
    "line",
    [
        "ab" * 32 + "  ../private/keyring.json",
        "ab" * 32 + "  /etc/passwd",
        "ab" * 32 + "  pages/../../x",
        "ab" * 32 + "  pages//x",
        "ab" * 32 + "  ./index.json",
        "ab" * 32 + " *index.json",
        "AB" * 32 + "  index.json",
        "ab" * 32 + "  SHA256SUMS",
        "ab" * 32 + "  pages\\x",
        "ab" * 32 + "  ",
        "ab" * 32 + "  " + "x" * 5000,
        "",
        "rubbish",
    ],
)
def test_sums_with_tricks_in_them_fail_and_lead_nowhere(play: Play, given: Path, line: str) -> None:
    sum_lines(given, line)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert named(verdict, SUMS)


def test_sums_that_list_a_file_twice_fail(play: Play, given: Path) -> None:
    sum_lines(given, (given / SUMS).read_text().splitlines()[0])
    assert named(play.verify(given), SUMS)


def test_sums_that_are_no_text_fail(play: Play, given: Path) -> None:
    (given / SUMS).write_bytes(b"\xff" * 100)
    assert named(play.verify(given), SUMS)


# --- the index


def change_index(given: Path, change: Callable[[dict[str, Any]], None]) -> None:
    index = json.loads((given / INDEX).read_bytes())
    change(index)
    (given / INDEX).write_text(json.dumps(index))
    write_sums(given)


@pytest.mark.parametrize("what", ["identity", "origin", "slug", "all"])
def test_an_index_that_lists_a_record_twice_is_not_believed(play: Play, given: Path, what: str) -> None:
    def twice(index: dict[str, Any]) -> None:
        one, other = index["records"][:2]
        index["records"].append(dict(one) if what == "all" else other | {what: one[what], "slug": "other"})
        if what == "slug":
            index["records"][-1]["slug"] = one["slug"]

    change_index(given, twice)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert named(verdict, INDEX)
    assert verdict.checked.records == 6  # Each was found in its own place all the same.


def test_a_record_that_the_index_leaves_out_is_missed_where_it_is_cited(play: Play, given: Path) -> None:
    def leave_out(index: dict[str, Any]) -> None:
        index["records"] = [record for record in index["records"] if record["slug"] != "old-mill"]

    change_index(given, leave_out)
    verdict = play.verify(given)
    assert verdict.exit_code == 3
    left_out = record_folder(next(body.origin for body in play.federation.districts if body.slug == "old-mill"))
    assert ("warning", left_out) in {(finding.kind, finding.file) for finding in verdict.findings}


def test_two_records_that_swap_their_folders_are_found_out(play: Play, given: Path) -> None:
    one, other = (given / record_folder(body.origin) for body in play.federation.affiliates)
    one.rename(given / "aside")
    other.rename(one)
    (given / "aside").rename(other)
    write_sums(given)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert {failure.file for failure in failures(verdict)} == {f"{one.name}/{CHECKPOINT}", f"{other.name}/{CHECKPOINT}"}


def test_an_index_that_swaps_identities_is_found_out(play: Play, given: Path) -> None:
    def swap(index: dict[str, Any]) -> None:
        one, other = index["records"][:2]
        one["identity"], other["identity"] = other["identity"], one["identity"]

    change_index(given, swap)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert {failure.file for failure in failures(verdict)} == {INDEX}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[" * 100_000,
        b"{" * 100_000,
        b'{"format":' + b"[" * 50_000,
        b"\xff\xfe",
        b"null",
        b'{"format":"majlis-index/1","records":[{}]}',
        b'{"format":"majlis-index/1","records":[],"records":[]}',
        b'{"format":"majlis-index/1","records":' + b"1" * 5000 + b"}",
    ],
)
def test_an_index_of_nonsense_is_named_and_the_records_are_read_without_it(
    play: Play, given: Path, data: bytes
) -> None:
    (given / INDEX).write_bytes(data)
    write_sums(given)
    verdict = play.verify(given)
    if data.endswith(b'"records":[]}'):
        assert verdict.exit_code == 3  # An index that lists nothing verifies nothing.
    else:
        assert verdict.exit_code == 1
        assert named(verdict, INDEX)
        assert verdict.checked.records == 6


def test_a_slug_that_looks_like_an_identity_hides_nobody(play: Play, given: Path) -> None:
    """The slug of one body is the identity of another, or how it begins."""
    real = play.sittings.assembly.identity

    def pretend(slug: str) -> Callable[[dict[str, Any]], None]:
        def change(index: dict[str, Any]) -> None:
            index["records"][1]["slug"] = slug

        return change

    change_index(given, pretend(real))
    assert open_folder(given).find(real) == real
    change_index(given, pretend(real[:20]))
    assert open_folder(given).find(real) == real
    assert open_folder(given).find(real[:24]) == real


def test_bodies_are_found_by_what_is_theirs_alone(play: Play) -> None:
    folder = open_folder(play.public)
    assembly = play.sittings.assembly.identity
    assert folder.find("assembly") == folder.find(assembly) == folder.find(assembly[:12]) == assembly
    for name in ("", "nobody", assembly[:7], "ab" * 32, "../assembly"):
        with pytest.raises(Malformed):
            folder.find(name)


# --- boxes and blobs that nobody speaks of


def test_a_box_that_no_record_speaks_of_must_hold_too(play: Play, given: Path) -> None:
    """Somebody puts a box beside the others, so that people believe a result that no body has."""
    uuid = "HugXB9QyGpcubAtCLhXsbN"
    one = sorted(given.glob("boxes/*.bel"))[0]
    shutil.copy(one, given / "boxes" / f"{uuid}.bel")
    write_sums(given)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert named(verdict, f"boxes/{uuid}.bel")
    (given / "boxes" / f"{uuid}.bel").write_bytes(put_together([Part(type="Result", payloads=[b"{}"])], 1))
    write_sums(given)
    assert named(play.verify(given), f"boxes/{uuid}.bel")


def test_a_blob_under_a_false_name_fails(play: Play, given: Path) -> None:
    path = given / blob_path("ab" * 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"the charter's text")
    write_sums(given)
    assert named(play.verify(given), blob_path("ab" * 32))


def test_another_timestamp_on_all_of_a_box_is_only_covered_by_the_sums(play: Play, given: Path) -> None:
    """No event holds it, so no head does. The specification says so."""
    box = sorted(given.glob("boxes/*.bel"))[0]
    archive = box.read_bytes()
    box.write_bytes(put_together(take_apart(archive), timestamp(archive) - 999))
    assert named(play.verify(given), f"boxes/{box.name}")
    write_sums(given)
    assert play.verify(given).exit_code == 0


# --- the census that a plan stands on


def test_one_member_that_changes_its_census_spoils_nothing(play: Play, tmp_path: Path) -> None:
    """A clerk publishes another figure with another table, long after the district was admitted."""
    stage = Stage(play, tmp_path / "stage")
    body = stage.districts[1]
    table = stage.host.blobs.put(b"id,name,population,lat,lon\nx,Elsewhere,1,1,1\n")
    body.act("census.publish", {"inhabitants": 1, "places": ["x"], "source": table}, body.one("clerk"))
    assert stage.verify().ok
    stage.close()


@pytest.mark.parametrize("table", [b"id,name,population,lat,lon\nx,Elsewhere,99999,1,1\n", b"rubbish", b""])
def test_a_plan_over_another_census_fails(play: Play, given: Path, table: bytes) -> None:
    """The host swaps the table: its name no longer fits, and nothing else is taken in its place."""
    (given / blob_path(play.federation.source)).write_bytes(table)
    write_sums(given)
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert named(verdict, blob_path(play.federation.source))


# --- depth


def test_a_long_chain_of_certificates_is_folded_without_recursion(play: Play, tmp_path: Path) -> None:
    """Each body's record cites the one before, which cites the one before that; the last is asked for first."""
    stage = Stage(play, tmp_path / "stage")
    before, chain = stage.districts[0], []
    stage.world.seal_all()
    for number in range(60):
        body = Committee(stage.world, f"link-{number}", {"en": f"Link {number}"}, "committee", members=3)
        body.found(stage.setting.mirror_keys, 2)
        figure = body.act("census.publish", {"inhabitants": 5, "places": ["x"], "source": "ab" * 32}, body.one("clerk"))
        data = {"figure": figure, "inhabitants": 5, "certificate": before.certify(before.identity)}
        body.act("census.countersign", data, before.one("counter"), body.one("clerk"))
        stage.host.cosign(body.identity, stage.setting.witnesses)
        chain.append(body)
        before = body
    public = stage.publish(bodies=[*stage.bodies.values(), *reversed(chain)])
    limit = sys.getrecursionlimit()
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 80)
    try:
        folder = open_folder(public)
        folder.federation.fold(chain[-1].identity)
    finally:
        sys.setrecursionlimit(limit)
    for body in chain:
        census = folder.federation.records[body.identity].state.census
        assert census is not None
        assert census.countersigned is not None
    stage.close()


def test_deep_json_in_an_act_is_void_and_no_crash(play: Play, tmp_path: Path) -> None:
    stage = Stage(play, tmp_path / "stage")
    hosted = stage.host.hosted(stage.districts[1].identity)
    deep = b"majlis/1 " + stage.districts[1].identity.encode() + b'\n{"v":1,"kind":' + b"[" * 16_000 + b"\n\nx\n"
    hosted.record.append([deep])
    hosted.folded.append(deep)
    stage.host.fold()
    assert is_calm(stage.verify())
    stage.close()


# --- what is printed


def test_names_of_files_do_not_command_the_terminal(play: Play, given: Path) -> None:
    for name in ("\x1b[2J\x1b[31mall is well", "a\nsound: everything holds", "\u202egnp.exe", "\x9b0m"):
        (given / name).write_bytes(b"x")
    done = majlis("verify", given, "--trust", play.trust)
    assert done.returncode == 0
    for character in ("\x1b", "\u202e", "\x9b"):
        assert character not in done.stdout
    assert not any(line.startswith("sound: everything holds") for line in done.stdout.splitlines()[1:])
    assert "\\x1b[2J" in done.stdout


def test_letters_of_every_script_are_printed_as_they_are() -> None:
    for text in ("لجنة تل الزيتون", "Şırnak — ünï", "می‌خواهم", "日本語", "tab is\\t escaped"):
        assert plain(text) == text
    assert plain("\ud800") == "\\ud800"


def test_a_flood_of_findings_is_cut_off_in_print_and_whole_in_json(play: Play, given: Path) -> None:
    for number in range(300):
        (given / f"stray-{number:03}").write_bytes(b"")
    verdict = play.verify(given)
    assert len(verdict.findings) == 300
    text = as_text(verdict)
    assert "more; --json lists all" in text
    assert len(text.splitlines()) < 250


# --- at random


@pytest.fixture(scope="module")
def tiny(play: Play, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an affiliate's public folder."""
    folder = publish_alone(play, play.federation.affiliates[1], tmp_path_factory.mktemp("tiny") / "public")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(max_examples=60)
@sampled(seed=st.integers(0, 2**32), count=st.integers(1, 6))
def test_no_folder_makes_the_verifier_fall_over(
    tiny: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    """Bytes changed, cut, doubled or inserted in any files, sums rewritten or not: a verdict, or a plain refusal."""
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("tried")
    for file, data in tiny.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
    for file in chance.choices(sorted(tiny), k=count):
        data = bytearray(tiny[file])
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = data[at : at + chance.randrange(200)]
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(50))
            case 4:
                data = bytearray(chance.randbytes(chance.randrange(300)))
        (folder / file).write_bytes(bytes(data))
    if chance.random() < 0.8:
        write_sums(folder)
    try:
        verdict = verify_folder(folder)
    except Malformed:
        return
    assert verdict.exit_code in (1, 3, 5)
    shutil.rmtree(folder)


def test_a_copy_of_the_folder_is_as_good(play: Play, tmp_path: Path) -> None:
    assert play.verify(copy_of(play.public, tmp_path / "copy")).ok
