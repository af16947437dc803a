"""Bundles of entries packed by gzip where whoever asks can read that (c2sp.org/tlog-tiles): half the bytes or fewer.

Entries are text, and a mirror fetches all of them. Packed at the lowest level, which takes about as long as reading
them; hashes, boxes and blobs are not packed, since they hardly get smaller.
"""

from __future__ import annotations

import gzip
import re
from typing import Final

__all__ = ["accepts_gzip", "packed"]

_ENTRIES: Final = re.compile(r"[0-9a-f]{64}/tile/entries/")
_LEAST: Final = 1024
_GZIP: Final = re.compile(r"(?:gzip|x-gzip|\*)(?:\s*;\s*q=(?P<q>[01](?:\.[0-9]{0,3})?))?")


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip: it is named, and not with a weight of zero."""
    for item in header.lower().split(","):
        match = _GZIP.fullmatch(item.strip())
        if match is not None:
            return match["q"] is None or match["q"].strip("0.") != ""
    return False


def packed(name: str, data: bytes, accepted: str) -> tuple[bytes, dict[str, str]]:
    """The body to send for the public file ``name``, and more headers. ``accepted``: what Accept-Encoding says."""
    if _ENTRIES.match(name) is None:
        return data, {}
    if len(data) < _LEAST or not accepts_gzip(accepted):
        return data, {"Vary": "Accept-Encoding"}
    return gzip.compress(data, 1, mtime=0), {"Vary": "Accept-Encoding", "Content-Encoding": "gzip"}
