"""``majlis qr``: a file on paper and back."""

from __future__ import annotations

import json
import random

import pytest
import segno
from tests.host.stick import Body

from majlis.main import main

SMALL = Body(acts=1).waiting_act()[1]
LARGE = random.Random(3).randbytes(4000)


def run(capsys, *words: object):
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def small(tmp_path):
    (tmp_path / "late.act").write_bytes(SMALL)
    return tmp_path / "late.act"


@pytest.fixture
def large(tmp_path):
    (tmp_path / "large").write_bytes(LARGE)
    return tmp_path / "large"


def test_a_small_file_is_one_code_with_its_own_bytes(capsys, tmp_path, small):
    assert len(SMALL) < 1200
    code, out, _ = run(capsys, "qr", small, "--svg", tmp_path / "a.svg", "--png", tmp_path / "a.png", "--json")
    facts = json.loads(out)
    assert (code, facts["codes"], facts["bytes"]) == (0, 1, len(SMALL))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    svg = (tmp_path / "a.svg").read_text()
    assert svg.startswith("<svg")
    assert "late.act" in svg
    whole = segno.make(SMALL, error="m", mode="byte", micro=False, boost_error=False)
    assert facts["versions"] == [whole.version]


def test_a_code_of_twelve_hundred_bytes_is_the_largest(capsys, tmp_path):
    (tmp_path / "x").write_bytes(LARGE[:1200])
    _, out, _ = run(capsys, "qr", tmp_path / "x", "--png", tmp_path / "x.png", "--json")
    assert (json.loads(out)["codes"], json.loads(out)["versions"]) == (1, [29])
    (tmp_path / "x").write_bytes(LARGE[:1201])
    _, out, _ = run(capsys, "qr", tmp_path / "x", "--png", tmp_path / "x.png", "--json")
    assert json.loads(out)["codes"] == 3
    assert max(json.loads(out)["versions"]) <= 20
    assert (tmp_path / "x-03.png").exists()


def test_a_series_is_read_back_in_any_order(capsys, tmp_path, large):
    assert run(capsys, "qr", large, "--text", tmp_path / "codes.txt")[0] == 0
    lines = (tmp_path / "codes.txt").read_text().splitlines()
    for number, line in enumerate(reversed(lines)):
        (tmp_path / f"{number}.txt").write_text(line)
    parts = [tmp_path / f"{number}.txt" for number in range(len(lines))]
    code, out, _ = run(capsys, "qr", "--read", *parts, "-o", tmp_path / "back")
    assert (code, (tmp_path / "back").read_bytes()) == (0, LARGE)
    assert "4000 bytes" in out
    code, _, err = run(capsys, "qr", "--read", *parts[1:], "-o", tmp_path / "again")
    assert code == 3
    assert f"1 of {len(lines)} codes are lacking: {len(lines)}" in err
    assert not (tmp_path / "again").exists()
    misread = lines[0][:-1] + ("A" if lines[0][-1] != "A" else "B")
    parts[-1].write_text(misread)
    assert run(capsys, "qr", "--read", *parts, "-o", tmp_path / "again")[0] == 1


def test_a_single_code_is_read_back_with_its_last_line_feed(capsys, tmp_path, small):
    run(capsys, "qr", small, "--text", tmp_path / "code.txt")
    for text in (SMALL, SMALL.rstrip(b"\n"), SMALL + b"\n"):
        (tmp_path / "code.txt").write_bytes(text)
        code, out, _ = run(capsys, "qr", "--read", tmp_path / "code.txt", "-o", tmp_path / "back", "--json")
        assert (code, json.loads(out)["bytes"]) == (0, len(SMALL))
        assert (tmp_path / "back").read_bytes() == SMALL


@pytest.mark.parametrize("read", [b"", b"\n\n", b"hello\n", b"\x00\xff" * 9, SMALL * 9])
def test_what_came_from_no_code_of_ours_writes_nothing(capsys, tmp_path, read):
    """An empty file is no act of one byte, and noise none of a few."""
    (tmp_path / "read").write_bytes(read)
    code, _, err = run(capsys, "qr", "--read", tmp_path / "read", "-o", tmp_path / "back")
    assert code == 2
    assert "read" in err
    assert not (tmp_path / "back").exists()


def test_the_terminal_shows_the_codes(capsys, small, large):
    code, out, _ = run(capsys, "qr", small)
    assert code == 0
    assert "late.act" in out
    assert "1/" in run(capsys, "qr", large)[1]


def test_wrong_usage_is_two(capsys, tmp_path, small):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "two").write_text("MJ000100AA\nnoise\n")
    for words in (
        (),
        (small, "--read", small),
        ("--read", small),
        (tmp_path / "empty",),
        ("--read", tmp_path / "two", "-o", tmp_path / "x"),
        (tmp_path / "nothing",),
    ):
        assert run(capsys, "qr", *words)[0] == 2, words


def test_the_help_has_an_example(capsys):
    code, out, _ = run(capsys, "qr", "--help")
    assert code == 0
    assert "majlis qr late.act" in out
