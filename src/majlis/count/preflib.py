"""PrefLib files of the kinds soc, soi, toc and toi (R-COUNT-4).

    # TITLE: Northern district
    # DATA TYPE: toi
    # NUMBER ALTERNATIVES: 4
    # NUMBER VOTERS: 5
    # NUMBER UNIQUE ORDERS: 2
    # ALTERNATIVE NAME 1: Huda
    # ALTERNATIVE NAME 2: Salim
    # ALTERNATIVE NAME 3: Rima
    # ALTERNATIVE NAME 4: Yusuf
    3: 1,4
    2: {3,4},1

s: no equal preferences, t: with them, in braces; c: every ballot names all candidates, i: it may leave some out. A last
group of several in toc says the same as leaving them out, and is read so. Seats are not part of the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NoReturn

from majlis.count.profile import (
    EQUAL,
    MOST_CANDIDATES,
    MOST_PAPERS,
    Profile,
    check_name,
    gather_profile,
    ranking_of,
)
from majlis.count.source import MOST_DIGITS, Source, Tally, check_candidate, check_papers, marks_for, shown
from majlis.errors import Malformed

Kind = Literal["soc", "soi", "toc", "toi"]
KINDS: tuple[Kind, ...] = ("soc", "soi", "toc", "toi")
_GROUP = re.compile(rb"\{([^{}]*)\}|([^,{}]+)")
_NAME = re.compile(r"ALTERNATIVE NAME ([0-9]{1,4})", re.ASCII)


def parse_preflib(source: Source) -> Profile:
    """The profile of a PrefLib file. Raises Malformed, by line, where it is none."""
    facts, names = _header(source)
    kind = facts.get("DATA TYPE", "")
    if kind not in KINDS:
        source.fail(f"the data type is {shown(kind.encode())}; read are {', '.join(KINDS)}", rule="R-COUNT-4")
    candidates = _number(source, facts, "NUMBER ALTERNATIVES", MOST_CANDIDATES)
    if candidates is None or sorted(names) != list(range(1, candidates + 1)):
        source.fail(
            f"{len(names)} ALTERNATIVE NAME lines; expected 1 to {MOST_CANDIDATES} of them, numbered from 1, as many "
            "as NUMBER ALTERNATIVES says",
            rule="R-COUNT-4",
        )
    marks = marks_for(candidates)
    ballots = _Ballots(candidates, marks, ties=kind[0] == "t", complete=kind[2] == "c")
    tally = Tally(source, ballots, marks)
    tally.take(lambda _: False)
    rankings, counts = tally.result()
    for key, there in (("NUMBER VOTERS", sum(counts)), ("NUMBER UNIQUE ORDERS", len(rankings))):
        said = _number(source, facts, key, MOST_PAPERS)
        if said is not None and said != there:
            source.fail(f"{key} says {said:,}, and the file holds {there:,}", rule="R-COUNT-4")
    ordered = [names[number] for number in sorted(names)]
    return gather_profile(ordered, rankings, counts, seats=None, title=facts.get("TITLE", ""))


def format_preflib(profile: Profile, kind: Kind) -> Iterator[str]:
    """The lines of the PrefLib file of a profile, each with its newline; seats and parties are left out.

    Raises:
        Malformed: this kind cannot say what the profile holds: equal preferences, papers that leave somebody out,
            withdrawn candidates.
    """
    if kind[0] == "s" and profile.equals:
        raise Malformed(f"{kind} cannot say equal preferences; write toi or toc", rule="R-COUNT-4")
    full = len(profile.names)
    left_out = {full - len(ranking) + ranking.count(EQUAL) for ranking in profile.rankings}
    if kind == "soc" and left_out != {0}:
        raise Malformed("soc cannot say ballots that leave a candidate out; write soi or toc", rule="R-COUNT-4")
    if kind == "toc" and 1 in left_out:
        raise Malformed("toc cannot say ballots that leave out one candidate; write soi or toi", rule="R-COUNT-4")
    if profile.withdrawn:
        raise Malformed("a PrefLib file cannot say who has withdrawn; write blt", rule="R-COUNT-4")
    yield f"# TITLE: {profile.title}\n# DATA TYPE: {kind}\n"
    yield f"# NUMBER ALTERNATIVES: {full}\n# NUMBER VOTERS: {profile.papers}\n"
    yield f"# NUMBER UNIQUE ORDERS: {len(profile.rankings)}\n"
    for number, name in enumerate(profile.names, start=1):
        yield f"# ALTERNATIVE NAME {number}: {name}\n"
    for count, groups in profile.ballots():
        named = {number for group in groups for number in group}
        rest = tuple(number for number in range(1, full + 1) if number not in named and kind == "toc")
        whole = (*groups, rest) if rest else groups
        told = [str(group[0]) if len(group) == 1 else "{" + ",".join(map(str, group)) + "}" for group in whole]
        yield f"{count}: {','.join(told)}".rstrip() + "\n"


class _Ballots:
    """What ballot lines say, for a number of candidates and the promises of the data type."""

    def __init__(self, candidates: int, marks: dict[bytes, str], *, ties: bool, complete: bool) -> None:
        self._candidates = candidates
        self._marks = marks
        self._ties = ties
        self._complete = complete

    def split(self, lines: list[bytes]) -> tuple[list[bytes], Iterable[list[bytes]]] | None:
        parts = [line.rstrip(b"\r").partition(b": ") for line in lines]
        if self._complete and {tail.count(b",") for _, _, tail in parts} != {self._candidates - 1}:
            return None
        return [head for head, _, _ in parts], (tail.split(b",") for _, _, tail in parts)

    def parse(self, line: bytes) -> tuple[int, str]:
        head, _, tail = line.partition(b":")
        papers = check_papers(head.strip(), "after a colon (3: 1,4)", "R-COUNT-4")
        groups = self._groups(tail.strip())
        ranking = ranking_of(groups, self._candidates)
        if self._complete and sum(map(len, groups)) != self._candidates:
            raise Malformed(
                f"the ballot leaves a candidate out, and the data type says that all {self._candidates} are ranked",
                rule="R-COUNT-4",
            )
        if self._complete and len(groups[-1]) > 1:
            ranking = ranking_of(groups[:-1], self._candidates)
        return papers, ranking

    def _groups(self, tail: bytes) -> list[list[int]]:
        groups: list[list[int]] = []
        at = 0
        while at < len(tail):
            match = _GROUP.match(tail, at)
            if match is None:
                self._broken(tail[at:])
            tokens = [part.strip() for part in (match[2] if match[1] is None else match[1]).split(b",")]
            if match[1] is not None and len(tokens) > 1 and not self._ties:
                raise Malformed("equal preferences, and the data type says that there are none", rule="R-COUNT-4")
            groups.append([check_candidate(token, self._marks, self._candidates) for token in tokens])
            at = match.end()
            rest = tail[at:].lstrip()
            if rest and (not rest.startswith(b",") or not rest[1:].strip()):
                self._broken(rest)
            at = len(tail) - len(rest[1:].lstrip()) if rest else len(tail)
        return groups

    def _broken(self, rest: bytes) -> NoReturn:
        raise Malformed(f"expected a number or a group such as {{3,4}}, and found {shown(rest)}", rule="R-COUNT-4")


def _header(source: Source) -> tuple[dict[str, str], dict[int, str]]:
    facts: dict[str, str] = {}
    names: dict[int, str] = {}
    while (line := source.line()) is not None:
        if not line.startswith(b"#"):
            source.back(line)
            break
        try:
            key, _, value = line[1:].decode("utf-8").partition(":")
            key = key.strip().upper()
            if match := _NAME.fullmatch(key):
                number = int(match[1])
                if number in names:
                    source.fail(f"candidate {number} is named a second time", rule="R-COUNT-4")
                names[number] = check_name(value, f"the name of candidate {number}")
            elif key == "TITLE" and value.strip():
                facts[key] = check_name(value, "the title")
            elif key in {"DATA TYPE", "NUMBER ALTERNATIVES", "NUMBER VOTERS", "NUMBER UNIQUE ORDERS"}:
                facts[key] = value.strip()
        except UnicodeDecodeError as wrong:
            source.fail(f"byte {wrong.start + 2} is not UTF-8; save the file as UTF-8 and try again")
        except Malformed as wrong:
            if wrong.where:
                raise
            source.fail(wrong.text, rule=wrong.rule)
    return facts, names


def _number(source: Source, facts: dict[str, str], key: str, most: int) -> int | None:
    said = facts.get(key)
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS and 0 < int(said) <= most):
        source.fail(f"{key} is {shown(said.encode())}; expected a whole number from 1 to {most:,}", rule="R-COUNT-4")
    return int(said)
