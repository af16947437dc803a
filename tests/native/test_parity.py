"""The native engine gives the reference engine's report, to the letter: on vectors, samples, forgeries and damage."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ballot.conftest import SAMPLES, Samples
from tests.native import plain
from tests.native.forger import forge as forge_ballot
from tests.native.plain import P, Point, Q
from tests.native.twins import agree, failed, make_hints, outcomes

from majlis.ballot import Process, parse_election, verify_archive
from majlis.ballot.engine import NativeEngine
from majlis.crypto import challenge

VECTORS = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "boxes.json").read_text())["cases"]
SOUND = (VECTORS / "boxes" / "sound.bel").read_bytes()

pytestmark = pytest.mark.usefixtures("native")


def process_of(case: dict[str, Any]) -> Process | None:
    return None if case["process"] is None else msgspec.convert(case["process"], Process, strict=False)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_vector_has_one_report(case: dict[str, Any]) -> None:
    archive = (VECTORS / case["box"]).read_bytes()
    report, _ = agree(archive, process_of(case))
    assert report.verdict == case["verdict"]
    agree(archive, process_of(case), hints=make_hints(archive))
    agree(archive, process_of(case), hints=make_hints(SOUND))
    agree([archive[at : at + 1000] for at in range(0, len(archive), 1000)], process_of(case))


IN_OUR_GROUP = [name for name in SAMPLES if name != "ff2048"]


@pytest.mark.parametrize("name", IN_OUR_GROUP)
def test_every_sample_has_one_report(samples: Samples, name: str) -> None:
    archive = samples.archive(name)
    report, found = agree(archive)
    assert found == outcomes(single=report.ballots)
    hints = make_hints(archive)
    assert agree(archive, hints=hints)[1] == outcomes(batched=report.ballots)
    assert agree(samples.snapshot(name), hints=hints)[1] == outcomes(batched=report.ballots)


@pytest.mark.parametrize("name", IN_OUR_GROUP)
def test_a_damaged_sample_has_one_report(samples: Samples, name: str) -> None:
    archive, hints = samples.archive(name), make_hints(samples.archive(name))
    chance = random.Random(name)
    for _ in range(6):
        damaged = bytearray(archive)
        damaged[chance.randrange(len(archive))] ^= 1 << chance.randrange(8)
        agree(bytes(damaged))
        agree(bytes(damaged), hints=hints)


@settings(max_examples=60)
@given(place=st.integers(0, len(SOUND) - 1), bit=st.integers(0, 7))
def test_a_damaged_bit_has_one_report(place: int, bit: int) -> None:
    damaged = bytearray(SOUND)
    damaged[place] ^= 1 << bit
    agree(bytes(damaged))


@settings(max_examples=60)
@given(size=st.integers(0, len(SOUND)), more=st.binary(max_size=600))
def test_a_torn_box_has_one_report(size: int, more: bytes) -> None:
    agree(SOUND[:size])
    agree(SOUND[:size] + more)


def test_threads_change_nothing(samples: Samples) -> None:
    archive = samples.archive("homomorphic")
    hints = make_hints(archive, threads=3)
    assert hints == make_hints(archive)
    reports = [agree(archive, hints=given, threads=threads)[0] for threads in (1, 2, 3, 50) for given in (None, hints)]
    assert all(report == reports[0] for report in reports)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_runs_of_any_length_change_nothing(samples: Samples, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, voters who vote again and ranked ballots, at every boundary between two runs."""
    monkeypatch.setattr("majlis.ballot.audit_native.AT_ONCE", most)
    monkeypatch.setattr("majlis.ballot.audit_native._VIEW", 1)
    for name in ("weights", "nonhomomorphic", "mixed", "blank"):
        archive = samples.archive(name)
        agree(archive, hints=make_hints(archive))
        agree([archive[at : at + 700] for at in range(0, len(archive), 700)])


def test_heads_seen_earlier_are_compared_alike() -> None:
    whole = verify_archive(SOUND)
    for heads in ([(1, "0" * 64)], [(2, "0" * 64), (3, "1" * 64)], [(whole.height, whole.head)], [(99, whole.head)]):
        agree(SOUND, Process(heads_seen=tuple(heads)))


# Forged ballots: every hash in them is right, and the equations hold literally.


class Booth:
    """A box with the published keys of the vectors, in which a forger votes first."""

    def __init__(self, material: Any, tools: SimpleNamespace) -> None:
        self.material, self.tools = material, tools
        self.election = parse_election(material.SOUND.election)
        self.secret = material.MEMBERS[0].reveal()

    def box(self, *ballots: bytes) -> bytes:
        """The ballots, then the sound ones of the vectors, in a box that is not closed."""
        events = self.material.SOUND.events()
        cast = [("Ballot", [ballot]) for ballot in ballots]
        return bytes(self.material.assemble([events[0], *cast, *events[1:3]]))


