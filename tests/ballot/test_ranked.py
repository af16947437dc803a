"""Ranked questions: each check of theirs broken in a foreign sample, every hash and signature after it repaired."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from majlis.ballot import (
    Process,
    Report,
    ShuffleAct,
    check_ballot,
    compute_tally,
    decrypt_share,
    derive_credential,
    format_result,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    prove_sidecar,
    verify_archive,
)
from majlis.crypto import ED25519, ORDER, Point, SecretScalar, fingerprint, prove_knowledge, sha256_hex

if TYPE_CHECKING:
    from .conftest import Samples

Forge = Callable[..., bytes]
FIRST_SHUFFLE, RESULT = 10, 16


@pytest.fixture(scope="module")
def ranked(samples: Samples) -> bytes:
    """The sample in which four candidates are ranked, with two shuffles."""
    return samples.archive("nonhomomorphic")


@pytest.fixture(scope="module")
def secrets(samples: Samples) -> dict[str, SecretScalar]:
    """The voters' secrets by credential as printed; published test keys."""
    uuid = samples.file("nonhomomorphic", "UUID").strip()
    creds = json.loads(samples.file("nonhomomorphic", "private_creds.json")).values()
    derived = [derive_credential(uuid, cred) for cred in creds]
    return {ED25519.format(ED25519.raise_generator_secretly(secret)): secret for secret in derived}


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.outcome == "failed"}


def outcomes(report: Report) -> dict[str, str]:
    return {check.id: check.outcome for check in report.checks}


def edit(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    """A payload changed as the JSON that it is."""

    def edited(raw: bytes) -> bytes:
        return json.dumps(change(json.loads(raw)), separators=(",", ":")).encode()

    return edited


def bumped(number: str) -> str:
    return str((int(number) + 1) % ORDER)


def test_a_weight_beside_a_ranked_question(ranked: bytes, forge: Forge) -> None:
    """A voter who stays away weighs 2: every number of the tally stays right."""

    def weigh(points: list[str]) -> list[str]:
        absent = ED25519.format(ED25519.raise_generator(12345))
        ordered = sorted([*points, absent], key=lambda text: bytes.fromhex(text)[::-1])
        return [f"{point},{2 if point == absent else 1}" for point in ordered]

    report = verify_archive(forge(ranked, {(0, 2): edit(weigh)}))
    assert failed(report) == {"R-BOX-17"}
    assert report.verdict == "invalid"


def test_a_ranked_ballot_whose_maker_did_not_know_its_randomness(
    ranked: bytes, forge: Forge, secrets: dict[str, SecretScalar]
) -> None:
    def alter(ballot: dict[str, Any]) -> dict[str, Any]:
        proof = ballot["answers"][0]["proof"]
        proof["response"] = bumped(proof["response"])
        return signed(ballot, secrets)

    report = verify_archive(forge(ranked, {(7, 0): edit(alter)}))
    assert failed(report) == {"R-BOX-47"}
    assert report.failures[0].height == 7


@pytest.mark.parametrize("part", ["alpha", "beta"])
def test_a_ranked_ballot_outside_the_group(
    ranked: bytes, forge: Forge, secrets: dict[str, SecretScalar], part: str
) -> None:
    def leave(ballot: dict[str, Any]) -> dict[str, Any]:
        ballot["answers"][0]["choices"][part] = "7" + "f" * 61 + "ec"
        return signed(ballot, secrets)

    report = verify_archive(forge(ranked, {(7, 0): edit(leave)}))
    assert failed(report) == {"R-BOX-43"}
    assert outcomes(report)["R-BOX-49"] == "not-run"


def test_ranked_ballots_without_a_readable_list(ranked: bytes, forge: Forge) -> None:
    report = verify_archive(forge(ranked, {(0, 2): lambda raw: raw.replace(b'["', b'["00')}))
    assert failed(report) == {"R-BOX-31"}
    assert outcomes(report)["R-BOX-17"] == outcomes(report)["R-BOX-54"] == "not-run"


def test_a_ranking_of_another_length(ranked: bytes, forge: Forge) -> None:
    def cut(result: dict[str, Any]) -> dict[str, Any]:
        result["result"][0][1].pop()
        return result

    assert failed(verify_archive(forge(ranked, {(RESULT, 0): edit(cut)}))) == {"R-BOX-65"}


def signed(ballot: dict[str, Any], secrets: dict[str, SecretScalar]) -> dict[str, Any]:
    unsigned = {key: value for key, value in ballot.items() if key != "signature"}
    digest = fingerprint(json.dumps(unsigned, separators=(",", ":")).encode())
    proof = prove_knowledge(secrets[ballot["credential"]], f"sig|{digest}|", lambda size: b"\x07" * size)
    text = {"challenge": str(proof.challenge), "response": str(proof.response)}
    return unsigned | {"signature": {"hash": digest, "proof": text}}


def shorten(shuffle: dict[str, Any]) -> dict[str, Any]:
    shuffle["proofs"][0][3].pop()
    return shuffle


def lose_proof(shuffle: dict[str, Any]) -> dict[str, Any]:
    shuffle["proofs"].pop()
    return shuffle


def leave_group(shuffle: dict[str, Any]) -> dict[str, Any]:
    shuffle["proofs"][0][0][0] = "7" + "f" * 61 + "ec"
    return shuffle


def alter(shuffle: dict[str, Any]) -> dict[str, Any]:
    shuffle["proofs"][0][1][0] = bumped(shuffle["proofs"][0][1][0])
    return shuffle


def replace_vote(shuffle: dict[str, Any]) -> dict[str, Any]:
    shuffle["ciphertexts"][0][0] = shuffle["ciphertexts"][0][1]
    return shuffle


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (shorten, "R-BOX-52"),
        (lose_proof, "R-BOX-52"),
        (leave_group, "R-BOX-53"),
        (alter, "R-BOX-54"),
        (replace_vote, "R-BOX-54"),
    ],
)
@pytest.mark.parametrize("shuffle", [FIRST_SHUFFLE, FIRST_SHUFFLE + 1])
def test_a_broken_shuffle(ranked: bytes, forge: Forge, change: Callable[[Any], Any], check: str, shuffle: int) -> None:
    report = verify_archive(forge(ranked, {(shuffle, 0): edit(change)}))
    assert failed(report) == {check}
    assert report.failures[0].height == shuffle
    assert outcomes(report)["R-BOX-60"] == "not-run"


