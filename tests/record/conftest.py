"""The published vectors of the formats, from the development data."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("MAJLIS_DATA", Path(__file__).parents[2].parent / "shared" / "data")) / "tlog"


@pytest.fixture(scope="session")
def tlog() -> Path:
    if not DATA.is_dir():
        pytest.skip("development data absent: tlog (set MAJLIS_DATA)")
    return DATA


@pytest.fixture(scope="session")
def notes(tlog):
    return {case["id"]: case for case in json.loads((tlog / "notes.json").read_text("utf-8"))}


@pytest.fixture(scope="session")
def kats(tlog):
    return json.loads((tlog / "kats.json").read_text("utf-8"))
