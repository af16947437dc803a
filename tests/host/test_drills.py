"""Short rounds of the drills in ``bench/drills``: killed, starved, robbed of its disk, doubled, restored."""

from __future__ import annotations

import errno
import sys
from contextlib import nullcontext

import pytest
from bench.drills import database
from bench.drills import record as drills
from bench.drills.disk import count_calls, failing_at
from tests.host.postgres import fresh_database

from majlis.host.disk import write_file

linux = pytest.mark.skipif(sys.platform != "linux", reason="devices in the place of files are known on Linux only")


@pytest.mark.parametrize(
    ("name", "rounds"),
    [
        ("kill", 4),
        pytest.param("starve", 1, marks=linux),
        pytest.param("break", 1, marks=linux),
        ("write", 3),
        ("two", 1),
        pytest.param("backup", 1, marks=linux),
    ],
)
def test_nothing_acknowledged_is_lost(tmp_path, name, rounds):
    assert drills.DRILLS[name](tmp_path, rounds)


@pytest.mark.xdist_group("postgresql")
def test_of_two_hosts_at_one_database_one_works_and_the_other_takes_over(tmp_path):
    with fresh_database() as url:
        assert "none lost" in database.take_over(tmp_path, 3, url)


def test_what_was_acknowledged_and_is_not_there_fails_the_drill(tmp_path):
    """The drill itself: it must find a loss, a gap and a signature ahead of the entries."""
    said = drills.run_worker(tmp_path / "x", "--break", "host.db-wal", "full", "2")
    drills.check_folder(tmp_path / "x", said)
    for line in (f"A {said.size + 99}", f"S {said.size + 99}", f"P {said.size}"):
        with pytest.raises(AssertionError):
            drills.check_folder(tmp_path / "x", drills.Acknowledged(f"{line}\n".encode()))
    assert drills.Acknowledged(b"A 5\nA 7").size == 5


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_file_is_old_or_new_whichever_call_fails(tmp_path, code):
    path = tmp_path / "folder" / "file"
    write_file(path, b"old")
    calls = count_calls(lambda: write_file(path, b"old"))
    assert calls >= 5
    seen = set()
    for call in range(1, calls + 1):
        # Making a folder that is there already may fail unheard; every other failure is told.
        with failing_at(call, code), pytest.raises(OSError, match="Errno") if call > 1 else nullcontext():
            write_file(path, b"new")
        seen.add(path.read_bytes())
        assert path.read_bytes() in (b"old", b"new")
        assert [each.name for each in path.parent.iterdir()] == ["file"]
        write_file(path, b"old")
    assert seen == {b"old", b"new"}
