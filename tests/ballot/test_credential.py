"""Standing credentials: one secret a term, a key of its own for every vote, and nobody who can do both halves."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.ballot import (
    check_enrolment,
    check_petition_signature,
    derive_point,
    derive_secret,
    election_uuid,
    enrolment_point,
    make_member_secret,
    prove_enrolment,
    roll_leaf,
    sign_petition,
)
from majlis.crypto import BASE58, ED25519, ORDER, NotInGroup, PointBytes, Proof, SecretScalar
from majlis.errors import Fault, Forged, Malformed

BODY, VOTE, OTHER = "b0" * 32, "a1" * 32, "a2" * 32
scalars = st.integers(1, ORDER - 1)


def secret(value: int) -> SecretScalar:
    return SecretScalar(value.to_bytes(32, "little"))


@pytest.fixture(scope="module")
def published(vectors: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((vectors / "credential.json").read_text())
    return found


def test_published_derivation(published: dict[str, Any]) -> None:
    s, k = secret(int(published["secret"])), bytes.fromhex(published["tweak_key"])
    point = enrolment_point(s)
    assert ED25519.format(point) == published["point"]
    derived = derive_secret(s, k, published["vote"])
    assert derived.reveal() == int(published["vote_secret"])
    assert ED25519.format(derive_point(point, k, published["vote"])) == published["vote_point"]
    digest = hashlib.sha512(f"majlis-tweak-1|{published['tweak_key']}|{published['vote']}".encode()).digest()
    assert derived.reveal() == (int(published["secret"]) + int.from_bytes(digest, "big")) % ORDER
    assert election_uuid(published["vote"]) == published["uuid"]
    leaf = published["leaf"]
    made = roll_leaf(salt=bytes.fromhex(leaf["salt"]), point=point, place=leaf["place"], tag=leaf["tag"])
    assert made.hex() == leaf["hash"]


def test_published_proofs(published: dict[str, Any]) -> None:
    point = ED25519.parse(published["point"])
    enrolment, petition = published["enrolment"], published["petition"]
    proof = Proof(int(enrolment["challenge"]), int(enrolment["response"]))
    assert check_enrolment(enrolment["body"], point, proof) == point
    check_petition_signature(
        published["vote_point"], published["vote"], petition["choice"], petition["challenge"], petition["response"]
    )

    def nonce(size: int) -> bytes:
        return int(published["nonce"]).to_bytes(size, "little")

    s = secret(int(published["secret"]))
    assert prove_enrolment(s, enrolment["body"], nonce) == proof
    derived = derive_secret(s, bytes.fromhex(published["tweak_key"]), published["vote"])
    made = sign_petition(derived, published["vote"], petition["choice"], nonce)
    assert (str(made.challenge), str(made.response)) == (petition["challenge"], petition["response"])


@given(scalars, st.binary(min_size=32, max_size=32))
def test_list_keeper_and_member_arrive_at_one_key(s: int, k: bytes) -> None:
    point = enrolment_point(secret(s))
    assert enrolment_point(derive_secret(secret(s), k, VOTE)) == derive_point(point, k, VOTE)
    assert derive_point(point, k, VOTE) not in {point, derive_point(point, k, OTHER)}


def test_a_card_printed_in_two_halves_is_one_credential() -> None:
    """s = s1 + s2: each printer of a half knows nothing of the whole."""
    whole = secret(11) + secret(31)
    assert enrolment_point(whole) == ED25519.multiply(enrolment_point(secret(11)), enrolment_point(secret(31)))


def test_another_members_point_is_not_enrolled_twice(material: Any) -> None:
    chance = material.Counter("enrol")
    s = make_member_secret(chance)
    point = enrolment_point(s)
    proof = prove_enrolment(s, BODY, chance)
    assert check_enrolment(BODY, point, proof) == point
    negated = ED25519.divide(ED25519.identity, point)
    for body, claimed in ((VOTE, point), (BODY, negated), (BODY, enrolment_point(secret(5)))):
        with pytest.raises(Forged) as caught:
            check_enrolment(body, claimed, proof)
        assert caught.value.rule == "R-CRED-2"
    with pytest.raises(NotInGroup):
        check_enrolment(BODY, PointBytes(ED25519.identity), proof)


def test_a_signature_is_for_one_petition_one_choice_and_one_key(material: Any) -> None:
    derived = derive_secret(secret(7), bytes(32), VOTE)
    key = ED25519.format(enrolment_point(derived))
    proof = sign_petition(derived, VOTE, "recall", material.Counter("petition"))
    texts = (str(proof.challenge), str(proof.response))
    check_petition_signature(key, VOTE, "recall", *texts)
    other_key = ED25519.format(enrolment_point(derive_secret(secret(7), bytes(32), OTHER)))
    for wrong in (
        (key, OTHER, "recall", *texts),
        (key, VOTE, "contest", *texts),
        (other_key, VOTE, "recall", *texts),
        (key, VOTE, "recall", texts[1], texts[0]),
    ):
        with pytest.raises(Forged) as caught:
            check_petition_signature(*wrong)
        assert caught.value.rule == "R-CRED-4"


@pytest.mark.parametrize(
    "arguments",
    [
        ("66", VOTE, "c", "1", "1"),
        ("E" + "6" * 63, VOTE, "c", "1", "1"),
        ("6" * 62 + "58", "A1" * 32, "c", "1", "1"),
        ("6" * 62 + "58", VOTE, "c", "01", "1"),
        ("6" * 62 + "58", VOTE, "c", "1", str(ORDER)),
        ("6" * 62 + "58", VOTE, "c", "one", "1"),
    ],
)
def test_what_is_not_written_right_is_malformed(arguments: tuple[str, str, str, str, str]) -> None:
    with pytest.raises(Malformed) as caught:
        check_petition_signature(*arguments)
    assert caught.value.rule == "R-CRED-1"


@pytest.mark.parametrize(
    ("key", "vote"), [(bytes(31), VOTE), (bytes(33), VOTE), (bytes(32), ""), (bytes(32), "A1" * 32)]
)
def test_a_tweak_is_of_32_bytes_and_an_act(key: bytes, vote: str) -> None:
    with pytest.raises(Malformed) as caught:
        derive_secret(secret(1), key, vote)
    assert caught.value.rule == "R-CRED-1"


def test_every_body_asks_for_its_own_proof() -> None:
    with pytest.raises(Fault) as caught:
        prove_enrolment(secret(1), "x", lambda size: bytes(size))
    assert caught.value.rule == "R-CRED-1"


@given(st.binary(min_size=32, max_size=32))
def test_an_act_gives_its_election_an_identifier_of_base58(act: bytes) -> None:
    uuid = election_uuid(act.hex())
    assert len(uuid) == 22
    assert set(uuid) <= set(BASE58)


@pytest.mark.parametrize("act", ["", "0" * 63, "G" * 64, "A" * 64])
def test_only_an_acts_id_names_an_election(act: str) -> None:
    with pytest.raises(Malformed) as caught:
        election_uuid(act)
    assert caught.value.rule == "R-CRED-3"


@pytest.mark.parametrize(
    ("salt", "place", "tag"), [(bytes(31), "p", "t"), (bytes(32), "p|q", "t"), (bytes(32), "p", "t|")]
)
def test_a_leaf_has_one_meaning(salt: bytes, place: str, tag: str) -> None:
    with pytest.raises(Malformed) as caught:
        roll_leaf(salt=salt, point=ED25519.generator, place=place, tag=tag)
    assert caught.value.rule == "R-CRED-5"


def test_a_vote_key_with_a_known_tweak_still_hides_the_secret() -> None:
    """Registrar and list keeper together know P and k: they find the vote key on the list, and no secret."""
    point, k = enrolment_point(secret(7)), bytes(range(32))
    assert derive_point(point, k, VOTE) == enrolment_point(derive_secret(secret(7), k, VOTE))
