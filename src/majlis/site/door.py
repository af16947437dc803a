"""The two doors through which signed acts and ballots come in, in front of the application that shows pages.

    POST /acts/<slug>             one signed act as text, or a file with it and the blobs that it names (R-HANDED-1);
                                  answers with a receipt
    POST /boxes/<uuid>/ballots    one ballot as text; answers with a receipt that holds the tracker

They speak ASGI themselves: the framework behind them spends as long on a request as libsodium on a signature. What is
handed in is read up to its limit and no further, as long as it comes: never silent for ``READ_SECONDS``, and once twice
that has passed no slower than ``SLOWEST``. Then it belongs to the host. HEAD is answered here too, as GET without the
body.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.actfile import MAX_HANDED, parse_handed
from majlis.host.group import Busy
from majlis.host.host import HeldBack
from majlis.host.signer import Behind
from majlis.institutions import MAX_ENTRY
from majlis.site.library import Library
from majlis.site.source import Host, Receipt, Source

__all__ = ["HEADERS", "MOST_ACT", "MOST_BALLOT", "MOST_FILE", "Doors", "status_of"]

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Header = tuple[bytes, bytes]

MOST_ACT: Final = MAX_ENTRY
MOST_BALLOT: Final = 1024 * 1024
MOST_FILE: Final = MAX_HANDED
MOST_HELD: Final = 64 * 1024 * 1024
MOST_FILES_HELD: Final = 4 * MOST_FILE
READ_SECONDS: Final = 30
SLOWEST: Final = 16 * 1024
"""Bytes a second. A ballot may so take two minutes, the largest file half an hour; nobody holds memory for longer."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
READ_ONLY: Final = (
    "this server only shows what is public; it takes nothing in. Hand your act or ballot to the host of the record, or "
    "to any mirror\n"
)

# Answers of a door are no pages: nothing is to be kept of them, and nothing in them is to be run.
_COMMON: Final[tuple[Header, ...]] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
_TEXT: Final = b"text/plain; charset=utf-8"
_FILE: Final = b"{"
_ACTS: Final = re.compile(r"/acts/([^/]+)")
_BALLOTS: Final = re.compile(r"/boxes/([^/]+)/ballots")
_STATUS: Final[tuple[tuple[type[Fault], int], ...]] = (
    (Busy, 503),
    (Behind, 503),
    (HeldBack, 429),
    (Malformed, 400),
    (Forged, 422),
    (Refused, 409),
    (Missing, 404),
)


def status_of(fault: Fault) -> int:
    """The HTTP status that says what kind of fault this is; 503 for one of this machine."""
    return next((code for kind, code in _STATUS if isinstance(fault, kind)), 503)


class _TooMuch(Exception):
    """The body is larger than what may be handed in."""


class _Held:
    """Bytes that were handed in at doors and are held in memory, of all requests of one kind together."""

    def __init__(self) -> None:
        self.size = 0


class _Gone(Exception):
    """Whoever was handing something in has hung up."""


class _Late(Exception):
    """What was being handed in came too slowly, or no more; its words say which."""


