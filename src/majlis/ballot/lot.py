"""A lot that nobody can choose or foresee: one value that an election's trustees can compute together, and only one.

    a      = ggen(SHA-256(case) as a number), a point of which nobody knows the logarithm
    share  f = a^x with proof of equal exponents with X = g^x, prefix case ++ "|" ++ X ++ "|" ++ f ++ "|"
    value  product over the trustee entries; Single: its f; Pedersen: product of f_j^lambda_j over any t members
    seed   = SHA-256("majlis-lot-seed-1|" ++ value), 32 bytes

The value is a to the election's secret key, of which each entry holds a part: it does not depend on who of a threshold
entry took part, and until enough have given their share nobody knows it. ``case`` says what is drawn on, and is fixed
before any share is given; the same case has the same seed for ever.

Source: ours; ``docs/decisions/0011-lots.md``, ``spec/lot.md``. Rules R-LOT-2 and R-LOT-7.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from majlis.ballot.trustees import Trustees
from majlis.ballot.wire import ruled
from majlis.crypto import (
    ED25519,
    Chance,
    Point,
    PointBytes,
    Proof,
    SecretScalar,
    check_equality,
    combine_powers,
    prove_equality,
)
from majlis.errors import Fault, Missing, Refused

__all__ = ["LotShare", "check_lot_share", "draw_lot", "give_lot_share", "lot_base"]


class LotShare(NamedTuple):
    """One trustee's part of a lot: the only one there can be, and the proof of that."""

    value: PointBytes
    proof: Proof


def lot_base(case: str) -> Point:
    """The point of unknown logarithm that each trustee raises to the secret key."""
    return ED25519.independent_generator(int.from_bytes(sha256(case.encode()).digest(), "big"))


def give_lot_share(case: str, secret: SecretScalar, chance: Chance) -> LotShare:
    """A trustee's share. ``secret``: of the single key, or a threshold trustee's share of the election's key."""
    base = lot_base(case)
    value = ED25519.power_secretly(base, secret)
    prefix = _prefix(case, ED25519.raise_generator_secretly(secret), value)
    return LotShare(value, prove_equality(secret, base, prefix, chance))


def check_lot_share(case: str, public: Point, share: LotShare) -> Point:
    """The value of the trustee with key ``public``, now a member. Raises: NotInGroup, Forged (R-LOT-2)."""
    try:
        value = ED25519.check(share.value)
        prefix = _prefix(case, public, value)
        check_equality(ED25519, prefix, share.proof, public=public, base=lot_base(case), raised=value)
    except Fault as fault:
        raise ruled(fault, "R-LOT-2") from None
    return value


def draw_lot(case: str, trustees: Trustees, shares: Mapping[int, LotShare]) -> bytes:
    """The seed, 32 bytes. ``shares``: by trustee number; of a threshold entry any as many as it needs, or more.

    Raises: Refused (R-LOT-2), for nobody's share; NotInGroup, Forged (R-LOT-2), naming whose share is false; Missing
    (R-LOT-7), while too few are there.
    """
    values: dict[int, Point] = {}
    for number, share in sorted(shares.items()):
        if not 1 <= number <= len(trustees.owners):
            raise Refused(f"there are trustees 1 to {len(trustees.owners)}, not {number}", rule="R-LOT-2")
        try:
            values[number] = check_lot_share(case, trustees.owners[number - 1].public_key, share)
        except Fault as fault:
            raise fault.at(f"trustee {number}") from None
    parts = []
    for entry in trustees.entries:
        present = [number for number in entry.owners if number in values][: entry.threshold]
        if len(present) < entry.threshold:
            raise Missing(
                f"of trustees {', '.join(map(str, entry.owners))} {entry.threshold} must give a share; "
                f"{len(present)} did",
                rule="R-LOT-7",
            )
        powers = {trustees.owners[number - 1].index: values[number] for number in present}
        parts.append(combine_powers(ED25519, powers))
    value = ED25519.product(parts)
    return sha256(b"majlis-lot-seed-1|" + ED25519.format(value).encode()).digest()


def _prefix(case: str, public: Point, value: Point) -> str:
    return f"{case}|{ED25519.format(public)}|{ED25519.format(value)}|"