def test_acts_behind_the_shuffles(ranked: bytes, tools: SimpleNamespace) -> None:
    events = tools.events_of(ranked)
    tally, first, second = (sha256_hex(events[height][1][0]) for height in (9, 10, 11))

    def with_acts(*acts: ShuffleAct) -> Report:
        return verify_archive(ranked, Process(shuffles=acts, shuffles_needed=2))

    one = ShuffleAct(trustee="amal", position=0, input_hash=tally, payload_hash=first)
    two = ShuffleAct(trustee="samir", position=1, input_hash=first, payload_hash=second)
    again = ShuffleAct(trustee="amal", position=1, input_hash=first, payload_hash=second)
    elsewhere = ShuffleAct(trustee="samir", position=1, input_hash=tally, payload_hash=second)
    astray = ShuffleAct(trustee="samir", position=0, input_hash=tally, payload_hash="0" * 64)
    for acts in ((one, two), (two, one), (one, astray, two)):
        assert outcomes(with_acts(*acts))["R-BOX-55"] == "ok"
    for acts in ((one, again), (one, elsewhere), (one, astray), (one,), ()):
        report = with_acts(*acts)
        assert failed(report) == {"R-BOX-55"}
        assert report.verdict == "invalid"
    assert failed(verify_archive(ranked, Process(shuffles=(one, two), shuffles_needed=3))) == {"R-BOX-55"}


def test_a_false_ranking(ranked: bytes, forge: Forge) -> None:
    def exchange(result: dict[str, Any]) -> dict[str, Any]:
        result["result"][0][1] = result["result"][0][1][::-1]
        return result

    report = verify_archive(forge(ranked, {(RESULT, 0): edit(exchange)}))
    assert failed(report) == {"R-BOX-67"}


