"""Pictures of a plan as PNG, drawn by an extra."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from majlis.main import main

TABLE = "name,population,lat,lon\nA,9000,1,2\nB,8000,1.2,2.1\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_without_resvg_it_is_said_what_to_install(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    target = table.with_name("map.PNG")
    assert main(["plan", str(table), "--map", str(target)]) == 3
    assert "pip install -r requirements/png.txt" in capsys.readouterr().err
    assert not target.exists()


def test_map_and_curve_are_drawn(table: Path) -> None:
    files = [table.with_name("map.png"), table.with_name("lorenz.png")]
    assert main(["plan", str(table), "--map", str(files[0]), "--lorenz", str(files[1])]) == 0
    for file in files:
        data = file.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n") and int.from_bytes(data[16:20]) == 2000
        assert len(data) > 5000
