"""Hints are only claims: good, wrong, permuted, torn or hostile, the report is the same (R-HINT-1, R-HINT-2, R-HINT-3).

What matters most stands in ``test_a_ballot_that_only_its_hints_support``: a ballot in which every hash holds over the
points that the hints name, and one equation does not. Only the random combination of the equations can see it.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from tests.native import plain
from tests.native.forger import forge, written
from tests.native.plain import Point, Q
from tests.native.twins import agree, cut_hints, failed, make_hints, outcomes, reader

from majlis.ballot import parse_election, verify_archive
from majlis.ballot.engine import NativeEngine
from majlis.ballot.hints import HINTS_HEADER, Hints, format_hints_header
from majlis.crypto import ED25519, challenge, fingerprint

pytestmark = pytest.mark.usefixtures("native")

POINTS = 4 + 1 + 4 * 2 + 2 + 1
"""Of a ballot with two answers, exactly one to be chosen: bases, then commitments."""
VOTERS = 40


class Hall:
    """A box of forty honest ballots, each voter's secret, and the hints."""

    def __init__(self, material: Any) -> None:
        self.material = material
        self.election = parse_election(material.SOUND.election)
        chance = random.Random(6)
        self.secrets = [chance.randrange(Q) for _ in range(VOTERS)]
        self.ballots = [
            forge(self.election, secret, voter % 2, {}, is_clean=True, chance=chance)
            for voter, secret in enumerate(self.secrets)
        ]
        credentials = sorted(ED25519.raise_generator(secret) for secret in self.secrets)
        self.listed = written([ED25519.format(point) for point in credentials])
        self.hints = make_hints(self.box(self.ballots))
        self.head, self.hints_of = cut_hints(self.hints, VOTERS, POINTS)

    def box(self, ballots: list[bytes]) -> bytes:
        sha, sound = self.material.sha, self.material.SOUND
        names = [sha(payload) for payload in (sound.election, sound.trustees, self.listed)]
        data = written(dict(zip(("election", "trustees", "credentials"), names, strict=True)))
        setup = ("Setup", [sound.election, sound.trustees, self.listed, data])
        return bytes(self.material.assemble([setup, *(("Ballot", [ballot]) for ballot in ballots)]))

    def resigned(self, number: int, ballot: dict[str, Any]) -> tuple[bytes, Point]:
        """The ballot signed again by its voter, and the root of the signature's commitment."""
        unsigned = {key: value for key, value in ballot.items() if key != "signature"}
        signed = fingerprint(written(unsigned))
        nonce = 1000 + number
        commitment = ED25519.format(ED25519.raise_generator(nonce))
        c = challenge(f"sig|{signed}|", [commitment], Q)
        proof = {"challenge": str(c), "response": str((nonce - self.secrets[number] * c) % Q)}
        root = plain.times(nonce * pow(8, -1, Q) % Q, plain.GENERATOR)
        return written(unsigned | {"signature": {"hash": signed, "proof": proof}}), root


@pytest.fixture(scope="module")
def hall(material: Any) -> Hall:
    return Hall(material)


def joined(head: bytes, hints: list[bytearray]) -> bytes:
    return head + b"".join(hints)


def test_good_hints_are_used_for_all(hall: Hall) -> None:
    assert agree(hall.box(hall.ballots), hints=hall.hints)[1] == outcomes(batched=VOTERS)
    assert agree(hall.box(hall.ballots))[1] == outcomes(single=VOTERS)


def test_hints_of_a_box_that_grew_are_those_of_the_box_before_and_more(hall: Hall) -> None:
    earlier = make_hints(hall.box(hall.ballots[:7]))
    assert hall.hints.startswith(earlier)
    assert agree(hall.box(hall.ballots), hints=earlier)[1] == outcomes(batched=7, single=VOTERS - 7)


