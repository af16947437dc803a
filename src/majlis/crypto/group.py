"""The prime-order groups of an election: points as checked bytes, and the few operations every formula is made of.

A group has a prime order q, a generator g and an identity 1, written multiplicatively: g^x, a*b, a/b. What was read is
``PointBytes``; only a ``Point`` has operations, and a ``PointBytes`` becomes one by ``check`` or, at the cost of one
multiplication that is needed anyway, by ``admit``.

    text    Ed25519: 64 hex digits of the RFC 8032 encoding *reversed* (big-endian): g = 6666...6658
            finite fields: decimal digits
    bytes   Ed25519: 32, little-endian (RFC 8032); finite fields: as many as the modulus has, big-endian
    order   of bytes is the order in which Belenios sorts

The identity is no member for ``check`` and ``admit``. It is allowed only where the algebra can give it: a tally of no
weight, and what is decrypted from that; ``check_or_identity`` says so by name.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, NewType

from majlis.errors import Forged

__all__ = ["Group", "NotInGroup", "Point", "PointBytes"]

PointBytes = NewType("PointBytes", bytes)
"""An encoding as it was read: nothing is known of it but its length."""

Point = NewType("Point", PointBytes)
"""An element of the group of order q (or, where the algebra gives it, the identity)."""


class NotInGroup(Forged):
    """The bytes are no element of the group of prime order, or they are its identity."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text} is not an element of the election's group; whoever made it did not follow the protocol"
        )


class Group(ABC):
    """One group. ``order`` is q; ``ranks`` is how many ranks one element can carry (0: none)."""

    name: ClassVar[str]
    order: ClassVar[int]
    generator: ClassVar[Point]
    identity: ClassVar[Point]
    ranks: ClassVar[int]

    @abstractmethod
    def parse(self, text: str) -> PointBytes:
        """The encoding that ``text`` prints. Raises: Malformed; NonCanonical, when it is an odd text for a value."""

    @abstractmethod
    def format(self, point: PointBytes) -> str:
        """The point as printed."""

    @abstractmethod
    def check(self, raw: PointBytes) -> Point:
        """The same, now a member other than the identity. Raises: NotInGroup."""

    @abstractmethod
    def admit(self, raw: PointBytes, exponent: int) -> tuple[Point, Point]:
        """``check(raw)`` and its power, for the price of the power alone where the library checks its operand.

        Raises: NotInGroup.
        """

    @abstractmethod
    def multiply(self, a: Point, b: Point) -> Point:
        """a*b."""

    @abstractmethod
    def divide(self, a: Point, b: Point) -> Point:
        """a/b."""

    @abstractmethod
    def power(self, a: Point, exponent: int) -> Point:
        """a^x for a public x, reduced modulo q. Variable time: never for a secret."""

    @abstractmethod
    def raise_generator(self, exponent: int) -> Point:
        """g^x for a public x."""

    @abstractmethod
    def independent_generator(self, index: int) -> Point:
        """The ``index``-th generator (from -1) of which nobody knows the logarithm: Belenios' ``ggen``."""

    @abstractmethod
    def point_of_ranks(self, ranks: Sequence[int]) -> Point:
        """The one element that an honest voter's device makes of these ranks (each 0..255).

        All zeros are the identity. Raises: Refused, for too many ranks or one out of range.
        """

    @abstractmethod
    def ranks_of_point(self, point: Point, count: int) -> tuple[int, ...]:
        """The ``count`` ranks inside any element; honest only if ``point_of_ranks`` gives the point back."""

    def check_or_identity(self, raw: PointBytes) -> Point:
        """A member or the identity, for tallies and what is decrypted from them. Raises: NotInGroup."""
        return self.identity if raw == self.identity else self.check(raw)

    def product(self, points: Iterable[Point]) -> Point:
        """The product of all; the identity for none."""
        total = self.identity
        for point in points:
            total = point if total == self.identity else self.multiply(total, point)
        return total

    def read(self, text: str) -> Point:
        """``check(parse(text))``. Raises: Malformed, NonCanonical, NotInGroup."""
        return self.check(self.parse(text))

    def __reduce__(self) -> tuple[object, tuple[str]]:
        from majlis.crypto.groups import group_named

        return group_named, (self.name,)
