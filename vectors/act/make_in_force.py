"""Makes ``in-force.json``: proofs of what is in force (``spec/digest.md``), and what is none, each with its rule.

    python vectors/act/make_in_force.py > vectors/act/in-force.json

Ours, from fixed seeds; nothing is drawn. Each case states whom the reader trusts, the file in base64, and either what
it shows or the first rule that it breaks.
"""

from __future__ import annotations

import base64
import json
import sys
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from majlis.crypto import SigningKey
from majlis.institutions import Seen, format_text, sign_text
from majlis.institutions.in_force import InForceProof, format_in_force
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    TlogProof,
    Tree,
    cosign,
    format_checkpoint,
    format_note,
    format_tlog_proof,
    leaf_hash,
    prove_inclusion,
    sign_note,
)


def key(name: str) -> SigningKey:
    return SigningKey(sha256(f"majlis vectors: {name}".encode()).digest())


AUTHOR, LOG_KEY, MIRROR_KEYS = key("author"), key("log"), [key(f"mirror {n}") for n in range(3)]
BODY = sha256(b"majlis vectors: body").hexdigest()
LOG = NoteKey(name="camp-north.example/log", public_key=LOG_KEY.public_key)
OLD = NoteKey(name=LOG.name, public_key=key("old log").public_key)
MIRRORS = [CosignerKey(name=f"mirror-{n}.example", public_key=each.public_key) for n, each in enumerate(MIRROR_KEYS)]
TIMES = (1_700_000_300, 1_700_000_100, 1_700_000_200)
STATEMENTS = sorted(
    ["confirmed yes", "fund SYP 4000000", "roll 00 96 4", f"body {BODY} committee", "fund قرش 7"]
    + [f"office {office} {AUTHOR.public_key.hex()}" for office in ("clerk", "teller", "treasurer")]
)
DIGEST = Tree(leaf_hash(line.encode()) for line in STATEMENTS)
AT, SIZE = 11, 20
TRUST = {"body": BODY, "logs": [LOG.vkey], "mirrors": [each.vkey for each in MIRRORS], "quorum": 2}


def act(*, kind: str = "state.digest", body: str = BODY, **data: object) -> bytes:
    text = format_text(
        body=body,
        kind=kind,
        author=AUTHOR.public_key.hex(),
        nonce=bytes(range(16)),
        seen=Seen(size=0, root=base64.b64encode(sha256(b"").digest()).decode()),
        cites=(),
        data={"size": AT, "root": DIGEST.root().hex()} | data,
    )
    return sign_text(text, AUTHOR)


def proof(
    entry: bytes,
    *,
    at: int = AT,
    signer: SigningKey = LOG_KEY,
    mirrors: tuple[int, ...] = (0, 1, 2),
    size: int = SIZE,
) -> TlogProof:
    """Where the entry stands in a record of ``size``, under a checkpoint that these mirrors cosigned."""
    record = Tree(leaf_hash(entry if n == at else b"entry %d" % n) for n in range(size))
    text = format_checkpoint(Checkpoint(origin=LOG.name, size=size, root=record.root()))
    lines = [sign_note(text, LOG.name, signer)]
    lines += [cosign(text, MIRRORS[n].name, MIRROR_KEYS[n], TIMES[n]) for n in mirrors]
    note = format_note(Note(text=text, signatures=tuple(lines)))
    return TlogProof(index=at, hashes=prove_inclusion(at, size, record.read), checkpoint=note)


def shown(statement: str, entry: bytes | None = None, where: TlogProof | None = None) -> InForceProof:
    entry = entry or act()
    index = STATEMENTS.index(statement)
    hashes = prove_inclusion(index, len(STATEMENTS), DIGEST.read)
    return InForceProof(
        statement=statement,
        index=index,
        count=len(STATEMENTS),
        hashes=hashes,
        act=entry,
        proof=format_tlog_proof(where or proof(entry)),
    )


def case(
    why: str, data: InForceProof | bytes, *, rule: str = "", later: int = SIZE - AT - 1, **trust: object
) -> dict[str, Any]:
    raw = data if isinstance(data, bytes) else format_in_force(data)
    found: dict[str, Any] = {"why": why, "rule": rule, "trust": TRUST | trust, "shown": base64.b64encode(raw).decode()}
    if not rule and isinstance(data, InForceProof):
        found["statement"] = data.statement
        found["size"] = AT
        found["later"] = later
    return found