@pytest.fixture(scope="module")
def booth(material: Any, tools: SimpleNamespace) -> Booth:
    return Booth(material, tools)


def test_the_forger_can_also_be_honest(booth: Booth) -> None:
    ballot = forge_ballot(booth.election, booth.secret, 0, {}, is_clean=True, chance=random.Random(1))
    report, found = agree(booth.box(ballot))
    assert report.verdict == "incomplete"
    assert found == outcomes(single=3)


def literal_challenges(ballot: dict[str, Any], y: Point) -> list[tuple[int, int]]:
    """For each individual proof, what is claimed and what the equations give on the whole curve, membership unasked."""

    def read(text: str) -> Point:
        point = plain.decode(bytes.fromhex(text)[::-1])
        assert point is not None
        return point

    found = []
    answer = ballot["answers"][0]
    for choice, proofs in zip(answer["choices"], answer["individual_proofs"], strict=True):
        alpha, beta = read(choice["alpha"]), read(choice["beta"])
        shifted = [beta, plain.add(beta, plain.neg(plain.GENERATOR))]
        texts, total = [], 0
        for proof, encrypted in zip(proofs, shifted, strict=True):
            c, r = int(proof["challenge"]), int(proof["response"])
            total += c
            for base, power in ((plain.GENERATOR, alpha), (y, encrypted)):
                commitment = plain.add(plain.times(r, base), plain.times(c, power))
                texts.append(plain.encode(commitment)[::-1].hex())
        start = f"{ballot['election_hash']}|{ballot['credential']}"
        prefix = f"prove|{start}|{choice['alpha']},{choice['beta']}|"
        found.append((total % Q, challenge(prefix, texts, Q)))
    return found


@pytest.mark.parametrize("is_clean", [True, False])
def test_the_forgeries_hold_for_whoever_does_not_ask_for_membership(booth: Booth, is_clean: bool) -> None:
    ballot = forge_ballot(booth.election, booth.secret, 0, {"alpha 0": 3}, is_clean=is_clean, chance=random.Random(5))
    y = plain.decode(booth.election.public_key)
    assert y is not None
    assert all(claimed == found for claimed, found in literal_challenges(json.loads(ballot), y))


PLACES = ["alpha 0", "beta 0", "alpha 1", "beta 1", "credential"]


@pytest.mark.parametrize("is_clean", [True, False], ids=["commitments in the group", "commitments outside"])
@pytest.mark.parametrize("k", [4, 2, 6, 1, 3, 7], ids=lambda k: f"order {8 // (k & -k)}, {k}T")
@pytest.mark.parametrize("place", PLACES)
def test_small_order_is_found_though_every_equation_holds(booth: Booth, place: str, k: int, is_clean: bool) -> None:
    chance = random.Random(f"{place} {k} {is_clean}")
    ballot = forge_ballot(booth.election, booth.secret, 0, {place: k}, is_clean=is_clean, chance=chance)
    box = booth.box(ballot)
    report, found = agree(box)
    assert found == outcomes(unknown=1, single=2)
    assert failed(report) == ({"R-BOX-38", "R-BOX-40"} if place == "credential" else {"R-BOX-43"})
    assert agree(box, hints=make_hints(box))[1] == outcomes(unknown=1, batched=2)


@pytest.mark.parametrize(
    "twists", [{"alpha 0": 3, "alpha 1": 5}, {"beta 0": 4, "beta 1": 4}, {"alpha 0": 4, "beta 0": 4}]
)
def test_small_orders_that_cancel_are_found(booth: Booth, twists: dict[str, int]) -> None:
    ballot = forge_ballot(booth.election, booth.secret, 1, twists, is_clean=True, chance=random.Random(2))
    report, found = agree(booth.box(ballot))
    assert found == outcomes(unknown=1, single=2)
    assert failed(report) == {"R-BOX-43"}


def test_a_list_with_small_order_on_it_is_refused_alike(booth: Booth, material: Any) -> None:
    chance = random.Random(3)
    ballot = forge_ballot(booth.election, booth.secret, 0, {"credential": 4}, is_clean=True, chance=chance)
    listed = json.loads(material.SOUND.credentials)
    twisted = sorted([json.loads(ballot)["credential"], *listed], key=lambda text: bytes.fromhex(text)[::-1])
    parts = replace(material.SOUND, credentials=material.written(twisted))
    events = parts.events()
    box = bytes(material.assemble([events[0], ("Ballot", [ballot]), *events[1:]]))
    report, _ = agree(box)
    assert "R-BOX-33" in failed(report)
    agree(box, hints=make_hints(box))


Change = Callable[[dict[str, Any]], None]


def first_choice(ballot: dict[str, Any]) -> dict[str, str]:
    return ballot["answers"][0]["choices"][0]  # type: ignore[no-any-return]


