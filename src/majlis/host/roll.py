"""The registrar's private roll, and the list keeper's book without names; both are encrypted files.

    rolls/<slug>.json     name, P, the salt of the leaf, place and tag (kind ``member``): the registrar's
    lists/<slug>.json     P and k (kind ``tweak``): the list keeper's
    points, from one to the other     {"format":"majlis-points/1","body":…,"points":[P,…]}, by their digits

Neither goes anywhere else. Source: ``spec/node.md``, ``spec/credential.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from majlis.ballot import derive_point, roll_leaf
from majlis.crypto import ED25519, Chance, Point
from majlis.errors import Malformed, Missing, Refused
from majlis.host.credential import Enrolment, Leaf, format_piece, parse_piece
from majlis.host.keyring import KeyEntry, Keyring, Secret
from majlis.record import Tree, encode_base64, leaf_hash, prove_inclusion

__all__ = ["MEMBER", "enrol", "format_points", "leaf_of", "listed_points", "parse_points", "roll_tree"]

MEMBER: Final = "member"


class _Points(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    body: str
    points: list[str]


# --- the registrar


def enrol(
    roll: Keyring, enrolments: Sequence[tuple[str, Enrolment]], place: str, chance: Chance, *, named: str = ""
) -> int:
    """The members (word, checked enrolment) are on the private roll; those who were already are left. How many are new.

    ``named``: who it is; as the word, nowhere but in the encrypted roll.

    Raises: Refused, when a name comes with another key than before, or a key under another name.
    """
    names = {entry.name: entry.public for entry in roll.entries()}
    points = {entry.public: entry.name for entry in roll.entries()}
    new = []
    for name, enrolment in enrolments:
        if names.get(name, enrolment.point) != enrolment.point or points.get(enrolment.point, name) != name:
            raise Refused(
                f"{name!r}, or this key, is on the roll already with another; ask the member", rule="R-HAND-3"
            )
        if name not in names:
            new.append(
                KeyEntry(
                    name=name,
                    kind=MEMBER,
                    public=enrolment.point,
                    secret=Secret(chance(32)),
                    body=enrolment.body,
                    notes={"place": place, "tag": chance(16).hex(), **({"named": named} if named else {})},
                )
            )
            names[name], points[enrolment.point] = enrolment.point, name
    if new:
        roll.add(*new, chance=chance)
    return len(new)


def _salted(entry: KeyEntry) -> bytes:
    point = ED25519.check(ED25519.parse(entry.public))
    salt = entry.secret.reveal()
    return leaf_hash(roll_leaf(salt=salt, point=point, place=entry.notes["place"], tag=entry.notes["tag"]))


def roll_tree(roll: Keyring) -> Tree:
    """The tree over the salted leaves, in an order that tells nothing: by their bytes."""
    return Tree(sorted(_salted(entry) for entry in roll.entries()))


def leaf_of(roll: Keyring, name: str) -> bytes:
    """What is handed back to this member: confidential, since it opens their leaf. Raises: Missing."""
    leaves, entry = sorted(_salted(each) for each in roll.entries()), roll.get(name)
    index, tree = leaves.index(_salted(entry)), Tree(leaves)
    return format_piece(
        Leaf(
            format="majlis-leaf/1",
            body=entry.body,
            salt=entry.secret.reveal().hex(),
            place=entry.notes["place"],
            tag=entry.notes["tag"],
            index=index,
            size=tree.size,
            path=tuple(encode_base64(step) for step in prove_inclusion(index, tree.size, tree.read)),
        )
    )


def format_points(roll: Keyring, body: str) -> bytes:
    """What the list keeper is told of the roll: its keys, by their bytes, without a name."""
    return format_piece(
        _Points(format="majlis-points/1", body=body, points=sorted(entry.public for entry in roll.entries()))
    )


# --- the list keeper


def parse_points(data: bytes, body: str) -> list[str]:
    """All P on the roll of this body. Raises: Malformed, Refused."""
    points = parse_piece(data, _Points, "majlis-points/1", "the list of a roll's keys")
    if points.body != body:
        raise Refused("these are the keys of another body's roll", rule="R-HAND-6")
    if sorted(set(points.points)) != points.points:
        raise Malformed("the keys of a roll stand in the order of their digits, each once", rule="R-HAND-6")
    return points.points


def listed_points(book: Keyring, points: Sequence[str], vote: str) -> list[Point]:
    """The derived keys of everybody on the roll for one vote.

    Raises: Missing, when some on the roll have not handed their listing in.
    """
    lacking = [point for point in points if point not in book.names()]
    if lacking:
        raise Missing(
            f"{len(lacking)} of {len(points)} on the roll have not handed you their listing; ask the registrar to "
            "remind them",
            rule="R-HAND-6",
        )
    return [
        derive_point(ED25519.check(ED25519.parse(point)), book.get(point).secret.reveal(), vote) for point in points
    ]
