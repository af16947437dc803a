"""The two ports through which the world comes in."""

from __future__ import annotations

import time

import pytest

from majlis.host.chance import chance
from majlis.host.clock import SimulatedClock, SystemClock


def test_the_system_clock_is_this_machines():
    before = int(time.time())
    assert before <= SystemClock().now() <= int(time.time())


def test_a_simulated_clock_stands_still_until_advanced_and_never_goes_back():
    clock = SimulatedClock(1_700_000_000)
    assert (clock.now(), clock.now()) == (1_700_000_000, 1_700_000_000)
    clock.advance(86_400)
    assert clock.now() == 1_700_086_400
    with pytest.raises(ValueError, match="turned back"):
        clock.advance(-1)


def test_chance_has_the_asked_size_and_does_not_repeat():
    assert len(chance(0)) == 0
    assert len({chance(16) for _ in range(100)}) == 100
