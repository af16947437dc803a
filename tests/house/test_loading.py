"""A command loads what it needs: the start of the program is most of what a short command takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PAGES = {"litestar", "jinja2", "babel", "uvicorn", "rich", "segno"}
NETWORK = {"ssl", "asyncio", "email", "http", "urllib.request"}
OTHERS = {"cryptography", "hypothesis", "importlib.metadata", "unittest", "majlis.site", "majlis.demo"}
NEVER = PAGES | NETWORK | OTHERS
FOLDERS = {"sqlite3", "multiprocessing", "concurrent", "subprocess", "majlis.host", "majlis.institutions"}

CANDIDATES = '3 1\n2 1 2 3 0\n1 3 0\n0\n"Amal"\n"Badr"\n"Dima"\n"Who?"\n'

LOADED = """
import sys
from majlis.main import main
code = main(sys.argv[1:])
print(code, *sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("words", "code", "unneeded"),
    [
        (["--version"], 0, NEVER | FOLDERS | {"msgspec", "nacl", "majlis.ballot", "majlis.cli.box"}),
        (
            ["box", "verify", "vectors/ballot/boxes/sound.bel"],
            0,
            NEVER | FOLDERS | {"json", "pathlib", "majlis.cli.box_keep"},
        ),
        (["count", "CANDIDATES", "--rule", "irv"], 0, NEVER | FOLDERS | {"nacl", "majlis.ballot", "majlis.record"}),
        (["verify", "EMPTY"], 2, NEVER),
    ],
    ids=lambda each: " ".join(each[:2]) if isinstance(each, list) else "",
)
def test_a_command_does_not_load_what_only_others_need(
    words: list[str], code: int, unneeded: set[str], project_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "board.blt").write_text(CANDIDATES, encoding="utf-8")
    places = {"CANDIDATES": str(tmp_path / "board.blt"), "EMPTY": str(tmp_path)}
    command = [sys.executable, "-c", LOADED, *(places.get(word, word) for word in words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=project_root)
    found, *loaded = done.stderr.splitlines()[-1].split()
    assert int(found) == code, done.stderr
    assert not unneeded.intersection(loaded)
