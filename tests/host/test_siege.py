"""One short round of the siege in ``bench/drills``: a host destroyed at a random instant, and nothing safe is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from bench.drills.siege import besiege

from majlis.host.checkpoints import merge_lines

pytestmark = pytest.mark.xdist_group("siege")


def test_a_body_goes_on_after_its_host_is_destroyed_at_a_random_instant(tmp_path: Path) -> None:
    acknowledged, safe, _ = besiege(tmp_path, random.uniform(0.2, 0.8), by_stick=True)
    assert acknowledged > 0
    assert safe > 0


def test_lines_of_two_mirrors_below_one_checkpoint_come_together() -> None:
    head = "a.example/log\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
    log, one, two = ("— a.example/log AAAAAAE=\n", "— one.example AAAAAAI=\n", "— two.example AAAAAAM=\n")
    merged = merge_lines((head + log + one).encode(), (head + log + two).encode()).decode()
    assert sorted(merged.removeprefix(head).splitlines(keepends=True)) == sorted([log, one, two])
    other = head.replace("\n1\n", "\n2\n") + log
    assert merge_lines((head + log + one).encode(), other.encode()) == other.encode()
    assert merge_lines(b"", other.encode()) == other.encode()
