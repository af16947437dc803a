"""A profile: how often each way of filling in the ballot paper occurs, in the one order of such ways.

A way is kept as a text with one character for each preference: candidate 3, then 1, is ``"\\x03\\x01"``. Candidates
whom the voter ranks equally stand in rising order with ``"\\x00"`` between them. So equal papers are equal texts, and
papers that begin alike stand together once they are sorted: ``majlis.count.parcel`` counts on that. Rules R-COUNT-1,
R-COUNT-5 and R-COUNT-6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category, normalize

import msgspec

from majlis.errors import Malformed

MOST_CANDIDATES = 1000
MOST_PAPERS = 10**12
EQUAL = "\x00"
_LONGEST_NAME = 200
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Groups = tuple[tuple[int, ...], ...]
"""One paper's preferences, first to last; each a group of candidate numbers, of one where nobody is ranked equally."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """All papers of an election.

    ``names``     of candidates 1, 2, …
    ``rankings``  the different ways of filling in the paper, sorted, none twice; ``""`` is the blank paper
    ``counts``    how many papers are filled in so; each at least 1
    ``seats``     as the file says, or None
    ``withdrawn`` candidates to be passed over, in rising order
    ``parties``   as the file says, one for each candidate, or none at all
    """

    names: tuple[str, ...]
    rankings: tuple[str, ...]
    counts: tuple[int, ...]
    seats: int | None = None
    title: str = ""
    withdrawn: tuple[int, ...] = ()
    parties: tuple[str, ...] = ()

    @property
    def papers(self) -> int:
        """The number of papers, blank ones included."""
        return sum(self.counts)

    @property
    def standing(self) -> tuple[int, ...]:
        """The candidates who have not withdrawn, in rising order."""
        return tuple(number for number in range(1, len(self.names) + 1) if number not in self.withdrawn)

    @property
    def equals(self) -> bool:
        """Whether any paper ranks candidates equally."""
        return any(EQUAL in ranking for ranking in self.rankings)

    def ballots(self) -> Iterator[tuple[int, Groups]]:
        """Each way of filling in the paper as count and groups, in the order of the profile."""
        for count, ranking in zip(self.counts, self.rankings, strict=True):
            yield count, groups_of(ranking)


def make_profile(
    names: Sequence[str],
    ballots: Iterable[tuple[int, Iterable[int | Iterable[int]]]],
    *,
    seats: int | None = None,
    title: str = "",
    withdrawn: Iterable[int] = (),
    parties: Sequence[str] = (),
) -> Profile:
    """The profile of these papers, each given as (count, preferences); a preference is a number, or several as equals.

    Raises:
        Malformed: a count below 1, an unknown candidate, one who is named twice on a paper, or numbers beyond the
            limits (R-COUNT-5).
    """
    tally: dict[str, int] = {}
    for count, preferences in ballots:
        if count < 1:
            raise Malformed(f"a ballot occurs {count} times; expected 1 or more", rule="R-COUNT-5")
        groups = [(p,) if isinstance(p, int) else tuple(p) for p in preferences]
        ranking = ranking_of(groups, len(names))
        tally[ranking] = tally.get(ranking, 0) + count
    rankings = sorted(tally)
    counts = list(map(tally.__getitem__, rankings))
    return gather_profile(names, rankings, counts, seats=seats, title=title, withdrawn=withdrawn, parties=parties)


def gather_profile(
    names: Sequence[str],
    rankings: Sequence[str],
    counts: Sequence[int],
    *,
    seats: int | None,
    title: str,
    withdrawn: Iterable[int] = (),
    parties: Sequence[str] = (),
) -> Profile:
    """The profile of rankings that are known to be good, sorted, none twice. Raises Malformed beyond the limits."""
    if not 1 <= len(names) <= MOST_CANDIDATES:
        raise Malformed(f"{len(names)} candidates; expected 1 to {MOST_CANDIDATES}", rule="R-COUNT-1")
    if parties and len(parties) != len(names):
        raise Malformed(f"{len(parties)} parties for {len(names)} candidates", rule="R-COUNT-6")
    gone = tuple(sorted(set(withdrawn)))
    if gone and not 1 <= gone[0] <= gone[-1] <= len(names):
        raise Malformed(f"a withdrawn candidate is none of 1 to {len(names)}", rule="R-COUNT-5")
    if sum(counts) > MOST_PAPERS:
        raise Malformed(f"more than {MOST_PAPERS:,} papers", rule="R-COUNT-1")
    return Profile(
        names=tuple(names),
        rankings=tuple(rankings),
        counts=tuple(counts),
        seats=seats,
        title=title,
        withdrawn=gone,
        parties=tuple(parties),
    )


def ranking_of(groups: Sequence[Sequence[int]], candidates: int) -> str:
    """The text of one paper's preferences.

    Raises:
        Malformed: an unknown candidate, an empty group, or a candidate named twice (R-COUNT-5).
    """
    seen: set[int] = set()
    for group in groups:
        if not group:
            raise Malformed("a group of equal preferences is empty", rule="R-COUNT-5")
        for number in group:
            if not 1 <= number <= candidates:
                raise Malformed(f"there is no candidate {number}; expected 1 to {candidates}", rule="R-COUNT-5")
            if number in seen:
                raise Malformed(f"candidate {number} is preferred twice on one ballot", rule="R-COUNT-5")
            seen.add(number)
    return "".join(EQUAL.join(map(chr, sorted(group))) for group in groups)


def groups_of(ranking: str) -> Groups:
    """The groups that a ranking's text stands for."""
    if EQUAL not in ranking:
        return tuple((ord(mark),) for mark in ranking)
    groups: list[list[int]] = []
    joined = False
    for mark in ranking:
        if mark == EQUAL:
            joined = True
        elif joined:
            groups[-1].append(ord(mark))
            joined = False
        else:
            groups.append([ord(mark)])
    return tuple(map(tuple, groups))


def check_name(text: str, what: str = "a name") -> str:
    """The text as it is kept: trimmed, in Unicode normal form C, something and printable (R-COUNT-6)."""
    name = normalize("NFC", text.strip())
    if not name:
        raise Malformed(f"{what} is empty", rule="R-COUNT-6")
    if len(name) > _LONGEST_NAME:
        raise Malformed(f"{what} is longer than {_LONGEST_NAME} characters", rule="R-COUNT-6")
    if any(category(letter) in {"Cc", "Zl", "Zp"} or letter in _TURNERS for letter in name):
        raise Malformed(f"{what} holds characters that are not shown or turn the writing", rule="R-COUNT-6")
    return name
