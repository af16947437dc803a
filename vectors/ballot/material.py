"""What the vectors of this folder are made of: one small election whose keys are published, and a forger's tools.

Everything is drawn from a counter, so that a second run gives the same bytes; good for tests alone. A forger repairs
every hash, signature and proof that a forger could repair: what is left wrong is only what a check is for.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nacl.bindings import crypto_core_ed25519_add

from majlis.ballot import (
    ChoiceQuestion,
    check_ballot,
    compute_tally,
    decrypt_share,
    format_credentials,
    format_election,
    format_result,
    format_trustees,
    make_trustee_key,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    prove_sidecar,
    seal,
)
from majlis.ballot.tar import format_first_record, format_record
from majlis.crypto import ED25519, ORDER, SecretScalar, fingerprint, prove_knowledge

TIMESTAMP = 1_700_000_000
UUID = "MajVectorBoxX1"
ORDER_TWO = (2**255 - 20).to_bytes(32, "little")

Events = list[tuple[str, list[bytes]]]


class Counter:
    """A chance that deals the same bytes on every run."""

    def __init__(self, label: str) -> None:
        self.label, self.count = label, 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        return hashlib.shake_256(f"{self.label}|{self.count}".encode()).digest(size)


def secret(label: str) -> SecretScalar:
    """A published secret."""
    return SecretScalar((int.from_bytes(hashlib.sha512(label.encode()).digest(), "big") % ORDER).to_bytes(32, "little"))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def written(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Parts:
    """The payloads of a box; ``shuffles`` (None where nothing is ranked) and ``shares`` by owner in order.

    ``stop``: the last event that is written; ``minimum``: of ballots, as the charter has it.
    """

    election: bytes
    trustees: bytes
    credentials: bytes
    ballots: tuple[bytes, ...]
    tally: bytes
    tally_data: bytes
    shares: tuple[tuple[int, bytes], ...]
    sidecars: dict[int, bytes]
    result: bytes
    stop: str = "Result"
    shuffles: tuple[tuple[int, bytes], ...] | None = None
    minimum: int = 2

    def events(self) -> Events:
        """The events of the box, in order."""
        setup = {"election": sha(self.election), "trustees": sha(self.trustees), "credentials": sha(self.credentials)}
        events: Events = [("Setup", [self.election, self.trustees, self.credentials, written(setup)])]
        events += [("Ballot", [ballot]) for ballot in self.ballots]
        events += [("EndBallots", []), ("EncryptedTally", [self.tally, self.tally_data])]
        for owner, shuffle in self.shuffles or ():
            events.append(("Shuffle", [shuffle, written({"owner": owner, "payload": sha(shuffle)})]))
        if self.shuffles is not None:
            events.append(("EndShuffles", []))
        for owner, share in self.shares:
            events.append(("PartialDecryption", [share, written({"owner": owner, "payload": sha(share)})]))
        events.append(("Result", [self.result]))
        last = max(i for i, (kind, _) in enumerate(events) if kind == self.stop)
        return events[: last + 1]


@dataclass(frozen=True)
class Case:
    """One vector. ``check``: the id of the check that must fail, and alone; none where the box is sound."""

    name: str
    check: str
    verdict: str
    why: str
    archive: bytes
    process: dict[str, Any] | None = field(default_factory=dict)


def assemble(events: Events, edits: dict[int, Callable[[dict[str, Any]], bytes]] | None = None) -> bytes:
    """The box of these events. ``edits``: by height, another text for the event; what follows it is chained to that."""
    archive, parent = format_first_record(TIMESTAMP), ""
    for height, (kind, payloads) in enumerate(events):
        for payload in payloads:
            archive += format_record(f"{sha(payload)}.data.json", payload, TIMESTAMP)
        event = {"parent": parent} if parent else {}
        event |= {"height": height, "type": kind}
        event |= {"payload": sha(payloads[-1])} if payloads else {}
        raw = (edits or {}).get(height, written)(event)
        archive += format_record(f"{sha(raw)}.event.json", raw, TIMESTAMP)
        parent = sha(raw)
    return archive


def head_of(archive: bytes) -> str:
    """The name of the last event record."""
    return re.findall(rb"([0-9a-f]{64})\.event\.json", archive)[-1].decode()


TRUSTEES = [make_trustee_key(Counter("trustee 1")), make_trustee_key(Counter("trustee 2"), name="Affiliate abroad")]
MEMBERS = [secret("member 1"), secret("member 2")]
VOTES = ((1, 0), (0, 1))


def election_text(blank: bool = False, **changes: Any) -> bytes:
    """election.json of the vectors."""
    key = parse_trustees(ED25519, format_trustees([key for _, key in TRUSTEES])).key
    question = ChoiceQuestion(question="Do we join? / هل ننضم؟", answers=("yes", "no"), min=1, max=1, blank=blank)
    fields = {"uuid": UUID, "name": "vectors", "description": "", "public_key": key, "questions": (question,)}
    return format_election(**(fields | changes))  # type: ignore[arg-type]


def hold(label: str, *, election: bytes | None = None, ballots: tuple[bytes, ...] | None = None) -> Parts:
    """An election carried out in full; ``ballots`` may be given by a forger, and count as they are."""
    election = election or election_text()
    read = parse_election(election)
    trustees = format_trustees([key for _, key in TRUSTEES])
    credentials = format_credentials([ED25519.raise_generator_secretly(member) for member in MEMBERS])
    listed = parse_credentials(ED25519, credentials)
    chance = Counter(label)
    sound = tuple(seal(read, member, [vote], chance) for member, vote in zip(MEMBERS, VOTES, strict=True))
    tally = compute_tally(read, listed, [check_ballot(read, listed, ballot) for ballot in sound])
    shares, sidecars = {}, {}
    for owner, (key, _) in enumerate(TRUSTEES, start=1):
        shares[owner] = decrypt_share(read, tally, key, chance)
        sidecars[owner] = prove_sidecar(read, tally, owner=owner, share=shares[owner], secret=key, chance=chance)
    result = format_result(open_tally(read, parse_trustees(ED25519, trustees), tally, shares))
    data = {"num_tallied": tally.ballots, "total_weight": tally.weight, "encrypted_tally": tally.hash}
    return Parts(
        election=election,
        trustees=trustees,
        credentials=credentials,
        ballots=ballots or sound,
        tally=tally.raw,
        tally_data=written(data),
        shares=tuple(shares.items()),
        sidecars=sidecars,
        result=result,
    )


def acts(parts: Parts, archive: bytes) -> dict[str, Any]:
    """What honest signed acts say of these parts, as JSON."""
    keys: list[str] = []
    polynomials: dict[str, str] = {}
    for kind, entry in json.loads(parts.trustees):
        if kind == "Single":
            keys.append(entry["public_key"])
        elif kind == "Pedersen":
            for cert, coefexps in zip(entry["certs"], entry["coefexps"], strict=True):
                keys.append(sha(cert["message"].encode()))
                polynomials[str(len(keys))] = sha(coefexps["message"].encode())
    hashes = {str(owner): sha(share) for owner, share in parts.shares}
    listed = json.loads(parts.credentials)
    said = {
        "election_hash": sha(parts.election),
        "trustee_keys": {str(owner): key for owner, key in enumerate(keys, start=1)},
        "roll": {"hash": sha(parts.credentials), "voters": len(listed), "weight": len(listed)},
        "decryption_commitments": hashes,
        "decryption_acts": hashes,
        "sidecars": {str(owner): b64encode(sidecar).decode() for owner, sidecar in parts.sidecars.items()},
        "head": head_of(archive),
        "minimum_ballots": parts.minimum,
    }
    if polynomials:
        said["polynomial_commitments"] = polynomials
    if parts.shuffles is not None:
        before = [sha(parts.tally), *(sha(shuffle) for _, shuffle in parts.shuffles)]
        said["shuffles"] = [
            {
                "trustee": f"trustee {owner}",
                "position": place,
                "input_hash": before[place],
                "payload_hash": sha(shuffle),
            }
            for place, (owner, shuffle) in enumerate(parts.shuffles)
        ]
        said["shuffles_needed"] = 2
    return said


def resign(ballot: dict[str, Any], member: SecretScalar) -> bytes:
    """The ballot signed again by its own voter, who may sign what they like."""
    unsigned = {key: value for key, value in ballot.items() if key != "signature"}
    digest = fingerprint(written(unsigned))
    proof = prove_knowledge(member, f"sig|{digest}|", Counter(digest))
    text = {"challenge": str(proof.challenge), "response": str(proof.response)}
    return written(unsigned | {"signature": {"hash": digest, "proof": text}})


def bumped(number: str) -> str:
    """The next scalar."""
    return str((int(number) + 1) % ORDER)


def outside(point: str) -> str:
    """The point plus the point of order two: on the curve, and outside the group."""
    return crypto_core_ed25519_add(bytes.fromhex(point)[::-1], ORDER_TWO)[::-1].hex()


def header_edit(archive: bytes, record: int, at: int, new: bytes) -> bytes:
    """Another header, with the right checksum for it."""
    offset = 0
    for _ in range(record):
        offset += 512 + -(-int(archive[offset + 124 : offset + 135], 8) // 512) * 512
    header = bytearray(archive[offset : offset + 512])
    header[at : at + len(new)] = new
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return archive[:offset] + bytes(header) + archive[offset + 512 :]


BLANK_ALLOWED = election_text(blank=True)
SOUND = hold("sound")
BLANK_SOUND = hold("blank", election=BLANK_ALLOWED)


def broken(name: str, check: str, why: str, parts: Parts, verdict: str = "invalid", **changed: Any) -> Case:
    """A box that breaks one check, with honest acts about it, or about what ``changed`` says."""
    archive = assemble(parts.events())
    return Case(name, check, verdict, why, archive, acts(parts, archive) | changed)
