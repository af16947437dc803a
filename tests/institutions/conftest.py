"""Worlds that many tests begin with, built once and forked for each."""

from __future__ import annotations

import pytest
from tests.institutions.polling import federate
from tests.institutions.simulator import Body, Simulator


@pytest.fixture(scope="session")
def _confirmed() -> Simulator:
    sim = Simulator()
    sim.confirmed("north")
    return sim


@pytest.fixture(scope="session")
def _federated() -> Simulator:
    return federate(Simulator())


@pytest.fixture
def north(_confirmed: Simulator) -> Body:
    """A committee of 60 whose members have confirmed its founding."""
    return _confirmed.fork().bodies["north"]


@pytest.fixture
def fresh() -> Body:
    """A committee that was just founded, its roll committed."""
    body = Simulator().body("north")
    body.commit_roll()
    return body


@pytest.fixture
def seated(_federated: Simulator) -> Simulator:
    """Three districts (``north``, ``east``, ``south``) with delegates in a constituted ``assembly``."""
    return _federated.fork()
