"""The web server at work: it waits for nobody for ever, is not stopped by its own memory, and ends in order.

A connection that has not handed in a whole request ``REQUEST_SECONDS`` after it began one is closed, and so is one that
read nothing of its answer for as long: whoever sends a byte a minute holds a socket for that minute, and nothing else.
More than ``MOST_CONNECTIONS`` at once are answered 503.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["MOST_CONNECTIONS", "REQUEST_SECONDS", "run_app"]

REQUEST_SECONDS: Final = 60
KEEP_ALIVE_SECONDS: Final = 15
MOST_CONNECTIONS: Final = 2000
_UNFINISHED: Final = (h11.IDLE, h11.SEND_BODY)


class PatientProtocol(H11Protocol):
    """One connection, closed when a request takes too long to come."""

    seconds: float = REQUEST_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock runs from here on, as if a request had begun."""
        super().connection_made(transport)
        self._begun: float | None = self.loop.time()
        self._unsent = 0
        self._watch = self.loop.call_later(self.seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody looks any more."""
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A request begins with its first byte, and is there with its last."""
        if self._begun is None:
            self._begun = self.loop.time()
        super().data_received(data)
        if self.conn.their_state not in _UNFINISHED:
            self._begun = None

    def _look(self) -> None:
        waited = 0.0 if self._begun is None else self.loop.time() - self._begun
        unsent = self.transport.get_write_buffer_size()
        if waited >= self.seconds or (unsent and unsent >= self._unsent > 0):
            self.transport.abort()
        else:
            self._unsent = unsent
            self._watch = self.loop.call_later(self.seconds - waited, self._look)


def run_app(app: Any, listener: socket.socket, ending: Event | None = None) -> None:
    """Serves until it is stopped by SIGINT or SIGTERM, or by ``ending``; what was begun is answered first."""

    async def look() -> None:
        server.should_exit = server.should_exit or (ending is not None and ending.is_set())

    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        access_log=False,
        log_level="error",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=KEEP_ALIVE_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        callback_notify=look,
        timeout_notify=1,
    )
    server = uvicorn.Server(config)
    with _ending_in_order(), _few_collections():
        server.run(sockets=[listener])


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """The server, once it has stopped, repeats the signal that stopped it; that must not end us before files close."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _few_collections() -> Iterator[None]:
    """What was folded stays in memory for good, and is not looked through for garbage again and again.

    With a hundred thousand acts one such look stops everybody for a tenth of a second and finds nothing.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
