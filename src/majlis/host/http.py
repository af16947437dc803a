"""Asking others over HTTP: bounded in time and size, following no redirects, believing nothing.

What comes back is bytes from a stranger. Answers are cut off at a limit, packed ones too, and a redirect is an answer
like any other, so that nobody sends us elsewhere (c2sp.org/tlog-tiles asks the same of clients). Whoever sends a byte
now and then is given up, and a block of questions can have an end (``Caller.within``), however much comes meanwhile.

Whoever has many questions asks them over connections that are kept open meanwhile (``Caller.kept_open``), from several
threads if they like: each connection serves one at a time.
"""

from __future__ import annotations

import http.client
import math
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from majlis.errors import Malformed, Missing
from majlis.host.disk import check_room

__all__ = ["LOOK_SECONDS", "ROUND_SECONDS", "Answer", "Away", "Caller", "base_url"]

HEAD_SECONDS: Final = 60
"""How long the head of an answer may take to come."""

GRACE_SECONDS: Final = 60
LEAST_SPEED: Final = 1024
"""Bytes a second at which a body must come, once it has had so many seconds."""

LOOK_SECONDS: Final = 120
"""So long may one address take to show what it has: its index, or a checkpoint."""

ROUND_SECONDS: Final = 1800
"""So long may one address take in all before the next is asked."""

_SECONDS: Final = 20
_TRIES: Final = 3
_PAUSE: Final = 0.5
_BLOCK: Final = 1 << 20
_AGAIN: Final = frozenset({429, 502, 503, 504})


class Away(Missing):
    """Nobody answers at all."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side said. ``kind``: its Content-Type, without parameters."""

    status: int
    kind: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as one line for people, cut short; nothing in it is to be believed."""
        said = self.body[:2000].decode("utf-8", "replace")
        return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:300]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: the redirect itself is the answer."""
        return


def _in_time(
    connection: http.client.HTTPConnection, ask: Callable[[], http.client.HTTPResponse]
) -> http.client.HTTPResponse:
    """The answer, whose head came in time however it drips. Raises: OSError or HTTPException, otherwise."""
    is_cut = threading.Event()

    def end() -> None:
        is_cut.set()
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    cut = threading.Timer(HEAD_SECONDS, end)
    cut.daemon = True
    cut.start()
    try:
        answer = ask()
    finally:
        cut.cancel()
    if is_cut.is_set():
        answer.close()
        raise TimeoutError("its answer does not begin")
    return answer


class _Plain(http.client.HTTPConnection):
    def getresponse(self) -> http.client.HTTPResponse:
        return _in_time(self, super().getresponse)


class _Sealed(http.client.HTTPSConnection):
    def getresponse(self) -> http.client.HTTPResponse:
        return _in_time(self, super().getresponse)


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Plain, req)


class _SealedHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Sealed, req, context=_TLS)


_TLS: Final = ssl.create_default_context()
_PROXIES: Final = urllib.request.getproxies()
_OPENER: Final = urllib.request.build_opener(
    urllib.request.ProxyHandler(_PROXIES), _NoRedirect, _PlainHandler, _SealedHandler
)


