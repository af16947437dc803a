"""Ballot files that are none: each fault is named by its line, and nothing large is ever held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from majlis.count import parse_profile
from majlis.count import source as streams
from majlis.errors import Malformed

CSV = ["3,2,", "5,1,2,", "4,3,", '"Candidate 1","A",', '"Candidate 2","B",', '"Candidate 3","C",', '"Name",']
BLT = ["3 2", "5 1 2 0", "4 3 0", "0", '"A"', '"B"', '"C"', '"Name"']
SOI = [
    "# TITLE: Name",
    "# DATA TYPE: soi",
    "# NUMBER ALTERNATIVES: 3",
    "# NUMBER VOTERS: 9",
    "# NUMBER UNIQUE ORDERS: 2",
    "# ALTERNATIVE NAME 1: A",
    "# ALTERNATIVE NAME 2: B",
    "# ALTERNATIVE NAME 3: C",
    "5: 1,2",
    "4: 3",
]
FILES = {"csv": CSV, "blt": BLT, "soi": SOI}


def fault(text: str | bytes) -> Malformed:
    with pytest.raises(Malformed) as found:
        parse_profile([text.encode() if isinstance(text, str) else text])
    return found.value


def changed(form: str, line: int, new: str | None) -> str:
    lines = list(FILES[form])
    lines[line - 1 : line] = [] if new is None else [new]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("form", FILES)
def test_the_files_that_are_broken_below_are_good(form: str) -> None:
    assert parse_profile([("\n".join(FILES[form])).encode()]).papers == 9


@pytest.mark.parametrize(
    ("form", "line", "new", "where", "words", "rule"),
    [
        ("csv", 1, "3,2,1", 1, "expected the number of candidates and of seats, such as 12,4", 2),
        ("csv", 1, "3,x", 1, "expected the number of candidates and of seats", 2),
        ("csv", 1, "0,2", 1, "expected 1 to 1000 candidates and at least 1 seat", 2),
        ("csv", 1, "1001,2", 1, "expected 1 to 1000 candidates", 2),
        ("csv", 1, "3,0", 1, "at least 1 seat", 2),
        ("csv", 1, "2,2", 3, "there is no candidate 3; expected numbers from 1 to 2", 5),
        ("csv", 1, "4,2", 7, "expected the line of a candidate, such as Candidate 4,Name", 2),
        ("csv", 2, "0,1,2", 2, "'0' is no number of ballots", 2),
        ("csv", 2, "05,1,2", 2, "'05' is no number of ballots", 2),
        ("csv", 2, "5.5,1,2", 2, "'5.5' is no number of ballots", 2),
        ("csv", 2, "12345678901234,1", 2, "is no number of ballots", 2),
        ("csv", 2, "5,1,4", 2, "there is no candidate 4; expected numbers from 1 to 3", 5),
        ("csv", 2, "5,0,1", 2, "there is no candidate 0", 5),
        ("csv", 2, "5,1,x", 2, "'x' is no candidate's number", 5),
        ("csv", 2, "5,1,٢", 2, "'٢' is no candidate's number; expected 1 to 3, in digits 0-9", 5),
        ("csv", 2, "5,1,,2", 2, "'' is no candidate's number", 5),
        ("csv", 2, "5,1,2,1,", 2, "candidate 1 is preferred twice on one ballot", 5),
        ("csv", 2, "5, 2, 2", 2, "candidate 2 is preferred twice on one ballot", 5),
        ("csv", 2, "5;1;2", 2, "is no number of ballots", 2),
        ("csv", 4, '"Candidate 4","A"', 4, "candidate 4 is none of the 3 of line 1", 2),
        ("csv", 5, '"Candidate 1","B"', 5, "candidate 1 is named a second time", 2),
        ("csv", 5, '"Candidate 2",', 5, "candidate 2 has no name", 6),
        ("csv", 5, f'"Candidate 2","{"x" * 201}"', 5, "the name of candidate 2 is longer than 200 characters", 6),
        ("csv", 5, '"Candidate 2","a\u202eb"', 5, "characters that are not shown or turn the writing", 6),
        ("csv", 5, None, 6, "expected the line of a candidate, such as Candidate 3,Name", 2),
        ("csv", 7, '"Name"\n"More"', 8, "expected the line of a candidate", 2),
        ("blt", 1, "3 2 1", 1, "a ballot file does not begin with '3 2 1'", 1),
        ("blt", 1, "# r\n3 x", 2, "expected the number of candidates and of seats, such as 4 2", 3),
        ("blt", 1, "3 0", 1, "at least 1 seat", 3),
        ("blt", 2, "-4", 2, "there is no candidate 4", 3),
        ("blt", 2, "[withdrawn x]", 2, "'x' is no candidate's number", 3),
        ("blt", 2, "[tie 1 2 3]", 2, "'tie' is not taken here: ties are settled by the public lot; remove the line", 3),
        ("blt", 2, "[]", 2, "the option '' is not taken here", 3),
        ("blt", 2, "[nick a b]", 2, "expected 3 different short names", 3),
        ("blt", 2, "[nick a b 1]", 2, "none of them a number", 3),
        ("blt", 2, "[nick a b 0]", 2, "a short name cannot be 0 or -, or hold =", 3),
        ("blt", 2, "5 1 2", 2, "the ballot does not end in 0; expected one ballot on one line", 3),
        ("blt", 2, "5", 2, "the ballot does not end in 0", 3),
        ("blt", 2, "x 1 2 0", 2, "'x' is no number of ballots", 3),
        ("blt", 2, "00 1 2 0", 2, "'00' is no number of ballots", 3),
        ("blt", 2, "5 1 4 0", 2, "there is no candidate 4", 5),
        ("blt", 2, "5 1=x 0", 2, "'x' is no candidate's number", 5),
        ("blt", 2, "5 1 1 0", 2, "candidate 1 is preferred twice", 5),
        ("blt", 2, "5 1=1 0", 2, "candidate 1 is preferred twice", 5),
        ("blt", 4, None, 4, "the ballots do not end; expected a line with 0", 3),
        ("blt", 5, None, 7, "3 names in quotes; expected those of 3 candidates and then that of the election", 3),
        ("blt", 5, "A", 5, 'expected a name in quotes, such as "Huda"', 3),
        ("blt", 5, '" "', 5, "name 1 is empty", 6),
        ("soi", 2, "# DATA TYPE: cat", 8, "the data type is 'cat'; read are soc, soi, toc, toi", 4),
        ("soi", 2, "# DATA TYPE: soc", 9, "the ballot leaves a candidate out, and the data type says", 4),
        ("soi", 3, "# NUMBER ALTERNATIVES: 4", 8, "3 ALTERNATIVE NAME lines", 4),
        ("soi", 3, "# NUMBER ALTERNATIVES: many", 8, "NUMBER ALTERNATIVES is 'many'; expected a whole number", 4),
        ("soi", 3, None, 7, "3 ALTERNATIVE NAME lines", 4),
        ("soi", 4, "# NUMBER VOTERS: 10", 10, "NUMBER VOTERS says 10, and the file holds 9", 4),
        ("soi", 5, "# NUMBER UNIQUE ORDERS: 3", 10, "NUMBER UNIQUE ORDERS says 3, and the file holds 2", 4),
        ("soi", 7, "# ALTERNATIVE NAME 1: B", 7, "candidate 1 is named a second time", 4),
        ("soi", 7, "# ALTERNATIVE NAME 2:", 7, "the name of candidate 2 is empty", 6),
        ("soi", 9, "5, 1,2", 9, "expected a whole number from 1, then the preferences after a colon", 4),
        ("soi", 9, "0: 1,2", 9, "'0' is no number of ballots", 4),
        ("soi", 9, "5: 1,4", 9, "there is no candidate 4", 5),
        ("soi", 9, "5: 1,2,1", 9, "candidate 1 is preferred twice", 5),
        ("soi", 9, "5: {1,2}", 9, "equal preferences, and the data type says that there are none", 4),
        ("soi", 9, "5: 1,{2", 9, "expected a number or a group such as {3,4}, and found '{2'", 4),
        ("soi", 9, "5: 1,", 9, "and found ','", 4),
        ("soi", 9, "5: {1} 2", 9, "and found '2'", 4),
        ("soi", 9, "5: {}", 9, "'' is no candidate's number", 5),
    ],
)  # fmt: skip
def test_a_broken_line_is_named(form: str, line: int, new: str | None, where: int, words: str, rule: int) -> None:
    """R-COUNT-1, R-COUNT-2, R-COUNT-3, R-COUNT-4, R-COUNT-5, R-COUNT-6"""
    found = fault(changed(form, line, new))
    assert found.where == f"line {where}", str(found)
    assert words in found.text
    assert found.rule == f"R-COUNT-{rule}"


@pytest.mark.parametrize("form", FILES)
def test_a_file_without_ballots_is_refused(form: str) -> None:
    """R-COUNT-5"""
    lines = [line for line in FILES[form] if not line.startswith(("5", "4"))]
    assert "there is no ballot in this file" in fault("\n".join(lines)).text


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_says_so(content: str) -> None:
    """R-COUNT-1"""
    assert "the file is empty" in fault(content).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("3,2\n1,1\n".encode("utf-16"), "line 1: this is UTF-16; save the file as UTF-8"),
        ("3,2\n1,1\n".encode("utf-16-be"), "line 1: there are zero bytes"),
        ('1,1\n1,1\n"Candidate 1","Jos\xe9"\n'.encode("latin-1"), "line 3: byte 19 is not UTF-8"),
        ('1 1\n1 1 0\n0\n"Jos\xe9"\n'.encode("latin-1"), "line 4: byte 5 is not UTF-8"),
        ("# TITLE: \xe9\n# DATA TYPE: soi\n".encode("latin-1"), "line 1: byte 10 is not UTF-8"),
        (b"%PDF-1.7\n", "line 1: a ballot file does not begin with '%PDF-1.7'"),
        (b"PK\x03\x04 a spreadsheet", "line 1: a ballot file does not begin with"),
    ],
)
def test_another_encoding_or_kind_of_file_is_told(content: bytes, words: str) -> None:
    """R-COUNT-1"""
    assert str(fault(content)).startswith(words)


class Endless:
    """A file without end, which counts how many pieces of it were asked for."""

    def __init__(self, start: bytes, then: bytes) -> None:
        self.asked = 0
        self._start = start
        self._then = then

    def __iter__(self) -> Iterator[bytes]:
        yield self._start
        while True:
            self.asked += 1
            assert self.asked < 50, "a file without end is read without end"
            yield self._then


@pytest.mark.parametrize(
    ("start", "then", "words"),
    [
        (b"", bytes(2**20), "line 1: there are zero bytes"),
        (b"3,2\n1,2,\n" + bytes(9), bytes(2**20), "line 3: there are zero bytes"),
        (b"3,2\n", bytes(2**20), "line 2: a line of more than 65,536 bytes"),
        (b"", b"0" * 2**20, "line 1: a line of more than 65,536 bytes"),
        (b"", b"0\n" * 2**10, "line 1: a ballot file does not begin with '0'"),
        (b"3,2\n", b"0\n" * 2**10, "line 2: '0' is no number of ballots"),
        (b"3 2\n1 1 0\n", b"0\n" * 2**10, "line 4: expected a name in quotes"),
        (b"", b"\n" * 2**10, "line 1000: 1,000 blank lines and no ballot yet"),
        (b'1 1\n1 1 0\n0\n"A"\n', b'"B"\n' * 2**10, ""),
    ],
)
def test_ten_gigabytes_of_zeros_end_at_the_first_pieces(start: bytes, then: bytes, words: str) -> None:
    """R-COUNT-1: the fault is said before more than a few pieces are read."""
    endless = Endless(start, then)
    if words:
        with pytest.raises(Malformed) as found:
            parse_profile(endless)
        assert str(found.value).startswith(words)
    else:
        assert parse_profile(endless).title == "B"
    assert endless.asked <= 2


def test_a_line_in_the_middle_of_a_piece_may_not_be_endless_either() -> None:
    """R-COUNT-1"""
    long = b"1," + b"1," * 40_000
    assert "a line of more than 65,536 bytes" in fault(b"3,2\n" + long + b"\n1,1\n").text
    assert fault(b"3,2\n" + long + b"\n1,1\n").where == "line 2"
    assert "a line of more than 65,536 bytes" in fault(b'1,1\n1,1\n"' + b"x" * 70_000 + b'"\n').text


def test_more_different_lines_than_memory_should_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-COUNT-1"""
    monkeypatch.setattr(streams, "MOST_DIFFERENT", 10)
    lines = "".join(f"{count},1\n" for count in range(1, 12))
    assert "more than 10 different ballot lines" in fault(f'1,1\n{lines}"Candidate 1","A"\n').text
    monkeypatch.setattr(streams, "MOST_DIFFERENT", 100)
    monkeypatch.setattr(streams, "MOST_KEPT", 30)
    assert "30 bytes of them" in fault(f'1,1\n{lines}"Candidate 1","A"\n').text


def test_more_papers_than_people_are_refused() -> None:
    """R-COUNT-1"""
    assert "more than 1,000,000,000,000 papers" in fault('1,1\n1000000000001,1\n"Candidate 1","A"\n').text
