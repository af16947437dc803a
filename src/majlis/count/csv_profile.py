"""CSV profiles, as returning officers' published ballots are passed around (R-COUNT-2).

    4,2,
    372,1,
    41,1,4,3,
    "Candidate 1","Huda","Orchard (O)",
    "Candidate 2","Salim",
    "Candidate 3","Rima",
    "Candidate 4","Yusuf",
    "Northern district",

Line 1: candidates, seats. Then ``count,pref,pref,…``; then every candidate's name, and a party where there is one; then
perhaps the name of the election. Commas at the end of a line say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from majlis.count.profile import MOST_CANDIDATES, Profile, check_name, gather_profile, ranking_of
from majlis.count.source import Source, Tally, check_candidate, check_papers, marks_for
from majlis.errors import Malformed

_CELL = re.compile(r"""\s*(")((?:[^"]|"(?!\s*,))*)"\s*,|([^,]*),""")


def parse_csv(source: Source) -> Profile:
    """The profile of a CSV file. Raises Malformed, by line, where it is none."""
    first = source.line() or b""
    head = [cell.strip() for cell in first.rstrip(b", ").split(b",")]
    if len(head) != 2 or not all(cell.isdigit() and len(cell) <= 4 for cell in head):
        source.fail("expected the number of candidates and of seats, such as 12,4", rule="R-COUNT-2")
    candidates, seats = map(int, head)
    if not 1 <= candidates <= MOST_CANDIDATES or not seats:
        source.fail(f"expected 1 to {MOST_CANDIDATES} candidates and at least 1 seat", rule="R-COUNT-2")

    marks = marks_for(candidates)
    tally = Tally(source, _Ballots(candidates, marks), marks)
    tally.take(_is_end)
    rankings, counts = tally.result()
    names, parties, title = _names(source, candidates)
    return gather_profile(names, rankings, counts, seats=seats, title=title, parties=parties if any(parties) else ())


def format_csv(profile: Profile) -> Iterator[str]:
    """The lines of the CSV file of a profile, each with its newline.

    Raises:
        Malformed: the profile has what this format cannot say: equal preferences, withdrawn candidates, no seats.
    """
    if profile.equals:
        raise Malformed("a CSV profile cannot say equal preferences; write toi or toc", rule="R-COUNT-2")
    if profile.withdrawn:
        raise Malformed("a CSV profile cannot say who has withdrawn; write blt", rule="R-COUNT-2")
    if profile.seats is None:
        raise Malformed("a CSV profile says the number of seats; give it (--seats N)", rule="R-COUNT-2")
    yield f"{len(profile.names)},{profile.seats},\n"
    for count, ranking in zip(profile.counts, profile.rankings, strict=True):
        yield f"{count},{''.join(f'{ord(mark)},' for mark in ranking)}\n"
    for number, name in enumerate(profile.names, start=1):
        party = profile.parties[number - 1] if profile.parties else ""
        cells = [f"Candidate {number}", name, *([party] if party else [])]
        yield "".join(f"{_quoted(cell)}," for cell in cells) + "\n"
    if profile.title:
        yield f"{_quoted(profile.title)},\n"


class _Ballots:
    """What ballot lines say, for a number of candidates."""

    def __init__(self, candidates: int, marks: dict[bytes, str]) -> None:
        self._candidates = candidates
        self._marks = marks

    def split(self, lines: list[bytes]) -> tuple[list[bytes], Iterable[list[bytes]]]:
        kept = [line.rstrip(b",\r") for line in lines]
        return [line.partition(b",")[0] for line in kept], (line.split(b",")[1:] for line in kept)

    def parse(self, line: bytes) -> tuple[int, str]:
        head, *tokens = (cell.strip() for cell in line.strip().rstrip(b", ").split(b","))
        papers = check_papers(head, "(12,3,1)", "R-COUNT-2")
        groups = [[check_candidate(token, self._marks, self._candidates)] for token in tokens]
        return papers, ranking_of(groups, self._candidates)


def _is_end(line: bytes) -> bool:
    text = line.strip()
    return bool(text) and not text[:1].isdigit() and not text.startswith(b"#")


def _names(source: Source, candidates: int) -> tuple[list[str], list[str], str]:
    """The candidates' names and parties, and what the last line calls the election."""
    names: dict[int, str] = {}
    parties: dict[int, str] = {}
    title = ""
    while (line := source.line()) is not None:
        cells = _cells(source, line)
        number = _candidate_number(cells[0])
        if number is None and len(names) == candidates and not title:
            title = _checked(source, cells[0], "the name of the election")
        elif number is None:
            source.fail(
                f"expected the line of a candidate, such as Candidate {len(names) + 1},Name (the file begins with "
                f"{candidates} candidates, and {len(names)} are named)",
                rule="R-COUNT-2",
            )
        elif number in names or not 1 <= number <= candidates:
            what = "is named a second time" if number in names else f"is none of the {candidates} of line 1"
            source.fail(f"candidate {number} {what}", rule="R-COUNT-2")
        elif len(cells) < 2:
            source.fail(f"candidate {number} has no name", rule="R-COUNT-6")
        else:
            names[number] = _checked(source, cells[1], f"the name of candidate {number}")
            parties[number] = _checked(source, cells[2], f"the party of candidate {number}") if cells[2:] else ""
    if missing := [str(number) for number in range(1, candidates + 1) if number not in names]:
        source.fail(
            f"the file ends and {len(missing)} of {candidates} candidates have no name: {', '.join(missing[:20])}",
            rule="R-COUNT-2",
        )
    order = sorted(names)
    return [names[n] for n in order], [parties[n] for n in order], title


def _cells(source: Source, line: bytes) -> list[str]:
    """The cells of a line, without empty ones at its end.

    A quotation mark inside a quoted cell need not be doubled, as in "Huda "Hud" Halabi": published files have such.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as wrong:
        source.fail(f"byte {wrong.start + 1} is not UTF-8; save the file as UTF-8 and try again")
    cells = [quoted.replace('""', '"') if is_quoted else bare for is_quoted, quoted, bare in _CELL.findall(f"{text},")]
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return cells


def _candidate_number(cell: str) -> int | None:
    word, _, number = cell.strip().partition(" ")
    if word.lower() == "candidate" and number.isascii() and number.isdigit() and len(number) <= 4:
        return int(number)
    return None


def _checked(source: Source, text: str, what: str) -> str:
    try:
        return check_name(text, what)
    except Malformed as wrong:
        source.fail(wrong.text, rule=wrong.rule)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