class Doors:
    """The application with its doors. Without ``host`` they are shut, and answer 403 with a plain word."""

    def __init__(self, app: App, source: Source, host: Host | None) -> None:
        self._app = app
        self._source = source
        self._host = host
        self._identities: dict[str, str] = {}
        self._held = _Held()  # Bodies that are not whole yet.
        self._files = _Held()  # Files with an act, until they are answered, so that they keep no small act out.
        self._reading = ThreadPoolExecutor(1, "files")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif act := _ACTS.fullmatch(scope["path"]):
            await self._answer(scope, receive, send, act[1], self._submit)
        elif ballot := _BALLOTS.fullmatch(scope["path"]):
            await self._answer(scope, receive, send, ballot[1], self._cast)
        elif scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        name: str,
        take: Callable[[str, Scope, Receive], Awaitable[Receipt]],
    ) -> None:
        """One request at a door, from its first byte to its answer."""
        if scope["method"] != "POST":
            text = "this door can be written to, but not like this: send one act or ballot by POST\n"
            return await _respond(send, 405, text.encode(), _TEXT, [(b"allow", b"POST")], scope["method"])
        if self._host is None:
            return await _respond(send, 403, READ_ONLY.encode(), _TEXT)
        try:
            receipt = await take(name, scope, receive)
        except _Gone:
            return None
        except _TooMuch:
            text = (
                f"too large: an act is at most {MOST_ACT} bytes, a file with it and what it brings {MOST_FILE}, "
                f"a ballot {MOST_BALLOT}\n"
            )
            return await _respond(send, 413, text.encode(), _TEXT, [(b"connection", b"close")])
        except _Late as late:
            return await _respond(send, 408, f"{late}\n".encode(), _TEXT, [(b"connection", b"close")])
        except Fault as fault:
            status = status_of(fault)
            retry = [(b"retry-after", b"1")] if status == 503 else []
            word = f"\n{fault.note}" if isinstance(fault, HeldBack) else ""
            return await _respond(send, status, f"{fault}\n{word}".encode(), _TEXT, retry)
        if b"text/plain" in _header(scope, b"accept"):
            text = receipt.note or f"{receipt.level} {receipt.id} {receipt.place}\n"
            return await _respond(send, 200, text.encode(), _TEXT)
        return await _respond(send, 200, msgspec.json.encode(receipt) + b"\n", b"application/json")

    async def _submit(self, slug: str, scope: Scope, receive: Receive) -> Receipt:
        assert self._host is not None
        body = await self._body(scope, receive, MOST_ACT, "an act", MOST_FILE)
        if not body.startswith(_FILE):
            return await self._host.submit(self._identity(slug), body)
        self._hold(self._files, len(body))
        try:
            file = await asyncio.get_running_loop().run_in_executor(self._reading, parse_handed, body)
            return await self._host.submit(self._identity(slug), file.entry, file.blobs)
        finally:
            self._files.size -= len(body)

    async def _cast(self, uuid: str, scope: Scope, receive: Receive) -> Receipt:
        assert self._host is not None
        return await self._host.cast(uuid, await self._body(scope, receive, MOST_BALLOT, "a ballot"))

    def _identity(self, slug: str) -> str:
        """The body of this name, looked up once: a name here never passes to another body. Raises: Missing."""
        if slug not in self._identities:
            self._identities[slug] = Library(self._source, every_act=True).body(slug).identity
        return self._identities[slug]

    async def _body(self, scope: Scope, receive: Receive, most: int, what: str, most_file: int = 0) -> bytes:
        """The bytes that are handed in: at most ``most``, or of a file with an act, where one is taken, ``most_file``.

        Raises: Malformed when there are none; Busy, when all that is on its way is too much; _TooMuch, before more than
        that is kept; _Gone; _Late.
        """
        announced = _header(scope, b"content-length")
        if announced.isdigit() and (len(announced) > 18 or int(announced) > max(most, most_file)):
            raise _TooMuch
        began = asyncio.get_running_loop().time()
        event = await _next(receive, began, 0)
        if event["type"] == "http.request" and not event.get("more_body"):
            body = event.get("body", b"")
        else:
            body = await self._rest(event, receive, began, most, most_file)
        if len(body) > (most_file if most_file and body.startswith(_FILE) else most):
            raise _TooMuch
        if not body:
            raise Malformed(f"nothing was handed in; send {what} as the body of the request")
        return bytes(body)

    async def _rest(self, event: Any, receive: Receive, began: float, most: int, most_file: int) -> bytes:
        pieces: list[bytes] = []
        size, held = 0, self._held
        try:
            while True:
                if event["type"] != "http.request":
                    raise _Gone
                piece = event.get("body", b"")
                if not size and most_file and piece.startswith(_FILE):
                    most, held = most_file, self._files
                pieces.append(piece)
                size += len(piece)
                held.size += len(piece)
                if size > most:
                    raise _TooMuch
                self._check(held)
                if not event.get("more_body"):
                    return b"".join(pieces)
                event = await _next(receive, began, size)
        finally:
            held.size -= size

    def _hold(self, held: _Held, size: int) -> None:
        """Raises: Busy; then nothing is held."""
        held.size += size
        try:
            self._check(held)
        except Busy:
            held.size -= size
            raise

    def _check(self, held: _Held) -> None:
        if held.size > (MOST_FILES_HELD if held is self._files else MOST_HELD):
            raise Busy("too much is being handed in at once; hand it in again shortly")


async def _next(receive: Receive, began: float, size: int) -> Any:
    """The next piece of a body of which ``size`` bytes came since ``began``. Raises: _Late."""
    silent = asyncio.get_running_loop().time() + READ_SECONDS
    slow = began + 2 * READ_SECONDS + size / SLOWEST
    try:
        async with asyncio.timeout_at(min(silent, slow)):
            return await receive()
    except TimeoutError:
        if silent <= slow:
            raise _Late(f"nothing more came for {READ_SECONDS} seconds; hand it in again") from None
        raise _Late(
            f"less than {SLOWEST} bytes a second came; hand it in again over another line, or carry it by stick"
        ) from None


def _header(scope: Scope, name: bytes) -> bytes:
    return b", ".join(value for key, value in scope["headers"] if key == name)


async def _respond(
    send: Send, status: int, body: bytes, kind: bytes, more: Iterable[Header] = (), method: str = "POST"
) -> None:
    headers = [*_COMMON, (b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _without_body(send: Send) -> Send:
    """Sends the head of an answer as it is, and nothing of what follows it."""

    async def only_head(event: Any) -> None:
        await send({**event, "body": b""} if event["type"] == "http.response.body" else event)

    return only_head
