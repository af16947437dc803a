"""The small federation that the tests of the pages look at."""

from __future__ import annotations

import pytest
from tests.site.books import FakeSource
from tests.site.valley import ATTACK, World


@pytest.fixture(scope="session")
def world() -> World:
    """The Valley."""
    return World()


@pytest.fixture(scope="session")
def source(world: World) -> FakeSource:
    """The Valley as pages ask for it."""
    return world.source


@pytest.fixture(scope="session")
def hostile_world() -> World:
    """The Valley, where whoever could choose a word chose an attack."""
    return World({"hostile": ATTACK})
