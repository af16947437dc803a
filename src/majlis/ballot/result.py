"""Opening: factors combined, plaintexts found, and the result as everyone reads it.

    F = product over the trustee entries; Single: its f; Pedersen: product of f_j^lambda_j over the first t members with
        an accepted share, in order, with lambda_j = product over the other k of k/(k-j) mod q
    M = beta/F; a choice question's count n has g^n = M, a ranked question's ranks are read from M

    {"result":[[counts…] or [[ranks…]…],…]}      with blank, count 0 is of the blank votes

A count is found by baby steps and giant steps, 2 * sqrt(weight) additions; checking one takes a single multiplication.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 12.
Rules R-BOX-61, R-BOX-65 to R-BOX-68.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isqrt

import msgspec

from majlis.ballot.decryption import Factors, check_share
from majlis.ballot.election import ChoiceQuestion, Election
from majlis.ballot.tally import Tally
from majlis.ballot.trustees import Trustees
from majlis.ballot.wire import decode, encode, format_number, parse_number, ruled
from majlis.crypto import Group, Point, lagrange
from majlis.errors import Fault, Forged, Malformed, Missing, Refused

__all__ = [
    "Opening",
    "Plaintexts",
    "Result",
    "combine",
    "counted_rankings",
    "find_count",
    "format_result",
    "is_spoilt",
    "open_box",
    "open_tally",
    "parse_result",
]

Plaintexts = tuple[tuple[Point, ...], ...]
Result = tuple[tuple[int | tuple[int, ...], ...], ...]
"""For each question its counts, or the ranks of each ranked ballot in shuffled order."""


class _Result(msgspec.Struct, frozen=True):
    result: list[list[int | str | list[int]]]


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of a box. ``false``: by trustee, what is wrong with shares that were left out and not needed.

    ``spoilt``: question and place, from 0, of ranked votes that no honest device makes; they do not count.
    """

    result: Result
    spoilt: tuple[tuple[int, int], ...]
    false: Mapping[int, Fault]


def open_box(election: Election, trustees: Trustees, tally: Tally, shares: Mapping[int, bytes]) -> Opening:
    """The result, by as many true shares as are needed; a false one is named and left out.

    ``shares``: by trustee number, the partial decryption payloads; ``tally``: after the last shuffle.
    Raises: Missing (R-BOX-61), while too few true ones are there; Refused (R-BOX-57), for nobody's share.
    """
    factors, false = _accept(election, trustees, tally, shares)
    try:
        plaintexts = combine(trustees, tally, factors)
    except Missing as fault:
        named = "".join(f"; {each}" for each in false.values())
        raise Missing(fault.text + named, rule=fault.rule) from None
    result = _read(election, tally, plaintexts)
    spoilt = [
        (i, j)
        for i, column in enumerate(plaintexts)
        for j, point in enumerate(column)
        if is_spoilt(election.group, point, result[i][j])
    ]
    return Opening(result=result, spoilt=tuple(spoilt), false=false)


def open_tally(election: Election, trustees: Trustees, tally: Tally, shares: Mapping[int, bytes]) -> Result:
    """The result, where every share must be true. ``shares``: by trustee number, the partial decryption payloads.

    Raises: Refused (R-BOX-57), for nobody's share; what ``check_share`` raises, naming the trustee; Missing (R-BOX-61),
    while too few are there.
    """
    factors, false = _accept(election, trustees, tally, shares)
    for fault in false.values():
        raise fault
    return _read(election, tally, combine(trustees, tally, factors))


def _accept(
    election: Election, trustees: Trustees, tally: Tally, shares: Mapping[int, bytes]
) -> tuple[dict[int, Factors], dict[int, Fault]]:
    """The true shares, and what is wrong with the others. Raises: Refused (R-BOX-57)."""
    factors: dict[int, Factors] = {}
    false: dict[int, Fault] = {}
    for number, share in sorted(shares.items()):
        if not 1 <= number <= len(trustees.owners):
            raise Refused(f"there are trustees 1 to {len(trustees.owners)}, not {number}", rule="R-BOX-57")
        try:
            factors[number] = check_share(election, tally, trustees.owners[number - 1].public_key, share)
        except Fault as fault:
            false[number] = fault.at(f"trustee {number}")
    return factors, false