def test_permuted_hints_are_of_other_ballots(hall: Hall) -> None:
    box = hall.box(hall.ballots)
    exchanged = [hall.hints_of[1], hall.hints_of[0], *hall.hints_of[2:]]
    assert agree(box, hints=joined(hall.head, exchanged))[1] == outcomes(batched=VOTERS - 2, single=2)
    backwards = joined(hall.head, hall.hints_of[::-1])
    assert agree(box, hints=backwards)[1] == outcomes(single=VOTERS)


def test_permuted_roots_under_the_right_names_are_corrected(hall: Hall) -> None:
    hints = [bytearray(hint) for hint in hall.hints_of]
    for one, other in ((0, 1), (2, 3)):
        hints[one][32:], hints[other][32:] = hints[other][32:], hints[one][32:]
    found = agree(hall.box(hall.ballots), hints=joined(hall.head, hints))[1]
    assert found == outcomes(batched=VOTERS - 4, corrected=4)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 95, 96, 97, 96 + 64 * VOTERS - 1, 96 + 64 * VOTERS, 4000])
def test_torn_hints_serve_as_far_as_they_go(hall: Hall, size: int) -> None:
    whole = max(0, size - HINTS_HEADER - 64 * VOTERS) // len(hall.hints_of[0])
    found = agree(hall.box(hall.ballots), hints=hall.hints[:size])[1]
    torn = size > HINTS_HEADER + 64 * VOTERS + whole * len(hall.hints_of[0]) + 32
    assert found == outcomes(batched=whole, single=VOTERS - whole - torn, corrected=int(torn))


@pytest.mark.parametrize("at", [0, 13, 16, 48, 80, 84, 88, 95])
def test_hints_of_something_else_are_not_used_and_it_is_said(hall: Hall, at: int) -> None:
    other = bytearray(hall.hints)
    other[at] ^= 1
    engine = NativeEngine(hints=reader(bytes(other)))
    verify_archive(hall.box(hall.ballots[:3]), native=engine)
    if at < 88:
        assert engine.problem
        assert engine.outcomes == outcomes(single=3)
    else:
        # Only the number of voters differs: all that follows stands elsewhere.
        assert engine.outcomes == outcomes(single=3)
    agree(hall.box(hall.ballots[:3]), hints=bytes(other))


TORSION = plain.TORSION


def root_at(hint: bytearray, place: int) -> Point:
    at = 32 + 64 * place
    return int.from_bytes(hint[at : at + 32], "little"), int.from_bytes(hint[at + 32 : at + 64], "little")


def set_root(hint: bytearray, place: int, root: Point) -> None:
    at = 32 + 64 * place
    hint[at : at + 64] = plain.coordinates(root)


@pytest.mark.parametrize("place", [0, 3, 4, 5, POINTS - 1])
def test_every_eighth_root_serves_as_well(hall: Hall, place: int) -> None:
    """There are eight roots of a point, and eight times each is the point."""
    for torsion in TORSION:
        hints = [bytearray(hint) for hint in hall.hints_of]
        set_root(hints[2], place, plain.add(root_at(hints[2], place), torsion))
        assert agree(hall.box(hall.ballots), hints=joined(hall.head, hints))[1] == outcomes(batched=VOTERS)


WRONG_ROOTS = {
    "another point": plain.times(77, plain.GENERATOR),
    "the identity": plain.IDENTITY,
    "order two": TORSION[4],
    "order eight": TORSION[1],
    "off the curve": (1, 1),
    "zero": (0, 0),
    "x is p": (plain.P, 1),
    "y is p + 1": (0, plain.P + 1),
    "top bit": (1 << 255, 1),
    "all ones": (2**256 - 1, 2**256 - 1),
}


@pytest.mark.parametrize("name", WRONG_ROOTS)
@pytest.mark.parametrize("place", range(POINTS))
def test_a_wrong_root_is_corrected(hall: Hall, place: int, name: str) -> None:
    hints = [bytearray(hint) for hint in hall.hints_of[:3]]
    set_root(hints[1], place, WRONG_ROOTS[name])
    found = agree(hall.box(hall.ballots[:3]), hints=joined(hall.head, hints))[1]
    assert found == outcomes(batched=2, corrected=1)


