"""Ballot files read as a stream: lines with their numbers, and identical lines counted once.

However large the file, what is kept is one piece of it, the different lines so far, and their numbers (R-COUNT-1).
"""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from operator import lt, mul
from typing import NoReturn, Protocol

from majlis.count.profile import MOST_PAPERS
from majlis.errors import Malformed

LONGEST_LINE = 2**16
MOST_DIFFERENT = 2**21
MOST_KEPT = 2**28
MOST_DIGITS = 13
_BLANK_START = 1000


class Source:
    """The lines of a file, one by one or a block at a time; ``number`` is the line last taken, from 1."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""
        self._lines: list[bytes] = []
        self._at = 0
        self._ended = False
        self._begun = False
        self.number = 0

    def line(self) -> bytes | None:
        """The next line that is not blank, trimmed; None at the end of the file."""
        while self._at < len(self._lines) or self._fill():
            line = self._lines[self._at]
            self._at += 1
            self.number += 1
            if len(line) > LONGEST_LINE:
                self.fail(_too_long())
            if line := line.strip():
                return line
            if not self._begun and self.number >= _BLANK_START:
                self.fail(f"{_BLANK_START:,} blank lines and no ballot yet: this is no ballot file")
        return None

    def block(self) -> list[bytes]:
        """All lines that are at hand, untrimmed, as many as a piece holds; none at the end of the file.

        ``number`` stays at the line before them until ``pass_by`` says how many were used.
        """
        if self._at >= len(self._lines) and not self._fill():
            return []
        return self._lines[self._at :] if self._at else self._lines

    def pass_by(self, lines: int) -> None:
        """That many lines of the block are done with."""
        self._at += lines
        self.number += lines

    def begin(self) -> None:
        """What kind of file this is has been seen; blank lines mean nothing from here on."""
        self._begun = True

    def back(self, line: bytes) -> None:
        """The line last taken is to be taken again."""
        self._at -= 1
        self._lines[self._at] = line
        self.number -= 1

    def fail(self, text: str, *, rule: str = "R-COUNT-1", line: int | None = None) -> NoReturn:
        """Raises Malformed at the line last taken, or at the given one."""
        raise Malformed(text, where=f"line {line or self.number}", rule=rule)

    def _fill(self) -> bool:
        """Whether there are more lines; if so they are in ``_lines``."""
        while not self._ended:
            piece = next(self._pieces, None)
            if piece is None:
                self._ended = True
                self._lines, self._at = ([self._rest] if self._rest else []), 0
                return bool(self._lines)
            data = self._rest + piece if self._rest else piece
            if not self._begun and self.number == 0 and len(data) < len(BOM_UTF8):
                self._rest = data
                continue
            if not self._begun and self.number == 0:
                data = self._without_mark(data)
            lines = data.split(b"\n")
            self._rest = lines.pop()
            if len(self._rest) > LONGEST_LINE:
                self.fail(_too_long(), line=self.number + len(lines) + 1)
            if lines:
                self._lines, self._at = lines, 0
                return True
        return False

    def _without_mark(self, data: bytes) -> bytes:
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            self.fail("this is UTF-16; save the file as UTF-8 and try again", line=1)
        zero = data.find(b"\0", 0, LONGEST_LINE)
        if zero >= 0:
            line = data.count(b"\n", 0, zero) + 1
            self.fail("there are zero bytes: this is no text, or not in UTF-8", line=line)
        return data.removeprefix(BOM_UTF8)


class Ballots(Protocol):
    """How the ballot lines of a format are read."""

    def split(self, lines: list[bytes]) -> tuple[list[bytes], Iterable[list[bytes]]] | None:
        """The text of the number of papers, and of each preference, in lines that have nothing unusual; or None.

        Of what is split off here nothing is checked.
        """

    def parse(self, line: bytes) -> tuple[int, str]:
        """The number of papers and the ranking of any line. Raises Malformed, without a place."""


class Tally:
    """Ballot lines counted: each different line is parsed once, however often it occurs."""

    def __init__(self, source: Source, ballots: Ballots, marks: dict[bytes, str]) -> None:
        self._source = source
        self._ballots = ballots
        self._marks = marks
        self._lines: Counter[bytes] = Counter()
        self._papers: list[int] = []
        self._rankings: list[str] = []
        self._kept = 0

    def take(self, is_end: Callable[[bytes], bool]) -> None:
        """All lines up to the first that ``is_end``, which comes next from the source, are counted."""
        while block := self._source.block():
            lines, read, ended = _ballot_lines(block, is_end)
            self._add(block, lines)
            self._source.pass_by(read)
            if ended:
                return

    def result(self) -> tuple[list[str], list[int]]:
        """The rankings in their order, and how many papers have each. Raises Malformed where there is no ballot."""
        rankings, papers = self._rankings, list(map(mul, self._papers, self._lines.values()))
        if not rankings:
            self._source.fail("there is no ballot in this file", rule="R-COUNT-5", line=max(self._source.number, 1))
        if sum(papers) > MOST_PAPERS:
            self._source.fail(f"more than {MOST_PAPERS:,} papers")
        if not all(map(lt, rankings, islice(rankings, 1, None))):
            found = dict(zip(rankings, papers, strict=True))
            if len(found) < len(papers):
                found = dict.fromkeys(found, 0)
                for ranking, number in zip(rankings, papers, strict=True):
                    found[ranking] += number
            rankings = sorted(found)
            papers = list(map(found.__getitem__, rankings))
        return rankings, papers

    def _add(self, block: list[bytes], lines: list[bytes]) -> None:
        known = len(self._lines)
        self._lines.update(lines)
        new = list(islice(reversed(self._lines), len(self._lines) - known))[::-1]
        if new and not self._add_quickly(new):
            self._add_with_care(block, new)
        self._kept += sum(map(len, new))
        if len(self._lines) > MOST_DIFFERENT or self._kept > MOST_KEPT:
            self._source.fail(
                f"more than {MOST_DIFFERENT:,} different ballot lines or {MOST_KEPT:,} bytes of them; count by district"
            )

    def _add_quickly(self, lines: list[bytes]) -> bool:
        """Whether all these lines are ordinary and good; if so they are added. All at once is much faster."""
        if max(map(len, lines)) > LONGEST_LINE or (split := self._ballots.split(lines)) is None:
            return False
        heads, preferences = split
        if not b"".join(heads).isdigit() or min(heads) < b"1" or max(map(len, heads)) > MOST_DIGITS:
            return False
        join, mark = "".join, self._marks.__getitem__
        try:
            rankings = [join(map(mark, tokens)) for tokens in preferences]
        except KeyError:
            return False
        if list(map(len, map(set, rankings))) != list(map(len, rankings)):
            return False
        self._papers += map(int, heads)
        self._rankings += rankings
        return True

    def _add_with_care(self, block: list[bytes], lines: list[bytes]) -> None:
        """These lines are added one by one, or the first fault is said with its line."""
        for line in lines:
            try:
                if len(line) > LONGEST_LINE:
                    raise Malformed(_too_long(), rule="R-COUNT-1")
                papers, ranking = self._ballots.parse(line)
            except Malformed as wrong:
                raise wrong.at(f"line {self._source.number + 1 + block.index(line)}") from None
            self._papers.append(papers)
            self._rankings.append(ranking)


def _ballot_lines(block: list[bytes], is_end: Callable[[bytes], bool]) -> tuple[list[bytes], int, bool]:
    """The ballot lines at the start of the block, how many lines of it that uses up, and whether an end was met.

    Ballot lines begin with a digit from 1; only where some line does not is each looked at.
    """
    if min(block) >= b"1" and max(block) < b":":
        return block, len(block), False
    lines: list[bytes] = []
    for at, line in enumerate(block):
        if is_end(line):
            return lines, at, True
        if line.strip() and not line.lstrip().startswith(b"#"):
            lines.append(line)
    return lines, len(block), False


def _too_long() -> str:
    return f"a line of more than {LONGEST_LINE:,} bytes: this is no ballot file"


def marks_for(candidates: int) -> dict[bytes, str]:
    """The mark of every candidate's number as it stands in a file."""
    return {str(number).encode(): chr(number) for number in range(1, candidates + 1)}


def check_papers(head: bytes, example: str, rule: str) -> int:
    """The number of papers that a line begins with. Raises Malformed where it is none."""
    if not head.isdigit() or head.startswith(b"0") or len(head) > MOST_DIGITS:
        raise Malformed(
            f"{shown(head)} is no number of ballots; expected a whole number from 1, then the preferences {example}",
            rule=rule,
        )
    return int(head)


def check_candidate(token: bytes, marks: dict[bytes, str], candidates: int, rule: str = "R-COUNT-5") -> int:
    """The candidate whom a piece of a line names. Raises Malformed where it is none."""
    if token in marks:
        return ord(marks[token])
    if token.isdigit():
        told = f"there is no candidate {shown(token)[1:-1]}; expected numbers from 1 to {candidates}"
    else:
        told = f"{shown(token)} is no candidate's number; expected 1 to {candidates}, in digits 0-9"
    raise Malformed(told, rule=rule)


def shown(token: bytes) -> str:
    """A piece of a file as it can be quoted in a sentence."""
    text = token.decode("utf-8", "replace")
    return repr(text[:20] + ("…" if len(text) > 20 else ""))
