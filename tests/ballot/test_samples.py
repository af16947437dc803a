"""The nine foreign elections: every verdict, every result, every byte written again, every published hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM

from majlis.ballot import (
    ArchiveWriter,
    ChannelKey,
    Credentials,
    Election,
    Tally,
    certificate_commitment,
    check_ballot,
    check_certificates,
    check_polynomials,
    check_shuffle,
    collect,
    compute_tally,
    decrypt_share,
    derive_credential,
    format_credentials,
    format_election,
    format_parameters,
    format_result,
    make_input,
    open_share,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    read_entries,
    read_records,
    seal,
    shuffle_tally,
    verify_archive,
    whole_events,
)
from majlis.ballot.event import OwnerData
from majlis.ballot.result import parse_result
from majlis.ballot.trustee_key import format_trustee_key, parse_trustee_key
from majlis.crypto import ED25519, Chance, SecretScalar, sha256_hex

if TYPE_CHECKING:
    from .conftest import Samples

NAMES = ("blank", "homomorphic", "mixed", "nonhomomorphic", "range", "threshold", "twoq", "weights")
SINGLE = tuple(name for name in NAMES if name != "threshold")


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
                    # Its 20 ballots take seconds to check, and no voter voted twice.
                    tally = Tally(ciphertexts=(), ballots=20, weight=20, raw=payloads[0], hash=sha256_hex(payloads[0]))
                else:
                    ballots = [check_ballot(election, credentials, ballot) for ballot in raw]
                    tally = compute_tally(election, credentials, ballots)
                written += writer.encrypted_tally(tally)
            case "Shuffle":
                assert isinstance(entry.data, OwnerData)
                written += writer.shuffle(entry.data.owner, payloads[0])
            case "EndShuffles":
                written += writer.end_shuffles()
            case "PartialDecryption":
                assert isinstance(entry.data, OwnerData)
                written += writer.partial_decryption(entry.data.owner, payloads[0])
            case "Result":
                written += writer.result(payloads[0])
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
def test_an_election_of_the_tool_is_carried_on_here(samples: Samples, material: Any, name: str) -> None:
    """Its open box, one more vote by its first voter, closed and opened with its trustees' keys: the result follows."""
    election, _, raw_trustees = setup_of(samples.snapshot(name))
    keys = {}
    for owner in parse_trustees(election.group, raw_trustees).owners:
        stem = sha256_hex(owner.commitment.encode())[:8].upper()
        keys[owner.number] = SecretScalar(int(json.loads(samples.file(name, f"{stem}.privkey"))).to_bytes(32, "little"))
    carry_on(samples, name, keys, material.Counter(name))


def carry_on(samples: Samples, name: str, keys: Mapping[int, SecretScalar], chance: Chance) -> None:
    """``keys``: of as many trustees as are needed; ranked votes are shuffled by the first two."""
    snapshot, uuid = samples.snapshot(name), samples.file(name, "UUID").strip()
    election, credentials, raw_trustees = setup_of(snapshot)
    trustees = parse_trustees(election.group, raw_trustees)
    secret = derive_credential(uuid, next(iter(json.loads(samples.file(name, "private_creds.json")).values())))
    votes = [[1, *[0] * (len(question.answers) - 1)] for question in election.questions]
    writer = ArchiveWriter.resume(snapshot)
    archive = snapshot + writer.ballot(seal(election, secret, votes, chance)) + writer.end_ballots()
    entries = read_entries(read_records(archive))
    raws = [entry.records[0].payload for entry in entries if entry.type == "Ballot"]
    tally = compute_tally(election, credentials, [check_ballot(election, credentials, raw) for raw in raws])
    archive += writer.encrypted_tally(tally)
    if election.is_ranked:
        for owner in (1, 2):
            shuffle = shuffle_tally(election, tally, chance)
            tally = check_shuffle(election, tally, shuffle)
            archive += writer.shuffle(owner, shuffle)
        archive += writer.end_shuffles()
    shares = {owner: decrypt_share(election, tally, key, chance) for owner, key in keys.items()}
    for owner, share in shares.items():
        archive += writer.partial_decryption(owner, share)
    result = open_tally(election, trustees, tally, shares)
    archive += writer.result(format_result(result))
    report = verify_archive(archive)
    assert report.verdict == "valid-v1"
    assert report.result == result == parse_result(election, tally, format_result(result))
    assert report.ballots == len(raws)


