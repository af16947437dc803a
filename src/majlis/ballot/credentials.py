"""The public list of who may vote: one credential each, in an order that says nothing about the voters.

    ["<point>",…]     or, as soon as any voter has a weight, for all of them     ["<point>,<weight>",…]

Sorted by the bytes of the point (``sort_points``), distinct, all of them elements of the group. The fingerprint that
people compare is the base64 SHA-256 of these bytes.

The credential of belenios-tool is derived from 22 base58 characters written XXXXX-XXXXXX-XXXXX-XXXXXX; ours stands for
a whole term (``credential.py``). Both give a secret x and the point g^x.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 3. Rules R-BOX-31 to R-BOX-34.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from majlis.ballot.wire import decode, encode, ruled
from majlis.crypto import (
    BASE58,
    ED25519,
    Group,
    NonCanonical,
    Point,
    PointBytes,
    SecretScalar,
    fingerprint,
    secret_of_hash,
    sha256_hex,
)
from majlis.errors import Fault, Forged, Malformed, Refused

__all__ = ["Credentials", "derive_credential", "format_credentials", "parse_credentials", "sort_points"]

MOST_WEIGHT: Final = 100_000_000_000
_WEIGHT: Final = re.compile(r"0|[1-9][0-9]{0,11}", re.ASCII)
_TOOL_CREDENTIAL: Final = re.compile(rf"[{BASE58}]{{5}}-[{BASE58}]{{6}}-[{BASE58}]{{5}}-[{BASE58}]{{6}}", re.ASCII)


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Who may vote: the weight of each credential, as printed. ``is_weighted``: the list states weights."""

    weights: Mapping[str, int]
    is_weighted: bool
    total_weight: int
    hash: str
    fingerprint: str


def sort_points(points: Iterable[Point]) -> list[Point]:
    """In the one order of lists: by encoded bytes, so that the order tells nothing of the voters."""
    return sorted(points)


def format_credentials(
    points: Iterable[Point], *, weights: Mapping[Point, int] | None = None, group: Group = ED25519
) -> bytes:
    """The ``public_credentials`` payload. Raises: Refused, for a credential twice or a weight out of bounds."""
    ordered = sort_points(points)
    if len(set(ordered)) != len(ordered):
        raise Refused("a credential stands twice on the list; every member has one", rule="R-BOX-33")
    if weights is None:
        return encode([group.format(point) for point in ordered])
    if any(weights[point] < 0 for point in ordered) or sum(weights[point] for point in ordered) > MOST_WEIGHT:
        raise Refused(f"weights are 0 or more, and together at most {MOST_WEIGHT}", rule="R-BOX-34")
    return encode([f"{group.format(point)},{weights[point]}" for point in ordered])


def parse_credentials(
    group: Group, raw: bytes, *, are_members: Callable[[Sequence[PointBytes]], bool] | None = None
) -> Credentials:
    """The list that ``raw`` is. Cost: one membership check for each voter.

    ``are_members``: a faster way to see that all points are elements; where it does not say so, each is looked at.
    Raises: Malformed, NonCanonical (R-BOX-31); NonCanonical (R-BOX-32), when out of order; Forged (R-BOX-33), for a
    repeated credential or one outside the group; Malformed or Refused (R-BOX-34), for weights.
    """
    try:
        lines = decode(list[str], raw, "the credential list")
        texts = [line.partition(",") for line in lines]
        encoded = [group.parse(text) for text, _, _ in texts]
    except Fault as fault:
        raise ruled(fault, "R-BOX-31") from None
    if sorted(encoded) != encoded:
        raise NonCanonical("the credentials are not in the order of their bytes", rule="R-BOX-32")
    if len(set(encoded)) != len(encoded):
        raise Forged("a credential stands twice on the list", rule="R-BOX-33")
    if are_members is None or not are_members(encoded):
        for number, point in enumerate(encoded, start=1):
            try:
                group.check(point)
            except Forged as fault:
                raise ruled(fault, "R-BOX-33", f"credential {number}") from None
    weights = [_parse_weight(comma, weight, number) for number, (_, comma, weight) in enumerate(texts, start=1)]
    stated = [weight for weight in weights if weight is not None]
    if stated and len(stated) != len(weights):
        raise Malformed("some voters have a weight and some have none; it is all or none", rule="R-BOX-34")
    total = sum(stated) if stated else len(weights)
    if total > MOST_WEIGHT:
        raise Refused(f"the weights are {total} together, above {MOST_WEIGHT}", rule="R-BOX-34")
    return Credentials(
        weights={text: 1 if weight is None else weight for (text, _, _), weight in zip(texts, weights, strict=True)},
        is_weighted=bool(stated),
        total_weight=total,
        hash=sha256_hex(raw),
        fingerprint=fingerprint(raw),
    )


def derive_credential(uuid: str, credential: str) -> SecretScalar:
    """The private exponent of a belenios-tool credential in Ed25519, to take part in elections that the tool made.

    x = int(h_0 ++ h_1) mod q with h_i = SHA-256("derive_credential|" ++ uuid ++ "|" ++ i ++ "|" ++ credential).
    Raises: Malformed, when it is not written as the tool writes it.
    """
    if not _TOOL_CREDENTIAL.fullmatch(credential):
        raise Malformed("a credential is 22 base58 characters written XXXXX-XXXXXX-XXXXX-XXXXXX; type it again")
    halves = [sha256(f"derive_credential|{uuid}|{i}|{credential}".encode()).digest() for i in (0, 1)]
    return secret_of_hash(b"".join(halves))


def _parse_weight(comma: str, weight: str, number: int) -> int | None:
    if not comma:
        return None
    if not _WEIGHT.fullmatch(weight):
        raise Malformed(
            f"the weight {weight[:20]!r} is not a whole number of voters", where=f"credential {number}", rule="R-BOX-34"
        )
    return int(weight)
