"""The committed vectors of rule S through the native engine: the same file that Python and the booth are held to."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType


def test_the_cases_on_which_libraries_disagree(native: ModuleType, project_root: Path) -> None:
    """Alone, so that each takes the short way, and all at once, so that they stand among others."""
    cases = json.loads((project_root / "vectors" / "record" / "signatures.json").read_text("utf-8"))["cases"]
    sized = [case for case in cases if len(case["signature"]) == 128]
    assert len(cases) - len(sized) == 2
    claims = [tuple(bytes.fromhex(case[part]) for part in ("key", "message", "signature")) for case in sized]
    expected = bytes(not case["rule"] for case in sized)
    assert sum(expected) == 4
    assert b"".join(native.are_signed([claim]) for claim in claims) == expected
    assert native.are_signed(claims) == expected
    assert native.are_signed(claims * 3) == expected * 3
