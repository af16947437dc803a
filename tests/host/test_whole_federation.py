"""One short round of ``bench/drills/federation.py``: a federation on two hosts loses one, and goes on by stick."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.drills.federation import play_round

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("federation")]


def test_a_whole_federation_loses_its_first_host_and_goes_on(tmp_path: Path) -> None:
    """Committees, boxes, assembly: nothing safe is lost, all that was acknowledged stands once, and it is valid."""
    told = play_round(tmp_path, 0.6, members=24, sticks_before=0)
    assert told.bodies == 6
    assert told.moved == 3
    assert told.safe >= told.entries > 300
    assert told.acknowledged > 0
