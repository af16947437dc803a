"""Every vector gets its verdict, by the one check that it breaks; and every check has a vector that breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from majlis.ballot import CHECKS, Process, verify_archive
from majlis.ballot.report import Checklist
from majlis.errors import Fault

VECTORS = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "boxes.json").read_text())["cases"]


def process_of(case: dict[str, Any]) -> Process | None:
    return None if case["process"] is None else msgspec.convert(case["process"], Process, strict=False)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vector_gets_its_verdict_by_its_check_alone(case: dict[str, Any]) -> None:
    report = verify_archive((VECTORS / case["box"]).read_bytes(), process_of(case))
    failed = {check.id for check in report.checks if check.outcome == "failed"}
    assert failed == ({case["check"]} if case["check"] else set()), report.failures
    assert report.verdict == case["verdict"]
    assert (report.result is None) == (bool(failed) or report.verdict == "incomplete")


def test_every_check_has_a_vector_that_fails_exactly_there() -> None:
    broken = {case["check"] for case in CASES} - {""}
    assert broken == {check.id for check in CHECKS}


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_a_verifier_without_this_check_is_noticed(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check in turn says nothing of what it finds: then no vector that breaks it gets its verdict."""
    fail = Checklist.fail

    def deaf(self: Checklist, fault: Fault, **place: Any) -> None:
        if fault.rule != check:
            fail(self, fault, **place)

    monkeypatch.setattr(Checklist, "fail", deaf)
    breaking = [case for case in CASES if case["check"] == check]
    assert breaking
    for case in breaking:
        report = verify_archive((VECTORS / case["box"]).read_bytes(), process_of(case))
        assert report.verdict != case["verdict"]


def test_checks_are_numbered_in_order() -> None:
    assert [check.id for check in CHECKS] == [f"R-BOX-{number}" for number in range(1, len(CHECKS) + 1)]


def test_the_vectors_are_what_their_script_makes(making: Callable[[str], ModuleType]) -> None:
    made = making("make").files()
    stored = {f"boxes/{path.name}": path.read_bytes() for path in (VECTORS / "boxes").glob("*.bel")}
    stored |= {name: (VECTORS / name).read_bytes() for name in ("boxes.json", "ceremony.json", "lot.json")}
    assert made.keys() == stored.keys()
    assert [name for name in made if made[name] != stored[name]] == []


FALSE_BALLOTS = [case for case in CASES if case["check"] in {f"R-BOX-{number}" for number in range(36, 48)}]


@pytest.mark.parametrize("case", FALSE_BALLOTS, ids=[case["name"] for case in FALSE_BALLOTS])
def test_the_failing_ballot_is_named(case: dict[str, Any]) -> None:
    """It is the first of its box: event 1, with its tracker."""
    report = verify_archive((VECTORS / case["box"]).read_bytes(), process_of(case))
    assert {failure.height for failure in report.failures} == {1}
    assert all(len(failure.ballot) == 43 and len(failure.record) == 64 for failure in report.failures)


def test_a_ballot_altered_under_its_old_name_is_named_too() -> None:
    (case,) = [case for case in CASES if case["name"] == "altered payload"]
    report = verify_archive((VECTORS / case["box"]).read_bytes(), process_of(case))
    (failure,) = report.failures
    assert failure.height == 1
    assert len(failure.ballot) == 43
    assert failure.record in failure.where
