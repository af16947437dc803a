"""The nine foreign elections: every verdict, every result, every byte written again, every published hash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from majlis.ballot import (
    ArchiveWriter,
    Credentials,
    Election,
    check_ballot,
    compute_tally,
    decrypt_share,
    derive_credential,
    format_credentials,
    format_election,
    format_result,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    read_entries,
    read_records,
    seal,
    verify_archive,
    whole_events,
)
from majlis.ballot.event import OwnerData
from majlis.ballot.result import parse_result
from majlis.ballot.trustee_key import format_trustee_key, parse_trustee_key
from majlis.crypto import ED25519, SecretScalar, sha256_hex

if TYPE_CHECKING:
    from .conftest import Samples

NAMES = ("blank", "homomorphic", "mixed", "nonhomomorphic", "range", "threshold", "twoq", "weights")
CHOICES = tuple(name for name in NAMES if name not in {"mixed", "nonhomomorphic"})
SINGLE = tuple(name for name in CHOICES if name != "threshold")


def setup_of(archive: bytes) -> tuple[Election, Credentials, bytes]:
    entry = next(iter(read_entries(read_records(archive))))
    election = parse_election(entry.records[0].payload)
    return election, parse_credentials(election.group, entry.records[2].payload), entry.records[1].payload


@pytest.mark.parametrize("name", [*NAMES, "ff2048"])
def test_sample_is_valid_with_its_result(samples: Samples, name: str) -> None:
    report = verify_archive(samples.archive(name))
    assert report.failures == ()
    assert report.verdict == "valid-v1"
    assert report.result is not None
    assert format_result(report.result) == samples.file(name, "result.json").strip().encode()
    assert report.counted == len(json.loads(samples.file(name, "ballot-summary.json")))


@pytest.mark.parametrize("name", NAMES)
def test_running_sample_is_incomplete_and_a_prefix(samples: Samples, name: str) -> None:
    snapshot = samples.snapshot(name)
    report = verify_archive(snapshot)
    assert report.verdict == "incomplete"
    assert report.missing[0] == "the end of voting"
    assert samples.archive(name).startswith(snapshot)
    assert whole_events(snapshot) == len(snapshot)


@pytest.mark.parametrize("name", [*NAMES, "ff2048"])
def test_the_writer_gives_every_byte_again(samples: Samples, name: str) -> None:
    """Two ranked samples hold shuffles, which the writer does not write: there up to the tally."""
    archive = samples.archive(name)
    entries = list(read_entries(read_records(archive)))
    writer = ArchiveWriter.begin(entries[0].records[0].timestamp)
    written = b""
    for entry in entries:
        payloads = [record.payload for record in entry.records]
        match entry.type:
            case "Setup":
                written += writer.setup(*payloads[:3])
            case "Ballot":
                written += writer.ballot(payloads[0])
            case "EndBallots":
                written += writer.end_ballots()
            case "EncryptedTally":
                election, credentials, _ = setup_of(archive)
                raw = [each.records[0].payload for each in entries if each.type == "Ballot"]
                if name == "ff2048":
                    return
                tally = compute_tally(election, credentials, [check_ballot(election, credentials, b) for b in raw])
                written += writer.encrypted_tally(tally)
            case "PartialDecryption":
                assert isinstance(entry.data, OwnerData)
                written += writer.partial_decryption(entry.data.owner, payloads[0])
            case "Result":
                written += writer.result(payloads[0])
            case _:
                assert archive.startswith(written)
                return
        assert archive.startswith(written)
        assert (writer.head, writer.height) == (entry.hash, entry.height)
        assert ArchiveWriter.resume(written).written == writer.written
    assert written == archive


@pytest.mark.parametrize("name", NAMES)
def test_parts_are_written_again_byte_for_byte(samples: Samples, name: str) -> None:
    archive = samples.archive(name)
    election, credentials, trustees = setup_of(archive)
    assert (
        format_election(
            uuid=election.uuid,
            name=election.name,
            description=election.description,
            public_key=election.public_key,
            questions=election.questions,
            administrator=election.administrator,
            credential_authority=election.credential_authority,
        )
        == election.raw
    )
    points = {ED25519.read(text): weight for text, weight in credentials.weights.items()}
    payload = format_credentials(points, weights=points if credentials.is_weighted else None)
    assert sha256_hex(payload) == credentials.hash
    for kind, key in json.loads(trustees):
        if kind == "Single":
            raw = json.dumps(key, separators=(",", ":")).encode()
            assert format_trustee_key(parse_trustee_key(raw)) == raw


@pytest.mark.parametrize("name", NAMES)
def test_published_hashes(samples: Samples, name: str) -> None:
    archive = samples.archive(name)
    election, credentials, _ = setup_of(archive)
    checksums = json.loads(samples.file(name, "checksums.json"))
    assert checksums["election"] == election.hash
    assert checksums["public_credentials"] == credentials.hash
    assert checksums["num_voters"] == len(credentials.weights)
    assert credentials.fingerprint in samples.file(name, "gc.out")
    entries = list(read_entries(read_records(archive)))
    ballots = [check_ballot(election, credentials, e.records[0].payload) for e in entries if e.type == "Ballot"]
    assert compute_tally(election, credentials, ballots).hash == checksums["encrypted_tally"]
    last = {ballot.credential: ballot.hash for ballot in ballots}
    summary = json.loads(samples.file(name, "ballot-summary.json"))
    assert sorted(last.values()) == sorted(line["hash"] for line in summary)


@pytest.mark.parametrize("name", NAMES)
def test_credentials_are_derived_as_the_tool_does(samples: Samples, name: str) -> None:
    _, credentials, _ = setup_of(samples.archive(name))
    uuid = samples.file(name, "UUID").strip()
    private = json.loads(samples.file(name, "private_creds.json")).values()
    derived = [derive_credential(uuid, credential) for credential in private]
    points = {ED25519.format(ED25519.raise_generator_secretly(secret)) for secret in derived}
    assert points == set(credentials.weights)


@pytest.mark.parametrize("name", SINGLE)
def test_an_election_of_the_tool_is_carried_on_here(samples: Samples, name: str) -> None:
    """Its open box, one more vote by its first voter, closed and opened with its trustees' keys: the sums follow."""
    snapshot, uuid = samples.snapshot(name), samples.file(name, "UUID").strip()
    election, credentials, raw_trustees = setup_of(snapshot)
    trustees = parse_trustees(election.group, raw_trustees)
    secret = derive_credential(uuid, next(iter(json.loads(samples.file(name, "private_creds.json")).values())))
    votes = [[1, *[0] * (len(question.answers) - 1)] for question in election.questions]
    count = iter(range(1, 10_000))
    ballot = seal(election, secret, votes, lambda size: sha256_hex(str(next(count)).encode()).encode()[:size])
    writer = ArchiveWriter.resume(snapshot)
    archive = snapshot + writer.ballot(ballot) + writer.end_ballots()
    entries = read_entries(read_records(archive))
    raws = [entry.records[0].payload for entry in entries if entry.type == "Ballot"]
    tally = compute_tally(election, credentials, [check_ballot(election, credentials, raw) for raw in raws])
    archive += writer.encrypted_tally(tally)
    shares = {}
    for owner in trustees.owners:
        stem = sha256_hex(owner.commitment.encode())[:8].upper()
        key = SecretScalar(int(json.loads(samples.file(name, f"{stem}.privkey"))).to_bytes(32, "little"))
        shares[owner.number] = decrypt_share(
            election, tally, key, lambda size: sha256_hex(str(next(count)).encode()).encode()[:size]
        )
        archive += writer.partial_decryption(owner.number, shares[owner.number])
    result = open_tally(election, trustees, tally, shares)
    archive += writer.result(format_result(result))
    report = verify_archive(archive)
    assert report.verdict == "valid-v1"
    assert report.result == result == parse_result(election, tally, format_result(result))
    assert report.ballots == len(raws)


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_byte_is_never_valid(samples: Samples, name: str) -> None:
    """Thirty places spread over the box; the whole range of verdicts is met, and none of them is sound."""
    archive = samples.archive(name)
    for step in range(30):
        place = (len(archive) - 1) * step // 29
        changed = bytearray(archive)
        changed[place] ^= 0x01
        assert not verify_archive(bytes(changed)).is_sound, place
