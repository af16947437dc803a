"""The finite-field groups of Belenios: read and checked for interoperability, never used for an election of ours.

    element   x modulo the prime p with x^q = 1, printed in decimal, kept here as big-endian bytes of p's length

Source: Belenios specification, crypto v1; RFC 3526, group 14. Public values only: nothing here is
constant-time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import ClassVar, Final

from majlis.crypto.encoding import NonCanonical
from majlis.crypto.group import Group, NotInGroup, Point, PointBytes
from majlis.crypto.ranks import pack_ranks, unpack_ranks
from majlis.errors import Malformed

__all__ = ["BELENIOS_2048", "RFC_3526_2048", "FiniteField"]

_SIZE: Final = 256
_DIGITS: Final = re.compile(r"[0-9]{1,640}", re.ASCII)
_PADDING_BITS: Final = 8


def _encode(value: int) -> Point:
    return Point(PointBytes(value.to_bytes(_SIZE, "big")))


def _decode(point: PointBytes) -> int:
    return int.from_bytes(point, "big")


class FiniteField(Group):
    """The subgroup of order q of the integers modulo a 2048-bit prime."""

    modulus: ClassVar[int]
    identity: ClassVar[Point] = _encode(1)

    def parse(self, text: str) -> PointBytes:
        if not _DIGITS.fullmatch(text):
            raise Malformed("an element of this group is written in decimal digits; ask its author for the file again")
        value = int(text)
        if value >= self.modulus or (text[0] == "0" and text != "0"):
            raise NonCanonical("this element has leading zeros or is not below the modulus; it was not written by us")
        return _encode(value)

    def format(self, point: PointBytes) -> str:
        return str(_decode(point))

    def check(self, raw: PointBytes) -> Point:
        value = _decode(raw)
        if not 1 < value < self.modulus or pow(value, self.order, self.modulus) != 1:
            raise NotInGroup(self.format(raw))
        return Point(raw)

    def admit(self, raw: PointBytes, exponent: int) -> tuple[Point, Point]:
        point = self.check(raw)
        return point, self.power(point, exponent)

    def multiply(self, a: Point, b: Point) -> Point:
        return _encode(_decode(a) * _decode(b) % self.modulus)

    def divide(self, a: Point, b: Point) -> Point:
        return _encode(_decode(a) * pow(_decode(b), -1, self.modulus) % self.modulus)

    def power(self, a: Point, exponent: int) -> Point:
        return _encode(pow(_decode(a), exponent % self.order, self.modulus))

    def raise_generator(self, exponent: int) -> Point:
        return self.power(self.generator, exponent)

    def independent_generator(self, index: int) -> Point:
        x = int.from_bytes(sha256(f"ggen|{index}".encode()).digest(), "big")
        return _encode(pow(x, (self.modulus - 1) // self.order, self.modulus))

    def point_of_ranks(self, ranks: Sequence[int]) -> Point:
        z = pack_ranks(ranks, self.ranks) << _PADDING_BITS
        while z == 0 or pow(z, self.order, self.modulus) != 1:
            z += 1
        return _encode(z)

    def ranks_of_point(self, point: Point, count: int) -> tuple[int, ...]:
        return unpack_ranks(_decode(point) >> _PADDING_BITS, count)


class _Belenios2048(FiniteField):
    name = "BELENIOS-2048"
    order = 78571733251071885079927659812671450121821421258408794611510081919805623223441
    modulus = int(
        "206947856914225464010136436575050080649229892957511040971008847870573742192427174019222372544976843381290666"
        "331380789584049600543896362897963930387739057228036059737494276713767776188985898727358650490811670993105358"
        "677809800307904916540637771737641986785272734744763418356000356983051931442845617019110007867373073335641239"
        "717328979132404745788344682606523279746479511376726586935821800463179220736688600526271863633860887968821207"
        "694323661494910029234443463732221458841005864210502421203654335612013204811188524087310770141516662001623131"
        "77169372189248078507711827842317498073276598828825169183103125680162072880719"
    )
    generator = _encode(
        int(
            "24023526775018522092276877035323999327122876573783649165100753187876632741463532193202856761552696787996"
            "94668298749389095083896573425601900601068477164491735474137283104610458681314511781646755400527402889846"
            "13986453266121505579709716201616827031288643245666383486363578210615491841998253431518974065818686865115"
            "13585764101388822153960160432288436039309893336627728484065931384060102316750957637779826651036068224066"
            "35076697764025346253773085133173495194248967754052573659049492477631475991575198775177711481490920456600"
            "205478127054728238140972518639858334115700568353695553423781475582491896050296680037745308460627"
        )
    )
    ranks = 0


class _Rfc3526Group14(FiniteField):
    name = "RFC-3526-2048"
    modulus = int(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
        "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
        "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
        "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
        "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
        16,
    )
    order = (modulus - 1) // 2
    generator = _encode(2)
    ranks = 254


BELENIOS_2048: Final[FiniteField] = _Belenios2048()
RFC_3526_2048: Final[FiniteField] = _Rfc3526Group14()