def test_wrong_roots_of_voters_are_corrected(hall: Hall) -> None:
    box = hall.box(hall.ballots[:2])
    for root in WRONG_ROOTS.values():
        hints = bytearray(hall.hints)
        hints[HINTS_HEADER + 64 * 5 : HINTS_HEADER + 64 * 6] = plain.coordinates(root)
        assert agree(box, hints=bytes(hints))[1] == outcomes(batched=2)


# Ballots whose hashes hold over what the hints name, and whose equations do not.


def proofs_of(ballot: dict[str, Any]) -> list[dict[str, str]]:
    answer = ballot["answers"][0]
    return [proof for pair in answer["individual_proofs"] for proof in pair] + answer["overall_proof"]


def unsupported(hall: Hall, number: int, place: int, part: str) -> tuple[bytes, bytearray]:
    """A ballot with one number changed so that all hashes still hold over the old commitments, and its hint.

    ``part``: ``response`` of the proof at ``place``; ``challenge``: it and its neighbour, by which their sum stays.
    """
    ballot = json.loads(hall.ballots[number])
    proofs = proofs_of(ballot)
    proofs[place][part] = str((int(proofs[place][part]) + 1) % Q)
    if part == "challenge":
        proofs[place ^ 1][part] = str((int(proofs[place ^ 1][part]) - 1) % Q)
    raw, root = hall.resigned(number, ballot)
    hint = bytearray(hall.hints_of[number])
    hint[:32] = bytes.fromhex(hall.material.sha(raw))
    set_root(hint, POINTS - 1, root)
    return raw, hint


CHANGES = [(place, "response") for place in range(5)] + [(place, "challenge") for place in range(4)]


@pytest.mark.parametrize(("place", "part"), CHANGES)
def test_a_ballot_that_only_its_hints_support(hall: Hall, place: int, part: str) -> None:
    ballots, hints = list(hall.ballots), list(hall.hints_of)
    ballots[17], hints[17] = unsupported(hall, 17, place, part)
    report, found = agree(hall.box(ballots), hints=joined(hall.head, hints))
    assert found == outcomes(batched=VOTERS - 1, unknown=1)
    assert failed(report) == ({"R-BOX-45"} if place == 4 else {"R-BOX-44"})
    (failure,) = report.failures
    assert failure.height == 18


def test_a_signature_that_only_its_hint_supports(hall: Hall) -> None:
    ballot = json.loads(hall.ballots[9])
    proof = ballot["signature"]["proof"]
    proof["response"] = str((int(proof["response"]) + 1) % Q)
    ballots, hints = list(hall.ballots), list(hall.hints_of)
    ballots[9], hints[9] = written(ballot), bytearray(hall.hints_of[9])
    hints[9][:32] = bytes.fromhex(hall.material.sha(ballots[9]))
    report, found = agree(hall.box(ballots), hints=joined(hall.head, hints))
    assert found == outcomes(batched=VOTERS - 1, unknown=1)
    assert failed(report) == {"R-BOX-40"}


def test_what_a_forger_would_love_to_cancel(hall: Hall) -> None:
    """Two false ballots whose errors are opposite: any combination with equal coins would be the identity."""
    ballots, hints = list(hall.ballots), list(hall.hints_of)
    ballots[3], hints[3] = unsupported(hall, 3, 0, "response")
    ballot = json.loads(hall.ballots[4])
    proof = proofs_of(ballot)[0]
    proof["response"] = str((int(proof["response"]) - 1) % Q)
    ballots[4], root = hall.resigned(4, ballot)
    hints[4] = bytearray(hall.hints_of[4])
    hints[4][:32] = bytes.fromhex(hall.material.sha(ballots[4]))
    set_root(hints[4], POINTS - 1, root)
    report, found = agree(hall.box(ballots), hints=joined(hall.head, hints))
    assert found == outcomes(batched=VOTERS - 2, unknown=2)
    assert [failure.height for failure in report.failures] == [4, 5]


