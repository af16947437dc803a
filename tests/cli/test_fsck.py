"""``majlis record fsck`` names what is gone too: memories, texts, boxes; and nothing of it is ever made up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.village import ABROAD, HERE, Outcome, Village

from majlis.host.node import Node

pytestmark = pytest.mark.xdist_group("village")


def check(village: Village, where: str = HERE) -> Outcome:
    return village.try_(where, "record", "fsck", village.root / where)


def identity(village: Village) -> str:
    return Node(village.root / HERE).body("hilltop").identity


def remove(*names: str) -> Callable[[Path], None]:
    def take(folder: Path) -> None:
        for name in names:
            for path in folder.glob(name):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    return take


@pytest.mark.parametrize(
    ("take", "code", "rule", "said"),
    [
        (remove("signer.db*"), 1, "R-FSCK-2", "nobody remembers any more what was signed"),
        (remove("witness"), 1, "R-FSCK-3", "was made here, and its memory is gone"),
        (lambda folder: (folder / "checkpoints" / "junk").write_text("x"), 1, "R-FSCK-3", "take it away"),
        (lambda folder: [path.unlink() for path in folder.glob("blobs/sha256/*/*")], 3, "R-FSCK-1", "names it"),
    ],
    ids=["signer", "witness", "junk", "texts"],
)
def test_what_is_gone_is_named_with_what_to_do(
    founded: Village, take: Callable[[Path], object], code: int, rule: str, said: str
) -> None:
    """R-FSCK-1, R-FSCK-2, R-FSCK-3"""
    founded.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    assert check(founded).code == 0
    take(founded.root / HERE)
    before = {path for path in (founded.root / HERE).rglob("*") if not path.name.endswith(("-shm", "-wal"))}
    outcome = check(founded)
    assert outcome.code == code, outcome
    assert rule in outcome.out
    assert said in outcome.out
    assert founded.try_(HERE, "record", "fsck", founded.root / HERE, "--repair").code == code
    after = {path for path in (founded.root / HERE).rglob("*") if not path.name.endswith(("-shm", "-wal", ".lock"))}
    assert after <= before, "nothing is made anew"


def test_a_lost_memory_is_not_made_anew_by_any_command(founded: Village) -> None:
    """R-SIGNER-4, R-WITNESS-8"""
    remove("signer.db*", "witness")(founded.root / HERE)
    for words in (
        ("propose", "hilltop", "--text", "A well?", "--as", "amal"),
        ("node", "give", "stick/again"),
        ("witness", "cosign", "stick/public"),
        ("witness", "new", "hilltop-mirror", "--out", "stick/again.witness"),
    ):
        outcome = founded.try_(HERE, *words)
        assert outcome.code != 0
        assert "R-SIGNER-4" in outcome.err or "R-WITNESS-8" in outcome.err
    assert not (founded.root / HERE / "signer.db").exists()
    assert not (founded.root / HERE / "witness" / "witness.db").exists()


def test_texts_that_are_gone_come_back_from_a_copy(founded: Village) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    founded.tick()
    (text,) = (founded.root / HERE).glob("blobs/sha256/*/*")
    founded.run(ABROAD, "node", "give", "stick/mirror")
    text.unlink()
    outcome = check(founded)
    assert text.name in outcome.out
    assert "majlis mirror URL" in outcome.out
    founded.run(HERE, "node", "take", "stick/mirror")
    assert check(founded).code == 0


def test_what_others_showed_and_is_not_here_is_a_flaw(founded: Village) -> None:
    """R-SIGNER-5"""
    old = founded.copy(founded.root.with_name("old"))
    founded.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    founded.run(HERE, "node", "give", "stick/public")
    assert old.try_(HERE, "node", "take", founded.stick / "public").code == 1
    outcome = check(old)
    assert outcome.code == 1
    assert f"checkpoints/{identity(old)}.ahead" in outcome.out
    assert "majlis record recover" in outcome.out


def test_a_box_that_is_gone_is_named(voting: Village) -> None:
    assert check(voting).code == 0
    remove("boxes")(voting.root / HERE)
    outcome = check(voting)
    assert outcome.code == 3, outcome
    assert ".bel" in outcome.out
