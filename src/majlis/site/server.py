"""The pages live and the public files beside them, behind the doors through which signed acts and ballots come in.

    GET  /pages/…                 every page, any act included, from what the records say now
    GET  /index.json, /boxes/…, /blobs/…, /<hex>/checkpoint, /<hex>/tile/…      the public files
    GET  /openapi.json            all of this for tools
    POST /acts/<slug>, /boxes/<uuid>/ballots      see ``door``

Pages are made one at a time, files are read, and acts are checked and stored, all in threads of their own: whoever asks
for much holds up nobody who hands something in. Nobody asks for a key, a name or a credential here, no cookie is set,
and no address is kept. Pages run no script, and the headers forbid it.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.config.response_cache import ResponseCacheConfig
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Redirect

from majlis.errors import Fault, Missing
from majlis.site import paths
from majlis.site.door import HEADERS, Doors, status_of
from majlis.site.openapi import DESCRIPTION
from majlis.site.packed import packed
from majlis.site.pages import assets, render_page
from majlis.site.source import Host, Source

FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

_IN_FORCE: Final = re.compile(rf"{paths.IN_FORCE}/[0-9a-f]{{64}}/[0-9a-f]{{32}}\.in-force")
_FOLDER: Final = re.compile(r"[a-z]{2}(/[a-z0-9]+(-[a-z0-9]+)*)?")
# What a stranger may read beside the pages, by the form of its path, with its type and whether it can ever change.
_PUBLIC: Final = (
    (re.compile(r"index\.json"), "application/json", False),
    (re.compile(r"SHA256SUMS"), "text/plain", False),
    (re.compile(r"boxes/[1-9A-HJ-NP-Za-km-z]{14,64}\.bel"), "application/x-tar", False),
    (re.compile(r"boxes/[1-9A-HJ-NP-Za-km-z]{14,64}\.hints"), "application/octet-stream", False),
    (re.compile(r"blobs/sha256/[0-9a-f]{2}/[0-9a-f]{64}"), "application/octet-stream", True),
    (re.compile(r"[0-9a-f]{64}/(checkpoint|safe)"), "text/plain", False),
    (re.compile(r"[0-9a-f]{64}/tile/(entries|[0-9]+)(/x[0-9]{3})*/[0-9]{3}"), "application/octet-stream", True),
    (
        re.compile(r"[0-9a-f]{64}/tile/(entries|[0-9]+)(/x[0-9]{3})*/[0-9]{3}\.p/[0-9]{1,3}"),
        "application/octet-stream",
        True,
    ),
)


def make_app(source: Source, host: Host | None = None) -> Doors:
    """The application. Without ``host`` it is read-only."""

    @get("/", sync_to_thread=False, include_in_schema=False)
    def home() -> Redirect:
        return Redirect("/pages/index.html")

    rendering = Lock()

    @get("/pages/{path:path}", sync_to_thread=True)
    def page(path: FromPath[str]) -> Response[bytes] | Redirect:
        name = path.strip("/")
        for asset, content in assets().values():
            if name == asset:
                kind = "text/css" if name.endswith(".css") else "image/svg+xml"
                return Response(content, media_type=kind, headers=FOR_EVER)
        if not name:
            return Redirect("/pages/index.html")
        if _IN_FORCE.fullmatch(name):
            found = source.file(f"pages/{name}")
            if found is None:
                raise Missing("that is not in force now, or no digest shows it; ask the body for a newer one")
            return Response(found, media_type="text/plain")
        if _FOLDER.fullmatch(name):
            return Redirect(f"/pages/{name}/index.html")
        with rendering:
            return Response(render_page(source, name), media_type="text/html")

    @get("/openapi.json", sync_to_thread=False)
    def description() -> Response[bytes]:
        return Response(msgspec.json.encode(DESCRIPTION), media_type="application/json")

    @get("/boxes/{name:str}", sync_to_thread=True)
    def archive(name: FromPath[str]) -> Response[bytes]:
        return _public(source, f"boxes/{name}")

    @get("/{path:path}", sync_to_thread=True)
    def public(path: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
        return _public(source, path.removeprefix("/"), request.headers.get("accept-encoding", ""))

    pages = Litestar(
        route_handlers=[home, page, description, archive, public],
        exception_handlers={Fault: _fault, HTTPException: _http},
        openapi_config=None,
        response_cache_config=ResponseCacheConfig(default_expiration=0),
        response_headers=HEADERS,
        logging_config=None,
        debug=False,
    )
    return Doors(pages, source, host)


def _public(source: Source, name: str, accepted: str = "") -> Response[bytes]:
    """A public file, if it is one by its path and at hand, packed where that is accepted. Raises: Missing."""
    for form, kind, is_fixed in _PUBLIC:
        if form.fullmatch(name):
            content = source.file(name)
            if content is None:
                raise Missing(f"'{name}' is not at hand here")
            body, more = packed(name, content, accepted)
            return Response(body, media_type=kind, headers={**(FOR_EVER if is_fixed else {}), **more})
    raise Missing("there is no such file here; begin at /pages/index.html")


def _fault(_: Request[Any, Any, Any], fault: Fault) -> Response[bytes]:
    return Response(f"{fault}\n".encode(), status_code=status_of(fault), media_type="text/plain", headers=HEADERS)


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    text = {
        404: "there is no such page or file here; begin at /pages/index.html",
        405: "this place can be read, or written to, but not like this",
    }.get(error.status_code, "the request cannot be answered as it is")
    headers = HEADERS | {"Allow": "GET, HEAD"} if error.status_code == 405 else HEADERS
    return Response(f"{text}\n".encode(), status_code=error.status_code, media_type="text/plain", headers=headers)
