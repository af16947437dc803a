"""Tables of places in Parquet files, read by an extra."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census import parse_places
from majlis.cli.plan_tables import as_csv
from majlis.errors import Malformed, Missing
from majlis.main import main


@pytest.fixture
def arrow() -> Any:
    return pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install -r requirements/parquet.txt")


def parquet(arrow: Any, columns: dict[str, Any]) -> bytes:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = BytesIO()
    parquet.write_table(arrow.table(columns), out)
    return out.getvalue()


def test_without_pyarrow_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-PLAN-1"""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Missing, match=r"pip install -r requirements/parquet\.txt.*R-PLAN-1"):
        as_csv(b"PAR1....PAR1")
    table = tmp_path / "places.parquet"
    table.write_bytes(b"PAR1....PAR1")
    assert main(["plan", str(table)]) == 3
    assert f"error: {table}: this is a Parquet file" in capsys.readouterr().err


def test_a_file_is_read_column_by_column(arrow: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-PLAN-1: small and large numbers, decimals, references, nothing, and a shape that is no column of ours."""
    data = parquet(
        arrow,
        {
            "id": arrow.array([7, 8, 9], arrow.int64()),
            "name": arrow.array(["قرية, كبيرة", "B", "C"]).dictionary_encode(),
            "population": arrow.array([155000.0, 900.0, None], arrow.float64()),
            "lat": arrow.array([35.9, 35.5, 1e-05], arrow.float32()),
            "lon": arrow.array([Decimal("36.60"), Decimal("-36.60"), Decimal(0)]),
            "geometry": arrow.array([b"\x01\xff", b"\x01", None]),
            "my,marks": arrow.array([[1], [], None]),
        },
    )
    rows = parse_places(as_csv(data)).rows
    assert [(p.id, p.name, p.population, p.lat, p.lon) for p in rows] == [
        ("7", "قرية, كبيرة", 155_000, 35_900_000, 36_600_000),
        ("8", "B", 900, 35_500_000, -36_600_000),
        ("9", "C", 0, 10, 0),
    ]
    assert (
        as_csv(data).decode().splitlines()[-1] == "# not read as they are neither text nor numbers: geometry; my marks"
    )
    table = tmp_path / "places.parquet"
    table.write_bytes(data)
    assert main(["plan", str(table), "--csv", str(tmp_path / "copy.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seats"] == 16
    assert (tmp_path / "copy.csv").read_bytes() == as_csv(data)


def test_what_is_wrong_is_named_by_line(arrow: Any) -> None:
    """R-PLAN-3: row n is line n + 1."""
    columns: dict[str, Any] = {"name": ["A", "B"], "population": [5, -3], "lat": [1.0, 1.0], "lon": [1.0, 2.0]}
    with pytest.raises(Malformed, match="line 3: column population: '-3' is negative"):
        parse_places(as_csv(parquet(arrow, columns)))
    with pytest.raises(Malformed, match="the header lacks"):
        parse_places(as_csv(parquet(arrow, columns | {"population": [[5], [3]]})))


def test_what_unfolds_without_end_is_refused(arrow: Any) -> None:
    long = arrow.array(["a" * 10_000]).dictionary_encode().take(arrow.array([0] * 8000))
    with pytest.raises(Malformed, match="unfolds to more than"):
        as_csv(parquet(arrow, {"name": long.cast(arrow.string())}))
    with pytest.raises(Malformed, match="200 columns"):
        as_csv(parquet(arrow, {f"c{n}": [1] for n in range(201)}))
    with pytest.raises(Malformed, match="1048576 rows"):
        as_csv(parquet(arrow, {"name": arrow.nulls(1_048_577)}))


@given(st.binary(max_size=60), st.booleans())
def test_anything_is_converted_or_refused(tail: bytes, closed: bool) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install -r requirements/parquet.txt")
    with pytest.raises(Malformed, match="R-PLAN-1"):
        as_csv(b"PAR1" + tail + (b"PAR1" if closed else b""))
