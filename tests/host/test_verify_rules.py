"""Rules of ``spec/verify.md`` on a small public folder in which one thing was altered and the sums written anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from majlis.crypto import SigningKey
from majlis.demo.committee import Committee
from majlis.demo.publishing import publish_bodies
from majlis.demo.setting import Setting
from majlis.demo.tell import QuietTeller
from majlis.demo.world import World
from majlis.host import Verdict, verify_folder, write_act
from majlis.host.federation import identity_of
from majlis.host.layout import IndexEntry
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.record import NoteKey


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published assembly with an adopted plan that nobody can find, and one blob."""
    folder = tmp_path_factory.mktemp("rules")
    setting = Setting(folder / "data")
    setting.found_witnesses(["one", "two", "three"])
    world = World(setting, QuietTeller())
    body = Committee(world, "hill", {"en": "Hill", "ar": "تل"}, "assembly")
    body.found(setting.mirror_keys, 2)
    body.table("Something to decide", [])
    world.tick()
    world.seal_all()
    publish_bodies(setting.host, [body], folder / "public")
    setting.close()
    return folder / "public"


def altered(sound: Path, tmp_path: Path, alter: Callable[[Path], None], *, sums: bool = True) -> Verdict:
    """The verdict on a copy in which ``alter`` changed something."""
    copy = tmp_path / "public"
    shutil.copytree(sound, copy)
    alter(copy)
    if sums:
        write_sums(copy)
    return verify_folder(copy, accept_unknown=True)


def rules(verdict: Verdict, kind: str = "failure") -> set[str]:
    """The rules of the findings of one kind."""
    return {finding.rule for finding in verdict.findings if finding.kind == kind}


def first(folder: Path, pattern: str) -> Path:
    """The first file that matches."""
    return next(path for path in sorted(folder.glob(pattern)) if path.is_file())


def flip(path: Path) -> None:
    """One bit of the last byte but one is another."""
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)


def test_the_folder_is_sound_before_anything_is_altered(sound: Path, tmp_path: Path) -> None:
    assert altered(sound, tmp_path, lambda _: None).exit_code == 0


def test_a_page_that_differs_from_the_sums_breaks_r_verify_1(sound: Path, tmp_path: Path) -> None:
    verdict = altered(sound, tmp_path, lambda folder: flip(folder / "pages" / "index.html"), sums=False)
    assert (verdict.exit_code, rules(verdict)) == (1, {"R-VERIFY-1"})


def test_a_tile_that_does_not_give_the_signed_root_breaks_r_verify_2(sound: Path, tmp_path: Path) -> None:
    verdict = altered(sound, tmp_path, lambda folder: flip(first(folder, "*/tile/0/**/*")))
    assert (verdict.exit_code, rules(verdict)) == (1, {"R-VERIFY-2"})


def test_a_blob_that_is_not_what_its_name_says_breaks_r_verify_4(sound: Path, tmp_path: Path) -> None:
    verdict = altered(sound, tmp_path, lambda folder: flip(first(folder, "blobs/sha256/*/*")))
    assert (verdict.exit_code, rules(verdict)) == (1, {"R-VERIFY-4"})


def test_a_file_among_the_boxes_that_is_no_box_is_found_by_r_verify_5(sound: Path, tmp_path: Path) -> None:
    def alter(folder: Path) -> None:
        (folder / "boxes").mkdir(exist_ok=True)
        (folder / "boxes" / "11111111111111.bel").write_bytes(b"no archive")

    verdict = altered(sound, tmp_path, alter)
    assert verdict.exit_code == 1, verdict.findings  # R-VERIFY-5


def test_an_act_0_that_is_void_founds_no_body_and_breaks_r_verify_3(tmp_path: Path) -> None:
    setting = Setting(tmp_path / "data")
    setting.found_witnesses(["one", "two"])
    key, log = SigningKey(bytes(31) + b"\x01"), SigningKey(bytes(31) + b"\x02")
    data = {
        "names": {"en": "Hill"},
        "type": "committee",
        "charter": {"term_days": 9999},
        "charter_keys": [key.public_key.hex()],
        "threshold": 1,
        "log": NoteKey(name="hill.example/log", public_key=log.public_key).vkey,
        "next_log": "00" * 32,
        "mirrors": list(setting.mirror_keys),
        "quorum": 1,
        "languages": ["en"],
        "officers": [],
    }
    entry = write_act("found", data, key, chance=setting.chance)
    record = setting.store.create("hill.example/log")
    record.append([entry])
    setting.signers.enrol(record, log.public_key)
    folder = tmp_path / "public"
    publish_record(folder, record, setting.signers.signer(record, log).sign())
    found = IndexEntry(slug="hill", names={"en": "Hill"}, identity=identity_of([entry]), origin="hill.example/log")
    write_index(folder, [found])
    write_sums(folder)
    setting.close()
    verdict = verify_folder(folder, accept_unknown=True)
    assert (verdict.exit_code, rules(verdict)) == (1, {"R-VERIFY-3"})


def test_a_plan_that_is_not_at_hand_leaves_the_verdict_incomplete_by_r_verify_7(tmp_path: Path) -> None:
    setting = Setting(tmp_path / "data")
    setting.found_witnesses(["one", "two", "three"])
    world = World(setting, QuietTeller())
    body = Committee(world, "hill", {"en": "Hill"}, "assembly")
    body.found(setting.mirror_keys, 2)
    plan = {"plan": "ab" * 32, "root": "cd" * 32, "districts": 1, "inhabitants": 10_000}
    body.act("plan.adopt", plan, *body.charter_keys[:2])
    world.tick()
    world.seal_all()
    publish_bodies(setting.host, [body], tmp_path / "public")
    setting.close()
    verdict = verify_folder(tmp_path / "public", accept_unknown=True)
    assert (verdict.exit_code, rules(verdict, "missing")) == (3, {"R-VERIFY-7"})
