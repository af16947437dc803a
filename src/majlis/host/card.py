"""A card: the public half of a person's key, handed to whoever founds, enrols or appoints. A signed note.

    majlis-card/1
    name Amal
    for hilltop
    key <64 hex>
    tag <32 hex>
    recovery <64 hex>

    — <64 hex> <base64>

``name`` is what the person wants to be called by those who handle the card; no record holds it. ``for`` is the slug of
the body where the card is to be used. ``tag`` is the same on all cards of one person for one body, and says nothing
elsewhere. ``recovery`` is the SHA-256 of the public half of a key kept on paper. The signature is by the key itself, so
that a card that was mistyped or altered is found, and nobody hands in a key that they do not hold.

Source: ``spec/node.md``.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

import msgspec

from majlis.crypto import SigningKey, check_public_key
from majlis.errors import Fault, Malformed
from majlis.host.keyring import Secret
from majlis.record import Note, NoteKey, check_note, format_note, parse_note, sign_note

__all__ = ["Card", "format_card", "parse_card", "person_tag"]

_FORMAT: Final = "majlis-card/1"
_CARD: Final = re.compile(
    rf"{_FORMAT}\n"
    r"name ([^\x00-\x1f\x7f]{1,200})\n"
    r"for ([a-z0-9]+(?:-[a-z0-9]+)*)\n"
    r"key ([0-9a-f]{64})\n"
    r"tag ([0-9a-f]{32})\n"
    r"recovery ([0-9a-f]{64})\n"
)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card that its own key signed."""

    name: str
    scope: str
    key: str
    tag: str
    recovery: str


def person_tag(secret: Secret, scope: str) -> str:
    """The 32 hex digits that all keys of one person carry in the body ``scope``."""
    return sha256(f"majlis-tag-1|{secret.reveal().hex()}|{scope}".encode()).hexdigest()[:32]


def format_card(card: Card, key: SigningKey) -> bytes:
    """The signed note. Raises: Malformed, for a name or slug that does not fit, or another key than the card's."""
    text = f"{_FORMAT}\nname {card.name}\nfor {card.scope}\nkey {card.key}\ntag {card.tag}\nrecovery {card.recovery}\n"
    note = format_note(Note(text=text, signatures=(sign_note(text, card.key, key),)))
    parse_card(note)
    return note


def parse_card(data: bytes) -> Card:
    """The card in these bytes, its signature checked. Raises: Malformed, Forged."""
    note = parse_note(data)
    match = _CARD.fullmatch(note.text)
    if match is None:
        raise Malformed("this is no card; its holder makes one with 'majlis key export'", rule="R-CARD-1")
    name, scope, key, tag, recovery = match.groups()
    try:
        check_public_key(bytes.fromhex(key))
        check_note(note, [NoteKey(name=key, public_key=bytes.fromhex(key))])
    except Fault as fault:
        fault.text = f"this card was not signed by the key on it ({fault.text}); ask its holder for another"
        fault.rule = "R-CARD-1"
        raise
    return Card(name=name, scope=scope, key=key, tag=tag, recovery=recovery)
