"""Many small files over few connections: each judged by its name, in bounded memory and time (R-MIRROR-10)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host import fetched_blobs, http
from majlis.host.blobs import Blobs
from majlis.host.fetched_blobs import AT_ONCE, fetch_blobs
from majlis.host.http import Away, Caller

DATA = [f"blob {n}".encode() for n in range(100)]


def name(data: bytes) -> str:
    return sha256(data).hexdigest()


class Keeping(BaseHTTPRequestHandler):
    """A server that keeps its connections open; ``lines`` counts the requests that came over each."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    lines: ClassVar[Counter[int]] = Counter()
    given: ClassVar[dict[str, bytes]] = {}
    cut_after: ClassVar[int] = 1000

    def do_GET(self) -> None:
        port = self.client_address[1]
        Keeping.lines[port] += 1
        data = Keeping.given.get(self.path.rpartition("/")[2])
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")
        if Keeping.lines[port] >= Keeping.cut_after:
            self.close_connection = True  # As when it was idle for too long: nothing is said beforehand.

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Keeping.lines.clear()
    Keeping.given = {name(data): data for data in DATA}
    Keeping.cut_after = 1000
    with ThreadingHTTPServer(("127.0.0.1", 0), Keeping) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Caller(f"http://127.0.0.1:{server.server_port}/under", seconds=5, sleep=lambda _: None)
        server.shutdown()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def no_matter() -> None:
    """There is room."""


def test_all_come_over_few_connections(caller: Caller, blobs: Blobs) -> None:
    wanted = [name(data) for data in DATA]
    lacking = [name(f"nobody has {n}".encode()) for n in range(20)]
    assert fetch_blobs(caller, blobs, [*lacking, *wanted], no_matter) == len(DATA)
    assert sorted(wanted) == list(blobs.names())
    assert sum(Keeping.lines.values()) == 120
    assert len(Keeping.lines) <= AT_ONCE


def test_connections_are_kept_for_a_block_and_no_longer(caller: Caller) -> None:
    path, data = name(DATA[0]), DATA[0]
    for _ in range(3):
        assert caller.get(path, 100) == data
    assert len(Keeping.lines) == 3
    with caller.kept_open(), caller.kept_open():
        for _ in range(5):
            assert caller.get(path, 100) == data
        with pytest.raises(Missing, match="404"):
            caller.get("nothing", 100)
        assert caller.get(path, 100) == data
        assert len(Keeping.lines) == 4
        with pytest.raises(Malformed):
            caller.get(path, 3)
        assert caller.get(path, 100) == data, "what was cut off is never used again"
        assert len(Keeping.lines) == 5
    assert caller.get(path, 100) == data
    assert len(Keeping.lines) == 6


def test_a_connection_that_the_other_side_closed_is_opened_anew(caller: Caller, blobs: Blobs) -> None:
    Keeping.cut_after = 3
    caller._tries = 1
    assert fetch_blobs(caller, blobs, [name(data) for data in DATA], no_matter) == len(DATA)


def test_through_a_proxy_nothing_is_kept_open(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setitem(http._PROXIES, "http", "http://127.0.0.1:9")
    with caller.kept_open():
        assert caller._lines is None
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with caller.kept_open():
        assert caller.get(name(DATA[0]), 100) == DATA[0]
        assert caller._lines is not None


def test_a_false_one_spoils_no_other_and_is_told(caller: Caller, blobs: Blobs) -> None:
    wanted = [name(data) for data in DATA]
    Keeping.given[wanted[0]] = b"something else"
    with pytest.raises(Forged, match=f"blobs/sha256/{wanted[0][:2]}/{wanted[0]}") as raised:
        fetch_blobs(caller, blobs, wanted, no_matter)
    assert "not those that its name says" in raised.value.text
    assert sorted(wanted[1:]) == list(blobs.names())


def test_large_ones_come_one_after_another(caller: Caller, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched_blobs, "_SMALL", 1000)
    large = [bytes([n]) * 5000 for n in range(20)]
    Keeping.given |= {name(data): data for data in large}
    held: list[int] = []

    class Counting(Caller):
        at_once = 0

        def get(self, path: str, limit: int) -> bytes:
            is_large = limit > 1000
            Counting.at_once += is_large
            held.append(Counting.at_once)
            try:
                return super().get(path, limit)
            finally:
                Counting.at_once -= is_large

    wanted = [name(data) for data in (*DATA, *large)]
    assert fetch_blobs(Counting(caller.url), blobs, wanted, no_matter) == len(wanted)
    assert max(held) == 1


def test_what_is_larger_than_any_blob_is_no_blob(caller: Caller, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched_blobs, "_SMALL", 10)
    monkeypatch.setattr(fetched_blobs, "MAX_BLOB", 100)
    Keeping.given["ab" * 32] = bytes(200)
    with pytest.raises(Malformed):
        fetch_blobs(caller, blobs, ["ab" * 32, name(DATA[0])], no_matter)
    assert list(blobs.names()) == [name(DATA[0])]


def test_where_nobody_answers_any_more_nothing_else_is_asked(blobs: Blobs) -> None:
    asked: list[str] = []

    class Gone(Caller):
        def get(self, path: str, limit: int) -> bytes:
            asked.append(path)
            raise Away("nobody answers there")

    assert fetch_blobs(Gone("http://mirror.example"), blobs, [name(data) for data in DATA], no_matter) == 0
    assert len(asked) <= AT_ONCE


def test_whoever_drips_is_given_up_and_the_rest_comes_another_time(
    caller: Caller, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(fetched_blobs, "time", type("Clock", (), {"monotonic": staticmethod(lambda: now[0])}))

    class Dripping(Caller):
        def get(self, path: str, limit: int) -> bytes:
            now[0] += 10
            return super().get(path, limit)

    wanted = [name(data) for data in DATA]
    count = fetch_blobs(Dripping(caller.url), blobs, wanted, no_matter)
    assert AT_ONCE <= count < 20
    assert fetch_blobs(caller, blobs, wanted, no_matter) == len(wanted)


def test_a_full_disk_ends_it_at_once(caller: Caller, blobs: Blobs) -> None:
    """R-MIRROR-7"""
    began = time.monotonic()

    def full() -> None:
        raise Refused("no room", rule="R-MIRROR-7")

    with pytest.raises(Refused, match="no room"):
        fetch_blobs(caller, blobs, [name(data) for data in DATA], full)
    assert sum(Keeping.lines.values()) <= 2 * AT_ONCE
    assert time.monotonic() - began < 30
