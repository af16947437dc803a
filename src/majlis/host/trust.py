"""The trust file: what a reader has pinned, from a card, a neighbour, or an earlier look (``spec/verify.md``).

    majlis-trust/1
    body <identity, 64 hex>
    body <identity, 64 hex> <size> <root, base64>

A body pinned with a size was seen that large: a smaller or another history of it is forged. Lines that begin with # and
empty lines say nothing.

Trust flows upward from what is pinned: the assembly that a pinned body's own record joined is the real one, and so is
what that assembly joined in turn. From there it flows down: to the members that a real assembly admitted. It does not
turn upward again, or one bought member could join a counterfeit and so make it real. Bodies that only sent officers are
known where a pinned body or a real assembly took them in; an affiliate also where a member did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

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
    above = _closure(pins, states, lambda state: [m.assembly for m in state.memberships.values() if m.left is None])
    members = _closure(above, states, _members)
    senders = {holding.of for identity in above for holding in states[identity].offices}
    affiliates = {holding.of for identity in members for holding in states[identity].offices}
    affiliates = {identity for identity in affiliates if identity in states and _is_affiliate(states[identity])}
    return members | affiliates | (senders & states.keys())


def _members(state: State) -> list[str]:
    """The bodies that this assembly has, undisputed and not gone."""
    return [body for body, member in state.bodies.items() if member.left is None and not member.disputed]


def _closure(
    start: Iterable[str], states: Mapping[str, State], next_of: Callable[[State], list[str]]
) -> frozenset[str]:
    """Those of ``start`` that are at hand, and all at hand that lead on from them."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        identity = waiting.pop()
        if identity in states and identity not in found:
            found.add(identity)
            waiting += next_of(states[identity])
    return frozenset(found)


def _is_affiliate(state: State) -> bool:
    return state.founding is not None and state.founding.type == "affiliate"
