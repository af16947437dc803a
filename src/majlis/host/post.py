"""Handing signed acts and ballots to a host that is served (``majlis serve``), which answers with a receipt."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import quote

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.http import Caller
from majlis.institutions.act import act_id

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
    """The receipt: ``id`` is the act's id or the ballot's tracker, ``place`` its position; ``note`` as signed.

    A host says no more than that it is sequenced: whether it is safe, copies and cosignatures show.
    """

    level: Literal["sequenced"]
    id: str
    place: int
    note: str = ""


def post_act(url: str, slug: str, entry: bytes) -> Posted:
    """The act is logged by the host at ``url``. Raises: as ``_post``; Malformed, for an answer about another act."""
    posted = _post(url, f"acts/{quote(slug, safe='')}", entry)
    if posted.id != act_id(entry.rpartition(b"\n\n")[0] + b"\n"):
        raise Malformed("the answer is a receipt for another act; keep this one, and hand it in again", where=url)
    return posted


def post_ballot(url: str, uuid: str, ballot: bytes) -> Posted:
    """The ballot is in the box at ``url``. Raises: as ``_post``."""
    return _post(url, f"boxes/{quote(uuid, safe='')}/ballots", ballot)


def _post(url: str, path: str, body: bytes) -> Posted:
    """The answer. Raises: Missing, when nobody answers; what the host's own word amounts to, when it takes nothing."""
    caller = Caller(url, seconds=_SECONDS, tries=1)
    address = f"{caller.url}/{path}"
    try:
        answer = caller.post(path, body, limit=_MAX_ANSWER)
    except Missing as fault:
        raise Missing(f"{fault.text}; hand it in by stick, or try again", where=address) from None
    if answer.status != 200:
        kind = _FAULTS.get(answer.status, Missing)
        raise kind(f"the host did not take it in ({answer.status}): {answer.text}", where=address)
    try:
        return msgspec.json.decode(answer.body, type=Posted)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Malformed("the answer is no receipt; this is not a host of ours", where=address) from None
