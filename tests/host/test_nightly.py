"""Who serves records has them verified again beside, and stops for good where something differs (R-AGAIN-2)."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.host.test_reverify import alter, forge, grown, hosted, position, snapshot_of
from tests.site.hilltop import ORIGIN, Hilltop

from majlis.errors import Fault, Forged
from majlis.host import nightly, snapshot
from majlis.host.host import Host
from majlis.host.nightly import Nightly, until_night
from majlis.host.node import Node
from majlis.host.pace import MOMENT, Pace
from majlis.host.reverify import Claim, Verified
from majlis.institutions.state import replace

pytestmark = pytest.mark.xdist_group("again")


@pytest.fixture
def hilltop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hilltop:
    monkeypatch.setattr(snapshot, "LEAST", 10)
    snapshot.code_version.cache_clear()  # The process beside reads the sources as they are now.
    return grown(Hilltop(tmp_path / "hilltop"))


class Told:
    """What was said, and what the server was stopped for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.fault: Fault | None = None
        self.heard = threading.Event()

    def tell(self, line: str) -> None:
        self.lines.append(line)
        self.heard.set()

    def fail(self, fault: Fault) -> None:
        self.fault = fault
        self.heard.set()

    def wait(self) -> None:
        assert self.heard.wait(60)
        self.heard.clear()


@contextmanager
def verifying(hilltop: Hilltop, host: Host | None) -> Iterator[tuple[Nightly, Told]]:
    told, node = Told(), Node(hilltop.folder)
    federation = node.federation() if host is None else host.federation
    again = Nightly(node, federation, host, after=0, tell=told.tell, fail=told.fail)
    try:
        yield again, told
    finally:
        again.close()


def evidence(hilltop: Hilltop) -> list[str]:
    return sorted(path.suffix for path in (hilltop.folder / "evidence").glob("*"))


def stopped(hilltop: Hilltop, host: Host, told: Told) -> str:
    """The host does nothing any more, and the evidence is there; what it says."""
    assert isinstance(told.fault, Forged)
    assert told.fault.rule == "R-AGAIN-2"
    for ask in (
        lambda: host.submit(hilltop.identity, hilltop.motion()),
        lambda: host.checkpoint(hilltop.identity),
        lambda: host.cosign(hilltop.identity, []),
        lambda: host.log_digest(hilltop.identity, hilltop.log),
        lambda: host.state(hilltop.identity),
    ):
        with pytest.raises(Forged) as again:
            ask()
        assert again.value is told.fault
    (written,) = (hilltop.folder / "evidence").glob("*.txt")
    assert written.read_text() == f"{told.fault}\n"
    assert written.name in told.fault.text
    return told.fault.text


def test_what_is_sound_is_said_with_how_far_and_when(hilltop: Hilltop) -> None:
    with hosted(hilltop) as host:
        host.checkpoint(hilltop.identity)
        with verifying(hilltop, host) as (again, told):
            told.wait()
            assert told.lines == [f"verified again in full, from the entries: {ORIGIN} up to 301"]
            assert abs(again.found[hilltop.identity].time - time.time()) < 60
            assert again.found[hilltop.identity].size == 301
        assert host.submit(hilltop.identity, hilltop.motion()).index == 301
    assert evidence(hilltop) == []


def test_a_snapshot_with_one_altered_byte_stops_the_host_that_started_from_it(hilltop: Hilltop) -> None:
    forge(hilltop, lambda data: data.replace(b"01" * 16, b"02" * 16))
    forged = snapshot_of(hilltop).read_bytes()
    with pytest.raises(Forged), hosted(hilltop) as host:
        with verifying(hilltop, host) as (again, told):
            told.wait()
            assert "the snapshot of hilltop.example/log is not what" in stopped(hilltop, host, told)
            assert again.found == {}
        assert told.fault is not None
        raise told.fault
    assert evidence(hilltop) == [".snapshot", ".txt"]
    (aside,) = (hilltop.folder / "evidence").glob("*.snapshot")
    assert aside.read_bytes() == forged
    assert not snapshot_of(hilltop).exists()
    # Folded from the entries the record is sound, and goes on.
    with hosted(hilltop) as host:
        assert host.submit(hilltop.identity, hilltop.motion()).index == 301


def test_an_altered_entry_in_the_middle_stops_the_host_and_every_start_after_it(hilltop: Hilltop) -> None:
    with pytest.raises(Forged), hosted(hilltop) as host:
        alter(
            hilltop, ("UPDATE entry SET bytes = CAST(bytes || x'20' AS BLOB) WHERE key = ?", (position(hilltop, 150),))
        )
        with verifying(hilltop, host) as (_, told):
            told.wait()
            assert "entry 150 is not what was stored" in stopped(hilltop, host, told)
        assert told.fault is not None
        raise told.fault
    with pytest.raises(Fault, match="entry 150 is not what was stored"), hosted(hilltop):
        pass


def test_what_a_host_has_in_force_in_its_memory_alone_stops_it(hilltop: Hilltop) -> None:
    with hosted(hilltop) as host:
        record = host.federation.records[hilltop.identity]
        record.states[-1] = replace(record.state, offices=())
        with verifying(hilltop, host) as (_, told):
            told.wait()
            assert "in force for hilltop.example/log after 301 entries is not what these" in stopped(
                hilltop, host, told
            )


def test_pages_alone_are_stopped_too(hilltop: Hilltop) -> None:
    forge(hilltop, lambda data: data.replace(b"01" * 16, b"02" * 16))
    with verifying(hilltop, None) as (_, told):
        told.wait()
        assert isinstance(told.fault, Forged)
    assert evidence(hilltop) == [".snapshot", ".txt"]


