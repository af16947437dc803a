"""The federation that the stories betray: played once in each worker, copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stories.play import Play, Stage, copy_of, played


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """The whole life of three districts, published."""
    return played(tmp_path_factory.getbasetemp() / "play")


@pytest.fixture
def public(play: Play, tmp_path: Path) -> Path:
    """A copy of the public folder."""
    return copy_of(play.public, tmp_path / "public")


@pytest.fixture
def stage(play: Play, tmp_path: Path) -> Iterator[Stage]:
    """A copy of the host, in which everybody may act."""
    stage = Stage(play, tmp_path / "stage")
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def hall(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A copy that the tests of one file share, where none disturbs another: each adds acts and looks at its own."""
    stage = Stage(play, tmp_path_factory.mktemp("hall"))
    yield stage
    stage.close()
