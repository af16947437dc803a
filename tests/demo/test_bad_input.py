"""A census that cannot be played, and somebody else's folder: one clear sentence, exit code 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from majlis.demo.story import prepare
from majlis.main import main

HEAD = "id,name,population,lat,lon,group\n"
GOOD = f"{HEAD}a,Spring,25000,35,36,Valley\nb,Mill,11000,35.5,36,Valley\n"


def play(tmp_path: Path, table: str | bytes, *arguments: str) -> int:
    path = tmp_path / "places.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    return main(["demo", "--places", str(path), "--members", "30", "--out", str(tmp_path / "out"), *arguments])


@pytest.mark.parametrize("command", ["demo", "plan"])
@pytest.mark.parametrize(
    ("table", "words"),
    [
        (f"{HEAD}a,Spring,-5,35,36,Valley\n", "negative"),
        (f"{HEAD}a,Spring,{'9' * 40},35,36,Valley\n", "too large"),
        (f"{HEAD}a,Spring,many,35,36,Valley\n", "not a whole number"),
        (f"{HEAD}a,Spring,1e9,35,36,Valley\n", "not a whole number"),
        (f"{HEAD}a,Spring,10.5,35,36,Valley\n", "not a whole number"),
        (f"{HEAD}a,Spring,25000,135,36,Valley\n", "out of range"),
        (f"{HEAD}a,Spring,25000,,36,Valley\n", "lat"),
        ("id,name,lat,lon\na,Spring,35,36\n", "population"),
        (f"{HEAD}a,Spring,25000,35,36,Valley\na,Mill,11000,35,36,Valley\n", "line"),
        (HEAD, "no place"),
        ("", ""),
        (b"\xff\xfe" + GOOD.encode("utf-16-le"), "UTF-8"),
        (GOOD.encode() + b"c,Caf\xe9,1,1,1,Valley\n", "UTF-8"),
        (b"\0" * 100, ""),
    ],
)
def test_a_bad_census_is_one_clear_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, table: str | bytes, words: str
) -> None:
    path = tmp_path / "places.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    out = ["--all", "--out", str(tmp_path / "out")] if command == "demo" else []
    code = main([command, str(path)] if command == "plan" else ["demo", "--places", str(path), *out])
    said = capsys.readouterr().err
    assert code == 2
    assert said.startswith("error: ")
    assert "places.csv" in said
    assert words in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("table", "arguments", "words"),
    [
        (GOOD, ["--group", "Nowhere"], "no group 'Nowhere'"),
        (GOOD, [], "no group 'Idlib'"),
        (GOOD, ["--all", "--per", "0"], "quota"),
        (GOOD, ["--all", "--per", "-1"], "quota"),
        (GOOD, ["--all", "--per", "99999999999999999999"], "quota"),
        (GOOD, ["--all", "--per", "10000001"], "at most 10,000,000"),
        (GOOD, ["--all", "--members", "3"], "30 to 5000"),
        (GOOD, ["--all", "--members", "1000000"], "30 to 5000"),
        (f"{HEAD}a,Spring,25000,35,36,Valley\n", ["--all"], "at least two districts"),
        (f"{HEAD}a,Spring,,35,36,Valley\nb,Mill,0,35,37,Valley\n", ["--all"], "at least two districts"),
        (f"{HEAD}a,Spring,5,35,36,Valley\n", ["--all"], "at least two districts"),
    ],
)
def test_what_cannot_be_played_is_said_before_anything_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, arguments: list[str], words: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "DEMONSTRATION").write_text("an older one")
    assert play(tmp_path, table, *arguments) == 2
    assert words in capsys.readouterr().err
    assert (out / "DEMONSTRATION").read_text() == "an older one"


def test_a_table_of_names_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for data in (b"id,name\na,\xff\n", b"id,name\na\n", b"id,name\na,b,c\n"):
        (tmp_path / "names-ar.csv").write_bytes(data)
        assert play(tmp_path, GOOD, "--all") == 2
        assert "names-ar.csv" in capsys.readouterr().err


def test_somebody_elses_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "letters.txt").write_text("mine")
    assert play(tmp_path, GOOD, "--all") == 1
    assert "not a demonstration" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["letters.txt"]


def test_a_file_in_the_folders_place_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine")
    assert play(tmp_path, GOOD, "--all") == 2
    assert "out" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_a_census_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--places", str(tmp_path / "nowhere.csv")]) == 2
    assert "nowhere.csv" in capsys.readouterr().err


def test_an_older_demonstration_makes_room(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare(out)
    (out / "public").mkdir()
    (out / "public" / "index.json").write_text("older")
    prepare(out)
    assert [path.name for path in out.iterdir()] == ["DEMONSTRATION"]
