"""The tools that judge the code find nothing: lint, format, types, floors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--output-format=concise", "src", "tests"],
        ["ruff", "format", "--check", "src", "tests"],
        ["mypy"],
        ["lint-imports", "--no-logo"],
    ],
    ids=["lint", "format", "types", "floors"],
)
def test_the_tool_finds_nothing(command: list[str], project_root: Path) -> None:
    run = subprocess.run(
        [HERE / command[0], *command[1:]], cwd=project_root, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"{' '.join(command)}\n{run.stdout}{run.stderr}"
