"""``majlis audit``: exit codes, the JSON contract, and words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from majlis.crypto import native as door
from majlis.main import main

BOXES = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "boxes"


def placed(folder: Path, *names: str) -> str:
    for name in names:
        shutil.copy(BOXES / f"{name}.bel", folder)
    return str(folder)


@pytest.mark.parametrize(
    ("boxes", "code"),
    [
        (["sound"], 0),
        (["open-box"], 3),
        (["ballot-with-a-blank"], 4),
        (["false-result"], 1),
        (["sound", "open-box"], 1),
        ([], 3),
    ],
)
def test_the_worst_box_gives_the_code(boxes: list[str], code: int, tmp_path: Path) -> None:
    assert main(["audit", placed(tmp_path, *boxes), "--workers", "1"]) == code


def test_a_false_ballot_is_named_in_words_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = placed(tmp_path, "stuffed-ballot", "sound")
    assert main(["audit", folder, "--workers", "1"]) == 1
    words = capsys.readouterr().out
    assert main(["audit", folder, "--workers", "1", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["verdicts"]) == (False, {"invalid": 1, "valid-v1": 1})
    (finding,) = report["boxes"][1]["findings"]
    assert (finding["archive"], finding["check"], finding["event"]) == ("stuffed-ballot.bel", "R-BOX-38", 1)
    assert f"FAILED R-BOX-38 in stuffed-ballot.bel at event 1, ballot {finding['ballot']}" in words
    assert "hints beside the box helped with 0 boxes" in words
    assert "FAILED R-AUDIT-5 in stuffed-ballot.bel" in words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "no such folder"),
        ([".", "--workers", "0"], "at least one worker"),
        ([".", "--workers", "2", "--cluster", "x"], "not allowed with"),
    ],
)
def test_usage_is_explained(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_engine_that_is_asked_for_must_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_module", None)
    folder = placed(tmp_path, "sound")
    assert main(["audit", folder, "--engine", "native"]) == 2
    assert "native engine" in capsys.readouterr().err
    assert main(["audit", folder]) == 0