def make() -> dict[str, Any]:
    clerk = f"office clerk {AUTHOR.public_key.hex()}"
    good = shown(clerk)
    raw = format_in_force(good)
    two = proof(act(), mirrors=(0, 1))
    last = proof(act(), size=AT + 1)
    cases = [
        *(case(f"statement {number}", shown(line)) for number, line in enumerate(STATEMENTS)),
        case("under a checkpoint that ends with it (R-DIGEST-6)", shown(clerk, where=last), later=0),
        case("two of three mirrors", shown(clerk, where=two)),
        case("all mirrors asked for", good, quorum=3),
        case("a quorum of none asks for one", good, quorum=0),
        case("one mirror is trusted", good, mirrors=TRUST["mirrors"][:1], quorum=1),
        case("a log that changed its key", good, logs=[OLD.vkey, LOG.vkey]),
        case("nothing", b"", rule="R-DIGEST-4"),
        case("another format", raw.replace(b"force/1", b"force/2"), rule="R-DIGEST-4"),
        case("no statement", b"majlis-in-force/1\n\n0\n", rule="R-DIGEST-4"),
        case("a control character", raw.replace(b"office clerk", b"office\tclerk"), rule="R-DIGEST-4"),
        case("not UTF-8", raw.replace(b"office clerk", b"office\xffclerk"), rule="R-DIGEST-4"),
        case("the act cut off", raw[: raw.index(b"majlis/1") + 50], rule="R-DIGEST-4"),
        case("a place with a leading zero", raw.replace(b"\n4 8\n", b"\n04 8\n"), rule="R-CHECKPOINT-1"),
        case("a place without a count", raw.replace(b"\n4 8\n", b"\n4\n"), rule="R-CHECKPOINT-1"),
        case("a hash of 31 bytes", replace(good, hashes=(bytes(31), *good.hashes[1:])), rule="R-CHECKPOINT-1"),
        case("cut off in the proof", raw[: raw.index(b"tlog-proof") + 30], rule="R-PROOF-1"),
        case("of another body", good, rule="R-DIGEST-5", body=sha256(b"another").hexdigest()),
        case("an act of another body", shown(clerk, act(body="ab" * 32)), rule="R-DIGEST-5"),
        case("an act of another kind", shown(clerk, act(kind="motion.table")), rule="R-ACT-9"),
        case("a root in capitals", shown(clerk, act(root=DIGEST.root().hex().upper())), rule="R-ACT-9"),
        case("a size in words", shown(clerk, act(size="11")), rule="R-ACT-9"),
        case("a size that is true", shown(clerk, act(size=True)), rule="R-ACT-9"),
        case("an act altered later", replace(good, act=good.act.replace(b'"size":11', b'"size":12')), rule="R-ACT-5"),
        case("no act", replace(good, act=b"no act\n"), rule="R-ACT-1"),
        case("at another place than it states", shown(clerk, where=proof(act(), at=12)), rule="R-DIGEST-5"),
        case("of entries to come", shown(clerk, act(size=19)), rule="R-DIGEST-5"),
        case("another act at that place", replace(good, proof=format_tlog_proof(proof(b"another"))), rule="R-TREE-2"),
        case("a checkpoint of somebody else", shown(clerk, where=proof(act(), signer=AUTHOR)), rule="R-NOTE-6"),
        case("a log that is not trusted", good, rule="R-NOTE-6", logs=[]),
        case("too few mirrors", shown(clerk, where=proof(act(), mirrors=(0,))), rule="R-DIGEST-5"),
        case("no mirror", shown(clerk, where=proof(act(), mirrors=())), rule="R-DIGEST-5", quorum=0),
        case("mirrors that are not trusted", good, rule="R-DIGEST-5", mirrors=[]),
        case("one mirror twice, under two names", good, rule="R-DIGEST-5", mirrors=[
            MIRRORS[0].vkey, CosignerKey(name="other.example", public_key=MIRRORS[0].public_key).vkey]),
        case("another statement", replace(good, statement=f"office clerk {'ab' * 32}"), rule="R-TREE-2"),
        case("another number", replace(good, index=5), rule="R-TREE-2"),
        case("beyond the last", replace(good, index=8), rule="R-TREE-2"),
        case("a way up that is shorter", replace(good, hashes=good.hashes[1:], index=2, count=4), rule="R-TREE-2"),
        case("a hash too few", replace(good, hashes=good.hashes[:-1]), rule="R-TREE-2"),
    ]  # fmt: skip
    return {"origin": "made by vectors/act/make_in_force.py from fixed seeds", "cases": cases}


if __name__ == "__main__":
    json.dump(make(), sys.stdout, indent=1)
    sys.stdout.write("\n")
