"""``majlis plan`` proves a bound by prices, and finds them with a solver (R-PLAN-22)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from majlis.main import main

PLACES = """\
id,name,population,lat,lon
a,Aqra,9000,35.00,37.00
b,Biza,9000,35.00,37.20
c,Cara,9000,35.00,37.40
m,Mid,3000,35.10,37.20
"""
WAYS = "from,to\nm,a\nm,b\nm,c\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plan of three villages that can only reach each other through a hamlet, with a bound that is too high."""
    (tmp_path / "places.csv").write_text(PLACES)
    (tmp_path / "ways.csv").write_text(WAYS)
    words = ["plan", str(tmp_path / "places.csv"), "--ways", str(tmp_path / "ways.csv"), "--only-ways"]
    assert main([*words, "--effort", "1", "--out", str(tmp_path / "plan.json")]) == 0
    plan = (tmp_path / "plan.json").read_bytes()
    assert b'"bound":1,' in plan
    (tmp_path / "plan.json").write_bytes(plan.replace(b'"bound":1,', b'"bound":3,'))
    return tmp_path


def check(folder: Path, *more: str) -> int:
    words = ["plan", str(folder / "places.csv"), "--ways", str(folder / "ways.csv"), "--only-ways"]
    return main([*words, "--check", str(folder / "plan.json"), *more])


def test_prices_are_found_and_checked_without_the_solver(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = folder / "prices.json"
    assert check(folder, "--find-prices", str(prices)) == 0
    assert "no plan by these rules has more than 1 pooled districts" in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "highspy", None)
    assert check(folder, "--prices", str(prices)) == 0
    assert "no plan by these rules has more than 1 pooled districts" in capsys.readouterr().out
    assert check(folder, "--find-prices", str(prices)) == 3
    assert "pip install -r requirements/solver.txt" in capsys.readouterr().err


def test_prices_that_prove_nothing_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = folder / "prices.json"
    prices.write_text('{"format":"majlis-prices/v1","prices":{"a":0,"b":0,"c":0,"m":9999}}')
    assert check(folder, "--prices", str(prices)) == 1
    assert "these prices prove nothing" in capsys.readouterr().err
    prices.write_text("[]")
    assert check(folder, "--prices", str(prices)) == 2
    assert str(prices) in capsys.readouterr().err


def test_the_bound_is_proven_anew_without_prices(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, "--prove") == 0
    assert "more than 1 pooled" in capsys.readouterr().out


def test_no_plan_of_the_palestinian_places_has_more_than_107(
    data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By people there could be 109, by waste 108; the solver's prices are checked without it."""
    places, plan, prices = data_root / "places" / "places_ps.csv", tmp_path / "plan.json", tmp_path / "prices.json"
    assert main(["plan", str(places), "--effort", "1", "--out", str(plan)]) == 0
    assert "proven: no plan can have more than 108" in capsys.readouterr().out
    assert main(["plan", str(places), "--check", str(plan), "--find-prices", str(prices)]) == 0
    assert main(["plan", str(places), "--check", str(plan), "--prices", str(prices)]) == 0
    assert capsys.readouterr().out.count("no plan by these rules has more than 107 pooled districts") == 2
