"""Writes the transcripts of the cases in ``cases.json``, each as ``NAME.txt`` and ``NAME.json``.

Run after a rule got a new version or the words changed: ``python vectors/count/make.py``. Then read every changed line:
a transcript is only worth what the person who checked it by hand is worth.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path

from majlis.main import main

HERE = Path(__file__).resolve().parent


def said(arguments: list[str]) -> str:
    """What ``majlis count`` prints, run in this folder."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = main(["count", *arguments])
    if code:
        raise SystemExit(f"{arguments} ended with {code}")
    return out.getvalue()


def make() -> None:
    """All transcripts, written."""
    os.chdir(HERE)
    for case in json.loads((HERE / "cases.json").read_text(encoding="utf-8"))["cases"]:
        words = said([case["file"], *case["args"], "--transcript"])
        (HERE / f"{case['name']}.txt").write_text(words, encoding="utf-8")
        numbers = json.loads(said([case["file"], *case["args"], "--json"]))
        (HERE / f"{case['name']}.json").write_text(json.dumps(numbers, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
