"""What is in force, shown without a fold: one statement under a digest that mirrors made again (``spec/digest.md``).

    majlis-in-force/1\\n
    office clerk 17cb…\\n                   the statement
    3 9\\n                                  its number among the statements, and how many there are
    <base64 hash>\\n                        none or more, from its leaf up to the digest
    \\n
    612\\n                                  bytes of the act
    majlis/1 …                             the act ``state.digest``, as logged
    c2sp.org/tlog-proof@v1\\n               the proof file that shows that act in the record

It fits a phone: whoever reads it needs the body's identity, its log key and its mirrors, and no record. It says what
was in force before the digest, and nothing of what came later; so its age is shown with it. The mirrors' time says the
age only where the checkpoint ends with the digest (R-DIGEST-6): then nothing was later when they cosigned. Under a
larger one anything between may have changed it, and an old digest would look as young as the newest cosignature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NoReturn

import msgspec

from majlis.errors import Forged, Malformed, Missing
from majlis.institutions.act import Act, open_act
from majlis.institutions.digest import statements
from majlis.institutions.state import State
from majlis.record import (
    CosignerKey,
    NoteKey,
    TlogProof,
    Tree,
    check_inclusion,
    check_tlog_proof,
    encode_base64,
    format_tlog_proof,
    leaf_hash,
    parse_decimal,
    parse_hash,
    parse_tlog_proof,
    prove_inclusion,
    read_cosignatures,
)

__all__ = ["InForce", "InForceProof", "check_in_force", "format_in_force", "parse_in_force", "prove_in_force"]

_HEAD: Final = "majlis-in-force/1"
_MAX_SIZE: Final = 64 * 1024
_LOWEST: Final = " "
_HEX64: Final = re.compile("[0-9a-f]{64}")


class InForceProof(msgspec.Struct, frozen=True, kw_only=True):
    """A proof as parsed: nothing in it is checked yet. ``proof``: the bytes of a tlog-proof of ``act``."""

    statement: str
    index: int
    count: int
    hashes: tuple[bytes, ...]
    act: bytes
    proof: bytes


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown. ``size``: it was true before this entry. ``time``: the middle of the mirrors' times, of two the
    earlier, in Unix seconds UTC. ``mirrors``: the names of those who cosigned. ``later``: how many entries stand behind
    the digest under that checkpoint; with any, ``time`` says only when it was logged at the latest.
    """

    statement: str
    size: int
    time: int
    mirrors: tuple[str, ...]
    later: int

    def age(self, now: int) -> int | None:
        """For how many seconds nothing is known of it, or None where that cannot be told (R-DIGEST-6)."""
        return None if self.later else now - self.time


def prove_in_force(before: State, statement: str, act: bytes, proof: TlogProof) -> InForceProof:
    """The proof that ``statement`` was in force at a digest. ``before``: the state that the digest is of; ``proof``:
    where the digest's ``act`` stands, under a checkpoint that mirrors cosigned.

    Raises: Missing, when the statement was not in force there.
    """
    lines = statements(before)
    if statement not in lines:
        raise Missing(
            f"{statement!r} was not in force at that digest; see 'majlis trace' for what is", rule="R-DIGEST-5"
        )
    tree = Tree(leaf_hash(line.encode()) for line in lines)
    index = lines.index(statement)
    return InForceProof(
        statement=statement,
        index=index,
        count=len(lines),
        hashes=prove_inclusion(index, len(lines), tree.read),
        act=act,
        proof=format_tlog_proof(proof),
    )


def format_in_force(shown: InForceProof) -> bytes:
    """The bytes of the file."""
    hashes = "".join(f"{encode_base64(each)}\n" for each in shown.hashes)
    head = f"{_HEAD}\n{shown.statement}\n{shown.index} {shown.count}\n{hashes}\n{len(shown.act)}\n"
    return head.encode() + shown.act + shown.proof


def parse_in_force(data: bytes) -> InForceProof:
    """The proof in the bytes of a file, in form. Raises: Malformed, R-DIGEST-4 or the rule of the part at fault."""
    if len(data) > _MAX_SIZE:
        _malformed("R-DIGEST-4", f"it has at most {_MAX_SIZE} bytes, this one {len(data)}")
    head, _, rest = data.partition(b"\n\n")
    try:
        first, statement, place, *hashes = head.decode("utf-8").split("\n")
    except ValueError:
        _malformed("R-DIGEST-4", "in UTF-8, a line each: its name, the statement, its place, and hashes")
    if first != _HEAD or not statement or min(statement) < _LOWEST:
        _malformed("R-DIGEST-4", f"it starts with '{_HEAD}' and a statement without control characters")
    index, _, count = place.partition(" ")
    length, _, rest = rest.partition(b"\n")
    size = parse_decimal(length.decode("ascii", "replace"))
    if size > len(rest):
        _malformed("R-DIGEST-4", "the act in it is shorter than it says; the end was cut off")
    return InForceProof(
        statement=statement,
        index=parse_decimal(index),
        count=parse_decimal(count),
        hashes=tuple(parse_hash(each) for each in hashes),
        act=rest[:size],
        proof=rest[size:],
    )


def check_in_force(
    shown: InForceProof, *, body: str, logs: Sequence[NoteKey], mirrors: Sequence[CosignerKey], quorum: int
) -> InForce:
    """The statement was in force in ``body`` (its identity), as at least ``quorum`` of its mirrors vouch for.

    Whom to trust comes from the reader (a card, the body's act 0), never from what is shown. ``logs``: its log key, or
    several where it was changed.

    Raises: Malformed, in form; Forged, with R-DIGEST-5 or the rule of the part that does not hold.
    """
    act = open_act(shown.act).act
    if act.identity != body:
        _forged("the digest in it is of another body than the one that was asked about")
    size, root = _digest_of(act)
    proof = parse_tlog_proof(shown.proof)
    if proof.index != size:
        _forged(f"its digest is of {size} entries and stands at {proof.index}; mirrors pass such a one over")
    checkpoint, note = check_tlog_proof(proof, shown.act, *logs)
    if len({mirror.public_key for mirror in mirrors}) != len(mirrors):
        _malformed("R-DIGEST-5", "one mirror is named twice among those to trust; name each once")
    cosigned = read_cosignatures(note, mirrors)
    if len(cosigned) < max(1, quorum):
        _forged(f"{len(cosigned)} of these mirrors cosigned, and {max(1, quorum)} must")
    leaf = leaf_hash(shown.statement.encode())
    check_inclusion(shown.hashes, index=shown.index, size=shown.count, leaf=leaf, root=root)
    times = sorted(each.time for each in cosigned)
    return InForce(
        statement=shown.statement,
        size=size,
        time=times[(len(times) - 1) // 2],
        mirrors=tuple(each.cosigner.name for each in cosigned),
        later=checkpoint.size - size - 1,
    )


def _digest_of(act: Act) -> tuple[int, bytes]:
    """What a ``state.digest`` states: of how many entries, and the root. Raises: Malformed."""
    size, root = act.data.get("size"), act.data.get("root")
    if act.kind != "state.digest" or type(size) is not int or not isinstance(root, str) or not _HEX64.fullmatch(root):
        _malformed("R-ACT-9", "the act in it is no digest of what is in force")
    return size, bytes.fromhex(root)


def _malformed(rule: str, text: str) -> NoReturn:
    raise Malformed(f"a proof of what is in force: {text}", rule=rule)


def _forged(text: str) -> NoReturn:
    raise Forged(f"this proof of what is in force does not hold: {text}", rule="R-DIGEST-5")
