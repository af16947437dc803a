"""Lines that nobody crosses, given as a map or a table, through ``majlis plan`` (R-PLAN-21)."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from majlis.census import parse_plan
from majlis.main import main

PLACES = """\
id,name,population,lat,lon
a,Aqra,6000,35.004,37.000
b,Biza,6000,35.006,37.010
c,Cara,6000,35.020,37.000
d,Dura,6000,34.990,37.010
"""
FRONT: list[list[float]] = [[36.9, 35.005], [37.005, 35.005, 410.5], [37.1, 35.005]]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(PLACES, encoding="utf-8")
    return path


def feature(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": coordinates}}


def written(path: Path, value: Any) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "front",
    [
        {"type": "FeatureCollection", "features": [feature("LineString", FRONT)]},
        feature("MultiLineString", [FRONT[:2], FRONT[1:]]),
        {"type": "LineString", "coordinates": FRONT},
        "# drawn by hand\nline,lat,lon\nfront,35.005,36.9\nfront,35.005,37.1\n",
        "from,to,line\n,,36.9 35.005; 37.1 35.005\n",
    ],
    ids=["collection", "feature", "geometry", "points", "table"],
)
def test_a_front_line_in_any_form_is_kept_and_checked(
    front: Any, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = written(tmp_path / "front", front)
    out, ways = tmp_path / "plan.json", tmp_path / "ways.csv"
    assert main(["plan", str(table), "--ways", str(line), "--ways-csv", str(ways), "--out", str(out)]) == 0
    assert "2 places lie so near to a line" in capsys.readouterr().err
    plan = parse_plan(out.read_bytes())
    assert [d.places for d in plan.districts] == [("a", "d"), ("b", "c")]
    assert plan.ways == sha256(ways.read_bytes()).hexdigest()
    assert main(["plan", str(table), "--check", str(out), "--ways", str(ways)]) == 0
    assert main(["plan", str(table), "--check", str(out)]) == 3


def test_lines_and_ways_are_one_table(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A crossing in one file leads through the line in the other; without the joint table no plan is written."""
    line = written(tmp_path / "front.geojson", feature("LineString", FRONT))
    crossing = written(tmp_path / "crossing.csv", "to,from,minutes\nb,a,30\n")
    out, ways = tmp_path / "plan.json", tmp_path / "ways.csv"
    words = ["plan", str(table), "--ways", str(line), "--ways", str(crossing), "--out", str(out)]
    assert main(words) == 2
    assert "--ways-csv" in capsys.readouterr().err
    assert main([*words, "--ways-csv", str(ways)]) == 0
    assert ways.read_text() == ("from,to,minutes,state,line\n,,,,36.9 35.005; 37.005 35.005; 37.1 35.005\na,b,30,,\n")
    assert main(["plan", str(table), "--check", str(out), "--ways", str(ways)]) == 0


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ({"type": "FeatureCollection", "features": []}, "it holds none"),
        ({"type": "FeatureCollection", "features": [feature("Point", [1, 2])]}, "feature 1: expected a LineString"),
        (
            {"type": "FeatureCollection", "features": [feature("LineString", FRONT), feature("LineString", [[1, 2]])]},
            "feature 2: a line has two points or more",
        ),
        (feature("LineString", [[1, 2], [1, "x"]]), "feature 1: point 2: expected longitude"),
        (feature("LineString", [[1, 2], [1, 95]]), "feature 1: point 2: out of range"),
        (feature("MultiLineString", [3]), "feature 1: expected a LineString"),
        ({"features": 3}, "expected a GeoJSON collection"),
        ('{"type": "LineString", "coordinates": [', "cannot be read"),
        ("line,lat,lon\nfront,35,36\n", "line 2: a line has two points or more"),
        ("line,lat,lon\nfront,35,36\nfront,x,36\n", "line 3: expected lat and lon"),
        ("line,lat,lon\nfront,35,36\nfront,35\n", "line 3: 2 fields where the header has 3"),
        ("from,to,line\na,b,0 0; 1 1\n", "line 2: a row with a line names no places"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_feature_or_row(
    front: Any, said: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = written(tmp_path / "front", front)
    assert main(["plan", str(table), "--ways", str(line)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert str(line) in err
