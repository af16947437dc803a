"""``majlis box verify --engine --hints`` and ``majlis box hints``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from majlis.crypto import native as door
from majlis.main import main

BOXES = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "boxes"
SOUND = str(BOXES / "sound.bel")

needs_native = pytest.mark.usefixtures("native")


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, object]:
    assert main(["box", "verify", *words, "--json"]) == code
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@needs_native
def test_hints_are_made_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = str(tmp_path / "sound.hints")
    assert main(["box", "hints", SOUND, "-o", hints]) == 0
    assert "hints for 2 of 2 ballots" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["sound.hints"]
    report = told(capsys, SOUND, "--hints", hints)
    assert report["engine"] == {
        "name": door.describe_native(),
        "ballots": {"by hints": 2, "alone": 0, "alone, hint wrong": 0, "left to the reference engine": 0},
        "hints_not_used": "",
    }
    assert main(["box", "verify", SOUND, "--hints", hints, "--threads", "2"]) == 0
    assert "2 by hints" in capsys.readouterr().out


@needs_native
def test_each_engine_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    fast, slow = told(capsys, SOUND, "--engine", "native"), told(capsys, SOUND, "--engine", "reference")
    assert slow.pop("engine") == {"name": "reference"}
    assert fast.pop("engine") != {"name": "reference"}
    assert fast == slow
    assert told(capsys, SOUND)["engine"] != {"name": "reference"}


@needs_native
def test_hints_of_another_box_are_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = tmp_path / "x.hints"
    assert main(["box", "hints", str(BOXES / "sound-with-blank.bel"), "-o", str(hints)]) == 0
    capsys.readouterr()
    assert main(["box", "verify", SOUND, "--hints", str(hints)]) == 0
    assert "the hints were not used: these hints are for another election" in capsys.readouterr().out
    hints.write_bytes(b"no hints at all")
    assert main(["box", "verify", SOUND, "--hints", str(hints)]) == 0
    assert "the hints were not used: this is no file of hints" in capsys.readouterr().out


@needs_native
def test_hints_point_beyond_the_end_of_the_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = tmp_path / "x.hints"
    assert main(["box", "hints", SOUND, "-o", str(hints)]) == 0
    changed = bytearray(hints.read_bytes())
    changed[88:96] = b"\xff" * 8
    hints.write_bytes(bytes(changed))
    assert main(["box", "verify", SOUND, "--hints", str(hints)]) == 0


@needs_native
def test_where_there_can_be_no_hints_none_are_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = tmp_path / "x.hints"
    assert main(["box", "hints", str(BOXES / "unknown-group.bel"), "-o", str(hints)]) == 1
    assert main(["box", "hints", str(hints), "-o", str(hints)]) == 2
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in capsys.readouterr().err


def test_hints_without_their_engine_are_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["box", "verify", SOUND, "--engine", "reference", "--hints", str(tmp_path / "x")]) == 2
    assert "native engine only" in capsys.readouterr().err


def test_without_the_native_engine_the_reference_engine_does_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_module", None)
    monkeypatch.setattr(door, "_why_not", "it is not installed")
    assert told(capsys, SOUND)["engine"] == {"name": "reference"}
    assert door.describe_native() == ""
    assert main(["box", "verify", SOUND, "--engine", "native"]) == 2
    assert "make native builds it" in capsys.readouterr().err
    assert main(["box", "verify", SOUND, "--hints", str(tmp_path / "x")]) == 2
    assert main(["box", "hints", SOUND, "-o", str(tmp_path / "x")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_accelerator_that_cannot_be_used_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        INTERFACE = 0

    def broken(name: str) -> object:
        raise OSError("wrong ELF class")

    monkeypatch.setattr(door, "import_module", lambda name: Old)
    assert door._find() == (None, "it speaks interface 0, and this program 4")
    monkeypatch.setattr(door, "import_module", broken)
    assert door._find() == (None, "it cannot be loaded: wrong ELF class")
