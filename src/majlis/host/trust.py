"""The trust file: what a reader has pinned, from a card, a neighbour, or an earlier look (``spec/verify.md``).

    majlis-trust/1
    body <identity, 64 hex>
    body <identity, 64 hex> <size> <root, base64>

A body pinned with a size was seen that large: a smaller or another history of it is forged. Lines that begin with # and
empty lines say nothing. Trust flows upward from what is pinned: the assembly that a pinned body's own record joined is
the real one, and so are the members that this assembly admitted, and the bodies that sent them officers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from majlis.errors import Fault, Malformed
from majlis.institutions import State
from majlis.record import decode_base64

FORMAT = "majlis-trust/1"
_BODY = re.compile(r"body ([0-9a-f]{64})(?: ([0-9]{1,15}) ([A-Za-z0-9+/=]{44}))?\Z")


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A body's identity, and the largest size with its root (hex) that the reader has seen; 0 for none."""

    identity: str
    size: int = 0
    root: str = ""


def parse_trust(data: bytes) -> tuple[Pin, ...]:
    """The pins of a trust file. Raises: Malformed, naming the line."""
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"a trust file is UTF-8 text; byte {error.start} is not") from None
    if lines[0].strip() != FORMAT:
        raise Malformed(f"a trust file begins with the line '{FORMAT}'", where="line 1")
    pins = []
    for number, line in enumerate(lines[1:], start=2):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _BODY.match(text)
        if match is None:
            raise Malformed("expected 'body <64 hex>', or 'body <64 hex> <size> <root>'", where=f"line {number}")
        try:
            root = decode_base64(match[3]).hex() if match[3] else ""
        except Fault as fault:
            raise fault.at(f"line {number}") from None
        pins.append(Pin(identity=match[1], size=int(match[2] or 0), root=root))
    if not pins:
        raise Malformed("the trust file pins no body; write a line 'body <64 hex>' for one's own committee")
    return tuple(pins)


def format_trust(identities: Iterable[str]) -> str:
    """A trust file that pins these identities."""
    return "".join([f"{FORMAT}\n", *(f"body {identity}\n" for identity in identities)])


def known_from(pins: Iterable[str], states: Mapping[str, State]) -> frozenset[str]:
    """All bodies whose identity follows from the pinned ones by what their own records say."""
    known: set[str] = set()
    waiting = [pin for pin in pins if pin in states]
    while waiting:
        identity = waiting.pop()
        if identity in known:
            continue
        known.add(identity)
        state = states[identity]
        linked = {m.assembly for m in state.memberships.values()} | set(state.bodies) | {h.of for h in state.offices}
        waiting += [other for other in linked if other in states and other not in known]
    return frozenset(known)
