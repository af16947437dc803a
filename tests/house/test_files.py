"""What is committed is ours, small, and names no machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"

MOST, LONGEST = 300, 500

# Each word is cut by a dot in the middle, so that this file does not name it either.
NAMES_OF_ELSEWHERE = {
    what: pattern.replace("·", "")
    for what, pattern in {
        "a package registry": r"py·pi\.org|python·hosted\.|crates·\.io|npm·js\.(?:org|com)|proxy·\.golang|maven·\.org",
        "an option of an installer": r"--(?:extra-)?index·-url|--find·-links",
        "a path of one machine": r"(?<![\w.\-}])/(?:ro·ot|wo·rk|opt/wh·eels|Users/\w+|home/\w+)/",
        "notes that are not in the project": r"shared/(?:no·tes|DES·IGN|STY·LE)|\bSTY·LE\.md|\bDES·IGN\.md",
        "unfinished work": r"\bTO·DO\b|\bFIX·ME\b|\bX·XX\b",
    }.items()
}
LOCKS = {f"{name}.lock" for name in ("uv", "Cargo", "poetry", "Pipfile", "yarn")}


def names_of_elsewhere(text: str) -> list[str]:
    """What the text names that a stranger's checkout does not have, each with its line."""
    return [
        f"{number}: {what}: {match.group()}"
        for what, pattern in NAMES_OF_ELSEWHERE.items()
        for number, line in enumerate(text.splitlines(), start=1)
        for match in [re.search(pattern, line)]
        if match
    ]


def test_no_committed_file_names_elsewhere_or_unfinished_work(tracked: list[Path], project_root: Path) -> None:
    found = []
    for path in tracked:
        content = path.read_bytes()
        if b"\0" not in content:
            text = content.decode("utf-8")
            found += [f"{path.relative_to(project_root)}:{what}" for what in names_of_elsewhere(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "see https://py·pi.org/simple",
        'resolved "https://registry.npm·js.org/x"',
        "--extra-index·-url x",
        "cd /ro·ot/majlis",
        "DATA = '/wo·rk/data'",
        "see shared/no·tes/trust.md",
        "# TO·DO: later",
    ],
)
def test_a_name_of_elsewhere_is_found(line: str) -> None:
    assert len(names_of_elsewhere("first line\n" + line.replace("·", ""))) == 1


@pytest.mark.parametrize("line", ["tests/wo·rk/here", "the ro·ot/leaf", "docs/guide/", "https://c2sp.org/x"])
def test_a_name_of_ours_is_left_alone(line: str) -> None:
    assert names_of_elsewhere(line.replace("·", "")) == []


def test_no_made_file_is_committed(tracked: list[Path], project_root: Path) -> None:
    made = {".mo", ".pyc", ".so", ".sqlite", ".db", ".log"}
    assert [str(p.relative_to(project_root)) for p in tracked if p.name in LOCKS or p.suffix in made] == []


def test_no_committed_file_is_larger_than_a_stick_should_carry(tracked: list[Path], project_root: Path) -> None:
    assert [str(p.relative_to(project_root)) for p in tracked if p.stat().st_size > 2_000_000] == []


def test_the_licence_is_apache_2_0_to_the_byte(project_root: Path) -> None:
    assert hashlib.sha256((project_root / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0


def lengths(paths: list[Path], project_root: Path) -> dict[str, int]:
    return {str(p.relative_to(project_root)): p.read_text(encoding="utf-8").count("\n") for p in paths}


def test_no_file_needs_two_names(files_in: Callable[..., list[Path]], project_root: Path) -> None:
    endings = (".py", ".html", ".css", ".ts", ".rs")
    code = [path for folder in ("src", "tests", "bench") for path in files_in(folder, *endings)]
    assert {name: long for name, long in lengths(code, project_root).items() if long > LONGEST} == {}


def test_most_files_are_read_in_one_sitting(files_in: Callable[..., list[Path]], project_root: Path) -> None:
    found = lengths(files_in("src", ".py"), project_root)
    longer = {name: long for name, long in found.items() if long >= MOST}
    assert len(longer) * 5 <= len(found), f"more than one file in five has {MOST} lines or more: {longer}"
