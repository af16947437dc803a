"""Every numbered rule is written in spec/, kept in src/ and tried in tests/; and no verdict names a rule nobody wrote.

A rule that the specification announces and this version does not keep yet says ``(later)`` on the line of its id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

RULE = re.compile(r"\bR-[A-Z][A-Z0-9]*(?:-[A-Z][A-Z0-9]*)*-[0-9]+\b")
Files = Callable[..., list[Path]]


def rules_in(paths: Iterable[Path]) -> dict[str, str]:
    """Each rule id in these files, with the first file that names it."""
    found: dict[str, str] = {}
    for path in paths:
        for rule in RULE.findall(path.read_text(encoding="utf-8")):
            found.setdefault(rule, path.name)
    return found


def split_by_promise(text: str) -> tuple[set[str], set[str]]:
    """The rules that a specification's text keeps now, and those it announces for later."""
    now: set[str] = set()
    later: set[str] = set()
    for line in text.splitlines():
        (later if "(later)" in line else now).update(RULE.findall(line))
    return now - later, later


@pytest.fixture(scope="module")
def written(files_in: Files) -> tuple[set[str], set[str]]:
    return split_by_promise("\n".join(path.read_text(encoding="utf-8") for path in files_in("spec", ".md")))


@pytest.fixture(scope="module")
def kept(files_in: Files) -> dict[str, str]:
    return rules_in(files_in("src", ".py", ".html"))


@pytest.fixture(scope="module")
def tried(files_in: Files) -> dict[str, str]:
    stories = [path for path in files_in("tests", ".py", ".txt", ".json") if "house" not in path.parts]
    return rules_in([*stories, *files_in("vectors", ".json", ".jsonl", ".txt", ".md")])


def test_every_written_rule_is_kept_by_the_code(written: tuple[set[str], set[str]], kept: dict[str, str]) -> None:
    lacking = sorted(written[0] - kept.keys())
    assert not lacking, " ".join(lacking)


def test_every_written_rule_is_tried_by_a_test(written: tuple[set[str], set[str]], tried: dict[str, str]) -> None:
    lacking = sorted(written[0] - tried.keys())
    assert not lacking, " ".join(lacking)


def test_no_verdict_names_an_unwritten_rule(written: tuple[set[str], set[str]], kept: dict[str, str]) -> None:
    unwritten = [f"{file}: {rule}" for rule, file in sorted(kept.items()) if rule not in set.union(*written)]
    assert not unwritten, "\n".join(unwritten)


def test_no_test_names_an_unwritten_rule(written: tuple[set[str], set[str]], tried: dict[str, str]) -> None:
    unwritten = [f"{file}: {rule}" for rule, file in sorted(tried.items()) if rule not in set.union(*written)]
    assert not unwritten, "\n".join(unwritten)


def test_a_rule_for_later_is_told_from_one_for_now() -> None:
    lines = ["- **R-ACT-1** It ends.", "- **R-PACT-DAY-2** (later) The base ratifies.", "See R-PACT-DAY-2, R-ACT-1."]
    assert split_by_promise("\n".join(lines)) == ({"R-ACT-1"}, {"R-PACT-DAY-2"})
