"""A platform's Ed25519 is used for its yes alone, and only after it refused what rule S refuses and others accept."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("booth")

COFACTOR = "holds with the cofactor only"


@pytest.fixture(scope="module")
def vectors(project_root: Path) -> Path:
    return project_root / "vectors" / "record" / "signatures.json"


def judged(node: str, vectors: Path, which: str, spoilt: str = "") -> tuple[bool, bool]:
    """Whether every vector is judged as it says on such a platform, and whether the platform was used."""
    command = [node, "--no-warnings", str(Path(__file__).with_name("platforms.mjs")), which, spoilt]
    run = subprocess.run(command, input=vectors.read_bytes(), capture_output=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    found = json.loads(run.stdout)
    assert found["cases"] == 37
    return found["right"] == found["cases"], found["used"]


def test_a_sound_platform_is_used(node: str, built: Path, vectors: Path) -> None:
    assert judged(node, vectors, "as it is") == (True, True)


@pytest.mark.parametrize(
    "which",
    ["without crypto.subtle", "without Ed25519", "that says yes to all", "that says no to all", "that breaks"],
)
def test_a_useless_platform_is_not_used_and_changes_no_verdict(
    node: str, built: Path, vectors: Path, which: str
) -> None:
    assert judged(node, vectors, which) == (True, False)


@pytest.mark.parametrize(
    "why",
    [
        f"a key with a part of small order; {COFACTOR}",
        f"R with a part of small order; {COFACTOR}",
        "a key with a part of small order; holds if the challenge is not reduced",
    ],
)
def test_a_platform_with_another_equation_is_not_used(node: str, built: Path, vectors: Path, why: str) -> None:
    assert judged(node, vectors, "that accepts one case more", why) == (True, False)


@pytest.mark.parametrize(
    "why", ["a key with a part of small order that the challenge cancels", "an honest signature of nothing"]
)
def test_a_platform_that_is_stricter_changes_no_verdict(node: str, built: Path, vectors: Path, why: str) -> None:
    assert judged(node, vectors, "that refuses one case more", why) == (True, True)


def test_what_a_platform_is_tried_with_stands_in_the_vectors(project_root: Path, vectors: Path) -> None:
    source = (project_root / "booth" / "src" / "platform.ts").read_text("utf-8").replace('" +\n      "', "")
    cases = json.loads(vectors.read_text("utf-8"))["cases"]
    tried = [case for case in cases if f'"{case["signature"]}"' in source and f'message: "{case["message"]}"' in source]
    assert [case["rule"] for case in tried] == ["", "R-SIG-3", "R-SIG-3", "R-SIG-3"]
    for case in tried:
        assert f"// {case['why']}\n    answer: {'false' if case['rule'] else 'true'},\n" in source
        assert f'key: "{case["key"]}",\n' in source
