"""The project's own files, as the tests of the house read them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SKIPPED_FOLDERS = {"__pycache__", "node_modules", "target"}


@pytest.fixture(scope="session")
def tracked(project_root: Path) -> list[Path]:
    """Every file that is part of the project: what git tracks and is on disk."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=project_root, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: which files are ours cannot be told")
    files = [project_root / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in files if path.is_file()]


@pytest.fixture(scope="session")
def files_in(project_root: Path) -> Callable[..., list[Path]]:
    """``files_in("src", ".py")``: the files below a folder that end so, in order, committed or not."""

    def found(folder: str, *endings: str) -> list[Path]:
        below = project_root / folder
        return sorted(
            path
            for path in below.rglob("*")
            if path.is_file() and path.name.endswith(endings) and not SKIPPED_FOLDERS & set(path.parts)
        )

    return found


@pytest.fixture(scope="session")
def trees(files_in: Callable[..., list[Path]], project_root: Path) -> Callable[..., Iterator[tuple[str, ast.Module]]]:
    """``trees("crypto", "record")``: the name and the parsed tree of each module in these parts of majlis."""

    def parsed(*parts: str) -> Iterator[tuple[str, ast.Module]]:
        package = project_root / "src" / "majlis"
        for path in files_in("src/majlis", ".py"):
            inside = path.relative_to(package)
            if not parts or inside.parts[0].removesuffix(".py") in parts:
                yield str(path.relative_to(project_root)), ast.parse(path.read_text(encoding="utf-8"))

    return parsed
