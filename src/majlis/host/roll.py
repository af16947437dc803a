"""The registrar's private roll, and the list keeper's book without names; both are encrypted files.

    rolls/<slug>.json     name, P, the salt of the leaf, place and tag (kind ``member``): the registrar's
    lists/<slug>.json     P and k (kind ``tweak``), or P and the keys of a card (kind ``card``): the list keeper's
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
from majlis.host.cards import CARD
from majlis.host.credential import Enrolment, Leaf, format_piece, parse_piece
from majlis.host.keyring import KeyEntry, Keyring, Secret
from majlis.record import Tree, encode_base64, leaf_hash, prove_inclusion

__all__ = [
    "MEMBER",
    "dead_leaves",
    "enrol",
    "format_points",
    "leaf_of",
    "listed_points",
    "members",
    "parse_points",
    "replaced",
    "roll_tree",
]

MEMBER: Final = "member"
REPLACES: Final = "replaces"


class _Points(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    body: str
    points: list[str]


# --- the registrar


def members(roll: Keyring) -> dict[str, KeyEntry]:
    """Who is on the roll now, by the word for them: without entries that another one replaced."""
    dead = replaced(roll)
    return {_word(entry): entry for entry in roll.entries() if entry.public not in dead}


def replaced(roll: Keyring) -> dict[str, str]:
    """The P that were replaced, each with the P that took its place."""
    return {entry.notes[REPLACES]: entry.public for entry in roll.entries() if REPLACES in entry.notes}


def _word(entry: KeyEntry) -> str:
    return entry.notes.get("called", entry.name)


def enrol(
    roll: Keyring,
    enrolments: Sequence[tuple[str, Enrolment]],
    place: str,
    chance: Chance,
    *,
    named: str = "",
    replacing: bool = False,
) -> int:
    """The members (word, checked enrolment) are on the private roll; those who were already are left. How many are new.

    ``named``: who it is; as the word, nowhere but in the encrypted roll. ``replacing``: each takes the place of what
    the member had before, which never votes again (R-HAND-7).

    Raises: Refused, when a name comes with another key than before, or a key under another name.
    """
    current = members(roll)
    points, dead = {entry.public: word for word, entry in current.items()}, replaced(roll)
    new = []
    for name, enrolment in enrolments:
        before = current.get(name)
        if before is not None and before.public == enrolment.point:
            continue
        if enrolment.point in dead:
            raise Refused("this key was replaced, and votes no more; the member makes a new one", rule="R-HAND-7")
        if points.get(enrolment.point, name) != name or (before is not None and not replacing):
            raise Refused(
                f"{name!r}, or this key, is on the roll already with another; ask the member, and if theirs is lost or "
                "was seen, enrol with --replace",
                rule="R-HAND-3",
            )
        if before is None and replacing:
            raise Refused(
                f"nobody on the roll is called {name!r}, so that nothing is replaced; enrol without --replace",
                rule="R-HAND-7",
            )
        entry = _entry(roll, name, enrolment, before, place, named, chance)
        current[name], points[entry.public] = entry, name
        new.append(entry)
    if new:
        roll.add(*new, chance=chance)
    return len(new)


def _entry(
    roll: Keyring, name: str, enrolment: Enrolment, before: KeyEntry | None, place: str, named: str, chance: Chance
) -> KeyEntry:
    """The member's line on the roll; in the place of ``before`` it keeps place, tag and name, under another salt."""
    if before is None:
        title, notes = name, {"place": place, "tag": chance(16).hex()}
    else:
        used = sum(_word(entry) == name for entry in roll.entries())
        title, notes = f"{name} #{used + 1}", {**before.notes, "called": name, REPLACES: before.public}
    return KeyEntry(
        name=title,
        kind=MEMBER,
        public=enrolment.point,
        secret=Secret(chance(32)),
        body=enrolment.body,
        notes={**notes, **({"named": named} if named else {})},
    )


def _leaf(entry: KeyEntry) -> bytes:
    point = ED25519.check(ED25519.parse(entry.public))
    salt = entry.secret.reveal()
    return roll_leaf(salt=salt, point=point, place=entry.notes["place"], tag=entry.notes["tag"])


def _salted(entry: KeyEntry) -> bytes:
    return leaf_hash(_leaf(entry))


def roll_tree(roll: Keyring) -> Tree:
    """The tree over the salted leaves, in an order that tells nothing: by their bytes."""
    return Tree(sorted(_salted(entry) for entry in members(roll).values()))


def leaf_of(roll: Keyring, name: str) -> bytes:
    """What is handed back to this member: confidential, since it opens their leaf. Raises: Missing."""
    current = members(roll)
    if name not in current:
        raise Missing(f"nobody called {name!r} is on the roll; 'majlis credential members' shows who is")
    leaves, entry = sorted(_salted(each) for each in current.values()), current[name]
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


def dead_leaves(roll: Keyring) -> list[str]:
    """The leaves, in hex, of all that were replaced (R-ROLL-3), in an order that tells nothing."""
    dead = replaced(roll)
    return sorted(_leaf(entry).hex() for entry in roll.entries() if entry.public in dead)


def format_points(roll: Keyring, body: str) -> bytes:
    """What the list keeper is told of the roll: its keys, by their bytes, without a name."""
    return format_piece(
        _Points(format="majlis-points/1", body=body, points=sorted(entry.public for entry in members(roll).values()))
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


def listed_points(book: Keyring, points: Sequence[str], vote: str, label: str) -> list[Point]:
    """The keys of everybody on the roll for one vote: derived, or those of the vote's ``label`` on their cards.

    Raises: Missing, when some on the roll have not handed their listing in, or a card has no code for this vote.
    """
    lacking = [point for point in points if point not in book.names()]
    if lacking:
        raise Missing(
            f"{len(lacking)} of {len(points)} on the roll have not handed you their listing; ask the registrar to "
            "remind them",
            rule="R-HAND-6",
        )
    return [_listed_point(book.get(point), vote, label) for point in points]


def _listed_point(entry: KeyEntry, vote: str, label: str) -> Point:
    if entry.kind != CARD:
        return derive_point(ED25519.check(ED25519.parse(entry.public)), entry.secret.reveal(), vote)
    if label not in entry.notes:
        raise Missing(
            f"a card on this roll has no code for {label}; the registrar gives that member a new one, and replaces it",
            where=entry.public[:16],
            rule="R-CODE-4",
        )
    return ED25519.check(ED25519.parse(entry.notes[label]))
