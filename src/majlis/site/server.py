"""The pages live, the public files beside them, and two doors through which signed acts and ballots come in.

    GET  /pages/…                 every page, any act included, from what the records say now
    GET  /index.json, /boxes/…, /blobs/…, /<hex>/checkpoint, /<hex>/tile/…      the public files
    POST /acts/<slug>             one signed act as text; answers with a receipt
    POST /boxes/<uuid>/ballots    one ballot as text; answers with a receipt that holds the tracker

One request is answered at a time, since a host is one writer. Nobody asks for a key, a name or a credential here, no
cookie is set, and no address is kept. Pages run no script, and the headers forbid it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.config.response_cache import ResponseCacheConfig
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Redirect

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.institutions import MAX_ENTRY
from majlis.site.library import Library
from majlis.site.pages import assets, render_page
from majlis.site.source import Host, Receipt, Source

MOST_ACT: Final = MAX_ENTRY
MOST_BALLOT: Final = 1024 * 1024
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

_STATUS: Final[tuple[tuple[type[Fault], int], ...]] = ((Malformed, 400), (Forged, 422), (Refused, 409), (Missing, 404))
_FOLDER: Final = re.compile(r"[a-z]{2}(/[a-z0-9]+(-[a-z0-9]+)*)?")
# What a stranger may read beside the pages, by the form of its path, with its type and whether it can ever change.
_PUBLIC: Final = (
    (re.compile(r"index\.json"), "application/json", False),
    (re.compile(r"SHA256SUMS"), "text/plain", False),
    (re.compile(r"boxes/[1-9A-HJ-NP-Za-km-z]{14,64}\.bel"), "application/x-tar", False),
    (re.compile(r"blobs/sha256/[0-9a-f]{2}/[0-9a-f]{64}"), "application/octet-stream", True),
    (re.compile(r"[0-9a-f]{64}/checkpoint"), "text/plain", False),
    (re.compile(r"[0-9a-f]{64}/tile/(entries|[0-9]+)(/x[0-9]{3})*/[0-9]{3}"), "application/octet-stream", True),
    (
        re.compile(r"[0-9a-f]{64}/tile/(entries|[0-9]+)(/x[0-9]{3})*/[0-9]{3}\.p/[0-9]{1,3}"),
        "application/octet-stream",
        True,
    ),
)
READ_ONLY: Final = (
    "this server only shows what is public; it takes nothing in. Hand your act or ballot to the host of the record, or "
    "to any mirror\n"
)


def make_app(source: Source, host: Host | None = None) -> Litestar:
    """The application. Without ``host`` it is read-only: acts and ballots are answered with 403 and a plain word."""

    @get("/", sync_to_thread=False, include_in_schema=False)
    def home() -> Redirect:
        return Redirect("/pages/index.html")

    @get("/pages/{path:path}", sync_to_thread=False)
    def page(path: FromPath[str]) -> Response[bytes] | Redirect:
        name = path.strip("/")
        for asset, content in assets().values():
            if name == asset:
                kind = "text/css" if name.endswith(".css") else "image/svg+xml"
                return Response(content, media_type=kind, headers=FOR_EVER)
        if not name:
            return Redirect("/pages/index.html")
        if _FOLDER.fullmatch(name):
            return Redirect(f"/pages/{name}/index.html")
        return Response(render_page(source, name), media_type="text/html")

    @get("/boxes/{name:str}", sync_to_thread=False)
    def archive(name: FromPath[str]) -> Response[bytes]:
        return _public(source, f"boxes/{name}")

    @get("/{path:path}", sync_to_thread=False)
    def public(path: FromPath[str]) -> Response[bytes]:
        return _public(source, path.removeprefix("/"))

    @post("/acts/{slug:str}", request_max_body_size=MOST_ACT, status_code=200)
    async def submit(slug: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
        if host is None:
            return Response(READ_ONLY.encode(), status_code=403, media_type="text/plain")
        entry = await _body(request, "an act")
        identity = Library(source, every_act=True).body(slug).identity
        return _answer(request, host.submit(identity, entry))

    @post("/boxes/{uuid:str}/ballots", request_max_body_size=MOST_BALLOT, status_code=200)
    async def cast(uuid: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
        if host is None:
            return Response(READ_ONLY.encode(), status_code=403, media_type="text/plain")
        ballot = await _body(request, "a ballot")
        return _answer(request, host.cast(uuid, ballot))

    return Litestar(
        route_handlers=[home, page, archive, public, submit, cast],
        exception_handlers={Fault: _fault, HTTPException: _http},
        openapi_config=None,
        response_cache_config=ResponseCacheConfig(default_expiration=0),
        response_headers=HEADERS,
        logging_config=None,
        debug=False,
    )


def _public(source: Source, name: str) -> Response[bytes]:
    """A public file, if it is one by its path and at hand. Raises: Missing."""
    for form, kind, is_fixed in _PUBLIC:
        if form.fullmatch(name):
            content = source.file(name)
            if content is None:
                raise Missing(f"'{name}' is not at hand here")
            return Response(content, media_type=kind, headers=FOR_EVER if is_fixed else None)
    raise Missing("there is no such file here; begin at /pages/index.html")


async def _body(request: Request[Any, Any, Any], what: str) -> bytes:
    """The bytes that were handed in. Raises: Malformed when there are none."""
    content = await request.body()
    if not content:
        raise Malformed(f"nothing was handed in; send {what} as the body of the request")
    return content


def _answer(request: Request[Any, Any, Any], receipt: Receipt) -> Response[bytes]:
    """The receipt as JSON, or as text where the one who asks prefers that."""
    if "text/plain" in request.headers.get("accept", ""):
        text = receipt.note or f"{receipt.level} {receipt.id} {receipt.place}\n"
        return Response(text.encode(), media_type="text/plain", status_code=200)
    return Response(msgspec.json.encode(receipt) + b"\n", media_type="application/json", status_code=200)


def _fault(_: Request[Any, Any, Any], fault: Fault) -> Response[bytes]:
    status = next((code for kind, code in _STATUS if isinstance(fault, kind)), 400)
    return Response(f"{fault}\n".encode(), status_code=status, media_type="text/plain", headers=HEADERS)


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    text = {
        404: "there is no such page or file here; begin at /pages/index.html",
        405: "this place can be read, or written to, but not like this",
        413: f"too large: an act is at most {MOST_ACT} bytes, a ballot {MOST_BALLOT}",
    }.get(error.status_code, "the request cannot be answered as it is")
    return Response(f"{text}\n".encode(), status_code=error.status_code, media_type="text/plain",
                    headers=HEADERS)  # fmt: skip
