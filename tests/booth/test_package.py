"""The booth stands on one pinned tool and on nothing of others, and it is small."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

SOURCES = "booth/src"


@pytest.fixture
def package(project_root: Path):
    return json.loads((project_root / "booth" / "package.json").read_text("utf-8"))


@pytest.fixture
def lock(project_root: Path):
    return json.loads((project_root / "booth" / "package-lock.json").read_text("utf-8"))


def test_the_booth_runs_on_nothing_of_others(package) -> None:
    assert package["private"] is True
    assert package["license"] == "Apache-2.0"
    assert list(package["devDependencies"]) == ["typescript"]
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & package.keys()


def test_its_tools_are_pinned_by_version_and_hash(package, lock) -> None:
    root = lock["packages"].pop("")
    assert root["devDependencies"] == package["devDependencies"]
    assert list(lock["packages"]) == ["node_modules/typescript"]
    for name, each in lock["packages"].items():
        assert each["version"] == package["devDependencies"][name.removeprefix("node_modules/")]
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", each["integrity"])
        assert "hasInstallScript" not in each


def test_the_lock_names_no_place_to_download_from(project_root: Path) -> None:
    text = (project_root / "booth" / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    assert '"resolved"' not in text


def test_its_modules_import_each_other_and_nothing_else(files_of_the_booth: list[Path]) -> None:
    names = {path.with_suffix(".js").name for path in files_of_the_booth}
    for path in files_of_the_booth:
        for target in re.findall(r"""(?:from|import\()\s*["']([^"']+)["']""", path.read_text("utf-8")):
            assert target.removeprefix("./") in names, f"{path.name} imports {target}"


def test_its_files_are_short_and_their_lines_too(files_of_the_booth: list[Path]) -> None:
    for path in files_of_the_booth:
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) < 300, path.name
        assert max(map(len, lines)) <= 120, path.name


def test_it_holds_no_secret_and_signs_nothing(files_of_the_booth: list[Path]) -> None:
    for path in files_of_the_booth:
        assert not re.search(
            r"subtle\.(?:sign|generateKey|deriveKey|exportKey)|getRandomValues", path.read_text("utf-8")
        )


def test_what_a_phone_loads_is_small(built: Path, files_of_the_booth: list[Path]) -> None:
    modules = [built / path.with_suffix(".js").name for path in files_of_the_booth]
    assert sum(path.stat().st_size for path in modules) < 100_000


@pytest.fixture
def files_of_the_booth(project_root: Path) -> list[Path]:
    found = sorted((project_root / SOURCES).glob("*.ts"))
    assert found
    return found
