"""``majlis plan`` as people and scripts meet it."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from majlis.census import check_plan, parse_places, parse_plan
from majlis.main import main

TABLE = """\
id,name,group,lat,lon,population,remark
1,City,a,35.123456,36.654321,155000,
2,Hamlet,b,35.13,36.65,5000,
3,Village,c,35.50,37.00,6000,
4,قرية,c,35.51,37.00,6500,
5,Lost,a,36.00,36.00,,
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_the_report_says_it_in_sentences_and_a_table(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(table)]) == 0
    out, err = capsys.readouterr()
    assert err == f"note: {table}: columns not used: remark\n"
    assert out == (
        "4 places with 172,500 inhabitants: 17 seats, one per 10,000 (rounded to the nearest, an exact half up).\n"
        "2 districts: 1 place of 10,000 or more for themselves, 1 pooled of smaller ones (no plan can have more).\n"
        "1 place could not reach 10,000 with neighbours and joined the nearest (+).\n"
        "1 district of more than 7 seats in 3 wards, provisional until their neighbourhoods are counted.\n"
        "Across groups, as some group has no district of its own: city.\n"
        "\n"
        "district  group  ward    inhabitants  seats  per seat  places\n"
        "city-1    a      1 of 3       60,000      6    10,000  City + Hamlet\n"
        "city-2    a      2 of 3       50,000      5    10,000  City + Hamlet\n"
        "city-3    a      3 of 3       50,000      5    10,000  City + Hamlet\n"
        "qrya      c                   12,500      1    12,500  قرية, Village\n"
        "\n"
        "How equal (malapportionment: the share of seats that would have to move):\n"
        "  all districts               malapportionment 1.4 %, Gini 0.014, largest to smallest 1.25, "
        "94.1 % of seats within 10 % and 94.1 % within 15 %\n"
        "  without provisional wards   malapportionment 0.0 %, Gini 0.000, largest to smallest 1.00, "
        "100.0 % of seats within 10 % and 100.0 % within 15 %\n"
        "How compact: people live 0.1 km from the middle of their district in the mean, at most 1.1 km (Hamlet).\n"
        "\n"
        "1 place with no known population, without a seat until counted:\n"
        "  Lost (5)\n"
    )


def test_the_json_keeps_its_contract(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(table), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["inhabitants"], found["seats"], found["quota"], found["bound"]) == (172_500, 17, 10_000, 1)
    assert found["unknown"] == ["5"]
    contract = {"id", "places", "inhabitants", "seats", "ward", "of", "provisional"}
    assert all(contract <= set(d) for d in found["districts"])
    first, *_, last = found["districts"]
    assert {key: first[key] for key in contract} == {
        "id": "city-1",
        "places": ["1", "2"],
        "inhabitants": 60_000,
        "seats": 6,
        "ward": 1,
        "of": 3,
        "provisional": True,
    }
    assert (last["ward"], last["of"], last["provisional"], last["places"]) == (None, None, False, ["3", "4"])
    for figures in (found["measures"], found["measures_without_provisional"]):
        assert set(figures) == {"mal", "gini", "max_min", "within_10", "within_15"}
        assert 0 <= figures["mal"] <= 1 and 0 <= figures["gini"] <= 1 and 0 <= figures["within_10"] <= 1
    assert found["measures"]["max_min"] == 1.25
    assert found["notices"] == ["columns not used: remark"]


