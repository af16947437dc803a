"""The first member of a bundle: which records it carries, from where to where.

    majlis-bundle/1
    notice simulated-clock                       none or more

    log camp-north.example/log                   once for each record
    slug camp-north
    words babab … zuzuz                          the twelve of its identity; not for a log of others
    from 256 <base64 root of the first 256 entries>
    to 812 <base64 root>
    kind update                                  or full, which is from 0

``from`` is what the receiver must have: 0 for nothing, and then its root is that of the empty record. Nobody trusts
this text; it says where to look, and everything it says is compared with what is signed.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from majlis.errors import Fault, Malformed
from majlis.host.store import check_origin
from majlis.record import encode_base64, format_decimal, parse_decimal, parse_hash

__all__ = ["MANIFEST", "Carried", "Manifest", "format_manifest", "parse_manifest"]

MANIFEST: Final = "MANIFEST"
_FORMAT: Final = "majlis-bundle/1"
_SLUG: Final = re.compile("[a-z0-9][a-z0-9-]{0,63}")
_NOTICE: Final = re.compile("[a-z][a-z-]{0,63}")
_BLOCK: Final = re.compile(
    r"log ([^\n]+)\nslug ([^\n]+)\n(?:words ([a-z]{5}(?: [a-z]{5}){11})\n)?"
    r"from ([0-9]+) ([^\n]+)\nto ([0-9]+) ([^\n]+)\nkind (full|update)"
)


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """One record in a bundle. The roots are 32 bytes each, of the first ``start`` and ``size`` entries.

    ``words``: the twelve of the body's identity, for people; empty for a log of others.
    """

    origin: str
    slug: str
    start: int
    start_root: bytes
    size: int
    root: bytes
    words: str = ""

    @property
    def kind(self) -> Literal["full", "update"]:
        return "update" if self.start else "full"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says that it carries."""

    records: tuple[Carried, ...]
    notices: tuple[str, ...] = ()


def format_manifest(manifest: Manifest) -> bytes:
    """The bytes of the member. Raises: Malformed, when it has a form that ``parse_manifest`` would not give back."""
    blocks = ["\n".join([_FORMAT, *(f"notice {notice}" for notice in manifest.notices)])]
    for record in manifest.records:
        blocks.append(
            f"log {record.origin}\nslug {record.slug}\n"
            f"{f'words {record.words}{chr(10)}' if record.words else ''}"
            f"from {format_decimal(record.start)} {encode_base64(record.start_root)}\n"
            f"to {format_decimal(record.size)} {encode_base64(record.root)}\nkind {record.kind}"
        )
    data = ("\n\n".join(blocks) + "\n").encode()
    if parse_manifest(data) != manifest:
        raise Malformed("this list of records does not survive being written", rule="R-BUNDLE-1")
    return data


def parse_manifest(data: bytes) -> Manifest:
    """The list in the bytes of a bundle's first member. Raises: Malformed."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the list of what a bundle carries is not UTF-8", where=MANIFEST, rule="R-BUNDLE-1") from None
    head, *blocks = text.removesuffix("\n").split("\n\n")
    first, *notices = head.split("\n")
    words = [notice.removeprefix("notice ") for notice in notices]
    if (
        not text.endswith("\n")
        or first != _FORMAT
        or not all(
            _NOTICE.fullmatch(word) and f"notice {word}" == line for word, line in zip(words, notices, strict=True)
        )
    ):
        raise Malformed(
            f"the list of what a bundle carries starts with the line {_FORMAT} and notices",
            where=MANIFEST,
            rule="R-BUNDLE-1",
        )
    records = tuple(_parse_block(block) for block in blocks)
    for what in ("origin", "slug"):
        if len({getattr(record, what) for record in records}) != len(records):
            raise Malformed(f"two records have the same {what}", where=MANIFEST, rule="R-BUNDLE-1")
    return Manifest(records=records, notices=tuple(words))


def _parse_block(block: str) -> Carried:
    match = _BLOCK.fullmatch(block)
    if match is None or not _SLUG.fullmatch(match[2]):
        raise Malformed(
            "a record is listed by its lines log, slug, words, from, to, kind", where=MANIFEST, rule="R-BUNDLE-1"
        )
    try:
        check_origin(match[1])
        record = Carried(
            origin=match[1],
            slug=match[2],
            words=match[3] or "",
            start=parse_decimal(match[4]),
            start_root=parse_hash(match[5]),
            size=parse_decimal(match[6]),
            root=parse_hash(match[7]),
        )
    except Fault as fault:
        raise Malformed(fault.text, where=MANIFEST, rule="R-BUNDLE-1") from None
    if record.start > record.size or record.kind != match[8]:
        raise Malformed(
            "a record is carried from 0 (full) or from a size that it has", where=MANIFEST, rule="R-BUNDLE-1"
        )
    return record