def is_spoilt(group: Group, point: Point, item: int | tuple[int, ...]) -> bool:
    """Whether a ranked vote's element is another than an honest device makes of these ranks; a count never is."""
    return not isinstance(item, int) and group.point_of_ranks(item) != point


def counted_rankings(result: Result, spoilt: Collection[tuple[int, int]], question: int) -> tuple[tuple[int, ...], ...]:
    """The rankings of a ranked question, from 0, that count: all but the spoilt ones."""
    return tuple(
        item
        for place, item in enumerate(result[question])
        if not isinstance(item, int) and (question, place) not in spoilt
    )


def combine(trustees: Trustees, tally: Tally, factors: Mapping[int, Factors]) -> Plaintexts:
    """g^n or the ranked point of each ciphertext. ``factors``: accepted shares by trustee number.

    Raises: Missing (R-BOX-61), while too few are there.
    """
    group = trustees.group
    chosen: list[tuple[Factors, int]] = []
    for entry in trustees.entries:
        present = [number for number in entry.owners if number in factors][: entry.threshold]
        if len(present) < entry.threshold:
            raise Missing(
                f"of trustees {', '.join(map(str, entry.owners))} {entry.threshold} must answer; {len(present)} did",
                rule="R-BOX-61",
            )
        if entry.pedersen is None:
            chosen += [(factors[number], 1) for number in present]
        else:
            indices = [trustees.owners[number - 1].index for number in present]
            chosen += [
                (factors[number], lagrange(group, indices, trustees.owners[number - 1].index)) for number in present
            ]
    return tuple(
        tuple(
            group.divide(ciphertext.beta, group.product(group.power(share[i][j], weight) for share, weight in chosen))
            for j, ciphertext in enumerate(column)
        )
        for i, column in enumerate(tally.ciphertexts)
    )


def find_count(group: Group, point: Point, most: int) -> int:
    """The n from 0 to ``most`` with g^n = ``point``. Cost: 2 * sqrt(most) additions.

    Raises: Forged, when there is none.
    """
    width = isqrt(most) + 1
    step = group.identity
    small: dict[Point, int] = {}
    for n in range(width):
        small[step] = n
        step = group.multiply(step, group.generator)
    for giant in range(most // width + 1):
        if point in small:
            count = giant * width + small[point]
            if count <= most:
                return count
        point = group.divide(point, step)
    raise Forged(f"this does not decrypt to a number up to {most}; a factor or the tally is false", rule="R-BOX-66")


def format_result(result: Result) -> bytes:
    """The result payload."""
    return encode(
        _Result(
            [[format_number(item) if isinstance(item, int) else list(item) for item in column] for column in result]
        )
    )


def parse_result(election: Election, tally: Tally, raw: bytes) -> Result:
    """The result that ``raw`` states, one item for each ciphertext. Raises: Malformed, NonCanonical (R-BOX-65)."""
    try:
        columns = decode(_Result, raw, "the result").result
        if [len(column) for column in columns] != [len(column) for column in tally.ciphertexts]:
            raise Malformed("there is not one item for each ciphertext of the tally")
        found: list[tuple[int | tuple[int, ...], ...]] = []
        for question, column in zip(election.questions, columns, strict=True):
            if isinstance(question, ChoiceQuestion):
                found.append(tuple(_count(item) for item in column))
            else:
                found.append(tuple(_ranks(item, len(question.answers)) for item in column))
        return tuple(found)
    except Fault as fault:
        raise ruled(fault, "R-BOX-65") from None


def _count(item: int | str | list[int]) -> int:
    if isinstance(item, list):
        raise Malformed("a choice question has counts, not ranks")
    return parse_number(item, "a count")


def _ranks(item: int | str | list[int], answers: int) -> tuple[int, ...]:
    if not isinstance(item, list) or len(item) != answers:
        raise Malformed(f"a ranked ballot has {answers} ranks")
    return tuple(item)


def _read(election: Election, tally: Tally, plaintexts: Plaintexts) -> Result:
    result: list[tuple[int | tuple[int, ...], ...]] = []
    for question, column in zip(election.questions, plaintexts, strict=True):
        if isinstance(question, ChoiceQuestion):
            result.append(tuple(find_count(election.group, point, tally.weight) for point in column))
        else:
            result.append(tuple(election.group.ranks_of_point(point, len(question.answers)) for point in column))
    return tuple(result)
