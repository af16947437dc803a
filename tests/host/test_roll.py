"""Credentials and rolls: each office learns what it needs, and what was swapped or altered on the way is found."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from majlis.crypto import ED25519, SigningKey
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.ceremony import make_listing, prove_listed, read_listing
from majlis.host.chance import chance
from majlis.host.credential import (
    check_leaf,
    credential_of,
    enrolment_of,
    make_credential,
    open_listing,
    parse_enrolment,
    parse_leaf,
    renew_credential,
    seal_listing,
    vote_secret,
)
from majlis.host.keyring import Keyring, Passphrase, Strength
from majlis.host.roll import (
    dead_leaves,
    enrol,
    format_points,
    leaf_of,
    listed_points,
    members,
    parse_points,
    roll_tree,
)
from majlis.institutions.state import Roll

BODY, OTHER, VOTE = "b" * 64, "c" * 64, "e" * 64
LIGHT = Strength(ops=1, memory=8192)
LINA = SigningKey(bytes(range(32)))


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """What is inside fails by this rule."""
    with pytest.raises(Fault) as caught:
        yield
    assert caught.value.rule == rule


class Office:
    """Three members, the registrar's roll, the list keeper's book."""

    def __init__(self, folder: Path) -> None:
        def ring(name: str) -> Keyring:
            return Keyring.create(folder / name, Passphrase("nine wells"), chance, LIGHT)

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
    listing = make_listing(listed_points(office.book, points, VOTE, "ballot 1"))
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
    with refused("R-HAND-4"):
        open_listing(sealed, SigningKey(bytes(32)), BODY)
    with refused("R-HAND-3"):
        open_listing(sealed, LINA, OTHER)
    with refused("R-HAND-4"):
        open_listing(sealed[:-5], LINA, BODY)
    enrolment = msgspec.json.decode(enrolment_of(office.members["m1"], "credential", BODY, chance))
    box = SealedBox(VerifyKey(LINA.public_key).to_curve25519_public_key())
    for tweak, rule in (("00" * 31, "R-HAND-4"), ("", "R-HAND-4")):
        with refused(rule):
            open_listing(b64encode(box.encrypt(msgspec.json.encode({**enrolment, "tweak": tweak}))), LINA, BODY)


def test_an_enrolment_is_for_one_body_and_proves_its_key(office: Office) -> None:
    good = enrolment_of(office.members["m1"], "credential", BODY, chance)
    with refused("R-HAND-3"):
        parse_enrolment(good, OTHER)
    data = msgspec.json.decode(good)
    swapped = {**data, "point": office.members["m2"].get("credential").public}
    with refused("R-CRED-2"):
        parse_enrolment(msgspec.json.encode(swapped), BODY)
    for broken in (b"", b"{}", good + b"x", msgspec.json.encode({**data, "format": "x"})):
        with pytest.raises(Malformed):
            parse_enrolment(broken, BODY)


def test_a_name_and_a_key_stand_on_a_roll_once(office: Office) -> None:
    first, second = (
        parse_enrolment(enrolment_of(office.members[name], "credential", BODY, chance), BODY) for name in ("m1", "m2")
    )
    assert enrol(office.roll, [("m1", first)], "hilltop", chance) == 0
    for name, enrolment in (("m1", second), ("m4", first)):
        with refused("R-HAND-3"):
            enrol(office.roll, [(name, enrolment)], "hilltop", chance)


def test_a_leaf_opens_ones_own_place_and_no_other(office: Office) -> None:
    tree = roll_tree(office.roll)
    leaf = parse_leaf(leaf_of(office.roll, "m1"))
    point, other = (ED25519.check(ED25519.parse(office.members[n].get("credential").public)) for n in ("m1", "m2"))
    good = Roll(act="a" * 64, index=1, root=tree.root().hex(), leaves=3, paper=0)
    zero, longer = msgspec.structs.replace(good, root="0" * 64), msgspec.structs.replace(good, leaves=4)
    check_leaf(leaf, point, BODY, good)
    for args in ((other, BODY, good), (point, BODY, zero), (point, OTHER, good), (point, BODY, longer)):
        with refused("R-HAND-5"):
            check_leaf(leaf, *args)
    with pytest.raises(Malformed):
        check_leaf(msgspec.structs.replace(leaf, salt="xx"), point, BODY, good)
    with pytest.raises(Missing):
        leaf_of(office.roll, "m9")


def test_a_replaced_key_is_no_leaf_and_no_point_and_never_comes_back(office: Office) -> None:
    """R-HAND-7; the member who did not ask for it sees it in the record (R-ROLL-3)."""
    m1 = office.members["m1"]
    old = parse_enrolment(enrolment_of(m1, credential_of(m1, BODY), BODY, chance), BODY)
    leaf, count = parse_leaf(leaf_of(office.roll, "m1")), roll_tree(office.roll).size
    entry = renew_credential(m1, "credential", BODY, chance)
    assert credential_of(m1, BODY) == entry.name == "credential #2"
    assert make_credential(m1, "credential", BODY, chance).public == entry.public
    new = parse_enrolment(enrolment_of(m1, entry.name, BODY, chance), BODY)
    with refused("R-HAND-3"):
        enrol(office.roll, [("m1", new)], "hilltop", chance)
    assert enrol(office.roll, [("m1", new)], "hilltop", chance, replacing=True) == 1
    assert members(office.roll)["m1"].public == new.point
    assert members(office.roll)["m1"].notes["place"] == leaf.place
    points = parse_points(format_points(office.roll, BODY), BODY)
    assert (new.point in points, old.point in points) == (True, False)
    assert roll_tree(office.roll).size == count
    roll = Roll(
        act="a" * 64, index=1, root=roll_tree(office.roll).root().hex(), leaves=count, paper=0,
        dead=frozenset(dead_leaves(office.roll)),
    )  # fmt: skip
    with refused("R-ROLL-3"):
        check_leaf(leaf, ED25519.read(old.point), BODY, roll)
    check_leaf(parse_leaf(leaf_of(office.roll, "m1")), ED25519.read(new.point), BODY, roll)
    for name in ("m1", "m9"):
        with refused("R-HAND-7"):
            enrol(office.roll, [(name, old)], "hilltop", chance, replacing=True)
    with refused("R-HAND-7"):
        third = parse_enrolment(enrolment_of(office.members["m2"], "credential", BODY, chance), BODY)
        enrol(office.roll, [("m9", msgspec.structs.replace(third, point="6" * 64))], "hilltop", chance, replacing=True)
    again = renew_credential(m1, "credential", BODY, chance)
    newest = parse_enrolment(enrolment_of(m1, again.name, BODY, chance), BODY)
    enrol(office.roll, [("m1", newest)], "hilltop", chance, replacing=True)
    assert (credential_of(m1, BODY), len(dead_leaves(office.roll))) == ("credential #3", 2)
    with pytest.raises(Missing):
        renew_credential(m1, "credential", OTHER, chance)


def test_the_keys_of_a_roll_are_read_in_their_one_order(office: Office) -> None:
    good = format_points(office.roll, BODY)
    points = parse_points(good, BODY)
    data = msgspec.json.decode(good)
    for broken in ([*points, points[0]], points[::-1]):
        with refused("R-HAND-6"):
            parse_points(msgspec.json.encode({**data, "points": broken}), BODY)
    with refused("R-HAND-6"):
        parse_points(good, OTHER)
    with refused("R-HAND-6"):
        listed_points(office.book, [*points, "9" * 64], VOTE, "ballot 1")
