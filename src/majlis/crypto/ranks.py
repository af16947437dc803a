"""Ranks as one integer: v_1..v_n, each 0..255, are the base-256 digits of z, first rank most significant.

Source: ``spec/ballot.md`` section 9 (Belenios ``of_ints`` and ``to_ints``); each group adds its own padding below z.
"""

from __future__ import annotations

from collections.abc import Sequence

from majlis.errors import Refused

__all__ = ["pack_ranks", "unpack_ranks"]


def pack_ranks(ranks: Sequence[int], most: int) -> int:
    """The integer of at most ``most`` ranks. Raises: Refused, for more of them or one outside 0..255."""
    if len(ranks) > most:
        raise Refused(f"one ballot of this group carries at most {most} ranks, not {len(ranks)}; split the question")
    if not all(0 <= rank <= 255 for rank in ranks):
        raise Refused("a rank is a whole number from 0 to 255; correct the ballot")
    return int.from_bytes(bytes(ranks), "big")


def unpack_ranks(z: int, count: int) -> tuple[int, ...]:
    """The lowest ``count`` base-256 digits of ``z``, most significant first."""
    return tuple((z % 256**count).to_bytes(count, "big")) if count else ()
