"""What a served host answers, described as OpenAPI 3.1 for tools: ``GET /openapi.json``.

``/add-checkpoint`` and ``/add-entries`` are calls of C2SP (tlog-witness, tlog-mirror); what a body of theirs holds
is said there.
"""

from __future__ import annotations

from typing import Any, Final

from majlis import __version__
from majlis.site.door import MOST_ACT, MOST_BALLOT, MOST_FILE
from majlis.site.witness_door import MOST_DOOR

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


def _bytes(most: int) -> dict[str, Any]:
    return {"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1, "maxLength": most}


_ACT_FILE: Final[dict[str, Any]] = {
    "type": "object",
    "description": f"An act with the blobs that it names, at most {MOST_FILE} bytes; spec/node.md",
    "required": ["format", "text", "signatures", "blobs"],
    "additionalProperties": False,
    "properties": {
        "format": {"const": "majlis-act-file/1"},
        "text": {"type": "string", "description": "what is signed"},
        "signatures": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "blobs": {
            "type": "object",
            "description": "base64 by SHA-256",
            "propertyNames": _HEX64,
            "additionalProperties": {"type": "string", "contentEncoding": "base64"},
        },
    },
}


def _door(what: str, parameter: dict[str, Any], most: int, **others: Any) -> dict[str, Any]:
    """``others``: the schemas of what else is taken, by media type with an underscore for the slash."""
    receipt = {
        "application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}},
        "text/plain": {"schema": {"type": "string"}},
    }
    taken = {"application/octet-stream": {"schema": _bytes(most)}}
    taken |= {kind.replace("_", "/"): {"schema": schema} for kind, schema in others.items()}
    return {
        "parameters": [parameter],
        "post": {
            "summary": f"{what} is handed in and answered with a receipt once it is on the disk",
            "requestBody": {"required": True, "content": taken},
            "responses": {
                "200": {"description": "it is on the disk", "content": receipt},
                **_faults(400, 403, 404, 405, 408, 409, 413, 422, 429, 503),
            },
        },
    }


def _call(path: str, what: str, answers: dict[str, Any], *faults: int) -> dict[str, Any]:
    """One call of a witness. ``answers``: what it says beside faults in words."""
    body = {"type": "string", "contentMediaType": "application/octet-stream", "maxLength": MOST_DOOR[path]}
    responses = {**_faults(400, 403, 404, 405, 408, 413, 422, 503, *faults), **answers}
    return {
        "post": {
            "summary": what,
            "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": body}}},
            "responses": responses,
        }
    }


def _said(why: str, *kinds: str) -> dict[str, Any]:
    return {"description": why, "content": {kind: {"schema": {"type": "string"}} for kind in kinds}}


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
_RECEIPT: Final[dict[str, Any]] = {
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

_DELIVERED: Final = {
    **_RECEIPT,
    "required": ["level", "id", "place", "note", "record"],
    "properties": {
        **_RECEIPT["properties"],
        "record": {"type": "string", "description": "the body in whose record here the delivery stands"},
    },
}

_LINES: Final = "the witness's lines; none where it waits for the entries"
_KNOWN: Final = "it cosigned another size last, which follows"
_NEXT: Final = "which entries it waits for, with the size of the checkpoint that is pending"

DESCRIPTION: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Majlis host",
        "version": __version__,
        "description": "Acts and ballots in, public files out. What proves itself needs no login.",
    },
    "paths": {
        "/acts/{slug}": _door(
            "One signed act, alone or with the blobs that it names,",
            _parameter("slug", {"type": "string", "minLength": 1}, "the body, as pages name it"),
            MOST_ACT,
            application_json=_ACT_FILE,
        ),
        "/boxes/{uuid}/ballots": _door(
            "One ballot",
            _parameter("uuid", {"type": "string", "minLength": 1}, "the election's identifier"),
            MOST_BALLOT,
        ),
        "/add-checkpoint": _call(
            "/add-checkpoint",
            "A checkpoint of a record that this witness knows is cosigned, or waits for its entries",
            {"200": _said(_LINES, "text/plain"), "409": _said(_KNOWN, "text/x.tlog.size", "text/plain")},
        ),
        "/add-entries": _call(
            "/add-entries",
            "Entries under a checkpoint that waits are held here, and it is cosigned once all of them are",
            {
                "200": _said("the witness's line", "text/plain"),
                "202": _said(_NEXT, "text/x.tlog.mirror-info"),
                "409": _said(_NEXT, "text/x.tlog.mirror-info", "text/x.tlog.size", "text/plain"),
            },
        ),
        "/deliver": _call(
            "/deliver",
            "One signed act for another body's record, alone or with what it names, is logged here as delivered",
            {
                "200": {
                    "description": "it is logged, and on the disk",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Delivered"}}},
                }
            },
            409,
            429,
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
        "/pages/in-force/{identity}/{name}": _file(
            "the proof that a statement is in force in a body",
            "text/plain",
            _parameter("identity", _HEX64, "the body"),
            _parameter(
                "name",
                {"type": "string", "pattern": "^[0-9a-f]{32}\\.in-force$"},
                "the first half of the statement's SHA-256, and .in-force",
            ),
        ),
        "/pages/{language}/index.html": _file(
            "the first page in a language",
            "text/html",
            _parameter("language", {"type": "string", "minLength": 1}, "two letters"),
        ),
    },
    "components": {"schemas": {"Receipt": _RECEIPT, "Delivered": _DELIVERED}},
}
