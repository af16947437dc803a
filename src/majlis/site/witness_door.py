"""The door of a folder's witness: two calls of C2SP and one of ours, beside everything else that a server answers.

    POST /add-checkpoint      c2sp.org/tlog-witness
    POST /add-entries         c2sp.org/tlog-mirror; its body may be packed by gzip
    POST /deliver             one signed act for another body's record, alone or in a file with what it brings: logged
                              here as delivered, with a receipt
    GET  /<hex SHA-256 of origin>/checkpoint        the public file: the newest note that it cosigned

Whatever is asked goes through ``host.witnessing``, in a thread of its own, so that no reader waits for a disk.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from majlis.host.actfile import MAX_HANDED
from majlis.host.witnessing import MAX_ENTRIES_SIZE, Reply, WitnessDoor
from majlis.institutions import MAX_ENTRY
from majlis.record import MAX_REQUEST_SIZE

__all__ = ["MOST_DOOR", "WithWitness"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

_SECONDS: Final = 60
MOST_DOOR: Final = {"/add-checkpoint": MAX_REQUEST_SIZE, "/add-entries": MAX_ENTRIES_SIZE, "/deliver": MAX_HANDED}
"""The calls of this door, and how many bytes each takes."""

_NOT_LIKE_THIS: Final = Reply(status=405, body="this door can be written to, but not like this: use POST\n")
_NOBODY: Final = Reply(status=404, body="no witness is kept here; ask another mirror\n")


AT_ONCE: Final = 12
"""How many of the largest requests of one kind are held in memory at once; whoever comes then is to come again."""


class _Busy(Exception):
    """Too many bytes of others are being taken in."""


class _TooLarge(Exception):
    """The body has more bytes than this call takes."""


class WithWitness:
    """The application ``app``, with the calls of a witness answered before. ``door``: None where there is none."""

    def __init__(self, app: App, door: WitnessDoor | None) -> None:
        self._app = app
        self._door = door
        self._thread = ThreadPoolExecutor(1, "witness")
        self._held = dict.fromkeys(MOST_DOOR, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = MOST_DOOR.get(scope.get("path", "")) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        if scope["method"] != "POST" or self._door is None:
            await _answer(send, _NOBODY if scope["method"] == "POST" else _NOT_LIKE_THIS, scope["method"])
            return
        share = _Share(self._held, scope["path"], limit)
        try:
            await _answer(send, await self._reply(self._door, scope, receive, share))
        finally:
            share.release()

    async def _reply(self, door: WitnessDoor, scope: Scope, receive: Receive, share: _Share) -> Reply:
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _body(receive, share)
            body = _unpacked(scope, body, share)
            if scope["path"] == "/deliver" and len(body) > MAX_ENTRY and not body.startswith(b"{"):
                return Reply(status=413, body=f"an act alone has at most {MAX_ENTRY} bytes\n")
        except _Busy:
            return Reply(status=503, body="many others are being heard; come again in a minute\n")
        except _TooLarge:
            return Reply(status=413, body=f"send at most {share.limit} bytes at once\n")
        except TimeoutError:
            return Reply(status=408, body="the request did not arrive in time\n")
        except zlib.error:
            return Reply(status=400, body="the body is not packed as its head says\n")
        calls = {"/add-checkpoint": door.add_checkpoint, "/add-entries": door.add_entries}
        call = calls.get(scope["path"], door.deliver)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, body)


class _Share:
    """What one request holds in memory, of all that the requests of its kind may hold together."""

    def __init__(self, held: dict[str, int], path: str, limit: int) -> None:
        self.limit = limit
        self._held = held
        self._path = path
        self._size = 0

    def take(self, size: int) -> None:
        """Raises: _Busy."""
        self._held[self._path] += size
        self._size += size
        if self._held[self._path] > AT_ONCE * min(self.limit, MAX_ENTRIES_SIZE):
            raise _Busy

    def release(self) -> None:
        """Others may have it."""
        self._held[self._path] -= self._size
        self._size = 0


async def _body(receive: Receive, share: _Share) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size > share.limit:
            raise _TooLarge
        share.take(len(part))
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _unpacked(scope: Scope, body: bytes, share: _Share) -> bytes:
    packed = any(name == b"content-encoding" and value.lower() == b"gzip" for name, value in scope["headers"])
    if not packed:
        return body
    data = zlib.decompressobj(wbits=31).decompress(body, share.limit + 1)
    if len(data) > share.limit:
        raise _TooLarge
    share.take(len(data))
    return data


async def _answer(send: Send, reply: Reply, method: str = "POST") -> None:
    body = reply.body.encode()
    kind = f"{reply.kind}; charset=utf-8" if reply.kind == "text/plain" else reply.kind
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"accept-encoding", b"gzip, identity"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if reply.status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
