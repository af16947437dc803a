"""The rules by which ballots can be counted, each pinned by name and version (R-COUNT-8).

A charter names ``scottish/1``. What a version does is final: a change, however small, is a new version.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from majlis.count.approval import count_approval
from majlis.count.meek import count_meek
from majlis.count.outcome import Outcome
from majlis.count.profile import Profile
from majlis.count.purchase import count_equal_shares, count_phragmen
from majlis.count.runoff import count_irv
from majlis.count.schulze import count_schulze
from majlis.count.scottish import count_scottish
from majlis.errors import Malformed

MOST_SEATS = 1000


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One way of counting.

    ``words``   what it is, for people
    ``equals``  it takes ballots that rank candidates equally
    ``single``  it fills one seat only
    ``count``   from profile, seats and the seed of the lot to the outcome
    """

    name: str
    version: int
    words: str
    equals: bool
    single: bool = False
    count: Callable[[Profile, int, bytes | None], Outcome]

    @property
    def pinned(self) -> str:
        """As a charter names it: ``scottish/1``."""
        return f"{self.name}/{self.version}"


_ALL = (
    Rule(
        name="scottish",
        version=1,
        words="Single transferable vote, Scottish local elections (weighted inclusive Gregory, five decimals)",
        equals=False,
        count=lambda profile, seats, seed: count_scottish(profile, seats=seats, seed=seed),
    ),
    Rule(
        name="meek",
        version=1,
        words="Single transferable vote, Meek's method (reference rule, nine decimals)",
        equals=False,
        count=lambda profile, seats, seed: count_meek(profile, seats=seats, seed=seed),
    ),
    Rule(
        name="irv",
        version=1,
        words="Instant runoff: one seat, the lowest excluded until somebody has more than half",
        equals=False,
        single=True,
        count=lambda profile, _, seed: count_irv(profile, seed=seed),
    ),
    Rule(
        name="approval",
        version=1,
        words="Approval: most approvals",
        equals=True,
        count=lambda profile, seats, seed: count_approval(profile, seats=seats, seed=seed),
    ),
    Rule(
        name="phragmen",
        version=1,
        words="Proportional approval, Phragmén's sequential rule",
        equals=True,
        count=lambda profile, seats, seed: count_phragmen(profile, seats=seats, seed=seed),
    ),
    Rule(
        name="equal-shares",
        version=1,
        words="Proportional approval, equal shares, completed by Phragmén's rule",
        equals=True,
        count=lambda profile, seats, seed: count_equal_shares(profile, seats=seats, seed=seed),
    ),
    Rule(
        name="schulze",
        version=1,
        words="Schulze: pairwise comparison, strongest paths by winning votes",
        equals=True,
        count=lambda profile, seats, seed: count_schulze(profile, seats=seats, seed=seed),
    ),
)
RULES = {rule.name: rule for rule in _ALL}


def count_votes(profile: Profile, *, rule: str, seats: int, seed: bytes | None = None) -> Outcome:
    """The outcome by a rule, ``scottish`` or ``scottish/1``; ``seed`` is of the public lot, 32 bytes.

    Raises:
        Malformed: the rule is not known, or cannot count this profile or so many seats.
        Missing: a lot has to decide, and there is no seed.
    """
    return check_count(profile, rule=rule, seats=seats).count(profile, seats, seed)


def check_count(profile: Profile, *, rule: str, seats: int) -> Rule:
    """The rule, known to be able to count this profile. Raises Malformed where it is not."""
    name, slash, version = rule.partition("/")
    found = RULES.get(name)
    if found is None or (slash and version != str(found.version)):
        known = ", ".join(rule.pinned for rule in _ALL)
        raise Malformed(f"no rule {rule!r}; known are {known}", rule="R-COUNT-8")
    if not 1 <= seats <= MOST_SEATS:
        raise Malformed(f"{seats} seats; expected 1 to {MOST_SEATS}", rule="R-COUNT-8")
    if found.single and seats != 1:
        raise Malformed(f"{name} fills one seat, not {seats}; take scottish or meek for several", rule="R-COUNT-8")
    if not profile.standing:
        raise Malformed("all candidates have withdrawn", rule="R-COUNT-8")
    if profile.equals and not found.equals:
        raise Malformed(
            f"some ballots rank candidates equally, which {name} does not count; take schulze or an approval rule",
            rule="R-COUNT-8",
        )
    return found