@pytest.fixture(scope="module")
def spoilt(
    ranked: bytes, samples: Samples, secrets: dict[str, SecretScalar], tools: SimpleNamespace
) -> tuple[bytes, dict[int, bytes]]:
    """A box whose last voter encrypted an element that no honest device makes; not shuffled, opened by all trustees."""
    events = tools.events_of(ranked)
    setup, ballots = events[0], events[1:8]
    election, credentials = parse_election(setup[1][0]), parse_credentials(ED25519, setup[1][2])
    r = 7
    alpha = ED25519.raise_generator(r)
    beta = ED25519.multiply(ED25519.power(election.public_key, r), odd_point(4))
    ballot = json.loads(ballots[-1][1][0])
    texts = (ED25519.format(alpha), ED25519.format(beta))
    prefix = (
        f"raweg|{election.fingerprint}|{ballot['credential']}|{ED25519.format(election.public_key)},{','.join(texts)}|"
    )
    proof = prove_knowledge(SecretScalar(r.to_bytes(32, "little")), prefix, lambda size: b"\x09" * size)
    ballot["answers"] = [
        {
            "choices": dict(zip(("alpha", "beta"), texts, strict=True)),
            "proof": {"challenge": str(proof.challenge), "response": str(proof.response)},
        }
    ]
    raw = json.dumps(signed(ballot, secrets), separators=(",", ":")).encode()
    events = [setup, *ballots[:-1], ("Ballot", [raw]), ("EndBallots", [])]
    read = [check_ballot(election, credentials, payloads[0]) for kind, payloads in events if kind == "Ballot"]
    tally = compute_tally(election, credentials, read)
    data = {"num_tallied": tally.ballots, "total_weight": tally.weight, "encrypted_tally": tally.hash}
    events += [("EncryptedTally", [tally.raw, dumped(data)]), ("EndShuffles", [])]
    shares, sidecars = {}, {}
    keys = [json.loads(samples.file("nonhomomorphic", f"{stem}.privkey")) for stem in stems(setup[1][1])]
    for owner, key in enumerate(keys, start=1):
        secret = SecretScalar(int(key).to_bytes(32, "little"))
        share = decrypt_share(election, tally, secret, lambda size: b"\x0b" * size)
        shares[owner] = share
        sidecars[owner] = prove_sidecar(
            election, tally, owner=owner, share=share, secret=secret, chance=lambda size: b"\x0d" * size
        )
        events.append(("PartialDecryption", [share, dumped({"owner": owner, "payload": sha256_hex(share)})]))
    result = open_tally(election, parse_trustees(ED25519, setup[1][1]), tally, shares)
    return tools.assembled([*events, ("Result", [format_result(result)])]), sidecars


def dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def stems(trustees: bytes) -> list[str]:
    """The names of the private key files: eight digits of the hash of each public key."""
    keys = [entry[1]["public_key"] for entry in json.loads(trustees)]
    return [sha256_hex(key.encode())[:8].upper() for key in keys]


def odd_point(count: int) -> Point:
    """A group element that ``point_of_ranks`` never gives."""
    x = 1
    while True:
        point = ED25519.raise_generator(x)
        if ED25519.point_of_ranks(ED25519.ranks_of_point(point, count)) != point:
            return point
        x += 1


def test_a_vote_that_no_device_makes_needs_the_sidecars(spoilt: tuple[bytes, dict[int, bytes]]) -> None:
    archive, sidecars = spoilt
    report = verify_archive(archive)
    assert failed(report) == {"R-BOX-68"}
    assert len(report.spoilt) == 1
    report = verify_archive(archive, Process(sidecars=sidecars))
    assert failed(report) == set()
    assert report.verdict == "valid-v1"
    assert len(report.spoilt) == 1
    assert report.result is not None
    report = verify_archive(archive, Process(sidecars={owner: sidecars[owner] for owner in (1, 2)}))
    assert failed(report) == {"R-BOX-68"}
