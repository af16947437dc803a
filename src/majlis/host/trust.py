"""The trust file: what a reader has pinned, from a card, a neighbour, or an earlier look (``spec/verify.md``).

    majlis-trust/1
    body <identity, 64 hex>
    body <identity, 64 hex> <size> <root, base64>
    seen <identity, 64 hex> <size> <root, base64>

A body pinned with a size was seen that large: a smaller or another history of it is forged. ``seen`` says the same of a
record and makes nobody known. Lines that begin with # and empty lines say nothing.

Trust flows upward from what is pinned: the assembly that a pinned body's own record joined is the real one, and so is
what that assembly joined in turn. From there it flows down: to the members that a real assembly admitted. It does not
turn upward again, or one bought member could join a counterfeit and so make it real. Bodies that only sent officers are
known where a pinned body or a real assembly took them in; an affiliate also where a member did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from majlis.errors import Fault, Malformed, Refused
from majlis.host.verdict import Verdict
from majlis.institutions import State
from majlis.record import decode_base64

FORMAT = "majlis-trust/1"
_BODY = re.compile(r"(body|seen) ([0-9a-f]{64})(?: ([0-9]{1,15}) ([A-Za-z0-9+/=]{44}))?\Z")


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A body's identity, and the largest size with its root (hex) that the reader has seen; 0 for none.

    ``is_known``: somebody the reader trusts said that this is the body; otherwise its record was seen, and no more.
    """

    identity: str
    size: int = 0
    root: str = ""
    is_known: bool = True


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
        if match is None or (match[1] == "seen" and not match[3]):
            raise Malformed(
                "expected 'body <64 hex>', 'body <64 hex> <size> <root>', or the like with 'seen'",
                where=f"line {number}",
            )
        try:
            root = decode_base64(match[4]).hex() if match[4] else ""
        except Fault as fault:
            raise fault.at(f"line {number}") from None
        pins.append(Pin(identity=match[2], size=int(match[3] or 0), root=root, is_known=match[1] == "body"))
    if not any(pin.is_known for pin in pins):
        raise Malformed("the trust file pins no body; write a line 'body <64 hex>' for one's own committee")
    return tuple(pins)


def format_trust(identities: Iterable[str]) -> str:
    """A trust file that pins these identities."""
    return "".join([f"{FORMAT}\n", *(f"body {identity}\n" for identity in identities)])


def updated_trust(data: bytes, verdict: Verdict) -> bytes:
    """The trust file with the sizes and roots of a sound verdict: those of every body that it makes known.

    What it pins stays what it pins, and its remarks stay; records of other known bodies are noted as ``seen``.

    Raises: Refused, when the verdict is not sound; Malformed, when the file does not parse.
    """
    if not verdict.ok:
        raise Refused(f"what is '{verdict.verdict}' is not remembered as seen; the trust file stays as it was")
    pins = parse_trust(data)
    sizes = {r.body: f"{r.body} {r.size} {r.root}" for r in verdict.records if r.body not in verdict.unknown}
    pinned = {pin.identity for pin in pins if pin.is_known}
    lines = []
    for line in data.decode().rstrip().split("\n"):
        match = _BODY.match(line.strip())
        if match is None or match[2] not in sizes:
            lines.append(line)
        elif match[1] == "body":
            lines.append(f"body {sizes[match[2]]}")
    lines += [f"seen {said}" for body, said in sorted(sizes.items()) if body not in pinned]
    return ("\n".join(lines) + "\n").encode()


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
