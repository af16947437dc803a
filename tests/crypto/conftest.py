"""The published formulas with fixed nonces, and a ``chance`` that deals out chosen numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def formulas(project_root: Path) -> dict[str, Any]:
    """``vectors/ballot/formulas.json``."""
    found: dict[str, Any] = json.loads((project_root / "vectors" / "ballot" / "formulas.json").read_text())
    return found


@pytest.fixture
def dealt() -> Callable[..., Callable[[int], bytes]]:
    """``dealt(13, 17)``: a chance whose first two scalars are 13 and 17, and which has no third."""

    def deal(*scalars: int | str) -> Callable[[int], bytes]:
        left = [int(scalar) for scalar in scalars]
        return lambda size: left.pop(0).to_bytes(size, "little")

    return deal
