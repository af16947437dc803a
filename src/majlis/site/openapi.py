"""What a served host answers, described as OpenAPI 3.1 for tools: ``GET /openapi.json``.

The doors of a witness (``/add-checkpoint``, ``/add-entries``) are those of C2SP and described there.
"""

from __future__ import annotations

from typing import Any, Final

from majlis import __version__
from majlis.site.door import MOST_ACT, MOST_BALLOT

__all__ = ["DESCRIPTION"]

_HEX64: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_FAULTS: Final = {
    400: "it does not parse",
    403: "this server takes nothing in",
    404: "there is no such body, box, page or file here",
    405: "this place can be read, or written to, but not like this",
    408: "the rest of it did not come in time",
    409: "it is authentic, and a numbered rule forbids it",
    413: "it is too large",
    422: "a signature, hash or proof does not hold",
    429: "the quota of this key is used up until the next tick; the host's signed word for it follows",
    503: "more is waiting than can be stored in a moment, or this machine has failed; nothing was kept",
}


def _text(why: str) -> dict[str, Any]:
    return {"description": why, "content": {"text/plain": {"schema": {"type": "string", "minLength": 1}}}}


def _faults(*codes: int) -> dict[str, Any]:
    return {str(code): _text(_FAULTS[code]) for code in codes}


def _parameter(name: str, schema: dict[str, Any], why: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": why}


def _door(what: str, parameter: dict[str, Any], most: int) -> dict[str, Any]:
    receipt = {
        "application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}},
        "text/plain": {"schema": {"type": "string"}},
    }
    body = {"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1, "maxLength": most}
    return {
        "parameters": [parameter],
        "post": {
            "summary": f"{what} is handed in and answered with a receipt once it is on the disk",
            "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": body}}},
            "responses": {
                "200": {"description": "it is on the disk", "content": receipt},
                **_faults(400, 403, 404, 405, 408, 409, 413, 422, 429, 503),
            },
        },
    }


def _file(what: str, kind: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {} if kind == "application/json" else {"type": "string"}
    return {
        "parameters": list(parameters),
        "get": {
            "summary": what,
            "responses": {
                "200": {"description": what, "content": {kind: {"schema": schema}}},
                **_faults(400, 404, 405),
            },
        },
    }


_LOG: Final = _parameter("log", _HEX64, "SHA-256 of the record's origin")
_NUMBER: Final = {"type": "string", "pattern": "^[0-9]{3}$"}
_RECEIPT: Final = {
    "type": "object",
    "required": ["level", "id", "place"],
    "additionalProperties": False,
    "properties": {
        "level": {"enum": ["sequenced", "safe"]},
        "id": {"type": "string", "description": "the act's id, or the ballot's tracker"},
        "place": {"type": "integer", "minimum": 0, "description": "its position in the record or the box"},
        "note": {"type": "string", "description": "the signed receipt, to be kept until the act is safe"},
    },
}

DESCRIPTION: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Majlis host",
        "version": __version__,
        "description": "Acts and ballots in, public files out. What proves itself needs no login.",
    },
    "paths": {
        "/acts/{slug}": _door(
            "One signed act",
            _parameter("slug", {"type": "string", "minLength": 1}, "the body, as pages name it"),
            MOST_ACT,
        ),
        "/boxes/{uuid}/ballots": _door(
            "One ballot",
            _parameter("uuid", {"type": "string", "minLength": 1}, "the election's identifier"),
            MOST_BALLOT,
        ),
        "/index.json": _file("the records of this folder", "application/json"),
        "/openapi.json": _file("this description", "application/json"),
        "/boxes/{uuid}.bel": _file(
            "a ballot box",
            "application/x-tar",
            _parameter("uuid", {"type": "string", "minLength": 1}, "the election's identifier"),
        ),
        "/boxes/{uuid}.hints": _file(
            "hints by which a ballot box is verified sooner, where there are any",
            "application/octet-stream",
            _parameter("uuid", {"type": "string", "minLength": 1}, "the election's identifier"),
        ),
        "/blobs/sha256/{xx}/{hash}": _file(
            "a blob",
            "application/octet-stream",
            _parameter("xx", {"type": "string", "pattern": "^[0-9a-f]{2}$"}, "the first two digits of its hash"),
            _parameter("hash", _HEX64, "its SHA-256"),
        ),
        "/{log}/checkpoint": _file("the newest cosigned checkpoint", "text/plain", _LOG),
        "/{log}/tile/{level}/{number}": _file(
            "a tile of hashes, or of entries",
            "application/octet-stream",
            _LOG,
            _parameter(
                "level", {"type": "string", "pattern": "^([0-9]|[1-5][0-9]|6[0-3]|entries)$"}, "0 to 63, or entries"
            ),
            _parameter("number", _NUMBER, "which; larger numbers as in c2sp.org/tlog-tiles"),
        ),
        "/pages/{language}/index.html": _file(
            "the first page in a language",
            "text/html",
            _parameter("language", {"type": "string", "minLength": 1}, "two letters"),
        ),
    },
    "components": {"schemas": {"Receipt": _RECEIPT}},
}
