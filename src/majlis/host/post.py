"""Handing signed acts and ballots to a host that is served (``majlis serve``), which answers with a receipt."""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.actfile import file_of
from majlis.host.brought import NO_BLOBS, Brought
from majlis.host.host import HeldBack
from majlis.host.http import Answer, Caller
from majlis.institutions.act import act_id

__all__ = ["Posted", "post_act", "post_ballot"]

_SECONDS: Final = 30
_MAX_ANSWER: Final = 1_000_000
_EXCESS: Final = re.compile(rb"majlis-excess/1 [^\n]+\n")
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


def post_act(url: str, slug: str, entry: bytes, brought: Brought = NO_BLOBS) -> Posted:
    """The act is logged by the host at ``url``, with the blobs that it names and brings.

    Raises: as ``_post``; HeldBack with the host's signed word, where a quota is used up; Malformed, for an answer about
    another act.
    """
    act = act_id(entry.rpartition(b"\n\n")[0] + b"\n")
    posted = _post(url, f"acts/{quote(slug, safe='')}", file_of(entry, brought).handed if brought else entry, act)
    if posted.id != act:
        raise Malformed("the answer is a receipt for another act; keep this one, and hand it in again", where=url)
    return posted


def post_ballot(url: str, uuid: str, ballot: bytes) -> Posted:
    """The ballot is in the box at ``url``. Raises: as ``_post``."""
    return _post(url, f"boxes/{quote(uuid, safe='')}/ballots", ballot)


def _post(url: str, path: str, body: bytes, act: str = "") -> Posted:
    """The answer. Raises: Missing, when nobody answers; what the host's own word amounts to, when it takes nothing."""
    caller = Caller(url, seconds=_SECONDS, tries=1)
    address = f"{caller.url}/{path}"
    try:
        answer = caller.post(path, body, limit=_MAX_ANSWER)
    except Missing as fault:
        raise Missing(f"{fault.text}; hand it in by stick, or try again", where=address) from None
    if answer.status == 429 and act:
        _check_held_back(answer, act, address)
    if answer.status != 200:
        kind = _FAULTS.get(answer.status, Missing)
        raise kind(f"the host did not take it in ({answer.status}): {answer.text}", where=address)
    try:
        return msgspec.json.decode(answer.body, type=Posted)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Malformed("the answer is no receipt; this is not a host of ours", where=address) from None


def _check_held_back(answer: Answer, act: str, address: str) -> None:
    """Raises: HeldBack, with the whole of the host's signed word, where the answer holds one for this act."""
    said, _, note = answer.body.partition(b"\n\n")
    if _EXCESS.match(note) and f"\nact {act}\n".encode() in note:
        raise HeldBack(_line(said), act=act, note=note.decode("utf-8", "replace")).at(address)


def _line(said: bytes) -> str:
    """The host's words in one line for people, without the rule that they end with."""
    text = " ".join("".join(c if c.isprintable() else " " for c in said.decode("utf-8", "replace")).split())
    return text.removesuffix(" [R-ACT-14]")[:300]
