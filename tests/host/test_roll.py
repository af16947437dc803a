"""Credentials and rolls: each office learns what it needs, and what was swapped or altered on the way is found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from majlis.crypto import ED25519, SigningKey
from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host.ceremony import make_listing, prove_listed, read_listing
from majlis.host.chance import chance
from majlis.host.keyring import Keyring, Passphrase, Strength
from majlis.host.roll import (
    check_leaf,
    credential_of,
    enrol,
    enrolment_of,
    format_points,
    leaf_of,
    listed_points,
    make_credential,
    open_listing,
    parse_enrolment,
    parse_leaf,
    parse_points,
    roll_tree,
    seal_listing,
    vote_secret,
)

BODY, OTHER, VOTE = "b" * 64, "c" * 64, "e" * 64
LIGHT = Strength(ops=1, memory=8192)
LINA = SigningKey(bytes(range(32)))


class Office:
    """Three members, the registrar's roll, the list keeper's book."""

    def __init__(self, folder: Path) -> None:
        def ring(name: str) -> Keyring:
            return Keyring.create(folder / name, Passphrase("x"), chance, LIGHT)

        self.members = {name: ring(name) for name in ("m1", "m2", "m3")}
        self.roll, self.book = ring("roll"), ring("book")
        for name, keyring in self.members.items():
            make_credential(keyring, "credential", BODY, chance)
            checked = parse_enrolment(enrolment_of(keyring, "credential", BODY, chance), BODY)
            enrol(self.roll, [(name, checked)], "hilltop", chance)
            sealed = seal_listing(keyring, "credential", BODY, LINA.public_key.hex(), chance)
            self.book.add(open_listing(sealed, LINA, BODY), chance=chance)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


def test_every_member_finds_their_key_on_the_list_and_signs_with_it(office: Office) -> None:
    points = parse_points(format_points(office.roll, BODY), BODY)
    listing = make_listing(listed_points(office.book, points, VOTE))
    assert read_listing(listing.payload).root == listing.root
    for keyring in office.members.values():
        secret = vote_secret(keyring, credential_of(keyring, BODY), BODY, VOTE)
        assert ED25519.raise_generator_secretly(secret) in listing.points
        assert prove_listed(secret, listing, VOTE, "recall", chance)["index"] in range(3)
    stranger = vote_secret(office.members["m1"], "credential", BODY, "f" * 64)
    with pytest.raises(Missing, match="not on this list"):
        prove_listed(stranger, listing, VOTE, "recall", chance)


def test_a_member_has_one_credential_for_a_body(office: Office) -> None:
    keyring = office.members["m1"]
    before = keyring.get("credential").public
    assert make_credential(keyring, "credential", BODY, chance).public == before
    with pytest.raises(Refused):
        make_credential(keyring, "credential", OTHER, chance)
    with pytest.raises(Missing):
        credential_of(keyring, OTHER)


def test_neither_office_is_told_the_others_part(office: Office) -> None:
    tweak = office.members["m1"].get("credential tweak").secret.reveal().hex().encode()
    enrolment = enrolment_of(office.members["m1"], "credential", BODY, chance)
    assert tweak not in enrolment
    sealed = seal_listing(office.members["m1"], "credential", BODY, LINA.public_key.hex(), chance)
    assert tweak not in sealed
    assert b"m1" not in format_points(office.roll, BODY)
    assert all(entry.notes == {} for entry in office.book.entries())


def test_a_listing_opens_for_its_list_keeper_and_body_alone(office: Office) -> None:
    sealed = seal_listing(office.members["m1"], "credential", BODY, LINA.public_key.hex(), chance)
    with pytest.raises(Refused, match="not sealed to your key"):
        open_listing(sealed, SigningKey(bytes(32)), BODY)
    with pytest.raises(Refused, match="another body"):
        open_listing(sealed, LINA, OTHER)
    with pytest.raises(Refused):
        open_listing(sealed[:-5], LINA, BODY)


def test_an_enrolment_is_for_one_body_and_proves_its_key(office: Office) -> None:
    good = enrolment_of(office.members["m1"], "credential", BODY, chance)
    with pytest.raises(Refused):
        parse_enrolment(good, OTHER)
    data = msgspec.json.decode(good)
    swapped = {**data, "point": office.members["m2"].get("credential").public}
    with pytest.raises(Forged):
        parse_enrolment(msgspec.json.encode(swapped), BODY)
    for broken in (b"", b"{}", good + b"x", msgspec.json.encode({**data, "format": "x"})):
        with pytest.raises(Malformed):
            parse_enrolment(broken, BODY)


def test_a_name_and_a_key_stand_on_a_roll_once(office: Office) -> None:
    first, second = (
        parse_enrolment(enrolment_of(office.members[name], "credential", BODY, chance), BODY) for name in ("m1", "m2")
    )
    assert enrol(office.roll, [("m1", first)], "hilltop", chance) == 0
    with pytest.raises(Refused):
        enrol(office.roll, [("m1", second)], "hilltop", chance)
    with pytest.raises(Refused):
        enrol(office.roll, [("m4", first)], "hilltop", chance)


def test_a_leaf_opens_ones_own_place_and_no_other(office: Office) -> None:
    tree = roll_tree(office.roll)
    leaf = parse_leaf(leaf_of(office.roll, "m1"))
    point, other = (ED25519.check(ED25519.parse(office.members[n].get("credential").public)) for n in ("m1", "m2"))
    check_leaf(leaf, point, BODY, tree.root().hex(), 3)
    with pytest.raises(Forged):
        check_leaf(leaf, other, BODY, tree.root().hex(), 3)
    with pytest.raises(Forged):
        check_leaf(leaf, point, BODY, "0" * 64, 3)
    with pytest.raises(Refused):
        check_leaf(leaf, point, OTHER, tree.root().hex(), 3)
    with pytest.raises(Refused):
        check_leaf(leaf, point, BODY, tree.root().hex(), 4)
    with pytest.raises(Malformed):
        check_leaf(msgspec.structs.replace(leaf, salt="xx"), point, BODY, tree.root().hex(), 3)
    with pytest.raises(Missing):
        leaf_of(office.roll, "m9")


def test_the_keys_of_a_roll_are_read_in_their_one_order(office: Office) -> None:
    good = format_points(office.roll, BODY)
    points = parse_points(good, BODY)
    data = msgspec.json.decode(good)
    for broken in ([*points, points[0]], points[::-1]):
        with pytest.raises(Malformed):
            parse_points(msgspec.json.encode({**data, "points": broken}), BODY)
    with pytest.raises(Refused):
        parse_points(good, OTHER)
    with pytest.raises(Missing, match="1 of 4"):
        listed_points(office.book, [*points, "9" * 64], VOTE)
