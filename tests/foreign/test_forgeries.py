"""Forged samples before our verifier: one that never says no proves nothing.

A forger who changes a part of a box can repair every hash behind it, so each forgery here does; what is left wrong is
only mathematics, and our verifier has to name it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from majlis.ballot import verify_archive

BLOCK = 512
BASE = b"66" * 31 + b"58"
# The response of the first proof after a field, and the same number without its first digit.
PROOF = rb'(%s.*?"response":")\d(\d)'
SHORTER = rb"\1\2"
SAMPLES = ("blank", "ff2048", "homomorphic", "mixed", "nonhomomorphic", "range", "threshold", "twoq", "weights")


def records(archive: bytes) -> list[tuple[bytes, bytes]]:
    """The 512-byte header and the payload of every record.

    The payload size stands at offset 124 as 11 octal digits.
    """
    found, at = [], 0
    while at < len(archive):
        header = archive[at : at + BLOCK]
        size = int(header[124:135], 8)
        found.append((header, archive[at + BLOCK : at + BLOCK + size]))
        at += BLOCK + -(-size // BLOCK) * BLOCK
    return found


def with_payload(header: bytes, payload: bytes) -> bytes:
    """One record of the archive again: name, size and checksum follow the payload, the rest of the header stays."""
    kind = header[64:100].rstrip(b"\0")
    name = hashlib.sha256(payload).hexdigest().encode() + kind if kind else header[:100].rstrip(b"\0")
    plain = (
        name.ljust(100, b"\0") + header[100:124] + b"%011o\0" % len(payload) + header[136:148] + b" " * 8 + header[156:]
    )
    sealed = plain[:148] + b"%06o\0 " % sum(plain) + plain[156:]
    return sealed + payload + b"\0" * (-len(payload) % BLOCK)


def resealed(archive: bytes, pattern: bytes, replacement: bytes) -> bytes:
    """The archive of a forger who changes the first payload that matches and then repairs every hash after it.

    What is left wrong is only what the change itself made wrong, so that the tool must find it by its own mathematics.
    """
    renamed: dict[bytes, bytes] = {}
    whole, changed = b"", False
    for header, payload in records(archive):
        forged = payload
        for old, new in renamed.items():
            forged = forged.replace(old, new)
        if not changed and re.search(pattern, forged, re.DOTALL):
            forged = re.sub(pattern, replacement, forged, count=1, flags=re.DOTALL)
            changed = forged != payload
        if forged != payload:
            renamed[hashlib.sha256(payload).hexdigest().encode()] = hashlib.sha256(forged).hexdigest().encode()
        whole += with_payload(header, forged)
    assert changed, f"nothing in the archive matches {pattern!r}"
    return whole


@pytest.mark.parametrize("name", SAMPLES)
def test_repacking_a_sample_changes_no_byte(sample: Callable[[str], bytes], name: str) -> None:
    """The forger's tool is exact: whatever is refused below, is refused for the forgery and not for the wrapping."""
    archive = sample(name)
    assert b"".join(with_payload(header, payload) for header, payload in records(archive)) == archive


@pytest.mark.parametrize("name", SAMPLES)
def test_one_changed_byte_is_refused(sample: Callable[[str], bytes], name: str) -> None:
    archive = bytearray(sample(name))
    archive[archive.index(b'"response":"', len(archive) // 3) + 15] ^= 1
    assert verify_archive(bytes(archive)).verdict == "invalid"


class Forgery(NamedTuple):
    """What is forged in which sample, and ``rule``: what our verifier finds broken."""

    sample: str
    pattern: bytes
    replacement: bytes
    rule: str


FORGERIES = {
    "proof of a trustee key": Forgery("homomorphic", PROOF % b'"pok"', SHORTER, "R-BOX-22"),
    "certificate of a threshold trustee": Forgery("threshold", PROOF % b'"certs"', SHORTER, "R-BOX-23"),
    "proof of a vote": Forgery("homomorphic", PROOF % b'"individual_proofs"', SHORTER, "R-BOX-44"),
    "signature of a ballot": Forgery("homomorphic", PROOF % rb'"signature":\{"hash"', SHORTER, "R-BOX-40"),
    "weight of a voter": Forgery("weights", rb'^(\["[0-9a-f]{64},\d+)', rb"\g<1>0", "R-BOX-49"),
    "shuffled ciphertexts exchanged": Forgery(
        "nonhomomorphic",
        rb'("ciphertexts":\[\[)(\{[^}]*\}),(\{[^}]*\})',
        rb"\1\3,\2",
        "R-BOX-54",
    ),
    "proof of a shuffle": Forgery("nonhomomorphic", rb'("proofs":\[\[\[")[0-9a-f]{64}', rb"\g<1>" + BASE, "R-BOX-54"),
    "decryption factors exchanged": Forgery(
        "homomorphic",
        rb'("decryption_factors":\[\[)("[^"]*"),("[^"]*")',
        rb"\1\3,\2",
        "R-BOX-60",
    ),
    "proof of a decryption": Forgery("homomorphic", PROOF % b'"decryption_proofs"', SHORTER, "R-BOX-60"),
    "owner of a decryption": Forgery("homomorphic", rb'\{"owner":2', rb'{"owner":1', "R-BOX-58"),
    "result": Forgery("homomorphic", rb'(\{"result":\[\[)1,2', rb"\g<1>2,1", "R-BOX-66"),
    "tally as archived": Forgery("homomorphic", rb'^\[\[(\{"alpha[^}]*\}),(\{"alpha[^}]*\})', rb"[[\2,\1", "R-BOX-49"),
    "number of counted ballots": Forgery("homomorphic", rb'("num_tallied":)5', rb"\g<1>4", "R-BOX-50"),
    "total weight": Forgery("homomorphic", rb'("total_weight":)5', rb"\g<1>6", "R-BOX-51"),
    "end of the ballots": Forgery("homomorphic", b'"EndBallots"', b'"EndShuffles"', "R-BOX-11"),
}


def made(sample: Callable[[str], bytes], forgery: Forgery) -> bytes:
    return resealed(sample(forgery.sample), forgery.pattern, forgery.replacement)


@pytest.mark.parametrize("part", FORGERIES)
def test_our_verifier_refuses_the_forged_part(sample: Callable[[str], bytes], part: str) -> None:
    report = verify_archive(made(sample, FORGERIES[part]))
    assert report.verdict == "invalid"
    assert FORGERIES[part].rule in {check.id for check in report.checks if check.outcome == "failed"}
