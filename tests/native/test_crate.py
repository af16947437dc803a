"""The crate stands alone, keeps its form, and is unsafe in few places only."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

UNSAFE = {"chance.rs", "foreign.rs", "lanes.rs", "lanes_point.rs", "lanes_roots.rs", "lanes_sum.rs", "roots.rs"}
UNSAFE |= {"member.rs", "power.rs", "quad.rs", "quad_point.rs", "quad_sum.rs", "sha256.rs", "sum.rs", "trial.rs"}


@pytest.fixture(scope="session")
def crate(project_root: Path) -> Path:
    return project_root / "native"


def test_there_is_no_third_party_crate(crate: Path) -> None:
    manifest = tomllib.loads((crate / "Cargo.toml").read_text())
    assert not manifest.get("dependencies")
    assert "dev-dependencies" not in manifest
    assert "build-dependencies" not in manifest


def test_unsafe_code_stands_where_it_is_expected_and_says_why(crate: Path) -> None:
    for path in sorted((crate / "src").glob("*.rs")):
        lines = path.read_text().splitlines()
        blocks = [number for number, line in enumerate(lines) if re.search(r"\bunsafe \{|unsafe extern", line)]
        assert path.name in UNSAFE or not blocks, path.name
        if path.name == "foreign.rs":
            continue
        for number in blocks:
            before = "\n".join(lines[max(0, number - 4) : number + 1])
            assert "SAFETY" in before, f"{path.name}:{number + 1} does not say why it is sound"


def test_versions_agree(crate: Path) -> None:
    cargo = tomllib.loads((crate / "Cargo.toml").read_text())["package"]["version"]
    package = tomllib.loads((crate / "pyproject.toml").read_text())["project"]["version"]
    (said,) = re.findall(
        r'^VERSION: Final = "(.*)"', (crate / "majlis_native" / "__init__.py").read_text(), re.MULTILINE
    )
    (interface,) = re.findall(r"^INTERFACE: Final = (\d+)", (crate / "majlis_native" / "__init__.py").read_text(), re.M)
    (of_library,) = re.findall(
        r"^const INTERFACE: u32 = (\d+)", (crate / "src" / "foreign.rs").read_text(), re.MULTILINE
    )
    assert cargo == package == said
    assert interface == of_library


def test_only_one_module_of_the_program_imports_the_accelerator(project_root: Path) -> None:
    naming = {
        str(path.relative_to(project_root / "src"))
        for path in (project_root / "src").rglob("*.py")
        if re.search(r"import_module\(.majlis_native|import majlis_native|from majlis_native", path.read_text())
    }
    assert naming == {"majlis/crypto/native.py"}


def test_the_code_is_in_its_format(crate: Path) -> None:
    if shutil.which("cargo") is None or shutil.which("rustfmt") is None:
        pytest.skip("no cargo or rustfmt here: the form of the Rust code is not looked at")
    run = subprocess.run(["cargo", "fmt", "--check"], cwd=crate, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
