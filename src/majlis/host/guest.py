"""A guest body: one that lives on another's host, with a log key of its own there, and the key after it at home.

    majlis-host/1
    log practice/spring/5d0c1a2b3c4d+<8 hex>+<base64>
    own hilltop-mirror/7f3e+<8 hex>+<base64>

    — practice/spring/5d0c1a2b3c4d <base64>

What a host hands to those who found a body that is to live there: the public half of the log's key, drawn for this body
alone, and the witnesses that the same machine keeps (none or more lines). The log's key signs it. The founders draw the
next key themselves, so that they can leave without the host (``spec/succession.md``), and name mirrors besides the
host's own, so that it alone makes nothing safe. Source: ``spec/founding.md``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault, Malformed, Refused
from majlis.host.practice import is_practice
from majlis.record import (
    CosignerKey,
    Note,
    NoteKey,
    check_note,
    format_note,
    parse_cosigner_key,
    parse_note,
    parse_note_key,
    sign_note,
)

__all__ = ["Offer", "check_elsewhere", "format_offer", "parse_offer"]

_OFFER: Final = re.compile(r"majlis-host/1\nlog ([^\n]+)\n((?:own [^\n]+\n)*)")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """The log's key, and the witnesses that the host keeps beside it."""

    log: NoteKey
    own: tuple[CosignerKey, ...] = ()

    @property
    def slug(self) -> str:
        """The short word in the log's name."""
        return self.log.name.removeprefix("practice/").partition("/")[0]

    @property
    def is_practice(self) -> bool:
        """Whether the host has a practice clock (R-NODE-1)."""
        return is_practice(self.log.name)


def format_offer(offer: Offer, key: SigningKey) -> bytes:
    """The signed note. ``key``: the log's. Raises: Forged, when it is another."""
    text = "".join(["majlis-host/1\n", f"log {offer.log.vkey}\n", *(f"own {mirror.vkey}\n" for mirror in offer.own)])
    note = format_note(Note(text=text, signatures=(sign_note(text, offer.log.name, key),)))
    parse_offer(note)
    return note


def parse_offer(data: bytes) -> Offer:
    """The offer in these bytes, its signature checked. Raises: Malformed, Forged."""
    note = parse_note(data)
    match = _OFFER.fullmatch(note.text)
    if match is None:
        raise Malformed("this is no host's offer; it makes one with 'majlis found host'", rule="R-GUEST-1")
    own = tuple(parse_cosigner_key(line.removeprefix("own ")) for line in match[2].splitlines())
    offer = Offer(log=parse_note_key(match[1]), own=own)
    try:
        check_note(note, [offer.log])
    except Fault as fault:
        fault.text = f"this offer was not signed by the log's key on it ({fault.text}); ask the host for another"
        fault.rule = "R-GUEST-1"
        raise
    return offer


def check_elsewhere(offer: Offer, mirrors: Sequence[str], quorum: int) -> None:
    """R-GUEST-2: of these mirrors (vkeys) so many are elsewhere that the host alone makes nothing safe.

    Raises: Refused.
    """
    own = {mirror.public_key for mirror in offer.own}
    there = [vkey for vkey in mirrors if parse_cosigner_key(vkey).public_key in own]
    if len(there) >= quorum:
        raise Refused(
            f"{len(there)} of these mirrors are the host's own, and {quorum} make an act safe: the host alone could do "
            "so. Name a mirror elsewhere, and a quorum that needs it",
            rule="R-GUEST-2",
        )