def base_url(url: str) -> str:
    """The address without a slash at its end. Raises: Malformed, unless it begins with http:// or https://."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable or any(c.isspace() or c < " " for c in url):
        raise Malformed(f"an address begins with http:// or https:// and names a machine, got {url[:80]!r}")
    return url.rstrip("/")


class _Lines:
    """Connections to one place that stay open, for as many threads as there are. Proxies are none of its business."""

    def __init__(self, url: str, seconds: float) -> None:
        parts = urlsplit(url)
        self._is_sealed = parts.scheme == "https"
        self._host, self._port, self._prefix = parts.hostname or "", parts.port, parts.path
        self._seconds = seconds
        self._idle: list[http.client.HTTPConnection] = []

    def ask(
        self, method: str, path: str, body: bytes | None, limit: int, headers: dict[str, str], until: float
    ) -> Answer:
        """Raises: OSError, HTTPException, ValueError; Malformed, when the answer has more than ``limit`` bytes."""
        try:
            connection, is_used = self._idle.pop(), True
        except IndexError:
            connection, is_used = self._open(), False
        try:
            try:
                answer = self._answer(connection, method, path, body, headers)
            except (ConnectionError, http.client.BadStatusLine):
                # The other side may close what was idle at the very moment when it is used again.
                if not is_used:
                    raise
                connection.close()
                connection = self._open()
                answer = self._answer(connection, method, path, body, headers)
            with answer:
                found = _read(answer, answer.status, limit, f"{self._host}{self._prefix}/{path}", until)
                is_over = answer.isclosed() or answer.length == 0
        except BaseException:
            connection.close()
            raise
        if is_over and not answer.will_close:
            self._idle.append(connection)
        else:
            connection.close()
        return found

    def _open(self) -> http.client.HTTPConnection:
        if self._is_sealed:
            return _Sealed(self._host, self._port, timeout=self._seconds, context=_TLS)
        return _Plain(self._host, self._port, timeout=self._seconds)

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> http.client.HTTPResponse:
        connection.request(method, f"{self._prefix}/{path}", body=body, headers=headers)
        return connection.getresponse()

    def close(self) -> None:
        """No connection is open any more."""
        while self._idle:
            self._idle.pop().close()


def _is_direct(url: str) -> bool:
    """Whether this address is asked without a proxy in between."""
    parts = urlsplit(url)
    return parts.scheme not in _PROXIES or bool(urllib.request.proxy_bypass(parts.hostname or ""))


class Caller:
    """One place that is asked things. ``tries``: how often it is asked while it is away or busy."""

    def __init__(
        self, url: str, *, seconds: float = _SECONDS, tries: int = _TRIES, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Raises: Malformed, for an address that cannot be one."""
        self.url = base_url(url)
        self._seconds = seconds
        self._tries = tries
        self._sleep = sleep
        self._lines: _Lines | None = None
        self._until = math.inf

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is asked in this block, by any thread, has come after so many seconds or comes no more."""
        before = self._until
        self._until = min(before, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._until = before

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """What is asked in this block goes over connections that are used again, where no proxy is in between."""
        if self._lines is not None or not _is_direct(self.url):
            yield
            return
        self._lines = lines = _Lines(self.url, self._seconds)
        try:
            yield
        finally:
            self._lines = None
            lines.close()

    def get(self, path: str, limit: int) -> bytes:
        """The bytes at this path. Raises: Missing, where there are none; Malformed, where there are over ``limit``."""
        answer = self.ask("GET", path, limit=limit)
        if answer.status != 200:
            raise Missing(f"it is not there ({answer.status}): {answer.text}", where=f"{self.url}/{path}")
        return answer.body

    def save(self, path: str, target: Path, limit: int) -> None:
        """The file holds the bytes at this path, however many up to ``limit``; they never lie in memory.

        Raises: Missing, where there are none or they stop halfway; Malformed, where there are more.
        """
        address = f"{self.url}/{path}"
        request = urllib.request.Request(address, headers={"User-Agent": "majlis"})  # noqa: S310
        try:
            _check_time(self._until)
            with _OPENER.open(request, timeout=self._seconds) as answer, target.open("wb") as file:
                size = 0
                for block in _blocks(answer, limit, self._until):
                    size += len(block)
                    if size > limit:
                        raise Malformed(f"this file has more than {limit} bytes", where=address)
                    check_room(target.parent)
                    file.write(block)
                expected = answer.headers.get("Content-Length")
                if expected is not None and expected != str(size):
                    raise Missing("it was cut off on its way; ask again", where=address)
        except (urllib.error.HTTPError, OSError, http.client.HTTPException) as error:
            raise Missing(f"it is not to be had there ({error})", where=address) from None

    def post(self, path: str, body: bytes, *, limit: int) -> Answer:
        """Whatever it answers. Raises: Missing, when nobody answers; Malformed, over ``limit`` bytes."""
        return self.ask("POST", path, body=body, limit=limit)

    def ask(self, method: str, path: str, *, body: bytes | None = None, limit: int) -> Answer:
        """The answer, asked again with growing pauses while nobody is there or it says that it is busy.

        Raises: Away, when nobody answers in the end; Malformed, when the answer has more than ``limit`` bytes.
        """
        for number in range(self._tries):
            if number:
                self._sleep(_PAUSE * 2 ** (number - 1))
            is_last = number == self._tries - 1
            try:
                _check_time(self._until)
                answer = self._once(method, path, body, limit)
            except (OSError, http.client.HTTPException, ValueError) as error:
                if is_last or time.monotonic() > self._until:
                    raise Away(f"nobody answers there ({error})", where=f"{self.url}/{path}") from None
                continue
            if is_last or answer.status not in _AGAIN:
                return answer
        raise AssertionError

    def _once(self, method: str, path: str, body: bytes | None, limit: int) -> Answer:
        headers = {"Accept-Encoding": "gzip, identity", "User-Agent": "majlis"}
        if body is not None:
            headers["Content-Type"] = "application/octet-stream"
        if self._lines is not None:
            return self._lines.ask(method, path, body, limit, headers, self._until)
        address = f"{self.url}/{path}"
        request = urllib.request.Request(address, data=body, method=method, headers=headers)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=self._seconds) as answer:
                return _read(answer, answer.status, limit, address, self._until)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error, error.code, limit, address, self._until)


def _check_time(until: float) -> None:
    """There is still time. Raises: TimeoutError."""
    if time.monotonic() > until:
        raise TimeoutError("it takes too long in all")


def _blocks(answer: Any, limit: int, until: float) -> Iterator[bytes]:
    """The body as it comes, up to one byte more than ``limit``. Raises: OSError, when it comes too slowly."""
    began = time.monotonic()
    left = limit + 1
    while left and (block := answer.read1(min(left, _BLOCK))):
        yield block
        left -= len(block)
        if time.monotonic() - began > GRACE_SECONDS + (limit + 1 - left) // LEAST_SPEED:
            raise TimeoutError(f"it sends less than {LEAST_SPEED} bytes a second")
        _check_time(until)


def _read(answer: Any, status: int, limit: int, address: str, until: float) -> Answer:
    data = b"".join(_blocks(answer, limit, until))
    if answer.headers.get("Content-Encoding", "").lower() == "gzip":
        unpacking = zlib.decompressobj(wbits=31)
        try:
            data = unpacking.decompress(data, limit + 1)
        except zlib.error as error:
            raise ValueError(f"what came is not gzip: {error}") from None
    if len(data) > limit:
        raise Malformed(f"the answer has more than {limit} bytes; it is not what was asked for", where=address)
    return Answer(status=status, kind=answer.headers.get_content_type(), body=data)
