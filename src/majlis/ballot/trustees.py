"""The trustees of an election: their keys, the proofs that they know them, and the election's key made of all.

    [["Single",K],…,["Pedersen",P],…]      K: ``trustee_key.py``, P: ``pedersen.py``

Every Single trustee is needed to open the box; of a Pedersen entry, any ``threshold`` members. Trustees are numbered
from 1 through all entries (``owner``). The election's key is the product of the Single keys and the joint keys.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` sections 4 and 5. Rules R-BOX-20 to R-BOX-28.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from majlis.ballot.pedersen import PEDERSEN_CHECKS, Pedersen, parse_pedersen
from majlis.ballot.trustee_key import KeyText, TrusteeKey, format_trustee_key, key_prefix, parse_member
from majlis.ballot.wire import decode, encode, parse_proof, ruled
from majlis.crypto import ED25519, Group, Point, Proof, check_knowledge
from majlis.errors import Fault, Forged, Refused

__all__ = ["Owner", "TrusteeEntry", "Trustees", "check_trustees", "format_trustees", "parse_trustees"]


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """One trustee as the archive numbers them.

    ``index`` counts from 1 inside the entry. ``commitment`` is what the trustee's signed act names: the public key as
    printed, or for a threshold member the SHA-256 of the certificate's message.
    """

    number: int
    entry: int
    index: int
    public_key: Point
    commitment: str
    name: str | None = None


class TrusteeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the payload: which owners it has, and how many of them are needed."""

    threshold: int
    owners: tuple[int, ...]
    proof: Proof | None = None
    pedersen: Pedersen | None = None


class Trustees(msgspec.Struct, frozen=True, kw_only=True):
    """All trustees; ``key`` is the product of the sub-keys and must be the election's."""

    group: Group
    entries: tuple[TrusteeEntry, ...]
    owners: tuple[Owner, ...]
    key: Point
    raw: bytes


def format_trustees(entries: Sequence[TrusteeKey | Pedersen], group: Group = ED25519) -> bytes:
    """The trustees payload, numbered from 1 in this order, the members of a threshold entry one after the other.

    Every single trustee is needed to open the box; of a threshold entry as many as it says.
    Raises: Refused, for no trustee or one key twice.
    """
    if not entries:
        raise Refused("a box without trustees could be opened by anyone; name at least one", rule="R-BOX-20")
    keys = [entry.joint_key(group) if isinstance(entry, Pedersen) else entry.public_key for entry in entries]
    if len(set(keys)) != len(keys):
        raise Refused("two trustees handed in the same key; each makes one alone", rule="R-BOX-20")
    return encode(
        [
            ("Pedersen", msgspec.Raw(entry.raw))
            if isinstance(entry, Pedersen)
            else ("Single", msgspec.Raw(format_trustee_key(entry, group)))
            for entry in entries
        ]
    )


def parse_trustees(group: Group, raw: bytes) -> Trustees:
    """The trustees that ``raw`` lists, all points members; proofs are not looked at yet (``check_trustees``).

    Raises: Malformed, NonCanonical, Refused (R-BOX-20); NotInGroup (R-BOX-21).
    """
    entries: list[TrusteeEntry] = []
    owners: list[Owner] = []
    keys: list[Point] = []
    where = "the trustees"
    try:
        lines = decode(list[tuple[str, msgspec.Raw]], raw, "the trustees payload")
        if not lines:
            raise Refused("there are no trustees")
        for kind, body in lines:
            where = f"trustee {len(owners) + 1}"
            first = len(owners) + 1
            if kind == "Single":
                text = decode(KeyText, bytes(body), "a trustee's key")
                public_key = parse_member(group, text.public_key)
                keys.append(public_key)
                owners.append(
                    Owner(
                        number=first,
                        entry=len(entries),
                        index=1,
                        public_key=public_key,
                        commitment=text.public_key,
                        name=None if text.name is msgspec.UNSET else text.name,
                    )
                )
                entries.append(TrusteeEntry(threshold=1, owners=(first,), proof=parse_proof(group, text.pok)))
            elif kind == "Pedersen":
                pedersen = parse_pedersen(group, bytes(body))
                keys.append(pedersen.joint_key(group))
                owners += [
                    Owner(
                        number=first - 1 + member.index,
                        entry=len(entries),
                        index=member.index,
                        public_key=member.public_key,
                        commitment=member.commitment,
                    )
                    for member in pedersen.members
                ]
                numbers = tuple(range(first, first + len(pedersen.members)))
                entries.append(TrusteeEntry(threshold=pedersen.threshold, owners=numbers, pedersen=pedersen))
            else:
                raise Refused(f"trustees of kind {kind!r} are not known here")
    except Fault as fault:
        raise ruled(fault, "R-BOX-20", where) from None
    return Trustees(group=group, entries=tuple(entries), owners=tuple(owners), key=group.product(keys), raw=raw)


def check_trustees(trustees: Trustees) -> None:
    """Every trustee knows their key, and every threshold set-up holds.

    Raises: Forged (R-BOX-22 to R-BOX-27), naming the trustee.
    """
    group = trustees.group
    for entry in trustees.entries:
        if entry.proof is not None:
            _check_single(group, trustees.owners[entry.owners[0] - 1], entry.proof)
    for check in PEDERSEN_CHECKS:
        for entry in trustees.entries:
            if entry.pedersen is not None:
                check(group, entry.pedersen, entry.owners[0])


def _check_single(group: Group, owner: Owner, proof: Proof) -> None:
    try:
        check_knowledge(group, owner.public_key, key_prefix(group, owner.public_key), proof)
    except Forged as fault:
        raise ruled(fault, "R-BOX-22", f"trustee {owner.number}") from None
