"""The stages of a practising village, each made once and copied for every test that begins there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.village import MEMBERS, Village

ELECTION = 20


@pytest.fixture(scope="session")
def _founded(tmp_path_factory: pytest.TempPathFactory) -> Village:
    village = Village(tmp_path_factory.mktemp("founded"))
    village.found()
    return village


@pytest.fixture(scope="session")
def _met(_founded: Village, tmp_path_factory: pytest.TempPathFactory) -> Village:
    village = _founded.copy(tmp_path_factory.mktemp("met"))
    village.enrol()
    village.meet()
    return village


@pytest.fixture(scope="session")
def _voting(_met: Village, tmp_path_factory: pytest.TempPathFactory) -> Village:
    village = _met.copy(tmp_path_factory.mktemp("voting"))
    village.decide()
    assert village.announce() == ELECTION
    return village


@pytest.fixture(scope="session")
def _counting(_voting: Village, tmp_path_factory: pytest.TempPathFactory) -> Village:
    village = _voting.copy(tmp_path_factory.mktemp("counting"))
    village.cast(ELECTION, {name: "for" if n < 8 else "against" for n, name in enumerate(MEMBERS[:11])})
    village.close(ELECTION)
    return village


@pytest.fixture
def founded(_founded: Village, tmp_path: Path) -> Village:
    """Both bodies are founded, and hold each other's records."""
    return _founded.copy(tmp_path / "village")


@pytest.fixture
def met(_met: Village, tmp_path: Path) -> Village:
    """The members are on the roll, and a meeting may decide on its two motions, 6 and 7."""
    return _met.copy(tmp_path / "village")


@pytest.fixture
def voting(_voting: Village, tmp_path: Path) -> Village:
    """The founding is confirmed, and a box is open: the ballot announced by act 20."""
    return _voting.copy(tmp_path / "village")


@pytest.fixture
def counting(_counting: Village, tmp_path: Path) -> Village:
    """The box of act 20 is closed with eleven ballots, and nobody objected in time."""
    return _counting.copy(tmp_path / "village")
