"""The verdict on a ballot box, with the outcome of every single check.

    valid          everything holds, the body's signed acts included
    valid-v1       the box holds by itself; ``missing`` lists the acts that are not there
    non-canonical  something is written in another form than the one that is hashed; neither counted nor called false
    incomplete     a running box; all of it holds so far
    invalid        a check failed; ``failures`` names record, event and ballot

A check that was not run is ``not-run`` and never ``ok``.

Source: ``spec/ballot.md`` section 17.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

import msgspec

from majlis.ballot.checks import CHECKS
from majlis.ballot.credentials import Credentials
from majlis.ballot.election import Election
from majlis.ballot.result import Result
from majlis.crypto import NonCanonical
from majlis.errors import Fault, Missing

__all__ = ["Check", "Checklist", "Failure", "Outcome", "Report", "Verdict"]

_T = TypeVar("_T")

Outcome = Literal["ok", "failed", "not-run"]
Verdict = Literal["valid", "valid-v1", "non-canonical", "incomplete", "invalid"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check. ``text``: what it says, or what is wrong, or why it was not run; ``where``: of its first failure."""

    id: str
    outcome: Outcome
    text: str
    where: str = ""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong. ``height``: of the event, ``record``: the hash that names it, ``ballot``: its tracker."""

    check: str
    text: str
    where: str
    height: int | None
    record: str
    ballot: str
    is_form_only: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a box after looking at it. ``election`` is None where not even that could be read.

    ``ballots``: in the box, ``counted``: after the last of each credential, ``voters``: on the list; ``result`` only
    where it was shown to be right; ``spoilt``: (question, place) of ranked votes that no honest device makes;
    ``credentials``: the list, where it could be read.
    """

    verdict: Verdict
    checks: tuple[Check, ...]
    failures: tuple[Failure, ...]
    missing: tuple[str, ...]
    election: Election | None
    result: Result | None
    ballots: int
    counted: int | None
    voters: int | None
    height: int
    head: str
    spoilt: tuple[tuple[int, int], ...]
    credentials: Credentials | None = None

    @property
    def uuid(self) -> str:
        """The election's identifier; empty where none could be read."""
        return "" if self.election is None else self.election.uuid

    @property
    def is_sound(self) -> bool:
        """Whether the verdict is one on which a result may stand."""
        return self.verdict in {"valid", "valid-v1"}


class Checklist:
    """The outcomes while a box is being read."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.reasons: dict[str, str] = {}
        self.lacking: list[str] = []
        self.failures: list[Failure] = []

    def ok(self, rules: Iterable[str]) -> None:
        """These checks have held, unless another place fails them."""
        self.passed.update(rules)

    def absent(self, rules: Iterable[str], reason: str) -> None:
        """There is nothing here for these checks to look at."""
        for rule in rules:
            self.reasons[rule] = reason

    def skip(self, rules: Iterable[str], reason: str) -> None:
        """These checks could not be run, at least once."""
        for rule in rules:
            self.reasons.setdefault(rule, reason)

    def lack(self, rule: str, acts: str) -> None:
        """The acts that this check needs are not there."""
        self.reasons[rule] = f"not there: {acts}"
        self.lacking.append(acts)

    def fail(self, fault: Fault, *, height: int | None = None, record: str = "", ballot: str = "") -> None:
        """The fault breaks its rule, here."""
        place = f"event {height}" if height is not None and "event" not in fault.where else ""
        ballot_place = f"ballot {ballot}" if ballot else ""
        self.failures.append(
            Failure(
                check=fault.rule,
                text=fault.text,
                where=", ".join(part for part in (place, ballot_place, fault.where) if part),
                height=height,
                record=record,
                ballot=ballot,
                is_form_only=isinstance(fault, NonCanonical),
            )
        )

    def run(self, rules: Sequence[str], function: Callable[[], _T], *, height: int, where: str = "") -> _T | None:
        """What the function returns, its rules then ok; or None, its first fault recorded, or what it needs and lacks.

        ``function`` finishes each of the rules before it begins the next, so that those before the broken one have
        held.
        """
        try:
            value = function()
        except Fault as fault:
            if where:
                fault.at(where)
            if isinstance(fault, Missing):
                self.lack(fault.rule, fault.text)
            else:
                self.fail(fault, height=height)
            broken = rules.index(fault.rule) if fault.rule in rules else 0
            self.ok(rules[:broken])
            self.skip(rules[broken:], "an earlier check failed")
            return None
        self.ok(rules)
        return value

    def checks(self) -> tuple[Check, ...]:
        """Every check with its outcome, in order."""
        found = []
        failed: dict[str, list[Failure]] = {}
        for failure in self.failures:
            failed.setdefault(failure.check, []).append(failure)
        for rule in CHECKS:
            failures = failed.get(rule.id)
            if failures:
                more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
                check = Check(id=rule.id, outcome="failed", text=failures[0].text + more, where=failures[0].where)
            elif rule.id in self.reasons:
                check = Check(id=rule.id, outcome="not-run", text=f"{rule.text}: {self.reasons[rule.id]}")
            elif rule.id in self.passed:
                check = Check(id=rule.id, outcome="ok", text=rule.text)
            else:
                check = Check(id=rule.id, outcome="not-run", text=f"{rule.text}: the reading did not come so far")
            found.append(check)
        return tuple(found)

    def verdict(self, *, is_finished: bool) -> Verdict:
        """What the outcomes together say."""
        if any(not failure.is_form_only for failure in self.failures):
            return "invalid"
        if self.failures:
            return "non-canonical"
        if not is_finished:
            return "incomplete"
        return "valid-v1" if self.lacking else "valid"