@pytest.mark.parametrize("bad", [[0], [VOTERS - 1], [0, 1, 2], [5, 20, 35], list(range(0, VOTERS, 2))])
def test_a_bad_run_is_divided_down_to_its_bad_ballots(hall: Hall, bad: list[int]) -> None:
    ballots, hints = list(hall.ballots), list(hall.hints_of)
    for number in bad:
        ballots[number], hints[number] = unsupported(hall, number, 2, "response")
    report, found = agree(hall.box(ballots), hints=joined(hall.head, hints))
    assert found == outcomes(batched=VOTERS - len(bad), unknown=len(bad))
    assert [failure.height for failure in report.failures] == [number + 1 for number in bad]


def test_too_many_bad_ones_end_the_division_and_change_no_verdict(hall: Hall) -> None:
    """Sound ballots beyond the last division are accepted by themselves."""
    bad = list(range(VOTERS - 1))
    ballots, hints = list(hall.ballots), list(hall.hints_of)
    for number in bad:
        ballots[number], hints[number] = unsupported(hall, number, 1, "response")
    ballots, hints = [*ballots[:-1] * 2, ballots[-1]], [*hints[:-1] * 2, hints[-1]]
    engine = NativeEngine(hints=reader(joined(hall.head, hints)))
    report = verify_archive(hall.box(ballots), native=engine)
    assert engine.outcomes == outcomes(unknown=2 * (VOTERS - 1), corrected=1)
    assert failed(report) == {"R-BOX-44", "R-BOX-48"}


# The file itself.


def test_the_header_is_as_specified() -> None:
    header = format_hints_header(election=b"e" * 32, credentials=b"c" * 32, points=34, voters=1000)
    assert header == (
        b"majlis-hints-1\n\0" + b"e" * 32 + b"c" * 32 + bytes([34, 0, 0, 0]) + bytes(4) + bytes([232, 3]) + bytes(6)
    )
    assert len(header) == HINTS_HEADER == 96


def test_a_number_of_voters_that_nobody_has_is_no_crash() -> None:
    header = format_hints_header(election=b"e" * 32, credentials=b"c" * 32, points=34, voters=2**64 - 1)
    hints = Hints(reader(header), election=b"e" * 32, credentials=b"c" * 32, points=34)
    assert (hints.of_voters(5), hints.of_ballots(0, 3)) == (b"", b"")


def test_no_hints_are_made_where_the_list_does_not_hold(hall: Hall) -> None:
    listed = hall.listed
    hall.listed = written(sorted([*json.loads(listed), "0" * 63 + "2"], key=lambda text: bytes.fromhex(text)[::-1]))
    try:
        assert make_hints(hall.box(hall.ballots[:2])) == b""
    finally:
        hall.listed = listed


def test_a_ballot_that_is_not_accepted_has_a_hint_of_zeros(hall: Hall) -> None:
    bad, _ = unsupported(hall, 1, 0, "response")
    box = hall.box([hall.ballots[0], bad, hall.ballots[2]])
    _, hints = cut_hints(make_hints(box), VOTERS, POINTS)
    assert hints[1] == bytes(len(hints[1]))
    assert (hints[0], hints[2]) == (hall.hints_of[0], hall.hints_of[2])


# Ballots that break the group, with the hints that a forger would write for them.


class Zeros(random.Random):
    """Chance that gives 0 at these draws, counted from 0."""

    def __init__(self, *places: int) -> None:
        super().__init__(11)
        self.places, self.count = places, 0

    def randrange(self, *bounds: Any) -> int:
        self.count += 1
        return 0 if self.count - 1 in self.places else super().randrange(*bounds)


BASES = ("alpha 0", "beta 0", "alpha 1", "beta 1", "credential")


