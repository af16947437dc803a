"""The foreign verifier: a `belenios-tool` that knows group Ed25519, or a skip that says what is missing.

Looked for: the path in `MAJLIS_BELENIOS_TOOL`, and nothing else where that is set; then `belenios-tool-ed25519`, then
`belenios-tool` on PATH. How to come by one: `docs/interop.md`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("belenios-tool-ed25519", "belenios-tool")
SECONDS = 120
PASSED = "all checks passed"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the tool answered: True when every check passed, and all it wrote."""

    passed: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One foreign executable and the version it names."""

    path: Path
    version: tuple[int, ...]

    def verify(self, archive: bytes) -> Verdict:
        """The tool's verdict on the bytes of one archive, alone in a fresh folder.

        The exit code alone does not tell a refused archive from a mistyped command, nor an unread archive from a sound
        one: a pass needs the code 0 *and* the closing sentence.
        """
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "box.bel").write_bytes(archive)
            ran = _run(self.path, "election", "verify", "--dir", folder)
        words = ran.stdout + ran.stderr
        return Verdict(passed=ran.returncode == 0 and PASSED in words, words=words)


def _run(tool: Path, *arguments: str, folder: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool, *arguments], capture_output=True, text=True, errors="replace", cwd=folder, timeout=SECONDS, check=False
    )


def _knows_ed25519(tool: Path) -> bool:
    """Whether the tool makes a trustee key in group Ed25519; a tool of version 2.0 answers `unknown group`."""
    with tempfile.TemporaryDirectory() as folder:
        ran = _run(tool, "setup", "generate-trustee-key", "--group", "Ed25519", folder=folder)
        return ran.returncode == 0 and any(Path(folder).glob("*.pubkey"))


@pytest.fixture(scope="session")
def peer() -> Peer:
    """The first belenios-tool found that knows group Ed25519."""
    named = os.environ.get("MAJLIS_BELENIOS_TOOL")
    names = (named,) if named else NAMES
    found = [path for path in map(shutil.which, names) if path is not None]
    for path in map(Path, found):
        if _knows_ed25519(path):
            version = re.match(r"[0-9]+(\.[0-9]+)*", _run(path, "--version").stdout)
            assert version is not None, f"{path} --version names no version"
            return Peer(path=path, version=tuple(map(int, version[0].split("."))))
    if found:
        pytest.skip(
            f"{', '.join(found)} does not know group Ed25519 (2.0 knows finite fields only): see docs/interop.md"
        )
    pytest.skip(f"no {' or '.join(names)} here: set MAJLIS_BELENIOS_TOOL, see docs/interop.md")


@pytest.fixture(scope="session")
def samples(data_root: Path) -> Path:
    """The folder of sample elections that belenios-tool 2.5.1 made, one folder each."""
    folder = data_root / "belenios"
    if not folder.is_dir():
        pytest.skip("the development data hold no belenios/ folder")
    return folder
