"""Makes ``lots.json``: lots with their seeds, drawn by the rules of ``spec/lot.md`` and not by the program.

    python vectors/lot/make.py > vectors/lot/lots.json

``bounds`` and ``numbers``: what one lot gives when it is asked below each bound in turn. ``order``: how a lot with the
same seed shuffles ``people`` numbered from 0. The third lot's seed makes it leave words that are too large. ``dice``:
what dice of two bodies make of a case (R-LOT-8), and how that seed shuffles five.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha256


def words(seed: bytes) -> Iterator[int]:
    """The words of a lot without end."""
    number = 0
    while True:
        block = sha256(b"majlis-draw-1|" + seed + b"|" + str(number).encode()).digest()
        yield from (int.from_bytes(block[at : at + 8], "big") for at in range(0, 32, 8))
        number += 1


def below(source: Iterator[int], bound: int) -> int:
    """The next number below the bound."""
    return next(word for word in source if word < 2**64 // bound * bound) % bound


def shuffled(source: Iterator[int], people: int) -> list[int]:
    """Fisher and Yates, from the end."""
    order = list(range(people))
    for last in range(people - 1, 0, -1):
        other = below(source, last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def make() -> dict:
    """All vectors, as they stand in the file."""
    lots = []
    for name, bounds, people in (
        ("one", [2, 6, 60, 1000, 2**32, 2**63], 5),
        ("two", [1, 1, 3, 3, 3, 7], 23),
        ("three", [2**63 - 1, 2**62 + 1, 3 * 2**61 + 1, 2**63 - 25] * 3, 60),
    ):
        seed = sha256(f"majlis vectors: lot {name}".encode()).digest()
        source = words(seed)
        numbers = [below(source, bound) for bound in bounds]
        order = shuffled(words(seed), people)
        lots.append({"seed": seed.hex(), "bounds": bounds, "numbers": numbers, "people": people, "order": order})
    return {
        "origin": "made by vectors/lot/make.py from fixed seeds",
        "command": "python vectors/lot/make.py > vectors/lot/lots.json",
        "lots": lots,
        "dice": dice(),
    }


def dice() -> dict:
    """What two bodies threw for a case, and the seed that it makes."""
    case = f"majlis-lot-1|DiceTestUUidxx11|{'ab' * 32}"
    throws = [{"of": "1f" * 32, "dice": "123456" * 9}, {"of": "e0" * 32, "dice": "6" * 50}]
    thrown = "".join(f"|{throw['of']}|{throw['dice']}" for throw in throws)
    seed = sha256(f"majlis-dice-1|{case}{thrown}".encode()).digest()
    return {"case": case, "throws": throws, "seed": seed.hex(), "order": shuffled(words(seed), 5)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")