def forged_hint(hall: Hall, raw: bytes, twists: dict[str, int]) -> bytearray:
    """The hint in which every base is the member that the forger computed with, and every commitment what follows."""
    ballot = json.loads(raw)
    answer, y = ballot["answers"][0], plain.decode(hall.election.public_key)
    assert y is not None
    texts = [part for choice in answer["choices"] for part in (choice["alpha"], choice["beta"])]
    bases = []
    for name, text in zip(BASES, [*texts, ballot["credential"]], strict=True):
        point = plain.decode(bytes.fromhex(text)[::-1])
        assert point is not None
        bases.append(plain.add(point, TORSION[-twists.get(name, 0) % 8]))

    def case(proof: dict[str, str], alpha: Point, beta: Point, message: int) -> list[Point]:
        c, r = int(proof["challenge"]), int(proof["response"])
        less = plain.add(beta, plain.neg(plain.times(message, plain.GENERATOR)))
        first = plain.add(plain.times(r, plain.GENERATOR), plain.times(c, alpha))
        return [first, plain.add(plain.times(r, y), plain.times(c, less))]

    points = list(bases)
    for slot, proofs in enumerate(answer["individual_proofs"]):
        for message, proof in enumerate(proofs):
            points += case(proof, bases[2 * slot], bases[2 * slot + 1], message)
    points += case(answer["overall_proof"][0], plain.add(bases[0], bases[2]), plain.add(bases[1], bases[3]), 1)
    proof = ballot["signature"]["proof"]
    challenge_of, response = int(proof["challenge"]), int(proof["response"])
    points.append(plain.add(plain.times(response, plain.GENERATOR), plain.times(challenge_of, bases[4])))
    eighth = pow(8, -1, Q)
    return bytearray(bytes.fromhex(hall.material.sha(raw))) + b"".join(
        plain.coordinates(plain.times(eighth, point)) for point in points
    )


def told(hall: Hall, raw: bytes, twists: dict[str, int]) -> tuple[Any, Any]:
    """What both engines say of a box with this ballot in the middle, once with the forger's hint and once alone."""
    ballots, hints = list(hall.ballots), list(hall.hints_of)
    ballots[20], hints[20] = raw, forged_hint(hall, raw, twists)
    box = hall.box(ballots)
    report, found = agree(box, hints=joined(hall.head, hints))
    assert agree(box)[1] == outcomes(single=VOTERS - found[0], unknown=found[0])
    return failed(report), found


def test_the_forgers_hint_serves_an_honest_ballot(hall: Hall) -> None:
    raw = forge(hall.election, hall.secrets[20], 0, {}, is_clean=True, chance=random.Random(8))
    assert told(hall, raw, {}) == (set(), outcomes(batched=VOTERS))


@pytest.mark.parametrize("k", [4, 2, 1])
@pytest.mark.parametrize("place", BASES)
def test_a_base_is_compared_with_the_ballot_though_its_hint_is_a_member(hall: Hall, place: str, k: int) -> None:
    """R-HINT-2: all hashes and equations hold for the members that the hint names, and the ballot prints others."""
    twists = {place: k}
    raw = forge(hall.election, hall.secrets[20], 0, twists, is_clean=True, chance=random.Random(9))
    rules, found = told(hall, raw, twists)
    assert rules == ({"R-BOX-38", "R-BOX-40"} if place == "credential" else {"R-BOX-43"})
    assert found == outcomes(batched=VOTERS - 1, unknown=1)


@pytest.mark.parametrize("places", [(0,), (1,)])
def test_the_identity_is_no_base_though_every_equation_holds(hall: Hall, places: tuple[int, ...]) -> None:
    raw = forge(hall.election, hall.secrets[20], 0, {}, is_clean=True, chance=Zeros(*places))
    assert told(hall, raw, {}) == ({"R-BOX-43"}, outcomes(batched=VOTERS - 1, unknown=1))


@pytest.mark.parametrize("places", [(2, 3), (6,)], ids=["simulated", "true"])
def test_the_identity_is_no_commitment_though_every_equation_holds(hall: Hall, places: tuple[int, ...]) -> None:
    raw = forge(hall.election, hall.secrets[20], 0, {}, is_clean=True, chance=Zeros(*places))
    assert told(hall, raw, {}) == ({"R-BOX-44"}, outcomes(batched=VOTERS - 1, unknown=1))
