"""What is installed is pinned to the byte, and asked for where it is used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest


def pins(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line and not line.startswith(" "))


def locked(path: Path) -> dict[str, str]:
    """Each requirement's version in a compiled file, checked to carry a hash."""
    found = {}
    for entry in re.split(r"\n(?=\S)", path.read_text().strip()):
        name, version = re.match(r"([a-z0-9._-]+)==(\S+)", entry).groups()  # type: ignore[union-attr]
        assert "--hash=sha256:" in entry, f"{path.name}: {name} has no hash"
        found[name] = version
    return found


@pytest.mark.parametrize("name", ["run", "dev", "cluster", "parquet", "png", "solver"])
def test_what_we_ask_for_is_what_is_locked(name: str, project_root: Path) -> None:
    folder = project_root / "requirements"
    assert pins(folder / f"{name}.in").items() <= locked(folder / f"{name}.txt").items()


def test_the_tools_stand_on_the_same_versions_as_the_program(project_root: Path) -> None:
    folder = project_root / "requirements"
    assert locked(folder / "run.txt").items() <= locked(folder / "dev.txt").items()


def test_the_program_asks_for_what_is_pinned_and_nothing_else(project_root: Path) -> None:
    project = tomllib.loads((project_root / "pyproject.toml").read_text())
    asked = {re.split(r"[<>=~!]", each)[0] for each in project["project"]["dependencies"]}
    builder = pins(project_root / "requirements" / "run.in")
    assert asked | {"setuptools"} == builder.keys()
    assert project["build-system"]["requires"] == [f"setuptools=={builder['setuptools']}"]
