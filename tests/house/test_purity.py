"""Below the host nothing knows the clock, chance, disk, network or a float; and no check can be ignored by mistake."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Trees = Callable[..., Iterator[tuple[str, ast.Module]]]

PURE = ("errors", "crypto", "record", "ballot", "count", "census", "institutions")

OUTSIDE = {
    "clock": {"time", "datetime", "calendar", "sched"},
    "chance": {"random", "secrets", "uuid", "nacl.utils"},
    "disk": {"os", "pathlib", "io", "tempfile", "shutil", "glob", "sqlite3", "dbm", "mmap", "importlib.resources"},
    "network": {"socket", "ssl", "urllib", "http", "asyncio", "selectors", "litestar", "uvicorn", "httpx"},
    "processes": {"subprocess", "threading", "multiprocessing", "concurrent", "signal", "ctypes", "sys"},
    "floats": {"cmath", "statistics", "numpy"},
    "talk": {"logging", "rich", "getpass", "locale"},
}
EXACT_MATH = {"gcd", "lcm", "isqrt", "comb", "perm", "factorial", "prod", "ceil", "floor", "trunc"}
WORLDLY_CALLS = {"open", "input", "print", "randombytes", "round"}


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def worldly_imports(tree: ast.AST) -> list[str]:
    """Imports of what a pure module may not know, each with its line."""
    found = []
    for line, name in imported(tree):
        for what, modules in OUTSIDE.items():
            if any(name == module or name.startswith(f"{module}.") for module in modules):
                found.append(f"{line}: {what}: import of {name}")
        if name.startswith("math.") and name.removeprefix("math.") not in EXACT_MATH:
            found.append(f"{line}: floats: import of {name}")
    return sorted(set(found))


def is_fraction(node: ast.expr) -> bool:
    """Whether the expression is visibly a Fraction; dividing one is exact."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Fraction"


def inexact(tree: ast.AST, source: str) -> list[str]:
    """Float literals, calls that bring one in, and ``/`` where no Fraction is in sight, each with its line.

    A division of two exact values whose type the line does not show carries the comment ``# exact``.
    """
    lines = source.splitlines()
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex() as value):
                found.append(f"{node.lineno}: the float {value}")
            case ast.Name(id="float" | "complex"):
                found.append(f"{node.lineno}: {node.id}")
            case ast.Attribute(value=ast.Name(id="math")) if node.attr not in EXACT_MATH:
                found.append(f"{node.lineno}: math.{node.attr}")
            case ast.BinOp(op=ast.Div()) if is_fraction(node.left) or is_fraction(node.right):
                pass
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()) if "# exact" not in lines[node.lineno - 1]:
                found.append(f"{node.lineno}: a division that may give a float")
    return found


def worldly_calls(tree: ast.AST) -> list[str]:
    """Calls of built-ins and library functions that read or change the world."""
    return [
        f"{node.lineno}: call of {name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for name in [node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")]
        if name in WORLDLY_CALLS
    ]


def ignorable_checks(tree: ast.AST) -> list[str]:
    """Functions named ``check_*`` whose answer could be overlooked: a bool, or no declared answer at all."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.lstrip("_").startswith("check_"):
            answer = "" if node.returns is None else ast.unparse(node.returns)
            if not answer or re.search(r"\bbool\b", answer):
                found.append(f"{node.lineno}: {node.name} -> {answer or 'nothing declared'}")
    return found


def all_over(trees: Trees, parts: tuple[str, ...], look: Callable[[ast.Module], list[str]]) -> str:
    """What the look finds in these parts of the package, one a line; empty when all is well."""
    return "\n".join(f"{name}:{what}" for name, tree in trees(*parts) for what in look(tree))


def test_pure_modules_import_nothing_of_the_world(trees: Trees) -> None:
    found = all_over(trees, PURE, worldly_imports)
    assert not found, found


def test_pure_modules_call_nothing_of_the_world(trees: Trees) -> None:
    found = all_over(trees, PURE, worldly_calls)
    assert not found, found


def test_pure_modules_know_no_float(trees: Trees, project_root: Path) -> None:
    found = []
    for name, tree in trees(*PURE):
        source = (project_root / name).read_text(encoding="utf-8")
        found += [f"{name}:{what}" for what in inexact(tree, source)]
    assert not found, "\n".join(found)


def test_only_the_faces_print(trees: Trees) -> None:
    silent = (*PURE, "host", "site")
    found = all_over(trees, silent, lambda tree: [what for what in worldly_calls(tree) if what.endswith("print")])
    spoken = [
        line
        for line in found.splitlines()
        if not line.startswith(tuple(f"src/majlis/site/{face}.py" for face in ("serve", "publish", "count_page")))
    ]
    assert not spoken, "\n".join(spoken)


def test_no_check_can_be_ignored_by_mistake(trees: Trees) -> None:
    found = all_over(trees, (), ignorable_checks)
    assert not found, found


# The checks above, checked: each must find the one thing it is for.


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from datetime import timedelta",
        "def f():\n    import random",
        "from os import path",
        "import importlib.resources",
        "from nacl.utils import random",
        "from nacl import utils",
        "from math import sqrt",
    ],
)
def test_a_worldly_import_is_found(text: str) -> None:
    assert len(worldly_imports(ast.parse(text))) >= 1


@pytest.mark.parametrize("text", ["import math", "from math import isqrt", "from .time import Tick", "import hashlib"])
def test_a_pure_import_is_left_alone(text: str) -> None:
    assert worldly_imports(ast.parse(text)) == []


@pytest.mark.parametrize("text", ["x = 0.5", "x = float(y)", "x = a / b", "a /= b", "x = math.sqrt(2)", "x = 1j"])
def test_a_float_is_found(text: str) -> None:
    assert len(inexact(ast.parse(text), text)) == 1


@pytest.mark.parametrize("text", ["x = a // b", "x = Fraction(1) / 3", "x = a / b  # exact", "x = math.isqrt(2)"])
def test_an_exact_value_is_left_alone(text: str) -> None:
    assert inexact(ast.parse(text), text) == []


@pytest.mark.parametrize("text", ["open('x')", "print(1)", "nacl.bindings.randombytes(32)", "round(x)"])
def test_a_worldly_call_is_found(text: str) -> None:
    assert len(worldly_calls(ast.parse(text))) == 1


@pytest.mark.parametrize("answer", ["", " -> bool", " -> bool | None", " -> tuple[bool, int]"])
def test_an_ignorable_check_is_found(answer: str) -> None:
    assert len(ignorable_checks(ast.parse(f"def check_x(){answer}: ..."))) == 1


@pytest.mark.parametrize("answer", [" -> None", " -> Point"])
def test_a_check_that_raises_is_left_alone(answer: str) -> None:
    assert ignorable_checks(ast.parse(f"def check_x(){answer}: ...")) == []
