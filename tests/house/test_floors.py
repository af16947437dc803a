"""The tree shows the design: every folder is on a declared floor, and every package has one door."""

from __future__ import annotations

import ast
import importlib
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

ENTRANCES = {"__init__", "__main__"}


def declared_floors(project_root: Path) -> list[str]:
    contracts = tomllib.loads((project_root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (floors,) = [contract for contract in contracts if contract["type"] == "layers"]
    assert floors["exhaustive"], "the contract must name every part of the package"
    return [name.strip(" ()") for layer in floors["layers"] for name in layer.split("|")]


def test_every_part_of_the_package_stands_on_a_declared_floor(project_root: Path) -> None:
    package = project_root / "src" / "majlis"
    parts = {
        path.stem
        for path in package.iterdir()
        if path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")) and path.name != "__pycache__")
    }
    assert parts - ENTRANCES <= set(declared_floors(project_root))


def test_every_folder_with_code_is_a_package(project_root: Path, files_in: Callable[..., list[Path]]) -> None:
    folders = {path.parent for path in files_in("src/majlis", ".py")}
    doorless = sorted(str(f.relative_to(project_root)) for f in folders if not (f / "__init__.py").is_file())
    assert not doorless, "\n".join(doorless)


def test_every_door_says_what_may_be_taken_through_it(
    trees: Callable[..., Iterator[tuple[str, ast.Module]]],
) -> None:
    shut = []
    for name, tree in trees():
        if not name.endswith("/__init__.py") or name == "src/majlis/__init__.py":
            continue
        assigned = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        if "__all__" not in assigned:
            shut.append(f"{name}: no __all__")
            continue
        door = importlib.import_module(name.removeprefix("src/").removesuffix("/__init__.py").replace("/", "."))
        shut += [f"{name}: {thing} is promised and not there" for thing in door.__all__ if not hasattr(door, thing)]
        if ast.get_docstring(tree) is None:
            shut.append(f"{name}: no docstring")
    assert not shut, "\n".join(shut)
