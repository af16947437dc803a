"""BLT files, which most counting programs read (R-COUNT-3).

    4 2              candidates, seats
    -2               candidate 2 has withdrawn; also [withdrawn 2 3]
    3 1 4 0          three ballots that prefer 1, then 4
    2 4=3 1 0        two that rank 4 and 3 equally, then 1
    1 - 2 0          - is a preference that was skipped
    0                the end of the ballots
    "Huda"           every candidate's name
    "Salim"
    "Rima"
    "Yusuf"
    "Northern district"    the name of the election, "" where it has none

A ballot stands on one line. ``(A17) 1 4 0`` is one ballot that bears a mark. ``[nick h s r y]`` gives candidates short
names that ballots may use. ``#`` begins a remark. Nothing behind the name of the election is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from majlis.count.profile import MOST_CANDIDATES, Profile, check_name, gather_profile, ranking_of
from majlis.count.source import Source, Tally, check_candidate, check_papers, marks_for, shown
from majlis.errors import Malformed

_QUOTED = re.compile(rb'((?:"[^"]*"\s*)+)(?:#.*)?')
_ONE = re.compile('"([^"]*)"')


def parse_blt(source: Source) -> Profile:
    """The profile of a BLT file. Raises Malformed, by line, where it is none."""
    head = _bare(source) or b""
    numbers = head.split()
    if len(numbers) != 2 or not all(number.isdigit() and len(number) <= 4 for number in numbers):
        source.fail("expected the number of candidates and of seats, such as 4 2", rule="R-COUNT-3")
    candidates, seats = map(int, numbers)
    if not 1 <= candidates <= MOST_CANDIDATES or not seats:
        source.fail(f"expected 1 to {MOST_CANDIDATES} candidates and at least 1 seat", rule="R-COUNT-3")
    marks = marks_for(candidates)
    withdrawn = _options(source, marks)

    tally = Tally(source, _Ballots(candidates, marks), marks)
    tally.take(_is_end)
    if _bare(source) != b"0":
        source.fail("the ballots do not end; expected a line with 0 after the last one", rule="R-COUNT-3")
    rankings, counts = tally.result()
    *names, title = _quoted(source, candidates)
    return gather_profile(names, rankings, counts, seats=seats, title=title, withdrawn=withdrawn)


def format_blt(profile: Profile) -> Iterator[str]:
    """The lines of the BLT file of a profile, each with its newline; parties are left out.

    Raises:
        Malformed: the number of seats is not known, or a name holds a quotation mark.
    """
    if profile.seats is None:
        raise Malformed("a BLT file says the number of seats; give it (--seats N)", rule="R-COUNT-3")
    for name in (*profile.names, profile.title):
        if '"' in name:
            raise Malformed(f"a BLT file cannot hold a name with a quotation mark: {name}", rule="R-COUNT-3")
    yield f"{len(profile.names)} {profile.seats}\n"
    for number in profile.withdrawn:
        yield f"-{number}\n"
    for count, groups in profile.ballots():
        yield " ".join([str(count), *("=".join(map(str, group)) for group in groups), "0"]) + "\n"
    yield "0\n"
    for name in profile.names:
        yield f'"{name}"\n'
    yield f'"{profile.title}"\n'


class _Ballots:
    """What ballot lines say, for a number of candidates."""

    def __init__(self, candidates: int, marks: dict[bytes, str]) -> None:
        self._candidates = candidates
        self._marks = marks

    def split(self, lines: list[bytes]) -> tuple[list[bytes], Iterable[list[bytes]]] | None:
        kept = [line.rstrip() for line in lines]
        if {line[-2:] for line in kept} != {b" 0"}:
            return None
        return [line.partition(b" ")[0] for line in kept], (line.split()[1:-1] for line in kept)

    def parse(self, line: bytes) -> tuple[int, str]:
        head, *tokens = line.partition(b"#")[0].split()
        marked = head.startswith(b"(") and head.endswith(b")")
        papers = 1 if marked else check_papers(head, "and 0 (3 1 4 0)", "R-COUNT-3")
        if not tokens or tokens.pop() != b"0":
            raise Malformed("the ballot does not end in 0; expected one ballot on one line", rule="R-COUNT-3")
        groups = [
            [check_candidate(part, self._marks, self._candidates) for part in token.split(b"=")]
            for token in tokens
            if token != b"-"
        ]
        return papers, ranking_of(groups, self._candidates)


def _bare(source: Source) -> bytes | None:
    """The next line without its remark, the first that has more than one."""
    while (line := source.line()) is not None:
        if line := line.partition(b"#")[0].strip():
            return line
    return None


def _options(source: Source, marks: dict[bytes, str]) -> list[int]:
    """The candidates whom the lines before the ballots withdraw; short names are added to ``marks``."""
    gone: list[int] = []
    candidates = len(marks)
    while (line := source.line()) is not None:
        text = line.partition(b"#")[0].strip()
        if text.startswith(b"["):
            word, *tokens = text.strip(b"[] ").split() or [b""]
            if word == b"nick":
                _nicknames(source, tokens, candidates, marks)
                continue
            if word != b"withdrawn":
                hint = ": ties are settled by the public lot" if word == b"tie" else ""
                source.fail(f"the option {shown(word)} is not taken here{hint}; remove the line", rule="R-COUNT-3")
        elif text.startswith(b"-"):
            tokens = [token.removeprefix(b"-") for token in text.split()]
        elif text:
            source.back(line)
            break
        else:
            continue
        for token in tokens:
            try:
                gone.append(check_candidate(token, marks, candidates, "R-COUNT-3"))
            except Malformed as wrong:
                source.fail(wrong.text, rule=wrong.rule)
    return gone


def _nicknames(source: Source, tokens: list[bytes], candidates: int, marks: dict[bytes, str]) -> None:
    if len(tokens) != candidates or len({*tokens, *marks}) != len(tokens) + len(marks):
        source.fail(f"expected {candidates} different short names, none of them a number", rule="R-COUNT-3")
    if any(b"=" in token or token in {b"0", b"-"} for token in tokens):
        source.fail("a short name cannot be 0 or -, or hold =", rule="R-COUNT-3")
    marks.update((token, chr(number)) for number, token in enumerate(tokens, start=1))


def _is_end(line: bytes) -> bool:
    return line.partition(b"#")[0].strip() == b"0" or line.lstrip()[:1] == b'"'


def _quoted(source: Source, candidates: int) -> list[str]:
    """The names of the candidates and of the election, which may be empty."""
    texts: list[str] = []
    while len(texts) <= candidates and (line := source.line()) is not None:
        if line.startswith(b"#"):
            continue
        match = _QUOTED.fullmatch(line)
        if match is None:
            source.fail('expected a name in quotes, such as "Huda"', rule="R-COUNT-3")
        try:
            for text in _ONE.findall(match[1].decode("utf-8")):
                last = len(texts) == candidates and not text
                texts.append("" if last else check_name(text, f"name {len(texts) + 1}"))
        except UnicodeDecodeError as wrong:
            source.fail(f"byte {wrong.start + 1} is not UTF-8; save the file as UTF-8 and try again")
        except Malformed as wrong:
            source.fail(wrong.text, rule=wrong.rule)
    if len(texts) <= candidates:
        source.fail(
            f"{len(texts)} names in quotes; expected those of {candidates} candidates and then that of the election, "
            'which is "" where it has none',
            rule="R-COUNT-3",
        )
    return texts[: candidates + 1]
