"""The native engine, where it is built; boxes and samples as the ballot floor's tests have them."""

from __future__ import annotations

from types import ModuleType

import pytest
from tests.ballot.conftest import forge, making, material, samples, tools, vectors

__all__ = ["forge", "making", "material", "samples", "tools", "vectors"]


@pytest.fixture(scope="session")
def native() -> ModuleType:
    """The package ``majlis_native``; the test skips where it is not installed."""
    module: ModuleType = pytest.importorskip(
        "majlis_native", reason="the native engine is not built here: install cargo, then make native"
    )
    return module