def test_a_threshold_ceremony_of_the_tool_is_carried_on_here(samples: Samples, material: Any) -> None:
    """Its trustees' letters, opened with their published seeds, pass every check that our trustees make.

    2.5.1 seals letters with AES-CCM; here each is sealed again with AES-GCM under the same session key, signature and
    all, and the ceremony goes on from there. Members 2 and 3 and the single trustee then open the box.
    """
    _, _, raw_trustees = setup_of(samples.archive("threshold"))
    trustees = parse_trustees(ED25519, raw_trustees)
    pedersen = trustees.entries[1].pedersen
    assert pedersen is not None
    stems = {i: samples.file("threshold", f"{i}.trustee").strip() for i in (1, 2, 3)}
    seeds = {i: samples.file("threshold", f"{stem}.key").strip() for i, stem in stems.items()}
    keys = {i: ChannelKey(seed.encode()) for i, seed in seeds.items()}
    raw = {i: samples.file("threshold", f"{stem}.cert").strip().encode() for i, stem in stems.items()}
    certificates = check_certificates(raw, size=3, threshold=2)
    assert {i: certificate_commitment(each) for i, each in raw.items()} == stems
    commitments = {member.index: member.coefexps_commitment for member in pedersen.members}
    polynomials = {}
    lines = samples.file("threshold", "polynomials.jsons").splitlines()
    for i, line in enumerate(lines, start=1):
        text = json.loads(line)
        text["polynomial"] = sealed_again(text["polynomial"], seeds[i])
        text["secrets"] = [sealed_again(letter, seeds[j]) for j, letter in enumerate(text["secrets"], start=1)]
        polynomials[i] = json.dumps(text, separators=(",", ":")).encode()
    shown = check_polynomials(certificates, polynomials, commitments)
    shares, answers = {}, {}
    for i, key in keys.items():
        given = make_input(certificates, shown, i)
        collected = collect(key, certificates, i, given, commitments, material.Counter(f"collect {i}"))
        shares[i], answers[i] = collected.share, collected.answer
        theirs = json.loads(samples.file("threshold", f"{stems[i]}.voutput"))
        sealed = sealed_again(theirs["private_key"], seeds[i])
        answer = json.loads(collected.answer) | {"private_key": sealed}
        assert open_share(key, json.dumps(answer, separators=(",", ":")).encode()).reveal() == shares[i].reveal()
        assert theirs["public_key"]["public_key"] == answer["public_key"]["public_key"]
    entry = format_parameters(certificates, shown, answers)
    assert [member.public_key for member in entry.members] == [member.public_key for member in pedersen.members]
    (single,) = [owner for owner in trustees.owners if owner.entry == 0]
    stem = sha256_hex(single.commitment.encode())[:8].upper()
    server = SecretScalar(int(json.loads(samples.file("threshold", f"{stem}.privkey"))).to_bytes(32, "little"))
    carry_on(samples, "threshold", {1: server, 3: shares[2], 4: shares[3]}, material.Counter("threshold"))


def sealed_again(letter: str, seed: str) -> str:
    """The same signed message in the same envelope, in the other cipher."""
    text = json.loads(letter)
    alpha, beta = ED25519.read(text["alpha"]), ED25519.read(text["beta"])
    dk = int(sha256_hex(f"dk|{seed}".encode()), 16)
    session = ED25519.divide(beta, ED25519.power(alpha, dk))
    key = bytes.fromhex(sha256_hex(b"key|" + ED25519.format(session).encode()))
    iv = bytes.fromhex(sha256_hex(b"iv|" + text["alpha"].encode()))
    signed = AESCCM(key, tag_length=8).decrypt(iv[:13], bytes.fromhex(text["data"]), None)
    whole = {"algorithm": "AES-GCM"} | text | {"data": AESGCM(key).encrypt(iv, signed, None).hex()}
    return json.dumps(whole, separators=(",", ":"))


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_byte_is_never_valid(samples: Samples, name: str) -> None:
    """Thirty places spread over the box; the whole range of verdicts is met, and none of them is sound."""
    archive = samples.archive(name)
    for step in range(30):
        place = (len(archive) - 1) * step // 29
        changed = bytearray(archive)
        changed[place] ^= 0x01
        assert not verify_archive(bytes(changed)).is_sound, place
