"""``majlis box verify``: exit codes, the JSON contract, and words that no box can bend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from majlis.ballot import CHECKS, ArchiveWriter, read_entries, read_records
from majlis.main import main

BOXES = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "boxes"


@pytest.mark.parametrize(
    ("box", "code", "verdict"),
    [
        ("sound", 0, "valid-v1"),
        ("open-box", 3, "incomplete"),
        ("false-result", 1, "invalid"),
        ("stuffed-ballot", 1, "invalid"),
        ("ballot-with-a-blank", 4, "non-canonical"),
    ],
)
def test_every_verdict_has_its_code(box: str, code: int, verdict: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(BOXES / f"{box}.bel")
    assert main(["box", "verify", path]) == code
    assert verdict in capsys.readouterr().out
    assert main(["box", "verify", path, "--json"]) == code
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["verdict"], report["archive"]) == (code == 0, verdict, path)


def test_json_has_the_outcome_of_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    main(["box", "verify", str(BOXES / "sound.bel"), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert {"ok", "verdict", "archive", "checks", "result", "ballots", "voters", "missing"} <= report.keys()
    assert [check["id"] for check in report["checks"]] == [check.id for check in CHECKS]
    assert all(check.keys() == {"id", "outcome", "text", "where"} for check in report["checks"])
    assert (report["result"], report["ballots"], report["counted"], report["voters"]) == ([[1, 1]], 2, 2, 2)
    assert len(report["missing"]) == 8


def test_a_false_ballot_is_named_in_words_and_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(BOXES / "stuffed-ballot.bel")
    main(["box", "verify", path])
    words = capsys.readouterr().out
    main(["box", "verify", path, "--json"])
    (failure,) = json.loads(capsys.readouterr().out)["failures"]
    assert failure["check"] == "R-BOX-38"
    assert failure["event"] == 1
    assert failure["ballot"] in words
    assert "FAILED R-BOX-38" in words


def test_answers_and_counts_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    main(["box", "verify", str(BOXES / "sound-with-blank.bel")])
    words = capsys.readouterr().out
    assert "(blank)" in words
    assert "1  yes" in words


def test_many_failures_are_counted_and_the_first_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = (BOXES / "open-box.bel").read_bytes()
    writer = ArchiveWriter.resume(archive)
    ballot = next(entry.records[0].payload for entry in read_entries(read_records(archive)) if entry.type == "Ballot")
    path = tmp_path / "x.bel"
    path.write_bytes(archive + b"".join(writer.ballot(ballot) for _ in range(23)))
    assert main(["box", "verify", str(path)]) == 1
    words = capsys.readouterr().out
    assert words.count("FAILED R-BOX-48") == 20
    assert "and 3 more" in words


def test_an_unreadable_election_has_a_verdict_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["box", "verify", str(BOXES / "unknown-group.bel")]) == 1
    assert "Ed448" in capsys.readouterr().out


def test_ranked_questions_are_shown(data_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = data_root / "belenios" / "nonhomomorphic"
    (path,) = [path for path in folder.glob("*.bel") if not path.name.startswith("open")]
    assert main(["box", "verify", str(path)]) == 0
    assert "5 ranked ballots of: A, B, C, D" in capsys.readouterr().out


def test_a_large_box_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("majlis.ballot.reading.PIECE", 1000)
    assert main(["box", "verify", str(BOXES / "sound.bel")]) == 0


@pytest.mark.parametrize("content", [b"", b"# a text\n" * 200, bytes(2048)])
def test_what_is_no_box_cannot_be_read(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.bel"
    path.write_bytes(content)
    assert main(["box", "verify", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_what_is_not_there_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["box", "verify", str(tmp_path / "none.bel")]) == 2
    assert main(["box", "verify", str(tmp_path)]) == 2
    assert main(["box"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_damaged_byte_anywhere_is_a_failure_and_never_unreadable(tmp_path: Path) -> None:
    sound = (BOXES / "sound.bel").read_bytes()
    path = tmp_path / "x.bel"
    for place in (0, 7, 8, 99, 100, 123, 130, 140, 150, 156, 400, 513, 5000, len(sound) - 1):
        damaged = bytearray(sound)
        damaged[place] ^= 1
        path.write_bytes(bytes(damaged))
        assert main(["box", "verify", str(path), "--json"]) == 1, place


def test_names_in_a_box_cannot_write_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """ESC sequences and direction overrides are shown as what they are: characters that are not shown."""
    sound = (BOXES / "sound.bel").read_bytes()
    setup = next(iter(read_entries(read_records(sound))))
    election, trustees, credentials = (record.payload for record in setup.records[:3])
    named = election.replace(b'"name":"vectors"', '"name":"\\u001b[2Jvalid\u202e"'.encode())
    path = tmp_path / "x.bel"
    path.write_bytes(ArchiveWriter.begin(1).setup(named, trustees, credentials))
    assert main(["box", "verify", str(path)]) == 3
    words = capsys.readouterr().out
    assert "[2Jvalid" in words
    assert "\x1b" not in words
    assert "\u202e" not in words


@pytest.mark.parametrize("arguments", [["box", "--help"], ["box", "verify", "--help"]])
def test_help_has_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert "example" in capsys.readouterr().out