def test_a_record_that_was_replaced_meanwhile_is_no_difference(
    hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy left its branch (R-MIRROR-9): what was asked about is not what is served any more."""
    ask, asked = Nightly._ask, threading.Event()
    with hosted(hilltop) as host:
        record = host.federation.records[hilltop.identity]
        record.states[-1] = replace(record.state, offices=())

        def late(self: Nightly, claims: Sequence[Claim]) -> list[Verified]:
            host.federation.take(host.hosted(hilltop.identity).record)
            try:
                return ask(self, claims)
            finally:
                asked.set()

        monkeypatch.setattr(Nightly, "_ask", late)
        with verifying(hilltop, host) as (again, told):
            assert asked.wait(60)
        assert (told.fault, told.lines, again.found) == (None, [], {})


def test_a_process_that_is_killed_is_no_difference_and_is_said(hilltop: Hilltop) -> None:
    """R-AGAIN-3."""
    with hosted(hilltop) as host, verifying(hilltop, host) as (again, told):
        until = time.monotonic() + 30
        while not (beside := [each for each in multiprocessing.active_children() if each.name == "majlis-again"]):
            assert time.monotonic() < until
            time.sleep(0.01)
        beside[0].kill()
        told.wait()
        assert told.lines == ["the records could not be verified again: that process was ended"]
        assert (told.fault, again.found) == (None, {})
        assert host.submit(hilltop.identity, hilltop.motion()).index == 301


def test_whatever_stands_in_the_way_is_said_and_the_next_night_comes(hilltop: Hilltop) -> None:
    with hosted(hilltop) as host, verifying(hilltop, host) as (again, told):
        told.wait()
        (hilltop.folder / "node.json").rename(hilltop.folder / "elsewhere.json")
        again._after = 0
        again._thread = threading.Thread(target=again._run)
        again._thread.start()
        told.wait()
        assert told.lines[1].startswith("the records could not be verified again: ")
        assert "there is no data folder here" in told.lines[1]
        assert again._thread.is_alive()
        assert told.fault is None


def test_closing_ends_the_process_at_once_and_says_nothing(hilltop: Hilltop) -> None:
    with hosted(hilltop) as host:
        with verifying(hilltop, host) as (_, told):
            pass
        assert told.lines == []
        assert not [each for each in multiprocessing.active_children() if each.name == "majlis-again"]
        assert told.fault is None


def test_a_program_that_was_replaced_while_it_ran_is_not_compared_with(
    hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "code_version", lambda: "before")
    with hosted(hilltop) as host, verifying(hilltop, host) as (again, told):
        told.wait()
        assert "the program was replaced since it was started" in told.lines[0]
        assert (told.fault, again.found) == (None, {})


def test_the_process_beside_gives_way_to_all_others() -> None:
    process = multiprocessing.get_context("spawn").Process(target=_check_priority)
    process.start()
    process.join(60)
    assert process.exitcode == 0


def _check_priority() -> None:
    before = os.nice(0)
    nightly._give_way()
    assert os.nice(0) == 19 >= before
    if hasattr(os, "SCHED_IDLE"):
        assert os.sched_getscheduler(0) == os.SCHED_IDLE


def paced(*shares: float) -> list[bool]:
    """Whether it works after each moment, in which the server used so much of a processor."""
    works = [True]
    pace = Pace(works.append)
    used, found = time.process_time() + 1000, []
    pace.look(used)
    for share in shares:
        used += share * MOMENT
        pace.look(used)
        found.append(works[-1])
    return found


def test_while_the_server_is_busy_it_works_one_moment_in_ten() -> None:
    """R-AGAIN-3."""
    assert paced(*[0.1] * 12)[1:] == [True] * 11
    busy = paced(*[0.9] * 100)
    assert sum(busy) == 10
    assert not any(one and other for one, other in itertools.pairwise(busy))
    assert paced(0, 0.9, 0, 0.9, 0.9, 0)[0:] == [True, False, True, False, False, True]


def test_it_rests_when_it_is_told_to_and_ends_with_whoever_tells_it(hilltop: Hilltop) -> None:
    with hosted(hilltop) as host:
        told = Told()
        again = Nightly(Node(hilltop.folder), host.federation, host, after=600, tell=told.tell, fail=told.fail)
        claims = [pin.claim for pin in again._pins()]
        again.close()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=nightly._work, args=(hilltop.folder, claims, again._code, theirs))
        ours.send(False)
        process.start()
        theirs.close()
        assert not ours.poll(1)
        ours.send(True)
        assert ours.poll(60)
        assert ours.recv().differs == ""
        assert ours.recv() is None
        process.join(60)
        ours, theirs = context.Pipe()
        process = context.Process(target=nightly._work, args=(hilltop.folder, claims, again._code, theirs))
        ours.send(False)
        process.start()
        theirs.close()
        ours.close()
        process.join(60)
        assert process.exitcode == 0


@pytest.mark.parametrize(
    ("hour", "minute", "seconds"), [(0, 0, 3 * 3600), (2, 59, 60), (3, 0, 86_400), (3, 1, 86_340), (23, 0, 4 * 3600)]
)
def test_the_next_night_is_never_now(hour: int, minute: int, seconds: int) -> None:
    assert until_night(datetime(2026, 2, 28, hour, minute, tzinfo=UTC)) == seconds


def test_many_records_are_said_in_one_line() -> None:
    verified = [Verified(identity=str(number), size=number) for number in range(8)]
    verified[3] = Verified(identity="3", size=3, missing="a box is not at hand")
    told = nightly._told(verified, {str(number): f"log{number}" for number in range(8)})
    assert told == [
        "verified again in full, from the entries: log0 up to 0, log1 up to 1, log2 up to 2, log4 up to 4, "
        "log5 up to 5 and 2 more",
        "not verified again: log3, since a box is not at hand",
    ]
