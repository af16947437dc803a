"""How a server ends by itself: what was found wrong is answered to everybody, and then it stops (R-AGAIN-2)."""

from __future__ import annotations

import threading
from typing import Final

from majlis.errors import Fault
from majlis.site.door import App, Receive, Scope, Send

__all__ = ["Ending"]

_HEADERS: Final = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]


class Ending:
    """Whether the server is to stop, and for what. Safe to use from several threads."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.fault: Fault | None = None

    def fail(self, fault: Fault) -> None:
        """From now on everybody is answered this, and the server stops as soon as it can."""
        self.fault = fault
        self.event.set()

    def before(self, app: App) -> App:
        """The application, for as long as nothing is wrong."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if self.fault is None or scope["type"] != "http":
                await app(scope, receive, send)
                return
            body = f"{self.fault}\n".encode()
            headers = [*_HEADERS, (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

        return answer
