"""Handing signed acts and ballots to a host that is served (``majlis serve``), which answers with a receipt."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused

__all__ = ["Posted", "post_act", "post_ballot"]

_SECONDS: Final = 30
_MAX_ANSWER: Final = 1_000_000
_FAULTS: Final[dict[int, type[Fault]]] = {
    400: Malformed,
    403: Refused,
    404: Missing,
    409: Refused,
    422: Forged,
    429: Refused,
}


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt: ``id`` is the act's id or the ballot's tracker, ``place`` its position; ``note`` as signed."""

    level: str
    id: str
    place: int
    note: str = ""


def post_act(url: str, slug: str, entry: bytes) -> Posted:
    """The act is logged by the host at ``url``. Raises: as ``_post``."""
    return _post(f"{_base(url)}/acts/{quote(slug, safe='')}", entry)


def post_ballot(url: str, uuid: str, ballot: bytes) -> Posted:
    """The ballot is in the box at ``url``. Raises: as ``_post``."""
    return _post(f"{_base(url)}/boxes/{quote(uuid, safe='')}/ballots", ballot)


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Malformed(f"an address begins with http:// or https://, got {url[:80]!r}")
    return url.rstrip("/")


def _post(address: str, body: bytes) -> Posted:
    """The answer. Raises: Missing, when nobody answers; what the host's own word amounts to, when it takes nothing."""
    request = urllib.request.Request(  # noqa: S310  (the scheme was looked at)
        address, data=body, method="POST", headers={"Content-Type": "application/octet-stream"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            data = answer.read(_MAX_ANSWER)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(2000).decode("utf-8", "replace").strip()
        kind = _FAULTS.get(error.code, Missing)
        raise kind(f"the host did not take it in ({error.code}): {said}", where=address) from None
    except (OSError, ValueError) as error:
        raise Missing(f"nobody answers there ({error}); hand it in by stick, or try again", where=address) from None
    try:
        return msgspec.json.decode(data, type=Posted)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Malformed("the answer is no receipt; this is not a host of ours", where=address) from None