def test_settings_reach_the_plan(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--per", "5000", "--rounding", "ceil", "--max-magnitude", "40", "--seed", "x", "--across-groups"]
    assert main(["plan", str(table), "--json", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["quota"], found["rounding"], found["max_magnitude"], found["seed"]) == (5000, "ceil", 40, "x")
    assert [d["seats"] for d in found["districts"]] == [31, 1, 2, 2] and not found["grouped"]


def test_seconds_bound_the_search_and_the_rounds_made_are_in_the_plan(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-PLAN-6: whoever repeats a plan that was searched by the clock needs no clock."""
    assert main(["plan", str(table), "--json", "--seconds", "5"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["effort"] >= 1 and "round 1: 1 pooled districts of at most 1" in err
    assert main(["plan", str(table), "--json", "--effort", str(found["effort"])]) == 0
    assert json.loads(capsys.readouterr().out)["sha256"] == found["sha256"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, None])
def test_the_best_plan_so_far_is_given_on_interrupt_and_when_time_is_up(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stop: type[BaseException] | None,
) -> None:
    table = tmp_path / "villages.csv"
    rows = [f"V{n},{1500 + n * 997 % 4000},35.{n // 9}{n % 9},36.{n % 9}0" for n in range(80)]
    table.write_text("\n".join(["name,population,lat,lon", *rows]), encoding="utf-8")
    calls = iter(range(10**9))

    def clock() -> float:
        call = next(calls)
        if stop is not None and call == 9:
            raise stop
        return 0.0 if call < 9 else 99.0

    monkeypatch.setattr("majlis.cli.plan.monotonic", clock)
    assert main(["plan", str(table), "--json", "--seconds", "9"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["effort"] == 0 and found["pooled"] > 1
    assert ("best plan so far" in err) == (stop is not None)


def test_the_map_shows_places_no_closer_than_a_hundredth(table: Path, tmp_path: Path) -> None:
    target = tmp_path / "map.geojson"
    assert main(["plan", str(table), "--geojson", str(target)]) == 0
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["type"] == "FeatureCollection" and len(found["features"]) == 5
    city, hamlet, *_, lost = found["features"]
    assert city["geometry"] == {"type": "Point", "coordinates": [36.65, 35.12]}
    assert "123456" not in target.read_text(encoding="utf-8")
    assert (city["properties"]["districts"], city["properties"]["seats"]) == (["city-1", "city-2", "city-3"], 16)
    assert (hamlet["properties"]["district"], hamlet["properties"]["attached"]) == ("city", True)
    assert (lost["properties"]["district"], lost["properties"]["population"]) == (None, None)


def test_a_plan_written_out_is_checked_by_anyone(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "plan.json"
    assert main(["plan", str(table), "--out", str(target)]) == 0
    check_plan(parse_plan(target.read_bytes()), parse_places(TABLE.encode()))
    capsys.readouterr()
    assert main(["plan", str(table), "--check", str(target)]) == 0
    assert capsys.readouterr().out.startswith(f"{target} keeps every rule of spec/plan.md for these places.\n")


def test_a_plan_for_other_figures_fails_its_check(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "plan.json"
    assert main(["plan", str(table), "--out", str(target)]) == 0
    table.write_text(TABLE.replace("6500", "9500"), encoding="utf-8")
    capsys.readouterr()
    assert main(["plan", str(table), "--check", str(target)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "error: district qrya: " in err and "[R-PLAN-5]" in err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the table is empty"),
        (b"name,population,lat,lon\nA,-3,1,2\nB,x,1,2\n", "2 rows cannot be read"),
        (b"name,population,lat,lon\nA\xff,3,1,2\n", "byte 25"),
        (b"\x00\x01\x02", "the header lacks"),
    ],
)
def test_bad_input_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    assert main(["plan", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: {path}: ") and words in err and "Traceback" not in err


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(tmp_path / "none.csv")]) == 2
    assert f"error: {tmp_path / 'none.csv'}: No such file or directory" in capsys.readouterr().err
    assert main(["plan", str(tmp_path)]) == 2


def test_a_map_that_cannot_be_written(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(table), "--geojson", str(tmp_path / "no" / "map.json")]) == 2
    assert capsys.readouterr().out == ""


def test_a_plan_file_that_is_none(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "plan.json"
    target.write_bytes(b"{}")
    assert main(["plan", str(table), "--check", str(target)]) == 2
    assert f"error: {target}: this is not a plan" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ["--per", "0"],
        ["--per", "-5"],
        ["--per", "1.5"],
        ["--per", "9" * 5000],
        ["--max-magnitude", "0"],
        ["--rounding", "up"],
        ["--seed", "x" * 65],
        ["--seed", "\ud800"],
        [],
    ],
)
def test_wrong_usage_ends_with_2(table: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]) -> None:
    assert main(["plan", *([str(table)] if wrong else []), *wrong]) == 2
    assert "usage: majlis plan" in capsys.readouterr().err


def test_the_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--help"]) == 0
    assert "majlis plan examples/syria/places.csv --per 10000" in capsys.readouterr().out


def test_everything_unknown_is_still_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "places.csv"
    path.write_text("name,population,lat,lon\nA,0,1,2\n", encoding="utf-8")
    assert main(["plan", str(path)]) == 0
    out = capsys.readouterr().out
    assert "0 places with 0 inhabitants: 0 seats" in out and "no district to measure" in out and "  A\n" in out
    assert main(["plan", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measures"]["mal"] is None


def test_all_below_the_quota_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "places.csv"
    path.write_text("name,population,lat,lon\n" + "".join(f"A{n},9,1,2\n" for n in range(8)), encoding="utf-8")
    assert main(["plan", str(path)]) == 0
    out = capsys.readouterr().out
    assert "All together are below 10,000; they share one district." in out
    assert "A0, A1, A2, A3, A4 and 3 more" in out


def test_the_program_runs_as_a_module_where_the_terminal_speaks_ascii(table: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "majlis", "plan", str(table)],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert run.returncode == 0 and "قرية" in run.stdout.decode("utf-8")


def test_an_assembly_of_fixed_size_is_shared_out(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-PLAN-16"""
    assert main(["plan", str(table), "--seats", "20", "--method", "jefferson", "--max-magnitude", "99", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["size"], found["seats"], found["quota"], found["method"]) == (20, 20, 8625, "jefferson")
    assert main(["plan", str(table), "--seats", "1"]) == 0
    assert "1 seat, shared out by people (Webster" in capsys.readouterr().out


def test_ways_are_read_and_their_faults_named(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-PLAN-14"""
    ways = tmp_path / "ways.csv"
    ways.write_text("from,to,state\n3,4,closed\n1,2,closed\n2,4,closed\n2,3,closed\n", encoding="utf-8")
    target = tmp_path / "plan.json"
    assert main(["plan", str(table), "--ways", str(ways), "--only-ways", "--out", str(target)]) == 0
    assert "Below 10,000, as no way leads out: hamlet, village, qrya." in capsys.readouterr().out
    assert main(["plan", str(table), "--ways", str(ways), "--only-ways", "--check", str(target)]) == 0
    capsys.readouterr()
    assert main(["plan", str(table), "--ways", str(ways), "--check", str(target), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["only_ways"] and found["ways"] == sha256(ways.read_bytes()).hexdigest()
    assert main(["plan", str(table), "--check", str(target)]) == 3
    assert "made with a table of ways" in capsys.readouterr().err
    ways.write_text("from,to\n3,9\n", encoding="utf-8")
    assert main(["plan", str(table), "--ways", str(ways)]) == 2
    assert f"error: {ways}: rows of ways" in capsys.readouterr().err


def test_travel_is_said_where_ways_state_a_time(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-PLAN-20"""
    ways = tmp_path / "ways.csv"
    ways.write_text("from,to,minutes\n3,4,95\n", encoding="utf-8")
    assert main(["plan", str(table), "--ways", str(ways)]) == 0
    assert (
        "How long on the way to the place that a district is named after: 46 minutes in the mean, at most 95 "
        "(Village), for 12,500 inhabitants whose ways state a time.\n"
    ) in capsys.readouterr().out
    assert main(["plan", str(table), "--ways", str(ways), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["travel"] == {
        "metres": 101,
        "most_metres": 1071,
        "farthest": "2",
        "minutes": 45.6,
        "most_minutes": 95,
        "slowest": "3",
        "timed": 12_500,
    }


def test_a_challenge_says_which_is_better_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-PLAN-18"""
    table = tmp_path / "villages.csv"
    rows = [f"V{n},{1500 + n * 997 % 4000},35.{n // 9}{n % 9},36.{n % 9}0" for n in range(80)]
    table.write_text("\n".join(["name,population,lat,lon", *rows]), encoding="utf-8")
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert main(["plan", str(table), "--out", str(first)]) == 0
    assert main(["plan", str(table), "--seed", "other", "--out", str(second)]) == 0
    capsys.readouterr()
    assert main(["plan", str(table), "--check", str(first), "--against", str(second)]) == 0
    one = capsys.readouterr().out
    assert main(["plan", str(table), "--check", str(second), "--against", str(first)]) == 0
    other = capsys.readouterr().out
    assert one.startswith("This plan is better: ") == other.startswith(f"{first} is better: ")
    assert "malapportionment" in one and "change district." in one
    assert main(["plan", str(table), "--check", str(first), "--against", str(first)]) == 0
    assert "Neither is better: the one that is adopted stands." in capsys.readouterr().out
    assert main(["plan", str(table), "--check", str(first), "--against", str(second), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["better"] == "first") == one.startswith("This plan") and set(found["first"]) == set(found["second"])
    assert main(["plan", str(table), "--rounding", "ceil", "--against", str(first)]) == 1
    assert "that is for the charter to say" in capsys.readouterr().err


def test_an_amendment_says_who_moves(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-PLAN-19"""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    assert main(["plan", str(table), "--out", str(old)]) == 0
    table.write_text(TABLE.replace("6000", "6100"), encoding="utf-8")
    capsys.readouterr()
    assert main(["plan", str(table), "--amend", str(old), "--out", str(new)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("From that plan to this, 0 inhabitants in 0 places change district.\n")
    assert b'"amends":"' in new.read_bytes()
