"""The public folder: all that a stranger needs, as static files. Where each of them lies.

    <hex SHA-256 of origin>/checkpoint          the newest checkpoint of a record, with the cosignatures known
    <hex SHA-256 of origin>/safe                while too few cosigned that: the newest one that is safe
    <hex SHA-256 of origin>/tile/…              its tiles and bundles of entries
    blobs/sha256/xx/<hash>                      prose and large things
    boxes/<uuid>.bel                            ballot boxes
    boxes/<uuid>.hints                          with which a box is verified faster; trusted by nobody, and never needed
    pages/…                                     what people read
    index.json                                  slug, names, identity and origin of each record; trusted by nobody
    SHA256SUMS                                  every file but itself, as ``sha256sum -c`` reads it

A mirror serves the same layout: unzipped under a web server, it is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from majlis.errors import Malformed
from majlis.host.store import check_origin

__all__ = [
    "CHECKPOINT",
    "INDEX",
    "SAFE",
    "SUMS",
    "IndexEntry",
    "blob_path",
    "box_path",
    "check_path",
    "format_index",
    "hints_path",
    "parse_index",
    "parse_notices",
    "record_folder",
]

CHECKPOINT: Final = "checkpoint"
SAFE: Final = "safe"
INDEX: Final = "index.json"
SUMS: Final = "SHA256SUMS"

_FORMAT: Final = "majlis-index/1"
_SLUG: Final = re.compile("[a-z0-9][a-z0-9-]{0,63}")
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_UUID: Final = re.compile("[1-9A-HJ-NP-Za-km-z]{14,64}")


class IndexEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record of the folder. ``names``: by language. ``identity``: the id of its act 0, 64 hex digits."""

    slug: str
    names: dict[str, str]
    identity: str
    origin: str


class _Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    notices: list[str] = []
    records: list[IndexEntry]


def format_index(entries: list[IndexEntry], notices: Sequence[str] = ()) -> bytes:
    """The bytes of ``index.json``, records by slug. Raises: Malformed, when two share a slug, identity or origin.

    ``notices``: what every page must say of the whole, such as ``simulated-clock``.
    """
    ordered = sorted(entries, key=lambda entry: entry.slug)
    index = _Index(format=_FORMAT, notices=list(notices), records=ordered)
    data = msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"
    parse_index(data)
    return data


def parse_index(data: bytes) -> list[IndexEntry]:
    """The records of the folder. Raises: Malformed."""
    try:
        index = msgspec.json.decode(data, type=_Index)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"the list of records does not parse: {error}", where=INDEX, rule="R-PUBLIC-1") from None
    if index.format != _FORMAT:
        raise Malformed(
            f"the list of records has format {index.format[:40]!r}, expected {_FORMAT}", where=INDEX, rule="R-PUBLIC-1"
        )
    for entry in index.records:
        if not _SLUG.fullmatch(entry.slug) or not _DIGEST.fullmatch(entry.identity):
            raise Malformed(
                f"a record has an impossible slug or identity: {entry.slug[:80]!r}", where=INDEX, rule="R-PUBLIC-1"
            )
        try:
            check_origin(entry.origin)
        except Malformed as fault:
            raise fault.at(INDEX) from None
    for what in ("slug", "identity", "origin"):
        if len({getattr(entry, what) for entry in index.records}) != len(index.records):
            raise Malformed(f"two records have the same {what}", where=INDEX, rule="R-PUBLIC-1")
    return index.records


def parse_notices(data: bytes) -> tuple[str, ...]:
    """The notices of an index that ``parse_index`` accepts."""
    parse_index(data)
    return tuple(msgspec.json.decode(data, type=_Index).notices)


def record_folder(origin: str) -> str:
    """The folder of a record: the hex SHA-256 of its origin."""
    return sha256(origin.encode()).hexdigest()


def blob_path(digest: str) -> str:
    """Where the blob with this hash (64 hex digits) lies. Raises: Malformed."""
    if not _DIGEST.fullmatch(digest):
        raise Malformed(f"a blob is named by 64 hex digits, got {digest[:80]!r}", rule="R-PUBLIC-1")
    return f"blobs/sha256/{digest[:2]}/{digest}"


def box_path(uuid: str) -> str:
    """Where the archive of this election lies. Raises: Malformed."""
    if not _UUID.fullmatch(uuid):
        raise Malformed(f"an election's identifier is 14 to 64 base58 characters, got {uuid[:80]!r}", rule="R-PUBLIC-1")
    return f"boxes/{uuid}.bel"


def hints_path(uuid: str) -> str:
    """Where the hints for this election's archive lie. Raises: Malformed."""
    return box_path(uuid).removesuffix(".bel") + ".hints"


def check_path(path: str) -> None:
    """``path`` names a file inside the folder, in one way only. Raises: Malformed, for any trick."""
    parts = path.split("/")
    if (
        not path
        or len(path) > 1000
        or any(part in ("", ".", "..") for part in parts)
        or any(character < " " or character in '\\:*?"<>|\x7f' for character in path)
    ):
        raise Malformed(f"this is not the path of a public file: {path[:100]!r}", rule="R-PUBLIC-1")
