"""The foreign verifiers: a `belenios-tool` that knows the group in question, or a skip that says what is missing.

Looked for: the path in `MAJLIS_BELENIOS_TOOL`, and nothing else where that is set; then `belenios-tool-ed25519`,
`belenios-tool-3.3.0` and `belenios-tool` on PATH. How to come by one: `docs/interop.md`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("belenios-tool-ed25519", "belenios-tool-3.3.0", "belenios-tool")
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
        ran, _ = self._in_a_folder("election", "verify", archive=archive)
        words = ran.stdout + ran.stderr
        return Verdict(passed=ran.returncode == 0 and PASSED in words, words=words)

    def ask(self, *command: str, archive: bytes | None = None, **files: bytes) -> list[bytes]:
        """The lines that a command prints about an archive. ``files``: what its arguments name, by file name."""
        ran, _ = self._in_a_folder(*command, archive=archive, **files)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.encode().splitlines()

    def make(self, *command: str, given: bytes | None = None, **files: bytes) -> tuple[bytes, dict[str, bytes]]:
        """What a command prints, and the files there are afterwards. ``given``: what it reads on its input."""
        ran, made = self._in_a_folder(*command, given=given, **files)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.encode(), made

    def make_trustee_key(self) -> tuple[bytes, bytes]:
        """The public key, as written, and the file with the private one."""
        _, made = self.make("setup", "generate-trustee-key", "--group", "Ed25519")
        (public,) = (data for name, data in made.items() if name.endswith(".pubkey"))
        (private,) = (data for name, data in made.items() if name.endswith(".privkey"))
        return public.removesuffix(b"\n"), private

    def _in_a_folder(
        self, *command: str, archive: bytes | None = None, given: bytes | None = None, **files: bytes
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, bytes]]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if archive is not None:
                (folder / "box.bel").write_bytes(archive)
            for file, data in files.items():
                (folder / file).write_bytes(data)
            ran = _run(self.path, *command, folder=name, given=given)
            return ran, {path.name: path.read_bytes() for path in folder.iterdir()}


def _run(tool: Path, *arguments: str, folder: str, given: bytes | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool, *arguments],
        input="" if given is None else given.decode(),
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        timeout=SECONDS,
        check=False,
    )


def _knows_ed25519(tool: Path) -> bool:
    """Whether the tool makes a trustee key in group Ed25519; version 2.0 answers `unknown group`."""
    with tempfile.TemporaryDirectory() as folder:
        ran = _run(tool, "setup", "generate-trustee-key", "--group", "Ed25519", folder=folder)
        return ran.returncode == 0 and any(Path(folder).glob("*.pubkey"))


def _version(tool: Path) -> tuple[int, ...]:
    with tempfile.TemporaryDirectory() as folder:
        found = re.match(r"[0-9]+(\.[0-9]+)*", _run(tool, "--version", folder=folder).stdout)
    assert found is not None, f"{tool} --version names no version"
    return tuple(map(int, found[0].split(".")))


def _found(name: str) -> Path:
    """The executable, or a skip."""
    named = os.environ.get("MAJLIS_BELENIOS_TOOL")
    path = shutil.which(named if named and name == NAMES[0] else name)
    if path is None or (named and name != NAMES[0]):
        pytest.skip(f"no {named or name} here: set MAJLIS_BELENIOS_TOOL, see docs/interop.md")
    return Path(path)


@pytest.fixture(scope="session", params=NAMES)
def any_peer(request: pytest.FixtureRequest) -> Peer:
    """Every belenios-tool there is, in turn, whatever groups it knows."""
    path = _found(request.param)
    return Peer(path=path, version=_version(path))


@pytest.fixture(scope="session", params=NAMES)
def peer(request: pytest.FixtureRequest) -> Peer:
    """Every belenios-tool that knows group Ed25519, in turn."""
    path = _found(request.param)
    if not _knows_ed25519(path):
        pytest.skip(f"{path} does not know group Ed25519 (2.0 knows finite fields only): see docs/interop.md")
    return Peer(path=path, version=_version(path))


@pytest.fixture(scope="session")
def sample(data_root: Path) -> Callable[[str], bytes]:
    """``sample("blank")``: the closed archive of a sample election that belenios-tool 2.5.1 made."""
    folder = data_root / "belenios"
    if not folder.is_dir():
        pytest.skip("the development data hold no belenios/ folder")

    def closed(name: str) -> bytes:
        uuid = (folder / name / "UUID").read_text().strip()
        return (folder / name / f"{uuid}.bel").read_bytes()

    return closed
