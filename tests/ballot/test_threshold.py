"""Threshold trustees: each check of the set-up broken in the foreign sample, and every hash after it repaired."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from majlis.ballot import Process, Report, parse_trustees, read_entries, read_records, verify_archive
from majlis.crypto import ED25519, ORDER, SecretScalar, prove_knowledge, sha256_hex

if TYPE_CHECKING:
    from .conftest import Samples

Forge = Callable[..., bytes]


@pytest.fixture(scope="module")
def box(samples: Samples) -> bytes:
    """The sample with one single trustee and two of three threshold members; members 1 and 3 decrypted."""
    return samples.archive("threshold")


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.outcome == "failed"}


def outcome(report: Report, check: str) -> str:
    return next(each.outcome for each in report.checks if each.id == check)


def on_setup(change: Callable[[dict[str, Any]], None]) -> dict[tuple[int, int], Callable[[bytes], bytes]]:
    """The threshold entry of the trustees payload, changed in place."""

    def edited(raw: bytes) -> bytes:
        trustees = json.loads(raw)
        change(trustees[1][1])
        return json.dumps(trustees, separators=(",", ":")).encode()

    return {(0, 1): edited}


def bump(proof: dict[str, str]) -> None:
    proof["response"] = str((int(proof["response"]) + 1) % ORDER)


def certificate_of_another_size(entry: dict[str, Any]) -> None:
    cert = entry["certs"][0]
    cert["message"] = cert["message"].replace('"size":3', '"size":4')


def polynomial_too_short(entry: dict[str, Any]) -> None:
    message = json.loads(entry["coefexps"][1]["message"])
    message["coefexps"].pop()
    entry["coefexps"][1]["message"] = json.dumps(message, separators=(",", ":"))


def share_of_nobody(entry: dict[str, Any]) -> None:
    """Member 2, who did not decrypt, has a key that they know, and that is not their share."""
    secret = SecretScalar((4711).to_bytes(32, "little"))
    key = ED25519.format(ED25519.raise_generator_secretly(secret))
    proof = prove_knowledge(secret, f"pok|Ed25519|{key}|", lambda size: b"\x05" * size)
    pok = {"challenge": str(proof.challenge), "response": str(proof.response)}
    entry["verification_keys"][1] = {"pok": pok, "public_key": key}


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda entry: entry.update(threshold=4), "R-BOX-20"),
        (lambda entry: entry["signatures"].pop(), "R-BOX-20"),
        (lambda entry: entry["verification_keys"][1].update(public_key="7" + "f" * 61 + "ec"), "R-BOX-21"),
        (lambda entry: bump(entry["verification_keys"][2]["pok"]), "R-BOX-22"),
        (certificate_of_another_size, "R-BOX-23"),
        (lambda entry: entry["certs"][0].update(message="{}"), "R-BOX-23"),
        (lambda entry: bump(entry["certs"][0]["signature"]), "R-BOX-23"),
        (polynomial_too_short, "R-BOX-24"),
        (lambda entry: bump(entry["coefexps"][2]["signature"]), "R-BOX-24"),
        (lambda entry: bump(entry["signatures"][0]), "R-BOX-25"),
        (share_of_nobody, "R-BOX-26"),
    ],
)
def test_a_broken_set_up(box: bytes, forge: Forge, change: Callable[[dict[str, Any]], None], check: str) -> None:
    report = verify_archive(forge(box, on_setup(change)))
    assert failed(report) == {check}
    assert report.verdict == "invalid"


def test_members_sign_their_keys_where_the_tool_lets_them(box: bytes, forge: Forge, samples: Samples) -> None:
    """The sample has no signatures; here each member signs with the published seed, then one signature breaks."""
    sign_all = on_setup(lambda entry: sign_keys(entry, samples))
    report = verify_archive(forge(box, sign_all))
    assert failed(report) == set()
    assert outcome(report, "R-BOX-27") == "ok"

    def sign_and_break(entry: dict[str, Any]) -> None:
        sign_keys(entry, samples)
        bump(entry["verification_keys"][1]["signature"])

    assert failed(verify_archive(forge(box, on_setup(sign_and_break)))) == {"R-BOX-27"}


def sign_keys(entry: dict[str, Any], samples: Samples) -> None:
    for number, (key, cert) in enumerate(zip(entry["verification_keys"], entry["certs"], strict=True), start=1):
        stem = samples.file("threshold", f"{number}.trustee").strip()
        seed = samples.file("threshold", f"{stem}.key").strip()
        signing = int(sha256_hex(f"sk|{seed}".encode()), 16) % ORDER
        assert ED25519.format(ED25519.raise_generator(signing)) == json.loads(cert["message"])["verification"]
        secret = SecretScalar(signing.to_bytes(32, "little"))
        proof = prove_knowledge(secret, f"sigmsg|{key['public_key']}|", lambda size: b"\x06" * size)
        key["signature"] = {"challenge": str(proof.challenge), "response": str(proof.response)}


def test_unsigned_keys_are_told_apart_from_ours(box: bytes) -> None:
    assert outcome(verify_archive(box), "R-BOX-27") == "not-run"
    assert failed(verify_archive(box, Process())) == {"R-BOX-27"}


def test_polynomials_and_certificates_against_their_acts(box: bytes, forge: Forge, samples: Samples) -> None:
    archive = forge(box, on_setup(lambda entry: sign_keys(entry, samples)))
    trustees = parse_trustees(ED25519, payload(box, 1))
    keys = {owner.number: owner.commitment for owner in trustees.owners}
    pedersen = trustees.entries[1].pedersen
    assert pedersen is not None
    polynomials = {member.index + 1: member.coefexps_commitment for member in pedersen.members}
    report = verify_archive(archive, Process(trustee_keys=keys, polynomial_commitments=polynomials))
    assert failed(report) == set()
    assert (outcome(report, "R-BOX-29"), outcome(report, "R-BOX-30")) == ("ok", "ok")
    report = verify_archive(archive, Process(trustee_keys=keys, polynomial_commitments=polynomials | {3: "0" * 64}))
    assert failed(report) == {"R-BOX-30"}
    assert report.failures[0].where == "trustee 3"
    report = verify_archive(archive, Process(trustee_keys=keys | {4: "0" * 64}, polynomial_commitments=polynomials))
    assert failed(report) == {"R-BOX-29"}
    report = verify_archive(archive, Process(trustee_keys={1: keys[1]}))
    assert {"the key act of trustee 2", "the commitment to a polynomial of every trustee"} <= set(report.missing)


def payload(archive: bytes, place: int) -> bytes:
    return next(iter(read_entries(read_records(archive)))).records[place].payload


def test_a_false_share_is_skipped_when_enough_others_answered(
    box: bytes, samples: Samples, tools: SimpleNamespace
) -> None:
    """A third member's share, false, before the result: named, and the count still follows from the true ones."""
    events = tools.events_of(box)
    share = events[10][1][0]
    owner = json.dumps({"owner": 3, "payload": sha256_hex(share)}, separators=(",", ":")).encode()
    events.insert(13, ("PartialDecryption", [share, owner]))
    report = verify_archive(tools.assembled(events))
    assert failed(report) == {"R-BOX-60"}
    assert report.failures[0].where.startswith("event 13, trustee 3")
    assert outcome(report, "R-BOX-66") == "ok"
