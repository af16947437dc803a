"""Tables of places in Parquet files, read by an extra."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census import parse_places
from majlis.cli import plan_parquet
from majlis.cli.plan_tables import as_csv
from majlis.errors import Malformed, Missing
from majlis.main import main


@pytest.fixture
def arrow() -> Any:
    return import_module("pyarrow")


def parquet(arrow: Any, columns: dict[str, Any], **how: Any) -> bytes:
    out = BytesIO()
    import_module("pyarrow.parquet").write_table(arrow.table(columns), out, **how)
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


def test_one_long_text_for_many_rows_is_read_once(arrow: Any) -> None:
    """A few thousand bytes, of which every row would make as many megabytes."""
    text = arrow.array(["a" * 4_000_000])
    name = arrow.DictionaryArray.from_arrays(arrow.array([0] * 20_000, arrow.int32()), text)
    data = parquet(arrow, {"name": name}, compression="zstd")
    assert len(data) < 10_000
    with pytest.raises(Malformed, match="column name: a text of 4000000 bytes"):
        as_csv(data)


def test_sizes_that_are_stated_wrongly_do_not_help(arrow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The description at the end says 50 bytes, and the page unfolds to 60 million."""
    if not Path("/proc/self/statm").is_file():
        pytest.skip("this system does not say how much memory a process has")
    name = arrow.array(["a" * 60_000_000])
    data = parquet(arrow, {"name": name}, compression="zstd", use_dictionary=False, write_statistics=False)
    facts = import_module("pyarrow.parquet").ParquetFile(BytesIO(data)).metadata.row_group(0)
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[start:]
    for stated in {facts.total_byte_size, facts.column(0).total_uncompressed_size}:
        number = varint(2 * stated)
        assert number in footer
        footer = footer.replace(number, bytes([100 | 128, *[128] * (len(number) - 2), 0]))
    before = import_module("resource").getrlimit(import_module("resource").RLIMIT_AS)
    monkeypatch.setattr(plan_parquet, "MOST_MEMORY", 40 * 2**20)
    with pytest.raises(Malformed, match="unfolds to more than can be read"):
        as_csv(data[:start] + footer)
    assert import_module("resource").getrlimit(import_module("resource").RLIMIT_AS) == before


def varint(number: int) -> bytes:
    """Seven bits in each byte, the lowest first."""
    out = []
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


@given(st.binary(max_size=60), st.booleans())
def test_anything_is_converted_or_refused(tail: bytes, closed: bool) -> None:
    with pytest.raises(Malformed, match="R-PLAN-1"):
        as_csv(b"PAR1" + tail + (b"PAR1" if closed else b""))