def first_proof(ballot: dict[str, Any]) -> dict[str, str]:
    return ballot["answers"][0]["individual_proofs"][0][0]  # type: ignore[no-any-return]


def set_point(text: str) -> Change:
    return lambda ballot: first_choice(ballot).update(alpha=text)


def raise_scalar(by: int) -> Change:
    return lambda ballot: first_proof(ballot).update(challenge=str(int(first_proof(ballot)["challenge"]) + by))


ODD_FORMS: dict[str, Change] = {
    "identity": set_point(f"{1:064x}"),
    "identity with its sign": set_point(f"{1 | 1 << 255:064x}"),
    "order two": set_point(f"{P - 1:064x}"),
    "y is p": set_point(f"{P:064x}"),
    "y is p + 1": set_point(f"{P + 1:064x}"),
    "off the curve": set_point(f"{2:064x}"),
    "all ones": set_point("f" * 64),
    "upper case": lambda ballot: first_choice(ballot).update(alpha=first_choice(ballot)["alpha"].upper()),
    "too short": lambda ballot: first_choice(ballot).update(alpha=first_choice(ballot)["alpha"][1:]),
    "too long": lambda ballot: first_choice(ballot).update(alpha="0" + first_choice(ballot)["alpha"]),
    "no hex": set_point("g" * 64),
    "quotes inside": set_point('"' * 64),
    "challenge one more": raise_scalar(1),
    "challenge q more": raise_scalar(Q),
    "leading zero": lambda ballot: first_proof(ballot).update(response="0" + first_proof(ballot)["response"]),
    "minus": lambda ballot: first_proof(ballot).update(response="-" + first_proof(ballot)["response"]),
    "empty": lambda ballot: first_proof(ballot).update(response=""),
    "alpha and beta exchanged": lambda ballot: first_choice(ballot).update(
        alpha=first_choice(ballot)["beta"], beta=first_choice(ballot)["alpha"]
    ),
    "choices exchanged": lambda ballot: ballot["answers"][0]["choices"].reverse(),
    "proofs exchanged": lambda ballot: ballot["answers"][0]["individual_proofs"].reverse(),
    "cases exchanged": lambda ballot: ballot["answers"][0]["individual_proofs"][0].reverse(),
    "one choice less": lambda ballot: ballot["answers"][0]["choices"].pop(),
    "one proof less": lambda ballot: ballot["answers"][0]["overall_proof"].pop(),
    "no answer": lambda ballot: ballot["answers"].clear(),
    "one answer more": lambda ballot: ballot["answers"].append(ballot["answers"][0]),
    "a field more": lambda ballot: ballot["answers"][0].update(blank_proof=[]),
    "another election": lambda ballot: ballot.update(election_hash="A" * 43),
    "another name": lambda ballot: ballot.update(election_uuid="1" * 14),
    "another signed text": lambda ballot: ballot["signature"].update(hash="A" * 43),
    "another credential": lambda ballot: ballot.update(credential=first_choice(ballot)["alpha"]),
}


@pytest.mark.parametrize("name", ODD_FORMS)
def test_an_odd_form_is_worded_by_the_reference_engine(booth: Booth, name: str) -> None:
    ballot = json.loads(booth.material.SOUND.ballots[0])
    ODD_FORMS[name](ballot)
    raw = json.dumps(ballot, separators=(",", ":")).encode()
    report, found = agree(booth.box(raw))
    assert found == outcomes(unknown=1, single=2)
    assert report.verdict in {"invalid", "non-canonical"}


@pytest.mark.parametrize("change", [b" ", b"\n", b"\0", b"x"])
def test_a_byte_more_anywhere_is_worded_by_the_reference_engine(booth: Booth, change: bytes) -> None:
    sound = booth.material.SOUND.ballots[0]
    for at in (0, 1, 17, 100, 400, len(sound) - 1, len(sound)):
        _, found = agree(booth.box(sound[:at] + change + sound[at:]))
        assert found == outcomes(unknown=1, single=2)


def test_a_repeated_ballot_is_named_alike(booth: Booth) -> None:
    first, second = booth.material.SOUND.ballots
    report, _ = agree(booth.box(first, second, first))
    assert failed(report) == {"R-BOX-48"}
    assert len(report.failures) == 3


def test_an_unlisted_credential_is_named_alike(booth: Booth) -> None:
    ballot = forge_ballot(booth.election, 12345, 0, {}, is_clean=True, chance=random.Random(4))
    report, _ = agree(booth.box(ballot))
    assert failed(report) == {"R-BOX-38"}


def test_elections_for_the_reference_engine_are_left_to_it(samples: Samples, tools: SimpleNamespace) -> None:
    events = tools.events_of(samples.snapshot("ff2048"))[:2]
    engine = NativeEngine()
    assert verify_archive(tools.assembled(events), native=engine).verdict == "incomplete"
    assert engine.election is None
    assert not engine.outcomes
