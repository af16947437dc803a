"""An address that begins to answer, and then sends a little now and then, for as long as anybody listens."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["BODY", "dripping"]

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 16000000\r\n\r\n"


@contextmanager
def dripping(begun: bytes = BODY, each: bytes = b"x") -> Iterator[str]:
    """Its address. ``begun``: what comes at once; ``each``: what comes then fifty times a second."""
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(begun)
            while not stop.wait(0.02):
                connection.sendall(each)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stop.set()
