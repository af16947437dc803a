"""Asking others over HTTP: no redirect is followed, no answer fills the memory, and whoever is busy is asked again."""

from __future__ import annotations

import gzip
import math
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.host.drip import BODY, dripping

from majlis.errors import Malformed, Missing, Refused
from majlis.host import disk, http
from majlis.host.http import Away, Caller


class Place(BaseHTTPRequestHandler):
    """Answers by path; ``asked`` is every path in order."""

    asked: ClassVar[list[str]] = []
    busy: ClassVar[int] = 0

    def do_GET(self) -> None:
        Place.asked.append(self.path)
        match self.path:
            case "/moved":
                self.answer(302, b"elsewhere", Location="/here")
            case "/packed":
                self.answer(200, gzip.compress(b"packed"), Content_Encoding="gzip")
            case "/bomb":
                self.answer(200, gzip.compress(bytes(1_000_000)), Content_Encoding="gzip")
            case "/noise":
                self.answer(200, b"no gzip at all", Content_Encoding="gzip")
            case "/large":
                self.answer(200, bytes(1001))
            case "/cut":
                self.answer(200, b"half", Content_Length="8")
            case "/busy" if Place.busy:
                Place.busy -= 1
                self.answer(503, b"not now")
            case "/none":
                self.answer(404, b"no\x07such\nthing")
            case _:
                self.answer(200, b"here")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Place.asked.clear()
    Place.busy = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Place) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Caller(f"http://127.0.0.1:{server.server_port}/", seconds=5, sleep=lambda _: None)
        server.shutdown()


def test_what_is_there_comes_packed_or_not(caller: Caller) -> None:
    assert caller.get("x", 1000) == b"here"
    assert caller.get("packed", 1000) == b"packed"


def test_a_redirect_is_an_answer(caller: Caller) -> None:
    with pytest.raises(Missing, match="302"):
        caller.get("moved", 1000)
    assert Place.asked == ["/moved"]


@pytest.mark.parametrize("path", ["bomb", "large"])
def test_an_answer_is_bounded(caller: Caller, path: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="more than 1000 bytes"):
        caller.get(path, 1000)
    with pytest.raises(Malformed, match="more than 1000 bytes"):
        caller.save("large", tmp_path / "file", 1000)


def test_what_is_busy_is_asked_again(caller: Caller) -> None:
    Place.busy = 2
    assert caller.get("busy", 1000) == b"here"
    assert len(Place.asked) == 3
    Place.busy = 3
    with pytest.raises(Missing, match="not now"):
        caller.get("busy", 1000)


def test_what_is_not_there_is_missing_and_told_on_one_line(caller: Caller, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no such thing"):
        caller.get("none", 1000)
    with pytest.raises(Missing):
        caller.get("noise", 1000)
    for path in ("none", "cut", "moved"):
        with pytest.raises(Missing):
            caller.save(path, tmp_path / "file", 1000)
    caller.save("x", tmp_path / "file", 1000)
    assert (tmp_path / "file").read_bytes() == b"here"


@pytest.mark.parametrize("part", ["head", "body"])
def test_who_sends_a_byte_now_and_then_is_given_up(part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """R-MIRROR-7: each byte comes in time, and all of it never would."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(http, "GRACE_SECONDS", 0.3)
    with dripping(b"HTTP/1.1 200 OK\r\n" if part == "head" else BODY) as url:
        caller = Caller(url, seconds=5, tries=1)
        with pytest.raises(Missing, match="nobody answers"):
            caller.get("x", 20_000_000)
        with pytest.raises(Missing):
            caller.save("x", tmp_path / "file", 20_000_000)


def test_a_block_of_questions_ends_however_much_comes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """R-MIRROR-7: 16 MB at fifty times the least speed would take five minutes."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with dripping(each=bytes(1024)) as url:
        caller = Caller(url, seconds=5)
        for block in (caller.kept_open(), nullcontext()):
            with block, caller.within(0.3), caller.within(1000), pytest.raises(Away, match="too long in all"):
                caller.get("x", 20_000_000)
        with caller.within(0.3), pytest.raises(Missing, match="too long in all"):
            caller.save("x", tmp_path / "file", 20_000_000)
        with caller.within(-1), pytest.raises(Missing, match="too long in all"):
            caller.save("x", tmp_path / "file", 20_000_000)
    assert caller._until == math.inf


def test_a_disk_is_not_filled(caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-MIRROR-7."""
    monkeypatch.setattr(disk, "LEAST_FREE", 2**62)
    with pytest.raises(Refused, match="R-MIRROR-7"):
        caller.save("large", tmp_path / "file", 10_000)
