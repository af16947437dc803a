"""``majlis count`` as people and scripts meet it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from majlis.main import main

TABLE = """\
5,2,
40,1,2,
8,2,
6,1,3,2,
11,3,4,
11,4,3,
9,5,4,
7,5,1,2,
3,
"Candidate 1","Huda","Well",
"Candidate 2","Salim",
"Candidate 3","Rima",
"Candidate 4","يوسف",
"Candidate 5","Nadia",
"Northern district",
"""
TIED = '3 2\n10 1 0\n4 2 0\n4 3 0\n0\n"Huda"\n"Salim"\n"Rima"\n""\n'
SEED = "00" * 32


@pytest.fixture
def ballots(tmp_path: Path) -> Path:
    path = tmp_path / "north.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def tied(tmp_path: Path) -> Path:
    path = tmp_path / "tied.blt"
    path.write_text(TIED, encoding="utf-8")
    return path


def test_the_summary_names_who_is_elected(ballots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", str(ballots), "--rule", "scottish"]) == 0
    out, err = capsys.readouterr()
    assert out == "scottish/1: 92 valid ballots, 2 seats, 5 stages.\nelected: 1 Huda\nelected: 2 Salim\n"
    assert err == ""


def test_the_json_keeps_its_contract(ballots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-COUNT-10"""
    assert main(["count", str(ballots), "--rule", "scottish", "--seats", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["winners"] == [1, 2]
    assert found["candidates"] == ["Huda", "Salim", "Rima", "يوسف", "Nadia"]
    assert found["quota"] == 31
    assert found["ties"] == []
    assert len(found["stages"]) == 5
    first, second, *_ = found["stages"]
    assert first["action"] == "first preferences"
    assert first["votes"] == ["46.00000", "8.00000", "11.00000", "11.00000", "16.00000"]
    assert first["transfers"] == ["0.00000"] * 5
    assert (first["elected"], first["exhausted"]) == ([1], "0.00000")
    assert (second["action"], second["candidate"]) == ("surplus", 1)
    assert second["transfers"][:3] == ["-15.00000", "13.04320", "1.95648"]
    assert (second["exhausted"], second["lost"], second["excluded"]) == ("0.00032", "0.00032", [4])
    assert (found["rule"], found["seats"], found["ballots"], found["valid"]) == ("scottish/1", 2, 95, 92)
    assert found["title"] == "Northern district"


@pytest.mark.parametrize(
    ("rule", "quota"), [("meek", "27.66666"), ("irv", 43), ("schulze", None), ("approval", None), ("phragmen", None)]
)
def test_the_quota_is_given_where_the_rule_has_one(
    ballots: Path, capsys: pytest.CaptureFixture[str], rule: str, quota: object
) -> None:
    seats = ["--seats", "1"] if rule == "irv" else []
    assert main(["count", str(ballots), "--rule", rule, *seats, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["quota"] == quota


def test_the_transcript_tells_every_stage_and_fits_into_json(ballots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-COUNT-11"""
    assert main(["count", str(ballots), "--rule", "scottish", "--transcript"]) == 0
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if line.startswith("Stage ")] == [
        "Stage 1: first preferences",
        "Stage 2: transfer of the surplus of 1 Huda",
        "Stage 3: transfer of the papers of 4 يوسف",
        "Stage 4: transfer of the papers of 5 Nadia",
        "Stage 5: transfer of the papers of 3 Rima",
    ]
    assert main(["count", str(ballots), "--rule", "scottish", "--transcript", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["transcript"] == text.splitlines()


def test_a_tie_without_a_seed_is_incomplete_and_with_one_is_settled(
    tied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-COUNT-9"""
    assert main(["count", str(tied), "--rule", "scottish"]) == 3
    assert capsys.readouterr().err == (
        f"error: {tied}: stage 2: 2 Salim, 3 Rima are equal at every stage, and the public lot decides who is "
        "excluded; give its seed (--seed HEX) [R-COUNT-9]\n"
    )
    assert main(["count", str(tied), "--rule", "scottish", "--seed", SEED]) == 0
    assert "by lot at stage 2 (exclusion): " in capsys.readouterr().out
    assert main(["count", str(tied), "--rule", "scottish", "--seed", SEED, "--json"]) == 0
    (tie,) = json.loads(capsys.readouterr().out)["ties"]
    assert (tie["between"], tie["drawn"], len(tie["chosen"])) == ([2, 3], [2, 3], 1)


def test_reserves_are_listed(ballots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-VACANCY-4"""
    assert main(["count", str(ballots), "--rule", "scottish", "--reserves"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Reserves, in this order: 3 Rima, 5 Nadia, 4 يوسف."
    assert main(["count", str(ballots), "--rule", "scottish", "--reserves", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reserves"] == [3, 5, 4]


def test_a_vacancy_is_filled_by_count_back(ballots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-VACANCY-1"""
    arguments = ["count", str(ballots), "--rule", "scottish", "--count-back", "1"]
    assert main([*arguments, "--standing", "3, 4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rule"], found["vacated"], found["winners"]) == ("count-back/1", 1, [3])
    assert main([*arguments, "--standing", "2"]) == 1
    assert "2 cannot stand" in capsys.readouterr().err


def test_a_tie_in_a_vacancy_asks_for_the_seed_of_the_vacancy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-VACANCY-2"""
    path = tmp_path / "equal.blt"
    path.write_text('4 2\n3 1 3 0\n3 1 4 0\n5 2 0\n0\n"A" "B" "C" "D"\n""\n', encoding="utf-8")
    arguments = ["count", str(path), "--rule", "scottish", "--count-back", "1"]
    assert main(arguments) == 3
    assert "(--vacancy-seed HEX)" in capsys.readouterr().err
    assert main([*arguments, "--vacancy-seed", SEED]) == 0


def test_ballots_are_written_in_another_format(ballots: Path, tmp_path: Path) -> None:
    """R-COUNT-3, R-COUNT-4"""
    blt, soi, back = tmp_path / "north.blt", tmp_path / "north.soi", tmp_path / "back.csv"
    assert main(["count", str(ballots), "--write", str(blt)]) == 0
    assert main(["count", str(blt), "--write", str(soi)]) == 0
    assert main(["count", str(soi), "--write", str(back), "--seats", "2"]) == 0
    assert sorted(back.read_text(encoding="utf-8").splitlines()) == sorted(TABLE.replace(',"Well"', "").splitlines())


def test_what_cannot_be_written_says_so(ballots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, words in (("north.soc", "write soi or toc"), ("north.xls", "no ballot format 'xls'")):
        assert main(["count", str(ballots), "--write", str(tmp_path / name)]) == 2
        assert words in capsys.readouterr().err
        assert not (tmp_path / name).exists()


def test_the_seats_come_from_the_file_unless_given(
    ballots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", str(ballots), "--rule", "scottish", "--seats", "3"]) == 0
    assert "the file says 2 seats; counted for 3" in capsys.readouterr().err
    assert main(["count", str(ballots), "--rule", "irv"]) == 0
    assert "the file says 2 seats; counted for 1" in capsys.readouterr().err
    soi = tmp_path / "north.soi"
    assert main(["count", str(ballots), "--write", str(soi)]) == 0
    assert main(["count", str(soi), "--rule", "scottish"]) == 2
    assert "does not say how many seats there are; give --seats N" in capsys.readouterr().err
    assert main(["count", str(soi), "--rule", "irv"]) == 0


def test_the_standard_input_is_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TABLE.encode()), encoding="ascii"))
    assert main(["count", "-", "--rule", "meek"]) == 0
    assert "elected: 1 Huda" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "say how to count: --rule scottish"),
        (["--rule", "borda"], "no rule 'borda'; known are scottish/1"),
        (["--rule", "irv", "--seats", "2"], "irv fills one seat, not 2"),
        (["--rule", "scottish", "--seats", "0"], "'0' is not a whole number from 1 to 9999"),
        (["--rule", "scottish", "--seats", "two"], "is not a whole number"),
        (["--rule", "scottish", "--seed", "abc"], "expected 64 hexadecimal digits"),
        (["--rule", "scottish", "--seed", "00"], "expected 64 hexadecimal digits"),
        (["--rule", "scottish", "--count-back", "1", "--standing", "3,x"], "is not a whole number"),
    ],
)
def test_what_cannot_be_meant_is_said(
    ballots: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    """R-COUNT-8"""
    assert main(["count", str(ballots), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_bad_file_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-COUNT-5"""
    path = tmp_path / "bad.csv"
    path.write_text(TABLE.replace("9,5,4,", "9,5,6,"), encoding="utf-8")
    assert main(["count", str(path), "--rule", "scottish"]) == 2
    assert capsys.readouterr().err == (
        f"error: {path}: line 7: there is no candidate 6; expected numbers from 1 to 5 [R-COUNT-5]\n"
    )
    assert main(["count", str(tmp_path / "none.csv"), "--rule", "scottish"]) == 2
    assert "none.csv" in capsys.readouterr().err
