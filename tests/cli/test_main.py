"""How the program ends: one exit code for each way of going wrong, one sentence for each, and no traceback."""

from __future__ import annotations

import argparse
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from majlis import main as program
from majlis.cli.commands import Entry
from majlis.errors import Fault, Forged, Malformed, Missing, Refused

Ending = Callable[[BaseException | int], int]


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Ending:
    """``ending(error)``: the exit code of a program whose only command ends so."""

    def ended(how: BaseException | int) -> int:
        def run(args: argparse.Namespace) -> int:
            if isinstance(how, int):
                return how
            raise how

        def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
            commands.add_parser("try").set_defaults(run=run)

        fake = types.ModuleType("majlis_command_for_tests")
        fake.register = register  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, fake.__name__, fake)
        monkeypatch.setattr(program, "COMMANDS", {"try": Entry(fake.__name__, "")})
        return program.main(["try"])

    return ended


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (0, 0),
        (5, 5),
        (Malformed("x"), 2),
        (Forged("x"), 1),
        (Refused("x"), 1),
        (Missing("x"), 3),
        (Fault("x"), 1),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
        (FileNotFoundError(2, "No such file", "x.csv"), 2),
        (OSError("the disk is gone"), 2),
        (SystemExit("no"), 2),
        (SystemExit(), 0),
    ],
)
def test_each_ending_has_its_code(ending: Ending, how: BaseException | int, code: int) -> None:
    assert ending(how) == code


def test_a_fault_is_said_with_its_place_and_rule(ending: Ending, capsys: pytest.CaptureFixture[str]) -> None:
    ending(Refused("no warrant", where="act 7", rule="R-PLAN-6"))
    out, err = capsys.readouterr()
    assert (out, err) == ("", "error: act 7: no warrant [R-PLAN-6]\n")


def test_what_a_fault_quotes_does_not_steer_the_terminal(ending: Ending, capsys: pytest.CaptureFixture[str]) -> None:
    """Names and fields are chosen by strangers; those in any script are shown as they are."""
    ending(Malformed("the field \x1b[2J\nlogged: act 9 \x9b\u202e of مجلس", where="a\udcff.act"))
    said = capsys.readouterr().err
    assert said == "error: a\\udcff.act: the field \\x1b[2J\\nlogged: act 9 \\x9b\\u202e of مجلس\n"


def test_a_file_at_fault_is_named(ending: Ending, capsys: pytest.CaptureFixture[str]) -> None:
    ending(FileNotFoundError(2, "No such file or directory", "x.csv"))
    assert capsys.readouterr().err.startswith("error: x.csv: No such file or directory; ")


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([]) == 2
    assert "majlis COMMAND --help" in capsys.readouterr().out


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["conquer"]) == 2
    assert "conquer" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("majlis ")


def test_every_listed_command_can_be_asked_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in program.COMMANDS:
        assert program.main([command, "--help"]) == 0
        assert f"majlis {command}" in capsys.readouterr().out


def test_a_reader_who_leaves_is_no_error(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    rows = "".join(f"P{n},{20_000 + n},{n % 80},{n % 170}\n" for n in range(4000))
    table.write_text("name,population,lat,lon\n" + rows, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "majlis", "plan", str(table)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        assert run.stdout.readline().startswith(b"4,000 places")
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 141
