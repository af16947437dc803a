"""What every test may ask for: the project's root, the development data, and one way of sampling.

Development data (foreign archives, vectors, gazetteers) are not part of the project. They are looked for in
``MAJLIS_DATA``, by default ``../shared/data`` beside the checkout; a test that needs them skips where they are absent.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Machines differ and are shared: no test fails for being slow. Everybody draws the same samples, so that a failure seen
# by one is seen by all; HYPOTHESIS_PROFILE=wander draws new ones and more of them.
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("wander", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the development data; the test skips where there is none."""
    found = Path(os.environ.get("MAJLIS_DATA", ROOT.parent / "shared" / "data"))
    if not found.is_dir():
        pytest.skip("no development data here: set MAJLIS_DATA to its folder")
    return found
