"""Shuffles are accepted by hints or by themselves, and one that is false anywhere is worded by the reference engine."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.native import plain
from tests.native.twins import agree, failed, make_hints, outcomes, reader

from majlis.ballot import (
    check_ballot,
    compute_tally,
    mix,
    parse_credentials,
    parse_election,
    shuffle_tally,
    verify_archive,
)
from majlis.ballot.engine import NativeEngine
from majlis.ballot.hints import HINTS_HEADER
from majlis.ballot.shuffle import shuffle_challenge
from majlis.crypto import ED25519, ORDER, Point, PointBytes, sha256_hex

pytestmark = pytest.mark.usefixtures("native")

BOXES = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "boxes"
SOUND = (BOXES / "sound-ranked.bel").read_bytes()
VOTES = 3
POINTS = 7 * VOTES + 5
SIZE = 32 + 64 * POINTS
"""Of the hint of one shuffle of the sound box."""


def shuffles(archive: bytes, hints: bytes | None = None) -> Counter[int]:
    """How the native engine came to its part of the shuffles, after both engines agreed on the box."""
    agree(archive, hints=hints)
    engine = NativeEngine(hints=reader(hints))
    verify_archive(archive, native=engine)
    return engine.shuffles


@pytest.fixture(scope="module")
def hints() -> bytes:
    return make_hints(SOUND)


def test_hints_of_shuffles_come_last_and_are_used(hints: bytes) -> None:
    assert shuffles(SOUND) == outcomes(single=2)
    assert shuffles(SOUND, hints) == outcomes(batched=2)
    assert shuffles(SOUND, hints[:-1]) == outcomes(batched=1, single=1)
    assert shuffles(SOUND, hints[: -2 * SIZE]) == outcomes(single=2)
    assert len(hints) > HINTS_HEADER + 2 * SIZE


def test_hints_of_the_other_shuffle_are_not_used(hints: bytes) -> None:
    rest, first, second = hints[: -2 * SIZE], hints[-2 * SIZE : -SIZE], hints[-SIZE:]
    assert shuffles(SOUND, rest + second + first) == outcomes(single=2)


@pytest.mark.parametrize("place", range(POINTS))
@pytest.mark.parametrize("root", [plain.IDENTITY, plain.TORSION[4], plain.times(77, plain.GENERATOR), (1, 1)])
def test_a_wrong_root_is_corrected(hints: bytes, place: int, root: plain.Point) -> None:
    wrong = bytearray(hints)
    at = len(hints) - SIZE + 32 + 64 * place
    wrong[at : at + 64] = plain.coordinates(root)
    assert shuffles(SOUND, bytes(wrong)) == outcomes(batched=1, corrected=1)


def first_shuffle(change: Callable[[dict[str, Any]], None], tools: Any) -> bytes:
    """The box up to its first shuffle, which is another one; what follows it could mean nothing."""
    events = tools.events_of(SOUND)
    place = next(number for number, (kind, _) in enumerate(events) if kind == "Shuffle")
    shuffle = json.loads(events[place][1][0])
    change(shuffle)
    raw = json.dumps(shuffle, separators=(",", ":")).encode()
    data = json.dumps({"owner": 1, "payload": sha256_hex(raw)}, separators=(",", ":")).encode()
    return bytes(tools.assembled([*events[:place], ("Shuffle", [raw, data])]))


SCALARS = [(1, place, None) for place in range(4)] + [(1, place, vote) for place in (4, 5) for vote in range(VOTES)]
TEXTS = [(0, 0, None), (0, 1, None), (0, 2, None), (0, 3, 0), (0, 3, 1)]
TEXTS += [(0, 4, vote) for vote in range(VOTES)] + [(part, vote, None) for part in (2, 3) for vote in range(VOTES)]


def at(proof: Any, path: tuple[int, int, int | None]) -> tuple[Any, int]:
    """The list and the place in it that a path means."""
    part, place, inner = path
    return (proof[part], place) if inner is None else (proof[part][place], inner)


@pytest.mark.parametrize("path", SCALARS)
def test_every_response_is_needed(path: tuple[int, int, int | None], tools: Any) -> None:
    def change(shuffle: dict[str, Any]) -> None:
        own, place = at(shuffle["proofs"][0], path)
        own[place] = str((int(own[place]) + 1) % ORDER)

    box = first_shuffle(change, tools)
    assert failed(agree(box)[0]) == {"R-BOX-54"}
    assert shuffles(box) == outcomes(unknown=1)


@pytest.mark.parametrize("path", TEXTS)
def test_every_point_of_the_proof_is_needed(path: tuple[int, int, int | None], tools: Any) -> None:
    def change(shuffle: dict[str, Any]) -> None:
        own, place = at(shuffle["proofs"][0], path)
        own[place] = shuffle["ciphertexts"][0][0]["beta"]

    box = first_shuffle(change, tools)
    assert failed(agree(box)[0]) == {"R-BOX-54"}
    assert shuffles(box) == outcomes(unknown=1)


@pytest.mark.parametrize("k", [1, 2, 4], ids=["order 8", "order 4", "order 2"])
@pytest.mark.parametrize("path", TEXTS)
def test_small_order_anywhere_is_found(path: tuple[int, int, int | None], k: int, tools: Any) -> None:
    def change(shuffle: dict[str, Any]) -> None:
        own, place = at(shuffle["proofs"][0], path)
        point = plain.decode(bytes.fromhex(own[place])[::-1])
        assert point is not None
        own[place] = plain.encode(plain.add(point, plain.TORSION[k]))[::-1].hex()

    box = first_shuffle(change, tools)
    assert failed(agree(box)[0]) == {"R-BOX-53"}
    assert shuffles(box) == outcomes(unknown=1)


def test_votes_exchanged_after_the_shuffle_are_found(tools: Any) -> None:
    box = first_shuffle(lambda shuffle: shuffle["ciphertexts"][0].reverse(), tools)
    assert failed(agree(box)[0]) == {"R-BOX-54"}
    assert shuffles(box) == outcomes(unknown=1)


def test_nonsense_is_none_of_the_packages_business(native: Any) -> None:
    for votes in (0, 1):
        sizes = (bytes(32 * (7 * votes + 5)), bytes(32 * (3 * votes + 5)))
        assert native.examine_shuffle(bytes(32), *sizes, hints=b"", wants_hints=True) == (0, b"")
    for key, points, scalars, given in ((31, 5, 5, 0), (32, 6, 5, 0), (32, 5, 6, 0), (32, 12, 8, 1), (32, 4, 2, 0)):
        with pytest.raises(ValueError, match=r"shuffle|hint"):
            native.examine_shuffle(
                bytes(key), bytes(32 * points), bytes(32 * scalars), hints=bytes(given), wants_hints=False
            )


@pytest.mark.parametrize("k", [4, 2, 1], ids=["order 2", "order 4", "order 8"])
def test_small_order_is_found_though_every_equation_holds_but_for_it(
    k: int, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prover hashes a commitment outside the group. Random numbers alone would miss it in every second run."""
    events = tools.events_of(SOUND)
    election = parse_election(events[0][1][0])
    credentials = parse_credentials(ED25519, events[0][1][2])
    ballots = [check_ballot(election, credentials, raw[0]) for kind, raw in events if kind == "Ballot"]
    tally = compute_tally(election, credentials, ballots)
    forged: list[str] = []

    def challenge(election: Any, t: Any, chain_t: list[Point], *rest: Any) -> int:
        point = plain.decode(chain_t[0])
        assert point is not None
        outside = Point(PointBytes(plain.encode(plain.add(point, plain.TORSION[k]))))
        forged.append(ED25519.format(outside))
        return shuffle_challenge(election, t, [outside, *chain_t[1:]], *rest)

    monkeypatch.setattr(mix, "shuffle_challenge", challenge)
    shuffled = json.loads(shuffle_tally(election, tally, random.Random(13).randbytes))

    def change(shuffle: dict[str, Any]) -> None:
        shuffled["proofs"][0][0][4][0] = forged[0]
        shuffle.update(shuffled)

    box = first_shuffle(change, tools)
    assert failed(agree(box)[0]) == {"R-BOX-53"}
    for _ in range(20):
        assert shuffles(box) == outcomes(unknown=1)
